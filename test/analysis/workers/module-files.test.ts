import { join } from "node:path";
import { expect, it } from "vitest";
import { followUses, getModuleFacts, isRealFile, resolveModule } from "../../../src/analysis/workers/module-files.js";
import { createFolder } from "../folder.js";

/** What is used of each file of a folder, if all of `a.ts` is. */
function follow(files: Readonly<Record<string, string>>, names: readonly string[] = ["*"]): Record<string, string[]> {
  const folder = createFolder(files);
  const used = followUses(new Map([[join(folder, "a.ts"), new Set(names)]]));
  return Object.fromEntries([...used].map(([path, set]) => [path.slice(folder.length + 1), [...set].sort()]));
}

it("resolves .js to the TypeScript source, names without extension, and folders", () => {
  const folder = createFolder({ "a.ts": "", "b.mts": "", "c/index.js": "" });
  expect(resolveModule("./a.js", folder)).toBe(join(folder, "a.ts"));
  expect(resolveModule("./b.mjs", folder)).toBe(join(folder, "b.mts"));
  expect(resolveModule("./a", folder)).toBe(join(folder, "a.ts"));
  expect(resolveModule("./c", folder)).toBe(join(folder, "c", "index.js"));
  expect(resolveModule("./d.js", folder)).toBeUndefined();
});

it("takes for files only what is on disk", () => {
  const folder = createFolder({ "a.ts": "" });
  expect(isRealFile(join(folder, "a.ts"))).toBe(true);
  expect([folder, join(folder, "b.ts"), join(folder, "a.ts", "0.ts"), "a.ts", "<input>"].map(isRealFile)).toEqual([false, false, false, false, false]);
});

it("follows imports and require, past types and circles", () => {
  const used = follow({
    "a.ts": `import { one, type Two, three as four } from "./b.js";\nimport type { Five } from "./types.js";\none(four());\n`,
    "b.ts": `import "./a.js";\nimport "./c.cjs";\n`,
    "c.cjs": `const { seven } = require("./d");\nseven();\n`,
    "d.ts": "",
    "types.ts": "",
  });
  expect(used).toEqual({ "a.ts": ["*"], "b.ts": ["one", "three"], "c.cjs": [], "d.ts": ["seven"] });
});

it("follows dynamic imports", () => {
  const used = follow({
    "a.ts": `const { one } = await import("./b.js");\none();\nimport("./c.js").then((c) => c.two());\nawait import("./d.js");\n`,
    "b.ts": `export async function one() {\n  const e = await import("./e.js");\n  e.three();\n}\nexport async function other() {\n  await import("./f.js");\n}\n`,
    "c.ts": "",
    "d.ts": "",
    "e.ts": "",
    "f.ts": "",
  });
  expect(used).toEqual({ "a.ts": ["*"], "b.ts": ["one"], "c.ts": ["two"], "d.ts": [], "e.ts": ["three"] });
});

it("passes on what a module only exports again", () => {
  const used = follow({
    "a.ts": `import { get } from "./index.js";\nget();\n`,
    "index.ts": `export { get, put } from "./b.js";\nexport * from "./c.js";\n`,
    "b.ts": "",
    "c.ts": "",
  });
  expect(used["b.ts"]).toEqual(["get"]);
});

it("does not follow what the functions of a module need that nobody calls", () => {
  const files = {
    "a.ts": `import { put } from "./b.js";\nimport { get } from "./c.js";\nexport function write() {\n  put();\n}\nexport function read() {\n  return get();\n}\n`,
    "b.ts": "",
    "c.ts": "",
  };
  expect(follow(files, ["write"])).toMatchObject({ "b.ts": ["put"], "c.ts": [] });
});

it("reads a file anew only after a while", () => {
  const folder = createFolder({ "m.ts": "const m = new Map();\n" });
  const first = getModuleFacts(join(folder, "m.ts"));
  expect(first?.maps).toHaveLength(1);
  expect(getModuleFacts(join(folder, "m.ts"))).toBe(first);
});

it("knows a file that cannot be read as one without facts", () => {
  expect(getModuleFacts("/no/such/file.ts")).toBeUndefined();
  expect([...followUses(new Map([["/no/such/file.ts", new Set(["*"])]]))]).toHaveLength(1);
});
