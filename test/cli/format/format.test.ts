import type { Log } from "sarif";
import { describe, expect, it } from "vitest";

import { createColors } from "../../../src/cli/terminal.js";
import { FORMATTERS } from "../../../src/cli/format/index.js";
import type { FormatName } from "../../../src/cli/format/index.js";
import type { FileResult, Report } from "../../../src/cli/scan/result.js";
import { summarize } from "../../../src/cli/scan/result.js";
import { recordFinding } from "../../../src/explain/finding.js";
import { createStubPlugin } from "../fixtures/stub-rules.mjs";

const source = "async function run() {\n  if (!map.has(1))\n    await race(\"<b>\");\n}\n";

const report: Report = {
  rule: "mapguard/no-race",
  severity: "error",
  message: "Two runs of `run()` can both do it: <script>alert(1)</script>.",
  line: 3,
  column: 11,
  endLine: 3,
  endColumn: 22,
  isFixable: false,
  suggestions: [],
  finding: {
    ruleId: "no-race",
    line: 3,
    column: 10,
    map: "map",
    overlap: "`run` is exported",
    timeline: {
      tasks: ["run()", "run(), again"],
      steps: [
        { task: 0, line: 2, kind: "read", note: "reads map[1]: absent" },
        { task: 0, line: 3, kind: "suspend", note: "suspended" },
        { task: 1, line: 2, kind: "read", note: "reads map[1]: absent" },
        { task: 1, line: 3, kind: "wrong", note: "does it twice" },
      ],
    },
  },
};

const bare: Report = { rule: "mapguard/no-var", severity: "warning", message: "`var` is shared.", line: 1, column: 1, isFixable: true, suggestions: ["Use let"] };

function createFile(more: Partial<FileResult> = {}): FileResult {
  return { file: "src/a b&c.ts", reports: [report, bare], problems: [], fixes: [], source, ...more };
}

function format(name: FormatName, files: readonly FileResult[] = [createFile()]): string {
  return FORMATTERS[name].format(summarize(files), { colors: createColors(false), width: 100, plugin: createStubPlugin(recordFinding) });
}

describe("sarif", () => {
  const getRun = (files?: readonly FileResult[]): Log["runs"][number] => (JSON.parse(format("sarif", files)) as Log).runs[0]!;

  it("names the tool and each rule that reported once", () => {
    const { driver } = getRun([createFile(), createFile()]).tool;
    expect(driver.name).toBe("mapguard");
    expect(driver.rules).toMatchObject([{ id: "mapguard/no-race", helpUri: "https://example.org/no-race" }, { id: "mapguard/no-var" }]);
  });

  it("points each result to its rule and place", () => {
    const run = getRun();
    for (const { ruleId, ruleIndex } of run.results!) expect(run.tool.driver.rules![ruleIndex!]!.id).toBe(ruleId);
    expect(run.results![0]!.locations![0]!.physicalLocation).toEqual({
      artifactLocation: { uri: "src/a%20b%26c.ts", uriBaseId: "%SRCROOT%" },
      region: { startLine: 3, startColumn: 11, endLine: 3, endColumn: 22 },
    });
    expect(run.results!.map(({ level }) => level)).toEqual(["error", "warning"]);
  });

  it("keeps the timeline as one thread flow a task, with the order of execution", () => {
    const [{ threadFlows } = { threadFlows: [] }] = getRun().results![0]!.codeFlows!;
    expect(threadFlows.map(({ message }) => message?.text)).toEqual(["run()", "run(), again"]);
    expect(threadFlows.map(({ locations }) => locations.map(({ executionOrder }) => executionOrder))).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(getRun().results![1]!.codeFlows).toBeUndefined();
  });

  it("says what could not be read", () => {
    const [invocation] = getRun([createFile({ reports: [], problems: [{ message: "cannot be parsed", line: 2, column: 3 }] })]).invocations!;
    expect(invocation).toMatchObject({ executionSuccessful: false, toolExecutionNotifications: [{ level: "error", message: { text: "cannot be parsed" } }] });
    expect(getRun().invocations).toMatchObject([{ executionSuccessful: true }]);
  });

  it("is whole where nothing was found", () => {
    expect(getRun([])).toMatchObject({ results: [], tool: { driver: { rules: [] } } });
  });
});

describe("html", () => {
  it("escapes everything that comes from the source", () => {
    const page = format("html");
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).toContain('<span class="string">&quot;&lt;b&gt;&quot;</span>');
    expect(page).toContain("src/a b&amp;c.ts");
  });

  it("needs nothing from elsewhere", () => {
    const page = format("html");
    expect(page).not.toMatch(/src=|url\(|@import|<link|<script/u);
    // Links lead to places of the page and to the rules' documentation.
    expect([...page.matchAll(/<(\w+)[^>]* href="([^"]*)"/gu)].filter(([, name, to]) => name !== "a" || !/^(?:#[\w-]+|https:\/\/example\.org\/[\w-]+)$/u.test(to!))).toEqual([]);
  });

  it("is light and dark", () => {
    expect(format("html")).toContain("prefers-color-scheme: dark");
  });

  it("leads from its contents to each finding", () => {
    const page = format("html");
    const ids = new Set([...page.matchAll(/ id="([^"]*)"/gu)].map(([, id]) => id));
    const targets = [...page.matchAll(/ href="#([^"]*)"/gu)].map(([, id]) => id);
    expect(targets).toContain("finding-1-2");
    expect(targets.filter((id) => !ids.has(id))).toEqual([]);
  });

  it("has no id twice", () => {
    const ids = [...format("html", [createFile(), createFile()]).matchAll(/ id="([^"]*)"/gu)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("opens with the claim of a message, and goes on with the places; a colon in code ends no claim", () => {
    const page = format("html", [createFile({ reports: [{ ...report, message: "Two runs can both create `a:b`: it is checked on line 1." }] })]);
    expect(page).toMatch(/<h3[^>]*>Two runs can both create <code>a:b<\/code><\/h3><p>It is checked on line 1\.<\/p>/u);
  });

  it("marks words of the source, and what stands in strings is no word", () => {
    const page = format("html", [createFile({ source: 'const a = await f("if"); // await\n', reports: [bare] })]);
    expect(page).toContain('<span class="keyword">const</span> a = <span class="pause">await</span> f(<span class="string">&quot;if&quot;</span>); <span class="comment">// await</span>');
  });

  it("lets hide errors or warnings where there are both", () => {
    expect(format("html").match(/type="checkbox"/gu)).toHaveLength(2);
    expect(format("html", [createFile({ reports: [bare] })])).not.toContain("checkbox");
  });

  it("draws two columns with the moment it goes wrong, or a frame where there is no timeline", () => {
    const page = format("html");
    expect(page.match(/class="timeline"/gu)).toHaveLength(1);
    expect(page.match(/class="step wrong"/gu)).toHaveLength(1);
    expect(page.match(/class="rail suspended"/gu)).toHaveLength(2);
    expect(page.match(/class="frame"/gu)).toHaveLength(1);
    expect([...page.matchAll(/class="way ([^"]*)"/gu)].map(([, way]) => way)).toEqual(["to-running", "from-running to-suspended", "to-running", "from-running"]);
  });

  it("closes every element it opens", () => {
    const open: string[] = [];
    const page = format("html").replace(/<!doctype html>|<style>[\s\S]*<\/style>|<(?:meta|input)[^>]*>/gu, "");
    for (const [, slash, name] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*>/gu)) {
      if (slash === "") open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it("names what could not be read", () => {
    expect(format("html", [createFile({ reports: [], problems: [{ message: "cannot be parsed: <", line: 1, column: 2 }] })])).toContain("cannot be parsed: &lt;");
  });

  it("says so where nothing was found", () => {
    expect(format("html", [])).toContain("No finding.");
  });
});

describe("json", () => {
  it("has the finding with its timeline", () => {
    const [file] = (JSON.parse(format("json")) as { files: { reports: Report[] }[] }).files;
    expect(file!.reports[0]).toEqual(report);
  });

  it("leaves files out of which there is nothing to say", () => {
    expect(JSON.parse(format("json", [createFile({ reports: [] })]))).toMatchObject({ files: [], summary: { scanned: 1 } });
  });
});

describe("timeline", () => {
  it("shows escape sequences of the source instead of sending them to the terminal", () => {
    const drawn = format("timeline", [createFile({ source: source.replace("<b>", "\u001b]0;x\u0007") })]);
    expect(drawn).not.toMatch(/[\u001b\u0007]/u);
  });

  it("says why the tasks can overlap", () => {
    expect(format("timeline")).toContain("Why they can overlap: `run` is exported");
  });
});
