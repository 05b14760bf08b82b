import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConflictError } from "../../src/runtime/index.js";
import { BoundedMap } from "../../src/runtime/bounded-map.js";
import { settle } from "./helpers.js";

const bounded = (max: number, entries: [string, number][] = []): BoundedMap<string, number> => new BoundedMap(entries, { max });

describe("a BoundedMap's max", () => {
  it("pushes out the entry that was least recently used", () => {
    const map = bounded(2, [["a", 1], ["b", 2]]);
    map.get("a");
    map.set("c", 3);
    expect([...map.keys()]).toEqual(["a", "c"]);
  });

  it("is not exceeded by its first entries", () => {
    expect([...bounded(2, [["a", 1], ["b", 2], ["c", 3]])]).toEqual([["b", 2], ["c", 3]]);
  });

  it("is not used up by overwrites and removals", () => {
    const map = bounded(2, [["a", 1], ["b", 2]]);
    map.set("a", 3).delete("b");
    map.set("c", 4);
    expect([...map]).toEqual([["a", 3], ["c", 4]]);
  });

  it("does not count has as use", () => {
    const map = bounded(2, [["a", 1], ["b", 2]]);
    map.has("a");
    map.set("c", 3);
    expect(map.has("a")).toBe(false);
  });

  it("holds for loads and updates", async () => {
    const map = bounded(2);
    await Promise.all(["a", "b", "c"].map((key) => map.getOrInsertAsync(key, async () => 1)));
    await map.updateAsync("d", async () => 1);
    expect([...map.keys()]).toEqual(["c", "d"]);
  });

  it("tells onEvict what went, and nothing of what others removed", () => {
    const evicted: unknown[] = [];
    const map = new BoundedMap<string, number>([["a", 1]], { max: 1, onEvict: (...what) => evicted.push(what) });
    map.set("b", 2).set("b", 3).delete("b");
    map.set("c", 4).clear();
    expect(evicted).toEqual([[1, "a", "max"]]);
  });

  it("makes an update of a key that was pushed out a conflict", async () => {
    const map = bounded(1, [["a", 1]]);
    const update = map.updateAsync("a", async (current) => (await settle(), current! + 1));
    map.set("b", 2);
    await expect(update).rejects.toThrow(ConflictError);
  });

  it("leaves snapshots as they are", () => {
    const map = bounded(1, [["a", 1]]);
    const snapshot = map.snapshot();
    map.set("b", 2);
    expect([...snapshot]).toEqual([["a", 1]]);
  });

  it.each([0, -1, 1.5, NaN, Infinity])("cannot be %d", (max) => {
    expect(() => bounded(max)).toThrow(RangeError);
  });

  it("names itself, or as it is told", () => {
    expect([bounded(1).name, new BoundedMap(null, { max: 1, name: "cache" }).name]).toEqual(["BoundedMap", "cache"]);
  });

  it("takes keys and values of any type", () => {
    const map = new BoundedMap<unknown, unknown>([[undefined, undefined], [null, null]], { max: 2 });
    expect([map.has(undefined), map.get(null), map.size]).toEqual([true, null, 2]);
  });
});

describe("a BoundedMap and a plain model", () => {
  it("hold the same entries after any gets, sets and removals", () => {
    const step = fc.tuple(fc.constantFrom("get", "set", "set", "delete"), fc.constantFrom("a", "b", "c", "d"), fc.nat(9));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 30 }), (max, steps) => {
        const map = bounded(max);
        /** Least recently used first. */
        let model: [string, number][] = [];
        for (const [what, key, value] of steps) {
          const present = model.find(([k]) => k === key);
          const others = model.filter(([k]) => k !== key);
          if (what === "get") expect(map.get(key)).toBe(present?.[1]);
          else if (what === "set") map.set(key, value);
          else expect(map.delete(key)).toBe(present !== undefined);
          if (what === "set") model = [...others, [key, value] as [string, number]].slice(-max);
          else if (what === "delete") model = others;
          else if (present !== undefined) model = [...others, present];
          expect(new Map(map)).toEqual(new Map(model));
        }
      }),
    );
  });
});

describe("a BoundedMap's ttl", () => {
  afterEach(() => void vi.useRealTimers());

  function aged(milliseconds: number, onEvict?: (value: number, key: string, reason: string) => void): BoundedMap<string, number> {
    vi.useFakeTimers({ toFake: ["performance"] });
    vi.advanceTimersByTime(1000);
    const map = new BoundedMap<string, number>([["a", 1]], { max: 10, ttl: 100, onEvict });
    vi.advanceTimersByTime(milliseconds);
    return map;
  }

  it("keeps an entry for as long", () => {
    expect(aged(100).get("a")).toBe(1);
  });

  it("hides it from get and has afterwards, and removes it", () => {
    for (const look of [(map: Map<string, number>) => map.get("a"), (map: Map<string, number>) => map.has("a") || undefined]) {
      const map = aged(101);
      expect(look(map)).toBeUndefined();
      expect(map.size).toBe(0);
    }
  });

  it("starts anew with set, not with get", () => {
    const map = aged(60);
    map.get("a");
    map.set("b", 2);
    vi.advanceTimersByTime(60);
    expect([map.has("a"), map.has("b")]).toEqual([false, true]);
  });

  it("lets a load fill the key again", async () => {
    const map = aged(101);
    await expect(map.getOrInsertAsync("a", async () => 2)).resolves.toBe(2);
  });

  it("is enforced by sweep, which counts", () => {
    const evicted: unknown[] = [];
    const map = aged(101, (...what) => evicted.push(what));
    map.set("b", 2);
    expect(map.sweep()).toBe(1);
    expect([...map]).toEqual([["b", 2]]);
    expect(evicted).toEqual([[1, "a", "ttl"]]);
  });
});
