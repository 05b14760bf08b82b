// Where everything lies in the buffer. All positions are 32-bit word indices; a `ref` counts units of
// 16 bytes from the start of the buffer, 0 meaning none. docs/guide/shared-map.md draws it.

export const MAGIC = 0x4d47534d;
export const LAYOUT_VERSION = 2;

const UNIT_WORDS = 4;
export const PAGE_UNITS = 256;
export const PAGE_WORDS = PAGE_UNITS * UNIT_WORDS;
export const PAGE_BYTES = PAGE_WORDS * 4;
const LINE_WORDS = 16;

/** Header words, constant after construction unless marked. */
export const H = {
  magic: 0,
  version: 1,
  seed: 2,
  stripes: 3,
  stripeStride: 4,
  stripeBase: 5,
  coldBase: 6,
  workers: 7,
  workerBase: 8,
  bitmapBase: 9,
  pageBase: 10,
  pages: 11,
  softPages: 12,
  fixed: 13,
  capacity: 14,
  codec: 15,
  lockTimeout: 16,
  maxEntryWords: 17,
  /** changes, under the heap lock: length of the buffer in words */
  words: 32,
  /** changes, under the heap lock: pages in use */
  pagesUsed: 33,
  /** changes, under the heap lock: where the search for free pages starts */
  pageHint: 34,
  /** changes: the heap's lock word, alone on its line */
  heapLock: 48,
} as const;
const HEADER_WORDS = 64;

/**
 * A stripe's hot record, on a cache line of its own. A table is 2^log2 buckets and nothing else: what is known about it
 * stands here, where every operation looks anyway.
 */
export const S = { lock: 0, version: 1, count: 2, table: 3, log2: 4, previous: 5, previousLog2: 6 } as const;
const HOT_WORDS = 8;

/** A stripe's cold record: its allocator and its progress in growth. Touched only under the stripe's lock. */
export const C = { bump: 0, bumpEnd: 1, cursor: 2, overflow: 3, evacuated: 4, reserved: 5, lists: 6 } as const;

/** A worker's record: who it is, and its intent: what it was doing, should it die now. */
export const W = {
  state: 0,
  tid: 1,
  startLow: 2,
  startHigh: 3,
  fd: 4,
  inodeLow: 5,
  inodeHigh: 6,
  threadId: 7,
  slot: 8,
  fresh: 9,
  freshUnits: 10,
  old: 11,
  oldUnits: 12,
  moving: 13,
  run: 14,
  runPages: 15,
  runState: 16,
  repairingStripe: 17,
  repairingHeap: 18,
} as const;
export const WORKER_WORDS = 32;
export const WORKERS = 128;

/** `W.state`: epoch << 2 | one of these. */
export const WORKER = { free: 0, claiming: 1, live: 2, dead: 3 } as const;
/** `W.runState`. */
export const RUN = { none: 0, taking: 1, taken: 2, giving: 3 } as const;
/** Lock word: epoch << 12 | owner's record << 2 | one of these; 0 when free. */
export const LOCK = { held: 1, contended: 2, stateMask: 3 } as const;
export const EPOCH_MASK = 0xfffff;

/** A bucket: 12 tag bytes, the next bucket of the chain with the MOVED bit, 12 slots. */
export const B = { tags: 0, next: 3, slots: 4, words: 16, units: 4, slotCount: 12 } as const;
export const MOVED = 0x80000000 | 0;
export const NEXT_MASK = 0x7fffffff;
/** Entries a bucket holds on average when the table grows. */
export const LOAD = 8;

/** An entry block: stamp (or free-list link), hash, key meta, value meta, key words, value words. */
export const E = { stamp: 0, hash: 1, keyMeta: 2, valueMeta: 3, key: 4 } as const;

export const SIZE_CLASSES = 28;
/** Largest block, in units, that comes from a stripe's own lists; larger ones are runs of pages. */
export const MAX_SMALL = 256;

/** Class of a small block of `units`; sizes are exact up to 8 units, then four to a doubling. */
export function classOf(units: number): number {
  if (units <= 8) return units - 1;
  const shift = 29 - Math.clz32(units - 1);
  return 4 + (shift << 2) + (((units - 1) >> shift) & 3);
}

/** Units of the blocks in a class. */
export function unitsOfClass(sizeClass: number): number {
  if (sizeClass < 8) return sizeClass + 1;
  const shift = (sizeClass - 4) >> 2;
  return (5 + ((sizeClass - 4) & 3)) << shift;
}

/** What a block of `words` really takes, in units. */
export function blockUnits(words: number): number {
  const units = (words + 3) >> 2;
  if (units <= 8) return units;
  if (units <= MAX_SMALL) return unitsOfClass(classOf(units));
  return Math.ceil(units / PAGE_UNITS) * PAGE_UNITS;
}

export interface Geometry {
  stripes: number;
  stripeStride: number;
  stripeBase: number;
  coldBase: number;
  coldStride: number;
  workerBase: number;
  bitmapBase: number;
  pageBase: number;
  pages: number;
  softPages: number;
  tableLog2: number;
}

export const COLD_WORDS = Math.ceil((C.lists + SIZE_CLASSES) / LINE_WORDS) * LINE_WORDS;

function powerOfTwoBelow(n: number): number {
  return n < 2 ? 1 : 2 ** Math.floor(Math.log2(n));
}

/** Units of a table with 2^log2 buckets. */
export function tableUnits(log2: number): number {
  return blockUnits(B.words << log2);
}

/**
 * Lays a map out.
 * @param capacity entries it is made for
 * @param maxByteLength bytes the buffer may grow to
 * @param padded whether stripes stand 64 bytes apart
 * @throws RangeError if `maxByteLength` cannot hold even the empty tables
 */
export function planGeometry(capacity: number, maxByteLength: number, padded: boolean, wantedStripes = 64): Geometry {
  const stripes = Math.max(1, Math.min(wantedStripes, powerOfTwoBelow(maxByteLength / (PAGE_BYTES * 8))));
  const stripeStride = padded ? LINE_WORDS : HOT_WORDS;
  const stripeBase = HEADER_WORDS;
  const coldBase = Math.ceil((stripeBase + stripes * stripeStride) / LINE_WORDS) * LINE_WORDS;
  const workerBase = coldBase + stripes * COLD_WORDS;
  const bitmapBase = workerBase + WORKERS * WORKER_WORDS;
  const bitmapWords = Math.ceil(maxByteLength / PAGE_BYTES / 32);
  const pageBase = Math.ceil((bitmapBase + bitmapWords) / PAGE_WORDS) * PAGE_WORDS;
  const pages = Math.floor(maxByteLength / PAGE_BYTES) - pageBase / PAGE_WORDS;
  const softPages = pages - Math.min(stripes * 4, Math.floor(pages / 4));
  const perBucket = (LOAD * 3) / 4;
  const tableLog2 = Math.max(0, Math.ceil(Math.log2(capacity / stripes / perBucket)));
  const tablePages = Math.ceil((tableUnits(tableLog2) * stripes) / PAGE_UNITS) + stripes;
  if (pages < 1 || tablePages > softPages) {
    throw new RangeError(`SharedMap: maxByteLength ${maxByteLength} is too small for a capacity of ${capacity}`);
  }
  return { stripes, stripeStride, stripeBase, coldBase, coldStride: COLD_WORDS, workerBase, bitmapBase, pageBase, pages, softPages, tableLog2 };
}
