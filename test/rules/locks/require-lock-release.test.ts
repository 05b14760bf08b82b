import { testReports, testSilent } from "../cases.js";

const HEADER = `import { Mutex } from "async-mutex";
const mutex = new Mutex();
const m = new Map<string, number>();
declare function save(id: string): Promise<void>;
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "require-lock-release",
  "ways out",
  withHeader({
    "an early return": `export async function f(id: string) {
      const release = await mutex.acquire(); // here
      if (m.has(id)) return;
      m.set(id, 1);
      release();
    }`,
    "a throw": `export async function f(id: string) {
      const release = await mutex.acquire(); // here
      if (m.size > 9) throw new Error("full");
      m.set(id, 1);
      release();
    }`,
    "an await that can reject": `export async function f(id: string) {
      const release = await mutex.acquire(); // here
      await save(id);
      m.set(id, 1);
      release();
    }`,
    "an await between acquire and try": `export async function f(id: string) {
      const release = await mutex.acquire(); // here
      await save(id);
      try { m.set(id, 1); } finally { release(); }
    }`,
    "a release on a condition that has nothing to do with it": `export async function f(id: string, isLast: boolean) {
      const release = await mutex.acquire(); // here
      try { await save(id); } finally { if (isLast) release(); }
    }`,
    "the lock's own methods": `export async function f(id: string) {
      await mutex.acquire(); // here
      await save(id);
      mutex.release();
    }`,
    "a continue in a loop": `export async function f(ids: string[]) {
      for (const id of ids) {
        await mutex.acquire(); // here
        if (m.has(id)) return;
        m.set(id, 1);
        mutex.release();
      }
    }`,
    "a field": `export class Store {
      #lock = new Mutex();
      #m = new Map<string, number>();
      async put(id: string) {
        const release = await this.#lock.acquire(); // here
        if (this.#m.has(id)) return false;
        this.#m.set(id, 1);
        release();
        return true;
      }
    }`,
    "a handle that is dropped": `export async function f(id: string) {
      const release = await mutex.acquire(); // here
      m.set(id, 1);
    }`,
    "a lock that nothing in the file releases": `export async function f(id: string) {
      await mutex.acquire(); // here
      m.set(id, 1);
    }`,
    "the release only in catch": `export async function f(id: string) {
      const release = await mutex.acquire(); // here
      try { await save(id); m.set(id, 1); } catch { release(); }
    }`,
    "an async callback": `export function f(ids: string[]) {
      return Promise.all(ids.map(async (id) => {
        const release = await mutex.acquire(); // here
        if (m.has(id)) return;
        m.set(id, 1);
        release();
      }));
    }`,
    "an early return in a lock's callback": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export function f(id: string) {
      lock.acquire("m", (done) => { // here
        if (m.has(id)) return;
        m.set(id, 1);
        done();
      });
    }`,
  }),
);

testSilent(
  "require-lock-release",
  "released on every path",
  withHeader({
    "kept by what succeeds": `export class Processor {
      async process(event: { id: string; retries: number }) {
        const acquired = await this.store.acquireLock(event.id);
        if (!acquired) return false;
        if (event.retries > 3) {
          await this.store.setStatus(event.id, "errored");
          return false;
        }
        try {
          await this.route(event);
          await this.store.setStatus(event.id, "completed");
          return true;
        } catch (error) {
          await this.store.releaseLock(event.id);
          return false;
        }
      }
    }`,
    "a method called lock of a class that cannot unlock": `export class EntityManager {
      async lock(entity: object, mode: string, options = {}) { await new Promise((done) => setTimeout(done, 1, entity, mode, options)); }
      async find(entity: object, mode: string) { await this.lock(entity, mode, {}); return entity; }
    }`,
    "a state that is switched from outside": `export class Poller {
      #pause = new Mutex();
      constructor() { this.#set(document.hidden); document.addEventListener("visibilitychange", () => this.#set(document.hidden)); }
      #set(isHidden: boolean) { if (isHidden) { this.#pause.acquire(); m.set("hidden", 1); } else { this.#pause.release(); } }
    }`,
    "finally": `export async function f(id: string) {
      const release = await mutex.acquire();
      try { if (m.has(id)) return; await save(id); m.set(id, 1); } finally { release(); }
    }`,
    "finally on the lock itself": `export async function f(id: string) {
      await mutex.acquire();
      try { await save(id); m.set(id, 1); } finally { mutex.release(); }
    }`,
    "a release before each return": `export async function f(id: string) {
      const release = await mutex.acquire();
      if (m.has(id)) { release(); return; }
      m.set(id, 1);
      release();
    }`,
    "nothing in between can fail": `export async function f(id: string) {
      const release = await mutex.acquire();
      m.set(id, (m.get(id) ?? 0) + 1);
      release();
    }`,
    "catch and fall through": `export async function f(id: string) {
      const release = await mutex.acquire();
      try { await save(id); } catch (error) { console.error(error); }
      release();
    }`,
    "a method that only is called like a lock": `export class Preview {
      #lockOn: string | undefined;
      #m = new Map<string, number>();
      private lockScroll(on: string) { this.#lockOn = on; setTimeout(() => { this.#lockOn = undefined; }, 50); }
      private lockSync() { this.#lockOn = "all"; }
      onScroll(id: string) {
        if (this.#lockOn) return;
        this.lockScroll(id);
        this.lockSync();
        if (this.#m.has(id)) return;
        this.#m.set(id, 1);
      }
    }`,
    "a flag that says whether it is released": `export async function f(id: string) {
      const release = await mutex.acquire();
      let isReleased = false;
      try {
        if (m.has(id)) { release(); isReleased = true; await save(id); return; }
        m.set(id, 1);
      } finally { if (!isReleased) release(); }
    }`,
    "a flag that says whether it is held": `export async function f(id: string) {
      const release = await mutex.acquire();
      let isHeld = true;
      try {
        if (m.has(id)) { release(); isHeld = false; return; }
        await save(id);
      } finally { if (isHeld) { release(); } }
    }`,
    "runExclusive": `export async function f(id: string) {
      await mutex.runExclusive(async () => { if (m.has(id)) return; await save(id); m.set(id, 1); });
    }`,
    "the release is handed out": `export async function f(id: string) {
      const release = await mutex.acquire();
      m.set(id, 1);
      return release;
    }`,
    "the release goes to a promise": `export async function f(id: string) {
      const release = await mutex.acquire();
      m.set(id, 1);
      return save(id).finally(release);
    }`,
    "the release goes to a callback": `export async function f(id: string, stream: any) {
      const release = await mutex.acquire();
      m.set(id, 1);
      stream.on("end", () => release());
    }`,
    "the release goes to a field": `export class Hold {
      release: () => void = () => {};
      async take(id: string) { this.release = await mutex.acquire(); m.set(id, 1); }
    }`,
    "using": `export async function f(id: string) {
      using held = await lockOf(id).acquire();
      if (m.has(id)) return;
      m.set(id, 1);
    }
    declare function lockOf(id: string): any;`,
    "a lock that is taken on a condition, and released on it": `export async function f(id: string, isSafe: boolean) {
      if (isSafe) await mutex.acquire();
      m.set(id, 1);
      if (isSafe) mutex.release();
    }`,
    "a handle that may be none": `export async function f(id: string, isSafe: boolean) {
      let release: (() => void) | undefined;
      if (isSafe) release = await mutex.acquire();
      m.set(id, 1);
      release?.();
    }`,
    "a try-lock": `export async function f(id: string, lock: any) {
      if (!(await lock.acquire())) return;
      m.set(id, 1);
      lock.release();
    }`,
    "a result that says whether it was taken": `export class Cleaner {
      constructor(private readonly countLock: RedisLock) {}
      async count(id: string) {
        const result = await this.countLock.acquire();
        if (result !== "acquired") {
          if (result === "held_by_other") this.skip();
          else this.fail(new Error("lock unavailable"));
          return undefined;
        }
        try {
          return await save(id);
        } finally {
          await this.countLock.release();
        }
      }
    }`,
    "a result that is tested": `export async function f(id: string, lock: any) {
      const isHeld = await lock.acquire();
      if (!isHeld) return;
      m.set(id, 1);
      lock.release();
    }`,
    "acquire and release are methods of a class": `export class Guard {
      #mutex = new Mutex();
      #held = new Map<string, number>();
      async enter(id: string) { await this.#mutex.acquire(); this.#held.set(id, 1); }
      leave(id: string) { this.#held.delete(id); this.#mutex.release(); }
    }`,
    "only a sleep in between": `export async function f(id: string) {
      const release = await mutex.acquire();
      await sleep(10);
      m.set(id, 1);
      release();
    }
    declare function sleep(ms: number): Promise<void>;`,
    "a lock's callback that calls done on every path": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export function f(id: string) {
      lock.acquire("m", (done) => {
        if (m.has(id)) { done(); return; }
        save(id).then(() => done());
      });
    }`,
    "a lock's callback that gives done away": `import AsyncLock from "async-lock";
    const lock = new AsyncLock();
    export function f(id: string, write: any) {
      lock.acquire("m", (done) => { m.set(id, 1); write(id, done); });
    }`,
    "a pool's connection is no lock": `export async function f(id: string, pool: any) {
      const connection = await pool.acquire();
      if (m.has(id)) return;
      m.set(id, 1);
      connection.release();
    }`,
  }),
);

testReports("require-lock-release", "a file without maps", {
  "a lock by its library": `import { Mutex } from "async-mutex";
  const mutex = new Mutex();
  let total = 0;
  export async function add(n: number) {
    const release = await mutex.acquire(); // here
    if (n === 0) return;
    total += n;
    release();
  }`,
});
