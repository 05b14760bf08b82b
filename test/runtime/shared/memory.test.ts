import { describe, expect, it } from "vitest";
import { CapacityError, EntryTooLargeError, SharedMap } from "../../../src/runtime/shared/index.js";
import { H } from "../../../src/runtime/shared/layout.js";
import { findNeighbour } from "./support/colliding.js";

function fillUntilFull(map: SharedMap<string, string>, value: string): number {
  for (let i = 0; ; i++) {
    try {
      map.set(`k${i}`, value);
    } catch (error) {
      if (!(error instanceof CapacityError)) throw error;
      return i;
    }
  }
}

describe("growth", () => {
  it("keeps every entry while the table doubles again and again", () => {
    const map = new SharedMap<string, number>({ capacity: 1 });
    for (let i = 0; i < 50_000; i++) map.set(`k${i}`, i);
    let wrong = 0;
    for (let i = 0; i < 50_000; i++) if (map.get(`k${i}`) !== i) wrong++;
    expect([wrong, map.size, map.stats().evacuated > 1000]).toEqual([0, 50_000, true]);
  });

  it("reserves no memory until it is used", () => {
    const map = new SharedMap({ capacity: 16, maxByteLength: 1 << 30 });
    expect(map.stats().byteLength).toBeLessThan(1 << 20);
  });

  it("compacts chains at the same size once most entries are gone", () => {
    const map = new SharedMap<number, number>({ capacity: 1, stripes: 1 });
    for (let i = 0; i < 20_000; i++) map.set(i, i);
    const before = map.stats();
    for (let i = 0; i < 19_000; i++) map.delete(i);
    for (let round = 0; round < 4; round++) for (let i = 19_000; i < 20_000; i++) map.set(i, i);
    for (let i = 0; i < 4000; i++) map.set(1, i), map.delete(1);
    const after = map.stats();
    expect(after.overflowBuckets).toBeLessThanOrEqual(2 + before.buckets / 4);
    expect([after.buckets, map.size]).toEqual([before.buckets, 1000]);
  });
});

describe("reuse", () => {
  it("stays bounded over a million inserts and deletes", () => {
    const map = new SharedMap<string, number>({ capacity: 64, maxByteLength: 1 << 24 });
    const round = (from: number): void => {
      for (let i = from; i < from + 250_000; i++) {
        map.set(`k${i}`, i);
        if (i >= 100) map.delete(`k${i - 100}`);
      }
    };
    round(0);
    const used = map.stats().usedBytes;
    round(250_000);
    round(500_000);
    round(750_000);
    expect([map.size, map.stats().usedBytes]).toEqual([100, used]);
  });

  it("stays bounded while the lengths of values change all the time", () => {
    const map = new SharedMap<string, string>({ capacity: 64, maxByteLength: 1 << 24 });
    let length = 1;
    for (let i = 0; i < 100_000; i++) {
      length = (length * 7919) % 9973;
      map.set(`k${i % 32}`, "x".repeat(length));
    }
    expect(map.size).toBe(32);
  });

  it("gives pages of large values back to every stripe", () => {
    const map = new SharedMap<string, Uint8Array>({ capacity: 64, maxByteLength: 1 << 24 });
    const large = new Uint8Array(1 << 20);
    for (let i = 0; i < 200; i++) {
      map.set(`k${i}`, large);
      map.delete(`k${i}`);
    }
    expect(map.stats().usedBytes).toBeLessThan(1 << 21);
  });
});

describe("a full map", () => {
  it("throws CapacityError at its fixed capacity, and stays usable", () => {
    const map = new SharedMap<string, number>({ capacity: 100, grow: false });
    for (let i = 0; i < 100; i++) map.set(`k${i}`, i);
    expect(() => map.set("one more", 1)).toThrow(CapacityError);
    map.set("k5", 50);
    map.delete("k6");
    map.set("one more", 1);
    expect([map.get("k5"), map.get("one more"), map.size, map.has("k7")]).toEqual([50, 1, 100, true]);
  });

  it("updates every entry of a full map that does not grow, with longer values too", () => {
    const map = new SharedMap<string, string>({ capacity: 500, grow: false });
    for (let i = 0; i < 500; i++) map.set(`k${i}`, "x");
    for (let length = 1; length < 2000; length *= 3) {
      for (let i = 0; i < 500; i++) map.update(`k${i}`, () => "y".repeat(length));
    }
    expect(new Set(map.values())).toEqual(new Set(["y".repeat(729)]));
    expect(() => map.update("one more", () => "z")).toThrow(CapacityError);
    expect(map.size).toBe(500);
  });

  it("is full for every thread, and has room for every thread again", () => {
    const map = new SharedMap<string, number>({ capacity: 100, grow: false });
    const other = SharedMap.attach<string, number>(map.handle);
    for (let i = 0; i < 100; i++) map.set(`k${i}`, i);
    expect(() => other.set("one more", 1)).toThrow(CapacityError);
    map.delete("k0");
    other.set("one more", 1);
    expect([map.get("one more"), map.size]).toEqual([1, 100]);
  });

  it("never grows the table of a fixed map", () => {
    const map = new SharedMap<string, number>({ capacity: 1000, grow: false });
    const { buckets } = map.stats();
    for (let i = 0; i < 1000; i++) map.set(`k${i}`, i);
    expect([map.stats().buckets, map.stats().evacuated]).toEqual([buckets, 0]);
  });

  it("throws CapacityError when its bytes are used up, and keeps what it had", () => {
    const map = new SharedMap<string, string>({ capacity: 16, maxByteLength: 1 << 20 });
    const stored = fillUntilFull(map, "x".repeat(100));
    let lost = 0;
    for (let i = 0; i < stored; i++) if (map.get(`k${i}`) !== "x".repeat(100)) lost++;
    expect([lost, map.size, stored > 2000]).toEqual([0, stored, true]);
  });

  it("updates every entry when its bytes are used up, many times over", () => {
    const map = new SharedMap<string, string>({ capacity: 16, maxByteLength: 1 << 20 });
    const stored = fillUntilFull(map, "x".repeat(100));
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < stored; i++) map.set(`k${i}`, String(round).repeat(100));
    }
    expect(new Set(map.values())).toEqual(new Set(["4".repeat(100)]));
  });

  it("takes a new entry of its bucket after one is deleted", () => {
    const map = new SharedMap<string, string>({ capacity: 16, maxByteLength: 1 << 20, stripes: 1 });
    const stored = fillUntilFull(map, "x".repeat(100));
    // In another bucket there may be no empty slot, and no memory for one more.
    const key = findNeighbour("k0", new Int32Array(map.handle.buffer)[H.seed]!, map.stats().buckets);
    map.delete("k0");
    map.set(key, "x".repeat(100));
    expect([map.size, map.get(key)]).toEqual([stored, "x".repeat(100)]);
  });

  it("still updates after inserts and updates have taken turns", () => {
    const map = new SharedMap<string, string>({ capacity: 16, maxByteLength: 1 << 20 });
    const stored = fillUntilFull(map, "x".repeat(100));
    for (let i = 0; i < 20_000; i++) {
      map.set(`k${i % stored}`, "y".repeat(100));
      try {
        map.set(`other${i}`, "z".repeat(100));
      } catch (error) {
        expect(error).toBeInstanceOf(CapacityError);
      }
    }
    for (let i = 0; i < stored; i++) map.set(`k${i}`, "w".repeat(100));
    expect(map.get(`k${stored - 1}`)).toBe("w".repeat(100));
  });

  it("refuses an entry longer than one may be, and takes one just as long", () => {
    const map = new SharedMap<string, Uint8Array>({ capacity: 16, maxByteLength: 1 << 20 });
    const most = map.maxEntryByteLength - 64;
    map.set("k", new Uint8Array(most).fill(7));
    expect(() => map.set("l", new Uint8Array(map.maxEntryByteLength + 1))).toThrow(EntryTooLargeError);
    expect(() => map.set("x".repeat(map.maxEntryByteLength), new Uint8Array())).toThrow(EntryTooLargeError);
    expect([map.get("k")?.length, map.get("k")?.at(-1), map.size]).toEqual([most, 7, 1]);
  });
});
