import { ConflictError, SafeMap } from "mapguard";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

const stock = new SafeMap<string, number>([["apple", 10]], { name: "stock" });

export function sell(item: string, count: number): Promise<number> {
  return stock.updateAsync(item, async (current = 0) => {
    await pause(); // asks the warehouse
    return current - count;
  });
}

export async function main(): Promise<string> {
  await Promise.all([sell("apple", 1), sell("apple", 2)]);
  const sold = stock.get("apple");

  const selling = sell("apple", 1);
  stock.set("apple", 100); // a delivery, which asks no lock
  const refused = await selling.catch((error: unknown) => error instanceof ConflictError);
  return `left ${sold}, then ${stock.get("apple")}, refused: ${refused}`;
}
