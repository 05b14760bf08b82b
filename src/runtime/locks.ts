import { EXCLUSIVE, Gate, type GateMode, INTENT_EXCLUSIVE, INTENT_SHARED, SHARED, Ticket } from "./gate.js";

/**
 * Locks by key and for the whole map, granted strictly in the order of the requests.
 *
 * A request joins the gate of the map and the gates of all its keys in one synchronous step, and each gate admits in order of
 * arrival. So a request only ever waits for earlier ones, and requests of many keys cannot deadlock with each other.
 * The modes are those of hierarchical locking (Gray et al., "Granularity of locks in a shared data base", 1975): a request of
 * single keys passes the map's gate with an intention, which a request of the whole map excludes.
 */

export type LockMode = "exclusive" | "shared";

/** A lock that somebody holds or waits for, of any keys and in any mode. */
export class LockRequest<K> {
  /** False once dropped. */
  isOpen = true;
  readonly #tickets: Ticket<K>[] = [];
  #gatesToPass = 0;
  #grant: (() => void) | undefined;

  constructor(
    readonly table: LockTable<K>,
    /** The keys, each once; undefined for the whole map. */
    readonly keys: readonly K[] | undefined,
    readonly mode: LockMode,
  ) {}

  get isGranted(): boolean {
    return this.#gatesToPass === 0;
  }

  join(gate: Gate<K>, mode: GateMode): void {
    const ticket = new Ticket(gate, mode, this);
    this.#tickets.push(ticket);
    gate.join(ticket);
    if (!ticket.isAdmitted) this.#gatesToPass++;
  }

  /** Releases the lock, or gives up the wait for it. A second call does nothing. */
  drop(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (!this.isGranted) this.table.waiting--;
    for (const ticket of this.#tickets) {
      ticket.gate.leave(ticket);
      this.table.forgetIfIdle(ticket.gate);
    }
  }

  passGate(): void {
    if (--this.#gatesToPass > 0) return;
    this.table.waiting--;
    this.#grant?.();
  }

  /** Resolves when the lock is granted; never, if the request is dropped before. */
  granted(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isGranted) resolve();
      else this.#grant = resolve;
    });
  }
}

/** The locks of one map. Keys nobody locks or waits for take no space. */
export class LockTable<K> {
  /** Who waits now, and who ever had to. */
  waiting = 0;
  waits = 0;
  readonly #map = new Gate<K>(undefined);
  readonly #gates = new Map<K, Gate<K>>();
  /** The gate of the only locked key, not in `#gates` until somebody else locks: most updates are alone. */
  #unlisted: Gate<K> | undefined;
  /** The last unlisted gate, for the next one. */
  #spare: Gate<K> | undefined;

  /** The number of keys that are locked or waited for. */
  get size(): number {
    return this.#gates.size + (this.#unlisted === undefined ? 0 : 1);
  }

  /**
   * The gate at which an update of one key enters, or waits its turn; to be undone by `exit`. Undefined if there is more to wait
   * for than other updates, or if there is any waiting and `mayWait` is false.
   */
  findGateForUpdate(key: K, mayWait: boolean): Gate<K> | undefined {
    if (!this.#map.isOpenTo(INTENT_EXCLUSIVE)) return undefined;
    this.#list();
    const present = this.#gates.get(key);
    if (present === undefined) {
      this.#map.enter(INTENT_EXCLUSIVE);
      return this.#gates.size === 0 ? this.#openUnlisted(key) : this.#gateOf(key);
    }
    if (!mayWait || !present.takesTurns) return undefined;
    this.countWaiter();
    return present;
  }

  /** The update is done; the next one at its gate takes over both locks. */
  exit(gate: Gate<K>): void {
    if (gate.handOver()) {
      this.waiting--;
      return;
    }
    gate.exit(EXCLUSIVE);
    this.#map.exit(INTENT_EXCLUSIVE);
    if (gate !== this.#unlisted) {
      this.forgetIfIdle(gate);
      return;
    }
    gate.key = undefined;
    this.#unlisted = undefined;
    this.#spare = gate;
  }

  /** Joins all the queues concerned, in one step. */
  request(keys: readonly K[] | undefined, mode: LockMode): LockRequest<K> {
    const isShared = mode === "shared";
    const request = new LockRequest<K>(this, keys && distinct(keys), mode);
    const own = isShared ? SHARED : EXCLUSIVE;
    const intent = isShared ? INTENT_SHARED : INTENT_EXCLUSIVE;
    request.join(this.#map, keys === undefined ? own : intent);
    for (const key of request.keys ?? []) request.join(this.#gateOf(key), own);
    if (!request.isGranted) this.countWaiter();
    return request;
  }

  /** The gate of a key that is locked or waited for. */
  find(key: K): Gate<K> | undefined {
    this.#list();
    return this.#gates.get(key);
  }

  countWrite(key: K): void {
    const unlisted = this.#unlisted;
    if (unlisted === undefined) {
      const gate = this.#gates.get(key);
      if (gate !== undefined) gate.version++;
    } else if (isSameValueZero(unlisted.key, key)) unlisted.version++;
  }

  countWriteOfAll(): void {
    if (this.#unlisted !== undefined) this.#unlisted.version++;
    for (const gate of this.#gates.values()) gate.version++;
  }

  countWaiter(): void {
    this.waiting++;
    this.waits++;
  }

  #openUnlisted(key: K): Gate<K> {
    const gate = this.#spare ?? new Gate<K>(key);
    this.#spare = undefined;
    gate.key = key;
    return (this.#unlisted = gate);
  }

  #list(): void {
    const gate = this.#unlisted;
    if (gate === undefined) return;
    this.#unlisted = undefined;
    this.#gates.set(gate.key as K, gate);
  }

  #gateOf(key: K): Gate<K> {
    this.#list();
    let gate = this.#gates.get(key);
    if (gate === undefined) this.#gates.set(key, (gate = new Gate<K>(key)));
    return gate;
  }

  forgetIfIdle(gate: Gate<K>): void {
    if (gate !== this.#map && gate.isIdle) this.#gates.delete(gate.key as K);
  }
}

function isSameValueZero(one: unknown, other: unknown): boolean {
  return one === other || (one !== one && other !== other);
}

/** Each key once: a request must not wait for itself. */
function distinct<K>(keys: readonly K[]): readonly K[] {
  return keys.length === 1 ? [keys[0]!] : [...new Set(keys)];
}
