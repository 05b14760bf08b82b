import type { TSESTree } from "@typescript-eslint/types";
import type { Rule, SourceCode } from "eslint";
import { findAncestor, isInside, type Node } from "../analysis/code/ast.js";
import type { LockLeak } from "../analysis/locks/locking.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, type Edit, getComments, getIndent, getIndentUnit, getNewline, getText, hasComment, indentLines, insert, remove } from "./edits.js";

/**
 * Puts what stands between a lock's acquisition and its release into a `try` whose `finally` releases.
 * @returns `undefined` unless both are statements of one block, the release is the only one, and nothing that is declared in
 * between is used afterwards.
 */
export function createFinallyFix(leak: LockLeak, analysis: Analysis): Rule.ReportFixer | undefined {
  if (leak.kind === "gap") return createGapFix(leak, analysis);
  if (leak.kind !== "exit" && leak.kind !== "throw") return undefined;
  const place = findPlace(leak, analysis);
  if (!place) return undefined;
  const { sourceCode } = analysis;
  const { between, release } = place;
  const [first] = between;
  const last = between.at(-1);
  if (!first || !last || isDeclaredForLater(between, release, analysis)) return undefined;
  const newline = getNewline(sourceCode);
  const indent = getIndent(first, sourceCode);
  const unit = getIndentUnit(first, sourceCode);
  const start = getStartWithComments(first, place.acquire, sourceCode);
  const end = getEndWithComment(last, sourceCode);
  if (hasComment([end, release.range[0]], sourceCode)) return undefined;
  const edits: Edit[] = [insert(start, `try {${newline}${indent}${unit}`), insert(end, `${newline}${indent}} finally {${newline}${indent}${unit}${getText(release, sourceCode)}${newline}${indent}}`), remove(release, sourceCode)];
  return createFixer([...edits, ...indentLines(start, end, unit, [], sourceCode)]);
}

/** The comments on the lines above a statement belong to it. */
function getStartWithComments(first: Node, before: Node, sourceCode: SourceCode): number {
  const own = getComments(sourceCode).find((comment) => comment.range[0] >= before.range[1] && comment.range[1] <= first.range[0] && comment.loc.start.line > before.loc.end.line);
  return own?.range[0] ?? first.range[0];
}

/** m.set(k, 1); // and why */
export function getEndWithComment(last: Node, sourceCode: SourceCode): number {
  const beside = getComments(sourceCode).findLast((comment) => comment.range[0] >= last.range[1] && comment.loc.start.line === last.loc.end.line);
  return beside?.range[1] ?? last.range[1];
}

interface Place {
  readonly acquire: TSESTree.Statement;
  readonly between: readonly TSESTree.Statement[];
  readonly release: TSESTree.Statement;
}

/** The statements of an acquisition and of its only release, in one block, and what stands between them. */
export function findPlace(leak: LockLeak, analysis: Analysis): Place | undefined {
  const start = getStatement(leak.acquire);
  const block = start?.parent;
  if (!start || block?.type !== "BlockStatement" || !leak.release) return undefined;
  const release = getStatement(leak.release);
  if (!release || release.parent !== block || release.type !== "ExpressionStatement" || release.expression !== leak.release) return undefined;
  if (countReleases(leak, analysis) !== 1) return undefined;
  const between = block.body.slice(block.body.indexOf(start) + 1, block.body.indexOf(release));
  return { acquire: start, between, release };
}

function getStatement(node: Node): TSESTree.Statement | undefined {
  const found = findAncestor(node, (at) => at.type.endsWith("Statement") || at.type === "VariableDeclaration");
  return found as TSESTree.Statement | undefined;
}

/** The same release, as text, in the function that holds the lock. */
function countReleases(leak: LockLeak, analysis: Analysis): number {
  const task = analysis.model.getEnclosing(leak.acquire);
  const text = getText(leak.release!, analysis.sourceCode);
  return (analysis.model.nodes.get("CallExpression") ?? []).filter((node) => analysis.model.getEnclosing(node) === task && getText(node, analysis.sourceCode) === text).length;
}

/** Whether something that is declared in these statements is used after the release. */
export function isDeclaredForLater(between: readonly Node[], release: Node, analysis: Analysis): boolean {
  return between.some((statement) =>
    (analysis.sourceCode.getDeclaredVariables(statement as never) ?? []).some((variable) => variable.references.some((reference) => !isInside(reference.identifier as Node, statement) && (reference.identifier as Node).range[0] >= release.range[0])),
  );
}

/** const held = await m.acquire(); await a(); try { .. } finally { held(); }: the `try` begins at once. */
function createGapFix(leak: LockLeak, analysis: Analysis): Rule.ReportFixer | undefined {
  const { sourceCode } = analysis;
  const start = getStatement(leak.acquire);
  const block = start?.parent;
  const attempt = leak.release && findAncestor(leak.release, (node) => node.type === "TryStatement" && node.finalizer !== null && isInside(leak.release!, node.finalizer));
  if (!start || attempt?.type !== "TryStatement" || block?.type !== "BlockStatement" || attempt.parent !== block) return undefined;
  const between = block.body.slice(block.body.indexOf(start) + 1, block.body.indexOf(attempt));
  const [first] = between;
  if (!first || attempt.handler || attempt.block.body.length === 0) return undefined;
  if (hasComment([between.at(-1)!.range[1], attempt.block.range[0] + 1], sourceCode) || isUsedOutsideTry(between, attempt, analysis)) return undefined;
  const newline = getNewline(sourceCode);
  const indent = getIndent(first, sourceCode);
  const unit = getIndentUnit(attempt.block.body[0]!, sourceCode);
  const firstInside = attempt.block.body[0]!;
  const moved = getText([first.range[0], between.at(-1)!.range[1]], sourceCode);
  if (moved.includes("`")) return undefined;
  const indented = moved.split(newline).map((line, index) => (index === 0 || line === "" ? line : unit + line)).join(newline);
  return createFixer([{ range: [first.range[0], firstInside.range[0]], text: `try {${newline}${indent}${unit}${indented}${newline}${indent}${unit}` }]);
}

function isUsedOutsideTry(between: readonly Node[], attempt: TSESTree.TryStatement, analysis: Analysis): boolean {
  return between.some((statement) =>
    (analysis.sourceCode.getDeclaredVariables(statement as never) ?? []).some((variable) => variable.references.some((reference) => (reference.identifier as Node).range[0] > attempt.block.range[1])),
  );
}
