import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import rules from "../../rules/index.js";
import { lint } from "../rules/lint.js";

function readPage(rule: string): string {
  const file = new URL(`../../docs/rules/${rule}.md`, import.meta.url);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** The code blocks of a page under a heading, with the name of their language. */
function getBlocks(page: string, heading: string): { readonly language: string; readonly code: string }[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```(?<language>\w+)\n(?<code>.*?)^```$/gms)].map(({ groups }) => ({ language: groups!["language"]!, code: groups!["code"]! }));
}

/** What recommended and, for a rule that is not in it, the rule itself say. */
function getReports(rule: string, { language, code }: { language: string; code: string }): string[] {
  const { severity } = rules[rule]!;
  const options = { filename: `example.${language}` };
  const own = severity === "error" || severity === "warn" ? [] : lint(code, { ...options, preset: "all", rules: [rule] });
  const messages = [...own, ...lint(code, options)];
  for (const { message } of messages) expect(message).not.toContain("{{");
  return messages.map((report) => report.rule);
}

describe.each(Object.keys(rules))("docs/rules/%s.md", (rule) => {
  const page = readPage(rule);
  const incorrect = getBlocks(page, "Incorrect");
  const correct = getBlocks(page, "Correct");

  it("exists, with incorrect and correct examples", () => {
    expect(incorrect.length).toBeGreaterThan(0);
    expect(correct.length).toBeGreaterThan(0);
  });

  it("describes all options of the rule", () => {
    const [schema] = rules[rule]!.meta?.schema as [{ properties: object }];
    const section = page.split(/^## /m).find((part) => part.startsWith("Options\n")) ?? "";
    for (const option of Object.keys(schema.properties)) expect(section).toContain(`\`${option}\``);
  });

  it.each(incorrect.map((block, index) => [index + 1, block] as const))("incorrect example %i is reported by this rule, and by no other of recommended", (_number, block) => {
    const reports = new Set(getReports(rule, block));
    // What a rule of adoption asks for keeps other rules' hazards away: its example shows one.
    if (rules[rule]!.severity === "adoption") expect(reports).toContain(rule);
    else expect([...reports]).toEqual([rule]);
  });

  it.each(correct.map((block, index) => [index + 1, block] as const))("correct example %i is not reported", (_number, block) => {
    expect(getReports(rule, block)).toEqual([]);
  });
});
