import { describe, expect, it } from "vitest";
import { LockTimeoutError } from "../../src/runtime/index.js";
import { RefCountedMap } from "../../src/runtime/ref-counted-map.js";
import { deferred, settle, stateOf } from "./helpers.js";

/** A map of numbered values, and the log of their lives. */
function logged(): { map: RefCountedMap<string, string>; log: string[] } {
  const log: string[] = [];
  let count = 0;
  const map = new RefCountedMap<string, string>({
    name: "files",
    async create(key) {
      await settle();
      const value = key + ++count;
      log.push("create " + value);
      return value;
    },
    async destroy(value) {
      await settle();
      log.push("destroy " + value);
    },
  });
  return { map, log };
}

describe("RefCountedMap", () => {
  it("creates one value for all who hold it", async () => {
    const { map, log } = logged();
    const [one, two] = await Promise.all([map.acquire("a"), map.acquire("a")]);
    expect([one.value, two.value, map.countOf("a"), map.size]).toEqual(["a1", "a1", 2, 1]);
    expect(log).toEqual(["create a1"]);
  });

  it("destroys it when the last one releases it", async () => {
    const { map, log } = logged();
    const [one, two] = await Promise.all([map.acquire("a"), map.acquire("a")]);
    await one.release();
    expect(log).toEqual(["create a1"]);
    await two.release();
    expect(log).toEqual(["create a1", "destroy a1"]);
    expect([map.countOf("a"), map.size]).toEqual([0, 0]);
  });

  it("counts a second release of one holder for nothing", async () => {
    const { map, log } = logged();
    const [one] = await Promise.all([map.acquire("a"), map.acquire("a")]);
    await one.release();
    await one.release();
    expect(map.countOf("a")).toBe(1);
    expect(log).toEqual(["create a1"]);
  });

  it("releases at the end of an await using block", async () => {
    const { map, log } = logged();
    {
      await using reference = await map.acquire("a");
      expect(reference.value).toBe("a1");
    }
    expect(log).toEqual(["create a1", "destroy a1"]);
  });

  it("never lets a new value live beside one that is being destroyed", async () => {
    const { map, log } = logged();
    const first = await map.acquire("a");
    const releasing = first.release();
    await settle();
    const second = await map.acquire("a");
    await releasing;
    expect(log).toEqual(["create a1", "destroy a1", "create a2"]);
    expect(second.value).toBe("a2");
  });

  it("keeps a value that is acquired between the last release and its destruction", async () => {
    const { map, log } = logged();
    const first = await map.acquire("a");
    const [second] = await Promise.all([map.acquire("a"), first.release()]);
    expect([second.value, map.countOf("a")]).toEqual(["a1", 1]);
    expect(log).toEqual(["create a1"]);
  });

  it("keeps no failed creation", async () => {
    let count = 0;
    const map = new RefCountedMap<string, number>({ create: async () => (++count === 1 ? Promise.reject(new Error("no")) : count) });
    await expect(map.acquire("a")).rejects.toThrow("no");
    expect((await map.acquire("a")).value).toBe(2);
  });

  it("rejects the release whose destruction fails, and forgets the value all the same", async () => {
    const map = new RefCountedMap<string, number>({ create: () => 1, destroy: () => Promise.reject(new Error("no")) });
    const reference = await map.acquire("a");
    await expect(reference.release()).rejects.toThrow("no");
    expect(map.size).toBe(0);
  });
});

describe("who leaves while it acquires", () => {
  it("holds nothing: a value created for it alone is destroyed", async () => {
    const gate = deferred<string>();
    const destroyed: string[] = [];
    const map = new RefCountedMap<string, string>({ name: "files", create: () => gate.promise, destroy: (value) => destroyed.push(value) });
    const leaver = map.acquire("a", { timeout: 2 });
    await expect(leaver).rejects.toThrow(LockTimeoutError);
    await expect(leaver).rejects.toThrow('files: gave up after 2 ms waiting for key "a"');
    gate.resolve("late");
    await settle();
    expect([destroyed, map.size]).toEqual([["late"], 0]);
  });

  it("has nothing created for it when its turn had not come", async () => {
    const gate = deferred<string>();
    let created = 0;
    const map = new RefCountedMap<string, string>({ create: () => (created++, gate.promise) });
    const holder = map.acquire("a");
    const controller = new AbortController();
    const leaver = map.acquire("a", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(leaver).rejects.toThrow("enough");
    gate.resolve("value");
    expect((await holder).value).toBe("value");
    await settle();
    expect([created, map.countOf("a")]).toEqual([1, 1]);
  });

  it("acquires nothing when its signal was aborted before", async () => {
    const { map } = logged();
    await expect(map.acquire("a", { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    expect(await stateOf(map.acquire("a"))).toBe("fulfilled");
  });
});
