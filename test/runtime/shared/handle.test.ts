import { describe, expect, it } from "vitest";
import { DisposedError, InvalidHandleError, SharedMap, TooManyThreadsError } from "../../../src/runtime/shared/index.js";
import type { SharedMapHandle } from "../../../src/runtime/shared/index.js";

const handle = (fields: object): SharedMapHandle => fields as SharedMapHandle;

describe("attach", () => {
  it("sees what the map holds, and the other way round", () => {
    const map = new SharedMap<string, number>();
    const other = SharedMap.attach<string, number>(map.handle);
    map.set("a", 1);
    other.set("b", 2);
    expect([other.get("a"), map.get("b")]).toEqual([1, 2]);
  });

  it("sees growth that happened elsewhere", () => {
    const map = new SharedMap<string, number>({ capacity: 1 });
    const other = SharedMap.attach<string, number>(map.handle);
    for (let i = 0; i < 20_000; i++) map.set(`k${i}`, i);
    expect([other.get("k19999"), other.size]).toEqual([19_999, 20_000]);
  });

  it.each([
    ["nothing", undefined],
    ["an object that is no handle", { buffer: new SharedArrayBuffer(8192) }],
    ["a handle without a buffer", { mapguard: "SharedMap", version: 1 }],
    ["a buffer that is not shared", { mapguard: "SharedMap", version: 1, buffer: new ArrayBuffer(8192) }],
    ["a buffer that is too short", { mapguard: "SharedMap", version: 1, buffer: new SharedArrayBuffer(8) }],
    ["a text", "SharedMap"],
    ["a Map", new Map()],
    ["a buffer by itself", new SharedArrayBuffer(8192)],
    ["a buffer full of something else", { mapguard: "SharedMap", version: 1, buffer: new Int32Array(new SharedArrayBuffer(8192)).fill(0x5eed).buffer }],
    ["a foreign buffer", { mapguard: "SharedMap", version: 1, buffer: new SharedArrayBuffer(8192) }],
  ])("throws InvalidHandleError for %s", (_, given) => {
    expect(() => SharedMap.attach(handle(given as unknown as object))).toThrow(InvalidHandleError);
  });

  it("throws InvalidHandleError for another version's layout", () => {
    const { handle: good } = new SharedMap();
    new Int32Array(good.buffer)[1] = 999;
    expect(() => SharedMap.attach(good)).toThrow(/layout 999/);
  });

  it("throws InvalidHandleError when the codec is not the map's", () => {
    const { handle: good } = new SharedMap();
    const codec = { encode: () => new Uint8Array(), decode: () => undefined };
    expect(() => SharedMap.attach(good, { codec })).toThrow(InvalidHandleError);
  });

  it("throws TooManyThreadsError when all records are taken, and recovers when one is given back", () => {
    const map = new SharedMap();
    const others: SharedMap[] = [];
    expect(() => {
      for (;;) others.push(SharedMap.attach(map.handle));
    }).toThrow(TooManyThreadsError);
    others.pop()?.dispose();
    others.push(SharedMap.attach(map.handle));
    expect(others.length).toBeGreaterThan(100);
  });
});

describe("dispose", () => {
  it.each<[string, (map: SharedMap<string, number>) => unknown]>([
    ["get", (map) => map.get("k")],
    ["has", (map) => map.has("k")],
    ["set", (map) => map.set("k", 1)],
    ["update", (map) => map.update("k", () => 1)],
    ["compareAndSet", (map) => map.compareAndSet("k", 1, 2)],
    ["getOrInsertComputed", (map) => map.getOrInsertComputed("k", () => 1)],
    ["delete", (map) => map.delete("k")],
    ["clear", (map) => map.clear()],
    ["size", (map) => map.size],
    ["handle", (map) => map.handle],
    ["stats", (map) => map.stats()],
    ["iteration", (map) => [...map]],
  ])("makes %s throw DisposedError", (_, use) => {
    const map = new SharedMap<string, number>();
    map.set("k", 1);
    for (let i = 0; i < 5; i++) map.get("k");
    map.dispose();
    expect(() => use(map)).toThrow(DisposedError);
  });

  it("leaves other attachments alone", () => {
    const map = new SharedMap<string, number>();
    const other = SharedMap.attach<string, number>(map.handle);
    map.set("k", 1);
    map.dispose();
    map.dispose();
    expect([other.get("k"), other.stats().attached]).toEqual([1, 1]);
  });

  it("throws from an update whose function disposed the map, writing nothing", () => {
    const map = new SharedMap<string, number>();
    const other = SharedMap.attach<string, number>(map.handle);
    const disposing = (): number => {
      map.dispose();
      return 1;
    };
    expect(() => map.update("k", disposing)).toThrow(DisposedError);
    expect(other.has("k")).toBe(false);
  });
});

describe("options", () => {
  it.each([
    ["capacity", { capacity: 0 }],
    ["capacity", { capacity: 1.5 }],
    ["maxByteLength", { maxByteLength: 10 }],
    ["maxByteLength", { maxByteLength: 2 ** 33 }],
    ["too small", { maxByteLength: 1 << 18, capacity: 1 << 20 }],
    ["power of two", { stripes: 3 }],
  ])("out of range throw RangeError naming %s", (name, options) => {
    expect(() => new SharedMap(options)).toThrow(RangeError);
    expect(() => new SharedMap(options)).toThrow(name);
  });

  it("the largest buffer can be reserved", () => {
    const map = new SharedMap<string, number>({ maxByteLength: 2 ** 32 });
    map.set("k", 1);
    expect([map.get("k"), map.stats().maxByteLength]).toEqual([1, 2 ** 32]);
  });

  it.each([1, 2, 16, 1024])("any number of stripes works: %d", (stripes) => {
    const map = new SharedMap<number, number>({ stripes, capacity: 64 });
    for (let i = 0; i < 3000; i++) map.set(i, i);
    expect([map.size, map.get(2999), map.stats().stripes]).toEqual([3000, 2999, stripes]);
  });
});

describe("the read cache", () => {
  it("answers repeated reads, until the value changes anywhere", () => {
    const map = new SharedMap<string, number>();
    const other = SharedMap.attach<string, number>(map.handle);
    map.set("k", 1);
    const reads = [map.get("k"), map.get("k"), map.get("k"), map.get("k")];
    const { cacheHits } = map.stats();
    other.set("k", 2);
    expect([reads, cacheHits > 0, map.get("k")]).toEqual([[1, 1, 1, 1], true, 2]);
  });

  it("notices deletion and clearing", () => {
    const map = new SharedMap<string, number>();
    map.set("k", 1).set("l", 1);
    for (let i = 0; i < 4; i++) map.get("k"), map.get("l");
    map.delete("k");
    const afterDelete = map.get("k");
    map.clear();
    expect([afterDelete, map.get("l")]).toEqual([undefined, undefined]);
  });

  it("never hands out the same object twice", () => {
    const map = new SharedMap<string, { n: number }>();
    map.set("k", { n: 1 });
    for (let i = 0; i < 4; i++) map.get("k")!.n++;
    expect(map.get("k")).toEqual({ n: 1 });
  });

  it("can be turned off", () => {
    const map = new SharedMap<string, number>({ cache: 0 });
    map.set("k", 1);
    for (let i = 0; i < 4; i++) map.get("k");
    expect(map.stats().cacheHits).toBe(0);
  });

  it("stays within its limit", () => {
    const map = new SharedMap<number, number>({ cache: 10 });
    for (let i = 0; i < 100; i++) map.set(i, i);
    let wrong = 0;
    for (let round = 0; round < 5; round++) for (let i = 0; i < 100; i++) if (map.get(i) !== i) wrong++;
    expect(wrong).toBe(0);
  });
});
