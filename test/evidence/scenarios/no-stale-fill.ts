import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { readPrice, writePrice } from "./database.js";

const prices = new Map<string, number>();

export async function refresh(sku: string): Promise<void> {
  const price = await readPrice(sku);
  prices.set(sku, price);
}

export async function changePrice(sku: string, price: number): Promise<void> {
  await writePrice(sku, price);
  prices.delete(sku);
}

export function getCachedPrice(sku: string): number | undefined {
  return prices.get(sku);
}
`;

const correct = `import { readPrice, writePrice } from "./database.js";

const prices = new Map<string, number>();
let changes = 0;

export async function refresh(sku: string): Promise<void> {
  const seen = changes;
  const price = await readPrice(sku);
  if (changes === seen) prices.set(sku, price);
}

export async function changePrice(sku: string, price: number): Promise<void> {
  await writePrice(sku, price);
  changes++;
  prices.delete(sku);
}

export function getCachedPrice(sku: string): number | undefined {
  return prices.get(sku);
}
`;

interface Module {
  refresh(sku: string): Promise<void>;
  changePrice(sku: string, price: number): Promise<void>;
  getCachedPrice(sku: string): number | undefined;
}

export const evidence: Evidence = {
  rule: "no-stale-fill",
  title: "The old price comes back after the change",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      let price = 10;
      const readPrice = io("readPrice", (_sku: string) => price, { effect: "between" });
      const writePrice = io("writePrice", (_sku: string, next: number) => void (price = next), { effect: "between" });
      const { refresh, changePrice, getCachedPrice } = load<Module>({ "./database.js": { readPrice, writePrice } });
      spawn("A: refresh()", () => refresh("tea"));
      spawn("B: changePrice()", () => changePrice("tea", 12));
      return () => assert.equal(getCachedPrice("tea") ?? price, price, "the cache holds a price that was changed");
    },
};
