import { isInsertion, isRemoval } from "../maps/accesses.js";
import { type Node, unwrap } from "../code/ast.js";
import { type Graph, type GraphNode, type LockReference, type Name, type Value, type WriteEvent, isSourceVariable } from "./graph.js";
import type { MapEntity } from "../maps/inventory.js";
import { isSameKey, type KeyTerm } from "../maps/keys.js";
import { createControl, type Control } from "./control.js";
import { once } from "../guard.js";
import { CONTROL, createValues, type Reads, type Values } from "./values.js";

export { CONTROL, COPY, DERIVED, WEAK } from "./values.js";

/** What a task knows of a map since one of its own accesses. */
export interface Fact {
  /** The suspension since which others may have run; `undefined` while fresh. */
  readonly stale: number | undefined;
  /** Locks held without a gap since the access. */
  readonly locks: ReadonlySet<string>;
  /** The key of the access no longer means the same key. */
  readonly isLost: boolean;
}

export interface State {
  readonly facts: ReadonlyMap<number, Fact>;
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
const EMPTY: State = { facts: new Map(), held: NO_LOCKS, released: NO_LOCKS };
const MAX_PASSES = 40;
/** Past this a function is too large to be sure of anything: no state, no report. */
const MAX_WORK = 200_000;

/** The name under which a lock is held. */
export function getLockId(lock: LockReference): string {
  return lock.key ? `${lock.id}|${lock.key.text}` : lock.id;
}

/**
 * Carries facts along the graph: fresh at the access, stale at the next suspension. A worklist to a fixpoint.
 */
export function runFlow(graph: Graph): Flow {
  const getTracked = once(() => findTrackedMaps(graph));
  const isTracked = (read: number): boolean => {
    const event = graph.nodes[read]?.event;
    return event?.type === "read" && getTracked().has(event.map);
  };
  const getControl = once(() => createControl(graph));
  const getValues = once(() => createValues(graph, getControl(), isTracked));
  const getStates = once(() => new Solver(graph, isTracked, getControl, getValues).solve());
  return {
    graph,
    get control() {
      return getControl();
    },
    getState: (node) => getStates()[node],
    resolve: (value, node) => getValues().resolve(value, node),
    getDependences: (node) => getValues().getDependences(node),
  };
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

class Solver {
  readonly #states: (State | undefined)[];
  /** Variables in keys: when one is assigned, a key is another one. */
  readonly #keyVariables: ReadonlySet<Name>;

  constructor(
    private readonly graph: Graph,
    private readonly isTracked: (read: number) => boolean,
    private readonly getControl: () => Control,
    private readonly getValues: () => Values,
  ) {
    this.#states = new Array<State | undefined>(graph.nodes.length).fill(undefined);
    this.#keyVariables = findKeyVariables(graph);
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
          if (known) work += after.facts.size;
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
        return this.isTracked(node.id) ? withFact(state, node.id) : state;
      case "write":
        return this.#transferWrite(node.id, event, state);
      case "reserve":
        return withFact(withoutEarlierInsertions(reserve(state, event, this.graph, event.map.key, event.key, undefined), event, this.graph), node.id);
      case "assign":
        return this.#loseKeys(event.name, state);
      case "suspend":
        return makeStale(state, node.id, this.graph);
      case "lock":
        return hold(state, event.lock);
      case "unlock":
        return letGo(state, (id) => id === getLockId(event.lock) || (event.lock.key === undefined && id.startsWith(`${event.lock.id}|`)));
      default:
        return state;
    }
  }

  #transferWrite(id: number, event: WriteEvent, state: State): State {
    let next = state;
    if (event.field !== undefined) next = isRaisedFlag(event.value.node) ? raiseFlag(next, event, event.field, this.graph) : letGo(next, (held) => held === getFlagId(event, event.field));
    else {
      if (isInsertion(event.operation)) {
        next = withoutEarlierInsertions(next, event, this.graph);
        const isOnPresent = (read: number): boolean => this.getControl().getControllers(id).some(({ id: branch, outcome }) => outcome === "true" && ((this.getValues().getTested(branch).get(read) ?? 0) & ~CONTROL) !== 0);
        next = reserve(next, event, this.graph, event.map.key, event.key, isOnPresent);
      }
      if (isRemoval(event.operation)) {
        const lock = `${event.map.key}|${event.key.text}`;
        next = letGo(next, (held) => held === lock || (event.key.kind === "every" && held.startsWith(`${event.map.key}|`)));
      }
    }
    return withFact(next, id);
  }

  /** k = next: what was known under the old k is about another key. */
  #loseKeys(name: Name, state: State): State {
    if (!isSourceVariable(name) || !this.#keyVariables.has(name)) return state;
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
  held: ReadonlyMap<string, LockReference>;
  released: ReadonlyMap<string, LockReference>;
  #ownFacts: Map<number, Fact> | undefined;

  constructor(first: State) {
    this.facts = first.facts;
    this.held = first.held;
    this.released = first.released;
  }

  /** What is known so far, for others to keep. */
  share(): State {
    this.#ownFacts = undefined;
    return { facts: this.facts, held: this.held, released: this.released };
  }

  /** Takes in what another way brings. Gives whether that is anything new. */
  join(other: State): boolean {
    const hasNewFacts = this.#joinFacts(other.facts);
    const { held, released } = this;
    if (held !== other.held && held.size > 0 && ![...held.keys()].every((id) => other.held.has(id))) this.held = new Map([...held].filter(([id]) => other.held.has(id)));
    this.released = joinLocks(released, other.released);
    return hasNewFacts || this.held !== held || this.released !== released;
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
}

function joinLocks(a: ReadonlyMap<string, LockReference>, b: ReadonlyMap<string, LockReference>): ReadonlyMap<string, LockReference> {
  return a === b || [...b.keys()].every((id) => a.has(id)) ? a : new Map([...b, ...a]);
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
