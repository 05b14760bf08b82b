import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findClusterConfig, followImports, getModuleFacts, isRealFile, resolveModule } from "../../src/analysis/module-files.js";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function createFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "module-files-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

it("resolves .js to the TypeScript source, names without extension, and folders", () => {
  const folder = createFiles({ "a.ts": "", "b.mts": "", "c/index.js": "" });
  expect(resolveModule("./a.js", folder)).toBe(join(folder, "a.ts"));
  expect(resolveModule("./b.mjs", folder)).toBe(join(folder, "b.mts"));
  expect(resolveModule("./a", folder)).toBe(join(folder, "a.ts"));
  expect(resolveModule("./c", folder)).toBe(join(folder, "c", "index.js"));
  expect(resolveModule("./d.js", folder)).toBeUndefined();
});

it("takes for files only what is on disk", () => {
  const folder = createFiles({ "a.ts": "" });
  expect(isRealFile(join(folder, "a.ts"))).toBe(true);
  expect([folder, join(folder, "b.ts"), join(folder, "a.ts", "0.ts"), "a.ts", "<input>"].map(isRealFile)).toEqual([false, false, false, false, false]);
});

it("tells which exports write and read a map, through functions of the module", () => {
  const folder = createFiles({
    "m.ts": `const hits = new Map<string, number>();
export function hit(k: string) {
  bump(k);
}
function bump(k: string) {
  hits.set(k, 1);
}
export const get = (k: string) => hits.get(k);
export function other(map: { hits: Map<string, number> }) {
  map.hits.set("a", 1);
}
// export function no() { hits.clear() }
`,
  });
  const [map] = getModuleFacts(join(folder, "m.ts"))!.maps;
  expect(map?.name).toBe("hits");
  expect([...map!.writers].sort()).toEqual(["bump", "hit"]);
  expect([...map!.readers]).toEqual(["get"]);
});

it("counts an exported map as written and read by whoever imports it", () => {
  const folder = createFiles({ "m.ts": "export const m = new Map();\n", "n.js": "const n = new Set();\nmodule.exports = { n };\n" });
  expect([...getModuleFacts(join(folder, "m.ts"))!.maps[0]!.writers]).toEqual(["m"]);
  expect([...getModuleFacts(join(folder, "n.js"))!.maps[0]!.readers]).toEqual(["n"]);
});

it("follows imports, re-exports and require, past types and circles, with the imported names", () => {
  const folder = createFiles({
    "a.ts": `import { one, type Two, three as four } from "./b.js";\nimport type { Five } from "./types.js";\nimport * as c from "./c.cjs";\n`,
    "b.ts": `export { six } from "./d.js";\nimport "./a.js";\n`,
    "c.cjs": `const { seven } = require("./d");\n`,
    "d.ts": "",
    "types.ts": "",
  });
  const imported = followImports(join(folder, "a.ts"));
  const names = Object.fromEntries([...imported].map(([path, set]) => [path.slice(folder.length + 1), [...set].sort()]));
  expect(names).toEqual({ "a.ts": [], "b.ts": ["one", "three"], "c.cjs": ["*"], "d.ts": ["seven", "six"] });
});

it("knows a file that cannot be read as one without facts", () => {
  expect(getModuleFacts("/no/such/file.ts")).toBeUndefined();
  expect([...followImports("/no/such/file.ts")]).toEqual([]);
});

it.each([
  ["ecosystem.config.js", `module.exports = { apps: [{ script: "a.js", instances: 4, exec_mode: "cluster" }] };`, true],
  ["ecosystem.config.cjs", `module.exports = { apps: [{ script: "a.js", instances: "max" }] };`, true],
  ["pm2.json", `{ "apps": [{ "script": "a.js", "instances": 2, "watch": true }] }`, true],
  ["ecosystem.config.js", `module.exports = { apps: [{ script: "a.js", instances: 1, exec_mode: "fork" }] };`, false],
  ["other.config.js", `module.exports = { instances: "max" };`, false],
])("reads the configuration of pm2: %s %s", (name, text, isCluster) => {
  const folder = createFiles({ "package.json": "{}", [name]: text, "src/a.ts": "", "test/a.ts": "" });
  expect(findClusterConfig(join(folder, "src/a.ts"))).toBe(isCluster ? name : undefined);
  expect(findClusterConfig(join(folder, "test/a.ts"))).toBeUndefined();
});
