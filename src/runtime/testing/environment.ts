import { promisify } from "node:util";
import { now, wait } from "./drain.js";
import type { Run } from "./run.js";
import type { Timers } from "./timers.js";

type TimerName = "setTimeout" | "setInterval" | "setImmediate";
const setters: readonly TimerName[] = ["setTimeout", "setInterval", "setImmediate"];
const clearers = { setTimeout: "clearTimeout", setInterval: "clearInterval", setImmediate: "clearImmediate" } as const;
const unhandledEvents = ["unhandledRejection", "uncaughtException"] as const;

type Functions = Record<string, (...args: unknown[]) => unknown>;
type Listener = (...args: unknown[]) => void;

const globals = globalThis as unknown as Functions;
const events = process as unknown as {
  listeners(event: string): Listener[];
  on(event: string, listener: Listener): void;
  removeAllListeners(event: string): void;
};

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What of the process an exploration stands in for, while its schedules run: timers, and the handlers of last resort. */
export class Environment {
  readonly #isControllingTimers: boolean;
  readonly #originals: Functions = {};
  readonly #listeners = new Map<string, Listener[]>();
  /** Real timers that the schedule set and nobody cleared. */
  readonly #real = new Map<unknown, TimerName>();
  #run: Run | undefined = undefined;
  #resources = new Map<string, number>();

  constructor(isControllingTimers: boolean) {
    this.#isControllingTimers = isControllingTimers;
  }

  enter(current: () => Run | undefined): void {
    this.#resources = countResources();
    for (const name of setters) {
      for (const each of [name, clearers[name]]) this.#originals[each] = globals[each]!;
    }
    if (this.#isControllingTimers) this.#control();
    else this.#watchTimers();
    for (const event of unhandledEvents) {
      this.#listeners.set(event, events.listeners(event));
      events.removeAllListeners(event);
      events.on(event, (error) => current()?.failUnhandled(error));
    }
  }

  leave(): void {
    for (const [name, original] of Object.entries(this.#originals)) globals[name] = original;
    for (const event of unhandledEvents) {
      events.removeAllListeners(event);
      for (const listener of this.#listeners.get(event)!) events.on(event, listener);
    }
  }

  begin(run: Run | undefined): void {
    this.#run = run;
  }

  /** A schedule that ends with real timers running was not under control. */
  conclude(run: Run): void {
    if (this.#real.size === 0) return;
    const names = [...new Set(this.#real.values())].join(", ");
    for (const [timer, name] of this.#real) this.#originals[clearers[name]]!(timer);
    this.#real.clear();
    if (run.end === "passed" || run.end === "stuck") {
      run.failStuck("uncontrolled", new Error(`real timers ran when the schedule ended (${names}): use the scene's timers, or set timers: true`));
    }
  }

  /** Waits for something real to show itself: a resource that was not there before, or progress. Gives its name. */
  async watch(run: Run, grace: number): Promise<string | undefined> {
    const isSame = progressOf(run);
    const resources = [...countResources()].filter(([name, count]) => count > (this.#resources.get(name) ?? 0)).map(([name]) => name);
    const end = now() + grace;
    do {
      await wait(1);
      if (!isSame()) return resources.length > 0 ? resources.join(", ") : "it went on by itself";
    } while (now() < end);
    return resources.length > 0 ? resources.join(", ") : undefined;
  }

  #control(): void {
    const timers = (): Timers => this.#run!.timers;
    for (const name of setters) {
      globals[name] = (...args) => (timers()[name] as (...all: unknown[]) => unknown)(...args);
      globals[clearers[name]] = (timer) => timers()[clearers[name]](timer);
    }
    makePromisable("setTimeout", (delay, value) => new Promise((resolve) => void timers().setTimeout(() => resolve(value), delay as number)));
    makePromisable("setImmediate", (value) => new Promise((resolve) => void timers().setImmediate(() => resolve(value))));
  }

  #watchTimers(): void {
    for (const name of setters) {
      const set = this.#originals[name]!;
      const clear = this.#originals[clearers[name]]!;
      globals[name] = (...args) => {
        const timer = set(...args);
        this.#real.set(timer, name);
        return timer;
      };
      globals[clearers[name]] = (timer) => {
        this.#real.delete(timer);
        return clear(timer);
      };
    }
  }
}

/** `promisify(setTimeout)` does not go through its callback. */
function makePromisable(name: TimerName, start: (...args: unknown[]) => unknown): void {
  Object.defineProperty(globals[name], promisify.custom, { value: start });
}

/** Whether nothing has happened in the run since. */
function progressOf(run: Run): () => boolean {
  const { waiting } = run;
  const { pending } = run.agenda;
  const { length } = pending;
  const ready = pending.filter((operation) => operation.isReady).length;
  return () => run.waiting === waiting && pending.length === length && pending.filter((operation) => operation.isReady).length === ready;
}
