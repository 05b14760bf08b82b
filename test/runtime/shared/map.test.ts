import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { jsonCodec } from "../../../src/runtime/shared/codec.js";
import { CodecError, SharedMap } from "../../../src/runtime/shared/index.js";

function small<K extends string | number = string, V = unknown>(): SharedMap<K, V> {
  return new SharedMap<K, V>({ capacity: 16, maxByteLength: 1 << 24 });
}

describe("values", () => {
  it.each([
    ["a number", 1.5],
    ["zero", 0],
    ["a negative integer", -7],
    ["the largest 32-bit integer", 2 ** 31 - 1],
    ["the smallest 32-bit integer", -(2 ** 31)],
    ["a number just above 32 bits", 2 ** 31],
    ["a number just below 32 bits", -(2 ** 31) - 1],
    ["negative zero", -0],
    ["NaN", Number.NaN],
    ["infinity", Number.NEGATIVE_INFINITY],
    ["a string", "text"],
    ["the empty string", ""],
    ["a string outside Latin-1", "ünï ☃ 😀"],
    ["a lone surrogate", "\ud800x"],
    ["NUL characters", "a\0b\0"],
    ["true", true],
    ["false", false],
    ["null", null],
    ["undefined", undefined],
    ["a small bigint", -5n],
    ["a bigint of 64 bits", -(2n ** 63n)],
    ["a bigint of more than 64 bits", 2n ** 200n + 12345678901234567890n],
    ["a large negative bigint", -(3n ** 150n)],
    ["bytes", new Uint8Array([0, 1, 255])],
    ["no bytes", new Uint8Array()],
    ["an object", { a: [1, { b: new Date(5) }], m: new Map([[1, 2]]) }],
  ])("keeps %s", (_, value) => {
    const map = small();
    map.set("k", value);
    expect(map.get("k")).toStrictEqual(value);
  });

  it("copies bytes in and out", () => {
    const map = small<string, Uint8Array>();
    const bytes = new Uint8Array([1, 2]);
    map.set("k", bytes);
    bytes[0] = 9;
    map.get("k")![1] = 9;
    expect(map.get("k")).toEqual(new Uint8Array([1, 2]));
  });

  it("tells an entry holding undefined from no entry", () => {
    const map = small();
    map.set("k", undefined);
    expect([map.has("k"), map.has("other"), map.size]).toEqual([true, false, 1]);
  });

  it("throws CodecError for a value that cannot be serialised, and goes on", () => {
    const map = small();
    map.set("k", 1);
    expect(() => map.set("k", () => 1)).toThrow(CodecError);
    map.set("k", 2);
    expect(map.get("k")).toBe(2);
  });

  it.each<[string, (map: SharedMap<string, unknown>, bad: unknown) => unknown]>([
    ["set", (map, bad) => map.set("k", bad)],
    ["update", (map, bad) => map.update("k", () => bad)],
    ["compareAndSet", (map, bad) => map.compareAndSet("k", 1, bad)],
    ["getOrInsert", (map, bad) => map.getOrInsert("new", bad)],
    ["getOrInsertComputed", (map, bad) => map.getOrInsertComputed("new", () => bad)],
  ])("leaves no lock and no trace when %s is given a value that cannot be serialised", (_, use) => {
    const map = new SharedMap<string, unknown>({ stripes: 1, lockTimeout: 50 });
    const other = SharedMap.attach<string, unknown>(map.handle, { lockTimeout: 50 });
    map.set("k", 1);
    expect(() => use(map, () => 1)).toThrow(CodecError);
    other.set("other", 2);
    expect(map.snapshot()).toEqual(new Map([["k", 1], ["other", 2]]));
  });

  it("uses the codec it is given", () => {
    const codec = {
      encode: (value: unknown) => new TextEncoder().encode(`#${JSON.stringify(value)}`),
      decode: (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes).slice(1)) as unknown,
    };
    const map = new SharedMap<string, object>({ codec, maxByteLength: 1 << 22, capacity: 8 });
    map.set("k", { a: 1 });
    expect(map.get("k")).toEqual({ a: 1 });
  });

  it("go through JSON where there is nothing better", () => {
    const map = new SharedMap<string, unknown>({ codec: jsonCodec, maxByteLength: 1 << 22, capacity: 8 });
    map.set("k", { a: [1, "ü"] });
    expect(map.get("k")).toEqual({ a: [1, "ü"] });
    expect(() => map.set("k", () => 1)).toThrow(CodecError);
  });

  it("survives a codec that uses the map itself", () => {
    const map: SharedMap<string, unknown> = new SharedMap<string, unknown>({
      capacity: 8,
      maxByteLength: 1 << 22,
      codec: {
        encode: () => {
          map.set("inner", map.get("other") ?? 7);
          return new Uint8Array([1]);
        },
        decode: () => {
          map.get("inner");
          return "decoded";
        },
      },
    });
    map.set("outer", {});
    expect([map.get("outer"), map.get("inner"), map.size]).toEqual(["decoded", 7, 2]);
  });
});

describe("keys", () => {
  it("tells numbers from strings", () => {
    const map = small<string | number, string>();
    map.set(1, "number").set("1", "string");
    expect([map.get(1), map.get("1"), map.size]).toEqual(["number", "string", 2]);
  });

  it("treats 0 and -0 as one key, and NaN as itself", () => {
    const map = small<number, number>();
    map.set(-0, 1).set(Number.NaN, 2);
    expect([map.get(0), map.get(Number.NaN), [...map.keys()].some((key) => Object.is(key, -0))]).toEqual([1, 2, false]);
  });

  it.each([null, undefined, {}, Symbol("s"), true])("throws TypeError for %s", (key) => {
    expect(() => small().set(key as unknown as string, 1)).toThrow(TypeError);
  });

  it("tells apart keys that differ in NUL, astral or lone-surrogate characters only", () => {
    const keys = ["", "\0", "\0\0", "a", "a\0", "😀", "\ud83d", "\ude00", "\ude00\ud83d", "é", "e\u0301"];
    const map = small<string, number>();
    keys.forEach((key, i) => map.set(key, i));
    expect(keys.map((key) => map.get(key))).toEqual(keys.map((_, i) => i));
  });

  it("gives keys back as they were", () => {
    const keys = ["", "\0", "😀", "\ud83d", "ÿ", 0.1, -7, Number.NaN];
    const map = small<string | number, number>();
    keys.forEach((key, i) => map.set(key, i));
    expect(new Set(map.keys())).toEqual(new Set(keys));
  });

  it("takes keys and values of every length", () => {
    const map = small<string, string>();
    const lengths = [...Array(70).keys(), 127, 128, 129, 511, 512, 513, 4095, 4096, 4097, 70_000];
    for (const length of lengths) map.set("k".repeat(length), "☃".repeat(length));
    const wrong = lengths.filter((length) => map.get("k".repeat(length)) !== "☃".repeat(length));
    expect([wrong, map.size]).toEqual([[], lengths.length]);
  });
});

describe("lengths up to the limit", () => {
  const LIMIT = new SharedMap({ capacity: 1, maxByteLength: 1 << 21 }).maxEntryByteLength;
  const around = Array.from({ length: Math.floor(Math.log2(LIMIT)) + 1 }, (_, power) => 2 ** power).flatMap((size) => [size - 1, size, size + 1]);
  const lengths = [...new Set([...around, LIMIT - 65, LIMIT - 64])].filter((length) => length <= LIMIT - 64);

  it.each<[string, (length: number) => [string, string]]>([
    ["values", (length) => ["k", "v".repeat(length)]],
    ["keys", (length) => ["k".repeat(length), "v"]],
  ])("hold for %s", (_, create) => {
    const wrong = lengths.filter((length) => {
      const map = new SharedMap<string, string>({ capacity: 1, maxByteLength: 1 << 21, stripes: 1 });
      const [key, value] = create(length);
      const isKept = map.set(key, value).get(key) === value;
      const isUpdated = map.update(key, (text = "") => text.slice(0, -1)) === value.slice(0, -1) && map.get(key) === value.slice(0, -1);
      return !isKept || !isUpdated || !map.delete(key) || map.size !== 0;
    });
    expect(wrong).toEqual([]);
    expect(lengths.length).toBeGreaterThan(30);
  });
});

describe("operations", () => {
  it("deletes nothing for a key that was never there, in an empty map or a full one", () => {
    const map = small<string | number, number>();
    const inEmpty = map.delete("no");
    for (let i = 0; i < 100; i++) map.set(`k${i}`, i);
    expect([inEmpty, map.delete("no"), map.delete(5), map.delete("k100"), map.size]).toEqual([false, false, false, false, 100]);
  });

  it("deletes what is there, and says so", () => {
    const map = small();
    map.set("k", 1);
    expect([map.delete("k"), map.delete("k"), map.has("k"), map.size]).toEqual([true, false, false, 0]);
  });

  it("updates from undefined and from the value before", () => {
    const map = small<string, number>();
    const next = (n = 0): number => n + 1;
    expect([map.update("k", next), map.update("k", next), map.get("k")]).toEqual([1, 2, 2]);
  });

  it("leaves the entry alone when the update function throws", () => {
    const map = small<string, number>();
    map.set("k", 1);
    const fail = (): number => {
      throw new Error("no");
    };
    expect(() => map.update("k", fail)).toThrow("no");
    expect(map.update("k", (n = 0) => n + 1)).toBe(2);
  });

  it("runs the update function again when it wrote the key itself", () => {
    const map = small<string, number>();
    let runs = 0;
    map.update("k", (n = 0) => {
      if (runs++ === 0) map.set("k", 10);
      return n + 1;
    });
    expect([runs, map.get("k")]).toEqual([2, 11]);
  });

  it("notices an entry that was replaced by an equal one during an update", () => {
    const map = small<string, number>();
    map.set("k", 1);
    let runs = 0;
    map.update("k", (n = 0) => {
      if (runs++ === 0) map.set("k", 5).set("k", 1);
      return n + 1;
    });
    expect(runs).toBe(2);
  });

  it("compares and sets primitives", () => {
    const map = small<string, number>();
    map.set("k", 2);
    expect([map.compareAndSet("k", 1, 9), map.compareAndSet("k", 2, 3), map.get("k")]).toEqual([false, true, 3]);
  });

  it("compares objects by what the codec makes of them", () => {
    const map = small<string, object>();
    map.set("k", { a: 1 });
    expect([map.compareAndSet("k", { a: 2 }, {}), map.compareAndSet("k", { a: 1 }, {})]).toEqual([false, true]);
  });

  it("takes undefined for no entry when comparing", () => {
    const map = small<string, number>();
    expect([map.compareAndSet("k", undefined, 1), map.compareAndSet("k", undefined, 2), map.get("k")]).toEqual([true, false, 1]);
  });

  it("compares zeros as equal and NaN as equal to itself", () => {
    const map = small<string, number>();
    map.set("zero", -0).set("nan", Number.NaN);
    expect([map.compareAndSet("zero", 0, 1), map.compareAndSet("nan", Number.NaN, 1)]).toEqual([true, true]);
  });

  it("tells a number from text, booleans and bigints when comparing", () => {
    const map = small<string, unknown>();
    map.set("n", 1).set("t", "1").set("b", true).set("i", 1n);
    const wrong = [map.compareAndSet("n", "1", 0), map.compareAndSet("t", 1, 0), map.compareAndSet("b", 1, 0), map.compareAndSet("i", 1, 0)];
    expect([...wrong, map.compareAndSet("n", 1, 0)]).toEqual([false, false, false, false, true]);
  });

  it("keeps the number last set, integers and doubles in turn", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.double(), fc.constant(-0), fc.string({ maxLength: 20 })), { minLength: 1 }), (values) => {
        const map = small<string, number | string>();
        for (const value of values) {
          expect(map.update("k", () => value)).toBe(value);
          expect([map.get("k"), ...map.values()]).toStrictEqual([value, value]);
        }
      }),
    );
  });

  it("computes only for a missing key", () => {
    const map = small<string, number>();
    expect([map.getOrInsertComputed("k", () => 1), map.getOrInsertComputed("k", () => 2), map.getOrInsert("j", 3)]).toEqual([1, 1, 3]);
  });

  it("keeps what the compute function itself set", () => {
    const map = small<string, number>();
    const value = map.getOrInsertComputed("k", () => {
      map.set("k", 7);
      return 1;
    });
    expect([value, map.get("k")]).toEqual([7, 7]);
  });

  it("clears", () => {
    const map = small<string, number>();
    for (let i = 0; i < 500; i++) map.set(`k${i}`, i);
    map.clear();
    expect([map.size, map.get("k3"), [...map]]).toEqual([0, undefined, []]);
  });

  it("iterates over every entry once", () => {
    const map = small<string, number>();
    const plain = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      map.set(`k${i}`, i);
      plain.set(`k${i}`, i);
    }
    expect([[...map].length, map.snapshot()]).toEqual([1000, plain]);
  });

  it("gives keys, values and forEach alike", () => {
    const map = small<string, number>();
    map.set("a", 1);
    const seen: unknown[] = [];
    map.forEach((value, key, self) => seen.push(value, key, self === map));
    expect([[...map.keys()], [...map.values()], seen]).toEqual([["a"], [1], [1, "a", true]]);
  });

  it("may be written while it is iterated", () => {
    const map = small<string, number>();
    for (let i = 0; i < 300; i++) map.set(`k${i}`, i);
    const seen = new Set<string>();
    for (const [key] of map) {
      seen.add(key);
      map.delete(key);
      map.set(`new-${key}`, 1);
    }
    expect([...Array(300).keys()].every((i) => seen.has(`k${i}`))).toBe(true);
  });
});

type Command = { op: "set" | "delete" | "get" | "update" | "clear"; key: string | number; value: number };

describe("as a whole", () => {
  it("does what Map does, for any run of operations", () => {
    const key = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }).map(String), fc.string({ maxLength: 3 }));
    const op = fc.oneof(
      { weight: 200, arbitrary: fc.constantFrom("set", "delete", "get", "update") },
      { weight: 1, arbitrary: fc.constant("clear") },
    );
    const commands = fc.array(fc.record({ op, key, value: fc.integer() }) as fc.Arbitrary<Command>, { maxLength: 400, size: "max" });
    const run = (list: Command[]): void => {
      using map = new SharedMap<string | number, number>({ capacity: 2, maxByteLength: 1 << 22, stripes: 2 });
      const plain = new Map<string | number, number>();
      for (const { op: name, key: k, value } of list) {
        if (name === "set") map.set(k, value), plain.set(k, value);
        else if (name === "delete") expect(map.delete(k)).toBe(plain.delete(k));
        else if (name === "get") expect(map.get(k)).toBe(plain.get(k));
        else if (name === "clear") map.clear(), plain.clear();
        else map.update(k, (n = 0) => n + 1), plain.set(k, (plain.get(k) ?? 0) + 1);
      }
      expect([map.size, map.snapshot()]).toEqual([plain.size, plain]);
    };
    expect(() => fc.assert(fc.property(commands, run), { numRuns: 60 })).not.toThrow();
  });
});
