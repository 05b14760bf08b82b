import { describe, expect, it } from "vitest";

import { recordFinding } from "../../../src/explain/finding.js";
import { parser } from "../../../src/cli/parser/index.js";
import type { Preset } from "../../../src/cli/scan/lint.js";
import { createFileLinter } from "../../../src/cli/scan/lint.js";
import { createStubPlugin } from "../fixtures/stub-rules.mjs";

const plugin = createStubPlugin(recordFinding);

function lint(text: string, { file = "/project/src/a.ts", preset = "recommended" as Preset, fix = false, settings = {} } = {}) {
  return createFileLinter({ plugin, preset, cwd: "/project", getParser: () => parser }).lint({ file, text, fix, settings });
}

const rulesOf = ({ reports }: ReturnType<typeof lint>): string[] => reports.map(({ rule }) => rule);

describe("reports", () => {
  it("carry the finding behind their message", () => {
    const [report] = lint("async function f() {\n  await race();\n}").reports;
    expect(report).toMatchObject({ rule: "mapguard/no-race", severity: "error", line: 2, column: 9, finding: { map: "this.sessions", timeline: { tasks: ["run()", "run(), a second time"] } } });
  });

  it("find their own finding where two stand on one line", () => {
    expect(lint("race(); race();").reports.map(({ column, finding }) => [column, finding?.column])).toEqual([[1, 0], [9, 8]]); // prettier-ignore
  });

  it("say what an editor would offer, and whether --fix would do it", () => {
    expect(lint("race();").reports).toMatchObject([{ isFixable: false, suggestions: ["Call `safe()`"] }]);
    expect(lint("race();", { preset: "autofix" }).reports).toMatchObject([{ isFixable: true, suggestions: [] }]);
  });

  it("have the severity of the preset", () => {
    expect(lint("var a;").reports).toMatchObject([{ severity: "warning" }]);
    expect(lint("var a;", { preset: "strict" }).reports).toMatchObject([{ severity: "error" }]);
    expect(lint("var a;", { preset: "all" }).reports).toEqual([]);
  });

  it("follow the project's settings", () => {
    expect(lint("race();", { settings: { fix: "auto" } }).reports).toMatchObject([{ isFixable: true }]);
  });

  it("come with the source they speak of, and only then", () => {
    expect(lint("race();").source).toBe("race();");
    expect(lint("calm();").source).toBeUndefined();
  });

  it.each(["a.js", "a.mjs", "a.cjs", "a.jsx", "a.ts", "a.mts", "a.cts", "a.tsx", "node_modules/a/b.js", "../a.ts"])("are made for %s", (file) => {
    expect(rulesOf(lint("race();", { file: `/project/${file}` }))).toEqual(["mapguard/no-race"]);
  });

  it("are made for a file with a byte order mark and a line for the shell", () => {
    expect(lint("\ufeffrace();").reports).toMatchObject([{ line: 1, column: 1 }]);
    expect(lint("#!/usr/bin/env node\nrace();").reports).toMatchObject([{ line: 2, column: 1 }]);
  });
});

describe("comments", () => {
  it.each([
    ["a blanket comment", "/* eslint-disable */\nrace();"],
    ["a comment with our rule", "race(); // eslint-disable-line mapguard/no-race"],
    ["a comment for the next line among others", "// eslint-disable-next-line foo/bar, mapguard/no-race -- because\nrace();"],
    ["a configuration of our rule", "/* eslint mapguard/no-race: off */ race();"],
  ])("silence our rule: %s", (_name, text) => {
    expect(lint(text)).toMatchObject({ reports: [], problems: [] });
  });

  it.each([
    ["a rule nobody knows", "// eslint-disable-next-line foo/bar\nf();\n/* eslint-disable foo/baz */"],
    ["a configuration of a rule nobody knows", "/* eslint foo/bar: [2, { a: 1 }] */ f();"],
    ["a core rule switched on", "/* eslint no-console: 2, no-undef: 2 */ console.log(1);"],
    ["a core rule with options it does not take", '/* eslint quotes: ["error", "nothing"] */ f("");'],
    ["a configuration that is not one", "/* eslint [ */ f();"],
    ["an unused comment", "/* eslint-disable-next-line no-undef */\nvar0;"],
    ["settings that are gone", "/* eslint-env node */ /* global a, b:writable */ /* exported c */ f();"],
  ])("of other plugins do not trouble us: %s", (_name, text) => {
    expect(lint(text)).toMatchObject({ reports: [], problems: [] });
  });
});

describe("what goes wrong", () => {
  it("is named with its place where the file cannot be parsed", () => {
    expect(lint("let a = ;")).toMatchObject({ reports: [], problems: [{ message: "cannot be parsed: Unexpected token", line: 1, column: 9 }] });
  });

  it("in one rule is named, and the other rules still run", () => {
    const result = lint("race();\ncrash();");
    expect(rulesOf(result)).toEqual(["mapguard/no-race"]);
    expect(result.problems).toEqual([{ message: "the rule mapguard/no-crash failed: cannot read properties of undefined", line: 2 }]);
  });

  it("in the creation of a rule is named too", () => {
    const broken = { meta: { type: "problem" as const, schema: [] }, create: (): never => { throw new Error("no state"); } }; // prettier-ignore
    const withBroken = { ...plugin, rules: { ...plugin.rules, broken }, configs: { recommended: { rules: { "mapguard/broken": "error" as const, "mapguard/no-race": "error" as const } } } };
    const result = createFileLinter({ plugin: withBroken, preset: "recommended", cwd: "/project", getParser: () => parser }).lint({ file: "/project/a.ts", text: "race();" });
    expect(rulesOf(result)).toEqual(["mapguard/no-race"]);
    expect(result.problems[0]?.message).toContain("mapguard/broken");
  });
});

describe("--fix", () => {
  it("runs until nothing is left to mend, as eslint --fix does", () => {
    expect(lint("step(4);", { fix: true })).toMatchObject({ output: "done();", reports: [], fixes: [{ rule: "mapguard/count-down", lines: [1] }] });
  });

  it("says which rules mended which lines, and reports what is left", () => {
    const result = lint("race();\nstep(1);\ncalm();\nstep(1);", { fix: true });
    expect(result).toMatchObject({ output: "race();\ndone();\ncalm();\ndone();", fixes: [{ rule: "mapguard/count-down", lines: [2, 4] }] });
    expect(rulesOf(result)).toEqual(["mapguard/no-race"]);
    expect(result.reports[0]?.finding).toBeDefined();
  });

  it("leaves a file alone that it would break", () => {
    const result = lint("var a = 1;", { fix: true });
    expect(result.output).toBeUndefined();
    expect(result.problems).toMatchObject([{ message: expect.stringContaining("not fixed") as string }]);
    expect(rulesOf(result)).toEqual(["mapguard/no-var"]);
  });

  it("keeps the byte order mark", () => {
    expect(lint("\ufeffstep(1);", { fix: true }).output).toBe("\ufeffdone();");
  });

  it("does not mend what a comment excludes", () => {
    expect(lint("step(1);\nstep(1); // eslint-disable-line", { fix: true }).output).toBe("done();\nstep(1); // eslint-disable-line");
  });

  it("changes nothing unless it is asked for", () => {
    expect(lint("step(1);").output).toBeUndefined();
  });
});
