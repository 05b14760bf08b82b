import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explore, track, type ExploreOptions, type Outcome, type Scenario } from "../../../src/runtime/testing/index.js";

/** What a task does, one after another. Numbers choose the key. */
type Action =
  | { readonly do: "wait" }
  | { readonly do: "copy"; readonly from: number; readonly to: number }
  | { readonly do: "increase" | "check" | "delete" | "size" | "clear"; readonly key: number }
  | { readonly do: "iterate" };

const key = fc.nat({ max: 2 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: "wait" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("copy" as const), from: key, to: key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("increase", "check", "delete", "size" as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), key }) },
  { weight: 1, arbitrary: fc.constant({ do: "iterate" as const }) },
);
const program = fc.array(fc.array(action, { maxLength: 5 }), { minLength: 2, maxLength: 3 });

function perform(step: Exclude<Action, { do: "wait" }>, map: Map<number, number>, name: number): string | number {
  switch (step.do) {
    case "copy":
      map.set(step.to, (map.get(step.from) ?? 0) * 10 + name);
      return "";
    case "increase":
      map.set(step.key, (map.get(step.key) ?? 0) + 1);
      return "";
    case "check":
      return map.has(step.key) ? "+" : "-";
    case "delete":
      return map.delete(step.key) ? "d" : "n";
    case "size":
      return map.size;
    case "clear":
      map.clear();
      return "";
    case "iterate":
      return [...map.keys()].join("");
  }
}

/** All final states, and how they were found. */
async function outcomesOf(tasks: readonly (readonly Action[])[], reduce: boolean): Promise<{ readonly states: string[]; readonly outcome: Outcome }> {
  const states = new Set<string>();
  const scenario: Scenario = ({ io, spawn }) => {
    const map = track(new Map([[0, 1]]));
    const other = track(new Map<number, number>());
    const wait = io("wait");
    const seen = tasks.map(() => "");
    for (const [i, actions] of tasks.entries()) {
      const run = async (): Promise<void> => {
        for (const each of actions) {
          if (each.do === "wait") await wait();
          else seen[i] = seen[i]! + perform(each, i === 2 ? other : map, i);
        }
      };
      spawn(String(i), run, { shares: [map, other] });
    }
    return () => states.add(JSON.stringify([seen, [0, 1, 2].map((k) => [map.get(k), other.get(k)]), map.size]));
  };
  const outcome = await explore(scenario, { reduce, maxSchedules: 1_000_000 });
  return { states: [...states].sort(), outcome };
}

/** Two tasks that each write `count` keys of their own into one map, with a step before each. */
function independentWriters(count: number, options: { readonly isDeclared: boolean; readonly value?: unknown }): Scenario {
  return ({ io, spawn }) => {
    const map = track(new Map<string, unknown>());
    const op = io("op");
    for (const name of ["A", "B"]) {
      const run = async (): Promise<void> => {
        for (let i = 0; i < count; i++) {
          await op();
          map.set(`${name}${i}`, options.value ?? i);
        }
      };
      spawn(name, run, options.isDeclared ? { shares: [map] } : undefined);
    }
  };
}

const all: ExploreOptions = { maxSchedules: 1_000_000 };

describe("reduction", () => {
  it("finds the same outcomes as the full search, in a family of random programs", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(program, async (tasks) => {
        const full = await outcomesOf(tasks, false);
        const reduced = await outcomesOf(tasks, true);
        expect(reduced.states).toEqual(full.states);
        expect(reduced.outcome.schedules).toBeLessThanOrEqual(full.outcome.schedules);
        expect([full.outcome.exhausted, reduced.outcome.exhausted]).toEqual([true, true]);
      }),
      { numRuns: 300, seed: 20 },
    );
  });

  it("runs one schedule where all orders are equivalent", async () => {
    const outcome = await explore(independentWriters(3, { isDeclared: true }), all);
    expect(outcome).toMatchObject({ exhausted: true, schedules: 1 });
  });

  it("leaves tasks alone that do not say what they share", async () => {
    const outcome = await explore(independentWriters(3, { isDeclared: false }), all);
    expect(outcome.schedules).toBe(70);
  });

  it("takes a step that stores an object to conflict with everything", async () => {
    const outcome = await explore(independentWriters(2, { isDeclared: true, value: {} }), all);
    expect(outcome.schedules).toBeGreaterThan(1);
  });

  it("takes insertions to conflict once somebody looks at the order of entries", async () => {
    const orders = new Set<string>();
    const scenario: Scenario = ({ spawn }) => {
      const map = track(new Map<string, number>());
      for (const name of ["A", "B", "C"]) spawn(name, () => void map.set(name, 1), { shares: [map] });
      return () => orders.add([...map.keys()].join(""));
    };
    const outcome = await explore(scenario, all);
    expect(orders.size).toBe(6);
    expect(outcome).toMatchObject({ exhausted: true, schedules: 6 });
  });

  it("is given up when a task ends in the step of another: they share more than they say", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const map = track(new Map<string, number>());
      const op = io("op");
      let flight: Promise<unknown> | undefined;
      const run = (name: string) => async (): Promise<void> => {
        await (flight ??= op());
        map.set(name, 1);
      };
      for (const name of ["A", "B", "C"]) spawn(name, run(name), { shares: [map] });
    };
    const reduced = await explore(scenario, all);
    const full = await explore(scenario, { ...all, reduce: false });
    expect(reduced.schedules).toBe(full.schedules);
  });

  it("still finds the one failing order of a lost update", async () => {
    const scenario: Scenario = ({ io, spawn }) => {
      const map = track(new Map([["n", 0]]));
      const op = io("op");
      const increase = async (): Promise<void> => {
        const before = map.get("n")!;
        await op();
        map.set("n", before + 1);
      };
      spawn("A", increase, { shares: [map] });
      spawn("B", increase, { shares: [map] });
      return () => expect(map.get("n")).toBe(2);
    };
    expect((await explore(scenario)).failure?.kind).toBe("assertion");
  });
});
