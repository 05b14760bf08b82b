import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion } from "./accesses.js";
import { type Node, getCalleeName, isInside, isNothing, unwrap } from "../code/ast.js";
import { getKeyTerm, isSameKey } from "./keys.js";
import type { FileModel } from "../code/model.js";
import type { PlacedAccess } from "./summaries.js";

/** m.delete(k); m.set(k, entry): the entry moves to the end, or another takes its place in the same step; nothing is gone. */
export function isPutBack(removal: PlacedAccess, accesses: readonly PlacedAccess[], model: FileModel): boolean {
  const { key, function: info, node } = removal;
  if (!key) return false;
  const term = getKeyTerm(key, model, new Map());
  return accesses.some((access) => {
    if (!isInsertion(access.operation) || access.function !== info || !access.key || access.node.range[0] < node.range[1]) return false;
    return isSameKey(getKeyTerm(access.key, model, new Map()), term) && !isSuspendedBetween(node, access.node, removal, model);
  });
}

function isSuspendedBetween(from: Node, to: Node, { function: info }: PlacedAccess, model: FileModel): boolean {
  const waits = ["AwaitExpression", "YieldExpression"].flatMap((type) => model.nodes.get(type) ?? []);
  return waits.some((node) => node.range[0] >= from.range[1] && node.range[1] <= to.range[0] && model.getEnclosing(node) === info);
}

/** const oldest = m.keys().next().value; m.delete(oldest): room for others. What is loaded for the key is as good as before. */
export function isEvictionOfOldest({ key }: PlacedAccess, model: FileModel): boolean {
  const node = key && unwrap(key);
  const variable = node && model.getVariable(node);
  const value = (variable && model.getConstantValue(variable)) ?? node;
  let at = value && unwrap(value);
  if (at?.type !== "MemberExpression") return false;
  at = unwrap(at.object);
  return at.type === "CallExpression" && getCalleeName(at) === "next";
}

/** `{}`, `[]`, `false`, `null`, `new Map()`: a beginning, in which nothing old comes back. */
export function isBeginning(value: Node | undefined): boolean {
  const node = value && unwrap(value);
  if (!node) return false;
  switch (node.type) {
    case "Literal":
      return true;
    case "ObjectExpression":
      return node.properties.length === 0;
    case "ArrayExpression":
      return node.elements.length === 0;
    case "NewExpression":
      return node.arguments.length === 0;
    case "UnaryExpression":
      return node.argument.type === "Literal";
    default:
      return isNothing(node);
  }
}

/** this.m ??= new Map(): what is there stays. */
export function isCreation(write: Node): boolean {
  return write.type === "AssignmentExpression" && write.operator !== "=";
}

/** const map = this.m; await ..; map.set(k, v): the map of before, which `this.m = new Map()` has put aside. */
export function isOnKeptMap(write: Node, suspension: Node, model: FileModel): boolean {
  const call = unwrap(write);
  const receiver = call.type === "CallExpression" && call.callee.type === "MemberExpression" ? unwrap(call.callee.object) : undefined;
  const variable = receiver?.type === "Identifier" ? model.getVariable(receiver) : undefined;
  const value = variable && model.getConstantValue(variable);
  const alias = value && unwrap(value);
  return (alias?.type === "MemberExpression" || alias?.type === "Identifier") && (alias.range[0] < suspension.range[0] || isInside(alias, suspension));
}

/** rng.generate(16): nothing of what is given depends on the key. */
export function isGivenConstants(call: TSESTree.CallExpression): boolean {
  return call.arguments.length > 0 && call.arguments.every((argument) => unwrap(argument).type === "Literal");
}
