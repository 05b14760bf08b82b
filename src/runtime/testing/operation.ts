import type { IoOptions, SpawnOptions, Task } from "./scene.js";
import type { TimerState } from "./timers.js";

export type Settle = (value: unknown) => void;
export type Effect = (...args: unknown[]) => unknown;

/** Something that waits for the explorer: a start, a completion, a timer, an effect. */
export class Operation {
  isReady = true;
  hasFailed = false;
  result: unknown = undefined;
  /** What replaces its completion when it is explored as rejecting. */
  rejects: IoOptions["rejects"] = undefined;
  /** Set for timers only. */
  timer: TimerState | undefined = undefined;
  resolve: Settle | undefined = undefined;
  reject: Settle | undefined = undefined;
  /** The body of a start, a callback, or an effect that is still to come. */
  body: Effect | undefined = undefined;
  /** The operation whose effect this is. */
  target: Operation | undefined = undefined;

  constructor(
    readonly kind: "start" | "io" | "effect" | "promise" | "timer",
    readonly name: string,
    readonly args: readonly unknown[],
    readonly owner: SpawnedTask | undefined,
    /** How many operations its task had before. */
    readonly number: number,
    readonly seq: number,
  ) {}
}

export class SpawnedTask implements Task {
  status: Task["status"] = "waiting";
  value: unknown = undefined;
  reason: unknown = undefined;
  operations = 0;
  constructor(
    readonly name: string,
    readonly index: number,
    readonly options: SpawnOptions | undefined,
  ) {}
}

export function isInBackground(task: SpawnedTask | undefined): boolean {
  return task?.options?.background === true;
}

/** Whether only tracked maps can tell what the step does to others. */
export function isFullyTracked({ owner, kind }: Operation): boolean {
  return owner?.options?.shares !== undefined && kind !== "timer" && kind !== "effect";
}

/** What the operation rejects with when it is explored as rejecting. */
export function makeRejection({ rejects, name }: Operation): unknown {
  if (typeof rejects === "function") return rejects();
  return rejects instanceof Error ? rejects : new Error(`${name} failed`);
}
