import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findHazards, type Hazard } from "../../../src/analysis/async/hazards.js";
import { findSuspects } from "../../../src/analysis/async/suspects.js";
import { getAnalysis, findAnalysis } from "../analyze.js";

function getSuspects(code: string): string[] {
  const analysis = getAnalysis(`const m = new Map();\n${code}`);
  return [...findSuspects(new Set(analysis.inventory.maps), analysis)].map((info) => info.name).toSorted();
}

const SUSPECTS: Readonly<Record<string, string>> = {
  "a write after a suspension after a read": "export async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); }",
  "a suspension in the value": "export async function f(k) { if (!m.has(k)) m.set(k, await g(k)); }",
  "a removal after an insertion": "export async function f(k) { m.set(k, 1); try { await g(); } finally { m.delete(k); } }",
  "what comes round in a loop": "export async function f(ks) { for (const k of ks) { m.set(k, 1); await m.get(k); } }",
  "a loop over what is awaited": "export async function f(ks) { for await (const k of ks) if (!m.has(k)) m.set(k, 1); }",
  "a block that is disposed at its end": "export async function f(k) { for (;;) { await using x = m.get(k); m.set(k, 1); } }",
  "a generator": "export async function* f(k) { const n = m.get(k); yield n; m.set(k, n + 1); }",
  "a chain": "export function f(k) { const n = m.get(k); return g().then(() => m.set(k, n + 1)); }",
  "a timer": "export function f(k) { m.set(k, 1); setTimeout(() => m.delete(k), 10); }",
  "a listener by name": "export function f(k) { m.set(k, 1); function end() { m.delete(k); } socket.on('close', end); }",
  "an entry that is changed": "export async function f(k) { const e = m.get(k); await g(); e.n = 1; }",
  "an entry that is relied on": "export async function f(k) { if (!m.has(k)) return; await g(); return m.get(k)!.x; }",
  "a promise that is made above": "export async function f(k) { const p = g(k).finally(() => m.delete(k)); m.set(k, p); return p; }",
  "a promise that stays": "export function f(k) { let p = m.get(k); if (!p) { p = fetch(k); m.set(k, p); } return p; }",
  "a placeholder that a throw leaves behind": "export async function f(k) { m.set(k, null); if (!k) throw new Error(); m.set(k, 1); await g(); }",
  "a value that was loaded before it was invalidated": "export async function f(k) { const v = await load(k); m.set(k, v); } export function forget(k) { m.delete(k); }",
};

const OTHERS: Readonly<Record<string, string>> = {
  "no suspension": "export function f(k) { const n = m.get(k); m.set(k, n + 1); }",
  "a suspension before": "export async function f(k) { await g(); const n = m.get(k); m.set(k, n + 1); }",
  "a suspension behind": "export async function f(k) { const n = m.get(k); m.set(k, n + 1); await g(); }",
  "a suspension elsewhere": "export async function f(k) { await g(k); } export function h(k) { m.set(k, m.get(k) + 1); }",
  "callbacks that run in place": "export async function f(ks) { await g(); ks.forEach((k) => m.set(k, m.get(k) + 1)); }",
  "reads only": "export async function f(k) { const n = m.get(k); await g(n); return m.has(k); } export function h(k) { m.set(k, 1); }",
};

describe("a function is suspected for", () => {
  it.each(Object.entries(SUSPECTS))("%s", (_name, code) => {
    expect(getSuspects(code)).toContain("f");
  });

  it("what a helper does after a suspension, with the helper's other callers", () => {
    expect(getSuspects("async function put(k) { await g(); m.set(k, 1); } export async function f(k) { if (!m.has(k)) await put(k); } export async function h(k) { await put(k); }")).toEqual(["f", "h", "put"]);
  });

  it("an insertion beside another's", () => {
    expect(getSuspects("export async function f(k) { if (!m.has(k)) m.set(k, await g()); } export function h(k) { m.set(k, 1); } export function i(k) { return m.get(k); }")).toEqual(["f", "h"]);
  });
});

describe("a function is not suspected for", () => {
  it.each(Object.entries(OTHERS))("%s", (_name, code) => {
    expect(getSuspects(code)).toEqual([]);
  });
});

describe("no hazard is outside of the suspected functions", () => {
  const folder = new URL("../../../docs/rules/", import.meta.url);
  const blocks = readdirSync(folder).filter((name) => name.endsWith(".md")).flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(/^```[jt]s\n(.*?)^```$/gms)].map((match, index) => [`${name} ${index + 1}`, match[1]!] as const));

  it.each(blocks)("%s", (_name, code) => {
    const analysis = findAnalysis(code);
    if (!analysis) return expect(code).not.toContain("new Map");
    // What can be asked of a hazard is a function of its own each time.
    const compare = (hazards: readonly Hazard[]): unknown[] => hazards.map((hazard) => ({ ...hazard, canLeak: undefined }));
    expect(compare(analysis.getHazards())).toEqual(compare(findHazards(analysis.getFlows(), analysis)));
  });
});
