import type { Operation } from "./operation.js";

/** A timer's firing: set at one step, due `delay` ms later. */
interface Fired {
  readonly setAt: number;
  readonly firedAt: number;
  readonly delay: number;
}

/** What a controlled timer carries. */
export interface TimerState {
  readonly delay: number;
  /** The step in which it was set. */
  readonly setAt: number;
  readonly isInterval: boolean;
  isHolding: boolean;
  /** How often an interval may still fire in this schedule. */
  ticksLeft: number;
  /** What the code under test holds. */
  timeout?: ControlledTimeout;
}

/**
 * The order of controlled timers. I/O takes any time at all and a blocked event loop makes timers late, so only what delays force is ruled out:
 * of two timers the earlier set and not longer one fires first, and time that fired timers prove to have passed counts.
 */
export class Clock {
  readonly #fired: Fired[] = [];

  /** Whether `timer` may be the next of `pending` to fire. */
  canFire(timer: Operation, pending: readonly Operation[]): boolean {
    const state = timer.timer!;
    return pending.every((other) => other === timer || other.timer === undefined || !this.#isSurelyBefore(other, timer, state));
  }

  fire(timer: TimerState, step: number): void {
    this.#fired.push({ setAt: timer.setAt, firedAt: step, delay: timer.delay });
  }

  #isSurelyBefore(other: Operation, timer: Operation, state: TimerState): boolean {
    const earlier = other.timer!;
    if (earlier.ticksLeft === 0) return false;
    if (earlier.setAt === state.setAt) {
      return earlier.delay < state.delay || (earlier.delay === state.delay && other.seq < timer.seq);
    }
    return earlier.setAt < state.setAt && earlier.delay <= this.#elapsed(earlier.setAt, state.setAt) + state.delay;
  }

  /** The least time that must have passed between two steps: the longest chain of timers set and fired between them. */
  #elapsed(from: number, to: number): number {
    const least = new Map<number, number>();
    let longest = 0;
    for (const { setAt, firedAt, delay } of this.#fired) {
      if (setAt < from || firedAt > to) continue;
      let before = 0;
      for (const [step, time] of least) if (step <= setAt && time > before) before = time;
      longest = Math.max(longest, before + delay);
      least.set(firedAt, Math.max(least.get(firedAt) ?? 0, before + delay));
    }
    return longest;
  }
}

type Callback = (...args: unknown[]) => void;

/** A controlled timer as the code under test sees it: enough of Node's `Timeout`. */
export class ControlledTimeout {
  constructor(
    /** An interval's next firing is another operation than its last. */
    public operation: Operation,
    readonly cancel: (timeout: ControlledTimeout) => void,
  ) {}

  ref(): this {
    this.operation.timer!.isHolding = !this.operation.timer!.isInterval;
    return this;
  }

  unref(): this {
    this.operation.timer!.isHolding = false;
    return this;
  }

  hasRef(): boolean {
    return this.operation.timer!.isHolding;
  }

  close(): this {
    this.cancel(this);
    return this;
  }

  [Symbol.dispose](): void {
    this.cancel(this);
  }
}

/** The timer functions a scenario gets, and which stand in for the global ones under `timers: true`. */
export interface Timers {
  setTimeout(callback: Callback, delay?: number, ...args: unknown[]): ControlledTimeout;
  setInterval(callback: Callback, delay?: number, ...args: unknown[]): ControlledTimeout;
  setImmediate(callback: Callback, ...args: unknown[]): ControlledTimeout;
  clearTimeout(timeout: unknown): void;
  clearInterval(timeout: unknown): void;
  clearImmediate(timeout: unknown): void;
}

/** Makes the timer functions over one primitive that sets a timer. */
export function makeTimers(set: (label: string, callback: () => void, delay: number, isInterval: boolean) => ControlledTimeout): Timers {
  const clear = (timeout: unknown): void => {
    if (timeout instanceof ControlledTimeout) timeout.cancel(timeout);
  };
  return {
    setTimeout: (callback, delay = 0, ...args) => set("setTimeout", () => callback(...args), Math.max(1, delay), false),
    setInterval: (callback, delay = 0, ...args) => set("setInterval", () => callback(...args), Math.max(1, delay), true),
    setImmediate: (callback, ...args) => set("setImmediate", () => callback(...args), 0, false),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
}
