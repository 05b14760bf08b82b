import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import rules from "../../rules/index.js";
import { fix } from "../fixes/fix.js";
import { compile } from "./compile.js";
import { lint } from "./lint.js";

const FOLDER = resolve(fileURLToPath(import.meta.url), "../../../docs/rules");
const SECTIONS = ["Why", "Incorrect", "Correct", "Options", "When not to use it", "Related rules"];

/** The code blocks under a heading of a page. */
function getBlocks(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

/** The page of a rule says what it should, its examples are right, and the first correct one is what the fix gives. */
export function testPage(rule: string, options: { readonly isFixTested?: boolean } = {}): void {
  describe(`docs/rules/${rule}.md`, () => {
    const path = join(FOLDER, `${rule}.md`);
    const page = existsSync(path) ? readFileSync(path, "utf8") : "";
    const incorrect = getBlocks(page, "Incorrect");
    const correct = getBlocks(page, "Correct");
    it("opens with the rule's description", () => {
      expect(page.split("\n")[0]).toBe(`# ${rules[rule]!.meta?.docs?.description} (\`mapguard/${rule}\`)`);
    });
    it("has its sections, in order", () => {
      expect([...page.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(SECTIONS);
    });
    it("reports every incorrect block", () => {
      expect(incorrect.length).toBeGreaterThan(0);
      for (const block of incorrect) expect(lint(block, { preset: "all", rules: [rule] }), block).not.toEqual([]);
    });
    it("reports no correct block", () => {
      expect(correct.length).toBeGreaterThan(0);
      for (const block of correct) expect(lint(block, { preset: "all", rules: [rule] }), block).toEqual([]);
    });
    it("has correct blocks that compile", () => {
      for (const block of correct) expect(compile({ "file.ts": block }).filter((problem) => !problem.includes("Cannot find module") && !problem.includes("TS7016")), block).toEqual([]);
    });
    if (!options.isFixTested) return;
    it("shows as correct what the fix gives", () => {
      const { output } = fix(incorrect[0]!, { rules: { [`mapguard/${rule}`]: ["error", { fix: "auto" }] } });
      expect(output).toBe(correct[0]);
    });
  });
}
