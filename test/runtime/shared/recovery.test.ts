import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LockTimeoutError, SharedMap } from "../../../src/runtime/shared/index.js";
import { B, H } from "../../../src/runtime/shared/layout.js";
import { auditMemory } from "./support/audit.js";
import { KILL_MARK, bundleWorker, sourceFolder } from "./support/bundle.js";
import { collidingKeys } from "./support/colliding.js";
import { ackedCount, COUNTERS, createJournal, findLost, payloadOf } from "./support/journal.js";
import type { VictimData } from "./support/victim-worker.js";

type Map = SharedMap<string, string | number>;

let worker: { url: URL; remove: () => void };
beforeAll(async () => {
  worker = await bundleWorker("victim-worker", true);
});
afterAll(() => worker.remove());

const marks = readdirSync(sourceFolder).flatMap((file) =>
  file.endsWith(".ts") ? [...readFileSync(join(sourceFolder, file), "utf8").matchAll(KILL_MARK)].map(([, name]) => name!) : [],
);

function start(map: Map, data: Partial<VictimData>): { thread: Worker; ended: Promise<boolean> } {
  const given = { handle: map.handle, name: "v", seed: 1, rounds: 4000, journal: createJournal(), ...data };
  const thread = new Worker(worker.url, { workerData: given });
  let finished = false;
  const ended = new Promise<boolean>((resolve, reject) => {
    thread.on("message", (message) => (finished ||= message === "finished"));
    thread.on("error", reject);
    thread.on("exit", () => resolve(finished));
  });
  return { thread, ended };
}

/** Wants every lock once, the heap's too. */
function settle(map: Map): void {
  map.set("closing", "x".repeat(20_000));
  for (let i = 0; i < 64; i++) map.set(`settle${i}`, i);
}

function counterSum(map: Map): number {
  return Array.from({ length: COUNTERS }, (_, i) => Number(map.get(`counter${i}`) ?? 0)).reduce((sum, n) => sum + n, 0);
}

/** What must have died before, so that there is something to repair. */
function causeOf(mark: string): string | undefined {
  if (mark === "repair:heap") return "heap:marked";
  if (mark === "repair:run") return "heap:taken";
  if (mark === "repair:move") return "move:filled";
  if (mark === "repair:resized") return "grow:sized";
  return /^(repair|break):/.test(mark) ? "write:published" : undefined;
}

function crowd(map: Map, count: number, buckets: number): void {
  const seed = new Int32Array(map.handle.buffer)[H.seed]!;
  for (const key of collidingKeys(count, seed, buckets)) map.set(key, 1);
}

/** Brings the map to where the step must come, whatever its seed. */
function prepare(map: Map, mark: string): void {
  // The next insertion makes the table grow, and the chain of the first bucket move with it.
  if (/^(move|chain):/.test(mark)) crowd(map, 16, 4);
  // The first bucket is full: the next insertion into it hangs another behind it. By chance alone one map in 27 hangs none.
  if (mark.startsWith("hang:")) crowd(map, B.slotCount, 64);
}

describe("kill points", () => {
  it("are compiled in at every step: each name stands once", () => {
    expect(new Set(marks).size).toBe(marks.length);
    expect(marks.length).toBeGreaterThan(50);
  });

  it.each(marks)("a worker that dies at %s leaves the map whole", async (mark) => {
    const map: Map = new SharedMap({ stripes: 1, capacity: 1, maxByteLength: 1 << 24, lockTimeout: 2000 });
    const journals = [createJournal(), createJournal()];
    prepare(map, mark);
    const cause = causeOf(mark);
    if (cause) expect(await start(map, { dieAt: cause, name: "first", journal: journals[0]! }).ended).toBe(false);
    const finished = await start(map, { dieAt: mark, name: "second", journal: journals[1]! }).ended;
    settle(map);
    expect({ finished, lost: [...findLost(map, "first", journals[0]!), ...findLost(map, "second", journals[1]!)] }).toEqual({ finished: false, lost: [] });
    const acked = ackedCount(journals[0]!) + ackedCount(journals[1]!);
    expect([0, 1, 2].map((more) => acked + more)).toContain(counterSum(map));
    expect(() => auditMemory(map.handle.buffer)).not.toThrow();
  });
});

describe("a dead owner", () => {
  it("is found by the descriptor it had open, where the system says nothing else", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 2000 });
    await start(map, { dieAt: "write:filled", options: { liveness: "descriptor" } }).ended;
    map.set("k", 1);
    expect([map.get("k"), map.stats().locksBroken]).toEqual([1, 1]);
  });

  it("is found by the exit event of a watched worker, where nothing else works", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 2000 });
    const { thread, ended } = start(map, { dieAt: "write:filled", options: { liveness: "exit" } });
    map.watch(thread);
    await ended;
    map.set("k", 1);
    expect(map.stats().locksBroken).toBe(1);
  });

  it("that nobody can know to be dead keeps its lock, and writers throw LockTimeoutError", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 60 });
    map.set("before", 1);
    await start(map, { dieAt: "write:filled", options: { liveness: "exit" } }).ended;
    expect(() => map.set("k", 1)).toThrow(LockTimeoutError);
    expect([map.get("before"), map.stats().locksBroken]).toEqual([1, 0]);
  });

  it("never makes a reader wait", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 60, cache: 0 });
    map.set("before", 1);
    await start(map, { dieAt: "write:filled", options: { liveness: "exit" } }).ended;
    const startedAt = performance.now();
    for (let i = 0; i < 1000; i++) map.get("before");
    expect([map.get("before"), [...map.keys()].includes("before"), performance.now() - startedAt < 1000]).toEqual([1, true, true]);
  });

  it("is found within milliseconds of terminate()", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 2000 });
    const pause = new SharedArrayBuffer(8);
    const { thread } = start(map, { dieAt: "write:filled", pause });
    await Atomics.waitAsync(new Int32Array(pause), 1, 0).value;
    void thread.terminate();
    const startedAt = performance.now();
    map.set("k", 1);
    expect([map.get("k"), performance.now() - startedAt < 1000]).toEqual([1, true]);
  });

  it("leaves its record to be used again, however many die", async () => {
    const map: Map = new SharedMap({ stripes: 2 });
    const others: SharedMap[] = [];
    for (let i = 0; i < 125; i++) others.push(SharedMap.attach(map.handle));
    for (let i = 0; i < 4; i++) await start(map, { dieAt: "write:even", name: `v${i}`, seed: i }).ended;
    expect(() => settle(map)).not.toThrow();
  });
});

describe("records", () => {
  it("are freed by those who attach, many at once, after more have died than there are records", async () => {
    const map: Map = new SharedMap({ stripes: 2, capacity: 8 });
    const attached: SharedMap[] = [];
    // Of the records only a few are left: each round of deaths uses them up.
    for (let i = 0; i < 121; i++) attached.push(SharedMap.attach(map.handle));
    for (let round = 0; round < 4; round++) {
      const ends = [0, 1, 2].map((id) => start(map, { dieAt: "insert:tagged", name: `v${round}-${id}`, seed: id }).ended);
      expect(await Promise.all(ends)).toEqual([false, false, false]);
    }
    expect(map.stats().attached).toBeGreaterThan(121);
  });
});

describe("an owner that is only paused", () => {
  it("keeps its lock, and comes back to a whole map", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 80 });
    const pause = new SharedArrayBuffer(8);
    const journal = createJournal();
    const { ended } = start(map, { dieAt: "write:filled", pause, rounds: 500, journal });
    await Atomics.waitAsync(new Int32Array(pause), 1, 0).value;
    expect(() => map.set("k", 1)).toThrow(LockTimeoutError);
    Atomics.store(new Int32Array(pause), 0, 1);
    Atomics.notify(new Int32Array(pause), 0);
    expect([await ended, map.stats().locksBroken, findLost(map, "v", journal)]).toEqual([true, 0, []]);
  });

  it("is waited for without blocking by whenUnlocked", async () => {
    const map: Map = new SharedMap({ stripes: 1, lockTimeout: 80 });
    const pause = new SharedArrayBuffer(8);
    const { ended } = start(map, { dieAt: "insert:counted", pause, rounds: 10 });
    await Atomics.waitAsync(new Int32Array(pause), 1, 0).value;
    let isUnlocked = false;
    const waiting = map.whenUnlocked("k").then(() => (isUnlocked = true));
    await new Promise((resolve) => setTimeout(resolve, 40));
    const before = isUnlocked;
    Atomics.store(new Int32Array(pause), 0, 1);
    Atomics.notify(new Int32Array(pause), 0);
    await waiting;
    expect([before, isUnlocked, await ended]).toEqual([false, true, true]);
  });
});

describe("an exception in a locked section", () => {
  it("gives the stripe back when the heap's lock is never released", async () => {
    const map: Map = new SharedMap({ stripes: 2, capacity: 16, lockTimeout: 30 });
    await start(map, { dieAt: "heap:taking", options: { liveness: "exit" } }).ended;
    const outcomes = Array.from({ length: 8 }, (_, i) => {
      expect(() => map.set(`large${i}`, "x".repeat(20_000))).toThrow(LockTimeoutError);
      try {
        map.set(`large${i}`, "small");
        return map.get(`large${i}`);
      } catch (error) {
        return (error as Error).name;
      }
    });
    // One stripe has died with its owner; the other goes on.
    expect(new Set(outcomes)).toEqual(new Set(["small", "LockTimeoutError"]));
  });

  it("leaves no lock and loses nothing, wherever the stack runs full", () => {
    const map: Map = new SharedMap({ stripes: 1, capacity: 1, maxByteLength: 1 << 24 });
    let written = 0;
    let overflows = 0;
    const dive = (depth: number): void => {
      map.set(`k${written % 500}`, payloadOf(written));
      written++;
      if (depth > 0) dive(depth - 1);
    };
    for (let i = 0; i < 12; i++) {
      try {
        dive(1e6);
      } catch (error) {
        if (error instanceof RangeError) overflows++;
      }
    }
    settle(map);
    expect([overflows, map.stats().locksBroken]).toEqual([12, 0]);
    expect(() => auditMemory(map.handle.buffer)).not.toThrow();
  });
});

/** Set SHARED_MAP_KILLS to run more of them. */
const KILLS = Number(process.env.SHARED_MAP_KILLS ?? 60);

describe("random terminate()", () => {
  it(`${KILLS} times, beside two workers that live on: nobody hangs, nothing tears, no acknowledged write is lost`, async () => {
    const map: Map = new SharedMap({ stripes: 4, capacity: 8, maxByteLength: 1 << 26, lockTimeout: 10_000 });
    const living = [0, 1].map((id) => {
      const journal = createJournal();
      return { journal, name: `living${id}`, ...start(map, { name: `living${id}`, seed: id, rounds: 400 * KILLS, journal }) };
    });
    const journals = living.map(({ journal }) => journal);
    const lost: string[] = [];
    let seed = 99;
    const kill = async (id: number): Promise<void> => {
      const journal = createJournal();
      const name = `dead${id}`;
      const { thread, ended } = start(map, { name, seed: id, rounds: 1e9, journal });
      await Promise.race([new Promise((resolve) => thread.once("message", resolve)), ended]);
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const until = performance.now() + (seed >>> 20) / 1000;
      while (performance.now() < until);
      await Promise.all([thread.terminate(), ended]);
      settle(map);
      lost.push(...findLost(map, name, journal));
      for (let i = 0; i < 256; i++) map.delete(`${name}-${i}`);
      journals.push(journal);
    };
    for (let id = 0; id < KILLS; id += 2) await Promise.all([kill(id), kill(id + 1)]);
    const survived = await Promise.all(living.map(({ ended }) => ended));
    for (const { name, journal } of living) lost.push(...findLost(map, name, journal));
    settle(map);
    const acked = journals.reduce((sum, journal) => sum + ackedCount(journal), 0);
    expect({ survived, lost }).toEqual({ survived: [true, true], lost: [] });
    expect(counterSum(map) - acked).toBeGreaterThanOrEqual(0);
    expect(counterSum(map) - acked).toBeLessThanOrEqual(KILLS);
    expect(() => auditMemory(map.handle.buffer)).not.toThrow();
  }, 600_000);
});
