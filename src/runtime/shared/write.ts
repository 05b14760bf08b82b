import { moveVersion, publishWord, refresh, wordOf } from "./core.js";
import type { Core } from "./core.js";
import { CapacityError, EntryTooLargeError } from "./errors.js";
import { B, E, C, H, NEXT_MASK, S, W, blockUnits } from "./layout.js";
import { coldOf, giveBlock, takeBlock } from "./heap.js";
import { clearBucket, growIfDue, listChains, moveSome } from "./grow.js";
import { lockHeap, lockStripe, unlockHeap, unlockStripe } from "./lock.js";
import { STALE, collectStripe, copyBlocks, find, homeOf, keyWordsOf, tagOf, throwCorrupt, valueWordsOf } from "./read.js";
import type { StripeCopy } from "./read.js";

// Every write, under the stripe's lock: name the step in the record's intent; take a block; fill it; make the version
// odd; publish the block by one atomic store to its slot; make the version even; free what it replaced. A read cache
// trusts even versions only, so it never outlives the publication.

const VERSION = S.version;
const COUNT = S.count;
const WORDS = H.words;
const HASH = E.hash;
const KEY_META = E.keyMeta;
const VALUE_META = E.valueMeta;
const KEY = E.key;
const NEXT = B.next;
const SLOTS = B.slots;
const SLOT = W.slot;
const FRESH = W.fresh;
const OLD = W.old;
const OLD_UNITS = W.oldUnits;

/** Stamp to expect where the entry must be absent, and where anything goes. */
export const ABSENT = 0;
export const ANYTHING = -2;
const UNSEEN = 0;

/** Units of the entry block at a word index. */
function entryUnits(mem: Int32Array, block: number): number {
  return blockUnits(KEY + keyWordsOf(mem[block + KEY_META]!) + valueWordsOf(mem[block + VALUE_META]!));
}

/** Under a stripe's lock every ref of the stripe lies inside `H.words`. */
function enter(core: Core, stripe: number): void {
  lockStripe(core, stripe);
  if (core.mem[WORDS] !== core.limit) refresh(core);
}

/** Marks a write as under way: read caches stop trusting the stripe. Plain, for the publishing store orders it. */
function makeOdd(mem: Int32Array, stripe: number): number {
  const version = (mem[stripe + VERSION]! + 1) | 0;
  mem[stripe + VERSION] = version;
  return version;
}

/** Ends a write: what it replaced may be freed from here on. */
function makeEven(core: Core, stripe: number, version: number): void {
  moveVersion(core, stripe + VERSION, (version + 1) | 0);
}

function setTag(mem: Int32Array, bucket: number, slot: number, tag: number): void {
  const index = slot - bucket - SLOTS;
  const shift = (index & 3) << 3;
  const word = bucket + (index >> 2);
  mem[word] = (mem[word]! & ~(0xff << shift)) | (tag << shift);
}

/** Finds an empty slot in the chain of the key under way, hanging on a bucket if there is none; false without memory. */
function findEmptySlot(core: Core, stripe: number): boolean {
  const mem = core.mem;
  let bucket = homeOf(core, stripe, core.hash);
  for (;;) {
    for (let group = 0; group < 3; group++) {
      const tags = mem[bucket + group]!;
      const empty = (tags - 0x01010101) & ~tags & 0x80808080;
      if (empty === 0) continue;
      core.bucket = bucket;
      core.slot = bucket + SLOTS + group * 4 + ((31 - Math.clz32(empty & -empty)) >> 3);
      return true;
    }
    const next = mem[bucket + NEXT]! & NEXT_MASK;
    if (next === 0) return hangBucket(core, stripe, bucket);
    bucket = wordOf(next);
  }
}

/** Adds an empty bucket behind `bucket`. */
function hangBucket(core: Core, stripe: number, bucket: number): boolean {
  core.mem[core.record + SLOT] = bucket + NEXT;
  const ref = takeBlock(core, stripe, B.units, false);
  if (ref === 0) return false;
  const mem = core.mem;
  const added = wordOf(ref);
  clearBucket(mem, added);
  // @kill hang:filled
  publishWord(core, bucket + NEXT, ref);
  // @kill hang:linked
  mem[core.record + FRESH] = 0;
  mem[coldOf(core, stripe) + C.overflow]!++;
  core.bucket = added;
  core.slot = added + SLOTS;
  return true;
}

function sumCounts(core: Core): number {
  let sum = 0;
  for (let i = 0; i <= core.stripeMask; i++) sum += core.mem[core.stripeBase + i * core.stripeStride + COUNT]!;
  return sum;
}

/** Counts one entry more, unless a fixed map is full. The heap's lock makes check and count one step. */
function countEntry(core: Core, stripe: number): boolean {
  if (core.fixedCapacity === 0) {
    core.mem[stripe + COUNT]!++;
    return true;
  }
  lockHeap(core);
  const hasRoom = sumCounts(core) < core.fixedCapacity;
  if (hasRoom) core.mem[stripe + COUNT]!++;
  unlockHeap(core);
  return hasRoom;
}

function fillBlock(core: Core, block: number, stamp: number): void {
  const mem = core.mem;
  mem[block] = stamp;
  mem[block + HASH] = core.hash;
  mem[block + KEY_META] = core.keyMeta;
  mem[block + VALUE_META] = core.valueMeta;
  const key = core.keyWords;
  const keyLength = core.keyLength;
  for (let i = 0; i < keyLength; i++) mem[block + KEY + i] = key[i]!;
  const value = core.valueWords;
  const valueLength = core.valueLength;
  const at = block + KEY + keyLength;
  if (valueLength > 64) mem.set(value.subarray(0, valueLength), at);
  else for (let i = 0; i < valueLength; i++) mem[at + i] = value[i]!;
}

type Outcome = "done" | "entries" | "bytes";

/** Gives the key under way, whose block is `old`, a new block. */
function replaceEntry(core: Core, stripe: number, old: number): Outcome {
  const record = core.record;
  const units = blockUnits(KEY + core.keyLength + core.valueLength);
  core.mem[record + SLOT] = core.slot;
  // @kill write:slot
  const ref = takeBlock(core, stripe, units, true);
  if (ref === 0) return "bytes";
  const mem = core.mem;
  const oldUnits = mem[old + VALUE_META] === core.valueMeta ? units : entryUnits(mem, old);
  mem[record + OLD_UNITS] = oldUnits;
  mem[record + OLD] = old >> 2;
  // @kill write:intent
  const version = makeOdd(mem, stripe);
  fillBlock(core, wordOf(ref), version);
  // @kill write:filled
  publishWord(core, core.slot, ref);
  // @kill write:published
  makeEven(core, stripe, version);
  // @kill write:even
  mem[record + FRESH] = 0;
  giveBlock(core, coldOf(core, stripe), OLD, old >> 2, oldUnits);
  // @kill write:freed
  return "done";
}

/** Puts the entry under way, whose key is absent, into an empty slot. Without room nothing has changed. */
function insertEntry(core: Core, stripe: number): Outcome {
  const record = core.record;
  const units = blockUnits(KEY + core.keyLength + core.valueLength);
  if (!findEmptySlot(core, stripe)) return "bytes";
  core.mem[record + SLOT] = core.slot;
  // @kill insert:slot
  const ref = takeBlock(core, stripe, units, false);
  if (ref === 0) return "bytes";
  const mem = core.mem;
  if (!countEntry(core, stripe)) {
    giveBlock(core, coldOf(core, stripe), FRESH, ref, units);
    return "entries";
  }
  // @kill insert:counted
  const version = makeOdd(mem, stripe);
  fillBlock(core, wordOf(ref), version);
  setTag(mem, core.bucket, core.slot, tagOf(core.hash));
  // @kill insert:tagged
  publishWord(core, core.slot, ref);
  // @kill insert:published
  makeEven(core, stripe, version);
  mem[record + FRESH] = 0;
  // @kill insert:settled
  growIfDue(core, stripe);
  return "done";
}

function throwFull(core: Core, reason: Exclude<Outcome, "done">): never {
  if (reason === "entries") throw new CapacityError(reason, `SharedMap is full: it holds its fixed capacity of ${core.fixedCapacity} entries`);
  throw new CapacityError(reason, `SharedMap is out of memory: maxByteLength ${core.buffer.maxByteLength} is used up`);
}

/**
 * Writes the entry under way if the key's entry is what was expected.
 * @param expected stamp of the entry read before, ABSENT, or ANYTHING
 * @param seen version at which `core.slot` was found to hold `block`, if that was for the key under way
 * @returns whether it was
 * @throws CapacityError if there is no room; the map is unchanged
 * @throws LockTimeoutError
 */
export function putEntry(core: Core, stripe: number, expected: number, seen = UNSEEN, block = 0): boolean {
  const words = KEY + core.keyLength + core.valueLength;
  if (words > core.maxEntryWords) throw new EntryTooLargeError(words * 4, core.maxEntryWords * 4);
  enter(core, stripe);
  // @kill write:locked
  moveSome(core, stripe);
  const old = block !== 0 && seen === core.mem[stripe + VERSION] ? block : find(core, stripe);
  if (old === STALE) throwCorrupt();
  const stamp = old === 0 ? ABSENT : core.mem[old]!;
  if (expected !== ANYTHING && stamp !== expected) {
    unlockStripe(core, stripe);
    return false;
  }
  const outcome = old === 0 ? insertEntry(core, stripe) : replaceEntry(core, stripe, old);
  unlockStripe(core, stripe);
  // @kill write:unlocked
  if (outcome !== "done") throwFull(core, outcome);
  return true;
}

/** Takes the block at `core.slot` out of its slot and frees it. */
function removeAt(core: Core, stripe: number, block: number): void {
  const mem = core.mem;
  const record = core.record;
  mem[record + SLOT] = core.slot;
  mem[record + OLD_UNITS] = entryUnits(mem, block);
  mem[record + OLD] = block >> 2;
  // @kill delete:intent
  const version = makeOdd(mem, stripe);
  publishWord(core, core.slot, 0);
  // @kill delete:published
  setTag(mem, core.bucket, core.slot, 0);
  // @kill delete:tagged
  makeEven(core, stripe, version);
  // @kill delete:even
  mem[stripe + COUNT]!--;
  giveBlock(core, coldOf(core, stripe), OLD, block >> 2, mem[record + OLD_UNITS]!);
}

/**
 * Removes the entry of the key under way if it is what was expected.
 * @returns whether it was there and removed
 */
export function removeEntry(core: Core, stripe: number, expected: number): boolean {
  enter(core, stripe);
  moveSome(core, stripe);
  const block = find(core, stripe);
  if (block === STALE) throwCorrupt();
  const isRight = block !== 0 && (expected === ANYTHING || core.mem[block] === expected);
  if (isRight) {
    removeAt(core, stripe, block);
    growIfDue(core, stripe);
  }
  unlockStripe(core, stripe);
  return isRight;
}

function clearChain(core: Core, stripe: number, first: number): void {
  for (let bucket = first; bucket !== 0; bucket = wordOf(core.mem[bucket + NEXT]! & NEXT_MASK)) {
    core.bucket = bucket;
    for (let i = 0; i < B.slotCount; i++) {
      core.slot = bucket + SLOTS + i;
      const block = wordOf(core.mem[core.slot]!);
      if (block !== 0) removeAt(core, stripe, block);
    }
  }
}

/** Removes every entry of a stripe, in one hold of its lock. */
export function clearStripe(core: Core, stripe: number): void {
  enter(core, stripe);
  for (const first of listChains(core, stripe)) clearChain(core, stripe, first);
  unlockStripe(core, stripe);
}

/** Copies a stripe under its lock, for a reader whom writes have overtaken again and again. */
export function copyStripeLocked(core: Core, stripe: number): StripeCopy {
  enter(core, stripe);
  const blocks: number[] = [];
  collectStripe(core, stripe, blocks);
  const copy = copyBlocks(core, blocks);
  unlockStripe(core, stripe);
  return copy ?? { words: new Int32Array(0), entries: [] };
}
