interface Cached {
  value: unknown;
  /** Word index of the stripe's version, and what it was, even, when the value was read. */
  at: number;
  version: number;
}

/**
 * One thread's copies of primitive values, each good as long as its stripe's version has not moved. A key gets in
 * when it is read a second time, so that a scan does not fill it; a full cache starts over.
 */
export class ReadCache {
  readonly entries = new Map<unknown, Cached>();
  readonly limit: number;
  hits = 0;
  misses = 0;
  private readonly seen: Uint8Array;

  constructor(limit: number) {
    this.limit = limit;
    this.seen = new Uint8Array(1 << (34 - Math.clz32(Math.max(limit, 64))));
  }

  /** Notes a value just read from the map at an even version. */
  keep(key: unknown, hash: number, value: unknown, at: number, version: number): void {
    const cached = this.entries.get(key);
    if (cached !== undefined) {
      cached.value = value;
      cached.version = version;
      return;
    }
    const place = hash & (this.seen.length - 1);
    const mark = hash >>> 24 || 1;
    if (this.seen[place] !== mark) {
      this.seen[place] = mark;
      return;
    }
    if (this.entries.size >= this.limit) this.entries.clear();
    this.entries.set(key, { value, at, version });
  }
}
