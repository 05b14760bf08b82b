import { dirname, relative } from "node:path";
import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import { isWrite } from "../maps/accesses.js";
import { type Node, type Variable, findAncestor, getCalleeName, getKeyName, getPropertyName, getUsage, isFunction, isInside, unwrap } from "../code/ast.js";
import { findClusterReason } from "./clusters.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { followUses, getModuleFacts, isRealFile, resolveModule, type UsedModules } from "./module-files.js";
import { findReader, findWriter, isUnclear, type ModuleMap } from "./module-text.js";
import { getRunningFunction } from "../code/order.js";
import { getImportSource, getMadeBy, isImportedFrom } from "./posts.js";
import type { Settings } from "../settings.js";
import type { Sharing } from "../maps/sharing.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";
import { getTiming } from "../code/suspension.js";

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
  readonly sourceCode: SourceCode;
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
  /** The call that starts the second side. */
  readonly start: Node;
  getBranch(test: Node): Side | undefined;
  /** The side that runs the callbacks of a call: `cluster.on("online", ..)`. */
  getCallbackSide(call: TSESTree.CallExpression): Side | undefined;
}

const LOCAL_NAME = /cache|memo|pool|conn|socket|client|timer|timeout|interval|listener|handler|subscri|in_?flight|pending|promise|lock|mutex|queue|controller|stream|instance|regist|plugin|module|compiled|regex|template|schema|worker|process|visited|seen|warned|metric/i;
const LOCAL_TYPE = /Socket|Connection|Client|Timer|Timeout|Promise|Function|=>|Controller|Response|Request|Stream|Worker|Process|Emitter|Lock|Mutex|RegExp|Subject|Observable/;

/** What tells sides apart or starts another one, and a map that could be at the top level. */
const SIDES_TEXT = /\b(?:cluster|isMainThread|parentPort)\b|\bnew [\w.]*(?:Worker|Piscina|Tinypool|Pool)\(|\b(?:fork|pool)\(/;
const MAP_TEXT = /\b(?:const|let|var)\s[^=\n]*=\s*(?:new\s+[\w.]*(?:Map|Set)\b|\{\s*\}|Object\.create)/;

/** Finds the maps of a file, or of what it starts, that exist once for each thread or process. */
export function findPerWorkerState(context: ProcessContext, filename: string): PerWorkerState[] {
  const { text } = context.sourceCode;
  const many = MAP_TEXT.test(text) ? findReasonForMany(context, filename) : undefined;
  if (many === undefined && !SIDES_TEXT.test(text)) return [];
  const maps = context.inventory.maps.filter((map) => map.home === "module" && !map.parent && map.initializers.length > 0 && (map.kind === "Map" || map.kind === "Set" || map.kind === "safe" || map.kind === "dictionary"));
  const splits = [findClusterSplit(context.model), findThreadSplit(context.model)].filter((split) => split !== undefined);
  const own = splits.flatMap((split) => maps.flatMap((map) => findSplitState(map, split, context) ?? []));
  const reported = new Set(own.map(({ name }) => name));
  const shared = isRealFile(filename) ? findModuleState(context, splits, filename) : [];
  const each = many === undefined ? [] : maps.filter(({ name }) => !reported.has(name)).flatMap((map) => createEach(map, many, "every process", context.summaries.getAccesses(map), context) ?? []);
  return [...own, ...each, ...shared];
}

function findReasonForMany({ settings, sourceCode }: ProcessContext, filename: string): string | undefined {
  if (settings.processes === "many") return "the settings say that many processes run this code";
  return isRealFile(filename) && !/\bcluster\b/.test(sourceCode.text) ? findClusterReason(filename) : undefined;
}

// ---- two sides of one file

/** if (cluster.isPrimary) { .. } else { .. } */
function findClusterSplit(model: FileModel): Split | undefined {
  const members = findClusterMembers(model);
  const fork = members.find((node) => getPropertyName(node) === "fork");
  // The workers run another file.
  if (!fork || findExec(model)) return undefined;
  return {
    first: "the primary process",
    second: "the worker processes",
    reason: "`cluster.fork()` starts this file again in every worker",
    isMany: true,
    start: fork.parent,
    getBranch: (test) => getBranchOf(test, (node) => {
      const member = members.find((item) => item === node);
      const name = member && getPropertyName(member);
      return name === "isPrimary" || name === "isMaster" ? "first" : name === "isWorker" || name === "worker" ? "second" : undefined;
    }),
    getCallbackSide: ({ callee }) => {
      const isPrimary = members.some((member) => isInside(member, callee) && /^(?:on|once|fork|workers)$/.test(getPropertyName(member) ?? ""));
      return isPrimary || isOfForked(callee, model) ? "first" : undefined;
    },
  };
}

function findClusterMembers(model: FileModel): TSESTree.MemberExpression[] {
  if (!/\bcluster\b/.test(model.sourceCode.text)) return [];
  return ((model.nodes.get("MemberExpression") ?? []) as TSESTree.MemberExpression[]).filter((node) => isImportedFrom(node.object, /^(?:node:)?cluster$/, model));
}

/** const worker = cluster.fork(); worker.on("message", ..) */
function isOfForked(callee: Node, model: FileModel): boolean {
  const object = callee.type === "MemberExpression" ? callee.object : undefined;
  const made = object && getMadeBy(object, model);
  return made?.type === "CallExpression" && getCalleeName(made) === "fork";
}

/** cluster.setupPrimary({ exec: "./worker.js" }) */
function findExec(model: FileModel): Start | undefined {
  for (const member of findClusterMembers(model)) {
    const call = member.parent;
    if (!/^setup(?:Primary|Master)$/.test(getPropertyName(member) ?? "") || call.type !== "CallExpression") continue;
    const target = call.arguments[0] && getProperty(call.arguments[0], "exec");
    if (target) return { node: call, target };
  }
  return undefined;
}

/** if (isMainThread) { new Worker(__filename) } else { .. }, if (parentPort) { .. } */
function findThreadSplit(model: FileModel): Split | undefined {
  if (!/\b(?:isMainThread|parentPort)\b/.test(model.sourceCode.text)) return undefined;
  const start = findStarts(model).find(({ target }) => isItself(target, model));
  if (!start) return undefined;
  const getSideOfName = (node: Node): Side | undefined => {
    const name = node.type === "Identifier" ? node.name : node.type === "MemberExpression" ? getPropertyName(node) : undefined;
    const side = name === "isMainThread" ? "first" : name === "parentPort" ? "second" : undefined;
    return side && isImportedFrom(node, /^(?:node:)?worker_threads$/, model) ? side : undefined;
  };
  return {
    first: "the main thread",
    second: "the worker threads",
    reason: "this file starts itself as a worker",
    isMany: false,
    start: start.node,
    getBranch: (test) => getBranchOf(test, getSideOfName),
    getCallbackSide: ({ callee }) => (callee.type === "MemberExpression" ? (isStarted(callee.object, start.node, model) ? "first" : getSideOfName(unwrap(callee.object)) === "second" ? "second" : undefined) : undefined),
  };
}

/** const worker = new Worker(__filename); worker.on("message", ..) */
function isStarted(object: Node, start: Node, model: FileModel): boolean {
  return getMadeBy(object, model) === start;
}

function getBranchOf(test: Node, read: (node: Node) => Side | undefined): Side | undefined {
  const node = unwrap(test);
  if (node.type === "UnaryExpression" && node.operator === "!") return getOther(getBranchOf(node.argument, read));
  if (node.type === "LogicalExpression" && node.operator === "&&") return getBranchOf(node.left, read) ?? getBranchOf(node.right, read);
  // parentPort === null, isMainThread === false
  if (node.type === "BinaryExpression" && node.right.type === "Literal" && !node.right.value && /^[!=]==?$/.test(node.operator)) {
    const side = getBranchOf(node.left, read);
    return node.operator.startsWith("=") ? getOther(side) : side;
  }
  return read(node);
}

function getOther(side: Side | undefined): Side | undefined {
  return side === "first" ? "second" : side === "second" ? "first" : side;
}

/** The side that runs a node, by the tests around it, by early exits before it, and by the callers of its function. */
function getSide(node: Node, split: Split, model: FileModel): Side {
  return findSide(node, split, model, new Set()) ?? "both";
}

/** `undefined` for a function that is being looked at: one that calls itself. */
function findSide(node: Node, split: Split, model: FileModel, visited: Set<FunctionInfo>): Side | undefined {
  for (let at: Node = node; at.parent; at = at.parent) {
    const parent: Node = at.parent;
    if ((parent.type === "IfStatement" || parent.type === "ConditionalExpression") && at !== parent.test) {
      const branch = split.getBranch(parent.test);
      if (branch) return at === parent.consequent ? branch : getOther(branch)!;
    }
    const called = parent.type === "CallExpression" && at !== parent.callee ? split.getCallbackSide(parent) : undefined;
    if (called && isFunction(at)) return called;
    const left = findLeftSide(at, parent, split);
    if (left) return left;
    if (model.getFunction(parent)) break;
  }
  const info = model.getEnclosing(node);
  if (!info) return "both";
  if (visited.has(info)) return undefined;
  visited.add(info);
  const uses = [...info.calls, ...info.mentions];
  const isInline = info.calls.length === 0 && info.mentions.length === 0;
  const sides = new Set((isInline ? [info.node] : uses).flatMap((use) => findSide(use, split, model, visited) ?? []));
  return sides.size > 1 ? "both" : [...sides][0];
}

/** if (cluster.isPrimary) { ..; return; } what follows is the workers'. */
function findLeftSide(at: Node, parent: Node, split: Split): Side | undefined {
  if (parent.type !== "BlockStatement" && parent.type !== "Program") return undefined;
  const body = parent.body as Node[];
  for (const statement of body.slice(0, Math.max(0, body.indexOf(at)))) {
    if (statement.type !== "IfStatement" || statement.alternate) continue;
    const branch = split.getBranch(statement.test);
    const last = statement.consequent.type === "BlockStatement" ? statement.consequent.body.at(-1) : statement.consequent;
    if (branch && (last?.type === "ReturnStatement" || isExit(last))) return getOther(branch);
  }
  return undefined;
}

/** process.exit() */
function isExit(statement: Node | undefined): boolean {
  const call = statement?.type === "ExpressionStatement" ? statement.expression : undefined;
  return call?.type === "CallExpression" && getCalleeName(call) === "exit";
}

function findSplitState(map: MapEntity, split: Split, context: ProcessContext): PerWorkerState | undefined {
  const { model, summaries } = context;
  const accesses = summaries.getAccesses(map).map((access) => ({ access, side: getSide(access.node, split, model) }));
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
  readonly node: Node;
  /** The expression that names the file. */
  readonly target: Node;
}

/** Where the file stands in the arguments of what starts it, or the option that holds it. */
const STARTED_BY: Readonly<Record<string, number | string>> = { Worker: 0, SharedWorker: 0, Piscina: "filename", Tinypool: "filename", FixedThreadPool: 1, FixedClusterPool: 1, DynamicThreadPool: 2, DynamicClusterPool: 2 };

/** new Worker(new URL("./w.js", import.meta.url)), fork("./w.js"), new Piscina({ filename }), workerpool.pool("./w.js"), the `exec` of a cluster */
function findStarts(model: FileModel): Start[] {
  const constructions = ((model.nodes.get("NewExpression") ?? []) as TSESTree.NewExpression[]).flatMap((node): Start[] => {
    const place = STARTED_BY[getCalleeName(node) ?? ""];
    const target = typeof place === "string" ? node.arguments[0] && getProperty(node.arguments[0], place) : node.arguments[place ?? node.arguments.length];
    return target ? [{ node, target }] : [];
  });
  const calls = ((model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[]).flatMap((node): Start[] => {
    const [first] = node.arguments;
    const isStart = (getCalleeName(node) === "fork" && isImportedFrom(node.callee, /^(?:node:)?child_process$/, model)) || (getCalleeName(node) === "pool" && isImportedFrom(node.callee, /^workerpool$/, model));
    return first && isStart ? [{ node, target: first }] : [];
  });
  const exec = findExec(model);
  return [...constructions, ...calls, ...(exec ? [exec] : [])];
}

function getProperty(object: Node, name: string): Node | undefined {
  const node = unwrap(object);
  const property = node.type === "ObjectExpression" ? node.properties.find((item) => item.type === "Property" && getKeyName(item.key, item.computed) === name) : undefined;
  return property?.type === "Property" ? property.value : undefined;
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
    case "BinaryExpression":
      // __dirname + "/worker.js"
      return node.left.type === "Identifier" && node.left.name === "__dirname" && node.right.type === "Literal" ? `.${String(node.right.value)}` : undefined;
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

/** One side of a start, as messages call it, and what it uses of each module. */
interface ModuleSide {
  readonly name: string;
  readonly used: UsedModules;
}

function findModuleState({ model }: ProcessContext, splits: readonly Split[], filename: string): PerWorkerState[] {
  const starts = findStarts(model).flatMap(({ node, target }) => {
    const specifier = isItself(target, model) ? undefined : getSpecifier(target, model);
    const entry = specifier === undefined ? undefined : resolveModule(specifier, dirname(filename));
    return entry === undefined || entry === filename ? [] : [{ node, entry }];
  });
  if (starts.length === 0 && splits.length === 0) return [];
  const found = new Map<string, PerWorkerState>();
  const uses = getImportUses(model, filename);
  const compare = (node: Node, sides: readonly [ModuleSide, ModuleSide], reason: string, entry?: string): void => {
    for (const [path, names] of sides[0].used) {
      const others = sides[1].used.get(path);
      if (!others || path === entry || path === filename) continue;
      for (const map of getModuleFacts(path)?.maps ?? []) {
        const state = compareSides(map, [{ name: sides[0].name, used: names }, { name: sides[1].name, used: others }]);
        if (state && !found.has(`${path}/${map.name}`)) found.set(`${path}/${map.name}`, { ...state, node, file: getRelativeName(path, filename), reason });
      }
    }
  };
  for (const { node, entry } of starts) {
    const here: ModuleSide = { name: "this file", used: followUses(groupUses(uses)) };
    const there: ModuleSide = { name: "the worker", used: followUses(new Map([[entry, new Set(["*"])]])) };
    compare(node, [here, there], `\`${getRelativeName(entry, filename)}\` runs in a worker with modules of its own`, entry);
  }
  for (const split of splits) {
    const select = (side: Side): UsedModules => followUses(groupUses(uses.filter(({ node }) => [side, "both"].includes(getSide(node, split, model)))));
    const [here, there] = [{ name: split.first, used: select("first") }, { name: split.second, used: select("second") }];
    compare(split.start, [here, there], split.reason);
    if (split.isMany) compare(split.start, [{ ...there, name: "one worker process" }, { ...there, name: "another" }], split.reason);
  }
  return [...found.values()];
}

function getRelativeName(path: string, filename: string): string {
  return relative(dirname(filename), path).replaceAll("\\", "/") || path;
}

interface ImportUse {
  readonly path: string;
  /** As `followUses` calls it: `get`, `store.set` */
  readonly name: string;
  readonly node: Node;
}

/** What this file uses of each file that it imports or requires, and where. */
function getImportUses(model: FileModel, filename: string): ImportUse[] {
  const found: ImportUse[] = [];
  for (const scope of model.sourceCode.scopeManager.scopes) {
    for (const variable of scope.variables) {
      const source = getImportSource(variable);
      const path = source?.startsWith(".") ? resolveModule(source, dirname(filename)) : undefined;
      const imported = path === undefined ? undefined : getImportedName(variable);
      if (path === undefined || imported === undefined) continue;
      for (const { identifier, init } of variable.references) {
        if (init === true) continue;
        for (const name of getUsedNames(identifier as Node, imported)) found.push({ path, name, node: identifier as Node });
      }
    }
  }
  // require("./app"): what it does when it is loaded
  for (const item of model.nodes.get("CallExpression") ?? []) {
    const node = item as TSESTree.CallExpression;
    const [first] = node.arguments;
    const isLoad = getCalleeName(node) === "require" && node.callee.type === "Identifier" && first?.type === "Literal" && String(first.value).startsWith(".");
    const path = isLoad ? resolveModule(String(first.value), dirname(filename)) : undefined;
    if (path !== undefined) found.push({ path, name: "", node });
  }
  return found;
}

/** The exported name of an import; `*` for a namespace. */
function getImportedName(variable: Variable): string | undefined {
  const definition = variable.defs[0];
  const node = definition?.node as Node | undefined;
  switch (node?.type) {
    case "ImportSpecifier":
      return node.importKind === "type" || (definition?.parent as TSESTree.ImportDeclaration | undefined)?.importKind === "type" ? undefined : node.imported.type === "Identifier" ? node.imported.name : node.imported.value;
    case "ImportDefaultSpecifier":
      return "default";
    case "ImportNamespaceSpecifier":
      return "*";
    case "VariableDeclarator": {
      if (node.init?.type === "MemberExpression") return node.id.type === "Identifier" ? getPropertyName(node.init) : undefined;
      if (node.id.type !== "ObjectPattern") return "*";
      const property = node.id.properties.find((item) => item.type === "Property" && item.value === definition?.name);
      return property?.type === "Property" ? getKeyName(property.key, property.computed) : undefined;
    }
    default:
      return undefined;
  }
}

/** `store.set(..)` uses `store` and `store.set`; `ns.get(..)` of a namespace uses `get`. */
function getUsedNames(use: Node, imported: string): string[] {
  const { node, parent } = getUsage(use);
  const member = parent?.type === "MemberExpression" && parent.object === node ? getPropertyName(parent) : undefined;
  if (imported === "*") return member === undefined ? ["*"] : getUsedNames(getUsage(use).parent!, member);
  if (member !== undefined) return [imported, `${imported}.${member}`];
  if (parent?.type === "CallExpression" && parent.callee === node) return [imported];
  return parent?.type === "ForOfStatement" || parent?.type === "SpreadElement" ? [imported, `${imported}.values`] : [imported, `${imported}.*`];
}

function groupUses(uses: readonly ImportUse[]): UsedModules {
  const groups = new Map<string, Set<string>>();
  for (const { path, name } of uses) {
    const names = groups.get(path) ?? new Set();
    groups.set(path, names);
    if (name !== "") names.add(name);
  }
  return groups;
}

interface MapSide {
  readonly name: string;
  readonly used: ReadonlySet<string>;
}

/** One side only writes, the other only reads: both mean one map, and there are two. */
function compareSides(map: ModuleMap, sides: readonly [MapSide, MapSide]): Omit<PerWorkerState, "node" | "file" | "reason"> | undefined {
  if (map.isFilled || sides.some(({ used }) => isUnclear(map, used))) return undefined;
  const [here, there] = sides.map(({ name, used }) => ({ name, writes: findWriter(map, used), reads: findReader(map, used) })) as [Touch, Touch];
  const create = (writer: Touch, reader: Touch, use: string, isHeuristic: boolean): ReturnType<typeof compareSides> => {
    return { kind: "module", name: map.name, write: undefined, read: undefined, writer: `${writer.name} (by \`${writer.writes}\`)`, reader: `${reader.name} (by \`${use}\`)`, isHeuristic };
  };
  if (here.writes !== undefined && there.writes === undefined && there.reads !== undefined) return create(here, there, there.reads, false);
  if (there.writes !== undefined && here.writes === undefined && here.reads !== undefined) return create(there, here, here.reads, false);
  if (here.writes === undefined || there.writes === undefined || LOCAL_NAME.test(map.name)) return undefined;
  const isEach = sides[0].used === sides[1].used;
  // Each has one of its own, as it may be meant.
  const use = isEach ? there.reads : there.writes;
  return use === undefined ? undefined : create(here, there, use, true);
}

interface Touch {
  readonly name: string;
  readonly writes: string | undefined;
  readonly reads: string | undefined;
}
