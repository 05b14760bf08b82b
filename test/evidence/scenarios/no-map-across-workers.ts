import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import type { Evidence } from "../evidence.js";

const incorrect = `import { once } from "node:events";
import { Worker } from "node:worker_threads";

const prices = new Map<string, number>();
const shop = new Worker(new URL("./shop.js", import.meta.url), { workerData: prices });

export function setPrice(sku: string, price: number): void {
  prices.set(sku, price);
}

export async function ask(sku: string): Promise<number | undefined> {
  shop.postMessage(sku);
  const [price] = await once(shop, "message");
  return price;
}

export async function close(): Promise<void> {
  await shop.terminate();
}
`;

const correct = incorrect.replace(`from "node:worker_threads";
`, `from "node:worker_threads";
import { SharedMap } from "mapguard/shared";
`).replace("new Map<", "new SharedMap<").replace("workerData: prices", "workerData: prices.handle");

/** The other side: what it is given, it asks. */
const shop = `import { parentPort, workerData } from "node:worker_threads";
import { SharedMap } from "mapguard/shared";

const prices = workerData instanceof Map ? workerData : SharedMap.attach(workerData);
parentPort.on("message", (sku) => {
  const price = prices.get(sku);
  parentPort.postMessage(price);
});
`;

interface Module {
  setPrice(sku: string, price: number): void;
  ask(sku: string): Promise<number | undefined>;
  close(): Promise<void>;
}

export const evidence: Evidence = {
  rule: "no-map-across-workers",
  title: "The worker has a copy, and never hears of a new price",
  kind: "workers",
  incorrect,
  correct,
  files: { "shop.js": shop },
  scenario: (file) => async () => {
    const { setPrice, ask, close } = (await import(pathToFileURL(file).href)) as Module;
    try {
      setPrice("tea", 4);
      assert.equal(await ask("tea"), 4, "the worker does not know the price");
    } finally {
      await close();
    }
  },
};
