import type { TSESTree } from "@typescript-eslint/types";
import { findAccess } from "../analysis/maps/accesses.js";
import { type FunctionNode, type Node, type Variable, getChildren, getEnclosingFunction, getUsage, isClass, isFunction, isInside, unwrap } from "../analysis/code/ast.js";
import { getPresence } from "../analysis/async/write-sites.js";
import type { MapEntity } from "../analysis/maps/inventory.js";
import { type KeyEnvironment, getKeyTerm, isSameKey } from "../analysis/maps/keys.js";
import { isNeverReassigned } from "../analysis/code/model.js";
import type { Analysis } from "../analysis/pipeline.js";
import { getText } from "./edits.js";

export type Statement = TSESTree.Statement;

const NO_TERMS: KeyEnvironment = new Map();

/** Visits a node and all below it, into nested functions only if asked. */
export function some(node: Node, analysis: Analysis, test: (node: Node) => boolean, isDeep = true): boolean {
  if (test(node)) return true;
  return getChildren(node, analysis.sourceCode).some((child) => (isDeep || !isFunction(child)) && some(child, analysis, test, isDeep));
}

/** Whether a node suspends its own function. */
export function hasAwait(node: Node, analysis: Analysis): boolean {
  return some(node, analysis, (at) => at.type === "AwaitExpression" || (at.type === "ForOfStatement" && at.await) || (at.type === "VariableDeclaration" && at.kind === "await using"), false);
}

/** The statement that a node belongs to, and the list that it stands in. */
export interface Placed {
  readonly statement: Statement;
  readonly list: readonly Statement[];
  readonly index: number;
}

export function findStatement(node: Node): Placed | undefined {
  for (let at: Node | undefined = node; at; at = at.parent) {
    if (isFunction(at) || isClass(at)) return undefined;
    const parent: Node | undefined = at.parent;
    if (parent?.type !== "BlockStatement") continue;
    const list = parent.body;
    return { statement: at as Statement, list, index: list.indexOf(at as Statement) };
  }
  return undefined;
}

/** The list that a statement stands in. */
export function placeOf(statement: Statement): Placed | undefined {
  const parent = statement.parent;
  return parent.type === "BlockStatement" ? { statement, list: parent.body, index: parent.body.indexOf(statement) } : undefined;
}

export interface MethodCall {
  readonly node: TSESTree.CallExpression;
  /** The map as the source calls it here. */
  readonly receiver: string;
  readonly args: readonly TSESTree.Expression[];
}

/** `m.set(k, v)`: a plain call of a method of a map, whose receiver can be repeated. */
export function getMethodCall(expression: Node, name: string, analysis: Analysis): MethodCall | undefined {
  const node = unwrap(expression);
  if (node.type !== "CallExpression" || node.optional || node.callee.type !== "MemberExpression" || node.callee.computed || node.callee.optional) return undefined;
  if (node.callee.property.type !== "Identifier" || node.callee.property.name !== name || node.typeArguments) return undefined;
  if (!isRepeatable(node.callee.object, analysis) || node.arguments.some((argument) => argument.type === "SpreadElement")) return undefined;
  return { node, receiver: getText(node.callee.object, analysis.sourceCode), args: node.arguments as TSESTree.Expression[] };
}

/** Whether an expression may be evaluated once more, or later, with the same value: a name that stays, a member of one, a literal, a template of such. */
export function isRepeatable(expression: Node, analysis: Analysis): boolean {
  const node = unwrap(expression);
  switch (node.type) {
    case "Literal":
    case "ThisExpression":
      return true;
    case "Identifier": {
      const variable = analysis.model.getVariable(node);
      return variable === undefined || isNeverReassigned(variable);
    }
    case "MemberExpression":
      return !node.optional && isRepeatable(node.object, analysis) && (!node.computed || isRepeatable(node.property, analysis)) && !isAssignedField(node, analysis);
    case "TemplateLiteral":
      return node.expressions.every((part) => isRepeatable(part, analysis));
    case "BinaryExpression":
      return node.operator === "+" && isRepeatable(node.left, analysis) && isRepeatable(node.right, analysis);
    default:
      return false;
  }
}

/** A field that something in this file assigns, other than a map itself. */
function isAssignedField(node: TSESTree.MemberExpression, analysis: Analysis): boolean {
  const path = analysis.model.getPath(node);
  if (!path || analysis.inventory.resolve(node)) return false;
  return (analysis.model.assignments.get(path.key) ?? []).some((assignment) => analysis.model.getEnclosing(assignment)?.name !== "constructor");
}

export function isSameKeyNode(a: Node, b: Node, analysis: Analysis): boolean {
  const first = getKeyTerm(a, analysis.model, NO_TERMS);
  return isSameKey(first, getKeyTerm(b, analysis.model, NO_TERMS)) && !first.isVolatile;
}

/** What a test asks a map about one key. */
export interface PresenceTest {
  /** What the outcome `true` says. */
  readonly whenTrue: "present" | "absent";
  /** The value that was looked up before: `const c = m.get(k); if (c)`. */
  readonly variable: Variable | undefined;
  /** The statement of that look-up. */
  readonly lookup: TSESTree.VariableDeclaration | undefined;
  /** Falsy values count as absent: `if (c)`. */
  readonly isTruthiness: boolean;
}

/** `m.has(k)`, `!m.has(k)`, `m.get(k) === undefined`, `c`, `!c`, `c == null`: a test that asks nothing else. */
export function matchPresenceTest(test: Node, map: MapEntity, key: Node, analysis: Analysis): PresenceTest | undefined {
  const whenTrue = getPresence(test, "true");
  if (whenTrue === "unknown") return undefined;
  const { subject, isCompared } = getSubject(test);
  const operation = matchLookup(subject, map, key, analysis);
  if (operation) return { whenTrue, variable: undefined, lookup: undefined, isTruthiness: operation === "get" && !isCompared };
  if (subject.type !== "Identifier") return undefined;
  const variable = analysis.model.getVariable(subject);
  const declarator = variable && getDeclarator(variable);
  if (!variable || declarator?.init == null || declarator.parent.declarations.length !== 1) return undefined;
  const looked = matchLookup(declarator.init, map, key, analysis);
  if (!looked || unwrap(declarator.init) !== declarator.init) return undefined;
  return { whenTrue, variable, lookup: declarator.parent as TSESTree.VariableDeclaration, isTruthiness: looked === "get" && !isCompared };
}

function getSubject(test: Node): { subject: Node; isCompared: boolean } {
  const node = unwrap(test);
  if (node.type === "UnaryExpression" && node.operator === "!") return getSubject(node.argument);
  if (node.type !== "BinaryExpression") return { subject: node, isCompared: false };
  const isLeftNothing = /^(?:undefined|null)$/.test(node.left.type === "Identifier" ? node.left.name : node.left.type === "Literal" ? node.left.raw : "");
  return { subject: unwrap(isLeftNothing ? node.right : node.left), isCompared: true };
}

/** `m.get(k)` or `m.has(k)`, of this map and key. */
export function matchLookup(node: Node, map: MapEntity, key: Node, analysis: Analysis): "get" | "has" | undefined {
  const access = findAccess(node, analysis.inventory);
  if (access?.map !== map || (access.operation !== "get" && access.operation !== "has") || !access.key) return undefined;
  return isSameKeyNode(access.key, key, analysis) ? access.operation : undefined;
}

export function getDeclarator(variable: Variable): TSESTree.VariableDeclarator | undefined {
  const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
  if (definition?.type !== "Variable") return undefined;
  const declarator = definition.node as TSESTree.VariableDeclarator;
  return declarator.id.type === "Identifier" ? declarator : undefined;
}

/** `const x = ..` with nothing beside it. */
export function getSingleDeclarator(statement: Node | undefined): TSESTree.VariableDeclarator | undefined {
  if (statement?.type !== "VariableDeclaration" || statement.declarations.length !== 1 || statement.kind.endsWith("using")) return undefined;
  const [declarator] = statement.declarations;
  return declarator?.id.type === "Identifier" ? declarator : undefined;
}

/** The only statement of `{ s }` or `s`. */
export function getOnlyStatement(node: Node): Node | undefined {
  if (node.type !== "BlockStatement") return node;
  return node.body.length === 1 ? node.body[0] : undefined;
}

/** Whether statements can run in a function of their own instead: no way out but by throwing, and no access of the map. */
export function canEnclose(statements: readonly Node[], map: MapEntity, analysis: Analysis): boolean {
  return !statements.some((statement) => hasWayOut(statement, analysis) || touches(statement, map, analysis));
}

/** return, yield, a jump to the outside, `var`, `arguments`, a `using` that ends with its block. */
export function hasWayOut(statement: Node, analysis: Analysis): boolean {
  return some(
    statement,
    analysis,
    (node) => {
      switch (node.type) {
        case "ReturnStatement":
        case "YieldExpression":
        case "Super":
          return true;
        case "BreakStatement":
        case "ContinueStatement":
          return node.label !== null || !isInOwnLoop(node, statement);
        case "VariableDeclaration":
          return node.kind === "var" || node.kind.endsWith("using");
        case "FunctionDeclaration":
        case "ClassDeclaration":
          return true;
        case "Identifier":
          return node.name === "arguments";
        default:
          return false;
      }
    },
    false,
  );
}

function isInOwnLoop(jump: Node, statement: Node): boolean {
  for (let at = jump.parent; at && isInside(at, statement); at = at.parent) {
    if (/^(?:For|ForOf|ForIn|While|DoWhile)Statement$/.test(at.type)) return true;
    if (at.type === "SwitchStatement" && jump.type === "BreakStatement") return true;
  }
  return false;
}

/** An access of the map, outside of functions that run later. */
function touches(statement: Node, map: MapEntity, analysis: Analysis): boolean {
  return analysis.summaries.getAccesses(map).some(({ node }) => isInside(node, statement) && getEnclosingFunction(node) === getEnclosingFunction(statement));
}

/**
 * Whether adjacent statements keep to themselves: what they declare is used by them alone, and the locals of the outside
 * that they use never change.
 * @param except A variable that the rewrite takes care of.
 */
export function hasOwnNames(statements: readonly Node[], analysis: Analysis, except?: Variable): boolean {
  const [start, end] = [statements[0]?.range[0] ?? 0, statements.at(-1)?.range[1] ?? 0];
  const isWithin = (node: Node): boolean => node.range[0] >= start && node.range[1] <= end;
  const isForeign = (node: Node): boolean => {
    const variable = node.type === "Identifier" ? analysis.model.getVariable(node) : undefined;
    const declared = variable?.defs[0]?.name as Node | undefined;
    if (!variable || !declared || variable === except) return false;
    if (isWithin(declared)) return variable.references.some((reference) => !isWithin(reference.identifier as Node));
    return variable.scope.type !== "module" && variable.scope.type !== "global" && !isNeverReassigned(variable);
  };
  return !statements.some((statement) => some(statement, analysis, isForeign));
}

/** Whether this file's code can come back to a map from within these statements: a load that waits for itself never ends. */
export function canReenter(statements: readonly Node[], map: MapEntity, analysis: Analysis): boolean {
  return statements.some((statement) =>
    some(statement, analysis, (node) => {
      if (node.type !== "CallExpression") return false;
      const callee = analysis.model.getCallee(node);
      if (!callee) return false;
      const { reads, writes } = analysis.summaries.get(callee);
      return reads.has(map) || writes.has(map);
    }),
  );
}

/** Whether the stored value may be a promise: an async function that returns it would store what it is fulfilled with. */
export function canBePromise(value: Node, map: MapEntity, analysis: Analysis): boolean {
  if (map.valueType) return /\bPromise(?:Like)?\b/.test(getText(map.valueType, analysis.sourceCode));
  const node = unwrap(value);
  if (node.type === "CallExpression") return true;
  if (node.type === "NewExpression") return node.callee.type === "Identifier" && node.callee.name === "Promise";
  const variable = node.type === "Identifier" ? analysis.model.getVariable(node) : undefined;
  if (!variable) return node.type === "Identifier";
  const init = getDeclarator(variable)?.init;
  const isMade = init != null && unwrap(init).type !== "AwaitExpression" && canBePromise(init, map, analysis);
  return isMade && getReads(variable).some((read) => isPromiseUse(read));
}

/** await p, p.then(..) */
function isPromiseUse(read: Node): boolean {
  const { node, parent } = getUsage(read);
  if (parent?.type === "AwaitExpression") return true;
  return parent?.type === "MemberExpression" && parent.object === node && parent.property.type === "Identifier" && /^(?:then|catch|finally)$/.test(parent.property.name);
}

export function isReferencedIn(variable: Variable, node: Node): boolean {
  return variable.references.some((reference) => isInside(reference.identifier as Node, node));
}

/** Where a variable is read, past its declaration. */
export function getReads(variable: Variable): Node[] {
  return variable.references.filter((reference) => reference.isRead()).map((reference) => reference.identifier as Node);
}

export function getWrites(variable: Variable): Node[] {
  return variable.references.filter((reference) => reference.isWrite() && reference.init !== true).map((reference) => reference.identifier as Node);
}

/** A function whose `return` can wait: an async function that is no generator. */
export function getAsyncFunction(node: Node): FunctionNode | undefined {
  const fn = getEnclosingFunction(node);
  return fn?.async && !fn.generator ? fn : undefined;
}

/** Inside `try`, a promise must be awaited before it is returned. */
export function isInTry(node: Node): boolean {
  for (let at: Node | undefined = node; at && !isFunction(at); at = at.parent) {
    if (at.parent?.type === "TryStatement" && at.parent.finalizer !== at) return true;
  }
  return false;
}

/** A name that nothing in the file has. */
export function getFreeName(names: readonly string[], analysis: Analysis): string | undefined {
  return names.find((name) => !new RegExp(`\\b${name}\\b`).test(analysis.sourceCode.text));
}

/**
 * Whether a test around these statements, or before them, may tell the compiler something of a member that they use:
 * inside a function of its own it would have forgotten.
 */
export function needsNarrowing(statements: readonly Node[], analysis: Analysis): boolean {
  const [first] = statements;
  const fn = first && getEnclosingFunction(first);
  if (!first || !fn) return false;
  const tested: string[] = [];
  const collect = (test: Node | null | undefined): void => {
    if (!test) return;
    some(test, analysis, (node) => {
      if (node.type === "MemberExpression" && isNarrowable(node)) tested.push(getText(node, analysis.sourceCode).replaceAll("?.", "."));
      return false;
    }, false);
  };
  some(fn.body, analysis, (node) => {
    if (node.range[0] >= first.range[0]) return false;
    if (node.type === "IfStatement" || node.type === "ConditionalExpression" || node.type === "WhileStatement") collect(node.test);
    // this.client = connect(); this.#conn ??= open()
    if (node.type === "AssignmentExpression") collect(node.left);
    return false;
  }, false);
  const isTested = (text: string): boolean => tested.includes(text);
  return statements.some((statement) => some(statement, analysis, (node) => node.type === "MemberExpression" && isTested(getText(node, analysis.sourceCode))));
}

/** The `a.b` of `a.b`, `a.b === c`, `a.b?.c`; not of `a.b.c` or `a.b()`. */
function isNarrowable(node: TSESTree.MemberExpression): boolean {
  const { node: outer, parent } = getUsage(node);
  if (parent?.type === "MemberExpression" && parent.object === outer) return parent.optional;
  return parent?.type !== "CallExpression" || parent.callee !== outer;
}
