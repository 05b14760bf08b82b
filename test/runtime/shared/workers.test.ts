import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SharedMap } from "../../../src/runtime/shared/index.js";
import type { SharedMapOptions, SharedMapStats } from "../../../src/runtime/shared/index.js";
import { bundleWorker, runWorker } from "./support/bundle.js";

interface Outcome {
  result: number;
  stats: SharedMapStats;
}

let worker: { url: URL; remove: () => void };
beforeAll(async () => {
  worker = await bundleWorker("task-worker");
});
afterAll(() => worker.remove());

async function runAll(task: string, workers: number, rounds: number, keys: number, options: SharedMapOptions = {}, fill?: (map: SharedMap<string, number>) => void) {
  const map = new SharedMap<string, number>(options);
  fill?.(map);
  const gate = new SharedArrayBuffer(12);
  const runs = Array.from({ length: workers }, (_, id) =>
    runWorker<Outcome>(worker.url, { task, handle: map.handle, id, rounds, keys, gate, parties: workers }),
  );
  return { map, outcomes: await Promise.all(runs) };
}

const results = (outcomes: Outcome[]): number[] => outcomes.map(({ result }) => result);
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0);

describe("four workers", () => {
  it("increment overlapping keys 100,000 times each, and none is lost", async () => {
    const { map } = await runAll("increment", 4, 100_000, 100);
    expect([sum(map.values()), map.size]).toEqual([400_000, 100]);
  });

  it("increment a single key without losing one", async () => {
    const { map } = await runAll("increment", 4, 20_000, 1, { stripes: 1 });
    expect(map.get("k0")).toBe(80_000);
  });

  it("count exactly by compareAndSet", async () => {
    const { map } = await runAll("compareAndSet", 4, 10_000, 1);
    expect(map.get("k")).toBe(40_000);
  });

  it("insert while the table grows, and each sees its own and all are there", async () => {
    const { map, outcomes } = await runAll("insert", 4, 20_000, 0, { capacity: 1 });
    expect([results(outcomes), map.size, map.stats().growingStripes]).toEqual([[0, 0, 0, 0], 80_000, 0]);
  });

  it("have one winner for each key inserted at the same time", async () => {
    const { outcomes } = await runAll("race", 4, 5_000, 0, { stripes: 4 });
    expect(sum(results(outcomes))).toBe(5_000);
  });

  it("never see a torn value while blocks are reused", async () => {
    const { outcomes } = await runAll("tear", 4, 40_000, 5, { stripes: 1 });
    expect(results(outcomes)).toEqual([0, 0, 0, 0]);
  });

  it("never see a cached value go back", async () => {
    const { outcomes } = await runAll("follow", 3, 50_000, 0);
    expect(results(outcomes)).toEqual([0, 0, 0]);
  });

  it("see every untouched key once in each iteration", async () => {
    const { outcomes } = await runAll("iterate", 3, 2_000, 300, { stripes: 4 }, (map) => {
      for (let i = 0; i < 300; i++) map.set(`stay${i}`, i);
    });
    expect(results(outcomes)).toEqual([0, 0, 0]);
  });

  it("measure a size that was so at some moment of the call, while the others insert", async () => {
    const { map, outcomes } = await runAll("measure", 4, 5_000, 0, { capacity: 1 });
    expect([results(outcomes), map.size]).toEqual([[0, 0, 0, 0], 15_000]);
  });

  it("clear what was there before, and nothing that is written afterwards", async () => {
    const { outcomes } = await runAll("clear", 4, 2_000, 0, { stripes: 16 }, (map) => {
      for (let i = 0; i < 5_000; i++) map.set(`old${i}`, i);
    });
    expect(results(outcomes)).toEqual([0, 0, 0, 0]);
  });

  it("share locks without padding just as rightly", async () => {
    const { map } = await runAll("increment", 4, 10_000, 10, { padded: false });
    expect(sum(map.values())).toBe(40_000);
  });
});

describe("a worker that ends", () => {
  it("gives its record back", async () => {
    const { map } = await runAll("increment", 4, 10, 10);
    expect(map.stats().attached).toBe(1);
  });
});
