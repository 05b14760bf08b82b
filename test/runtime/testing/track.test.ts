import { describe, expect, it } from "vitest";
import { SafeMap } from "../../../src/runtime/index.js";
import { explore, track } from "../../../src/runtime/testing/index.js";

describe("a tracked map", () => {
  it("is the same object and still a Map", () => {
    const map = new Map([["a", 1]]);
    expect(track(map)).toBe(map);
    expect(map).toBeInstanceOf(Map);
    expect(track(map)).toBe(map);
  });

  it("behaves as before outside of an exploration", () => {
    const map = track(new Map([["a", 1]]));
    map.set("b", 2).delete("a");
    const seen: unknown[] = [];
    map.forEach((value, key) => seen.push([key, value]));
    expect([[...map], map.size, map.has("b"), map.get("a"), seen, [...map.keys()], [...map.values()], new Map(map).size]).toEqual([
      [["b", 2]],
      1,
      true,
      undefined,
      [["b", 2]],
      ["b"],
      [2],
      1,
    ]);
  });

  it("may be a Set", () => {
    const set = track(new Set([1]));
    set.add(2).delete(1);
    expect([[...set], set.size]).toEqual([[2], 1]);
    set.clear();
    expect(set.size).toBe(0);
  });

  it("may be of a subclass, whose private state stays", async () => {
    const map = track(new SafeMap<string, number>());
    expect(await map.getOrInsertAsync("a", async () => 1)).toBe(1);
    expect(map).toBeInstanceOf(SafeMap);
    expect(map.compareAndSet("a", 1, 2)).toBe(true);
    expect([...map.snapshot()]).toEqual([["a", 2]]);
  });

  it("shows a subclass's own methods in the timeline, once", async () => {
    const { failure } = await explore(({ io, spawn }) => {
      const op = io("load", () => 1);
      const map = track(new SafeMap<string, number>(), "configs");
      spawn("A", () => map.getOrInsertAsync("a", () => op()));
      return () => expect.fail("shown");
    });
    const calls = failure!.trace.events.filter(({ kind }) => kind === "access").map(({ label }) => label);
    expect(calls.filter((label) => label.startsWith("configs.getOrInsertAsync"))).toHaveLength(1);
  });

  it("passes on what its methods throw, and goes on listening", async () => {
    const { failure } = await explore(({ spawn }) => {
      const map = track(new Map([["a", 1]]), "m");
      spawn("A", () => {
        expect(() =>
          map.forEach(() => {
            throw new Error("inside");
          }),
        ).toThrow("inside");
        map.get("a");
      });
      return () => expect.fail("shown");
    });
    expect(failure!.trace.events.map(({ label }) => label)).toContain('m.get("a") → 1');
  });
});
