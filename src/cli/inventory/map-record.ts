/** One map of a file, as the inventory lists it. */
export interface MapRecord {
  /** As the source calls it: `this.sessions`. */
  readonly name: string;
  /** `Map`, `Set`, `WeakMap`, `dictionary`, ... */
  readonly kind: string;
  /** Where it lives: `module`, `field`, `static`, `local`, ... */
  readonly home: string;
  readonly file: string;
  /** 1-based line of the declaration. */
  readonly line: number;
  /** Whether several tasks can use it at once, and why. */
  readonly shared: boolean;
  readonly why: string;
  /** The types of key and value as written, where they are. */
  readonly key?: string;
  readonly value?: string;
  readonly reads: number;
  readonly writes: number;
  readonly deletes: number;
  /** What its accesses are protected by: locks, in-flight promises. */
  readonly guards: readonly string[];
  readonly valuesAreMaps: boolean;
}
