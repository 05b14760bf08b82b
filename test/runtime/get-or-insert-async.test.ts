import { describe, expect, it, vi } from "vitest";
import { LockTimeoutError, SafeMap } from "../../src/runtime/index.js";
import { deferred, settle, stateOf } from "./helpers.js";

describe("getOrInsertAsync", () => {
  it("loads, stores and gives an absent key's value", async () => {
    const map = new SafeMap<string, string>();
    await expect(map.getOrInsertAsync("a", async (key) => key + "!")).resolves.toBe("a!");
    expect(map.get("a")).toBe("a!");
  });

  it("gives what is there without loading", async () => {
    const load = vi.fn(async () => 2);
    await expect(new SafeMap([["a", 1]]).getOrInsertAsync("a", load)).resolves.toBe(1);
    expect(load).not.toHaveBeenCalled();
  });

  it("takes a stored undefined for present", async () => {
    const load = vi.fn(async () => undefined);
    const map = new SafeMap<string, undefined>([["a", undefined]]);
    await map.getOrInsertAsync("a", load);
    expect(load).not.toHaveBeenCalled();
  });

  it("loads once for many callers", async () => {
    const load = vi.fn(async () => (await settle(), {}));
    const map = new SafeMap<string, object>();
    const values = await Promise.all([
      map.getOrInsertAsync("a", load),
      map.getOrInsertAsync("a", load),
      map.getOrInsertAsync("a", load, { timeout: 1000 }),
    ]);
    expect(new Set(values).size).toBe(1);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("loads two keys side by side", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const slow = map.getOrInsertAsync("a", () => gate.promise);
    await expect(map.getOrInsertAsync("b", async () => "b")).resolves.toBe("b");
    gate.resolve("a");
    await expect(slow).resolves.toBe("a");
  });

  it("hands +0 to the load for -0, as the key is stored", async () => {
    const map = new SafeMap<number, boolean>();
    await expect(map.getOrInsertAsync(-0, async (key) => Object.is(key, 0))).resolves.toBe(true);
  });

  it("does not wait for the key's lock, so that a section may call it for its own key", async () => {
    const map = new SafeMap<string, number>();
    await expect(map.runExclusive(["a"], () => map.getOrInsertAsync("a", async () => 1))).resolves.toBe(1);
  });
});

describe("a load that fails", () => {
  it("rejects for all its callers and is not kept", async () => {
    const map = new SafeMap<string, number>();
    const load = vi.fn<() => Promise<number>>().mockRejectedValueOnce(new Error("down")).mockResolvedValueOnce(1);
    const [one, two] = await Promise.allSettled([map.getOrInsertAsync("a", load), map.getOrInsertAsync("a", load, { timeout: 1000 })]);
    expect([one, two]).toEqual([
      { status: "rejected", reason: new Error("down") },
      { status: "rejected", reason: new Error("down") },
    ]);
    expect(map.has("a")).toBe(false);
    await expect(map.getOrInsertAsync("a", load)).resolves.toBe(1);
  });

  it("rejects, and is not kept, when it throws before it awaits", async () => {
    const map = new SafeMap<string, number>();
    const fail = (): number => { throw new Error("at once"); };
    await expect(map.getOrInsertAsync("a", fail)).rejects.toThrow("at once");
    await expect(map.getOrInsertAsync("a", fail, { timeout: 1000 })).rejects.toThrow("at once");
    await expect(map.getOrInsertAsync("a", async () => 1)).resolves.toBe(1);
  });
});

describe("writes during a load", () => {
  it.each<[string, (map: SafeMap<string, string>) => void]>([
    ["delete", (map) => map.delete("a")],
    ["clear", (map) => map.clear()],
    ["take", (map) => map.take("a")],
  ])("after %s the callers get the value, unstored", async (_, invalidate) => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const loading = map.getOrInsertAsync("a", () => gate.promise);
    invalidate(map);
    gate.resolve("old");
    await expect(loading).resolves.toBe("old");
    expect(map.has("a")).toBe(false);
  });

  it("after delete a new caller starts a new load, whose value stays whichever ends first", async () => {
    const map = new SafeMap<string, string>();
    const [oldGate, newGate] = [deferred<string>(), deferred<string>()];
    const old = map.getOrInsertAsync("a", () => oldGate.promise);
    map.delete("a");
    const fresh = map.getOrInsertAsync("a", () => newGate.promise);
    newGate.resolve("new");
    await expect(fresh).resolves.toBe("new");
    oldGate.resolve("old");
    await expect(old).resolves.toBe("old");
    expect(map.get("a")).toBe("new");
  });

  it("after delete the old load's end does not end the new one", async () => {
    const map = new SafeMap<string, string>();
    const [oldGate, newGate] = [deferred<string>(), deferred<string>()];
    const old = map.getOrInsertAsync("a", () => oldGate.promise);
    map.delete("a");
    const fresh = map.getOrInsertAsync("a", () => newGate.promise);
    oldGate.reject(new Error("old"));
    await expect(old).rejects.toThrow("old");
    const third = map.getOrInsertAsync("a", async () => "third");
    newGate.resolve("new");
    await expect(Promise.all([fresh, third])).resolves.toEqual(["new", "new"]);
  });

  it("set wins: it stays, and the callers get it", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const loading = map.getOrInsertAsync("a", () => gate.promise);
    map.set("a", "set");
    await expect(map.getOrInsertAsync("a", async () => "other")).resolves.toBe("set");
    gate.resolve("loaded");
    await expect(loading).resolves.toBe("set");
    expect(map.get("a")).toBe("set");
  });

  it("set wins over a load that fails", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const loading = map.getOrInsertAsync("a", () => gate.promise);
    map.set("a", "set");
    gate.reject(new Error("down"));
    await expect(loading).resolves.toBe("set");
  });

  it("set and delete leave the callers the loaded value, unstored", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const loading = map.getOrInsertAsync("a", () => gate.promise);
    map.set("a", "set");
    map.delete("a");
    gate.resolve("loaded");
    await expect(loading).resolves.toBe("loaded");
    expect(map.has("a")).toBe(false);
  });

  it("set by the load itself wins", async () => {
    const map = new SafeMap<string, string>();
    const loading = map.getOrInsertAsync("a", async () => {
      map.set("a", "set");
      return "loaded";
    });
    await expect(loading).resolves.toBe("set");
  });

  it("a write of another key changes nothing", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const loading = map.getOrInsertAsync("a", () => gate.promise);
    map.set("b", "x").delete("b");
    gate.resolve("loaded");
    await expect(loading).resolves.toBe("loaded");
    expect(map.get("a")).toBe("loaded");
  });
});

describe("callers of a load that leave", () => {
  it("are rejected by their own signal; the others go on", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const controller = new AbortController();
    const leaver = map.getOrInsertAsync("a", () => gate.promise, { signal: controller.signal });
    const stayer = map.getOrInsertAsync("a", async () => "never");
    controller.abort(new Error("enough"));
    await expect(leaver).rejects.toThrow("enough");
    gate.resolve("a");
    await expect(stayer).resolves.toBe("a");
  });

  it("are rejected by their own timeout, with the map and the key in the error", async () => {
    const map = new SafeMap<string, string>(null, { name: "users" });
    const leaver = map.getOrInsertAsync("u1", () => new Promise(() => {}), { timeout: 2 });
    await expect(leaver).rejects.toThrow(LockTimeoutError);
    await expect(leaver).rejects.toThrow('users: gave up after 2 ms waiting for the load of key "u1"');
  });

  it("abort the load's signal when the last of them leaves", async () => {
    const map = new SafeMap<string, string>();
    const [one, two] = [new AbortController(), new AbortController()];
    let loadSignal!: AbortSignal;
    const load = (_: string, { signal }: { signal: AbortSignal }): Promise<string> => ((loadSignal = signal), new Promise(() => {}));
    const first = map.getOrInsertAsync("a", load, { signal: one.signal });
    const second = map.getOrInsertAsync("a", load, { signal: two.signal });
    one.abort(new Error("one"));
    await expect(first).rejects.toThrow("one");
    expect(loadSignal.aborted).toBe(false);
    two.abort(new Error("two"));
    await expect(second).rejects.toThrow("two");
    expect(loadSignal.reason).toEqual(new Error("two"));
  });

  it("never abort it while one who cannot leave stays", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    let loadSignal!: AbortSignal;
    const stayer = map.getOrInsertAsync("a", (_, { signal }) => ((loadSignal = signal), gate.promise));
    const leaver = map.getOrInsertAsync("a", () => gate.promise, { timeout: 1 });
    await expect(leaver).rejects.toThrow(LockTimeoutError);
    expect(loadSignal.aborted).toBe(false);
    gate.resolve("a");
    await expect(stayer).resolves.toBe("a");
  });

  it("give way to a new load once all have left; the old one stores nothing", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    const leaver = map.getOrInsertAsync("a", () => gate.promise, { timeout: 1 });
    await expect(leaver).rejects.toThrow(LockTimeoutError);
    const fresh = map.getOrInsertAsync("a", async () => (await settle(), "new"));
    gate.resolve("old");
    await settle();
    await expect(fresh).resolves.toBe("new");
    expect(map.get("a")).toBe("new");
  });

  it("raise no unhandled rejection when the load fails after them", async () => {
    const map = new SafeMap<string, string>();
    const gate = deferred<string>();
    await expect(map.getOrInsertAsync("a", () => gate.promise, { timeout: 1 })).rejects.toThrow(LockTimeoutError);
    gate.reject(new Error("late"));
    expect(await stateOf(gate.promise)).toBe("rejected");
  });

  it("do not load at all when the signal was aborted before, hit or miss", async () => {
    const load = vi.fn(async () => 1);
    const options = { signal: AbortSignal.abort(new Error("before")) };
    await expect(new SafeMap<string, number>().getOrInsertAsync("a", load, options)).rejects.toThrow("before");
    await expect(new SafeMap([["a", 1]]).getOrInsertAsync("a", load, options)).rejects.toThrow("before");
    expect(load).not.toHaveBeenCalled();
  });
});
