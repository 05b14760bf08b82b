import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `const queue = new Map<string, () => void>();

export function submit(id: string, step: () => void): void {
  queue.set(id, step);
}

/** One step of each job; who had a turn goes to the end. */
export function runRound(): void {
  for (const [id, step] of queue) {
    step();
    queue.delete(id);
    queue.set(id, step);
  }
}

export function cancel(id: string): void {
  queue.delete(id);
}
`;

const correct = incorrect.replace("of queue)", "of [...queue])");

interface Module {
  submit(id: string, step: () => void): void;
  runRound(): void;
}

export const evidence: Evidence = {
  rule: "no-mutation-during-iteration",
  title: "The round never ends: who goes to the end comes round again",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { submit, runRound } = load<Module>();
    const steps = { a: 0, b: 0 };
    const step = (id: keyof typeof steps) => () => assert.equal(++steps[id], 1, "a job has a second turn in one round");
    submit("a", step("a"));
    submit("b", step("b"));
    runRound();
    assert.deepEqual(steps, { a: 1, b: 1 });
  },
};
