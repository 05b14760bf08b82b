import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { explore, type ExploreOptions, type Scenario, type Scene } from "../../../src/runtime/testing/index.js";

/** All the stories that a scenario can tell. */
async function stories(tell: (scene: Scene, say: (word: string) => void) => void, options?: ExploreOptions): Promise<string[]> {
  const seen = new Set<string>();
  const scenario: Scenario = (scene) => {
    const words: string[] = [];
    tell(scene, (word) => words.push(word));
    return () => seen.add(words.join(" "));
  };
  const { failure } = await explore(scenario, options);
  if (failure !== undefined) throw failure.error;
  return [...seen].sort();
}

describe("controlled timers", () => {
  it("fire in the order of their delays when they are set at once", async () => {
    const seen = await stories(({ timers }, say) => {
      timers.setTimeout(() => say("late"), 20);
      timers.setTimeout(() => say("early"), 10);
    });
    expect(seen).toEqual(["early late"]);
  });

  it("fire in the order of their setting when their delays are equal", async () => {
    const seen = await stories(({ timers }, say) => {
      timers.setTimeout(() => say("first"), 10);
      timers.setTimeout(() => say("second"), 10);
    });
    expect(seen).toEqual(["first second"]);
  });

  it("fire before or after an operation that takes any time", async () => {
    const seen = await stories(({ io, spawn, timers }, say) => {
      const op = io("op");
      timers.setTimeout(() => say("timer"), 10);
      spawn("A", async () => {
        await op();
        say("operation");
      });
    });
    expect(seen).toEqual(["operation timer", "timer operation"]);
  });

  it("keep the order that an earlier, not longer delay forces", async () => {
    const seen = await stories(({ io, spawn, timers }, say) => {
      const op = io("op");
      timers.setTimeout(() => say("old"), 10);
      spawn("A", async () => {
        await op();
        timers.setTimeout(() => say("new"), 10);
      });
    });
    expect(seen).toEqual(["old new"]);
  });

  it("take either order when a shorter delay begins at an unknown time", async () => {
    const seen = await stories(
      ({ io, spawn, timers }, say) => {
        const op = io("op");
        timers.setTimeout(() => say("long"), 100);
        spawn("A", async () => {
          await op();
          timers.setTimeout(() => say("short"), 10);
        });
      },
      { start: "eager" },
    );
    expect(seen).toEqual(["long short", "short long"]);
  });

  it("may be late, but count the time that other timers prove to have passed", async () => {
    const seen = await stories(({ spawn, timers, sleep }, say) => {
      timers.setTimeout(() => say("35"), 35);
      spawn(
        "A",
        async () => {
          for (const time of ["10", "20", "30", "40"]) {
            await sleep(10);
            say(time);
          }
        },
        { start: "eager" },
      );
    });
    expect(seen).toEqual(["10 20 30 35 40", "10 20 35 30 40", "10 35 20 30 40"]);
  });

  it("do not fire once cleared", async () => {
    const seen = await stories(({ timers }, say) => {
      timers.clearTimeout(timers.setTimeout(() => say("never"), 10));
    });
    expect(seen).toEqual([""]);
  });

  it("need not fire before the end when nothing waits for them", async () => {
    const seen = await stories(({ io, spawn, timers }, say) => {
      const op = io("op");
      timers.setTimeout(() => say("sweep"), 10).unref();
      spawn("A", async () => {
        await op();
        say("done");
      });
    });
    expect(seen).toEqual(["done", "sweep done"]);
  });

  it("repeat, as intervals, a limited number of times", async () => {
    const seen = await stories(
      ({ io, spawn, timers }, say) => {
        const op = io("op");
        timers.setInterval(() => say("tick"), 10);
        spawn("A", async () => {
          await op();
          say("done");
        });
      },
      { intervalTicks: 2, start: "eager" },
    );
    expect(seen).toEqual(["done", "tick done", "tick tick done"]);
  });

  it("stand in for the global ones on request", async () => {
    const seen = await stories(
      ({ spawn }, say) => {
        spawn("A", () => new Promise<void>((resolve) => setTimeout(resolve, 60_000)).then(() => say("A")));
        const interval = setInterval(() => {
          say("tick");
          clearInterval(interval);
        }, 1_000);
        setImmediate(() => say("immediate"));
      },
      { timers: true },
    );
    expect(seen).toContain("immediate tick A");
  });

  it("stand in for promisified ones, too", async () => {
    const seen = await stories(
      ({ spawn }, say) => {
        spawn("A", () => promisify(setTimeout)(60_000, "A").then(say));
        spawn("B", () => promisify(setImmediate)("B").then(say));
      },
      { timers: true, start: "eager" },
    );
    expect(seen).toEqual(["B A"]);
  });

  it("fail the schedule when their callback throws", async () => {
    const { failure } = await explore(({ timers }) => {
      timers.setTimeout(() => {
        throw new Error("boom");
      }, 1);
    });
    expect(failure).toMatchObject({ kind: "rejection", error: { message: "boom" } });
  });
});
