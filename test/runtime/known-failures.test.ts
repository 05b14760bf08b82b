import { AsyncLocalStorage } from "node:async_hooks";
import AsyncLock from "async-lock";
import { Mutex, Semaphore, withTimeout } from "async-mutex";
import { Semaphore as CountingSemaphore } from "await-semaphore";
import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import pMemoize, { pMemoizeClear } from "p-memoize";
import { describe, expect, it } from "vitest";
import { SafeMap } from "../../src/runtime/index.js";
import { deferred, settle, stateOf } from "./helpers.js";

/** Each pair shows a way in which a library hangs, lets two in, or keeps what it should not, and that SafeMap does not. */

const newMap = (): SafeMap<unknown, string> => new SafeMap<unknown, string>();
const ignore = (): void => {};
const quiet = <T>(promise: Promise<T>): Promise<T> => (promise.catch(ignore), promise);
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("who hangs", () => {
  it("async-lock, when two lock the same keys in opposite order behind a third", async () => {
    const lock = new AsyncLock();
    const gate = deferred();
    void lock.acquire("a", () => gate.promise);
    const theirs = [lock.acquire(["a", "b"], ignore), lock.acquire(["b", "a"], ignore)];
    gate.resolve();
    expect(await Promise.all(theirs.map(stateOf))).toEqual(["pending", "pending"]);

    const map = newMap();
    const ours = [map.runExclusive(["a"], settle), map.runExclusive(["a", "b"], ignore), map.runExclusive(["b", "a"], ignore)];
    await expect(Promise.all(ours)).resolves.toHaveLength(3);
  });

  it("async-lock, when the section names a parameter", async () => {
    expect(await stateOf(new AsyncLock().acquire("a", async (_unused: unknown) => "done"))).toBe("pending");
    const section = (async (_unused: unknown) => "done") as () => Promise<string>;
    await expect(newMap().runExclusive(["a"], section)).resolves.toBe("done");
  });

  it("p-limit, when the queue is cleared: its waiters never hear of it", async () => {
    const limit = pLimit(1);
    const gate = deferred();
    void limit(() => gate.promise);
    const theirs = limit(() => "done");
    limit.clearQueue();
    gate.resolve();
    expect(await stateOf(theirs)).toBe("pending");

    const map = newMap();
    const controller = new AbortController();
    const first = map.runExclusive(["a"], settle);
    const ours = map.runExclusive(["a"], () => "done", { signal: controller.signal });
    controller.abort(new Error("cleared"));
    await expect(ours).rejects.toThrow("cleared");
    await first;
  });

  it("lru-cache, when the load gives undefined and is not async", async () => {
    expect(await stateOf(new LRUCache<string, string>({ max: 2, fetchMethod: ignore }).fetch("a"))).toBe("pending");
    await expect(new SafeMap<string, void>().getOrInsertAsync("a", ignore)).resolves.toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>]>([
    ["async-mutex", () => { const mutex = new Mutex(); return mutex.runExclusive(() => mutex.runExclusive(ignore)); }],
    ["p-limit", () => { const limit = pLimit(1); return limit(() => limit(ignore)); }],
    ["async-lock", () => { const lock = new AsyncLock(); return lock.acquire("a", () => lock.acquire("a", ignore)); }],
  ])("%s, when a section waits for the lock it holds", async (_, nest) => {
    expect(await stateOf(nest())).toBe("pending");
    const map = new SafeMap<unknown, string>(null, { detectReentrance: true });
    await expect(map.runExclusive(["a"], () => map.runExclusive(["a"], ignore))).rejects.toThrow("would wait forever");
  });
});

describe("who refuses", () => {
  it("async-lock, the waiter after the thousandth", async () => {
    const lock = new AsyncLock();
    const gate = deferred();
    void lock.acquire("a", () => gate.promise);
    const theirs = await Promise.allSettled([...Array.from({ length: 1001 }, () => lock.acquire("a", ignore)), gate.resolve()]);
    expect(theirs.some(({ status }) => status === "rejected")).toBe(true);

    const map = newMap();
    const ours = await Promise.allSettled(Array.from({ length: 1002 }, () => map.runExclusive(["a"], settle)));
    expect(ours.every(({ status }) => status === "fulfilled")).toBe(true);
  });

  it("async-lock and async-mutex, at once, under a timeout longer than a timer takes", async () => {
    const forAges = 2 ** 40;
    const gate = deferred();
    const lock = new AsyncLock({ timeout: forAges });
    const mutex = new Mutex();
    void lock.acquire("a", () => gate.promise);
    void mutex.runExclusive(() => gate.promise);
    await expect(lock.acquire("a", ignore)).rejects.toThrow("timed out");
    await expect(withTimeout(mutex, forAges).runExclusive(ignore)).rejects.toThrow("timeout");

    const map = newMap();
    void map.runExclusive(["a"], () => gate.promise);
    const ours = map.runExclusive(["a"], () => "done", { timeout: forAges });
    await sleep(5);
    expect(await stateOf(ours)).toBe("pending");
    gate.resolve();
    await expect(ours).resolves.toBe("done");
  });

  it("async-lock, an object key because another object is locked", async () => {
    const lock = new AsyncLock();
    void lock.acquire({} as string, () => new Promise(ignore));
    expect(await stateOf(lock.acquire({} as string, ignore))).toBe("pending");

    const map = newMap();
    void map.runExclusive([{}], () => new Promise(ignore));
    await expect(map.runExclusive([{}], () => "done")).resolves.toBe("done");
  });

  it("async-mutex, for a while, to call a lock free that was released after a waiter had left", async () => {
    const mutex = new Mutex();
    const release = await mutex.acquire();
    await expect(withTimeout(mutex, 1).acquire()).rejects.toThrow();
    release();
    expect(mutex.isLocked()).toBe(true);

    const map = newMap();
    const held = await map.lock(["a"]);
    await expect(map.lock(["a"], { timeout: 1 })).rejects.toThrow();
    held.release();
    let isStarted = false;
    void map.updateAsync("a", () => ((isStarted = true), ""));
    expect(isStarted).toBe(true);
  });
});

describe("who lets two in", () => {
  it("async-lock, when a section outruns its limit", async () => {
    const lock = new AsyncLock({ maxExecutionTime: 2 });
    const gate = deferred();
    let inside = 0;
    quiet(lock.acquire("a", async () => { inside++; await gate.promise; inside--; }));
    expect(await lock.acquire("a", () => inside)).toBe(1);
    gate.resolve();

    const map = newMap();
    const slow = deferred();
    quiet(map.runExclusive(["a"], () => slow.promise, { timeout: 2 }));
    await sleep(5);
    const second = map.runExclusive(["a"], () => "in");
    expect(await stateOf(second)).toBe("pending");
    slow.resolve();
    await expect(second).resolves.toBe("in");
  });

  it("async-mutex, when a lock is released by who does not hold it", async () => {
    const mutex = new Mutex();
    await mutex.acquire();
    mutex.release();
    expect(await stateOf(mutex.acquire())).toBe("fulfilled");

    const map = newMap();
    const first = await map.lock(["a"]);
    first.release();
    await map.lock(["a"]);
    first.release();
    expect(await stateOf(map.lock(["a"]))).toBe("pending");
  });

  it("async-mutex's semaphore of one, after a release too many", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    semaphore.release();
    semaphore.release();
    const theirs = [semaphore.acquire(), semaphore.acquire()];
    expect(await Promise.all(theirs.map(stateOf))).toEqual(["fulfilled", "fulfilled"]);

    const map = newMap();
    const held = await map.lock(["a"]);
    held.release();
    held.release();
    const ours = [map.lock(["a"]), map.lock(["a"])];
    expect(await Promise.all(ours.map(stateOf))).toEqual(["fulfilled", "pending"]);
  });

  it("neither await-semaphore nor a SafeMap, on a second release", async () => {
    const semaphore = new CountingSemaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    await semaphore.acquire();
    expect(await stateOf(semaphore.acquire())).toBe("pending");
  });
});

describe("who keeps what is stale", () => {
  it("p-memoize, the value of a load that was under way when the cache was cleared, and hands it to later callers", async () => {
    const cache = new Map<string, string>();
    const [oldGate, newGate] = [deferred<string>(), deferred<string>()];
    const gates = [oldGate, newGate];
    const load = pMemoize((_key: string) => gates.shift()!.promise, { cache });
    const old = load("a");
    await settle();
    pMemoizeClear(load);
    const fresh = load("a");
    newGate.resolve("new");
    oldGate.resolve("old");
    expect(await Promise.all([old, fresh])).toEqual(["old", "old"]);
    expect(cache.get("a")).toBe("old");

    const map = newMap();
    const [first, second] = [deferred<string>(), deferred<string>()];
    const before = map.getOrInsertAsync("a", () => first.promise);
    map.clear();
    const after = map.getOrInsertAsync("a", () => second.promise);
    second.resolve("new");
    await after;
    first.resolve("old");
    expect(await Promise.all([before, after])).toEqual(["old", "new"]);
    expect(map.get("a")).toBe("new");
  });

  it("p-memoize, which overwrites what was set during the load", async () => {
    const cache = new Map<string, string>();
    const load = pMemoize(async (_key: string) => (await settle(), "loaded"), { cache });
    const loading = load("a");
    await Promise.resolve();
    cache.set("a", "set");
    await loading;
    expect(cache.get("a")).toBe("loaded");

    const map = newMap();
    const ours = map.getOrInsertAsync("a", async () => (await settle(), "loaded"));
    map.set("a", "set");
    await ours;
    expect(map.get("a")).toBe("set");
  });
});

describe("who fails callers for what another did", () => {
  const newCache = (): LRUCache<string, string> => new LRUCache({ max: 2, fetchMethod: async () => (await settle(), "loaded") });
  const load = async (): Promise<string> => (await settle(), "loaded");

  it("lru-cache, when the first of them leaves", async () => {
    const cache = newCache();
    const controller = new AbortController();
    const theirs = [cache.fetch("a", { signal: controller.signal }), cache.fetch("a")];
    controller.abort(new Error("left"));
    expect(await Promise.allSettled(theirs)).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);

    const map = newMap();
    const own = new AbortController();
    const ours = [map.getOrInsertAsync("a", load, { signal: own.signal }), map.getOrInsertAsync("a", load)];
    own.abort(new Error("left"));
    expect(await Promise.allSettled(ours)).toMatchObject([{ status: "rejected" }, { value: "loaded" }]);
  });

  it("lru-cache, which does not let the second one leave", async () => {
    const cache = new LRUCache<string, string>({ max: 2, fetchMethod: () => new Promise(ignore) });
    const controller = new AbortController();
    void cache.fetch("a");
    const theirs = cache.fetch("a", { signal: controller.signal });
    controller.abort(new Error("left"));
    expect(await stateOf(theirs)).toBe("pending");

    const map = newMap();
    void map.getOrInsertAsync("a", () => new Promise(ignore));
    const ours = map.getOrInsertAsync("a", load, { signal: controller.signal });
    await expect(ours).rejects.toThrow("left");
  });

  it.each<[string, (map: { delete(key: string): void; set(key: string, value: string): void }) => void, string]>([
    ["deleted", (map) => map.delete("a"), "loaded"],
    ["set", (map) => map.set("a", "set"), "set"],
  ])("lru-cache, when the key is %s during the load", async (_, write, expected) => {
    const cache = newCache();
    const theirs = cache.fetch("a");
    write(cache);
    await expect(theirs).rejects.toThrow();

    const map = newMap();
    const ours = map.getOrInsertAsync("a", load);
    write(map);
    await expect(ours).resolves.toBe(expected);
  });

  it("lru-cache, when other keys push the load's key out", async () => {
    const cache = newCache();
    const theirs = cache.fetch("a");
    cache.set("b", "").set("c", "");
    await expect(theirs).rejects.toThrow("evicted");

    const map = newMap();
    const ours = map.getOrInsertAsync("a", load);
    map.set("b", "").set("c", "");
    await expect(ours).resolves.toBe("loaded");
  });

  it("lru-cache, which loads undefined again and again", async () => {
    let loads = 0;
    const cache = new LRUCache<string, string>({ max: 2, fetchMethod: async () => void loads++ });
    await cache.fetch("a");
    await cache.fetch("a");
    expect(loads).toBe(2);

    const map = new SafeMap<string, undefined>();
    const loadNothing = (): undefined => void loads++;
    await map.getOrInsertAsync("a", loadNothing);
    await map.getOrInsertAsync("a", loadNothing);
    expect(loads).toBe(3);
  });

  it("async-lock, which runs a section in the async context of another caller", async () => {
    const context = new AsyncLocalStorage<string>();
    const look = async (): Promise<string | undefined> => (await settle(), context.getStore());
    const lock = new AsyncLock();
    const theirs = ["one", "two"].map((task) => context.run(task, () => lock.acquire("a", look)));
    expect(await Promise.all(theirs)).toEqual(["one", "one"]);

    const map = newMap();
    const ours = ["one", "two"].map((task) => context.run(task, () => map.runExclusive(["a"], look)));
    expect(await Promise.all(ours)).toEqual(["one", "two"]);
  });
});
