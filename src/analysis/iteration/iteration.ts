import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isInsertion } from "../maps/accesses.js";
import { type FunctionNode, type Node, findAncestor, getCalleeName, getKeyName, getPropertyName, getShortText, getUsage, isInside, unwrap } from "../code/ast.js";
import { type Flow, getLockId } from "../tasks/flow.js";
import type { GraphNode, WriteEvent } from "../tasks/graph.js";
import type { MapEntity } from "../maps/inventory.js";
import type { HazardContext, Partner } from "../async/hazards.js";
import { isIdentityOf, isKeyOfOneCall, isObjectKey } from "../maps/key-origin.js";
import { getKeyTerm, type KeyTerm } from "../maps/keys.js";
import { findLiveIterable, findMapLoops, isSetLike, type MapLoop } from "./loops.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { type FlowsOf, getOrigins } from "../tasks/origins.js";
import type { Overlap } from "../maps/sharing.js";
import type { PlacedAccess } from "../maps/summaries.js";
import { findWalks } from "./walks.js";

interface OverlappingWrite {
  readonly access: PlacedAccess;
  readonly overlap: Overlap;
}

interface HarmfulWrite extends OverlappingWrite {
  readonly harm?: IterationHarm;
}

interface LoopHazard {
  readonly map: MapEntity;
  readonly loop: MapLoop;
  /** Where the report stands. */
  readonly node: Node;
  readonly isHeuristic: boolean;
}

/** A live iterator that is held across a suspension while others write. */
export interface HeldIterator extends LoopHazard {
  readonly kind: "held";
  readonly task: FunctionInfo;
  readonly suspension: Node;
  readonly partner: Partner;
  readonly partnerOperation: string;
  readonly overlap: Overlap;
  /** What goes wrong; `undefined` where one can only say that the loop sees it. */
  readonly harm: IterationHarm | undefined;
}

/**
 * What a loop makes of entries that come in while it is suspended.
 * - `refill`: one function empties the map and fills it again: its entries are visited a second time
 * - `return`: a key leaves and comes back: it is visited twice
 * - `twice`: whoever adds an entry deals with it as well
 * - `drain`: what is set again after it was visited is removed unseen
 */
export type IterationHarm = "refill" | "return" | "twice" | "drain";

/**
 * A write that a loop over the same map sees.
 * - `growth`: every turn adds a key, which gives another turn
 * - `reinsertion`: the current key is removed and put back, at the end of the iteration
 * - `renaming`: the current entry moves to a new key, which comes round as well
 * - `foreign-delete`: another key is removed
 * - `reentrant`: a function of somebody else, called in the loop, can add to the map
 */
export interface LoopMutation extends LoopHazard {
  readonly kind: "growth" | "reinsertion" | "renaming" | "foreign-delete" | "reentrant";
  /** The removal of a re-insertion, the insertion of a re-entrant listener. */
  readonly other: Node | undefined;
  readonly key: string;
}

/** `m.forEach(async ..)` */
export interface AsyncForEach {
  /** `undefined` for an object that nothing but its enumeration shows to be a dictionary. */
  readonly map: MapEntity | undefined;
  readonly name: string;
  readonly call: TSESTree.CallExpression;
  readonly callback: FunctionNode;
  /** Whether the call is on the map itself, not on a copy. */
  readonly isDirect: boolean;
}

export interface IterationFacts {
  readonly held: readonly HeldIterator[];
  readonly mutations: readonly LoopMutation[];
  readonly asyncForEach: readonly AsyncForEach[];
}

const TEARDOWN = /^_?#?(?:close|dispose|stop|destroy|shutdown|teardown|terminate|end|quit|cleanup|clear|deactivate|unmount|disconnect|kill|abort|finish|exit|drain|release|removeAll|deleteAll|on(?:Module)?Destroy|\[Symbol)/i;
/** register(handler) { handlers.add(handler); return () => handlers.delete(handler) } */
const REGISTRATION = /^[$#_]*(?:register|subscribe|on|use|install|provide|define|listen|observe|watch|attach|add)(?:$|[A-Z]\w*)?(?:Handler|Provider|Listener|Participant|Contribution|Hook|Plugin|Middleware|Validator|Interceptor|Transformer|Filter|Observer|Callback|Extension|Command|Factory)s?$|^[$#_]*(?:register|subscribe|use|provide|define|observe)(?:$|[A-Z])/;
const SETTLING = /^(?:resolve|reject|res|rej|settle|fulfil+|fail|abort)$/i;
const LISTENER = /listener|handler|callback|subscriber|observer|hook|notify|^(?:cb|fn|f|l|h|sub|next)$/i;
const WORKLIST = /queue|work|todo|pending|seen|visit|frontier|stack|closure|reach|candidates|explor|discover|expand|transitive|remaining|toProcess|affected|dirty/i;

/** Finds what can go wrong while a map is iterated, in the functions that touch a map that is both walked and written. */
export function findIterationFacts(getFlowsOf: FlowsOf, context: HazardContext): IterationFacts {
  const walks = findWalks(context);
  const maps = new Set(walks.map(({ map }) => map));
  const finder = new IterationFinder(getFlowsOf(maps, walks), () => getFlowsOf(maps), context);
  return finder.find();
}

class IterationFinder {
  readonly #held = new Map<Node, HeldIterator>();
  readonly #mutations = new Map<Node, LoopMutation>();

  constructor(
    private readonly looping: readonly Flow[],
    private readonly getFlows: () => readonly Flow[],
    private readonly context: HazardContext,
  ) {}

  find(): IterationFacts {
    for (const flow of this.looping) {
      for (const loop of findMapLoops(flow, this.context)) {
        this.#findHeld(loop);
        this.#findMutations(loop);
      }
    }
    return { held: inOrder(this.#held.values()), mutations: inOrder(this.#mutations.values()), asyncForEach: findAsyncForEach(this.context) };
  }

  /** The locks that are held at a write on every way to it. */
  #getLocksOf(write: Node): ReadonlySet<string> {
    let common: ReadonlySet<string> | undefined;
    for (const flow of this.getFlows()) {
      for (const { id, event } of flow.graph.nodes) {
        if (event.type !== "write" || event.node !== write) continue;
        const held = getExclusiveLocks(flow, id);
        common = common ? new Set([...common].filter((lock) => held.has(lock))) : held;
      }
    }
    return common ?? new Set();
  }

  // ---- held across a suspension

  #findHeld(loop: MapLoop): void {
    if (this.#held.has(loop.loop) || loop.style === "forEach") return;
    // What suspends in a helper suspends the loop only where it is waited for, which is a suspension here as well.
    const suspensions = [...loop.turning].map((id) => loop.flow.graph.nodes[id]!).filter((node) => node.event.type === "suspend" && node.stack.length === loop.head.stack.length);
    const suspension = suspensions[0];
    if (!suspension || this.context.sharing.getLifetime(loop.map).level === "none") return;
    const task = loop.head.stack.at(-1)!;
    const locks = suspensions.map((node) => getExclusiveLocks(loop.flow, node.id)).reduce((all, some) => new Set([...all].filter((lock) => some.has(lock))));
    const candidates = this.#findPartners(loop, task, locks);
    const found: HarmfulWrite | undefined = this.#findHarm(loop, candidates, suspensions) ?? candidates[0];
    if (!found) return;
    const { access, overlap, harm } = found;
    this.#held.set(loop.loop, {
      kind: "held",
      map: loop.map,
      loop,
      node: loop.style === "next" ? loop.node : getIterated(loop),
      task,
      suspension: suspension.event.node,
      partner: { node: access.node, function: access.function, isSelf: access.function === task },
      partnerOperation: access.operation,
      overlap,
      harm,
      // What a generator gives out, its caller takes at a time of its own.
      isHeuristic: harm === undefined || loop.style === "in" || isOnlyYielding(suspensions) || loop.head.stack.some((info) => TEARDOWN.test(info.name)),
    });
  }

  /** The writes of other tasks, insertions first: what they add is visited too. */
  #findPartners(loop: MapLoop, task: FunctionInfo, locks: ReadonlySet<string>): OverlappingWrite[] {
    const candidates = this.context.summaries.getAccesses(loop.map).flatMap((access) => {
      if (access.function === undefined || isInside(access.node, loop.loop)) return [];
      if (!isInsertion(access.operation) && access.operation !== "delete" && access.operation !== "clear") return [];
      if ((isSetLike(loop.map) && access.operation === "set") || this.#isOverBefore(access.node, loop)) return [];
      if (locks.size > 0 && [...this.#getLocksOf(access.node)].some((lock) => locks.has(lock))) return [];
      const overlap = this.context.sharing.getPairOverlap(task, access.function, loop.map);
      return overlap.level === "none" ? [] : [{ access, overlap }];
    });
    const rank = ({ access }: OverlappingWrite): number => (isInsertion(access.operation) ? 0 : 2) + (access.function === task ? 1 : 0);
    return candidates.sort((a, b) => rank(a) - rank(b));
  }

  /** const found = new Map(); await Promise.all(xs.map(async (x) => found.set(x, await f(x)))); for (const [x, y] of found) await g(y) */
  #isOverBefore(write: Node, { map, loop }: MapLoop): boolean {
    const { model } = this.context;
    const home = model.getEnclosing(map.declaration);
    if (map.home !== "local" || !home || model.getEnclosing(loop) !== home) return false;
    const wait = findAncestor(write, (node) => node.type === "AwaitExpression" && model.getEnclosing(node) === home);
    const call = wait?.type === "AwaitExpression" ? unwrap(wait.argument) : undefined;
    return call?.type === "CallExpression" && /^all(?:Settled)?$/.test(getCalleeName(call) ?? "") && call.range[1] < loop.range[0];
  }

  #findHarm(loop: MapLoop, candidates: readonly OverlappingWrite[], suspensions: readonly GraphNode[]): HarmfulWrite | undefined {
    const { model } = this.context;
    const insertions = candidates.filter(({ access }) => isInsertion(access.operation) && !TEARDOWN.test(access.function!.name));
    const removals = candidates.filter(({ access }) => !isInsertion(access.operation));
    const isRefill = ({ access }: OverlappingWrite): boolean => removals.some(({ access: removal }) => removal.function === access.function && removal.operation === "clear" && removal.node.range[0] < access.node.range[0]);
    const refill = insertions.find(isRefill);
    if (refill) return { ...refill, harm: "refill" };
    const calls = [...loop.inside].flatMap((id) => this.#findDeed(loop.flow.graph.nodes[id]!) ?? []);
    const deeds = new Set(calls.filter((call) => call.arguments.some((argument) => this.#derivesFromLoop(argument, loop))).map((call) => getCalleeName(call)!));
    const twice = insertions.find(({ access }) => this.#isDealtWithBy(deeds, access));
    if (twice) return { ...twice, harm: "twice" };
    const returning = insertions.filter(({ access }) => canKeyReturn(access, model) && !REGISTRATION.test(access.function!.name));
    const [comesAgain] = returning;
    if (!comesAgain) return undefined;
    const setAgain = returning.find(({ access }) => !this.#isOnlyWhereAbsent(access));
    if (setAgain && this.#isDrained(loop, suspensions)) return { ...setAgain, harm: "drain" };
    return removals.some(({ access }) => access.operation === "delete" || !TEARDOWN.test(access.function!.name)) ? { ...comesAgain, harm: "return" } : undefined;
  }

  /** add(x) { m.set(k, x); start(x) } beside for (const x of m) await start(x) */
  #isDealtWithBy(deeds: ReadonlySet<string>, insertion: PlacedAccess): boolean {
    const adder = insertion.function!;
    return deeds.size > 0 && this.getFlows().some((flow) => flow.graph.nodes.some((node) => {
      const call = node.stack.includes(adder) ? this.#findDeed(node) : undefined;
      return call !== undefined && deeds.has(getCalleeName(call)!) && this.#isGiven(call, insertion);
    }));
  }

  /** start(k, x) of m.set(k, x) */
  #isGiven(call: TSESTree.CallExpression, { key, value }: PlacedAccess): boolean {
    const { model } = this.context;
    const own = [key, value].flatMap((node) => (node && model.getVariable(unwrap(node))) ?? []);
    return own.some((variable) => variable.references.some(({ identifier }) => call.arguments.some((argument) => isInside(identifier as Node, argument))));
  }

  /** A call of this file or object that is given something: `this.start(x)`. */
  #findDeed({ event }: GraphNode): TSESTree.CallExpression | undefined {
    const call = event.type === "suspend" && event.node.type === "AwaitExpression" ? unwrap(event.node.argument) : event.node;
    if (call.type !== "CallExpression" || call.arguments.length === 0) return undefined;
    const callee = unwrap(call.callee);
    const isOwn = callee.type === "Identifier" || (callee.type === "MemberExpression" && unwrap(callee.object).type === "ThisExpression");
    const name = getCalleeName(call);
    return isOwn && name !== undefined && !/^(?:log|debug|warn|error|info|trace|assert|String|Number|require|is[A-Z]\w*|get[A-Z]\w*|to[A-Z]\w*|has[A-Z]\w*|format\w*)$/.test(name) ? call : undefined;
  }

  /** if (!m.has(k)) m.set(k, v): what is there is not set again. */
  #isOnlyWhereAbsent(insertion: PlacedAccess): boolean {
    return insertion.operation !== "add" && this.context.summaries.getAccesses(insertion.map).some((access) => (access.operation === "has" || access.operation === "get") && access.function === insertion.function && access.node.range[0] < insertion.node.range[0]);
  }

  /** for (const k of m) { await ..; m.delete(k) }, or m.clear() right after the loop */
  #isDrained(loop: MapLoop, suspensions: readonly GraphNode[]): boolean {
    const { graph, control } = loop.flow;
    return graph.nodes.some(({ id, event, stack }) => {
      if (event.type !== "write" || event.map !== loop.map || stack.at(-1) !== loop.head.stack.at(-1)) return false;
      if (event.operation === "clear") return !loop.inside.has(id) && control.canReach(loop.head.id, id);
      return event.operation === "delete" && loop.turning.has(id) && this.#isCurrentKey(event.key, loop) && suspensions.some((suspension) => this.#precedes(loop, suspension.id, id));
    });
  }

  // ---- mutated inside

  #findMutations(loop: MapLoop): void {
    const writes = [...loop.turning].sort((a, b) => a - b).flatMap((id) => {
      const node = loop.flow.graph.nodes[id]!;
      return node.event.type === "write" && node.event.map === loop.map && node.event.field === undefined && isSameReceiver(node.event, loop) ? [{ node, event: node.event }] : [];
    });
    const removals = writes.filter(({ event }) => event.operation === "delete");
    for (const { node, event } of writes) {
      if (isInsertion(event.operation)) this.#findInsertion(loop, node, event, removals);
      else if (event.operation === "delete" && this.#isWrittenInLoop(loop, event) && !this.#isCurrentKey(event.key, loop) && !this.#belongsToCurrent(event.key, loop)) this.#addMutation(loop, "foreign-delete", event, undefined, true);
    }
    if (writes.every(({ event }) => event.operation === "delete" && this.#isCurrentKey(event.key, loop))) this.#findReentrance(loop, writes.map(({ node }) => node.id));
  }

  #findInsertion(loop: MapLoop, node: GraphNode, event: WriteEvent, removals: readonly { node: GraphNode; event: WriteEvent }[]): void {
    const isUnconditional = this.#runsEveryTurn(loop, node);
    const removal = removals.find(({ node: other, event: removed }) => this.#isCurrentKey(removed.key, loop) && this.#precedes(loop, other.id, node.id));
    if (this.#isCurrentKey(event.key, loop)) {
      if (removal) this.#addMutation(loop, "reinsertion", event, removal.event.node, loop.style === "in" || !isUnconditional || !this.#runsEveryTurn(loop, removal.node));
      return;
    }
    if (this.#belongsToCurrent(event.key, loop)) return;
    if (removal && this.#derivesFromLoop(event.key.node, loop)) return this.#addMutation(loop, "renaming", event, removal.event.node, loop.style === "in" || !isUnconditional);
    const isNew = event.key.isFresh || this.#isComputedAnew(event.key.node, loop);
    const isWorklist = WORKLIST.test(loop.map.name) || isSetLike(loop.map) || loop.map.home === "local";
    if (isNew && isUnconditional) return this.#addMutation(loop, "growth", event, undefined, loop.style === "in");
    if (!isWorklist && (isNew || this.#derivesFromLoop(event.key.node, loop))) this.#addMutation(loop, "growth", event, undefined, true);
  }

  /** What a helper calls its key may be the current one by another name. */
  #isWrittenInLoop(loop: MapLoop, event: WriteEvent): boolean {
    return isInside(event.node, loop.loop);
  }

  /** Only the loop itself decides whether it runs. */
  #runsEveryTurn(loop: MapLoop, node: GraphNode): boolean {
    return getOrigins(loop.flow.graph).control.getControllers(node.id).every(({ id }) => !loop.inside.has(id) || loop.flow.graph.nodes[id]!.event.node === loop.loop);
  }

  /** Reached in the same turn. */
  #precedes(loop: MapLoop, from: number, to: number): boolean {
    const seen = new Set<number>();
    const stack = [from];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      for (const edge of loop.flow.graph.nodes[id]!.edges) {
        if (edge.to === to) return true;
        if (edge.to === loop.head.id || !loop.inside.has(edge.to) || seen.has(edge.to)) continue;
        seen.add(edge.to);
        stack.push(edge.to);
      }
    }
    return false;
  }

  #isCurrentKey(key: KeyTerm, loop: MapLoop): boolean {
    const text = getInnerText(key, loop);
    return loop.variables.keys.has(text);
  }

  /** `m.delete(v.id)`: the current key by another name, as far as one can tell. */
  #belongsToCurrent(key: KeyTerm, loop: MapLoop): boolean {
    const text = getInnerText(key, loop);
    return [...loop.variables.values, ...loop.variables.keys].some((current) => text.startsWith(`${current}.`) && /\.(?:_?id|\w*Id|key|\w*Key|name|\w*Name|uuid|path|url|uri|ref|token|handle)$/.test(text)) || loop.variables.values.has(text);
  }

  /** k + "x", `${k}-copy`, n + 1, through a constant. */
  #isComputedAnew(key: Node | undefined, loop: MapLoop, depth = 0): boolean {
    const node = key && unwrap(key);
    if (!node || depth > 3) return false;
    if (node.type === "Identifier") {
      const value = this.#getConstant(node);
      return value !== undefined && this.#isComputedAnew(value, loop, depth + 1);
    }
    if (node.type === "TemplateLiteral") return node.quasis.some((quasi) => quasi.value.raw !== "") && node.expressions.some((part) => this.#isCurrentElement(part, loop));
    if (node.type !== "BinaryExpression" || !["+", "-", "*"].includes(node.operator) || node.left.type === "PrivateIdentifier") return false;
    return this.#isCurrentElement(node.left, loop) || this.#isCurrentElement(node.right, loop);
  }

  #isCurrentElement(node: Node, loop: MapLoop): boolean {
    return loop.variables.keys.has(getKeyTerm(node, this.context.model, new Map()).text);
  }

  #derivesFromLoop(key: Node | undefined, loop: MapLoop, depth = 0): boolean {
    const node = key && unwrap(key);
    if (!node || depth > 5) return false;
    switch (node.type) {
      case "Identifier": {
        const variable = this.context.model.getVariable(node);
        if (variable && loop.variables.all.has(variable)) return true;
        const value = this.#getConstant(node);
        return value !== undefined && this.#derivesFromLoop(value, loop, depth + 1);
      }
      case "TemplateLiteral":
        return node.expressions.some((part) => this.#derivesFromLoop(part, loop, depth + 1));
      case "BinaryExpression":
        return [node.left, node.right].some((part) => this.#derivesFromLoop(part, loop, depth + 1));
      case "CallExpression":
        return [node.callee, ...node.arguments].some((part) => this.#derivesFromLoop(part, loop, depth + 1));
      case "MemberExpression":
        return this.#derivesFromLoop(node.object, loop, depth + 1);
      default:
        return false;
    }
  }

  #getConstant(node: Node): Node | undefined {
    const variable = this.context.model.getVariable(node);
    return variable && this.context.model.getConstantValue(variable);
  }

  /** for (const listener of listeners) listener(event), where subscribe() adds to listeners. What the loop removes by its key after the call can be what came back. */
  #findReentrance(loop: MapLoop, removals: readonly number[]): void {
    if (loop.head.stack.some((info) => TEARDOWN.test(info.name))) return;
    const call = [...loop.turning].sort((a, b) => a - b).map((id) => loop.flow.graph.nodes[id]!).find(({ event }) => event.type === "call" && event.node.type === "CallExpression" && this.#isCallOfElement(event.node, loop));
    if (!call) return;
    // for (const f of waiting) { waiting.delete(f); f() }: what is added meanwhile has its turn.
    const isRemovedAfter = removals.some((id) => id > call.id);
    const insertion = this.context.summaries
      .getAccesses(loop.map)
      .find((access) => access.function !== undefined && isInsertion(access.operation) && this.context.sharing.getPairOverlap(loop.head.stack.at(-1), access.function, loop.map).level !== "none" && this.#canRemove(loop.map));
    if (!insertion) return;
    this.#mutations.set(call.event.node, { kind: "reentrant", map: loop.map, loop, node: call.event.node, other: insertion.node, key: "", isHeuristic: !isRemovedAfter });
  }

  /** Whoever can leave and come back comes round again. */
  #canRemove(map: MapEntity): boolean {
    return this.context.summaries.getAccesses(map).some((access) => access.operation === "delete");
  }

  /** listener(event); entry.run(event), where run is what a caller has handed in */
  #isCallOfElement(call: TSESTree.CallExpression, loop: MapLoop): boolean {
    const callee = unwrap(call.callee);
    // pending.reject(error): who waits for the promise goes on after the loop.
    const isHeld = callee.type === "MemberExpression" && !SETTLING.test(getPropertyName(callee) ?? "") && this.#isHandedIn(getPropertyName(callee), loop.map);
    const element = isHeld ? unwrap(callee.object) : callee;
    const variable = element.type === "Identifier" ? this.context.model.getVariable(element) : undefined;
    return variable !== undefined && loop.variables.all.has(variable) && (isHeld || LISTENER.test(variable.name));
  }

  /** start(key, run) { m.set(key, { run }) } */
  #isHandedIn(name: string | undefined, map: MapEntity): boolean {
    const { model, summaries } = this.context;
    return name !== undefined && summaries.getAccesses(map).some(({ operation, value, function: info }) => {
      // new Promise((resolve, reject) => pending.set(id, { resolve, reject })): they only settle.
      const isExecutor = info !== undefined && getUsage(info.node).parent?.type === "NewExpression";
      const object = isInsertion(operation) && value && !isExecutor ? unwrap(value) : undefined;
      return object?.type === "ObjectExpression" && object.properties.some((property) => {
        const definition = property.type === "Property" && getKeyName(property.key, property.computed) === name ? model.getVariable(unwrap(property.value))?.defs[0] : undefined;
        return definition?.type === "Parameter" && definition.node === (info?.node as never);
      });
    });
  }

  #addMutation(loop: MapLoop, kind: LoopMutation["kind"], event: WriteEvent, other: Node | undefined, isHeuristic: boolean): void {
    const known = this.#mutations.get(event.node);
    if (known && (!known.isHeuristic || isHeuristic)) return;
    this.#mutations.set(event.node, { kind, map: loop.map, loop, node: event.node, other, key: event.key.display, isHeuristic });
  }
}

function isOnlyYielding(suspensions: readonly GraphNode[]): boolean {
  return suspensions.every(({ event }) => event.type === "suspend" && event.reason === "yield");
}

/** Names and ids come again; an object that was removed is gone, and what is made for one call stays one. */
function canKeyReturn({ map, key, value }: PlacedAccess, model: FileModel): boolean {
  if (key === undefined || isIdentityOf(key, value, model) || isKeyOfOneCall(key, model) || isObjectKey(map, key, model)) return false;
  const term = getKeyTerm(key, model, new Map());
  return !term.isFresh || term.isGivenOrFresh === true;
}

function inOrder<T extends { readonly node: Node }>(items: Iterable<T>): T[] {
  return [...items].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

function getExclusiveLocks(flow: Flow, id: number): ReadonlySet<string> {
  // Without locks nothing needs to be solved.
  if (!flow.graph.nodes.some(({ event }) => event.type === "lock")) return new Set();
  const held = [...(flow.getState(id)?.held.values() ?? [])];
  return new Set(held.filter((lock) => !lock.isShared && lock.key === undefined).map(getLockId));
}

/** The inner key of an entry of a map of maps: `room/user` is `user`. */
function getInnerText(key: KeyTerm, loop: MapLoop): string {
  return loop.map.parent ? key.text.slice(key.text.lastIndexOf("/") + 1) : key.text;
}

/** rooms.get(a).add(x) in a loop over rooms.get(b) is another map. */
function isSameReceiver(event: WriteEvent, loop: MapLoop): boolean {
  if (!loop.map.parent) return true;
  const read = [...loop.flow.graph.nodes].findLast((node) => node.id < loop.head.id && node.event.type === "read" && node.event.map === loop.map && node.event.operation === "iterate");
  if (read?.event.type !== "read") return false;
  const outer = (text: string): string => text.slice(0, text.lastIndexOf("/"));
  return event.key.kind !== "unknown" && read.event.key.kind !== "unknown" && outer(event.key.text) === outer(read.event.key.text);
}

function getIterated(loop: MapLoop): Node {
  return loop.loop.type === "ForOfStatement" || loop.loop.type === "ForInStatement" ? loop.loop.right : loop.node;
}

const COPIES = new Set(["from", "keys", "values", "entries", "toArray", "toSorted", "sort", "filter", "reverse", "slice"]);

/** forEach(async (entry, path) => ..): with a key for its second parameter it is a map's; an array gives an index. */
function isKeyed({ params }: FunctionNode): boolean {
  const [, second] = params;
  return second?.type === "Identifier" && /^(?:key|id|path|name|uri|url)$|(?:Key|Id|Path|Name|Uri|Url)$/.test(second.name);
}

function findAsyncForEach(context: HazardContext): AsyncForEach[] {
  return (context.model.nodes.get("CallExpression") ?? []).flatMap((node) => {
    const call = node as TSESTree.CallExpression;
    const callee = unwrap(call.callee);
    if (getCalleeName(call) !== "forEach" || callee.type !== "MemberExpression" || !call.arguments[0]) return [];
    const callback = context.model.getFunctionValue(call.arguments[0])?.node;
    if (!callback?.async || !hasAwait(callback, context)) return [];
    const direct = findAccess(call, context.inventory)?.map;
    const map = direct ?? findCopied(callee.object, context, 0);
    const enumerated = map ? undefined : isKeyed(callback) || isNamedCollection(callee.object) ? callee.object : findEnumerated(callee.object);
    if (!map && !enumerated) return [];
    return [{ map, name: map?.name ?? getShortText(enumerated!, context.model.sourceCode, 30), call, callback, isDirect: direct !== undefined }];
  });
}

/** this.pollingSet, pendingMap: a class of its own that is one; not a `resultSet`. */
function isNamedCollection(receiver: Node): boolean {
  const node = unwrap(receiver);
  const name = node.type === "Identifier" ? node.name : node.type === "MemberExpression" ? getPropertyName(node) : undefined;
  return name !== undefined && /[a-z](?:Set|Map)$/.test(name) && !/(?:result|data|change|record|row|rule|char|off)Set$/i.test(name);
}

/** x of Object.keys(x), Object.entries(x) */
function findEnumerated(expression: Node): Node | undefined {
  const node = unwrap(expression);
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return undefined;
  const { object } = node.callee;
  const argument = node.arguments[0];
  const isPlain = argument?.type === "Identifier" || argument?.type === "MemberExpression";
  return isPlain && object.type === "Identifier" && object.name === "Object" && /^(?:keys|values|entries)$/.test(getPropertyName(node.callee) ?? "") ? argument : undefined;
}

function hasAwait(callback: FunctionNode, context: HazardContext): boolean {
  return [...(context.model.nodes.get("AwaitExpression") ?? []), ...(context.model.nodes.get("ForOfStatement") ?? [])].some((node) => (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await)) && isInside(node, callback) && context.model.getEnclosing(node)?.node === callback);
}

/** [...m.values()], Array.from(m), Object.entries(d), and what sort and filter make of them */
function findCopied(expression: Node, context: HazardContext, depth: number): MapEntity | undefined {
  const node = unwrap(expression);
  if (depth > 4) return undefined;
  if (node.type === "ArrayExpression") {
    const [only] = node.elements;
    return node.elements.length === 1 && only?.type === "SpreadElement" ? findLiveIterable(only.argument, context)?.map : undefined;
  }
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return undefined;
  const name = getPropertyName(node.callee);
  if (name === undefined || !COPIES.has(name)) return undefined;
  const object = unwrap(node.callee.object);
  if (object.type === "Identifier" && object.name === "Array") return node.arguments[0] && findLiveIterable(node.arguments[0], context)?.map;
  const own = findAccess(node, context.inventory);
  return own?.operation === "iterate" ? own.map : findCopied(object, context, depth + 1);
}
