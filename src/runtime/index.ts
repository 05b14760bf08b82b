export type { WaitOptions } from "./caller.js";
export {
  ConflictError,
  DisposedError,
  InvalidEntryError,
  LockTimeoutError,
  MissingKeyError,
  ReentranceError,
  SafeMapError,
} from "./errors.js";
export type { ConflictEvent, LoadEvent, WaitEvent, WriteEvent } from "./events.js";
export type { LoadContext } from "./flight.js";
export type { ForEachOptions } from "./for-each-async.js";
export type { LockMode } from "./locks.js";
export { SafeMap, type SafeMapOptions, type SafeMapStats, type UpdateOptions } from "./safe-map.js";
export type { LockHandle, LockOptions } from "./sections.js";
export { Snapshot } from "./snapshot.js";
