/**
 * Locks by key and for the whole map, granted strictly in the order of the requests.
 *
 * A request joins the gate of the map and the gates of all its keys in one synchronous step, and each gate admits in order of
 * arrival. So a request only ever waits for earlier ones, and requests of many keys cannot deadlock with each other.
 * The modes are those of hierarchical locking (Gray et al., "Granularity of locks in a shared data base", 1975): a request of
 * single keys passes the map's gate with an intention, which a request of the whole map excludes.
 */

export type LockMode = "exclusive" | "shared";

const SHARED = 0;
const EXCLUSIVE = 1;
const INTENT_SHARED = 2;
const INTENT_EXCLUSIVE = 3;
type GateMode = typeof SHARED | typeof EXCLUSIVE | typeof INTENT_SHARED | typeof INTENT_EXCLUSIVE;

/** One place at one gate, or in its queue. */
class Ticket<K> {
  isAdmitted = false;
  previous: Ticket<K> | undefined;
  next: Ticket<K> | undefined;

  constructor(
    readonly request: LockRequest<K>,
    readonly gate: Gate<K>,
    readonly mode: GateMode,
  ) {}
}

/** An update that takes over from another of the same key. Most waiting is of this kind, and costs less than a ticket. */
class Turn {
  next: Turn | undefined;

  constructor(readonly start: () => void) {}
}

/** Who is in, by mode, and the queue of those who are not. */
export class Gate<K> {
  /** Counts the writes of this gate's key. */
  version = 0;
  #shared = 0;
  #exclusive = 0;
  #intentShared = 0;
  #intentExclusive = 0;
  #first: Ticket<K> | undefined;
  #last: Ticket<K> | undefined;
  /** Whether an update holds this gate, and the updates that take over from it, one after the other, before the queue moves. */
  #isHeldByUpdate = false;
  #firstTurn: Turn | undefined;
  #lastTurn: Turn | undefined;

  constructor(public key: K | undefined) {}

  get isIdle(): boolean {
    return this.#shared + this.#exclusive + this.#intentShared + this.#intentExclusive === 0 && this.#first === undefined;
  }

  /** Whether nobody is in the way or waits. */
  isOpenTo(mode: GateMode): boolean {
    return this.#first === undefined && this.#admits(mode);
  }

  /** Enters at once, if it is open. */
  tryEnter(mode: GateMode): boolean {
    if (!this.isOpenTo(mode)) return false;
    this.#count(mode, 1);
    return true;
  }

  /** Enters, or joins the end of the queue. */
  join(ticket: Ticket<K>): void {
    if (this.tryEnter(ticket.mode)) {
      ticket.isAdmitted = true;
      return;
    }
    ticket.previous = this.#last;
    if (this.#last === undefined) this.#first = ticket;
    else this.#last.next = ticket;
    this.#last = ticket;
  }

  /** Leaves the gate or its queue, and admits whom that lets in. */
  leave(ticket: Ticket<K>): void {
    if (ticket.isAdmitted) return this.exit(ticket.mode);
    this.#unlink(ticket);
    this.#admitWaiters();
  }

  /** Undoes `tryEnter`. */
  exit(mode: GateMode): void {
    this.#count(mode, -1);
    this.#admitWaiters();
  }

  /** Lets an update in that found the gate free. */
  enterForUpdate(): void {
    this.#exclusive = 1;
    this.#isHeldByUpdate = true;
  }

  /** Whether an update that comes now may take over from the updates before it: none of the others waits between. */
  get takesTurns(): boolean {
    return this.#isHeldByUpdate && this.#first === undefined;
  }

  /** Resolves when the update before has handed over. */
  waitForTurn(): Promise<void> {
    return new Promise((resolve) => {
      const turn = new Turn(resolve);
      if (this.#lastTurn === undefined) this.#firstTurn = turn;
      else this.#lastTurn.next = turn;
      this.#lastTurn = turn;
    });
  }

  /** Hands over to the next update; false if there is none. */
  handOver(): boolean {
    const turn = this.#firstTurn;
    if (turn === undefined) {
      this.#isHeldByUpdate = false;
      return false;
    }
    this.#firstTurn = turn.next;
    if (turn.next === undefined) this.#lastTurn = undefined;
    turn.start();
    return true;
  }

  #admitWaiters(): void {
    for (let ticket = this.#first; ticket !== undefined && this.#admits(ticket.mode); ticket = this.#first) {
      this.#unlink(ticket);
      this.#count(ticket.mode, 1);
      ticket.isAdmitted = true;
      ticket.request.passGate();
    }
  }

  #unlink(ticket: Ticket<K>): void {
    if (ticket.previous === undefined) this.#first = ticket.next;
    else ticket.previous.next = ticket.next;
    if (ticket.next === undefined) this.#last = ticket.previous;
    else ticket.next.previous = ticket.previous;
  }

  #admits(mode: GateMode): boolean {
    if (this.#exclusive !== 0) return false;
    switch (mode) {
      case INTENT_SHARED:
        return true;
      case INTENT_EXCLUSIVE:
        return this.#shared === 0;
      case SHARED:
        return this.#intentExclusive === 0;
      case EXCLUSIVE:
        return this.#shared + this.#intentShared + this.#intentExclusive === 0;
    }
  }

  #count(mode: GateMode, by: 1 | -1): void {
    if (mode === EXCLUSIVE) this.#exclusive += by;
    else if (mode === INTENT_EXCLUSIVE) this.#intentExclusive += by;
    else if (mode === SHARED) this.#shared += by;
    else this.#intentShared += by;
  }
}

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
    const ticket = new Ticket(this, gate, mode);
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

  /** Locks one key for an update if that takes no waiting; to be undone by `exit`. */
  tryEnter(key: K): Gate<K> | undefined {
    this.#list();
    if (this.#gates.has(key) || !this.#map.tryEnter(INTENT_EXCLUSIVE)) return undefined;
    if (this.#gates.size === 0) return this.#enterUnlisted(key);
    const gate = this.#gateOf(key);
    gate.enterForUpdate();
    return gate;
  }

  /** The gate at which an update may wait for its turn, to be undone by `exit`; undefined if there is more to wait for than other updates. */
  tryJoin(key: K): Gate<K> | undefined {
    const gate = this.#gates.get(key);
    if (gate === undefined || !gate.takesTurns || !this.#map.isOpenTo(INTENT_EXCLUSIVE)) return undefined;
    this.countWaiter();
    return gate;
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

  #enterUnlisted(key: K): Gate<K> {
    const gate = this.#spare ?? new Gate<K>(key);
    this.#spare = undefined;
    gate.key = key;
    gate.enterForUpdate();
    this.#unlisted = gate;
    return gate;
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
