import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion } from "../maps/accesses.js";
import { type FunctionNode, type Node, type Variable, findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isInside, unwrap } from "../code/ast.js";
import { findMapOfEntry, findMapOfIteration } from "../tasks/consequence.js";
import { lazily } from "../guard.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { getKeyTerm, isSameKey } from "../maps/keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { getNamedFunction } from "../code/naming.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";
import { getTiming } from "../code/suspension.js";

type Loop = TSESTree.ForStatement | TSESTree.ForInStatement | TSESTree.ForOfStatement | TSESTree.WhileStatement | TSESTree.DoWhileStatement;

/** A closure that runs later and then sees the last value of a loop's variable. */
export interface LoopCapture {
  readonly variable: Variable;
  readonly declaration: TSESTree.VariableDeclaration;
  readonly closure: FunctionNode;
  /** Where the closure reads it. */
  readonly use: Node;
  /** Where the loop changes it. */
  readonly change: Node;
  readonly loop: Loop;
  readonly map: MapEntity;
  readonly role: "key" | "entry" | "value" | "closure";
  /** In words: "the callback of `setTimeout`". */
  readonly runs: string;
}

/** A timer or listener that stays when its entry goes. */
export interface OrphanedCallback {
  /**
   * - `removal`: the entry that holds the timer is deleted, and the timer is not cancelled
   * - `replacement`: a new timer takes the place of one that is not cancelled
   * - `unstored`: an interval that nobody can cancel keeps an entry that is deleted elsewhere
   * - `listener`: the same with a listener on something that lives on
   */
  readonly kind: "removal" | "replacement" | "unstored" | "listener";
  readonly map: MapEntity;
  readonly timer: "setTimeout" | "setInterval" | "listener";
  /** Where the timer or listener starts. */
  readonly start: TSESTree.CallExpression;
  /** The field of the entry that holds the timer; `undefined` if the entry is the timer. */
  readonly field: string | undefined;
  /** Where the entry goes. */
  readonly removal: PlacedAccess;
  readonly node: Node;
  readonly isHeuristic: boolean;
}

export interface Captures {
  getLoopCaptures(): readonly LoopCapture[];
  getOrphans(): readonly OrphanedCallback[];
}

export interface CaptureContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
}

/** What closures keep hold of. */
export function createCaptures(context: CaptureContext): Captures {
  return {
    getLoopCaptures: lazily(() => findLoopCaptures(context), []),
    getOrphans: lazily(() => findOrphans(context), []),
  };
}

// ---- closures over loop variables

function findLoopCaptures(context: CaptureContext): LoopCapture[] {
  const found: LoopCapture[] = [];
  for (const info of context.model.functions) {
    const loops = getLoopsAround(info.node);
    if (loops.length === 0) continue;
    const outlets = getDeferral(info, loops[0]!, context);
    if (!outlets) continue;
    const seen = new Set<Variable>();
    for (const { variable, use } of getFreeReads(info.node, context.model)) {
      if (seen.has(variable) || (outlets.after && !isAfterAwait(use, info, context.model))) continue;
      const change = findChange(variable, info.node, loops, context.model);
      const place = change && findMapRole(variable, use, info, outlets.stored, context);
      if (!change || !place) continue;
      seen.add(variable);
      found.push({ variable, declaration: change.declaration, closure: info.node, use, change: change.node, loop: change.loop, map: place.map, role: place.role, runs: outlets.runs });
    }
  }
  return found;
}

/** The loops in whose body a function stands, innermost first, within the same function. */
function getLoopsAround(fn: FunctionNode): Loop[] {
  const loops: Loop[] = [];
  for (let node: Node = fn, parent = node.parent; parent && !isFunction(parent); node = parent, parent = node.parent as Node) {
    if (isLoop(parent) && parent.body === node) loops.push(parent);
  }
  return loops;
}

function isLoop(node: Node): node is Loop {
  return /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/.test(node.type);
}

interface Deferral {
  readonly runs: string;
  /** Only what it reads after its first `await` is late. */
  readonly after: boolean;
  /** The map that the closure is put in. */
  readonly stored: MapEntity | undefined;
}

const STORING = /^(?:push|unshift|enqueue|add|set|schedule|defer)$/;

/** Whether a closure made in a loop runs after the turn that made it; `undefined` if not, or if nobody knows. */
function getDeferral(info: FunctionInfo, loop: Loop, context: CaptureContext): Deferral | undefined {
  if (isWaitedForInTurn(info.node, loop) || leavesLoop(info.node, loop)) return undefined;
  const direct = getDeferralAt(info.node, info, context);
  if (direct) return direct;
  // const run = () => ..; setTimeout(run)
  for (const mention of info.mentions) {
    if (!isInside(mention, loop.body) || isWaitedForInTurn(mention, loop)) continue;
    const deferral = getDeferralAt(mention, info, context);
    if (deferral) return deferral;
  }
  return undefined;
}

function getDeferralAt(place: Node, info: FunctionInfo, context: CaptureContext): Deferral | undefined {
  let { node, parent } = getUsage(place);
  // { stop: () => .. }, [() => ..]
  while (parent?.type === "Property" || parent?.type === "ObjectExpression" || parent?.type === "ArrayExpression") ({ node, parent } = getUsage(parent));
  if (parent?.type === "AssignmentExpression" && parent.right === node) {
    const target = unwrap(parent.left);
    return target.type === "MemberExpression" ? { runs: "the closure", after: false, stored: undefined } : undefined;
  }
  if (parent?.type !== "CallExpression") return undefined;
  if (unwrap(parent.callee) === node) return info.node.async && !info.node.generator ? { runs: "the rest of the async function", after: true, stored: undefined } : undefined;
  const name = getCalleeName(parent) ?? "";
  const timing = getTiming(parent);
  if (timing === "later" || timing === "often" || timing === "test") return { runs: `the callback of \`${name}\``, after: false, stored: undefined };
  if (timing === "now") return info.node.async ? { runs: `the rest of the callback of \`${name}\``, after: true, stored: undefined } : undefined;
  if (!STORING.test(name) || parent.callee.type !== "MemberExpression") return undefined;
  return { runs: "the closure", after: false, stored: context.inventory.resolve(parent.callee.object) };
}

/** await new Promise((done) => setTimeout(done)): the turn waits for it. */
function isWaitedForInTurn(place: Node, loop: Loop): boolean {
  return findAncestor(place, (node) => node === loop || node.type === "AwaitExpression" || node.type === "ReturnStatement" || node.type === "YieldExpression") !== loop;
}

/** { later(() => use(k)); break; } */
function leavesLoop(place: Node, loop: Loop): boolean {
  for (let node: Node = place, parent = node.parent as Node; node !== loop; node = parent, parent = node.parent as Node) {
    if (parent.type !== "BlockStatement") continue;
    const rest = parent.body.slice(parent.body.indexOf(node as TSESTree.Statement) + 1);
    if (rest.some((statement) => /^(?:Break|Return|Throw)Statement$/.test(statement.type))) return true;
  }
  return false;
}

function getFreeReads(fn: FunctionNode, model: FileModel): { variable: Variable; use: Node }[] {
  const scope = model.sourceCode.scopeManager?.acquire(fn as never);
  return (scope?.through ?? []).flatMap((reference) => {
    const variable = reference.resolved;
    return variable && reference.isRead() ? [{ variable, use: reference.identifier as Node }] : [];
  });
}

function isAfterAwait(use: Node, info: FunctionInfo, model: FileModel): boolean {
  return (model.nodes.get("AwaitExpression") ?? []).some((node) => model.getEnclosing(node) === info && node.range[1] <= use.range[0]);
}

/** Where the loop gives a variable that it shares between turns another value. */
function findChange(variable: Variable, closure: FunctionNode, loops: readonly Loop[], model: FileModel): { node: Node; loop: Loop; declaration: TSESTree.VariableDeclaration } | undefined {
  const definition = variable.defs[0];
  if (definition?.type !== "Variable" || variable.defs.length > 1) return undefined;
  const declaration = (definition.node as TSESTree.VariableDeclarator).parent;
  if (declaration.kind === "const" || declaration.kind.endsWith("using")) return undefined;
  for (const loop of loops) {
    // let: one for each turn
    const isOfTurn = declaration.kind === "let" && isInside(declaration, loop);
    if (isOfTurn) continue;
    const change = variable.references.find((reference) => {
      const at = reference.identifier as Node;
      return reference.isWrite() && isInside(at, loop) && !isInside(at, closure) && model.getEnclosing(at) === model.getEnclosing(loop);
    });
    if (change) return isFixedFlag(variable) ? undefined : { node: change.identifier as Node, loop, declaration };
  }
  return undefined;
}

/** let failed = false; .. failed = true; meant to be seen as it is in the end. */
function isFixedFlag(variable: Variable): boolean {
  return variable.references.every((reference) => !reference.isWrite() || (reference.writeExpr as Node | null | undefined)?.type === "Literal");
}

/** What the closure does with the variable that concerns a map. */
function findMapRole(variable: Variable, use: Node, info: FunctionInfo, stored: MapEntity | undefined, context: CaptureContext): { map: MapEntity; role: LoopCapture["role"] } | undefined {
  const { summaries, model, inventory } = context;
  const uses = variable.references.filter((reference) => isInside(reference.identifier as Node, info.node)).map((reference) => reference.identifier as Node);
  for (const access of summaries.accesses) {
    if (!isInside(access.node, info.node)) continue;
    if (access.key && uses.some((item) => isInside(item, access.key!))) return { map: access.map, role: "key" };
    if (access.value && uses.some((item) => isInside(item, access.value!))) return { map: access.map, role: "value" };
  }
  const entry = findEntryOfVariable(variable, model, inventory);
  if (entry) return { map: entry, role: "entry" };
  return stored && isInside(use, info.node) ? { map: stored, role: "closure" } : undefined;
}

/** The map whose keys or entries a variable runs through: `for (var [k, e] of m)`, `var e = m.get(k)`. */
function findEntryOfVariable(variable: Variable, model: FileModel, inventory: Inventory): MapEntity | undefined {
  const declarator = variable.defs[0]?.node as TSESTree.VariableDeclarator;
  const loop = declarator.parent.parent;
  if ((loop.type === "ForOfStatement" || loop.type === "ForInStatement") && loop.left === declarator.parent) return findMapOfIteration(loop.right, inventory);
  for (const reference of variable.references) {
    const value = reference.isWrite() ? (reference.writeExpr as Node | null | undefined) : undefined;
    const map = value && findMapOfEntry(value, model, inventory);
    if (map) return map;
  }
  return undefined;
}

// ---- timers and listeners whose entry is gone

const CANCEL = /^(?:clear(?:Timeout|Interval|Immediate)?|cancel\w*|clear\w*|stop\w*|dispose\w*|close\w*|destroy\w*|abort\w*|kill\w*|teardown\w*|tearDown\w*|cleanup\w*|cleanUp\w*|unsubscribe\w*|off|removeListener|removeEventListener|removeAllListeners|end|terminate\w*|shutdown\w*|disconnect\w*|release\w*|reset\w*|unref|refresh|settle\w*|finish\w*|remove\w*|detach\w*|unwatch\w*|disarm\w*|\[Symbol\.dispose\])$/;

const SUBSCRIBING = /\.(?:on|subscribe|listen|watch|observe|addListener|addEventListener|on[A-Z]\w*|\w*Subscribe|register\w*Listener)\(/;

interface StoredTimer {
  readonly map: MapEntity;
  readonly field: string | undefined;
  readonly start: TSESTree.CallExpression;
  readonly timer: "setTimeout" | "setInterval";
  /** The insertion that stores it; `undefined` for `entry.timer = setTimeout(..)`. */
  readonly insertion: PlacedAccess | undefined;
}

function findOrphans(context: CaptureContext): OrphanedCallback[] {
  const { sourceCode } = context.model;
  const hasTimers = /\bset(?:Timeout|Interval)\(/.test(sourceCode.text);
  const hasListeners = /\b(?:process|window|document|globalThis|global|navigator|self)\.(?:on|addEventListener|addListener)\(/.test(sourceCode.text);
  const hasSubscriptions = /\.set\(/.test(sourceCode.text) && SUBSCRIBING.test(sourceCode.text);
  if (!hasTimers && !hasListeners && !hasSubscriptions) return [];
  const found = new Map<Node, OrphanedCallback>();
  const add = (orphan: OrphanedCallback): void => void (found.has(orphan.node) || found.set(orphan.node, orphan));
  const timers = hasTimers ? findStoredTimers(context) : [];
  for (const timer of timers) for (const orphan of findUncancelled(timer, timers, context)) add(orphan);
  if (hasTimers) for (const orphan of findUnstored(timers, context)) add(orphan);
  if (hasListeners) for (const orphan of findListeners(context)) add(orphan);
  if (hasSubscriptions) for (const orphan of [...findReplacedSubscriptions(context), ...findReplacedListeners(context), ...findForgottenSubscriptions(context)]) add(orphan);
  return [...found.values()].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

function getTimer(node: Node): { start: TSESTree.CallExpression; timer: "setTimeout" | "setInterval" } | undefined {
  const call = unwrap(node);
  if (call.type !== "CallExpression") return undefined;
  const name = getCalleeName(call);
  return name === "setTimeout" || name === "setInterval" ? { start: call, timer: name } : undefined;
}

/** setTimeout(..) itself, or a constant that it was put in */
function findTimer(value: Node | undefined, model: FileModel): ReturnType<typeof getTimer> {
  if (!value) return undefined;
  const node = unwrap(value);
  const variable = model.getVariable(node);
  const constant = variable && model.getConstantValue(variable);
  return getTimer(constant ?? node);
}

function findStoredTimers({ model, summaries, inventory }: CaptureContext): StoredTimer[] {
  const found: StoredTimer[] = [];
  for (const access of summaries.accesses) {
    if (!isInsertion(access.operation) || !access.value || access.map.kind === "slot") continue;
    const direct = findTimer(access.value, model);
    if (direct) found.push({ map: access.map, field: undefined, insertion: access, ...direct });
    for (const { field, value } of getFields(access.value, model)) {
      const timer = findTimer(value, model);
      if (timer) found.push({ map: access.map, field, insertion: access, ...timer });
    }
  }
  for (const node of model.nodes.get("AssignmentExpression") ?? []) {
    const assignment = node as TSESTree.AssignmentExpression;
    const target = unwrap(assignment.left);
    const timer = getTimer(assignment.right);
    const field = timer && target.type === "MemberExpression" ? getPropertyName(target) : undefined;
    if (!timer || field === undefined || target.type !== "MemberExpression") continue;
    const map = findMapOfEntry(target.object, model, inventory);
    if (map) found.push({ map, field, insertion: undefined, ...timer });
    else for (const typed of findMapsOfType(target.object, model, inventory)) found.push({ map: typed, field, insertion: undefined, ...timer });
  }
  return found;
}

/** The maps whose values have the type that a variable is declared with: Map<string, Stream> for (stream: Stream) => .. */
function findMapsOfType(object: Node, model: FileModel, { maps }: Inventory): MapEntity[] {
  const variable = model.getVariable(unwrap(object));
  const name = getTypeName((variable?.identifiers[0] as TSESTree.Identifier | undefined)?.typeAnnotation?.typeAnnotation);
  return name === undefined ? [] : maps.filter((map) => (map.home === "field" || map.home === "module" || map.home === "local") && map.kind !== "slot" && map.initializers.length > 0 && getTypeName(map.valueType) === name);
}

function getTypeName(type: Node | undefined): string | undefined {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" ? type.typeName.name : undefined;
}

/** { timer: setTimeout(..) }, or a constant with such a value */
function getFields(value: Node, model: FileModel): { field: string; value: Node }[] {
  let node = unwrap(value);
  const variable = model.getVariable(node);
  const constant = variable && model.getConstantValue(variable);
  if (constant) node = unwrap(constant);
  if (node.type !== "ObjectExpression") return [];
  return node.properties.flatMap((property) => (property.type === "Property" && property.key.type === "Identifier" ? [{ field: property.key.name, value: property.value }] : []));
}

function findUncancelled(timer: StoredTimer, timers: readonly StoredTimer[], context: CaptureContext): OrphanedCallback[] {
  const { summaries, model } = context;
  const callback = getCallback(timer.start, model);
  const isKept = timer.timer === "setInterval" || keepsEntry(timer, callback, context);
  const isLate = !isKept && takesNewer(timer, callback, context);
  // Others cancel it: whoever wrote it knows that it has to be.
  if (!isKept && !isFieldCancelled(timer.field, model)) return [];
  return summaries.getAccesses(timer.map).flatMap((access): OrphanedCallback[] => {
    const isReplacement = isInsertion(access.operation) && timers.some((other) => other.insertion?.node === access.node && other.field === timer.field);
    const isRemoval = access.operation === "delete" || access.operation === "clear";
    if ((!isRemoval && !isReplacement) || !access.function) return [];
    const task = getTask(access.function);
    if (isRunByTimer(access.function, timers.filter((other) => other.map === timer.map), context)) return [];
    const end = isRemoval ? findFinally(access.node, task.node) : undefined;
    const isCancelled = isCancelledIn(task, timer.map, context);
    // try { await run(); stop(timer); } finally { m.delete(id); }: not where it fails.
    const isOnGoodWayOnly = isCancelled && end !== undefined && isKept && !isCancelledIn(task, timer.map, context, 0, end);
    if (isCancelled && !isOnGoodWayOnly) return [];
    if (!isOnGoodWayOnly && task.calls.some((call) => isCancelledAround(call, timer.map, context))) return [];
    if (isReplacement && !isReplaceable(access, timer, context)) return [];
    return [{ kind: isRemoval ? "removal" : "replacement", map: timer.map, timer: timer.timer, start: timer.start, field: timer.field, removal: access, node: access.node, isHeuristic: isReplacement ? timer.field !== undefined || (timer.timer === "setTimeout" && !isCancelledByEntry(timer.map, context)) : isOnGoodWayOnly || (!isKept && !isLate) }];
  });
}

/** The function that does it: `remove` of const remove = action((entry) => ..), and the function around other callbacks. */
function getTask(info: FunctionInfo): FunctionInfo {
  const { parent } = getUsage(info.node);
  const isWrapped = parent?.type === "CallExpression" && /^(?:VariableDeclarator|Property|PropertyDefinition|AssignmentExpression)$/.test(getUsage(parent).parent?.type ?? "");
  if (isWrapped || !info.parent || getNamedFunction(info) === info) return info;
  return getTask(info.parent);
}

/** The `finally` of a function that a removal stands in. */
function findFinally(removal: Node, task: FunctionNode): Node | undefined {
  const found = findAncestor(removal, (node) => node === task || (node.parent?.type === "TryStatement" && node.parent.finalizer === node));
  return found === task ? undefined : found;
}

/** clearTimeout(entry.timer) */
function isFieldCancelled(field: string | undefined, model: FileModel): boolean {
  return field !== undefined && (model.nodes.get("CallExpression") ?? []).some((node) => {
    const call = node as TSESTree.CallExpression;
    const argument = /^clear(?:Timeout|Interval)$/.test(getCalleeName(call) ?? "") && call.arguments[0] ? unwrap(call.arguments[0]) : undefined;
    return argument?.type === "MemberExpression" && getPropertyName(argument) === field;
  });
}

/** setTimeout(() => { delete all[key]; }): by then it can be another entry of this key. */
function takesNewer(timer: StoredTimer, callback: FunctionInfo | undefined, { summaries, model }: CaptureContext): boolean {
  if (!callback || /\bif\s*\(|\?\.|\?\?|&&/.test(model.sourceCode.getText(callback.node.body as never))) return false;
  return summaries.getAccesses(timer.map).some(({ operation, node }) => operation === "delete" && isInside(node, callback.node));
}

/** timers.set(id, setTimeout(..)) twice for one id: nothing looks whether there is one, and the key can come again. */
function isReplaceable(access: PlacedAccess, timer: StoredTimer, { summaries, model }: CaptureContext): boolean {
  if (timer.insertion?.node !== access.node || !access.key || access.map.home === "local") return false;
  const term = getKeyTerm(access.key, model, new Map());
  if (term.isFresh || term.kind === "literal" || term.kind === "unknown") return false;
  const task = access.function && getNamedFunction(access.function);
  // What the timer's own callback does, it does when it has fired.
  return !summaries.getAccesses(access.map).some((other) => other.node !== access.node && other.function && getNamedFunction(other.function) === task && !isInside(other.node, timer.start));
}

/** clearTimeout(timers.get(id)): whoever ends an entry cancels its timer. */
function isCancelledByEntry(map: MapEntity, { model, inventory }: CaptureContext): boolean {
  return (model.nodes.get("CallExpression") ?? []).some((node) => {
    const call = node as TSESTree.CallExpression;
    if (!/^clear(?:Timeout|Interval)$/.test(getCalleeName(call) ?? "") || !call.arguments[0]) return false;
    return findMapOfEntry(call.arguments[0], model, inventory) === map;
  });
}

function getCallback(start: TSESTree.CallExpression, model: FileModel): FunctionInfo | undefined {
  const [argument] = start.arguments;
  return argument && model.getFunctionValue(argument);
}

/** Whether a timeout does more than take its own entry away, and does not look whether the entry still stands. */
function keepsEntry(timer: StoredTimer, callback: FunctionInfo | undefined, { summaries, model }: CaptureContext): boolean {
  if (!callback) return false;
  const text = model.sourceCode.getText(callback.node.body as never);
  const isGuarded = /\bif\s*\(|\?\.|\?\?|&&/.test(text);
  const calls = (model.nodes.get("CallExpression") ?? []).filter((node) => isInside(node, callback.node));
  const own = new Set(summaries.getAccesses(timer.map).map((access) => access.node));
  return !isGuarded && calls.some((node) => !own.has(node));
}

/** The timer's own callback has fired when it removes the entry. An interval goes on. */
function isRunByTimer(info: FunctionInfo, timers: readonly StoredTimer[], { model }: CaptureContext): boolean {
  return timers.some((timer) => {
    if (timer.timer === "setInterval") return false;
    if (isInside(info.node, timer.start)) return true;
    const named = getNamedFunction(info);
    return named.calls.some((call) => isInside(call, timer.start)) || getCallback(timer.start, model) === named;
  });
}

/** stop() { clearInterval(t); drop(id); }: the caller of drop has cancelled. */
function isCancelledAround(call: Node, map: MapEntity, context: CaptureContext): boolean {
  const caller = context.model.getEnclosing(call);
  return caller !== undefined && isCancelledIn(getNamedFunction(caller), map, context);
}

/** Whether a function, or a helper that it calls, cancels something. */
function isCancelledIn(task: FunctionInfo, map: MapEntity, context: CaptureContext, depth = 0, part: Node = task.node): boolean {
  const { model, summaries } = context;
  const own = new Set(summaries.getAccesses(map).map((access) => access.node));
  return (model.nodes.get("CallExpression") ?? []).some((node) => {
    if (!isInside(node, part) || own.has(node)) return false;
    const call = node as TSESTree.CallExpression;
    if (CANCEL.test(getCalleeName(call) ?? "")) return true;
    const callee = depth < 2 ? model.getCallee(call) : undefined;
    return callee !== undefined && callee !== task && isCancelledIn(callee, map, context, depth + 1);
  });
}

/** sessions.set(id, s); setInterval(() => s.ping()): nobody can stop it. */
function findUnstored(timers: readonly StoredTimer[], context: CaptureContext): OrphanedCallback[] {
  const { model } = context;
  const found: OrphanedCallback[] = [];
  for (const node of model.nodes.get("CallExpression") ?? []) {
    const timer = getTimer(node);
    if (timer?.timer !== "setInterval" || node.parent?.type !== "ExpressionStatement" || timers.some((stored) => stored.start === node)) continue;
    const kept = findKeptEntry(timer.start, node, context);
    if (kept) found.push({ kind: "unstored", map: kept.insertion.map, timer: "setInterval", start: timer.start, field: undefined, removal: kept.removal, node, isHeuristic: false });
  }
  return found;
}

const SUBSCRIBE = /^(?:on|subscribe|listen|watch|observe|addListener|addEventListener|on[A-Z]\w*|\w*Subscribe|register\w*Listener)$/;
const UNSUBSCRIBE = /^(?:dispose|unsubscribe|remove|off|stop|close|cancel|destroy|abort)$/;

/** offs.set(id, events.on(..)): a second one for this id takes the place of one that nobody ends. */
function findReplacedSubscriptions(context: CaptureContext): OrphanedCallback[] {
  const { model, summaries } = context;
  return summaries.accesses.flatMap((access): OrphanedCallback[] => {
    const { map } = access;
    if (access.operation !== "set" || !access.key || !access.value || (map.home !== "field" && map.home !== "module") || map.kind !== "Map") return [];
    const variable = model.getVariable(unwrap(access.value));
    const start = unwrap((variable && model.getConstantValue(variable)) ?? access.value);
    const isSubscription = start.type === "CallExpression" && start.callee.type === "MemberExpression" && SUBSCRIBE.test(getCalleeName(start) ?? "") && start.arguments.some((argument) => model.getFunctionValue(argument) !== undefined);
    if (!isSubscription || !isOfCaller(access, model) || isLookedAtBefore(access, context) || !isEndedByCall(map, context)) return [];
    return [{ kind: "replacement", map, timer: "listener", start, field: undefined, removal: access, node: access.node, isHeuristic: false }];
  });
}

const UNLISTEN = /^(?:off|un\w+|remove\w*|detach\w*|delete\w*)$/;

/** wrappers.set(f, g); emitter.on(event, g): a second one for this key takes the place of a listener that can no longer be taken off. */
function findReplacedListeners(context: CaptureContext): OrphanedCallback[] {
  const { model, summaries } = context;
  return summaries.accesses.flatMap((access): OrphanedCallback[] => {
    const { map } = access;
    const listener = access.operation === "set" && access.value ? model.getVariable(unwrap(access.value)) : undefined;
    if (!listener || (map.home !== "field" && map.home !== "module") || model.getFunctionValue(access.value!) === undefined || !isOfCaller(access, model) || isLookedAtBefore(access, context)) return [];
    const starts = listener.references.flatMap((reference) => {
      const { node, parent } = getUsage(reference.identifier as Node);
      return parent?.type === "CallExpression" && parent.callee !== node && parent.callee.type === "MemberExpression" && SUBSCRIBE.test(getCalleeName(parent) ?? "") ? [parent] : [];
    });
    const start = starts[0];
    return start && isTakenOff(map, context) ? [{ kind: "replacement", map, timer: "listener", start, field: undefined, removal: access, node: access.node, isHeuristic: false }] : [];
  });
}

/** emitter.off(event, wrappers.get(f)) */
function isTakenOff(map: MapEntity, { model, summaries }: CaptureContext): boolean {
  const isGiven = (value: Node): boolean => {
    const { node, parent } = getUsage(value);
    return parent?.type === "CallExpression" && parent.callee !== node && UNLISTEN.test(getCalleeName(parent) ?? "");
  };
  return summaries.getAccesses(map).some((access) => {
    if (access.operation !== "get") return false;
    const { node, parent } = getUsage(access.node);
    const variable = parent?.type === "VariableDeclarator" && parent.init === node ? model.getVariable(parent.id) : undefined;
    return isGiven(access.node) || (variable?.references.some((reference) => reference.isRead() && isGiven(reference.identifier as Node)) ?? false);
  });
}

/** this.store.onSet((event) => publish(id, event)); all.set(id, entry): nobody can end the subscription where the entry goes. */
function findForgottenSubscriptions(context: CaptureContext): OrphanedCallback[] {
  const { model, summaries } = context;
  if (/\.off\(|removeListener|removeEventListener|removeAllListeners|signal\b|\bonce\b/.test(model.sourceCode.text)) return [];
  return (model.nodes.get("CallExpression") ?? []).flatMap((node): OrphanedCallback[] => {
    const call = node as TSESTree.CallExpression;
    if (call.parent.type !== "ExpressionStatement" || call.callee.type !== "MemberExpression" || !SUBSCRIBE.test(getCalleeName(call) ?? "") || !isOfLasting(call.callee.object, model)) return [];
    const here = model.getEnclosing(call);
    const callback = call.arguments.map((argument) => model.getFunctionValue(argument)).find((info) => info !== undefined);
    if (!here || callback?.parent !== here) return [];
    const captured = new Set(getFreeReads(callback.node, model).map(({ variable }) => variable));
    for (const insertion of summaries.accesses) {
      if (insertion.operation !== "set" || insertion.function !== here || (insertion.map.home !== "field" && insertion.map.home !== "module")) continue;
      const key = insertion.key && model.getVariable(unwrap(insertion.key));
      const accesses = summaries.getAccesses(insertion.map);
      if (!key || !captured.has(key) || accesses.some((access) => isInside(access.node, callback.node))) continue;
      const removal = accesses.find((access) => access.operation === "delete" && access.function && !isInside(access.node, here.node));
      if (removal) return [{ kind: "listener", map: insertion.map, timer: "listener", start: call, field: undefined, removal, node: call, isHeuristic: true }];
    }
    return [];
  });
}

/** this.opts.kv, bus of an import or of the module: it is there before the entry, and after it. */
function isOfLasting(emitter: Node, model: FileModel): boolean {
  let root = unwrap(emitter);
  while (root.type === "MemberExpression") root = unwrap(root.object);
  if (root.type === "ThisExpression") return unwrap(emitter).type === "MemberExpression";
  const variable = model.getVariable(root);
  return variable?.defs[0]?.type === "ImportBinding" || (variable !== undefined && variable.scope.type === "module");
}

/** The key is a parameter, as it is. */
function isOfCaller({ key, function: info }: PlacedAccess, model: FileModel): boolean {
  const definition = key && model.getVariable(unwrap(key))?.defs[0];
  return definition?.type === "Parameter" && definition.node === (info?.node as never) && info?.name !== "constructor";
}

/** Whether the function looks for an entry of this key first, in whatever map, or calls what touches the map. */
function isLookedAtBefore(access: PlacedAccess, { model, summaries }: CaptureContext): boolean {
  const key = getKeyTerm(access.key!, model, new Map());
  const isLook = summaries.accesses.some((other) => other.function === access.function && other.node !== access.node && other.node.range[0] < access.node.range[0] && (other.map === access.map || ((other.operation === "has" || other.operation === "get") && other.key !== undefined && isSameKey(getKeyTerm(other.key, model, new Map()), key))));
  return isLook || (model.nodes.get("CallExpression") ?? []).some((node) => {
    const callee = model.getEnclosing(node) === access.function && node.range[0] < access.node.range[0] ? model.getCallee(node as TSESTree.CallExpression) : undefined;
    return callee !== undefined && (summaries.get(callee).writes.has(access.map) || summaries.get(callee).reads.has(access.map));
  });
}

/** offs.get(id)?.(), offs.get(id)?.dispose(), const off = offs.get(id); off() */
function isEndedByCall(map: MapEntity, { model, summaries }: CaptureContext): boolean {
  const isCalled = (value: Node): boolean => {
    const { node, parent } = getUsage(value);
    if (parent?.type === "CallExpression") return parent.callee === node;
    return parent?.type === "MemberExpression" && parent.object === node && UNSUBSCRIBE.test(getPropertyName(parent) ?? "");
  };
  return summaries.getAccesses(map).some((access) => {
    if (access.operation !== "get") return false;
    if (isCalled(access.node)) return true;
    const { node, parent } = getUsage(access.node);
    const variable = parent?.type === "VariableDeclarator" && parent.init === node ? model.getVariable(parent.id) : undefined;
    return variable?.references.some((reference) => reference.isRead() && isCalled(reference.identifier as Node)) ?? false;
  });
}

const LONG_LIVED_EMITTER = /^(?:process|window|document|globalThis|global|navigator|self)$/;

/** process.on("exit", () => entry.close()) for each entry */
function findListeners(context: CaptureContext): OrphanedCallback[] {
  const { model } = context;
  if (/\.off\(|removeListener|removeEventListener|removeAllListeners|signal\b|\bonce\b/.test(model.sourceCode.text)) return [];
  const found: OrphanedCallback[] = [];
  for (const node of model.nodes.get("CallExpression") ?? []) {
    const call = node as TSESTree.CallExpression;
    const name = getCalleeName(call);
    if ((name !== "on" && name !== "addListener" && name !== "addEventListener") || call.parent.type !== "ExpressionStatement" || call.callee.type !== "MemberExpression") continue;
    const emitter = unwrap(call.callee.object);
    if (emitter.type !== "Identifier" || !LONG_LIVED_EMITTER.test(emitter.name)) continue;
    const kept = findKeptEntry(call, call, context);
    if (kept) found.push({ kind: "listener", map: kept.insertion.map, timer: "listener", start: call, field: undefined, removal: kept.removal, node: call, isHeuristic: false });
  }
  return found;
}

/** The entry that a callback keeps: stored in a map by the function that starts it, and deleted elsewhere. */
function findKeptEntry(start: TSESTree.CallExpression, node: Node, { model, summaries, inventory }: CaptureContext): { insertion: PlacedAccess; removal: PlacedAccess } | undefined {
  const callback = start.arguments.map((argument) => model.getFunctionValue(argument)).find((info) => info !== undefined);
  const here = model.getEnclosing(node);
  if (!callback || !here || callback.parent !== here) return undefined;
  const captured = new Set(getFreeReads(callback.node, model).map(({ variable }) => variable));
  for (const insertion of summaries.accesses) {
    if (!isInsertion(insertion.operation) || insertion.function !== here || insertion.map.home === "local" || insertion.map.home === "parameter") continue;
    const stored = insertion.value && model.getVariable(unwrap(insertion.value));
    // The callback looks the entry up, or asks for it: it notices.
    const looksUp = summaries.getAccesses(insertion.map).some((access) => isInside(access.node, callback.node));
    if (!stored || !captured.has(stored) || looksUp || inventory.resolve(insertion.value!) !== undefined) continue;
    const removal = summaries.getAccesses(insertion.map).find((access) => access.operation === "delete" && access.function && !isInside(access.node, callback.node));
    if (removal) return { insertion, removal };
  }
  return undefined;
}
