import type { Timers } from "./timers.js";

export interface IoOptions {
  /** Explore it as rejecting too: with this error, with what this function gives, or (`true`) with an error that names the operation. */
  readonly rejects?: boolean | Error | (() => unknown);
  /**
   * When the effect happens: at the `call` (default), at the `completion`, or `between`, as a step of its own
   * (the request, its effect and the reply are then three different moments).
   */
  readonly effect?: "call" | "completion" | "between";
}

export interface SpawnOptions {
  /** `"eager"`: runs its synchronous beginning at once; the start is no switch point. */
  readonly start?: "step" | "eager";
  /** A rejection is no failure. Rejections that the explorer itself caused never are. */
  readonly mayReject?: boolean;
  /** It may still be waiting when all others have settled (a server loop). */
  readonly background?: boolean;
  /**
   * The promise that makes partial-order reduction possible: these tracked maps are all that the task shares with others.
   * Steps of a task without it conflict with everything.
   */
  readonly shares?: ReadonlyArray<object>;
}

/** A spawned task, as the check may look at it. */
export interface Task<T = unknown> {
  readonly name: string;
  readonly status: "waiting" | "fulfilled" | "rejected";
  /** What it gave, once fulfilled. */
  readonly value: T | undefined;
  /** What it rejected with, once rejected. */
  readonly reason: unknown;
}

/** What a scenario builds its world from. */
export interface Scene {
  /** A controlled operation: each call completes when the explorer says so, with what `effect` gave. */
  io<A extends unknown[], R>(name: string, effect: (...args: A) => R, options?: IoOptions): (...args: A) => Promise<Awaited<R>>;
  io(name: string): (...args: unknown[]) => Promise<undefined>;
  /** A task: explored concurrently with the others. */
  spawn<T>(name: string, task: () => T, options?: SpawnOptions): Task<Awaited<T>>;
  /** A controlled promise: resolves with `value` when the explorer says so. */
  promise<T>(name: string, value: T, options?: Pick<IoOptions, "rejects">): Promise<T>;
  /** A controlled delay of so many milliseconds: ordered against other timers, and against nothing else. */
  sleep(milliseconds: number): Promise<void>;
  /** Controlled timer functions, to pass in. `timers: true` puts them in place of the global ones. */
  readonly timers: Timers;
}

/** Builds one run of the world; what it gives is checked when all have settled. */
export type Scenario = (scene: Scene) => unknown;
