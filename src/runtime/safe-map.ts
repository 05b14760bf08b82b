import { type Caller, canLeave, type WaitOptions } from "./caller.js";
import { ConflictError, InvalidEntryError, MissingKeyError } from "./errors.js";
import { conflictEvents, type ConflictEvent, isHeard, waitEvents, writeEvents, type WriteEvent } from "./events.js";
import { forEachAsync, type ForEachOptions, type Visit } from "./for-each-async.js";
import type { Gate } from "./gate.js";
import { type Load, Loads } from "./loads.js";
import { LockTable } from "./locks.js";
import { ReentranceDetector } from "./reentrance.js";
import { type LockHandle, type LockOptions, Sections } from "./sections.js";
import { History, type Snapshot } from "./snapshot.js";

export interface SafeMapOptions<K, V> {
  /** What errors and events call this map. Default: "SafeMap". */
  name?: string | undefined;
  /** Makes a wait that could never end reject with `ReentranceError`. Off by default: it slows every promise of the process. */
  detectReentrance?: boolean | undefined;
  /** Called before an entry is stored: returns false, or throws, to refuse it. */
  validate?: ((value: V, key: K) => boolean | void) | undefined;
  /** Announces every write on the diagnostics channel "mapguard:write". Off by default. */
  audit?: boolean | undefined;
}

export interface UpdateOptions extends WaitOptions {
  /** What to do when the key was written while the updater ran. Default: "reject", with `ConflictError`. */
  onConflict?: "reject" | "retry" | "overwrite" | undefined;
}

/** What a map has been through, and what it is at. */
export interface SafeMapStats {
  size: number;
  /** Calls of `getOrInsertAsync` that found a value, started a load, or shared one; loads that failed, and that are under way. */
  hits: number;
  loads: number;
  sharedLoads: number;
  failedLoads: number;
  loading: number;
  /** Keys that are locked or waited for, calls that wait for a lock now, and calls that ever had to. */
  lockedKeys: number;
  waiting: number;
  waits: number;
  /** Updates that found their key written. */
  conflicts: number;
}

type Updater<K, V> = (current: V | undefined, key: K) => V | PromiseLike<V>;
type Section<T> = () => T | PromiseLike<T>;

/**
 * A `Map` that stays right around `await`: compound operations that are one step, single-flight loads, locks by key, and
 * snapshots that stand still. Synchronous methods never wait, and locks bind only those who ask for them.
 */
export class SafeMap<K, V> extends Map<K, V> {
  readonly #name: string;
  readonly #validate: ((value: V, key: K) => boolean | void) | undefined;
  readonly #detector: ReentranceDetector | undefined;
  readonly #locks = new LockTable<K>();
  readonly #sections: Sections<K>;
  readonly #loads: Loads<K, V>;
  #history: History<K, V> | undefined;
  readonly #isAudited: boolean;
  /** How many things want to know of writes: running updates, loads, snapshots, validation, audit. Without any, a write is a native one. */
  #watchers = 0;
  readonly #watch = (isActive: boolean): void => void (this.#watchers += isActive ? 1 : -1);
  #hits = 0;
  #conflicts = 0;

  constructor(entries?: Iterable<readonly [K, V]> | null, options: SafeMapOptions<K, V> = {}) {
    super();
    this.#name = options.name ?? "SafeMap";
    this.#validate = options.validate;
    this.#isAudited = options.audit === true;
    if (options.validate !== undefined || this.#isAudited) this.#watchers++;
    if (options.detectReentrance === true) this.#detector = new ReentranceDetector();
    this.#sections = new Sections(this.#locks, this.name, this.#detector);
    this.#loads = new Loads(this, this.name, this.#detector, this.#watch);
    if (entries != null) for (const [key, value] of entries) this.set(key, value);
  }

  /** What errors and events call this map. */
  get name(): string {
    return this.#name;
  }

  override set(key: K, value: V): this {
    if (this.#watchers !== 0) this.#beforeSet(key, value);
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    if (this.#watchers !== 0) this.#beforeDelete(key);
    return super.delete(key);
  }

  override clear(): void {
    if (this.#watchers !== 0) this.#beforeClear();
    super.clear();
  }

  /** The value of a key. Throws `MissingKeyError` if there is none. */
  getOrThrow(key: K): V {
    const value = this.get(key);
    if (value === undefined && !this.has(key)) throw new MissingKeyError(this.name, key);
    return value as V;
  }

  /** The value of a key, after `value` has been stored if there was none. */
  getOrInsert(key: K, value: V): V {
    const present = this.get(key);
    if (present !== undefined || this.has(key)) return present as V;
    this.set(key, value);
    return value;
  }

  /** The value of a key, after that of `compute` has been stored if there was none. A `compute` that throws stores nothing. */
  getOrInsertComputed(key: K, compute: (key: K) => V): V {
    const present = this.get(key);
    if (present !== undefined || this.has(key)) return present as V;
    // the key as a map stores it
    const value = compute(key === 0 ? (0 as K) : key);
    this.set(key, value);
    return value;
  }

  /** Removes an entry; gives its value, or undefined. */
  take(key: K): V | undefined {
    const value = this.get(key);
    this.delete(key);
    return value;
  }

  /** Removes an entry if its value still is this one (`Object.is`); tells whether it did. */
  deleteIf(key: K, value: V): boolean {
    return this.has(key) && Object.is(this.get(key), value) && this.delete(key);
  }

  /** Removes every entry the predicate accepts; gives their number. A predicate that throws removes nothing. */
  deleteWhere(predicate: (value: V, key: K) => boolean): number {
    const doomed: K[] = [];
    for (const [key, value] of this) if (predicate(value, key)) doomed.push(key);
    let count = 0;
    for (const key of doomed) if (this.delete(key)) count++;
    return count;
  }

  /**
   * Stores what `compute` makes of the current value (undefined if there is none), and gives it.
   * Throws `ConflictError` if `compute` itself changed the entry. If it throws, nothing is stored.
   */
  update(key: K, compute: (current: V | undefined, key: K) => V): V {
    const current = this.get(key);
    const next = compute(current, key);
    if (!Object.is(this.get(key), current)) throw new ConflictError(this.name, key);
    this.set(key, next);
    return next;
  }

  /** Stores `next` if the current value is `expected` (`Object.is`; an absent one is undefined); tells whether it did. */
  compareAndSet(key: K, expected: V | undefined, next: V): boolean {
    if (!Object.is(this.get(key), expected)) return false;
    this.set(key, next);
    return true;
  }

  /** The map as it is now, in a view that stands still. Takes constant time; dispose of it when done. */
  snapshot(): Snapshot<K, V> {
    this.#history ??= new History<K, V>(this, this.name, this.#watch);
    return this.#history.take();
  }

  /**
   * The value of a key; if there is none, that of `load`, stored once it is there. Callers meanwhile share the one load.
   *
   * A load that fails is not kept: its callers get the error, and the next caller loads again. After `delete` or `clear` during
   * the load its callers get the value, unstored; after `set` they get what was set. The load's signal aborts when the last
   * caller has left, by its own `signal` or `timeout`.
   */
  getOrInsertAsync(key: K, load: Load<K, V>, options?: WaitOptions): Promise<V> {
    if (canLeave(options)) return this.#loads.join(key, load, options);
    const present = this.get(key);
    if (present === undefined && !this.has(key)) return this.#loads.get(key, load);
    this.#hits++;
    return Promise.resolve(present as V);
  }

  /**
   * Stores what `compute` makes of the current value, and gives it. Updates of one key run one after the other, in order.
   *
   * Rejects with `ConflictError`, or does what `onConflict` says, if the key was written after it had been read. If `compute`
   * fails, nothing is stored. A caller that leaves is rejected at once; a running `compute` is waited for, and its value dropped.
   */
  updateAsync(key: K, compute: Updater<K, V>, options?: UpdateOptions): Promise<V> {
    if (options === undefined && this.#detector === undefined) {
      const gate = this.#locks.findGateForUpdate(key, !isHeard(waitEvents));
      if (gate !== undefined) return this.#updateInside(gate, key, compute, gate.enterForUpdate());
    }
    return this.#sections.run([key], options, (caller) => this.#compute(this.#locks.find(key)!, key, compute, options?.onConflict, caller));
  }

  /**
   * Runs `section` while nobody else holds any of the keys, or, without keys, anything of the map; gives its result.
   * A caller that leaves is rejected at once; a running section keeps the lock until it settles.
   */
  runExclusive<T>(section: Section<T>, options?: WaitOptions): Promise<T>;
  runExclusive<T>(keys: readonly K[] | undefined, section: Section<T>, options?: WaitOptions): Promise<T>;
  runExclusive<T>(first: Section<T> | readonly K[] | undefined, second?: Section<T> | WaitOptions, third?: WaitOptions): Promise<T> {
    return typeof first === "function"
      ? this.#sections.run(undefined, second as WaitOptions | undefined, () => first())
      : this.#sections.run(first, third, () => (second as Section<T>)());
  }

  /** Waits for the keys, or, without keys, for the whole map; gives the handle that releases them. */
  lock(options?: LockOptions): Promise<LockHandle<K>>;
  lock(keys: readonly K[] | undefined, options?: LockOptions): Promise<LockHandle<K>>;
  lock(first?: readonly K[] | LockOptions, second: LockOptions = {}): Promise<LockHandle<K>> {
    if (first === undefined || isList(first)) return this.#sections.acquire(first, second);
    return this.#sections.acquire(undefined, first);
  }

  /**
   * Calls `visit` for every entry of a snapshot, so many at a time. Without `onError` the first error ends the iteration, and is
   * what it rejects with once the running visits have settled. A caller that leaves is rejected at once.
   */
  forEachAsync(visit: Visit<K, V>, options: ForEachOptions<K, V> = {}): Promise<void> {
    return forEachAsync(this, visit, options);
  }

  /** Counts since the map was made, and of what goes on now. */
  stats(): SafeMapStats {
    return {
      size: this.size,
      hits: this.#hits + this.#loads.hits,
      loads: this.#loads.started,
      sharedLoads: this.#loads.shared,
      failedLoads: this.#loads.failed,
      loading: this.#loads.size,
      lockedKeys: this.#locks.size,
      waiting: this.#locks.waiting,
      waits: this.#locks.waits,
      conflicts: this.#conflicts,
    };
  }

  /** One update that nothing interrupts, at once or when its turn comes: `#compute` without its options, because this is the hot path. */
  async #updateInside(gate: Gate<K>, key: K, compute: Updater<K, V>, turn: Promise<void> | undefined): Promise<V> {
    if (turn !== undefined) await turn;
    try {
      const { version } = gate;
      let next: V;
      this.#watchers++;
      try {
        next = await compute(this.get(key), key);
      } finally {
        this.#watchers--;
      }
      if (gate.version !== version) throw this.#conflict(key, "rejected");
      this.set(key, next);
      return next;
    } finally {
      this.#locks.exit(gate);
    }
  }

  /** One update, under its key's lock. */
  async #compute(gate: Gate<K>, key: K, compute: Updater<K, V>, onConflict?: UpdateOptions["onConflict"], caller?: Caller): Promise<V> {
    this.#watchers++;
    try {
      for (;;) {
        const { version } = gate;
        const next = await compute(this.get(key), key);
        if (caller?.hasLeft) return next;
        const isConflict = gate.version !== version;
        if (isConflict && onConflict === "retry") {
          this.#conflict(key, "retried");
          continue;
        }
        if (isConflict && onConflict !== "overwrite") throw this.#conflict(key, "rejected");
        if (isConflict) this.#conflict(key, "overwritten");
        this.set(key, next);
        return next;
      }
    } finally {
      this.#watchers--;
    }
  }

  #conflict(key: K, outcome: ConflictEvent["outcome"]): ConflictError {
    this.#conflicts++;
    if (isHeard(conflictEvents)) conflictEvents.publish({ map: this.name, key, outcome } satisfies ConflictEvent);
    return new ConflictError(this.name, key);
  }

  #beforeSet(key: K, value: V): void {
    if (this.#validate !== undefined && this.#validate(value, key) === false) throw new InvalidEntryError(this.name, key);
    if (this.#isAudited) this.#announce({ map: this.name, operation: "set", key, previous: this.get(key), value });
    this.#history?.keep(key);
    this.#loads.supersede(key);
    this.#locks.countWrite(key);
  }

  #beforeDelete(key: K): void {
    if (this.#isAudited && this.has(key)) this.#announce({ map: this.name, operation: "delete", key, previous: this.get(key) });
    this.#history?.keepRemoved(key);
    this.#loads.discard(key);
    this.#locks.countWrite(key);
  }

  #beforeClear(): void {
    if (this.#isAudited) this.#announce({ map: this.name, operation: "clear", size: this.size });
    this.#history?.keepAll();
    this.#loads.discardAll();
    this.#locks.countWriteOfAll();
  }

  #announce(event: WriteEvent): void {
    if (isHeard(writeEvents)) writeEvents.publish(event);
  }
}

function isList<K>(value: readonly K[] | LockOptions): value is readonly K[] {
  return Array.isArray(value);
}
