import { isInsertion, isRemoval } from "../maps/accesses.js";
import { type Node, unwrap } from "../code/ast.js";
import { type Graph, type GraphNode, type LockReference, type Name, type Value, type WriteEvent, isSourceVariable } from "./graph.js";
import type { MapEntity } from "../maps/inventory.js";
import { isSameKey, type KeyTerm } from "../maps/keys.js";
import { createControl, type Control } from "./control.js";

/** Bits that say how a write depends on a read. */
export const COPY = 1;
export const DERIVED = 2;
export const WEAK = 4;
export const CONTROL = 8;

/** What a task knows of a map since one of its own accesses. */
export interface Fact {
  /** The suspension since which others may have run; `undefined` while fresh. */
  readonly stale: number | undefined;
  /** Locks held without a gap since the access. */
  readonly locks: ReadonlySet<string>;
  /** The key of the access no longer means the same key. */
  readonly isLost: boolean;
}

/** The reads that something depends on, with the bits. */
type Reads = ReadonlyMap<number, number>;

/** What each name depends on, by the number of the name. There are many of them: an array is copied and compared faster than a map, and with less garbage. */
interface NameReads {
  readonly byNumber: readonly (Reads | undefined)[];
  /** How many names depend on something. */
  readonly size: number;
}

export interface State {
  readonly facts: ReadonlyMap<number, Fact>;
  readonly names: NameReads;
  readonly held: ReadonlyMap<string, LockReference>;
  /** Let go since the last suspension: nobody else has run yet. */
  readonly released: ReadonlyMap<string, LockReference>;
}

/** The facts at every node of a graph. */
export interface Flow {
  readonly graph: Graph;
  readonly control: Control;
  /** The state before a node; `undefined` if it is never reached. */
  getState(node: number): State | undefined;
  /** The reads that decide whether or what a node does, as bits by read. */
  getDependences(node: GraphNode): Reads;
  /** The reads that a value depends on, at a node. */
  resolve(value: Value, node: number): Reads;
}

const NO_LOCKS: ReadonlyMap<string, LockReference> = new Map();
const NO_READS: Reads = new Map();
const EMPTY: State = { facts: new Map(), names: { byNumber: [], size: 0 }, held: NO_LOCKS, released: NO_LOCKS };
const MAX_ROUNDS = 4;
const MAX_PASSES = 40;
/** Past this a function is too large to be sure of anything: no state, no report. */
const MAX_WORK = 200_000;

/** The name under which a lock is held. */
export function getLockId(lock: LockReference): string {
  return lock.key ? `${lock.id}|${lock.key.text}` : lock.id;
}

/**
 * Carries facts along the graph: fresh at the access, stale at the next suspension.
 * A worklist to a fixpoint, repeated while control dependence adds to what values depend on.
 */
export function runFlow(graph: Graph): Flow {
  let solved: Solution | undefined;
  const get = (): Solution => (solved ??= solveGraph(graph));
  return {
    graph,
    get control() {
      return get().control;
    },
    getState: (node) => get().states[node],
    resolve: (value, node) => resolveValue(value, get().states[node] ?? EMPTY, get()),
    getDependences(node) {
      const solution = get();
      const isValued = node.event.type === "write" || node.event.type === "assign";
      const found = isValued ? resolveValue(node.event.value, solution.states[node.id] ?? EMPTY, solution) : NO_READS;
      return withControl(found, node.id, solution);
    },
  };
}

/** What is known of a graph beside its states. */
interface GraphFacts {
  readonly control: Control;
  readonly branches: BranchReads;
  /** By node, for as long as no branch depends on more. */
  readonly controlReads: Map<number, { version: number; readonly reads: Reads }>;
  readonly numbers: Map<Name, number>;
  /** Variables in keys: when one is assigned, a key is another one. */
  readonly keyVariables: ReadonlySet<Name>;
  /** Names that some value of the graph comes from: of the others nobody asks what they depend on. */
  readonly usedNames: ReadonlySet<Name>;
  readonly isTracked: (read: number) => boolean;
}

interface Solution extends GraphFacts {
  readonly states: readonly (State | undefined)[];
}

/** The reads that the tests of branches depend on. */
class BranchReads {
  readonly #reads = new Map<number, Reads>();
  readonly #changes: number[] = [];
  #inOrder: readonly (readonly [number, Reads])[] | undefined;

  get version(): number {
    return this.#changes.length;
  }

  /** Whether a branch of some kind has changed since a version. */
  hasChanged(version: number, isOfInterest: (branch: number) => boolean): boolean {
    for (let index = version; index < this.#changes.length; index++) if (isOfInterest(this.#changes[index]!)) return true;
    return false;
  }

  get(branch: number): Reads | undefined {
    return this.#reads.get(branch);
  }

  set(branch: number, reads: Reads): void {
    this.#reads.set(branch, reads);
    this.#inOrder = undefined;
    this.#changes.push(branch);
  }

  get inOrder(): readonly (readonly [number, Reads])[] {
    return (this.#inOrder ??= [...this.#reads].sort(([a], [b]) => a - b));
  }
}

function solveGraph(graph: Graph): Solution {
  const tracked = findTrackedMaps(graph);
  const isTracked = (read: number): boolean => {
    const event = graph.nodes[read]?.event;
    return event?.type === "read" && tracked.has(event.map);
  };
  const known: GraphFacts = { control: createControl(graph), branches: new BranchReads(), controlReads: new Map(), numbers: new Map(), keyVariables: findKeyVariables(graph), usedNames: findUsedNames(graph), isTracked };
  let states: readonly (State | undefined)[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const solver = new Solver(graph, known);
    states = solver.solve();
    if (!solver.hasNewBranches) break;
  }
  return { ...known, states };
}

function findUsedNames(graph: Graph): ReadonlySet<Name> {
  const names = new Set<Name>();
  for (const { event } of graph.nodes) {
    const value = event.type === "branch" ? event.test : "value" in event ? event.value : undefined;
    for (const { source } of value?.dependences ?? []) if (typeof source !== "number") names.add(source);
  }
  return names;
}

function findKeyVariables(graph: Graph): ReadonlySet<Name> {
  return new Set(graph.nodes.flatMap(({ event }) => (event.type === "read" || event.type === "write" || event.type === "reserve" ? event.key.variables : [])));
}

/** Facts matter for maps that the graph also writes, or whose entries it looks up again. */
function findTrackedMaps(graph: Graph): ReadonlySet<MapEntity> {
  const tracked = new Set<MapEntity>();
  const lookedUp = new Set<MapEntity>();
  for (const { event } of graph.nodes) {
    if (event.type === "reserve") tracked.add(event.map);
    if (event.type === "write") {
      tracked.add(event.map);
      if (event.map.parent) tracked.add(event.map.parent);
    }
    if (event.type !== "read") continue;
    if (event.operation === "get" && lookedUp.has(event.map)) tracked.add(event.map);
    lookedUp.add(event.map);
    if (event.map.parent && tracked.has(event.map.parent)) tracked.add(event.map);
  }
  for (const map of lookedUp) if (map.parent && tracked.has(map.parent)) tracked.add(map);
  return tracked;
}

function resolveValue(value: Value, state: State, { numbers, isTracked }: GraphFacts): Reads {
  const [only] = value.dependences;
  if (!only) return NO_READS;
  // const a = b
  if (value.dependences.length === 1 && only.strength === "copy" && typeof only.source !== "number") return getReads(state.names, only.source, numbers) ?? NO_READS;
  let found: Map<number, number> | undefined;
  const add = (read: number, bits: number): void => {
    found ??= new Map();
    found.set(read, (found.get(read) ?? 0) | bits);
  };
  for (const { source, strength } of value.dependences) {
    const bits = strength === "copy" ? COPY : strength === "derived" ? DERIVED : WEAK;
    if (typeof source === "number") {
      if (isTracked(source)) add(source, bits);
    } else getReads(state.names, source, numbers)?.forEach((known, read) => add(read, combine(known, bits)));
  }
  return found ?? NO_READS;
}

function getReads(names: NameReads, name: Name, numbers: ReadonlyMap<Name, number>): Reads | undefined {
  const number = numbers.get(name);
  return number === undefined ? undefined : names.byNumber[number];
}

/** A derived use of a copy is derived; a copy of what is derived stays derived; what went through an await stays weak. */
function combine(known: number, use: number): number {
  if (use === COPY) return known;
  const control = known & CONTROL;
  if (use === WEAK) return control | (known & ~CONTROL ? WEAK : 0);
  return control | (known & WEAK) | (known & (COPY | DERIVED) ? DERIVED : 0);
}

/** The reads on whose outcome a node hangs. Of most branches the outcome depends on no read: only the others are asked. */
function getControlReads(node: number, { control, branches, controlReads }: GraphFacts): Reads {
  const known = controlReads.get(node);
  const { version } = branches;
  if (known && !branches.hasChanged(known.version, (branch) => control.getOutcome(branch, node) !== undefined)) {
    known.version = version;
    return known.reads;
  }
  const reads = new Map<number, number>();
  for (const [branch, tested] of branches.inOrder) {
    if (control.getOutcome(branch, node) === undefined) continue;
    tested.forEach((bits, read) => {
      if (bits & ~WEAK) reads.set(read, CONTROL);
    });
  }
  controlReads.set(node, { version, reads });
  return reads;
}

function withControl(reads: Reads, node: number, known: GraphFacts): Reads {
  const control = getControlReads(node, known);
  return reads.size === 0 ? control : joinMaps(reads, control, joinBits);
}

class Solver {
  hasNewBranches = false;
  readonly #states: (State | undefined)[];

  constructor(
    private readonly graph: Graph,
    private readonly known: GraphFacts,
  ) {
    this.#states = new Array<State | undefined>(graph.nodes.length).fill(undefined);
  }

  solve(): (State | undefined)[] {
    this.#states[0] = EMPTY;
    const isDirty = new Uint8Array(this.graph.nodes.length);
    isDirty[0] = 1;
    // Nodes stand in the order in which they were lowered, so a pass is nearly in reverse postorder. States only grow;
    // the limit is for a mistake in this argument.
    let work = 0;
    for (let pass = 0, isChanged = true; isChanged && pass < MAX_PASSES; pass++) {
      if (work > MAX_WORK) return this.#states.fill(undefined);
      isChanged = false;
      for (const node of this.graph.nodes) {
        if (!isDirty[node.id]) continue;
        isDirty[node.id] = 0;
        const before = this.#states[node.id]!;
        const left = this.#transfer(node, before instanceof MeetingState ? before.share() : before);
        for (const edge of node.edges) {
          const after = edge.since === undefined ? left : withoutSuspensionsSince(left, edge.since);
          const known = this.#states[edge.to];
          if (known) work += after.facts.size + after.names.size;
          // Every call has a way to the exit by exception: what all of them know together there is of no use to anybody.
          if (known && this.graph.nodes[edge.to]!.event.type === "exit") continue;
          if (known && !this.#meet(edge.to, known).join(after)) continue;
          if (!known) this.#states[edge.to] = after;
          isDirty[edge.to] = 1;
          isChanged = true;
        }
      }
    }
    return this.#states;
  }

  #meet(id: number, known: State): MeetingState {
    if (known instanceof MeetingState) return known;
    const meeting = new MeetingState(known);
    this.#states[id] = meeting;
    return meeting;
  }

  #transfer(node: GraphNode, state: State): State {
    const { event } = node;
    switch (event.type) {
      case "read":
        return this.known.isTracked(node.id) ? withFact(state, node.id) : state;
      case "write":
        return this.#transferWrite(node.id, event, state);
      case "reserve":
        return withFact(withoutEarlierInsertions(reserve(state, event, this.graph, event.map.key, event.key, undefined), event, this.graph), node.id);
      case "assign":
        return this.#transferAssign(node.id, event.name, event.value, state);
      case "suspend":
        return makeStale(state, node.id, this.graph);
      case "lock":
        return hold(state, event.lock);
      case "unlock":
        return letGo(state, (id) => id === getLockId(event.lock) || (event.lock.key === undefined && id.startsWith(`${event.lock.id}|`)));
      case "branch":
        this.#rememberBranch(node.id, resolveValue(event.test, state, this.known));
        return state;
      default:
        return state;
    }
  }

  #rememberBranch(id: number, dependences: Reads): void {
    const known = this.known.branches.get(id);
    if (dependences.size === 0 && !known) return;
    const merged = known ? joinMaps(known, dependences, joinBits) : dependences;
    if (merged === known) return;
    this.known.branches.set(id, merged);
    this.hasNewBranches = true;
  }

  #transferWrite(id: number, event: WriteEvent, state: State): State {
    let next = state;
    if (event.field !== undefined) next = isRaisedFlag(event.value.node) ? raiseFlag(next, event, event.field, this.graph) : letGo(next, (held) => held === getFlagId(event, event.field));
    else {
      if (isInsertion(event.operation)) {
        next = withoutEarlierInsertions(next, event, this.graph);
        const isOnPresent = (read: number): boolean => this.known.branches.inOrder.some(([branch, reads]) => ((reads.get(read) ?? 0) & ~CONTROL) !== 0 && this.known.control.getOutcome(branch, id) === "true");
        next = reserve(next, event, this.graph, event.map.key, event.key, isOnPresent);
      }
      if (isRemoval(event.operation)) {
        const lock = `${event.map.key}|${event.key.text}`;
        next = letGo(next, (held) => held === lock || (event.key.kind === "every" && held.startsWith(`${event.map.key}|`)));
      }
    }
    return withFact(next, id);
  }

  #transferAssign(id: number, name: Name, value: Value, state: State): State {
    const { numbers, usedNames } = this.known;
    if (!usedNames.has(name)) return this.#loseKeys(name, state);
    const dependences = withControl(resolveValue(value, state, this.known), id, this.known);
    const known = getReads(state.names, name, numbers);
    if (known ? isEqualBits(known, dependences) : dependences.size === 0) return this.#loseKeys(name, state);
    let number = numbers.get(name);
    if (number === undefined) numbers.set(name, (number = numbers.size));
    return this.#loseKeys(name, { ...state, names: withReads(state.names, number, dependences) });
  }

  /** k = next: what was known under the old k is about another key. */
  #loseKeys(name: Name, state: State): State {
    if (!isSourceVariable(name) || !this.known.keyVariables.has(name)) return state;
    let facts: Map<number, Fact> | undefined;
    for (const [id, fact] of state.facts) {
      const event = this.graph.nodes[id]!.event;
      if (fact.isLost || (event.type !== "read" && event.type !== "write" && event.type !== "reserve") || !event.key.variables.includes(name)) continue;
      facts ??= new Map(state.facts);
      facts.set(id, { ...fact, isLost: true });
    }
    return facts ? { ...state, facts } : state;
  }
}

/** while (..) await ..: what a later turn of a task knows is not known where the task is left in its first. */
function withoutSuspensionsSince(state: State, start: number): State {
  let facts: Map<number, Fact> | undefined;
  for (const [id, fact] of state.facts) {
    if (fact.stale === undefined || fact.stale < start) continue;
    facts ??= new Map(state.facts);
    facts.set(id, { ...fact, stale: undefined });
  }
  return facts ? { ...state, facts } : state;
}

function withReads(names: NameReads, number: number, reads: Reads): NameReads {
  const byNumber = copyOf(names.byNumber, number + 1);
  const before = byNumber[number] ? 1 : 0;
  byNumber[number] = reads.size > 0 ? reads : undefined;
  return { byNumber, size: names.size - before + (reads.size > 0 ? 1 : 0) };
}

/** Without holes, which would make it slower. */
function copyOf<T>(items: readonly (T | undefined)[], length: number): (T | undefined)[] {
  const copy = items.slice();
  while (copy.length < length) copy.push(undefined);
  return copy;
}

function withFact(state: State, id: number): State {
  const facts = new Map(state.facts);
  facts.set(id, { stale: undefined, locks: new Set(state.held.keys()), isLost: false });
  return { ...state, facts };
}

/**
 * A key that is written right after it was checked, with nothing between, is reserved: whoever checks later sees it.
 * A `has` that was true reserves nothing.
 */
function reserve(state: State, event: { readonly map: { readonly key: string; readonly name: string } }, graph: Graph, map: string, key: KeyTerm, isOnPresent: ((read: number) => boolean) | undefined): State {
  if (key.kind === "unknown" || key.kind === "every") return state;
  for (const [id, fact] of state.facts) {
    const read = graph.nodes[id]!.event;
    if (read.type !== "read" || fact.stale !== undefined || fact.isLost || read.map.key !== map || read.field !== undefined) continue;
    if (!isSameKey(read.key, key)) continue;
    if (read.operation === "has" && isOnPresent?.(id)) continue;
    return hold(state, { id: map, name: event.map.name, key, isShared: false });
  }
  return state;
}

/** What the task puts there now takes the place of what it has put there before. */
function withoutEarlierInsertions(state: State, event: { readonly map: MapEntity; readonly key: KeyTerm }, graph: Graph): State {
  let facts: Map<number, Fact> | undefined;
  for (const id of state.facts.keys()) {
    const earlier = graph.nodes[id]!.event;
    const isInserted = earlier.type === "reserve" || (earlier.type === "write" && isInsertion(earlier.operation) && earlier.field === undefined);
    if (!isInserted || earlier.map !== event.map || !isSameKey(earlier.key, event.key)) continue;
    facts ??= new Map(state.facts);
    facts.delete(id);
  }
  return facts ? { ...state, facts } : state;
}

/** if (e.busy) return; e.busy = true: nobody else passes the same check until it is lowered. */
function raiseFlag(state: State, event: WriteEvent, field: string, graph: Graph): State {
  const isChecked = [...state.facts].some(([id, fact]) => {
    const read = graph.nodes[id]!.event;
    return read.type === "read" && fact.stale === undefined && !fact.isLost && read.map === event.map && read.field === field && isSameKey(read.key, event.key);
  });
  return isChecked ? hold(state, { id: `${event.map.key}.${field}`, name: event.map.name, key: event.key, isShared: false }) : state;
}

function getFlagId(event: WriteEvent, field: string | undefined): string {
  return `${event.map.key}.${field}|${event.key.text}`;
}

/** true, "running" */
function isRaisedFlag(value: Node | undefined): boolean {
  const node = value && unwrap(value);
  return node?.type === "Literal" && (node.value === true || (typeof node.value === "string" && node.value !== ""));
}

function hold(state: State, lock: LockReference): State {
  const id = getLockId(lock);
  const held = new Map(state.held).set(id, lock);
  const facts = new Map(state.facts);
  for (const [read, fact] of facts) {
    if (fact.stale === undefined && !fact.locks.has(id)) facts.set(read, { ...fact, locks: new Set([...fact.locks, id]) });
  }
  return { ...state, facts, held };
}

/** What the lock has kept apart stays apart until the next suspension. */
function letGo(state: State, isReleased: (id: string) => boolean): State {
  const released = [...state.held].filter(([id]) => isReleased(id));
  if (released.length === 0) return state;
  return { ...state, held: new Map([...state.held].filter(([id]) => !isReleased(id))), released: new Map([...state.released, ...released]) };
}

function makeStale(state: State, suspension: number, graph: Graph): State {
  if (state.facts.size === 0) return state;
  let facts: Map<number, Fact> | undefined;
  const isHeld = (lock: string): boolean => state.held.has(lock);
  for (const [id, fact] of state.facts) {
    const event = graph.nodes[id]!.event;
    const isVolatile = (event.type === "read" || event.type === "write" || event.type === "reserve") && event.key.isVolatile;
    const locks = fact.locks.size === 0 || [...fact.locks].every(isHeld) ? fact.locks : new Set([...fact.locks].filter(isHeld));
    const isChanged = fact.stale === undefined || (isVolatile && !fact.isLost) || locks !== fact.locks;
    if (!isChanged) continue;
    facts ??= new Map(state.facts);
    facts.set(id, { stale: fact.stale ?? suspension, locks, isLost: fact.isLost || isVolatile });
  }
  return facts || state.released.size > 0 ? { ...state, facts: facts ?? state.facts, released: NO_LOCKS } : state;
}

/** The lock of a fact, if it has kept others out until now. */
export function findKeptLock(state: State, id: string): LockReference | undefined {
  return state.held.get(id) ?? state.released.get(id);
}

/**
 * The state at a place where ways meet: stale if stale on either, a lock only if held on both.
 * Many ways can come in before anybody goes on from here, so that what it has copied itself it changes in place.
 */
class MeetingState implements State {
  facts: ReadonlyMap<number, Fact>;
  names: NameReads;
  held: ReadonlyMap<string, LockReference>;
  released: ReadonlyMap<string, LockReference>;
  #ownFacts: Map<number, Fact> | undefined;
  #ownReads: (Reads | undefined)[] | undefined;

  constructor(first: State) {
    this.facts = first.facts;
    this.names = first.names;
    this.held = first.held;
    this.released = first.released;
  }

  /** What is known so far, for others to keep. */
  share(): State {
    this.#ownFacts = undefined;
    this.#ownReads = undefined;
    return { facts: this.facts, names: this.names, held: this.held, released: this.released };
  }

  /** Takes in what another way brings. Gives whether that is anything new. */
  join(other: State): boolean {
    const hasNewFacts = this.#joinFacts(other.facts);
    const hasNewNames = this.#joinNames(other.names);
    const { held, released } = this;
    if (held !== other.held && held.size > 0 && ![...held.keys()].every((id) => other.held.has(id))) this.held = new Map([...held].filter(([id]) => other.held.has(id)));
    this.released = joinMaps(released, other.released, (x) => x);
    return hasNewFacts || hasNewNames || this.held !== held || this.released !== released;
  }

  #joinFacts(others: ReadonlyMap<number, Fact>): boolean {
    if (this.facts === others) return false;
    let isChanged = false;
    others.forEach((fact, id) => {
      const known = this.facts.get(id);
      if (known === fact) return;
      const joined = known ? joinFacts(known, fact) : fact;
      if (joined === known) return;
      if (!this.#ownFacts) this.facts = this.#ownFacts = new Map(this.facts);
      this.#ownFacts.set(id, joined);
      isChanged = true;
    });
    return isChanged;
  }

  #joinNames(others: NameReads): boolean {
    if (this.names === others) return false;
    const { length } = others.byNumber;
    let { byNumber, size } = this.names;
    let isChanged = false;
    for (let number = 0; number < length; number++) {
      const reads = others.byNumber[number];
      const known = byNumber[number];
      if (!reads || reads === known) continue;
      const joined = known ? joinMaps(known, reads, joinBits) : reads;
      if (joined === known) continue;
      const own = (this.#ownReads ??= copyOf(byNumber, length));
      while (own.length < length) own.push(undefined);
      own[number] = joined;
      byNumber = own;
      if (!known) size++;
      isChanged = true;
    }
    if (isChanged) this.names = { byNumber, size };
    return isChanged;
  }
}

function joinBits(a: number, b: number): number {
  return a | b;
}

function joinMaps<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>, joinValues: (x: V, y: V) => V): ReadonlyMap<K, V> {
  if (a === b || b.size === 0) return a;
  let result: Map<K, V> | undefined;
  // By forEach, which makes no pair for an entry: this is where the solver spends its time.
  b.forEach((value, key) => {
    const known = a.get(key);
    if (known === value) return;
    const joined = known === undefined ? value : joinValues(known, value);
    if (joined === known) return;
    result ??= new Map(a);
    result.set(key, joined);
  });
  return result ?? a;
}

function joinFacts(a: Fact, b: Fact): Fact {
  if (a === b) return a;
  if (a.isLost !== b.isLost) return a.isLost ? b : a;
  const isSubset = [...a.locks].every((lock) => b.locks.has(lock));
  if (a.stale !== undefined || b.stale === undefined) {
    if (isSubset) return a;
  }
  return { stale: a.stale ?? b.stale, isLost: a.isLost, locks: isSubset ? a.locks : new Set([...a.locks].filter((lock) => b.locks.has(lock))) };
}

function isEqualBits(a: Reads, b: Reads): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const key of b.keys()) if (a.get(key) !== b.get(key)) return false;
  return true;
}

