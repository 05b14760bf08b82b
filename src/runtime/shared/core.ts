/// <reference lib="es2024.sharedmemory" />
import { H } from "./layout.js";
import type { Codec } from "./codec.js";

const isTotalStoreOrder = typeof process === "object" && (process.arch === "x64" || process.arch === "ia32");

/** One thread's view of a map: its window on the buffer, who it is, and the operands of the call under way. */
export class Core {
  readonly buffer: SharedArrayBuffer;
  /** Fixed-length window on the buffer, rebuilt when the buffer has grown. */
  mem: Int32Array;
  limit: number;

  readonly stripeMask: number;
  readonly stripeBits: number;
  readonly stripeStride: number;
  readonly strideBits: number;
  readonly stripeBase: number;
  readonly coldBase: number;
  readonly workerBase: number;
  readonly maxEntryWords: number;
  readonly seed: number;
  readonly fixedCapacity: number;
  readonly codec: Codec;
  /** Whether the machine keeps plain loads, and plain stores, in order by itself. */
  readonly loadsAreOrdered: boolean;
  readonly storesAreOrdered: boolean;
  readonly fenceWord = new Int32Array(new SharedArrayBuffer(4));

  /** Lock word that says "held by me", and the record it leads to. */
  me = 0;
  /** Record whose intent is being written: mine, or a dead worker's while its write is repaired. */
  record = 0;
  mine = 0;
  /** Stripe whose lock I hold, as a word index; 0 when none. */
  held = 0;
  heldHeap = false;
  disposed = false;
  lockTimeout: number;

  // The key under way.
  hash = 0;
  keyMeta = 0;
  keyLength = 0;
  keyWords: Int32Array = new Int32Array(256);
  keyTicket = 0;

  // The value to write.
  valueMeta = 0;
  valueLength = 0;
  valueWords: Int32Array = new Int32Array(256);

  // Where the key was found, and what was read there.
  slot = 0;
  bucket = 0;
  readVersion = 0;
  readBlock = 0;
  readStamp = 0;
  readMeta = 0;
  readLow = 0;
  readHigh = 0;
  readWords: Int32Array = new Int32Array(256);

  lockWaits = 0;
  locksBroken = 0;
  readRetries = 0;

  constructor(buffer: SharedArrayBuffer, codec: Codec, lockTimeout?: number, isOrdered = isTotalStoreOrder) {
    const mem = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.buffer = buffer;
    this.mem = mem;
    this.limit = mem.length;
    this.stripeMask = mem[H.stripes]! - 1;
    this.stripeBits = 31 - Math.clz32(mem[H.stripes]!);
    this.stripeStride = mem[H.stripeStride]!;
    this.strideBits = 31 - Math.clz32(this.stripeStride);
    this.stripeBase = mem[H.stripeBase]!;
    this.coldBase = mem[H.coldBase]!;
    this.workerBase = mem[H.workerBase]!;
    this.maxEntryWords = mem[H.maxEntryWords]!;
    this.seed = mem[H.seed]!;
    this.fixedCapacity = mem[H.fixed] === 1 ? mem[H.capacity]! : 0;
    this.lockTimeout = lockTimeout ?? mem[H.lockTimeout]!;
    this.codec = codec;
    this.loadsAreOrdered = isOrdered;
    this.storesAreOrdered = isOrdered;
  }
}

/** Rebuilds the window if the buffer has grown; says whether it had. */
export function refresh(core: Core): boolean {
  const words = Atomics.load(core.mem, H.words);
  if (words === core.limit) return false;
  core.mem = new Int32Array(core.buffer, 0, words);
  core.limit = words;
  return true;
}

/**
 * Orders the plain loads before it against the atomic load after it. On ARM64 a load-acquire does not hold back
 * earlier loads, but a store-release waits for them and a later load-acquire waits for the store-release.
 */
export function loadFence(core: Core): void {
  Atomics.store(core.fenceWord, 0, 0);
}

/** Stores after every store before it: what makes a block or a move visible. On x86 a plain store is just that. */
export function publishWord(core: Core, word: number, value: number): void {
  if (core.storesAreOrdered) core.mem[word] = value;
  else Atomics.store(core.mem, word, value);
}

/**
 * Moves a version on: after every store before it, and before every store after it. On x86 a plain store is just that.
 * On ARM64 the store-release waits for earlier stores but does not hold back later ones; a load-acquire of the same
 * word waits for it, and they wait for the load.
 */
export function moveVersion(core: Core, word: number, version: number): void {
  if (core.storesAreOrdered) {
    core.mem[word] = version;
    return;
  }
  Atomics.store(core.mem, word, version);
  Atomics.load(core.mem, word);
}

/** Makes room for `words` words in a scratch array, keeping nothing. */
export function roomFor(scratch: Int32Array, words: number): Int32Array {
  return words <= scratch.length ? scratch : new Int32Array(Math.max(words, scratch.length * 2));
}

/** Word index of a ref. A torn ref gives any index, negative ones included. */
export function wordOf(ref: number): number {
  return ref << 2;
}
