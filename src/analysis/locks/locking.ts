import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion } from "../maps/accesses.js";
import { type Node, type Variable, findAncestor, getCalleeName, getShortText, getUsage, isFunction, isInCatch, isInside, unwrap } from "../code/ast.js";
import { findSource, isResource } from "../tasks/consequence.js";
import { CONTROL, COPY, DERIVED, type Flow, getLockId, runFlow, type State } from "../tasks/flow.js";
import { lazily } from "../guard.js";
import type { GraphNode, LockReference, ReadEvent, WriteEvent } from "../tasks/graph.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { canOverlapKeys } from "../maps/keys.js";
import { canLock, findConstruction, findLockCall, isExclusiveConstruction } from "./locks.js";
import { lower } from "../tasks/lowering.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { getNamedFunction } from "../code/naming.js";
import { findPolicies, type Policy } from "./policies.js";
import type { Settings } from "../settings.js";
import { isPublic, type Overlap, type Sharing } from "../maps/sharing.js";
import type { Summaries } from "../maps/summaries.js";
import { getTiming, isAwaitedOrReturned } from "../code/suspension.js";

/** A way out that leaves a lock behind. */
export interface LockLeak {
  /**
   * - `exit`: `if (x) return;` before the release
   * - `throw`: an `await` that rejects skips the release
   * - `gap`: the same, between `acquire` and the `try` whose `finally` releases
   * - `never`: nothing releases it
   * - `callback`: the lock's callback returns without `done()`
   */
  readonly kind: "exit" | "throw" | "gap" | "never" | "callback";
  readonly lock: LockReference;
  readonly acquire: Node;
  /** Where the run leaves. */
  readonly exit: Node;
  readonly release: Node | undefined;
  /** `release` of `const release = await m.acquire()`. */
  readonly handle: Variable | undefined;
  readonly isHeuristic: boolean;
}

/** Locks that wait for each other, or for themselves. */
export interface Deadlock {
  /**
   * - `self`: the lock is taken again by the task that holds it
   * - `cycle`: A then B here, B then A there
   * - `keys`: two keys of one lock, in the order of the arguments
   */
  readonly kind: "self" | "cycle" | "keys";
  readonly lock: LockReference;
  readonly inner: Node;
  readonly outer: Node;
  /** Where the holder goes wrong: the inner acquisition, or the call of the helper that makes it. */
  readonly place: Node;
  readonly task: FunctionInfo;
  /** The other side of a cycle. */
  readonly other: { readonly lock: LockReference; readonly inner: Node; readonly task: FunctionInfo } | undefined;
  readonly isHeuristic: boolean;
}

/** A write, or an access, that does not keep to how a map is locked. */
export type Breach =
  | { readonly kind: "section"; readonly map: MapEntity; readonly node: Node; readonly function: FunctionInfo; readonly section: Section; readonly overlap: Overlap; readonly isHeuristic: boolean }
  | { readonly kind: "guardedBy" | "singleWriter" | "immutable"; readonly map: MapEntity; readonly node: Node; readonly function: FunctionInfo | undefined; readonly policy: Policy; readonly writer: string; readonly isHeuristic: boolean }
  | { readonly kind: "majority"; readonly map: MapEntity; readonly node: Node; readonly function: FunctionInfo; readonly lock: LockReference; readonly locked: number; readonly total: number; readonly isHeuristic: true };

/** Read, suspension and write of one map under one lock, without a gap. */
export interface Section {
  readonly task: FunctionInfo;
  readonly map: MapEntity;
  readonly lock: LockReference;
  readonly read: ReadEvent;
  readonly suspension: Node;
  readonly write: WriteEvent;
  /** The written value is made from the one that was read. */
  readonly isDerived: boolean;
}

/** Awaited work under a lock of the whole, in a section that needs one key. */
export interface LockedWait {
  readonly lock: LockReference;
  readonly map: MapEntity;
  readonly key: string;
  readonly node: Node;
  /** `fetch`, or the parameter that is called. */
  readonly name: string;
  readonly isCallback: boolean;
}

export interface Locking {
  readonly policies: readonly Policy[];
  getLeaks(): readonly LockLeak[];
  getDeadlocks(): readonly Deadlock[];
  getBreaches(): readonly Breach[];
  getLockedWaits(): readonly LockedWait[];
}

export interface LockingContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
  readonly settings: Settings;
  getFlows(): readonly Flow[];
}

/** What the locks of a file do and fail to do, on top of the flows. */
export function createLocking(context: LockingContext): Locking {
  const policies = findPolicies(context.inventory, context.model.sourceCode);
  const hasLocks = canLock(context.model, context.settings);
  return {
    policies,
    getLeaks: lazily(() => (hasLocks ? [...findLeaks(context), ...findCallbackLeaks(context)].sort((a, b) => a.acquire.range[0] - b.acquire.range[0]) : []), []),
    getDeadlocks: lazily(() => (hasLocks ? findDeadlocks(context) : []), []),
    getBreaches: lazily(() => (hasLocks || policies.length > 0 ? findBreaches(context, policies) : []), []),
    getLockedWaits: lazily(() => (hasLocks ? findLockedWaits(context) : []), []),
  };
}

/** Reservations are kept among the held locks; they are no locks of the source. */
function isRealLock(lock: LockReference): boolean {
  return lock.id.startsWith("lock:");
}

function getHeld(state: State | undefined): LockReference[] {
  return state ? [...state.held.values()].filter(isRealLock) : [];
}

// ---- locks that stay taken

function findLeaks(context: LockingContext): LockLeak[] {
  const found = new Map<Node, LockLeak>();
  for (const flow of context.getFlows()) {
    for (const node of flow.graph.nodes) {
      if (!flow.getState(node.id) || !isAcquisition(flow, node)) continue;
      const leak = findLeak(flow, node, context);
      if (leak && !found.has(leak.acquire)) found.set(leak.acquire, leak);
    }
  }
  return [...found.values()];
}

/** `await m.acquire()` and not `m.runExclusive(f)`, which emits both ends at one place. */
function isAcquisition(flow: Flow, node: GraphNode): boolean {
  const { event } = node;
  if (event.type !== "lock" || !isRealLock(event.lock)) return false;
  return !flow.graph.nodes.some((other) => other.event.type === "unlock" && other.event.node === event.node);
}

function findLeak(flow: Flow, start: GraphNode, context: LockingContext): LockLeak | undefined {
  if (start.event.type !== "lock" || !flow.graph.isComplete) return undefined;
  const { lock, node } = start.event;
  const handle = findHandle(node, context.model);
  if (handle === "elsewhere" || isTested(node)) return undefined;
  const owner = start.stack.at(-1)!;
  if (handle && (isStatus(handle) || isHandedOn(handle, owner, context.model))) return undefined;
  const releases = flow.graph.nodes.filter((item) => item.event.type === "unlock" && item.event.lock.id === lock.id && flow.control.canReach(start.id, item.id));
  const leak = { lock, acquire: node, handle };
  if (releases.length === 0) {
    const isForgotten = handle ? !isUsed(handle) && !hasRelease(node, context) : isNowhereReleased(node, context);
    return isForgotten ? { ...leak, kind: "never", exit: node, release: undefined, isHeuristic: false } : undefined;
  }
  // Taken here and released by whoever called: for another reader.
  const own = releases.filter((item) => item.stack.at(-1) === owner);
  if (own.every((item) => isOtherArm(node, item.event.node))) return undefined;
  // const taken = await store.acquireLock(id); try { .. } catch { await store.releaseLock(id) }: on success it is kept, and ended otherwise.
  if (handle && own.length > 0 && own.every(({ event }) => isInCatch(event.node) && !handle.references.some(({ identifier }) => isInside(identifier as Node, event.node)))) return undefined;
  const release = releases[0]!.event.node;
  const way = findWayOut(flow, start, handle, context);
  if (!way) return undefined;
  const kind = way.isRejection ? (isBeforeTry(way.node, release) ? "gap" : "throw") : "exit";
  return { ...leak, kind, exit: way.node, release, isHeuristic: way.isHeuristic };
}

/** if (hidden) lock.acquire(); else lock.release(): a state that is switched from outside. */
function isOtherArm(acquisition: Node, release: Node): boolean {
  const statement = findAncestor(acquisition, (node) => isFunction(node) || (node.type === "IfStatement" && isInside(release, node)));
  if (statement?.type !== "IfStatement" || !statement.alternate) return false;
  return isInside(acquisition, statement.consequent) ? isInside(release, statement.alternate) : isInside(release, statement.consequent);
}

/** The variable that `await m.acquire()` is put in; `elsewhere` if something else gets it. */
function findHandle(acquisition: Node, model: FileModel): Variable | "elsewhere" | undefined {
  const { parent } = getUsage(acquisition);
  switch (parent?.type) {
    case "ExpressionStatement":
      return undefined;
    case "VariableDeclarator": {
      if (parent.parent.kind.endsWith("using")) return "elsewhere";
      const names = parent.id.type === "Identifier" ? [parent.id] : parent.id.type === "ArrayPattern" ? parent.id.elements : [];
      const last = names.at(-1);
      return last?.type === "Identifier" ? (model.getVariable(last) ?? "elsewhere") : "elsewhere";
    }
    case "AssignmentExpression": {
      const variable = parent.left.type === "Identifier" ? model.getVariable(parent.left) : undefined;
      return variable && model.getEnclosing(variable.identifiers[0] as Node) === model.getEnclosing(parent) ? variable : "elsewhere";
    }
    default:
      return "elsewhere";
  }
}

/** if (!(await lock.acquire())) return: it may not have been taken. */
function isTested(acquisition: Node): boolean {
  const statement = findAncestor(acquisition, (node) => node.type.endsWith("Statement") || node.type === "VariableDeclaration");
  return statement !== undefined && "test" in statement && statement.test !== null && isInside(acquisition, statement.test as Node);
}

/** const got = await lock.acquire(); if (got !== "acquired") return: no handle, and the lock may not have been taken. */
function isStatus(handle: Variable): boolean {
  return handle.references.some(({ identifier }) => {
    const test = (identifier as Node).parent;
    if (test?.type !== "BinaryExpression" || !/^[!=]==?$/.test(test.operator)) return false;
    const other = unwrap(test.left === identifier ? test.right : (test.left as Node));
    return other.type === "Literal" && other.raw !== "null";
  });
}

/** Whether the handle goes where its release cannot be followed: `return release`, `work().finally(release)`, `() => release()`. */
function isHandedOn(handle: Variable, owner: FunctionInfo, model: FileModel): boolean {
  return handle.references.some((reference) => {
    const use = reference.identifier as Node;
    if (reference.isWrite()) return false;
    if (model.getEnclosing(use) !== owner) return true;
    const parent = use.parent;
    if (parent?.type === "CallExpression") return parent.callee !== use;
    if (parent?.type === "MemberExpression") return parent.object !== use || parent.parent.type !== "CallExpression" || parent.parent.callee !== parent;
    return !isTestPart(use);
  });
}

/** if (release), release !== undefined, release && release() */
function isTestPart(use: Node): boolean {
  const parent = use.parent;
  if (parent?.type === "IfStatement" || parent?.type === "ConditionalExpression") return parent.test === use;
  return parent?.type === "BinaryExpression" || parent?.type === "LogicalExpression" || parent?.type === "UnaryExpression" || parent?.type === "ChainExpression";
}

function isUsed(variable: Variable): boolean {
  return variable.references.some((reference) => reference.isRead());
}

const RELEASE_NAME = /release|unlock|signal|leave|free|dispose|exit|return|post|up$|^v$/i;

/** mutex.release() anywhere in the file */
function hasRelease(acquisition: Node, context: LockingContext): boolean {
  const key = getLockPath(acquisition, context.model);
  return (context.model.nodes.get("CallExpression") ?? []).some((item) => {
    const call = item as TSESTree.CallExpression;
    const callee = unwrap(call.callee);
    return callee.type === "MemberExpression" && RELEASE_NAME.test(getCalleeName(call) ?? "") && (key === undefined || context.model.getPath(callee.object)?.key === key);
  });
}

/** A lock that only this file can reach, and that nothing in it releases. */
function isNowhereReleased(acquisition: Node, context: LockingContext): boolean {
  const { model } = context;
  const object = getLockObject(acquisition);
  const key = getLockPath(acquisition, model);
  if (!object || key === undefined || !isCertainLock(acquisition, context) || hasRelease(acquisition, context) || isOneWay(acquisition, model)) return false;
  const mentions = [...(model.nodes.get("MemberExpression") ?? []), ...(model.nodes.get("Identifier") ?? [])].filter((node) => model.getPath(node)?.key === key);
  const isPrivate = mentions.every((node) => isReceiverOrDeclaration(node));
  const field = object.type === "MemberExpression" ? object.property : undefined;
  return isPrivate && (field === undefined || field.type === "PrivateIdentifier" || isDeclaredPrivate(key, model));
}

/** await this.lock(entity, mode): a method of a class that has no way to unlock says something else by it. */
function isOneWay(acquisition: Node, model: FileModel): boolean {
  const call = getLockCallNode(acquisition);
  const owner = call && model.getCallee(call)?.owner;
  return owner !== undefined && ![...owner.methods.keys()].some((name) => RELEASE_NAME.test(name));
}

function isReceiverOrDeclaration(node: Node): boolean {
  const parent = node.parent;
  if (parent?.type === "MemberExpression") return parent.object === node || (parent.property === node && !parent.computed);
  if (parent?.type === "VariableDeclarator") return parent.id === node && parent.parent.parent?.type !== "ExportNamedDeclaration";
  return parent?.type === "AssignmentExpression" && parent.left === node;
}

function isDeclaredPrivate(key: string, model: FileModel): boolean {
  return (model.nodes.get("PropertyDefinition") ?? []).some((node) => {
    const field = node as TSESTree.PropertyDefinition;
    return field.accessibility === "private" && field.key.type === "Identifier" && key.endsWith(`.${field.key.name}`);
  });
}

interface WayOut {
  readonly node: Node;
  readonly isRejection: boolean;
  readonly isHeuristic: boolean;
}

/** A path from the acquisition to a way out that meets no release; the gravest kind first. */
function findWayOut(flow: Flow, start: GraphNode, handle: Variable | undefined, context: LockingContext): WayOut | undefined {
  if (start.event.type !== "lock") return undefined;
  const { lock } = start.event;
  const conditions = getConditions(flow, start, context);
  for (const mode of ["exits", "rejections", "calls"] as const) {
    const seen = new Set<number>([start.id]);
    const queue: { readonly id: number; readonly thrower: Node | undefined }[] = [{ id: start.id, thrower: undefined }];
    for (const { id, thrower } of queue) {
      const node = flow.graph.nodes[id]!;
      const { event } = node;
      if (id !== start.id) {
        if (event.type === "unlock" && event.lock.id === lock.id) continue;
        if (event.type === "lock" && event.node === start.event.node) continue;
        if (event.type === "call" && mentionsRelease(event.node, lock, handle, context.model)) continue;
        if (event.type === "exit") {
          if (event.how === "end") continue;
          if (mode === "exits" && thrower) continue;
          if (mode !== "exits" && !thrower) continue;
          const exit = thrower ?? findExitStatement(flow, seen, start) ?? event.node;
          return { node: exit, isRejection: thrower !== undefined, isHeuristic: mode === "calls" };
        }
      }
      const wanted = event.type === "branch" ? getWantedOutcome(event.node, handle, conditions, context) : undefined;
      for (const edge of node.edges) {
        if (seen.has(edge.to) || (wanted && edge.kind !== wanted && edge.kind !== "throw")) continue;
        let next = thrower;
        if (edge.kind === "throw") {
          if (mode === "exits" || !canThrow(node, mode, context)) continue;
          next ??= event.node;
        }
        seen.add(edge.to);
        queue.push({ id: edge.to, thrower: next });
      }
    }
  }
  return undefined;
}

/** The return or throw of the function that holds the lock, among the nodes passed. */
function findExitStatement(flow: Flow, seen: ReadonlySet<number>, start: GraphNode): Node | undefined {
  const owner = start.stack.at(-1);
  const passed = [...seen].map((id) => flow.graph.nodes[id]!).filter((node) => node.stack.at(-1) === owner);
  const release = (node: GraphNode): boolean => node.event.type === "assign" && node.event.node.type === "ReturnStatement";
  const thrown = passed.find((node) => node.event.type === "call" && node.event.name === "throw");
  return (passed.find(release) ?? thrown)?.event.node;
}

/** The tests under which the lock was taken, as text: the same test decides the same way again. */
function getConditions(flow: Flow, start: GraphNode, context: LockingContext): ReadonlyMap<string, "true" | "false"> {
  const conditions = new Map<string, "true" | "false">();
  for (const { id, outcome } of flow.control.getControllers(start.id)) {
    // Tests that come before, not those that lead back to it in a loop.
    if (id < start.id) conditions.set(getShortText(flow.graph.nodes[id]!.event.node, context.model.sourceCode, 200), outcome);
  }
  return conditions;
}

function getWantedOutcome(test: Node, handle: Variable | undefined, conditions: ReadonlyMap<string, "true" | "false">, context: LockingContext): "true" | "false" | undefined {
  const known = conditions.get(getShortText(test, context.model.sourceCode, 200)) ?? findReleasingOutcome(test, handle, context.model);
  if (known) return known;
  if (!handle) return undefined;
  const node = unwrap(test);
  if (node.type === "Identifier" && context.model.getVariable(node) === handle) return "true";
  if (node.type !== "BinaryExpression" || context.model.getVariable(node.left as Node) !== handle) return undefined;
  return node.operator.startsWith("!") ? "true" : "false";
}

/** finally { if (!isReleased) release(); }: the flag is set where the lock is released before. */
function findReleasingOutcome(test: Node, handle: Variable | undefined, model: FileModel): "true" | "false" | undefined {
  const { node, parent } = getUsage(test);
  const statement = parent?.type === "UnaryExpression" ? getUsage(parent).parent : parent;
  const flag = node.type === "UnaryExpression" ? unwrap(node.argument) : unwrap(node);
  if (statement?.type !== "IfStatement" || statement.alternate || !findAncestor(statement, (at) => isFunction(at) || (at.type === "TryStatement" && at.finalizer !== null && isInside(statement, at.finalizer)))?.type.startsWith("Try")) return undefined;
  const variable = model.getVariable(flag);
  const isFlag = variable?.defs[0]?.type === "Variable" && variable.references.every((reference) => !reference.isWrite() || typeof (reference.writeExpr as TSESTree.Literal | null)?.value === "boolean");
  const isReleasing = handle?.references.some((reference) => isInside(reference.identifier as Node, statement.consequent));
  if (!isFlag || !isReleasing) return undefined;
  // The branch may stand at the test or at what it negates.
  const isNegated = statement.test.type === "UnaryExpression" && node !== statement.test;
  return isNegated ? "false" : "true";
}

/** A call that is given the release, or the lock: `release(lock)`, `onDone(() => mutex.release())`. */
function mentionsRelease(call: Node, lock: LockReference, handle: Variable | undefined, model: FileModel): boolean {
  if (handle?.references.some((reference) => reference.isRead() && isInside(reference.identifier as Node, call))) return true;
  if (call.type !== "CallExpression" && call.type !== "NewExpression") return false;
  const text = model.sourceCode.getText(call as never);
  return call.arguments.length > 0 && text.includes(lock.name) && RELEASE_NAME.test(text);
}

const HARMLESS_WAIT = /^(?:sleep|delay|wait|pause|tick|nextTick|setTimeout|setImmediate|allSettled|resolve|catch|yieldToEventLoop|waitFor\w*)$/i;

function canThrow(node: GraphNode, mode: "rejections" | "calls", context: LockingContext): boolean {
  const { event } = node;
  if (event.type === "suspend") {
    const awaited = event.node.type === "AwaitExpression" ? unwrap(event.node.argument) : event.node;
    if (awaited.type === "NewExpression") return !/\brej\w*\b/.test(context.model.sourceCode.getText(awaited as never)) ? false : getCalleeName(awaited) === "Promise";
    return awaited.type !== "CallExpression" || !HARMLESS_WAIT.test(getCalleeName(awaited) ?? "");
  }
  if (event.type !== "call") return true;
  return mode === "calls" && (event.name === "parse" || /^(?:assert|validate|require|must|ensure|check)/.test(event.name));
}

/** Whether the release stands in the `finally` of a `try` that begins after the place. */
function isBeforeTry(place: Node, release: Node): boolean {
  for (let node: Node | undefined = release; node; node = node.parent) {
    const parent: Node | undefined = node.parent;
    if (parent?.type === "TryStatement" && parent.finalizer === node) return place.range[1] <= parent.range[0];
    if (isFunction(node)) return false;
  }
  return false;
}

// ---- lock.acquire(key, (done) => ..): the callback must call done on every path

const DONE_NAME = /^(?:done|release|unlock|next|cb|callback|finish|leave)$/;

function findCallbackLeaks(context: LockingContext): LockLeak[] {
  const { model, settings } = context;
  const found: LockLeak[] = [];
  for (const item of model.nodes.get("CallExpression") ?? []) {
    const call = item as TSESTree.CallExpression;
    const callback = call.arguments.find((argument) => isFunction(argument));
    const [parameter] = callback && isFunction(callback) ? callback.params : [];
    if (!callback || !isFunction(callback) || callback.async || callback.params.length !== 1 || parameter?.type !== "Identifier" || !DONE_NAME.test(parameter.name)) continue;
    const lockCall = findLockCall(call, model, new Map(), settings);
    const info = model.getFunction(callback);
    const done = model.getVariable(parameter);
    if (lockCall?.kind === "release" || !lockCall || !info || !done || !isUsed(done)) continue;
    const exit = findUndoneExit(info, done, context);
    if (exit) found.push({ kind: "callback", lock: lockCall.lock, acquire: call, exit, release: undefined, handle: done, isHeuristic: false });
  }
  return found;
}

function findUndoneExit(info: FunctionInfo, done: Variable, context: LockingContext): Node | undefined {
  const { graph } = lower(info, context);
  const uses = done.references.filter((reference) => reference.isRead()).map((reference) => reference.identifier as Node);
  // save(id).then(() => done()): whoever gets it will see to it.
  const given = uses.flatMap((use) => (context.model.getEnclosing(use) === info ? [] : [findAncestor(use, (node) => node.type.endsWith("Statement") && context.model.getEnclosing(node) === info) ?? use]));
  const isDone = ({ event }: GraphNode): boolean => {
    if (event.type !== "call" && event.type !== "suspend" && event.type !== "read" && event.type !== "write") return false;
    return uses.some((use) => isInside(use, event.node)) || given.some((statement) => isInside(event.node, statement));
  };
  const seen = new Set<number>([0]);
  for (const id of seen) {
    const node = graph.nodes[id]!;
    if (isDone(node)) continue;
    if (node.event.type === "exit" && node.event.how === "return") {
      const passed = [...seen].map((passedId) => graph.nodes[passedId]!.event);
      return passed.find((event) => event.type === "assign" && event.node.type === "ReturnStatement")?.node ?? info.node;
    }
    for (const edge of node.edges) if (edge.kind !== "throw") seen.add(edge.to);
  }
  return undefined;
}

// ---- locks that wait for each other

interface Order {
  readonly held: LockReference;
  readonly lock: LockReference;
  readonly flow: Flow;
  readonly outer: GraphNode;
  readonly inner: GraphNode;
  /** All locks held at the inner acquisition. */
  readonly gates: readonly string[];
}

function findDeadlocks(context: LockingContext): Deadlock[] {
  const found = new Map<Node, Deadlock>();
  const orders: Order[] = [];
  for (const flow of context.getFlows()) {
    for (const inner of flow.graph.nodes) {
      const state = flow.getState(inner.id);
      if (inner.event.type === "call") addRecursion(found, flow, inner, getHeld(state), context);
      if (inner.event.type !== "lock" || !isRealLock(inner.event.lock)) continue;
      for (const held of getHeld(state)) {
        const outer = findOuter(flow, inner, held);
        // The same place again, in a loop: a release is missing, not an order.
        if (!outer || outer.event.node === inner.event.node || !isWaitedFor(flow, outer, inner) || isToldOfLock(outer, inner)) continue;
        const { lock } = inner.event;
        if (getLockId(held) === getLockId(lock)) {
          const deadlock = held.isShared && lock.isShared ? undefined : createSelfDeadlock(outer, inner, held, context);
          if (deadlock && !found.has(deadlock.place)) found.set(deadlock.place, deadlock);
        } else if (!held.isShared || !lock.isShared) {
          orders.push({ held, lock, flow, outer, inner, gates: getHeld(state).map((item) => item.id) });
        }
      }
    }
  }
  for (const deadlock of [...findCycles(orders, context), ...findKeyOrders(orders, context)]) if (!found.has(deadlock.place)) found.set(deadlock.place, deadlock);
  return [...found.values()].sort((a, b) => a.place.range[0] - b.place.range[0]);
}

/** Where the held lock was taken. */
function findOuter(flow: Flow, inner: GraphNode, held: LockReference): GraphNode | undefined {
  return flow.graph.nodes.findLast((node) => node.id < inner.id && node.event.type === "lock" && getLockId(node.event.lock) === getLockId(held) && flow.control.canReach(node.id, inner.id));
}

/** verify(password, { skipLock: true }), save(true) under a lock: a call on the way is told what its caller holds. */
function isToldOfLock(outer: GraphNode, inner: GraphNode): boolean {
  return inner.stack.slice(outer.stack.length).some((info, index) => {
    const caller = inner.stack[outer.stack.length + index - 1];
    const calls = caller ? info.calls.filter((call) => isInside(call, caller.node)) : [];
    return calls.some((call) => call.arguments.some((argument) => argument.type === "ObjectExpression" && argument.properties.some(isLockOption)));
  });
}

function isLockOption(property: TSESTree.ObjectLiteralElement): boolean {
  return property.type === "Property" && !property.computed && property.key.type === "Identifier" && /lock/i.test(property.key.name) && property.value.type === "Literal" && typeof property.value.value === "boolean";
}

/** Whether the holder goes on only after the inner acquisition: a task that it merely starts can wait for it. */
function isWaitedFor(flow: Flow, outer: GraphNode, inner: GraphNode): boolean {
  if (outer.event.type !== "lock" || inner.event.type !== "lock") return false;
  const held = outer.event.lock;
  const outerNode = outer.event.node;
  const innerNode = inner.event.node;
  const isExclusive = flow.graph.nodes.some((node) => node.event.type === "unlock" && node.event.node === outerNode);
  return flow.graph.nodes.some((node) => {
    if (node.event.type !== "unlock" || node.event.lock.id !== held.id || !flow.control.canReach(inner.id, node.id)) return false;
    if (isExclusive) return node.event.node === outerNode;
    return node.event.node !== innerNode && node.stack.at(-1) === outer.stack.at(-1) && !isLeftOnTheWay(flow, held, outer, inner);
  });
}

/** Whether a function between the holder and the inner acquisition is left, and the lock with it, before the acquisition is over. */
function isLeftOnTheWay(flow: Flow, held: LockReference, outer: GraphNode, inner: GraphNode): boolean {
  if (isLeftByReturn(flow, held, inner.event.node)) return true;
  return inner.stack.some((info, depth) => {
    const caller = inner.stack[depth - 1];
    if (!caller || depth < outer.stack.length) return false;
    const calls = info.calls.filter((call) => isInside(call, caller.node));
    return calls.length > 0 && calls.every((call) => isLeftByReturn(flow, held, call));
  });
}

/** try { return work(); } finally { release(); }: without `await`, the lock is let go while the work still runs. */
function isLeftByReturn(flow: Flow, held: LockReference, work: Node): boolean {
  const statement = findReturnOf(work);
  if (!statement) return false;
  return flow.graph.nodes.some(({ event, stack }) => {
    if (event.type !== "unlock" || event.lock.id !== held.id) return false;
    // using lock = await m.acquire()
    if (event.node.type === "VariableDeclaration") return isInside(statement, event.node.parent);
    return [event.node, ...stack.at(-1)!.calls].some((release) => isInFinallyAfter(statement, release));
  });
}

/** The `return` that hands on the promise of a call; `undefined` if something waits for it first. */
function findReturnOf(work: Node): Node | undefined {
  const found = findAncestor(work, (node) => node.type === "AwaitExpression" || node.type === "ReturnStatement" || isFunction(node));
  return found?.type === "ReturnStatement" ? found : undefined;
}

/** Whether a place is in the `finally` of a `try` in which a statement stands. */
function isInFinallyAfter(statement: Node, place: Node): boolean {
  return findAncestor(statement, (node) => isFunction(node) || (node.type === "TryStatement" && node.finalizer !== null && isInside(place, node.finalizer) && !isInside(statement, node.finalizer)))?.type === "TryStatement";
}

function createSelfDeadlock(outer: GraphNode, inner: GraphNode, lock: LockReference, context: LockingContext): Deadlock {
  const isCertain = isCertainLock(inner.event.node, context) && isCertainLock(outer.event.node, context);
  return { kind: "self", lock, inner: inner.event.node, outer: outer.event.node, place: findCallInHolder(outer, inner) ?? inner.event.node, task: outer.stack.at(-1)!, other: undefined, isHeuristic: !isCertain };
}

/** The call by which the holder leaves its own text for a helper that takes the lock. */
function findCallInHolder(outer: GraphNode, inner: GraphNode): Node | undefined {
  const holder = outer.stack.at(-1)!.node;
  const depth = inner.stack.findIndex((info, index) => index >= outer.stack.length && !isInside(info.node, holder));
  const caller = inner.stack[depth - 1];
  return caller && inner.stack[depth]!.calls.find((call) => isInside(call, caller.node));
}

/** async function f() { await m.runExclusive(async () => { await f(); }); } */
function addRecursion(found: Map<Node, Deadlock>, flow: Flow, node: GraphNode, held: readonly LockReference[], context: LockingContext): void {
  const call = node.event.node;
  if (call.type !== "CallExpression" || held.length === 0 || found.has(call) || !isAwaitedOrReturned(call)) return;
  const callee = context.model.getCallee(call);
  const depth = callee ? node.stack.indexOf(callee) : -1;
  if (depth < 0) return;
  for (const lock of held) {
    const outer = flow.graph.nodes.find((item) => item.event.type === "lock" && getLockId(item.event.lock) === getLockId(lock) && item.stack.indexOf(callee!) === depth);
    if (!outer || lock.key || lock.isShared || !isCertainLock(outer.event.node, context) || isLeftByReturn(flow, lock, call)) continue;
    // process(true) may skip the lock.
    if (flow.control.getControllers(outer.id).length > 0) continue;
    found.set(call, { kind: "self", lock, inner: call, outer: outer.event.node, place: call, task: callee!, other: undefined, isHeuristic: false });
    return;
  }
}

/** Keys with different literal starts are different locks: `user:1`, `room:1`. */
function getOrderName(lock: LockReference): string {
  return lock.key ? `${lock.id}[${lock.key.prefix ?? ""}]` : lock.id;
}

function findCycles(orders: readonly Order[], context: LockingContext): Deadlock[] {
  const found: Deadlock[] = [];
  const reported = new Set<string>();
  for (const order of orders) {
    const from = getOrderName(order.held);
    const to = getOrderName(order.lock);
    if (from === to) continue;
    const back = findWayBack(orders, to, from, order);
    const id = [from, to].sort().join("|");
    if (!back || reported.has(id)) continue;
    const overlap = getLockOverlap(order, back, context);
    if (overlap.level === "none") continue;
    reported.add(id);
    const [first, second] = order.inner.event.node.range[0] < back.inner.event.node.range[0] ? [order, back] : [back, order];
    found.push({
      kind: "cycle",
      lock: second.lock,
      inner: second.inner.event.node,
      outer: second.outer.event.node,
      place: second.inner.event.node,
      task: second.inner.stack[0]!,
      other: { lock: first.lock, inner: first.inner.event.node, task: first.inner.stack[0]! },
      isHeuristic: [order, back].some((item) => !isCertainLock(item.inner.event.node, context) || !isCertainLock(item.outer.event.node, context)),
    });
  }
  return found;
}

/** The order that closes the cycle, directly or through others; a gate that both hold keeps them apart. */
function findWayBack(orders: readonly Order[], from: string, to: string, first: Order): Order | undefined {
  const visited = new Set<string>([from]);
  const queue = [from];
  for (const at of queue) {
    for (const order of orders) {
      if (getOrderName(order.held) !== at || order === first) continue;
      const isGated = order.gates.some((gate) => first.gates.includes(gate) && gate !== first.held.id && gate !== order.held.id);
      if (isGated) continue;
      const next = getOrderName(order.lock);
      if (next === to) return order;
      if (!visited.has(next)) {
        visited.add(next);
        queue.push(next);
      }
    }
  }
  return undefined;
}

function getLockOverlap(a: Order, b: Order, context: LockingContext): Overlap {
  const entity = createLockEntity(a.inner.event.node, context) ?? createLockEntity(b.inner.event.node, context);
  const [first, second] = [a.inner.stack[0]!, b.inner.stack[0]!];
  if (!entity) return { level: "assumed", reason: "" };
  return context.sharing.getPairOverlap(first, second, entity);
}

/** A lock seen as a map, to ask who shares it. */
function createLockEntity(acquisition: Node, context: LockingContext): MapEntity | undefined {
  const object = getLockObject(acquisition);
  const path = object && context.model.getPath(object);
  if (!object || !path || path.properties.length > 2) return undefined;
  const variable = path.root.kind === "variable" ? path.root.variable : undefined;
  const isModule = variable !== undefined && (variable.scope.type === "module" || variable.scope.type === "global");
  const home = path.root.kind === "this" ? "field" : path.root.kind === "class" ? "static" : path.root.kind === "global" ? "global" : isModule ? "module" : "local";
  const owner = path.root.kind === "this" || path.root.kind === "class" ? path.root.owner : undefined;
  return { id: -1_000_000, key: path.key, name: getShortText(object, context.model.sourceCode), kind: "slot", home, path, declaration: object, initializers: [], annotation: undefined, keyType: undefined, valueType: undefined, owner, variable, parent: undefined };
}

/** transfer(from, to): lock(from), then lock(to). Another run has them the other way round. */
function findKeyOrders(orders: readonly Order[], context: LockingContext): Deadlock[] {
  const found: Deadlock[] = [];
  for (const { held, lock, inner, outer } of orders) {
    if (held.id !== lock.id || !held.key?.node || !lock.key?.node || held.key.prefix !== lock.key.prefix) continue;
    const a = getParameterIndex(held.key.node, context.model);
    const b = getParameterIndex(lock.key.node, context.model);
    if (!a || !b || a.of !== b.of || a.name === b.name) continue;
    const entity = createLockEntity(inner.event.node, context);
    const overlap = entity ? context.sharing.getOverlap(a.of, entity) : { level: "assumed" };
    if (overlap.level === "none") continue;
    const isHeuristic = !isCertainLock(inner.event.node, context) || !isCertainLock(outer.event.node, context);
    found.push({ kind: "keys", lock, inner: inner.event.node, outer: outer.event.node, place: inner.event.node, task: a.of, other: { lock: held, inner: outer.event.node, task: a.of }, isHeuristic });
  }
  return found;
}

/** The parameter that a key is, unchanged: not sorted, not swapped. */
function getParameterIndex(key: Node, model: FileModel): { readonly of: FunctionInfo; readonly name: string } | undefined {
  const variable = model.getVariable(unwrap(key));
  const definition = variable?.defs[0];
  if (!variable || definition?.type !== "Parameter" || variable.references.some((reference) => reference.isWrite())) return undefined;
  const of = model.getFunction(definition.node as Node);
  return of && { of, name: variable.name };
}

// ---- what a lock is

function getLockCallNode(acquisition: Node): TSESTree.CallExpression | undefined {
  const node = acquisition.type === "AwaitExpression" ? unwrap(acquisition.argument) : acquisition;
  return node.type === "CallExpression" ? node : undefined;
}

/** `m` of `await m.acquire()`, `locks` of `locks.get(k).runExclusive(f)`. */
function getLockObject(acquisition: Node): Node | undefined {
  const call = getLockCallNode(acquisition);
  const callee = call && unwrap(call.callee);
  if (!callee) return undefined;
  let object = callee.type === "MemberExpression" ? unwrap(callee.object) : callee;
  if (object.type === "CallExpression" && object.callee.type === "MemberExpression") object = unwrap(object.callee.object);
  return object;
}

function getLockPath(acquisition: Node, model: FileModel): string | undefined {
  const object = getLockObject(acquisition);
  return object && model.getPath(object)?.key;
}

const REENTRANT = /reentran|recursive|getStore\(|AsyncLocalStorage|depth|owner|isHeld|alreadyLocked/i;

/** Whether an acquisition certainly is one of a lock that its holder cannot take again: made as such in this file, or a wrapper whose body is here. */
function isCertainLock(acquisition: Node, context: LockingContext): boolean {
  const { model } = context;
  const call = getLockCallNode(acquisition);
  if (!call) return false;
  const { sourceCode } = model;
  const callee = unwrap(call.callee);
  const text = sourceCode.getText(callee as never);
  if (REENTRANT.test(text)) return false;
  if (/(?:^|\.)navigator\.locks\.request$/.test(text)) return true;
  const wrapper = model.getCallee(call);
  if (wrapper) return !REENTRANT.test(sourceCode.getText(wrapper.node as never));
  const object = getLockObject(acquisition);
  const made = object && findConstruction(object, model);
  if (!made) return false;
  const madeText = sourceCode.getText(made as never);
  if (REENTRANT.test(madeText)) return false;
  const inner = unwrap(made);
  // const locks = new Map<string, Mutex>(); locks.get(k).acquire()
  if (context.inventory.resolve(object) && callee.type === "MemberExpression" && unwrap(callee.object).type === "CallExpression") return true;
  if (!isExclusiveConstruction(inner)) return false;
  const className = inner.type === "NewExpression" ? getCalleeName(inner) : undefined;
  const local = model.owners.find((owner) => owner.name === className);
  return !local || !REENTRANT.test(sourceCode.getText(local.node as never));
}

// ---- accesses that do not keep to the lock

interface Occurrence {
  readonly flow: Flow;
  readonly node: GraphNode;
  readonly event: ReadEvent | WriteEvent;
  readonly held: readonly LockReference[];
  /** Reached only from where this file does not show who calls, and under what. */
  readonly isUnknown: boolean;
}

const ONCE = /^(?:constructor|close|dispose|stop|destroy|shutdown|teardown|terminate|onModuleDestroy|clearAll|reset|__reset\w*|_reset\w*)$/i;

const START_UP = /^(?:constructor|init\w*|start|startUp|setup|setUp|bootstrap\w*|migrate\w*|restore\w*|hydrate\w*|rehydrate\w*|seed\w*|populate\w*|preload\w*|warm\w*|loadAll|activate|mount|onModuleInit|onApplicationBootstrap)$/;

/** Run when nobody else is there. close(id) ends one entry, while others go on. */
function isOnce(info: FunctionInfo, event: ReadEvent | WriteEvent): boolean {
  return START_UP.test(info.name) || (ONCE.test(info.name) && event.key.kind === "every");
}

function collectOccurrences(flows: readonly Flow[]): Occurrence[] {
  return flows.flatMap((flow) => {
    const isUnknown = isUnknownCallback(flow.graph.root);
    const isLocked = takesLock(flow);
    return flow.graph.nodes.flatMap((node): Occurrence[] => {
      const { event } = node;
      if ((event.type !== "read" && event.type !== "write") || event.map.kind === "slot") return [];
      const state = isLocked ? flow.getState(node.id) : undefined;
      return state || !isLocked ? [{ flow, node, event, held: getHeld(state), isUnknown }] : [];
    });
  });
}

/** A function that takes no lock holds none: it need not be solved to know that. */
function takesLock({ graph }: Flow): boolean {
  return graph.nodes.some(({ event }) => event.type === "lock");
}

/** A callback given to a function that nobody knows: it may run under a lock. */
function isUnknownCallback(info: FunctionInfo): boolean {
  const parent = info.node.parent as Node | undefined;
  if (parent?.type !== "CallExpression" && parent?.type !== "NewExpression") return false;
  return parent.callee !== info.node && getTiming(parent) === "unknown";
}

function findBreaches(context: LockingContext, policies: readonly Policy[]): Breach[] {
  const flows = context.getFlows();
  const occurrences = collectOccurrences(flows);
  const found = new Map<Node, Breach>();
  const add = (breach: Breach): void => {
    const known = found.get(breach.node);
    if (!known || (known.isHeuristic && !breach.isHeuristic)) found.set(breach.node, breach);
  };
  for (const policy of policies) for (const breach of findPolicyBreaches(policy, occurrences, context)) add(breach);
  const sections = flows.flatMap((flow) => findSections(flow));
  const broken = new Set<string>();
  for (const section of sections) {
    for (const breach of findSectionBreaches(section, sections, occurrences, context)) {
      // Of the writes of one function, the first.
      const id = `${breach.map.id}/${breach.function.id}`;
      if (!broken.has(id)) add(breach);
      if (!breach.isHeuristic) broken.add(id);
    }
  }
  for (const breach of findMinorities(occurrences, context)) add(breach);
  return [...found.values()].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

/** Read, suspension, dependent write, under one lock all the way. */
function findSections(flow: Flow): Section[] {
  if (!takesLock(flow)) return [];
  const sections: Section[] = [];
  for (const node of flow.graph.nodes) {
    const state = flow.getState(node.id);
    if (!state || node.event.type !== "write" || node.event.map.kind === "slot") continue;
    for (const [id, bits] of flow.getDependences(node)) {
      const read = flow.graph.nodes[id]!.event;
      const fact = state.facts.get(id);
      if (read.type !== "read" || read.map !== node.event.map || !fact || fact.stale === undefined || fact.isLost || !(bits & (COPY | DERIVED | CONTROL))) continue;
      const lock = [...fact.locks].map((held) => state.held.get(held)).find((held) => held && isRealLock(held) && !held.isShared);
      if (!lock) continue;
      sections.push({
        task: node.stack[0]!,
        map: node.event.map,
        lock,
        read,
        suspension: flow.graph.nodes[fact.stale]!.event.node,
        write: node.event,
        isDerived: (bits & DERIVED) !== 0 && read.field === node.event.field,
      });
    }
  }
  return sections;
}

/** if (m.get(k) < next) m.set(k, next), with nothing between: whoever wrote it thought of what others put there. */
function isCompared({ flow, node, event }: Occurrence): boolean {
  const facts = flow.getState(node.id)?.facts;
  return [...flow.getDependences(node).keys()].some((id) => {
    const read = flow.graph.nodes[id]!.event;
    return read.type === "read" && read.map === event.map && facts?.get(id)?.stale === undefined;
  });
}

function findSectionBreaches(section: Section, sections: readonly Section[], occurrences: readonly Occurrence[], context: LockingContext): Extract<Breach, { kind: "section" }>[] {
  return occurrences.flatMap((item): Extract<Breach, { kind: "section" }>[] => {
    const { event } = item;
    if (event.type !== "write" || event.map !== section.map || event.node === section.write.node || item.isUnknown) return [];
    // marks.add(k) beside marks.add(k): the same mark, whoever sets it.
    if (event.operation === "add" && section.write.operation === "add") return [];
    if (item.held.some((lock) => lock.id === section.lock.id && !lock.isShared) || !breaksInto(event, section)) return [];
    const info = item.node.stack.at(-1)!;
    const root = item.node.stack[0]!;
    if (isOnce(info, event) || isOnce(root, event) || !isEntry(root)) return [];
    // Under another lock that the section holds too.
    if (sections.some((other) => other.write === section.write && item.held.some((lock) => lock.id === other.lock.id))) return [];
    const overlap = context.sharing.getPairOverlap(section.task, root, section.map);
    if (overlap.level === "none") return [];
    return [{ kind: "section", map: section.map, node: event.node, function: getNamedFunction(info), section, overlap, isHeuristic: !isLossy(section, context.model) || section.lock.key !== undefined || event.key.kind === "every" || isCompared(item) }];
  });
}

/** Whether a write, between the read and the write of a section, makes the section's write wrong. */
function breaksInto(event: WriteEvent, section: Section): boolean {
  if (event.field !== undefined && event.field !== section.write.field) return false;
  if (!canOverlapKeys(event.key, section.read.key) || event.operation === "insert") return false;
  if (section.isDerived) return true;
  const isAbsenceChecked = isInsertion(section.write.operation) && section.write.field === undefined;
  return isAbsenceChecked && isInsertion(event.operation) && event.field === undefined;
}

/** What is written was made from what was read, or was opened for this entry: the other one is lost to it, or it to the other. */
function isLossy({ isDerived, write }: Section, model: FileModel): boolean {
  const source = write.value.node && findSource(write.value.node, model);
  return isDerived || (source !== undefined && isResource(source, model));
}

/** Runs by itself: not a private helper whose callers were followed. */
function isEntry(info: FunctionInfo): boolean {
  return info.calls.length === 0 || isPublic(info);
}

// ---- declared policies

function findPolicyBreaches(policy: Policy, occurrences: readonly Occurrence[], context: LockingContext): Breach[] {
  const own = occurrences.filter((item) => item.event.map === policy.map);
  const breach = (node: Node, info: FunctionInfo | undefined, writer: string, isHeuristic: boolean): Breach => ({ kind: policy.kind, map: policy.map, node, function: info, policy, writer, isHeuristic });
  switch (policy.kind) {
    case "guardedBy":
      return [...own, ...findOuterOccurrences(policy.map, own, context)].flatMap((item) => {
        const info = item.node.stack.at(-1)!;
        if (item.isUnknown || item.held.some((lock) => isNamed(lock, policy.name))) return [];
        if (item.node.stack.some((at) => at.name === "constructor")) return [];
        return [breach(item.event.node, info, "", item.flow.graph.root.calls.length > 0)];
      });
    case "immutable":
      return context.summaries.getAccesses(policy.map).flatMap((access) => {
        const isWritten = access.operation !== "get" && access.operation !== "has" && access.operation !== "size" && access.operation !== "iterate";
        const isMaking = access.function === undefined || access.function.name === "constructor" || context.model.getEnclosing(policy.map.declaration) === access.function;
        return isWritten && !isMaking ? [breach(access.node, access.function, "", false)] : [];
      });
    case "singleWriter": {
      const writes = context.summaries.getAccesses(policy.map).filter((access) => access.operation !== "get" && access.operation !== "has" && access.operation !== "size" && access.operation !== "iterate" && access.function && access.function.name !== "constructor");
      const getName = (info: FunctionInfo): string => getNamedFunction(info).name;
      const writer = policy.name ?? (writes[0]?.function ? getName(writes[0].function) : undefined);
      if (writer === undefined) return [];
      return writes.flatMap((access) => (getName(access.function!) === writer.replace(/^this\./, "").replace(/\(\)$/, "") ? [] : [breach(access.node, access.function, writer, false)]));
    }
  }
}

/** Accesses of public methods that the flows show only from inside the file. */
function findOuterOccurrences(map: MapEntity, known: readonly Occurrence[], context: LockingContext): Occurrence[] {
  const roots = new Set(known.map((item) => item.flow.graph.root));
  const missing = new Set<FunctionInfo>();
  for (const access of context.summaries.getAccesses(map)) {
    const info = access.function;
    const isMember = info?.node.parent.type === "MethodDefinition" || info?.node.parent.type === "PropertyDefinition";
    if (info && isMember && isPublic(info) && info.calls.length > 0 && !roots.has(info)) missing.add(info);
  }
  return collectOccurrences([...missing].map((info) => runFlow(lower(info, context).graph))).filter((item) => item.event.map === map);
}

/** `@guardedBy mutex` names `this.mutex`, `#mutex` and `mutex`; without a name, any lock will do. */
function isNamed(lock: LockReference, name: string | undefined): boolean {
  if (name === undefined) return true;
  const last = (text: string): string => text.replace(/\(.*$/, "").split(".").at(-1)!.replace(/^#/, "");
  return last(lock.name) === last(name);
}

// ---- what most accesses do

const MIN_LOCKED = 3;

/** Writes outside the lock under which most of a map's accesses stand. */
function findMinorities(occurrences: readonly Occurrence[], context: LockingContext): Breach[] {
  const found: Breach[] = [];
  for (const map of new Set(occurrences.map((item) => item.event.map))) {
    const own = occurrences.filter((item) => item.event.map === map && !item.isUnknown && !isOnce(item.node.stack.at(-1)!, item.event));
    const total = new Set(own.map((item) => item.event.node)).size;
    const byLock = new Map<string, Set<Node>>();
    for (const { held, event } of own) for (const lock of held) byLock.set(lock.id, (byLock.get(lock.id) ?? new Set()).add(event.node));
    for (const [id, nodes] of byLock) {
      const outside = own.filter((item) => item.event.type === "write" && !nodes.has(item.event.node) && isEntry(item.node.stack[0]!));
      if (nodes.size < MIN_LOCKED || nodes.size / total < 0.75) continue;
      const lock = own.flatMap((item) => item.held).find((item) => item.id === id)!;
      for (const item of outside) {
        if (context.sharing.getPairOverlap(item.node.stack[0], item.node.stack[0], map).level === "none") continue;
        found.push({ kind: "majority", map, node: item.event.node, function: item.node.stack.at(-1)!, lock, locked: nodes.size, total, isHeuristic: true });
      }
    }
  }
  return found;
}

// ---- long waits under a lock of the whole

const IO_NAME = /^(?:fetch|request|query|exec|execute|readFile|writeFile|appendFile|readdir|stat|unlink|mkdir|rm|send|sendMessage|publish|save|insert\w*|find(?:One|Many|Unique|First|All|ById)|upsert|update(?:One|Many)|delete(?:One|Many)|post|put|patch|download|upload|connect|load|loadFrom\w*|fetch\w+|query\w+|save\w+|load\w+|read\w+|write\w+|send\w+|call|invoke|rpc|select|commit)$/;

function findLockedWaits(context: LockingContext): LockedWait[] {
  const found = new Map<string, LockedWait>();
  for (const flow of context.getFlows()) {
    for (const node of flow.graph.nodes) {
      if (node.event.type !== "suspend" || node.event.node.type !== "AwaitExpression") continue;
      const call = unwrap(node.event.node.argument);
      if (call.type !== "CallExpression") continue;
      const work = findWork(call, context);
      if (!work) continue;
      for (const lock of getHeld(flow.getState(node.id))) {
        const place = lock.key ? undefined : findKeyedPlace(flow, lock);
        const id = `${flow.graph.root.id}|${lock.id}`;
        if (place && !found.has(id)) found.set(id, { lock, map: place.map, key: place.key.display, node: node.event.node, ...work });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

/** I/O by its name, or a function that the caller passed in. */
function findWork(call: TSESTree.CallExpression, context: LockingContext): { readonly name: string; readonly isCallback: boolean } | undefined {
  const name = getCalleeName(call);
  if (name === undefined) return undefined;
  const callee = unwrap(call.callee);
  const variable = context.model.getVariable(callee);
  if (variable?.defs[0]?.type === "Parameter") return { name, isCallback: true };
  return IO_NAME.test(name) ? { name, isCallback: false } : undefined;
}

/** The entry that a section is about, if it is about one: nothing in it reads or writes the whole map. */
function findKeyedPlace(flow: Flow, lock: LockReference): ReadEvent | WriteEvent | undefined {
  const accesses = flow.graph.nodes.flatMap((node) => {
    const isRead = node.event.type === "read" || node.event.type === "write";
    return isRead && getHeld(flow.getState(node.id)).some((held) => held.id === lock.id) ? [node.event as ReadEvent | WriteEvent] : [];
  });
  const maps = accesses.filter((event) => event.map.kind !== "slot" && event.map.home !== "local");
  const isWhole = maps.some((event) => event.key.kind === "every") || accesses.some((event) => event.map.kind === "slot" && event.type === "write");
  const keyed = maps.find((event) => event.key.kind === "term");
  const isOneKey = keyed !== undefined && maps.every((event) => event.map !== keyed.map || event.key.text === keyed.key.text);
  return isWhole || !isOneKey ? undefined : keyed;
}
