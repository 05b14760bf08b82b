import { describe, expect, it } from "vitest";
import { findWalks } from "../../../src/analysis/iteration/walks.js";
import { getAnalysis } from "../analyze.js";

function countWalks(code: string): number {
  return findWalks(getAnalysis(`const m = new Map(); export function put(k) { m.set(k, 1); }\n${code}`)).length;
}

describe("a loop over a written map matters with", () => {
  it.each([
    ["a write in it", "export function f() { for (const k of m.keys()) m.set(k + 1, 1); }"],
    ["a removal in a callback of it", "export function f() { m.forEach((v, k) => [k].forEach((x) => m.delete(x))); }"],
    ["a helper that writes", "function drop(k) { m.delete(k); } export function f() { for (const [k] of m) drop(k); }"],
    ["a helper of a helper that is handed on", "function drop(k) { m.delete(k); } const all = (k) => drop(k); export function f() { for (const [k] of m) [k].map(all); }"],
    ["a method that writes", "class A { #drop(k) { m.delete(k); } f() { for (const [k] of m) this.#drop(k); } }"],
    ["a wrapped helper that writes", "const drop = useCallback((k) => m.delete(k), []); export function f() { for (const [k] of m) drop(k); }"],
    ["a suspension", "export async function f() { for (const [k] of m) await g(k); }"],
    ["a suspension at each turn", "export async function f(xs) { for await (const k of m.keys()) g(k); }"],
    ["a block that is disposed", "export async function f() { for (const [k] of m) { await using x = g(k); } }"],
    ["a generator", "export async function* f() { for (const [k] of m) yield k; }"],
    ["a callback that runs later", "export function f() { for (const [k] of m) setTimeout(() => g(k)); }"],
    ["a lock", "export function f() { for (const [k] of m) mutex.runExclusive(() => g(k)); }"],
    ["a listener that may come back", "export function f() { for (const [k, listener] of m) listener(k); } export function drop(k) { m.delete(k); }"],
    ["a function that its caller gives", "function each(visit) { for (const k of m.keys()) visit(k); } export function f() { each((k) => m.delete(k)); }"],
    ["an iterator that is kept", "export function f() { const it = m.keys(); while (!it.next().done) g(); }"],
    ["a callback that stands elsewhere", "export function f(visit) { m.forEach(visit); }"],
    ["a dictionary", "const d = {}; export function f() { for (const k in d) delete d[k]; }"],
  ])("%s", (_name, code) => {
    expect(countWalks(code)).toBe(1);
  });
});

describe("a loop does not matter with", () => {
  it.each([
    ["nothing but reads", "export function f() { for (const [k, v] of m) g(k, v, m.get(k)); }"],
    ["a write before it", "export function f() { m.set(1, 1); for (const [k] of m) g(k); }"],
    ["a suspension behind it", "export async function f() { for (const [k] of m) g(k); await g(); }"],
    ["a write of another map", "export function f() { const n = new Map(); for (const [k] of m) n.set(k, 1); return n; }"],
    ["callbacks that run in place", "export function f() { m.forEach((v) => v.map((x) => g(x))); }"],
    ["a copy", "export function f() { for (const k of [...m.keys()]) m.delete(k); }"],
  ])("%s", (_name, code) => {
    expect(countWalks(code)).toBe(0);
  });
});
