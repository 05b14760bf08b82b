import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isPublished } from "../../src/project/published.js";
import { type Files, open } from "./fixture.js";

const PACKAGE = JSON.stringify({ name: "store", main: "dist/index.js" });

function ask(files: Files, { name = "load", kind = "export" as "export" | "member", isImplementation = false } = {}): boolean {
  const { root, project } = open({ "src/store.ts": "export class Store { async load() {} }\nexport async function load() {}", ...files });
  const exposure = kind === "export" ? { kind, name } : { kind, name, owners: ["Store"], isImplementation };
  return isPublished(exposure, join(root, "src/store.ts"), project);
}

describe("what a file exports is public", () => {
  it("by the entry of its package", () => expect(ask({ "package.json": PACKAGE, "src/index.ts": 'export { load } from "./store.js";' })).toBe(true));
  it("by barrels", () => expect(ask({ "package.json": PACKAGE, "src/index.ts": 'export * from "./all";', "src/all.ts": 'export * from "./store";' })).toBe(true));
  it("as a method of an exported class", () => expect(ask({ "package.json": PACKAGE, "src/index.ts": 'export { Store } from "./store";' }, { kind: "member" })).toBe(true));
});

describe("what a file exports is not public", () => {
  it("where the entry does not export it", () => expect(ask({ "package.json": PACKAGE, "src/index.ts": 'export { save } from "./store";' })).toBe(false));
  it("in a private package", () => expect(ask({ "package.json": JSON.stringify({ name: "app", main: "index.js", private: true }), "src/index.ts": 'export * from "./store";' })).toBe(false));
  it("in an application", () => expect(ask({ "package.json": JSON.stringify({ name: "app" }), "src/index.ts": 'export * from "./store";' })).toBe(false));
  it("without a package", () => expect(ask({ "src/index.ts": 'export * from "./store";' })).toBe(false));
  it("as a method of a class that fills an interface", () => expect(ask({ "package.json": PACKAGE, "src/index.ts": 'export { Store } from "./store";' }, { kind: "member", isImplementation: true })).toBe(false));
});
