import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { listSourceFiles } from "../../src/project/files.js";
import { write } from "./fixture.js";

function list(...names: string[]): string[] {
  const root = write(Object.fromEntries(names.map((name) => [name, "x"])));
  return listSourceFiles(root)!.map((file) => relative(root, file)).sort();
}

describe("the source files of a project", () => {
  it("are those of JavaScript and TypeScript, in all folders", () => {
    expect(list("a.ts", "b/c.tsx", "b/d/e.mjs", "f.cts", "readme.md", "g.json")).toEqual(["a.ts", "b/c.tsx", "b/d/e.mjs", "f.cts"]);
  });

  it.each(["node_modules/x/a.js", "dist/a.js", "build/a.js", ".next/a.js", "a.d.ts", "a.min.js", "packages/a/out/a.js"])("are not what is installed, built or declared: %s", (name) => {
    expect(list("own.ts", name)).toEqual(["own.ts"]);
  });

  it.each(["a.test.ts", "a.spec.js", "test/a.ts", "src/__tests__/a.ts", "a.stories.tsx", "e2e/a.ts"])("are not tests: %s", (name) => {
    expect(list("own.ts", name)).toEqual(["own.ts"]);
  });

  it("are those below src whatever the folder is called", () => {
    expect(list("src/build/a.ts", "packages/a/src/core/out/b.ts")).toEqual(["packages/a/src/core/out/b.ts", "src/build/a.ts"]);
  });

  it("are components that hold code in a language of their own", () => {
    expect(list("a.vue", "b.svelte", "c.astro")).toEqual(["a.vue", "b.svelte", "c.astro"]);
  });

  it("are none where there are too many", () => {
    expect(listSourceFiles(write({ "a.ts": "", "b.ts": "", "c.ts": "" }), 2)).toBeUndefined();
  });

  it("are none in a folder that cannot be read", () => {
    expect(listSourceFiles("/nowhere/at/all")).toEqual([]);
  });
});
