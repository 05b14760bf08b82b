import type { TSESTree } from "@typescript-eslint/types";
import { findAncestor, getCalleeName, isFunction, isInside, type Node, unwrap, type Variable } from "../code/ast.js";
import type { FileModel } from "../code/model.js";

/** session.start(), connect(session): what makes an entry fit to be used. */
const STARTING = /^[#_]*(?:start|init|initiali[sz]e|connect|open|load|activate|launch|set[uU]p|spawn|boot|bootstrap|mount|join|login|authenticate|prepare|hydrate|restore|subscribe|handshake|listen|install|attach|ensure|wait(?:For)?(?:Ready|Open|Until|Connect))/;

/**
 * `m.set(k, s); await s.start()`: when the start fails, the entry stays, and whoever looks next takes it for started.
 * @param write the expression that stores the value
 * @returns the wait for the start, outside of any `try`
 */
export function findStart(value: Node | undefined, write: Node, model: FileModel): TSESTree.AwaitExpression | undefined {
  const node = value && unwrap(value);
  const stored = node?.type === "Identifier" ? model.getVariable(node) : undefined;
  const fn = stored && model.getEnclosing(write);
  if (!fn?.node.async || stored?.defs[0]?.type !== "Variable") return undefined;
  return (model.nodes.get("AwaitExpression") ?? []).find((wait): wait is TSESTree.AwaitExpression => {
    if (wait.type !== "AwaitExpression" || wait.range[0] < write.range[1] || model.getEnclosing(wait) !== fn) return false;
    return isStartOf(unwrap(wait.argument), stored, model) && !isTried(wait) && isReachedFrom(wait, write);
  });
}

/** s.start(), s.client.connect(), start(s) */
function isStartOf(call: Node, stored: Variable, model: FileModel): boolean {
  if (call.type !== "CallExpression" || !STARTING.test(getCalleeName(call) ?? "")) return false;
  const callee = unwrap(call.callee);
  const isStored = (expression: Node): boolean => {
    let root = unwrap(expression);
    while (root.type === "MemberExpression") root = unwrap(root.object);
    return root.type === "Identifier" && model.getVariable(root) === stored;
  };
  return (callee.type === "MemberExpression" && isStored(callee.object)) || call.arguments.some(isStored);
}

/** In a `try` that has a `catch` or a `finally`: somebody thought of failure. */
function isTried(wait: TSESTree.AwaitExpression): boolean {
  const around = findAncestor(wait, (at) => isFunction(at) || (at.type === "TryStatement" && isInside(wait, at.block)));
  return around?.type === "TryStatement";
}

/** The wait stands in the block of the write, or deeper: it is come to from there. */
function isReachedFrom(wait: Node, write: Node): boolean {
  const block = findAncestor(write, (at) => at.type === "BlockStatement");
  return block !== undefined && isInside(wait, block);
}
