import type { TSESTree } from "@typescript-eslint/types";
import type { Rule } from "eslint";
import { getEnclosingFunction, isInside, type Node, unwrap } from "../analysis/code/ast.js";
import type { LockLeak } from "../analysis/locks/locking.js";
import { findConstruction } from "../analysis/locks/locks.js";
import { isNeverReassigned } from "../analysis/code/model.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, getEnd, getText, hasComment, indentLines, replace } from "./edits.js";
import { findPlace, getEndWithComment, isDeclaredForLater } from "./finally.js";
import { hasAwait, isRepeatable, needsNarrowing, some } from "./shapes.js";

/**
 * Makes what stands between the acquisition and the release of a `Mutex` of async-mutex a callback of its `runExclusive`, which releases by itself.
 * @returns `undefined` unless both are statements of one block, nothing leaves the block in between, and the statements mean the same in a function of their own.
 */
export function createSectionFix(leak: LockLeak, analysis: Analysis): Rule.ReportFixer | undefined {
  if (leak.kind !== "throw") return undefined;
  const lock = getMutex(leak.acquire, analysis);
  const place = lock && findPlace(leak, analysis);
  if (!place || !isDroppable(leak, place.acquire)) return undefined;
  const { sourceCode } = analysis;
  const { acquire, between, release } = place;
  const last = between.at(-1);
  if (!last || isDeclaredForLater(between, release, analysis) || !isMovable(between, analysis)) return undefined;
  const end = getEndWithComment(last, sourceCode);
  if (hasComment([end, release.range[0]], sourceCode) || hasComment(acquire.range, sourceCode)) return undefined;
  const isAsync = between.some((statement) => hasAwait(statement, analysis));
  const head = replace(acquire, `await ${getText(lock, sourceCode)}.runExclusive(${isAsync ? "async " : ""}() => {`);
  return createFixer([head, ...indentLines(acquire.range[1], end, getUnit(acquire, analysis), [], sourceCode), replace(release, `})${getEnd(release, sourceCode)}`)]);
}

/** One level of the block that the section stands in. */
function getUnit(statement: Node, { sourceCode }: Analysis): string {
  const own = /^\s*/.exec(sourceCode.lines[statement.loc.start.line - 1] ?? "")![0];
  const outer = statement.parent?.parent ? /^\s*/.exec(sourceCode.lines[statement.parent.parent.loc.start.line - 1] ?? "")![0] : "";
  return own.startsWith(outer) && own.length > outer.length ? own.slice(outer.length) : "  ";
}

/** `m` of `await m.acquire()`, where `m` is a `new Mutex()` of async-mutex. */
function getMutex(acquisition: Node, analysis: Analysis): Node | undefined {
  const call = acquisition.type === "AwaitExpression" ? unwrap(acquisition.argument) : acquisition;
  if (call.type !== "CallExpression" || call.arguments.length > 0 || call.callee.type !== "MemberExpression" || call.callee.optional) return undefined;
  const lock = call.callee.object;
  const made = findConstruction(unwrap(lock), analysis.model);
  const mutex = made && unwrap(made);
  if (mutex?.type !== "NewExpression" || !isRepeatable(lock, analysis)) return undefined;
  const definition = analysis.model.getVariable(mutex.callee)?.defs[0];
  const specifier = definition?.type === "ImportBinding" ? (definition.node as Node) : undefined;
  const isMutex = specifier?.type === "ImportSpecifier" && specifier.imported.type === "Identifier" && specifier.imported.name === "Mutex";
  return isMutex && (specifier.parent as TSESTree.ImportDeclaration).source.value === "async-mutex" ? lock : undefined;
}

/** Whether the handle of the acquisition, if it has one, only releases. */
function isDroppable({ handle }: LockLeak, acquire: Node): boolean {
  if (acquire.type === "ExpressionStatement") return handle === undefined;
  return acquire.type === "VariableDeclaration" && acquire.declarations.length === 1 && handle !== undefined && handle.references.filter((reference) => reference.isRead()).length === 1;
}

/** Whether statements mean the same in an arrow function: nothing leaves them, and the compiler forgets nothing that it knew. */
function isMovable(statements: readonly Node[], analysis: Analysis): boolean {
  const leaves = (node: Node): boolean => {
    if (node.type === "VariableDeclaration") return node.kind === "var";
    if (node.type === "Identifier") return node.name === "arguments" || isReassignedOutside(node, statements, analysis);
    return /^(?:ReturnStatement|BreakStatement|ContinueStatement|YieldExpression|Super)$/.test(node.type);
  };
  return !statements.some((statement) => some(statement, analysis, leaves, false)) && !needsNarrowing(statements, analysis);
}

function isReassignedOutside(node: Node, statements: readonly Node[], analysis: Analysis): boolean {
  const variable = analysis.model.getVariable(node);
  const declared = variable?.identifiers[0] as Node | undefined;
  if (!variable || !declared || isNeverReassigned(variable)) return false;
  return getEnclosingFunction(declared) === getEnclosingFunction(statements[0]!) && !statements.some((statement) => isInside(declared, statement));
}
