import { describe, expect, it } from "vitest";
import { loadEvidence, runEvidence } from "./runner.js";

for (const [rule, evidence] of await loadEvidence()) {
  describe(rule, () => {
    it("shows its incorrect example misbehave", async () => {
      const { error, outcome } = await runEvidence(evidence, "incorrect");
      expect(error).toBeDefined();
      if (evidence.kind === "explore") expect(outcome?.failure?.kind).toBe(evidence.fails ?? "assertion");
    });

    it("shows its correct example hold, whatever the order", async () => {
      const { error, outcome } = await runEvidence(evidence, "correct");
      expect(error).toBeUndefined();
      if (evidence.kind === "explore") expect(outcome?.exhausted).toBe(true);
    });
  });
}
