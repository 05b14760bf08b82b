/** What `take` leaves in a frontier's fields. */
const recordSize = 4;

class Numbers {
  values = new Int32Array(64);
  length = 0;

  reserve(more: number): void {
    if (this.length + more <= this.values.length) return;
    const grown = new Int32Array(Math.max(this.values.length * 2, this.length + more));
    grown.set(this.values);
    this.values = grown;
  }
}

interface Bucket<T> {
  readonly records: Numbers;
  readonly extras: (T | undefined)[];
}

function reverse<T>({ records, extras }: Bucket<T>): void {
  const { values, length } = records;
  const reversed = new Int32Array(values.length);
  for (let i = 0; i < length; i += recordSize) reversed.set(values.subarray(i, i + recordSize), length - recordSize - i);
  records.values = reversed;
  extras.reverse();
}

/**
 * The schedules still to run, cheapest first, the last found first among equals: each is another one's trail up to a length, then
 * one other choice. Numbers in flat arrays, because a million of them as objects cost more to collect than to run.
 */
export class Frontier<T> {
  /** The trail that the schedule taken last follows, from `start` on, for `length` numbers; then its choice. */
  trails = new Int32Array(0);
  start = 0;
  length = 0;
  choice = 0;
  signature = 0;
  extra: T | undefined = undefined;
  cost = -1;
  readonly #kept = new Numbers();
  readonly #buckets: (Bucket<T> | undefined)[] = [];

  /** Keeps a trail, and gives where. */
  keep(trail: Int32Array, length: number): number {
    const { length: at } = this.#kept;
    this.#kept.reserve(length);
    this.#kept.values.set(trail.subarray(0, length), at);
    this.#kept.length += length;
    this.trails = this.#kept.values;
    return at;
  }

  /** Where the next trail will be kept. */
  get end(): number {
    return this.#kept.length;
  }

  push(cost: number, start: number, length: number, choice: number, signature: number, extra: T | undefined): void {
    const bucket = (this.#buckets[cost] ??= { records: new Numbers(), extras: [] });
    const { records } = bucket;
    records.reserve(recordSize);
    const { values } = records;
    values[records.length++] = start;
    values[records.length++] = length;
    values[records.length++] = choice;
    values[records.length++] = signature;
    if (extra !== undefined) bucket.extras[records.length / recordSize - 1] = extra;
  }

  isEmpty(): boolean {
    return this.#buckets.every((bucket) => bucket === undefined || bucket.records.length === 0);
  }

  /** Takes the next schedule into the fields. False when there is none. */
  take(): boolean {
    const cost = this.#buckets.findIndex((bucket) => bucket !== undefined && bucket.records.length > 0);
    if (cost < 0) return false;
    const bucket = this.#buckets[cost]!;
    if (cost > this.cost) reverse(bucket);
    const { records, extras } = bucket;
    const { values } = records;
    records.length -= recordSize;
    const at = records.length;
    this.cost = cost;
    this.start = values[at]!;
    this.length = values[at + 1]!;
    this.choice = values[at + 2]!;
    this.signature = values[at + 3]!;
    this.extra = extras[at / recordSize];
    return true;
  }
}
