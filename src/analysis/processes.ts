import { dirname, relative } from "node:path";
import type { TSESTree } from "@typescript-eslint/types";
import { isWrite } from "./accesses.js";
import { type Node, findAncestor, getCalleeName, getKeyName, getPropertyName, isInside, unwrap } from "./ast.js";
import type { Inventory, MapEntity } from "./inventory.js";
import type { FileModel, FunctionInfo } from "./model.js";
import { findClusterConfig, followImports, getModuleFacts, isRealFile, type ModuleMap, resolveModule } from "./module-files.js";
import { getRunningFunction } from "./order.js";
import { isImportedFrom } from "./posts.js";
import type { Settings } from "./settings.js";
import type { Sharing } from "./sharing.js";
import type { PlacedAccess, Summaries } from "./summaries.js";
import { getTiming } from "./suspension.js";

/**
 * A map of which every thread or process has its own.
 * - `split`: one side of this file writes it, the other reads it
 * - `module`: a worker and the code that starts it import the same module, one writes its map and the other reads it
 * - `each`: several processes run this file, and each keeps state of its own in the map
 */
export interface PerWorkerState {
  readonly kind: "split" | "module" | "each";
  readonly name: string;
  readonly node: Node;
  /** The file that declares the map, as seen from this one. */
  readonly file: string;
  /** Who writes and who reads: "the primary process", "the workers". */
  readonly writer: string;
  readonly reader: string;
  readonly write: Node | undefined;
  readonly read: Node | undefined;
  /** Why there is more than one: "`cluster` forks this file". */
  readonly reason: string;
  readonly isHeuristic: boolean;
}

export interface ProcessContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
  readonly settings: Settings;
}

type Side = "first" | "second" | "both";

/** Two sides of one file, told apart by a test. */
interface Split {
  readonly first: string;
  readonly second: string;
  readonly reason: string;
  /** Whether there are several of the second side, each with its own map. */
  readonly isMany: boolean;
  getBranch(test: Node): Side | undefined;
}

const LOCAL_NAME = /cache|memo|pool|conn|socket|client|timer|timeout|interval|listener|handler|subscri|in_?flight|pending|promise|lock|mutex|queue|controller|stream|instance|regist|plugin|module|compiled|regex|template|schema|worker|process|visited|seen|warned|metric/i;
const LOCAL_TYPE = /Socket|Connection|Client|Timer|Timeout|Promise|Function|=>|Controller|Response|Request|Stream|Worker|Process|Emitter|Lock|Mutex|RegExp|Subject|Observable/;

/** Finds the maps of a file, or of what it starts, that exist once for each thread or process. */
export function findPerWorkerState(context: ProcessContext, filename: string): PerWorkerState[] {
  const maps = context.inventory.maps.filter((map) => map.home === "module" && !map.parent && map.initializers.length > 0 && (map.kind === "Map" || map.kind === "Set" || map.kind === "safe" || map.kind === "dictionary"));
  const splits = [findClusterSplit(context.model), findThreadSplit(context.model)].filter((split) => split !== undefined);
  const own = splits.flatMap((split) => maps.flatMap((map) => findSplitState(map, split, context) ?? []));
  const reported = new Set(own.map(({ name }) => name));
  const shared = isRealFile(filename) ? findModuleState(context, filename) : [];
  const many = findReasonForMany(context, filename, maps.length > 0);
  const each = many === undefined ? [] : maps.filter(({ name }) => !reported.has(name)).flatMap((map) => createEach(map, many, "every process", context.summaries.getAccesses(map), context) ?? []);
  return [...own, ...each, ...shared];
}

function findReasonForMany({ settings }: ProcessContext, filename: string, hasMaps: boolean): string | undefined {
  if (!hasMaps) return undefined;
  if (settings.processes === "many") return "the settings say that many processes run this code";
  if (!isRealFile(filename)) return undefined;
  const config = findClusterConfig(filename);
  return config === undefined ? undefined : `pm2 runs this package as a cluster, says ${config}`;
}

// ---- two sides of one file

/** if (cluster.isPrimary) { .. } else { .. } */
function findClusterSplit(model: FileModel): Split | undefined {
  if (!/\bcluster\b/.test(model.sourceCode.text)) return undefined;
  const members = ((model.nodes.get("MemberExpression") ?? []) as TSESTree.MemberExpression[]).filter((node) => isImportedFrom(node.object, /^(?:node:)?cluster$/, model));
  const isForked = members.some((node) => getPropertyName(node) === "fork");
  if (!isForked) return undefined;
  return {
    first: "the primary process",
    second: "the worker processes",
    reason: "`cluster.fork()` starts this file again in every worker",
    isMany: true,
    getBranch: (test) => getBranchOf(test, (node) => {
      const member = members.find((item) => item === node);
      const name = member && getPropertyName(member);
      return name === "isPrimary" || name === "isMaster" ? "first" : name === "isWorker" ? "second" : undefined;
    }),
  };
}

/** if (isMainThread) { new Worker(__filename) } else { .. } */
function findThreadSplit(model: FileModel): Split | undefined {
  if (!/\bisMainThread\b/.test(model.sourceCode.text)) return undefined;
  const isTest = (node: Node): boolean => (node.type === "Identifier" && node.name === "isMainThread") || (node.type === "MemberExpression" && getPropertyName(node) === "isMainThread");
  const isOfThreads = (node: Node): boolean => isTest(node) && isImportedFrom(node, /^(?:node:)?worker_threads$/, model);
  const hasTest = [...(model.nodes.get("Identifier") ?? []), ...(model.nodes.get("MemberExpression") ?? [])].some(isOfThreads);
  const startsItself = hasTest && findStarts(model).some(({ target }) => isItself(target, model));
  if (!startsItself) return undefined;
  return { first: "the main thread", second: "the worker threads", reason: "this file starts itself as a worker", isMany: false, getBranch: (test) => getBranchOf(test, (node) => (isOfThreads(node) ? "first" : undefined)) };
}

function getBranchOf(test: Node, read: (node: Node) => Side | undefined): Side | undefined {
  const node = unwrap(test);
  if (node.type === "UnaryExpression" && node.operator === "!") return getOther(getBranchOf(node.argument, read));
  if (node.type === "LogicalExpression" && node.operator === "&&") return getBranchOf(node.left, read) ?? getBranchOf(node.right, read);
  return read(node);
}

function getOther(side: Side | undefined): Side | undefined {
  return side === "first" ? "second" : side === "second" ? "first" : side;
}

/** The side that runs a node, by the tests around it, by early exits before it, and by the callers of its function. */
function getSide(node: Node, split: Split, model: FileModel, visited: Set<FunctionInfo>): Side {
  for (let at: Node = node; at.parent; at = at.parent) {
    const parent: Node = at.parent;
    if ((parent.type === "IfStatement" || parent.type === "ConditionalExpression") && at !== parent.test) {
      const branch = split.getBranch(parent.test);
      if (branch) return at === parent.consequent ? branch : getOther(branch)!;
    }
    const left = findLeftSide(at, parent, split);
    if (left) return left;
    if (model.getFunction(parent)) break;
  }
  const info = model.getEnclosing(node);
  if (!info || visited.has(info)) return "both";
  visited.add(info);
  const uses = [...info.calls, ...info.mentions];
  const isInline = info.calls.length === 0 && info.mentions.length === 0;
  const sides = new Set((isInline ? [info.node] : uses).map((use) => getSide(use, split, model, visited)));
  return sides.size === 1 ? [...sides][0]! : "both";
}

/** if (cluster.isPrimary) { ..; return; } what follows is the workers'. */
function findLeftSide(at: Node, parent: Node, split: Split): Side | undefined {
  if (parent.type !== "BlockStatement" && parent.type !== "Program") return undefined;
  const body = parent.body as Node[];
  for (const statement of body.slice(0, Math.max(0, body.indexOf(at)))) {
    if (statement.type !== "IfStatement" || statement.alternate) continue;
    const branch = split.getBranch(statement.test);
    const last = statement.consequent.type === "BlockStatement" ? statement.consequent.body.at(-1) : statement.consequent;
    if (branch && last?.type === "ReturnStatement") return getOther(branch);
  }
  return undefined;
}

function findSplitState(map: MapEntity, split: Split, context: ProcessContext): PerWorkerState | undefined {
  const { model, summaries } = context;
  const accesses = summaries.getAccesses(map).map((access) => ({ access, side: getSide(access.node, split, model, new Set()) }));
  const writes = accesses.filter(({ access }) => isWrite(access.operation));
  const reads = accesses.filter(({ access }) => !isWrite(access.operation));
  for (const side of ["first", "second"] as const) {
    const other = getOther(side);
    const write = writes.find((item) => item.side === side);
    const read = reads.find((item) => item.side === other);
    if (!write || !read || writes.some((item) => item.side !== side)) continue;
    const [writer, reader] = side === "first" ? [split.first, split.second] : [split.second, split.first];
    return { kind: "split", name: map.name, node: map.declaration, file: "this file", writer, reader, write: write.access.node, read: read.access.node, reason: split.reason, isHeuristic: false };
  }
  const inWorkers = accesses.filter(({ side }) => side !== "first");
  return split.isMany ? createEach(map, split.reason, "every worker", inWorkers.map(({ access }) => access), context) : undefined;
}

// ---- state in each of many processes

/** Whether what a map holds is more than a private note: counters, sessions, limits that all callers count on. */
function createEach(map: MapEntity, reason: string, who: string, accesses: readonly PlacedAccess[], { sharing, model }: ProcessContext): PerWorkerState | undefined {
  const write = accesses.find((access) => (access.operation === "set" || access.operation === "add" || access.operation === "insert" || access.operation === "update") && (sharing.getOverlap(access.function, map).level !== "none" || isInHandler(access.node, model)));
  if (!write) return undefined;
  const read = accesses.find((access) => !isWrite(access.operation) && (access.function !== write.function || isCount(write, access)));
  if (!read) return undefined;
  const text = map.valueType ? model.sourceCode.getText(map.valueType as never) : "";
  const isLocal = LOCAL_NAME.test(map.name) || LOCAL_TYPE.test(text) || holdsResource(accesses, model);
  return { kind: "each", name: map.name, node: map.declaration, file: "this file", writer: who, reader: who, write: write.node, read: read.node, reason, isHeuristic: isLocal };
}

/** createServer((req, res) => ..): run when something comes in. */
function isInHandler(node: Node, model: FileModel): boolean {
  const info = getRunningFunction(node, model);
  const parent = info?.node.parent as Node | undefined;
  return parent?.type === "CallExpression" && parent.callee !== info?.node && getTiming(parent) !== "test";
}

/** m.set(k, m.get(k) + 1), const n = (m.get(k) ?? 0) + 1; m.set(k, n) */
function isCount(write: PlacedAccess, read: PlacedAccess): boolean {
  if (!write.value) return false;
  if (isInside(read.node, write.value)) return true;
  const declarator = findAncestor(read.node, (node) => node.type === "VariableDeclarator" || /Statement$/.test(node.type));
  if (declarator?.type !== "VariableDeclarator" || declarator.id.type !== "Identifier") return false;
  const value = unwrap(write.value);
  const base = value.type === "BinaryExpression" ? value.left : value;
  return base.type === "Identifier" && base.name === declarator.id.name;
}

/** m.set(id, socket), m.set(id, setTimeout(..)), m.set(id, () => ..): no other process could use it. */
function holdsResource(accesses: readonly PlacedAccess[], model: FileModel): boolean {
  return accesses.some(({ value }) => {
    const node = value && unwrap(value);
    if (!node) return false;
    if (node.type === "NewExpression") return !/^(?:Set|Map|Date|Array|Object)$/.test(getCalleeName(node) ?? "");
    if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") return true;
    const text = model.sourceCode.getText(node as never).slice(0, 80);
    return node.type === "Identifier" || node.type === "CallExpression" ? LOCAL_NAME.test(text) || /\b(?:ws|sock|res|req|cb|callback|fn|resolve|setTimeout|setInterval|AbortController)\b/.test(text) : false;
  });
}

// ---- one module on both sides

interface Start {
  readonly node: TSESTree.CallExpression | TSESTree.NewExpression;
  /** The expression that names the file. */
  readonly target: Node;
}

/** new Worker(new URL("./w.js", import.meta.url)), fork("./w.js"), new Piscina({ filename }) */
function findStarts(model: FileModel): Start[] {
  const constructions = ((model.nodes.get("NewExpression") ?? []) as TSESTree.NewExpression[]).flatMap((node): Start[] => {
    const name = getCalleeName(node);
    const [first] = node.arguments;
    if (!first) return [];
    if (name === "Worker" || name === "SharedWorker") return [{ node, target: first }];
    if (name !== "Piscina" && name !== "Tinypool") return [];
    const object = unwrap(first);
    const filename = object.type === "ObjectExpression" ? object.properties.find((property) => property.type === "Property" && getKeyName(property.key, property.computed) === "filename") : undefined;
    return filename?.type === "Property" ? [{ node, target: filename.value }] : [];
  });
  const calls = ((model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[]).flatMap((node): Start[] => {
    const [first] = node.arguments;
    return first && getCalleeName(node) === "fork" && isImportedFrom(node.callee, /^(?:node:)?child_process$/, model) ? [{ node, target: first }] : [];
  });
  return [...constructions, ...calls];
}

function isItself(target: Node, model: FileModel): boolean {
  const text = model.sourceCode.getText(target as never).replace(/\s+/g, "");
  return text === "__filename" || /^(?:newURL\(|fileURLToPath\()?import\.meta\.(?:url|filename)\)*$/.test(text);
}

/** The relative path that an expression names, by the literals in it. */
function getSpecifier(target: Node, model: FileModel): string | undefined {
  const node = unwrap(target);
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" && /^\.{0,2}\/?[\w@./-]+$/.test(node.value) ? node.value : undefined;
    case "TemplateLiteral":
      // `${__dirname}/worker.js`
      return node.expressions.length === 1 && node.expressions[0]?.type === "Identifier" && node.expressions[0].name === "__dirname" ? `.${node.quasis[1]?.value.cooked ?? ""}` : undefined;
    case "Identifier": {
      const variable = model.getVariable(node);
      const value = variable && model.getConstantValue(variable);
      return value ? getSpecifier(value, model) : undefined;
    }
    case "NewExpression":
      return getCalleeName(node) === "URL" && node.arguments[0] ? getSpecifier(node.arguments[0], model) : undefined;
    case "CallExpression": {
      const name = getCalleeName(node);
      if (name === "fileURLToPath" || name === "resolve" && node.arguments.length === 1) return node.arguments[0] ? getSpecifier(node.arguments[0], model) : undefined;
      if (name !== "join" && name !== "resolve") return undefined;
      const [folder, ...parts] = node.arguments;
      if (folder?.type !== "Identifier" && !/import\.meta\.dirname/.test(folder ? model.sourceCode.getText(folder as never) : "")) return undefined;
      const names = parts.map((part) => (part.type === "Literal" && typeof part.value === "string" ? part.value : undefined));
      return names.length > 0 && names.every((part) => part !== undefined) ? `./${names.join("/")}` : undefined;
    }
    case "MemberExpression":
      // new URL(..).href
      return getSpecifier(node.object, model);
    default:
      return undefined;
  }
}

function findModuleState({ model }: ProcessContext, filename: string): PerWorkerState[] {
  const found = new Map<string, PerWorkerState>();
  for (const { node, target } of findStarts(model)) {
    const specifier = isItself(target, model) ? undefined : getSpecifier(target, model);
    const entry = specifier === undefined ? undefined : resolveModule(specifier, dirname(filename));
    if (entry === undefined || entry === filename) continue;
    const imported = followImports(entry);
    const here = getImportedNames(model, filename);
    for (const [path, names] of here) {
      const others = imported.get(path);
      if (!others || path === entry) continue;
      for (const map of getModuleFacts(path)?.maps ?? []) {
        const state = compareSides(map, names, others, { node, path, filename, entry });
        if (state && !found.has(`${path}/${map.name}`)) found.set(`${path}/${map.name}`, state);
      }
    }
  }
  return [...found.values()];
}

/** The names that this file imports, and uses, of each file. */
function getImportedNames(model: FileModel, filename: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const item of model.nodes.get("ImportDeclaration") ?? []) {
    const declaration = item as TSESTree.ImportDeclaration;
    const source = declaration.source.value;
    const path = declaration.importKind === "type" || !source.startsWith(".") ? undefined : resolveModule(source, dirname(filename));
    if (path === undefined) continue;
    const names = found.get(path) ?? new Set();
    found.set(path, names);
    for (const specifier of declaration.specifiers) {
      if (specifier.type === "ImportSpecifier" && specifier.imported.type === "Identifier" && specifier.importKind !== "type") names.add(specifier.imported.name);
    }
  }
  return found;
}

interface Sides {
  readonly node: Node;
  readonly path: string;
  readonly filename: string;
  readonly entry: string;
}

/** One side only writes, the other only reads: both mean one map, and there are two. */
function compareSides(map: ModuleMap, here: ReadonlySet<string>, there: ReadonlySet<string>, { node, path, filename, entry }: Sides): PerWorkerState | undefined {
  if (here.has("*") || there.has("*") || here.has(map.name) || there.has(map.name)) return undefined;
  const pick = (names: ReadonlySet<string>, from: ReadonlySet<string>): string | undefined => [...names].find((name) => from.has(name));
  const [writesHere, writesThere] = [pick(here, map.writers), pick(there, map.writers)];
  const [readsHere, readsThere] = [pick(here, map.readers), pick(there, map.readers)];
  const folder = dirname(filename);
  const name = (file: string): string => relative(folder, file).replaceAll("\\", "/") || file;
  const base = { kind: "module", name: map.name, node, file: name(path), write: undefined, read: undefined, reason: `\`${name(entry)}\` runs in a worker with modules of its own` } as const;
  const main = (used: string): string => `this file (by \`${used}\`)`;
  const worker = (used: string): string => `the worker (by \`${used}\`)`;
  if (writesHere !== undefined && writesThere === undefined && readsThere !== undefined) return { ...base, writer: main(writesHere), reader: worker(readsThere), isHeuristic: false };
  if (writesThere !== undefined && writesHere === undefined && readsHere !== undefined) return { ...base, writer: worker(writesThere), reader: main(readsHere), isHeuristic: false };
  if (writesHere !== undefined && writesThere !== undefined) return { ...base, writer: main(writesHere), reader: worker(writesThere), isHeuristic: true };
  return undefined;
}
