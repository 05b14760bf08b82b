import { Caller, canLeave, checkWaitOptions, type WaitOptions } from "./caller.js";
import { ConflictError, describeKey, InvalidEntryError, LockTimeoutError, MissingKeyError, ReentranceError } from "./errors.js";
import { Flight, type LoadContext, type Passenger } from "./flight.js";
import { type Gate, LockTable, type Turn } from "./locks.js";
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
}

export interface UpdateOptions extends WaitOptions {
  /** What to do when the key was written while the updater ran. Default: "reject", with `ConflictError`. */
  onConflict?: "reject" | "retry" | "overwrite" | undefined;
}

type Load<K, V> = (key: K, context: LoadContext) => V | PromiseLike<V>;
type Updater<K, V> = (current: V | undefined, key: K) => V | PromiseLike<V>;
type Section<T> = () => T | PromiseLike<T>;

/**
 * A `Map` that stays right around `await`: compound operations that are one step, single-flight loads, locks by key, and
 * snapshots that stand still. Synchronous methods never wait, and locks bind only those who ask for them.
 */
export class SafeMap<K, V> extends Map<K, V> {
  readonly name: string;
  readonly #validate: ((value: V, key: K) => boolean | void) | undefined;
  readonly #detector: ReentranceDetector | undefined;
  readonly #locks = new LockTable<K>();
  readonly #sections: Sections<K>;
  readonly #flights = new Map<K, Flight<V>>();
  #history: History<K, V> | undefined;
  /** How many things want to know of writes: running updates, flights, the history, validation. Without any, a write is a native one. */
  #watchers = 0;

  constructor(entries?: Iterable<readonly [K, V]> | null, options: SafeMapOptions<K, V> = {}) {
    super();
    this.name = options.name ?? "SafeMap";
    this.#validate = options.validate;
    if (options.validate !== undefined) this.#watchers++;
    if (options.detectReentrance === true) this.#detector = new ReentranceDetector();
    this.#sections = new Sections(this.#locks, this.name, this.#detector);
    if (entries != null) for (const [key, value] of entries) this.set(key, value);
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
    const value = compute(canonical(key));
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
    this.#history ??= new History<K, V>(this, this.name, (isActive) => void (this.#watchers += isActive ? 1 : -1));
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
    if (canLeave(options)) return this.#joinFlight(key, load, options);
    const present = this.get(key);
    if (present !== undefined || this.has(key)) return Promise.resolve(present as V);
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#openFlight(key, load, (opened) => opened.arrival);
    return this.#isWithin(flight) ? Promise.reject(this.#selfWait(key)) : flight.arrival;
  }

  /**
   * Stores what `compute` makes of the current value, and gives it. Updates of one key run one after the other, in order.
   *
   * Rejects with `ConflictError`, or does what `onConflict` says, if the key was written after it had been read. If `compute`
   * fails, nothing is stored. A caller that leaves is rejected at once; a running `compute` is waited for, and its value dropped.
   */
  updateAsync(key: K, compute: Updater<K, V>, options?: UpdateOptions): Promise<V> {
    if (options === undefined && this.#detector === undefined) {
      const gate = this.#locks.tryEnter(key);
      if (gate !== undefined) return this.#updateInside(gate, key, compute);
      const turn = this.#locks.tryJoin(key);
      if (turn !== undefined) return this.#updateInside(turn.gate, key, compute, turn);
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

  /** One update that nothing interrupts, at once or when its turn comes: `#compute` without its options, because this is the hot path. */
  async #updateInside(gate: Gate<K>, key: K, compute: Updater<K, V>, turn?: Turn<K>): Promise<V> {
    try {
      if (turn !== undefined) await turn.granted;
      const { version } = gate;
      let next: V;
      this.#watchers++;
      try {
        next = await compute(this.get(key), key);
      } finally {
        this.#watchers--;
      }
      if (gate.version !== version) throw new ConflictError(this.name, key);
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
        if (gate.version === version || onConflict === "overwrite") {
          this.set(key, next);
          return next;
        }
        if (onConflict !== "retry") throw new ConflictError(this.name, key);
      }
    } finally {
      this.#watchers--;
    }
  }

  /** Joins a flight as a caller that may leave. */
  async #joinFlight(key: K, load: Load<K, V>, options: WaitOptions): Promise<V> {
    checkWaitOptions(options);
    const present = this.get(key);
    if (present !== undefined || this.has(key)) return present as V;
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#openFlight(key, load, (opened) => this.#board(key, opened, options));
    if (this.#isWithin(flight)) throw this.#selfWait(key);
    return this.#board(key, flight, options);
  }

  #board(key: K, flight: Flight<V>, options: WaitOptions): Promise<V> {
    return new Promise((resolve, reject) => {
      const passenger: Passenger<V> = {
        resolve(value) {
          caller.settle();
          resolve(value);
        },
        reject(reason) {
          caller.settle();
          reject(reason);
        },
      };
      const timeoutError = (timeout: number): Error => new LockTimeoutError(this.name, [key], timeout, `the load of key ${describeKey(key)}`);
      const caller = new Caller(options, timeoutError, (reason) => {
        if (flight.leave(passenger, reason)) this.#closeFlight(key, flight);
        reject(reason);
      });
      flight.board(passenger);
    });
  }

  /** Starts a load, with its first caller aboard before it runs: it may fail at once. */
  #openFlight(key: K, load: Load<K, V>, board: (flight: Flight<V>) => Promise<V>): Promise<V> {
    const flight = new Flight<V>();
    this.#flights.set(key, flight);
    this.#watchers++;
    const arrival = board(flight);
    void this.#fly(key, load, flight);
    return arrival;
  }

  async #fly(key: K, load: Load<K, V>, flight: Flight<V>): Promise<void> {
    const start = (): V | PromiseLike<V> => load(canonical(key), flight.context);
    try {
      const value = await (this.#detector === undefined ? start() : this.#detector.run(flight, start));
      if (this.#closeFlight(key, flight)) this.set(key, value);
      flight.land(this.#hasOvertaken(key, flight) ? (this.get(key) as V) : value);
    } catch (error) {
      this.#closeFlight(key, flight);
      if (this.#hasOvertaken(key, flight)) flight.land(this.get(key) as V);
      else flight.fail(error);
    }
  }

  /** Ends a flight's claim to its key; false if it had none any more. */
  #closeFlight(key: K, flight: Flight<V>): boolean {
    if (this.#flights.get(key) !== flight) return false;
    this.#watchers--;
    return this.#flights.delete(key);
  }

  #hasOvertaken(key: K, flight: Flight<V>): boolean {
    return flight.isSuperseded && this.has(key);
  }

  #isWithin(flight: Flight<V>): boolean {
    return this.#detector !== undefined && this.#detector.isInside((holding) => holding === flight);
  }

  #selfWait(key: K): ReentranceError {
    return new ReentranceError(this.name, [key], `the load of key ${describeKey(key)}`);
  }

  #beforeSet(key: K, value: V): void {
    if (this.#validate !== undefined && this.#validate(value, key) === false) throw new InvalidEntryError(this.name, key);
    this.#history?.keep(key);
    const flight = this.#flights.get(key);
    if (flight !== undefined) {
      flight.isSuperseded = true;
      this.#closeFlight(key, flight);
    }
    this.#locks.countWrite(key);
  }

  #beforeDelete(key: K): void {
    this.#history?.keepRemoved(key);
    const flight = this.#flights.get(key);
    if (flight !== undefined) this.#closeFlight(key, flight);
    this.#locks.countWrite(key);
  }

  #beforeClear(): void {
    this.#history?.keepAll();
    this.#watchers -= this.#flights.size;
    this.#flights.clear();
    this.#locks.countWriteOfAll();
  }
}

function isList<K>(value: readonly K[] | LockOptions): value is readonly K[] {
  return Array.isArray(value);
}

/** The key as a map stores it. */
function canonical<K>(key: K): K {
  return key === 0 ? (0 as K) : key;
}
