import type { TSESTree } from "@typescript-eslint/types";
import { findAccess } from "../analysis/maps/accesses.js";
import { type Node, type Variable, getCalleeName, getEnclosingFunction, getUsage, isFunction, isInside, unwrap } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import { isNeverReassigned } from "../analysis/code/model.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { type Edit, getEnd, getIndent, getNewline, getText, hasComment, insert, replace } from "./edits.js";
import { isTypeScript } from "./safe-map.js";
import { findStatement, getFreeName, getMethodCall, hasAwait, isRepeatable } from "./shapes.js";

/** What a task knows as its own entry: a name for it, and the edits that give it one. */
export interface Own {
  readonly name: string;
  readonly edits: readonly Edit[];
}

/** `if (m.get(k) === mine) m.delete(k)` for a `m.delete(k)` that can take a newer entry. */
export function rewriteToIdentityCheck(hazard: Hazard, analysis: Analysis, filename: string): Rewrite | undefined {
  const removal = findRemoval(hazard, analysis);
  const own = removal && findOwn(hazard, analysis, filename);
  if (!removal || !own) return undefined;
  const edits = guardRemoval(removal, own.name, analysis);
  return edits && { messageId: "identity", edits: [...own.edits, ...edits] };
}

/** `m.deleteIf(k, mine)` */
export function rewriteToDeleteIf(hazard: Hazard, analysis: Analysis, filename: string): Rewrite | undefined {
  const call = getMethodCall(hazard.write, "delete", analysis);
  const own = call && findOwn(hazard, analysis, filename);
  const [key] = call?.args ?? [];
  // Inside what narrowed its type, if anything did.
  const isNarrowed = isTypeScript(filename) && !isInside(hazard.write, findStatement(hazard.read)?.statement.parent ?? hazard.read);
  if (!call || !own || !key || isNarrowed || call.node.callee.type !== "MemberExpression") return undefined;
  const edits = [...own.edits, replace(call.node.callee.property, "deleteIf"), insert(key.range[1], `, ${own.name}`)];
  return { messageId: "deleteIf", edits, needsSafeMap: true };
}

interface Removal {
  readonly node: Node;
  /** `m.get(k)` or `d[k]` */
  readonly lookup: string;
}

function findRemoval(hazard: Hazard, analysis: Analysis): Removal | undefined {
  const { map } = hazard;
  if (map.kind === "Set" || map.kind === "WeakSet" || map.kind === "slot") return undefined;
  const call = getMethodCall(hazard.write, "delete", analysis);
  if (call?.args.length === 1) {
    const [key] = call.args;
    return key && isRepeatable(key, analysis) ? { node: call.node, lookup: `${call.receiver}.get(${getText(key, analysis.sourceCode)})` } : undefined;
  }
  const written = unwrap(hazard.write);
  const operation = written.type === "UnaryExpression" ? written : written.parent?.type === "UnaryExpression" ? written.parent : undefined;
  const target = operation ? unwrap(operation.argument) : written;
  if (map.kind !== "dictionary" || target.type !== "MemberExpression" || operation?.operator !== "delete" || !isRepeatable(target.property, analysis)) return undefined;
  return { node: operation, lookup: getText(target, analysis.sourceCode) };
}

/** The name of the entry that the task put there, or saw: `mine` of `m.set(k, mine)`, of `const mine = m.get(k)`. */
function findOwn(hazard: Hazard, analysis: Analysis, filename: string): Own | undefined {
  const put = getStored(hazard.read, analysis);
  if (put) {
    const value = unwrap(put);
    const variable = value.type === "Identifier" ? analysis.model.getVariable(value) : undefined;
    if (variable && value.type === "Identifier") return isLastingAt(variable, put, hazard.write) ? { name: value.name, edits: [] } : undefined;
    return nameStored(put, hazard, analysis, filename);
  }
  const declarator = getUsage(hazard.read).parent;
  if (declarator?.type !== "VariableDeclarator" || declarator.id.type !== "Identifier" || findAccess(hazard.read, analysis.inventory)?.operation !== "get") return undefined;
  const variable = analysis.model.getVariable(declarator.id);
  return variable && isLastingAt(variable, hazard.read, hazard.write) ? { name: declarator.id.name, edits: [] } : undefined;
}

function getStored(write: Node, analysis: Analysis): TSESTree.Expression | undefined {
  const call = getMethodCall(write, "set", analysis);
  if (call) return call.args[1];
  const assignment = write.type === "MemberExpression" ? getUsage(write).parent : write;
  return assignment?.type === "AssignmentExpression" && assignment.operator === "=" ? assignment.right : undefined;
}

/** Whether a variable still holds at one place what it held at another. */
function isLastingAt(variable: Variable, from: Node, at: Node): boolean {
  const scope = variable.scope.block as unknown as Node;
  if (!isInside(at, scope)) return false;
  if (isNeverReassigned(variable)) return true;
  return !isInLoop(from) && variable.references.every((reference) => !reference.isWrite() || (reference.identifier as Node).range[1] <= from.range[0]);
}

function isInLoop(node: Node): boolean {
  for (let at: Node | undefined = node; at && !isFunction(at); at = at.parent) if (/^(?:For|ForOf|ForIn|While|DoWhile)Statement$/.test(at.type)) return true;
  return false;
}

/** m.set(k, connect(k)): the value gets a name first. */
export function nameStored(value: TSESTree.Expression, hazard: Hazard, analysis: Analysis, filename: string, names: readonly string[] = ["own", "mine", "ownEntry"]): Own | undefined {
  const placed = findStatement(value);
  const write = unwrap(hazard.read);
  if (placed?.statement.type !== "ExpressionStatement" || hasAwait(placed.statement, analysis)) return undefined;
  // The only effect of the statement, whose key is a name that stays.
  const expression = unwrap(placed.statement.expression);
  if (expression !== write && !isInside(write, expression)) return undefined;
  const inner = unwrap(value);
  const isObject = inner.type === "ObjectExpression" || inner.type === "ArrayExpression";
  if (!isObject && inner.type !== "NewExpression" && inner.type !== "CallExpression") return undefined;
  if (!isInside(hazard.write, placed.statement.parent)) return undefined;
  const type = hazard.map.valueType;
  if (isObject && isTypeScript(filename) && !type) return undefined;
  const annotation = type && isObject && isTypeScript(filename) ? `: ${getText(type, analysis.sourceCode)}` : "";
  const name = getFreeName(names, analysis);
  if (!name || hasComment([placed.statement.range[0], value.range[0]], analysis.sourceCode)) return undefined;
  const before = `const ${name}${annotation} = ${getText(value, analysis.sourceCode)}${getEnd(placed.statement, analysis.sourceCode)}${getNewline(analysis.sourceCode)}${getIndent(placed.statement, analysis.sourceCode)}`;
  return { name, edits: [insert(placed.statement.range[0], before), replace(value, name)] };
}

const IGNORES_VALUE = /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|finally|on|once|addListener|addEventListener)$/;

function guardRemoval({ node, lookup }: Removal, name: string, analysis: Analysis): Edit[] | undefined {
  const condition = `if (${lookup} === ${name}) `;
  const { node: outer, parent } = getUsage(node);
  if (parent?.type === "ExpressionStatement") {
    const around = parent.parent;
    if (around.type === "IfStatement" && (around.alternate !== null || around.consequent !== parent)) return undefined;
    return [insert(parent.range[0], condition)];
  }
  // () => m.delete(k)
  if (parent?.type !== "ArrowFunctionExpression" || parent.body !== outer || !isValueIgnored(parent)) return undefined;
  if (hasComment([parent.range[0], outer.range[0]], analysis.sourceCode)) return undefined;
  const isParenthesized = analysis.sourceCode.text[outer.range[0] - 1] === "(";
  return isParenthesized ? undefined : [insert(outer.range[0], `{ ${condition}`), insert(outer.range[1], "; }")];
}

function isValueIgnored(callback: Node): boolean {
  const call = getUsage(callback).parent;
  if (call?.type !== "CallExpression" || getEnclosingFunction(callback) === undefined) return false;
  const name = getCalleeName(call) ?? "";
  if (IGNORES_VALUE.test(name)) return true;
  const chain = getUsage(call).parent;
  return /^(?:then|catch)$/.test(name) && (chain?.type === "ExpressionStatement" || (chain?.type === "UnaryExpression" && chain.operator === "void"));
}

