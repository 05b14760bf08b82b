import { readdirSync, readFileSync } from "node:fs";
import type { SourceCode } from "eslint";
import { describe, expect, it } from "vitest";
import { findDeclarations } from "../../../src/analysis/maps/declarations.js";
import { createInventory } from "../../../src/analysis/maps/inventory.js";
import { createFileModel } from "../../../src/analysis/code/model.js";
import { createSharing } from "../../../src/analysis/maps/sharing.js";
import { createSummaries } from "../../../src/analysis/maps/summaries.js";
import { parse, type SourceOptions } from "../analyze.js";

const NO_TYPES = { names: [] };

function find(code: string, options: SourceOptions = {}): { hasMaps: boolean; hasLastingMaps: boolean } {
  const { hasMaps, hasLastingMaps } = findDeclarations(parse(code, options), NO_TYPES);
  return { hasMaps, hasLastingMaps };
}

/** What the inventory and sharing know, at the cost of a walk. */
function findByWalk(sourceCode: SourceCode): { hasMaps: boolean; hasLastingMaps: boolean } {
  const model = createFileModel(sourceCode);
  const inventory = createInventory(model, NO_TYPES);
  createSummaries(model, inventory);
  const sharing = createSharing(model);
  return { hasMaps: inventory.maps.length > 0, hasLastingMaps: inventory.maps.some((map) => sharing.getLifetime(map).level !== "none") };
}

const LASTING: Readonly<Record<string, string>> = {
  "a variable of the module": "const m = new Map();",
  "a variable with an annotation only": "let m: Map<string, number> | undefined;",
  "a class of a library": "const m = new lru.LRUCache({ max: 1 });",
  "an assertion": "const m = make() ?? (new Set() as Set<string>);",
  "a comment in between": "const m = new /* a */ Map /* b */ ();",
  "a public field": "export class A { m = new Map(); }",
  "a field with an annotation only": "export class A { readonly #m: ReadonlyMap<string, number>; }",
  "an assignment to a field": "export class A { constructor() { this.m = new Map(); } }",
  "a lazy assignment": "export class A { m; f() { return (this.m ??= new Map()); } }",
  "an export": "exports.m = new Map();",
  "a property of an object of the module": "const state = { m: new Map() };",
  "an object without a prototype": "const d = Object.create( null );",
  "an object written under computed keys": "const d = {}; export function f(k) { d[k] = 1; }",
  "an object from which keys are deleted": "const d = { /* none yet */ }; export function f(k) { delete d[k]; }",
  "an object in which keys are counted": "const d = {}; export function f(k) { ++d[k]; }",
  "an object written by another name": "export class A { d = {}; f(k) { const own = this.d; own[k] = 1; } }",
  "an object written by a name of a part": "export class A { d = {}; f(k) { const { d: own } = this; own[k] = 1; } }",
  "a private object written under computed keys": "export class A { #d = {}; f(k) { this.#d[k]! += 1; } }",
  "an object of an object written under computed keys": "const state = {}; state.d ??= {}; export function f(k) { state.d[k] = 1; }",
  "an object among several that are written": "const d = {}; export function f(a, k) { a[0][k] = 1; d[k] = 1; }",
  "an object written through an assertion": "const d = {}; export function f(k) { (d[k] as any) = 1; }",
  "an object whose key holds a bracket": "const d = {}; export function f(k) { d[`[${k}`] = 1; }",
  "a record": "export class A { d: Readonly<Record<string, number>> = {}; }",
  "a satisfied record": "const d = {} satisfies Record<string, number>;",
  "an index signature": "let d: { [key: string]: number } = load();",
  "a readonly index signature": "let d: { readonly [key: string]: number } = load();",
  "a mapped type": "let d: { [K in Kind]?: number } = load();",
  "a class that is a map": "class Registry extends Map {} const m = new Registry();",
  "a JSDoc type": "/** @type {Map<string, number>} */\nconst m = make();",
  "a local map that a closure uses": "export function create() { const m = new Map(); return { get: (k) => m.get(k) }; }",
  "a local map that async callbacks use": "export function f(xs) { const m = new Map(); return Promise.all(xs.map(async (x) => m.set(x, await g(x)))); }",
  "a local map that a listener uses": "export function f(xs) { const m = new Map(); xs.forEach((x) => x.on('end', () => m.delete(x))); }",
  "a parameter that a closure uses": "export function create(m: Map<string, number>) { return (k: string) => m.get(k); }",
  "a default of a parameter that a closure uses": "export function create({ m = new Map() } = {}) { return (k: string) => m.get(k); }",
  "a namespace": "namespace N { export const m = new Map(); }",
};

const SHORT_LIVED: Readonly<Record<string, string>> = {
  "a local map that callbacks in place use": "export function f(xs) { const m = new Map(); xs.forEach((x) => x.all.map((y) => m.set(y.id, y))); return m; }",
  "a local map that an executor uses": "export function f(x) { const m = new Map(); return new Promise((resolve) => resolve(m.get(x))); }",
  "a local map": "export function f(xs) { const m = new Map(); for (const x of xs) m.set(x.id, x); return m; }",
  "a local dictionary": "export function f(xs) { const d = {}; for (const x of xs) d[x.id] = x; return d; }",
  "a parameter": "export async function f(m: Map<string, number>) { await g(); m.set('a', 1); }",
};

const NOTHING: Readonly<Record<string, string>> = {
  "a map that nothing is called": "export const n = new Set(xs).size; f(new Map()); export function g() { return new Map(); }",
  "a type of something else": "type M = Map<string, number>; interface A { m: Map<string, number>; [key: string]: unknown } let p: Promise<Map<string, number>>;",
  "a type of a result": "export declare function f(): Map<string, number>; declare function g(x: number): Record<string, number>;",
  "the name of something else": 'import { Map } from "immutable"; const a = Map(); export const b = "new Map()"; const c = Map.groupBy(xs, f);',
  "an object under whose keys nothing is written": "const options = {}; export function f({ a = {} } = {}) { a.b = 1; }",
  "an object of another name than what is written": "export class A { options = {}; f(d, k, e) { this.options = {}; d[k] = 1; e.seen![k] ??= 1; delete d[k]; } }",
  "brackets of other kinds": "const options = {}; const [a, b] = f(); let xs: string[] = []; options['a'] = 1; xs[0] = 2; export const c = xs[a] === b;",
  "empty bodies": "const f = () => {}; try { f(); } catch {} export function g() {} d[k] = 1;",
};

describe("what the text declares", () => {
  it.each(Object.entries(LASTING))("lasts: %s", (_name, code) => {
    expect(find(code)).toEqual({ hasMaps: true, hasLastingMaps: true });
  });

  it.each(Object.entries(SHORT_LIVED))("does not last: %s", (_name, code) => {
    expect(find(code)).toEqual({ hasMaps: true, hasLastingMaps: false });
  });

  it.each(Object.entries(NOTHING))("is no map: %s", (_name, code) => {
    expect(find(code)).toEqual({ hasMaps: false, hasLastingMaps: false });
  });

  it("lasts at the top of a CommonJS file", () => {
    expect(find("const m = new Map();", { parser: "espree", sourceType: "commonjs" })).toEqual({ hasMaps: true, hasLastingMaps: true });
  });

  it("may be anything where the settings name a class that occurs", () => {
    const sourceCode = parse("const m = new Registry();");
    expect(findDeclarations(sourceCode, { names: ["Registry"] }).hasLastingMaps).toBe(true);
    expect(findDeclarations(sourceCode, { names: ["Index"] }).hasLastingMaps).toBe(false);
  });
});

describe("what the text declares is never less than what a walk finds", () => {
  const folder = new URL("../../../docs/rules/", import.meta.url);
  const blocks = readdirSync(folder).filter((name) => name.endsWith(".md")).flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(/^```[jt]s\n(.*?)^```$/gms)].map((match, index) => [`${name} ${index + 1}`, match[1]!] as const));

  it.each([...blocks, ...Object.entries({ ...LASTING, ...SHORT_LIVED, ...NOTHING })])("%s", (_name, code) => {
    const sourceCode = parse(code);
    const found = findDeclarations(sourceCode, NO_TYPES);
    const known = findByWalk(sourceCode);
    expect(Number(found.hasMaps)).toBeGreaterThanOrEqual(Number(known.hasMaps));
    expect(Number(found.hasLastingMaps)).toBeGreaterThanOrEqual(Number(known.hasLastingMaps));
  });
});
