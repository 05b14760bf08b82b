import { moveVersion, publishWord, wordOf } from "./core.js";
import type { Core } from "./core.js";
import { B, C, E, LOAD, MOVED, NEXT_MASK, S, W, tableUnits } from "./layout.js";
import { coldOf, giveBlock, takeBlock } from "./heap.js";
import { tagOf } from "./read.js";

// A stripe's table grows by a table beside it. Each write then moves the bucket of its own key and one more: the
// entries of old bucket b go to b and b + N, which nobody looks at until one word of b says MOVED. Entries are not
// copied, only referred to from the new place, so moving b again after a crash gives the same.

const TABLE = S.table;
const LOG2 = S.log2;
const PREVIOUS = S.previous;
const PREVIOUS_LOG2 = S.previousLog2;
const COUNT = S.count;
const FULL = LOAD;
const BUCKET_WORDS = B.words;
const SLOT_COUNT = B.slotCount;
const HASH = E.hash;
const NEXT = B.next;
const SLOTS = B.slots;
const SLOT = W.slot;
const FRESH = W.fresh;

/** Moves the version on without a moment in which read caches distrust it: no value changes. */
function stepVersion(core: Core, stripe: number): void {
  moveVersion(core, stripe + S.version, (core.mem[stripe + S.version]! + 2) | 0);
}

/** A loop, because `fill` costs more than sixteen stores. */
export function clearBucket(mem: Int32Array, bucket: number): void {
  for (let i = 0; i < BUCKET_WORDS; i++) mem[bucket + i] = 0;
}

/** Where the next entry of a new chain goes. */
interface Tail {
  bucket: number;
  used: number;
}

const lowTail: Tail = { bucket: 0, used: 0 };
const highTail: Tail = { bucket: 0, used: 0 };

function startChain(core: Core, tail: Tail, bucket: number): void {
  clearBucket(core.mem, bucket);
  tail.bucket = bucket;
  tail.used = 0;
}

function extendChain(core: Core, stripe: number, tail: Tail): boolean {
  core.mem[core.record + SLOT] = tail.bucket + NEXT;
  const ref = takeBlock(core, stripe, B.units, true);
  if (ref === 0) return false;
  const mem = core.mem;
  const added = wordOf(ref);
  clearBucket(mem, added);
  mem[tail.bucket + NEXT] = ref;
  // @kill move:hung
  mem[core.record + FRESH] = 0;
  mem[coldOf(core, stripe) + C.overflow]!++;
  tail.bucket = added;
  tail.used = 0;
  return true;
}

function append(core: Core, stripe: number, tail: Tail, ref: number, tag: number): boolean {
  if (tail.used === SLOT_COUNT && !extendChain(core, stripe, tail)) return false;
  const mem = core.mem;
  const index = tail.used++;
  mem[tail.bucket + (index >> 2)]! |= tag << ((index & 3) << 3);
  mem[tail.bucket + SLOTS + index] = ref;
  return true;
}

/** Frees the buckets hung behind `bucket`, each unlinked before it is freed. The version has moved before. */
function freeChain(core: Core, stripe: number, bucket: number): void {
  const mem = core.mem;
  const record = core.record;
  const cold = coldOf(core, stripe);
  for (;;) {
    const word = mem[bucket + NEXT]!;
    const ref = word & NEXT_MASK;
    if (ref === 0) return;
    mem[record + SLOT] = bucket + NEXT;
    mem[record + W.oldUnits] = B.units;
    mem[record + W.old] = ref;
    // @kill chain:named
    mem[bucket + NEXT] = (word & MOVED) | (mem[wordOf(ref) + NEXT]! & NEXT_MASK);
    // @kill chain:unlinked
    giveBlock(core, cold, W.old, ref, B.units);
    mem[cold + C.overflow]!--;
  }
}

function appendChain(core: Core, stripe: number, first: number, highBit: number): boolean {
  for (let bucket = first; bucket !== 0; bucket = wordOf(core.mem[bucket + NEXT]! & NEXT_MASK)) {
    for (let i = 0; i < SLOT_COUNT; i++) {
      const ref = core.mem[bucket + SLOTS + i]!;
      if (ref === 0) continue;
      const hash = core.mem[wordOf(ref) + HASH]!;
      const tail = (hash >>> core.stripeBits) & highBit ? highTail : lowTail;
      if (!append(core, stripe, tail, ref, tagOf(hash))) return false;
    }
  }
  return true;
}

/** Moves old bucket `index`; false if there was no memory for the new chains, and then it stays where it is. */
function moveBucket(core: Core, stripe: number, index: number): boolean {
  const oldLog2 = core.mem[stripe + PREVIOUS_LOG2]!;
  const grows = core.mem[stripe + LOG2]! > oldLog2;
  const from = wordOf(core.mem[stripe + PREVIOUS]!) + index * BUCKET_WORDS;
  const low = wordOf(core.mem[stripe + TABLE]!) + index * BUCKET_WORDS;
  startChain(core, lowTail, low);
  if (grows) startChain(core, highTail, low + (BUCKET_WORDS << oldLog2));
  core.mem[core.record + W.moving] = index + 1;
  // @kill move:started
  const isWhole = appendChain(core, stripe, from, grows ? 1 << oldLog2 : 0);
  if (!isWhole) {
    freeNewChains(core, stripe, index);
    return false;
  }
  // @kill move:filled
  const mem = core.mem;
  publishWord(core, from + NEXT, mem[from + NEXT]! | MOVED);
  // @kill move:moved
  stepVersion(core, stripe);
  mem[core.record + W.moving] = 0;
  // @kill move:stepped
  freeChain(core, stripe, from);
  mem[coldOf(core, stripe) + C.evacuated]!++;
  return true;
}

/** Gives up the new chains of a bucket that has not moved. */
export function freeNewChains(core: Core, stripe: number, index: number): void {
  const oldLog2 = core.mem[stripe + PREVIOUS_LOG2]!;
  const low = wordOf(core.mem[stripe + TABLE]!) + index * BUCKET_WORDS;
  freeChain(core, stripe, low);
  if (core.mem[stripe + LOG2]! > oldLog2) freeChain(core, stripe, low + (BUCKET_WORDS << oldLog2));
  core.mem[core.record + W.moving] = 0;
}

export function isMoved(core: Core, previous: number, index: number): boolean {
  return core.mem[previous + index * BUCKET_WORDS + NEXT]! < 0;
}

/** First buckets of all chains that hold entries now; under the stripe's lock. */
export function listChains(core: Core, stripe: number): number[] {
  const mem = core.mem;
  const table = wordOf(mem[stripe + TABLE]!);
  const previous = wordOf(mem[stripe + PREVIOUS]!);
  const oldSize = previous === 0 ? 0 : 1 << mem[stripe + PREVIOUS_LOG2]!;
  const chains: number[] = [];
  for (let i = 0; i < oldSize; i++) {
    if (!isMoved(core, previous, i)) chains.push(previous + i * BUCKET_WORDS);
  }
  for (let i = 0; i < 1 << mem[stripe + LOG2]!; i++) {
    if (oldSize === 0 || isMoved(core, previous, i & (oldSize - 1))) chains.push(table + i * BUCKET_WORDS);
  }
  return chains;
}

/** Frees what moved buckets may have left hanging, should their mover have died. */
export function freeMovedChains(core: Core, stripe: number): void {
  const previous = wordOf(core.mem[stripe + PREVIOUS]!);
  if (previous === 0) return;
  for (let i = 0; i < 1 << core.mem[stripe + PREVIOUS_LOG2]!; i++) {
    if (isMoved(core, previous, i)) freeChain(core, stripe, previous + i * BUCKET_WORDS);
  }
}

/** The old table is empty: forget it, then free it. */
function finishGrowth(core: Core, stripe: number): void {
  const mem = core.mem;
  const record = core.record;
  const ref = mem[stripe + PREVIOUS]!;
  mem[record + SLOT] = stripe + PREVIOUS;
  mem[record + W.oldUnits] = tableUnits(mem[stripe + PREVIOUS_LOG2]!);
  mem[record + W.old] = ref;
  // @kill grow:finishing
  publishWord(core, stripe + PREVIOUS, 0);
  // @kill grow:forgotten
  stepVersion(core, stripe);
  // @kill grow:stepped
  giveBlock(core, coldOf(core, stripe), W.old, ref, mem[record + W.oldUnits]!);
}

/** Moves the bucket of the key under way and the next one in turn, if the stripe is growing. */
export function moveSome(core: Core, stripe: number): void {
  if (core.mem[stripe + PREVIOUS] !== 0) moveDue(core, stripe);
}

function moveDue(core: Core, stripe: number): void {
  const previous = wordOf(core.mem[stripe + PREVIOUS]!);
  const size = 1 << core.mem[stripe + PREVIOUS_LOG2]!;
  const home = (core.hash >>> core.stripeBits) & (size - 1);
  if (!isMoved(core, previous, home) && !moveBucket(core, stripe, home)) return;
  const cold = coldOf(core, stripe);
  let next = core.mem[cold + C.cursor]!;
  for (let looked = 0; looked < 16 && next < size && isMoved(core, previous, next); looked++) next++;
  if (next < size && !isMoved(core, previous, next) && moveBucket(core, stripe, next)) next++;
  core.mem[cold + C.cursor] = next;
  // @kill move:cursor
  if (next === size) finishGrowth(core, stripe);
}

/**
 * Puts a table beside the old one, in three steps with a version between any two words of which a reader must not see the later without
 * the earlier: the size of the old table; that it is old, although it still stands as the table; the new table and its size, which nobody
 * looks at before a bucket has moved.
 */
function startGrowth(core: Core, stripe: number, log2: number): void {
  core.mem[core.record + SLOT] = stripe + TABLE;
  const ref = takeBlock(core, stripe, tableUnits(log2), false);
  // Without memory for a wider table the chains grow instead.
  if (ref === 0) return;
  const mem = core.mem;
  mem[coldOf(core, stripe) + C.cursor] = 0;
  mem[stripe + PREVIOUS_LOG2] = mem[stripe + LOG2]!;
  // @kill grow:named
  stepVersion(core, stripe);
  publishWord(core, stripe + PREVIOUS, mem[stripe + TABLE]!);
  // @kill grow:announced
  stepVersion(core, stripe);
  mem[stripe + LOG2] = log2;
  // @kill grow:sized
  publishWord(core, stripe + TABLE, ref);
  // @kill grow:published
  mem[core.record + FRESH] = 0;
}

/** Takes back a growth that was announced and has no new table yet. */
export function cancelGrowth(core: Core, stripe: number): void {
  const mem = core.mem;
  mem[stripe + LOG2] = mem[stripe + PREVIOUS_LOG2]!;
  // @kill repair:resized
  stepVersion(core, stripe);
  publishWord(core, stripe + PREVIOUS, 0);
}

/** Starts growth when buckets are full on average, and compaction when a thinned-out table still has long chains. */
export function growIfDue(core: Core, stripe: number): void {
  const mem = core.mem;
  if (mem[stripe + PREVIOUS] !== 0) return;
  const log2 = mem[stripe + LOG2]!;
  const count = mem[stripe + COUNT]!;
  if (count > FULL << log2) {
    if (core.fixedCapacity === 0) startGrowth(core, stripe, log2 + 1);
  } else if (count < FULL << log2 >> 1 && mem[coldOf(core, stripe) + C.overflow]! > 2 + (1 << log2 >> 2)) startGrowth(core, stripe, log2);
}
