import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";

const getLifecycle = (code: string) => getAnalysis(code).getLifecycle()!;
const getOrigins = (code: string): string[] => getLifecycle(code).getUnbounded().map(({ origin }) => origin);

describe("unbounded maps", () => {
  it.each([
    ["a parameter", `export function f(id: string) { m.set(id, 1); }`, ["caller"]],
    ["a field of a parameter", `export function f(user: { id: string }) { m.set(user.id, 1); }`, ["caller"]],
    ["made from a parameter", `export function f(id: string) { const key = id.trim(); m.set(key, 1); }`, ["caller"]],
    ["destructured", `export function f({ id }: { id: string }) { m.set(id, 1); }`, ["caller"]],
    ["a helper's parameter", `export function f(id: string) { put(id); }\nfunction put(key: string) { m.set(key, 1); }`, ["caller"]],
    ["a helper that gets literals", `export function f() { put("a"); }\nfunction put(key: string) { m.set(key, 1); }`, []],
    ["unique", `export function f() { const id = crypto.randomUUID(); m.set(id, 1); }`, ["fresh"]],
    ["a timestamp", `export function f() { m.set(String(Date.now()), 1); }`, ["fresh"]],
    ["a literal", `export function f() { m.set("a", 1); }`, []],
  ])("keys: %s", (_name, code, origins) => {
    expect(getOrigins(`const m = new Map<string, number>();\n${code}`)).toEqual(origins);
  });
  it("name the sister map that is cleaned", () => {
    const [found] = getLifecycle(`const a = new Map<string, number>();
    const b = new Map<string, number>();
    export function open(id: string) { a.set(id, 1); b.set(id, 1); }
    export function close(id: string) { a.delete(id); }`).getUnbounded();
    expect([found!.map.name, found!.sibling?.map.name]).toEqual(["b", "a"]);
  });
});

describe("shared mutable maps", () => {
  it("name the writer and the lifetime", () => {
    const found = getLifecycle(`const m = new Map<string, number>();
    export function put(id: string) { m.set(id, 1); }
    export function get(id: string) { return m.get(id); }`).getSharedMutable();
    expect(found.map(({ map, writer, lifetime }) => [map.name, writer, lifetime])).toEqual([["m", "put", "it lives as long as the module"]]);
  });
});

describe("parameters", () => {
  it("that get a map nobody reads", () => {
    const code = (rest: string): string => `export function f(m: Map<string, number>) { m = new Map(); ${rest} }`;
    expect(getLifecycle(code("")).getParameterReassignments()).toHaveLength(1);
    expect(getLifecycle(code("return m;")).getParameterReassignments()).toHaveLength(0);
  });
});

describe("uninitialized maps", () => {
  it("tell a map that is never made from one that is made on one way", () => {
    const kinds = (code: string): string[] => getLifecycle(code).getUninitialized().map(({ kind }) => kind);
    expect(kinds(`export class S { private m!: Map<string, number>; f() { this.m.clear(); } }`)).toEqual(["never"]);
    expect(kinds(`export function f(a: boolean) { let m: Map<string, number>; if (a) m = new Map(); m!.clear(); }`)).toEqual(["path"]);
  });
});
