import { describe, expect, it } from "vitest";
import { CONTROL, COPY, DERIVED, WEAK } from "../../../src/analysis/tasks/values.js";
import { getAnalysis, getFlow } from "../analyze.js";

/** How the last write of `m` depends on each of its reads, in the order of the graph. */
function getBits(body: string): number[] {
  const { graph, getDependences } = getFlow(getAnalysis(`const m = new Map();\nexport async function f(k, x) { ${body} }`), "f");
  const dependences = getDependences(graph.nodes.findLast(({ event }) => event.type === "write")!);
  return graph.nodes.flatMap(({ id, event }) => (event.type === "read" ? [dependences.get(id) ?? 0] : []));
}

describe("a value depends on a read", () => {
  it.each([
    ["of which it is a copy", "const v = m.get(k); m.set(k, v);", [COPY]],
    ["from which it is computed", "const v = m.get(k) + 1; m.set(k, v);", [DERIVED]],
    ["that went through an awaited call", "const v = await g(m.get(k)); m.set(k, v);", [WEAK]],
    ["that comes on one of two ways", "let v = 1; if (x) v = m.get(k); m.set(k, v);", [COPY]],
    ["that comes on either way", "let v; if (x) v = m.get(k); else v = m.get(x) + 1; m.set(k, v);", [COPY, DERIVED]],
    ["of an earlier turn of a loop", "let v; for (;;) { m.set(k, v); v = m.get(k); }", [COPY]],
    ["of an earlier turn, through a second name", "let v, w; for (;;) { m.set(k, w); w = v; v = m.get(k); }", [COPY]],
    ["of what a helper returns", "const load = (id) => m.get(id); m.set(k, load(k));", [COPY]],
    ["that decides what it is", "let v = 1; if (m.has(k)) v = 2; m.set(k, v);", [CONTROL]],
    ["that decides what decides", "let a = false, b = false; if (m.has(k)) a = true; if (a) b = true; if (b) m.set(k, 1);", [CONTROL]],
  ])("%s", (_name, body, bits) => {
    expect(getBits(body)).toEqual(bits);
  });
});

describe("a value does not depend on a read", () => {
  it.each([
    ["whose name is given something else", "let v = m.get(k); v = 1; m.set(k, v);"],
    ["that comes after it", "let v = 1; m.set(k, v); v = m.get(k); log(v);"],
    ["on a way that leaves", "let v = 1; if (x) { v = m.get(k); return v; } m.set(k, v);"],
  ])("%s", (_name, body) => {
    expect(getBits(body)).toEqual([0]);
  });
});
