import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getEnclosingFunction, isInside, unwrap } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { type Edit, getEnd, getEndOfLine, getIndent, getIndentUnit, getNewline, getText, hasComment, indentLines, insert, remove, replace } from "./edits.js";
import { isTypeScript } from "./safe-map.js";
import { canBePromise, canReenter, findStatement, getAsyncFunction, getFreeName, getMethodCall, getSingleDeclarator, hasOwnNames, hasWayOut, isInTry, isSameKeyNode, needsNarrowing, type Placed } from "./shapes.js";

/** A read, a suspension and a write become one `updateAsync`. */
export function rewriteToUpdateAsync(hazard: Hazard, analysis: Analysis, filename: string): Rewrite | undefined {
  const edits = rewrite(hazard, analysis, filename);
  return edits && { messageId: "updateAsync", edits, needsSafeMap: true };
}

function rewrite(hazard: Hazard, analysis: Analysis, filename: string): Edit[] | undefined {
  const { sourceCode } = analysis;
  const call = getMethodCall(hazard.write, "set", analysis);
  const look = getMethodCall(hazard.read, "get", analysis);
  const placed = findStatement(hazard.write);
  const first = findStatement(hazard.read);
  const [key, value] = call?.args ?? [];
  if (!call || !look?.args[0] || !key || !value || !placed || hazard.field !== undefined || canBePromise(value, hazard.map, analysis)) return undefined;
  if (first?.list !== placed.list || placed.statement.type !== "ExpressionStatement" || unwrap(placed.statement.expression) !== call.node) return undefined;
  if (!getAsyncFunction(hazard.write) || getEnclosingFunction(hazard.read) !== getEnclosingFunction(hazard.write) || !isSameKeyNode(look.args[0], key, analysis)) return undefined;
  const statements = placed.list.slice(first.index, placed.index + 1);
  const returned = findReturn(placed, value, analysis);
  const all = returned ? [...statements, returned] : statements;
  if (statements.some((statement) => hasWayOut(statement, analysis)) || hasOtherAccess(all, hazard, analysis) || canReenter(statements, hazard.map, analysis)) return undefined;
  if (!hasOwnNames(all, analysis) || (isTypeScript(filename) && needsNarrowing(statements, analysis))) return undefined;
  const own = getParameterName(first.statement, look.node);
  const name = own ?? getFreeName(["current", "previous", "currentValue"], analysis);
  if (!name) return undefined;
  const head = `${returned ? (isInTry(placed.statement) ? "return await " : "return ") : "await "}${call.receiver}.updateAsync(${getText(key, sourceCode)}, async (${name}) => `;
  if (first.statement === placed.statement) return replaceSingle(head, placed, value, look.node, name, analysis);
  if (returned && hasComment(returned.range, sourceCode)) return undefined;
  if (own && hasComment(first.statement.range, sourceCode)) return undefined;
  const newline = getNewline(sourceCode);
  const semicolon = getEnd(placed.statement, sourceCode);
  const indent = getIndent(first.statement, sourceCode);
  const unit = getIndentUnit(first.statement, sourceCode);
  const start = first.statement.range[0];
  const opening = own ? [replace(first.statement, `${head}{`)] : [insert(start, `${head}{${newline}${indent}${unit}`), replace(look.node, name)];
  const store = replace(placed.statement, `return ${getText(value, sourceCode)}${semicolon}`);
  const end = placed.statement.range[1];
  const edits = [...opening, store, insert(getEndOfLine(returned ?? placed.statement, sourceCode), `${newline}${indent}})${semicolon}`)];
  if (returned) edits.push(remove(returned, sourceCode));
  return [...edits, ...indentLines(start, end, unit, edits, sourceCode)];
}

/** m.set(k, (m.get(k) ?? 0) + (await f())); */
function replaceSingle(head: string, placed: Placed, value: TSESTree.Expression, look: Node, name: string, analysis: Analysis): Edit[] | undefined {
  const { sourceCode } = analysis;
  const [start, end] = placed.statement.range;
  if (!isInside(look, value) || hasComment([start, value.range[0]], sourceCode) || hasComment([value.range[1], end], sourceCode)) return undefined;
  const isWrapped = value.type === "ObjectExpression";
  return [replace([start, value.range[0]], `${head}${isWrapped ? "(" : ""}`), replace(look, name), replace([value.range[1], end], `${isWrapped ? ")" : ""})${getEnd(placed.statement, sourceCode)}`)];
}

/** m.set(k, next); return next; */
function findReturn(placed: Placed, value: TSESTree.Expression, analysis: Analysis): TSESTree.ReturnStatement | undefined {
  const next = placed.list[placed.index + 1];
  if (next?.type !== "ReturnStatement" || !next.argument || unwrap(value).type !== "Identifier") return undefined;
  return getText(unwrap(next.argument), analysis.sourceCode) === getText(unwrap(value), analysis.sourceCode) ? next : undefined;
}

/** `n` of `const n = m.get(k);` */
function getParameterName(statement: Node, look: Node): string | undefined {
  const declarator = getSingleDeclarator(statement);
  return declarator?.init === look && declarator.id.type === "Identifier" && !declarator.id.typeAnnotation ? declarator.id.name : undefined;
}

function hasOtherAccess(statements: readonly Node[], hazard: Hazard, analysis: Analysis): boolean {
  return analysis.summaries.getAccesses(hazard.map).some(({ node }) => node !== hazard.read && node !== hazard.write && !isInside(hazard.read, node) && !isInside(node, hazard.read) && statements.some((statement) => isInside(node, statement)));
}

