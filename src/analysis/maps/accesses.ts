import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getPropertyName, getUsage, unwrap } from "../code/ast.js";
import type { Inventory, MapEntity } from "./inventory.js";

export type ReadOperation = "get" | "has" | "size" | "iterate";
export type WriteOperation = "set" | "add" | "delete" | "clear" | "replace" | "insert" | "update";
export type Operation = ReadOperation | WriteOperation;

/** One read or write of a map, before its key is looked at. */
export interface Access {
  readonly map: MapEntity;
  readonly operation: Operation;
  /** `undefined` means every key. */
  readonly key: Node | undefined;
  /** What is stored. */
  readonly value: Node | undefined;
  /** The expression that is the access. */
  readonly node: Node;
}

const METHODS: Readonly<Record<string, Operation>> = {
  get: "get",
  peek: "get",
  has: "has",
  set: "set",
  add: "add",
  delete: "delete",
  clear: "clear",
  keys: "iterate",
  values: "iterate",
  entries: "iterate",
  forEach: "iterate",
  // The runtime's own: atomic by themselves.
  getOrThrow: "get",
  take: "delete",
  deleteIf: "delete",
  deleteWhere: "delete",
  getOrInsert: "insert",
  getOrInsertComputed: "insert",
  getOrInsertAsync: "insert",
  update: "update",
  updateAsync: "update",
  compareAndSet: "update",
};

const WRITES = new Set<Operation>(["set", "add", "delete", "clear", "replace", "insert", "update"]);

export function isWrite(operation: Operation): operation is WriteOperation {
  return WRITES.has(operation);
}

/** Writes that make the key present. */
export function isInsertion(operation: Operation): boolean {
  return operation === "set" || operation === "add" || operation === "insert" || operation === "update";
}

/** Writes that can make the key absent. */
export function isRemoval(operation: Operation): boolean {
  return operation === "delete" || operation === "clear" || operation === "replace";
}

/** `m.get(k)`, `m.size`, `d[k]`, `k in d`, `Object.keys(d)`: the access an expression is, or `undefined`. Assignments and `delete` are found by {@link findWriteAccess}. */
export function findAccess(expression: Node, inventory: Inventory): Access | undefined {
  const node = unwrap(expression);
  switch (node.type) {
    case "CallExpression":
      return findMethodAccess(node, inventory) ?? findObjectAccess(node, inventory);
    case "MemberExpression":
      return findMemberAccess(node, inventory);
    case "BinaryExpression":
      return node.operator === "in" ? findInAccess(node, inventory) : undefined;
    default:
      return undefined;
  }
}

function findMethodAccess(call: TSESTree.CallExpression, inventory: Inventory): Access | undefined {
  const callee = unwrap(call.callee);
  if (callee.type !== "MemberExpression") return undefined;
  const name = getPropertyName(callee);
  const operation = name !== undefined && Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (!operation) return undefined;
  const map = inventory.resolve(callee.object);
  if (!map || map.kind === "dictionary" || map.kind === "slot") return undefined;
  const isWhole = operation === "iterate" || operation === "clear" || name === "deleteWhere";
  const isKeyMissing = !isWhole && call.arguments.length === 0;
  if (isKeyMissing || call.arguments[0]?.type === "SpreadElement") return undefined;
  const isSet = map.kind === "Set" || map.kind === "WeakSet";
  return { map, operation, key: isWhole ? undefined : call.arguments[0], value: isSet ? call.arguments[0] : call.arguments[1], node: call };
}

/** Object.keys(d), Object.hasOwn(d, k), d.hasOwnProperty(k), Object.entries(m), [...m] is found by the lowering. */
function findObjectAccess(call: TSESTree.CallExpression, inventory: Inventory): Access | undefined {
  const callee = unwrap(call.callee);
  if (callee.type !== "MemberExpression") return undefined;
  const name = getPropertyName(callee);
  if (name === "hasOwnProperty") {
    const map = inventory.resolve(callee.object);
    return map?.kind === "dictionary" && call.arguments[0] ? { map, operation: "has", key: call.arguments[0], value: undefined, node: call } : undefined;
  }
  if (callee.object.type !== "Identifier" || callee.object.name !== "Object" || !call.arguments[0]) return undefined;
  if (name === "keys" || name === "values" || name === "entries") {
    const map = inventory.resolve(call.arguments[0]);
    return map?.kind === "dictionary" ? { map, operation: "iterate", key: undefined, value: undefined, node: call } : undefined;
  }
  if (name === "hasOwn" && call.arguments[1]) {
    const map = inventory.resolve(call.arguments[0]);
    return map?.kind === "dictionary" ? { map, operation: "has", key: call.arguments[1], value: undefined, node: call } : undefined;
  }
  return undefined;
}

function findMemberAccess(member: TSESTree.MemberExpression, inventory: Inventory): Access | undefined {
  if (!member.computed) {
    const name = getPropertyName(member);
    if (name !== "size") return undefined;
    const map = inventory.resolve(member.object);
    return map && map.kind !== "dictionary" && map.kind !== "slot" ? { map, operation: "size", key: undefined, value: undefined, node: member } : undefined;
  }
  const map = inventory.resolve(member.object);
  if (map?.kind !== "dictionary") return undefined;
  return { map, operation: "get", key: member.property, value: undefined, node: member };
}

function findInAccess(node: TSESTree.BinaryExpression, inventory: Inventory): Access | undefined {
  const map = inventory.resolve(node.right);
  if (map?.kind !== "dictionary" || node.left.type === "PrivateIdentifier") return undefined;
  return { map, operation: "has", key: node.left, value: undefined, node };
}

/** `d[k] = v`, `delete d[k]`, `this.m = new Map()`: the write that an assignment's target or a `delete`'s operand is. */
export function findWriteAccess(target: Node, value: Node | undefined, inventory: Inventory): Access | undefined {
  const node = unwrap(target);
  if (node.type === "MemberExpression" && node.computed) {
    const map = inventory.resolve(node.object);
    if (map?.kind === "dictionary") {
      const isRemoved = value === undefined && getUsage(node).parent?.type === "UnaryExpression";
      return { map, operation: isRemoved ? "delete" : "set", key: node.property, value, node };
    }
  }
  if (value === undefined) return undefined;
  const map = inventory.resolve(node);
  return map && !map.parent ? { map, operation: "replace", key: undefined, value, node } : undefined;
}
