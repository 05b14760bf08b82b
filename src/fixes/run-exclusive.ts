import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isWrite } from "../analysis/maps/accesses.js";
import { type Node, getEnclosingFunction, isInside } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { type Edit, getEnd, getEndOfLine, getIndent, getIndentUnit, getNewline, getText, indentLines, insert } from "./edits.js";
import { isTypeScript } from "./safe-map.js";
import { canReenter, getAsyncFunction, getMethodCall, hasOwnNames, isRepeatable, needsNarrowing, some, type Statement } from "./shapes.js";

/**
 * The rest of a function, from the check on, runs under the key's lock: for checks that turn the second task away, and for
 * work with ways out of its own.
 */
export function rewriteToRunExclusive(hazard: Hazard, analysis: Analysis, filename: string): Rewrite | undefined {
  const edits = rewrite(hazard, analysis, filename);
  // Whoever writes without the lock would break into the section.
  return edits && { messageId: "runExclusive", edits, needsSafeMap: true, ...(hasOtherWriter(hazard, analysis) ? { isPartial: true } : {}) };
}

function hasOtherWriter(hazard: Hazard, analysis: Analysis): boolean {
  const fn = getEnclosingFunction(hazard.write);
  return analysis.summaries.getAccesses(hazard.map).some(({ node, operation }) => isWrite(operation) && (!fn || !isInside(node, fn)));
}

function rewrite(hazard: Hazard, analysis: Analysis, filename: string): Edit[] | undefined {
  const { sourceCode } = analysis;
  const fn = getAsyncFunction(hazard.write);
  const call = getMethodCall(hazard.write, "set", analysis);
  // Only runs of this function wait for one another.
  if (!fn || fn !== getEnclosingFunction(hazard.read) || fn.body.type !== "BlockStatement" || !hazard.partner.isSelf || !call || hazard.field !== undefined) return undefined;
  const list = fn.body.body;
  const index = list.findIndex((statement) => isInside(hazard.read, statement));
  const statements = list.slice(index);
  const [first, last] = [statements[0], statements.at(-1)];
  if (index < 0 || !first || !last || hasBoundWord(statements, analysis) || !hasOwnNames(statements, analysis) || canReenter(statements, hazard.map, analysis)) return undefined;
  if (isTypeScript(filename) && needsNarrowing(statements, analysis)) return undefined;
  const keys = getKeys(hazard, call.args[0], first, analysis);
  if (keys === undefined) return undefined;
  const newline = getNewline(sourceCode);
  const indent = getIndent(first, sourceCode);
  const unit = getIndentUnit(first, sourceCode);
  const start = insert(first.range[0], `${returnsValue(statements, analysis) ? "return" : "await"} ${call.receiver}.runExclusive(${keys}async () => {${newline}${indent}${unit}`);
  const end = insert(getEndOfLine(last, sourceCode), `${newline}${indent}})${getEnd(last, sourceCode)}`);
  return [start, ...indentLines(first.range[0], last.range[1], unit, [], sourceCode), end];
}

/** `[k], ` for one key, nothing for the whole map. */
function getKeys(hazard: Hazard, key: Node | undefined, first: Node, analysis: Analysis): string | undefined {
  const read = findAccess(hazard.read, analysis.inventory);
  if (read?.map !== hazard.map) return undefined;
  if (!read.key) return "";
  const isKnownBefore = key !== undefined && isRepeatable(key, analysis) && !some(key, analysis, (node) => isDeclaredFrom(node, first, analysis));
  return isKnownBefore ? `[${getText(key, analysis.sourceCode)}], ` : undefined;
}

function isDeclaredFrom(node: Node, first: Node, analysis: Analysis): boolean {
  const declared = analysis.model.getVariable(node)?.defs[0]?.name as Node | undefined;
  return declared !== undefined && declared.range[0] >= first.range[0] && getEnclosingFunction(declared) === getEnclosingFunction(first);
}

/** What means something else in a function of its own. */
function hasBoundWord(statements: readonly Statement[], analysis: Analysis): boolean {
  const isBound = (node: Node): boolean => {
    if (node.type === "VariableDeclaration") return node.kind === "var";
    return node.type === "YieldExpression" || node.type === "Super" || (node.type === "Identifier" && node.name === "arguments");
  };
  return statements.some((statement) => some(statement, analysis, isBound, false));
}

function returnsValue(statements: readonly Statement[], analysis: Analysis): boolean {
  return statements.some((statement) => some(statement, analysis, (node) => node.type === "ReturnStatement" && (node as TSESTree.ReturnStatement).argument !== null, false));
}
