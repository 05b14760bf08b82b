import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findHazards, type Hazard } from "../../../src/analysis/async/hazards.js";
import { findRisks, type Risks } from "../../../src/analysis/async/risks.js";
import { findAnalysis, getAnalysis } from "../analyze.js";

function getRiskyMaps(code: string): string[] {
  const analysis = getAnalysis(`const m = new Map(), n = new Map();\n${code}`);
  return [...findRisks(analysis.getFlows(), analysis).maps].map(({ name }) => name).toSorted();
}

describe("by the order of events something can go wrong with", () => {
  it.each([
    ["a read, a suspension and a write", "export async function f(k) { const v = m.get(k); await g(); m.set(k, v + 1); }"],
    ["a read of the whole", "export async function f(k) { if (m.size > 9) return; await g(); m.set(k, 1); }"],
    ["an insertion, a suspension and a removal", "export async function f(k) { m.set(k, 1); await g(); m.delete(k); }"],
    ["what comes round in a loop", "export async function f(k) { for (;;) { m.set(k, await m.get(k)); } }"],
    ["a removal of each of a list", "export async function f(ks) { for (const k of ks) m.set(k, 1); await g(); for (const k of ks) m.delete(k); }"],
    ["a lookup that is relied on", "export async function f(k) { if (!m.has(k)) return; await g(); m.get(k).x(); }"],
    ["a helper that writes", "function put(k) { m.set(k, 1); } export async function f(k) { if (m.has(k)) return; await g(); put(k); }"],
    ["a value that is loaded, where entries are removed", "export async function f(k) { const v = await load(k); m.set(k, v); } export function remove(k) { m.delete(k); }"],
    ["a promise that stays", "export function f(k) { if (!m.has(k)) m.set(k, load(k)); return m.get(k); }"],
    ["a placeholder that a failure leaves behind", "export async function f(k) { m.set(k, null); m.set(k, await load(k)); }"],
  ])("%s", (_name, code) => {
    expect(getRiskyMaps(code)).toEqual(["m"]);
  });
});

describe("nothing can go wrong with", () => {
  it.each([
    ["a suspension before all", "export async function f(k) { await g(); if (!m.has(k)) m.set(k, 1); }"],
    ["a suspension behind all", "export async function f(k) { if (!m.has(k)) m.set(k, 1); await g(); }"],
    ["a suspension on another way", "export async function f(k) { const v = m.get(k); if (k) await g(); else m.set(k, v + 1); }"],
    ["another key", "export async function f() { const v = m.get('a'); await g(); m.set('b', v); }"],
    ["another map", "export async function f(k) { const v = m.get(k); await g(); n.set(k, v); }"],
    ["a value that is loaded, where nothing is removed", "export async function f(k) { const v = await load(k); m.set(k, v); }"],
    ["a map of one call", "export async function f(k) { const own = new Map(); own.set(k, 1); await g(); own.delete(k); return own; }"],
    ["no suspension", "export function f(k) { m.set(k, (m.get(k) ?? 0) + 1); }"],
  ])("%s", (_name, code) => {
    expect(getRiskyMaps(code)).toEqual([]);
  });
});

describe("the flows that are looked at", () => {
  it("are those that suspend, and those that insert into the same maps", () => {
    const analysis = getAnalysis("const m = new Map(); export async function f(k) { if (!m.has(k)) m.set(k, await g()); } export function h(k) { m.set(k, 1); } export function i(k) { return m.get(k); }");
    const { flows, suspending } = findRisks(analysis.getFlows(), analysis);
    expect([flows, suspending].map((list) => list.map(({ graph }) => graph.root.name))).toEqual([["f", "h"], ["f"]]);
  });

  it("are solved only where something can go wrong", () => {
    const analysis = getAnalysis("const m = new Map(); export async function f(k) { await g(); m.set(k, 1); }");
    const flows = analysis.getFlows();
    const solved: string[] = [];
    const watched = flows.map((flow) => ({ ...flow, getState: (node: number) => (solved.push(flow.graph.root.name), flow.getState(node)) }));
    expect(findRisks(watched, analysis).maps.size).toBe(0);
    expect(solved).toEqual([]);
  });
});

describe("no hazard is outside of the risks", () => {
  const pages = readdirSync("docs/rules").filter((name) => name.endsWith(".md"));
  const examples = pages.flatMap((name) => [...readFileSync(`docs/rules/${name}`, "utf8").matchAll(/```[jt]sx?\n(?<code>[^]*?)```/g)].map((match, index) => ({ name: `${name} ${index + 1}`, code: match.groups!["code"]! })));
  const describeHazard = ({ kind, write, map, isHeuristic }: Hazard): string => `${kind} ${map.name} ${write.loc.start.line} ${isHeuristic}`;

  it.each(examples)("$name", ({ code }) => {
    const analysis = findAnalysis(code);
    const flows = analysis?.getFlows() ?? [];
    const maps = new Set(analysis?.inventory.maps);
    const all = { flows, suspending: flows, maps, getMaps: () => maps };
    const find = (risks?: Risks): string[] => (analysis ? findHazards(flows, analysis, risks).map(describeHazard) : []);
    expect(find()).toEqual(find(all));
  });
});
