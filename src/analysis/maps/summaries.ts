import type { TSESTree } from "@typescript-eslint/types";
import { type Access, findAccess, findWriteAccess } from "./accesses.js";
import { type Node, getCalleeName, getPropertyName, unwrap } from "../code/ast.js";
import { once } from "../guard.js";
import type { Inventory, MapEntity } from "./inventory.js";
import type { FileModel, FunctionInfo } from "../code/model.js";

/** One access in the text, with the function it stands in (`undefined` at the top level). */
export interface PlacedAccess extends Access {
  readonly function: FunctionInfo | undefined;
}

/** What running a function can do, through the helpers of the file and the callbacks in it. */
export interface Summary {
  readonly reads: ReadonlySet<MapEntity>;
  readonly writes: ReadonlySet<MapEntity>;
  /** Whether it can suspend. */
  readonly suspends: boolean;
  /** Whether following into it can teach anything: it touches a map, a slot or a lock. */
  readonly isRelevant: boolean;
}

export interface Summaries {
  readonly accesses: readonly PlacedAccess[];
  get(info: FunctionInfo): Summary;
  getAccesses(map: MapEntity): readonly PlacedAccess[];
}

class MutableSummary implements Summary {
  // Made when something is put in: most functions touch no map.
  #reads: Set<MapEntity> | undefined;
  #writes: Set<MapEntity> | undefined;
  suspends = false;
  isRelevant = false;

  get reads(): ReadonlySet<MapEntity> {
    return this.#reads ?? NO_MAPS;
  }

  get writes(): ReadonlySet<MapEntity> {
    return this.#writes ?? NO_MAPS;
  }

  addRead(map: MapEntity): void {
    (this.#reads ??= new Set()).add(map);
  }

  addWrite(map: MapEntity): void {
    (this.#writes ??= new Set()).add(map);
  }
}

const NO_MAPS: ReadonlySet<MapEntity> = new Set();

const LOCKISH = /lock|mutex|semaphore|exclusive|serial|queue|limit|acquire|release/i;

/** Collects every access of a file; and, when first asked, what the functions do, closed over calls to a fixpoint. */
export function createSummaries(model: FileModel, inventory: Inventory): Summaries {
  const accesses = findAllAccesses(model, inventory);
  const byMap = new Map<MapEntity, PlacedAccess[]>();
  for (const access of accesses) {
    const list = byMap.get(access.map);
    if (list) list.push(access);
    else byMap.set(access.map, [access]);
  }
  const getEffects = once(() => findEffects(model, inventory, accesses));
  const none = new MutableSummary();
  return {
    accesses,
    get: (info) => getEffects().get(info) ?? none,
    getAccesses: (map) => byMap.get(map) ?? [],
  };
}

function findEffects(model: FileModel, inventory: Inventory, accesses: readonly PlacedAccess[]): ReadonlyMap<FunctionInfo, Summary> {
  const summaries = new Map<FunctionInfo, MutableSummary>();
  for (const info of model.functions) summaries.set(info, new MutableSummary());
  for (const access of accesses) {
    const summary = access.function && summaries.get(access.function);
    if (!summary) continue;
    if (isReadOnly(access)) summary.addRead(access.map);
    else summary.addWrite(access.map);
    summary.isRelevant = true;
  }
  markDirectEffects(model, inventory, summaries);
  closeOverCalls(model, summaries);
  return summaries;
}

function isReadOnly(access: Access): boolean {
  return access.operation === "get" || access.operation === "has" || access.operation === "size" || access.operation === "iterate";
}

function findAllAccesses(model: FileModel, inventory: Inventory): PlacedAccess[] {
  const found: PlacedAccess[] = [];
  const add = (access: Access | undefined): void => {
    if (access) found.push({ ...access, function: model.getEnclosing(access.node) });
  };
  for (const node of model.nodes.get("CallExpression") ?? []) add(findAccess(node, inventory));
  // Only a dictionary is read as `k in d` or `d[k]`; of all others a member that is an access is `size`.
  const hasDictionary = inventory.maps.some((map) => map.kind === "dictionary");
  if (hasDictionary) for (const node of model.nodes.get("BinaryExpression") ?? []) add(findAccess(node, inventory));
  for (const node of model.nodes.get("MemberExpression") ?? []) {
    const member = node as TSESTree.MemberExpression;
    const canBeAccess = member.computed ? hasDictionary : member.property.type === "Identifier" && member.property.name === "size";
    if (canBeAccess && !isWriteTarget(node)) add(findAccess(node, inventory));
  }
  for (const node of model.nodes.get("AssignmentExpression") ?? []) {
    const assignment = node as TSESTree.AssignmentExpression;
    add(findWriteAccess(assignment.left, assignment.right, inventory));
    if (assignment.operator !== "=") add(findAccess(assignment.left, inventory));
  }
  for (const node of model.nodes.get("UpdateExpression") ?? []) add(findWriteAccess((node as TSESTree.UpdateExpression).argument, node, inventory));
  for (const node of model.nodes.get("UnaryExpression") ?? []) {
    if ((node as TSESTree.UnaryExpression).operator === "delete") add(findWriteAccess((node as TSESTree.UnaryExpression).argument, undefined, inventory));
  }
  for (const node of model.nodes.get("ForOfStatement") ?? []) add(findIteration((node as TSESTree.ForOfStatement).right, inventory));
  for (const node of model.nodes.get("ForInStatement") ?? []) add(findIteration((node as TSESTree.ForInStatement).right, inventory));
  for (const node of model.nodes.get("SpreadElement") ?? []) add(findIteration((node as TSESTree.SpreadElement).argument, inventory));
  return found;
}

function isWriteTarget(node: Node): boolean {
  const parent = node.parent;
  if (parent?.type === "AssignmentExpression") return parent.left === node;
  return (parent?.type === "UnaryExpression" && parent.operator === "delete") || parent?.type === "UpdateExpression";
}

/** A map that is iterated by itself: `for (const e of m)`, `for (k in d)`, `[...m]`. */
export function findIteration(expression: Node, inventory: Inventory): Access | undefined {
  const map = inventory.resolve(expression);
  return map ? { map, operation: "iterate", key: undefined, value: undefined, node: expression } : undefined;
}

function markDirectEffects(model: FileModel, inventory: Inventory, summaries: Map<FunctionInfo, MutableSummary>): void {
  const at = (node: Node): MutableSummary | undefined => {
    const info = model.getEnclosing(node);
    return info && summaries.get(info);
  };
  for (const node of model.nodes.get("AwaitExpression") ?? []) {
    const summary = at(node);
    if (summary) summary.suspends = true;
  }
  for (const node of model.nodes.get("ForOfStatement") ?? []) {
    const summary = (node as TSESTree.ForOfStatement).await ? at(node) : undefined;
    if (summary) summary.suspends = true;
  }
  const isLockish = createLockTest(model.sourceCode.text);
  const parameters = new Set<string>();
  for (const { defs, name } of model.variables) if (defs[0]?.type === "Parameter") parameters.add(name);
  for (const node of model.nodes.get("CallExpression") ?? []) {
    const call = node as TSESTree.CallExpression;
    const callee = unwrap(call.callee);
    // A helper that runs its parameter: withRetry(fn) { return fn() }
    const isOfParameter = callee.type === "Identifier" && parameters.has(callee.name) && model.getVariable(callee)?.defs[0]?.type === "Parameter";
    const summary = isOfParameter || isLockish?.(getCalleeName(call)) || isLockish?.(getReceiverName(callee)) ? at(node) : undefined;
    if (summary) summary.isRelevant = true;
  }
  for (const node of model.nodes.get("AssignmentExpression") ?? []) {
    const summary = inventory.resolveSlot((node as TSESTree.AssignmentExpression).left) ? at(node) : undefined;
    if (summary) summary.isRelevant = true;
  }
  markEntryUses(model, inventory, summaries);
}

/** `queue` of `this.queue.add(f)` */
function getReceiverName(callee: Node): string | undefined {
  const object = callee.type === "MemberExpression" ? unwrap(callee.object) : undefined;
  if (object?.type === "Identifier") return object.name;
  return object?.type === "MemberExpression" ? getPropertyName(object) : undefined;
}

/** Names come again and again: each is looked at once, and none where the text has no such word. */
function createLockTest(text: string): ((name: string | undefined) => boolean) | undefined {
  if (!LOCKISH.test(text)) return undefined;
  const known = new Map<string, boolean>();
  return (name) => {
    if (name === undefined) return false;
    let isLockish = known.get(name);
    if (isLockish === undefined) known.set(name, (isLockish = LOCKISH.test(name)));
    return isLockish;
  };
}

/** A helper whose parameter is an entry: it may write the entry's fields. */
function markEntryUses(model: FileModel, inventory: Inventory, summaries: Map<FunctionInfo, MutableSummary>): void {
  for (const { root, properties } of inventory.maps.map(({ path }) => path)) {
    const definition = root.kind === "variable" && properties.length === 0 ? root.variable.defs[0] : undefined;
    const info = definition?.type === "Parameter" ? model.getFunction(definition.node as Node) : undefined;
    const summary = info?.node.params.includes(definition?.name as never) ? summaries.get(info) : undefined;
    if (summary) summary.isRelevant = true;
  }
}

function closeOverCalls(model: FileModel, summaries: Map<FunctionInfo, MutableSummary>): void {
  const queue = model.functions.filter((info) => isInteresting(summaries.get(info)));
  if (queue.length === 0) return;
  const callers = new Map<FunctionInfo, Set<FunctionInfo>>();
  const link = (callee: FunctionInfo, caller: FunctionInfo | undefined): void => {
    if (!caller) return;
    const set = callers.get(callee);
    if (set) set.add(caller);
    else callers.set(callee, new Set([caller]));
  };
  for (const info of model.functions) {
    link(info, info.parent);
    for (const call of info.calls) link(info, model.getEnclosing(call));
  }
  for (let info = queue.pop(); info; info = queue.pop()) {
    const from = summaries.get(info)!;
    for (const caller of callers.get(info) ?? []) {
      if (merge(summaries.get(caller)!, from, caller === info.parent && info.calls.length === 0)) queue.push(caller);
    }
  }
}

function isInteresting(summary: MutableSummary | undefined): boolean {
  return summary !== undefined && (summary.isRelevant || summary.suspends);
}

function merge(into: MutableSummary, from: MutableSummary, isNested: boolean): boolean {
  const before = into.reads.size + into.writes.size + Number(into.suspends) + Number(into.isRelevant);
  for (const map of from.reads) into.addRead(map);
  for (const map of from.writes) into.addWrite(map);
  // A nested function that suspends does not suspend the one around it.
  into.suspends ||= from.suspends && !isNested;
  into.isRelevant ||= from.isRelevant;
  return into.reads.size + into.writes.size + Number(into.suspends) + Number(into.isRelevant) !== before;
}
