import { describe, expect, it } from "vitest";
import rules from "../../rules/index.js";
import type { MapRuleModule, Severity } from "../../src/rule.js";
import { fix, lint as lintInProject, type FixOptions } from "../fixes/fix.js";
import { compile } from "../rules/compile.js";
import { lint } from "../rules/lint.js";
import type { Evidence } from "./evidence.js";
import { loadEvidence } from "./runner.js";

const allEvidence = await loadEvidence();

/** The config that first has a rule on. */
const PRESETS = { error: "recommended", warn: "recommended", strict: "strict", adoption: "all" } as const satisfies Record<Severity, string>;

const getRule = (id: string): MapRuleModule => rules[id]!;

const getReportingRules = (code: string, rule: string): string[] => [...new Set(lint(code, { preset: PRESETS[getRule(rule).severity] }).map((report) => report.rule))];

/** The example after the first suggestion of each report of its rule was chosen, one after the other. */
function chooseSuggestions(rule: string, code: string, options: FixOptions): string {
  const message = lintInProject(code, { ...options, preset: "recommended" }).find(({ ruleId, suggestions }) => ruleId === `mapguard/${rule}` && suggestions?.length);
  const edit = message?.suggestions?.[0]?.fix;
  return edit ? chooseSuggestions(rule, code.slice(0, edit.range[0]) + edit.text + code.slice(edit.range[1]), options) : code;
}

/** What `eslint --fix` makes of an incorrect example; else what a reader gets who takes each first suggestion. */
function applyFix({ rule, incorrect }: Evidence): string {
  const isInAutofix = PRESETS[getRule(rule).severity] === "recommended";
  const options: FixOptions = isInAutofix ? {} : { rules: { [`mapguard/${rule}`]: "error" } };
  const { output } = fix(incorrect, options);
  return output === incorrect ? chooseSuggestions(rule, incorrect, options) : output;
}

/** Nothing stands behind the imports of an example but its scenario. */
const isMissingModule = (diagnostic: string): boolean => diagnostic.endsWith("(TS2307)");

describe("evidence", () => {
  it("stands behind every rule", () => {
    expect(Object.keys(rules).filter((rule) => !allEvidence.has(rule))).toEqual([]);
  });

  it("stands behind no rule that is not there", () => {
    expect([...allEvidence.keys()].filter((rule) => !(rule in rules))).toEqual([]);
  });

  it("has examples that compile", () => {
    const files = [...allEvidence.values()].flatMap(({ rule, incorrect, correct }) => [[`${rule}.incorrect.ts`, incorrect] as const, [`${rule}.correct.ts`, correct] as const]);
    expect(compile(Object.fromEntries(files), { noUncheckedIndexedAccess: false }).filter((diagnostic) => !isMissingModule(diagnostic))).toEqual([]);
  });
});

for (const [rule, evidence] of [...allEvidence].filter(([id]) => id in rules)) {
  describe(rule, () => {
    it("reports its incorrect example", () => {
      expect(getReportingRules(evidence.incorrect, rule)).toContain(rule);
    });

    it.skipIf(getRule(rule).severity === "adoption")("is the only one to report it", () => {
      expect(getReportingRules(evidence.incorrect, rule)).toEqual([rule]);
    });

    it("has nothing to say of its correct example", () => {
      expect(getReportingRules(evidence.correct, rule).filter((id) => id === rule || getRule(id).severity !== "adoption")).toEqual([]);
    });

    it.runIf(getRule(rule).meta!.fixable)("makes the correct example of the incorrect one", () => {
      expect(applyFix(evidence)).toBe(evidence.correct);
    });
  });
}
