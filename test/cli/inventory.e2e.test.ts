import { afterEach, describe, expect, it } from "vitest";

import type { Workspace } from "./workspace.js";
import { BIN, createWorkspace } from "./workspace.js";

let workspace: Workspace | undefined;

afterEach(() => {
  workspace?.remove();
  workspace = undefined;
});

async function inventory(files: Record<string, string>, args: readonly string[] = []) {
  workspace = createWorkspace(files);
  return workspace.run(["inventory", ...args], { bin: BIN });
}

const CACHE = "const cache = new Map<string, number>();\nexport async function load(k: string) { if (!cache.has(k)) cache.set(k, await read(k)); }\n";
const PRIVATE = "export function f(xs: string[]) { const seen = new Set<string>(); xs.forEach((x) => seen.add(x)); return seen.size; }\n";

describe("mapguard inventory", () => {
  it("lists the shared maps of all files, and no others", async () => {
    const { code, stdout, stderr } = await inventory({ "a.ts": CACHE, "b/c.ts": PRIVATE, "d.js": "export default 1;\n" }, ["--format", "json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, maps: [{ name: "cache", file: "a.ts", line: 1, shared: true, reads: 1, writes: 1, deletes: 0 }] });
  });

  it("draws a table by default", async () => {
    const { stdout } = await inventory({ "a.ts": CACHE });
    expect(stdout).toMatch(/^map +kind +home +key → value +reads +writes +deletes\n/u);
    expect(stdout).toContain("1 shared map.");
  });

  it("exits with 2 where a file could not be read, and lists the rest", async () => {
    const { code, stdout, stderr } = await inventory({ "a.ts": CACHE, "b.ts": "let = ;" });
    expect(code).toBe(2);
    expect(stdout).toContain("cache");
    expect(stderr).toMatch(/^mapguard: b\.ts:1:\d+: cannot be parsed: .*\n$/u);
  });

  it.each([
    [["missing"], "mapguard: no such file or folder: missing\n"],
    [["--format", "html"], /^mapguard: option '--format <name>' argument 'html' is invalid\. .*\n$/u],
  ])("exits with 2 and one line for %j", async (args, message) => {
    const { code, stdout, stderr } = await inventory({ "a.ts": CACHE }, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
