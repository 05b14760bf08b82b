import { expect, it } from "vitest";
import { findAnalysis } from "../analyze.js";

/** The lost writes to what was received, by the text of the map. */
function find(code: string): string[] {
  return (findAnalysis(code)?.getBrokenCopies() ?? []).flatMap(({ kind, name }) => (kind === "received" ? [name] : []));
}

const THREADS = `import { MessageChannel, parentPort, Worker, workerData } from "node:worker_threads"; `;

it.each([
  [`workerData.m.set("a", 1);`, "workerData.m"],
  [`const { m } = workerData; m.set("a", 1);`, "m"],
  [`const data = workerData; data.m.set("a", 1);`, "data.m"],
  [`import * as threads from "node:worker_threads"; const { m } = threads.workerData; m.set("a", 1);`, "m"],
  [`const threads = require("worker_threads"); threads.parentPort.on("message", ({ m }) => { m.set("a", 1); });`, "m"],
  [`const port = require("worker_threads").parentPort; port.on("message", ({ m }) => { m.set("a", 1); });`, "m"],
  [`parentPort!.on("message", (x) => { x.m.set("a", 1); });`, "x.m"],
  [`parentPort!.on("message", ({ m }) => { m.set("a", 1); });`, "m"],
  [`parentPort!.once("message", ({ m }) => m.set("a", 1));`, "m"],
  [`parentPort!.addListener("message", take); function take({ m }: { m: Set<string> }) { m.add("a"); }`, "m"],
  [`const take = ({ m }: { m: Set<string> }) => { m.add("a"); }; parentPort!.on("message", take);`, "m"],
  [`const w = new Worker("./w.js"); w.on("message", ({ m }) => { m.set("a", 1); });`, "m"],
  [`const { port1 } = new MessageChannel(); port1.on("message", ({ m }) => { m.set("a", 1); });`, "m"],
  [`process.on("message", ({ m }) => { m.set("a", 1); });`, "m"],
  [`onmessage = (e) => { e.data.m.set("a", 1); };`, "e.data.m"],
  [`self.onmessage = function ({ data }) { data.m.set("a", 1); };`, "data.m"],
  [`self.addEventListener("message", (e) => { const { m } = e.data; m.set("a", 1); });`, "m"],
  [`let m: Map<string, number>; parentPort!.on("message", (x) => { if (x.m) m = x.m; else m.set(x.k, m.get(x.k)! + 1); });`, "m"],
])("finds a lost write: %s", (code, expected) => {
  expect(find(THREADS + code)).toEqual([expected]);
});

it.each([
  [`hits.set("home", 1);`, true],
  ["hits.set(`home/${id}`, 1);", true],
  [`hits.add(id);`, true],
  [`hits.has(id); hits.set(id, 1);`, false],
  [`hits.set(id, (hits.get(id) ?? 0) + 1);`, true],
  [`hits.delete("old"); hits.set(id, 1);`, true],
  [`hits.set(id, 1);`, false],
  [`hits.set([1, 2], 4);`, false],
  [`hits.set(id);`, false],
  [`hits.delete(id);`, false],
  [`hits.set("a", 1).set("b", 2);`, false],
  [`hits.set("a", 1); for (const [k] of hits) k;`, false],
  [`hits.set("a", 1); use(hits);`, false],
  [`hits.set("a", 1); kept = hits;`, false],
  [`hits.set("a", 1); parentPort!.postMessage(hits);`, false],
  [`hits.set("a", 1); parentPort!.postMessage({ hits });`, false],
  [`if (hits.delete(id)) hits.set("a", 1);`, false],
  [`return hits.set("a", 1);`, false],
])("knows a map that is only written by its uses: %s", (code, isFound) => {
  expect(find(`${THREADS}declare const id: string, use: (x: unknown) => void; let kept; parentPort!.on("message", ({ hits }) => { ${code} });`)).toHaveLength(isFound ? 1 : 0);
});

it.each([
  `import * as threads from "node:worker_threads"; threads.other.m.set("a", 1);`,
  `const other = require("./threads").parentPort; other.on("message", ({ m }) => { m.set("a", 1); });`,
  `socket.on("message", ({ m }) => { m.set("a", 1); });`,
  `parentPort!.on("close", ({ m }) => { m.set("a", 1); });`,
  `self.onclose = (e) => { e.data.m.set("a", 1); };`,
  `self.onmessage = (e) => { e.ports.m.set("a", 1); };`,
  `import { workerData as other } from "./data.js"; other.m.set("a", 1);`,
  `function f(workerData: any) { workerData.m.set("a", 1); } f({});`,
  `let m = new Map<string, number>(); parentPort!.on("message", (x) => { if (x.m) m = x.m; else m.set(x.k, 1); });`,
])("finds nothing in %s", (code) => {
  expect(find(THREADS + code)).toEqual([]);
});
