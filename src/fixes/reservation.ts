import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, findWriteAccess, isRemoval } from "../analysis/maps/accesses.js";
import { type Node, getEnclosingFunction, getUsage, isInside, unwrap } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import { isNeverReassigned } from "../analysis/code/model.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { type Edit, getEnd, getEndOfLine, getIndent, getIndentUnit, getNewline, getText, hasComment, indentLines, insert, type Range, replace } from "./edits.js";
import { nameStored } from "./identity.js";
import { findStatement, getFreeName, getMethodCall, hasOwnNames, hasWayOut, isRepeatable, isSameKeyNode, type Placed, type Statement } from "./shapes.js";

/** m.set(k, p): `p.catch(..)` takes the entry out again, if it still is this one. */
export function rewriteToEvict(hazard: Hazard, analysis: Analysis, filename: string): Rewrite | undefined {
  if (hazard.leak !== "promise") return undefined;
  const place = findPlace(hazard.write, analysis);
  const placed = findStatement(hazard.write);
  const value = place?.value;
  if (place && value && placed?.statement.type === "IfStatement") return evictInBraces(place, value, placed.statement, hazard, analysis);
  if (!place || !placed || !value || placed.statement.type !== "ExpressionStatement" || !isWholeStatement(hazard.write, placed)) return undefined;
  const stored = unwrap(value);
  const own = stored.type === "Identifier" && isUnchangedAfter(stored, placed, analysis) ? { name: stored.name, edits: [] } : nameStored(value, hazard, analysis, filename, ["pending", "flight", "pendingEntry"]);
  if (!own) return undefined;
  const { sourceCode } = analysis;
  const line = `${getNewline(sourceCode)}${getIndent(placed.statement, sourceCode)}`;
  const unit = getIndentUnit(placed.statement, sourceCode);
  const end = getEnd(placed.statement, sourceCode);
  const text = [`${own.name}.catch(() => {`, `${unit}if (${place.lookup} === ${own.name}) ${place.removal}${end}`, `})${end}`].join(line);
  return { messageId: "evict", edits: [...own.edits, insert(getEndOfLine(placed.statement, sourceCode), `${line}${text}`)] };
}

/** if (!m.has(k)) m.set(k, load(k)); */
function evictInBraces(place: Place, value: TSESTree.Expression, statement: TSESTree.IfStatement, hazard: Hazard, analysis: Analysis): Rewrite | undefined {
  const { sourceCode } = analysis;
  const { consequent, alternate } = statement;
  const name = getFreeName(["pending", "flight", "pendingEntry"], analysis);
  const isOnly = consequent.type === "ExpressionStatement" && unwrap(consequent.expression) === hazard.write;
  if (alternate || !name || !isOnly || hasComment(consequent.range, sourceCode) || unwrap(value).type !== "CallExpression") return undefined;
  const unit = getIndentUnit(statement, sourceCode);
  const line = `${getNewline(sourceCode)}${getIndent(statement, sourceCode)}`;
  const end = getEnd(consequent, sourceCode);
  const store = sourceCode.text.slice(consequent.range[0], value.range[0]) + name + sourceCode.text.slice(value.range[1], consequent.range[1]);
  const inner = [`const ${name} = ${getText(value, sourceCode)}${end}`, store, `${name}.catch(() => {`, `${unit}if (${place.lookup} === ${name}) ${place.removal}${end}`, `})${end}`];
  return { messageId: "evict", edits: [replace(consequent, ["{", ...inner.map((text) => unit + text), "}"].join(line))] };
}

interface Place {
  readonly key: Node;
  readonly value: TSESTree.Expression | undefined;
  /** `m.get(k)` or `d[k]` */
  readonly lookup: string;
  /** `m.delete(k)` or `delete d[k]` */
  readonly removal: string;
}

/** What a reservation writes, as text that can be repeated. */
function findPlace(write: Node, analysis: Analysis): Place | undefined {
  const call = getMethodCall(write, "set", analysis) ?? getMethodCall(write, "add", analysis);
  const [key, value] = call?.args ?? [];
  const { sourceCode } = analysis;
  if (call && key) {
    if (!isRepeatable(key, analysis)) return undefined;
    const text = getText(key, sourceCode);
    return { key, value, lookup: `${call.receiver}.get(${text})`, removal: `${call.receiver}.delete(${text})` };
  }
  const target = write.type === "AssignmentExpression" ? write.left : write;
  const assignment = getUsage(target).parent;
  if (target.type !== "MemberExpression" || assignment?.type !== "AssignmentExpression" || assignment.operator !== "=") return undefined;
  if (!target.computed || !isRepeatable(target.object, analysis) || !isRepeatable(target.property, analysis)) return undefined;
  const text = getText(target, sourceCode);
  return { key: target.property, value: assignment.right, lookup: text, removal: `delete ${text}` };
}

function isWholeStatement(write: Node, { statement }: Placed): boolean {
  if (statement.type !== "ExpressionStatement") return false;
  const expression = unwrap(statement.expression);
  return expression === write || (expression.type === "AssignmentExpression" && expression.left === write);
}

function isUnchangedAfter(node: TSESTree.Identifier, placed: Placed, analysis: Analysis): boolean {
  const variable = analysis.model.getVariable(node);
  if (!variable) return false;
  return isNeverReassigned(variable) || (variable.scope.type !== "module" && variable.references.every((reference) => !reference.isWrite() || (reference.identifier as Node).range[1] <= placed.statement.range[0]));
}

/** busy.add(k); await work(); busy.delete(k): `try` and `finally`, or `catch` where success replaces the placeholder. */
export function rewriteToRelease(hazard: Hazard, analysis: Analysis): Rewrite | undefined {
  if (hazard.leak !== "flag" && hazard.leak !== "placeholder") return undefined;
  const place = findPlace(hazard.write, analysis);
  const placed = findStatement(hazard.write);
  if (!place || !placed || !isWholeStatement(hazard.write, placed)) return undefined;
  const index = placed.list.findIndex((statement, at) => at > placed.index && isRelease(statement, place, hazard, analysis));
  const release = placed.list[index];
  if (!release || index === placed.index + 1) return undefined;
  const work = placed.list.slice(placed.index + 1, index);
  const isTakenOut = findStatementAccess(release, hazard, analysis) === "delete";
  // Somebody else takes entries out, too: which one would `catch` find?
  if (!isTakenOut && hasOtherRemover(hazard, analysis)) return undefined;
  const edits = isTakenOut ? toFinally(placed, work, release, index, analysis) : toCatch(placed, work, release, index, place, analysis);
  return edits && { messageId: "release", edits };
}

/** The statement that removes or replaces what was put there. */
function isRelease(statement: Statement, place: Place, hazard: Hazard, analysis: Analysis): boolean {
  if (statement.type !== "ExpressionStatement") return false;
  const call = getMethodCall(statement.expression, "delete", analysis) ?? getMethodCall(statement.expression, "set", analysis);
  const [key] = call?.args ?? [];
  const isOfMap = call !== undefined && findAccess(call.node, analysis.inventory)?.map === hazard.map;
  if (key) return isOfMap && isSameKeyNode(key, place.key, analysis);
  const expression = unwrap(statement.expression);
  const target = expression.type === "UnaryExpression" ? expression.argument : expression.type === "AssignmentExpression" ? expression.left : undefined;
  const access = target && findWriteAccess(target, expression.type === "AssignmentExpression" ? expression.right : undefined, analysis.inventory);
  return access?.map === hazard.map && access.key !== undefined && isSameKeyNode(access.key, place.key, analysis);
}

function hasOtherRemover(hazard: Hazard, analysis: Analysis): boolean {
  const fn = getEnclosingFunction(hazard.write);
  return analysis.summaries.getAccesses(hazard.map).some(({ node, operation }) => isRemoval(operation) && getEnclosingFunction(node) !== fn);
}

function findStatementAccess(statement: Statement, hazard: Hazard, analysis: Analysis): string | undefined {
  return analysis.summaries.getAccesses(hazard.map).find(({ node }) => isInside(node, statement) && getEnclosingFunction(node) === getEnclosingFunction(statement))?.operation;
}

/** try { work } finally { busy.delete(k); } */
function toFinally(placed: Placed, work: readonly Statement[], release: Statement, index: number, analysis: Analysis): Edit[] | undefined {
  const { sourceCode } = analysis;
  const returned = findTail(placed, index);
  const moved = returned ? [...work, returned] : work;
  if (!canTry(work, moved, analysis)) return undefined;
  const text = getText(release, sourceCode);
  const [indent, unit, newline] = [getIndent(release, sourceCode), getIndentUnit(release, sourceCode), getNewline(sourceCode)];
  const [start, end] = [work[0]!.range[0], (returned ?? release).range[1]];
  if (!returned) {
    const edits = [insert(start, `try {${newline}${indent}${unit}`), insert(release.range[0], `} finally {${newline}${indent}${unit}`), insert(getEndOfLine(release, sourceCode), `${newline}${indent}}`)];
    return [...edits, ...indentLines(start, work.at(-1)!.range[1], unit, [], sourceCode)];
  }
  // The release goes behind the return.
  const gap: Range = [work.at(-1)!.range[1], returned.range[0]];
  if (hasComment(gap, sourceCode)) return undefined;
  const edits = [insert(start, `try {${newline}${indent}${unit}`), replace([gap[0], gap[1]], `${newline}${indent}${unit}`), insert(getEndOfLine(returned, sourceCode), `${newline}${indent}} finally {${newline}${indent}${unit}${text}${newline}${indent}}`)];
  const indents = [...indentLines(start, gap[0], unit, [], sourceCode), ...indentLines(gap[1], end, unit, [], sourceCode)];
  return [...edits, ...indents];
}

/** try { const v = await load(k); m.set(k, v); } catch (error) { m.delete(k); throw error; } */
function toCatch(placed: Placed, work: readonly Statement[], release: Statement, index: number, place: Place, analysis: Analysis): Edit[] | undefined {
  const { sourceCode } = analysis;
  const returned = findTail(placed, index);
  const inside = [...work, release];
  const moved = returned && !hasOwnNames(inside, analysis) ? [...inside, returned] : inside;
  const name = getFreeName(["error", "failure", "reason"], analysis) ?? "error";
  if (!canTry(work, moved, analysis)) return undefined;
  const close = getEnd(release, sourceCode);
  const [indent, unit, newline] = [getIndent(release, sourceCode), getIndentUnit(release, sourceCode), getNewline(sourceCode)];
  const [start, end] = [work[0]!.range[0], moved.at(-1)!.range[1]];
  const line = `${newline}${indent}`;
  const edits = [insert(start, `try {${line}${unit}`), insert(getEndOfLine(moved.at(-1)!, sourceCode), `${line}} catch (${name}) {${line}${unit}${place.removal}${close}${line}${unit}throw ${name}${close}${line}}`)];
  return [...edits, ...indentLines(start, end, unit, [], sourceCode)];
}

/** `return v;` right after the release. */
function findTail(placed: Placed, index: number): TSESTree.ReturnStatement | undefined {
  const next = placed.list[index + 1];
  return next?.type === "ReturnStatement" ? next : undefined;
}

function canTry(work: readonly Statement[], moved: readonly Statement[], analysis: Analysis): boolean {
  return !work.some((statement) => hasWayOut(statement, analysis)) && keepsNames(moved, analysis);
}

/** What is declared in the new block is not used after it. */
function keepsNames(statements: readonly Statement[], analysis: Analysis): boolean {
  const [start, end] = [statements[0]!.range[0], statements.at(-1)!.range[1]];
  const isWithin = (node: Node): boolean => node.range[0] >= start && node.range[1] <= end;
  return statements.every((statement) => {
    if (statement.type !== "VariableDeclaration") return true;
    return analysis.sourceCode.getDeclaredVariables(statement as never).every((variable) => variable.references.every((reference) => isWithin(reference.identifier as Node)));
  });
}
