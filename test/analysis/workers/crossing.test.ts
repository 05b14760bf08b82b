import { expect, it } from "vitest";
import { type BrokenCopy, canPost } from "../../../src/analysis/workers/crossing.js";
import { findAnalysis } from "../analyze.js";

const HEAD = `import { Worker, parentPort } from "node:worker_threads"; `;
const find = (code: string): readonly BrokenCopy[] => findAnalysis(HEAD + code)?.getBrokenCopies() ?? [];

/** As `kind map`, with a question mark for what is only likely. */
const describeAll = (code: string): string[] => find(code).map(({ kind, name, isHeuristic }) => `${kind} ${name}${isHeuristic ? "?" : ""}`);

const MAP = "const m = new Map<string, number>();";
const START = `const w = new Worker("./w.js", { workerData: { m } });`;

it.each([
  [`${MAP} ${START} export function put(k: string) { m.set(k, 1); }`, "written m"],
  [`${MAP} ${START} export function put(k: string) { m.set(k, 1); w.postMessage("changed"); }`, "notified m"],
  [`${MAP} ${START} export function put(k: string) { m.set(k, 1); w.postMessage({ type: "changed", at: 1 }); }`, "notified m"],
  [`${MAP} ${START} export function put(k: string) { m.set(k, 1); w.postMessage(m); }`, "reposted m?"],
  [`${MAP} ${START} w.on("exit", () => console.log(m.size));`, "expected m"],
  [`const m = new Map([["a", 0]]); ${START} w.on("exit", () => console.log(m.get("a")));`, "expected m"],
  [`${MAP} process.send!(m);`, "emptied m"],
  [`${MAP} structuredClone(m).set("a", 1);`, "cloned m"],
  [`${MAP} export function reset() { const next = structuredClone(m); next.set("a", 0); next.delete("b"); }`, "cloned m"],
  [`${MAP} const view = structuredClone(m); export function put(k: string) { m.set(k, 1); } export function get(k: string) { return view.get(k); }`, "outdated view?"],
  [`export class A { #m = new Map<string, number>(); #view; constructor() { this.#view = structuredClone(this.#m); } put(k: string) { this.#m.set(k, 1); } get(k: string) { return this.#view.get(k); } }`, "outdated this.#view?"],
  [`parentPort!.on("message", ({ m }) => { m.set("a", 1); });`, "received m"],
  [`export function f() { ${MAP} parentPort!.postMessage(m); m.set("a", 1); return m; }`, "written m?"],
  [`export class A { #m = new Map<string, number>(); constructor() { new Worker("./w.js", { workerData: this.#m }); } put(k: string) { this.#m.set(k, 1); } }`, "written this.#m"],
  [`export class A { #m = new Map<string, number>(); run() { return new Worker("./w.js", { workerData: this.#m }); } put(k: string) { this.#m.set(k, 1); } }`, "written this.#m?"],
  [`export function f() { ${MAP} ${START} w.on("message", (k) => { m.set(k, 1); }); }`, "written m"],
  [`import { wrap } from "comlink"; ${MAP} const api = wrap<{ limits: unknown }>(new Worker("./w.js") as never); api.limits = m; export function put(k: string) { m.set(k, 1); }`, "written m"],
])("knows how the copy is relied on: %s", (code, expected) => {
  expect(describeAll(code)).toEqual([expected]);
});

it("names where the map crosses and what relies on it", () => {
  const [copy] = find(`\n${MAP}\n${START}\nexport function put(k: string) {\n  m.set(k, 1);\n}`);
  expect([copy?.node.loc.start.line, copy?.reliance?.loc.start.line]).toEqual([3, 5]);
  expect(copy?.post?.kind).toBe("start");
  expect(copy?.leaves).toHaveLength(1);
});

it("gives every mention of the map in a message", () => {
  expect(find(`${MAP} ${START} new Worker("./v.js", { workerData: m }); export function put(k: string) { m.set(k, 1); }`)[0]?.leaves).toHaveLength(2);
});

it.each([
  `${MAP} ${START}`,
  `${MAP} m.set("a", 1); ${START}`,
  `const m = new Map([["a", 1]]); ${START} w.on("exit", () => console.log(m.get("a")));`,
  `${MAP} ${START} export function put(k: string) { m.set(k, 1); w.postMessage({ k }); }`,
  `${MAP} ${START} export function drop(k: string) { m.delete(k); }`,
  `${MAP} const w = new Worker("./w.js"); export function put(k: string) { m.set(k, 1); } export function flush() { w.postMessage(m); m.clear(); }`,
  `${MAP} const w = new Worker("./w.js"); export function flush() { w.postMessage(m); } export function put(k: string) { m.set(k, 1); }`,
  `export function f(ks: string[]) { for (const k of ks) { ${MAP} m.set(k, 1); parentPort!.postMessage(m); } }`,
  `export function f(ok: boolean) { ${MAP} if (ok) { parentPort!.postMessage(m); return; } m.set("a", 1); }`,
  `export function f(ok: boolean) { ${MAP} if (ok) parentPort!.postMessage(m); else m.set("a", 1); return m; }`,
  `export function f(m: Map<string, number>) { parentPort!.postMessage(m); m.set("a", 1); }`,
  `${MAP} new Worker("./w.js", { workerData: [...m] }); export function put(k: string) { m.set(k, 1); }`,
  `import { wrap } from "comlink"; ${MAP} const api = wrap<{ limits: unknown }>(new Worker("./w.js") as never); m.set("a", 1); api.limits = m;`,
  `import { wrap, proxy } from "comlink"; ${MAP} const api = wrap<{ limits: unknown }>(new Worker("./w.js") as never); api.limits = proxy(m); export function put(k: string) { m.set(k, 1); }`,
  `${MAP} const api = { limits: m }; api.limits = m; export function put(k: string) { m.set(k, 1); }`,
  `${MAP} export function f() { const next = structuredClone(m); next.set("a", 1); return next; }`,
  `${MAP} export function f() { const next = structuredClone(m); next.set("a", 1); return next.size; }`,
  `${MAP} export function f(put: (m: unknown) => void) { const next = structuredClone(m); next.set("a", 1); put(next); }`,
  `${MAP} export function f() { let next = structuredClone(m); next.set("a", 1); next = m; }`,
  `const o = { set(k: string, n: number) {} }; export function f() { const next = structuredClone(o); next.set("a", 1); }`,
  `${MAP} const initial = structuredClone(m); export function put(k: string) { m.set(k, 1); } export function get(k: string) { return initial.get(k); }`,
  `${MAP} const view = structuredClone(m); export function get(k: string) { return view.get(k); }`,
  `${MAP} const view = structuredClone(m); export function put(k: string) { m.set(k, 1); } export function changed(k: string) { return view.get(k) !== m.get(k); }`,
  `${MAP} let view = structuredClone(m); export function put(k: string) { m.set(k, 1); view = structuredClone(m); } export function get(k: string) { return view.get(k); }`,
  `${MAP} m.set("a", 1); export const view = structuredClone(m); export function put(k: string) { m.set(k, 1); }`,
  `${MAP} export function put(k: string) { m.set(k, 1); } export function list() { const view = structuredClone(m); return () => view.get("a"); }`,
  `export class A { #m = new Map<string, number>(); #view = new Map<string, number>(); constructor() { this.#view = structuredClone(this.#m); } put(k: string) { this.#m.set(k, 1); this.#view = structuredClone(this.#m); } get(k: string) { return this.#view.get(k); } }`,
  `const m = new WeakMap<object, number>(); ${START} export function put(k: object) { m.set(k, 1); }`,
  `${MAP} process.send!([...m]); export function put(k: string) { m.set(k, 1); }`,
  `import { fill } from "./fill.js"; ${MAP} fill(m); ${START} w.on("exit", () => console.log(m.size));`,
  `export const m = new Map<string, number>(); ${START} w.on("exit", () => console.log(m.size));`,
])("finds nothing in %s", (code) => {
  expect(describeAll(code)).toEqual([]);
});

it.each([
  ["worker.postMessage(m)", true],
  ["new Worker(url, { workerData })", true],
  ["process.send!(m)", true],
  ["process.send?.(m)", true],
  ["port.on('message', f)", true],
  ["self.onmessage = f", true],
  ["import Piscina from 'piscina'", true],
  ["new FixedThreadPool(4, file)", true],
  ["const m = new Map(); m.set('a', 1);", false],
  ["for (const w of Object.values(cluster.workers)) w.send(m)", true],
  ["const child = fork(file); child.send(m)", true],
  ["res.send(m)", false],
  ["socket.on('data', f)", false],
])("searches the text of a file: %s", (text, expected) => {
  expect(canPost(text)).toBe(expected);
});
