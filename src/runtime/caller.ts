import { watchAbort } from "./abort.js";

/** How long one caller is willing to wait. Both are its own: its leaving touches no other caller. */
export interface WaitOptions {
  /** Leaves when aborted; the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Leaves after so many milliseconds; the call rejects with `LockTimeoutError`. */
  timeout?: number | undefined;
}

/** The longest delay a timer takes; a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

export function canLeave(options: WaitOptions | undefined): options is WaitOptions {
  return options !== undefined && (options.signal !== undefined || options.timeout !== undefined);
}

/**
 * Checks a caller's options before anything is enqueued for it.
 * Throws the reason of a signal that is aborted already, a `RangeError` for a timeout that is no duration.
 */
export function checkWaitOptions({ signal, timeout }: WaitOptions): void {
  if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 0)) {
    throw new RangeError(`timeout must be a number from 0 on, not ${String(timeout)}`);
  }
  signal?.throwIfAborted();
}

/** One caller that may leave: by its signal or its timeout, whichever comes first, unless `settle` comes before both. */
export class Caller {
  /** True once the caller has left. */
  hasLeft = false;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #unwatch: (() => void) | undefined;

  /**
   * @param options whose signal is not aborted yet (`checkWaitOptions`)
   * @param timeoutError makes the error a timeout ends with
   * @param onLeave called once, with the reason, when the caller leaves
   */
  constructor({ signal, timeout }: WaitOptions, timeoutError: (timeout: number) => Error, onLeave: (reason: unknown) => void) {
    const leave = (reason: unknown): void => {
      this.settle();
      this.hasLeft = true;
      onLeave(reason);
    };
    if (signal !== undefined) this.#unwatch = watchAbort(signal, () => leave(signal.reason));
    if (timeout !== undefined && timeout !== Infinity) {
      this.#timer = setTimeout(() => leave(timeoutError(timeout)), Math.min(timeout, LONGEST_DELAY));
    }
  }

  /** The caller has its answer: stop the clock and forget the signal. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#unwatch?.();
  }
}

/** What `start` comes to, for a caller that may leave before; `onLeave` hears of it first. */
export function untilLeft<T>(
  options: WaitOptions,
  timeoutError: (timeout: number) => Error,
  onLeave: (reason: unknown) => void,
  start: (caller: Caller) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const caller = new Caller(options, timeoutError, (reason) => {
      onLeave(reason);
      reject(reason);
    });
    start(caller)
      .finally(() => caller.settle())
      .then(resolve, reject);
  });
}
