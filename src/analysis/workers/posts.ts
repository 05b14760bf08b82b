import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, getCalleeName, getKeyName, getPropertyName, getRoot, isInside, unwrap } from "../code/ast.js";
import type { FileModel } from "../code/model.js";

/**
 * How a value leaves this thread.
 * - `message`: `worker.postMessage(v)`, a `MessagePort`, a `BroadcastChannel`
 * - `start`: `new Worker(url, { workerData: v })`
 * - `process`: `process.send(v)`, `child.send(v)`
 * - `call`: an argument of a Piscina, tinypool, workerpool or Comlink call, or what is assigned to a field of a Comlink remote: `api.config = v`
 */
export type PostKind = "message" | "start" | "process" | "call";

/** One place at which a value is copied to another thread or process. */
export interface Post {
  readonly kind: PostKind;
  /** The call, construction or assignment, as the function that has the value sees it: perhaps a call of a helper that posts its parameter. */
  readonly node: TSESTree.CallExpression | TSESTree.NewExpression | TSESTree.AssignmentExpression;
  readonly payload: Node;
}

/** A value that is in a payload as it is, not as a part of a computation. */
export interface Carried {
  readonly post: Post;
  readonly leaf: Node;
}

const POOLS = new Set(["Piscina", "Tinypool", "FixedThreadPool", "DynamicThreadPool", "FixedQueue", "StaticPool", "DynamicPool"]);
const POOL_METHODS = new Set(["run", "runTask", "execute", "exec", "queue"]);
const DEPTH = 4;

/** Where values leave this thread, also through helpers of the file that post a parameter. */
export function findCarried(model: FileModel): Carried[] {
  const found: Carried[] = [];
  const queue = findPosts(model);
  const seen = new Set<Node>();
  for (let post = queue.pop(); post; post = queue.pop()) {
    if (seen.has(post.payload)) continue;
    seen.add(post.payload);
    for (const leaf of getLeaves(post.payload, model)) {
      found.push({ post, leaf });
      queue.push(...followParameter(leaf, post, model));
    }
  }
  return found.sort((a, b) => a.leaf.range[0] - b.leaf.range[0]);
}

/** function start(data) { new Worker(url, { workerData: data }) }: a call of it posts its argument. */
function followParameter(leaf: Node, post: Post, model: FileModel): Post[] {
  const variable = model.getVariable(leaf);
  const definition = variable?.defs[0];
  if (!variable || definition?.type !== "Parameter") return [];
  const info = model.getFunction(definition.node as Node);
  const index = info?.node.params.findIndex((parameter) => getParameterName(parameter) === definition.name) ?? -1;
  if (!info || index < 0) return [];
  return info.calls.flatMap((call): Post[] => {
    const payload = call.arguments[index];
    return payload && payload.type !== "SpreadElement" ? [{ kind: post.kind, node: call, payload }] : [];
  });
}

function getParameterName(parameter: Node): unknown {
  return parameter.type === "AssignmentPattern" ? parameter.left : parameter;
}

/** The values of a message: `{ type, map }`, `[map]`, `flag ? map : other`, a constant that is one of these. */
function getLeaves(payload: Node, model: FileModel, depth = 0): Node[] {
  const node = unwrap(payload);
  if (depth > DEPTH) return [];
  const inner = (child: Node): Node[] => getLeaves(child, model, depth + 1);
  switch (node.type) {
    case "ObjectExpression":
      return node.properties.flatMap((property) => (property.type === "Property" ? inner(property.value) : []));
    case "ArrayExpression":
      return node.elements.flatMap((element) => (element && element.type !== "SpreadElement" ? inner(element) : []));
    case "ConditionalExpression":
      return [...inner(node.consequent), ...inner(node.alternate)];
    case "LogicalExpression":
      return [...inner(node.left), ...inner(node.right)];
    case "Identifier": {
      const variable = model.getVariable(node);
      const value = variable && model.getConstantValue(variable);
      const message = value && unwrap(value);
      return message && (message.type === "ObjectExpression" || message.type === "ArrayExpression") && hasElements(message) ? inner(message) : [node];
    }
    default:
      return [node];
  }
}

/** `{}` may be a dictionary; it carries nothing. */
function hasElements(node: TSESTree.ObjectExpression | TSESTree.ArrayExpression): boolean {
  return node.type === "ObjectExpression" ? node.properties.length > 0 : node.elements.length > 0;
}

/** All places of a file at which something leaves the thread. */
export function findPosts(model: FileModel): Post[] {
  const calls = (model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[];
  const constructions = (model.nodes.get("NewExpression") ?? []) as TSESTree.NewExpression[];
  const assignments = (model.nodes.get("AssignmentExpression") ?? []) as TSESTree.AssignmentExpression[];
  return [
    ...calls.flatMap((call) => getPostsOfCall(call, model)),
    ...constructions.flatMap((node) => getPostsOfConstruction(node, model)),
    ...assignments.flatMap((node) => getPostsOfAssignment(node, model)),
  ];
}

/** api.config = map, with const api = Comlink.wrap(worker): the proxy posts what is assigned to it. */
function getPostsOfAssignment(node: TSESTree.AssignmentExpression, model: FileModel): Post[] {
  if (node.operator !== "=" || node.left.type !== "MemberExpression" || !isComlinkRemote(node.left.object, model)) return [];
  return [{ kind: "call", node, payload: node.right }];
}

/** A proxy of Comlink, or what stands in one: `api`, `api.settings`. */
function isComlinkRemote(expression: Node, model: FileModel): boolean {
  const node = unwrap(expression);
  if (node.type === "MemberExpression" && isComlinkRemote(node.object, model)) return true;
  const value = getMadeBy(node, model);
  return value?.type === "CallExpression" && getCalleeName(value) === "wrap" && isOfComlink(value.callee, model);
}

function isOfComlink(callee: Node, model: FileModel): boolean {
  return /^comlink$/i.test(getRoot(callee)?.name ?? "") || isImportedFrom(callee, /^comlink$/, model);
}

function getPostsOfCall(call: TSESTree.CallExpression, model: FileModel): Post[] {
  const callee = unwrap(call.callee);
  const [first] = call.arguments;
  if (!first || first.type === "SpreadElement") return [];
  const all = call.arguments.map((payload): Post => ({ kind: "call", node: call, payload }));
  if (callee.type === "Identifier") return callee.name === "postMessage" && isGlobal(callee, model) ? [{ kind: "message", node: call, payload: first }] : isRemote(callee, model) ? all : [];
  if (callee.type !== "MemberExpression") return [];
  const name = getPropertyName(callee);
  if (name === "postMessage") return [{ kind: "message", node: call, payload: first }];
  if (name === "send") return isProcess(callee.object, model) ? [{ kind: "process", node: call, payload: first }] : [];
  return isRemoteMethod(callee, name, model) ? all : [];
}

function isGlobal(identifier: Node, model: FileModel): boolean {
  return (model.getVariable(identifier)?.defs.length ?? 0) === 0;
}

/** process.send(..), child.send(..) with const child = fork(..), cluster.workers[id].send(..) */
function isProcess(object: Node, model: FileModel): boolean {
  const node = unwrap(object);
  if (node.type === "Identifier" && node.name === "process" && isGlobal(node, model)) return true;
  const value = getMadeBy(node, model);
  if (value?.type === "CallExpression" && getCalleeName(value) === "fork") return true;
  // spawn(file, args, { stdio: [.., "ipc"] })
  if (value?.type === "CallExpression" && getCalleeName(value) === "spawn") return model.sourceCode.getText(value as never).includes("ipc");
  return isClusterWorker(node, model);
}

/** cluster.workers[id], for (const w of Object.values(cluster.workers)), cluster.on("online", (w) => ..) */
function isClusterWorker(node: Node, model: FileModel): boolean {
  if (!/\bcluster\b/.test(model.sourceCode.text)) return false;
  const source = node.type === "MemberExpression" ? (node.computed ? node.object : undefined) : getSourceOfItem(node, model);
  return source !== undefined && (model.nodes.get("MemberExpression") ?? []).some((item) => {
    const member = item as TSESTree.MemberExpression;
    return isInside(member, source) && /^(?:workers|on|once)$/.test(getPropertyName(member) ?? "") && isImportedFrom(member.object, /^(?:node:)?cluster$/, model);
  });
}

/** What a loop or a callback takes its variable from. */
function getSourceOfItem(identifier: Node, model: FileModel): Node | undefined {
  const definition = model.getVariable(identifier)?.defs[0];
  const declared = definition?.node as Node | undefined;
  if (definition?.type === "Parameter") return declared?.parent?.type === "CallExpression" && declared.parent.callee !== declared ? declared.parent.callee : undefined;
  const loop = declared?.parent?.parent;
  return loop?.type === "ForOfStatement" ? loop.right : undefined;
}

/** Whether messages of other threads and processes arrive at an object: `parentPort`, a `Worker`, a `MessagePort`, `process`. */
export function isPortOrProcess(object: Node, model: FileModel): boolean {
  const node = unwrap(object);
  if (isImportedFrom(node, /^(?:node:)?worker_threads$/, model) || isProcess(node, model)) return true;
  const value = getMadeBy(node, model);
  if (value?.type === "NewExpression") return /^(?:Worker|MessageChannel|BroadcastChannel)$/.test(getCalleeName(value) ?? "");
  // channel.port1, const { port1 } = new MessageChannel()
  const declarator = model.getVariable(node)?.defs[0]?.node as Node | undefined;
  const whole = node.type === "MemberExpression" ? node.object : declarator?.type === "VariableDeclarator" && declarator.id.type === "ObjectPattern" ? declarator.init : undefined;
  const channel = whole ? getMadeBy(whole, model) : undefined;
  return channel?.type === "NewExpression" && getCalleeName(channel) === "MessageChannel";
}

function isRemoteMethod(callee: TSESTree.MemberExpression, name: string | undefined, model: FileModel): boolean {
  const value = getMadeBy(callee.object, model);
  if (!value) return false;
  if (value.type === "NewExpression" && POOLS.has(getCalleeName(value) ?? "")) return POOL_METHODS.has(name ?? "");
  return isRemote(callee.object, model) || (isWorkerpool(value, model) && POOL_METHODS.has(name ?? ""));
}

/** workerpool.pool(file) */
function isWorkerpool(value: TSESTree.CallExpression | TSESTree.NewExpression, model: FileModel): boolean {
  return value.type === "CallExpression" && getCalleeName(value) === "pool" && (/^workerpool$/i.test(getRoot(value.callee)?.name ?? "") || isImportedFrom(value.callee, /^workerpool$/, model));
}

/** What stands for something in a worker: Comlink's `wrap(worker)` and instances of it, `await pool.proxy()`, `await spawn(worker)` of threads. */
function isRemote(expression: Node, model: FileModel, depth = 0): boolean {
  const value = getMadeBy(expression, model);
  if (!value || depth > 2) return false;
  const { callee } = value;
  if (value.type === "NewExpression") return callee.type === "Identifier" && isRemote(callee, model, depth + 1);
  switch (getCalleeName(value)) {
    case "wrap":
      return isOfComlink(callee, model);
    case "proxy": {
      const pool = callee.type === "MemberExpression" ? getMadeBy(callee.object, model) : undefined;
      return pool !== undefined && isWorkerpool(pool, model);
    }
    case "spawn":
      return isImportedFrom(callee, /^threads$/, model);
    default:
      return false;
  }
}

/** The call or construction that a place is made by: `const pool = new Piscina()`, `this.pool = new Piscina()`. */
export function getMadeBy(expression: Node, model: FileModel): TSESTree.CallExpression | TSESTree.NewExpression | undefined {
  const node = unwrap(expression);
  if (node.type === "NewExpression" || node.type === "CallExpression") return node;
  const variable = model.getVariable(node);
  const constant = variable && model.getConstantValue(variable);
  const value = constant ? unwrap(constant) : undefined;
  if (value?.type === "AwaitExpression") return getMadeBy(value.argument, model);
  if (value?.type === "NewExpression" || value?.type === "CallExpression") return value;
  const path = model.getPath(node);
  const assigned = path ? [...(model.assignments.get(path.key) ?? []).map(({ right }) => right as Node), ...findFieldValues(path.key, model)].map(unwrap) : [];
  return assigned.find((item) => item.type === "NewExpression" || item.type === "CallExpression") as TSESTree.CallExpression | TSESTree.NewExpression | undefined;
}

function findFieldValues(key: string, model: FileModel): Node[] {
  return (model.nodes.get("PropertyDefinition") ?? []).flatMap((node) => {
    const field = node as TSESTree.PropertyDefinition;
    const owner = model.owners.find((candidate) => candidate.node === field.parent.parent);
    const name = getKeyName(field.key, field.computed);
    return owner && name !== undefined && field.value && key === `${field.static ? "class" : "this"}${owner.id}.${name}` ? [field.value as Node] : [];
  });
}

/** Whether a name, or what it is a member of, is imported or required from a module. */
export function isImportedFrom(expression: Node, source: RegExp, model: FileModel): boolean {
  const node = unwrap(expression);
  if (node.type === "MemberExpression") return isImportedFrom(node.object, source, model);
  const from = getImportSource(model.getVariable(node));
  return from !== undefined && source.test(from);
}

/** The module that a variable is imported or required from, by `await import()` too. */
export function getImportSource(variable: Variable | undefined): string | undefined {
  const definition = variable?.defs[0];
  if (definition?.type === "ImportBinding") return getSourceOfImport(definition.node as Node, definition.parent as Node | null);
  const value = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator).init : null;
  const loaded = value && unwrap(value);
  if (loaded?.type === "AwaitExpression" && loaded.argument.type === "ImportExpression") return getText(loaded.argument.source);
  // require("worker_threads").parentPort
  const init = value?.type === "MemberExpression" ? value.object : value;
  const [argument] = init?.type === "CallExpression" && getCalleeName(init) === "require" ? init.arguments : [];
  return argument?.type === "Literal" ? String(argument.value) : undefined;
}

function getText(source: Node): string | undefined {
  return source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
}

/** import { a } from "b", import a = require("b") */
function getSourceOfImport(specifier: Node, declaration: Node | null): string | undefined {
  if (declaration?.type === "ImportDeclaration") return declaration.source.value;
  if (specifier.type !== "TSImportEqualsDeclaration" || specifier.moduleReference.type !== "TSExternalModuleReference") return undefined;
  const { expression } = specifier.moduleReference;
  return expression.type === "Literal" ? String(expression.value) : undefined;
}

function getPostsOfConstruction(node: TSESTree.NewExpression, model: FileModel): Post[] {
  const name = getCalleeName(node);
  const isPool = POOLS.has(name ?? "");
  if (isRemote(node.callee, model)) return node.arguments.map((payload): Post => ({ kind: "call", node, payload }));
  if (name !== "Worker" && !isPool) return [];
  const options = node.arguments[isPool && name !== "FixedThreadPool" ? 0 : 1];
  const object = options && resolveObject(options, model);
  return (object?.properties ?? []).flatMap((property): Post[] =>
    property.type === "Property" && getKeyName(property.key, property.computed) === "workerData" ? [{ kind: "start", node, payload: property.value }] : [],
  );
}

function resolveObject(expression: Node, model: FileModel): TSESTree.ObjectExpression | undefined {
  const node = unwrap(expression);
  if (node.type === "ObjectExpression") return node;
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  return value && unwrap(value).type === "ObjectExpression" ? (unwrap(value) as TSESTree.ObjectExpression) : undefined;
}

