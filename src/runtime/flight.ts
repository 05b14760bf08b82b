/** What a load is told beside its key. */
export interface LoadContext {
  /** Aborts when the last caller has left. */
  readonly signal: AbortSignal;
}

/** Who waits for a load. */
export interface Passenger<V> {
  resolve(value: V): void;
  reject(reason: unknown): void;
}

class LazyLoadContext implements LoadContext {
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    return this.#demand().signal;
  }

  abort(reason: unknown): void {
    this.#demand().abort(reason);
  }

  /** Made when asked for: a controller costs more than the rest of a flight. */
  #demand(): AbortController {
    return (this.#controller ??= new AbortController());
  }
}

/** One load under way, and those who wait for it. */
export class Flight<V> {
  /** True once `set` gave the key a value while the load ran. */
  isSuperseded = false;
  readonly #context = new LazyLoadContext();
  readonly #passengers = new Set<Passenger<V>>();
  #arrival: Promise<V> | undefined;

  get context(): LoadContext {
    return this.#context;
  }

  /** The outcome, for callers that stay to the end; they share one promise. */
  get arrival(): Promise<V> {
    return (this.#arrival ??= new Promise((resolve, reject) => this.board({ resolve, reject })));
  }

  board(passenger: Passenger<V>): void {
    this.#passengers.add(passenger);
  }

  /** A passenger has left; true if it was the last one, which aborts the load. */
  leave(passenger: Passenger<V>, reason: unknown): boolean {
    this.#passengers.delete(passenger);
    if (this.#passengers.size > 0) return false;
    this.#context.abort(reason);
    return true;
  }

  land(value: V): void {
    for (const passenger of this.#passengers) passenger.resolve(value);
  }

  fail(reason: unknown): void {
    for (const passenger of this.#passengers) passenger.reject(reason);
  }
}
