import { describe, expect, it } from "vitest";
import { getAnalysis, getFlow } from "../analyze.js";

/** The tests that the nth write of `f` depends on, as `text is outcome`. */
function getControl(body: string, index = 0): string[] {
  const analysis = getAnalysis(`const m = new Map();\nexport async function f(a, b, k) { ${body} }`);
  const flow = getFlow(analysis, "f");
  const write = flow.graph.nodes.filter(({ event }) => event.type === "write")[index]!;
  return flow.control.getControllers(write.id).map(({ id, outcome }) => `${analysis.sourceCode.getText(flow.graph.nodes[id]!.event.node as never)} is ${outcome}`);
}

describe("a write depends on", () => {
  it.each([
    ["the branch around it", "if (a) m.set(k, 1);", ["a is true"]],
    ["the other branch", "if (a) g(); else m.set(k, 1);", ["a is false"]],
    ["a negated test", "if (!a) m.set(k, 1);", ["a is false"]],
    ["all parts of a conjunction", "if (a && b) m.set(k, 1);", ["a is true", "b is true"]],
    ["an early return", "if (a) return; m.set(k, 1);", ["a is false"]],
    ["an early throw", "if (a) throw new Error(); m.set(k, 1);", ["a is false"]],
    ["a continue", "for (;;) { if (a) continue; m.set(k, 1); }", ["a is false"]],
    ["a logical operator", "a && m.set(k, 1);", ["a is true"]],
    ["an optional call", "a?.b(m.set(k, 1));", ["a is true"]],
    ["a conditional expression", "a ? m.set(k, 1) : g();", ["a is true"]],
    ["nested branches", "if (a) { if (b) return; m.set(k, 1); }", ["a is true", "b is false"]],
    ["a case of a switch", "switch (a) { case 1: m.set(k, 1); }", ["case 1: m.set(k, 1); is true"]],
    ["the test of a loop", "while (a) m.set(k, 1);", ["a is true"]],
    ["the last part of a disjunction", "if (a || b) m.set(k, 1);", ["b is true"]],
    ["the end of a loop before it", "while (a) g(); m.set(k, 1);", ["a is false"]],
    ["an exception, where nothing else leads there", "if (a) { try { await g(); } catch { m.set(k, 1); } }", ["a is true"]],
  ])("%s", (_name, body, expected) => {
    expect(getControl(body)).toEqual(expected);
  });
});

describe("a write does not depend on", () => {
  it.each([
    ["a branch that joins before it", "if (a) g(); m.set(k, 1);"],
    ["a call that could throw before it", "if (a) mayThrow(); m.set(k, 1);"],
    ["a try whose catch goes on", "try { if (a) g(); } catch {} m.set(k, 1);"],
    ["a loop before it that may run or not", "for (const x of a) { if (b) break; } m.set(k, 1);"],
    ["an optional chain before it", "a?.b(); m.set(k, 1);"],
    ["a break out of an earlier loop", "for (;;) { if (a) break; if (b) break; } m.set(k, 1);"],
    ["a test after it", "m.set(k, 1); if (a) return;"],
  ])("%s", (_name, body) => {
    expect(getControl(body)).toEqual([]);
  });

  it("a call of a helper that nobody waits for, and its early return", () => {
    const analysis = getAnalysis("const m = new Map();\nasync function warm(id) { if (m.has(id)) return; await save(id); }\nexport async function f(k) { warm(k); await g(); m.set(k, 1); }");
    const { graph, control } = getFlow(analysis, "f");
    const write = graph.nodes.findLast(({ event }) => event.type === "write")!;
    expect(control.getControllers(write.id)).toEqual([]);
  });
});

describe("reach", () => {
  it("goes forward, around loops, and through exceptions", () => {
    const { graph, control } = getFlow(getAnalysis("const m = new Map();\nexport async function f(k) { m.get(k); try { while (m.size) await g(); } catch { m.delete(k); } m.clear(); }"), "f");
    const find = (operation: string): number => graph.nodes.find(({ event }) => "operation" in event && event.operation === operation)!.id;
    expect(control.canReach(find("get"), find("clear"))).toBe(true);
    expect(control.canReach(find("clear"), find("get"))).toBe(false);
    expect(control.canReach(find("size"), find("size"))).toBe(true);
    expect(control.canReach(find("size"), find("delete"))).toBe(true);
    expect(control.canReach(find("get"), find("get"))).toBe(false);
  });
});

describe("a failure leads past a place", () => {
  /** Between the first suspension and a write, past the first read. A finally is written once for each way out. */
  function isPassed(body: string): boolean {
    const flow = getFlow(getAnalysis(`const m = new Map();\nexport async function f(k) { ${body} }`), "f");
    const find = (type: string): number => flow.graph.nodes.find(({ event }) => event.type === type)!.id;
    const writes = flow.graph.nodes.filter(({ event }) => event.type === "write");
    return writes.some(({ id }) => flow.control.canFailPast(find("suspend"), id, find("read")));
  }

  it.each([
    ["into a catch that does not look", "try { await g(); if (m.get(k) === 1) m.delete(k); } catch { m.delete(k); }", true],
    ["into a finally that does not look", "try { await g(); m.get(k); } finally { m.delete(k); }", true],
    ["not into a catch that looks itself", "try { await g(); } catch { if (m.get(k) === 1) m.delete(k); }", false],
    ["not where nothing catches", "await g(); if (m.get(k) === 1) m.delete(k);", false],
  ])("%s", (_name, body, isExpected) => {
    expect(isPassed(body)).toBe(isExpected);
  });
});
