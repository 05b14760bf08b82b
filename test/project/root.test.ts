import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findRoot } from "../../src/project/root.js";
import { write } from "./fixture.js";

describe("the root of a project is", () => {
  it("the nearest folder with .git", () => {
    const root = write({ "package.json": "{}", "packages/a/package.json": "{}", "packages/a/src/x.ts": "" });
    expect(findRoot(join(root, "packages/a/src/x.ts"), "/")).toBe(root);
  });

  it("the outermost folder with a package.json, where there is no .git", () => {
    const root = write({ "package.json": "{}", "packages/a/package.json": "{}", "packages/a/src/x.ts": "" }, { git: false });
    expect(findRoot(join(root, "packages/a/src/x.ts"), "/nowhere")).toBe(root);
  });

  it("the working directory of a file in it, where there is neither", () => {
    const root = write({ "src/x.ts": "" }, { git: false });
    expect(findRoot(join(root, "src/x.ts"), root)).toBe(root);
  });

  it("not a whole disk", () => {
    const root = write({ "src/x.ts": "" }, { git: false });
    expect(findRoot(join(root, "src/x.ts"), "/")).toBeUndefined();
  });

  it("nowhere for a file outside of the working directory", () => {
    const root = write({ "src/x.ts": "", "other/y.ts": "" }, { git: false });
    expect(findRoot(join(root, "src/x.ts"), join(root, "other"))).toBeUndefined();
  });
});
