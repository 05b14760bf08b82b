import { expect, it } from "vitest";
import { findMemoryHazards, type MemoryHazard } from "../../../src/analysis/workers/shared-memory.js";
import { createFileModel } from "../../../src/analysis/code/model.js";
import { parse } from "../analyze.js";

const HEAD = "export const v = new Int32Array(new SharedArrayBuffer(64));\n";
const DATA = "export const d = new DataView(new SharedArrayBuffer(64));\n";
const find = (code: string): readonly MemoryHazard[] => findMemoryHazards(createFileModel(parse(HEAD + code)));

/** The kinds, with a question mark for what is only likely. */
const describeAll = (code: string): string[] => find(code).map(({ kind, isHeuristic }) => kind + (isHeuristic ? "?" : ""));

it.each([
  ["function f() { v[0]++; }", "update"],
  ["function f() { v[0] += 1; }", "update"],
  ["function f() { v[0] = Math.max(v[0]!, 1); }", "update"],
  ["function f() { const n = v[0]!; v[0] = n + 1; }", "read-write"],
  ["function f() { let n = v[0]!; n++; v[0] = n; }", "read-write"],
  ["function f() { Atomics.store(v, 0, v[0]! + 1); }", "read-write"],
  ["function f() { Atomics.store(v, 0, Atomics.load(v, 0) + 1); }", "load-store"],
  ["function f() { const n = Atomics.load(v, 0); Atomics.store(v, 0, n + 1); }", "load-store"],
  ["function lock() { if (Atomics.load(v, 0) === 0) Atomics.store(v, 0, 1); }", "check-store"],
  ["function lock() { while (v[0] === 1) {} v[0] = 1; }", "spin,check-store"],
  ["function flag() { if (Atomics.load(v, 0) === 0) Atomics.store(v, 0, 1); }", "check-store?"],
  ["function f() { const n = Atomics.load(v, 0); Atomics.store(v, 0, 0); return n; } function g() { Atomics.add(v, 0, 1); }", "swap"],
  ["function f() { const n = Atomics.load(v, 0); Atomics.store(v, 0, 0); return n; }", "swap?"],
  ["function f() { while (v[0] === 0); }", "spin"],
  ["function f() { if (v[0] === 1) return; g(); } function g() { Atomics.store(v, 0, 1); }", "plain-read"],
  ["function f() { return v[0]; } function g() { Atomics.store(v, 0, 1); }", "plain-read?"],
  ["function f() { v[0] = 1; v[1] = 2; } function g() { return v[0]! + v[1]!; }", "publish"],
  ["function f() { v[0] = 1; v[1] = 2; }", "publish?"],
  ["function f(i: number) { v[i]++; }", "update?"],
  ["function f(i: number) { v[i]++; } function g(i: number) { Atomics.add(v, i, 1); }", "update"],
  ["const WRITE_INDEX = 0; function f() { v[WRITE_INDEX]++; }", "update?"],
  ["const ITEM_COUNT = 0; function push() { v[ITEM_COUNT]++; }", "update"],
  ["function pop() { v[0]++; }", "update?"],
  ["function f() { const n = v[0]!; v[0] = (n + 1) % 8; }", "read-write?"],
  ["function f() { const head = v[0]!; const tail = v[1]!; if (head < tail) v[0] = head + 1; }", "read-write?"],
  [`${DATA} function f() { d.setInt32(0, d.getInt32(0) + 1); }`, "update"],
  [`${DATA} function f() { d.setFloat64(8, Math.max(d.getFloat64(8, true), 1), true); }`, "update"],
  [`${DATA} function f() { const n = d.getBigUint64(0); d.setBigUint64(0, n + 1n); }`, "read-write"],
  [`function f(d: DataView<SharedArrayBuffer>) { d.setUint8(0, d.getUint8(0) | 1); }`, "update"],
  [`function f(shared: SharedArrayBuffer) { const d = new DataView(shared); d.setUint8(0, d.getUint8(0) + 1); }`, "update"],
  [`${DATA} function f(at: number) { d.setInt32(at, d.getInt32(at) + 1); }`, "update?"],
])("finds %s", (code, expected) => {
  expect(describeAll(code).join()).toBe(expected);
});

it("names the other access", () => {
  const [hazard] = find("function f() {\n  const n = Atomics.load(v, 0);\n  Atomics.store(v, 0, n + 1);\n}");
  expect([hazard?.node.loc.start.line, hazard?.other?.loc.start.line, hazard?.view.name]).toEqual([4, 3, "v"]);
});

it("finds one thing at a place", () => {
  expect(describeAll("function lock() { if (v[0] === 0) v[0] = v[0]! + 1; }")).toEqual(["update"]);
});

it.each([
  "function f(workerId: number) { v[workerId]++; }",
  "function f(from: number, to: number) { for (let i = from; i < to; i++) v[i]++; }",
  "function f() { Atomics.add(v, 0, 1); }",
  "function f() { for (;;) { const n = Atomics.load(v, 0); if (Atomics.compareExchange(v, 0, n, n + 1) === n) return; } }",
  "function f() { lock(); v[0]++; unlock(); }",
  "function f() { withLock(() => { v[0]++; }); }",
  "function bump() { v[0]++; } function f() { lock(); bump(); unlock(); }",
  "function f() { while (Atomics.compareExchange(v, 0, 0, 1)) Atomics.wait(v, 0, 1); v[1]++; Atomics.store(v, 0, 0); }",
  "function f() { const n = v[0]!; v[0] = 7; g(); v[0] = n; } declare function g(): void;",
  "function f() { const n = v[1]!; v[0] = n + 1; }",
  "function f() { let n = v[0]!; n = 4; v[0] = n; }",
  "function f() { v[0] = 1; v[1] = 2; Atomics.store(v, 2, 1); }",
  "function f() { v[0] = 1; v[1] = 2; postMessage('ready'); }",
  "function f() { while (v[0] === 0) g(); } declare function g(): void;",
  "function f() { v[0] = 9; while (v[0]! > 0) v[0] = 0; }",
  "function f() { const head = Atomics.load(v, 0); const tail = Atomics.load(v, 1); push(head); Atomics.store(v, 1, tail + 1); } function push(n: number) {} class Ring {}",
  `${DATA} function f() { d.setInt32(0, 1); return d.getInt32(0); }`,
  `${DATA} function f() { d.setInt32(4, d.getInt32(0) + 1); }`,
  `${DATA} function f() { lock(); d.setInt32(0, d.getInt32(0) + 1); unlock(); }`,
  `${DATA} function f(workerId: number) { d.setInt32(workerId, d.getInt32(workerId) + 1); }`,
  `${DATA} function f(from: number, to: number) { for (let i = from; i < to; i += 4) d.setInt32(i, d.getInt32(i) + 1); }`,
  `${DATA} function f() { const n = d.getInt32(0); d.setInt32(0, 7); g(); d.setInt32(0, n); } declare function g(): void;`,
  "export const d = new DataView(new ArrayBuffer(8)); function f() { d.setInt32(0, d.getInt32(0) + 1); }",
  "function f(buffer: ArrayBuffer) { const d = new DataView(buffer); d.setInt32(0, d.getInt32(0) + 1); }",
  "function f(d: DataView) { d.setInt32(0, d.getInt32(0) + 1); }",
  "const d = new DataView(new SharedArrayBuffer(8)); export function f() { d.setInt32(0, d.getInt32(0) + 1); }",
  `${DATA} function f(rows: { getInt32(i: number): number; setInt32(i: number, n: number): void }) { rows.setInt32(0, rows.getInt32(0) + 1); }`,
])("finds nothing for sure in %s", (code) => {
  expect(describeAll(code).filter((kind) => !kind.endsWith("?"))).toEqual([]);
});

it("finds nothing before the memory is given away", () => {
  expect(findMemoryHazards(createFileModel(parse("export function f() { const w = new Int32Array(new SharedArrayBuffer(4)); w[0]++; return w; }")))).toEqual([]);
  expect(findMemoryHazards(createFileModel(parse("export function f() { const w = new DataView(new SharedArrayBuffer(4)); w.setInt32(0, w.getInt32(0) + 1); return w; }")))).toEqual([]);
});
