// Makes seeded calls on a few hot keys and notes each with its times on a clock that all workers share.
import { parentPort, workerData } from "node:worker_threads";
import { SharedMap } from "../../../../src/runtime/shared/index.js";
import type { SharedMapHandle } from "../../../../src/runtime/shared/index.js";
import type { Call } from "./linearizable.js";

export interface HistoryData {
  handle: SharedMapHandle;
  id: number;
  seed: number;
  calls: number;
  keys: number;
  clock: SharedArrayBuffer;
  parties: number;
  cache: number;
}

const data = workerData as HistoryData;
const clock = new Int32Array(data.clock);
let state = data.seed * 7919 + data.id;
const random = (n: number): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
const map = SharedMap.attach<string, number>(data.handle, { cache: data.cache });

const kinds: Call["op"][] = ["get", "get", "get", "has", "set", "set", "delete", "add", "add", "compareAndSet", "insert"];

function perform(call: Call): Call["result"] {
  const { op, key, value } = call;
  if (op === "get") return map.get(key);
  if (op === "has") return map.has(key);
  if (op === "delete") return map.delete(key);
  if (op === "add") return map.update(key, (n = 0) => n + value!);
  if (op === "compareAndSet") return map.compareAndSet(key, call.expected, value!);
  if (op === "insert") return map.getOrInsertComputed(key, () => value!);
  map.set(key, value!);
  return undefined;
}

Atomics.add(clock, 1, 1);
Atomics.notify(clock, 1);
for (let seen = Atomics.load(clock, 1); seen < data.parties; seen = Atomics.load(clock, 1)) Atomics.wait(clock, 1, seen, 50);

const calls: Call[] = [];
for (let i = 0; i < data.calls; i++) {
  const key = `hot${random(data.keys)}`;
  const expected = random(2) ? map.get(key) : undefined;
  const call: Call = { op: kinds[random(kinds.length)]!, key, value: data.id * 1e6 + i + 1, expected, start: 0, end: 0 };
  call.start = Atomics.add(clock, 0, 1);
  call.result = perform(call);
  call.end = Atomics.add(clock, 0, 1);
  calls.push(call);
  // Entries nobody else looks at: the table grows, and blocks are freed and taken again.
  map.set(`own${data.id}-${random(300)}`, i);
  if (random(3) === 0) map.delete(`own${data.id}-${random(300)}`);
}
parentPort!.postMessage(calls);
map.dispose();
