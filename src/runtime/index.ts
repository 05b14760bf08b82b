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
export type { LoadContext } from "./flight.js";
export type { LockMode } from "./locks.js";
export { SafeMap, type SafeMapOptions, type UpdateOptions } from "./safe-map.js";
export type { LockHandle, LockOptions } from "./sections.js";
export { Snapshot } from "./snapshot.js";
