import { refresh, wordOf } from "./core.js";
import type { Core } from "./core.js";
import { C, COLD_WORDS, H, MAX_SMALL, PAGE_BYTES, PAGE_UNITS, PAGE_WORDS, RUN, S, SIZE_CLASSES, W, classOf, unitsOfClass } from "./layout.js";
import { lockHeap, unlockHeap } from "./lock.js";

// Small blocks come from a stripe's own lists and bump chunk, under the stripe's lock. Chunks and large blocks are
// runs of pages from one bitmap, under the heap's lock. A block being taken stands in the record's `fresh`, a run in
// its `run`, before anything else changes: a crash at any step loses nothing.

const BUMP = C.bump;
const BUMP_END = C.bumpEnd;
const RESERVED = C.reserved;
const LISTS = C.lists;
const FRESH = W.fresh;
const FRESH_UNITS = W.freshUnits;
const COLD = COLD_WORDS;
const SMALL = MAX_SMALL;
const PAGES_USED = H.pagesUsed;
const SOFT_PAGES = H.softPages;
/** A listed block this many times what is needed is cut up before new pages are taken. */
const WORTH_BORROWING = 4;
const GROWTH_STEP = 64 * 1024;

export function coldOf(core: Core, stripe: number): number {
  return core.coldBase + ((stripe - core.stripeBase) >> core.strideBits) * COLD;
}

function isRunFree(mem: Int32Array, bitmap: number, page: number, pages: number): boolean {
  for (let i = page; i < page + pages; i++) {
    if ((mem[bitmap + (i >> 5)]! >>> (i & 31)) & 1) return false;
  }
  return true;
}

function findRunBetween(mem: Int32Array, bitmap: number, from: number, to: number, pages: number): number {
  for (let page = from; page + pages <= to; page++) {
    if ((page & 31) === 0 && mem[bitmap + (page >> 5)] === -1) page += 31;
    else if (isRunFree(mem, bitmap, page, pages)) return page;
  }
  return -1;
}

/** First free run of pages, next-fit; -1 if there is none. */
function findRun(mem: Int32Array, pages: number): number {
  const hint = mem[H.pageHint]!;
  const bitmap = mem[H.bitmapBase]!;
  const found = findRunBetween(mem, bitmap, hint, mem[H.pages]!, pages);
  return found >= 0 ? found : findRunBetween(mem, bitmap, 0, Math.min(hint + pages, mem[H.pages]!), pages);
}

function markRun(mem: Int32Array, page: number, pages: number, taken: boolean): void {
  const bitmap = mem[H.bitmapBase]!;
  for (let i = page; i < page + pages; i++) {
    const bit = 1 << (i & 31);
    if (taken) mem[bitmap + (i >> 5)]! |= bit;
    else mem[bitmap + (i >> 5)]! &= ~bit;
  }
}

/** Makes the buffer reach to word `end`; false when the system has no memory for it. */
function growBuffer(core: Core, end: number): boolean {
  const buffer = core.buffer;
  const needed = end * 4;
  if (buffer.byteLength < needed) {
    const step = Math.max(GROWTH_STEP, buffer.byteLength / 8);
    try {
      buffer.grow(Math.min(buffer.maxByteLength, Math.ceil((needed + step) / PAGE_BYTES) * PAGE_BYTES));
    } catch {
      return false;
    }
  }
  // @kill heap:grown
  Atomics.store(core.mem, H.words, Math.floor(buffer.byteLength / 4));
  refresh(core);
  return true;
}

/** Ref of the first unit of a page. */
export function refOfPage(core: Core, page: number): number {
  return core.mem[H.pageBase]! / 4 + page * PAGE_UNITS;
}

function pageOfRef(core: Core, ref: number): number {
  return (ref - core.mem[H.pageBase]! / 4) / PAGE_UNITS;
}

/** Whether only updates of what is there already may take pages. */
function isLow(core: Core): boolean {
  return core.mem[PAGES_USED]! >= core.mem[SOFT_PAGES]!;
}

/**
 * Takes a run of pages and leaves it in the record's intent as `taken`.
 * @param privileged whether the reserve may be used
 * @returns its ref, or 0 if there is none
 */
function takeRun(core: Core, pages: number, privileged: boolean): number {
  lockHeap(core);
  const mem = core.mem;
  const record = core.record;
  const used = mem[H.pagesUsed]!;
  const page = privileged || used + pages <= mem[H.softPages]! ? findRun(mem, pages) : -1;
  if (page < 0) {
    unlockHeap(core);
    return 0;
  }
  mem[record + W.run] = page;
  mem[record + W.runPages] = pages;
  mem[record + W.runState] = RUN.taking;
  // @kill heap:taking
  markRun(mem, page, pages, true);
  mem[H.pagesUsed] = used + pages;
  mem[H.pageHint] = page + pages;
  const end = mem[H.pageBase]! + (page + pages) * PAGE_WORDS;
  if (end > core.limit && !growBuffer(core, end)) {
    cancelRun(core);
    unlockHeap(core);
    return 0;
  }
  // @kill heap:marked
  core.mem[record + W.runState] = RUN.taken;
  unlockHeap(core);
  // @kill heap:taken
  return refOfPage(core, page);
}

/** Frees the pages of the record's intent; under the heap's lock. */
export function cancelRun(core: Core): void {
  const mem = core.mem;
  const pages = mem[core.record + W.runPages]!;
  const page = mem[core.record + W.run]!;
  markRun(mem, page, pages, false);
  mem[H.pagesUsed]! -= pages;
  mem[H.pageHint] = Math.min(mem[H.pageHint]!, page);
  // @kill heap:cleared
  mem[core.record + W.runState] = RUN.none;
}

/** Gives back a run whose intent stands as `giving`. */
export function finishGiving(core: Core): void {
  lockHeap(core);
  // Whoever had the heap's lock broken may have done it already.
  if (core.mem[core.record + W.runState] === RUN.giving) cancelRun(core);
  unlockHeap(core);
}

/** Gives back the large block that intent field `field` names, and clears the field. */
function giveRun(core: Core, field: number, ref: number, units: number): void {
  const mem = core.mem;
  const record = core.record;
  mem[record + W.run] = pageOfRef(core, ref);
  mem[record + W.runPages] = units / PAGE_UNITS;
  mem[record + W.runState] = RUN.giving;
  // @kill heap:giving
  mem[record + field] = 0;
  // @kill heap:given
  finishGiving(core);
}

/** Puts the block that intent field `field` names on its free list, and clears the field. The version has moved before. */
export function giveBlock(core: Core, cold: number, field: number, ref: number, units: number): void {
  if (units > SMALL) return giveRun(core, field, ref, units);
  const mem = core.mem;
  const head = cold + LISTS + classOf(units);
  mem[wordOf(ref)] = mem[head]!;
  // @kill give:linked
  mem[head] = ref;
  // @kill give:listed
  mem[core.record + field] = 0;
}

/** Cuts what is left of the bump chunk into listed blocks, so that no unit is lost. */
function shredChunk(core: Core, cold: number): void {
  const mem = core.mem;
  const record = core.record;
  for (let at = mem[cold + BUMP]!, end = mem[cold + BUMP_END]!; at !== 0 && at < end; at = mem[cold + BUMP]!) {
    let sizeClass = classOf(Math.min(end - at, MAX_SMALL));
    if (unitsOfClass(sizeClass) > end - at) sizeClass--;
    const units = unitsOfClass(sizeClass);
    mem[record + FRESH_UNITS] = units;
    mem[record + FRESH] = at;
    // @kill shred:cut
    mem[cold + BUMP] = at + units;
    // @kill shred:moved
    giveBlock(core, cold, FRESH, at, units);
  }
}

function installChunk(core: Core, cold: number, ref: number, units: number): void {
  const mem = core.mem;
  mem[cold + BUMP] = 0;
  mem[cold + BUMP_END] = ref + units;
  // @kill chunk:sized
  mem[cold + BUMP] = ref;
}

/**
 * Whether each list must keep one block for updates: when memory is low and the stripe has had its share of the
 * reserve. Until then an update finds a page in the reserve, and an insertion may take what a deletion has freed.
 */
function mustSpare(core: Core, cold: number, privileged: boolean): boolean {
  return !privileged && isLow(core) && core.mem[cold + RESERVED] !== 0;
}

/** A larger listed block, the largest first, becomes the bump chunk. */
function borrowBlock(core: Core, cold: number, units: number, privileged: boolean): boolean {
  const mem = core.mem;
  if (units > MAX_SMALL) return false;
  const spares = mustSpare(core, cold, privileged);
  for (let sizeClass = SIZE_CLASSES - 1; sizeClass > classOf(units); sizeClass--) {
    const head = cold + LISTS + sizeClass;
    const ref = mem[head]!;
    if (ref === 0 || (spares && mem[wordOf(ref)] === 0)) continue;
    mem[core.record + FRESH_UNITS] = unitsOfClass(sizeClass);
    mem[core.record + FRESH] = ref;
    mem[head] = mem[wordOf(ref)]!;
    // @kill borrow:popped
    installChunk(core, cold, ref, unitsOfClass(sizeClass));
    mem[core.record + FRESH] = 0;
    return true;
  }
  return false;
}

function refillChunk(core: Core, stripe: number, cold: number, units: number, privileged: boolean): boolean {
  shredChunk(core, cold);
  if (borrowBlock(core, cold, units * WORTH_BORROWING, privileged)) return true;
  const wanted = isLow(core) ? 1 : Math.max(1, Math.min(16, core.mem[stripe + S.count]! >> 8));
  const pages = Math.max(wanted, Math.ceil(units / PAGE_UNITS));
  let ref = takeRun(core, pages, privileged);
  let taken = pages;
  if (ref === 0 && pages > 1) ref = takeRun(core, (taken = Math.ceil(units / PAGE_UNITS)), privileged);
  if (ref === 0) return borrowBlock(core, cold, units, privileged);
  if (core.mem[PAGES_USED]! > core.mem[SOFT_PAGES]!) core.mem[cold + RESERVED] = 1;
  installChunk(core, cold, ref, taken * PAGE_UNITS);
  // @kill chunk:installed
  core.mem[core.record + W.runState] = RUN.none;
  return true;
}

function takeLarge(core: Core, units: number, privileged: boolean): number {
  const ref = takeRun(core, units / PAGE_UNITS, privileged);
  if (ref === 0) return 0;
  core.mem[core.record + FRESH_UNITS] = units;
  core.mem[core.record + FRESH] = ref;
  // @kill large:fresh
  core.mem[core.record + W.runState] = RUN.none;
  return ref;
}

/** Takes a block from the bump chunk, or from a chunk of new pages. */
function cutBlock(core: Core, stripe: number, cold: number, units: number, privileged: boolean): number {
  const record = core.record;
  if (mustSpare(core, cold, privileged)) return 0;
  for (;;) {
    const at = core.mem[cold + BUMP]!;
    if (at !== 0 && core.mem[cold + BUMP_END]! - at >= units) {
      core.mem[record + FRESH_UNITS] = units;
      core.mem[record + FRESH] = at;
      // @kill bump:named
      core.mem[cold + BUMP] = at + units;
      // @kill bump:moved
      return at;
    }
    if (!refillChunk(core, stripe, cold, units, privileged)) return 0;
  }
}

/**
 * Takes a block and leaves it in the record's intent as `fresh`. `core.mem` may be a new window afterwards.
 * @param units as `blockUnits` gives them
 * @param privileged whether it replaces or moves something that is there already, and may use the reserve
 * @returns its ref, or 0 when there is no room
 */
export function takeBlock(core: Core, stripe: number, units: number, privileged: boolean): number {
  if (units > SMALL) return takeLarge(core, units, privileged);
  const mem = core.mem;
  const cold = coldOf(core, stripe);
  const head = cold + LISTS + classOf(units);
  const listed = mem[head]!;
  if (listed === 0) return cutBlock(core, stripe, cold, units, privileged);
  const next = mem[wordOf(listed)]!;
  if (next === 0 && mustSpare(core, cold, privileged)) return 0;
  mem[core.record + FRESH_UNITS] = units;
  mem[core.record + FRESH] = listed;
  // @kill take:named
  mem[head] = next;
  // @kill take:popped
  return listed;
}
