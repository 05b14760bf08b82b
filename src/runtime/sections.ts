/// <reference lib="esnext.disposable" preserve="true" />
import { type Caller, canLeave, checkWaitOptions, untilLeft, type WaitOptions } from "./caller.js";
import { describeKeys, LockTimeoutError, ReentranceError } from "./errors.js";
import { isHeard, waitEvents, type WaitEvent } from "./events.js";
import { LockRequest, type LockMode, type LockTable } from "./locks.js";
import { holdsUp, type ReentranceDetector } from "./reentrance.js";

export interface LockOptions extends WaitOptions {
  /** "shared" lets other shared holders in; default "exclusive". */
  mode?: LockMode | undefined;
}

/** A lock that is held until it is released, or disposed of. */
export interface LockHandle<K> extends Disposable {
  /** The locked keys; undefined for the whole map. */
  readonly keys: readonly K[] | undefined;
  readonly isReleased: boolean;
  /** A second call does nothing. */
  release(): void;
}

/** What runs under a lock; `caller` tells whether anybody still wants the result. */
type Body<T> = (caller: Caller | undefined) => T | PromiseLike<T>;

class Handle<K> implements LockHandle<K> {
  readonly #request: LockRequest<K>;

  constructor(request: LockRequest<K>) {
    this.#request = request;
  }

  get keys(): readonly K[] | undefined {
    return this.#request.keys;
  }

  get isReleased(): boolean {
    return !this.#request.isOpen;
  }

  release(): void {
    this.#request.drop();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** The critical sections of one map: waits for locks, and for what runs under them. */
export class Sections<K> {
  readonly #locks: LockTable<K>;
  readonly #mapName: string;
  readonly #detector: ReentranceDetector | undefined;

  constructor(locks: LockTable<K>, mapName: string, detector: ReentranceDetector | undefined) {
    this.#locks = locks;
    this.#mapName = mapName;
    this.#detector = detector;
  }

  /** Runs `body` under an exclusive lock. A caller that leaves is rejected at once; a running body keeps the lock until it settles. */
  run<T>(keys: readonly K[] | undefined, options: WaitOptions | undefined, body: Body<T>): Promise<T> {
    try {
      const request = this.#request(keys, "exclusive", options);
      if (!canLeave(options)) return this.#runInside(request, body);
      return this.#wait(request, options, (caller) => this.#runInside(request, body, caller));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Waits for a lock. A caller that leaves does not get it. */
  async acquire(keys: readonly K[] | undefined, options: LockOptions): Promise<LockHandle<K>> {
    const request = this.#request(keys, options.mode ?? "exclusive", options);
    if (!request.isGranted) {
      if (canLeave(options)) await this.#wait(request, options, (caller) => this.#grantTo(request, caller));
      else await this.#granted(request);
    }
    return new Handle(request);
  }

  #request(keys: readonly K[] | undefined, mode: LockMode, options: WaitOptions | undefined): LockRequest<K> {
    if (options !== undefined) checkWaitOptions(options);
    if (keys !== undefined && !Array.isArray(keys)) throw new TypeError("the keys to lock must be an array");
    if (mode !== "exclusive" && mode !== "shared") throw new TypeError(`no lock has the mode ${String(mode)}`);
    const request = this.#locks.request(keys === undefined || keys.length === 0 ? undefined : keys, mode);
    if (this.#detector?.isInside((held) => held instanceof LockRequest && holdsUp(held, request))) {
      request.drop();
      throw new ReentranceError(this.#mapName, request.keys, describeKeys(request.keys));
    }
    return request;
  }

  async #runInside<T>(request: LockRequest<K>, body: Body<T>, caller?: Caller): Promise<T> {
    try {
      if (!request.isGranted) await this.#granted(request);
      // granted, but left before the turn came: the answer goes nowhere
      if (caller?.hasLeft) return undefined as T;
      return await (this.#detector === undefined ? body(caller) : this.#detector.run(request, () => body(caller)));
    } finally {
      request.drop();
    }
  }

  async #granted(request: LockRequest<K>): Promise<void> {
    const start = isHeard(waitEvents) ? performance.now() : undefined;
    await request.granted();
    if (start !== undefined) this.#announce(request, "granted", start);
  }

  #giveUp(request: LockRequest<K>, start: number | undefined): void {
    request.drop();
    if (start !== undefined) this.#announce(request, "left", start);
  }

  #announce({ keys }: LockRequest<K>, outcome: WaitEvent["outcome"], start: number): void {
    waitEvents?.publish({ map: this.#mapName, keys, outcome, milliseconds: performance.now() - start } satisfies WaitEvent);
  }

  async #grantTo(request: LockRequest<K>, caller: Caller): Promise<void> {
    await this.#granted(request);
    if (caller.hasLeft) request.drop();
  }

  /** The outcome of `run`, unless the caller leaves before. */
  #wait<T>(request: LockRequest<K>, options: WaitOptions, run: (caller: Caller) => Promise<T>): Promise<T> {
    const start = isHeard(waitEvents) ? performance.now() : undefined;
    return untilLeft(
      options,
      (timeout) => new LockTimeoutError(this.#mapName, request.keys, timeout, describeKeys(request.keys)),
      () => {
        if (!request.isGranted) this.#giveUp(request, start);
      },
      run,
    );
  }
}
