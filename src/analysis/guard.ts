/** A mistake in the analysis must not cost a team its lint run; the tests set the variable to see it. */
export function orNothing<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (globalThis.process?.env["MAPGUARD_DEBUG"]) throw error;
    return undefined;
  }
}

/** Computes once, when first asked. */
export function once<T>(compute: () => T): () => T {
  let value: { readonly of: T } | undefined;
  return () => (value ??= { of: compute() }).of;
}

/** Computes once, when first asked; a mistake gives the fallback. */
export function lazily<T>(compute: () => T, fallback: T): () => T {
  let value: { readonly of: T } | undefined;
  return () => (value ??= { of: orNothing(compute) ?? fallback }).of;
}
