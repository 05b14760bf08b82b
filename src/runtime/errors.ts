/** The base of every error a map of this package raises by itself. `mapName` and `key` say where. */
export class SafeMapError extends Error {
  override readonly name: string = "SafeMapError";
  readonly mapName: string;
  /** The keys concerned; undefined where the whole map is. */
  readonly keys: readonly unknown[] | undefined;

  constructor(mapName: string, keys: readonly unknown[] | undefined, claim: string) {
    super(`${mapName}: ${claim}`);
    this.mapName = mapName;
    this.keys = keys;
  }

  /** The key concerned, or the first of several. */
  get key(): unknown {
    return this.keys?.[0];
  }
}

/** `getOrThrow` found no entry. */
export class MissingKeyError extends SafeMapError {
  override readonly name = "MissingKeyError";

  constructor(mapName: string, key: unknown) {
    super(mapName, [key], `no entry for key ${describeKey(key)}`);
  }
}

/** A caller's `timeout` ran out while it waited for a lock, a section or a load. */
export class LockTimeoutError extends SafeMapError {
  override readonly name = "LockTimeoutError";
  /** The caller's limit, in milliseconds. */
  readonly timeout: number;

  constructor(mapName: string, keys: readonly unknown[] | undefined, timeout: number, waitingFor: string) {
    super(mapName, keys, `gave up after ${timeout} ms waiting for ${waitingFor}`);
    this.timeout = timeout;
  }
}

/** An update was not committed, because its key was written after it had been read. */
export class ConflictError extends SafeMapError {
  override readonly name = "ConflictError";

  constructor(mapName: string, key: unknown) {
    super(mapName, [key], `key ${describeKey(key)} was written while its update ran; nothing was committed`);
  }
}

/** A task waited for a lock, or a load, that it holds up itself. Raised with `detectReentrance` only. */
export class ReentranceError extends SafeMapError {
  override readonly name = "ReentranceError";

  constructor(mapName: string, keys: readonly unknown[] | undefined, waitingFor: string) {
    super(mapName, keys, `waits for ${waitingFor} inside the section that holds it, and would wait forever`);
  }
}

/** `validate` refused an entry. */
export class InvalidEntryError extends SafeMapError {
  override readonly name = "InvalidEntryError";

  constructor(mapName: string, key: unknown) {
    super(mapName, [key], `the entry for key ${describeKey(key)} is not valid`);
  }
}

/** A snapshot was used after it had been disposed of. */
export class DisposedError extends SafeMapError {
  override readonly name = "DisposedError";

  constructor(mapName: string) {
    super(mapName, undefined, "this snapshot has been disposed of");
  }
}

/** Words for the keys of a lock: `the whole map`, `key "a"`, `keys "a", "b"`. */
export function describeKeys(keys: readonly unknown[] | undefined): string {
  if (keys === undefined) return "the whole map";
  return `${keys.length === 1 ? "key" : "keys"} ${keys.map(describeKey).join(", ")}`;
}

/** Words for a key of any type; never throws. */
export function describeKey(key: unknown): string {
  try {
    if (typeof key === "string") return JSON.stringify(key);
    if (typeof key === "function") return `[function ${key.name || "anonymous"}]`;
    if (typeof key === "object" && key !== null) return `[object ${key.constructor?.name ?? "null prototype"}]`;
    return Object.is(key, -0) ? "0" : String(key);
  } catch {
    return "[object]";
  }
}
