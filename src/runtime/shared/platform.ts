import type { Core } from "./core.js";

/** Monotonic time in milliseconds. */
export function now(): number {
  return performance.now();
}

let canBlock: boolean | undefined;

function probeBlocking(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sleeps until the lock word is notified, no longer holds `seen`, or `ms` have passed; where blocking is forbidden it only spins. */
export function sleepOn(core: Core, lock: number, seen: number, ms: number): void {
  canBlock ??= probeBlocking();
  if (canBlock) {
    Atomics.wait(core.mem, lock, seen, ms);
    return;
  }
  const until = now() + Math.min(ms, 1);
  while (Atomics.load(core.mem, lock) === seen && now() < until);
}

export function wakeOne(core: Core, lock: number): void {
  Atomics.notify(core.mem, lock, 1);
}
