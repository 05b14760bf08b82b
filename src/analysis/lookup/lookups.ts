import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion, isRemoval } from "../maps/accesses.js";
import { type Node, type Variable, getCalleeName, getUsage, isFunction, isInside, unwrap } from "../code/ast.js";
import type { Flow } from "../tasks/flow.js";
import type { GraphNode, ReadEvent } from "../tasks/graph.js";
import { once } from "../guard.js";
import type { Hazard, HazardContext } from "../async/hazards.js";
import type { MapEntity } from "../maps/inventory.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { getKeyTerm, isSameKey, type KeyTerm } from "../maps/keys.js";
import { type FlowsOf, getOrigins } from "../tasks/origins.js";
import { createPresence, findIteratedMap, isVouchedFor, type Presence, type PresenceFact, stopsTimers, throwsIfAbsent } from "./presence.js";
import type { PlacedAccess } from "../maps/summaries.js";
import { getTiming } from "../code/suspension.js";

/** A lookup whose result is used as if it were always there. */
export interface UncheckedLookup {
  readonly map: MapEntity;
  readonly key: string;
  /** The lookup. */
  readonly node: Node;
  /** How it is trusted. */
  readonly trust: Trust;
  /**
   * - `removed`: the key is removed on a line before
   * - `suspended`: it was there before a suspension, and another task can have removed it
   * - `caller`: the key comes from a caller, and entries are removed elsewhere
   * - `input`: the key comes with an event or a request
   * - `late`: a timer or listener looks it up, and entries are removed elsewhere
   * - `doubted`: entries are removed, and another lookup of the map reckons with that
   * - `removable`: entries are removed, and the key comes from elsewhere
   * - `parsed`: the map was read from a text
   * - `emitted`: it was there before other code was called, which can have it removed
   */
  readonly reason: "removed" | "suspended" | "caller" | "input" | "late" | "doubted" | "removable" | "parsed" | "emitted";
  /** The removal, or the suspension. */
  readonly cause: Node | undefined;
  readonly remover: PlacedAccess | undefined;
  /** For `doubted`: the lookup that is checked. */
  readonly doubt: Node | undefined;
  readonly isHeuristic: boolean;
}

/** `assert`: `get(k)!`; `cast`: `get(k) as T`; `member`: `get(k).x`; `call`: `get(k)()`; `destructure`: `{ x } = get(k)`; `variable`: `e = get(k)`, then `e.x`. */
export type Trust = "assert" | "cast" | "member" | "call" | "destructure" | "variable";

/** A read of a key that was removed just before. */
export interface DeletedUse {
  readonly map: MapEntity;
  readonly key: string;
  readonly node: Node;
  readonly removal: Node;
}

const TEARDOWN = /^_?#?(?:close|dispose|stop|destroy|shutdown|teardown|terminate|end|quit|cleanup|reset|clear|deactivate|unmount|disconnect|kill|abort)(?:All|Async|Everything)?$/i;
const INPUT = /^(?:req|request|ctx|context|msg|message|event|evt|payload|body|params|query|packet|frame|data|input|headers)$/i;

/** Finds the lookups that are relied on and that nothing covers, besides those that `getHazards` reports already. */
export function findUncheckedLookups(getFlowsOf: FlowsOf, getHazards: () => readonly Hazard[], context: HazardContext): UncheckedLookup[] {
  const canBeMissing = createAbsenceTest(context);
  const trusted = context.summaries.accesses.filter(({ operation, map, node }) => operation === "get" && canBeMissing(map) && canBeTrusted(node, context));
  if (trusted.length === 0) return [];
  const finder = new UncheckedFinder(new Set(getHazards().map((hazard) => hazard.write)), context);
  return finder.find(getFlowsOf(new Set(trusted.map(({ map }) => map)), trusted));
}

/** Finds the reads of keys that were just removed, besides those that are relied on. */
export function findDeletedUses(getFlowsOf: FlowsOf, unchecked: readonly UncheckedLookup[], context: HazardContext): DeletedUse[] {
  const maps = new Set(context.summaries.accesses.flatMap(({ operation, map }) => (operation === "delete" ? [map] : [])));
  const reported = new Set(unchecked.map(({ node }) => node));
  const found = new Map<Node, DeletedUse | undefined>();
  for (const flow of getFlowsOf(maps)) {
    if (!flow.graph.isComplete || !flow.graph.nodes.some(({ event }) => event.type === "write" && event.operation === "delete")) continue;
    const presence = createPresence(flow, context);
    for (const { id, event } of flow.graph.nodes) {
      if (event.type !== "read" || event.field !== undefined || (event.operation !== "get" && event.operation !== "has") || !presence.isReached(id)) continue;
      // There in one context of several is there.
      if (found.has(event.node) && found.get(event.node) === undefined) continue;
      const fact = presence.find(id, event.map, event.key);
      const isGone = fact?.status === "absent" && isDeletion(fact.source) && !isInside(event.node, fact.source);
      found.set(event.node, isGone ? { map: event.map, key: event.key.display, node: event.node, removal: fact.source } : undefined);
    }
  }
  return inOrder(found.values()).filter(({ node }) => !reported.has(node));
}

/** Whether something in the file takes entries of a map away or asks whether they are there, or whether keys come with events. */
function createAbsenceTest({ model, summaries }: HazardContext): (map: MapEntity) => boolean {
  const known = new Map<MapEntity, boolean>();
  const hasListeners = once(() => (model.nodes.get("CallExpression") ?? []).some((node) => getTiming(node as TSESTree.CallExpression) === "often"));
  const isInDoubt = (map: MapEntity): boolean => summaries.getAccesses(map).some(({ operation }) => operation === "has" || isRemoval(operation)) || hasListeners();
  return (map) => {
    let answer = known.get(map);
    if (answer === undefined) known.set(map, (answer = isInDoubt(map)));
    return answer;
  };
}

/** By the text alone: some way to rely on the result, at once or through a constant that nobody tests. */
function canBeTrusted(lookup: Node, context: HazardContext): boolean {
  if (getTrust(lookup, context) !== undefined) return true;
  const { parent } = lookup;
  const variable = parent?.type === "VariableDeclarator" && parent.init === lookup ? context.model.getVariable(parent.id) : undefined;
  return variable !== undefined && !isQuestioned(variable);
}

function isAfter(node: Node, other: Node): boolean {
  return node.range[0] > other.range[1];
}

interface Site {
  readonly flow: Flow;
  readonly node: GraphNode;
  readonly event: ReadEvent;
  readonly presence: Presence;
  /** Where the entry was looked up, if it is used through a variable. */
  readonly lookup: GraphNode | undefined;
}

class UncheckedFinder {
  /** `undefined` for a lookup that is covered in some context. */
  readonly #unchecked = new Map<Node, UncheckedLookup | undefined>();
  /** Lookups whose entry is used through a variable, and that are reported. */
  readonly #asked = new Set<Node>();

  constructor(
    private readonly reported: ReadonlySet<Node>,
    private readonly context: HazardContext,
  ) {}

  find(flows: readonly Flow[]): UncheckedLookup[] {
    for (const flow of flows) this.#findInFlow(flow);
    const found = inOrder(this.#unchecked.values());
    // One doubt about a map is enough.
    return found.filter((item, index) => item.reason !== "doubted" || found.findIndex(({ reason, map }) => reason === "doubted" && map === item.map) === index);
  }

  #findInFlow(flow: Flow): void {
    const reads = flow.graph.nodes.filter(({ event }) => event.type === "read" && event.map.kind !== "slot" && event.operation === "get");
    // Most functions trust no lookup.
    const isWritten = flow.graph.nodes.some(({ event }) => event.type === "write" && event.field !== undefined);
    if (!isWritten && !reads.some(({ event }) => event.type === "read" && (event.field !== undefined || canBeTrusted(event.node, this.context)))) return;
    const presence = createPresence(flow, this.context);
    for (const node of reads) {
      if (!presence.isReached(node.id)) continue;
      const event = node.event as ReadEvent;
      const lookup = event.field === undefined ? undefined : this.#findLookup(flow, node, event);
      if (event.field === undefined || lookup) this.#findUnchecked({ flow, node, event, presence, lookup });
    }
    this.#findFieldWrites(flow, presence);
    this.#findMethodCalls(flow, presence);
  }

  /** d[k].x = v */
  #findFieldWrites(flow: Flow, presence: Presence): void {
    for (const node of flow.graph.nodes) {
      const { event } = node;
      if (event.type !== "write" || event.field === undefined || event.map.kind === "slot" || !presence.isReached(node.id)) continue;
      const target = event.node.type === "AssignmentExpression" ? event.node.left : event.node;
      const lookup = target.type === "MemberExpression" ? unwrap(target.object) : undefined;
      const isLookup = lookup?.type === "CallExpression" ? getCalleeName(lookup) === "get" : lookup?.type === "MemberExpression" && lookup.computed;
      if (lookup && isLookup) this.#findUnchecked({ flow, node, presence, lookup: undefined, event: { type: "read", operation: "get", map: event.map, key: event.key, field: undefined, node: lookup } });
    }
  }

  /** e.close() after e = m.get(k) */
  #findMethodCalls(flow: Flow, presence: Presence): void {
    const lookups = new Map<Node, GraphNode>();
    for (const node of flow.graph.nodes) if (node.event.type === "read" && node.event.operation === "get" && node.event.field === undefined) lookups.set(node.event.node, node);
    for (const node of flow.graph.nodes) {
      const callee = node.event.type === "call" && node.event.node.type === "CallExpression" ? node.event.node.callee : undefined;
      const variable = callee?.type === "MemberExpression" && !callee.optional ? this.context.model.getVariable(unwrap(callee.object)) : undefined;
      const value = variable && this.context.model.getConstantValue(variable);
      const lookup = value && lookups.get(unwrap(value));
      if (!callee || lookup?.event.type !== "read" || !presence.isReached(node.id)) continue;
      this.#findUnchecked({ flow, node, event: { ...lookup.event, field: "", node: callee }, presence, lookup });
    }
  }

  /** d[k] of `const e = d[k]; .. e.x`. */
  #findLookup(flow: Flow, node: GraphNode, event: ReadEvent): GraphNode | undefined {
    const variable = event.node.type === "MemberExpression" ? this.context.model.getVariable(unwrap(event.node.object)) : undefined;
    const value = variable && this.context.model.getConstantValue(variable);
    const lookup = value && unwrap(value);
    return flow.graph.nodes.findLast((other) => other.event.type === "read" && other.event.node === lookup && other.event.field === undefined && other.id < node.id);
  }

  // ---- trusted without a check

  #findUnchecked(site: Site): void {
    const { event, node, presence, lookup } = site;
    if (throwsIfAbsent(event.node)) return;
    const trust = event.field === undefined ? getTrust(event.node, this.context) : this.#getFieldTrust(event);
    if (!trust) return;
    // Covered in one context of several is covered.
    if (this.#unchecked.has(event.node) && this.#unchecked.get(event.node) === undefined) return;
    // What is removed after the lookup is still in the variable; what is checked after it is there.
    const now = presence.find(node.id, event.map, event.key);
    const fact = lookup && now?.status !== "present" ? presence.find(lookup.id, event.map, event.key) : now;
    const found = this.#isCovered(site, fact) ? undefined : this.#judge(site, fact, trust);
    if (lookup) {
      // One report for all that is asked of one entry.
      if (found && this.#asked.has(lookup.event.node)) return;
      if (found) this.#asked.add(lookup.event.node);
    }
    this.#unchecked.set(event.node, found);
  }

  /** e.x after e = d[k], where the compiler does not ask for a check. */
  #getFieldTrust(event: ReadEvent): Trust | undefined {
    // With a type and strict checks the compiler has asked: such code is there without them only.
    const parent = event.node.type === "MemberExpression" ? event.node : undefined;
    if (!parent || parent.optional || unwrap(parent.object).type !== "Identifier") return undefined;
    const variable = this.context.model.getVariable(unwrap(parent.object));
    const value = variable && this.context.model.getConstantValue(variable);
    // What is asserted or cast is told where it stands.
    const inner = value && unwrap(value) === value ? value : undefined;
    const isLookup = inner?.type === "CallExpression" ? getCalleeName(inner) === "get" : inner?.type === "MemberExpression";
    return isLookup && variable && !isQuestioned(variable) ? "variable" : undefined;
  }

  #isCovered({ event, flow, node }: Site, fact: PresenceFact | undefined): boolean {
    if (fact?.status === "present") return true;
    if (event.key.kind === "unknown" || event.key.kind === "every") return true;
    if (this.reported.has(event.node) || isTotal(event.map) || isRegistry(event.map, this.context)) return true;
    if (isHandled(event.node) || this.#isSizeChecked(flow, node, event.map)) return true;
    const variable = event.key.node && this.context.model.getVariable(unwrap(event.key.node));
    return variable !== undefined && fact?.status !== "absent" && fact?.status !== "lost" && findIteratedMap(variable, this.context) === event.map;
  }

  /** if (m.size > 0) use(m.get(first)!) */
  #isSizeChecked(flow: Flow, node: GraphNode, map: MapEntity): boolean {
    if (!flow.graph.nodes.some(({ event }) => event.type === "read" && event.map === map && (event.operation === "size" || event.operation === "iterate"))) return false;
    const { control, resolve } = getOrigins(flow.graph);
    return control.getControllers(node.id).some(({ id }) => {
      const branch = flow.graph.nodes[id]!.event;
      if (branch.type !== "branch") return false;
      return [...resolve(branch.test).keys()].some((read) => {
        const other = flow.graph.nodes[read]!.event;
        return other.type === "read" && other.map === map && (other.operation === "size" || other.operation === "iterate");
      });
    });
  }

  #judge(site: Site, fact: PresenceFact | undefined, trust: Trust): UncheckedLookup | undefined {
    const { event, node } = site;
    const base = { map: event.map, key: event.key.display, node: event.node, trust, doubt: undefined };
    const isUsed = trust !== "assert" && trust !== "cast" ? true : isDereferenced(event.node, this.context);
    if (fact?.status === "absent") return { ...base, reason: "removed", cause: fact.source, remover: undefined, isHeuristic: false };
    if (fact?.status === "lost") {
      if (fact.isByCall) return { ...base, reason: "emitted", cause: fact.cause, remover: fact.remover, isHeuristic: true };
      const isOwn = fact.remover === undefined;
      return { ...base, reason: isOwn ? "removed" : "suspended", cause: fact.cause, remover: fact.remover, isHeuristic: !isUsed };
    }
    const origin = this.#getOrigin(event.key.node, node, event.map);
    if (isVouchedFor(site.flow, node, event, this.context)) return undefined;
    const remover = this.#findRemover(event.map, node.stack.at(-1));
    if (origin === "request") return { ...base, reason: "input", cause: undefined, remover, isHeuristic: !isUsed };
    if (origin && remover) return { ...base, reason: origin === "input" ? "input" : "caller", cause: undefined, remover, isHeuristic: !isUsed };
    if (!isUsed) return this.#findTaken(site, base);
    return this.#findLate(site, base) ?? this.#findDoubted(site, base) ?? this.#findUnsure(site, base);
  }

  /** const op = ops.get(key) as Operation; ops.delete(key); run(op): whoever comes second gets nothing. */
  #findTaken({ event }: Site, base: Pick<UncheckedLookup, "map" | "key" | "node" | "trust" | "doubt">): UncheckedLookup | undefined {
    const here = this.context.model.getEnclosing(event.node);
    const removal = this.#findRemovals(event.map).find((access) => access.function === here && isAfter(access.node, event.node) && access.key && isSameKey(getKeyTerm(access.key, this.context.model, new Map()), event.key));
    return removal && !isConstantKey(event.key, this.context.model) && this.context.summaries.getAccesses(event.map).some((access) => access.function !== here && this.#isDoubtful(access)) ? { ...base, reason: "removable", cause: undefined, remover: removal, isHeuristic: true } : undefined;
  }

  /** Nobody knows where the key comes from, and not every key is there. */
  #findUnsure({ event }: Site, base: Pick<UncheckedLookup, "map" | "key" | "node" | "trust" | "doubt">): UncheckedLookup | undefined {
    const { map, key } = event;
    const { model, summaries } = this.context;
    const here = model.getEnclosing(event.node);
    const accesses = summaries.getAccesses(map);
    const around = getRunner(here);
    // Who looks for the entry, or makes it, knows what is there.
    const isKnown = accesses.some((access) => getRunner(access.function) === around && (isInsertion(access.operation) || this.#isDoubtful(access)));
    if (isConstantKey(key, model) || isKnown || this.#isLookedAfter(event, here)) return undefined;
    const remover = this.#findRemovals(map).find((access) => access.function !== here && !(isOfTimer(here) && stopsTimers(access, model)));
    if (remover) return { ...base, reason: "removable", cause: undefined, remover, isHeuristic: false };
    return isParsed(map, accesses) ? { ...base, reason: "parsed", cause: undefined, remover: undefined, isHeuristic: true } : undefined;
  }
  /** this.add(id), const id = this.choose(): helpers that make the entry, or choose among those that are there. */
  #isLookedAfter({ map, key, node }: ReadEvent, here: FunctionInfo | undefined): boolean {
    const { model, summaries } = this.context;
    const isOfMap = (call: Node | undefined): boolean => {
      const callee = call?.type === "CallExpression" ? model.getCallee(call) : undefined;
      return callee !== undefined && (summaries.get(callee).writes.has(map) || summaries.get(callee).reads.has(map));
    };
    const variable = model.getVariable(unwrap(key.node!));
    const value = variable && model.getConstantValue(variable);
    if (value && isOfMap(unwrap(value))) return true;
    const text = model.sourceCode.getText(key.node as never);
    return (model.nodes.get("CallExpression") ?? []).some((call) => call.type === "CallExpression" && call.range[1] < node.range[0] && model.getEnclosing(call) === here && call.arguments.some((argument) => model.sourceCode.getText(argument as never) === text) && isOfMap(call));
  }

  /** setTimeout(() => attempts[token].reject(..)), where the attempt may be over. */
  #findLate({ event }: Site, base: Pick<UncheckedLookup, "map" | "key" | "node" | "trust" | "doubt">): UncheckedLookup | undefined {
    const callback = this.context.model.getEnclosing(event.node);
    const timer = callback && getUsage(callback.node).parent;
    const variable = event.key.node && this.#getRoot(event.key.node, 0);
    if (timer?.type !== "CallExpression" || !/^set(?:Timeout|Interval)$/.test(getCalleeName(timer) ?? "") || !variable) return undefined;
    // Its own variable is looked up at once.
    if (variable.scope.block === callback!.node) return undefined;
    // Who removes the entry may stop the timer.
    const remover = this.#findRemovals(event.map).find((access) => access.function !== callback && !stopsTimers(access, this.context.model));
    return remover && { ...base, reason: "late", cause: timer, remover, isHeuristic: false };
  }

  /** players[name].entity = null, where others write if (!players[name]) return, and entries are removed. */
  #findDoubted({ event }: Site, base: Pick<UncheckedLookup, "map" | "key" | "node" | "trust" | "doubt">): UncheckedLookup | undefined {
    const here = this.context.model.getEnclosing(event.node);
    const accesses = this.context.summaries.getAccesses(event.map);
    // Who looks for the entry somewhere in this function knows what is there.
    if (!event.key.node || !this.#isOwnParameter(event.key.node, here) || accesses.some((access) => access.function === here && this.#isDoubtful(access))) return undefined;
    const remover = this.#findRemovals(event.map).find((access) => access.function !== here || !isAfter(access.node, event.node)) ?? this.#findRemovals(event.map)[0];
    const doubt = remover && accesses.find((access) => access.function !== here && access.key && unwrap(access.key).type !== "Literal" && this.#isDoubtful(access));
    return doubt && { ...base, reason: "doubted", cause: undefined, remover, doubt: doubt.node, isHeuristic: true };
  }

  /** `id` of (id) => .., `user.id` of (user) => ..; not of xs.filter((x) => ..). */
  #isOwnParameter(key: Node, here: FunctionInfo | undefined): boolean {
    const definition = this.#getRoot(key, 0)?.defs[0];
    if (definition?.type !== "Parameter" || definition.node !== (here?.node as never)) return false;
    const { parent } = getUsage(here!.node);
    return parent?.type !== "CallExpression" || getTiming(parent) !== "now";
  }

  /** Whether a lookup is checked by whoever wrote it. */
  #isDoubtful({ operation, node }: PlacedAccess): boolean {
    if (operation !== "get" && operation !== "has") return false;
    const { node: use, parent } = getUsage(node);
    if (isTest(use, parent) || isFilter(use, parent)) return true;
    const variable = parent?.type === "VariableDeclarator" && parent.init === use ? this.context.model.getVariable(parent.id) : undefined;
    return variable !== undefined && isQuestioned(variable);
  }

  /** Removals of single entries of a shared map, outside of teardown. */
  #findRemovals(map: MapEntity): PlacedAccess[] {
    if (this.context.sharing.getLifetime(map).level === "none") return [];
    return this.context.summaries.getAccesses(map).filter((access) => access.operation === "delete" && access.function !== undefined && !TEARDOWN.test(access.function.name));
  }

  /** A removal of single entries, outside of teardown, by another function. */
  #findRemover(map: MapEntity, here: FunctionInfo | undefined): PlacedAccess | undefined {
    const removals = this.#findRemovals(map);
    const byOthers = removals.find((access) => access.function !== here);
    // remove(id) { m.get(id)!.close(); m.delete(id); } twice, where others look whether there is an entry
    return byOthers ?? (removals.length > 0 && this.#isCheckedElsewhere(map, here) ? removals[0] : undefined);
  }

  /** Whether another function reckons with a key that is not there. */
  #isCheckedElsewhere(map: MapEntity, here: FunctionInfo | undefined): boolean {
    return this.context.summaries.getAccesses(map).some((access) => {
      if (access.operation !== "get" || access.function === here || !access.key || this.#getRoot(access.key, 0)?.defs[0]?.type !== "Parameter") return false;
      return this.#isDoubtful(access);
    });
  }

  /** Whether a key is handed in from outside of the file: by a caller, with an event, or as a part of a request or message. */
  #getOrigin(key: Node | undefined, node: GraphNode, map: MapEntity): "caller" | "input" | "request" | undefined {
    const variable = key && this.#getRoot(key, 0);
    const definition = variable?.defs[0];
    if (definition?.type !== "Parameter") return undefined;
    const info = this.context.model.getFunction(definition.node as Node);
    const level = info ? node.stack.indexOf(info) : -1;
    if (!info || level < 0) return undefined;
    if (isListener(info)) return INPUT.test(variable!.name) && unwrap(key!).type !== "CallExpression" && this.#isPart(key!) ? "request" : "input";
    const argument = level > 0 ? this.#findArgument(info, definition.name as Node, node.stack[level - 1]!) : undefined;
    if (argument) return this.#getOrigin(argument, node, map);
    // ids.map((id) => m.get(id)!)
    const { parent } = getUsage(info.node);
    if (parent?.type === "CallExpression" && parent.callee.type === "MemberExpression" && getTiming(parent) === "now") return this.#getOrigin(parent.callee.object, node, map);
    if (level > 0 || this.context.sharing.getOverlap(info, map).level === "none") return undefined;
    return "caller";
  }

  /** req.params.id, and id after const { id } = req.params */
  #isPart(key: Node): boolean {
    const node = unwrap(key);
    if (node.type === "MemberExpression") return true;
    const definition = this.context.model.getVariable(node)?.defs[0];
    return definition?.type === "Variable" || (definition?.type === "Parameter" && (definition.name as Node).parent?.type === "Property");
  }

  /** What the caller passes for a parameter. */
  #findArgument(info: FunctionInfo, parameter: Node, caller: FunctionInfo): Node | undefined {
    const index = info.node.params.findIndex((item) => isInside(parameter, item));
    const call = info.calls.find((item) => this.context.model.getEnclosing(item) === caller);
    return index >= 0 ? call?.arguments[index] : undefined;
  }

  /** `id` of `id`, of `` `a:${id}` ``, of `const k = id`, of `req.params.id`. */
  #getRoot(expression: Node, depth: number): Variable | undefined {
    const node = unwrap(expression);
    if (depth > 5) return undefined;
    switch (node.type) {
      case "Identifier": {
        const variable = this.context.model.getVariable(node);
        const definition = variable?.defs[0];
        if (definition?.type !== "Variable") return variable;
        const declarator = definition.node as TSESTree.VariableDeclarator;
        // const { id } = req.params
        const loop = declarator.parent.parent;
        if (loop.type === "ForOfStatement") return this.#getRoot(loop.right, depth + 1);
        return declarator.init && declarator.id.type !== "ArrayPattern" ? this.#getRoot(declarator.init, depth + 1) : undefined;
      }
      case "MemberExpression":
        return node.computed ? undefined : this.#getRoot(node.object, depth + 1);
      case "LogicalExpression":
        return this.#getRoot(node.left, depth + 1);
      case "CallExpression":
        return getCalleeName(node) === "parse" && node.arguments[0] ? this.#getRoot(node.arguments[0], depth + 1) : undefined;
      case "TemplateLiteral":
        return node.expressions.map((part) => this.#getRoot(part, depth + 1)).find((root) => root?.defs[0]?.type === "Parameter");
      default:
        return undefined;
    }
  }
}

/** `f.bind(this)` for its `f`; with arguments of its own it is another function. */
function getBound(mention: Node): Node {
  const member = mention.parent;
  if (member?.type !== "MemberExpression" || member.object !== mention || member.parent.type !== "CallExpression") return mention;
  return member.parent.arguments.length > 1 ? mention : member.parent;
}

/** socket.on("message", f), socket.on("message", this.onMessage.bind(this)) */
function isListener(info: FunctionInfo): boolean {
  const uses = [info.node, ...info.mentions.map((mention) => getBound(mention))];
  return uses.some((use) => {
    const { node, parent } = getUsage(use);
    return parent?.type === "CallExpression" && parent.callee !== node && getTiming(parent) === "often";
  });
}

function inOrder<T extends { readonly node: Node }>(items: Iterable<T | undefined>): T[] {
  return [...items].filter((item) => item !== undefined).sort((a, b) => a.node.range[0] - b.node.range[0]);
}

function isDeletion(node: Node): boolean {
  return node.type === "UnaryExpression" || (node.type === "CallExpression" && /^(?:delete|take)$/.test(getCalleeName(node) ?? ""));
}

/** How the result of a lookup is relied on; `undefined` if it is not. */
function getTrust(node: Node, context: HazardContext): Trust | undefined {
  const parent = node.parent;
  switch (parent?.type) {
    case "TSNonNullExpression":
      return isChecked(parent, context) ? undefined : "assert";
    case "TSAsExpression":
      return isDefiniteType(parent.typeAnnotation) && !isChecked(parent, context) ? "cast" : undefined;
    case "MemberExpression":
      return parent.object === node && !parent.optional && !isStoreTarget(parent) ? "member" : undefined;
    case "CallExpression":
      return parent.callee === node && !parent.optional ? "call" : undefined;
    case "VariableDeclarator":
      return parent.init === node && (parent.id.type === "ObjectPattern" || parent.id.type === "ArrayPattern") ? "destructure" : undefined;
    default:
      return undefined;
  }
}

/** `d[a][b] = v` is told by its own read. */
function isStoreTarget(member: TSESTree.MemberExpression): boolean {
  return member.parent.type === "ChainExpression";
}

function isDefiniteType(type: Node): boolean {
  if (type.type === "TSUnionType") return type.types.every(isDefiniteType);
  return !/^TS(?:Undefined|Null|Any|Unknown|Void)Keyword$/.test(type.type) && !(type.type === "TSTypeReference" && type.typeName.type === "Identifier" && type.typeName.name === "const");
}

/** get(k)! ?? x, if (get(k)!), const e = get(k)!; if (!e) return: the assertion is only for the compiler. */
function isChecked(assertion: Node, context: HazardContext): boolean {
  let { node, parent } = getUsage(assertion);
  if (isTest(node, parent)) return true;
  // const e = id ? get(id)! : undefined
  while (parent?.type === "ConditionalExpression" || parent?.type === "LogicalExpression") ({ node, parent } = getUsage(parent));
  if (parent?.type !== "VariableDeclarator" || parent.id.type !== "Identifier") return false;
  const variable = context.model.getVariable(parent.id);
  return variable !== undefined && isQuestioned(variable);
}

function isTest(node: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case "LogicalExpression":
      return parent.left === node;
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
      return parent.test === node;
    case "UnaryExpression":
      return parent.operator === "!" || parent.operator === "typeof";
    case "BinaryExpression":
      return /^[!=]==?$/.test(parent.operator);
    case "MemberExpression":
      return parent.object === node && parent.optional;
    default:
      return false;
  }
}

/** ids.filter((id) => m.get(id)) */
function isFilter(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== "ArrowFunctionExpression" || parent.body !== node) return false;
  const call = getUsage(parent).parent;
  return call?.type === "CallExpression" && /^(?:filter|find|findIndex|some|every)$/.test(getCalleeName(call) ?? "");
}

/** Somewhere the variable is tested: its author knows that it may be nothing. */
function isQuestioned(variable: Variable): boolean {
  return variable.references.some((reference) => {
    const { node, parent } = getUsage(reference.identifier as Node);
    return reference.isRead() && (isTest(node, parent) || (parent?.type === "CallExpression" && /^(?:assert\w*|invariant|ensure\w*|isDefined|exists)$/.test(getCalleeName(parent) ?? "")));
  });
}

/** Whether nothing would be an error at once: `get(k)!.x`, `const e = get(k)!; e.x`. */
function isDereferenced(lookup: Node, context: HazardContext): boolean {
  const { node, parent } = getUsage(lookup);
  if (isDereference(node, parent)) return true;
  const target = parent?.type === "VariableDeclarator" && parent.init === node ? parent.id : parent?.type === "AssignmentExpression" && parent.right === node ? parent.left : undefined;
  if (!target) return false;
  if (target.type === "ObjectPattern" || target.type === "ArrayPattern") return true;
  const variable = context.model.getVariable(target);
  return variable !== undefined && variable.references.some((reference) => {
    const use = getUsage(reference.identifier as Node);
    return reference.isRead() && isDereference(use.node, use.parent);
  });
}

function isDereference(node: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case "MemberExpression":
      return parent.object === node && !parent.optional;
    case "CallExpression":
      return parent.callee === node && !parent.optional;
    case "SpreadElement":
      return parent.parent.type === "ArrayExpression";
    case "ForOfStatement":
      return parent.right === node;
    default:
      return false;
  }
}

/** Every key of the type is there: Record<"a" | "b", T>, { [K in Kind]: T }. */
function isTotal(map: MapEntity): boolean {
  if (map.kind !== "dictionary" || !map.keyType || isNamedMap(map.annotation)) return false;
  return !/^TS(?:String|Number|Symbol|Any)Keyword$/.test(map.keyType.type);
}

/** interface Map<V> { [key: string]: V }: its one parameter is that of the values. */
function isNamedMap(type: Node | undefined): boolean {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" && type.typeName.name === "Map";
}

/** Filled where it is made, and nothing removes from it. */
function isRegistry(map: MapEntity, context: HazardContext): boolean {
  if (context.summaries.getAccesses(map).some((access) => access.operation === "delete" || access.operation === "clear")) return false;
  return map.initializers.some((initializer) => (initializer.type === "NewExpression" ? initializer.arguments.length > 0 : initializer.type === "ObjectExpression" && initializer.properties.length > 0));
}

/** setTimeout(() => ..) */
function isOfTimer(info: FunctionInfo | undefined): boolean {
  const call = info && getUsage(info.node).parent;
  return call?.type === "CallExpression" && /^set(?:Timeout|Interval)$/.test(getCalleeName(call) ?? "");
}

/** The function that runs a place: around the callbacks of `filter`, `forEach` and the like. */
function getRunner(info: FunctionInfo | undefined): FunctionInfo | undefined {
  let at = info;
  for (;;) {
    const { node, parent } = at ? getUsage(at.node) : {};
    if (!at?.parent || parent?.type !== "CallExpression" || parent.callee === node || getTiming(parent) !== "now") return at;
    at = at.parent;
  }
}

/** `KIND`, `Kinds.a`, `"a"`: one of those that the program knows. */
function isConstantKey(key: KeyTerm, model: FileModel): boolean {
  const node = key.node && unwrap(key.node);
  if (!node || key.kind === "literal") return true;
  const root = node.type === "MemberExpression" ? unwrap(node.object) : node;
  if (root.type !== "Identifier") return false;
  return /^[A-Z]/.test(root.name) || model.getVariable(root)?.defs[0]?.type === "ImportBinding";
}

/** store = JSON.parse(text) as Record<string, Info> */
function isParsed(map: MapEntity, accesses: readonly PlacedAccess[]): boolean {
  if (map.kind !== "dictionary") return false;
  const declared = "init" in map.declaration && map.declaration.init ? [map.declaration.init as Node] : [];
  const values = [...declared, ...map.initializers, ...accesses.flatMap(({ operation, value }) => (operation === "replace" && value ? [value] : []))];
  return values.some((value) => {
    const node = unwrap(value);
    return node.type === "CallExpression" && node.callee.type === "MemberExpression" && getCalleeName(node) === "parse" && unwrap(node.callee.object).type === "Identifier" && (unwrap(node.callee.object) as TSESTree.Identifier).name === "JSON";
  });
}

/** In a `try` with a `catch`: a failure is dealt with. */
function isHandled(node: Node): boolean {
  for (let at: Node | undefined = node; at?.parent && !isFunction(at); at = at.parent) {
    if (at.parent.type === "TryStatement" && at.parent.handler && at.parent.block === at) return true;
  }
  return false;
}
