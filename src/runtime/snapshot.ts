/// <reference lib="esnext.disposable" preserve="true" />
import { DisposedError } from "./errors.js";

const ABSENT = Symbol("absent");
type Old<V> = { value: V } | typeof ABSENT;

const nativeGet = Map.prototype.get;
const nativeHas = Map.prototype.has;

/**
 * What the snapshots taken at one moment need beside the live map: the entries as they were before their first overwrite since.
 *
 * Logs form a chain from old to new. A snapshot looks a key up in its own log, then in the newer ones, then in the map; a write
 * touches the newest log alone. Each log is held by its snapshots and by the older logs, and by the map weakly: when the last
 * snapshot is collected, so is the log, disposed of or not.
 */
class UndoLog<K, V> {
  snapshots = 0;
  newer: UndoLog<K, V> | undefined;
  older: WeakRef<UndoLog<K, V>> | undefined;
  /** The keys of the map just before the first removal since; those of the snapshot come first. */
  order: K[] | undefined;
  #old: Map<K, Old<V>> | undefined;
  #reference: WeakRef<UndoLog<K, V>> | undefined;

  constructor(readonly size: number) {}

  get reference(): WeakRef<UndoLog<K, V>> {
    return (this.#reference ??= new WeakRef(this));
  }

  get isEmpty(): boolean {
    return this.#old === undefined && this.order === undefined;
  }

  /** Keeps the present entry of a key that is about to be written, unless an earlier one is kept. */
  keep(map: Map<K, V>, key: K): void {
    this.#old ??= new Map();
    if (this.#old.has(key)) return;
    const value = nativeGet.call(map, key) as V | undefined;
    const isPresent = value !== undefined || nativeHas.call(map, key);
    this.#old.set(key, isPresent ? { value: value as V } : ABSENT);
  }

  /** The entry this log or a newer one keeps. */
  find(key: K): Old<V> | undefined {
    for (let log: UndoLog<K, V> | undefined = this; log !== undefined; log = log.newer) {
      const old = log.#old?.get(key);
      if (old !== undefined) return old;
    }
  }

  /** The order of the keys, if a removal has happened since. */
  findOrder(): K[] | undefined {
    for (let log: UndoLog<K, V> | undefined = this; log !== undefined; log = log.newer) {
      if (log.order !== undefined) return log.order;
    }
  }

  /** Takes over what a newer log without snapshots keeps. */
  absorb(newer: UndoLog<K, V>): void {
    this.order ??= newer.order;
    if (this.#old === undefined) this.#old = newer.#old;
    else for (const [key, old] of newer.#old ?? []) if (!this.#old.has(key)) this.#old.set(key, old);
  }
}

/** The snapshots of one map. */
export class History<K, V> {
  #newest: WeakRef<UndoLog<K, V>> | undefined;
  /** The newest log, until the end of the job that made it: most snapshots live no longer, and a weak reference costs more than all the rest. */
  #fresh: UndoLog<K, V> | undefined;
  #willLoosen = false;
  readonly #map: Map<K, V>;
  readonly #mapName: string;
  readonly #onChange: (isActive: boolean) => void;

  /** `onChange` hears when the first snapshot is taken, and when the last is gone: disposed of, or found to be collected. */
  constructor(map: Map<K, V>, mapName: string, onChange: (isActive: boolean) => void) {
    this.#map = map;
    this.#mapName = mapName;
    this.#onChange = onChange;
  }

  take(): Snapshot<K, V> {
    let log = this.#findNewest();
    if (log === undefined || !log.isEmpty || log.size !== this.#map.size) log = this.#open(log);
    log.snapshots++;
    return new Snapshot(this.#map, log, this, this.#mapName);
  }

  /** Keeps the entry of a key that is about to be set. */
  keep(key: K): void {
    this.#findNewest()?.keep(this.#map, key);
  }

  /** Keeps the entry and the place of a key that is about to be removed. */
  keepRemoved(key: K): void {
    const log = this.#findNewest();
    if (log === undefined || !nativeHas.call(this.#map, key)) return;
    log.order ??= [...this.#map.keys()];
    log.keep(this.#map, key);
  }

  /** Keeps all entries, which are about to be removed. */
  keepAll(): void {
    const log = this.#findNewest();
    if (log === undefined) return;
    log.order ??= [...this.#map.keys()];
    for (const key of this.#map.keys()) log.keep(this.#map, key);
  }

  /** One snapshot of the log is gone; a log without any is folded into the next older one, if somebody needs that. */
  close(log: UndoLog<K, V>): void {
    if (--log.snapshots > 0) return;
    const older = log.older?.deref();
    if (older !== undefined) {
      older.absorb(log);
      older.newer = log.newer;
    }
    if (log.newer !== undefined) {
      log.newer.older = older?.reference;
      return;
    }
    this.#fresh = undefined;
    this.#newest = older?.reference;
    if (older === undefined) this.#onChange(false);
  }

  #open(older: UndoLog<K, V> | undefined): UndoLog<K, V> {
    const log = new UndoLog<K, V>(this.#map.size);
    if (older !== undefined) {
      older.newer = log;
      log.older = older.reference;
    } else this.#onChange(true);
    this.#fresh = log;
    if (!this.#willLoosen) {
      this.#willLoosen = true;
      void Promise.resolve().then(() => this.#loosen());
    }
    return log;
  }

  #loosen(): void {
    this.#willLoosen = false;
    if (this.#fresh !== undefined) this.#newest = this.#fresh.reference;
    this.#fresh = undefined;
  }

  #findNewest(): UndoLog<K, V> | undefined {
    if (this.#fresh !== undefined || this.#newest === undefined) return this.#fresh;
    const log = this.#newest.deref();
    if (log === undefined) {
      this.#newest = undefined;
      this.#onChange(false);
    }
    return log;
  }
}

/**
 * A map as it was at one moment, in its insertion order, whatever happens to the live one.
 * Dispose of it when done (`using`, or `dispose()`): a live snapshot makes writes to the map keep what they replace.
 */
export class Snapshot<K, V> implements ReadonlyMap<K, V>, Disposable {
  readonly #map: Map<K, V>;
  readonly #mapName: string;
  readonly #history: History<K, V>;
  #log: UndoLog<K, V> | undefined;

  /** @internal */
  constructor(map: Map<K, V>, log: UndoLog<K, V>, history: History<K, V>, mapName: string) {
    this.#map = map;
    this.#log = log;
    this.#history = history;
    this.#mapName = mapName;
  }

  get size(): number {
    return this.#open().size;
  }

  get(key: K): V | undefined {
    const old = this.#open().find(key);
    if (old === undefined) return nativeGet.call(this.#map, key) as V | undefined;
    return old === ABSENT ? undefined : old.value;
  }

  has(key: K): boolean {
    const old = this.#open().find(key);
    return old === undefined ? nativeHas.call(this.#map, key) : old !== ABSENT;
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) callback.call(thisArg, value, key, this);
  }

  *keys(): Generator<K, undefined, unknown> {
    for (const [key] of this) yield key;
  }

  *values(): Generator<V, undefined, unknown> {
    for (const [, value] of this) yield value;
  }

  *entries(): Generator<[K, V], undefined, unknown> {
    const { size } = this.#open();
    const live = this.#map.keys();
    for (let index = 0; index < size; index++) {
      // until the first removal the oldest keys of the live map are this snapshot's
      const order = this.#open().findOrder();
      const key = order === undefined ? (live.next().value as K) : (order[index] as K);
      yield [key, this.get(key) as V];
    }
  }

  [Symbol.iterator](): Generator<[K, V], undefined, unknown> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "Snapshot";
  }

  /** Ends the snapshot; using it afterwards throws `DisposedError`. A second call does nothing. */
  dispose(): void {
    const log = this.#log;
    if (log === undefined) return;
    this.#log = undefined;
    this.#history.close(log);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(): UndoLog<K, V> {
    if (this.#log === undefined) throw new DisposedError(this.#mapName);
    return this.#log;
  }
}
