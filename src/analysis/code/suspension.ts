import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getCalleeName, getChildren, getLastName, getPropertyName, getUsage, isFunction, unwrap } from "./ast.js";
import type { FileModel } from "./model.js";

/**
 * When a callback runs.
 * - `now`: before the call returns, perhaps many times: `xs.forEach(f)`, `new Promise(f)`
 * - `later`: once, after the current task has let go: `p.then(f)`, `setTimeout(f)`
 * - `often`: on every event, from outside: `socket.on("message", f)`, `app.get(path, f)`, `setInterval(f)`
 * - `test`: by a test runner, one after the other
 * - `unknown`
 */
export type Timing = "now" | "later" | "often" | "test" | "unknown";

const NOW = new Set(
  "forEach map filter some every find findIndex findLast findLastIndex flatMap reduce reduceRight sort toSorted from replace replaceAll mapValues mapKeys groupBy sortBy keyBy each times partition uniqBy pickBy omitBy getOrInsertComputed update fromEntries sumBy maxBy minBy untracked batch runInAction produce".split(" "),
);
const LATER_METHODS = new Set(["then", "catch", "finally", "once", "nextTick", "requestAnimationFrame", "requestIdleCallback"]);
const LATER_FUNCTIONS = new Set(["setTimeout", "setImmediate", "queueMicrotask", "requestAnimationFrame", "requestIdleCallback", "nextTick"]);
const OFTEN_METHODS = new Set("on addListener prependListener addEventListener subscribe observe watch handle setInterval onMessage registerCommand registerHandler setRequestHandler setNotificationHandler onRequest onNotification consume addHandler register process".split(" "));
const ROUTE_METHODS = new Set(["get", "post", "put", "patch", "delete", "all", "use", "options", "head", "route"]);
const ROUTER = /^(?:app|router|server|fastify|api|route|routes|express|hono|koa|elysia|web)\w*$|(?:Router|App|Server)$/;
const TEST_FUNCTIONS = new Set("it test describe suite specify context before after beforeEach afterEach beforeAll afterAll bench xit fit xdescribe fdescribe setup teardown step".split(" "));

/** When the callback at an argument of this call runs. */
export function getTiming(call: TSESTree.CallExpression | TSESTree.NewExpression): Timing {
  const name = getCalleeName(call);
  const callee = unwrap(call.callee);
  if (call.type === "NewExpression") return name === "Promise" ? "now" : /Observer$/.test(name ?? "") ? "often" : "unknown";
  if (name === undefined) return isTestCallee(callee) ? "test" : "unknown";
  if (callee.type === "Identifier") {
    if (LATER_FUNCTIONS.has(name)) return "later";
    if (name === "setInterval") return "often";
    return TEST_FUNCTIONS.has(name) ? "test" : "unknown";
  }
  if (isTestCallee(callee)) return "test";
  if (NOW.has(name)) return "now";
  if (LATER_METHODS.has(name) || LATER_FUNCTIONS.has(name)) return "later";
  if (OFTEN_METHODS.has(name) || /^on[A-Z]\w+$/.test(name)) return "often";
  if (ROUTE_METHODS.has(name) && callee.type === "MemberExpression" && ROUTER.test(getLastName(callee.object) ?? "")) return "often";
  return "unknown";
}

/** it.only(..), test.describe(..), it.each(table)(name, f) */
function isTestCallee(callee: Node): boolean {
  let node = callee;
  while (node.type === "MemberExpression" || node.type === "CallExpression" || node.type === "TaggedTemplateExpression") {
    node = unwrap(node.type === "MemberExpression" ? node.object : node.type === "CallExpression" ? node.callee : node.tag);
  }
  return callee !== node && node.type === "Identifier" && TEST_FUNCTIONS.has(node.name);
}

/** `p.then(f)`, `.catch(f)`, `.finally(f)`, and on which outcome the callback at `index` runs. */
export function getChainOutcome(call: TSESTree.CallExpression, index: number): "fulfilled" | "rejected" | "settled" | undefined {
  const callee = unwrap(call.callee);
  if (callee.type !== "MemberExpression") return undefined;
  switch (getPropertyName(callee)) {
    case "then":
      return index === 0 ? "fulfilled" : index === 1 ? "rejected" : undefined;
    case "catch":
      return "rejected";
    case "finally":
      return "settled";
    default:
      return undefined;
  }
}

const GATHER = new Set(["all", "allSettled", "any", "race"]);

/** Promise.all(..), Promise.allSettled(..) */
export function isPromiseGather(node: Node): node is TSESTree.CallExpression {
  if (node.type !== "CallExpression") return false;
  const callee = unwrap(node.callee);
  return callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "Promise" && GATHER.has(getPropertyName(callee) ?? "");
}

const CONCURRENT = /^(?:pMap|pEach|pAll|mapAsync|parallelMap|concurrentMap|mapConcurrent|mapLimit|eachLimit|parallelLimit|runConcurrently|promiseMap|asyncPool|forEachAsync)$/;

/** pMap(xs, async ..): several runs of the callback at a time. */
export function isConcurrentRunner(call: TSESTree.CallExpression): boolean {
  return CONCURRENT.test(getCalleeName(call) ?? "");
}

/** await collect({ get, filter }): what is in the object is used until then. */
export function isPassedAndAwaited(object: Node): boolean {
  const { node, parent } = getUsage(object);
  return parent?.type === "CallExpression" && parent.callee !== node && isAwaitedOrReturned(parent);
}

/** Whether a task waits for the value of this expression: `await x`, `return x`, `yield* x`, an arrow's body. */
export function isAwaitedOrReturned(node: Node): boolean {
  let child = node;
  for (let parent = node.parent; parent; child = parent, parent = parent.parent) {
    switch (parent.type) {
      case "AwaitExpression":
      case "ReturnStatement":
        return true;
      case "ArrowFunctionExpression":
        return parent.body === child;
      case "MemberExpression":
        // p.then(..).catch(..): the chain goes on
        if (parent.object !== child || !/^(?:then|catch|finally)$/.test(getPropertyName(parent) ?? "")) return false;
        break;
      case "CallExpression":
        if (parent.callee === child) break;
        if (isPromiseGather(parent)) break;
        return false;
      case "ArrayExpression":
      case "ConditionalExpression":
      case "LogicalExpression":
      case "TSAsExpression":
      case "TSNonNullExpression":
      case "TSSatisfiesExpression":
      case "ChainExpression":
      case "SpreadElement":
        break;
      default:
        return false;
    }
  }
  return false;
}

/** Whether code waits, or hands on a promise: return load(k). Nested functions are not looked into. */
export function isWaiting(node: Node, model: FileModel): boolean {
  if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await) || node.type === "YieldExpression") return true;
  if (node.type === "ReturnStatement" && node.argument && /^(?:Call|New)Expression$/.test(unwrap(node.argument).type)) return true;
  return getChildren(node, model.sourceCode).some((child) => !isFunction(child) && isWaiting(child, model));
}
