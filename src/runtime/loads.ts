import { checkWaitOptions, untilLeft, type WaitOptions } from "./caller.js";
import { describeKey, LockTimeoutError, ReentranceError } from "./errors.js";
import { isHeard, loadEvents, type LoadEvent } from "./events.js";
import { Flight, type LoadContext, type Passenger } from "./flight.js";
import type { ReentranceDetector } from "./reentrance.js";

export type Load<K, V> = (key: K, context: LoadContext) => V | PromiseLike<V>;

/** The loads of one map that are under way, at most one a key that new callers may join. */
export class Loads<K, V> {
  /** Calls of `join` that found a value; loads that were started; calls that shared one; loads that failed. */
  hits = 0;
  started = 0;
  shared = 0;
  failed = 0;
  readonly #map: Map<K, V>;
  readonly #mapName: string;
  readonly #detector: ReentranceDetector | undefined;
  readonly #onChange: (isActive: boolean) => void;
  readonly #flights = new Map<K, Flight<V>>();

  /** `onChange` hears when the first load begins, and when none is left that a write would concern. */
  constructor(map: Map<K, V>, mapName: string, detector: ReentranceDetector | undefined, onChange: (isActive: boolean) => void) {
    this.#map = map;
    this.#mapName = mapName;
    this.#detector = detector;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Joins the load of an absent key, or starts it, for a caller that stays to the end. */
  get(key: K, load: Load<K, V>): Promise<V> {
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#open(key, load, (opened) => opened.arrival);
    this.shared++;
    return this.#isInside(flight) ? Promise.reject(this.#selfWait(key)) : flight.arrival;
  }

  /** The same for a caller that may leave. */
  async join(key: K, load: Load<K, V>, options: WaitOptions): Promise<V> {
    checkWaitOptions(options);
    if (this.#map.has(key)) {
      this.hits++;
      return this.#map.get(key) as V;
    }
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#open(key, load, (opened) => this.#board(key, opened, options));
    this.shared++;
    if (this.#isInside(flight)) throw this.#selfWait(key);
    return this.#board(key, flight, options);
  }

  /** The key is being set: what is set wins, for the callers of its load too. */
  supersede(key: K): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.isSuperseded = true;
    this.#close(key, flight);
  }

  /** The key is being removed: its load's callers get the value, unstored. */
  discard(key: K): void {
    const flight = this.#flights.get(key);
    if (flight !== undefined) this.#close(key, flight);
  }

  discardAll(): void {
    for (const [key, flight] of this.#flights) this.#close(key, flight);
  }

  #board(key: K, flight: Flight<V>, options: WaitOptions): Promise<V> {
    let passenger!: Passenger<V>;
    return untilLeft(
      options,
      (timeout) => new LockTimeoutError(this.#mapName, [key], timeout, `the load of key ${describeKey(key)}`),
      (reason) => {
        if (flight.leave(passenger, reason)) this.#close(key, flight);
      },
      () => new Promise((resolve, reject) => flight.board((passenger = { resolve, reject }))),
    );
  }

  /** Starts a load, with its first caller aboard before it runs: it may fail at once. */
  #open(key: K, load: Load<K, V>, board: (flight: Flight<V>) => Promise<V>): Promise<V> {
    const flight = new Flight<V>();
    if (this.#flights.size === 0) this.#onChange(true);
    this.#flights.set(key, flight);
    this.started++;
    const arrival = board(flight);
    void this.#fly(key, load, flight);
    return arrival;
  }

  async #fly(key: K, load: Load<K, V>, flight: Flight<V>): Promise<void> {
    const start = isHeard(loadEvents) ? performance.now() : undefined;
    const outcome = await this.#land(key, load, flight);
    if (start !== undefined) loadEvents?.publish({ map: this.#mapName, key, outcome, milliseconds: performance.now() - start } satisfies LoadEvent);
  }

  async #land(key: K, load: Load<K, V>, flight: Flight<V>): Promise<LoadEvent["outcome"]> {
    try {
      const value = await this.#call(key, load, flight);
      const isCurrent = this.#close(key, flight);
      if (isCurrent) this.#map.set(key, value);
      if (this.#isOvertaken(key, flight)) return this.#landElsewhere(key, flight);
      flight.land(value);
      return isCurrent ? "stored" : "discarded";
    } catch (error) {
      this.#close(key, flight);
      if (this.#isOvertaken(key, flight)) return this.#landElsewhere(key, flight);
      this.failed++;
      flight.fail(error);
      return "failed";
    }
  }

  #call(key: K, load: Load<K, V>, flight: Flight<V>): V | PromiseLike<V> {
    // the key as a map stores it
    const start = (): V | PromiseLike<V> => load(key === 0 ? (0 as K) : key, flight.context);
    return this.#detector === undefined ? start() : this.#detector.run(flight, start);
  }

  #landElsewhere(key: K, flight: Flight<V>): "superseded" {
    flight.land(this.#map.get(key) as V);
    return "superseded";
  }

  /** Ends a flight's claim to its key; false if it had none any more. */
  #close(key: K, flight: Flight<V>): boolean {
    if (this.#flights.get(key) !== flight) return false;
    this.#flights.delete(key);
    if (this.#flights.size === 0) this.#onChange(false);
    return true;
  }

  #isOvertaken(key: K, flight: Flight<V>): boolean {
    return flight.isSuperseded && this.#map.has(key);
  }

  #isInside(flight: Flight<V>): boolean {
    return this.#detector !== undefined && this.#detector.isInside((holding) => holding === flight);
  }

  #selfWait(key: K): ReentranceError {
    return new ReentranceError(this.#mapName, [key], `the load of key ${describeKey(key)}`);
  }
}
