import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion, isRemoval, isWrite } from "./accesses.js";
import { type Node, type Variable, findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isInside, unwrap } from "./ast.js";
import { findMapOfIteration } from "./consequence.js";
import type { Flow } from "./flow.js";
import type { GraphNode } from "./graph.js";
import { lazily } from "./guard.js";
import type { Inventory, MapEntity } from "./inventory.js";
import { getKeyTerm } from "./keys.js";
import type { FileModel, FunctionInfo } from "./model.js";
import { getNamedFunction } from "./naming.js";
import { isPublic, type Sharing } from "./sharing.js";
import type { PlacedAccess, Summaries } from "./summaries.js";
import { getTiming } from "./suspension.js";

/** A map that outlives one call and is written by functions. */
export interface SharedMutable {
  readonly map: MapEntity;
  /** The function that writes it. */
  readonly writer: string;
  /** Why it is shared, in words. */
  readonly lifetime: string;
}

/** A long-lived map that only grows. */
export interface UnboundedMap {
  readonly map: MapEntity;
  readonly insertion: PlacedAccess;
  /** As the source writes the key. */
  readonly key: string;
  /** Where keys come from: who calls the function, or a generator of unique ones; objects that are kept alive; a map that is declared as weak. */
  readonly origin: "caller" | "fresh" | "object" | "weak";
  readonly lifetime: string;
  /** Another map of the same keys from which entries are removed. */
  readonly sibling: PlacedAccess | undefined;
}

/** `function f(m) { m = new Map() }`: the caller keeps the old one. */
export interface ParameterReassignment {
  readonly map: MapEntity;
  readonly node: TSESTree.AssignmentExpression;
  readonly function: FunctionInfo;
}

/** A use of a map on a way on which nothing has created it. */
export interface UninitializedUse {
  readonly map: MapEntity;
  readonly node: Node;
  /** `never`: nothing in the file creates it. `path`: one way leads past its creation. */
  readonly kind: "never" | "path";
}

export interface Lifecycle {
  getSharedMutable(): readonly SharedMutable[];
  getUnbounded(): readonly UnboundedMap[];
  getParameterReassignments(): readonly ParameterReassignment[];
  getUninitialized(): readonly UninitializedUse[];
}

export interface LifecycleContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
  getFlows(): readonly Flow[];
}

/** How the maps of a file come to be, grow and end. */
export function createLifecycle(context: LifecycleContext): Lifecycle {
  return {
    getSharedMutable: lazily(() => findSharedMutable(context), []),
    getUnbounded: lazily(() => findUnbounded(context), []),
    getParameterReassignments: lazily(() => findParameterReassignments(context), []),
    getUninitialized: lazily(() => findUninitialized(context), []),
  };
}

// ---- shared and mutable

function findSharedMutable({ inventory, summaries, sharing }: LifecycleContext): SharedMutable[] {
  return inventory.maps.flatMap((map) => {
    if (map.parent || map.home === "parameter" || map.initializers.length === 0) return [];
    const lifetime = sharing.getLifetime(map);
    const write = summaries.getAccesses(map).find((access) => isWrite(access.operation) && access.function && access.function.name !== "constructor");
    if (lifetime.level === "none" || !write?.function) return [];
    return [{ map, writer: getNamedFunction(write.function).name, lifetime: lifetime.reason }];
  });
}

// ---- maps that only grow

/** Made for one piece of work, and gone with it. */
const SHORT_LIVED_CLASS = /(?:Builder|Parser|Lexer|Scanner|Visitor|Walker|Traverser|Printer|Writer|Reader|Formatter|Serializer|Encoder|Decoder|Compiler|Transformer|Transform|Generator|Iterator|Collector|Context|Scope|Request|Response|Query|Command|Result|Options|Config|Test|Spec|Fixture|Migration|Error|Event|Node|Element|Graph|Tree|Set|Map|Schema|Diff|Snapshot|State|Program|Module|Chunk|Plan|Step|Analyzer|Checker|Linker|Loader|Bundler|Bundle|Emitter)(?:Impl|Base|V\d)?$/;
/** What has a beginning and an end is there for a while. */
const LIFE_METHOD = /^(?:close|dispose|destroy|shutdown|stop|disconnect|terminate|listen|start|onModuleDestroy)(?:All|Async)?$/;
const FACTORY = /^_?(?:create|make|define|start|open|setup)[A-Z]/;
const REGISTRATION = /^(?:register|define|declare|install|configure|use|mount|addPlugin|addHandler|addRoute|addCommand|addType|addProvider|addExtension|addListener|addMiddleware|loadConfig|loadAll|load|init\w*|setup\w*|bind\w*|on|once|subscribe|build\w*|parse\w*|compile\w*|visit\w*|transform\w*|collect\w*|discover\w*|scan\w*|index\w*|populate\w*|seed\w*|generate\w*|analy[sz]e\w*|traverse\w*|walk\w*|import\w*|extend|alias|setTranslations|addTranslations|rehydrate\w*|hydrate\w*|deserialize\w*|fromJSON)$|^(?:un)?register[A-Z]/;
const OPEN_KEY = /(?:ids?|uuid|guid|key|token|nonce|ur[il]|ip|addr(?:ess)?|hash|email|user|client|session|socket|request|message|msg|query|sql|prompt|handle|peer|page|document|doc|terminal|task|job|room|conversation|thread|connection|path)$/i;
const CLOSED_KEY = /(?:^|\b|_)(?:type|kind|locale|lang(?:uage)?|level|event(?:Name)?|method|theme|ext(?:ension)?|version|command|env|mode|status|category|model|field|column|table|plugin|role|state|feature|flag|code|symbol|node|scheme|protocol|platform|arch|unit|format|scope|variant|providerId|pluginId|modelId|typeId|commandId|extensionId|toolId|ruleId|eventId|themeId|localeId|languageId|fieldId)$/i;

function findUnbounded(context: LifecycleContext): UnboundedMap[] {
  return context.inventory.maps.flatMap((map) => {
    const found = findGrowth(map, context);
    return found ? [found] : [];
  });
}

function findGrowth(map: MapEntity, context: LifecycleContext): UnboundedMap | undefined {
  if (map.parent || map.initializers.length === 0 || (map.kind !== "Map" && map.kind !== "Set" && map.kind !== "dictionary")) return undefined;
  const { summaries, sharing, model } = context;
  const accesses = summaries.getAccesses(map);
  const lifetime = sharing.getLifetime(map);
  if (lifetime.level === "none" || (map.home === "local" && !isOfFactory(map, context))) return undefined;
  const describeKey = (key: Node): string => shorten(model.sourceCode.getText(unwrap(key) as never).replace(/\s+/g, " "));
  const base = { map, lifetime: lifetime.reason, sibling: undefined };
  if (isMeantWeak(map)) {
    const insertion = accesses.find((access) => isInsertion(access.operation) && access.key);
    return insertion && { ...base, insertion, key: describeKey(insertion.key!), origin: "weak" };
  }
  if (accesses.some((access) => (isRemoval(access.operation) && !isMaking(access)) || isEmptied(access)) || isCapped(accesses) || isRemovedElsewhere(map, context)) return undefined;
  const forgotten = findForgetfulRemoval(map, accesses, context);
  const isEvident = forgotten !== undefined || isLongLived(map, context);
  if (!isEvident || isHandedOut(map, context)) return undefined;
  for (const access of accesses) {
    const info = access.function;
    if (!isInsertion(access.operation) || !info || !access.key) continue;
    if (isInstanceKept(access)) return { ...base, insertion: access, key: describeKey(access.key), origin: "object" };
    if (isSetUp(info) && !forgotten) continue;
    const origin = getOrigin(access.key, context, 0);
    if (isVisibleOutside(map) && origin !== "fresh") continue;
    if (map.kind === "Map" && map.home === "module" && origin === "caller" && isObjectKey(access, context)) return { ...base, insertion: access, key: describeKey(access.key), origin: "object" };
    if ((origin !== "caller" && origin !== "fresh") || !(forgotten ?? isOpenKey(access.key, map, origin))) continue;
    return { ...base, insertion: access, key: describeKey(access.key), origin, sibling: findSibling(map, access, context) };
  }
  return undefined;
}

function shorten(text: string): string {
  const plain = text.replaceAll("`", "'");
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
}

/** pages: WeakMap<Page, Context> = new Map() */
function isMeantWeak(map: MapEntity): boolean {
  const type = map.annotation?.type === "TSTypeReference" && map.annotation.typeName.type === "Identifier" ? map.annotation.typeName.name : undefined;
  return (type === "WeakMap" || type === "WeakSet") && map.initializers.every((value) => value.type === "NewExpression" && value.callee.type === "Identifier" && (value.callee.name === "Map" || value.callee.name === "Set"));
}

const REMOVAL_NAME = /^_?#?(?:remove|delete|close|dispose|destroy|unregister|unsubscribe|disconnect|release|free|kill|terminate|drop|forget|evict|end|cancel)(?![a-z])/;

/** close(id) { this.conns.get(id).close(); }: it ends the entry, and leaves it in the map. */
function findForgetfulRemoval(map: MapEntity, accesses: readonly PlacedAccess[], { model }: LifecycleContext): PlacedAccess | undefined {
  return accesses.find((access) => {
    const info = access.function;
    if ((access.operation !== "get" && access.operation !== "has") || !info || !REMOVAL_NAME.test(info.name) || info.name === "endsWith") return false;
    const key = access.key && model.getVariable(unwrap(access.key));
    return key?.defs[0]?.type === "Parameter" && key.defs[0].node === (info.node as never);
  });
}

/** cache.set(block, ..) with block.content read beside it: an object is kept for as long as the module. */
function isObjectKey(access: PlacedAccess, { model }: LifecycleContext): boolean {
  const key = access.key && unwrap(access.key);
  const variable = key && model.getVariable(key);
  const annotation = (variable?.identifiers[0] as TSESTree.Identifier | undefined)?.typeAnnotation?.typeAnnotation;
  if (variable?.defs[0]?.type !== "Parameter" || annotation?.type !== "TSTypeReference") return false;
  return variable.references.some((reference) => {
    const member = (reference.identifier as Node).parent;
    return member?.type === "MemberExpression" && member.object === reference.identifier && !(member.parent.type === "CallExpression" && member.parent.callee === member) && getPropertyName(member) !== "length";
  });
}

/** static all = new Set(); constructor() { Thing.all.add(this) }: every instance, for as long as the program runs. */
function isInstanceKept({ map, key, operation }: PlacedAccess): boolean {
  const isOfAll = map.home === "static" || map.home === "module";
  return isOfAll && (operation === "add" || operation === "set") && key !== undefined && unwrap(key).type === "ThisExpression";
}

function isMaking(access: PlacedAccess): boolean {
  // In a constructor, or in function Changes() { this.listeners = {} }
  return access.function === undefined || access.function.name === "constructor" || access.function.node === access.map.owner?.node;
}

/** d[k] = undefined */
function isEmptied({ operation, value }: PlacedAccess): boolean {
  const stored = operation === "set" && value ? unwrap(value) : undefined;
  return (stored?.type === "Identifier" && stored.name === "undefined") || (stored?.type === "Literal" && stored.value === null);
}

/** this.connection.sessions.delete(id), in another class of the file */
function isRemovedElsewhere(map: MapEntity, { model }: LifecycleContext): boolean {
  const name = map.path.properties.at(-1);
  if (name === undefined) return false;
  return (model.nodes.get("CallExpression") ?? []).some((node) => {
    const callee = unwrap((node as TSESTree.CallExpression).callee);
    if (callee.type !== "MemberExpression" || !/^(?:delete|clear)$/.test(getPropertyName(callee) ?? "")) return false;
    const object = unwrap(callee.object);
    return object.type === "MemberExpression" && getPropertyName(object) === name && unwrap(object.object).type !== "ThisExpression";
  });
}

/** const cache = new Map(); in createClient(), which hands out functions that use it. */
function isOfFactory(map: MapEntity, { model }: LifecycleContext): boolean {
  const scope = model.getEnclosing(map.declaration);
  return scope !== undefined && FACTORY.test(scope.name);
}

/** A module's map, or a field of something that the file makes once or that is called like a service. */
function isLongLived(map: MapEntity, { model }: LifecycleContext): boolean {
  if (map.home !== "field") return true;
  const { owner } = map;
  if (!owner) return false;
  const isExported = /^Export/.test(owner.node.parent?.type ?? "");
  if ((isExported && !SHORT_LIVED_CLASS.test(owner.name)) || [...owner.methods.keys()].some((name) => LIFE_METHOD.test(name))) return true;
  // export const hub = new Hub()
  return (model.nodes.get("NewExpression") ?? []).some((node) => node.type === "NewExpression" && node.callee.type === "Identifier" && node.callee.name === owner.name && model.getEnclosing(node) === undefined);
}

/** Registration and building fill a map once. */
function isSetUp(info: FunctionInfo): boolean {
  for (let at: FunctionInfo | undefined = info; at; at = at.parent) {
    if (at.name === "constructor" || REGISTRATION.test(at.name)) return true;
  }
  return false;
}

/** if (m.size >= max): somebody thought of it. */
function isCapped(accesses: readonly PlacedAccess[]): boolean {
  return accesses.some((access) => access.operation === "size" && /^(?:BinaryExpression|CallExpression)$/.test(getUsage(access.node).parent?.type ?? ""));
}

/** Whether something else gets the map, and can remove entries. */
function isHandedOut(map: MapEntity, { model, inventory, summaries }: LifecycleContext): boolean {
  const uses = map.path.root.kind === "variable" && map.path.properties.length === 0 ? (map.variable?.references.map((reference) => reference.identifier as Node) ?? []) : (model.nodes.get("MemberExpression") ?? []).filter((node) => model.getPath(node)?.key === map.key);
  return uses.some((use) => {
    const { node, parent } = getUsage(use);
    switch (parent?.type) {
      case "CallExpression":
      case "NewExpression": {
        // A function of this file that only reads.
        const callee = model.getCallee(parent);
        if (callee && summaries.get(callee).writes.size === 0) return false;
        // f(map), but not new Set(map) or Object.keys(map)
        return parent.callee !== node && !(parent.type === "NewExpression" && inventory.resolve(parent) === undefined && /^(?:Set|Map)$/.test(getCalleeName(parent) ?? "")) && findMapOfIteration(parent, inventory) === undefined && !/^(?:from|keys|values|entries|stringify|hasOwn|freeze|log|isArray)$/.test(getCalleeName(parent) ?? "");
      }
      case "ReturnStatement":
      case "ArrowFunctionExpression":
      case "Property":
      case "ExportSpecifier":
      case "ExportDefaultDeclaration":
      case "ArrayExpression":
        return true;
      case "AssignmentExpression":
        return parent.right === node;
      default:
        return false;
    }
  });
}

function isVisibleOutside(map: MapEntity): boolean {
  const { declaration } = map;
  if (declaration.type === "VariableDeclarator") return declaration.parent.parent?.type === "ExportNamedDeclaration";
  if (map.home === "module") return map.path.properties.length > 0;
  const name = map.path.properties.at(-1) ?? "";
  if (name.startsWith("#") || name.startsWith("_")) return map.path.properties.length > 1 && !name.startsWith("#");
  if (declaration.type === "PropertyDefinition") return declaration.accessibility !== "private" && declaration.accessibility !== "protected";
  return true;
}

type Origin = "caller" | "fresh" | "fixed" | "unknown";

/** Where a key's value comes from. */
function getOrigin(expression: Node, context: LifecycleContext, depth: number): Origin {
  const node = unwrap(expression);
  if (depth > 12) return "unknown";
  const next = (child: Node): Origin => getOrigin(child, context, depth + 1);
  switch (node.type) {
    case "Literal":
      return "fixed";
    case "TemplateLiteral":
      return joinOrigins(node.expressions.map(next));
    case "BinaryExpression":
      return joinOrigins([next(node.left as Node), next(node.right)]);
    case "LogicalExpression":
      return joinOrigins([next(node.left), next(node.right)]);
    case "AwaitExpression":
      return next(node.argument);
    case "UpdateExpression":
      return "fresh";
    case "MemberExpression":
      return node.object.type === "ThisExpression" ? "unknown" : next(node.object);
    case "CallExpression":
    case "NewExpression": {
      if (getKeyTerm(node, context.model, new Map()).isFresh && node.type === "CallExpression") return "fresh";
      const name = getCalleeName(node) ?? "";
      if (/^(?:now|getTime|performance)$/.test(name)) return "fresh";
      const receiver = node.callee.type === "MemberExpression" ? [next(node.callee.object)] : [];
      return joinOrigins([...receiver, ...node.arguments.map(next)]);
    }
    case "Identifier":
      return getOriginOfVariable(node, context, depth);
    default:
      return "unknown";
  }
}

function joinOrigins(origins: readonly Origin[]): Origin {
  if (origins.includes("fresh")) return "fresh";
  if (origins.includes("caller")) return "caller";
  return origins.length > 0 && origins.every((origin) => origin === "fixed") ? "fixed" : "unknown";
}

function getOriginOfVariable(node: TSESTree.Identifier, context: LifecycleContext, depth: number): Origin {
  const variable = context.model.getVariable(node);
  const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
  if (!variable || !definition) return "unknown";
  if (definition.type === "Parameter") return getOriginOfParameter(variable, definition.node as Node, context, depth);
  if (definition.type !== "Variable") return "unknown";
  const declarator = definition.node as TSESTree.VariableDeclarator;
  if (declarator.init) return getOrigin(declarator.init, context, depth + 1);
  const loop = declarator.parent.parent;
  if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") return getOrigin(loop.right, context, depth + 1);
  // let id; if (..) id = a.id
  const written = variable.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr ? [reference.writeExpr as Node] : []));
  return joinOrigins(written.map((value) => getOrigin(value, context, depth + 1)));
}

/** A parameter is the caller's if callers are elsewhere; a private helper's callers are looked at. */
function getOriginOfParameter(variable: Variable, fn: Node, context: LifecycleContext, depth: number): Origin {
  const info = context.model.getFunction(fn);
  if (!info || !isFunction(fn)) return "unknown";
  const parent = fn.parent as Node | undefined;
  if (parent?.type === "CallExpression" || parent?.type === "NewExpression") {
    // socket.on("message", (id) => ..), app.get("/rooms", (req) => ..) are called from outside; xs.forEach((x) => ..) with what xs has.
    const name = getCalleeName(parent) ?? "";
    if (/^(?:on|once|addListener|addEventListener|subscribe|handle|on[A-Z]\w*)$/.test(name) || getTiming(parent) === "often") return "caller";
    const receiver = parent.callee.type === "MemberExpression" ? parent.callee.object : undefined;
    return receiver && /^(?:forEach|map|filter|flatMap|some|every|find|reduce)$/.test(name) ? getOrigin(receiver, context, depth + 1) : "unknown";
  }
  const isCalledFromOutside = isPublic(info) || info.calls.length === 0;
  const isTop = parent?.type === "FunctionDeclaration" || fn.type === "FunctionDeclaration" || parent?.type === "VariableDeclarator";
  const isExported = findAncestor(fn, (node) => node.type === "ExportNamedDeclaration" || node.type === "ExportDefaultDeclaration") !== undefined || info.mentions.length > 0;
  if (info.calls.length === 0 || (isCalledFromOutside && (!isTop || isExported))) return "caller";
  const index = fn.params.findIndex((parameter) => isInside(variable.identifiers[0] as Node, parameter));
  return joinOrigins(info.calls.slice(0, 6).flatMap((call) => (call.arguments[index] ? [getOrigin(call.arguments[index], context, depth + 1)] : [])));
}

/** Keys of which there can be any number: ids, urls, users. A type, a locale, an event name is one of a few. */
function isOpenKey(key: Node, map: MapEntity, origin: Origin): boolean {
  const keyType = map.keyType;
  if (keyType && /^(?:TSUnionType|TSLiteralType|TSTypeOperator|TSBooleanKeyword|TSIndexedAccessType)$/.test(keyType.type)) return false;
  const name = getKeyWord(unwrap(key));
  if (name !== undefined && CLOSED_KEY.test(name)) return false;
  if (origin === "fresh" || (name !== undefined && OPEN_KEY.test(name))) return true;
  // Map<string, V> of which nothing says that its keys are few
  return map.home !== "local" && (map.kind === "Map" || map.kind === "Set") && (keyType?.type === "TSStringKeyword" || keyType?.type === "TSNumberKeyword");
}

/** The word that says what a key is: `id` of `session.id`, `userId` of `String(userId)`, `getKey` of `getKey(a, b)`. */
function getKeyWord(node: Node): string | undefined {
  switch (node.type) {
    case "Identifier":
      return node.name;
    case "MemberExpression":
      return getPropertyName(node);
    case "TemplateLiteral": {
      const last = node.expressions.at(-1);
      return last && getKeyWord(unwrap(last));
    }
    case "CallExpression": {
      const [argument] = node.arguments;
      const name = getCalleeName(node) ?? "";
      if (OPEN_KEY.test(name)) return name;
      if (argument) return getKeyWord(unwrap(argument));
      return node.callee.type === "MemberExpression" ? getKeyWord(unwrap(node.callee.object)) : undefined;
    }
    default:
      return undefined;
  }
}

/** A map with keys of the same name, from which entries go: this one was forgotten there. */
function findSibling(map: MapEntity, insertion: PlacedAccess, { summaries, model }: LifecycleContext): PlacedAccess | undefined {
  const word = insertion.key && getKeyWord(unwrap(insertion.key));
  if (word === undefined) return undefined;
  return summaries.accesses.find((access) => {
    if (access.operation !== "delete" || access.map === map || access.map.owner !== map.owner || !access.key) return false;
    return getKeyWord(unwrap(access.key)) === word && model.getEnclosing(access.node) !== undefined;
  });
}

// ---- parameters

function findParameterReassignments({ inventory, model }: LifecycleContext): ParameterReassignment[] {
  return inventory.maps.flatMap((map) => {
    if (map.home !== "parameter" || map.path.properties.length > 0 || map.variable?.defs[0]?.type !== "Parameter") return [];
    return (model.assignments.get(map.key) ?? []).flatMap((node) => {
      const info = model.getFunction(map.variable!.defs[0]!.node as Node);
      return info && node.operator === "=" && isMeantForCaller(node, map.variable!, info, model) ? [{ map, node, function: info }] : [];
    });
  });
}

/** Nothing reads the new map: it only makes sense if the caller were to see it. */
function isMeantForCaller(assignment: TSESTree.AssignmentExpression, variable: Variable, info: FunctionInfo, model: FileModel): boolean {
  if (assignment.parent.type !== "ExpressionStatement" || model.getEnclosing(assignment) !== info) return false;
  // m = m ?? new Map(); if (!m) m = new Map()
  const isDefaulting = findAncestor(assignment, (node) => node === info.node || (node.type === "IfStatement" && variable.references.some((reference) => isInside(reference.identifier as Node, node.test))));
  if (isDefaulting !== info.node) return false;
  // A loop may come round to a read.
  if (findAncestor(assignment, (node) => node === info.node || /^(?:For|While|DoWhile)\w*Statement$/.test(node.type)) !== info.node) return false;
  const later = variable.references.filter((reference) => reference.identifier !== assignment.left && (reference.identifier as Node).range[0] > assignment.range[1]);
  const isCaptured = variable.references.some((reference) => model.getEnclosing(reference.identifier as Node) !== info);
  return !isCaptured && later.every((reference) => isPureWrite(reference.identifier as Node));
}

/** m.set(k, v); as a statement */
function isPureWrite(use: Node): boolean {
  const member = use.parent;
  if (member?.type !== "MemberExpression" || member.object !== use) return false;
  const call = member.parent;
  if (call.type === "AssignmentExpression") return call.left === member;
  return call.type === "CallExpression" && call.callee === member && call.parent.type === "ExpressionStatement" && /^(?:set|add|delete|clear)$/.test(getPropertyName(member) ?? "");
}

// ---- maps that were never made

function findUninitialized(context: LifecycleContext): UninitializedUse[] {
  return context.inventory.maps.flatMap((map) => findNeverMade(map, context) ?? findPathPast(map, context) ?? []);
}

/** private sessions!: Map<string, Session>; and no assignment */
function findNeverMade(map: MapEntity, { model, summaries }: LifecycleContext): UninitializedUse | undefined {
  const { declaration, owner } = map;
  if (map.initializers.length > 0 || map.parent || declaration.type !== "PropertyDefinition" || !owner) return undefined;
  if (declaration.value || !declaration.definite || declaration.decorators.length > 0 || declaration.declare) return undefined;
  if (("superClass" in owner.node && owner.node.superClass) || ("abstract" in owner.node && owner.node.abstract)) return undefined;
  const name = map.path.properties.at(-1)!;
  const isSetSomewhere = model.assignments.has(map.key) || (model.nodes.get("AssignmentExpression") ?? []).some((node) => node.type === "AssignmentExpression" && node.left.type === "MemberExpression" && getPropertyName(node.left) === name);
  // Object.assign(this, ..) can set anything, and others can set what is not private.
  if (isSetSomewhere || /Object\.assign\(\s*this\b|\[\s*key\s*\]/.test(model.sourceCode.text)) return undefined;
  if (declaration.accessibility !== "private" && !name.startsWith("#")) return undefined;
  const use = summaries.getAccesses(map).find((access) => access.operation !== "replace");
  return use && { map, node: use.node, kind: "never" };
}

/** let seen; if (all) seen = new Set(); seen.add(x) */
function findPathPast(map: MapEntity, { model, summaries, getFlows }: LifecycleContext): UninitializedUse | undefined {
  const { declaration, variable } = map;
  const target = variable && (declaration.type === "VariableDeclarator" ? declaration : (variable.defs[0]?.node as Node | undefined));
  if (!variable || target?.type !== "VariableDeclarator" || target.init || map.path.properties.length > 0 || map.parent) return undefined;
  if (target.parent.parent?.type === "ForOfStatement" || target.parent.parent?.type === "ForInStatement") return undefined;
  const info = model.getEnclosing(target);
  const writes = variable.references.filter((reference) => reference.isWrite()).map((reference) => reference.identifier as Node);
  if (!info || writes.length === 0 || writes.some((write) => model.getEnclosing(write) !== info)) return undefined;
  const flow = getFlows().find((item) => item.graph.root === info);
  if (!flow?.graph.isComplete) return undefined;
  const uses = new Set(summaries.getAccesses(map).filter((access) => access.operation !== "replace" && access.function === info && !isGuardedUse(access.node)).map((access) => access.node));
  const isCreation = ({ event }: GraphNode): boolean => (event.type === "write" && event.map === map && event.operation === "replace") || (event.type === "assign" && "name" in event.name && event.name === variable);
  const getText = (node: Node): string => model.sourceCode.getText(node as never);
  const creations = flow.graph.nodes.filter(isCreation);
  // if (list == null) { list = []; seen = new Set(); }: the other variable tells of this one.
  if (creations.some((node) => isToldByOther(node.event.node, model))) return undefined;
  // if (all) seen = new Set(); .. if (all) seen.add(x): the same test decides the same way again.
  const conditions = new Map(creations.flatMap((node) => flow.control.getControllers(node.id).map(({ id, outcome }) => [getText(flow.graph.nodes[id]!.event.node), outcome] as const)));
  const seen = new Set<number>([0]);
  for (const id of seen) {
    const { event, edges } = flow.graph.nodes[id]!;
    if (event.type === "write" && event.map === map && event.operation === "replace") continue;
    if (event.type === "assign" && "name" in event.name && event.name === variable) continue;
    if ((event.type === "read" || event.type === "write") && event.map === map && uses.has(event.node)) return { map, node: event.node, kind: "path" };
    // if (seen) seen.add(x), seen && seen.has(x)
    const isTested = event.type === "branch" && !event.node.type.endsWith("Statement") && variable.references.some((reference) => isInside(reference.identifier as Node, event.node) && !uses.has(event.node));
    if (isTested) continue;
    const creating = event.type === "branch" && !event.node.type.endsWith("Statement") ? conditions.get(getText(event.node)) : undefined;
    for (const edge of edges) if (edge.kind !== "throw" && edge.kind !== creating) seen.add(edge.to);
  }
  return undefined;
}

/** Whether the test around a creation asks for a variable that is assigned beside it. */
function isToldByOther(creation: Node, model: FileModel): boolean {
  const around = findAncestor(creation, (node) => node.type === "IfStatement" || isFunction(node));
  if (around?.type !== "IfStatement") return false;
  return (model.nodes.get("AssignmentExpression") ?? []).some((node) => {
    const { left } = node as TSESTree.AssignmentExpression;
    const variable = isInside(node, around.consequent) && left.type === "Identifier" ? model.getVariable(left) : undefined;
    return variable?.references.some((reference) => isInside(reference.identifier as Node, around.test)) ?? false;
  });
}

/** m?.get(k), { ...m }: neither minds that there is none. */
function isGuardedUse(node: Node): boolean {
  if (node.parent?.type === "SpreadElement" && node.parent.parent.type === "ObjectExpression") return true;
  return getUsage(node).parent?.type === "ChainExpression" || node.parent?.type === "ChainExpression" || (node.type === "CallExpression" && node.callee.type === "MemberExpression" && node.callee.optional);
}
