import { Worker } from "node:worker_threads";

import { toShownPath } from "./lint.js";
import type { Preset } from "./lint.js";
import type { FileTask } from "./lint-file.js";
import type { FileResult } from "./result.js";

/** What a worker is told once, at its start. */
export interface WorkerSetup {
  readonly pluginUrl: string;
  readonly preset: Preset;
  readonly cwd: string;
}

const BATCH_SIZE = 8;

function describeLoss({ file }: FileTask, cwd: string, error: Error): FileResult {
  return { file: toShownPath(file, cwd), reports: [], fixes: [], problems: [{ message: `the worker that read it ended: ${error.message.split("\n", 1)[0]!}` }] };
}

/** One worker's life: it takes batches until none is left. A worker that dies (out of memory) costs only the batch it held. */
function runWorker(setup: WorkerSetup, takeBatch: () => FileTask[] | undefined, deliver: (batch: FileTask[], results: FileResult[]) => void): Promise<void> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("worker.js", import.meta.url), { workerData: setup, stdout: true, stderr: true });
    let batch: FileTask[] | undefined;

    function sendNext(): void {
      batch = takeBatch();
      if (batch) worker.postMessage(batch);
      else void worker.terminate();
    }

    worker.on("message", (results: FileResult[]) => {
      deliver(batch!, results);
      sendNext();
    });
    worker.on("error", (error: Error) => {
      if (batch) deliver(batch, batch.map((task) => describeLoss(task, setup.cwd, error))); // prettier-ignore
      batch = undefined;
      resolve(runWorker(setup, takeBatch, deliver));
    });
    worker.on("exit", () => resolve());
    sendNext();
  });
}

/**
 * Lints files on several threads.
 *
 * @param size how many threads.
 * @param onResult called for each file, in the order in which they are done.
 */
export async function lintInParallel(tasks: readonly FileTask[], setup: WorkerSetup, size: number, onResult: (task: FileTask, result: FileResult) => void): Promise<void> {
  let next = 0;
  // Small batches at the end keep all threads busy to the last file.
  const takeBatch = (): FileTask[] | undefined => {
    if (next >= tasks.length) return undefined;
    const count = Math.max(1, Math.min(BATCH_SIZE, Math.floor((tasks.length - next) / (2 * size))));
    const batch = tasks.slice(next, next + count);
    next += count;
    return batch;
  };
  const deliver = (batch: FileTask[], results: FileResult[]): void => batch.forEach((task, index) => onResult(task, results[index]!));
  await Promise.all(Array.from({ length: size }, () => runWorker(setup, takeBatch, deliver)));
}
