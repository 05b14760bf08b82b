import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion } from "../maps/accesses.js";
import { type Node, type Variable, getCalleeName, getPropertyName, getUsage, isClass, unwrap } from "../code/ast.js";
import { findOpenDispatches } from "../code/dispatch.js";
import type { HazardContext } from "../async/hazards.js";
import { findInheritedKeys, findPollutingDescents, findPollutingMerges, findPollutingWrites, type InheritedKey } from "./inherited-keys.js";
import type { MapEntity } from "../maps/inventory.js";
import type { FileModel } from "../code/model.js";
import type { PlacedAccess } from "../maps/summaries.js";

/**
 * A key that is not the key it looks like.
 * - `fresh`: an object, array or function made on the spot, which no entry can have
 * - `unreachable`: an entry stored under such a key, in a map that is asked by key
 * - `coerced`: an object as a key of a dictionary: all are `"[object Object]"`
 * - `inherited`: a key from outside in an object with a prototype: `constructor`, `__proto__`
 * - `dispatched`: a function is looked up by a name from a message, and called: `toString` is one
 * - `polluting`: a path from outside that is walked and written: `__proto__` in it leads to every object
 */
export interface UnstableKey {
  readonly kind: "fresh" | "unreachable" | "coerced" | "inherited" | "dispatched" | "polluting";
  /** The map, as the source calls it. */
  readonly name: string;
  readonly node: Node;
  readonly key: string;
  /** `object`, `array`, `function`, or the name of the constructor; for an inherited key the line where it is asked for. */
  readonly what: string;
  readonly isHeuristic: boolean;
}

const LOOKUPS = new Set(["get", "has", "delete"]);

/** Finds keys whose identity is lost. */
export function findUnstableKeys(context: HazardContext): UnstableKey[] {
  // Most files have none.
  const accesses = context.inventory.maps.length > 0 ? context.summaries.accesses : [];
  const fresh = accesses.flatMap((access) => {
    const found = access.key && findFresh(access, access.key, context);
    return found ? [found] : [];
  });
  const polluting = [...findPollutingWrites(context), ...findPollutingMerges(context), ...findPollutingDescents(context)].map(({ node, name, key }): UnstableKey => ({ kind: "polluting", name, node, key: getText(key, context), what: "", isHeuristic: false }));
  const dispatched = findOpenDispatches(context.model).map(({ name, initializer, node, key }): UnstableKey => ({ kind: "dispatched", name, node: initializer, key: getText(key, context), what: String(node.loc.start.line), isHeuristic: false }));
  return [...fresh, ...dispatched, ...findInheritedKeys(context).map((found) => describeInherited(found, context)), ...polluting];
}

function findFresh(access: PlacedAccess, key: Node, context: HazardContext): UnstableKey | undefined {
  const made = isOwnKind(access.map) ? undefined : findMade(key, access, context.model);
  if (!made) return undefined;
  const base = { name: access.map.name, node: key, key: getText(key, context), what: made, isHeuristic: false };
  if (access.map.kind === "dictionary") return made.startsWith("new ") && !isWithoutText(made.slice(4), context.model) ? undefined : { ...base, kind: "coerced" };
  if (access.map.kind === "cache" || access.map.kind === "safe" || LOOKUPS.has(access.operation)) return LOOKUPS.has(access.operation) ? { ...base, kind: "fresh" } : undefined;
  // A Set of objects is a collection; a Map under a key nobody has is asked in vain.
  const isDirect = isMaker(unwrap(key));
  const others = context.summaries.getAccesses(access.map);
  // Who walks the map meets the keys.
  const isAsked = others.some((other) => LOOKUPS.has(other.operation)) && !others.some((other) => other.operation === "iterate");
  return access.operation === "set" && isDirect && isAsked && access.map.kind === "Map" ? { ...base, kind: "unreachable" } : undefined;
}

const NATIVE = /^(?:Readonly|Weak)?(?:Map|Set)$|^SafeMap$|^BoundedMap$|LRU|Cache/;

/** new MultiKeyMap(), m: MultiKeyMap: another class, which may compare keys in its own way. */
function isOwnKind({ initializers, annotation, declaration, kind }: MapEntity): boolean {
  if (kind === "dictionary") return false;
  // Known by its use only.
  if (kind === "cache" && initializers.length === 0) return true;
  const value = "value" in declaration && declaration.value ? [declaration.value as Node] : "init" in declaration && declaration.init ? [declaration.init as Node] : [];
  const isMadeOwn = [...initializers, ...value].some((node) => unwrap(node).type === "NewExpression" && !NATIVE.test(getCalleeName(unwrap(node) as TSESTree.NewExpression) ?? ""));
  return isMadeOwn || (annotation?.type === "TSTypeReference" && annotation.typeName.type === "Identifier" && !NATIVE.test(annotation.typeName.name));
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

/** A class of this file that says nothing of itself: new URL(x), or what is imported, may have a text of its own. */
function isWithoutText(className: string, model: FileModel): boolean {
  const owner = model.owners.find((item) => item.name === className);
  return owner !== undefined && isClass(owner.node) && owner.node.superClass === null && !owner.methods.has("toString") && !owner.methods.has("[Symbol.toPrimitive]");
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

function describeInherited({ name, initializer, node, key, isProven }: InheritedKey, context: HazardContext): UnstableKey {
  return { kind: "inherited", name, node: initializer, key: getText(key, context), what: String(node.loc.start.line), isHeuristic: !isProven };
}

function getText(key: Node, context: HazardContext): string {
  const text = context.model.sourceCode.getText(key as never).replace(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
