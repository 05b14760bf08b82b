import { isInBackground, type Operation, type SpawnedTask } from "./operation.js";
import { Clock } from "./timers.js";

/** Reused by all runs, of which one runs at a time. */
const scratchChoices: Operation[] = [];
const scratchRejections: boolean[] = [];

/** A task that goes on for so many steps lets others first: a poll must not starve what it waits for. */
const longestTurn = 32;

/** What waits for the explorer in a run, and which of it may happen next. */
export class Agenda {
  /** All that waits, in the order of creation. */
  readonly pending: Operation[] = [];
  /** The possible next steps, the default first; only the first `count` count. */
  readonly choices = scratchChoices;
  /** Which of the choices are to reject. */
  readonly rejections = scratchRejections;
  count = 0;
  /** How many of the choices cost nothing: they switch away from no task that could go on. */
  free = 0;
  #timers = 0;
  #clock: Clock | undefined = undefined;
  #mayReject = false;
  #hasBackground = false;
  #last: SpawnedTask | undefined = undefined;
  #turn = 0;

  add(operation: Operation): void {
    this.pending.push(operation);
    if (operation.rejects !== undefined) this.#mayReject = true;
    if (isInBackground(operation.owner)) this.#hasBackground = true;
    if (operation.timer !== undefined) {
      this.#timers++;
      this.#clock ??= new Clock();
    }
  }

  /** Takes it from what waits, and keeps the order of the others. */
  remove(operation: Operation): void {
    const { pending } = this;
    let at = pending.indexOf(operation);
    if (at < 0) return;
    if (operation.timer !== undefined) this.#timers--;
    for (; at + 1 < pending.length; at++) pending[at] = pending[at + 1]!;
    pending.pop();
  }

  /** Takes a choice, at so many steps. */
  take(index: number, step: number): Operation {
    const operation = this.choices[index]!;
    this.remove(operation);
    this.#turn = operation.owner === this.#last ? this.#turn + 1 : 0;
    this.#last = operation.owner;
    if (operation.timer !== undefined) this.#clock!.fire(operation.timer, step);
    return operation;
  }

  /**
   * Lists what may happen next: the completions of the task that ran last, the others', the background's, timers, rejections.
   * @param isAwaited whether a task is still to end
   * @returns false when there is nothing
   */
  findChoices(isAwaited: boolean): boolean {
    const { pending } = this;
    const favoured = this.#turn < longestTurn && !isInBackground(this.#last) ? this.#last : undefined;
    this.count = 0;
    if ((this.#timers > 0 || this.#hasBackground) && !isAwaited && !this.#isHeld()) return false;
    if (favoured !== undefined) {
      for (let i = 0; i < pending.length; i++) if (pending[i]!.owner === favoured) this.#offer(pending[i]!);
    }
    this.free = this.count > 0 ? 1 : 0;
    for (let i = 0; i < pending.length; i++) if (favoured === undefined || pending[i]!.owner !== favoured) this.#offer(pending[i]!);
    this.free ||= this.count;
    if (this.#hasBackground) this.#offerBackground();
    if (this.#timers > 0) this.#offerTimers();
    if (this.#mayReject) this.#offerRejections();
    return this.count > 0;
  }

  /** Tells a choice from others in the same place of another run of the same prefix. */
  signature(index: number): number {
    const { owner, number, name } = this.choices[index]!;
    const task = owner === undefined ? 0 : owner.index + 1;
    return (((this.count << 8) ^ (number << 4) ^ task) << 6) ^ name.length ^ (this.rejections[index]! ? 1 << 29 : 0);
  }

  /** Whether what waits makes the schedule go on: intervals and tasks in the background alone do not. */
  #isHeld(): boolean {
    return this.pending.some(({ timer, owner }) => (timer === undefined ? !isInBackground(owner) : timer.isHolding));
  }

  #add(operation: Operation, isRejecting: boolean): void {
    this.choices[this.count] = operation;
    this.rejections[this.count++] = isRejecting;
  }

  #offer(operation: Operation): void {
    if (operation.isReady && operation.timer === undefined && !isInBackground(operation.owner)) this.#add(operation, false);
  }

  #offerBackground(): void {
    for (const operation of this.pending) {
      if (operation.isReady && operation.timer === undefined && isInBackground(operation.owner)) this.#add(operation, false);
    }
    this.free ||= this.count;
  }

  #offerTimers(): void {
    for (const operation of this.pending) {
      if (operation.timer !== undefined && operation.timer.ticksLeft > 0 && this.#clock!.canFire(operation, this.pending)) this.#add(operation, false);
    }
    this.free ||= this.count;
  }

  #offerRejections(): void {
    for (const operation of this.pending) if (operation.isReady && operation.rejects !== undefined) this.#add(operation, true);
  }
}
