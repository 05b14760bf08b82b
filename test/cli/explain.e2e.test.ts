import { describe, expect, it } from "vitest";

import { createColors } from "../../src/cli/terminal.js";
import { renderPage } from "../../src/cli/explain-command.js";
import { createWorkspace } from "./workspace.js";

async function explain(...args: string[]) {
  const workspace = createWorkspace();
  try {
    return await workspace.run(["explain", ...args]);
  } finally {
    workspace.remove();
  }
}

describe("mapguard explain", () => {
  it.each(["no-race", "mapguard/no-race", "eslint-plugin-mapguard/no-race"])("prints what there is about %s", async (rule) => {
    expect(await explain(rule)).toEqual({ code: 0, stderr: "", stdout: "mapguard/no-race\n\ndisallow calls of race()\n\nhttps://example.org/no-race\n" });
  });

  it.each([
    ["no-rcae", "mapguard: no rule is called no-rcae (did you mean no-race?)\n"],
    ["race", "mapguard: no rule is called race (did you mean no-race?)\n"],
    ["toString", "mapguard: no rule is called toString\n"],
    ["../../package", "mapguard: no rule is called ../../package\n"],
  ])("exits with 2 and one line for %s", async (rule, stderr) => {
    expect(await explain(rule)).toEqual({ code: 2, stdout: "", stderr });
  });

  it("needs a rule", async () => {
    expect(await explain()).toEqual({ code: 2, stdout: "", stderr: "mapguard: missing required argument 'rule'\n" });
  });
});

describe("a rule's page", () => {
  const colors = createColors(false);

  it("loses comments, fences and relative links, and keeps code as it is", () => {
    const page = "# `a`\n\n<!-- end\nheader -->\n\nSee [b](./b.md) and [c](https://c.example).\n\n```ts\nconst d = `[e](f)`;\n\n# g\n```\n";
    expect(renderPage(page, colors)).toBe("a\n\nSee b and c (https://c.example).\n\n    const d = `[e](f)`;\n\n    # g");
  });

  it("loses its pictures", () => {
    const colors = createColors(false);
    expect(renderPage("a\n\n[![b](c.svg)](d.md)\n\n![e](f.svg)\n\ng", colors)).toBe("a\n\ng");
  });

  it("has its headings and code stand out where there are colours", () => {
    expect(renderPage("# a\n\n`b`", createColors(true))).toMatch(/\u001b\[1ma.*\u001b\[32mb/su);
  });
});
