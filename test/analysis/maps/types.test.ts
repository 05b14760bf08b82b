import { describe, expect, it } from "vitest";
import { describeMaps, findNode } from "../analyze.js";
import { createTypes, type TypedMap } from "../../../src/analysis/maps/types.js";
import { describeTypedMaps, findTypedAnalysis, parseTyped } from "../typed.js";

const STORE = {
  "store.ts": `
    export interface Context { readonly sessions: Map<string, number>; readonly byId: { [id: string]: string }; readonly rooms: Map<string, Set<string>>; readonly headers: Headers2 }
    export interface Headers2 { get(name: string): string | undefined; set(name: string, value: string): void }
    export type Count = number;
    export type Registry = Map<string, Count>;
    export const sessions = new Map<string, { readonly at: number }>();
    export function createCache() { return new Map<string, string>(); }
    export class Users extends Map<string, number> {}
  `,
};

/** What the checker says of `x` in a piece of code. */
function read(code: string, others: Readonly<Record<string, string>> = {}, names: readonly string[] = []): TypedMap | "other" | undefined {
  const sourceCode = parseTyped(`${code}\nx;`, others);
  const last = sourceCode.ast.body.at(-1);
  if (last?.type !== "ExpressionStatement") throw new Error("no x");
  return createTypes(sourceCode, names)?.find(last.expression as never);
}

const value = (code: string): unknown => (read(code) as TypedMap).value;

describe("what a type is", () => {
  it.each([
    ["Map", "declare const x: Map<string, number>;"],
    ["Map", "declare const x: ReadonlyMap<string, number>;"],
    ["Map", "declare const x: Map<string, number> | undefined;"],
    ["Set", "declare const x: Set<string>;"],
    ["WeakMap", "declare const x: WeakMap<object, number>;"],
    ["WeakSet", "declare const x: WeakSet<object>;"],
    ["Map", "type Registry = Map<string, number>; declare const x: Registry;"],
    ["Map", "class Registry extends Map<string, number> {} const x = new Registry();"],
    ["Map", "class Registry<T> extends Map<string, T> {} class Users extends Registry<number> {} const x = new Users();"],
    ["Map", "const create = () => new Map<string, number>(); const x = create();"],
    ["safe", "class SafeMap<K, V> extends Map<K, V> {} declare const x: SafeMap<string, number>;"],
    ["cache", "declare class LRUCache<K, V> { get(k: K): V } declare const x: LRUCache<string, number>;"],
    ["dictionary", "declare const x: Record<string, number>;"],
    ["dictionary", "declare const x: { [id: string]: number };"],
  ])("is a %s: %s", (kind, code) => {
    expect(read(code)).toMatchObject({ kind });
  });

  it.each([
    "declare const x: string[];",
    "declare const x: { get(k: string): number; set(k: string, v: number): void };",
    "declare const x: { [id: string]: number | undefined; size: number };",
    "declare const x: URLSearchParams2; interface URLSearchParams2 { get(k: string): string | null; has(k: string): boolean }",
    "declare const x: number;",
  ])("is something else: %s", (code) => {
    expect(read(code)).toBe("other");
  });

  it("is something else where a library calls it Map", () => {
    expect(read('import { Map } from "./immutable"; declare const x: Map<string, number>;', { "immutable.ts": "export interface Map<K, V> { get(k: K): V; set(k: K, v: V): this }" })).toBe("other");
  });

  it.each(["declare const x: any;", "declare const x: unknown;", "declare const x: Map<string, number> | Set<string>;", 'import { x } from "./missing";'])("is unknown: %s", (code) => {
    expect(read(code)).toBeUndefined();
  });

  it("is a map where the settings say so", () => {
    const code = "declare class Registry { get(k: string): string } declare const x: Registry;";
    expect([read(code), read(code, {}, ["Registry"])]).toMatchObject(["other", { kind: "Map" }]);
  });

  it("is unknown without a program", () => {
    expect(createTypes({ parserServices: {} } as never, [])).toBeUndefined();
  });

  it("is unknown where the program is of a kind that nobody knows", () => {
    process.env["MAPGUARD_DEBUG"] = "";
    try {
      expect(createTypes({ parserServices: { program: {}, getTypeAtLocation: () => ({}) } } as never, [])?.find({} as never)).toBeUndefined();
    } finally {
      process.env["MAPGUARD_DEBUG"] = "1";
    }
  });
});

describe("the values of a map", () => {
  it.each([
    ["number", ["0"]],
    ["string", ['""']],
    ["boolean", ["false"]],
    ["bigint", ["0"]],
    ["{ a: number }", []],
    ["number | null", ["null", "0"]],
    ["1 | 2", []],
    ["0 | 1", ["0"]],
    ['"" | "a"', ['""']],
    ["true", []],
    ["number & { readonly brand: unique symbol }", ["0"]],
    ["Promise<number>", []],
  ])("of the type %s allow %j", (type, falsy) => {
    expect(value(`declare const x: Map<string, ${type}>;`)).toMatchObject({ falsy });
  });

  it("of an enum that starts at 0 allow 0", () => {
    expect(value("enum Level { Low, High } declare const x: Map<string, Level>;")).toMatchObject({ text: "Level", falsy: ["0"] });
  });

  it("can be undefined where the type says so", () => {
    expect([value("declare const x: Map<string, string | undefined>;"), value("declare const x: Map<string, string>;")]).toMatchObject([{ canBeUndefined: true }, { canBeUndefined: false }]);
  });

  it("can be maps", () => {
    expect([value("declare const x: Map<string, Set<number>>;"), value("declare const x: Map<string, number>;")]).toMatchObject([{ mapKind: "Set" }, { mapKind: undefined }]);
  });

  it("are unknown where they are any", () => {
    expect(value("declare const x: Map<string, any>;")).toBeUndefined();
  });
});

describe("with types the inventory knows", () => {
  it.each([
    ["a field of a field whose type is declared elsewhere", 'import type { Context } from "./store"; export class A { constructor(private readonly ctx: Context) {} f(id: string) { return this.ctx.sessions.get(id); } }', "field Map this.ctx.sessions"],
    ["a map of another module", 'import { sessions } from "./store"; export function f(id: string) { sessions.delete(id); }', "module Map sessions"],
    ["what a function of another module makes", 'import { createCache } from "./store"; const cache = createCache(); export function f(id: string) { return cache.get(id); }', "module Map cache"],
    ["an alias of a map type", 'import type { Registry } from "./store"; export class A { private registry!: Registry; f(id: string) { return this.registry.get(id); } }', "field Map this.registry"],
    ["a class that extends Map elsewhere", 'import { Users } from "./store"; const users = new Users(); export function f(id: string) { users.set(id, 1); }', "module Map users"],
    ["a parameter property", 'import type { Registry } from "./store"; export class A { constructor(private readonly registry: Registry) {} f(id: string) { return this.registry.get(id); } }', "parameter Map this.registry"],
    ["a dictionary that is declared elsewhere", 'import type { Context } from "./store"; export class A { constructor(private ctx: Context) {} f(id: string) { this.ctx.byId[id] = ""; this.ctx.sessions.has(id); } }', "field dictionary this.ctx.byId"],
  ])("%s", (_name, code, map) => {
    expect(describeTypedMaps(code, STORE)).toContain(map);
    expect(describeMaps(code)).not.toContain(map);
  });

  it("maps that are entries of maps", () => {
    const code = 'import type { Context } from "./store"; export class A { constructor(private readonly ctx: Context) {} f(id: string) { const room = this.ctx.rooms.get(id); room?.add(id); } }';
    expect(describeTypedMaps(code, STORE)).toContain("field Set this.ctx.rooms.get(…)");
  });

  it("not a map in a property of a parameter or a local, which may be a part of an entry", () => {
    expect(describeTypedMaps('import type { Context } from "./store"; export function f(ctx: Context, id: string) { const other = ctx; return ctx.sessions.has(id) || other.sessions.has(id); }', STORE)).toEqual([]);
  });

  it("what has a method of the same name and is no map", () => {
    expect(describeTypedMaps('import type { Context } from "./store"; export class A { constructor(private readonly ctx: Context) {} f(id: string) { this.ctx.headers.set(id, id); } }', STORE)).toEqual([]);
  });

  it("that a class of this name is no map", () => {
    const code = 'import type { Map } from "./immutable"; export class A { private m!: Map<string, number>; f(id: string) { this.m = this.m.set(id, 1); } }';
    expect(describeTypedMaps(code, { "immutable.ts": "export interface Map<K, V> { get(k: K): V; set(k: K, v: V): Map<K, V> }" })).toEqual([]);
  });

  it("everything that is known without them", () => {
    const code = "class A { #a = new Map<string, number>(); private b: Set<string> = new Set(); f(d: Record<string, number>, k: string) { this.#a.get(k); this.b.add(k); d[k] = 1; } }\nconst loose: object = new WeakMap();";
    expect(describeTypedMaps(code)).toEqual(describeMaps(code));
  });

  it("the type of values, of a map that is declared here too", () => {
    const analysis = findTypedAnalysis('import type { Count } from "./store"; const counts = new Map<string, Count>(); export const f = (id: string) => counts.get(id);', STORE)!;
    expect(analysis.inventory.getValueType(analysis.inventory.resolve(findNode(analysis, "counts", "Identifier"))!)).toMatchObject({ text: "number", falsy: ["0"] });
  });
});
