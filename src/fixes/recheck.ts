import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isWrite } from "../analysis/maps/accesses.js";
import { type Node, getCalleeName, getEnclosingFunction, isFunction, isInside, unwrap } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { type Edit, getIndent, getNewline, getText, hasComment, insert } from "./edits.js";
import { takeAwaitOut } from "./reread.js";
import { findStatement, getDeclarator, getMethodCall, getOnlyStatement, hasAwait, isReferencedIn, isRepeatable, matchPresenceTest, type Placed, some } from "./shapes.js";

/** Asks once more after the suspension: the guard is repeated, or the write gets one. */
export function rewriteToRecheck(hazard: Hazard, analysis: Analysis): Rewrite | undefined {
  if (getEnclosingFunction(hazard.read) !== getEnclosingFunction(hazard.write)) return undefined;
  const placed = findStatement(hazard.write);
  if (placed?.statement.type !== "ExpressionStatement") return undefined;
  const guard = findGuard(hazard, placed, analysis);
  const edits = guard ? repeatGuard(guard, placed, hazard, analysis) : guardWrite(placed, hazard, analysis);
  if (!edits) return undefined;
  const isWhole = guard !== undefined && hazard.consequence === "refusal" && isRefusal(guard) && hasHarmlessWork(hazard, analysis);
  return { messageId: "recheck", edits, ...(isWhole ? {} : { isPartial: true }) };
}

/** if (m.has(k)) throw ..; before the write, in its list or around. */
function findGuard(hazard: Hazard, placed: Placed, analysis: Analysis): TSESTree.IfStatement | undefined {
  for (let at: Placed | undefined = placed; at; at = at.statement.parent && findStatement(at.statement.parent)) {
    const found = at.list.slice(0, at.index).findLast((statement) => statement.type === "IfStatement" && isGuard(statement, hazard, analysis));
    if (found) return found as TSESTree.IfStatement;
  }
  return undefined;
}

function isGuard(statement: TSESTree.IfStatement, hazard: Hazard, analysis: Analysis): boolean {
  const exit = getOnlyStatement(statement.consequent);
  if (statement.alternate || (exit?.type !== "ThrowStatement" && exit?.type !== "ReturnStatement")) return false;
  return isInside(hazard.read, statement.test) || getTextOfLookup(statement, hazard, analysis) !== undefined;
}

/** `m.has(k)` for the `c` of `const c = m.get(k); if (c) throw ..`. */
function getTextOfLookup(statement: TSESTree.IfStatement, hazard: Hazard, analysis: Analysis): string | undefined {
  const call = getMethodCall(hazard.read, "get", analysis) ?? getMethodCall(hazard.read, "has", analysis);
  const [key] = call?.args ?? [];
  if (!call || !key || !isRepeatable(key, analysis)) return undefined;
  const test = matchPresenceTest(statement.test, hazard.map, key, analysis);
  if (!test?.variable || test.whenTrue !== "present" || isReferencedIn(test.variable, statement.consequent)) return undefined;
  return `${call.receiver}.has(${getText(key, analysis.sourceCode)})`;
}

function repeatGuard(guard: TSESTree.IfStatement, placed: Placed, hazard: Hazard, analysis: Analysis): Edit[] | undefined {
  const { sourceCode } = analysis;
  if (hasComment(guard.range, sourceCode)) return undefined;
  const lookup = getTextOfLookup(guard, hazard, analysis);
  if (!lookup && !isPure(guard.test, analysis)) return undefined;
  const test = lookup ?? getText(guard.test, sourceCode);
  const text = reindent(`if (${test}) ${getText(guard.consequent, sourceCode)}`, getIndent(guard, sourceCode), getIndent(placed.statement, sourceCode));
  const statement = placed.statement as TSESTree.ExpressionStatement;
  if (hasAwait(statement, analysis)) return takeAwaitOut(statement, hazard, analysis, [text])?.edits;
  return [insert(statement.range[0], `${text}${getNewline(sourceCode)}${getIndent(statement, sourceCode)}`)];
}

function reindent(text: string, from: string, to: string): string {
  return text.replaceAll(`\n${from}`, `\n${to}`);
}

/** if (!m.has(k)) { const v = await load(k); m.set(k, v); } */
function guardWrite(placed: Placed, hazard: Hazard, analysis: Analysis): Edit[] | undefined {
  const { sourceCode } = analysis;
  const set = getMethodCall(hazard.write, "set", analysis);
  const [key] = set?.args ?? [];
  const statement = placed.statement.parent?.parent;
  if (!set || !key || statement?.type !== "IfStatement" || hasAwait(placed.statement, analysis) || !isRepeatable(key, analysis)) return undefined;
  if (matchPresenceTest(statement.test, hazard.map, key, analysis)?.whenTrue !== "absent") return undefined;
  return [insert(placed.statement.range[0], `if (!${set.receiver}.has(${getText(key, sourceCode)})) `)];
}

/** Only reads of maps and operators over names that stay. */
function isPure(expression: Node, analysis: Analysis): boolean {
  return !some(expression, analysis, (node) => {
    if (node.type === "CallExpression") {
      const access = findAccess(node, analysis.inventory);
      return !access || isWrite(access.operation) || (access.key !== undefined && !isRepeatable(access.key, analysis));
    }
    if (node.type === "Identifier") return !isRepeatable(node, analysis) || isLookedUp(node, analysis);
    return isFunction(node) || /^(?:New|Await|Yield|Assignment|Update|TaggedTemplate|Import)Expression$/.test(node.type);
  });
}

/** const had = m.has(k): asked again, it says what it said before. */
function isLookedUp(node: TSESTree.Identifier, analysis: Analysis): boolean {
  const variable = analysis.model.getVariable(node);
  const init = variable && getDeclarator(variable)?.init;
  return init != null && some(init, analysis, (inner) => findAccess(inner, analysis.inventory) !== undefined);
}

/** throw .., return false: the caller is turned away. */
function isRefusal(guard: TSESTree.IfStatement): boolean {
  const exit = getOnlyStatement(guard.consequent);
  return exit?.type === "ThrowStatement" || (exit?.type === "ReturnStatement" && exit.argument !== null);
}

const HARMLESS = /^(?:hash|validate|verify|check|load|fetch|get|read|find|look|resolve|query|compare|parse|sleep|delay|wait|assert|ensure|is[A-Z]|has[A-Z]|can[A-Z]|list|search|stat|exists|access|normali[sz]e|compute|calculate|measure|count|render|encode|decode|encrypt|decrypt|sign|digest)/;

/** Whether what runs in between only looks: then it does not matter that two tasks did it. */
function hasHarmlessWork(hazard: Hazard, analysis: Analysis): boolean {
  const fn = getEnclosingFunction(hazard.write);
  return (analysis.model.nodes.get("AwaitExpression") ?? []).every((node) => {
    if (getEnclosingFunction(node) !== fn || node.range[0] < hazard.read.range[0] || node.range[0] > hazard.write.range[1]) return true;
    const call = unwrap((node as TSESTree.AwaitExpression).argument);
    return call.type === "CallExpression" && HARMLESS.test(getCalleeName(call) ?? "");
  });
}
