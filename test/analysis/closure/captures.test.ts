import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";

const HEADER = `const m = new Map<string, any>();
declare const bus: any;
`;
const getCaptures = (code: string) => getAnalysis(HEADER + code).getCaptures()!;

describe("loop captures", () => {
  it.each([
    ["a key", `for (var k of m.keys()) setTimeout(() => m.delete(k));`, "key"],
    ["a stored value", `let v = 0; for (const k of m.keys()) { v = k.length; setTimeout(() => m.set("last", v)); }`, "value"],
    ["an entry", `for (var e of m.values()) bus.on("x", () => e.stop());`, "entry"],
    ["a closure that is stored", `let n = ""; for (const k of ["a"]) { n = k; m.set(k, () => console.log(n)); }`, "closure"],
  ])("%s", (_name, code, role) => {
    expect(getCaptures(code).getLoopCaptures().map((capture) => capture.role)).toEqual([role]);
  });
  it("tell where the variable changes and what runs late", () => {
    const [capture] = getCaptures(`let i = 0;
    while (i < 3) {
      queueMicrotask(() => m.delete(String(i)));
      i++;
    }`).getLoopCaptures();
    expect([capture!.variable.name, capture!.change.loc.start.line, capture!.runs]).toEqual(["i", 6, "the callback of `queueMicrotask`"]);
  });
  it("see the outer loop's variable from an inner loop", () => {
    expect(getCaptures(`for (var k of m.keys()) for (const x of [1]) setTimeout(() => m.set(k, x));`).getLoopCaptures()).toHaveLength(1);
  });
  it("are none where the same variable is bound anew", () => {
    expect(getCaptures(`for (let i = 0; i < 3; i++) setTimeout(() => m.delete(String(i)));`).getLoopCaptures()).toEqual([]);
  });
});

describe("orphans", () => {
  it("name the timer, its field and where the entry goes", () => {
    const [orphan] = getCaptures(`export function open(id: string) { if (!m.has(id)) m.set(id, { beat: setInterval(() => console.log(id), 1) }); }
    export function close(id: string) { m.delete(id); }`).getOrphans();
    expect([orphan!.kind, orphan!.timer, orphan!.field, orphan!.start.loc.start.line, orphan!.node.loc.start.line]).toEqual(["removal", "setInterval", "beat", 3, 4]);
  });
  it("find a timer that a later statement puts in the entry", () => {
    const code = `export function beat(id: string) { const e = m.get(id); e.timer = setInterval(() => console.log(id), 1); }
    export function close(id: string) { m.delete(id); }`;
    expect(getCaptures(code).getOrphans().map(({ kind, field }) => [kind, field])).toEqual([["removal", "timer"]]);
  });
  it("are only likely where a timeout is replaced", () => {
    const [orphan] = getCaptures(`declare function expire(id: string): void;
    export function arm(id: string) { m.set(id, setTimeout(() => expire(id), 1)); }`).getOrphans();
    expect([orphan!.kind, orphan!.isHeuristic]).toEqual(["replacement", true]);
  });
});
