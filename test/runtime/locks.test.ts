import { describe, expect, it } from "vitest";
import { LockTimeoutError, SafeMap } from "../../src/runtime/index.js";
import { deferred, settle, stateOf } from "./helpers.js";

describe("runExclusive", () => {
  it("gives the section's result", async () => {
    await expect(new SafeMap<string, number>().runExclusive(["a"], async () => 7)).resolves.toBe(7);
  });

  it("takes a section that is not async", async () => {
    await expect(new SafeMap<string, number>().runExclusive(["a"], () => 7)).resolves.toBe(7);
  });

  it("rejects with the section's error and frees the key", async () => {
    const map = new SafeMap<string, number>();
    await expect(map.runExclusive(["a"], async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(map.runExclusive(["a"], () => { throw new Error("at once"); })).rejects.toThrow("at once");
    await expect(map.runExclusive(["a"], async () => "free")).resolves.toBe("free");
  });

  it("runs sections of one key one after the other, in order", async () => {
    const map = new SafeMap<string, number>();
    const log: string[] = [];
    const section = (name: string) => async (): Promise<void> => {
      log.push(name + " in");
      await settle();
      log.push(name + " out");
    };
    await Promise.all([map.runExclusive(["a"], section("1")), map.runExclusive(["a"], section("2"))]);
    expect(log).toEqual(["1 in", "1 out", "2 in", "2 out"]);
  });

  it("shares its queue with updateAsync", async () => {
    const map = new SafeMap<string, number>();
    const gate = deferred();
    const section = map.runExclusive(["a"], () => gate.promise);
    const update = map.updateAsync("a", async () => 1);
    expect(await stateOf(update)).toBe("pending");
    gate.resolve();
    await section;
    await expect(update).resolves.toBe(1);
  });

  it("lets its own writes be", async () => {
    const map = new SafeMap([["a", 1]]);
    await map.runExclusive(["a"], async () => {
      const read = map.get("a")!;
      await settle();
      map.set("a", read + 1);
    });
    expect(map.get("a")).toBe(2);
  });

  it("takes a key that is named twice once", async () => {
    await expect(new SafeMap<string, number>().runExclusive(["a", "b", "a"], async () => "in")).resolves.toBe("in");
    await expect(new SafeMap<number, number>().runExclusive([0, -0], async () => "in")).resolves.toBe("in");
  });

  it("never deadlocks with another acquisition of the same keys in another order", async () => {
    const map = new SafeMap<string, number>();
    const sections = [["a", "b"], ["b", "a"], ["b", "c"], ["c", "a"], ["c", "b", "a"]].map((keys, index) =>
      map.runExclusive(keys, async () => (await settle(), index)),
    );
    await expect(Promise.all(sections)).resolves.toEqual([0, 1, 2, 3, 4]);
  });

  it("does not let a later single key overtake an acquisition of several", async () => {
    const map = new SafeMap<string, number>();
    const log: string[] = [];
    const gate = deferred();
    const first = map.runExclusive(["a"], () => gate.promise);
    const both = map.runExclusive(["a", "b"], async () => log.push("both"));
    const single = map.runExclusive(["b"], async () => log.push("single"));
    expect(await stateOf(single)).toBe("pending");
    gate.resolve();
    await Promise.all([first, both, single]);
    expect(log).toEqual(["both", "single"]);
  });

  it("leaves synchronous methods alone: locks are advisory", async () => {
    const map = new SafeMap<string, number>();
    const held = await map.lock(["a"]);
    map.set("a", 1);
    expect(map.get("a")).toBe(1);
    held.release();
  });

  it("refuses keys that are no array, a string above all", async () => {
    const run = new SafeMap<string, number>().runExclusive("abc" as unknown as string[], async () => 1);
    await expect(run).rejects.toThrow(TypeError);
  });
});

describe("runExclusive of the whole map", () => {
  const forms: [string, (map: SafeMap<string, number>, section: () => Promise<void>) => Promise<void>][] = [
    ["without keys", (map, section) => map.runExclusive(section)],
    ["with undefined", (map, section) => map.runExclusive(undefined, section)],
    ["with an empty list", (map, section) => map.runExclusive([], section)],
  ];

  it.each(forms)("%s waits for earlier keys and holds later ones up", async (_, runWhole) => {
    const map = new SafeMap<string, number>();
    const log: string[] = [];
    const section = (name: string) => async (): Promise<void> => {
      log.push(name + " in");
      await settle();
      log.push(name + " out");
    };
    await Promise.all([
      map.runExclusive(["a"], section("a")),
      map.runExclusive(["b"], section("b")),
      runWhole(map, section("whole")),
      map.runExclusive(["c"], section("c")),
      map.runExclusive(["a"], section("d")),
    ]);
    expect(log).toEqual(["a in", "b in", "a out", "b out", "whole in", "whole out", "c in", "d in", "c out", "d out"]);
  });

  it("keeps keys from overtaking even while it only waits", async () => {
    const map = new SafeMap<string, number>();
    const gate = deferred();
    const first = map.runExclusive(["a"], () => gate.promise);
    const whole = map.runExclusive(async () => {});
    const later = map.updateAsync("b", async () => 1);
    expect(await stateOf(later)).toBe("pending");
    gate.resolve();
    await Promise.all([first, whole, later]);
    expect(map.get("b")).toBe(1);
  });

  it("lets keys in again when it gives up waiting", async () => {
    const map = new SafeMap<string, number>();
    const gate = deferred();
    const first = map.runExclusive(["a"], () => gate.promise);
    const whole = map.runExclusive(async () => {}, { timeout: 2 });
    const later = map.updateAsync("b", async () => 1);
    await expect(whole).rejects.toThrow("waiting for the whole map");
    await expect(later).resolves.toBe(1);
    gate.resolve();
    await first;
  });

  it("excludes another one", async () => {
    const map = new SafeMap<string, number>();
    let inside = 0;
    let most = 0;
    const section = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await settle();
      inside--;
    };
    await Promise.all([map.runExclusive(section), map.runExclusive(section), map.runExclusive(section)]);
    expect(most).toBe(1);
  });
});

describe("lock", () => {
  it("gives a handle that knows its keys", async () => {
    const map = new SafeMap<string, number>();
    using held = await map.lock(["a", "b", "a"]);
    expect(held.keys).toEqual(["a", "b"]);
    expect(held.isReleased).toBe(false);
  });

  it("holds the keys until it is released", async () => {
    const map = new SafeMap<string, number>();
    const held = await map.lock(["a"]);
    const next = map.lock(["a"]);
    expect(await stateOf(next)).toBe("pending");
    held.release();
    expect(held.isReleased).toBe(true);
    (await next).release();
    expect(await stateOf(map.lock(["a"]))).toBe("fulfilled");
  });

  it("is released at the end of a using block", async () => {
    const map = new SafeMap<string, number>();
    {
      using held = await map.lock(["a"]);
      expect(held.isReleased).toBe(false);
    }
    expect(await stateOf(map.lock(["a"]))).toBe("fulfilled");
  });

  it("does nothing on a second release, even when the next one holds the key", async () => {
    const map = new SafeMap<string, number>();
    const first = await map.lock(["a"]);
    first.release();
    const second = await map.lock(["a"]);
    first.release();
    first[Symbol.dispose]();
    expect(await stateOf(map.lock(["a"]))).toBe("pending");
    expect(second.isReleased).toBe(false);
  });

  it("does nothing on a second release while the next one holds the same queue", async () => {
    const map = new SafeMap<string, number>();
    const first = await map.lock(["a"]);
    const second = map.lock(["a"]);
    const third = map.lock(["a"]);
    first.release();
    await second;
    first.release();
    expect(await stateOf(third)).toBe("pending");
  });

  it("does not let the whole map be locked by a second release", async () => {
    const map = new SafeMap<string, number>();
    const first = await map.lock(["a"]);
    await map.lock(["b"]);
    first.release();
    first.release();
    expect(await stateOf(map.lock())).toBe("pending");
  });

  it("locks the whole map without keys", async () => {
    const map = new SafeMap<string, number>();
    const held = await map.lock();
    expect(held.keys).toBeUndefined();
    const other = map.lock(["a"]);
    expect(await stateOf(other)).toBe("pending");
    held.release();
    expect(await stateOf(other)).toBe("fulfilled");
  });

  it("leaves nothing behind when it times out", async () => {
    const map = new SafeMap<string, number>();
    const held = await map.lock(["a"]);
    await expect(map.lock(["a", "b"], { timeout: 2 })).rejects.toThrow(LockTimeoutError);
    expect(await stateOf(map.lock(["b"]))).toBe("fulfilled");
    held.release();
    expect(await stateOf(map.lock(["a"]))).toBe("fulfilled");
  });

  it("is not taken from who has it when the timeout passes later", async () => {
    const map = new SafeMap<string, number>();
    const held = await map.lock(["a"], { timeout: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await stateOf(map.lock(["a"]))).toBe("pending");
    expect(held.isReleased).toBe(false);
  });

  it("goes to the next one when its caller leaves between the grant and its turn", async () => {
    const map = new SafeMap<string, number>();
    const controller = new AbortController();
    const held = await map.lock(["a"]);
    const leaver = map.lock(["a"], { signal: controller.signal });
    const next = map.lock(["a"]);
    held.release();
    controller.abort(new Error("between"));
    await expect(leaver).rejects.toThrow("between");
    await expect(next).resolves.toMatchObject({ isReleased: false });
  });

  it("refuses a mode it does not know", async () => {
    await expect(new SafeMap<string, number>().lock(["a"], { mode: "read" as "shared" })).rejects.toThrow(TypeError);
  });
});

describe("lock in shared mode", () => {
  it("lets readers in together", async () => {
    const map = new SafeMap<string, number>();
    await map.lock(["a"], { mode: "shared" });
    expect(await stateOf(map.lock(["a"], { mode: "shared" }))).toBe("fulfilled");
  });

  it("keeps a writer out until the last reader leaves", async () => {
    const map = new SafeMap<string, number>();
    const one = await map.lock(["a"], { mode: "shared" });
    const two = await map.lock(["a"], { mode: "shared" });
    const writer = map.lock(["a"]);
    one.release();
    expect(await stateOf(writer)).toBe("pending");
    two.release();
    expect(await stateOf(writer)).toBe("fulfilled");
  });

  it("does not let a later reader overtake a waiting writer", async () => {
    const map = new SafeMap<string, number>();
    const reader = await map.lock(["a"], { mode: "shared" });
    const writer = map.lock(["a"]);
    const late = map.lock(["a"], { mode: "shared" });
    expect(await stateOf(late)).toBe("pending");
    reader.release();
    (await writer).release();
    expect(await stateOf(late)).toBe("fulfilled");
  });

  it("lets the readers behind a writer in when the writer gives up", async () => {
    const map = new SafeMap<string, number>();
    await map.lock(["a"], { mode: "shared" });
    const writer = map.lock(["a"], { timeout: 2 });
    const late = map.lock(["a"], { mode: "shared" });
    await expect(writer).rejects.toThrow(LockTimeoutError);
    expect(await stateOf(late)).toBe("fulfilled");
  });

  it("of the whole map goes with readers of keys and not with writers of keys", async () => {
    const map = new SafeMap<string, number>();
    const whole = await map.lock({ mode: "shared" });
    const reader = await map.lock(["a"], { mode: "shared" });
    const writer = map.lock(["b"]);
    expect(await stateOf(writer)).toBe("pending");
    whole.release();
    expect(await stateOf(writer)).toBe("fulfilled");
    reader.release();
  });

  it("of the whole map waits for writers of keys", async () => {
    const map = new SafeMap<string, number>();
    const writer = await map.lock(["a"]);
    const whole = map.lock(undefined, { mode: "shared" });
    expect(await stateOf(whole)).toBe("pending");
    writer.release();
    expect(await stateOf(whole)).toBe("fulfilled");
  });
});

describe("nested acquisitions", () => {
  it("deadlock, and time out", async () => {
    const map = new SafeMap<string, number>();
    const nested = map.runExclusive(["a"], () => map.runExclusive(["a"], async () => "never", { timeout: 5 }));
    await expect(nested).rejects.toThrow(LockTimeoutError);
    await expect(map.runExclusive(["a"], async () => "free")).resolves.toBe("free");
  });
});
