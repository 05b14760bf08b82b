// The same counter, kept by four workers twice: in a Map that was posted to them, and in a SharedMap.
import { Worker } from "node:worker_threads";
import { SharedMap } from "mapguard/shared";

const WORKERS = 4;
const ROUNDS = 25_000;
const EXPECTED = WORKERS * ROUNDS;

function runWorker(file, workerData) {
  const worker = new Worker(new URL(file, import.meta.url), { workerData });
  return new Promise((resolve, reject) => worker.once("error", reject).once("exit", resolve));
}

function runAll(file, workerData) {
  return Promise.all(Array.from({ length: WORKERS }, () => runWorker(file, workerData)));
}

async function countInPostedMap() {
  const hits = new Map([["home", 0]]);
  await runAll("posted-map-worker.mjs", { hits, rounds: ROUNDS });
  return hits.get("home");
}

async function countInSharedMap() {
  const hits = new SharedMap();
  hits.set("home", 0);
  await runAll("shared-map-worker.mjs", { hits: hits.handle, rounds: ROUNDS });
  return hits.get("home");
}

function report(name, count) {
  const verdict = count === EXPECTED ? "exact" : "wrong";
  console.log(`${name.padEnd(12)} ${String(count).padStart(7)} of ${EXPECTED}  ${verdict}`);
}

const posted = await countInPostedMap();
const shared = await countInSharedMap();
report("posted Map", posted);
report("SharedMap", shared);
process.exitCode = shared === EXPECTED ? 0 : 1;
