import { Script } from "node:vm";

/** Runs every queued native microtask and `nextTick`, and reports unhandled rejections, before it returns. */
export type Drain = () => void;

// Taken at once: tests, and explorations themselves, put others in their place.
const realSetImmediate = setImmediate;
const realSetTimeout = setTimeout;
const clock = performance;
const realNow = clock.now;

/** Milliseconds of real time. */
export function now(): number {
  return realNow.call(clock);
}

/** Waits in real time. */
export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void realSetTimeout(resolve, milliseconds));
}

/** Runs `work` at the bottom of a macrotask, where no microtask is running and the queue is empty. */
export function inMacrotask<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    realSetImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}

function isDrainWorking(drain: Drain): boolean {
  let isDrained = false;
  void Promise.resolve().then(() => Promise.resolve()).then(() => {
    isDrained = true;
  });
  drain();
  return isDrained;
}

/**
 * Node's own end-of-callback routine, which embedders call by this name: it drains microtasks and ticks natively, to the end.
 * Must be called in a macrotask. Gives undefined where the host has none that works; a macrotask per step does the same, slower.
 */
export function findDrain(): Drain | undefined {
  const candidate = (process as { _tickCallback?: unknown })._tickCallback;
  if (typeof candidate !== "function") return undefined;
  const drain = candidate as Drain;
  return isDrainWorking(drain) ? drain : undefined;
}

const guarded = Symbol.for("mapguard.guarded");
const guardScript = new Script(`globalThis[Symbol.for("mapguard.guarded")]()`, { filename: "mapguard:guard" });

/** At a breakpoint time passes, too, and means nothing. */
function isDebugged(): boolean {
  return process.getBuiltinModule("node:inspector")?.url() !== undefined;
}

/**
 * Runs `work`, and ends it when it takes longer than `timeout` ms: the only way out of a microtask that always queues another.
 * Gives false when it had to be ended. Under a debugger nothing is.
 */
export function runGuarded(work: () => void, timeout: number): boolean {
  if (isDebugged()) {
    work();
    return true;
  }
  const host = globalThis as { [guarded]?: () => void };
  host[guarded] = work;
  try {
    guardScript.runInThisContext({ timeout });
    return true;
  } catch (error) {
    if ((error as { code?: string } | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    delete host[guarded];
  }
}
