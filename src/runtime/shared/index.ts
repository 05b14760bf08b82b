export { SharedMap } from "./shared-map.js";
export type { AttachOptions, SharedKey, SharedMapHandle, SharedMapOptions, SharedMapStats } from "./shared-map.js";
export type { Codec } from "./codec.js";
export {
  CapacityError,
  CodecError,
  DisposedError,
  EntryTooLargeError,
  InvalidHandleError,
  LockTimeoutError,
  SharedMapError,
  TooManyThreadsError,
} from "./errors.js";
