import { describe, expect, it } from "vitest";
import type { Summary } from "../../../src/analysis/maps/summaries.js";
import { getAnalysis, getFunction, getMap } from "../analyze.js";

function getSummary(code: string, name: string): Summary {
  const analysis = getAnalysis(`const m = new Map();\n${code}`);
  return analysis.summaries.get(getFunction(analysis, name));
}

const names = (maps: Iterable<{ name: string }>): string[] => [...maps].map((map) => map.name);

describe("a function", () => {
  it("reads what it reads and writes what it writes", () => {
    const summary = getSummary("const n = new Set();\nfunction f(k) { n.add(m.get(k)); }", "f");
    expect(names(summary.reads)).toEqual(["m"]);
    expect(names(summary.writes)).toEqual(["n"]);
    expect(summary.isRelevant).toBe(true);
  });

  it("does what its helpers do, through any number of them", () => {
    const summary = getSummary("function a(k) { b(k); } function b(k) { c(k); } function c(k) { m.delete(k); }", "a");
    expect(names(summary.writes)).toEqual(["m"]);
  });

  it("does what the methods that it calls do", () => {
    const analysis = getAnalysis("class A { m = new Map(); f(k) { this.#g(k); } #g(k) { this.m.delete(k); } }");
    expect(names(analysis.summaries.get(getFunction(analysis, "f")).writes)).toEqual(["this.m"]);
  });

  it("does what the callbacks in it do", () => {
    expect(names(getSummary("function f(ks) { ks.forEach((k) => m.delete(k)); }", "f").writes)).toEqual(["m"]);
  });

  it("ends, though helpers call each other", () => {
    const summary = getSummary("function a(k) { b(k); } function b(k) { a(k); m.get(k); }", "a");
    expect(names(summary.reads)).toEqual(["m"]);
  });

  it("does not do what its callers do", () => {
    expect(names(getSummary("function a(k) { m.delete(k); b(k); } function b(k) { m.get(k); }", "b").writes)).toEqual([]);
  });

  it("without a map is not relevant", () => {
    expect(getSummary("function f(k) { return k + 1; }", "f").isRelevant).toBe(false);
  });

  it("that runs its parameter is relevant", () => {
    expect(getSummary("async function withRetry(fn) { return fn(); }", "withRetry").isRelevant).toBe(true);
  });

  it("that takes a lock is relevant", () => {
    expect(getSummary("async function f() { await mutex.acquire(); }", "f").isRelevant).toBe(true);
  });

  it("that sets a busy flag is relevant", () => {
    expect(getSummary("let busy = false;\nfunction f() { busy = true; }\nfunction g() { busy = false; }", "f").isRelevant).toBe(true);
  });
});

describe("a function suspends", () => {
  it.each([
    ["by await", "async function f() { await g(); }"],
    ["by for await", "async function f(xs) { for await (const x of xs) x; }"],
    ["by a helper that it calls", "async function f() { return h(); } async function h() { await g(); }"],
  ])("%s", (_name, code) => {
    expect(getSummary(code, "f").suspends).toBe(true);
  });

  it.each([
    ["by a nested function that it only defines", "function f() { return async () => { await g(); }; }"],
    ["by an async function without await", "async function f() { g(); }"],
  ])("not %s", (_name, code) => {
    expect(getSummary(code, "f").suspends).toBe(false);
  });
});

describe("the accesses of a map", () => {
  it("are listed with their functions, the top level among them", () => {
    const analysis = getAnalysis("const m = new Map();\nm.set(1, 1);\nfunction f(k) { m.get(k); }\nclass A { g() { m.clear(); } }");
    const found = analysis.summaries.getAccesses(getMap(analysis, "m")).map((access) => `${access.operation} in ${access.function?.name ?? "the file"}`);
    expect(found).toEqual(["set in the file", "get in f", "clear in g"]);
  });

  it("are none for a map that nobody uses", () => {
    const analysis = getAnalysis("const m = new Map();");
    expect(analysis.summaries.getAccesses(getMap(analysis, "m"))).toEqual([]);
  });
});
