import { describe, expect, it } from "vitest";
import { getPictureFile } from "./page.js";
import { drawEvidence, loadEvidence } from "./runner.js";

const allEvidence = await loadEvidence();

// `npm run docs:timelines` draws them anew.
describe("the picture on a rule's page", () => {
  for (const [rule, evidence] of allEvidence) {
    it(`shows how the example of ${rule} fails`, async () => {
      await expect(await drawEvidence(evidence)).toMatchFileSnapshot(getPictureFile(rule));
    });
  }
});
