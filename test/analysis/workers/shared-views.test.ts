import { expect, it } from "vitest";
import type { Node } from "../../../src/analysis/code/ast.js";
import { createFileModel } from "../../../src/analysis/code/model.js";
import { createSharedViews, getAtomicOperation, isBigIntView, isIntegerView, type SharedView, type SharedViews } from "../../../src/analysis/workers/shared-views.js";
import { parse } from "../analyze.js";

interface Views {
  readonly views: SharedViews;
  /** The expressions of an index access, in the order of the text. */
  readonly objects: readonly Node[];
}

function getViews(code: string): Views {
  const model = createFileModel(parse(code));
  const objects = (model.nodes.get("MemberExpression") ?? []).flatMap((node) => (node.type === "MemberExpression" && node.computed ? [node.object as Node] : []));
  return { views: createSharedViews(model), objects };
}

/** The view that the first index access is on. */
function getView(code: string): SharedView | undefined {
  const { views, objects } = getViews(code);
  return objects[0] && views.get(objects[0]);
}

it.each([
  ["const b = new SharedArrayBuffer(8); export const v = new Int32Array(b); v[0];", "Int32Array"],
  ["const b = new SharedArrayBuffer(8); const v = new Uint8Array(b); worker.postMessage(b); v[0];", "Uint8Array"],
  ["const v = new BigInt64Array(new SharedArrayBuffer(8)); use(v.buffer); v[0];", "BigInt64Array"],
  ["function f() { const b = new SharedArrayBuffer(8); const v = new Float64Array(b); v[0]; return { b }; }", "Float64Array"],
  ["class A { v = new Int32Array(new SharedArrayBuffer(8)); share() { return this.v; } f() { this.v[0]; } }", "Int32Array"],
  ["function f(v: Int32Array<SharedArrayBuffer>) { v[0]; }", "Int32Array"],
  ["function f(b: SharedArrayBuffer) { const v = new Int16Array(b); v[0]; }", "Int16Array"],
  ["class A { constructor(private v: Int32Array<SharedArrayBuffer>) {} f() { this.v[0]; } }", "Int32Array"],
  ["class A { v; constructor(v: Int32Array<SharedArrayBuffer>) { this.v = v; } f() { this.v[0]; } }", "Int32Array"],
  ["class A { v: Int32Array<SharedArrayBuffer>; f() { this.v[0]; } }", "Int32Array"],
  ["onmessage = (e) => { const v = new Int32Array(e.data.sab); v[0]; };", "Int32Array"],
  ["const v = new Int32Array(options.sharedBuffer); v[0];", "Int32Array"],
  ["import { Worker, workerData } from 'node:worker_threads'; new Worker(new URL(import.meta.url), { workerData: new SharedArrayBuffer(8) }); const v = new Int32Array(workerData); v[0];", "Int32Array"],
  ["const t = require('worker_threads'); new t.Worker(__filename, { workerData: { n: new Uint8Array(new SharedArrayBuffer(8)) } }); const { n } = t.workerData; n[0];", "Uint8Array"],
  ["function f(v) { Atomics.add(v, 0, 1); v[0]; }", undefined],
])("knows a view that others reach: %s", (code, type) => {
  expect(getView(code)).toMatchObject({ type });
});

it.each([
  "const b = new SharedArrayBuffer(8); const v = new Int32Array(b); v[0];",
  "const v = new Int32Array(8); worker.postMessage(v); v[0];",
  "const v = new Int32Array(new ArrayBuffer(8)); worker.postMessage(v); v[0];",
  "function f(v: Int32Array) { v[0]; }",
  "function f(sab: ArrayBuffer) { const v = new Int32Array(sab); v[0]; }",
  "const v = new Int32Array(message.buffer); v[0];",
  "const v = new Int32Array(message.disabled); v[0];",
  "function sleep(v) { Atomics.wait(v, 0, 0, 9); v[0]; }",
  "const xs = []; xs[0];",
])("knows no view in %s", (code) => {
  expect(getView(code)).toBeUndefined();
});

it("lists the atomic calls on views, with index and value", () => {
  const { views } = getViews("function f(v: Int32Array<SharedArrayBuffer>) { Atomics.store(v, 1, 2); Atomics.load(v, 3); Atomics.isLockFree(4); }");
  expect(views.atomics.map(({ operation, view, index, value }) => [operation, view.name, (index as { value?: unknown }).value, (value as { value?: unknown } | undefined)?.value])).toEqual([["store", "v", 1, 2], ["load", "v", 3, undefined]]);
});

it("lists the plain accesses of views, not of arrays", () => {
  const { views } = getViews("function f(v: Int32Array<SharedArrayBuffer>, xs: number[]) { v[0] = xs[1]; v.length; }");
  expect(views.getPlainAccesses()).toHaveLength(1);
});

it("knows what runs before the memory is given to anyone", () => {
  const { views, objects } = getViews("export function f() { const v = new Int32Array(new SharedArrayBuffer(8)); v[0] = 1; worker.postMessage(v); v[1] = 2; }");
  const [before, after] = objects as [Node, Node];
  const view = views.get(before)!;
  expect(views.isBeforeEscape(view, before)).toBe(true);
  expect(views.isBeforeEscape(view, after)).toBe(false);
});

it("never supposes so of memory that came from elsewhere", () => {
  const { views, objects } = getViews("function f(v: Int32Array<SharedArrayBuffer>) { v[0] = 1; worker.postMessage(v); }");
  expect(views.isBeforeEscape(views.get(objects[0]!)!, objects[0]!)).toBe(false);
});

it("knows the types that Atomics works on", () => {
  const create = (type: string | undefined): SharedView => ({ key: "", name: "", type, escapes: [] });
  expect(["Int32Array", "Uint8Array", "BigUint64Array", "Float64Array", "Uint8ClampedArray", undefined].map((type) => isIntegerView(create(type)))).toEqual([true, true, true, false, false, false]);
  expect([isBigIntView(create("BigInt64Array")), isBigIntView(create("Int32Array")), isBigIntView(create(undefined))]).toEqual([true, false, false]);
});

it("reads the name of an atomic operation", () => {
  const model = createFileModel(parse("Atomics.add(v, 0, 1); Atomics[op](v); other.add(v); add(v);"));
  expect((model.nodes.get("CallExpression") ?? []).map(getAtomicOperation)).toEqual(["add", undefined, undefined, undefined]);
});
