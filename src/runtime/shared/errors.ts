/** Base of every error a SharedMap throws by itself; `code` is stable, the message is for people. */
export class SharedMapError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The map has no room: `reason` is "entries" for a full fixed map, "bytes" when `maxByteLength` is used up. */
export class CapacityError extends SharedMapError {
  readonly reason: "entries" | "bytes";
  constructor(reason: "entries" | "bytes", message: string) {
    super("ERR_SHARED_MAP_CAPACITY", message);
    this.reason = reason;
  }
}

/** A key and its value together are longer than one entry may be. */
export class EntryTooLargeError extends SharedMapError {
  constructor(byteLength: number, limit: number) {
    super("ERR_SHARED_MAP_ENTRY_TOO_LARGE", `SharedMap entry of ${byteLength} bytes exceeds the limit of ${limit} bytes`);
  }
}

/** A lock stayed taken for longer than `lockTimeout`, and its owner is not known to be dead. */
export class LockTimeoutError extends SharedMapError {
  constructor(waitedMs: number, threadId: number) {
    super("ERR_SHARED_MAP_LOCK_TIMEOUT", `SharedMap lock not released after ${Math.round(waitedMs)} ms by thread ${threadId}, which is not known to be dead`);
  }
}

/** The handle is not one: no object, a foreign buffer, another layout version, or a different codec. */
export class InvalidHandleError extends SharedMapError {
  constructor(message: string) {
    super("ERR_SHARED_MAP_HANDLE", message);
  }
}

/** The map was disposed on this thread. */
export class DisposedError extends SharedMapError {
  constructor() {
    super("ERR_SHARED_MAP_DISPOSED", "SharedMap was disposed on this thread");
  }
}

/** More threads are attached at once than the map has records for. */
export class TooManyThreadsError extends SharedMapError {
  constructor(limit: number) {
    super("ERR_SHARED_MAP_THREADS", `SharedMap has records for ${limit} attachments, and all are in use`);
  }
}

/** The codec could not turn a value into bytes, or bytes into a value; the codec's own error is the `cause`. */
export class CodecError extends SharedMapError {
  constructor(direction: "encode" | "decode", cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super("ERR_SHARED_MAP_CODEC", `SharedMap codec failed to ${direction} a value: ${why}`, { cause });
  }
}
