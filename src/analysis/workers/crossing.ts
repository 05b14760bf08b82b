import { isInsertion, isWrite } from "../maps/accesses.js";
import { type Node, getUsage, isInside, isReceiver, unwrap } from "../code/ast.js";
import { findClonedMaps } from "./clones.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { findCommonLoop, getRunningFunction, isAfter } from "../code/order.js";
import { type Carried, findCarried, findPosts, type Post } from "./posts.js";
import { findReceivedWrites } from "./received.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";

/**
 * A map that crossed to another thread or process, and is then relied on as if it were one map.
 * - `written`: this side writes it afterwards; the other side never sees that
 * - `notified`: the same, and the other side is told of the change
 * - `expected`: this side reads what only the other side could have written
 * - `reposted`: all of it is posted again after each change
 * - `received`: this side writes the copy it got, and nobody reads it here
 * - `cloned`: a write to the result of `structuredClone` that nobody keeps
 * - `outdated`: a result of `structuredClone` that is kept and read, while the original goes on changing
 * - `emptied`: under JSON serialization a map arrives as `{}`
 */
export interface BrokenCopy {
  readonly kind: "written" | "notified" | "expected" | "reposted" | "received" | "cloned" | "outdated" | "emptied";
  readonly name: string;
  /** Where the map crosses, or the write to a received copy. */
  readonly node: Node;
  /** What relies on the map being shared. */
  readonly reliance: Node | undefined;
  readonly post: Post | undefined;
  /** Every mention of the map in a payload. */
  readonly leaves: readonly Node[];
  readonly map: MapEntity | undefined;
  readonly isHeuristic: boolean;
}

export interface CrossingContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
}

/** Run once, whatever the class or module is for. */
const ONCE = /^(?:constructor|main|boot\w*|init\w*|setup\w*|launch|open)$/i;

const POST_TEXT = /\b(?:postMessage|workerData|structuredClone)\b|\bonmessage\s*=|(?:\bon|\bonce|\wListener)\(\s*["']message["']|\bprocess\.send\b|\b(?:fork|spawn|expose)\(|\b(?:comlink|piscina|tinypool|workerpool|cluster)\b|ThreadPool/i;

/** Whether a map can cross to another thread in a file. A text search. */
export function canPost(text: string): boolean {
  return POST_TEXT.test(text);
}

/** Finds the maps of a file that are copied to another thread or process and then relied on as shared. */
export function findBrokenCopies(context: CrossingContext): BrokenCopy[] {
  const byMap = new Map<MapEntity, Carried[]>();
  const carried = findCarried(context.model);
  for (const item of carried) {
    const map = context.inventory.resolve(item.leaf);
    if (!map || map.kind === "slot" || map.kind === "WeakMap" || map.kind === "WeakSet" || map.home === "parameter" || map.parent) continue;
    const list = byMap.get(map);
    if (list) list.push(item);
    else byMap.set(map, [item]);
  }
  const sent = [...byMap].flatMap(([map, items]) => findRelianceOfSender(map, items, context) ?? []);
  return [...sent, ...findReceivedWrites(context, carried), ...findClonedMaps(context)].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

// ---- the side that posts

function findRelianceOfSender(map: MapEntity, carried: readonly Carried[], context: CrossingContext): BrokenCopy | undefined {
  const create = (kind: BrokenCopy["kind"], item: Carried, reliance: Node | undefined, isHeuristic = false): BrokenCopy => {
    return { kind, name: map.name, node: item.leaf, reliance, post: item.post, leaves: carried.map(({ leaf }) => leaf), map, isHeuristic };
  };
  const emptied = carried.find(({ post }) => post.kind === "process");
  if (emptied && map.kind !== "dictionary" && !/\badvanced\b/.test(context.model.sourceCode.text)) return create("emptied", emptied, undefined);
  const accesses = context.summaries.getAccesses(map);
  const [item] = carried;
  if (!item || carried.some(({ post }) => isBatch(post, accesses, context))) return undefined;
  const expected = findExpectedRead(map, carried, accesses, context);
  if (expected) return create("expected", item, expected.node);
  const find = (isStarted: boolean): PlacedAccess | undefined => accesses.find((access) => isInsertion(access.operation) && carried.some((one) => isRunAfter(access, one, map, context, isStarted)));
  const sure = find(false);
  const write = sure ?? find(true);
  if (!write) return undefined;
  const reposted = findRepost(write, carried, context);
  if (reposted) return create("reposted", reposted, write.node, true);
  const told = getTelling(write, carried, context.model);
  if (told === "change") return undefined;
  if (told === "signal") return create("notified", item, write.node, sure === undefined);
  const isLikelyOnly = sure === undefined || (item.post.kind !== "start" && isUsedHere(write, accesses, carried, context.model));
  return create("written", item, write.node, isLikelyOnly);
}

/** worker.postMessage(batch); batch.clear(): what was posted is given away. */
function isBatch(post: Post, accesses: readonly PlacedAccess[], { model }: CrossingContext): boolean {
  const info = getRunningFunction(post.node, model);
  return accesses.some((access) => (access.operation === "clear" || access.operation === "replace" || access.operation === "delete") && getRunningFunction(access.node, model) === info && access.node.range[0] > post.node.range[0]);
}

/**
 * Whether a write comes after the map was posted, and the map is not posted anew by then.
 * @param isStarted whether a method that starts a worker is taken to do so before the write
 */
function isRunAfter(access: PlacedAccess, { post }: Carried, map: MapEntity, { model }: CrossingContext, isStarted: boolean): boolean {
  const poster = getRunningFunction(post.node, model);
  const writer = getRunningFunction(access.node, model);
  if (isInside(access.node, post.node)) return false;
  if (poster === writer) return isAfter(access.node, post.node) && !findCommonLoopOutside(access.node, post.node, map);
  if (map.home === "local") return writer !== undefined && isNestedLater(writer, poster, post, model);
  if (!isOnce(poster, post, model) && !(isStarted && post.kind === "start")) return false;
  return writer !== undefined && !isOnlyCalledBefore(writer, post, model);
}

/** A loop in which the map is not made anew. */
function findCommonLoopOutside(access: Node, post: Node, map: MapEntity): Node | undefined {
  const loop = findCommonLoop(access, post);
  return loop && !isInside(map.declaration, loop) ? loop : undefined;
}

/** const m = new Map(); worker.postMessage(m); socket.on("data", () => m.set(..)) */
function isNestedLater(writer: FunctionInfo, poster: FunctionInfo | undefined, post: Post, model: FileModel): boolean {
  let at: FunctionInfo | undefined = writer;
  while (at && getRunningFunction(at.node, model) !== poster) at = getRunningFunction(at.node, model);
  return at !== undefined && at.calls.length === 0 && (isAfter(at.node, post.node) || at.mentions.some((mention) => isAfter(mention, post.node)));
}

function isOnce(poster: FunctionInfo | undefined, post: Post, model: FileModel): boolean {
  if (!poster) return true;
  if (poster.name === "constructor") return true;
  return post.kind === "start" && ONCE.test(poster.name) && poster.calls.every((call) => model.getEnclosing(call) === undefined || ONCE.test(model.getEnclosing(call)!.name));
}

/** constructor() { this.fill(); new Worker(url, { workerData: this.m }) } */
function isOnlyCalledBefore(writer: FunctionInfo, post: Post, model: FileModel): boolean {
  const around = getRunningFunction(post.node, model);
  return writer.mentions.length === 0 && writer.calls.length > 0 && writer.calls.every((call) => getRunningFunction(call, model) === around && call.range[1] <= post.node.range[0]);
}

/** The map is posted again where, or after, it is written. */
function findRepost(write: PlacedAccess, carried: readonly Carried[], { model }: CrossingContext): Carried | undefined {
  const writer = getRunningFunction(write.node, model);
  const [first, ...others] = carried;
  return others.find(({ post }) => post.node !== first?.post.node && (getRunningFunction(post.node, model) !== writer || post.node.range[0] > write.node.range[0]));
}

/**
 * What the writer tells the other side.
 * - `change`: a message made of values, which may be the change itself
 * - `signal`: a message without any: "changed"
 */
function getTelling(write: PlacedAccess, carried: readonly Carried[], model: FileModel): "change" | "signal" | undefined {
  const writer = getRunningFunction(write.node, model);
  const posts = findPosts(model).filter((post) => post.kind !== "start" && getRunningFunction(post.node, model) === writer && !carried.some((item) => item.post.node === post.node));
  const after = posts.filter((post) => post.node.range[0] > write.node.range[0]);
  if (posts.some((post) => !isLiteral(post.payload))) return "change";
  return after.length > 0 ? "signal" : undefined;
}

function isLiteral(payload: Node): boolean {
  const node = unwrap(payload);
  if (node.type === "ObjectExpression") return node.properties.every((property) => property.type === "Property" && isLiteral(property.value));
  if (node.type === "TemplateLiteral") return node.expressions.length === 0;
  return node.type === "Literal";
}

/** The poster goes on to work with its own map: the message may have been meant as a snapshot. */
function isUsedHere(write: PlacedAccess, accesses: readonly PlacedAccess[], carried: readonly Carried[], model: FileModel): boolean {
  if (accesses.some((access) => !isWrite(access.operation) && !isInside(access.node, write.node))) return true;
  const mentions = [...(model.nodes.get("Identifier") ?? []), ...(model.nodes.get("MemberExpression") ?? [])];
  return mentions.some((node) => model.getPath(node)?.key === write.map.key && isHandedOut(node) && !carried.some(({ leaf }) => leaf === node));
}

function isHandedOut(use: Node): boolean {
  const { parent } = getUsage(use);
  return parent?.type === "ReturnStatement" || parent?.type === "AssignmentExpression" || parent?.type === "ExportSpecifier";
}

/** const hits = new Map(); await run(worker, hits); hits.get("home"): only the worker could have written it. */
function findExpectedRead(map: MapEntity, carried: readonly Carried[], accesses: readonly PlacedAccess[], { model, inventory }: CrossingContext): PlacedAccess | undefined {
  const { variable } = map;
  if (!variable || map.path.properties.length > 0 || accesses.some(({ operation }) => isWrite(operation))) return undefined;
  const declarator = variable.defs[0]?.node as Node | undefined;
  if (declarator?.parent?.parent?.type === "ExportNamedDeclaration" || map.initializers.length !== 1 || !isAccumulator(map.initializers[0]!)) return undefined;
  const known = new Set<Node>(carried.map(({ leaf }) => leaf));
  const isKnown = variable.references.every(({ identifier, init }) => init === true || known.has(identifier as Node) || isReceiver(identifier as Node) || inventory.resolve(identifier as Node) !== map || isIterated(identifier as Node));
  if (!isKnown) return undefined;
  return accesses.find((access) => {
    return carried.some(({ post }) => {
      const poster = getRunningFunction(post.node, model);
      const reader = getRunningFunction(access.node, model);
      return poster === reader ? isAfter(access.node, post.node) : reader !== undefined;
    });
  });
}

function isIterated(use: Node): boolean {
  const { parent } = getUsage(use);
  return parent?.type === "ForOfStatement" || parent?.type === "SpreadElement";
}

/** new Map(), new Map([["home", 0]]): empty, or with nothing but starting values. */
function isAccumulator(initializer: Node): boolean {
  if (initializer.type === "ObjectExpression") return initializer.properties.length === 0;
  if (initializer.type !== "NewExpression") return false;
  const [entries] = initializer.arguments;
  if (!entries) return true;
  if (entries.type !== "ArrayExpression") return false;
  return entries.elements.every((entry) => entry?.type === "ArrayExpression" && entry.elements[1] !== undefined && isStart(entry.elements[1]));
}

function isStart(value: Node | null): boolean {
  if (value?.type === "Literal") return !value.value || value.raw === "0n";
  if (value?.type === "ArrayExpression") return value.elements.length === 0;
  return value?.type === "ObjectExpression" && value.properties.length === 0;
}
