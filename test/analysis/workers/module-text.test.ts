import { expect, it } from "vitest";
import { findReader, findWriter, getUses, isUnclear, type ModuleMap, readModule } from "../../../src/analysis/workers/module-text.js";

const getMap = (text: string): ModuleMap => readModule(text).maps[0]!;
const list = (names: Iterable<string> | undefined): string[] => [...(names ?? [])].sort();

/** What a text uses of the first module that it imports. */
function getUsed(text: string, used: readonly string[] = ["*"]): string[] {
  const facts = readModule(text);
  return list(getUses(facts, new Set(used)).get(facts.imports[0]!));
}

it("tells which exports write and read a map, through functions of the module", () => {
  const map = getMap(`const hits = new Map<string, number>();
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
`);
  expect(map.name).toBe("hits");
  expect(list(map.writers)).toEqual(["bump", "hit"]);
  expect(list(map.readers)).toEqual(["get"]);
});

it("knows a function by the name under which it is exported", () => {
  expect(list(getMap(`const m = new Map();\nfunction put(k) {\n  m.set(k, 1);\n}\nexport { put as add };\n`).writers)).toEqual(["add", "put"]);
  expect(list(getMap(`const m = new Map();\nfunction put(k) {\n  m.set(k, 1);\n}\nmodule.exports = { add: put };\n`).writers)).toEqual(["add", "put"]);
});

it.each([
  ["export const m = new Map();", true],
  ["const m = new Set();\nmodule.exports = { m };", true],
  ["const m = new Map();\nexport { m };", true],
  ["const m = new Map();\nexports.m = m;", true],
  ["const m = new Map();\nexport { m } from './other.js';", false],
  ["const m = new Map();", false],
])("knows whether a map is exported: %s", (text, isExported) => {
  expect(getMap(text).isExported).toBe(isExported);
});

it.each([
  ["const m = new Map();", false],
  ["const m = new Map<string, () => void>();", false],
  ["const m = new Map([['a', 1]]);", true],
  ["const m = new Map<string, number>(entries);", true],
  ["const m = new Map();\nfor (const k of ['a']) m.set(k, 1);", true],
  ["const m = new Map();\nexport class Store {\n  put(k) {\n    m.set(k, 1);\n  }\n}", true],
  ["const m = new Map();\nexport function put(k) {\n  m.set(k, 1);\n}", false],
])("knows what is filled without a function of the top level: %s", (text, isFilled) => {
  expect(getMap(text).isFilled).toBe(isFilled);
});

it.each([
  [`import { put } from "./m.js"; put(1);`, ["put"]],
  [`import { put as add } from "./m.js"; add(1);`, ["put"]],
  [`import { put } from "./m.js";`, []],
  [`import { store } from "./m.js"; store.set("a", 1);`, ["store", "store.set"]],
  [`import { store } from "./m.js"; hand(store);`, ["store", "store.*"]],
  [`import { store } from "./m.js"; for (const [k] of store) k; x = [...store];`, ["store", "store.values"]],
  [`import { store } from "./m.js"; other.store.clear();`, []],
  [`import * as m from "./m.js"; m.put(1); m.store?.set(2);`, ["put", "store", "store.set"]],
  [`import * as m from "./m.js"; hand(m);`, ["*"]],
  [`import { type Store, get } from "./m.js"; get();`, ["get"]],
  [`import type { Store } from "./types.js"; import { get } from "./m.js"; get();`, ["get"]],
  [`import all, { get } from "./m.js"; get(); all();`, ["default", "get"]],
  [`const { put: add } = require("./m"); add(1);`, ["put"]],
  [`const m = require("./m"); m.put(1);`, ["put"]],
  [`import "./m.js";`, []],
  [`const { put } = await import("./m.js"); put(1);`, ["put"]],
  [`const { put: add, get } = await import("./m.js"); add(1);`, ["put"]],
  [`const m = await import("./m.js"); m.put(1);`, ["put"]],
  [`const { store } = await import("./m.js");\nstore.set("a", 1);`, ["store", "store.set"]],
  [`import("./m.js").then(({ put }) => put(1));`, ["put"]],
  [`import("./m.js").then(async (m) => { await m.put(1); });`, ["put"]],
  [`const { default: all } = await import("./m.js"); all();`, ["default"]],
  [`await import("./m.js");`, []],
  [`const loading = import("./m.js"); (await loading).put(1);`, ["*"]],
  [`const [m] = await Promise.all([import("./m.js"), 1]); m.put(1);`, ["*"]],
  [`(await import("./m.js")).put(1);`, ["*"]],
  [`import("./m.js").catch(report);`, ["*"]],
])("tells what is used of an import: %s", (text, expected) => {
  expect(getUsed(text)).toEqual(expected);
});

it("uses a dynamic import only where its function is used", () => {
  const text = `export async function write() {\n  const { put } = await import("./m.js");\n  put(1);\n}\nexport function read() {\n}\n`;
  expect(getUsed(text, ["write"])).toEqual(["put"]);
  expect(readModule(text).imports).toHaveLength(1);
  expect(getUses(readModule(text), new Set(["read"])).size).toBe(0);
});

it.each([`let a: import("./m.js").A;`, `type M = typeof import("./m.js");`, `await import(name);`, `await import("package");`])("does not take for an import of a file: %s", (text) => {
  expect(readModule(text).imports).toEqual([]);
});

it("uses what a used function needs, and not what another one does", () => {
  const text = `import { put } from "./m.js";\nexport function write() {\n  help();\n}\nfunction help() {\n  put();\n}\nexport function read() {\n}\n`;
  expect(getUsed(text, ["write"])).toEqual(["put"]);
  expect(getUsed(text, ["read"])).toEqual([]);
  expect(getUsed(text, ["default"])).toEqual(["put"]);
});

it.each([
  [`export { put, get } from "./m.js";`, ["get"], ["get"]],
  [`export { put as add } from "./m.js";`, ["add"], ["put"]],
  [`export { store } from "./m.js";`, ["store", "store.set"], ["store", "store.set"]],
  [`export * from "./m.js";`, ["get", "default"], ["get"]],
  [`export * as m from "./m.js";`, ["m"], ["*"]],
  [`export * as m from "./m.js";`, ["other"], []],
])("passes on %s", (text, used, expected) => {
  expect(getUsed(text, used)).toEqual(expected);
});

it("finds the name by which a map is written or read", () => {
  const map = getMap("export const m = new Map();\nexport function put(k) {\n  m.set(k, 1);\n}\nexport function get(k) {\n  return m.get(k);\n}\n");
  expect(findWriter(map, new Set(["get", "put"]))).toBe("put");
  expect(findWriter(map, new Set(["m", "m.delete"]))).toBe("m.delete");
  expect(findWriter(map, new Set(["get", "m.get"]))).toBeUndefined();
  expect(findReader(map, new Set(["m.values"]))).toBe("m.values");
  expect(findReader(map, new Set(["put"]))).toBeUndefined();
});

it("is unclear about a map that is handed on", () => {
  const map = getMap("export const m = new Map();");
  expect([["*"], ["m.*"], ["m.set"], ["other.*"]].map((names) => isUnclear(map, new Set(names)))).toEqual([true, true, false, false]);
});
