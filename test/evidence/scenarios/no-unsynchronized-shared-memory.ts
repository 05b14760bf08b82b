import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import type { Evidence } from "../evidence.js";

const incorrect = `import { isMainThread, Worker, workerData } from "node:worker_threads";

function startCounting(counter: Int32Array<SharedArrayBuffer>, rounds: number): Promise<unknown> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { counter, rounds } });
  return new Promise((resolve, reject) => worker.on("error", reject).on("exit", resolve));
}

export async function countInTwoThreads(rounds: number): Promise<number> {
  const counter = new Int32Array(new SharedArrayBuffer(4));
  await Promise.all([startCounting(counter, rounds), startCounting(counter, rounds)]);
  return Atomics.load(counter, 0);
}

function count(counter: Int32Array<SharedArrayBuffer>, rounds: number): void {
  for (let i = 0; i < rounds; i++) counter[0]++;
}

if (!isMainThread) count(workerData.counter, workerData.rounds);
`;

const correct = incorrect.replace("counter[0]++;", "Atomics.add(counter, 0, 1);");

/** Long enough for the two threads to be at it together. */
const ROUNDS = 30_000_000;
const ATTEMPTS = 2;

interface Module {
  countInTwoThreads(rounds: number): Promise<number>;
}

export const evidence: Evidence = {
  rule: "no-unsynchronized-shared-memory",
  title: "Two threads count, and lose what the other counts",
  kind: "workers",
  incorrect,
  correct,
  scenario: (file, { isTraced }) => async () => {
    const { countInTwoThreads } = (await import(pathToFileURL(file).href)) as Module;
    const rounds = isTraced ? 1 : ROUNDS;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const count = await countInTwoThreads(rounds);
      assert.equal(count, 2 * rounds, `counted ${2 * rounds} times, and ${count} is there`);
    }
  },
};
