import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, getCalleeName, getPropertyName, isFunction, isInside, unwrap } from "../code/ast.js";
import type { FileModel } from "../code/model.js";
import type { Falsy } from "./types.js";

const GIVES_TRUE = /^(?:randomUUID|nanoid|uuidv?\d?|toISOString|stringify|setTimeout|setInterval|defineProperty|assign|create|freeze|from|keys|values|entries|fromEntries|bind)$/;
const EXIT = /^(?:Return|Throw|Continue|Break)Statement$/;

/** Whether an expression is never one falsy value, whatever happens: what is made on the spot, a constant, a time, a number from one on, or what a test has shown to be something else. */
export function isNeverFalsy(expression: Node, value: Falsy, at: Node, model: FileModel, depth = 0): boolean {
  const node = unwrap(expression);
  if (depth > 5) return false;
  const next = (child: Node): boolean => isNeverFalsy(child, value, at, model, depth + 1);
  switch (node.type) {
    case "Literal":
      return Boolean(node.value) || "regex" in node;
    case "TemplateLiteral":
      return node.quasis.some(({ value }) => value.raw !== "");
    case "ObjectExpression":
    case "ArrayExpression":
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "ClassExpression":
    case "NewExpression":
    case "ThisExpression":
      return true;
    case "AwaitExpression":
      return next(node.argument);
    case "AssignmentExpression":
      return node.operator === "=" && next(node.right);
    case "ConditionalExpression":
      return next(node.consequent) && next(node.alternate);
    case "LogicalExpression":
      return node.operator === "&&" ? next(node.left) && next(node.right) : next(node.right);
    case "UnaryExpression":
      return node.operator === "-" && node.argument.type === "Literal" && next(node.argument);
    case "UpdateExpression":
      return node.operator === "++" && (node.prefix || isPositive(getStart(node.argument, model), model));
    case "BinaryExpression":
      return node.operator === "+" && [node.left, node.right].some((part, index) => isAdded(part as Node, index === 0 ? node.right : (node.left as Node), model));
    case "CallExpression":
      return isTime(node) || GIVES_TRUE.test(getCalleeName(node) ?? "") || isResultTrue(node, value, model, depth);
    case "Identifier":
      return isRuledOut(node, value, at, model) || isVariableTrue(model.getVariable(node), value, at, model, depth);
    case "MemberExpression":
      return isRuledOut(node, value, at, model) || isLengthOfParts(node);
    default:
      return false;
  }
}

/** text.split("/").length: there is always one. */
function isLengthOfParts(node: TSESTree.MemberExpression): boolean {
  const object = unwrap(node.object);
  return getPropertyName(node) === "length" && object.type === "CallExpression" && getCalleeName(object) === "split";
}

function isTime(call: TSESTree.CallExpression): boolean {
  return call.callee.type === "MemberExpression" && /^(?:now|getTime|hrtime)$/.test(getPropertyName(call.callee) ?? "");
}

function isVariableTrue(variable: Variable | undefined, value: Falsy, at: Node, model: FileModel, depth: number): boolean {
  if (!variable || variable.defs[0]?.type !== "Variable") return variable?.defs[0]?.type === "ClassName" || variable?.defs[0]?.type === "FunctionName";
  const written = variable.references.filter((reference) => reference.isWrite());
  const last = written.filter(({ identifier }) => (identifier as Node).range[0] < at.range[0]).at(-1);
  // let v = m.get(k); if (!v) { v = make(); m.set(k, v); }
  const decisive = last && isJustBefore(last.identifier as Node, at) ? [last] : written;
  return decisive.length > 0 && decisive.every((reference) => reference.writeExpr && isPlainWrite(reference.identifier as Node) && isNeverFalsy(reference.writeExpr as Node, value, reference.identifier as Node, model, depth + 1));
}

/** v = make(); .. m.set(k, v), in one block. */
function isJustBefore(target: Node, at: Node): boolean {
  const statement = target.parent?.parent;
  return statement?.type === "ExpressionStatement" && statement.parent !== undefined && isInside(at, statement.parent);
}

/** x = v, const x = v; not x += v, [x] = v, for (const x of v) */
function isPlainWrite(target: Node): boolean {
  const { parent } = target;
  if (parent?.type === "VariableDeclarator") return parent.id === target && !/^For(?:Of|In)Statement$/.test(parent.parent.parent?.type ?? "");
  return parent?.type === "AssignmentExpression" && parent.operator === "=" && parent.left === target;
}

/** What a function of this file gives on every way. */
function isResultTrue(call: TSESTree.CallExpression, value: Falsy, model: FileModel, depth: number): boolean {
  const info = model.getCallee(call);
  if (!info || info.node.generator) return false;
  if (info.node.body.type !== "BlockStatement") return isNeverFalsy(info.node.body, value, info.node.body, model, depth + 1);
  const returned = (model.nodes.get("ReturnStatement") ?? []).filter((node) => isInside(node, info.node) && model.getEnclosing(node) === info) as TSESTree.ReturnStatement[];
  return returned.length > 0 && returned.every(({ argument }) => argument !== null && isNeverFalsy(argument, value, argument, model, depth + 1));
}

/** MIN + hash % n, `x` + text */
function isAdded(part: Node, other: Node, model: FileModel): boolean {
  const node = unwrap(part);
  if (node.type === "Literal" && typeof node.value === "string") return node.value !== "";
  if (node.type === "TemplateLiteral") return node.quasis.some(({ value }) => value.raw !== "");
  return isPositive(node, model) && isCount(unwrap(other));
}

/** A number that is not below zero. */
function isCount(node: Node): boolean {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "number";
    case "BinaryExpression":
      return node.operator === "%" || node.operator === ">>>";
    case "MemberExpression":
      return /^(?:length|size)$/.test(getPropertyName(node) ?? "");
    case "CallExpression":
      return isTime(node) || /^(?:abs|random)$/.test(getCalleeName(node) ?? "");
    default:
      return false;
  }
}

function isPositive(expression: Node | undefined, model: FileModel): boolean {
  const node = expression && unwrap(expression);
  if (node?.type === "Literal") return typeof node.value === "number" && node.value > 0;
  const variable = node?.type === "Identifier" ? model.getVariable(node) : undefined;
  const value = variable && model.getConstantValue(variable);
  return value !== undefined && unwrap(value).type === "Literal" && isPositive(value, model);
}

/** `1` of let next = 1 */
function getStart(node: Node, model: FileModel): Node | undefined {
  const definition = model.getVariable(unwrap(node))?.defs[0];
  return definition?.type === "Variable" ? ((definition.node as TSESTree.VariableDeclarator).init ?? undefined) : undefined;
}

// ---- what tests leave out

/** Whether a test before or around a place leaves a falsy value out there. */
export function isRuledOut(subject: Node, value: Falsy, at: Node, model: FileModel): boolean {
  const isSubject = createSubject(subject, model);
  return isSubject !== undefined && hasTestBefore(at, (test, outcome) => isShown(test, outcome, value, isSubject) && !isWrittenBetween(subject, test, at, model));
}

/** Whether a place is reached only where one of some expressions is true: `if (!ask(k)) return; .. at`, `if (ask(k) && more) at`. */
export function isShownBefore(at: Node, isAsked: (expression: Node) => boolean): boolean {
  const shows = (expression: Node, outcome: boolean): boolean => {
    const test = unwrap(expression);
    if (test.type === "UnaryExpression" && test.operator === "!") return shows(test.argument, !outcome);
    if (test.type !== "LogicalExpression" || test.operator === "??") return outcome && isAsked(test);
    const parts = [test.left, test.right].map((part) => shows(part, outcome));
    return (test.operator === "&&") === outcome ? parts.includes(true) : !parts.includes(false);
  };
  return hasTestBefore(at, shows);
}

/** Whether one of the tests before or around a place shows something by the outcome that leads there. */
function hasTestBefore(at: Node, shows: (test: Node, outcome: boolean) => boolean): boolean {
  for (let node = at, parent = at.parent; parent; node = parent, parent = parent.parent) {
    switch (parent.type) {
      case "IfStatement":
      case "ConditionalExpression":
        if (parent.test !== node && shows(parent.test, parent.consequent === node)) return true;
        break;
      case "LogicalExpression":
        if (parent.right === node && parent.operator !== "??" && shows(parent.left, parent.operator === "&&")) return true;
        break;
      case "BlockStatement":
      case "Program":
        if (hasExitBefore(parent.body, node, shows)) return true;
        break;
      case "SwitchCase":
        if (hasExitBefore(parent.consequent, node, shows)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

/** if (!v) continue; .. at */
function hasExitBefore(body: readonly Node[], node: Node, shows: (test: Node, outcome: boolean) => boolean): boolean {
  return body.slice(0, body.indexOf(node)).some((statement) => statement.type === "IfStatement" && isExit(statement.consequent) && shows(statement.test, false));
}

function isExit(statement: Node): boolean {
  const last = statement.type === "BlockStatement" ? statement.body.at(-1) : statement;
  return last !== undefined && EXIT.test(last.type);
}

/** The same variable, or the same place of a variable or of `this`. */
function createSubject(subject: Node, model: FileModel): ((node: Node) => boolean) | undefined {
  const node = unwrap(subject);
  if (node.type === "Identifier") {
    const variable = model.getVariable(node);
    return variable && ((other) => other.type === "Identifier" && model.getVariable(other) === variable);
  }
  if (node.type !== "MemberExpression") return undefined;
  const text = model.sourceCode.getText(node as never);
  return (other) => other.type === "MemberExpression" && model.sourceCode.getText(other as never) === text;
}

function isWrittenBetween(subject: Node, test: Node, at: Node, model: FileModel): boolean {
  const node = unwrap(subject);
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  return variable?.references.some((reference) => {
    const { range } = reference.identifier as Node;
    return reference.isWrite() && range[0] > test.range[1] && range[0] < at.range[0];
  }) ?? false;
}

function isShown(expression: Node, outcome: boolean, value: Falsy, isSubject: (node: Node) => boolean): boolean {
  const test = unwrap(expression);
  if (isSubject(test)) return outcome;
  switch (test.type) {
    case "UnaryExpression":
      return test.operator === "!" && isShown(test.argument, !outcome, value, isSubject);
    case "LogicalExpression": {
      if (test.operator === "??") return false;
      const parts = [test.left, test.right].map((part) => isShown(part, outcome, value, isSubject));
      return (test.operator === "&&") === outcome ? parts.includes(true) : !parts.includes(false);
    }
    case "CallExpression":
      // Array.isArray(v), isObject(v)
      return outcome && test.arguments.length === 1 && /^is(?:Array|Object|Function|Buffer|Map|Set)$/.test(getCalleeName(test) ?? "") && isSubject(unwrap(test.arguments[0]!));
    case "BinaryExpression":
      return isShownByComparison(test, outcome, value, isSubject);
    default:
      // v?.length, v.name: there is none of nothing
      return outcome && test.type === "MemberExpression" && isSubject(unwrap(test.object)) && (value === "null" || (value === '""' && getPropertyName(test) === "length"));
  }
}

function isShownByComparison({ operator, left, right }: TSESTree.BinaryExpression, outcome: boolean, value: Falsy, isSubject: (node: Node) => boolean): boolean {
  const [first, second] = [unwrap(left as Node), unwrap(right)];
  if (operator === "instanceof") return outcome && isSubject(first);
  if (operator === "in") return outcome && isSubject(second);
  const isLength = first.type === "MemberExpression" && getPropertyName(first) === "length" && isSubject(unwrap(first.object));
  if (/^[<>]=?$/.test(operator)) {
    if (!isSubject(first) && !(isLength && value === '""')) return false;
    const bound = second.type === "Literal" && typeof second.value === "number" ? second.value : undefined;
    if (bound === undefined) return false;
    // v > 0, v >= 1; not v <= 0, not v < 1
    const isAbove = outcome ? operator === ">" : operator === "<=";
    const isFrom = outcome ? operator === ">=" : operator === "<";
    return (isAbove && bound >= 0) || (isFrom && bound > 0);
  }
  const isSame = /^={2,3}$/.test(operator) === outcome;
  if (!/^[!=]={1,2}$/.test(operator)) return false;
  if (isLength) return value === '""' && second.type === "Literal" && (second.value === 0) !== isSame;
  if (!isSubject(first)) return false;
  const compared = getCompared(second, operator.length === 2);
  // v === "x": that one. v !== null: every other one.
  if (isSame) return compared === "true" || (compared !== undefined && compared !== value);
  return compared !== undefined && compared === value;
}

/** What a value is compared with: a falsy value, or `true` for all others; `undefined` where that is not plain. */
function getCompared(node: Node, isLoose: boolean): string | undefined {
  if (node.type === "Identifier") return node.name === "undefined" ? (isLoose ? "null" : "undefined") : undefined;
  if (node.type !== "Literal") return undefined;
  if (node.value) return "true";
  return node.value === "" ? '""' : node.raw;
}

/** `true` of Object.fromEntries(names.map((name) => [name, true])) */
function getMappedValue(call: TSESTree.CallExpression): readonly Node[] | undefined {
  const list = getCalleeName(call) === "fromEntries" && call.arguments[0] ? unwrap(call.arguments[0]) : undefined;
  const callback = list?.type === "CallExpression" && getCalleeName(list) === "map" ? list.arguments[0] : undefined;
  const pair = isFunction(callback) ? unwrap(callback.body) : undefined;
  const value = pair?.type === "ArrayExpression" ? pair.elements[1] : undefined;
  return value && value.type !== "SpreadElement" ? [value] : undefined;
}

/** `{ a: 1, b: 2 }`, `new Map([["a", 1]])`: what a map begins with; `undefined` if that is not plain. */
export function getInitialValues(initializer: Node): readonly Node[] | undefined {
  const node = unwrap(initializer);
  if (node.type === "ObjectExpression") {
    const values = node.properties.map((property) => (property.type === "Property" && !isFunction(property.value) ? property.value : undefined));
    return values.includes(undefined) ? undefined : (values as Node[]);
  }
  if (node.type === "CallExpression") return getCalleeName(node) === "create" ? [] : getMappedValue(node);
  if (node.type !== "NewExpression") return undefined;
  const [entries] = node.arguments;
  // new LRUCache({ max: 100 }) is empty as well.
  if (!entries || !/^(?:Weak|Safe)?Map$/.test(getCalleeName(node) ?? "")) return [];
  if (entries.type !== "ArrayExpression") return undefined;
  const values = entries.elements.map((entry) => (entry?.type === "ArrayExpression" ? entry.elements[1] : undefined));
  return values.every((value) => value) ? (values as Node[]) : undefined;
}
