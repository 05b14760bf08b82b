/** What a map must be able to do to be mirrored. */
export interface MirrorableMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): unknown;
  delete(key: K): boolean;
  clear(): void;
  entries(): Iterable<[K, V]>;
}

export interface Mismatch<K, V> {
  key: K;
  /** What the map that answers holds. */
  answer: V | undefined;
  /** What the other one holds. */
  shadow: V | undefined;
}

export interface MirroredMapOptions<K, V> {
  /** The share of reads that are compared, from 0 to 1. Default: 0. */
  sampleRate?: number | undefined;
  /** Whether two values are the same. Default: `Object.is`. */
  equals?: ((one: V | undefined, other: V | undefined) => boolean) | undefined;
  /** Hears of every compared read on which the two differ. */
  onMismatch?: ((mismatch: Mismatch<K, V>) => void) | undefined;
  /** Hears of what the map in the shadow throws; callers never do. */
  onShadowError?: ((error: unknown) => void) | undefined;
  /** Draws the sample: a number from 0 up to 1. Default: `Math.random`. */
  random?: (() => number) | undefined;
}

/**
 * Two maps behind one face, to move from one to the other while in use: every write goes to both, one of them answers, and
 * a sample of the reads is compared. `cutOver` lets the new one answer, `fallBack` the old one again; nothing is lost either way.
 */
export class MirroredMap<K, V> {
  readonly #old: MirrorableMap<K, V>;
  readonly #new: MirrorableMap<K, V>;
  readonly #options: MirroredMapOptions<K, V>;
  #answering: MirrorableMap<K, V>;
  #compared = 0;
  #mismatches = 0;

  constructor(oldMap: MirrorableMap<K, V>, newMap: MirrorableMap<K, V>, options: MirroredMapOptions<K, V> = {}) {
    const { sampleRate = 0 } = options;
    if (!(sampleRate >= 0 && sampleRate <= 1)) throw new RangeError(`sampleRate must be from 0 to 1, not ${String(sampleRate)}`);
    this.#old = this.#answering = oldMap;
    this.#new = newMap;
    this.#options = options;
  }

  get size(): number {
    return this.#answering.size;
  }

  get hasCutOver(): boolean {
    return this.#answering === this.#new;
  }

  /** Copies to the new map what only the old one holds: entries from before the mirroring. Gives their number. */
  backfill(): number {
    let count = 0;
    for (const [key, value] of this.#old.entries()) {
      if (this.#new.has(key)) continue;
      this.#new.set(key, value);
      count++;
    }
    return count;
  }

  get(key: K): V | undefined {
    const answer = this.#answering.get(key);
    if (this.#isSampled()) this.#compare(key, answer);
    return answer;
  }

  has(key: K): boolean {
    return this.#answering.has(key);
  }

  set(key: K, value: V): this {
    this.#answering.set(key, value);
    this.#inShadow((map) => map.set(key, value));
    return this;
  }

  delete(key: K): boolean {
    const isDeleted = this.#answering.delete(key);
    this.#inShadow((map) => map.delete(key));
    return isDeleted;
  }

  clear(): void {
    this.#answering.clear();
    this.#inShadow((map) => map.clear());
  }

  entries(): Iterable<[K, V]> {
    return this.#answering.entries();
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.entries()[Symbol.iterator]();
  }

  cutOver(): void {
    this.#answering = this.#new;
  }

  fallBack(): void {
    this.#answering = this.#old;
  }

  /** How many reads were compared, and on how many the two differed. */
  stats(): { compared: number; mismatches: number } {
    return { compared: this.#compared, mismatches: this.#mismatches };
  }

  #isSampled(): boolean {
    const { sampleRate = 0, random = Math.random } = this.#options;
    return sampleRate > 0 && random() < sampleRate;
  }

  #compare(key: K, answer: V | undefined): void {
    const { equals = Object.is, onMismatch } = this.#options;
    this.#inShadow((map) => {
      const shadow = map.get(key);
      this.#compared++;
      if (equals(answer, shadow)) return;
      this.#mismatches++;
      onMismatch?.({ key, answer, shadow });
    });
  }

  #inShadow(act: (map: MirrorableMap<K, V>) => unknown): void {
    try {
      act(this.#answering === this.#old ? this.#new : this.#old);
    } catch (error) {
      this.#options.onShadowError?.(error);
    }
  }
}
