import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { ConflictError, LockTimeoutError, SafeMap } from "../../src/runtime/index.js";
import { deferred, settle, stateOf } from "./helpers.js";

describe("updateAsync", () => {
  it("stores and gives what the updater makes of the current value", async () => {
    const map = new SafeMap([["a", 1]]);
    await expect(map.updateAsync("a", async (current) => current! + 1)).resolves.toBe(2);
    expect(map.get("a")).toBe(2);
  });

  it("takes an updater that is not async", async () => {
    const map = new SafeMap<string, number>();
    await expect(map.updateAsync("a", () => 1)).resolves.toBe(1);
  });

  it("loses no update of many at once", async () => {
    const map = new SafeMap([["a", 0]]);
    const increment = async (current: number | undefined): Promise<number> => {
      await settle();
      return current! + 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => map.updateAsync("a", increment)));
    expect(map.get("a")).toBe(20);
  });

  it("runs the updates of one key in the order they were asked for", async () => {
    const map = new SafeMap<string, string>();
    await Promise.all(["1", "2", "3", "4"].map((digit) => map.updateAsync("a", async (current = "") => current + digit)));
    expect(map.get("a")).toBe("1234");
  });

  it("runs the updates of two keys side by side", async () => {
    const map = new SafeMap<string, number>();
    const gate = deferred<number>();
    const slow = map.updateAsync("a", () => gate.promise);
    await expect(map.updateAsync("b", async () => 2)).resolves.toBe(2);
    gate.resolve(1);
    await expect(slow).resolves.toBe(1);
  });

  it("starts the first updater at once, as a plain call would", () => {
    let isStarted = false;
    void new SafeMap<string, number>().updateAsync("a", async () => {
      isStarted = true;
      return 1;
    });
    expect(isStarted).toBe(true);
  });

  it.each([-0, NaN, null, undefined, {}, Symbol("s")])("queues by SameValueZero: %o", async (key) => {
    const map = new SafeMap<unknown, number>();
    const other = Object.is(key, -0) ? 0 : key;
    const increment = async (current = 0): Promise<number> => (await settle(), current + 1);
    await Promise.all([map.updateAsync(key, increment), map.updateAsync(other, increment)]);
    expect(map.get(key)).toBe(2);
  });

  it("changes nothing when the updater rejects, and lets the next one in", async () => {
    const map = new SafeMap([["a", 1]]);
    const failing = map.updateAsync("a", async () => Promise.reject(new Error("no")));
    const next = map.updateAsync("a", async (current) => current! + 1);
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBe(2);
  });

  it("changes nothing when the updater throws before it awaits, and lets the next one in", async () => {
    const map = new SafeMap([["a", 1]]);
    const fail = (): number => { throw new Error("no"); };
    await expect(map.updateAsync("a", fail)).rejects.toThrow("no");
    await expect(map.updateAsync("a", fail, {})).rejects.toThrow("no");
    await expect(map.updateAsync("a", async (current) => current! + 1)).resolves.toBe(2);
  });

  it("keeps the async context of its caller, even for a waiter that another caller's release wakes", async () => {
    const context = new AsyncLocalStorage<string>();
    const map = new SafeMap<string, string>();
    const seen: (string | undefined)[] = [];
    const look = async (): Promise<string> => {
      await settle();
      seen.push(context.getStore());
      return "";
    };
    await Promise.all(["one", "two", "three"].map((task) => context.run(task, () => map.updateAsync("a", look))));
    expect(seen).toEqual(["one", "two", "three"]);
  });
});

describe("updateAsync and writes meanwhile", () => {
  type Write = (map: SafeMap<string, number>) => void;
  const writes: [string, Write][] = [
    ["set", (map) => map.set("a", 5)],
    ["set to the same value", (map) => map.set("a", 1)],
    ["delete", (map) => map.delete("a")],
    ["delete and set back", (map) => (map.delete("a"), map.set("a", 1))],
    ["clear", (map) => map.clear()],
    ["update", (map) => map.update("a", () => 5)],
    ["compareAndSet", (map) => map.compareAndSet("a", 1, 5)],
    ["take", (map) => map.take("a")],
    ["deleteIf", (map) => map.deleteIf("a", 1)],
    ["deleteWhere", (map) => map.deleteWhere(() => true)],
  ];

  it.each(writes)("rejects with ConflictError after %s, and keeps what was written", async (_, write) => {
    const map = new SafeMap([["a", 1]], { name: "stock" });
    const untouched = new SafeMap([["a", 1]]);
    write(untouched);
    const update = map.updateAsync("a", async (current) => (await settle(), current! + 1));
    write(map);
    await expect(update).rejects.toThrow(ConflictError);
    await expect(update).rejects.toThrow('stock: key "a" was written while its update ran');
    expect([...map]).toEqual([...untouched]);
  });

  it.each([NaN, 0, -0, undefined, null, {}])("knows a write of its key by SameValueZero: %o", async (key) => {
    const map = new SafeMap<unknown, number>([[key, 1]]);
    const update = map.updateAsync(key, async (current) => (await settle(), current! + 1));
    map.set(Object.is(key, -0) ? 0 : key, 5);
    await expect(update).rejects.toThrow(ConflictError);
  });

  it("commits when another key was written", async () => {
    const map = new SafeMap([["a", 1]]);
    const update = map.updateAsync("a", async (current) => (await settle(), current! + 1));
    map.set("b", 1);
    await expect(update).resolves.toBe(2);
  });

  it("commits when only what did not write was called", async () => {
    const map = new SafeMap([["a", 1]]);
    const update = map.updateAsync("a", async (current) => (await settle(), current! + 1));
    map.getOrInsert("a", 9);
    map.compareAndSet("a", 7, 9);
    map.deleteIf("a", 9);
    await expect(update).resolves.toBe(2);
  });

  it("runs the updater again with onConflict retry", async () => {
    const map = new SafeMap([["a", 1]]);
    let runs = 0;
    const update = map.updateAsync("a", async (current) => (runs++, await settle(), current! + 1), { onConflict: "retry" });
    map.set("a", 10);
    await expect(update).resolves.toBe(11);
    expect(runs).toBe(2);
  });

  it("overwrites with onConflict overwrite", async () => {
    const map = new SafeMap([["a", 1]]);
    const update = map.updateAsync("a", async (current) => (await settle(), current! + 1), { onConflict: "overwrite" });
    map.set("a", 10);
    await expect(update).resolves.toBe(2);
    expect(map.get("a")).toBe(2);
  });

  it("lets a waiter read what was written before its turn, without a conflict", async () => {
    const map = new SafeMap([["a", 1]]);
    const first = map.updateAsync("a", async (current) => (await settle(), current! + 1), { onConflict: "overwrite" });
    const second = map.updateAsync("a", async (current) => (await settle(), current! * 10));
    map.set("a", 7);
    await first;
    await expect(second).resolves.toBe(20);
  });
});

describe("a caller of updateAsync that leaves", () => {
  it("is rejected with the signal's reason while it waits, and leaves the queue", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const controller = new AbortController();
    let hasRun = false;
    const first = map.updateAsync("a", () => gate.promise);
    const leaver = map.updateAsync("a", async () => ((hasRun = true), "left"), { signal: controller.signal });
    const third = map.updateAsync("a", async (current) => current + "3");
    controller.abort(new Error("enough"));
    await expect(leaver).rejects.toThrow("enough");
    gate.resolve("1");
    await first;
    await expect(third).resolves.toBe("13");
    expect(hasRun).toBe(false);
  });

  it("is rejected with LockTimeoutError while it waits", async () => {
    const map = new SafeMap<string, string>(null, { name: "jobs" });
    const gate = deferred<string>();
    const first = map.updateAsync("a", () => gate.promise);
    const leaver = map.updateAsync("a", async () => "left", { timeout: 5 });
    await expect(leaver).rejects.toThrow(LockTimeoutError);
    await expect(leaver).rejects.toThrow('jobs: gave up after 5 ms waiting for key "a"');
    gate.resolve("1");
    await expect(first).resolves.toBe("1");
  });

  it("is rejected at once while its updater runs; the lock stays taken and the result is dropped", async () => {
    const map = new SafeMap<string, string>([["a", "0"]]);
    const gate = deferred<string>();
    const controller = new AbortController();
    const leaver = map.updateAsync("a", () => gate.promise, { signal: controller.signal });
    const next = map.updateAsync("a", async (current) => current + "2");
    controller.abort(new Error("enough"));
    await expect(leaver).rejects.toThrow("enough");
    expect(await stateOf(next)).toBe("pending");
    gate.resolve("1");
    await expect(next).resolves.toBe("02");
  });

  it("raises no unhandled rejection when its updater fails later", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const leaver = map.updateAsync("a", () => gate.promise, { timeout: 1 });
    await expect(leaver).rejects.toThrow(LockTimeoutError);
    gate.reject(new Error("late"));
    await settle();
    await expect(map.updateAsync("a", async () => "free")).resolves.toBe("free");
  });

  it("runs nothing when its signal was aborted before", async () => {
    const map = new SafeMap<string, string>();
    let hasRun = false;
    const update = map.updateAsync("a", async () => ((hasRun = true), "x"), { signal: AbortSignal.abort(new Error("before")) });
    await expect(update).rejects.toThrow("before");
    expect(hasRun).toBe(false);
  });

  it("does not run when it leaves between the grant and its turn", async () => {
    const map = new SafeMap<string, string>();
    const controller = new AbortController();
    const held = await map.lock(["a"]);
    let hasRun = false;
    const leaver = map.updateAsync("a", async () => ((hasRun = true), "x"), { signal: controller.signal });
    held.release();
    controller.abort(new Error("between"));
    await expect(leaver).rejects.toThrow("between");
    await expect(map.updateAsync("a", async () => "free")).resolves.toBe("free");
    expect(hasRun).toBe(false);
  });

  it("is not cut off by a timeout longer than a timer can take", async () => {
    const map = new SafeMap<string, string>();
    const update = (timeout: number): Promise<string> => map.updateAsync("a", async () => (await settle(), await settle(), "done"), { timeout });
    await expect(update(2 ** 40)).resolves.toBe("done");
    await expect(update(Infinity)).resolves.toBe("done");
  });

  it.each([NaN, -1, "5" as unknown as number])("is refused the timeout %o", async (timeout) => {
    await expect(new SafeMap<string, string>().updateAsync("a", async () => "x", { timeout })).rejects.toThrow(RangeError);
  });
});
