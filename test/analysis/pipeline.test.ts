import type { SourceCode } from "eslint";
import { describe, expect, it } from "vitest";
import { orNothing } from "../../src/analysis/guard.js";
import { analyze } from "../../src/analysis/pipeline.js";
import { findAnalysis, getAnalysis, parse } from "./analyze.js";

/** A source code that says which of its parts were asked for. */
function watch(sourceCode: SourceCode): { readonly watched: SourceCode; readonly asked: Set<PropertyKey> } {
  const asked = new Set<PropertyKey>();
  const watched = new Proxy(sourceCode, {
    get(target, name) {
      asked.add(name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { watched, asked };
}

describe("a file without anything map-like", () => {
  it.each([
    ["an empty file", ""],
    ["async code without a map", "export async function f(k) { const v = await load(k); return v + 1; }"],
    ["words that only hold a map's name", "export const MapView = 1; class SetupRecorder {} const x = [1].map(String);"],
  ])("costs a text search: %s", (_name, code) => {
    const { watched, asked } = watch(parse(code));
    expect(analyze(watched, {})).toBeUndefined();
    expect([...asked].toSorted()).toEqual(["ast", "text"]);
  });

  it("is asked nothing though it says Map", () => {
    const analysis = findAnalysis("// a Map would do\nexport async function f() { await g(); }")!;
    expect(analysis.inventory.maps).toEqual([]);
    expect([analysis.getFlows(), analysis.getHazards(), analysis.getUncheckedLookups(), analysis.getTruthyLookups(), analysis.getUnstableKeys()]).toEqual([[], [], [], [], []]);
  });
});

describe("a rule about maps alone", () => {
  it("is told nothing of a file without a map, which others may ask about", () => {
    const sourceCode = parse('import { Worker } from "worker_threads"; new Worker("./w.js").postMessage(x);');
    expect(analyze(sourceCode, {}, "maps")).toBeUndefined();
    expect(analyze(sourceCode, {})).toBeDefined();
    expect(analyze(sourceCode, {}, "maps")).toBeUndefined();
  });

  it("shares the analysis of a file with a map", () => {
    const sourceCode = parse("const m = new Map();");
    expect(analyze(sourceCode, {}, "maps")).toBe(analyze(sourceCode, {}));
  });
});

describe("a pass", () => {
  it("is run only when it is asked for", () => {
    const { watched, asked } = watch(parse("const m = new Map(); export function f(k) { m.set(k, 1); }"));
    const analysis = analyze(watched, {})!;
    expect([...asked].toSorted()).toEqual(["ast", "text"]);
    expect(analysis.inventory.maps.length).toBe(1);
    expect(asked.has("traverse")).toBe(true);
  });
});

describe("an analysis", () => {
  it("is made once a file", () => {
    const sourceCode = parse("const m = new Map();");
    expect(analyze(sourceCode, {})).toBe(analyze(sourceCode, {}));
  });

  it("is made once, though it finds nothing", () => {
    const { watched, asked } = watch(parse("export const x = 1;"));
    analyze(watched, {});
    asked.clear();
    expect(analyze(watched, {})).toBeUndefined();
    expect([...asked]).toEqual(["ast"]);
  });

  it("computes its facts once", () => {
    const analysis = findAnalysis("const m = new Map(); export async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); }")!;
    expect(analysis.getFlows()).toBe(analysis.getFlows());
    expect(analysis.getHazards()).toBe(analysis.getHazards());
    expect(analysis.getUncheckedLookups()).toBe(analysis.getUncheckedLookups());
    expect(analysis.getIterationFacts()).toBe(analysis.getIterationFacts());
    expect(analysis.getLocking()).toBe(analysis.getLocking());
    expect(analysis.getCaptures()).toBe(analysis.getCaptures());
    expect(analysis.getLifecycle()).toBe(analysis.getLifecycle());
  });

  it("asks for no flow where nothing suspends", () => {
    const analysis = findAnalysis("const m = new Map(); export function f(k) { m.set(k, 1); }")!;
    expect(analysis.getHazards()).toEqual([]);
  });

  it("carries its settings", () => {
    expect(findAnalysis("const m = new Map();", { settings: { processes: "many" } })!.settings.processes).toBe("many");
  });
});

describe("what a function does wrong by itself", () => {
  const getKinds = (code: string): string[] => getAnalysis(`const m = new Map(); const mutex = new Mutex();\n${code}`).getHazards().map(({ kind }) => kind);
  const put = "async function put(k) { if (!m.has(k)) m.set(k, await connect(k)); }";

  it("stays wrong where callers do nothing about it", () => {
    expect(getKinds(`${put} export async function f(k) { await put(k); }`)).toEqual(["check-then-act"]);
  });

  it("is made up for by the lock of whoever runs it", () => {
    expect(getKinds(`${put} export function f(k) { return mutex.runExclusive(() => put(k)); }`)).toEqual([]);
  });
});

describe("a mistake in the analysis", () => {
  const fail = (): never => {
    throw new Error("a mistake");
  };

  it("is silence", () => {
    const before = process.env["MAPGUARD_DEBUG"];
    delete process.env["MAPGUARD_DEBUG"];
    try {
      expect(orNothing(fail)).toBeUndefined();
    } finally {
      process.env["MAPGUARD_DEBUG"] = before;
    }
  });

  it("is an error for the tests", () => {
    expect(() => orNothing(fail)).toThrow("a mistake");
  });
});
