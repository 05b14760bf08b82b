import type { TSESTree } from "@typescript-eslint/types";
import { findAccess } from "../maps/accesses.js";
import { type Node, getCalleeName, getPropertyName, getUsage, isFunction, isInCatch, unwrap } from "../code/ast.js";
import type { Graph, GraphNode } from "./graph.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import type { FileModel } from "../code/model.js";

/**
 * What goes wrong when a check is acted on too late.
 * - `resource`: two things are opened, and one is never closed
 * - `identity`: entries are changed or compared, and two tasks hold different ones
 * - `refusal`: the check was there to refuse: a quota, a once-only effect, a duplicate
 * - `repeat`: work is done again that somebody may notice
 * - `data`: the same plain data is loaded twice
 */
export type Consequence = "resource" | "identity" | "refusal" | "repeat" | "data";

type CanReach = (from: number, to: number) => boolean;

/** An outcome of a branch. */
interface Outcome {
  readonly id: number;
  readonly outcome: "true" | "false";
}

/** What lives on once it is made, until somebody ends it. */
const LIVE = "Client|Connection|Conn|Session|Socket|Server|Worker|Process|Pool|Channel|Stream|Browser|Page|Transport|Watcher|Subscription|Consumer|Producer|Publisher|Subscriber|Driver|Database|DB|Manager|Service|Engine|Runtime|Container|Room|Lock|Handle|Controller|Agent|Runner|Queue|Emitter|Terminal|Port|Peer|Call|Timer|Host|Thread|Editor|Window|Tab|Panel|Widget|Sandbox|Listener|Tunnel|Bot|Device|Instance";
/** What is on record elsewhere if it was waited for, and may be plain data if not. */
const RECORD = "Context|Provider|Job|Task|Store|Storage|Registry|Repository|Document|Doc|Model|View|Group|Topic|Account|User|Order|Table|Collection|Bucket|Directory|Folder|Node|Environment|Workspace|Project|Adapter|Webhook|Invite|Ticket|Record|Game|Player";
const MAKE = "create|make|build|new|init|initiali[sz]e|setup|set[Uu]p|instantiate|bind|get(?:Or)?Create|add";
/** connect(), spawnWorker(): what they give has to be ended by somebody. */
const RESOURCE_CALL = /^[$#_]*(?:open|connect|spawn|launch|start|fork|listen|subscribe|acquire|register|establish|join|watch|mount|checkout|login|reserve|allocate|provision|boot|attach|dial|getConnection|getClient)(?![a-z])/;
/** createClient() makes a resource; createHash() and buildResolver() make plain values. */
const CREATION_CALL = new RegExp(`^[$#_]*(?:${MAKE})\\w*(?:${LIVE})(?:[A-Z]\\w*|s)?$`);
/** await createUser() */
const RECORDING_CALL = new RegExp(`^[$#_]*(?:${MAKE})\\w*(?:${RECORD})(?:[A-Z]\\w*|s)?$`);
const LIVE_CLASS = new RegExp(`(?:${LIVE})$`);
const RECORD_CLASS = new RegExp(`(?:${RECORD})$`);
const RESOURCE_FACTORY = new RegExp(`(?:${LIVE}|${RECORD})s?(?:Factory|Builder)?$`, "i");
/** client.connect(), doc.on("update", ..): what was made is at work from then on. */
const ACTIVATION = /^(?:start|init|initiali[sz]e|connect|on|once|listen|open|register|subscribe|activate|run|launch|attach|addEventListener|setup)$/;
/** Calls that are felt elsewhere. */
const EFFECT_CALL = /^[$#_]*(?:send|notify|emit|publish|post|save|insert|create|delete|remove|start|stop|register|enqueue|dispatch|trigger|fire|deliver|broadcast|charge|pay|commit|upload|install|deploy|schedule|spawn|migrate|show|open|close|connect|kill|ack|reply|respond|transfer|redeem|claim|grant|invite|join|subscribe|play|launch|submit|drop|destroy|refund|book|purchase|email|sms|alert|mutate|persist|flush|archive|provision|allocate|announce|forward|spend|debit|credit|issue|consume|write)(?![a-z])/;
/** Calls that reach somebody outside. */
const OUTWARD_CALL = /^[$#_]*(?:send|notify|publish|deliver|broadcast|charge|pay|transfer|redeem|claim|grant|invite|email|sms|alert|refund|book|purchase|debit|credit|spend|submit|insert|reply|respond|announce|enqueue|post|show\w*(?:Message|Notification|Warning|Error|Information|Dialog|Toast|Prompt))(?![a-z])/;
/** Calls that only look. What else the task waits for may be felt elsewhere. */
const READING_CALL = /^[$#_]*(?:get|find|fetch|load|read|resolve|require|import|stat|lstat|lookup|look|query|select|list|has|is|can|check|parse|to|from|format|compute|calculate|hash|digest|normalize|exists|access|realpath|detect|discover|scan|search|count|validate|verify|decode|encode|decrypt|serialize|deserialize|sleep|delay|wait|when|ready|tick|next|then|catch|finally|all|allSettled|race|any|text|json|blob|arrayBuffer|download|request|collect|retrieve|lookupOrLoad|compile|transform|generate|build|pull|peek|match|test|ensure|cached|memo|memoize|describe|inspect|probe|ping|measure|estimate|render|evaluate|open|glob|walk|sniff|infer|locate|pick|choose|prompt|ask)(?![a-z])|(?:Exists|Exist|Available|Ready|Found|Valid|Enabled|Supported|Installed|Needed)$/;
const DISPOSE = /^(?:close|destroy|dispose|end|kill|terminate|disconnect|stop|shutdown|unsubscribe|release|abort|cancel|quit|unref|detach|teardown|free|\[Symbol\.dispose\])$/;
const MUTATE = /^(?:push|unshift|splice|add|set|delete|append|pop|shift|increment|decrement|emit|send|write)$/;

/** Classifies the consequence for one stale check and the write that acts on it. */
export function findConsequence(graph: Graph, read: GraphNode, write: GraphNode, controllers: readonly Outcome[], model: FileModel, inventory: Inventory, canReach: CanReach): Consequence {
  if (write.event.type !== "write") return "data";
  const { map } = write.event;
  if (read.event.type === "read" && (read.event.operation === "size" || read.event.operation === "iterate")) return "refusal";
  const source = findSource(write.event.value.node, model);
  if (source && isResource(source, model)) return "resource";
  // e.size = await measure(e): it is the field that is written twice, not the entry.
  const isEntry = write.event.field === undefined;
  if (isEntry && hasDisposedEntries(map, model, inventory)) return "resource";
  const refusals = controllers.flatMap((controller) => findFirstWayOut(graph, getOtherSide(graph, controller)) ?? []);
  const isRefused = !isFailureNoted(write) && refusals.some((out) => out === "throw" || !isHandedOut(out, map, inventory));
  if (isRefused && (isFelt(refusals, graph, write, model) || hasEffect(graph, read, write, isOutwardEffect, canReach))) return "refusal";
  if (isEntry && hasMutatedEntries(map, model, inventory)) return "identity";
  return isRefused && hasEffect(graph, read, write, (name, node) => isEffect(name, node, source), canReach) ? "repeat" : "data";
}

/** catch { failed.add(k) }, catch { note(k) }: a failure is remembered, nothing was done. */
function isFailureNoted({ event, stack }: GraphNode): boolean {
  const info = stack.at(-1)!;
  return isInCatch(event.node) || (info.calls.length > 0 && info.calls.every(isInCatch));
}

/** Whether anybody notices that the check did not refuse: it throws, or answers otherwise than the write. */
function isFelt(refusals: readonly ("throw" | Node)[], graph: Graph, write: GraphNode, model: FileModel): boolean {
  const stored = write.event.type === "write" ? write.event.value.node : undefined;
  const answer = getAnswer(findFirstWayOut(graph, [write.id]), stored, model);
  return refusals.some((out) => {
    if (out === "throw") return true;
    const refusal = getAnswer(out, undefined, model);
    if (refusal === undefined || answer === undefined) return false;
    // It is there already: true, or nothing.
    return answer === "entry" ? refusal === "false" || refusal === "null" : refusal !== answer;
  });
}

/** What a return hands out, if that is a constant, or `entry`: if (m.has(k)) return false; .. m.set(k, v); return v */
function getAnswer(out: "throw" | Node | undefined, stored: Node | undefined, model: FileModel): string | undefined {
  if (out === "throw") return undefined;
  const argument = out?.type === "ReturnStatement" ? out.argument : out;
  if (!argument) return "undefined";
  const value = unwrap(argument);
  if (value.type === "Literal") return value.raw;
  if (value.type !== "Identifier") return undefined;
  if (value.name === "undefined") return "undefined";
  const variable = model.getVariable(value);
  const isStored = stored?.type === "Identifier" && variable !== undefined && variable === model.getVariable(stored);
  return isStored ? "entry" : undefined;
}

/** Whether the function that looks does something of a kind after the look: up to the write or behind it. */
function hasEffect(graph: Graph, read: GraphNode, write: GraphNode, isOfKind: (name: string, node: Node) => boolean, canReach: CanReach): boolean {
  const depth = read.stack.length - 1;
  return graph.nodes.some(({ id, event, stack }) => id > read.id && event.type === "call" && stack[depth] === read.stack[depth] && isOfKind(event.name, event.node) && (canReach(id, write.id) || canReach(write.id, id)));
}

/** notify(user), charge(card): somebody outside gets it, and would get it twice. */
function isOutwardEffect(name: string): boolean {
  return OUTWARD_CALL.test(name);
}

function isEffect(name: string, node: Node, source: Node | undefined): boolean {
  if (EFFECT_CALL.test(name)) return true;
  return node !== source && getUsage(node).parent?.type === "AwaitExpression" && !READING_CALL.test(name);
}

/** load(k).then((v) => m.set(k, v)); store(k, await load(k)) */
function isLoadedParameter(node: TSESTree.Identifier, model: FileModel, depth: number): boolean {
  const definition = model.getVariable(node)?.defs[0];
  const fn = definition?.node as Node | undefined;
  const info = fn && model.getFunction(fn);
  if (!definition || !info) return false;
  const { node: outer, parent } = getUsage(info.node);
  if (parent?.type === "CallExpression" && parent.callee !== outer) return /^(?:then|finally|catch)$/.test(getCalleeName(parent) ?? "") || !model.getEnclosing(info.node)?.node.async;
  const index = info.node.params.findIndex((parameter) => parameter === (definition.name as Node));
  return index >= 0 && info.calls.some((call) => isLoaded(call.arguments[index], model, depth + 1));
}

/** Whether what is stored was waited for, or may have been: `await load(k)`, what `.then` hands over, a parameter. */
export function isLoaded(value: Node | undefined, model: FileModel, depth = 0): boolean {
  if (!value || depth > 9) return false;
  const node = unwrap(value);
  switch (node.type) {
    case "AwaitExpression":
      return true;
    case "Identifier": {
      const variable = model.getVariable(node);
      if (variable?.defs[0]?.type === "Parameter") return isLoadedParameter(node, model, depth);
      return (variable?.references ?? []).some((reference) => reference.isWrite() && reference.writeExpr !== node && isLoaded(reference.writeExpr as Node | undefined, model, depth + 1));
    }
    case "NewExpression":
    case "CallExpression":
      return isLoaded(node.callee, model, depth + 1) || node.arguments.some((argument) => isLoaded(argument.type === "SpreadElement" ? argument.argument : argument, model, depth + 1));
    case "MemberExpression":
      return isLoaded(node.object, model, depth + 1);
    case "ObjectExpression":
      return node.properties.some((property) => isLoaded(property.type === "Property" ? property.value : property.argument, model, depth + 1));
    case "ArrayExpression":
      return node.elements.some((element) => element !== null && isLoaded(element.type === "SpreadElement" ? element.argument : element, model, depth + 1));
    case "TemplateLiteral":
      return node.expressions.some((part) => isLoaded(part, model, depth + 1));
    case "LogicalExpression":
    case "BinaryExpression":
      return isLoaded(node.right, model, depth + 1) || (node.left.type !== "PrivateIdentifier" && isLoaded(node.left, model, depth + 1));
    case "ConditionalExpression":
      return isLoaded(node.consequent, model, depth + 1) || isLoaded(node.alternate, model, depth + 1);
    default:
      return false;
  }
}

/** The call or construction that a stored value comes from, through `await`, copies and `{ conn }` wrappers. */
export function findSource(node: Node | undefined, model: FileModel, depth = 0): Node | undefined {
  if (!node || depth > 6) return undefined;
  const value = unwrap(node);
  switch (value.type) {
    case "AwaitExpression":
      return findSource(value.argument, model, depth + 1);
    case "LogicalExpression":
      return findSource(value.right, model, depth + 1);
    case "ConditionalExpression":
      return findSource(value.alternate, model, depth + 1) ?? findSource(value.consequent, model, depth + 1);
    case "CallExpression":
    case "NewExpression":
      return value;
    case "ObjectExpression":
      for (const property of value.properties) {
        const source = property.type === "Property" ? findSource(property.value, model, depth + 1) : undefined;
        if (source && isResource(source, model)) return source;
      }
      return undefined;
    case "Identifier":
      return findSourceOfVariable(value, model, depth);
    default:
      return undefined;
  }
}

function findSourceOfVariable(node: TSESTree.Identifier, model: FileModel, depth: number): Node | undefined {
  const variable = model.getVariable(node);
  let found: Node | undefined;
  for (const reference of variable?.references ?? []) {
    const written = reference.isWrite() ? (reference.writeExpr as Node | null | undefined) : undefined;
    const source = written && written !== node ? findSource(written, model, depth + 1) : undefined;
    if (source && (!found || isResource(source, model))) found = source;
  }
  return found ?? findSourceOfParameter(node, model, depth);
}

/** store(k, c) called with a connection, connect(k).then((c) => ..) */
function findSourceOfParameter(node: TSESTree.Identifier, model: FileModel, depth: number): Node | undefined {
  const definition = model.getVariable(node)?.defs[0];
  const info = definition?.type === "Parameter" ? model.getFunction(definition.node as Node) : undefined;
  const index = info?.node.params.findIndex((parameter) => parameter === (definition?.name as Node)) ?? -1;
  if (!info || index < 0) return undefined;
  const { node: callback, parent: chain } = getUsage(info.node);
  if (chain?.type === "CallExpression" && chain.callee.type === "MemberExpression" && getCalleeName(chain) === "then" && chain.arguments[0] === callback) return findSource(chain.callee.object, model, depth + 1);
  const sources = info.calls.flatMap((call) => findSource(call.arguments[index], model, depth + 1) ?? []);
  return sources.find((source) => isResource(source, model)) ?? sources[0];
}

/** Whether what a call or construction gives has to be ended by somebody. */
export function isResource(source: Node, model: FileModel): boolean {
  if (source.type !== "CallExpression" && source.type !== "NewExpression") return false;
  const name = getCalleeName(source);
  if (name === undefined) return false;
  if (source.type === "NewExpression") return LIVE_CLASS.test(name) || (RECORD_CLASS.test(name) && isActivated(source, model));
  // [a, b].join(" "), path.join(a, b)
  if (name === "join" && getUsage(source).parent?.type !== "AwaitExpression") return false;
  if (RECORDING_CALL.test(name)) return getUsage(source).parent?.type === "AwaitExpression";
  return RESOURCE_CALL.test(name) || CREATION_CALL.test(name) || (/^(?:create|open|new|make|build)$/.test(name) && isResourceFactory(source));
}

/** const doc = new Doc(); doc.on("update", ..) */
function isActivated(source: Node, model: FileModel): boolean {
  const { parent } = getUsage(source);
  const name = parent?.type === "VariableDeclarator" ? parent.id : parent?.type === "AssignmentExpression" ? parent.left : undefined;
  const variable = name?.type === "Identifier" ? model.getVariable(name) : undefined;
  return (variable?.references ?? []).some((reference) => {
    const member = (reference.identifier as Node).parent;
    return member?.type === "MemberExpression" && member.object === reference.identifier && member.parent.type === "CallExpression" && member.parent.callee === member && ACTIVATION.test(getPropertyName(member) ?? "");
  });
}

/** Client.create(), poolFactory.make(): the receiver says what is made. */
function isResourceFactory(call: TSESTree.CallExpression): boolean {
  const callee = unwrap(call.callee);
  const object = callee.type === "MemberExpression" ? unwrap(callee.object) : callee;
  const name = object.type === "Identifier" ? object.name : object.type === "MemberExpression" ? (getPropertyName(object) ?? "") : "";
  return RESOURCE_FACTORY.test(name);
}

function getOtherSide(graph: Graph, { id, outcome }: Outcome): number[] {
  const other = outcome === "true" ? "false" : "true";
  return graph.nodes[id]!.edges.filter((edge) => edge.kind === other).map((edge) => edge.to);
}

/** Straight on to the first way out: what is thrown, or the node that returns. */
function findFirstWayOut(graph: Graph, starts: readonly number[]): "throw" | Node | undefined {
  for (const start of starts) {
    for (let id: number | undefined = start, steps = 0; id !== undefined && steps < 12; steps++) {
      const node: GraphNode = graph.nodes[id]!;
      const { event } = node;
      if (event.type === "call" && (event.name === "throw" || isErrorAnswer(event.node))) return "throw";
      if (event.type === "assign" && "returns" in event.name) return event.node;
      if (event.type === "exit" || event.type === "suspend" || event.type === "branch" || (event.type === "write" && id !== start)) break;
      const forward: readonly { readonly to: number }[] = node.edges.filter((edge) => edge.kind !== "throw");
      id = forward.length === 1 ? forward[0]!.to : undefined;
    }
  }
  return undefined;
}

/** res.status(409), c.json({ error }, 429), new Response(text, { status: 400 }): whoever asked is told that it was refused. */
function isErrorAnswer(node: Node): boolean {
  if (node.type !== "CallExpression" && node.type !== "NewExpression") return false;
  const isStatus = (value: Node): boolean => value.type === "Literal" && typeof value.value === "number" && Number.isInteger(value.value) && value.value >= 400 && value.value < 600;
  const isGiven = (argument: Node): boolean => isStatus(argument) || (argument.type === "ObjectExpression" && argument.properties.some((property) => property.type === "Property" && property.key.type === "Identifier" && /^status(?:Code)?$/.test(property.key.name) && isStatus(property.value)));
  return /^(?:status|sendStatus|writeHead|json|text|body|send|error|code|Response|\w*Error\w*|redirect|html)$/.test(getCalleeName(node) ?? "") && node.arguments.some(isGiven);
}

/** return m.get(k), return entry.value: the caller gets what is there. */
function isHandedOut(node: Node, map: MapEntity, inventory: Inventory): boolean {
  const argument = node.type === "ReturnStatement" ? node.argument : node;
  if (!argument) return false;
  const value = unwrap(argument);
  if (value.type === "Literal" || (value.type === "Identifier" && value.name === "undefined")) return false;
  if (value.type === "CallExpression" && findAccess(value, inventory)?.map !== map && value.arguments.every((item) => item.type === "Literal")) {
    return !/^(?:reject|json|status|send|end|fail|error)$/i.test(getCalleeName(value) ?? "");
  }
  return value.type !== "UnaryExpression" && value.type !== "ObjectExpression";
}

/** Whether entries of the map are closed somewhere in the file. */
export function hasDisposedEntries(map: MapEntity, model: FileModel, inventory: Inventory): boolean {
  return getFileUses(model, inventory).disposed.has(map);
}

/** Whether entries of the map are changed somewhere in the file. */
export function hasMutatedEntries(map: MapEntity, model: FileModel, inventory: Inventory): boolean {
  return getFileUses(model, inventory).mutated.has(map);
}

interface EntryUses {
  readonly disposed: ReadonlySet<MapEntity>;
  readonly mutated: ReadonlySet<MapEntity>;
}

const uses = new WeakMap<FileModel, EntryUses>();

/** Which maps have entries that are closed or changed, anywhere in the file. */
function getFileUses(model: FileModel, inventory: Inventory): EntryUses {
  const known = uses.get(model);
  if (known) return known;
  const disposed = new Set<MapEntity>();
  const mutated = new Set<MapEntity>();
  for (const node of model.nodes.get("CallExpression") ?? []) {
    const call = node as TSESTree.CallExpression;
    const callee = unwrap(call.callee);
    if (callee.type !== "MemberExpression") continue;
    const name = getPropertyName(callee);
    if (name === undefined || !(DISPOSE.test(name) || MUTATE.test(name))) continue;
    const map = findMapOfEntry(callee.object, model, inventory);
    if (map) (DISPOSE.test(name) ? disposed : mutated).add(map);
  }
  const targets = [
    ...(model.nodes.get("AssignmentExpression") ?? []).map((node) => (node as TSESTree.AssignmentExpression).left),
    ...(model.nodes.get("UpdateExpression") ?? []).map((node) => (node as TSESTree.UpdateExpression).argument),
  ];
  for (const node of targets) {
    const target = unwrap(node);
    const map = target.type === "MemberExpression" ? findMapOfEntry(target.object, model, inventory) : undefined;
    if (map && inventory.resolve(target.type === "MemberExpression" ? target.object : target) !== map) mutated.add(map);
  }
  const found = { disposed, mutated };
  uses.set(model, found);
  return found;
}

/** The map whose entry an expression is: `m.get(k)`, `conn` of `for (const [, conn] of m)`, `e.conn` of such an entry. */
export function findMapOfEntry(expression: Node, model: FileModel, inventory: Inventory, depth = 0): MapEntity | undefined {
  if (depth > 4) return undefined;
  const node = unwrap(expression);
  const access = findAccess(node, inventory);
  if (access?.operation === "get" && access.map.kind !== "slot") return access.map;
  if (node.type === "MemberExpression") return inventory.resolve(node) ? undefined : findMapOfEntry(node.object, model, inventory, depth + 1);
  if (node.type === "AwaitExpression") return findMapOfEntry(node.argument, model, inventory, depth + 1);
  if (node.type === "LogicalExpression") return findMapOfEntry(node.left, model, inventory, depth + 1);
  if (node.type !== "Identifier" || inventory.resolve(node)) return undefined;
  const variable = model.getVariable(node);
  const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
  if (!definition) return undefined;
  if (definition.type === "Parameter") return findMapOfForEach(definition.node as Node, definition.name as Node, inventory);
  if (definition.type !== "Variable") return undefined;
  const declarator = definition.node as TSESTree.VariableDeclarator;
  if (declarator.init) return declarator.id.type === "Identifier" ? findMapOfEntry(declarator.init, model, inventory, depth + 1) : undefined;
  const loop = declarator.parent.parent;
  if (loop.type !== "ForOfStatement" || loop.left !== declarator.parent) return undefined;
  return findMapOfIteration(loop.right, inventory);
}

/** m.forEach((entry) => ..), Object.entries(d).map(([k, entry]) => ..) */
function findMapOfForEach(fn: Node, parameter: Node, inventory: Inventory): MapEntity | undefined {
  const first = isFunction(fn) ? fn.params[0] : undefined;
  if (first !== parameter && !(first?.type === "ArrayPattern" && first.elements[1] === parameter)) return undefined;
  const { node, parent } = getUsage(fn);
  if (parent?.type !== "CallExpression" || parent.callee === node || parent.callee.type !== "MemberExpression") return undefined;
  const name = getCalleeName(parent);
  if (name === "forEach" && first === parameter) return findMapOfIteration(parent.callee.object, inventory);
  return name !== undefined && /^(?:forEach|map|flatMap)$/.test(name) ? findMapOfCopy(parent.callee.object, inventory) : undefined;
}

/** `Object.entries(d)`, `[...m.values()]` */
function findMapOfCopy(list: Node, inventory: Inventory): MapEntity | undefined {
  return inventory.resolve(list) ? undefined : findMapOfIteration(list, inventory);
}

/** `m`, `m.values()`, `[...m.values()]`, `Object.values(d)`, `Array.from(m.values())` */
export function findMapOfIteration(expression: Node, inventory: Inventory): MapEntity | undefined {
  const node = unwrap(expression);
  if (node.type === "ArrayExpression") {
    const [element] = node.elements;
    return node.elements.length === 1 && element?.type === "SpreadElement" ? findMapOfIteration(element.argument, inventory) : undefined;
  }
  const access = findAccess(node, inventory);
  if (access?.operation === "iterate") return access.map;
  if (node.type === "CallExpression" && getCalleeName(node) === "from" && node.arguments[0]) return findMapOfIteration(node.arguments[0], inventory);
  return inventory.resolve(node);
}
