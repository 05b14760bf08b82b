/** Whom to tell that one signal has aborted. */
class AbortListener extends Set<() => void> {
  handleEvent(): void {
    for (const callback of this) callback();
  }
}

const listeners = new WeakMap<AbortSignal, AbortListener>();

/**
 * Calls `onAbort` when the signal aborts; gives the function that stops it.
 * A signal gets one listener however many callers share it: its own list would warn from the eleventh on, and remove in linear time.
 */
export function watchAbort(signal: AbortSignal, onAbort: () => void): () => void {
  const listener = listeners.get(signal) ?? listen(signal);
  const callback = (): void => onAbort();
  listener.add(callback);
  return () => {
    if (!listener.delete(callback) || listener.size > 0) return;
    signal.removeEventListener("abort", listener);
    listeners.delete(signal);
  };
}

function listen(signal: AbortSignal): AbortListener {
  const listener = new AbortListener();
  listeners.set(signal, listener);
  signal.addEventListener("abort", listener);
  return listener;
}
