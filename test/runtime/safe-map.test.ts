import { describe, expect, it } from "vitest";
import { ConflictError, InvalidEntryError, MissingKeyError, SafeMap, SafeMapError } from "../../src/runtime/index.js";

describe("a SafeMap is a Map", () => {
  it("takes entries", () => {
    expect([...new SafeMap([["a", 1], ["b", 2]])]).toEqual([["a", 1], ["b", 2]]);
  });

  it("takes null for no entries, as Map does", () => {
    expect(new SafeMap(null).size).toBe(0);
  });

  it("takes another map", () => {
    expect(new SafeMap(new Map([["a", 1]])).get("a")).toBe(1);
  });

  it("is an instance of Map, and stays one where its methods chain", () => {
    const map = new SafeMap<string, number>();
    expect(map.set("a", 1).set("b", 2)).toBe(map);
    expect(map).toBeInstanceOf(Map);
  });

  it("has the get and has of Map", () => {
    expect(SafeMap.prototype.get).toBe(Map.prototype.get);
    expect(SafeMap.prototype.has).toBe(Map.prototype.has);
  });

  it("has no own properties beside its entries", () => {
    expect(Reflect.ownKeys(new SafeMap([["a", 1]], { name: "x" }))).toEqual([]);
  });

  it("tells its name, or its kind", () => {
    expect([new SafeMap(null, { name: "sessions" }).name, new SafeMap().name]).toEqual(["sessions", "SafeMap"]);
  });

  it("can be cloned structurally, as a plain Map", () => {
    expect(structuredClone(new SafeMap([["a", 1]]))).toEqual(new Map([["a", 1]]));
  });
});

describe("getOrThrow", () => {
  it("gives the value", () => {
    expect(new SafeMap([["a", 1]]).getOrThrow("a")).toBe(1);
  });

  it("gives undefined where that is the value", () => {
    expect(new SafeMap([["a", undefined]]).getOrThrow("a")).toBeUndefined();
  });

  it("throws a MissingKeyError that names map and key", () => {
    const map = new SafeMap<string, number>(null, { name: "sessions" });
    const look = (): number => map.getOrThrow("s1");
    expect(look).toThrow(MissingKeyError);
    expect(look).toThrow('sessions: no entry for key "s1"');
    expect(look).toThrow(expect.objectContaining({ mapName: "sessions", key: "s1", name: "MissingKeyError" }));
  });

  it.each([
    [Symbol("s"), "Symbol(s)"],
    [{}, "[object Object]"],
    [Object.create(null), "[object null prototype]"],
    [-0, "0"],
    [null, "null"],
    [function f() {}, "[function f]"],
  ])("names a key of any type: %o", (key, words) => {
    expect(() => new SafeMap<unknown, number>().getOrThrow(key)).toThrow(`no entry for key ${words}`);
  });

  it("names a key that throws when it is looked at", () => {
    const key = new Proxy({}, { get: () => { throw new Error("no"); } });
    expect(() => new SafeMap<unknown, number>().getOrThrow(key)).toThrow("no entry for key [object]");
  });
});

describe("getOrInsert", () => {
  it("inserts and gives the value of an absent key", () => {
    const map = new SafeMap<string, number>();
    expect(map.getOrInsert("a", 1)).toBe(1);
    expect(map.get("a")).toBe(1);
  });

  it("gives what is there", () => {
    expect(new SafeMap([["a", 1]]).getOrInsert("a", 2)).toBe(1);
  });

  it("takes a stored undefined for present", () => {
    const map = new SafeMap<string, number | undefined>([["a", undefined]]);
    expect(map.getOrInsert("a", 2)).toBeUndefined();
  });

  it("is our own even where Map has one, so that snapshots stand still", () => {
    expect(Object.hasOwn(SafeMap.prototype, "getOrInsert")).toBe(true);
    expect(Object.hasOwn(SafeMap.prototype, "getOrInsertComputed")).toBe(true);
  });
});

describe("getOrInsertComputed", () => {
  it("computes from the key once", () => {
    const map = new SafeMap<string, string>();
    expect(map.getOrInsertComputed("a", (key) => key + "!")).toBe("a!");
    expect(map.getOrInsertComputed("a", () => "again")).toBe("a!");
  });

  it("hands +0 to the callback for -0, as the key is stored", () => {
    const map = new SafeMap<number, boolean>();
    expect(map.getOrInsertComputed(-0, (key) => Object.is(key, 0))).toBe(true);
  });

  it("overwrites what the callback stored under the same key, as the standard says", () => {
    const map = new SafeMap<string, number>();
    map.getOrInsertComputed("a", () => {
      map.set("a", 1);
      return 2;
    });
    expect(map.get("a")).toBe(2);
  });

  it("stores nothing when the callback throws", () => {
    const map = new SafeMap<string, number>();
    expect(() => map.getOrInsertComputed("a", () => { throw new Error("no"); })).toThrow("no");
    expect(map.has("a")).toBe(false);
  });
});

describe("take", () => {
  it("removes the entry and gives its value", () => {
    const map = new SafeMap([["a", 1]]);
    expect(map.take("a")).toBe(1);
    expect(map.has("a")).toBe(false);
  });

  it("gives undefined for an absent key", () => {
    expect(new SafeMap<string, number>().take("a")).toBeUndefined();
  });
});

describe("deleteIf", () => {
  it("removes the entry whose value it is", () => {
    const value = {};
    const map = new SafeMap([["a", value]]);
    expect(map.deleteIf("a", value)).toBe(true);
    expect(map.has("a")).toBe(false);
  });

  it("leaves a newer value alone", () => {
    const map = new SafeMap([["a", {}]]);
    expect(map.deleteIf("a", {})).toBe(false);
    expect(map.has("a")).toBe(true);
  });

  it("does not take an absent key for one whose value is undefined", () => {
    expect(new SafeMap<string, undefined>().deleteIf("a", undefined)).toBe(false);
  });

  it("knows NaN", () => {
    expect(new SafeMap([["a", NaN]]).deleteIf("a", NaN)).toBe(true);
  });
});

describe("deleteWhere", () => {
  it("removes what the predicate accepts and counts it", () => {
    const map = new SafeMap([["a", 1], ["b", 2], ["c", 3]]);
    expect(map.deleteWhere((value, key) => value > 1 && key !== "c")).toBe(1);
    expect([...map.keys()]).toEqual(["a", "c"]);
  });

  it("removes nothing when the predicate throws half way", () => {
    const map = new SafeMap([["a", 1], ["b", 2]]);
    const sweep = (): number =>
      map.deleteWhere((value) => {
        if (value === 2) throw new Error("no");
        return true;
      });
    expect(sweep).toThrow("no");
    expect(map.size).toBe(2);
  });
});

describe("update", () => {
  it("stores and gives what the updater makes of the current value", () => {
    const map = new SafeMap([["a", 1]]);
    expect(map.update("a", (current) => (current ?? 0) + 1)).toBe(2);
    expect(map.get("a")).toBe(2);
  });

  it("hands undefined for an absent key", () => {
    const map = new SafeMap<string, number>();
    expect(map.update("a", (current) => (current ?? 10) + 1)).toBe(11);
  });

  it("changes nothing when the updater throws", () => {
    const map = new SafeMap([["a", 1]]);
    expect(() => map.update("a", () => { throw new Error("no"); })).toThrow("no");
    expect(map.get("a")).toBe(1);
  });

  it("refuses to overwrite what its own updater wrote", () => {
    const map = new SafeMap([["a", 1]]);
    const nest = (): number => map.update("a", (current) => map.update("a", (inner) => inner! + 10) && current! + 1);
    expect(nest).toThrow(ConflictError);
    expect(map.get("a")).toBe(11);
  });
});

describe("compareAndSet", () => {
  it("sets where the expected value stands", () => {
    const map = new SafeMap([["a", 1]]);
    expect(map.compareAndSet("a", 1, 2)).toBe(true);
    expect(map.get("a")).toBe(2);
  });

  it("does nothing where another stands", () => {
    const map = new SafeMap([["a", 1]]);
    expect(map.compareAndSet("a", 3, 2)).toBe(false);
    expect(map.get("a")).toBe(1);
  });

  it("compares by Object.is", () => {
    expect(new SafeMap([["a", NaN]]).compareAndSet("a", NaN, 1)).toBe(true);
    expect(new SafeMap([["a", 0]]).compareAndSet("a", -0, 1)).toBe(false);
  });

  it("takes an absent key for undefined", () => {
    const map = new SafeMap<string, number>();
    expect(map.compareAndSet("a", undefined, 1)).toBe(true);
    expect(map.get("a")).toBe(1);
  });
});

describe("validate", () => {
  const positive = (): SafeMap<string, number> => new SafeMap<string, number>(null, { name: "stock", validate: (value) => value >= 0 });

  it("refuses an entry for which it returns false, whatever stores it", async () => {
    const map = positive();
    expect(() => map.set("a", -1)).toThrow(InvalidEntryError);
    expect(() => map.getOrInsert("a", -1)).toThrow('stock: the entry for key "a" is not valid');
    expect(() => map.update("a", () => -1)).toThrow(SafeMapError);
    await expect(map.updateAsync("a", async () => -1)).rejects.toThrow(InvalidEntryError);
    await expect(map.getOrInsertAsync("a", async () => -1)).rejects.toThrow(InvalidEntryError);
    expect(map.size).toBe(0);
  });

  it("lets its own error through", () => {
    const map = new SafeMap<string, number>(null, { validate: () => { throw new RangeError("mine"); } });
    expect(() => map.set("a", 1)).toThrow(new RangeError("mine"));
  });

  it("accepts what it returns nothing for", () => {
    const map = new SafeMap<string, number>(null, { validate: () => {} });
    expect(map.set("a", 1).get("a")).toBe(1);
  });

  it("looks at the first entries too", () => {
    expect(() => new SafeMap([["a", -1]], { validate: (value) => value >= 0 })).toThrow(InvalidEntryError);
  });
});
