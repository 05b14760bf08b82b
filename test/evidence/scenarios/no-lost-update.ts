import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { record } from "./ledger.js";

const balances = new Map<string, number>();

export async function deposit(account: string, amount: number): Promise<void> {
  const before = balances.get(account) ?? 0;
  await record(account, amount);
  balances.set(account, before + amount);
}

export function balanceOf(account: string): number {
  return balances.get(account) ?? 0;
}
`;

const correct = `import { record } from "./ledger.js";

const balances = new Map<string, number>();

export async function deposit(account: string, amount: number): Promise<void> {
  await record(account, amount);
  const before = balances.get(account) ?? 0;
  balances.set(account, before + amount);
}

export function balanceOf(account: string): number {
  return balances.get(account) ?? 0;
}
`;

interface Module {
  deposit(account: string, amount: number): Promise<void>;
  balanceOf(account: string): number;
}

export const evidence: Evidence = {
  rule: "no-lost-update",
  title: "Of two deposits, one is lost",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const record = io("record");
      const { deposit, balanceOf } = load<Module>({ "./ledger.js": { record } });
      spawn("A: deposit(10)", () => deposit("joint", 10));
      spawn("B: deposit(5)", () => deposit("joint", 5));
      return () => assert.equal(balanceOf("joint"), 15, `10 and 5 were deposited, and ${balanceOf("joint")} is there`);
    },
};
