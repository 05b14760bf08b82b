import * as asyncMutex from "async-mutex";
import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { Mutex } from "async-mutex";
import { record } from "./ledger.js";

const mutex = new Mutex();
const points = new Map<string, number>();

export async function award(player: string, count: number): Promise<void> {
  await mutex.runExclusive(async () => {
    const before = points.get(player) ?? 0;
    await record(player, count);
    points.set(player, before + count);
  });
}

export async function disqualify(player: string): Promise<void> {
  points.set(player, 0);
}

export function getPoints(player: string): number {
  return points.get(player) ?? 0;
}
`;

const correct = incorrect.replace(
  `  points.set(player, 0);
`,
  `  await mutex.runExclusive(() => points.set(player, 0));
`,
);

interface Module {
  award(player: string, count: number): Promise<void>;
  disqualify(player: string): Promise<void>;
  getPoints(player: string): number;
}

export const evidence: Evidence = {
  rule: "consistent-locking",
  title: "The disqualification comes into the locked section and is overwritten",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const record = io("record");
      const { award, disqualify, getPoints } = load<Module>({ "async-mutex": asyncMutex, "./ledger.js": { record } });
      spawn("A: award(5)", () => award("ann", 5));
      spawn("B: award(2), disqualify()", async () => {
        await award("ann", 2);
        await disqualify("ann");
      });
      return () => assert.ok(getPoints("ann") <= 5, `disqualified, and has ${getPoints("ann")} points`);
    },
};
