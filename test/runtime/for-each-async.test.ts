import { describe, expect, it, vi } from "vitest";
import { DisposedError, LockTimeoutError, SafeMap, type Snapshot } from "../../src/runtime/index.js";
import { deferred, settle, stateOf } from "./helpers.js";

const abc = (): SafeMap<string, number> => new SafeMap([["a", 1], ["b", 2], ["c", 3]]);

describe("forEachAsync", () => {
  it("visits all entries in order, one at a time, by default", async () => {
    const log: string[] = [];
    await abc().forEachAsync(async (value, key) => {
      log.push(`${key}${value} in`);
      await settle();
      log.push(`${key}${value} out`);
    });
    expect(log).toEqual(["a1 in", "a1 out", "b2 in", "b2 out", "c3 in", "c3 out"]);
  });

  it("visits the entries of the moment it was called, whatever the visits write", async () => {
    const map = abc();
    const seen: string[] = [];
    await map.forEachAsync(async (_, key) => {
      seen.push(key);
      await settle();
      map.clear();
      map.set("d", 4);
    });
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("disposes of its snapshot, visits that fail or not", async () => {
    const map = abc();
    const taken = vi.spyOn(map, "snapshot");
    await map.forEachAsync(() => {});
    await map.forEachAsync(() => Promise.reject(new Error("no"))).catch(() => {});
    for (const { value } of taken.mock.results) expect(() => (value as Snapshot<string, number>).size).toThrow(DisposedError);
    expect(taken).toHaveBeenCalledTimes(2);
  });

  it.each([[1, 1], [2, 2], [3, 3], [10, 3], [Infinity, 3]])("with concurrency %d runs %d visits at a time", async (concurrency, expected) => {
    let running = 0;
    let most = 0;
    await abc().forEachAsync(
      async () => {
        most = Math.max(most, ++running);
        await settle();
        running--;
      },
      { concurrency },
    );
    expect(most).toBe(expected);
  });

  it.each([0, -1, 1.5, NaN, "2" as unknown as number])("refuses the concurrency %o", async (concurrency) => {
    await expect(abc().forEachAsync(() => {}, { concurrency })).rejects.toThrow(RangeError);
  });

  it("resolves at once for an empty map", async () => {
    await expect(new SafeMap().forEachAsync(() => {})).resolves.toBeUndefined();
  });

  it("takes visits that are not async", async () => {
    let sum = 0;
    await abc().forEachAsync((value) => void (sum += value));
    expect(sum).toBe(6);
  });

  it("goes through 100,000 entries", async () => {
    let count = 0;
    await new SafeMap(Array.from({ length: 100_000 }, (_, index) => [index, index])).forEachAsync(() => void count++, { concurrency: 50 });
    expect(count).toBe(100_000);
  });
});

describe("forEachAsync and errors", () => {
  it("starts no further visit after the first, aborts those that run, and rejects once they have settled", async () => {
    const gate = deferred();
    const seen: string[] = [];
    let signalOfA!: AbortSignal;
    const iteration = abc().forEachAsync(
      async (_, key, { signal }) => {
        seen.push(key);
        if (key === "b") throw new Error("no");
        signalOfA = signal;
        await gate.promise;
      },
      { concurrency: 2 },
    );
    expect(await stateOf(iteration)).toBe("pending");
    expect(signalOfA.aborted).toBe(true);
    gate.resolve();
    await expect(iteration).rejects.toThrow("no");
    expect(seen).toEqual(["a", "b"]);
  });

  it("hands them to onError and goes on", async () => {
    const errors: unknown[] = [];
    const visit = (value: number): void => {
      if (value !== 2) throw new Error("no " + value);
    };
    await abc().forEachAsync(visit, { onError: (error, value, key) => errors.push([(error as Error).message, value, key]) });
    expect(errors).toEqual([["no 1", 1, "a"], ["no 3", 3, "c"]]);
  });

  it("rejects with what onError throws", async () => {
    const visit = (): void => { throw new Error("no"); };
    const rethrow = (): void => { throw new Error("really no"); };
    await expect(abc().forEachAsync(visit, { onError: rethrow })).rejects.toThrow("really no");
  });
});

describe("a caller of forEachAsync that leaves", () => {
  it("is rejected at once, and no further visit starts", async () => {
    const controller = new AbortController();
    const gate = deferred();
    const seen: string[] = [];
    const iteration = abc().forEachAsync(async (_, key) => (seen.push(key), gate.promise), { signal: controller.signal });
    await settle();
    controller.abort(new Error("enough"));
    await expect(iteration).rejects.toThrow("enough");
    gate.resolve();
    await settle();
    expect(seen).toEqual(["a"]);
  });

  it("is rejected with LockTimeoutError after its timeout", async () => {
    const iteration = abc().forEachAsync(() => new Promise(() => {}), { timeout: 2 });
    await expect(iteration).rejects.toThrow(LockTimeoutError);
  });

  it("visits nothing when its signal was aborted before", async () => {
    let count = 0;
    const iteration = abc().forEachAsync(() => count++, { signal: AbortSignal.abort(new Error("before")) });
    await expect(iteration).rejects.toThrow("before");
    expect(count).toBe(0);
  });
});
