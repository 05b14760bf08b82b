import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { readPrice, writePrice } from "./database.js";

const prices = new Map<string, number>();

export async function getPrice(sku: string): Promise<number> {
  const cached = prices.get(sku);
  if (cached !== undefined) return cached;
  const price = await readPrice(sku);
  prices.set(sku, price);
  return price;
}

export async function changePrice(sku: string, price: number): Promise<void> {
  await writePrice(sku, price);
  prices.delete(sku);
}

export function getCachedPrice(sku: string): number | undefined {
  return prices.get(sku);
}
`;

const correct = `import { SafeMap } from "mapguard";
import { readPrice, writePrice } from "./database.js";

const prices = new SafeMap<string, number>();

export async function getPrice(sku: string): Promise<number> {
  return prices.getOrInsertAsync(sku, () => readPrice(sku));
}

export async function changePrice(sku: string, price: number): Promise<void> {
  await writePrice(sku, price);
  prices.delete(sku);
}

export function getCachedPrice(sku: string): number | undefined {
  return prices.get(sku);
}
`;

interface Module {
  getPrice(sku: string): Promise<number>;
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
      const { getPrice, changePrice, getCachedPrice } = load<Module>({ "./database.js": { readPrice, writePrice } });
      spawn("A: getPrice()", () => getPrice("tea"));
      spawn("B: changePrice()", () => changePrice("tea", 12));
      return () => assert.equal(getCachedPrice("tea") ?? price, price, "the cache holds a price that was changed");
    },
};
