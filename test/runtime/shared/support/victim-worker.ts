// Writes entries of its own and notes each in a journal, until it is killed or told to die at a step.
import { parentPort, workerData } from "node:worker_threads";
import { SharedMap } from "../../../../src/runtime/shared/index.js";
import type { AttachOptions, SharedMapHandle } from "../../../../src/runtime/shared/index.js";
import { COUNTERS, JOURNAL_KEYS, payloadOf } from "./journal.js";

export interface VictimData {
  handle: SharedMapHandle;
  options?: AttachOptions;
  name: string;
  seed: number;
  rounds: number;
  journal: SharedArrayBuffer;
  /** The mark to die at, and the how-many-th passing of it. */
  dieAt?: string;
  passing?: number;
  /** Instead of dying there, waits until the word is 1. */
  pause?: SharedArrayBuffer;
}

const data = workerData as VictimData;
let passings = 0;

(globalThis as { killPoint?: (name: string) => void }).killPoint = (name) => {
  if (name !== data.dieAt || ++passings !== (data.passing ?? 1)) return;
  if (data.pause) {
    const word = new Int32Array(data.pause);
    Atomics.store(word, 1, 1);
    Atomics.notify(word, 1);
    Atomics.wait(word, 0, 0);
    return;
  }
  process.exit(0);
  // The thread stops at the next look at its stack limit.
  for (;;);
};

let state = data.seed;
const random = (n: number): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
const pending = new Int32Array(data.journal, 0, JOURNAL_KEYS);
const acked = new Int32Array(data.journal, JOURNAL_KEYS * 4, JOURNAL_KEYS);
const counts = new Int32Array(data.journal, JOURNAL_KEYS * 8, 1);
const map = SharedMap.attach<string, string | number>(data.handle, data.options);
const step = (n: string | number = 0): number => Number(n) + 1;

parentPort!.postMessage("started");
for (let i = 1; i <= data.rounds; i++) {
  if (random(8) === 0) {
    map.update(`counter${random(COUNTERS)}`, step);
    Atomics.add(counts, 0, 1);
    continue;
  }
  const index = i <= JOURNAL_KEYS ? i - 1 : random(JOURNAL_KEYS);
  const value = random(4) === 0 ? 0 : i;
  Atomics.store(pending, index, value);
  if (value === 0) map.delete(`${data.name}-${index}`);
  else map.set(`${data.name}-${index}`, payloadOf(value));
  Atomics.store(acked, index, value);
}
parentPort!.postMessage("finished");
