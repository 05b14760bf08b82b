import { moveVersion, refresh, wordOf } from "./core.js";
import type { Core } from "./core.js";
import { B, C, H, NEXT_MASK, MAX_SMALL, RUN, S, W, classOf } from "./layout.js";
import { cancelRun, coldOf, finishGiving, giveBlock, refOfPage } from "./heap.js";
import { cancelGrowth, freeMovedChains, freeNewChains, isMoved, listChains } from "./grow.js";

// What to do with a stripe or heap whose owner died. Everything here goes on with the dead worker's own record and may
// die itself after any step: the next one finds the same record and comes to the same end.

const SLOT = W.slot;
const FRESH = W.fresh;
const OLD = W.old;

/** Whether the bump chunk starts at `ref`. A chunk used up ends where the next page may start. */
function isChunkAt(mem: Int32Array, cold: number, ref: number): boolean {
  return mem[cold + C.bump] === ref && mem[cold + C.bumpEnd]! > ref;
}

/** Settles a run of pages that was being taken or given back. */
function settleRun(core: Core, cold: number): void {
  const mem = core.mem;
  const record = core.record;
  const state = mem[record + W.runState]!;
  if (state === RUN.none) return;
  const ref = refOfPage(core, mem[record + W.run]!);
  const hasOwner = state === RUN.taken && (isChunkAt(mem, cold, ref) || mem[record + FRESH] === ref);
  // @kill repair:run
  if (hasOwner) {
    mem[record + W.runState] = RUN.none;
    return;
  }
  if (state === RUN.giving) {
    if (mem[record + FRESH] === ref) mem[record + FRESH] = 0;
    if (mem[record + OLD] === ref) mem[record + OLD] = 0;
  }
  mem[record + W.runState] = RUN.giving;
  finishGiving(core);
}

/** Gives back a block, unless it never left its list or chunk, or is back already. */
function giveOnce(core: Core, cold: number, field: number, units: number): void {
  const mem = core.mem;
  const ref = mem[core.record + field]!;
  const isListed = units <= MAX_SMALL && mem[cold + C.lists + classOf(units)] === ref;
  if (isListed || isChunkAt(mem, cold, ref)) mem[core.record + field] = 0;
  else giveBlock(core, cold, field, ref, units);
}

/** The one published word tells whether the write happened: then finish it by freeing the old block, else undo it by freeing the fresh one. */
function settleBlocks(core: Core, cold: number): void {
  const mem = core.mem;
  const record = core.record;
  const fresh = mem[record + FRESH]!;
  const old = mem[record + OLD]!;
  const published = fresh !== 0 || old !== 0 ? mem[mem[record + SLOT]!]! & NEXT_MASK : 0;
  // @kill repair:blocks
  if (fresh !== 0 && published !== fresh) giveOnce(core, cold, FRESH, mem[record + W.freshUnits]!);
  else mem[record + FRESH] = 0;
  // @kill repair:fresh
  if (old !== 0 && published !== old) giveOnce(core, cold, OLD, mem[record + W.oldUnits]!);
  else mem[record + OLD] = 0;
}

function settleMove(core: Core, stripe: number): void {
  const mem = core.mem;
  const index = mem[core.record + W.moving]! - 1;
  const previous = wordOf(mem[stripe + S.previous]!);
  // @kill repair:move
  if (index >= 0 && previous !== 0 && !isMoved(core, previous, index)) freeNewChains(core, stripe, index);
  mem[core.record + W.moving] = 0;
}

/** Clears the tags of empty slots along a chain; gives its entries and its hung buckets. */
function auditChain(core: Core, first: number): { entries: number; hung: number } {
  const mem = core.mem;
  let entries = 0;
  let hung = -1;
  for (let bucket = first; bucket !== 0; bucket = wordOf(mem[bucket + B.next]! & NEXT_MASK)) {
    hung++;
    for (let i = 0; i < B.slotCount; i++) {
      if (mem[bucket + B.slots + i] !== 0) entries++;
      else mem[bucket + (i >> 2)]! &= ~(0xff << ((i & 3) << 3));
    }
  }
  return { entries, hung };
}

/** Counts the stripe anew, and frees hung buckets left behind by buckets that have moved. */
function auditStripe(core: Core, stripe: number): void {
  freeMovedChains(core, stripe);
  let entries = 0;
  let hung = 0;
  for (const first of listChains(core, stripe)) {
    const found = auditChain(core, first);
    entries += found.entries;
    hung += found.hung;
  }
  core.mem[stripe + S.count] = entries;
  core.mem[coldOf(core, stripe) + C.overflow] = hung;
}

/** Moves the version past anything the dead worker can have published, to an even number. */
function moveVersionOn(core: Core, stripe: number): void {
  const version = core.mem[stripe + S.version]!;
  moveVersion(core, stripe + S.version, ((version | 1) + 1) | 0);
}

/** Brings a stripe in order after its owner died; the lock is mine now. */
export function repairStripe(core: Core, stripe: number, dead: number): void {
  refresh(core);
  // It may have died in the repair after somebody else: that one's write is the one to settle.
  let record = dead;
  while (core.mem[record + W.repairingStripe] !== 0) record = core.mem[record + W.repairingStripe]!;
  core.record = record;
  const cold = coldOf(core, stripe);
  moveVersionOn(core, stripe);
  // @kill repair:version
  settleRun(core, cold);
  settleBlocks(core, cold);
  // @kill repair:settled
  if (core.mem[stripe + S.previous] === core.mem[stripe + S.table]) cancelGrowth(core, stripe);
  settleMove(core, stripe);
  auditStripe(core, stripe);
  // @kill repair:audited
  moveVersionOn(core, stripe);
  core.record = core.mine;
  core.mem[dead + W.repairingStripe] = 0;
}

function settleHeap(core: Core, record: number): void {
  const state = core.mem[record + W.runState]!;
  core.record = record;
  if (state === RUN.taking || state === RUN.giving) cancelRun(core);
  const stripeRepair = core.mem[record + W.repairingStripe]!;
  if (stripeRepair !== 0) settleHeap(core, stripeRepair);
  const heapRepair = core.mem[record + W.repairingHeap]!;
  if (heapRepair !== 0) settleHeap(core, heapRepair);
}

function countPages(mem: Int32Array): number {
  const bitmap = mem[H.bitmapBase]!;
  let taken = 0;
  for (let page = 0; page < mem[H.pages]!; page++) taken += (mem[bitmap + (page >> 5)]! >>> (page & 31)) & 1;
  return taken;
}

/** Brings the page bitmap in order after the heap lock's owner died; the lock is mine now. */
export function repairHeap(core: Core, dead: number): void {
  const interrupted = core.record;
  settleHeap(core, dead);
  // @kill repair:heap
  core.record = interrupted;
  core.mem[H.pagesUsed] = countPages(core.mem);
  Atomics.store(core.mem, H.words, Math.floor(core.buffer.byteLength / 4));
  refresh(core);
  core.mem[dead + W.repairingHeap] = 0;
}
