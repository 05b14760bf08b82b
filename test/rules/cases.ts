import { describe, expect, it } from "vitest";
import { lint, type LintOptions } from "./lint.js";

/** Pieces of code by what they show. A line that must be reported ends with `// here`. */
export type Cases = Readonly<Record<string, string>>;

function getMarked(code: string): number[] {
  return code.split("\n").flatMap((text, index) => (text.includes("// here") ? [index + 1] : []));
}

/** Every case is reported by the rule on the marked lines, and nowhere else; the messages are kept as a snapshot. */
export function testReports(rule: string, title: string, cases: Cases, options: LintOptions = {}): void {
  describe(`${rule} reports: ${title}`, () => {
    it.each(Object.entries(cases))("%s", (_name, code) => {
      const reports = lint(code, { rules: [rule], ...options });
      expect(getMarked(code).length).toBeGreaterThan(0);
      expect(reports.map(({ line }) => line), JSON.stringify(reports)).toEqual(getMarked(code));
      expect(reports.map(({ message }) => message)).toMatchSnapshot();
    });
  });
}

/** No case is reported, not even by the heuristics of `all`. */
export function testSilent(rule: string, title: string, cases: Cases, options: LintOptions = {}): void {
  describe(`${rule} is silent: ${title}`, () => {
    it.each(Object.entries({ ...cases, "an empty file": "" }))("%s", (_name, code) => {
      expect(lint(code, { rules: [rule], preset: "all", ...options })).toEqual([]);
    });
  });
}
