import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { work } from "./work.js";

const jobs = new Map<string, AbortController>();

export async function run(id: string): Promise<void> {
  jobs.get(id)?.abort();
  const controller = new AbortController();
  jobs.set(id, controller);
  try {
    await work(id, controller.signal);
  } finally {
    jobs.delete(id);
  }
}

export function cancel(id: string): boolean {
  const controller = jobs.get(id);
  controller?.abort();
  return controller !== undefined;
}
`;

const correct = incorrect.replace("    jobs.delete(id);", "    if (jobs.get(id) === controller) jobs.delete(id);");

interface Module {
  run(id: string): Promise<void>;
  cancel(id: string): boolean;
}

export const evidence: Evidence = {
  rule: "no-stale-cleanup",
  title: "The first run deletes the second one's controller",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const running = new Set<AbortSignal>();
      const finish = io("work");
      const work = async (_id: string, signal: AbortSignal): Promise<void> => {
        running.add(signal);
        await finish();
        running.delete(signal);
      };
      const { run, cancel } = load<Module>({ "./work.js": { work } });
      spawn("A: run()", () => run("build"));
      spawn("B: run()", () => run("build"));
      spawn("C: cancel()", () => {
        const isRunning = [...running].some((signal) => !signal.aborted);
        assert.equal(cancel("build"), isRunning, "a job runs that cancel() does not find");
      });
    },
};
