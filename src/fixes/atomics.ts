import type { TSESTree } from "@typescript-eslint/types";
import type { Rule } from "eslint";
import { type Node, getChildren, getUsage, unwrap } from "../analysis/code/ast.js";
import type { MemoryHazard } from "../analysis/workers/shared-memory.js";
import { getAtomicOperation, isBigIntView, isIntegerView } from "../analysis/workers/shared-views.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, getText, hasComment, remove, replace } from "./edits.js";

export interface AtomicFix {
  /** `add` */
  readonly operation: string;
  readonly fix: Rule.ReportFixer;
}

const OPERATIONS: Readonly<Record<string, string>> = { "+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor" };
const BITWISE = new Set(["&", "|", "^", "<<", ">>", ">>>"]);
const SIMPLE = new Set(["Identifier", "MemberExpression", "Literal", "BinaryExpression", "UnaryExpression", "ThisExpression", "PrivateIdentifier"]);

/** The one atomic operation that does exactly what the two steps do, for every index within the view. */
export function getAtomicFix(hazard: MemoryHazard, analysis: Analysis): AtomicFix | undefined {
  const { node } = hazard;
  if (isShadowed(analysis) || hasComment(node.range, analysis.sourceCode)) return undefined;
  switch (hazard.kind) {
    case "update":
      return isIntegerView(hazard.view) ? rewriteUpdate(hazard, analysis) : undefined;
    case "load-store":
      return node.type === "CallExpression" && node.arguments[2] && isStatement(node) ? rewriteOperation(hazard, node.arguments[2], analysis) : undefined;
    case "swap":
      return rewriteSwap(hazard, analysis);
    case "plain-read":
      return rewriteRead(hazard, analysis);
    case "spin":
      return isIntegerView(hazard.view) ? rewriteRead(hazard, analysis) : undefined;
    default:
      return undefined;
  }
}

function isShadowed(analysis: Analysis): boolean {
  return analysis.sourceCode.scopeManager.scopes.some((scope) => (scope.set.get("Atomics")?.defs.length ?? 0) > 0);
}

/** `Atomics.add(view, index, operand)`, with the view as the place itself names it. */
function write(operation: string, { node, view, index }: MemoryHazard, operand: string | undefined, { sourceCode }: Analysis): string {
  const target = node.type === "CallExpression" ? node.arguments[0] : findMember(node)?.object;
  const name = target ? getText(target, sourceCode) : view.name;
  return `Atomics.${operation}(${name}, ${getText(index, sourceCode)}${operand === undefined ? "" : `, ${operand}`})`;
}

function findMember(node: Node): TSESTree.MemberExpression | undefined {
  const target = node.type === "UpdateExpression" ? node.argument : node.type === "AssignmentExpression" ? node.left : node;
  const inner = unwrap(target);
  return inner.type === "MemberExpression" ? inner : undefined;
}

function isStatement(node: Node): boolean {
  return getUsage(node).parent?.type === "ExpressionStatement";
}

/** `view[i]` and `view[i]!` become `Atomics.load(view, i)` */
function rewriteRead(hazard: MemoryHazard, analysis: Analysis): AtomicFix {
  const { node } = hazard;
  const target = node.parent?.type === "TSNonNullExpression" ? node.parent : node;
  return { operation: "load", fix: createFixer([replace(target, write("load", hazard, undefined, analysis))]) };
}

function rewriteUpdate(hazard: MemoryHazard, analysis: Analysis): AtomicFix | undefined {
  const { node } = hazard;
  if (node.type === "UpdateExpression") {
    // Atomics.add gives the old value, as the postfix form does.
    if (node.prefix && !isStatement(node)) return undefined;
    const operation = node.operator === "++" ? "add" : "sub";
    return { operation, fix: createFixer([replace(node, write(operation, hazard, isBigIntView(hazard.view) ? "1n" : "1", analysis))]) };
  }
  if (node.type !== "AssignmentExpression" || !isStatement(node)) return undefined;
  if (node.operator === "=") return rewriteOperation(hazard, node.right, analysis);
  const operator = node.operator.slice(0, -1);
  return create(hazard, operator, node.right, analysis);
}

/** `view[i] + n`, `n | view[i]`, `Atomics.load(view, i) + n` as the new value. */
function rewriteOperation(hazard: MemoryHazard, value: Node, analysis: Analysis): AtomicFix | undefined {
  const node = unwrap(value);
  if (node.type !== "BinaryExpression" || node.left.type === "PrivateIdentifier") return undefined;
  const isRead = (side: Node): boolean => isReadOfSlot(unwrap(side), hazard, analysis);
  if (isRead(node.left)) return create(hazard, node.operator, node.right, analysis);
  return isRead(node.right) && node.operator !== "-" ? create(hazard, node.operator, node.left, analysis) : undefined;
}

function isReadOfSlot(node: Node, { index, view, node: site }: MemoryHazard, { sourceCode, model }: Analysis): boolean {
  const text = (item: Node): string => getText(item, sourceCode).replace(/\s+/g, "");
  const isHere = (target: Node | undefined, at: Node | undefined): boolean => target !== undefined && at !== undefined && model.getPath(target)?.key === view.key && text(at) === text(index);
  if (site.type === "CallExpression") return node.type === "CallExpression" && getAtomicOperation(node) === "load" && isHere(node.arguments[0], node.arguments[1]);
  return node.type === "MemberExpression" && node.computed && isHere(node.object, node.property);
}

function create(hazard: MemoryHazard, operator: string, operand: Node, analysis: Analysis): AtomicFix | undefined {
  const operation = OPERATIONS[operator];
  if (operation === undefined || !isSimple(operand, analysis)) return undefined;
  // The plain form adds first and truncates then; Atomics truncates the operand: the same for integers only.
  const isExact = BITWISE.has(operator) || isInteger(operand, isBigIntView(hazard.view), analysis);
  return isExact ? { operation, fix: createFixer([replace(hazard.node, write(operation, hazard, getText(operand, analysis.sourceCode), analysis))]) } : undefined;
}

/** Nothing runs when it is evaluated. */
function isSimple(node: Node, analysis: Analysis): boolean {
  return SIMPLE.has(node.type) && !(node.type === "UnaryExpression" && node.operator === "delete") && getChildren(node, analysis.sourceCode).every((child) => isSimple(child, analysis));
}

function isInteger(expression: Node, isBig: boolean, { model }: Analysis): boolean {
  const node = unwrap(expression);
  if (node.type === "Identifier") {
    const variable = model.getVariable(node);
    const value = variable && model.getConstantValue(variable);
    return value?.type === "Literal" && isInteger(value, isBig, { model } as Analysis);
  }
  if (node.type === "UnaryExpression") return node.operator === "-" && node.argument.type === "Literal" && isInteger(node.argument, isBig, { model } as Analysis);
  if (node.type === "Literal") return isBig ? typeof node.value === "bigint" : Number.isInteger(node.value) && (node.value as number) <= 0xffff_ffff;
  return !isBig && node.type === "BinaryExpression" && BITWISE.has(node.operator);
}

/** `const n = Atomics.load(v, i); Atomics.store(v, i, 0);` becomes `const n = Atomics.exchange(v, i, 0);` */
function rewriteSwap(hazard: MemoryHazard, analysis: Analysis): AtomicFix | undefined {
  const { node, other } = hazard;
  const { sourceCode } = analysis;
  const value = node.type === "CallExpression" ? node.arguments[2] : undefined;
  const statement = getUsage(node).parent;
  const declarator = other && getUsage(other).parent;
  if (!value || !other || statement?.type !== "ExpressionStatement" || declarator?.type !== "VariableDeclarator" || !isSimple(value, analysis)) return undefined;
  if (hasComment([declarator.parent.range[0], statement.range[1]], sourceCode)) return undefined;
  const names = new Set(getNames(value, analysis));
  if (declarator.id.type !== "Identifier" || names.has(declarator.id.name)) return undefined;
  const operand = getText(value, sourceCode);
  return { operation: "exchange", fix: createFixer([replace(other, write("exchange", hazard, operand, analysis)), remove(statement, sourceCode)]) };
}

function getNames(node: Node, analysis: Analysis): string[] {
  return node.type === "Identifier" ? [node.name] : getChildren(node, analysis.sourceCode).flatMap((child) => getNames(child, analysis));
}
