import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { expectNoRace, matchers, RaceError, type Scenario } from "../../../src/runtime/testing/index.js";
import "../../../src/runtime/testing/vitest.js";

/** Counts calls across a suspension, wrongly or rightly. */
function counter(isRight: boolean): Scenario {
  return ({ io, spawn }) => {
    const op = io("op");
    let count = 0;
    const increase = async (): Promise<void> => {
      const before = count;
      await op();
      count = (isRight ? count : before) + 1;
    };
    spawn("A", increase);
    spawn("B", increase);
    return () => assert.equal(count, 2);
  };
}

describe("expectNoRace", () => {
  it("gives the outcome when nothing fails", async () => {
    expect(await expectNoRace(counter(true))).toMatchObject({ exhausted: true, failure: undefined });
  });

  it("throws the timeline, the replay string and the cause", async () => {
    const error = await expectNoRace(counter(false)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RaceError);
    const { message, cause, outcome } = error as RaceError;
    expect(message).toContain(outcome.failure!.timeline());
    expect(message).toContain(`replay: "${outcome.failure!.replay}"`);
    expect(cause).toBeInstanceOf(assert.AssertionError);
  });

  it("demands all schedules when asked to", async () => {
    const options = { maxSchedules: 2, samples: 0 };
    await expect(expectNoRace(counter(true), options)).resolves.toMatchObject({ exhausted: false });
    await expect(expectNoRace(counter(true), { ...options, exhaustive: true })).rejects.toThrow("not all were tried");
  });
});

describe("the matcher", () => {
  it("passes for a scenario without a race", async () => {
    await expect(counter(true)).toHaveNoRace({ exhaustive: true });
  });

  it("fails for a scenario with one", async () => {
    await expect(expect(counter(false)).toHaveNoRace()).rejects.toThrow("A schedule fails (assertion)");
  });

  it("can be negated", async () => {
    await expect(counter(false)).not.toHaveNoRace();
    await expect(expect(counter(true)).not.toHaveNoRace()).rejects.toThrow("None of 6 schedules failed, and there are no others.");
  });

  it("works without vitest's help", async () => {
    expect((await matchers.toHaveNoRace(counter(false))).pass).toBe(false);
  });
});
