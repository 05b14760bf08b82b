import { describe, expect, it } from "vitest";
import { SafeMap } from "../../src/runtime/index.js";
import { deferred, settle } from "./helpers.js";

describe("stats", () => {
  it("are zero for a new map", () => {
    expect(Object.values(new SafeMap().stats())).toEqual(Array(10).fill(0));
  });

  it("count hits, loads, shared loads and failed ones", async () => {
    const map = new SafeMap<string, number>();
    const load = async (): Promise<number> => 1;
    await Promise.all([map.getOrInsertAsync("a", load), map.getOrInsertAsync("a", load), map.getOrInsertAsync("a", load, { timeout: 1000 })]);
    await map.getOrInsertAsync("a", load);
    await map.getOrInsertAsync("a", load, { timeout: 1000 });
    await map.getOrInsertAsync("b", async () => Promise.reject(new Error("no"))).catch(() => {});
    expect(map.stats()).toMatchObject({ size: 1, hits: 2, loads: 2, sharedLoads: 2, failedLoads: 1, loading: 0 });
  });

  it("count loads under way", () => {
    const map = new SafeMap<string, number>();
    void map.getOrInsertAsync("a", () => new Promise(() => {}));
    expect(map.stats().loading).toBe(1);
    map.delete("a");
    expect(map.stats().loading).toBe(0);
  });

  it("count locked keys, who waits, and who had to", async () => {
    const map = new SafeMap<string, number>();
    const gate = deferred<number>();
    const updates = [map.updateAsync("a", () => gate.promise), map.updateAsync("a", async () => 2), map.updateAsync("b", async () => 3)];
    expect(map.stats()).toMatchObject({ lockedKeys: 2, waiting: 1, waits: 1 });
    gate.resolve(1);
    await Promise.all(updates);
    expect(map.stats()).toMatchObject({ lockedKeys: 0, waiting: 0, waits: 1 });
  });

  it("count a waiter of several keys once, until it gets them or leaves", async () => {
    const map = new SafeMap<string, number>();
    const held = await map.lock(["a", "b"]);
    const waiters = [map.lock(["a", "b"]), map.lock(), map.lock(["a"], { timeout: 2 })];
    expect(map.stats().waiting).toBe(3);
    await expect(waiters[2]).rejects.toThrow();
    expect(map.stats().waiting).toBe(2);
    held.release();
    (await waiters[0]!).release();
    (await waiters[1]!).release();
    expect(map.stats()).toMatchObject({ lockedKeys: 0, waiting: 0, waits: 3 });
  });

  it("count conflicts", async () => {
    const map = new SafeMap<string, number>();
    for (const onConflict of ["reject", "retry", "overwrite"] as const) {
      const update = map.updateAsync("a", async () => (await settle(), 1), { onConflict });
      map.set("a", 2);
      await update.catch(() => {});
    }
    expect(map.stats().conflicts).toBe(3);
  });

  it("leave no locked key behind, however sections end", async () => {
    const map = new SafeMap<string, number>();
    await map.runExclusive(["a", "b"], async () => {});
    await map.runExclusive(["a"], () => Promise.reject(new Error("no"))).catch(() => {});
    await map.updateAsync("a", () => { throw new Error("no"); }).catch(() => {});
    await Promise.all(["x", "y", "x"].map((key) => map.updateAsync(key, async () => 1)));
    expect(map.stats()).toMatchObject({ lockedKeys: 0, waiting: 0 });
  });
});
