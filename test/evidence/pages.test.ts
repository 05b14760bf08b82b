import { describe, expect, it } from "vitest";
import { getPageFile, readPage, withEvidence } from "./page.js";
import { loadEvidence } from "./runner.js";

const allEvidence = await loadEvidence();

// `npm run docs:timelines` puts the examples and the pictures in.
describe("a rule's page", () => {
  for (const [rule, evidence] of allEvidence) {
    it(`begins with the examples that stand behind ${rule}, and shows how the incorrect one fails`, async () => {
      await expect(withEvidence(readPage(rule)!, evidence)).toMatchFileSnapshot(getPageFile(rule));
    });
  }
});
