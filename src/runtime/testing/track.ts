/** What one step did to one key of one tracked map. A `bump` changes the number of entries: bumps commute. */
export interface Access {
  readonly map: number;
  /** A key, `everyKey` or `countKey`. */
  readonly key: unknown;
  readonly kind: "read" | "write" | "bump";
}

/** Stands for the key of `clear` and iteration: it meets every key. */
export const everyKey = Symbol("every key");
/** Stands for the number of entries, and for their order. */
export const countKey = Symbol("count");

/** Who hears about accesses: the schedule that runs now. */
export interface AccessListener {
  /** A number for a map made in this run, or undefined where its identity says nothing about the next run. */
  newMapId(): number | undefined;
  read(map: TrackedState, key: unknown, value: unknown): void;
  write(map: TrackedState, key: unknown, value: unknown): void;
  readSize(map: TrackedState): void;
  resize(map: TrackedState): void;
  readAll(map: TrackedState): void;
  writeAll(map: TrackedState): void;
  /** A method whose effects are not known key by key. */
  callOpaque(map: TrackedState): void;
  /** Called after each outermost access, for the timeline. */
  show(map: TrackedState, method: string, args: readonly unknown[], result: unknown): void;
}

/** What is known of a tracked map. */
export interface TrackedState {
  readonly name: string;
  readonly id: number | undefined;
  /** Whether every method is known key by key: a plain `Map` or `Set`. */
  readonly isPlain: boolean;
}

const stateKey = Symbol("mapguard.tracked");
let listener: AccessListener | undefined;
let outerIds = 0;
/** Inside one tracked method, those it calls on its own map are not accesses of their own. */
let depth = 0;

/** Names who hears about accesses from now on. */
export function listenToAccesses(next: AccessListener | undefined): void {
  listener = next;
  depth = 0;
}

type Method = (this: object, ...args: unknown[]) => unknown;
type Note = (to: AccessListener, map: TrackedState, args: readonly unknown[], result: unknown, before: unknown) => void;

interface Known {
  readonly note: Note;
  /** What the note compares with, taken before the call. */
  readonly before?: (map: Map<unknown, unknown> | Set<unknown>, args: readonly unknown[]) => unknown;
}

const sizeBefore = (map: Map<unknown, unknown> | Set<unknown>): unknown => nativeSize(map);
const readAll: Known = { note: (to, map) => to.readAll(map) };

function noteWrite(to: AccessListener, map: TrackedState, key: unknown, value: unknown, isResized: boolean): void {
  to.write(map, key, value);
  if (isResized) to.resize(map);
}

/** `m.get(k)`, `m.set(k, v)`, ...: each method's access. */
const known: Readonly<Record<string, Known>> = {
  get: { note: (to, map, [key], value) => to.read(map, key, value) },
  has: { note: (to, map, [key]) => to.read(map, key, undefined) },
  set: { before: sizeBefore, note: (to, map, [key, value], self, before) => noteWrite(to, map, key, value, before !== nativeSize(self as Map<unknown, unknown>)) },
  add: { before: sizeBefore, note: (to, map, [key], self, before) => noteWrite(to, map, key, undefined, before !== nativeSize(self as Set<unknown>)) },
  delete: {
    note: (to, map, [key], isDeleted) => {
      if (isDeleted === true) noteWrite(to, map, key, undefined, true);
      else to.read(map, key, undefined);
    },
  },
  clear: { note: (to, map) => to.writeAll(map) },
  keys: readAll,
  values: readAll,
  entries: readAll,
  forEach: readAll,
};

const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!;

function nativeSize(map: Map<unknown, unknown> | Set<unknown>): number {
  return (map instanceof Map ? mapSize : setSize).call(map) as number;
}

function trackMethod(name: string, method: Method, plan: Known | undefined): Method {
  return function (this: object, ...args) {
    const to = listener;
    const state = (this as { [stateKey]?: TrackedState })[stateKey];
    if (to === undefined || depth > 0 || state === undefined) return method.apply(this, args);
    const before = plan?.before?.(this as Map<unknown, unknown>, args);
    let result: unknown;
    depth++;
    try {
      result = method.apply(this, args);
    } finally {
      depth--;
    }
    if (plan === undefined || !state.isPlain) to.callOpaque(state);
    else plan.note(to, state, args, result, before);
    to.show(state, name, args, result);
    return result;
  };
}

function trackSize(size: () => unknown): (this: object) => unknown {
  return function (this: object) {
    const result = size.call(this);
    const to = listener;
    const state = (this as { [stateKey]?: TrackedState })[stateKey];
    if (to === undefined || depth > 0 || state === undefined) return result;
    to.readSize(state);
    to.show(state, "size", [], result);
    return result;
  };
}

function findDescriptor(prototype: object, name: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function methodNames(prototype: object): Set<PropertyKey> {
  const names = new Set<PropertyKey>();
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const name of Reflect.ownKeys(at)) names.add(name);
  }
  names.delete("constructor");
  names.delete(Symbol.toStringTag);
  return names;
}

function describeTracked(prototype: object, name: PropertyKey): PropertyDescriptor | undefined {
  const found = findDescriptor(prototype, name)!;
  if (name === "size" && found.get !== undefined) return { get: trackSize(found.get), configurable: true };
  if (typeof found.value !== "function") return undefined;
  const plan = name === Symbol.iterator ? readAll : typeof name === "string" && Object.hasOwn(known, name) ? known[name] : undefined;
  const shown = name === Symbol.iterator ? "[Symbol.iterator]" : String(name);
  return { value: trackMethod(shown, found.value as Method, plan), configurable: true, writable: true };
}

const trackedPrototypes = new WeakMap<object, object>();

function trackedPrototype(prototype: object): object {
  let tracked = trackedPrototypes.get(prototype);
  if (tracked === undefined) {
    tracked = Object.create(prototype) as object;
    for (const name of methodNames(prototype)) {
      const descriptor = describeTracked(prototype, name);
      if (descriptor !== undefined) Object.defineProperty(tracked, name, descriptor);
    }
    trackedPrototypes.set(prototype, tracked);
  }
  return tracked;
}

/**
 * Instruments a `Map`, a `Set` or an instance of a subclass in place: a running exploration hears of every access. Gives the same object.
 * Outside of an exploration it behaves as before.
 * @param name what timelines call it
 */
export function track<M extends Map<unknown, unknown> | Set<unknown>>(map: M, name = "map"): M {
  if (Object.hasOwn(map, stateKey)) return map;
  const prototype = Object.getPrototypeOf(map) as object;
  const state: TrackedState = {
    name,
    id: listener === undefined ? --outerIds : listener.newMapId(),
    isPlain: prototype === Map.prototype || prototype === Set.prototype,
  };
  Object.defineProperty(map, stateKey, { value: state });
  Object.setPrototypeOf(map, trackedPrototype(prototype));
  return map;
}

function isSameKey(one: unknown, other: unknown): boolean {
  return one === other || one === everyKey || other === everyKey || (one !== one && other !== other);
}

function conflicts(one: Access, other: Access): boolean {
  return one.map === other.map && (one.kind !== other.kind || one.kind === "write") && isSameKey(one.key, other.key);
}

/** Whether two steps' accesses commute. */
export function isIndependent(one: readonly Access[], other: readonly Access[]): boolean {
  return one.every((a) => other.every((b) => !conflicts(a, b)));
}
