/// <reference lib="esnext.disposable" preserve="true" />
import { canLeave, checkWaitOptions, untilLeft, type WaitOptions } from "./caller.js";
import { describeKey, LockTimeoutError } from "./errors.js";
import { SafeMap } from "./safe-map.js";

export interface RefCountedMapOptions<K, V> {
  /** What errors call this map. Default: "RefCountedMap". */
  name?: string | undefined;
  /** Makes the value of a key that nobody holds. */
  create: (key: K) => V | PromiseLike<V>;
  /** Ends a value that nobody holds any more. */
  destroy?: ((value: V, key: K) => unknown) | undefined;
}

/** A value that lives at least until it is released. */
export interface Reference<K, V> extends AsyncDisposable {
  readonly key: K;
  readonly value: V;
  /** Resolves at once while others hold the value, else once it is destroyed. A second call does nothing more. */
  release(): Promise<void>;
}

interface Entry<V> {
  readonly value: V;
  holders: number;
}

/**
 * Values that are created when first acquired and destroyed when last released. Creation and destruction of one key never
 * overlap: who acquires a key while it is being destroyed waits, and gets a new value.
 */
export class RefCountedMap<K, V> {
  readonly name: string;
  readonly #create: RefCountedMapOptions<K, V>["create"];
  readonly #destroy: RefCountedMapOptions<K, V>["destroy"];
  readonly #entries: SafeMap<K, Entry<V>>;

  constructor({ name = "RefCountedMap", create, destroy }: RefCountedMapOptions<K, V>) {
    this.name = name;
    this.#create = create;
    this.#destroy = destroy;
    this.#entries = new SafeMap<K, Entry<V>>(null, { name });
  }

  /** The number of values that exist. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many hold the value of a key. */
  countOf(key: K): number {
    return this.#entries.get(key)?.holders ?? 0;
  }

  /** Holds the value of a key, created if there is none. A caller that leaves holds nothing. */
  async acquire(key: K, options: WaitOptions = {}): Promise<Reference<K, V>> {
    checkWaitOptions(options);
    if (!canLeave(options)) return this.#entries.runExclusive([key], () => this.#hold(key));
    let hasLeft = false;
    const holding = this.#entries.runExclusive([key], async () => {
      if (hasLeft) throw new Error("left");
      return this.#hold(key);
    });
    const timeoutError = (timeout: number): Error => new LockTimeoutError(this.name, [key], timeout, `key ${describeKey(key)}`);
    return untilLeft(
      options,
      timeoutError,
      () => {
        hasLeft = true;
        holding.then((reference) => reference.release()).catch(() => {});
      },
      () => holding,
    );
  }

  async #hold(key: K): Promise<Reference<K, V>> {
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, (entry = { value: await this.#create(key), holders: 0 }));
    entry.holders++;
    return this.#refer(key, entry);
  }

  #refer(key: K, entry: Entry<V>): Reference<K, V> {
    let released: Promise<void> | undefined;
    const release = (): Promise<void> => (released ??= this.#release(key, entry));
    return { key, value: entry.value, release, [Symbol.asyncDispose]: release };
  }

  async #release(key: K, entry: Entry<V>): Promise<void> {
    if (--entry.holders > 0) return;
    await this.#entries.runExclusive([key], async () => {
      // somebody may have acquired it while this waited
      if (entry.holders === 0 && this.#entries.deleteIf(key, entry)) await this.#destroy?.(entry.value, key);
    });
  }
}
