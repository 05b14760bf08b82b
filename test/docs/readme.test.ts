import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { BIN, createWorkspace } from "../cli/workspace.js";

const ROOT = new URL("../../", import.meta.url);
const page = readFileSync(new URL("README.md", ROOT), "utf8");
const [wrong, report, right] = [...page.matchAll(/^```\w+\n(.*?)^```$/gms)].map((match) => match[1]!);

describe("the README's example", () => {
  const workspace = createWorkspace({ "package.json": '{ "dependencies": { "mapguard": "*" } }', "src/sessions.ts": wrong! });
  afterAll(() => workspace.remove());

  it("is reported as shown", async () => {
    const { stdout, code } = await workspace.run(["scan"], { bin: BIN, env: { COLUMNS: "104" } });
    expect(code).toBe(1);
    expect(stdout.startsWith(report!)).toBe(true);
  });

  it("is rewritten as shown", async () => {
    await workspace.run(["scan", "--fix", "--preset", "autofix"], { bin: BIN });
    expect(workspace.read("src/sessions.ts")).toBe(right);
  });
});

describe("links within the repository", () => {
  const pages = ["README.md", "CHANGELOG.md", ...["getting-started", "how-it-thinks", "versioning", "cli", "migrating", "proving", "safe-map", "shared-map"].map((name) => `docs/guide/${name}.md`)];

  it.each(pages)("of %s lead somewhere", (name) => {
    const file = new URL(name, ROOT);
    const targets = [...readFileSync(file, "utf8").matchAll(/\]\((?!https?:|#)(?<target>[^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match.groups!["target"]!);
    expect(targets.filter((target) => !existsSync(fileURLToPath(new URL(target, file))))).toEqual([]);
  });
});
