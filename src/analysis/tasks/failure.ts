import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getCalleeName, getChildren, getLastName, getPropertyName, isFunction, unwrap } from "../code/ast.js";
import type { FileModel } from "../code/model.js";

/**
 * How the work behind a promise can fail.
 * - `never`: it cannot be rejected
 * - `lasting`: it fails the same way whenever it is done: a module that is missing, a file that does not parse
 * - `passing`: it may succeed the next time: a network, a process, what a caller hands in
 */
export type Failure = "never" | "lasting" | "passing";

const GRAVITY: readonly Failure[] = ["never", "lasting", "passing"];
const MAX_DEPTH = 4;

const NEVER_CALL = /^(?:resolve|allSettled|sleep|delay|wait|timeout|setTimeout|setImmediate|nextTick|show\w*Message)$/;
/** What is read or computed from what is at hand, where a second look finds the same. */
const LASTING_CALL = /^[$#_]*(?:import|require|stat|lstat|access|realpath|exists|path[eE]xists|resolve|parse|compile|transform|tokenize|highlight|digest|instantiate|hash|readdir|(?:has|is|read|write|load|get|find|parse|resolve|discover|locate|generate|build|create)\w*(?:File|Dir|Directory|Config|Configuration|Json|Module|Plugin|Schema|Grammar|Language|Locale|Template|Wasm|Package|Manifest|Tsconfig|Path|Root|Extension|Factory|Icon|Asset|Catalog|TempDir)s?(?:(?:For|In|Of|From|By|At)(?!\w*(?:Ur[il]|UR[IL]|Remote|Server|Network))[A-Z]\w*)?|locate\w*)(?:Async|Sync)?$/;

/** fs.readFile(p), JsonFile.load(p), path.parse(p) */
const LOCAL_RECEIVER = /^(?:fs|fsp|fsPromises|promises|path|url|JSON|JsonFile|FileSystem|WebAssembly|subtle)$/;

/** What is asked of a file; with `findImported`, also of the files that it imports from. */
export interface FailureModel extends Pick<FileModel, "sourceCode" | "getCallee" | "getFunctionValue" | "getVariable" | "getConstantValue"> {
  /** The body of the function that a call runs, if another file declares it. */
  findImported?(call: TSESTree.CallExpression): { readonly body: Node; readonly model: FailureModel } | undefined;
}

/** How the promise that an expression gives can be rejected. What is not known may pass. */
export function getFailure(expression: Node, model: FailureModel, depth = 0): Failure {
  const node = unwrap(expression);
  if (depth > MAX_DEPTH) return "passing";
  switch (node.type) {
    case "NewExpression":
      return getFailureOfExecutor(node);
    case "ImportExpression":
      return "lasting";
    case "AwaitExpression":
      return getFailure(node.argument, model, depth + 1);
    case "CallExpression":
      return getFailureOfCall(node, model, depth);
    case "Identifier":
      return getFailureOfVariable(node, model, depth);
    case "MemberExpression":
      return getFailureOfDeferred(node, model, depth);
    default:
      return "passing";
  }
}

/** let lookup = null; lookup ??= find(k); await lookup: the gravest of all that it can hold. */
function getFailureOfVariable(node: TSESTree.Identifier, model: FailureModel, depth: number): Failure {
  const variable = model.getVariable(node);
  if (!variable || variable.defs.length !== 1 || variable.defs[0]?.type !== "Variable") return "passing";
  const values = variable.references.flatMap((reference) => (reference.isWrite() ? [reference.writeExpr as Node | null | undefined] : []));
  return values.length === 0 ? "passing" : getGravest(values.map((value) => (value ? getFailureOfHeld(value, model, depth) : "passing")));
}

function getFailureOfHeld(value: Node, model: FailureModel, depth: number): Failure {
  const node = unwrap(value);
  return node.type === "Literal" || (node.type === "Identifier" && node.name === "undefined") ? "never" : getFailure(node, model, depth + 1);
}

/** d.promise of `const d = createDeferredFromPromise(load(k))` */
function getFailureOfDeferred(node: TSESTree.MemberExpression, model: FailureModel, depth: number): Failure {
  const variable = getPropertyName(node) === "promise" ? model.getVariable(unwrap(node.object)) : undefined;
  const made = variable && model.getConstantValue(variable);
  const call = made && unwrap(made);
  const [promise] = call?.type === "CallExpression" && /deferred\w*From/i.test(getCalleeName(call) ?? "") ? call.arguments : [];
  return promise ? getFailure(promise, model, depth + 1) : "passing";
}

/** new Promise((resolve) => ..) has no way to be rejected but a throw at once. */
function getFailureOfExecutor(node: TSESTree.NewExpression): Failure {
  const [executor] = node.arguments;
  // return new Config(json): a constructor waits for nothing.
  if (getCalleeName(node) !== "Promise") return /Promise|Deferred/.test(getCalleeName(node) ?? "Promise") ? "passing" : "lasting";
  if (!executor || !isFunction(executor)) return "passing";
  return executor.params.length < 2 && !executor.async ? "never" : "passing";
}

function getFailureOfCall(node: TSESTree.CallExpression, model: FailureModel, depth: number): Failure {
  const callee = unwrap(node.callee);
  if (isFunction(callee)) return getFailureOfBody(callee.body, model, depth);
  const info = model.getCallee(node);
  if (info) return getFailureOfBody(info.node.body as Node, model, depth);
  const imported = model.findImported?.(node);
  if (imported) return getFailureOfBody(imported.body, imported.model, depth + 1);
  const name = getCalleeName(node) ?? "";
  if (callee.type === "MemberExpression" && name === "then") return getGravest([getFailure(callee.object, model, depth + 1), ...node.arguments.slice(0, 1).map((callback) => getFailureOfCallback(callback, model, depth))]);
  if (callee.type === "MemberExpression" && (name === "all" || name === "race")) {
    const [list] = node.arguments;
    return list ? getFailureOfList(list, model, depth) : "passing";
  }
  // Promise.resolve(load(k)): as load(k)
  const [given] = callee.type === "MemberExpression" && name === "resolve" && getLastName(callee.object) === "Promise" ? node.arguments : [];
  if (given && unwrap(given).type === "CallExpression") return getFailure(given, model, depth + 1);
  if (NEVER_CALL.test(name)) return "never";
  // fs.promises.readFile(p): the last name before the method.
  if (callee.type === "MemberExpression" && LOCAL_RECEIVER.test(getLastName(callee.object) ?? "")) return "lasting";
  return LASTING_CALL.test(name) ? "lasting" : "passing";
}

/** [load(a), load(b)], ks.map((k) => load(k)) */
function getFailureOfList(list: Node, model: FailureModel, depth: number): Failure {
  const node = unwrap(list);
  if (node.type === "ArrayExpression") return getGravest(node.elements.map((element) => (element ? getFailure(element, model, depth + 1) : "never")));
  const [callback] = node.type === "CallExpression" && getCalleeName(node) === "map" ? node.arguments : [];
  return callback ? getFailureOfCallback(callback, model, depth) : "passing";
}

function getFailureOfCallback(callback: Node, model: FailureModel, depth: number): Failure {
  const node = unwrap(callback);
  const info = isFunction(node) ? node : model.getFunctionValue(node)?.node;
  return info ? getFailureOfBody(info.body as Node, model, depth) : "passing";
}

/** The gravest of what a body waits for or returns, outside of a `try` that swallows it. A body that waits for nothing fails as it did before. */
function getFailureOfBody(body: Node, model: FailureModel, depth: number): Failure {
  if (body.type !== "BlockStatement") return getFailureOfValue(body, model, depth);
  const found: Failure[] = [];
  const visit = (node: Node): void => {
    if (isFunction(node)) return;
    if (node.type === "TryStatement" && node.handler && isSwallowing(node.handler, model)) {
      if (node.finalizer) visit(node.finalizer);
      return;
    }
    if (node.type === "AwaitExpression") found.push(getFailure(node.argument, model, depth + 1));
    else if (node.type === "ForOfStatement" && node.await) found.push("passing");
    else if (node.type === "ReturnStatement" && node.argument) found.push(getFailureOfValue(node.argument, model, depth));
    else if (node.type === "ThrowStatement") found.push("lasting");
    getChildren(node, model.sourceCode).forEach(visit);
  };
  visit(body);
  return getGravest(found);
}

/** return load(k): a call whose promise is handed on. A plain value, or a call that this file knows as synchronous, only throws. */
function getFailureOfValue(value: Node, model: FailureModel, depth: number): Failure {
  const node = unwrap(value);
  if (node.type === "ConditionalExpression") return getGravest([getFailureOfValue(node.consequent, model, depth), getFailureOfValue(node.alternate, model, depth)]);
  if (node.type === "LogicalExpression") return getGravest([getFailureOfValue(node.left, model, depth), getFailureOfValue(node.right, model, depth)]);
  if (node.type === "Identifier") {
    const variable = model.getVariable(node);
    const init = variable && model.getConstantValue(variable);
    return init && unwrap(init).type === "CallExpression" ? getFailure(init, model, depth + 1) : "never";
  }
  return /^(?:Await|Call|New|Import)Expression$/.test(node.type) ? getFailure(node, model, depth + 1) : "never";
}

/** catch { return undefined }: whoever waits learns of no failure. */
function isSwallowing(handler: TSESTree.CatchClause, model: FailureModel): boolean {
  let isRethrown = false;
  const visit = (node: Node): void => {
    if (isFunction(node)) return;
    if (node.type === "ThrowStatement" || (node.type === "CallExpression" && getCalleeName(node) === "reject")) isRethrown = true;
    getChildren(node, model.sourceCode).forEach(visit);
  };
  visit(handler.body);
  return !isRethrown;
}

function getGravest(failures: readonly Failure[]): Failure {
  return failures.reduce<Failure>((gravest, failure) => (GRAVITY.indexOf(failure) > GRAVITY.indexOf(gravest) ? failure : gravest), "never");
}
