import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SharedMap } from "../../../src/runtime/shared/index.js";
import { bundleWorker, runWorker } from "./support/bundle.js";
import { findViolations } from "./support/linearizable.js";
import type { Call } from "./support/linearizable.js";

let worker: { url: URL; remove: () => void };
beforeAll(async () => {
  worker = await bundleWorker("history-worker");
});
afterAll(() => worker.remove());

describe("the checker", () => {
  const call = (op: Call["op"], start: number, end: number, fields: Partial<Call> = {}): Call => ({ op, key: "k", start, end, ...fields });

  it("accepts calls that overlap in some order", () => {
    expect(findViolations([call("set", 0, 5, { value: 1 }), call("get", 1, 2, { result: 1 }), call("get", 3, 4, { result: 1 })])).toEqual([]);
  });

  it("finds a value that goes back", () => {
    expect(findViolations([call("set", 0, 5, { value: 1 }), call("get", 1, 2, { result: 1 }), call("get", 3, 4, { result: undefined })])).toEqual(["k"]);
  });

  it("finds a lost update", () => {
    const calls = [call("add", 0, 3, { value: 1, result: 1 }), call("add", 1, 2, { value: 1, result: 1 })];
    expect(findViolations(calls)).toEqual(["k"]);
  });

  it("finds a read of what was never written", () => {
    expect(findViolations([call("get", 0, 1, { result: 7 })])).toEqual(["k"]);
  });

  it("lets a call that never came back have happened, or not", () => {
    const pending = call("set", 0, Infinity, { value: 1 });
    expect(findViolations([pending, call("get", 1, 2, { result: 1 })])).toEqual([]);
    expect(findViolations([pending, call("get", 1, 2, { result: undefined })])).toEqual([]);
  });

  it("starts from the entries there were", () => {
    expect(findViolations([call("get", 0, 1, { result: 3 })], new Map([["k", 3]]))).toEqual([]);
  });
});

/** Set SHARED_MAP_SEED to play another history. */
const SEED = Number(process.env.SHARED_MAP_SEED ?? 1);

describe("histories of real workers", () => {
  it.each([
    { parties: 2, keys: 2, stripes: 1, cache: 64 },
    { parties: 3, keys: 3, stripes: 1, cache: 0 },
    { parties: 4, keys: 4, stripes: 2, cache: 64 },
    { parties: 6, keys: 6, stripes: 4, cache: 64 },
    { parties: 8, keys: 4, stripes: 1, cache: 64 },
    { parties: 8, keys: 8, stripes: 64, cache: 64 },
  ])("are linearizable with $parties workers on $keys keys, $stripes stripes and a cache of $cache", async ({ parties, keys, stripes, cache }) => {
    const map = new SharedMap<string, number>({ stripes, capacity: 1, maxByteLength: 1 << 24 });
    const clock = new SharedArrayBuffer(8);
    const histories = await Promise.all(
      Array.from({ length: parties }, (_, id) =>
        runWorker<Call[]>(worker.url, { handle: map.handle, id: id + 1, seed: SEED, calls: 2000, keys, clock, parties, cache }),
      ),
    );
    expect(findViolations(histories.flat()), `seed ${SEED}`).toEqual([]);
    expect(map.stats().evacuated).toBeGreaterThan(0);
  });
});
