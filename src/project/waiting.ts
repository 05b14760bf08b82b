import { getCalleeName, getUsage, type Node } from "../analysis/code/ast.js";
import type { FileModel } from "../analysis/code/model.js";
import { isAwaitedOrReturned } from "../analysis/code/suspension.js";

/** Whether the function around a call waits for its end: await f(), return f(), const p = f(); .. await p */
export function isWaitedFor(call: Node, model: FileModel): boolean {
  if (isAwaitedOrReturned(call)) return true;
  const { node, parent } = getUsage(call);
  if (parent?.type === "MemberExpression" && parent.object === node && parent.parent.type === "CallExpression" && /^(?:then|catch|finally)$/.test(getCalleeName(parent.parent) ?? "")) return isWaitedFor(parent.parent, model);
  if (parent?.type !== "VariableDeclarator" || parent.id.type !== "Identifier") return false;
  const variable = model.getVariable(parent.id);
  const here = model.getEnclosing(call);
  return variable?.references.some((reference) => {
    const use = reference.identifier as Node;
    return reference.isRead() && model.getEnclosing(use) === here && isAwaitedOrReturned(use);
  }) ?? false;
}
