import { describe, expect, it } from "vitest";
import { MirroredMap, type Mismatch } from "../../src/runtime/mirrored-map.js";

describe("MirroredMap", () => {
  it("writes to both maps", () => {
    const [old, fresh] = [new Map<string, number>(), new Map<string, number>()];
    const map = new MirroredMap(old, fresh);
    map.set("a", 1).set("b", 2);
    map.delete("a");
    expect([[...old], [...fresh]]).toEqual([[["b", 2]], [["b", 2]]]);
    map.clear();
    expect([old.size, fresh.size]).toEqual([0, 0]);
  });

  it("answers from the old map until it is cut over, and again after it falls back", () => {
    const map = new MirroredMap(new Map([["a", "old"]]), new Map([["a", "new"], ["b", "new"]]));
    const answers = (): unknown[] => [map.get("a"), map.has("b"), map.size, [...map].length, map.hasCutOver];
    expect(answers()).toEqual(["old", false, 1, 1, false]);
    map.cutOver();
    expect(answers()).toEqual(["new", true, 2, 2, true]);
    map.fallBack();
    expect(answers()).toEqual(["old", false, 1, 1, false]);
  });

  it("still writes to the old map after the cut-over, so that falling back loses nothing", () => {
    const old = new Map<string, number>();
    const map = new MirroredMap(old, new Map<string, number>());
    map.cutOver();
    map.set("a", 1);
    map.fallBack();
    expect(map.get("a")).toBe(1);
  });

  it("copies entries from before to the new map, and overwrites none there", () => {
    const fresh = new Map([["a", "new"]]);
    const map = new MirroredMap(new Map([["a", "old"], ["b", "old"]]), fresh);
    expect(map.backfill()).toBe(1);
    expect([...fresh]).toEqual([["a", "new"], ["b", "old"]]);
  });

  it("compares the share of reads it is told to", () => {
    const draws = [0.1, 0.6, 0.4, 0.9];
    const mismatches: Mismatch<string, number>[] = [];
    const map = new MirroredMap(new Map([["a", 1]]), new Map([["a", 2]]), {
      sampleRate: 0.5,
      random: () => draws.shift()!,
      onMismatch: (mismatch) => mismatches.push(mismatch),
    });
    for (let read = 0; read < 4; read++) expect(map.get("a")).toBe(1);
    expect(map.stats()).toEqual({ compared: 2, mismatches: 2 });
    expect(mismatches[0]).toEqual({ key: "a", answer: 1, shadow: 2 });
  });

  it("compares by the equality it is given", () => {
    const map = new MirroredMap(new Map([["a", { id: 1 }]]), new Map([["a", { id: 1 }]]), { sampleRate: 1, equals: (one, other) => one?.id === other?.id });
    map.get("a");
    expect(map.stats()).toEqual({ compared: 1, mismatches: 0 });
  });

  it("keeps errors of the map in the shadow from its callers", () => {
    const errors: unknown[] = [];
    const broken = new Map<string, number>();
    broken.set = () => { throw new Error("no"); };
    const map = new MirroredMap(new Map<string, number>(), broken, { onShadowError: (error) => errors.push(error) });
    map.set("a", 1);
    expect([map.get("a"), errors]).toEqual([1, [new Error("no")]]);
  });

  it.each([-0.1, 1.1, NaN])("refuses the sample rate %d", (sampleRate) => {
    expect(() => new MirroredMap(new Map(), new Map(), { sampleRate })).toThrow(RangeError);
  });
});
