import { CODEC, VALUE, decodeValue, encodeValue, isPrimitiveKind, jsonCodec, toNumber, v8Codec } from "./codec.js";
import type { Codec } from "./codec.js";
import { Core, refresh, wordOf } from "./core.js";
import { DisposedError, InvalidHandleError } from "./errors.js";
import { C, COLD_WORDS, H, LAYOUT_VERSION, LOAD, MAGIC, PAGE_BYTES, PAGE_WORDS, S, W, planGeometry, tableUnits } from "./layout.js";
import type { Geometry } from "./layout.js";
import { decodeKey, encodeKey } from "./keys.js";
import { identify } from "./liveness.js";
import { lockStripe, settleSelf, unlockStripe } from "./lock.js";
import { takeBlock } from "./heap.js";
import { hasEntry, keyWordsOf, readEntry, stripeOf, tryCopyStripe } from "./read.js";
import { ReadCache } from "./read-cache.js";
import { countLive, markEnded, register, releaseRecord, unregister } from "./registry.js";
import { ABSENT, ANYTHING, clearStripe, copyStripeLocked, putEntry, removeEntry } from "./write.js";

export type SharedKey = string | number;

/** What one thread chooses for itself. */
export interface AttachOptions {
  /** Turns objects into bytes and back; every thread must give the same. Default: `v8.serialize`, JSON where there is none. */
  codec?: Codec;
  /** How many primitives this thread's read cache may hold; 0 turns it off. Default 16,384. */
  cache?: number;
  /** How long a write waits for a lock before it throws, in milliseconds. Default: the map's. */
  lockTimeout?: number;
  /** How others learn that this thread has ended: by what the system says (default), by an open file alone, or by `watch` alone. */
  liveness?: "auto" | "descriptor" | "exit";
}

export interface SharedMapOptions extends AttachOptions {
  /** Entries to make room for at once; the most there can be if `grow` is false. Default 4,096: tables of that size fit into the page each stripe takes anyway. */
  capacity?: number;
  /** Bytes the buffer may grow to; addresses are reserved, memory is not. At most 4 GiB. Default 1 GiB. */
  maxByteLength?: number;
  /** Whether the table grows with its entries. Default true. */
  grow?: boolean;
  /** Whether each lock has a cache line of its own. Default true; false only to measure what it is good for. */
  padded?: boolean;
  /** Locks, a power of two. Default 64. */
  stripes?: number;
}

/** What to post to a worker; `SharedMap.attach` takes it there. */
export interface SharedMapHandle {
  readonly mapguard: "SharedMap";
  readonly version: number;
  readonly buffer: SharedArrayBuffer;
}

export interface SharedMapStats {
  /** Entries. */
  size: number;
  /** Entries before the next growth, or the fixed capacity. */
  capacity: number;
  byteLength: number;
  maxByteLength: number;
  /** Bytes in pages that are taken, free blocks in them included. */
  usedBytes: number;
  buckets: number;
  /** Entries for each slot of the buckets. */
  load: number;
  /** Buckets hung behind full ones. */
  overflowBuckets: number;
  /** Old buckets moved since the map was made. */
  evacuated: number;
  /** Stripes that are growing now, and how many there are. */
  growingStripes: number;
  stripes: number;
  /** Attachments alive. */
  attached: number;
  /** Of this thread since it attached. */
  cacheHits: number;
  cacheMisses: number;
  readRetries: number;
  lockWaits: number;
  locksBroken: number;
}

const ATTACH: unique symbol = Symbol("attach");
const DEFAULT_CAPACITY = 4096;
const DEFAULT_MAX_BYTES = 2 ** 30;
const MOST_BYTES = 2 ** 32;
const DEFAULT_CACHE = 16_384;
const DEFAULT_LOCK_TIMEOUT = 5_000;
const COPY_ATTEMPTS = 4;

interface Released {
  mem: Int32Array;
  record: number;
  epoch: number;
}
const abandoned = typeof FinalizationRegistry === "function"
  ? new FinalizationRegistry<Released>(({ mem, record, epoch }) => releaseRecord(mem, record, epoch))
  : undefined;

function requireInteger(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`SharedMap: ${name} must be an integer from ${least} to ${most}, not ${String(value)}`);
  }
  return value;
}

function codecId(codec: Codec | undefined): number {
  if (codec !== undefined) return CODEC.custom;
  return v8Codec ? CODEC.v8 : CODEC.json;
}

function writeHeader(mem: Int32Array, geometry: Geometry, options: SharedMapOptions, capacity: number): void {
  mem[H.version] = LAYOUT_VERSION;
  mem[H.seed] = (Math.random() * 2 ** 32) | 0;
  mem[H.stripes] = geometry.stripes;
  mem[H.stripeStride] = geometry.stripeStride;
  mem[H.stripeBase] = geometry.stripeBase;
  mem[H.coldBase] = geometry.coldBase;
  mem[H.workers] = 0;
  mem[H.workerBase] = geometry.workerBase;
  mem[H.bitmapBase] = geometry.bitmapBase;
  mem[H.pageBase] = geometry.pageBase;
  mem[H.pages] = geometry.pages;
  mem[H.softPages] = geometry.softPages;
  mem[H.fixed] = options.grow === false ? 1 : 0;
  mem[H.capacity] = capacity;
  mem[H.codec] = codecId(options.codec);
  mem[H.lockTimeout] = options.lockTimeout ?? DEFAULT_LOCK_TIMEOUT;
  mem[H.maxEntryWords] = Math.min(2 ** 25, Math.floor((geometry.pages * PAGE_WORDS) / 4));
  mem[H.words] = mem.length;
}

function createTables(core: Core, geometry: Geometry): void {
  const units = tableUnits(geometry.tableLog2);
  for (let i = 0; i < geometry.stripes; i++) {
    const stripe = geometry.stripeBase + i * geometry.stripeStride;
    lockStripe(core, stripe);
    const ref = takeBlock(core, stripe, units, true);
    const table = wordOf(ref);
    core.mem.fill(0, table, table + units * 4);
    core.mem[stripe + S.log2] = geometry.tableLog2;
    core.mem[stripe + S.table] = ref;
    core.mem[core.record + W.fresh] = 0;
    unlockStripe(core, stripe);
  }
}

function createBuffer(options: SharedMapOptions): SharedArrayBuffer {
  const capacity = requireInteger("capacity", options.capacity ?? DEFAULT_CAPACITY, 1, 2 ** 28);
  const maxByteLength = requireInteger("maxByteLength", options.maxByteLength ?? DEFAULT_MAX_BYTES, PAGE_BYTES * 16, MOST_BYTES);
  const stripes = requireInteger("stripes", options.stripes ?? 64, 1, 1024);
  if ((stripes & (stripes - 1)) !== 0) throw new RangeError("SharedMap: stripes must be a power of two");
  const geometry = planGeometry(capacity, maxByteLength, options.padded ?? true, stripes);
  const buffer = new SharedArrayBuffer(geometry.pageBase * 4, { maxByteLength });
  const mem = new Int32Array(buffer, 0, geometry.pageBase);
  writeHeader(mem, geometry, options, capacity);
  const core = new Core(buffer, jsonCodec);
  register(core, identify("none"));
  createTables(core, geometry);
  unregister(core);
  Atomics.store(mem, H.magic, MAGIC);
  return buffer;
}

function checkHandle(handle: SharedMapHandle, codec: Codec | undefined): SharedArrayBuffer {
  const { mapguard, buffer } = (handle ?? {}) as Partial<SharedMapHandle>;
  if (mapguard !== "SharedMap") throw new InvalidHandleError("SharedMap.attach takes the `handle` of a SharedMap");
  if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength < PAGE_BYTES) {
    throw new InvalidHandleError("SharedMap handle holds no SharedArrayBuffer of a map");
  }
  const mem = new Int32Array(buffer, 0, H.heapLock);
  if (Atomics.load(mem, H.magic) !== MAGIC) throw new InvalidHandleError("SharedMap handle holds a foreign buffer");
  if (mem[H.version] !== LAYOUT_VERSION) {
    throw new InvalidHandleError(`SharedMap buffer has layout ${mem[H.version]}, this version of mapguard reads layout ${LAYOUT_VERSION}`);
  }
  if (mem[H.codec] !== codecId(codec)) throw new InvalidHandleError("SharedMap was made with another codec; give the same one to attach");
  return buffer;
}

function findNumber(meta: number, low: number, high: number): number | undefined {
  const kind = meta & 15;
  return kind === VALUE.integer || kind === VALUE.number ? toNumber(low, high, kind) : undefined;
}

function isSame(core: Core, present: boolean, expected: ExpectedValue): boolean {
  if (!present) return expected.meta === VALUE.undefined;
  const wanted = findNumber(expected.meta, expected.words[0]!, expected.words[1]!);
  if (wanted !== undefined) {
    const there = findNumber(core.readMeta, core.readLow, core.readHigh);
    return there === wanted || (there !== there && wanted !== wanted);
  }
  if (core.readMeta !== expected.meta) return false;
  return expected.words.every((word, i) => word === core.readWords[i]);
}

interface ExpectedValue {
  meta: number;
  words: Int32Array;
}

const NAP_MS = 16;

/** Waits until the word is notified, or for a moment: its owner may die without a word. */
async function waitBriefly(mem: Int32Array, lock: number, word: number): Promise<void> {
  type WaitAsync = (mem: Int32Array, index: number, value: number, ms: number) => { value: Promise<string> | string };
  const { waitAsync } = Atomics as unknown as { waitAsync?: WaitAsync };
  if (waitAsync) await waitAsync(mem, lock, word, NAP_MS).value;
  else await new Promise((resolve) => setTimeout(resolve, NAP_MS));
}

/**
 * A map that many threads share: one hash table in a growable SharedArrayBuffer, to which each thread attaches.
 * Operations on one key are linearizable; iteration, `size` and `clear` are weakly consistent (see the guide).
 * Every method throws DisposedError after `dispose`, and a write LockTimeoutError if a lock is not released in time.
 */
export class SharedMap<K extends SharedKey = string, V = unknown> implements Iterable<[K, V]> {
  readonly #core: Core;
  readonly #cache: ReadCache | undefined;

  /**
   * Makes a new map.
   * @throws RangeError for options out of range
   */
  constructor(options: SharedMapOptions = {}) {
    const given = options as SharedMapOptions & { [ATTACH]?: SharedArrayBuffer };
    const buffer = given[ATTACH] ?? createBuffer(options);
    this.#core = new Core(buffer, options.codec ?? v8Codec ?? jsonCodec, options.lockTimeout);
    const { liveness = "auto" } = options;
    register(this.#core, identify(liveness === "auto" ? "task" : liveness === "descriptor" ? "descriptor" : "none"));
    const cache = options.cache ?? DEFAULT_CACHE;
    this.#cache = cache > 0 ? new ReadCache(cache) : undefined;
    abandoned?.register(this, { mem: this.#core.mem, record: this.#core.mine, epoch: this.#core.me >>> 12 }, this);
  }

  /**
   * The map behind a handle, on this thread.
   * @throws InvalidHandleError for no handle, a foreign buffer, another layout version or another codec
   * @throws TooManyThreadsError
   */
  static attach<K extends SharedKey = string, V = unknown>(handle: SharedMapHandle, options: AttachOptions = {}): SharedMap<K, V> {
    const buffer = checkHandle(handle, options.codec);
    return new SharedMap<K, V>({ ...options, [ATTACH]: buffer } as SharedMapOptions);
  }

  /** What to post to another thread. */
  get handle(): SharedMapHandle {
    return { mapguard: "SharedMap", version: LAYOUT_VERSION, buffer: this.#ready().buffer };
  }

  /** How many entries the stripes count, one stripe after the other. */
  get size(): number {
    const core = this.#ready();
    let size = 0;
    for (let i = 0; i <= core.stripeMask; i++) size += Atomics.load(core.mem, core.stripeBase + i * core.stripeStride + S.count);
    return size;
  }

  /** The value of `key`, or undefined. */
  get(key: K): V | undefined {
    const cache = this.#cache;
    const core = this.#core;
    if (cache !== undefined) {
      const cached = cache.entries.get(key);
      if (cached !== undefined && Atomics.load(core.mem, cached.at) === cached.version) {
        cache.hits++;
        return cached.value as V;
      }
    }
    if (core.disposed) throw new DisposedError();
    encodeKey(core, key);
    const stripe = stripeOf(core, core.hash);
    if (!readEntry(core, stripe)) return undefined;
    if (cache === undefined) return this.#decodeRead() as V;
    return this.#keep(cache, key, core.hash, stripe) as V;
  }

  /** Whether `key` has an entry. */
  has(key: K): boolean {
    const core = this.#ready();
    encodeKey(core, key);
    return hasEntry(core, stripeOf(core, core.hash));
  }

  /**
   * Sets `key` to `value`.
   * @throws CapacityError if there is no room
   * @throws CodecError if the codec refuses the value
   * @throws EntryTooLargeError
   */
  set(key: K, value: V): this {
    const core = this.#ready();
    encodeKey(core, key);
    this.#encode(key, value);
    this.#put(core, ANYTHING);
    return this;
  }

  /**
   * Replaces the value of `key` by `fn` of it, as one atomic step. `fn` runs outside any lock, and again if another
   * thread wrote the key meanwhile.
   * @returns the new value
   */
  update(key: K, fn: (value: V | undefined) => V): V {
    const core = this.#ready();
    for (;;) {
      encodeKey(core, key);
      const ticket = core.keyTicket;
      const present = readEntry(core, stripeOf(core, core.hash));
      const stamp = present ? core.readStamp : ABSENT;
      const { readBlock, readVersion } = core;
      const value = fn(present ? (this.#decodeRead() as V) : undefined);
      if (core.disposed) throw new DisposedError();
      if (core.keyTicket !== ticket) encodeKey(core, key);
      this.#encode(key, value);
      // Whoever used this map in between, `fn` or the codec, left another slot in the core.
      const isFresh = core.keyTicket === ticket;
      if (this.#put(core, stamp, readVersion, isFresh ? readBlock : 0)) return value;
    }
  }

  /**
   * Sets `key` to `replacement` if its value is `expected` (same primitive, or same bytes by the codec); `undefined` also
   * stands for no entry.
   * @returns whether it was
   */
  compareAndSet(key: K, expected: V | undefined, replacement: V): boolean {
    const core = this.#ready();
    encodeValue(core, expected);
    const wanted = { meta: core.valueMeta, words: core.valueWords.slice(0, core.valueLength) };
    for (;;) {
      encodeKey(core, key);
      const present = readEntry(core, stripeOf(core, core.hash));
      if (!isSame(core, present, wanted)) return false;
      const stamp = present ? core.readStamp : ABSENT;
      this.#encode(key, replacement);
      if (this.#put(core, stamp)) return true;
    }
  }

  /** The value of `key`; if it has none, sets it to `value` first. */
  getOrInsert(key: K, value: V): V {
    return this.getOrInsertComputed(key, () => value);
  }

  /** The value of `key`; if it has none, sets it to `compute(key)` first. If another thread is faster, its value is kept and given. */
  getOrInsertComputed(key: K, compute: (key: K) => V): V {
    const core = this.#ready();
    for (;;) {
      encodeKey(core, key);
      if (readEntry(core, stripeOf(core, core.hash))) return this.#decodeRead() as V;
      const value = compute(key);
      if (core.disposed) throw new DisposedError();
      encodeKey(core, key);
      this.#encode(key, value);
      if (this.#put(core, ABSENT)) return value;
    }
  }

  /** Removes the entry of `key`; says whether there was one. */
  delete(key: K): boolean {
    const core = this.#ready();
    encodeKey(core, key);
    const stripe = stripeOf(core, core.hash);
    if (!hasEntry(core, stripe)) return false;
    this.#settle(core);
    try {
      return removeEntry(core, stripe, ANYTHING);
    } catch (error) {
      this.#recover(core);
      throw error;
    }
  }

  /** Removes every entry there was when it was called and that nobody has set since, stripe by stripe. */
  clear(): void {
    const core = this.#ready();
    this.#settle(core);
    try {
      for (let i = 0; i <= core.stripeMask; i++) clearStripe(core, core.stripeBase + i * core.stripeStride);
    } catch (error) {
      this.#recover(core);
      throw error;
    }
  }

  /** Entries, weakly consistent: each stripe as of one moment, no key twice, an entry that stays throughout always there. */
  *entries(): IterableIterator<[K, V]> {
    const core = this.#ready();
    for (let i = 0; i <= core.stripeMask; i++) {
      yield* this.#readStripe(core, core.stripeBase + i * core.stripeStride);
    }
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: K, map: this) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  /** A plain Map of the entries, as iteration gives them. */
  snapshot(): Map<K, V> {
    return new Map(this.entries());
  }

  /** Figures about the map, and about this thread's use of it. */
  stats(): SharedMapStats {
    const core = this.#ready();
    refresh(core);
    const mem = core.mem;
    let buckets = 0;
    let overflowBuckets = 0;
    let evacuated = 0;
    let growingStripes = 0;
    for (let i = 0; i <= core.stripeMask; i++) {
      const stripe = core.stripeBase + i * core.stripeStride;
      const cold = core.coldBase + i * COLD_WORDS;
      buckets += 1 << mem[stripe + S.log2]!;
      overflowBuckets += mem[cold + C.overflow]!;
      evacuated += mem[cold + C.evacuated]!;
      if (mem[stripe + S.previous] !== 0) growingStripes++;
    }
    const { size } = this;
    return {
      size,
      capacity: core.fixedCapacity || buckets * LOAD,
      byteLength: core.buffer.byteLength,
      maxByteLength: core.buffer.maxByteLength,
      usedBytes: mem[H.pagesUsed]! * PAGE_BYTES,
      buckets,
      load: size / (buckets * 12),
      overflowBuckets,
      evacuated,
      growingStripes,
      stripes: core.stripeMask + 1,
      attached: countLive(core),
      cacheHits: this.#cache?.hits ?? 0,
      cacheMisses: this.#cache?.misses ?? 0,
      readRetries: core.readRetries,
      lockWaits: core.lockWaits,
      locksBroken: core.locksBroken,
    };
  }

  /** Longest entry, key and value together, in bytes. */
  get maxEntryByteLength(): number {
    return this.#ready().maxEntryWords * 4;
  }

  /**
   * Lets the `exit` event of a worker tell that its thread has ended, for systems where nothing else does.
   * @param worker of `node:worker_threads`, still running
   */
  watch(worker: { threadId: number; once(event: "exit", listener: () => void): unknown }): void {
    const core = this.#ready();
    const { threadId } = worker;
    worker.once("exit", () => markEnded(core, threadId));
  }

  /**
   * Waits, without blocking the thread, until the lock that guards `key` is free: for threads that must not block, before a write.
   * Another thread may take the lock again at once.
   */
  async whenUnlocked(key: K): Promise<void> {
    const core = this.#ready();
    encodeKey(core, key);
    const lock = stripeOf(core, core.hash) + S.lock;
    for (let word = Atomics.load(core.mem, lock); word !== 0; word = Atomics.load(core.mem, lock)) {
      await waitBriefly(core.mem, lock, word);
    }
  }

  /** Detaches this thread; other threads go on. */
  dispose(): void {
    if (this.#core.disposed) return;
    this.#settle(this.#core);
    this.#core.disposed = true;
    this.#cache?.entries.clear();
    abandoned?.unregister(this);
    unregister(this.#core);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #ready(): Core {
    if (this.#core.disposed) throw new DisposedError();
    return this.#core;
  }

  #decodeRead(): unknown {
    const core = this.#core;
    const meta = core.readMeta;
    const kind = meta & 15;
    if (kind === VALUE.integer) return core.readLow;
    if (kind === VALUE.number) return toNumber(core.readLow, core.readHigh);
    return decodeValue(core.codec, meta, core.readWords, 0);
  }

  #keep(cache: ReadCache, key: K, hash: number, stripe: number): unknown {
    const { readVersion, readMeta } = this.#core;
    const value = this.#decodeRead();
    cache.misses++;
    if ((readVersion & 1) === 0 && isPrimitiveKind(readMeta)) cache.keep(key, hash, value, stripe + S.version, readVersion);
    return value;
  }

  /** Encodes `value`; a codec may have used this map meanwhile, so the key is encoded anew if need be. */
  #encode(key: K, value: V): void {
    const core = this.#core;
    const ticket = core.keyTicket;
    encodeValue(core, value);
    if (core.keyTicket !== ticket) encodeKey(core, key);
  }

  #put(core: Core, expected: number, seen = 0, block = 0): boolean {
    this.#settle(core);
    try {
      return putEntry(core, stripeOf(core, core.hash), expected, seen, block);
    } catch (error) {
      this.#recover(core);
      throw error;
    }
  }

  /** If an earlier exception could not be settled then, settles it now. */
  #settle(core: Core): void {
    if (core.held !== 0 || core.heldHeap) settleSelf(core);
  }

  #recover(core: Core): void {
    try {
      this.#settle(core);
    } catch {
      // Too deep in the stack, or the heap is locked still: the next call of this thread settles it.
    }
  }

  #readStripe(core: Core, stripe: number): [K, V][] {
    let copy = tryCopyStripe(core, stripe);
    for (let i = 1; i < COPY_ATTEMPTS && copy === undefined; i++) copy = tryCopyStripe(core, stripe);
    if (copy === undefined) {
      this.#settle(core);
      try {
        copy = copyStripeLocked(core, stripe);
      } catch (error) {
        this.#recover(core);
        throw error;
      }
    }
    const { words, entries } = copy;
    return entries.map(({ keyMeta, valueMeta, at }) => [
      decodeKey(keyMeta, words, at) as K,
      decodeValue(core.codec, valueMeta, words, at + keyWordsOf(keyMeta)) as V,
    ]);
  }
}
