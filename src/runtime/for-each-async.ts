import { canLeave, checkWaitOptions, untilLeft, type WaitOptions } from "./caller.js";
import { LockTimeoutError } from "./errors.js";
import type { LoadContext } from "./flight.js";
import type { Snapshot } from "./snapshot.js";

export interface ForEachOptions<K, V> extends WaitOptions {
  /** How many visits run at a time. Default: 1, which keeps the order. */
  concurrency?: number | undefined;
  /** Takes the errors of visits, so that the others go on. Without it the first error ends the iteration. */
  onError?: ((error: unknown, value: V, key: K) => void) | undefined;
}

/** One visit; the signal aborts when the iteration ends early. */
export type Visit<K, V> = (value: V, key: K, context: LoadContext) => unknown;

interface Iterated<K, V> {
  readonly name: string;
  snapshot(): Snapshot<K, V>;
}

/**
 * Visits all entries of a snapshot, so many at a time. Rejects with the first error once the running visits have settled, or at once when the
 * caller leaves; then no further visit starts.
 */
export async function forEachAsync<K, V>(map: Iterated<K, V>, visit: Visit<K, V>, options: ForEachOptions<K, V>): Promise<void> {
  checkForEachOptions(options);
  const controller = new AbortController();
  const visits = visitAll(map.snapshot(), visit, options, controller);
  if (!canLeave(options)) return visits;
  const timeoutError = (timeout: number): Error => new LockTimeoutError(map.name, undefined, timeout, "the iteration of the map");
  return untilLeft(options, timeoutError, (reason) => controller.abort(reason), () => visits);
}

async function visitAll<K, V>(entries: Snapshot<K, V>, visit: Visit<K, V>, options: ForEachOptions<K, V>, controller: AbortController): Promise<void> {
  const { signal } = controller;
  const { concurrency = 1, onError } = options;
  const rest = entries.entries();
  const errors: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && !signal.aborted; next = rest.next()) {
      const [key, value] = next.value;
      try {
        await attempt(() => visit(value, key, { signal }), onError && ((error) => onError(error, value, key)));
      } catch (error) {
        errors.push(error);
        controller.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, entries.size) }, work));
  entries.dispose();
  if (errors.length > 0) throw errors[0];
}

async function attempt(run: () => unknown, onError: ((error: unknown) => void) | undefined): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (onError === undefined) throw error;
    onError(error);
  }
}

function checkForEachOptions(options: ForEachOptions<never, never>): void {
  checkWaitOptions(options);
  const { concurrency = 1 } = options;
  if (concurrency !== Infinity && !(Number.isInteger(concurrency) && concurrency > 0)) {
    throw new RangeError(`concurrency must be a whole number from 1 on, not ${String(concurrency)}`);
  }
}
