import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { explore, type Outcome, type Scenario } from "../../../src/runtime/testing/index.js";

/** Fails only when B's three steps come between A's first and its second: never in the first schedules of the systematic search. */
const deep: Scenario = ({ io, spawn }) => {
  const op = io("op");
  let order = "";
  const task = (name: string, steps: number) => async (): Promise<void> => {
    for (let i = 0; i < steps; i++) {
      await op();
      order += name;
    }
  };
  for (const name of ["D", "C", "B", "A"]) spawn(name, task(name, 4));
  return () => assert.doesNotMatch(order, /A.*BBBB.*AAA/);
};

function search(seed: number, samples = 2_000): Promise<Outcome> {
  return explore(deep, { maxSchedules: 20, samples, seed });
}

describe("random schedules beyond the budget", () => {
  it("find what the systematic part did not reach", async () => {
    expect((await search(1, 0)).failure).toBeUndefined();
    const { failure, schedules, sampled } = await search(1);
    expect(failure?.kind).toBe("assertion");
    expect(schedules).toBe(20);
    expect(sampled).toBeGreaterThan(0);
  });

  it("are the same for the same seed", async () => {
    const [one, again] = [await search(7), await search(7)];
    expect([again.sampled, again.failure?.replay]).toEqual([one.sampled, one.failure?.replay]);
  });

  it("are not run when the systematic search tried all", async () => {
    const outcome = await explore(({ spawn }) => void spawn("A", () => 1));
    expect(outcome).toMatchObject({ exhausted: true, sampled: 0 });
  });

  it("are as many as asked for", async () => {
    const outcome = await explore(({ io, spawn }) => {
      const op = io("op");
      for (const name of ["A", "B", "C"]) spawn(name, () => op().then(op));
    }, { maxSchedules: 10, samples: 33 });
    expect(outcome).toMatchObject({ exhausted: false, schedules: 10, sampled: 33, failure: undefined });
  });

  it("give a failure whose replay fails in the same way", async () => {
    const { failure } = await search(3);
    const again = await explore(deep, { replay: failure!.replay });
    expect(again.failure?.kind).toBe("assertion");
  });
});
