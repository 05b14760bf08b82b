import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { drawEvidence, loadEvidence } from "./runner.js";

const folder = fileURLToPath(new URL("../../docs/rules/img/", import.meta.url));

const allEvidence = await loadEvidence();

// `npm run docs:timelines` draws them anew.
describe("the picture on a rule's page", () => {
  for (const [rule, evidence] of allEvidence) {
    it.skipIf(evidence.kind === "workers")(`shows how the example of ${rule} fails`, async () => {
      await expect(await drawEvidence(evidence)).toMatchFileSnapshot(`${folder}${rule}.svg`);
    });
  }
});
