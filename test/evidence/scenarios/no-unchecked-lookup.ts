import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `interface Account {
  balance: number;
}

const accounts = new Map<string, Account>();

export function open(id: string, balance: number): void {
  accounts.set(id, { balance });
}

export function remove(id: string): void {
  accounts.delete(id);
}

export function transfer(from: string, to: string, amount: number): void {
  const source = accounts.get(from)!;
  const target = accounts.get(to)!;
  source.balance -= amount;
  target.balance += amount;
}

export function getBalance(id: string): number {
  return accounts.get(id)?.balance ?? 0;
}
`;

const correct = incorrect.replace(
  `  const source = accounts.get(from)!;
  const target = accounts.get(to)!;
`,
  `  const source = accounts.get(from);
  if (source === undefined) throw new Error("accounts has no from");
  const target = accounts.get(to);
  if (target === undefined) throw new Error("accounts has no to");
`,
);

interface Module {
  open(id: string, balance: number): void;
  remove(id: string): void;
  transfer(from: string, to: string, amount: number): void;
  getBalance(id: string): number;
}

export const evidence: Evidence = {
  rule: "no-unchecked-lookup",
  title: "The money has left one account when the other turns out to be closed",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { open, remove, transfer, getBalance } = load<Module>();
    open("ann", 50);
    open("bob", 0);
    remove("bob");
    assert.throws(() => transfer("ann", "bob", 20));
    assert.equal(getBalance("ann"), 50, `the transfer failed, and ${50 - getBalance("ann")} is gone`);
  },
};
