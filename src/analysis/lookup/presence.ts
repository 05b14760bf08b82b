import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isInsertion } from "../maps/accesses.js";
import { type Node, type Variable, getCalleeName, isEmptyMap, unwrap } from "../code/ast.js";
import { COPY, DERIVED, type Flow } from "../tasks/flow.js";
import { type GraphNode, isSourceVariable, type ReadEvent, type WriteEvent } from "../tasks/graph.js";
import type { HazardContext } from "../async/hazards.js";
import type { MapEntity } from "../maps/inventory.js";
import { getKeyTerm, isSameKey, type KeyTerm } from "../maps/keys.js";
import { findLiveIterable } from "../iteration/loops.js";
import type { FileModel } from "../code/model.js";
import { getOrigins, type Origins } from "../tasks/origins.js";
import type { PlacedAccess } from "../maps/summaries.js";

/**
 * What is known of one key at one point.
 * - `present`, `absent`: on every way here
 * - `lost`: it was known to be present, and something in between has taken the proof away
 */
export interface PresenceFact {
  readonly map: MapEntity;
  readonly key: KeyTerm;
  readonly status: "present" | "absent" | "lost";
  /** The check or write that showed it, or the removal. */
  readonly source: Node;
  /** For `lost`: the suspension or the removal. */
  readonly cause: Node | undefined;
  /** For `lost` by a suspension: who can remove it meanwhile. */
  readonly remover: PlacedAccess | undefined;
  /** For `lost`: by a call of other people's code. */
  readonly isByCall?: boolean;
}

type State = ReadonlyMap<string, PresenceFact>;

/** Which keys are in which maps, along one graph. */
export interface Presence {
  find(node: number, map: MapEntity, key: KeyTerm): PresenceFact | undefined;
  isReached(node: number): boolean;
}

const NO_ENVIRONMENT: ReadonlyMap<Variable, KeyTerm> = new Map();
const ASSERTION = /^(?:assert\w*|invariant|ensure\w*|expect\w*|must\w*|verify\w*|check\w*|require\w*|ok|strictEqual|fail\w*)$/i;
const EMITTING = /^(?:emit|emitSync|dispatchEvent|trigger|fire)$/;
const INERT_CALL = /^(?:log|info|warn|error|debug|trace|clearTimeout|clearInterval|clearImmediate|push|pop|shift|slice|map|filter|forEach|includes|join|String|Number|now|get|has|toString|new Error)$/;

/** Carries presence along a graph: a must-analysis, so that both ways into a node have to agree. */
export function createPresence(flow: Flow, context: HazardContext): Presence {
  const solver = new PresenceSolver(flow, context);
  const states = solver.solve();
  return {
    find: (node, map, key) => (key.kind === "unknown" || key.kind === "every" ? undefined : states[node]?.get(getId(map, key))),
    isReached: (node) => states[node] !== undefined,
  };
}

function getId(map: MapEntity, key: KeyTerm): string {
  return `${map.key}|${key.text}`;
}

class PresenceSolver {
  readonly #states: (State | undefined)[];
  readonly #origins: Origins;
  readonly #removers = new Map<string, PlacedAccess | null>();

  constructor(
    private readonly flow: Flow,
    private readonly context: HazardContext,
  ) {
    this.#origins = getOrigins(flow.graph);
    this.#states = new Array<State | undefined>(flow.graph.nodes.length).fill(undefined);
  }

  solve(): (State | undefined)[] {
    this.#states[0] = new Map();
    const queue = new Set<number>([0]);
    let budget = this.flow.graph.nodes.length * 30;
    for (const id of queue) {
      queue.delete(id);
      if (budget-- < 0) break;
      const node = this.flow.graph.nodes[id]!;
      const after = this.#transfer(node, this.#states[id]!);
      for (const edge of node.edges) {
        const sent = node.event.type === "branch" && (edge.kind === "true" || edge.kind === "false") ? this.#withTest(node, after, edge.kind) : after;
        const known = this.#states[edge.to];
        const joined = known ? join(known, sent) : sent;
        if (joined === known) continue;
        this.#states[edge.to] = joined;
        queue.add(edge.to);
      }
    }
    return this.#states;
  }

  #transfer(node: GraphNode, state: State): State {
    const { event } = node;
    switch (event.type) {
      case "write":
        return event.field === undefined ? this.#afterWrite(event, state) : state;
      case "read":
        // m.get(k)!.x did not throw: from here on it is there.
        return event.operation === "get" && event.field === undefined && (isTrustedUse(event.node) || throwsIfAbsent(event.node)) ? withFact(state, event.map, event.key, "present", event.node) : state;
      case "suspend":
        return this.#afterSuspension(node, event.node, state);
      case "assign": {
        if (!isSourceVariable(event.name)) return state;
        const { name } = event;
        const kept = filterState(state, (fact) => !fact.key.variables.includes(name));
        const own = this.#findIteratedMap(name);
        return own ? withFact(kept, own, getKeyTerm(event.node, this.context.model, NO_ENVIRONMENT), "present", event.node) : kept;
      }
      case "call":
        return this.#afterCall(node, event.name, state);
      default:
        return state;
    }
  }

  #afterWrite(event: WriteEvent, state: State): State {
    if (isInsertion(event.operation)) {
      const kept = filterState(state, (fact) => fact.map !== event.map || fact.status !== "absent" || areDifferentLiterals(fact.key, event.key));
      return isUndefined(event.value.node) ? kept : withFact(kept, event.map, event.key, "present", event.node);
    }
    if (event.operation === "delete" && event.key.kind !== "every") {
      // m.delete(k) where k is unknown: whatever was proven may be gone, but most likely another one is.
      return withFact(state, event.map, event.key, "absent", event.node);
    }
    if (event.operation === "replace" && !isEmptyMap(event.value.node)) return filterState(state, (fact) => fact.map !== event.map);
    return new Map([...state].map(([id, fact]) => [id, fact.map === event.map && fact.status === "present" ? { ...fact, status: "lost", cause: event.node } : fact]));
  }

  #afterSuspension(node: GraphNode, cause: Node, state: State): State {
    if (state.size === 0) return state;
    const next = new Map<string, PresenceFact>();
    for (const [id, fact] of state) {
      if (fact.status === "lost") next.set(id, fact);
      else if (fact.status === "absent") {
        if (fact.map.home === "local" && this.context.sharing.getLifetime(fact.map).level === "none") next.set(id, fact);
      } else {
        const found = fact.key.isVolatile ? undefined : this.#findRemover(node, fact.map);
        const remover = found && isTimer(cause) && stopsTimers(found, this.context.model) ? undefined : found;
        if (remover) next.set(id, { ...fact, status: "lost", cause, remover });
        else next.set(id, fact);
      }
    }
    return next;
  }

  /** Who can remove entries of a map while this task is suspended. */
  #findRemover(node: GraphNode, map: MapEntity): PlacedAccess | undefined {
    const task = node.stack.at(-1)!;
    const id = `${task.id}/${map.id}`;
    const known = this.#removers.get(id);
    if (known !== undefined) return known ?? undefined;
    const isShared = this.context.sharing.getLifetime(map).level !== "none";
    const found = isShared ? this.context.summaries.getAccesses(map).find((access) => access.operation === "delete" && access.function !== undefined && this.context.sharing.getPairOverlap(task, access.function, map).level !== "none") : undefined;
    this.#removers.set(id, found ?? null);
    return found;
  }

  #afterCall(node: GraphNode, name: string, state: State): State {
    let next = state;
    const { event } = node;
    // assert(m.has(k)), invariant(entry)
    if (event.type === "call" && ASSERTION.test(name)) {
      for (const [id, bits] of this.#origins.resolve(event.value)) {
        const read = this.flow.graph.nodes[id]!.event;
        if (read.type === "read" && bits & (COPY | DERIVED)) next = withFact(next, read.map, read.key, "present", read.node);
      }
    }
    if (INERT_CALL.test(name)) return next;
    if (EMITTING.test(name) && event.type === "call") next = this.#afterEmission(event.node, next);
    // Code that we do not see can put a key back.
    return filterState(next, (fact) => fact.status !== "absent" || (fact.map.home === "local" && fact.map.parent === undefined));
  }

  /** this.emit("leave", id): a listener can call whatever removes the entry. */
  #afterEmission(call: Node, state: State): State {
    let next: Map<string, PresenceFact> | undefined;
    for (const [id, fact] of state) {
      if (fact.status !== "present" || fact.key.isVolatile || fact.map.home !== "field" || fact.map.parent) continue;
      const remover = this.context.summaries.getAccesses(fact.map).find((access) => access.operation === "delete" && access.function !== undefined && access.node !== fact.source);
      if (remover) (next ??= new Map(state)).set(id, { ...fact, status: "lost", cause: call, remover, isByCall: true });
    }
    return next ?? state;
  }

  #withTest(node: GraphNode, state: State, outcome: "true" | "false"): State {
    const { event } = node;
    if (event.type !== "branch" || event.node.type === "ForInStatement") return state;
    if (event.node.type === "ForOfStatement") return outcome === "true" ? this.#withIterated(node, event.node.right, state) : state;
    const meaning = getTestMeaning(event.node, outcome, this.context);
    if (meaning === "unknown") return state;
    let next = state;
    for (const [id, bits] of this.#origins.resolve(event.test)) {
      const read = this.flow.graph.nodes[id]!.event;
      if (read.type !== "read" || read.key.kind === "unknown" || read.key.kind === "every") continue;
      if (read.operation !== "get" && read.operation !== "has") continue;
      if (meaning === "present" && bits & (COPY | DERIVED)) next = withFact(next, read.map, read.key, "present", event.node);
      // Whether it holds nothing, or an empty value, a falsy `get` does not say.
      else if (meaning === "absent" && bits & COPY && read.operation === "has" && read.field === undefined && isDirectTest(event.node, read.node)) next = withFact(next, read.map, read.key, "absent", event.node);
    }
    return next;
  }

  /** for (const x of Object.keys(d[k] ?? {})) { .. }: there is something to go through. */
  #withIterated(node: GraphNode, source: Node, state: State): State {
    const lookup = findIteratedValue(source);
    const read = this.flow.graph.nodes.findLast(({ id, event }) => id < node.id && event.type === "read" && event.node === lookup)?.event;
    return read?.type === "read" && read.operation === "get" && read.field === undefined ? withFact(state, read.map, read.key, "present", source) : state;
  }

  /** The map whose keys a variable runs through: for (const k of m.keys()), [...m.keys()].sort().map((k) => ..). */
  #findIteratedMap(variable: Variable): MapEntity | undefined {
    return findIteratedMap(variable, this.context);
  }
}

/** `m.get(k)` of `m.get(k) ?? []`, of `Object.keys(m.get(k) || {})`, of `[...m.get(k).values()]`. */
function findIteratedValue(expression: Node): Node | undefined {
  const node = unwrap(expression);
  switch (node.type) {
    case "LogicalExpression":
      return node.operator !== "&&" && isEmptyLiteral(unwrap(node.right)) ? findIteratedValue(node.left) : undefined;
    case "ArrayExpression":
      return node.elements.length === 1 && node.elements[0]?.type === "SpreadElement" ? findIteratedValue(node.elements[0].argument) : undefined;
    case "CallExpression": {
      const callee = unwrap(node.callee);
      if (callee.type !== "MemberExpression" || !/^(?:keys|values|entries|from)$/.test(getCalleeName(node) ?? "")) return node;
      return node.arguments[0] ? findIteratedValue(node.arguments[0]) : findIteratedValue(callee.object);
    }
    default:
      return node;
  }
}

function isEmptyLiteral(node: Node): boolean {
  return (node.type === "ArrayExpression" && node.elements.length === 0) || (node.type === "ObjectExpression" && node.properties.length === 0) || (node.type === "NewExpression" && node.arguments.length === 0);
}

/** if (!this.hasNode(id)) throw ..: a test of the same key in a map beside this one, or by a method that is called like one. */
export function isVouchedFor(flow: Flow, node: GraphNode, { map, key }: ReadEvent, context: HazardContext): boolean {
  const origins = getOrigins(flow.graph);
  return origins.control.getControllers(node.id).some(({ id, outcome }) => {
    const branch = flow.graph.nodes[id]!.event;
    if (branch.type !== "branch" || getTestMeaning(branch.node, outcome, context) !== "present") return false;
    const test = unwrap(branch.node);
    if (test.type === "CallExpression" && PRESENCE_TEST.test(getCalleeName(test) ?? "") && test.arguments.some((argument) => isSameKey(getKeyTerm(argument, context.model, NO_ENVIRONMENT), key))) return true;
    return [...origins.resolve(branch.test).keys()].some((read) => {
      const other = flow.graph.nodes[read]!.event;
      return other.type === "read" && other.map !== map && other.map.home === map.home && other.map.owner === map.owner && isSameKey(other.key, key);
    });
  });
}

const PRESENCE_TEST = /^(?:has|contains|exists|knows|includes)(?![a-z])/;

const ITERATED = new WeakMap<Variable, MapEntity | null>();
const CALLBACK_METHODS = new Set(["map", "filter", "forEach", "some", "every", "find", "flatMap", "findLast", "findIndex", "sort", "toSorted"]);
const SAME_ELEMENTS = new Set(["sort", "toSorted", "filter", "reverse", "toReversed", "slice", "toArray", "concat", "splice"]);

/** The map of whose keys a variable is one, if it gets its values by iterating them. */
export function findIteratedMap(variable: Variable, context: HazardContext): MapEntity | undefined {
  const known = ITERATED.get(variable);
  if (known !== undefined) return known ?? undefined;
  const found = computeIteratedMap(variable, context);
  ITERATED.set(variable, found ?? null);
  return found;
}

function computeIteratedMap(variable: Variable, context: HazardContext): MapEntity | undefined {
  const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
  const name = definition?.name as Node | undefined;
  if (!name) return undefined;
  const isFirstOfPair = name.parent?.type === "ArrayPattern" && name.parent.elements[0] === (name as never);
  const part = isFirstOfPair ? "entries" : "keys";
  const target = isFirstOfPair ? name.parent! : name;
  if (definition?.type === "Variable") {
    const declaration = target.parent?.parent;
    const loop = declaration?.parent;
    if (loop?.type === "ForInStatement") return context.inventory.resolve(loop.right);
    if (loop?.type === "ForOfStatement" && loop.left === declaration) return findKeySource(loop.right, part, context, 0);
    // const first = m.keys().next().value
    return undefined;
  }
  if (definition?.type !== "Parameter") return undefined;
  const callback = definition.node as TSESTree.ArrowFunctionExpression;
  const call = callback.parent as Node | undefined;
  if (call?.type !== "CallExpression" || call.callee.type !== "MemberExpression" || call.callee.property.type !== "Identifier" || !CALLBACK_METHODS.has(call.callee.property.name)) return undefined;
  const direct = call.callee.property.name === "forEach" ? findAccess(call, context.inventory) : undefined;
  if (direct?.operation === "iterate") {
    const index = callback.params.indexOf(name as never);
    return index === (direct.map.kind === "Set" ? 0 : 1) ? direct.map : undefined;
  }
  return callback.params[0] === (target as never) ? findKeySource(call.callee.object, part, context, 0) : undefined;
}

/** m.keys(), [...m.keys()].sort(), Array.from(m.keys()), Object.keys(d).filter(f), [...m] for its pairs */
function findKeySource(expression: Node, part: "keys" | "entries", context: HazardContext, depth: number): MapEntity | undefined {
  const node = unwrap(expression);
  if (depth > 6) return undefined;
  const live = findLiveIterable(node, context);
  if (live) return live.part === part || (live.part === "keys" && part === "keys") ? live.map : undefined;
  switch (node.type) {
    case "Identifier": {
      const variable = context.model.getVariable(node);
      const value = variable && context.model.getConstantValue(variable);
      return value && findKeySource(value, part, context, depth + 1);
    }
    case "ArrayExpression": {
      const [only] = node.elements;
      return node.elements.length === 1 && only?.type === "SpreadElement" ? findKeySource(only.argument, part, context, depth + 1) : undefined;
    }
    case "CallExpression": {
      if (node.callee.type !== "MemberExpression" || node.callee.property.type !== "Identifier") return undefined;
      const { name } = node.callee.property;
      const object = unwrap(node.callee.object);
      if (object.type === "Identifier" && object.name === "Array" && name === "from" && node.arguments.length === 1) return findKeySource(node.arguments[0]!, part, context, depth + 1);
      // _.keys(d)
      if (object.type === "Identifier" && /^(?:Object|Reflect|_|lodash)$/.test(object.name)) {
        if ((name === "keys" || name === "getOwnPropertyNames" || name === "ownKeys") && part === "keys") return node.arguments[0] && context.inventory.resolve(node.arguments[0]);
        return name === "entries" && part === "entries" ? node.arguments[0] && context.inventory.resolve(node.arguments[0]) : undefined;
      }
      return SAME_ELEMENTS.has(name) ? findKeySource(object, part, context, depth + 1) : undefined;
    }
    default:
      return undefined;
  }
}

/** What an outcome of a test says of the entry that it looked at. */
function getTestMeaning(test: Node, outcome: "true" | "false", context: HazardContext, depth = 0): "present" | "absent" | "unknown" {
  const node = unwrap(test);
  const isTrue = outcome === "true";
  switch (node.type) {
    case "UnaryExpression":
      return node.operator === "!" ? getTestMeaning(node.argument, isTrue ? "false" : "true", context, depth) : "unknown";
    case "Identifier": {
      const variable = context.model.getVariable(node);
      const value = variable && context.model.getConstantValue(variable);
      const inner = value && unwrap(value);
      // const isMissing = !m.has(k)
      if (inner && depth < 4 && (inner.type === "UnaryExpression" || inner.type === "BinaryExpression")) return getTestMeaning(inner, outcome, context, depth + 1);
      return isTrue ? "present" : "absent";
    }
    case "BinaryExpression":
      return getComparisonMeaning(node, isTrue);
    case "CallExpression":
      // if (isReady(m.get(k))) on either side: whoever wrote it looked.
      return isTrue || !findAccess(node, context.inventory) ? "present" : "absent";
    case "SwitchCase":
      return isTrue ? "present" : "unknown";
    default:
      return isTrue ? "present" : "absent";
  }
}

function getComparisonMeaning(node: TSESTree.BinaryExpression, isTrue: boolean): "present" | "absent" | "unknown" {
  const { operator } = node;
  if (operator === "in" || operator === "instanceof" || operator === "<" || operator === ">" || operator === "<=" || operator === ">=") return isTrue ? "present" : operator === "in" ? "absent" : "unknown";
  const isEquality = operator === "===" || operator === "==";
  if (!isEquality && operator !== "!==" && operator !== "!=") return "unknown";
  const isNothing = isNothingLiteral(node.right) || isNothingLiteral(node.left as Node);
  const isEqual = isEquality === isTrue;
  if (isNothing) return isEqual ? "absent" : "present";
  return isEqual ? "present" : "unknown";
}

/** `undefined`, `null`, and `"undefined"` beside a `typeof`. */
function isNothingLiteral(expression: Node): boolean {
  const node = unwrap(expression);
  if (node.type === "Identifier") return node.name === "undefined";
  if (node.type === "UnaryExpression") return node.operator === "void";
  return node.type === "Literal" && ((node.value === null && node.raw === "null") || (node.value === "undefined" && node.parent.type === "BinaryExpression"));
}

function isDirectTest(test: Node, read: Node): boolean {
  return unwrap(test) === read;
}

function isUndefined(node: Node | undefined): boolean {
  const value = node && unwrap(node);
  return value?.type === "Identifier" && value.name === "undefined";
}

function areDifferentLiterals(a: KeyTerm, b: KeyTerm): boolean {
  return a.kind === "literal" && b.kind === "literal" && !isSameKey(a, b);
}

function withFact(state: State, map: MapEntity, key: KeyTerm, status: "present" | "absent", source: Node): State {
  if (key.kind === "unknown" || key.kind === "every" || map.kind === "slot") return state;
  return new Map(state).set(getId(map, key), { map, key, status, source, cause: undefined, remover: undefined });
}

function filterState(state: State, isKept: (fact: PresenceFact) => boolean): State {
  for (const fact of state.values()) if (!isKept(fact)) return new Map([...state].filter(([, item]) => isKept(item)));
  return state;
}

/** What both ways agree on. A proof that was lost on one way is lost. Gives `a` itself if nothing changes. */
function join(a: State, b: State): State {
  if (a === b) return a;
  let result: Map<string, PresenceFact> | undefined;
  for (const [id, fact] of a) {
    const other = b.get(id);
    if (other?.status === fact.status) continue;
    const isLost = other !== undefined && fact.status !== "absent" && other.status !== "absent";
    if (isLost && fact.status === "lost") continue;
    result ??= new Map(a);
    if (isLost) result.set(id, other);
    else result.delete(id);
  }
  return result ?? a;
}

/** Whether who removes an entry also stops the timers that would look for it. */
export function stopsTimers({ function: info }: PlacedAccess, { sourceCode }: FileModel): boolean {
  return info !== undefined && /clear(?:Timeout|Interval)|cancel/i.test(sourceCode.getText(info.node as never));
}

function isTimer(node: Node): boolean {
  return node.type === "CallExpression" && /^set(?:Timeout|Interval)$/.test(getCalleeName(node) ?? "");
}

/** m.getOrThrow(k) */
export function throwsIfAbsent(node: Node): boolean {
  return node.type === "CallExpression" && getCalleeName(node) === "getOrThrow";
}

/** get(k)!, get(k).x, get(k) as T: the code relies on the entry. */
export function isTrustedUse(node: Node): boolean {
  const parent = node.parent;
  if (parent?.type === "TSNonNullExpression") return true;
  return parent?.type === "MemberExpression" && parent.object === node && !parent.optional;
}
