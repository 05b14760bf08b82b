import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isRemoval } from "../maps/accesses.js";
import { type Node, findAncestor, getCalleeName, getPropertyName, getUsage, isEmptyMap, isFunction, isInside, unwrap } from "../code/ast.js";
import { type FailureModel, getFailure } from "../tasks/failure.js";
import { CONTROL, COPY, type Flow } from "../tasks/flow.js";
import type { GraphNode, WriteEvent } from "../tasks/graph.js";
import type { HazardContext } from "./hazards.js";
import type { MapEntity } from "../maps/inventory.js";
import { isKeyOfRun, isObjectKey } from "../maps/key-origin.js";
import { getKeyTerm, isSameKey } from "../maps/keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { getNamedFunction } from "../code/naming.js";
import { findPromise, hasRejectionHandler, isAwaitedLater, isCertainlyAsync, isOnFailurePath, isPromiseMap } from "../maps/promises.js";
import type { PlacedAccess } from "../maps/summaries.js";
import { getTiming, isAwaitedOrReturned, isPassedAndAwaited, isWaiting } from "../code/suspension.js";
import { findStart } from "./unfinished.js";
import { getEventNode, getPresence, getRead, isOnPresentSide, type WriteSite } from "./write-sites.js";

/** What stays behind when the work fails that an entry stands for. */
export interface Leak {
  readonly what: "promise" | "flag" | "placeholder" | "entry";
  /** The work that fails. */
  readonly at: Node;
  /** Nobody is hurt for long: a key of its own, a map that is emptied, work that fails the same way again. */
  readonly isMild: boolean;
}

/** Whoever is called so is not used again. */
const ENDING = /^[#_]*(?:constructor|close|dispose|destroy|shutdown|teardown|terminate|end|quit|stop|deactivate|unmount|disconnect|exit|on(?:Module)?Destroy)/i;

/**
 * A reservation that a failure leaves behind: a promise that stays rejected, a flag or a placeholder that nobody takes away.
 * @param seen the file, or more than it, for how work fails
 */
export function findLeak(site: WriteSite, context: HazardContext, seen: FailureModel = context.model): Leak | undefined {
  const { event } = site;
  if (event.key.kind === "unknown" || event.key.kind === "every") return undefined;
  if (context.sharing.getLifetime(event.map).level === "none") return undefined;
  const isOwnKey = event.key.isFresh || isKeyOfRun(event.key, context.model);
  const leak = (!isOwnKey && (isBlocking(site) || isWaitedFor(site)) ? findPromiseLeak(site, context) : undefined) ?? findPathLeak(site, context, seen) ?? findUnfinishedEntry(site, context, seen);
  if (!leak || isOfOneCall(event.map, context)) return undefined;
  // A promise under a key of its own nobody waits for. What success takes away and a failure does not is never freed.
  return { ...leak, isMild: leak.what === "entry" || leak.what === "promise" && (isOwnKey || hasExpiry(event) || isEmptied(event.map, context) || isOfObject(event.map) || isReplacedAfterFailure(site, context) || isOfOneRun(event) || getFailure(leak.at, context.model) === "lasting") };
}

/** Somebody is kept out, or handed the entry, as long as it is there. */
function isBlocking(site: WriteSite): boolean {
  return [...site.dependences].some(([id, bits]) => {
    const read = getRead(site.flow, id);
    return read?.map === site.event.map && (bits & (CONTROL | COPY)) !== 0 && isSameKey(read.key, site.event.key) && read.operation !== "iterate" && !isOnPresentSide(site, id);
  });
}

/** const before = m.get(k); if (before) await before; m.set(k, work()): whoever comes next fails with it. */
function isWaitedFor({ flow, event, node }: WriteSite): boolean {
  return flow.graph.nodes.some(({ id, event: other }) => {
    if (other.type !== "suspend" || other.reason !== "await" || other.node.type !== "AwaitExpression" || isCaught(other.node) || !flow.control.canReach(id, node.id)) return false;
    return [...flow.resolve(other.value, id)].some(([read, bits]) => (bits & COPY) !== 0 && getRead(flow, read)?.map === event.map && isSameKey(getRead(flow, read)!.key, event.key));
  });
}

/** try { await before } catch {}, await before.catch(() => {}) */
function isCaught(wait: TSESTree.AwaitExpression): boolean {
  const isHandled = wait.argument.type === "CallExpression" && hasRejectionHandler(wait.argument);
  return isHandled || findAncestor(wait, (node) => isFunction(node) || (node.type === "TryStatement" && node.handler !== null && isInside(wait, node.block)))?.type === "TryStatement";
}

/** m.set(k, load(k)) with nothing that removes it when the promise is rejected. */
function findPromiseLeak(site: WriteSite, context: HazardContext): { what: "promise"; at: Node } | undefined {
  const value = site.event.value.node;
  const made = value && findPromise(value, context.model, isPromiseMap(site.event.map));
  if (isOfError(site.event) || (value && isSettledBefore(value, site.event.node, context.model))) return undefined;
  if (!made || !(isCertainlyAsync(made, context.model) || isAwaitedLater(value, context.model) || isPromiseMap(site.event.map) || isEntryAwaited(site, context))) return undefined;
  if (hasRejectionHandler(made) || getFailure(made, context.model) === "never" || isRemovedOnFailure(site, context)) return undefined;
  return { what: "promise", at: made };
}

/** const v = await p; m.set(k, p): it has not failed. */
function isSettledBefore(value: Node, write: Node, model: FileModel): boolean {
  return (model.getVariable(unwrap(value))?.references ?? []).some((reference) => {
    const use = reference.identifier as Node;
    const { parent } = getUsage(use);
    if (parent?.type !== "AwaitExpression" || use.range[1] > write.range[0] || model.getEnclosing(use) !== model.getEnclosing(write)) return false;
    const block = findAncestor(use, (node) => node.type === "BlockStatement");
    return block !== undefined && isInside(write, block);
  });
}

/** handled.set(error, work): what is caught the next time is another error. */
function isOfError({ map, key }: WriteEvent): boolean {
  return map.kind === "WeakMap" && key.node?.type === "Identifier" && /^(?:e|err|error|exception|reason)$/i.test(key.node.name);
}

/** async function build() { const cache = new Map(); .. await Promise.all(..) }: what failed is gone with the call. */
function isOfOneCall(map: MapEntity, context: HazardContext): boolean {
  const { model } = context;
  const declaration = map.home === "local" ? (map.variable?.defs[0]?.name as Node | undefined) : undefined;
  const scope = declaration && model.getEnclosing(declaration);
  if (!scope?.node.async) return false;
  // for (const [k, work] of m) await work, await Promise.all(m.values()): the call fails with its work.
  const isAwaitedHere = (access: PlacedAccess): boolean => access.operation === "iterate" && access.function === scope && isAwaitedLoop(access.node, scope.node, model);
  if (context.summaries.getAccesses(map).some(isAwaitedHere)) return true;
  return !(map.variable?.references ?? []).some((reference) => {
    const user = model.getEnclosing(reference.identifier as Node);
    return user !== undefined && user !== scope && isHandedOut(user, model);
  });
}

/** const p = m.get(k); if (p) try { r = await p; } catch { r = undefined } if (!r) m.set(k, load(k)): whoever gets the old failure puts another in its place. */
function isReplacedAfterFailure({ event, node }: WriteSite, { model, summaries }: HazardContext): boolean {
  const info = node.stack.at(-1)!;
  return summaries.getAccesses(event.map).some((access) => {
    const { parent } = getUsage(access.node);
    const variable = access.operation === "get" && access.function === info && parent?.type === "VariableDeclarator" ? model.getVariable(parent.id) : undefined;
    return variable?.references.some((reference) => {
      const { parent: waiting } = getUsage(reference.identifier as Node);
      if (waiting?.type !== "AwaitExpression" || waiting.range[0] > event.node.range[0]) return false;
      return findTriesAround(waiting).some(({ handler, block }) => handler && !isInside(event.node, block) && !/\b(?:throw|return)\b/.test(model.sourceCode.getText(handler.body as never)));
    });
  });
}

/** What is there for one request, one transaction, one run. */
const PASSING = /req|ctx|context|response|invocation|executor|transaction/i;

/** resultsByRequest.get(request).set(k, load(k)), with a WeakMap: a failure stays as long as the request. */
function isOfObject({ parent }: MapEntity): boolean {
  if (!parent) return false;
  const type = parent.keyType?.type === "TSTypeReference" && parent.keyType.typeName.type === "Identifier" ? parent.keyType.typeName.name : "";
  return (parent.kind === "WeakMap" && (PASSING.test(parent.name) || PASSING.test(type))) || isOfObject(parent);
}

/** setups.set(ctx, load(ctx)), in a WeakMap: the next run has another one. */
function isOfOneRun({ map, key }: WriteEvent): boolean {
  return map.kind === "WeakMap" && key.node?.type === "Identifier" && /^(?:req|request|res|response|ctx|context|invocation|run)$/i.test(key.node.name);
}

/** function invalidate() { m.clear() }: a failure stays until then. */
function isEmptied(map: MapEntity, context: HazardContext): boolean {
  return context.summaries.getAccesses(map).some((access) => {
    const isEmptying = access.operation === "clear" || (access.operation === "replace" && isEmptyMap(access.value));
    return isEmptying && access.function !== undefined && !ENDING.test(access.function.name);
  });
}

/** d[k] = load(k); await d[k] */
function isEntryAwaited({ flow, event, node }: WriteSite, context: HazardContext): boolean {
  return flow.graph.nodes.some(({ id, event: other }) => {
    if (other.type !== "suspend" || other.reason !== "await" || !flow.control.canReach(node.id, id)) return false;
    const awaited = other.node.type === "AwaitExpression" ? findAccess(other.node.argument, context.inventory) : undefined;
    return awaited?.operation === "get" && awaited.map === event.map && awaited.key !== undefined && isSameKey(getKeyTerm(awaited.key, context.model, new Map()), event.key);
  });
}

/** A removal that runs when something fails: in a catch or finally, in a rejection callback, or in a helper called there. */
function isRemovedOnFailure(site: WriteSite, context: HazardContext): boolean {
  return context.summaries.getAccesses(site.event.map).some((access) => {
    const isRemoved = access.operation === "delete" || access.operation === "clear" || access.operation === "replace" || access.operation === "set";
    return isRemoved && access.node !== site.event.node && isOnFailurePath(access.node, context.model);
  });
}

/** A way out after a failure on which the entry stays, while on success it is removed or replaced. */
function findPathLeak(site: WriteSite, context: HazardContext, seen: FailureModel): { what: "flag" | "placeholder"; at: Node } | undefined {
  const { flow, event, node } = site;
  // failures.set(url, Date.now()): the time of something, and not a mark that it is under way.
  if (isListUpdate(event) || (event.value.node && isClock(unwrap(event.value.node)))) return undefined;
  const releases = new Set<number>();
  const looks = new Set<number>();
  let isRemoved = false;
  for (const { id, event: other } of flow.graph.nodes) {
    if (id === node.id || other.type !== "write" || other.node === event.node || other.map !== event.map || other.field !== undefined || other.operation === "update") continue;
    if (!isSameKey(other.key, event.key) && other.key.kind !== "every") continue;
    // Whoever else takes it away does so at a time of its own.
    if (!isInside(other.node, getNamedFunction(site.node.stack.at(-1)!).node)) continue;
    releases.add(id);
    // finally { if (m.get(k) === mine) m.delete(k) }: what is there otherwise is another's.
    for (const { id: branch, outcome } of flow.control.getControllers(id)) if (flow.control.canReach(node.id, branch) && isOwnEntry(flow, branch, outcome, event)) looks.add(branch);
    // m.set(k, result); .. m.clear() ends a round, not the work.
    isRemoved ||= other.operation === "delete";
  }
  // An entry that success always takes away again was meant for the time of the work.
  const isTemporary = isRemoved && !isObjectKey(event.map, event.key.node, context.model);
  if (releases.size === 0 || !(isTemporary || (isPlaceholder(event, context.model) && isBlocking(site)))) return undefined;
  const normal = walk(flow, node.id, releases, seen, false);
  if (normal.exit !== undefined || !normal.isReleased) return undefined;
  const failing = walk(flow, node.id, new Set([...releases, ...looks]), seen, true);
  if (failing.exit === undefined || failing.cause === undefined) return undefined;
  if (isEndedOtherwise(flow, failing.cause, failing.exit, site, context)) return undefined;
  // What fails in a caller, later, is no work that was reserved for.
  if (!flow.graph.nodes[failing.cause]!.stack.includes(getWorker(site.node.stack.at(-1)!))) return undefined;
  return { what: event.operation === "add" ? "flag" : "placeholder", at: getEventNode(flow, failing.cause) };
}

/** m.set(k, session); await session.start(), with nothing that takes it away when that fails. */
function findUnfinishedEntry(site: WriteSite, context: HazardContext, seen: FailureModel): { what: "entry"; at: Node } | undefined {
  const { event } = site;
  const at = event.operation === "set" ? findStart(event.value.node, event.node, context.model) : undefined;
  if (!at || !isBlocking(site) || isRemovedOnFailure(site, context) || getFailure(at.argument, seen) === "never") return undefined;
  return { what: "entry", at };
}

/** work.catch(() => m.delete(k)); m.set(k, work); await work. And where callers do: try { await run(k) } catch (e) { m.delete(k); throw e } */
function isEndedOtherwise(flow: Flow, cause: number, exit: number, { event, node }: WriteSite, { model, summaries }: HazardContext): boolean {
  const removals = summaries.getAccesses(event.map).filter((access) => isRemoval(access.operation));
  const isRemovedIn = (block: Node | null | undefined): boolean => block != null && removals.some((access) => isInside(access.node, block));
  const failed = getEventNode(flow, cause);
  const promise = failed.type === "AwaitExpression" ? model.getVariable(unwrap(failed.argument)) : undefined;
  const isOwnPromise = promise !== undefined && event.value.node !== undefined && model.getVariable(unwrap(event.value.node)) === promise;
  const isRemovedBy = (made: Node | null | undefined): boolean => made != null && removals.some((access) => isInside(access.node, made) && isOnFailurePath(access.node, model));
  if (isOwnPromise && promise.references.some(({ identifier, writeExpr }) => isRemovedIn(findRejectionHandler(identifier as Node)) || isRemovedBy(writeExpr as Node | null))) return true;
  const worker = getWorker(node.stack.at(-1)!);
  const out = flow.graph.nodes[exit]!.event;
  if (out.type !== "exit" || out.how !== "throw") return false;
  return worker.calls.length > 0 && worker.mentions.length === 0 && worker.calls.every((call) => isRemovedIn(findRejectionHandler(call)) || (isAwaitedOrReturned(call) && findTriesAround(call).some(({ handler, finalizer }) => isRemovedIn(handler) || isRemovedIn(finalizer))));
}

/** f of work.catch(f), work.finally(f), work.then(g, f) */
function findRejectionHandler(promise: Node): Node | undefined {
  const { node, parent } = getUsage(promise);
  const call = parent?.type === "MemberExpression" && parent.object === node && parent.parent.type === "CallExpression" && parent.parent.callee === parent ? parent.parent : undefined;
  const name = call && getCalleeName(call);
  return name === "catch" || name === "finally" ? call!.arguments[0] : name === "then" ? call!.arguments[1] : undefined;
}

/** The `try` blocks around a node in its function. */
function findTriesAround(start: Node): TSESTree.TryStatement[] {
  const found: TSESTree.TryStatement[] = [];
  for (let node = start, parent = node.parent; parent && !isFunction(node); node = parent, parent = node.parent) if (parent.type === "TryStatement" && parent.block === node) found.push(parent);
  return found;
}

/** await mutex.acquire(): it waits, and seldom fails. */
function isAcquisition(flow: Flow, node: GraphNode): boolean {
  return node.edges.some((edge) => edge.kind !== "throw" && flow.graph.nodes[edge.to]!.event.type === "lock");
}

/** Whether what is waited for can fail: not run().catch(() => {}), not new Promise((resolve) => ..). */
function canBeRejected(suspension: Node, model: FailureModel): boolean {
  if (suspension.type !== "AwaitExpression") return true;
  const variable = model.getVariable(unwrap(suspension.argument));
  const awaited = unwrap((variable && model.getConstantValue(variable)) ?? suspension.argument);
  const [handler] = awaited.type === "CallExpression" && getCalleeName(awaited) === "catch" ? awaited.arguments : [];
  const isSwallowed = handler !== undefined && isFunction(handler) && !/\bthrow\b|\breject\b/.test(model.sourceCode.getText(handler as never));
  return !isSwallowed && getFailure(awaited, model) !== "never";
}

/** Follows the ways out of a node until a release. With `withThrows`, only ways that pass one failure count: a second one on the way out is another story. */
function walk(flow: Flow, start: number, releases: ReadonlySet<number>, model: FailureModel, withThrows: boolean): { exit: number | undefined; isReleased: boolean; cause: number | undefined } {
  const seen = new Set<string>();
  let isReleased = false;
  const stack: { id: number; cause: number | undefined }[] = flow.graph.nodes[start]!.edges.filter((edge) => edge.kind !== "throw").map((edge) => ({ id: edge.to, cause: undefined }));
  for (let at = stack.pop(); at; at = stack.pop()) {
    const key = `${at.id}/${at.cause !== undefined}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (releases.has(at.id)) {
      isReleased = true;
      continue;
    }
    const node = flow.graph.nodes[at.id]!;
    if (node.event.type === "exit" && node.event.how !== "end" && (!withThrows || at.cause !== undefined)) return { exit: at.id, isReleased, cause: at.cause };
    // An explicit throw is a failure too.
    const isThrow = node.event.type === "call" && node.event.name === "throw";
    if (isThrow && !withThrows) continue;
    for (const edge of node.edges) {
      if (edge.kind === "throw" && (!withThrows || node.event.type !== "suspend" || at.cause !== undefined || isAcquisition(flow, node) || !canBeRejected(node.event.node, model))) continue;
      stack.push({ id: edge.to, cause: at.cause ?? (edge.kind === "throw" || isThrow ? at.id : undefined) });
    }
  }
  return { exit: undefined, isReleased, cause: undefined };
}

/** return { get }, this.get = get, on("x", get), or called from such a function: it outlives the call that made it. */
function isHandedOut(info: FunctionInfo, model: FileModel, depth = 0): boolean {
  const isKept = (use: Node): boolean => {
    const { node, parent } = getUsage(use);
    if (parent?.type === "CallExpression" || parent?.type === "NewExpression") return parent.callee !== node && getTiming(parent) !== "now" && !isAwaitedOrReturned(parent);
    if (parent?.type === "Property") return !isPassedAndAwaited(parent.parent);
    return parent?.type === "ReturnStatement" || parent?.type === "AssignmentExpression" || (parent?.type === "ArrowFunctionExpression" && parent.body === node);
  };
  if ([info.node, ...info.mentions].some(isKept)) return true;
  return depth < 3 && info.calls.some((call) => {
    const caller = model.getEnclosing(call);
    return caller !== undefined && !isInside(info.node, caller.node) && isHandedOut(caller, model, depth + 1);
  });
}

/** m.set(k, { value: load(k), expires: Date.now() + ttl }): a failure stays until then. */
function hasExpiry({ value }: WriteEvent): boolean {
  const stored = value.node && unwrap(value.node);
  return stored?.type === "ObjectExpression" && stored.properties.some((property) => property.type === "Property" && property.value.type === "BinaryExpression" && [property.value.left, property.value.right].some(isClock));
}

/** Date.now(), performance.now() */
function isClock(node: Node): boolean {
  return node.type === "CallExpression" && getCalleeName(node) === "now";
}

/** m.set(k, [...(m.get(k) ?? []), x]): one more of a list, whoever it belongs to. */
function isListUpdate(event: WriteEvent): boolean {
  const value = event.value.node && unwrap(event.value.node);
  return value?.type === "ArrayExpression" && value.elements.some((element) => element?.type === "SpreadElement");
}

/** An iteration whose entries are awaited: for..of with an await in it, or what is handed to Promise.all. */
function isAwaitedLoop(node: Node, within: Node, model: FileModel): boolean {
  for (let at: Node | undefined = node; at && at !== within; at = at.parent) {
    if (at.type === "ForOfStatement") return at.await || isWaiting(at.body, model);
    if (at.type === "AwaitExpression") return true;
  }
  return false;
}

/** if (m.get(k) === mine), if (m.has(k)), after m.set(k, mine) */
function isOwnEntry(flow: Flow, branch: number, outcome: "true" | "false", write: WriteEvent): boolean {
  const { event } = flow.graph.nodes[branch]!;
  if (event.type !== "branch" || getPresence(event.node, outcome) === "absent") return false;
  return [...flow.resolve(event.test, branch)].some(([id, bits]) => {
    const read = getRead(flow, id);
    return (bits & ~CONTROL) !== 0 && read?.map === write.map && isSameKey(read.key, write.key) && flow.graph.nodes[id]!.event.node !== write.node;
  });
}

/** The function whose work a reservation is for: new Promise((resolve) => pending.set(id, resolve)) is made for the one around it. */
function getWorker(info: FunctionInfo): FunctionInfo {
  return getUsage(info.node).parent?.type === "NewExpression" && info.parent ? getWorker(info.parent) : info;
}

/** A value that stands for work under way: a flag, `null`, a status, a fresh placeholder; a member of a Set. */
function isPlaceholder(event: WriteEvent, model: FileModel): boolean {
  if (event.operation === "add") return true;
  const node = event.value.node && unwrap(event.value.node);
  if (!node) return false;
  if (node.type === "Literal" || (node.type === "Identifier" && node.name === "undefined")) return true;
  if (node.type === "MemberExpression") return /pending|loading|busy|progress|running|initiali[sz]ing|connecting|lock/i.test(getPropertyName(node) ?? "");
  return node.type === "Identifier" && /pending|placeholder|busy|loading|lock|sentinel|reserv/i.test(node.name) && model.getVariable(node) !== undefined;
}
