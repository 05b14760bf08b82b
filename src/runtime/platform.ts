/** Modules that browsers lack, reached without an import that a bundler would stumble over, and typed without Node's types. */

/** The part of an `AsyncLocalStorage` that is used here. */
export interface ContextStorage<T> {
  getStore(): T | undefined;
  run<R>(store: T, callback: () => R): R;
}

/** The part of a diagnostics channel that is used here. */
export interface EventChannel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface ServerProcess {
  getBuiltinModule?(id: "node:async_hooks"): { AsyncLocalStorage: new <T>() => ContextStorage<T> } | undefined;
  getBuiltinModule?(id: "node:diagnostics_channel"): { channel(name: string): EventChannel } | undefined;
}

const { process } = globalThis as { process?: ServerProcess };

/** A new `AsyncLocalStorage`; undefined where the platform has none. */
export function createContextStorage<T>(): ContextStorage<T> | undefined {
  const hooks = process?.getBuiltinModule?.("node:async_hooks");
  return hooks && new hooks.AsyncLocalStorage<T>();
}

/** The diagnostics channel of that name; undefined where the platform has none. */
export function findChannel(name: string): EventChannel | undefined {
  return process?.getBuiltinModule?.("node:diagnostics_channel")?.channel(name);
}
