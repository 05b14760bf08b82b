import { testReports, testSilent } from "../cases.js";

const HEADER = `import { Mutex } from "async-mutex";
const a = new Mutex();
const b = new Mutex();
const m = new Map<string, number>();
declare function save(id: string): Promise<void>;
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "no-lock-reentry",
  "waits that never end",
  withHeader({
    "the same lock inside": `export async function f(id: string) {
      await a.runExclusive(async () => {
        await a.runExclusive(() => m.delete(id)); // here
      });
    }`,
    "through a function of the file": `export async function f(id: string) {
      await a.runExclusive(async () => {
        m.set(id, 1);
        await g(id); // here
      });
    }
    async function g(id: string) {
      await a.runExclusive(() => m.delete(id));
    }`,
    "through a function that two holders call": `export async function f(id: string) {
      await a.runExclusive(async () => {
        await g(id); // here
      });
    }
    export async function h(id: string) {
      await a.runExclusive(async () => {
        await g(id); // here
      });
    }
    async function g(id: string) { await a.runExclusive(() => m.delete(id)); }`,
    "through two functions": `export async function f(id: string) {
      await a.runExclusive(async () => {
        await g(id); // here
      });
    }
    async function g(id: string) { await h(id); }
    async function h(id: string) { await a.runExclusive(() => m.delete(id)); }`,
    "a retry that finally waits for": `export async function f(id: string): Promise<void> {
      const release = await a.acquire();
      try { await save(id); m.set(id, 1); } catch {
        return await f(id); // here
      } finally { release(); }
    }`,
    "a helper that is returned to runExclusive": `export async function f(id: string) {
      await a.runExclusive(async () => {
        try {
          return g(id); // here
        } finally { m.set(id, 1); }
      });
    }
    async function g(id: string) { await a.runExclusive(() => m.delete(id)); }`,
    "through a method": `export class Store {
      #lock = new Mutex();
      #m = new Map<string, number>();
      async put(id: string) {
        await this.#lock.runExclusive(async () => {
          this.#m.set(id, 1);
          await this.trim(); // here
        });
      }
      private async trim() {
        await this.#lock.runExclusive(() => this.#m.clear());
      }
    }`,
    "acquire twice": `export async function f(id: string) {
      const first = await a.acquire();
      const second = await a.acquire(); // here
      m.set(id, 1);
      second();
      first();
    }`,
    "a function that calls itself": `export async function f(id: string) {
      await a.runExclusive(async () => {
        m.set(id, 1);
        await f(id); // here
      });
    }`,
    "two locks in opposite orders": `export async function f(id: string) {
      await a.runExclusive(async () => { await b.runExclusive(() => m.set(id, 1)); });
    }
    export async function g(id: string) {
      await b.runExclusive(async () => {
        await a.runExclusive(() => m.delete(id)); // here
      });
    }`,
    "opposite orders through a helper": `export async function f(id: string) {
      await a.runExclusive(async () => { await drop(id); });
    }
    async function drop(id: string) { await b.runExclusive(() => m.delete(id)); }
    export async function g(id: string) {
      await b.runExclusive(async () => {
        await a.runExclusive(() => m.set(id, 1)); // here
      });
    }`,
    "two keys in the order of the arguments": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export async function transfer(from: string, to: string) {
      await lock.acquire(from, async () => {
        await lock.acquire(to, async () => { m.set(from, 0); m.set(to, 1); }); // here
      });
    }`,
    "navigator.locks": `export async function f(id: string) {
      await navigator.locks.request("m", async () => {
        m.set(id, 1);
        await navigator.locks.request("m", async () => { m.delete(id); }); // here
      });
    }`,
  }),
);

testSilent(
  "no-lock-reentry",
  "waits that end",
  withHeader({
    "one after the other": `export async function f(id: string) {
      await a.runExclusive(() => m.set(id, 1));
      await a.runExclusive(() => m.delete(id));
    }`,
    "another lock inside": `export async function f(id: string) {
      await a.runExclusive(async () => { await b.runExclusive(() => m.set(id, 1)); });
    }`,
    "the same order everywhere": `export async function f(id: string) {
      await a.runExclusive(async () => { await b.runExclusive(() => m.set(id, 1)); });
    }
    export async function g(id: string) {
      await a.runExclusive(async () => { await b.runExclusive(() => m.delete(id)); });
    }`,
    "released before it is taken again": `export async function f(id: string) {
      const first = await a.acquire();
      first();
      const second = await a.acquire();
      m.set(id, 1);
      second();
    }`,
    "a retry that is returned, so that finally lets go before it goes on": `export async function f(id: string): Promise<void> {
      const release = await a.acquire();
      try { await save(id); m.set(id, 1); } catch { return f(id); } finally { release(); }
    }`,
    "a helper whose promise is returned out of the try": `export async function f(id: string) {
      const release = await a.acquire();
      try { m.set(id, 1); return g(id); } finally { release(); }
    }
    async function g(id: string) { await a.runExclusive(() => m.delete(id)); }`,
    "a helper that is returned, and a helper that releases": `export class Store {
      #lock = new Mutex();
      #m = new Map<string, number>();
      async put(id: string): Promise<void> {
        await this.#lock.acquire();
        try { this.#m.set(id, 1); return this.trim(); } finally { this.leave(); }
      }
      private leave() { this.#lock.release(); }
      private async trim() { await this.#lock.runExclusive(() => this.#m.clear()); }
    }`,
    "a lock of the block whose last statement returns": `export async function f(id: string): Promise<void> {
      using held = await a.acquire() as any;
      m.set(id, 1);
      return f(id);
    }`,
    "a task that is only started": `export async function f(id: string) {
      await a.runExclusive(async () => { m.set(id, 1); void g(id); });
    }
    async function g(id: string) { await a.runExclusive(() => m.delete(id)); }`,
    "a helper for those who hold the lock": `export async function f(id: string) {
      await a.runExclusive(async () => { await setUnlocked(id); });
    }
    export async function g(id: string) { await a.runExclusive(() => setUnlocked(id)); }
    async function setUnlocked(id: string) { await save(id); m.set(id, 1); }`,
    "two literal keys": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export async function f(id: string) {
      await lock.acquire("users", async () => { await lock.acquire("rooms", async () => { m.set(id, 1); }); });
    }`,
    "keys of two kinds": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export async function f(user: string, room: string) {
      await lock.acquire(\`user:\${user}\`, async () => { await lock.acquire(\`room:\${room}\`, async () => { m.set(user, 1); }); });
    }`,
    "sorted keys": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export async function transfer(from: string, to: string) {
      const [first, second] = [from, to].sort();
      await lock.acquire(first!, async () => { await lock.acquire(second!, async () => { m.set(from, 0); m.set(to, 1); }); });
    }`,
    "a recursion that skips the lock": `export async function f(id: string, isHeld = false): Promise<void> {
      if (!isHeld) return a.runExclusive(() => f(id, true));
      m.set(id, 1);
    }`,
    "opposite orders under a common gate": `const gate = new Mutex();
    export async function f(id: string) {
      await gate.runExclusive(async () => { await a.runExclusive(async () => { await b.runExclusive(() => m.set(id, 1)); }); });
    }
    export async function g(id: string) {
      await gate.runExclusive(async () => { await b.runExclusive(async () => { await a.runExclusive(() => m.delete(id)); }); });
    }`,
    "a lock of each call": `export async function f(id: string) {
      const own = new Mutex();
      await own.runExclusive(async () => { await a.runExclusive(() => m.set(id, 1)); });
    }
    export async function g(id: string) {
      const own = new Mutex();
      await a.runExclusive(async () => { await own.runExclusive(() => m.delete(id)); });
    }`,
    "another instance's method": `export class Node2 {
      #lock = new Mutex();
      #m = new Map<string, number>();
      async put(id: string, other: Node2): Promise<void> { await this.#lock.runExclusive(async () => { this.#m.set(id, 1); await other.drop(id); }); }
      async drop(id: string): Promise<void> { await this.#lock.runExclusive(() => this.#m.delete(id)); }
    }`,
    "a helper that is told that its caller holds the lock": `export class Vault {
      #lock = new Mutex();
      #m = new Map<string, number>();
      async change(id: string): Promise<void> { await this.#lock.runExclusive(async () => { await this.verify(id, { skipLock: true }); this.#m.set(id, 1); }); }
      async verify(id: string, options?: { skipLock: boolean }): Promise<void> {
        if (options?.skipLock) { this.#m.get(id); return; }
        await this.#lock.runExclusive(() => { this.#m.get(id); });
      }
    }`,
    "a semaphore of two": `import { Semaphore } from "async-mutex";
    const two = new Semaphore(2);
    export async function f(id: string) {
      await two.runExclusive(async () => { await two.runExclusive(() => { m.set(id, 1); }); });
    }`,
  }),
);
