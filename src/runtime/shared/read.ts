import { VALUE } from "./codec.js";
import { loadFence, refresh, roomFor, wordOf } from "./core.js";
import type { Core } from "./core.js";
import { SharedMapError } from "./errors.js";
import { B, E, NEXT_MASK, S } from "./layout.js";

// A reader takes no lock. It loads the stripe's version, follows refs that may change under it (every index is clamped
// to the window first), copies the value out, and loads the version again: unchanged means that no block it saw was
// freed in between, for a block is freed only after the version has moved. Only then is anything decoded.

/** Given by `find` when what it followed was torn or outside the window. */
export const STALE = -1;
const MOST_HOPS = 1 << 20;

const VERSION = S.version;
const TABLE = S.table;
const LOG2 = S.log2;
const PREVIOUS = S.previous;
const PREVIOUS_LOG2 = S.previousLog2;
const NEXT = B.next;
const SLOTS = B.slots;
const BUCKET_WORDS = B.words;
const HASH = E.hash;
const KEY_META = E.keyMeta;
const VALUE_META = E.valueMeta;
const KEY = E.key;
const INTEGER = VALUE.integer;
const NUMBER = VALUE.number;

export function stripeOf(core: Core, hash: number): number {
  return core.stripeBase + (hash & core.stripeMask) * core.stripeStride;
}

/** Tag byte of a hash; never 0, which marks an empty slot. */
export function tagOf(hash: number): number {
  return hash >>> 24 || 1;
}

/** Word index of the first bucket of the chain that a hash belongs to now, during growth too; STALE if torn. */
export function homeOf(core: Core, stripe: number, hash: number): number {
  const mem = core.mem;
  const limit = core.limit;
  const number = hash >>> core.stripeBits;
  const previous = mem[stripe + PREVIOUS]!;
  if (previous !== 0) {
    const old = wordOf(previous) + (number & ((1 << mem[stripe + PREVIOUS_LOG2]!) - 1)) * BUCKET_WORDS;
    if (old + BUCKET_WORDS > limit) return STALE;
    // Atomic, because the new table, its size and what stands in its buckets were written before MOVED and are read after it.
    if (Atomics.load(mem, old + NEXT) >= 0) return old;
  }
  const bucket = wordOf(mem[stripe + TABLE]!) + (number & ((1 << mem[stripe + LOG2]!) - 1)) * BUCKET_WORDS;
  return bucket + BUCKET_WORDS > limit ? STALE : bucket;
}

function holdsKey(core: Core, block: number): boolean {
  const mem = core.mem;
  if (mem[block + HASH] !== core.hash || mem[block + KEY_META] !== core.keyMeta) return false;
  const length = core.keyLength;
  const key = core.keyWords;
  for (let i = 0; i < length; i++) {
    if (mem[block + KEY + i] !== key[i]) return false;
  }
  return true;
}

/**
 * Finds the key under way. Leaves its slot and bucket in the core.
 * @returns word index of its block, 0 if absent, STALE if torn
 */
export function find(core: Core, stripe: number): number {
  const mem = core.mem;
  const lastStart = core.limit - KEY - core.keyLength;
  const pattern = Math.imul(tagOf(core.hash), 0x01010101);
  let bucket = homeOf(core, stripe, core.hash);
  if (bucket < 0) return STALE;
  for (let hops = 0; hops < MOST_HOPS; hops++) {
    for (let group = 0; group < 3; group++) {
      const different = mem[bucket + group]! ^ pattern;
      // A byte that is zero here equals the tag. Borrows may mark a byte above it too; the key decides.
      let hits = (different - 0x01010101) & ~different & 0x80808080;
      while (hits !== 0) {
        const slot = bucket + SLOTS + group * 4 + ((31 - Math.clz32(hits & -hits)) >> 3);
        const block = wordOf(mem[slot]!);
        if (block < 0 || block > lastStart) return STALE;
        if (block !== 0 && holdsKey(core, block)) {
          core.slot = slot;
          core.bucket = bucket;
          return block;
        }
        hits &= hits - 1;
      }
    }
    const next = mem[bucket + NEXT]! & NEXT_MASK;
    if (next === 0) return 0;
    bucket = wordOf(next);
    if (bucket + BUCKET_WORDS > core.limit) return STALE;
  }
  return STALE;
}

/** Copies the value out of a block; false if its length reaches outside the window. */
function copyValue(core: Core, block: number): boolean {
  const mem = core.mem;
  const meta = mem[block + VALUE_META]!;
  const from = block + KEY + core.keyLength;
  core.readMeta = meta;
  core.readStamp = mem[block]!;
  const kind = meta & 15;
  if (kind === INTEGER) {
    if (from + 1 > core.limit) return false;
    core.readLow = mem[from]!;
    return true;
  }
  if (kind === NUMBER) {
    if (from + 2 > core.limit) return false;
    core.readLow = mem[from]!;
    core.readHigh = mem[from + 1]!;
    return true;
  }
  return copyWords(core, from, ((meta >>> 4) + 3) >> 2);
}

function copyWords(core: Core, from: number, length: number): boolean {
  if (length > core.maxEntryWords || from + length > core.limit) return false;
  const mem = core.mem;
  const out = (core.readWords = roomFor(core.readWords, length));
  if (length > 64) out.set(mem.subarray(from, from + length));
  else for (let i = 0; i < length; i++) out[i] = mem[from + i]!;
  return true;
}

/** Whether nothing that was read since `version` was loaded can have been freed. */
function isUnchanged(core: Core, stripe: number, version: number): boolean {
  if (!core.loadsAreOrdered) loadFence(core);
  return Atomics.load(core.mem, stripe + VERSION) === version;
}

/** After a failed attempt: takes a wider window if there is one, or reports a buffer that makes no sense. */
function prepareRetry(core: Core, stripe: number, version: number): void {
  core.readRetries++;
  if (refresh(core) || Atomics.load(core.mem, stripe + VERSION) !== version) return;
  throwCorrupt();
}

export function throwCorrupt(): never {
  throw new SharedMapError("ERR_SHARED_MAP_CORRUPT", "SharedMap buffer holds refs outside itself: something else wrote to it");
}

/**
 * Reads the entry of the key under way into the core's read fields.
 * @returns whether there is one
 */
export function readEntry(core: Core, stripe: number): boolean {
  for (;;) {
    const version = Atomics.load(core.mem, stripe + VERSION);
    const block = find(core, stripe);
    const isWhole = block > 0 ? copyValue(core, block) : block === 0;
    if (isUnchanged(core, stripe, version)) {
      if (isWhole) {
        core.readVersion = version;
        core.readBlock = block;
        return block !== 0;
      }
      prepareRetry(core, stripe, version);
    } else core.readRetries++;
  }
}

/** Whether the key under way is there. */
export function hasEntry(core: Core, stripe: number): boolean {
  for (;;) {
    const version = Atomics.load(core.mem, stripe + VERSION);
    const block = find(core, stripe);
    if (isUnchanged(core, stripe, version)) {
      if (block >= 0) return block !== 0;
      prepareRetry(core, stripe, version);
    } else core.readRetries++;
  }
}

/** Appends the blocks of one chain to `blocks`; false if torn. */
function collectChain(core: Core, first: number, blocks: number[]): boolean {
  const mem = core.mem;
  let bucket = first;
  for (let hops = 0; hops < MOST_HOPS; hops++) {
    if (bucket + BUCKET_WORDS > core.limit) return false;
    for (let i = 0; i < B.slotCount; i++) {
      const block = wordOf(mem[bucket + SLOTS + i]!);
      if (block < 0 || block + KEY > core.limit) return false;
      if (block !== 0) blocks.push(block);
    }
    const next = mem[bucket + NEXT]! & NEXT_MASK;
    if (next === 0) return true;
    bucket = wordOf(next);
  }
  return false;
}

/** Appends the blocks of every `step`th chain of the stripe's table, from the `first` on. */
function collectTable(core: Core, stripe: number, first: number, step: number, blocks: number[]): boolean {
  const mem = core.mem;
  const table = wordOf(mem[stripe + TABLE]!);
  const size = 1 << mem[stripe + LOG2]!;
  for (let i = first; i < size; i += step) {
    if (!collectChain(core, table + i * BUCKET_WORDS, blocks)) return false;
  }
  return true;
}

/** Appends the blocks of a whole stripe to `blocks`; false if torn. Each old bucket is asked once whether it has moved: a second look may find that it has meanwhile. */
export function collectStripe(core: Core, stripe: number, blocks: number[]): boolean {
  const mem = core.mem;
  const previous = wordOf(mem[stripe + PREVIOUS]!);
  if (previous === 0) return collectTable(core, stripe, 0, 1, blocks);
  const oldSize = 1 << mem[stripe + PREVIOUS_LOG2]!;
  if (previous + oldSize * BUCKET_WORDS > core.limit) return false;
  for (let i = 0; i < oldSize; i++) {
    const bucket = previous + i * BUCKET_WORDS;
    const hasMoved = Atomics.load(mem, bucket + NEXT) < 0;
    if (!(hasMoved ? collectTable(core, stripe, i, oldSize, blocks) : collectChain(core, bucket, blocks))) return false;
  }
  return true;
}

/** Entries of a stripe, copied out: for each its key meta, value meta and where its words start in `words`. */
export interface StripeCopy {
  words: Int32Array;
  entries: { keyMeta: number; valueMeta: number; at: number }[];
}

export function copyBlocks(core: Core, blocks: number[]): StripeCopy | undefined {
  const mem = core.mem;
  const entries: StripeCopy["entries"] = [];
  let words = new Int32Array(blocks.length * 8);
  let at = 0;
  for (const block of blocks) {
    const keyMeta = mem[block + KEY_META]!;
    const valueMeta = mem[block + VALUE_META]!;
    const length = keyWordsOf(keyMeta) + valueWordsOf(valueMeta);
    if (block + KEY + length > core.limit || length > core.maxEntryWords) return undefined;
    if (at + length > words.length) {
      const wider = new Int32Array(Math.max(at + length, words.length * 2));
      wider.set(words);
      words = wider;
    }
    words.set(mem.subarray(block + KEY, block + KEY + length), at);
    entries.push({ keyMeta, valueMeta, at });
    at += length;
  }
  return { words, entries };
}

export function keyWordsOf(keyMeta: number): number {
  return ((keyMeta >>> 2) + 3) >> 2;
}

export function valueWordsOf(valueMeta: number): number {
  return ((valueMeta >>> 4) + 3) >> 2;
}

/** One attempt to copy a stripe as of one moment; undefined if a write came in between. */
export function tryCopyStripe(core: Core, stripe: number): StripeCopy | undefined {
  const version = Atomics.load(core.mem, stripe + VERSION);
  const blocks: number[] = [];
  const copy = collectStripe(core, stripe, blocks) ? copyBlocks(core, blocks) : undefined;
  if (!isUnchanged(core, stripe, version)) return undefined;
  if (!copy) prepareRetry(core, stripe, version);
  return copy;
}
