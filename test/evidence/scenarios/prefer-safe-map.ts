import assert from "node:assert/strict";
import { SafeMap } from "../../../src/runtime/index.js";
import type { Evidence } from "../evidence.js";

const incorrect = `import { convert } from "./currency.js";

const balances = new Map<string, number>();

export function deposit(account: string, amount: number): void {
  balances.set(account, (balances.get(account) ?? 0) + amount);
}

export function toEuros(account: string): Promise<void> {
  return convert(balances, account);
}

export function balanceOf(account: string): number {
  return balances.get(account) ?? 0;
}
`;

const correct = incorrect
  .replace(
    `import { convert } from "./currency.js";
`,
    `import { convert } from "./currency.js";
import { SafeMap } from "mapguard";
`,
  )
  .replace("new Map<", "new SafeMap<");

interface Module {
  deposit(account: string, amount: number): void;
  toEuros(account: string): Promise<void>;
  balanceOf(account: string): number;
}

export const evidence: Evidence = {
  rule: "prefer-safe-map",
  title: "convert() has no way to notice the deposit",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const getRate = io("getRate", () => 2);
      // a helper that works on any map, and in one step where the map has such a step
      const convert = async (map: Map<string, number>, account: string): Promise<void> => {
        const change = async (amount = 0): Promise<number> => amount * (await getRate());
        if (map instanceof SafeMap) await map.updateAsync(account, change, { onConflict: "retry" });
        else map.set(account, await change(map.get(account)));
      };
      const { deposit, toEuros, balanceOf } = load<Module>({ "./currency.js": { convert } });
      deposit("joint", 10);
      spawn("A: toEuros()", () => toEuros("joint"));
      spawn("B: deposit(5)", () => deposit("joint", 5));
      return () => assert.ok(balanceOf("joint") >= 25, `10 at a rate of 2, and 5: ${balanceOf("joint")} is there`);
    },
};
