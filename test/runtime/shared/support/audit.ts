import { B, C, COLD_WORDS, E, H, NEXT_MASK, PAGE_UNITS, S, SIZE_CLASSES, blockUnits, tableUnits, unitsOfClass } from "../../../../src/runtime/shared/layout.js";

interface Piece {
  from: number;
  units: number;
  what: string;
}

function words(meta: number, shift: number): number {
  return ((meta >>> shift) + 3) >> 2;
}

function chainPieces(mem: Int32Array, first: number, pieces: Piece[]): number {
  let entries = 0;
  for (let bucket = first; bucket !== 0; ) {
    for (let i = 0; i < B.slotCount; i++) {
      const ref = mem[bucket + B.slots + i]!;
      const tag = (mem[bucket + (i >> 2)]! >>> ((i & 3) << 3)) & 0xff;
      if ((ref !== 0) !== (tag !== 0)) throw new Error(`tag ${tag} beside ref ${ref}`);
      if (ref === 0) continue;
      entries++;
      const block = ref * 4;
      const units = blockUnits(E.key + words(mem[block + E.keyMeta]!, 2) + words(mem[block + E.valueMeta]!, 4));
      pieces.push({ from: ref, units, what: "entry" });
    }
    const next = mem[bucket + B.next]! & NEXT_MASK;
    if (next !== 0) pieces.push({ from: next, units: B.units, what: "bucket" });
    bucket = next * 4;
  }
  return entries;
}

function stripePieces(mem: Int32Array, index: number, pieces: Piece[]): void {
  const stripe = mem[H.stripeBase]! + index * mem[H.stripeStride]!;
  const cold = mem[H.coldBase]! + index * COLD_WORDS;
  if (mem[stripe + S.lock] !== 0) throw new Error(`stripe ${index} is locked`);
  if ((mem[stripe + S.version]! & 1) !== 0) throw new Error(`stripe ${index} has an odd version`);
  const tableRef = mem[stripe + S.table]!;
  const table = tableRef * 4;
  const previousRef = mem[stripe + S.previous]!;
  const previous = previousRef * 4;
  pieces.push({ from: tableRef, units: tableUnits(mem[stripe + S.log2]!), what: "table" });
  if (previousRef !== 0) pieces.push({ from: previousRef, units: tableUnits(mem[stripe + S.previousLog2]!), what: "old table" });
  const oldSize = previousRef === 0 ? 0 : 1 << mem[stripe + S.previousLog2]!;
  const isMoved = (i: number): boolean => mem[previous + i * B.words + B.next]! < 0;
  let entries = 0;
  for (let i = 0; i < oldSize; i++) {
    const bucket = previous + i * B.words;
    if (!isMoved(i)) entries += chainPieces(mem, bucket, pieces);
    else if ((mem[bucket + B.next]! & NEXT_MASK) !== 0) throw new Error("a moved bucket has a chain");
  }
  for (let i = 0; i < 1 << mem[stripe + S.log2]!; i++) {
    if (oldSize === 0 || isMoved(i & (oldSize - 1))) entries += chainPieces(mem, table + i * B.words, pieces);
  }
  if (entries !== mem[stripe + S.count]) throw new Error(`stripe ${index} counts ${mem[stripe + S.count]} entries and holds ${entries}`);
  for (let sizeClass = 0; sizeClass < SIZE_CLASSES; sizeClass++) {
    for (let ref = mem[cold + C.lists + sizeClass]!, hops = 0; ref !== 0; ref = mem[ref * 4]!) {
      if (hops++ > 1e6) throw new Error("a free list has a loop");
      pieces.push({ from: ref, units: unitsOfClass(sizeClass), what: "free" });
    }
  }
  const bump = mem[cold + C.bump]!;
  if (bump !== 0 && bump < mem[cold + C.bumpEnd]!) pieces.push({ from: bump, units: mem[cold + C.bumpEnd]! - bump, what: "chunk" });
}

/** Checks that every unit of every taken page is in exactly one place: nothing lost, nothing handed out twice. */
export function auditMemory(buffer: SharedArrayBuffer): void {
  const mem = new Int32Array(buffer);
  if (mem[H.heapLock] !== 0) throw new Error("the heap is locked");
  const pieces: Piece[] = [];
  for (let i = 0; i < mem[H.stripes]!; i++) stripePieces(mem, i, pieces);
  pieces.sort((a, b) => a.from - b.from);
  const base = mem[H.pageBase]! / 4;
  let at = 0;
  let pages = 0;
  let last: Piece | undefined;
  for (let page = 0; page < mem[H.pages]!; page++) {
    if (((mem[mem[H.bitmapBase]! + (page >> 5)]! >>> (page & 31)) & 1) === 0) continue;
    pages++;
    const end = base + (page + 1) * PAGE_UNITS;
    for (let unit = Math.max(base + page * PAGE_UNITS, last ? last.from + last.units : 0); unit < end; unit = last.from + last.units) {
      const piece = pieces[at++];
      if (piece?.from !== unit) {
        const reason = piece && piece.from < unit ? "handed out twice" : "lost";
        throw new Error(`unit ${unit} of page ${page} is ${reason}; before it ${last?.what}, after it ${piece?.what}`);
      }
      last = piece;
    }
  }
  if (at !== pieces.length) throw new Error(`${pieces[at]!.what} at ${pieces[at]!.from} is on a page that is not taken`);
  if (pages !== mem[H.pagesUsed]) throw new Error(`${mem[H.pagesUsed]} pages are counted and ${pages} taken`);
}
