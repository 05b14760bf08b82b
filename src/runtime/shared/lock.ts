import type { Core } from "./core.js";
import { LockTimeoutError } from "./errors.js";
import { H, LOCK, S, W } from "./layout.js";
import { isOwnerDead, recordOf } from "./liveness.js";
import { now, sleepOn, wakeOne } from "./platform.js";
import { repairHeap, repairStripe } from "./repair.js";

const HELD = LOCK.held;
const CONTENDED = LOCK.contended;
const STATE = LOCK.stateMask;
const SPINS = 40;
const LONGEST_NAP = 32;

/**
 * Takes the lock word at `lock`. Three states, as in Drepper's "Futexes are tricky": whoever has slept takes it as
 * contended, because others may sleep still.
 * @throws LockTimeoutError after `core.lockTimeout` ms with an owner that is not known to be dead
 */
function acquire(core: Core, lock: number): void {
  if (Atomics.compareExchange(core.mem, lock, 0, core.me | HELD) === 0) return;
  acquireSlowly(core, lock);
}

function acquireSlowly(core: Core, lock: number): void {
  const mem = core.mem;
  core.lockWaits++;
  for (let i = 0; i < SPINS; i++) {
    if (Atomics.load(mem, lock) === 0 && Atomics.compareExchange(mem, lock, 0, core.me | HELD) === 0) return;
  }
  const start = now();
  let nap = 1;
  for (;;) {
    let seen = Atomics.load(mem, lock);
    if (seen === 0) {
      if (Atomics.compareExchange(mem, lock, 0, core.me | CONTENDED) === 0) return;
      continue;
    }
    if ((seen & STATE) === HELD) {
      const contended = (seen & ~STATE) | CONTENDED;
      if (Atomics.compareExchange(mem, lock, seen, contended) !== seen) continue;
      seen = contended;
    }
    sleepOn(core, lock, seen, nap);
    if (Atomics.load(mem, lock) !== seen) continue;
    if (isOwnerDead(core, seen)) {
      if (breakLock(core, lock, seen)) return;
      continue;
    }
    if (now() - start > core.lockTimeout) throw new LockTimeoutError(now() - start, mem[recordOf(core, seen) + W.threadId]!);
    nap = Math.min(nap * 2, LONGEST_NAP);
  }
}

/**
 * Takes a lock from an owner known to be dead, and finishes or undoes what the owner was doing.
 * The epoch in the word makes the exchange fail if anybody was faster.
 */
export function breakLock(core: Core, lock: number, seen: number): boolean {
  const mem = core.mem;
  const field = lock === H.heapLock ? W.repairingHeap : W.repairingStripe;
  // Should I die in the repair, whoever breaks my lock goes on with the same record.
  mem[core.mine + field] = recordOf(core, seen);
  // @kill break:announced
  if (Atomics.compareExchange(mem, lock, seen, core.me | CONTENDED) !== seen) {
    mem[core.mine + field] = 0;
    return false;
  }
  // @kill break:taken
  core.locksBroken++;
  if (lock === H.heapLock) {
    core.heldHeap = true;
    repairHeap(core, recordOf(core, seen));
  } else {
    core.held = lock - S.lock;
    repairStripe(core, core.held, recordOf(core, seen));
  }
  // @kill break:repaired
  mem[core.mine + field] = 0;
  return true;
}

function release(core: Core, lock: number): void {
  const seen = Atomics.exchange(core.mem, lock, 0);
  if ((seen & STATE) === CONTENDED) wakeOne(core, lock);
}

/** Takes the lock of a stripe (given by the word index of its hot record). */
export function lockStripe(core: Core, stripe: number): void {
  acquire(core, stripe + S.lock);
  core.held = stripe;
}

export function unlockStripe(core: Core, stripe: number): void {
  core.held = 0;
  release(core, stripe + S.lock);
}

/** After an exception in a locked section (a full stack, a lock that timed out): settles my own write as a dead worker's would be. */
export function settleSelf(core: Core): void {
  if (core.heldHeap) {
    repairHeap(core, core.mine);
    unlockHeap(core);
  }
  if (core.held !== 0) {
    repairStripe(core, core.held, core.mine);
    unlockStripe(core, core.held);
  }
  core.record = core.mine;
}

/** Takes the heap's lock; always the innermost. */
export function lockHeap(core: Core): void {
  acquire(core, H.heapLock);
  core.heldHeap = true;
}

export function unlockHeap(core: Core): void {
  core.heldHeap = false;
  release(core, H.heapLock);
}
