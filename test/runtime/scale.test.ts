import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { SafeMap } from "../../src/runtime/index.js";
import { collectGarbage, deferred, settle, stateOf } from "./helpers.js";

const waiters = 100_000;
const many = <T>(make: (index: number) => T): T[] => Array.from({ length: waiters }, (_, index) => make(index));

describe("100,000 waiters", () => {
  it("for one key are all served, in order", async () => {
    const map = new SafeMap<string, number>([["a", 0]]);
    const results = await Promise.all(many(() => map.updateAsync("a", async (current) => current! + 1)));
    expect(results).toEqual(many((index) => index + 1));
  });

  it("whose updaters all throw at once overflow no stack", async () => {
    const map = new SafeMap<string, number>();
    const fail = (): number => { throw new Error("no"); };
    const results = await Promise.allSettled(many(() => map.updateAsync("a", fail)));
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
  });

  it("for the whole map are all served", async () => {
    const map = new SafeMap<string, number>();
    let served = 0;
    await Promise.all(many(() => map.runExclusive(() => served++)));
    expect(served).toBe(waiters);
  });

  it("of one signal leave together, without a warning", async () => {
    const warnings: Error[] = [];
    const collect = (warning: Error): void => void warnings.push(warning);
    process.on("warning", collect);
    const map = new SafeMap<string, number>();
    const controller = new AbortController();
    const held = await map.lock(["a"]);
    const leavers = many(() => map.updateAsync("a", async () => 1, { signal: controller.signal }));
    controller.abort(new Error("all"));
    const results = await Promise.allSettled(leavers);
    held.release();
    await settle();
    process.off("warning", collect);
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    expect(warnings).toEqual([]);
    await expect(map.updateAsync("a", async () => 7)).resolves.toBe(7);
  });

  it("of one load share it", async () => {
    const map = new SafeMap<string, number>();
    const gate = deferred<number>();
    let loads = 0;
    const load = (): Promise<number> => (loads++, gate.promise);
    const results = many((index) => map.getOrInsertAsync("a", load, index % 2 === 0 ? undefined : { timeout: 60_000 }));
    gate.resolve(7);
    expect(new Set(await Promise.all(results))).toEqual(new Set([7]));
    expect(loads).toBe(1);
  });
});

describe("nothing is left behind", () => {
  it("on a signal, once its callers have their answers", async () => {
    const map = new SafeMap<string, number>();
    const { signal } = new AbortController();
    await map.updateAsync("a", async () => 1, { signal });
    await map.runExclusive(["a"], async () => {}, { signal });
    await map.getOrInsertAsync("b", async () => 1, { signal });
    (await map.lock(["a"], { signal })).release();
    const held = await map.lock(["a"]);
    const waiting = map.lock(["a"], { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    held.release();
    await waiting;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it.each<[string, (map: SafeMap<string, number>, use: () => number) => Promise<unknown>]>([
    ["updateAsync", (map, use) => map.updateAsync("a", async () => use(), { timeout: 1 })],
    ["runExclusive", (map, use) => map.runExclusive(["b", "a"], () => use(), { timeout: 1 })],
    ["getOrInsertAsync", (map, use) => map.getOrInsertAsync("loading", async () => use(), { timeout: 1 })],
  ])("of what a caller of %s brought along, once it has left a wait that goes on", async (_, wait) => {
    const map = new SafeMap<string, number>();
    const held = await map.lock(["a"]);
    const loading = map.getOrInsertAsync("loading", () => new Promise(() => {}));
    const brought = await (async () => {
      const mine = {};
      await wait(map, () => Object.keys(mine).length).catch(() => {});
      return new WeakRef(mine);
    })();
    await collectGarbage();
    expect(brought.deref()).toBeUndefined();
    expect(await stateOf(loading)).toBe("pending");
    expect(held.isReleased).toBe(false);
  });

  it("on the event loop, once a caller with a timeout has its answer", async () => {
    vi.useFakeTimers();
    const map = new SafeMap<string, number>();
    await map.updateAsync("a", async () => 1, { timeout: 60_000 });
    await map.getOrInsertAsync("b", async () => 1, { timeout: 60_000 });
    await map.forEachAsync(() => {}, { timeout: 60_000 });
    (await map.lock(["a"], { timeout: 60_000 })).release();
    expect(vi.getTimerCount()).toBe(0);
    void map.getOrInsertAsync("c", () => new Promise(() => {}), { timeout: 60_000 });
    expect(vi.getTimerCount()).toBe(1);
    vi.useRealTimers();
  });
});
