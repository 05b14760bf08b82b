import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isWrite } from "../analysis/maps/accesses.js";
import { type Node, type Variable, getEnclosingFunction, isFunction, isInside } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import { isNeverReassigned } from "../analysis/code/model.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { getEnd, getIndent, getNewline, getText, hasComment, insert, remove, replace, type Edit } from "./edits.js";
import { findStatement, getFreeName, getSingleDeclarator, hasAwait, isReferencedIn, some, type Placed } from "./shapes.js";

/** Reads again after the suspension: moves the read behind it, or the suspension before the read. */
export function rewriteToReread(hazard: Hazard, analysis: Analysis): Rewrite | undefined {
  if (getEnclosingFunction(hazard.read) !== getEnclosingFunction(hazard.write)) return undefined;
  const edits = isInside(hazard.read, hazard.write) ? hoistAwait(hazard, analysis) : moveRead(hazard, analysis);
  return edits && { messageId: "reread", edits };
}

/** const n = m.get(k) ?? 0; await f(); m.set(k, n + 1); */
function moveRead(hazard: Hazard, analysis: Analysis): Edit[] | undefined {
  const { sourceCode } = analysis;
  const declaration = findStatement(hazard.read)?.statement;
  const declarator = getSingleDeclarator(declaration);
  if (!declaration || !declarator?.init || declarator.id.type !== "Identifier" || !isInside(hazard.read, declarator.init)) return undefined;
  const variable = analysis.model.getVariable(declarator.id);
  if (!variable || !isPureRead(declarator.init, hazard, analysis)) return undefined;
  const target = findFirstUse(variable, declaration, hazard);
  if (!target || target.statement === declaration) return undefined;
  // Nothing between the new place of the read and the write may suspend.
  const last = target.list.findIndex((statement) => isInside(hazard.write, statement));
  if (last < 0 || target.list.slice(target.index, last + 1).some((statement) => hasAwait(statement, analysis))) return undefined;
  if (hasOwnWriteBetween(hazard, analysis) || isLoopBetween(target.statement, declaration)) return undefined;
  const text = getText(declaration, sourceCode);
  return [remove(declaration, sourceCode), insert(target.statement.range[0], `${text}${getNewline(sourceCode)}${getIndent(target.statement, sourceCode)}`)];
}

/** The first statement that uses a variable, in the innermost list that holds all its uses. */
function findFirstUse(variable: Variable, declaration: Node, hazard: Hazard): Placed | undefined {
  const uses = variable.references.filter((reference) => reference.init !== true).map((reference) => reference.identifier as Node);
  const [first] = uses;
  if (!first) return undefined;
  for (let placed = findStatement(first); placed; placed = placed.statement.parent && findStatement(placed.statement.parent)) {
    const list = placed.list;
    const isHolding = [...uses, hazard.write].every((use) => list.some((statement) => isInside(use, statement)));
    if (!isHolding) continue;
    const index = list.findIndex((statement) => isReferencedIn(variable, statement) && statement !== declaration);
    return index < 0 ? undefined : { list, index, statement: list[index]! };
  }
  return undefined;
}

/** Reads of the map, operators and literals over names that never change: it may be evaluated later. */
function isPureRead(expression: Node, hazard: Hazard, analysis: Analysis): boolean {
  return !some(expression, analysis, (node) => {
    switch (node.type) {
      case "CallExpression": {
        const access = findAccess(node, analysis.inventory);
        return !access || isWrite(access.operation);
      }
      case "Identifier": {
        const variable = analysis.model.getVariable(node);
        return variable !== undefined && variable.scope.type !== "module" && !isNeverReassigned(variable);
      }
      case "NewExpression":
      case "AwaitExpression":
      case "YieldExpression":
      case "AssignmentExpression":
      case "UpdateExpression":
      case "TaggedTemplateExpression":
      case "ImportExpression":
        return true;
      default:
        return isFunction(node);
    }
  });
}

/** The task itself writes the entry in between: the read means the value before that. */
function hasOwnWriteBetween(hazard: Hazard, analysis: Analysis): boolean {
  return analysis.summaries.getAccesses(hazard.map).some(({ node, operation }) => {
    const isBetween = node.range[0] > hazard.read.range[1] && node.range[1] < hazard.write.range[0];
    return isWrite(operation) && isBetween && node !== hazard.write;
  });
}

function isLoopBetween(inner: Node, outer: Node): boolean {
  for (let at = inner.parent; at && !isInside(outer, at); at = at.parent) {
    if (/^(?:For|ForOf|ForIn|While|DoWhile)Statement$/.test(at.type)) return true;
  }
  return false;
}

/** m.set(k, (m.get(k) ?? 0) + (await f())): `f` is awaited before. */
function hoistAwait(hazard: Hazard, analysis: Analysis): Edit[] | undefined {
  const placed = findStatement(hazard.write);
  return placed?.statement.type === "ExpressionStatement" ? takeAwaitOut(placed.statement, hazard, analysis)?.edits : undefined;
}

/**
 * Takes the only `await` of a statement out, into a constant before it.
 * @param lines More statements to stand between the constant and the statement.
 */
export function takeAwaitOut(statement: TSESTree.ExpressionStatement, hazard: Hazard, analysis: Analysis, lines: readonly string[] = []): { readonly edits: Edit[] } | undefined {
  const { sourceCode } = analysis;
  const awaits: TSESTree.AwaitExpression[] = [];
  const collect = (node: Node): boolean => {
    if (node.type === "AwaitExpression") awaits.push(node);
    return false;
  };
  some(statement, analysis, collect, false);
  const [only] = awaits;
  // m.set(k, await next(m.get(k))): what is awaited depends on the read.
  if (only && isInside(hazard.read, only)) return undefined;
  if (awaits.length !== 1 || !only || !isAlwaysEvaluated(only, statement) || hasComment(only.range, sourceCode)) return undefined;
  if (hasOtherEffect(statement, only, hazard, analysis) || analysis.summaries.getAccesses(hazard.map).some(({ node }) => isInside(node, only))) return undefined;
  const name = getFreeName(["awaited", "loaded", "outcome", "awaitedValue"], analysis);
  if (!name) return undefined;
  const separator = `${getNewline(sourceCode)}${getIndent(statement, sourceCode)}`;
  const before = [`const ${name} = ${getText(only, sourceCode)}${getEnd(statement, sourceCode)}`, ...lines, ""].join(separator);
  const outer = sourceCode.text[only.range[0] - 1] === "(" && sourceCode.text[only.range[1]] === ")" && only.parent.type !== "CallExpression" ? ([only.range[0] - 1, only.range[1] + 1] as const) : only.range;
  return { edits: [insert(statement.range[0], before), replace(outer, name)] };
}

function isAlwaysEvaluated(node: Node, statement: Node): boolean {
  for (let child = node, parent = node.parent; parent && child !== statement; child = parent, parent = parent.parent) {
    if (parent.type === "LogicalExpression" && parent.right === child) return false;
    if (parent.type === "ConditionalExpression" && parent.test !== child) return false;
    if (parent.type === "AssignmentExpression" && /^(?:\?\?|\|\||&&)=$/.test(parent.operator)) return false;
    if (parent.type === "ChainExpression") return false;
  }
  return true;
}

/** Calls besides those of the map would run later than they did. */
function hasOtherEffect(statement: Node, except: Node, hazard: Hazard, analysis: Analysis): boolean {
  return some(statement, analysis, (node) => {
    if (isInside(node, except)) return false;
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      const access = findAccess(node, analysis.inventory);
      return access?.map !== hazard.map && !isConversion(node);
    }
    if (node.type === "AssignmentExpression") return node !== (statement as TSESTree.ExpressionStatement).expression;
    return node.type === "UpdateExpression";
  });
}

/** Number(x), String(x) */
function isConversion(node: TSESTree.CallExpression | TSESTree.NewExpression): boolean {
  return node.callee.type === "Identifier" && /^(?:Number|String|Boolean|BigInt|Map|Set|Array|Date)$/.test(node.callee.name);
}
