import { LRUCache } from "lru-cache";
import { SafeMap, type SafeMapOptions } from "./safe-map.js";

export interface BoundedMapOptions<K, V> extends SafeMapOptions<K, V> {
  /** The most entries the map holds: one more pushes the least recently used one out. Their room is reserved at once. */
  max: number;
  /** Milliseconds after which an entry is gone, counted from its last `set`. Default: it stays. */
  ttl?: number | undefined;
  /** Hears of every entry the map removes by itself. */
  onEvict?: ((value: V, key: K, reason: "max" | "ttl") => void) | undefined;
}

/**
 * A `SafeMap` that never holds more than `max` entries, and none longer than `ttl`. `get` counts as use, `has` does not.
 * An expired entry is removed when it is looked up, or by `sweep`; until then it counts in `size` and in iterations.
 */
export class BoundedMap<K, V> extends SafeMap<K, V> {
  /** Which keys were used when: the values stay in the map itself. */
  readonly #uses: LRUCache<K & {}, true>;
  readonly #onEvict: BoundedMapOptions<K, V>["onEvict"];

  /** Throws a `TypeError` or `RangeError` if `max` or `ttl` is not a whole number from 1 on. */
  constructor(entries: Iterable<readonly [K, V]> | null | undefined, options: BoundedMapOptions<K, V>) {
    super(null, { ...options, name: options.name ?? "BoundedMap" });
    checkWhole("max", options.max);
    if (options.ttl !== undefined) checkWhole("ttl", options.ttl);
    this.#onEvict = options.onEvict;
    this.#uses = new LRUCache<K & {}, true>({
      max: options.max,
      ttl: options.ttl ?? 0,
      ttlResolution: 0,
      perf: { now: () => performance.now() },
      dispose: (_, key, reason) => {
        if (reason === "evict") this.#evict(key as K, "max");
        else if (reason === "expire") this.#evict(key as K, "ttl");
      },
    });
    for (const [key, value] of entries ?? []) this.set(key, value);
  }

  override get(key: K): V | undefined {
    this.#uses.get(key as K & {});
    return super.get(key);
  }

  override has(key: K): boolean {
    this.#dropIfExpired(key);
    return super.has(key);
  }

  override set(key: K, value: V): this {
    super.set(key, value);
    this.#uses.set(key as K & {}, true);
    return this;
  }

  override delete(key: K): boolean {
    this.#uses.delete(key as K & {});
    return super.delete(key);
  }

  override clear(): void {
    this.#uses.clear();
    super.clear();
  }

  /** Removes all expired entries; gives their number. */
  sweep(): number {
    const before = this.size;
    this.#uses.purgeStale();
    return before - this.size;
  }

  #dropIfExpired(key: K): void {
    if (super.has(key) && !this.#uses.has(key as K & {})) this.#uses.get(key as K & {});
  }

  #evict(key: K, reason: "max" | "ttl"): void {
    const value = Map.prototype.get.call(this, key) as V;
    super.delete(key);
    this.#onEvict?.(value, key, reason);
  }
}

function checkWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number from 1 on, not ${String(value)}`);
}
