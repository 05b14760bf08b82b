import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { collectGarbage } from "./collector.js";
import { inMacrotask, wait } from "./drain.js";
import { findOwnPlace, findPlace, framesOf, type Place } from "./record.js";

export interface SettledOptions {
  /** Milliseconds that what was started gets to end by itself (0). */
  readonly grace?: number;
}

/** Something that was started under watch. */
interface Started {
  readonly type: string;
  readonly resource: WeakRef<object>;
  /** Printed at once: an unprinted stack keeps the objects whose methods are on it. */
  readonly stack: string;
}

/** What cannot run code later by itself. */
const passive = new Set(["RANDOMBYTESREQUEST", "TickObject", "Microtask", "AsyncLocalStorage", "bound-anonymous-fn", "Immediate"]);

/** Follows promises, timers and handles from their creation in `body` to their end. */
class Watch {
  readonly open = new Map<number, Started>();
  readonly #inside = new AsyncLocalStorage<true>();
  readonly #hook = createHook({
    init: (id, type, _trigger, resource: object) => {
      if (this.#inside.getStore() === true && !passive.has(type)) this.open.set(id, { type, resource: new WeakRef(resource), stack: this.#stack() });
    },
    promiseResolve: (id) => this.open.delete(id),
    destroy: (id) => this.open.delete(id),
  });

  async run(body: () => unknown): Promise<void> {
    this.#hook.enable();
    await this.#inside.run(true, async () => {
      await body();
    });
  }

  stop(): void {
    this.#hook.disable();
    this.#inside.disable();
  }

  #stack(): string {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 20;
    const { stack = "" } = new Error("started here");
    Error.stackTraceLimit = limit;
    return stack;
  }
}

/** Where something was started, or the code that waits for it. */
function placeOf(started: Started): Place | undefined {
  return findPlace(framesOf(started.stack), findOwnPlace);
}

function describe(started: Started): string {
  const what = started.type === "PROMISE" ? "a promise still pending" : started.type === "Timeout" ? "a timer still set" : `${started.type} still open`;
  const place = placeOf(started);
  return place === undefined ? what : `${what}, from ${place.file}:${place.line}: ${place.text}`;
}

function isAlive(started: Started): boolean {
  const resource = started.resource.deref();
  return resource !== undefined && (resource as { _destroyed?: boolean })._destroyed !== true;
}

/** Lets through what is already on its way. */
async function breathe(grace: number): Promise<void> {
  for (let i = 0; i < 3; i++) await inMacrotask(() => undefined);
  if (grace > 0) await wait(grace);
}

/**
 * Runs `body` and sees to it that nothing it started outlives it: no promise that something still waits for, no timer, no handle.
 * Promises that nothing can reach any more do not count. Slow (async hooks): for a test, not for production.
 * @throws when something does, with the lines that started it
 */
export async function expectSettled(body: () => unknown, options: SettledOptions = {}): Promise<void> {
  const watch = new Watch();
  try {
    await watch.run(body);
    await breathe(options.grace ?? 0);
    collectGarbage();
    await breathe(0);
  } finally {
    watch.stop();
  }
  const left = new Set([...watch.open.values()].filter(isAlive).filter((started) => placeOf(started) !== undefined).map(describe));
  if (left.size > 0) throw new Error(`${left.size} thing(s) outlive the test:\n${[...left].map((line) => `  - ${line}`).join("\n")}`);
}
