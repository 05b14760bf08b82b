import type { LockRequest } from "./locks.js";
import { type ContextStorage, createContextStorage } from "./platform.js";

/** The sections and loads inside which a piece of code runs, innermost first. */
interface Frame {
  readonly holding: object;
  readonly outer: Frame | undefined;
}

let frames: ContextStorage<Frame> | undefined;

/** Knows which locks and loads of its map the running code is inside of. */
export class ReentranceDetector {
  readonly #frames: ContextStorage<Frame>;

  /** Throws a `TypeError` where the platform has no `AsyncLocalStorage`. */
  constructor() {
    frames ??= createContextStorage<Frame>();
    if (frames === undefined) throw new TypeError("detectReentrance needs AsyncLocalStorage, which this platform does not have");
    this.#frames = frames;
  }

  /** Calls `section`, which holds a lock or runs a load; so does all that it starts. */
  run<T>(holding: object, section: () => T): T {
    return this.#frames.run({ holding, outer: this.#frames.getStore() }, section);
  }

  /** Whether the running code is inside of something that `isObstacle` accepts. */
  isInside(isObstacle: (holding: object) => boolean): boolean {
    for (let frame = this.#frames.getStore(); frame !== undefined; frame = frame.outer) {
      if (isObstacle(frame.holding)) return true;
    }
    return false;
  }
}

/** Whether the holder of one lock would wait for itself by waiting for another: they meet in a key of one map. Sections hold exclusively. */
export function holdsUp<K>(held: LockRequest<K>, wanted: LockRequest<K>): boolean {
  if (!held.isOpen || held.table !== wanted.table) return false;
  if (held.keys === undefined || wanted.keys === undefined) return true;
  const heldKeys = new Set(held.keys);
  return wanted.keys.some((key) => heldKeys.has(key));
}
