import { describe, expect, it } from "vitest";
import { DisposedError, SafeMap } from "../../src/runtime/index.js";
import { collectGarbage } from "./helpers.js";

const abc = (): SafeMap<string, number> => new SafeMap([["a", 1], ["b", 2], ["c", 3]]);
const abcEntries = [["a", 1], ["b", 2], ["c", 3]];

describe("a snapshot stands still", () => {
  it.each<[string, (map: SafeMap<string, number>) => void]>([
    ["an overwrite", (map) => map.set("b", 9)],
    ["two overwrites of one key", (map) => map.set("b", 9).set("b", 10)],
    ["an insertion", (map) => map.set("d", 9)],
    ["a removal", (map) => map.delete("a")],
    ["a removal and re-insertion", (map) => (map.delete("a"), map.set("a", 9))],
    ["an insertion and its removal", (map) => (map.set("d", 9), map.delete("d"))],
    ["clear", (map) => map.clear()],
    ["clear and a new life", (map) => (map.clear(), map.set("c", 9).set("a", 9))],
    ["getOrInsert", (map) => map.getOrInsert("d", 9)],
    ["getOrInsertComputed", (map) => map.getOrInsertComputed("d", () => 9)],
    ["update", (map) => map.update("a", () => 9)],
    ["take", (map) => map.take("c")],
    ["deleteWhere", (map) => map.deleteWhere((value) => value !== 2)],
  ])("across %s", (_, write) => {
    const map = abc();
    using snapshot = map.snapshot();
    write(map);
    expect([...snapshot]).toEqual(abcEntries);
    expect(snapshot.size).toBe(3);
    expect(["a", "b", "c", "d"].map((key) => snapshot.get(key))).toEqual([1, 2, 3, undefined]);
    expect(["a", "b", "c", "d"].map((key) => snapshot.has(key))).toEqual([true, true, true, false]);
  });

  it("across asynchronous writes", async () => {
    const map = abc();
    using snapshot = map.snapshot();
    await map.updateAsync("a", async () => 9);
    await map.getOrInsertAsync("d", async () => 9);
    expect([...snapshot]).toEqual(abcEntries);
  });

  it("while it is iterated and the map is written", () => {
    const map = abc();
    using snapshot = map.snapshot();
    const seen: [string, number][] = [];
    for (const entry of snapshot) {
      seen.push(entry);
      map.delete("a");
      map.delete("b");
      map.set("d" + seen.length, 9);
    }
    expect(seen).toEqual(abcEntries);
  });

  it("tells a stored undefined from an absent key", () => {
    const map = new SafeMap<string, number | undefined>([["a", undefined]]);
    using snapshot = map.snapshot();
    map.set("a", 1);
    expect(snapshot.has("a")).toBe(true);
    expect([...snapshot]).toEqual([["a", undefined]]);
  });

  it("beside others, each at its own moment", () => {
    const map = abc();
    using first = map.snapshot();
    map.set("a", 9);
    using second = map.snapshot();
    map.delete("b");
    using third = map.snapshot();
    map.clear();
    expect([...first]).toEqual(abcEntries);
    expect([...second]).toEqual([["a", 9], ["b", 2], ["c", 3]]);
    expect([...third]).toEqual([["a", 9], ["c", 3]]);
    expect([...map]).toEqual([]);
  });

  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]], [[1, 2, 0]], [[0, 2, 1]], [[2, 0, 1]]])("whichever others are disposed of first: %o", (order) => {
    const map = abc();
    const snapshots: ReturnType<typeof map.snapshot>[] = [];
    const expected: [string, number][][] = [];
    for (const write of [() => map.set("a", 9), () => map.delete("b"), () => map.set("c", 8)]) {
      snapshots.push(map.snapshot());
      expected.push([...map]);
      write();
    }
    for (const index of order) {
      expect([...snapshots[index]!]).toEqual(expected[index]);
      snapshots[index]!.dispose();
    }
    expect([...map.set("z", 1)]).toEqual([["a", 9], ["c", 8], ["z", 1]]);
  });
});

describe("a snapshot is a ReadonlyMap", () => {
  it("with keys, values, entries and forEach in insertion order", () => {
    const map = abc();
    using snapshot = map.snapshot();
    map.delete("b");
    const visited: unknown[] = [];
    snapshot.forEach((value, key, self) => visited.push([key, value, self === snapshot]));
    expect([...snapshot.keys()]).toEqual(["a", "b", "c"]);
    expect([...snapshot.values()]).toEqual([1, 2, 3]);
    expect([...snapshot.entries()]).toEqual(abcEntries);
    expect(visited).toEqual([["a", 1, true], ["b", 2, true], ["c", 3, true]]);
  });

  it("that a function for readonly maps takes", () => {
    const total = (map: ReadonlyMap<string, number>): number => [...map.values()].reduce((sum, value) => sum + value, 0);
    expect(total(abc().snapshot())).toBe(6);
  });
});

describe("a snapshot that is disposed of", () => {
  it.each<[string, (snapshot: ReadonlyMap<string, number>) => unknown]>([
    ["get", (snapshot) => snapshot.get("a")],
    ["has", (snapshot) => snapshot.has("a")],
    ["size", (snapshot) => snapshot.size],
    ["iteration", (snapshot) => [...snapshot]],
    ["keys", (snapshot) => [...snapshot.keys()]],
    ["forEach", (snapshot) => snapshot.forEach(() => {})],
  ])("throws on %s", (_, use) => {
    const snapshot = abc().snapshot();
    snapshot.dispose();
    expect(() => use(snapshot)).toThrow(DisposedError);
  });

  it("throws in the middle of an iteration", () => {
    const snapshot = abc().snapshot();
    const iterator = snapshot.entries();
    iterator.next();
    snapshot.dispose();
    expect(() => iterator.next()).toThrow(DisposedError);
  });

  it("may be disposed of again, and leaves another of the same moment alone", () => {
    const map = abc();
    const [one, two] = [map.snapshot(), map.snapshot()];
    one.dispose();
    one.dispose();
    map.set("a", 9);
    expect([...two]).toEqual(abcEntries);
  });
});

describe("a snapshot that is disposed of between others", () => {
  it("leaves the older one what later writes replace", () => {
    const map = abc();
    const snapshots = [() => map.set("a", 9), () => map.set("b", 9), () => map.set("a", 8)].map((write) => {
      const snapshot = map.snapshot();
      write();
      return snapshot;
    });
    snapshots[1]!.dispose();
    snapshots[2]!.dispose();
    map.set("c", 9);
    expect([...snapshots[0]!]).toEqual(abcEntries);
  });

  it("keeps nothing alive that the older one does not need", async () => {
    const map = new SafeMap<string, object>([["a", {}]]);
    const older = map.snapshot();
    const replaced = ((): WeakRef<object> => {
      const value = {};
      map.set("a", value);
      const between = map.snapshot();
      map.set("a", {});
      between.dispose();
      return new WeakRef(value);
    })();
    await collectGarbage();
    expect(replaced.deref()).toBeUndefined();
    expect(older.size).toBe(1);
  });
});

describe("a snapshot that is forgotten", () => {
  it("keeps nothing alive once it is collected", async () => {
    const map = new SafeMap<string, object>();
    const replaced = ((): WeakRef<object> => {
      const value = {};
      map.set("a", value);
      map.snapshot();
      map.set("a", {});
      return new WeakRef(value);
    })();
    await collectGarbage();
    expect(replaced.deref()).toBeUndefined();
  });

  it("does not trouble an older one that is kept", async () => {
    const map = abc();
    const older = map.snapshot();
    map.set("a", 9);
    map.snapshot();
    map.set("b", 9);
    await collectGarbage();
    map.set("c", 9);
    expect([...older]).toEqual(abcEntries);
  });

  it("does not trouble a newer one that is kept", async () => {
    const map = abc();
    map.snapshot();
    map.set("a", 9);
    const newer = map.snapshot();
    await collectGarbage();
    map.set("b", 9);
    expect([...newer]).toEqual([["a", 9], ["b", 2], ["c", 3]]);
    newer.dispose();
    expect([...map.set("c", 9)]).toEqual([["a", 9], ["b", 9], ["c", 9]]);
  });
});
