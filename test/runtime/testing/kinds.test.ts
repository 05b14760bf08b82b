import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as realDelay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { explore, type ExploreOptions, type Scenario } from "../../../src/runtime/testing/index.js";

async function kindOf(scenario: Scenario, options?: ExploreOptions): Promise<string | undefined> {
  return (await explore(scenario, options)).failure?.kind;
}

describe("assertion", () => {
  it("is a check that throws", async () => {
    expect(await kindOf(() => () => assert.fail("no"))).toBe("assertion");
  });

  it("is an expectation of vitest that does not hold, in a task", async () => {
    expect(await kindOf(({ spawn }) => void spawn("A", () => expect(1).toBe(2)))).toBe("assertion");
  });
});

describe("rejection", () => {
  it("is a task that rejects", async () => {
    expect(await kindOf(({ spawn }) => void spawn("A", () => Promise.reject(new Error("boom"))))).toBe("rejection");
  });

  it("is a promise whose rejection nobody handles", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op", () => 1, { rejects: true });
      spawn("A", () => void op());
    };
    expect(await kindOf(scenario)).toBe("rejection");
  });

  it("is a rejection handled only at a later step: the process would be dead by then", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const slow = io("slow");
      const failing = io("failing", () => 1, { rejects: true });
      spawn("A", async () => {
        const promise = failing();
        await slow();
        await promise.catch(() => undefined);
      });
    };
    expect(await kindOf(scenario)).toBe("rejection");
  });

  it("is an error thrown in a microtask of its own", async () => {
    const scenario: Scenario = ({ spawn }) => {
      spawn("A", () =>
        queueMicrotask(() => {
          throw new Error("boom");
        }),
      );
    };
    expect(await kindOf(scenario)).toBe("rejection");
  });

  it("is an error in the setting up", async () => {
    const { failure } = await explore(() => {
      throw new Error("no world");
    });
    expect(failure).toMatchObject({ kind: "rejection", error: { message: "no world" } });
  });
});

describe("deadlock", () => {
  it("is a task that waits for what nothing will complete", async () => {
    expect(await kindOf(({ spawn }) => void spawn("A", () => new Promise(() => undefined)))).toBe("deadlock");
  });

  it("is found in two locks taken in opposite orders", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op");
      const tails = new Map<string, Promise<unknown>>();
      const locked = <T>(key: string, body: () => Promise<T>): Promise<T> => {
        const mine = (tails.get(key) ?? Promise.resolve()).then(body);
        tails.set(key, mine);
        return mine;
      };
      const both = (first: string, second: string) => (): Promise<void> =>
        locked(first, async () => {
          await op();
          await locked(second, async () => void (await op()));
        });
      spawn("A", both("x", "y"));
      spawn("B", both("y", "x"));
    };
    const { failure } = await explore(scenario);
    expect(failure).toMatchObject({ kind: "deadlock", error: { message: expect.stringContaining("A, B wait for ever") } });
  });
});

describe("livelock", () => {
  it("is a schedule that has no end", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op");
      spawn("A", async () => {
        for (;;) await op();
      });
    };
    expect(await kindOf(scenario, { maxSteps: 50 })).toBe("livelock");
  });

  it("is a microtask that always queues another, without hanging the process", async () => {
    const scenario: Scenario = ({ spawn }) => {
      const busy = true;
      spawn("A", async () => {
        while (busy) await null;
      });
    };
    expect(await kindOf(scenario, { spinTimeout: 60 })).toBe("livelock");
  });

  it("is a loop that never waits, without hanging the process", async () => {
    const scenario: Scenario = ({ spawn }) => {
      const busy = new Map([["k", 1]]);
      spawn("A", () => {
        while (busy.has("k")) continue;
      });
    };
    expect(await kindOf(scenario, { spinTimeout: 60 })).toBe("livelock");
  });

  it("is not a poll that only an unfair order would starve", async () => {
    const scenario: Scenario = ({ io, spawn, sleep }) => {
      const op = io("op");
      let isReady = false;
      spawn("A", async () => {
        while (!isReady) await sleep(10);
      });
      spawn("B", async () => {
        await op();
        isReady = true;
      });
    };
    expect(await kindOf(scenario, { maxSchedules: 200, maxSteps: 100, samples: 0 })).toBeUndefined();
  });
});

describe("uncontrolled", () => {
  it("is a task that waits for a real timer", async () => {
    expect(await kindOf(({ spawn }) => void spawn("A", () => new Promise((resolve) => setTimeout(resolve, 1))))).toBe("uncontrolled");
  });

  it("is a real timer left behind", async () => {
    const scenario: Scenario = ({ spawn }) => {
      spawn("A", () => void setTimeout(() => undefined, 60_000));
    };
    expect(await kindOf(scenario)).toBe("uncontrolled");
  });

  it("is not a real timer that was cleared in time", async () => {
    const scenario: Scenario = ({ spawn }) => {
      spawn("A", () => clearTimeout(setTimeout(() => undefined, 60_000)));
    };
    expect(await kindOf(scenario)).toBeUndefined();
  });

  it("is a timer that was imported before anybody could stand in for it", async () => {
    expect(await kindOf(({ spawn }) => void spawn("A", () => realDelay(20)))).toBe("uncontrolled");
  });

  it("is a task that waits for a file", async () => {
    const { failure } = await explore(({ spawn }) => void spawn("A", () => readFile(new URL(import.meta.url))));
    expect(failure).toMatchObject({ kind: "uncontrolled", error: { message: expect.stringContaining("A waits for something real") } });
  });

  it("is an effect that waits for something real", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op", () => realDelay(5));
      spawn("A", () => op());
    };
    expect(await kindOf(scenario)).toBe("uncontrolled");
  });
});

describe("nondeterminism", () => {
  it("is state kept between schedules", async () => {
    const kept = new Map<string, number>();
    const scenario: Scenario = ({ io, spawn }) => {
      const load = io("load", () => 1);
      spawn("A", async () => {
        if (!kept.has("k")) kept.set("k", await load());
      });
    };
    expect(await kindOf(scenario)).toBe("nondeterminism");
  });

  it("is a schedule that fails once and then never again", async () => {
    let runs = 0;
    const scenario: Scenario = ({ io, spawn }) => {
      const op = io("op");
      spawn("A", () => op());
      spawn("B", () => op());
      return () => assert.notEqual(++runs, 4);
    };
    const { failure } = await explore(scenario);
    expect(failure).toMatchObject({ kind: "nondeterminism", error: { cause: { code: "ERR_ASSERTION" } } });
  });

  it("is chance in what the tasks do", async () => {
    let toggle = 0;
    const scenario: Scenario = ({ io, spawn }) => {
      const one = io("one");
      const other = io("the other");
      for (const name of ["A", "B"]) spawn(name, () => (toggle++ % 3 === 0 ? one() : other()));
    };
    expect(await kindOf(scenario)).toBe("nondeterminism");
  });
});
