/** Why a schedule fails. */
export type FailureKind = "assertion" | "rejection" | "deadlock" | "livelock" | "uncontrolled" | "nondeterminism";

export interface Fault {
  readonly kind: FailureKind;
  readonly error: unknown;
}

/** The fault of an error that nobody handles. */
export function faultOf(error: unknown): Fault {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return { kind: name === "AssertionError" || code === "ERR_ASSERTION" ? "assertion" : "rejection", error };
}

/** `error` and whatever caused it. */
function* chainOf(error: unknown): Generator<unknown> {
  const todo = [error];
  for (let i = 0; i < todo.length && i < 100; i++) {
    const at = todo[i];
    yield at;
    const { cause, errors } = (typeof at === "object" && at !== null ? at : {}) as { cause?: unknown; errors?: unknown };
    if (cause !== undefined) todo.push(cause);
    if (Array.isArray(errors)) todo.push(...(errors as unknown[]));
  }
}

/** Whether `error` is one of `errors`, or comes of one. */
export function isCausedBy(error: unknown, errors: ReadonlySet<unknown>): boolean {
  for (const link of chainOf(error)) if (errors.has(link)) return true;
  return false;
}
