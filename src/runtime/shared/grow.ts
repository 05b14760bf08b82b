import { moveVersion, publishWord, wordOf } from "./core.js";
import type { Core } from "./core.js";
import { B, C, E, LOAD, MOVED, NEXT_MASK, S, T, W, tableUnits } from "./layout.js";
import { coldOf, giveBlock, takeBlock } from "./heap.js";
import { tagOf } from "./read.js";

// A stripe's table grows by a table beside it. Each write then moves the bucket of its own key and one more: the
// entries of old bucket b go to b and b + N, which nobody looks at until one word of b says MOVED. Entries are not
// copied, only referred to from the new place, so moving b again after a crash gives the same.

const TABLE = S.table;
const PREVIOUS = T.previous;
const LOG2 = T.log2;
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
function moveBucket(core: Core, stripe: number, table: number, previous: number, index: number): boolean {
  const oldSize = 1 << core.mem[previous + T.log2]!;
  const grows = core.mem[table + T.log2]! > core.mem[previous + T.log2]!;
  const from = previous + T.buckets + index * B.words;
  const low = table + T.buckets + index * B.words;
  startChain(core, lowTail, low);
  if (grows) startChain(core, highTail, low + oldSize * B.words);
  core.mem[core.record + W.moving] = index + 1;
  // @kill move:started
  const isWhole = appendChain(core, stripe, from, grows ? oldSize : 0);
  if (!isWhole) {
    freeNewChains(core, stripe, table, previous, index);
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
export function freeNewChains(core: Core, stripe: number, table: number, previous: number, index: number): void {
  const oldSize = 1 << core.mem[previous + T.log2]!;
  const low = table + T.buckets + index * B.words;
  freeChain(core, stripe, low);
  if (core.mem[table + T.log2]! > core.mem[previous + T.log2]!) freeChain(core, stripe, low + oldSize * B.words);
  core.mem[core.record + W.moving] = 0;
}

export function isMoved(core: Core, previous: number, index: number): boolean {
  return core.mem[previous + T.buckets + index * B.words + NEXT]! < 0;
}

/** First buckets of all chains that hold entries now; under the stripe's lock. */
export function listChains(core: Core, stripe: number): number[] {
  const mem = core.mem;
  const table = wordOf(mem[stripe + S.table]!);
  const previous = wordOf(mem[table + T.previous]!);
  const oldSize = previous === 0 ? 0 : 1 << mem[previous + T.log2]!;
  const chains: number[] = [];
  for (let i = 0; i < oldSize; i++) {
    if (!isMoved(core, previous, i)) chains.push(previous + T.buckets + i * B.words);
  }
  for (let i = 0; i < 1 << mem[table + T.log2]!; i++) {
    if (oldSize === 0 || isMoved(core, previous, i & (oldSize - 1))) chains.push(table + T.buckets + i * B.words);
  }
  return chains;
}

/** Frees what moved buckets may have left hanging, should their mover have died. */
export function freeMovedChains(core: Core, stripe: number): void {
  const previous = wordOf(core.mem[wordOf(core.mem[stripe + S.table]!) + T.previous]!);
  if (previous === 0) return;
  for (let i = 0; i < 1 << core.mem[previous + T.log2]!; i++) {
    if (isMoved(core, previous, i)) freeChain(core, stripe, previous + T.buckets + i * B.words);
  }
}

/** The old table is empty: forget it, then free it. */
function finishGrowth(core: Core, stripe: number, table: number): void {
  const mem = core.mem;
  const record = core.record;
  const ref = mem[table + T.previous]!;
  mem[record + SLOT] = table + T.previous;
  mem[record + W.oldUnits] = mem[wordOf(ref) + T.units]!;
  mem[record + W.old] = ref;
  // @kill grow:finishing
  publishWord(core, table + T.previous, 0);
  // @kill grow:forgotten
  stepVersion(core, stripe);
  // @kill grow:stepped
  giveBlock(core, coldOf(core, stripe), W.old, ref, mem[record + W.oldUnits]!);
}

/** Moves the bucket of the key under way and the next one in turn, if the stripe is growing. */
export function moveSome(core: Core, stripe: number): void {
  const mem = core.mem;
  const table = wordOf(mem[stripe + TABLE]!);
  if (mem[table + PREVIOUS] === 0) return;
  moveDue(core, stripe, table);
}

function moveDue(core: Core, stripe: number, table: number): void {
  const previous = wordOf(core.mem[table + T.previous]!);
  const size = 1 << core.mem[previous + T.log2]!;
  const home = (core.hash >>> core.stripeBits) & (size - 1);
  if (!isMoved(core, previous, home) && !moveBucket(core, stripe, table, previous, home)) return;
  const cold = coldOf(core, stripe);
  let next = core.mem[cold + C.cursor]!;
  for (let looked = 0; looked < 16 && next < size && isMoved(core, previous, next); looked++) next++;
  if (next < size && !isMoved(core, previous, next) && moveBucket(core, stripe, table, previous, next)) next++;
  core.mem[cold + C.cursor] = next;
  // @kill move:cursor
  if (next === size) finishGrowth(core, stripe, table);
}

function startGrowth(core: Core, stripe: number, log2: number): void {
  const units = tableUnits(log2);
  core.mem[core.record + SLOT] = stripe + S.table;
  const ref = takeBlock(core, stripe, units, false);
  // Without memory for a wider table the chains grow instead.
  if (ref === 0) return;
  const mem = core.mem;
  const table = wordOf(ref);
  const cold = coldOf(core, stripe);
  mem[table + T.log2] = log2;
  mem[table + T.previous] = mem[stripe + S.table]!;
  mem[table + T.units] = units;
  mem[cold + C.cursor] = 0;
  // @kill grow:filled
  publishWord(core, stripe + S.table, ref);
  // @kill grow:published
  stepVersion(core, stripe);
  mem[core.record + FRESH] = 0;
}

/** Starts growth when buckets are full on average, and compaction when a thinned-out table still has long chains. */
export function growIfDue(core: Core, stripe: number): void {
  const mem = core.mem;
  const table = wordOf(mem[stripe + TABLE]!);
  if (mem[table + PREVIOUS] !== 0) return;
  const log2 = mem[table + LOG2]!;
  const count = mem[stripe + COUNT]!;
  if (count > FULL << log2) {
    if (core.fixedCapacity === 0) startGrowth(core, stripe, log2 + 1);
  } else if (count < FULL << log2 >> 1 && mem[coldOf(core, stripe) + C.overflow]! > 2 + (1 << log2 >> 2)) startGrowth(core, stripe, log2);
}
