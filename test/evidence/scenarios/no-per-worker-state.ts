import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Evidence } from "../evidence.js";

const incorrect = `import { once } from "node:events";
import { isMainThread, Worker, workerData } from "node:worker_threads";

const sizes = new Map<string, number>();

function measure(name: string): void {
  sizes.set(name, Buffer.byteLength(name));
}

async function report(name: string): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: name });
  await once(worker, "exit");
  console.log(\`\${name}: \${sizes.get(name)}\`);
}

if (isMainThread) await report("map");
else measure(workerData);
`;

const correct = `import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const sizes = new Map<string, number>();

function measure(name: string): void {
  parentPort!.postMessage(Buffer.byteLength(name));
}

async function report(name: string): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: name });
  const [size] = await once(worker, "message");
  sizes.set(name, size);
  console.log(\`\${name}: \${sizes.get(name)}\`);
}

if (isMainThread) await report("map");
else measure(workerData);
`;

const run = promisify(execFile);

export const evidence: Evidence = {
  rule: "no-per-worker-state",
  title: "The worker fills its own map, and the main thread reads another",
  kind: "workers",
  incorrect,
  correct,
  scenario: (file) => async () => {
    const { stdout } = await run(process.execPath, [file]);
    assert.equal(stdout.trim(), "map: 3", `reported is "${stdout.trim()}"`);
  },
};
