import { SafeMap } from "mapguard";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

const accounts = new SafeMap<string, number>([["ann", 100], ["bob", 100]], { name: "accounts" });

export function transfer(from: string, to: string, amount: number): Promise<void> {
  return accounts.runExclusive(
    [from, to],
    async () => {
      const [source, target] = [accounts.getOrThrow(from), accounts.getOrThrow(to)];
      await pause(); // asks the bank
      accounts.set(from, source - amount);
      accounts.set(to, target + amount);
    },
    { timeout: 1000 },
  );
}

export async function main(): Promise<string> {
  await Promise.all([transfer("ann", "bob", 30), transfer("bob", "ann", 10)]);
  return `ann ${accounts.get("ann")}, bob ${accounts.get("bob")}`;
}
