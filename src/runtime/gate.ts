/** The modes of hierarchical locking; see locks.ts. */
export const SHARED = 0;
export const EXCLUSIVE = 1;
export const INTENT_SHARED = 2;
export const INTENT_EXCLUSIVE = 3;
export type GateMode = typeof SHARED | typeof EXCLUSIVE | typeof INTENT_SHARED | typeof INTENT_EXCLUSIVE;

/** One place at one gate, or in its queue. */
export class Ticket<K> {
  isAdmitted = false;
  previous: Ticket<K> | undefined;
  next: Ticket<K> | undefined;

  constructor(
    readonly gate: Gate<K>,
    readonly mode: GateMode,
    readonly owner: { passGate(): void },
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

  /** Enters, or joins the end of the queue. */
  join(ticket: Ticket<K>): void {
    if (this.isOpenTo(ticket.mode)) {
      ticket.isAdmitted = true;
      this.enter(ticket.mode);
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

  enter(mode: GateMode): void {
    this.#count(mode, 1);
  }

  /** Undoes `enter`. */
  exit(mode: GateMode): void {
    this.#count(mode, -1);
    this.#admitWaiters();
  }

  /** Whether an update that comes now may take over from the updates before it: none of the others waits between. */
  get takesTurns(): boolean {
    return this.#isHeldByUpdate && this.#first === undefined;
  }

  /** Lets an update in, at once if the gate is free: then there is no promise to wait for. */
  enterForUpdate(): Promise<void> | undefined {
    if (!this.#isHeldByUpdate) {
      this.#exclusive = 1;
      this.#isHeldByUpdate = true;
      return undefined;
    }
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
      this.enter(ticket.mode);
      ticket.isAdmitted = true;
      ticket.owner.passGate();
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
