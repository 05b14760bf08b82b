import { testFixes, testNoFix } from "../../fixes/cases.js";

const header = `declare function record(id: string, amount: number): Promise<void>;
declare function quote(id: string): Promise<number>;
const totals = new Map<string, number>();

`;

const file = { rule: "no-lost-update", header };

testFixes("no-lost-update: --fix reads again", file, [
  {
    name: "const n = m.get(k); await ..; m.set(k, n + 1)",
    before: `export async function add(id: string, amount: number) {
  // so far
  const before = totals.get(id) ?? 0;
  await record(id, amount); // slow
  totals.set(id, before + amount);
}
`,
    after: `export async function add(id: string, amount: number) {
  // so far
  await record(id, amount); // slow
  const before = totals.get(id) ?? 0;
  totals.set(id, before + amount);
}
`,
  },
  {
    name: "let n = m.get(k); await ..; n += ..; m.set(k, n)",
    before: `export async function add(id: string, amount: number) {
  let total = totals.get(id) ?? 0;
  await record(id, amount);
  total += amount;
  totals.set(id, total);
  return total;
}
`,
    after: `export async function add(id: string, amount: number) {
  await record(id, amount);
  let total = totals.get(id) ?? 0;
  total += amount;
  totals.set(id, total);
  return total;
}
`,
  },
  {
    name: "m.set(k, m.get(k) + await ..)",
    before: `export async function add(id: string) {
  totals.set(id, (totals.get(id) ?? 0) + (await quote(id)));
}
`,
    after: `export async function add(id: string) {
  const awaited = await quote(id);
  totals.set(id, (totals.get(id) ?? 0) + awaited);
}
`,
  },
  {
    name: "a write in a branch",
    before: `export async function add(id: string, amount: number, isWanted: boolean) {
  const before = totals.get(id) ?? 0;
  await record(id, amount);
  if (isWanted) {
    totals.set(id, before + amount);
  }
}
`,
    after: `export async function add(id: string, amount: number, isWanted: boolean) {
  await record(id, amount);
  if (isWanted) {
    const before = totals.get(id) ?? 0;
    totals.set(id, before + amount);
  }
}
`,
  },
  {
    name: "a field of an entry",
    before: `const accounts = new Map<string, { balance: number }>();
export async function add(id: string, amount: number) {
  const account = accounts.get(id)!;
  const before = account.balance;
  await record(id, amount);
  account.balance = before + amount;
}
`,
    after: `const accounts = new Map<string, { balance: number }>();
export async function add(id: string, amount: number) {
  const account = accounts.get(id)!;
  await record(id, amount);
  const before = account.balance;
  account.balance = before + amount;
}
`,
  },
  {
    name: "a field of an entry, += await ..",
    before: `const accounts = new Map<string, { balance: number }>();
export async function add(id: string) {
  const account = accounts.get(id)!;
  account.balance += await quote(id);
}
`,
    after: `const accounts = new Map<string, { balance: number }>();
export async function add(id: string) {
  const account = accounts.get(id)!;
  const awaited = await quote(id);
  account.balance += awaited;
}
`,
  },
  {
    name: "a dictionary",
    before: `const byId: Record<string, number> = {};
export async function add(id: string) {
  byId[id] = (byId[id] ?? 0) + (await quote(id));
}
`,
    after: `const byId: Record<string, number> = {};
export async function add(id: string) {
  const awaited = await quote(id);
  byId[id] = (byId[id] ?? 0) + awaited;
}
`,
  },
]);

testFixes("no-lost-update: --fix queues updates", file, [
  {
    name: "a guard on the old value",
    before: `export async function take(id: string, amount: number) {
  const before = totals.get(id) ?? 0;
  if (before < amount) throw new Error("not enough");
  // pays
  await record(id, amount);
  totals.set(id, before - amount); // done
}
`,
    after: `export async function take(id: string, amount: number) {
  await totals.updateAsync(id, async (current) => {
    const before = current ?? 0;
    if (before < amount) throw new Error("not enough");
    // pays
    await record(id, amount);
    return before - amount; // done
  });
}
`,
  },
  {
    name: "the value becomes the parameter",
    before: `export async function take(id: string, amount: number) {
  const before = totals.get(id);
  if (before === undefined) throw new Error("unknown");
  await record(id, before);
  const next = before - amount;
  totals.set(id, next);
  return next;
}
`,
    after: `export async function take(id: string, amount: number) {
  return totals.updateAsync(id, async (before) => {
    if (before === undefined) throw new Error("unknown");
    await record(id, before);
    const next = before - amount;
    return next;
  });
}
`,
  },
]);

testFixes("no-lost-update: --fix queues runs", file, [
  {
    name: "with ways out of their own",
    before: `export async function take(id: string, amount: number) {
  const before = totals.get(id) ?? 0;
  if (before < amount) return false;
  await record(id, amount);
  totals.set(id, before - amount);
  return true;
}
`,
    after: `export async function take(id: string, amount: number) {
  return totals.runExclusive([id], async () => {
    const before = totals.get(id) ?? 0;
    if (before < amount) return false;
    await record(id, amount);
    totals.set(id, before - amount);
    return true;
  });
}
`,
  },
]);

testNoFix("no-lost-update: no fix", file, [
  {
    name: "for an await that may not run",
    before: `export async function add(id: string, isWanted: boolean) {
  if (totals.size > 100) return;
  totals.set(id, (totals.get(id) ?? 0) + (isWanted ? await quote(id) : 1));
  totals.delete("");
}
export function reset(id: string) {
  totals.set(id, 0);
}
function* walk() {
  yield* totals;
}
export const all = walk();
export const direct = totals;
`,
  },
]);
