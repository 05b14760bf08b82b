import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConflictError, SafeMap, type Snapshot } from "../../src/runtime/index.js";
import { deferred, settle, stateOf, type Deferred } from "./helpers.js";

/** Few keys, so that they meet; of all kinds, so that SameValueZero matters. */
const shared = {};
const key = fc.constantFrom<unknown>("a", "b", "c", 0, -0, NaN, "0", null, undefined, shared);
const value = fc.constantFrom<unknown>(undefined, null, 0, -0, NaN, 1, 2, "x");

describe("synchronous operations", () => {
  /** Does one operation to the map and to the model, and gives what both answered. */
  type Operation = (map: SafeMap<unknown, unknown>, model: Map<unknown, unknown>) => [unknown, unknown];

  const operation: fc.Arbitrary<Operation> = fc.oneof(
    fc.tuple(key, value).map(([k, v]): Operation => (map, model) => [map.set(k, v).get(k), model.set(k, v).get(k)]),
    key.map((k): Operation => (map, model) => [map.delete(k), model.delete(k)]),
    fc.constant<Operation>((map, model) => [map.clear(), model.clear()]),
    fc.tuple(key, value).map(([k, v]): Operation => (map, model) => {
      if (!model.has(k)) model.set(k, v);
      return [map.getOrInsert(k, v), model.get(k)];
    }),
    fc.tuple(key, value).map(([k, v]): Operation => (map, model) => {
      if (!model.has(k)) model.set(k, v);
      return [map.getOrInsertComputed(k, () => v), model.get(k)];
    }),
    key.map((k): Operation => (map, model) => {
      const expected = model.get(k);
      model.delete(k);
      return [map.take(k), expected];
    }),
    fc.tuple(key, value).map(([k, v]): Operation => (map, model) => {
      const isSame = model.has(k) && Object.is(model.get(k), v);
      if (isSame) model.delete(k);
      return [map.deleteIf(k, v), isSame];
    }),
    value.map((v): Operation => (map, model) => {
      const doomed = [...model].filter(([, present]) => Object.is(present, v));
      for (const [k] of doomed) model.delete(k);
      return [map.deleteWhere((present) => Object.is(present, v)), doomed.length];
    }),
    fc.tuple(key, value).map(([k, v]): Operation => (map, model) => {
      const next = [model.get(k), v];
      model.set(k, next);
      return [map.update(k, (current) => Object.assign(next, [current, v])), next];
    }),
    fc.tuple(key, value, value).map(([k, expected, v]): Operation => (map, model) => {
      const isSame = Object.is(model.get(k), expected);
      if (isSame) model.set(k, v);
      return [map.compareAndSet(k, expected, v), isSame];
    }),
  );

  it("agree with a plain map, and every snapshot with a copy made at its moment", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: operation.map((run) => ({ run })) },
      { weight: 2, arbitrary: fc.constant({ take: true }) },
      { weight: 2, arbitrary: fc.nat(3).map((dispose) => ({ dispose })) },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 6 }), fc.array(step, { maxLength: 40 }), (entries, steps) => {
        const map = new SafeMap(entries);
        const model = new Map(entries);
        const snapshots: { snapshot: Snapshot<unknown, unknown>; copy: Map<unknown, unknown> }[] = [];
        for (const next of steps) {
          if ("run" in next) {
            const [actual, expected] = next.run(map, model);
            expect(actual).toEqual(expected);
          } else if ("take" in next) {
            snapshots.push({ snapshot: map.snapshot(), copy: new Map(model) });
          } else {
            snapshots.splice(next.dispose, 1)[0]?.snapshot.dispose();
          }
          expect([...map]).toEqual([...model]);
          for (const { snapshot, copy } of snapshots) {
            expect([...snapshot]).toEqual([...copy]);
            for (const [k] of model) expect([snapshot.has(k), snapshot.get(k)]).toEqual([copy.has(k), copy.get(k)]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("iteration of a snapshot", () => {
  it("gives the moment's entries, whatever is written between its steps", () => {
    const write = fc.oneof(
      fc.tuple(key, value).map(([k, v]) => (map: SafeMap<unknown, unknown>) => void map.set(k, v)),
      key.map((k) => (map: SafeMap<unknown, unknown>) => void map.delete(k)),
      fc.constant((map: SafeMap<unknown, unknown>) => map.clear()),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value)), fc.array(write), (entries, writes) => {
        const map = new SafeMap(entries);
        const copy = [...map];
        const seen: unknown[] = [];
        const rest = writes.values();
        for (const entry of map.snapshot()) {
          seen.push(entry);
          rest.next().value?.(map);
        }
        expect(seen).toEqual(copy);
      }),
    );
  });
});

describe("locks", () => {
  interface Want {
    keys: string[] | undefined;
    mode: "exclusive" | "shared";
  }
  const want: fc.Arbitrary<Want> = fc.record({
    keys: fc.option(fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }), { nil: undefined, freq: 4 }),
    mode: fc.constantFrom("exclusive", "shared"),
  });

  const doMeet = (one: Want, other: Want): boolean =>
    !(one.mode === "shared" && other.mode === "shared") &&
    (one.keys === undefined || other.keys === undefined || one.keys.some((k) => other.keys!.includes(k)));

  const doMeetAsWhole = (one: Want, other: Want): boolean => (one.keys === undefined || other.keys === undefined) && doMeet(one, other);

  /** The model: around a lock of the whole map all go strictly in order; then a want is due once no earlier one meets it in a key. */
  const isInside = (wants: Want[], open: Set<number>, index: number): boolean =>
    [...open].every((earlier) => earlier >= index || (isInside(wants, open, earlier) && !doMeetAsWhole(wants[earlier]!, wants[index]!)));
  const isDue = (wants: Want[], open: Set<number>, index: number): boolean =>
    isInside(wants, open, index) && ![...open].some((earlier) => earlier < index && doMeet(wants[earlier]!, wants[index]!));

  it("are granted exactly when the model says, however holders and waiters leave", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(want, { maxLength: 8 }), fc.array(fc.nat(7), { maxLength: 12 }), async (wants, departures) => {
        const map = new SafeMap<string, number>();
        const controllers = wants.map(() => new AbortController());
        const requests = wants.map(({ keys, mode }, index) => map.lock(keys, { mode, signal: controllers[index]!.signal }));
        requests.forEach((request) => request.catch(() => {}));
        const open = new Set(wants.keys());
        const compare = async (): Promise<void> => {
          for (const index of open) {
            expect(await stateOf(requests[index]!)).toBe(isDue(wants, open, index) ? "fulfilled" : "pending");
          }
        };
        await compare();
        for (const index of [...departures, ...wants.keys()]) {
          if (!open.has(index)) continue;
          if (isDue(wants, open, index)) (await requests[index]!).release();
          else controllers[index]!.abort(new Error("left"));
          open.delete(index);
          await settle();
        }
        await compare();
        const whole = map.lock();
        expect(await stateOf(whole)).toBe("fulfilled");
      }),
      { numRuns: 150 },
    );
  });

  it("never let two sections in that exclude each other, and always let all through", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(want, { maxLength: 12 }), async (wants) => {
        const map = new SafeMap<string, number>();
        const inside = new Set<Want>();
        const visit = async (mine: Want): Promise<void> => {
          using _held = await map.lock(mine.keys, { mode: mine.mode });
          for (const other of inside) expect(doMeet(mine, other)).toBe(false);
          inside.add(mine);
          await settle();
          inside.delete(mine);
        };
        await Promise.all(wants.map(visit));
      }),
      { numRuns: 150 },
    );
  });
});

describe("updates, sections and locks together", () => {
  const ways = {
    update: (map: SafeMap<string, number>, keys: string[] | undefined, section: () => Promise<void>) =>
      map.updateAsync(keys?.[0] ?? "a", async () => (await section(), 1)),
    patientUpdate: (map: SafeMap<string, number>, keys: string[] | undefined, section: () => Promise<void>) =>
      map.updateAsync(keys?.[0] ?? "a", async () => (await section(), 1), { timeout: 60_000 }),
    section: (map: SafeMap<string, number>, keys: string[] | undefined, section: () => Promise<void>) => map.runExclusive(keys, section),
  };
  const task = fc.record({
    way: fc.constantFrom("update" as const, "update" as const, "patientUpdate" as const, "section" as const),
    keys: fc.option(fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }), { nil: undefined, freq: 6 }),
    arrives: fc.nat(6),
    lasts: fc.nat(4),
    fails: fc.boolean(),
  });

  it("take those that meet in a key in the order they came, one at a time, and all of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 14 }), async (tasks) => {
        const map = new SafeMap<string, number>();
        const keysOf = ({ way, keys }: (typeof tasks)[number]): string[] | undefined => (way === "section" ? keys : [keys?.[0] ?? "a"]);
        const log: { index: number; what: "comes" | "enters" | "leaves" }[] = [];
        const results = await Promise.allSettled(
          tasks.map(async ({ way, keys, arrives, lasts, fails }, index) => {
            for (let tick = 0; tick < arrives; tick++) await undefined;
            log.push({ index, what: "comes" });
            await ways[way](map, keys, async () => {
              log.push({ index, what: "enters" });
              for (let tick = 0; tick < lasts; tick++) await undefined;
              log.push({ index, what: "leaves" });
              if (fails) throw new Error("no");
            });
          }),
        );
        expect(results.map(({ status }) => status === "rejected")).toEqual(tasks.map(({ fails }) => fails));
        const when = (index: number, what: string): number => log.findIndex((entry) => entry.index === index && entry.what === what);
        for (const one of tasks.keys()) {
          for (const other of tasks.keys()) {
            const [mine, theirs] = [keysOf(tasks[one]!), keysOf(tasks[other]!)];
            const meet = mine === undefined || theirs === undefined || mine.some((k) => theirs.includes(k));
            if (meet && when(one, "comes") < when(other, "comes")) expect(when(one, "leaves")).toBeLessThan(when(other, "enters"));
          }
        }
        expect(map.stats()).toMatchObject({ lockedKeys: 0, waiting: 0 });
      }),
      { numRuns: 400 },
    );
  });
});

describe("updateAsync", () => {
  it("loses no update, and stores either all of an update or nothing of it", async () => {
    const plan = fc.record({ key: fc.constantFrom("a", "b"), ticks: fc.nat(3), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 12 }), async (plans) => {
        const map = new SafeMap<string, number>();
        const results = await Promise.allSettled(
          plans.map(({ key: k, ticks, fails }) =>
            map.updateAsync(k, async (current = 0) => {
              for (let tick = 0; tick < ticks; tick++) await undefined;
              if (fails) throw new Error("no");
              return current + 1;
            }),
          ),
        );
        for (const k of ["a", "b"]) {
          const done = plans.filter((plan, index) => plan.key === k && results[index]!.status === "fulfilled").length;
          expect(map.get(k) ?? 0).toBe(done);
        }
        expect(results.map(({ status }) => status === "rejected")).toEqual(plans.map(({ fails }) => fails));
      }),
      { numRuns: 200 },
    );
  });

  it("rejects exactly when its key was written while it ran", async () => {
    const write = fc.tuple(fc.constantFrom("set", "delete", "clear", "read"), fc.constantFrom("a", "b"));
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 3 }), async (writes) => {
        const map = new SafeMap([["a", 1], ["b", 1]]);
        const gate = deferred();
        const update = map.updateAsync("a", async () => (await gate.promise, 2));
        let isWritten = false;
        for (const [kind, k] of writes) {
          if (kind === "set") map.set(k, 5);
          else if (kind === "delete") map.delete(k);
          else if (kind === "clear") map.clear();
          else map.getOrInsert(k, 5);
          isWritten ||= kind === "clear" || (kind !== "read" && k === "a");
        }
        gate.resolve();
        const [result] = await Promise.allSettled([update]);
        expect(result).toMatchObject(isWritten ? { reason: expect.any(ConflictError) } : { value: 2 });
      }),
    );
  });
});

describe("getOrInsertAsync", () => {
  type Event = { kind: "call" | "leave" | "set" | "delete" | "clear"; id: number } | { kind: "land" | "fail"; id: number };
  const event: fc.Arbitrary<Event> = fc.record({
    kind: fc.constantFrom("call", "call", "land", "fail", "leave", "set", "delete", "clear"),
    id: fc.nat(3),
  });

  /** The model of one key: its value, the flight new callers join, and each flight's callers. */
  interface ModelFlight {
    callers: Set<number>;
    isSuperseded: boolean;
  }

  it("answers every caller as the contract says, in any order of calls, endings, departures and writes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
        const map = new SafeMap<string, string>();
        const gates: Deferred<string>[] = [];
        const calls: { promise: Promise<string>; controller: AbortController }[] = [];
        const outcomes: unknown[] = [];

        let stored: string | undefined;
        let current: ModelFlight | undefined;
        const flights: (ModelFlight | undefined)[] = [];
        const expected: unknown[] = [];

        const endFlight = (id: number, outcome: { value: string } | { reason: string }): void => {
          const flight = flights[id]!;
          flights[id] = undefined;
          if (flight === current) {
            current = undefined;
            if ("value" in outcome) stored = outcome.value;
          }
          const answer = flight.isSuperseded && stored !== undefined ? { value: stored } : outcome;
          for (const caller of flight.callers) expected[caller] = answer;
        };

        for (const { kind, id } of events) {
          if (kind === "call") {
            const controller = new AbortController();
            const index = calls.length;
            const promise = map.getOrInsertAsync("k", () => (gates.push(deferred<string>()), gates.at(-1)!.promise), { signal: controller.signal });
            promise.then(
              (answer) => (outcomes[index] = { value: answer }),
              (error: Error) => (outcomes[index] = { reason: error.message }),
            );
            calls.push({ promise, controller });
            if (stored !== undefined) expected[index] = { value: stored };
            else {
              if (current === undefined) flights.push((current = { callers: new Set(), isSuperseded: false }));
              current.callers.add(index);
            }
          } else if (kind === "land" && flights[id] !== undefined) {
            gates[id]!.resolve("loaded " + id);
            endFlight(id, { value: "loaded " + id });
          } else if (kind === "fail" && flights[id] !== undefined) {
            gates[id]!.reject(new Error("failed " + id));
            endFlight(id, { reason: "failed " + id });
          } else if (kind === "leave" && calls[id] !== undefined) {
            calls[id].controller.abort(new Error("left"));
            const flight = flights.find((candidate) => candidate?.callers.delete(id));
            if (flight !== undefined) expected[id] = { reason: "left" };
            if (flight !== undefined && flight === current && flight.callers.size === 0) current = undefined;
          } else if (kind === "set") {
            map.set("k", "set " + id);
            stored = "set " + id;
            if (current !== undefined) current.isSuperseded = true;
            current = undefined;
          } else if (kind === "delete" || kind === "clear") {
            if (kind === "delete") map.delete("k");
            else map.clear();
            stored = current = undefined;
          }
          await settle();
          expect(map.get("k")).toBe(stored);
          expect(outcomes).toEqual(expected);
          expect(gates).toHaveLength(flights.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});
