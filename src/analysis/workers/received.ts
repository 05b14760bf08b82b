import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, findAncestor, getCalleeName, getKeyName, getPropertyName, getUsage, isFunction, unwrap } from "../code/ast.js";
import type { BrokenCopy, CrossingContext } from "./crossing.js";
import type { FileModel, Path } from "../code/model.js";
import { type Carried, isImportedFrom, isPortOrProcess } from "./posts.js";

const MAP_ONLY = new Set(["has", "get", "delete", "clear"]);

/** What arrived: the whole variable, or only what stands in one property of it, as in `event.data`. */
type Received = ReadonlyMap<Variable, string | undefined>;

/** What is done here to a map that came with `workerData`, a message or a remote call. */
interface ReceivedUses {
  readonly name: string;
  readonly methods: Set<string>;
  readonly writes: TSESTree.CallExpression[];
  isMap: boolean;
  isRead: boolean;
}

/** const { hits } = workerData; hits.set(..): the receiver writes its own copy, and no one reads it. */
export function findReceivedWrites({ model, inventory }: CrossingContext, carried: readonly Carried[]): BrokenCopy[] {
  const uses = new Map<string, ReceivedUses>();
  const received = findReceived(model);
  if (received.size === 0) return [];
  for (const node of [...(model.nodes.get("MemberExpression") ?? []), ...(model.nodes.get("Identifier") ?? [])]) {
    const path = model.getPath(node);
    if (!path || !isReceived(path, received) || isDeclaration(node, received, model)) continue;
    const { parent } = getUsage(node);
    // The object of a longer path is counted there.
    if (parent?.type === "MemberExpression" && parent.object === getUsage(node).node && !isCalled(parent)) continue;
    const kind = inventory.resolve(node)?.kind;
    const found: ReceivedUses = uses.get(path.key) ?? { name: model.sourceCode.getText(node as never), methods: new Set(), writes: [], isMap: kind === "Map" || kind === "Set", isRead: false };
    uses.set(path.key, found);
    recordUse(node, found);
  }
  const posted = new Set(carried.flatMap(({ leaf }) => model.getPath(leaf)?.key ?? []));
  return [...uses].flatMap(([key, { name, methods, writes, isMap, isRead }]): BrokenCopy[] => {
    const [write] = writes;
    const isPassedOn = posted.has(key) || [...posted].some((other) => key.startsWith(`${other}.`) || other.startsWith(`${key}.`));
    if (!write || isRead || isPassedOn || isInHandedOut(key, uses)) return [];
    if (!isMap && ![...methods].some((method) => MAP_ONLY.has(method)) && !writes.some(isOfMap)) return [];
    const map = inventory.resolve((unwrap(write.callee) as TSESTree.MemberExpression).object);
    return [{ kind: "received", name, node: write, reliance: undefined, post: undefined, leaves: [], map, isHeuristic: false }];
  });
}

function isReceived({ root, properties }: Path, received: Received): boolean {
  if (root.kind !== "variable" || !received.has(root.variable)) return false;
  const property = received.get(root.variable);
  return property === undefined || properties[0] === property;
}

/** seen.add(x), hits.set("home", 1): no typed array has the one, or takes a string for the other. */
function isOfMap(write: TSESTree.CallExpression): boolean {
  const [key] = write.arguments;
  return getCalleeName(write) === "add" || key?.type === "TemplateLiteral" || (key?.type === "Literal" && typeof key.value === "string");
}

/** The whole message goes elsewhere, and the map with it. */
function isInHandedOut(key: string, uses: ReadonlyMap<string, ReceivedUses>): boolean {
  return [...uses].some(([other, { isRead }]) => isRead && key.startsWith(`${other}.`));
}

/** const { hits } = workerData declares an alias, and is no use of its own; nor is hits = message.hits, where hits is followed. */
function isDeclaration(node: Node, received: Received, model: FileModel): boolean {
  const { node: use, parent } = getUsage(node);
  switch (parent?.type) {
    case "VariableDeclarator":
    case "ImportSpecifier":
      return true;
    case "AssignmentExpression": {
      const variable = model.getVariable(parent.left);
      return parent.operator === "=" && variable !== undefined && received.has(variable) && (parent.right === use || parent.left === use);
    }
    case "Property":
      return parent.parent.type === "ObjectPattern";
    case "MemberExpression":
      return node.type === "Identifier" && parent.property === node && !parent.computed;
    default:
      return node.type === "Identifier" && isFunction(parent);
  }
}

function isCalled(member: TSESTree.MemberExpression): boolean {
  const { node, parent } = getUsage(member);
  return parent?.type === "CallExpression" && parent.callee === node && /^(?:get|set|add|has|delete|clear|keys|values|entries|forEach)$/.test(getPropertyName(member) ?? "");
}

function recordUse(node: Node, uses: ReceivedUses): void {
  const { parent } = getUsage(node);
  const call = parent?.type === "MemberExpression" ? getUsage(parent).parent : undefined;
  const name = parent?.type === "MemberExpression" ? getPropertyName(parent) : undefined;
  if (call?.type !== "CallExpression" || name === undefined) {
    uses.isRead = true;
    return;
  }
  uses.methods.add(name);
  const isWriting = (name === "set" && call.arguments.length === 2) || (name === "add" && call.arguments.length === 1);
  if (isWriting) uses.writes.push(call);
  else if (name !== "delete" && name !== "clear" && !isFeeding(call, node)) uses.isRead = true;
  const { parent: user } = getUsage(call);
  if ((isWriting || name === "delete") && user?.type !== "ExpressionStatement" && !(user?.type === "ArrowFunctionExpression" && user.body === call)) uses.isRead = true;
}

/** hits.set(k, hits.get(k) + 1): a read for the sake of the next write alone. */
function isFeeding(read: Node, receiver: Node): boolean {
  const text = (node: Node): string => (node.type === "Identifier" ? node.name : node.type === "MemberExpression" ? `${text(node.object)}.${getPropertyName(node) ?? "?"}` : "?");
  const write = findAncestor(read, (node) => (node.type === "CallExpression" && (getCalleeName(node) === "set" || getCalleeName(node) === "add")) || isFunction(node));
  if (write?.type === "CallExpression") {
    const callee = unwrap(write.callee);
    return callee.type === "MemberExpression" && text(unwrap(callee.object)) === text(unwrap(receiver));
  }
  return false;
}

// ---- where things arrive

function findReceived(model: FileModel): Received {
  const found = new Map<Variable, string | undefined>();
  for (const node of model.nodes.get("Identifier") ?? []) {
    const variable = model.getVariable(node);
    // threads.workerData
    if (variable && isImportedFrom(node, /^(?:node:)?worker_threads$/, model)) found.set(variable, variable.name === "workerData" ? undefined : "workerData");
  }
  for (const node of model.nodes.get("CallExpression") ?? []) addListened(node as TSESTree.CallExpression, found, model);
  for (const node of model.nodes.get("AssignmentExpression") ?? []) addHandler(node as TSESTree.AssignmentExpression, found, model);
  addKept(found, model);
  return found;
}

/** parentPort.on("message", (message) => ..), addEventListener("message", (event) => ..), expose({ fill(map) {} }) */
function addListened(call: TSESTree.CallExpression, found: Map<Variable, string | undefined>, model: FileModel): void {
  const callee = unwrap(call.callee);
  const name = getCalleeName(call);
  const [first, second] = call.arguments;
  const isOfMessage = first?.type === "Literal" && first.value === "message";
  if (isOfMessage && second && name === "addEventListener") addParameter(getFunctionNode(second, model), "data", found, model);
  else if (isOfMessage && second && callee.type === "MemberExpression" && /^(?:on|once|addListener)$/.test(name ?? "") && isPortOrProcess(callee.object, model)) addParameter(getFunctionNode(second, model), undefined, found, model);
  else if (first && ((name === "expose" && isImportedFrom(callee, /^(?:comlink|threads(?:\/worker)?)$/, model)) || (name === "worker" && isImportedFrom(callee, /^workerpool$/, model)))) addExposed(unwrap(first), found, model);
}

/** onmessage = (event) => .., worker.onmessage = .. */
function addHandler({ left, right, operator }: TSESTree.AssignmentExpression, found: Map<Variable, string | undefined>, model: FileModel): void {
  const name = left.type === "MemberExpression" ? getPropertyName(left) : left.type === "Identifier" && (model.getVariable(left)?.defs.length ?? 0) === 0 ? left.name : undefined;
  if (operator === "=" && name === "onmessage") addParameter(getFunctionNode(right, model), "data", found, model);
}

function addExposed(exposed: Node, found: Map<Variable, string | undefined>, model: FileModel): void {
  const values = exposed.type === "ObjectExpression" ? exposed.properties.flatMap((property) => (property.type === "Property" ? [property.value as Node] : [])) : [exposed];
  for (const value of values) {
    const fn = getFunctionNode(value, model);
    if (isFunction(fn)) for (const parameter of fn.params) addPattern(parameter, undefined, found, model);
  }
}

function getFunctionNode(expression: Node, model: FileModel): Node | undefined {
  const node = unwrap(expression);
  if (isFunction(node)) return node;
  const variable = model.getVariable(node);
  const definition = variable?.defs[0];
  if (definition?.type === "FunctionName") return definition.node as Node;
  const value = variable && model.getConstantValue(variable);
  return value && isFunction(unwrap(value)) ? unwrap(value) : undefined;
}

function addParameter(fn: Node | undefined, property: string | undefined, found: Map<Variable, string | undefined>, model: FileModel): void {
  if (isFunction(fn) && fn.params[0]) addPattern(fn.params[0], property, found, model);
}

/** (message), ({ hits }), ({ data: { hits } }) */
function addPattern(pattern: Node, property: string | undefined, found: Map<Variable, string | undefined>, model: FileModel): void {
  if (pattern.type === "Identifier") {
    const variable = model.getVariable(pattern);
    if (variable) found.set(variable, property);
  }
  if (pattern.type !== "ObjectPattern") return;
  for (const item of pattern.properties) {
    if (item.type !== "Property" || (property !== undefined && getKeyName(item.key, item.computed) !== property)) continue;
    addPattern(item.value, undefined, found, model);
  }
}

/** let hits; .. hits = message.hits: what is never anything else than received. */
function addKept(found: Map<Variable, string | undefined>, model: FileModel): void {
  for (const node of model.nodes.get("AssignmentExpression") ?? []) {
    const variable = node.type === "AssignmentExpression" ? model.getVariable(node.left) : undefined;
    const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
    if (!variable || found.has(variable) || definition?.type !== "Variable") continue;
    const isAlwaysReceived = variable.references.every((reference) => {
      if (!reference.isWrite()) return true;
      const path = reference.init !== true && reference.writeExpr ? model.getPath(reference.writeExpr as Node) : undefined;
      return path !== undefined && path.properties.length > 0 && isReceived(path, found);
    });
    if (isAlwaysReceived) found.set(variable, undefined);
  }
}

