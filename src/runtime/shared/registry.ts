import type { Core } from "./core.js";
import { TooManyThreadsError } from "./errors.js";
import { EPOCH_MASK, H, LOCK, S, W, WORKER, WORKERS, WORKER_WORDS } from "./layout.js";
import { isWorkerDead, writeIdentity } from "./liveness.js";
import type { Identity } from "./liveness.js";
import { breakLock, unlockHeap, unlockStripe } from "./lock.js";

function lockWordOf(index: number, epoch: number): number {
  return (epoch << 12) | (index << 2);
}

function isHeldBy(word: number, owner: number): boolean {
  return word !== 0 && (word & ~LOCK.stateMask) === owner;
}

/** Claims a record whose state word is `seen`, under the next epoch. */
function claim(core: Core, index: number, seen: number, who: Identity): boolean {
  const record = core.workerBase + index * WORKER_WORDS;
  const epoch = ((seen >>> 2) + 1) & EPOCH_MASK;
  if (Atomics.compareExchange(core.mem, record + W.state, seen, (epoch << 2) | WORKER.claiming) !== seen) return false;
  core.mem.fill(0, record + 1, record + WORKER_WORDS);
  writeIdentity(core, record, who);
  core.me = lockWordOf(index, epoch);
  core.mine = record;
  core.record = record;
  Atomics.store(core.mem, record + W.state, (epoch << 2) | WORKER.live);
  return true;
}

function claimFree(core: Core, who: Identity): boolean {
  for (let index = 0; index < WORKERS; index++) {
    const seen = Atomics.load(core.mem, core.workerBase + index * WORKER_WORDS + W.state);
    if ((seen & 3) === WORKER.free && claim(core, index, seen, who)) return true;
  }
  return false;
}

/** Breaks every lock a dead worker still holds, its stripe before the heap, so that its record says nothing any more. */
function settleDead(core: Core, owner: number): void {
  for (let i = 0; i <= core.stripeMask; i++) {
    const stripe = core.stripeBase + i * core.stripeStride;
    const word = Atomics.load(core.mem, stripe + S.lock);
    if (isHeldBy(word, owner) && breakLock(core, stripe + S.lock, word)) unlockStripe(core, stripe);
  }
  const word = Atomics.load(core.mem, H.heapLock);
  if (isHeldBy(word, owner) && breakLock(core, H.heapLock, word)) unlockHeap(core);
}

/** Whether nothing leads to a dead worker's record any more: no lock it holds, nobody who repairs what it left. */
function isForgotten(core: Core, record: number, owner: number): boolean {
  for (let i = 0; i <= core.stripeMask; i++) {
    if (isHeldBy(Atomics.load(core.mem, core.stripeBase + i * core.stripeStride + S.lock), owner)) return false;
  }
  if (isHeldBy(Atomics.load(core.mem, H.heapLock), owner)) return false;
  // A repairer names the record before it takes the lock: whoever saw the lock taken sees the name.
  for (let index = 0; index < WORKERS; index++) {
    const other = core.workerBase + index * WORKER_WORDS;
    if ((Atomics.load(core.mem, other + W.state) & 3) === WORKER.free) continue;
    if (core.mem[other + W.repairingStripe] === record || core.mem[other + W.repairingHeap] === record) return false;
  }
  return true;
}

/** Frees the records of workers known to be dead; those that hold locks only if this thread has a record to break them with. */
function reapDead(core: Core, hasRecord: boolean): void {
  for (let index = 0; index < WORKERS; index++) {
    const record = core.workerBase + index * WORKER_WORDS;
    const seen = Atomics.load(core.mem, record + W.state);
    if (!isWorkerDead(core, record, seen >>> 2)) continue;
    const owner = lockWordOf(index, seen >>> 2);
    if (hasRecord) settleDead(core, owner);
    if (isForgotten(core, record, owner)) Atomics.compareExchange(core.mem, record + W.state, seen, (seen & ~3) | WORKER.free);
  }
}

function countFree(core: Core): number {
  let free = 0;
  for (let index = 0; index < WORKERS; index++) {
    if ((Atomics.load(core.mem, core.workerBase + index * WORKER_WORDS + W.state) & 3) === WORKER.free) free++;
  }
  return free;
}

/** Fewer free records than this, and whoever attaches frees those of the dead. */
const FEW_RECORDS = 16;

/**
 * Gives this thread a record in the map.
 * @throws TooManyThreadsError
 */
export function register(core: Core, who: Identity): void {
  if (!claimFree(core, who)) {
    reapDead(core, false);
    if (!claimFree(core, who)) throw new TooManyThreadsError(WORKERS);
  }
  if (countFree(core) < FEW_RECORDS) reapDead(core, true);
}

export function unregister(core: Core): void {
  releaseRecord(core.mem, core.mine, (core.me >>> 12) & EPOCH_MASK);
}

export function releaseRecord(mem: Int32Array, record: number, epoch: number): void {
  Atomics.compareExchange(mem, record + W.state, (epoch << 2) | WORKER.live, (epoch << 2) | WORKER.free);
}

/** Notes that the thread has ended, as its parent's `exit` event says. */
export function markEnded(core: Core, threadId: number): void {
  for (let index = 0; index < WORKERS; index++) {
    const record = core.workerBase + index * WORKER_WORDS;
    const seen = Atomics.load(core.mem, record + W.state);
    if ((seen & 3) === WORKER.live && core.mem[record + W.threadId] === threadId) {
      Atomics.compareExchange(core.mem, record + W.state, seen, (seen & ~3) | WORKER.dead);
    }
  }
}

export function countLive(core: Core): number {
  let live = 0;
  for (let index = 0; index < WORKERS; index++) {
    if ((Atomics.load(core.mem, core.workerBase + index * WORKER_WORDS + W.state) & 3) === WORKER.live) live++;
  }
  return live;
}
