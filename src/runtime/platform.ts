import type { AsyncLocalStorage } from "node:async_hooks";
import type { Channel } from "node:diagnostics_channel";

/** The modules of the platform that browsers lack, without an import that a bundler would stumble over. */
interface ServerProcess {
  getBuiltinModule?(id: "node:async_hooks"): { AsyncLocalStorage: new <T>() => AsyncLocalStorage<T> } | undefined;
  getBuiltinModule?(id: "node:diagnostics_channel"): { channel(name: string): Channel } | undefined;
}

const { process } = globalThis as { process?: ServerProcess };

/** A new `AsyncLocalStorage`; undefined where the platform has none. */
export function createAsyncLocalStorage<T>(): AsyncLocalStorage<T> | undefined {
  const hooks = process?.getBuiltinModule?.("node:async_hooks");
  return hooks && new hooks.AsyncLocalStorage<T>();
}

/** The diagnostics channel of that name; undefined where the platform has none. */
export function findChannel(name: string): Channel | undefined {
  return process?.getBuiltinModule?.("node:diagnostics_channel")?.channel(name);
}
