import { testReports, testSilent } from "../cases.js";

const HEADER = `import { Mutex } from "async-mutex";
import AsyncLock from "async-lock";
const mutex = new Mutex();
const lock = new AsyncLock();
const m = new Map<string, string>();
declare const db: { query(id: string): Promise<string> };
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "no-io-under-lock",
  "one key, one lock for all",
  withHeader({
    "a query": `export async function load(id: string) {
      await mutex.runExclusive(async () => {
        if (m.has(id)) return;
        const value = await db.query(id); // here
        m.set(id, value);
      });
    }`,
    "fetch between acquire and release": `export async function load(id: string) {
      const release = await mutex.acquire();
      try {
        const response = await fetch(id); // here
        m.set(id, await response.text());
      } finally { release(); }
    }`,
    "a caller's callback": `export async function load(id: string, make: () => Promise<string>) {
      await mutex.runExclusive(async () => {
        m.set(id, await make()); // here
      });
    }`,
    "a literal key of the lock is a lock for all": `export async function load(id: string) {
      await lock.acquire("m", async () => {
        m.set(id, await db.query(id)); // here
      });
    }`,
  }),
  { preset: "strict" },
);

testSilent(
  "no-io-under-lock",
  "short sections, locks by key, whole maps",
  withHeader({
    "a lock by key": `export async function load(id: string) {
      await lock.acquire(id, async () => { m.set(id, await db.query(id)); });
    }`,
    "I/O before the lock": `export async function load(id: string) {
      const value = await db.query(id);
      await mutex.runExclusive(() => m.set(id, value));
    }`,
    "the section is about the whole map": `export async function flush() {
      await mutex.runExclusive(async () => { for (const [id] of [...m]) await db.query(id); m.clear(); });
    }`,
    "the section counts": `export async function load(id: string) {
      await mutex.runExclusive(async () => { if (m.size > 10) return; m.set(id, await db.query(id)); });
    }`,
    "two keys": `export async function move(from: string, to: string) {
      await mutex.runExclusive(async () => { const value = m.get(from)!; await db.query(to); m.set(to, value); m.delete(from); });
    }`,
    "no map in the section": `export async function load(id: string) {
      await mutex.runExclusive(async () => { await db.query(id); });
      m.set(id, "");
    }`,
  }),
);
