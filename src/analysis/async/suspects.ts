import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isInsertion, isWrite } from "../maps/accesses.js";
import { type FunctionNode, type Node, getUsage, unwrap } from "../code/ast.js";
import { getCompanions } from "../maps/companions.js";
import { findSource, hasDisposedEntries, isResource } from "../tasks/consequence.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { findLockCall } from "../locks/locks.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { findPromise, isAwaitedLater, isCertainlyAsync, isPromiseMap, isWithDeferred } from "../maps/promises.js";
import type { Settings } from "../settings.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";
import { getChainOutcome, getTiming, isAwaitedOrReturned, isConcurrentRunner } from "../code/suspension.js";
import { findLoad } from "./loads.js";
import { findStart } from "./unfinished.js";
import { findUsers } from "../code/users.js";

interface SuspectContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly settings: Settings;
}

/** Something that a function does between two places of its text: by itself, or by a part of it. */
interface Deed {
  readonly from: number;
  readonly to: number;
  /** The callback or helper that does it. */
  readonly part?: FunctionInfo;
}

/** A suspension, with the outermost loop around it: there, what stands behind it comes before it as well. */
interface Pause extends Deed {
  readonly loop: Node | undefined;
}

/** A callback that stands in a function, or a function that is called or handed on there. */
interface Part {
  readonly info: FunctionInfo;
  readonly node: Node;
}

/**
 * Finds the functions that are worth being followed, by the places of what they do: those in which one of these maps is used before
 * a suspension and written after it, or in which a promise is stored; and the others that insert there.
 */
export function findSuspects(maps: ReadonlySet<MapEntity>, context: SuspectContext): ReadonlySet<FunctionInfo> {
  return new SuspectFinder(maps, context).find();
}

class SuspectFinder {
  /** Of the functions that touch one of the maps, by themselves or by a part. */
  readonly #parts = new Map<FunctionInfo, Part[]>();
  readonly #pauses = new Map<FunctionInfo, Pause[]>();
  readonly #throws = new Map<FunctionInfo, Pause[]>();
  readonly #entryWrites = new Map<MapEntity, { readonly info: FunctionInfo; readonly deed: Deed }[]>();
  readonly #touching: ReadonlySet<FunctionInfo>;

  constructor(
    private readonly maps: ReadonlySet<MapEntity>,
    private readonly context: SuspectContext,
  ) {
    this.#touching = this.#collectParts();
    this.#collectPauses();
    this.#collectEntryWrites();
  }

  find(): ReadonlySet<FunctionInfo> {
    const pausing = this.#getAllThatRun(this.#pauses.keys());
    const suspects = new Set<FunctionInfo>();
    for (const map of this.maps) {
      const accesses = this.context.summaries.getAccesses(map);
      const found = this.#findForMap(map, accesses, pausing);
      for (const info of found) suspects.add(info);
      // Who else inserts says whether an insertion is guarded.
      if (found.length > 0) for (const { function: info, operation } of accesses) if (info && isInsertion(operation)) suspects.add(info);
    }
    return suspects;
  }

  #findForMap(map: MapEntity, accesses: readonly PlacedAccess[], pausing: ReadonlySet<FunctionInfo>): FunctionInfo[] {
    const { model } = this.context;
    const entryWrites = this.#entryWrites.get(map) ?? [];
    const touching = this.#getAllThatRun(getFunctions(accesses));
    const writing = this.#getAllThatRun([...getFunctions(accesses.filter(canBeLate)), ...entryWrites.map(({ info }) => info)]);
    const isAwaited = isPromiseMap(map) || accesses.some(({ operation, node }) => operation === "get" && getUsage(node).parent?.type === "AwaitExpression");
    const isInvalidated = accesses.some(({ operation }) => operation === "delete" || operation === "clear");
    const accessesOf = new Map<FunctionInfo, PlacedAccess[]>();
    for (const access of accesses) if (access.function) put(accessesOf, access.function, access);
    const entryWritesOf = new Map<FunctionInfo, Deed[]>();
    for (const { info, deed } of entryWrites) put(entryWritesOf, info, deed);
    const others = (getCompanions(model, this.context.summaries).get(map) ?? []).flatMap((companion) => this.context.summaries.getAccesses(companion.map).filter(({ operation }) => operation === "get" || operation === "has"));
    return [...touching].filter((info) => {
      const own = accessesOf.get(info) ?? [];
      if (own.some((access) => canStorePromise(access, isAwaited, model))) return true;
      if (!pausing.has(info)) return false;
      const parts = this.#parts.get(info) ?? [];
      const isLater = (pauses: readonly Pause[], uses: readonly Deed[], writes: readonly Deed[]): boolean =>
        pauses.some((pause) => writes.some((write) => isBehind(write, pause) && uses.some((use) => isAhead(use, pause) && !isWithin(use, pause, write))));
      const pauses = [...(this.#pauses.get(info) ?? []), ...parts.filter((part) => pausing.has(part.info)).map((part) => ({ ...toDeed(part), loop: getLoop(part.node, info) }))];
      const writes = [...own.filter(canBeLate).map(toWrite), ...(entryWritesOf.get(info) ?? []), ...parts.filter((part) => writing.has(part.info)).map(toDeed)];
      if (isLater(pauses, [...own.map((access) => toUse(access, model)), ...parts.filter((part) => touching.has(part.info)).map(toDeed)], writes)) return true;
      // m.set(k, null); if (..) throw ..; m.set(k, v): something stays
      const insertions = own.filter(({ operation }) => isInsertion(operation)).map(toWrite);
      if (isLater(this.#throws.get(info) ?? [], insertions, writes)) return true;
      // if (!sessions.has(k)) return; await ..; timers.set(k, t), where close(k) ends both
      const looks = others.flatMap((access) => (access.function === info ? [toUse(access, model)] : []));
      if (looks.length > 0 && isLater(pauses, looks, own.filter(({ operation }) => operation === "set").map(toWrite))) return true;
      // const c = await connect(k); m.set(k, c), where entries are closed
      if (pauses.length > 0 && own.some(({ operation, value }) => operation === "set" && this.#isResource(value)) && hasDisposedEntries(map, model, this.context.inventory)) return true;
      // m.set(k, session); await session.start()
      if (own.some(({ node, operation, value }) => operation === "set" && findStart(value, node, model) !== undefined)) return true;
      // const v = await load(k); m.set(k, v), though another path invalidates k meanwhile
      return isInvalidated && own.some(({ operation, value }) => operation === "set" && value !== undefined && canBeLoaded(value, model));
    });
  }

  #isResource(value: Node | undefined): boolean {
    const source = value && findSource(value, this.context.model);
    return source !== undefined && isResource(source, this.context.model);
  }

  #getAllThatRun(functions: Iterable<FunctionInfo>): ReadonlySet<FunctionInfo> {
    return findUsers(functions, this.context.model);
  }

  #collectParts(): ReadonlySet<FunctionInfo> {
    const { model, summaries } = this.context;
    const touching = this.#getAllThatRun([...this.maps].flatMap((map) => getFunctions(summaries.getAccesses(map))));
    const add = (user: FunctionInfo | undefined, info: FunctionInfo, node: Node): void => {
      if (!user) return;
      put(this.#parts, user, { info, node });
      if (this.#isDeferred(info, node)) put(this.#pauses, user, { from: node.range[0], to: node.range[0], loop: getLoop(node, user) });
    };
    for (const info of touching) {
      add(info.parent, info, getCallAround(info.node) ?? info.node);
      for (const call of info.calls) add(model.getEnclosing(call), info, call);
      for (const mention of info.mentions) add(model.getEnclosing(mention), info, getCallAround(mention) ?? mention);
    }
    return touching;
  }

  /** What a callback does, it does after a suspension, unless it runs in place. */
  #isDeferred(info: FunctionInfo, node: Node): boolean {
    if (node.type !== "CallExpression" && node.type !== "NewExpression") return false;
    const timing = getTiming(node);
    if (timing === "later" || timing === "often") return true;
    if (timing !== "unknown" || node.type !== "CallExpression") return false;
    return (info.node.async && isAwaitedOrReturned(node)) || isConcurrentRunner(node) || findLockCall(node, this.context.model, new Map(), this.context.settings) !== undefined;
  }

  #collectPauses(): void {
    const { model } = this.context;
    const add = (pauses: Map<FunctionInfo, Pause[]>, node: Node, at: number): void => {
      const info = model.getEnclosing(node);
      if (info && this.#touching.has(info)) put(pauses, info, { from: at, to: at, loop: getLoop(node, info) });
    };
    for (const node of model.nodes.get("AwaitExpression") ?? []) add(this.#pauses, node, node.range[1]);
    for (const node of model.nodes.get("ThrowStatement") ?? []) add(this.#throws, node, node.range[1]);
    for (const node of model.nodes.get("ForOfStatement") ?? []) if ((node as TSESTree.ForOfStatement).await) add(this.#pauses, (node as TSESTree.ForOfStatement).body, node.range[0]);
    for (const node of model.nodes.get("VariableDeclarator") ?? []) if ((node.parent as TSESTree.VariableDeclaration).kind === "await using") add(this.#pauses, node, node.parent!.parent!.range[1]);
    for (const node of model.nodes.get("CallExpression") ?? []) {
      const call = node as TSESTree.CallExpression;
      if (getChainOutcome(call, 0) !== undefined) add(this.#pauses, call, (unwrap(call.callee) as TSESTree.MemberExpression).object.range[1]);
    }
    for (const info of this.#touching) if (info.node.async && info.node.generator) put(this.#pauses, info, { from: info.node.range[0], to: info.node.range[1], loop: info.node });
  }

  /** e.n = 1, m.get(k).n++ */
  #collectEntryWrites(): void {
    const { model } = this.context;
    const add = (node: Node, target: Node): void => {
      const member = unwrap(target);
      const map = member.type === "MemberExpression" ? this.#findMapOfEntry(unwrap(member.object)) : undefined;
      const info = map && this.maps.has(map) ? model.getEnclosing(node) : undefined;
      if (map && info) put(this.#entryWrites, map, { info, deed: { from: node.range[0], to: node.range[1] } });
    };
    for (const node of model.nodes.get("AssignmentExpression") ?? []) add(node, (node as TSESTree.AssignmentExpression).left);
    for (const node of model.nodes.get("UpdateExpression") ?? []) add(node, (node as TSESTree.UpdateExpression).argument);
  }

  /** m.get(k), d[k], and a variable that is given one of them */
  #findMapOfEntry(object: Node): MapEntity | undefined {
    if (object.type !== "Identifier") return this.#findMapOfLookup(object);
    for (const { writeExpr } of this.context.model.getVariable(object)?.references ?? []) {
      const map = writeExpr ? this.#findMapOfLookup(unwrap(writeExpr as Node)) : undefined;
      if (map) return map;
    }
    return undefined;
  }

  #findMapOfLookup(value: Node): MapEntity | undefined {
    const node = value.type === "LogicalExpression" ? unwrap(value.left) : value;
    return node.type === "CallExpression" || node.type === "MemberExpression" ? findAccess(node, this.context.inventory)?.map : undefined;
  }
}

function put<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function getFunctions(accesses: readonly PlacedAccess[]): FunctionInfo[] {
  return accesses.flatMap((access) => access.function ?? []);
}

/** A write, or a lookup that is relied on. */
function canBeLate({ operation, node }: PlacedAccess): boolean {
  if (isWrite(operation)) return true;
  const parent = node.parent;
  return operation === "get" && (parent?.type === "TSNonNullExpression" || parent?.type === "TSAsExpression" || (parent?.type === "MemberExpression" && parent.object === node));
}

/** m.set(k, load(k)), m.set(k, p): certainly a promise, or what somebody awaits. */
function canStorePromise({ map, operation, value }: PlacedAccess, isAwaited: boolean, model: FileModel): boolean {
  if (!value || !isInsertion(operation)) return false;
  if (isWithDeferred(value)) return true;
  const made = findPromise(value, model, isPromiseMap(map));
  return made !== undefined && (isCertainlyAsync(made, model) || isAwaitedLater(value, model) || isAwaited);
}

/** await load(k), v of `const v = await load(k)` and of load(k).then((v) => ..), a parameter, what holds one of them, and what is made of it */
export function canBeLoaded(value: Node, model: FileModel): boolean {
  const node = unwrap(value);
  if (node.type === "AwaitExpression") return true;
  if (node.type === "MemberExpression") return canBeLoaded(node.object, model);
  if (node.type === "ObjectExpression") return node.properties.some((property) => property.type === "Property" && canBeLoaded(property.value, model));
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  // put(record) { await save(record); m.set(record.id, record) }
  if (variable?.defs[0]?.type === "Parameter") return true;
  return findLoad(node, model) !== undefined;
}

function toDeed({ info, node }: Part): Deed {
  return { from: node.range[0], to: node.range[1], part: info };
}

/** All of `d[k] = v`, where the access is `d[k]`. */
function toWrite({ node }: PlacedAccess): Deed {
  const { node: outer, parent } = getUsage(node);
  const whole = parent?.type === "AssignmentExpression" && parent.left === outer ? parent : node;
  return { from: whole.range[0], to: whole.range[1] };
}

/** A promise that is stored under a name counts from where it was made. */
function toUse(access: PlacedAccess, model: FileModel): Deed {
  if (!isWrite(access.operation)) return { from: access.node.range[1], to: access.node.range[1] };
  const { from, to } = toWrite(access);
  const stored = access.value && unwrap(access.value);
  const names = stored?.type === "ObjectExpression" ? stored.properties.flatMap((property) => (property.type === "Property" ? [property.value] : [])) : stored ? [stored] : [];
  const made = names.flatMap((name) => (model.getVariable(name)?.references ?? []).flatMap(({ writeExpr }) => (writeExpr && unwrap(writeExpr as Node).type !== "AwaitExpression" ? [(writeExpr as Node).range[0]] : [])));
  return { from: Math.min(from, ...made), to };
}

function isAhead(deed: Deed, pause: Pause): boolean {
  return deed.from <= pause.to || isInLoop(deed, pause);
}

function isBehind(deed: Deed, pause: Pause): boolean {
  return deed.to >= pause.from || isInLoop(deed, pause);
}

function isInLoop({ from, to }: Deed, { loop }: Pause): boolean {
  return loop !== undefined && loop.range[0] <= from && loop.range[1] >= to;
}

/** All of it is the doing of one part, which is looked at by itself: unless it runs again and again. */
function isWithin(use: Deed, pause: Pause, write: Deed): boolean {
  return pause.part !== undefined && use.part === pause.part && write.part === pause.part && !pause.loop;
}

/** The outermost loop around a place in a function, or the function itself if it is run for each of several. */
function getLoop(node: Node, info: FunctionInfo): Node | undefined {
  if (isRepeated(info.node)) return info.node;
  let loop: Node | undefined;
  for (let at: Node | undefined = node; at && at !== info.node; at = at.parent) if (/^(?:For|While|DoWhile)\w*Statement$/.test(at.type)) loop = at;
  return loop;
}

/** xs.map(async (x) => ..) */
function isRepeated(node: FunctionNode): boolean {
  const call = getCallAround(node);
  return call !== undefined && (getTiming(call) === "now" || (call.type === "CallExpression" && isConcurrentRunner(call)));
}

/** f(.., callback, ..), f(.., this.callback.bind(this), ..) */
function getCallAround(argument: Node): TSESTree.CallExpression | TSESTree.NewExpression | undefined {
  let { node, parent } = getUsage(argument);
  if (parent?.type === "MemberExpression" && parent.object === node && parent.parent.type === "CallExpression" && parent.parent.callee === parent) ({ node, parent } = getUsage(parent.parent));
  return (parent?.type === "CallExpression" || parent?.type === "NewExpression") && unwrap(parent.callee) !== node ? parent : undefined;
}
