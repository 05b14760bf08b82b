const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `onAbort` when the signal aborts; gives the function that stops it.
 * A signal gets one listener however many callers share it: its own list would warn from the eleventh on, and remove in linear time.
 */
export function watchAbort(signal: AbortSignal, onAbort: () => void): () => void {
  const callbacks = watchers.get(signal) ?? listen(signal);
  const callback = (): void => onAbort();
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) unlisten(signal, callbacks);
  };
}

const listeners = new WeakMap<Set<() => void>, () => void>();

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    watchers.delete(signal);
    for (const callback of callbacks) callback();
  };
  watchers.set(signal, callbacks);
  listeners.set(callbacks, listener);
  signal.addEventListener("abort", listener, { once: true });
  return callbacks;
}

function unlisten(signal: AbortSignal, callbacks: Set<() => void>): void {
  signal.removeEventListener("abort", listeners.get(callbacks)!);
  if (watchers.get(signal) === callbacks) watchers.delete(signal);
}
