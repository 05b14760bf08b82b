import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion } from "./accesses.js";
import { type Node, type Variable, getPropertyName, getUsage, isFunction, unwrap } from "./ast.js";
import type { HazardContext } from "./hazards.js";
import type { MapEntity } from "./inventory.js";
import type { FileModel } from "./model.js";
import type { PlacedAccess } from "./summaries.js";
import { getTiming } from "./suspension.js";

/**
 * A key that is not the key it looks like.
 * - `fresh`: an object, array or function made on the spot, which no entry can have
 * - `unreachable`: an entry stored under such a key, in a map that is asked by key
 * - `coerced`: an object as a key of a dictionary: all are `"[object Object]"`
 * - `inherited`: a key from outside in an object with a prototype: `constructor`, `__proto__`
 */
export interface UnstableKey {
  readonly kind: "fresh" | "unreachable" | "coerced" | "inherited";
  readonly map: MapEntity;
  readonly node: Node;
  readonly key: string;
  /** `object`, `array`, `function`, or the name of the constructor. */
  readonly what: string;
  readonly isHeuristic: boolean;
}

const LOOKUPS = new Set(["get", "has", "delete"]);
const NAME_LIKE = /name$|alias|^(?:pkg|package|module|word|tag|selector|attr|attribute|header|field|prop|property|column|table|label)$/i;
const REQUEST = /^(?:req|request|ctx|msg|message|event|evt|payload|packet|body|query|params)$/i;

/** Finds keys whose identity is lost. */
export function findUnstableKeys(context: HazardContext): UnstableKey[] {
  return context.summaries.accesses.flatMap((access) => {
    const found = access.key && (findFresh(access, access.key, context) ?? findInherited(access, access.key, context));
    return found ? [found] : [];
  });
}

function findFresh(access: PlacedAccess, key: Node, context: HazardContext): UnstableKey | undefined {
  const made = findMade(key, access, context.model);
  if (!made) return undefined;
  const base = { map: access.map, node: key, key: getText(key, context), what: made, isHeuristic: false };
  if (access.map.kind === "dictionary") return { ...base, kind: "coerced" };
  if (access.map.kind === "cache" || access.map.kind === "safe" || LOOKUPS.has(access.operation)) return LOOKUPS.has(access.operation) ? { ...base, kind: "fresh" } : undefined;
  // A Set of objects is a collection; a Map under a key nobody has is asked in vain.
  const isDirect = isMaker(unwrap(key));
  const isAsked = context.summaries.getAccesses(access.map).some((other) => LOOKUPS.has(other.operation) && other.map.kind !== "Set");
  return access.operation === "set" && isDirect && isAsked && access.map.kind === "Map" ? { ...base, kind: "unreachable" } : undefined;
}

/** What is made on the spot: in the key itself, or in a constant that no insertion uses. */
function findMade(key: Node, access: PlacedAccess, model: FileModel): string | undefined {
  const node = unwrap(key);
  const own = isMaker(node);
  if (own) return own;
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  if (!variable || !value || access.map.kind === "dictionary" || isInsertion(access.operation)) return undefined;
  const made = isMaker(unwrap(value));
  // A constant of the module, or of a function around, lives longer than this call.
  if (!made || model.getEnclosing(variable.identifiers[0] as Node) !== access.function || !access.function) return undefined;
  return isOnlyAskedFor(variable, model) ? made : undefined;
}

function isMaker(node: Node): string | undefined {
  switch (node.type) {
    case "ObjectExpression":
      return "object";
    case "ArrayExpression":
      return "array";
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return "function";
    case "NewExpression":
      return node.callee.type === "Identifier" && !/^(?:String|Number|Proxy)$/.test(node.callee.name) ? `new ${node.callee.name}` : undefined;
    default:
      return undefined;
  }
}

/** Every use is a lookup or a read of a property: nobody can have stored it. */
function isOnlyAskedFor(variable: Variable, model: FileModel): boolean {
  return variable.references.every((reference) => {
    if (!reference.isRead()) return true;
    const { node, parent } = getUsage(reference.identifier as Node);
    if (parent?.type === "MemberExpression") return parent.object === node;
    if (parent?.type !== "CallExpression" || parent.callee.type !== "MemberExpression" || parent.arguments[0] !== node) return false;
    return LOOKUPS.has(getPropertyName(parent.callee) ?? "") && model.getVariable(node) === variable;
  });
}

/** `name` of `a.b.name`, of `name!`. */
function getLastWord(key: Node): string {
  const node = unwrap(key);
  if (node.type === "Identifier") return node.name;
  return node.type === "MemberExpression" ? (getPropertyName(node) ?? "") : "";
}

// ---- keys from outside in an object with a prototype

function findInherited(access: PlacedAccess, key: Node, context: HazardContext): UnstableKey | undefined {
  if (access.map.kind !== "dictionary" || !hasPrototype(access.map)) return undefined;
  const effect = getEffect(access);
  if (!effect) return undefined;
  const isProven = effect !== "read" && isLongLived(access.map) && isFromRequest(key, access, context);
  // Names of packages, fields, tables: words that somebody else chooses.
  if (!isProven && (effect !== "tested" || !NAME_LIKE.test(getLastWord(key)))) return undefined;
  return { kind: "inherited", map: access.map, node: key, key: getText(key, context), what: effect, isHeuristic: !isProven };
}

function isLongLived(map: MapEntity): boolean {
  return map.home === "module" || map.home === "field" || map.home === "static" || map.home === "global";
}

/** {} and nothing else: Object.create(null) inherits nothing. */
function hasPrototype(map: MapEntity): boolean {
  return map.initializers.length > 0 && map.initializers.every((node) => node.type === "ObjectExpression" && node.properties.every((property) => property.type !== "Property" || !isProtoKey(property)));
}

/** { __proto__: null } */
function isProtoKey(property: TSESTree.Property): boolean {
  return property.key.type === "Identifier" && property.key.name === "__proto__";
}

/** req.params.id, message.key in a handler. */
function isFromRequest(key: Node, access: PlacedAccess, context: HazardContext): boolean {
  let node = unwrap(key);
  if (node.type === "Identifier") {
    const definition = context.model.getVariable(node)?.defs[0];
    const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
    if (declarator?.init) node = unwrap(declarator.init);
  }
  let depth = 0;
  while (node.type === "MemberExpression") {
    node = unwrap(node.object);
    depth++;
  }
  if (node.type !== "Identifier" || depth === 0 || !REQUEST.test(node.name)) return false;
  const definition = context.model.getVariable(node)?.defs[0];
  if (definition?.type !== "Parameter") return false;
  const handler = definition.node as Node;
  if (!isFunction(handler) || !access.function) return false;
  const { parent } = getUsage(handler);
  return parent?.type === "CallExpression" && getTiming(parent) === "often";
}

/** What an inherited value does here: it is tested for presence, called, or written through. */
function getEffect(access: PlacedAccess): "tested" | "called" | "written" | "read" | undefined {
  if (access.operation === "has") return access.node.type === "BinaryExpression" ? "tested" : undefined;
  if (access.operation !== "get") return undefined;
  const { node, parent } = getUsage(access.node);
  switch (parent?.type) {
    case "UnaryExpression":
      return parent.operator === "!" ? "tested" : undefined;
    case "IfStatement":
    case "ConditionalExpression":
      return parent.test === node ? "tested" : "read";
    case "CallExpression":
      return parent.callee === node ? "called" : "read";
    case "MemberExpression":
      // d[a][b] = v
      if (parent.object === node && parent.computed && parent.parent.type === "AssignmentExpression" && parent.parent.left === parent) return "written";
      return "read";
    default:
      return "read";
  }
}

function getText(key: Node, context: HazardContext): string {
  const text = context.model.sourceCode.getText(key as never).replace(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
