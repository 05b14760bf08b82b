import type { TSESTree } from "@typescript-eslint/types";
import type { Rule } from "eslint";
import { type Node, findAncestor, isFunction, isInside, unwrap } from "../analysis/code/ast.js";
import type { AsyncForEach, HeldIterator, LoopMutation } from "../analysis/iteration/iteration.js";
import type { MapLoop } from "../analysis/iteration/loops.js";
import type { Analysis } from "../analysis/pipeline.js";

/** `for (const x of m)` becomes `for (const x of [...m])`. */
export function getSnapshotFix(hazard: HeldIterator | LoopMutation, analysis: Analysis): Rule.ReportFixer | undefined {
  if (hazard.kind === "foreign-delete") return undefined;
  // A copy would miss even more of what the removal behind it takes away.
  if (hazard.kind === "held" && hazard.harm === "drain") return undefined;
  return copyIterated(hazard.loop, analysis);
}

function copyIterated({ style, loop, node, part, map }: MapLoop, analysis: Analysis): Rule.ReportFixer | undefined {
  const { sourceCode } = analysis;
  if (style === "of" && loop.type === "ForOfStatement") {
    if (!isInside(node, loop.right)) return copyIterator(node, analysis);
    return (fixer) => fixer.replaceTextRange(loop.right.range, `[...${sourceCode.text.slice(...loop.right.range)}]`);
  }
  if (style === "next") return copyIterator(node, analysis);
  if (style !== "forEach" || loop.type !== "CallExpression" || part !== "entries" || map.kind === "Map" || map.kind === "WeakMap") return undefined;
  const callee = unwrap(loop.callee);
  if (callee.type !== "MemberExpression" || callee.optional || map.kind !== "Set" || countParameters(loop) > 1) return undefined;
  const { object } = callee;
  return (fixer) => fixer.replaceTextRange(object.range, `[...${sourceCode.text.slice(...object.range)}]`);
}

/** `const it = m.values()` becomes `const it = [...m.values()].values()`. */
function copyIterator(iterator: Node, analysis: Analysis): Rule.ReportFixer | undefined {
  const declarator = iterator.parent;
  if (iterator.type !== "CallExpression" || declarator?.type !== "VariableDeclarator" || declarator.init !== iterator || declarator.id.typeAnnotation) return undefined;
  return (fixer) => fixer.replaceTextRange(iterator.range, `[...${analysis.sourceCode.text.slice(...iterator.range)}].values()`);
}

function countParameters(call: TSESTree.CallExpression): number {
  const callback = call.arguments[0] && unwrap(call.arguments[0]);
  return callback && isFunction(callback) ? callback.params.length : 2;
}

/** `m.forEach(async (v, k) => { .. })` becomes `for (const [k, v] of [...m]) { .. }`, where the function around can wait. */
export function getForOfFix({ map, call, callback, isDirect }: AsyncForEach, analysis: Analysis): Rule.ReportFixer | undefined {
  const { sourceCode, model } = analysis;
  const statement = call.parent;
  const callee = unwrap(call.callee);
  if (statement.type !== "ExpressionStatement" || callee.type !== "MemberExpression" || call.optional || callee.optional) return undefined;
  if (call.arguments.length !== 1 || call.arguments[0] !== callback || callback.body.type !== "BlockStatement" || !isDirect || !map) return undefined;
  if (callback.type !== "ArrowFunctionExpression" && /\b(?:this|arguments)\b/.test(sourceCode.text.slice(...callback.range))) return undefined;
  if (!canAwaitAt(call, analysis) || /\breturn\b/.test(sourceCode.text.slice(...callback.body.range)) || hasCommentBefore(callback, call, analysis)) return undefined;
  const source = sourceCode.text.slice(...callee.object.range);
  const head = getLoopHead(callback, map.kind === "Set", source, analysis);
  const declared = callback.params.flatMap((parameter) => model.sourceCode.scopeManager?.getDeclaredVariables(callback as never).filter((variable) => isInside(variable.identifiers[0] as Node, parameter)) ?? []);
  const keyword = declared.some((variable) => variable.references.some((reference) => reference.isWrite())) ? "let" : "const";
  const start = statement.range[0];
  const end = statement.range[1];
  if (head === undefined || !needsNoSemicolon(statement, analysis)) return undefined;
  return (fixer) => fixer.replaceTextRange([start, end], `for (${keyword} ${head}) ${sourceCode.text.slice(...callback.body.range)}`);
}

function getLoopHead(callback: AsyncForEach["callback"], isSet: boolean, source: string, analysis: Analysis): string | undefined {
  const [value, key, ...rest] = callback.params.map((parameter) => getBinding(parameter, analysis));
  if (rest.length > 0 || callback.params.some((parameter) => getBinding(parameter, analysis) === undefined)) return undefined;
  if (value === undefined) return `_ of [...${source}${isSet ? "" : ".keys()"}]`;
  if (key === undefined) return `${value} of [...${source}${isSet ? "" : ".values()"}]`;
  return isSet ? undefined : `[${key}, ${value}] of [...${source}]`;
}

/** The text of a parameter without its type, which the map's type gives. */
function getBinding(parameter: Node, analysis: Analysis): string | undefined {
  if (parameter.type !== "Identifier" && parameter.type !== "ObjectPattern" && parameter.type !== "ArrayPattern") return undefined;
  const end = parameter.typeAnnotation ? parameter.typeAnnotation.range[0] : parameter.range[1];
  return analysis.sourceCode.text.slice(parameter.range[0], end);
}

function canAwaitAt(call: Node, analysis: Analysis): boolean {
  const around = findAncestor(call, isFunction);
  if (around) return isFunction(around) && around.async;
  return analysis.sourceCode.ast.sourceType === "module";
}

function hasCommentBefore(callback: Node, call: TSESTree.CallExpression, analysis: Analysis): boolean {
  const bodyStart = isFunction(callback) ? callback.body.range[0] : callback.range[1];
  return analysis.sourceCode.getAllComments().some((comment) => comment.range !== undefined && comment.range[0] >= call.range[0] && comment.range[1] <= bodyStart);
}

/** A statement without a semicolon may have leaned on the line before. */
function needsNoSemicolon(statement: Node, analysis: Analysis): boolean {
  return !analysis.sourceCode.text.slice(...statement.range).startsWith(";");
}
