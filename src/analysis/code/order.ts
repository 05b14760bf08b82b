import { type Node, findAncestor, isFunction, isInside } from "./ast.js";
import type { FileModel, FunctionInfo } from "./model.js";
import { getTiming } from "./suspension.js";

const LOOP = /^(?:For|While|DoWhile)\w*Statement$/;
const LEAVES = /^(?:Return|Throw|Break|Continue)Statement$/;

/** The callbacks between a node and an outer function, all of which run in place: `xs.forEach((x) => ..)`. */
function isInPlace(info: FunctionInfo): boolean {
  const parent = info.node.parent as Node | undefined;
  return (parent?.type === "CallExpression" || parent?.type === "NewExpression") && (parent.callee === info.node || getTiming(parent) === "now");
}

/** The function that a node runs as a part of, past callbacks that run in place. */
export function getRunningFunction(node: Node, model: FileModel): FunctionInfo | undefined {
  let info = model.getEnclosing(node);
  while (info && isInPlace(info)) info = model.getEnclosing(info.node);
  return info;
}

/**
 * Whether `later` can run after `earlier` in one run of the function that both belong to, by their places in the text:
 * not in another branch, and not behind a way out.
 */
export function isAfter(later: Node, earlier: Node): boolean {
  if (later.range[0] < earlier.range[1]) return false;
  const common = findAncestor(earlier, (node) => isInside(later, node));
  if (!common || common.type === "IfStatement" || common.type === "ConditionalExpression" || common.type === "SwitchStatement") return isInTest(earlier, common);
  for (let at: Node | undefined = earlier; at && at !== common; at = at.parent) {
    if (at.type === "BlockStatement" && LEAVES.test(at.body.at(-1)?.type ?? "") && !isFunction(at.parent)) return false;
    if (LEAVES.test(at.type)) return false;
  }
  return true;
}

function isInTest(node: Node, branch: Node | undefined): boolean {
  return branch !== undefined && "test" in branch && branch.test !== null && isInside(node, branch.test as Node);
}

/** The innermost loop around both nodes, in one function. */
export function findCommonLoop(a: Node, b: Node): Node | undefined {
  return findAncestor(a, (node) => (LOOP.test(node.type) || isRepeatedCallback(node)) && isInside(b, node));
}

/** xs.forEach((x) => ..): a loop too. */
function isRepeatedCallback(node: Node): boolean {
  const parent = node.parent as Node | undefined;
  return isFunction(node) && parent?.type === "CallExpression" && parent.callee !== node && getTiming(parent) !== "later" && getTiming(parent) !== "unknown";
}
