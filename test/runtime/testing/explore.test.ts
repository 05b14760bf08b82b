import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { explore, type ExploreOptions, type Scenario } from "../../../src/runtime/testing/index.js";

/** Tasks of so many controlled steps each; tells the check the order in which they were taken. */
function tasks(steps: readonly number[], check: (order: string) => void = () => undefined): Scenario {
  return ({ io, spawn }) => {
    const op = io("op");
    let order = "";
    for (const [i, count] of steps.entries()) {
      const name = String.fromCharCode(65 + i);
      spawn(name, async () => {
        for (let step = 0; step < count; step++) {
          await op();
          order += name;
        }
      });
    }
    return () => check(order);
  };
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/** The number of ways to merge sequences of these lengths. */
function merges(lengths: readonly number[]): number {
  const total = lengths.reduce((sum, each) => sum + each, 0);
  return lengths.reduce((product, each) => product / factorial(each), factorial(total));
}

/** A get-or-create that two callers race through. */
function makeRepository(load: (id: string) => Promise<object>): { opened: number; get(id: string): Promise<object> } {
  const entries = new Map<string, object>();
  return {
    opened: 0,
    async get(id) {
      if (!entries.has(id)) {
        const entry = await load(id);
        this.opened++;
        entries.set(id, entry);
      }
      return entries.get(id)!;
    },
  };
}

const race: Scenario = ({ io, spawn }) => {
  const load = io("load", async (id: string) => ({ id }));
  const repository = makeRepository(load);
  spawn("A", () => repository.get("1"));
  spawn("B", () => repository.get("1"));
  return () => assert.equal(repository.opened, 1);
};

describe("the orders explored", () => {
  it.each([[[1, 1]], [[2, 2]], [[3, 3]], [[1, 2, 3]], [[3, 3, 3]], [[1, 1, 1, 1]]])("are all merges of eager tasks with %j steps, each once", async (steps) => {
    const orders: string[] = [];
    const outcome = await explore(tasks(steps, (order) => orders.push(order)), { start: "eager" });
    expect(outcome).toMatchObject({ exhausted: true, schedules: merges(steps), failure: undefined });
    expect(new Set(orders).size).toBe(merges(steps));
  });

  it("count the start of each task as a step", async () => {
    const outcome = await explore(tasks([2, 2]));
    expect(outcome.schedules).toBe(merges([3, 3]));
  });

  it("leave out starts of single tasks that are eager", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op");
      spawn("A", () => op(), { start: "eager" });
      spawn("B", () => op());
    };
    expect((await explore(scenario)).schedules).toBe(merges([1, 2]));
  });

  it("stop at maxSchedules, and say so", async () => {
    const outcome = await explore(tasks([3, 3, 3]), { start: "eager", maxSchedules: 100, samples: 0 });
    expect(outcome).toMatchObject({ exhausted: false, schedules: 100 });
  });

  it("count as all when maxSchedules is just enough", async () => {
    const outcome = await explore(tasks([3, 3]), { start: "eager", maxSchedules: merges([3, 3]), samples: 0 });
    expect(outcome.exhausted).toBe(true);
  });

  it("include every completion of one task's concurrent operations", async () => {
    const orders = new Set<string>();
    await explore(({ io, spawn }) => {
      const op = io("op", (name: string) => name);
      let order = "";
      const follow = async (name: string): Promise<void> => {
        const done = await op(name);
        order += done;
      };
      spawn("A", () => Promise.all(["x", "y", "z"].map(follow)));
      return () => orders.add(order);
    });
    expect(orders.size).toBe(factorial(3));
  });

  it("are one at the least, for a scenario without tasks", async () => {
    expect(await explore(() => undefined)).toMatchObject({ exhausted: true, schedules: 1, failure: undefined });
  });

  it("run all the microtasks between two steps", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op");
      let isDone = false;
      spawn("A", async () => {
        await op();
        for (let i = 0; i < 1_000; i++) await null;
        await new Promise<void>((resolve) => process.nextTick(resolve));
        await new Promise<void>((resolve) => queueMicrotask(resolve));
        isDone = true;
      });
      spawn("B", async () => {
        await op();
        return isDone;
      });
    };
    expect(await explore(scenario)).toMatchObject({ exhausted: true, schedules: merges([2, 2]) });
  });

  it("are the same, a macrotask a step, where the host has no native drain", async () => {
    const host = process as { _tickCallback?: unknown };
    const native = host._tickCallback;
    host._tickCallback = undefined;
    try {
      expect(await explore(tasks([2, 2, 1]))).toMatchObject({ exhausted: true, schedules: merges([3, 3, 2]) });
      expect((await explore(race)).failure?.kind).toBe("assertion");
    } finally {
      host._tickCallback = native;
    }
  });
});

describe("a failure", () => {
  it("is found in a check-then-act race", async () => {
    const { failure } = await explore(race);
    expect(failure?.kind).toBe("assertion");
    expect(failure?.error).toBeInstanceOf(assert.AssertionError);
  });

  it("is found when one order of 1,680 fails, whichever it is", async () => {
    for (const rare of ["AAABBBCCC", "ABCABCABC", "CBACBACBA", "CCCBBBAAA", "BACCABBAC"]) {
      const check = (order: string): void => assert.notEqual(order, rare);
      const { failure } = await explore(tasks([3, 3, 3], check), { start: "eager" });
      expect(failure?.error, rare).toMatchObject({ actual: rare });
    }
  });

  it("is found again by its replay string", async () => {
    const check = (order: string): void => assert.notEqual(order, "BAB");
    const first = await explore(tasks([1, 2], check));
    const again = await explore(tasks([1, 2], check), { replay: first.failure!.replay });
    expect(again.schedules).toBe(1);
    expect(again.failure).toMatchObject({ kind: "assertion", replay: first.failure!.replay, error: { actual: "BAB" } });
  });

  it("is the one with the fewest switches away from a task that could go on", async () => {
    const switches = (order: string): number => [..."AB"].reduce((sum, name) => sum + (order.match(new RegExp(`${name}+`, "g"))?.length ?? 0), 0);
    const check = (order: string): void => assert.ok(switches(order) < 4, order);
    const { failure } = await explore(tasks([3, 3], check), { start: "eager" });
    expect(switches((failure!.error as Error).message)).toBe(4);
  });

  it("is not there when a replay passes", async () => {
    expect((await explore(race, { replay: "0" })).failure).toBeUndefined();
  });

  it("cannot be replayed from a string that is none", async () => {
    await expect(explore(race, { replay: "not one!" })).rejects.toThrow(TypeError);
  });

  it("is nondeterminism when the replay string belongs to another scenario", async () => {
    expect((await explore(tasks([1]), { replay: "5" })).failure?.kind).toBe("nondeterminism");
  });
});

describe("an io operation", () => {
  it("is explored as rejecting, too", async () => {
    const ends = new Set<string>();
    const outcome = await explore(({ io, spawn }) => {
      const op = io("op", () => "done", { rejects: new Error("down") });
      const end = { A: "", B: "" };
      for (const name of ["A", "B"] as const) {
        spawn(name, async () => {
          end[name] = await op().catch((error: Error) => error.message);
        });
      }
      return () => ends.add(`${end.A} ${end.B}`);
    });
    expect(outcome.failure).toBeUndefined();
    expect([...ends].sort()).toEqual(["done done", "done down", "down done", "down down"]);
  });

  it("may reject through the task: what the explorer caused is no failure", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op", () => 1, { rejects: true });
      spawn("A", () => op());
    };
    expect(await explore(scenario)).toMatchObject({ exhausted: true, schedules: 2, failure: undefined });
  });

  it("may reject through the task as the cause of another error", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op", () => 1, { rejects: () => new Error("down") });
      spawn("A", async () => {
        try {
          await op();
        } catch (cause) {
          throw new Error("cannot load", { cause });
        }
      });
    };
    expect((await explore(scenario)).failure).toBeUndefined();
  });

  it("rejects with what its effect throws", async () => {
    const reasons: unknown[] = [];
    await explore(({ io, spawn }) => {
      const op = io("op", () => {
        throw new Error("no such row");
      });
      const task = spawn("A", () => op());
      return () => reasons.push(task.reason);
    });
    expect(reasons).toHaveLength(2);
    expect(reasons[0]).toMatchObject({ message: "no such row" });
  });

  it.each([
    ["call", ["1"]],
    ["completion", ["1", "2"]],
    ["between", ["1", "2"]],
  ] as const)("has its effect at the %s", async (effect, expected) => {
    const seen = new Set<unknown>();
    const scenario: Scenario = ({ io, spawn }) => {
      let value = "1";
      const read = io("read", () => value, { effect });
      const write = io("write", () => void (value = "2"), { effect: "completion" });
      const reader = spawn("A", () => read());
      spawn("B", () => write());
      return () => seen.add(reader.value);
    };
    await explore(scenario, { start: "eager" });
    expect([...seen].sort()).toEqual(expected);
  });

  it("may have its effect while the reply is still to come", async () => {
    const seen = new Set<string>();
    const scenario: Scenario = ({ io, spawn }) => {
      let stored = 0;
      const store = io("store", () => ++stored, { effect: "between" });
      let story = "";
      spawn("A", async () => {
        await store();
        story += "replied ";
      });
      spawn("B", () => void (story += `sees ${stored} `));
      return () => seen.add(story.trim());
    };
    await explore(scenario, { start: "eager" });
    await explore(scenario);
    expect([...seen].sort()).toEqual(["replied sees 1", "sees 0 replied", "sees 1 replied"]);
  });

  it("waits for an effect that is asynchronous itself", async () => {
    const values: unknown[] = [];
    await explore(({ io, spawn }) => {
      const op = io("op", async () => {
        await null;
        return 7;
      });
      const task = spawn("A", () => op());
      return () => values.push(task.value);
    });
    expect(values).toEqual([7, 7]);
  });
});

describe("a controlled promise", () => {
  it("resolves at every moment", async () => {
    const seen = new Set<string>();
    await explore(({ io, spawn, promise }) => {
      const op = io("op");
      let isOver = false;
      void promise("shutdown", undefined).then(() => (isOver = true));
      let story = "";
      spawn("A", async () => {
        for (let i = 0; i < 2; i++) {
          await op();
          story += isOver ? "o" : ".";
        }
      });
      return () => seen.add(story);
    });
    expect([...seen].sort()).toEqual(["..", ".o", "oo"]);
  });
});

describe("tasks", () => {
  it("show the check how they ended", async () => {
    const seen: string[] = [];
    await explore(({ spawn }) => {
      const good = spawn("good", () => 1);
      const bad = spawn("bad", () => Promise.reject(new Error("expected")), { mayReject: true });
      return () => seen.push(`${good.status} ${good.value} ${bad.status} ${(bad.reason as Error).message}`);
    });
    expect(new Set(seen)).toEqual(new Set(["fulfilled 1 rejected expected"]));
  });

  it("in the background need not end", async () => {
    const scenario: Scenario = ({ spawn }) => {
      spawn("server", () => new Promise(() => undefined), { background: true });
      spawn("A", () => 1);
    };
    expect(await explore(scenario)).toMatchObject({ exhausted: true, failure: undefined });
  });

  it("in the background may go on for ever, in between the others' steps", async () => {
    const seen = new Set<number>();
    const outcome = await explore(({ io, spawn }) => {
      const op = io("op");
      const message = io("message");
      let served = 0;
      spawn(
        "server",
        async () => {
          for (;;) {
            await message();
            served++;
          }
        },
        { background: true, start: "eager" },
      );
      spawn("A", () => op(), { start: "eager" });
      return () => seen.add(served);
    }, { maxSchedules: 3, samples: 0 });
    expect(outcome.failure).toBeUndefined();
    expect([...seen]).toEqual([0, 1, 2]);
  });

  it("may be spawned by tasks", async () => {
    const seen = new Set<string>();
    await explore(({ spawn }) => {
      let order = "";
      spawn("A", () => {
        order += "A";
        spawn("C", () => void (order += "C"));
      });
      spawn("B", () => void (order += "B"));
      return () => seen.add(order);
    });
    expect([...seen].sort()).toEqual(["ABC", "ACB", "BAC"]);
  });
});

describe("scenarios", () => {
  it("may be asynchronous, and so may their checks", async () => {
    const { failure } = await explore(async ({ spawn }) => {
      await null;
      spawn("A", () => 1);
      return async () => {
        await null;
        assert.fail("late");
      };
    });
    expect(failure).toMatchObject({ kind: "assertion", error: { message: "late" } });
  });

  it("are explored one at a time, whoever asks", async () => {
    const outcomes = await Promise.all([explore(race), explore(tasks([2, 2])), explore(race)]);
    expect(outcomes.map((outcome) => outcome.failure?.kind)).toEqual(["assertion", undefined, "assertion"]);
  });

  it("leave timers and handlers of the process as they were", async () => {
    const before = [setTimeout, setInterval, setImmediate, clearTimeout, ...process.listeners("unhandledRejection"), ...process.listeners("uncaughtException")];
    const options: ExploreOptions[] = [{}, { timers: true }, { maxSteps: 1 }];
    for (const each of options) await explore(race, each);
    const after = [setTimeout, setInterval, setImmediate, clearTimeout, ...process.listeners("unhandledRejection"), ...process.listeners("uncaughtException")];
    expect(after).toEqual(before);
  });
});
