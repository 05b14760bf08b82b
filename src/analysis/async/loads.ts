import type { TSESTree } from "@typescript-eslint/types";
import { getCalleeName, getUsage, isFunction, type Node, unwrap, type Variable } from "../code/ast.js";
import { isGivenConstants } from "../maps/invalidation.js";
import type { FileModel } from "../code/model.js";

/** Where a value comes from that was loaded before it is stored. */
export interface Load {
  /** The `await`, or the chain. */
  readonly node: Node;
  /** It is looked up by what it is given, and stored as it is; else something is waited for, and something is made of the answer. */
  readonly isCertain: boolean;
}

const LOAD_NAME = /^[#_]*(?:load|fetch|read|check|probe|detect|inspect|analy[sz]e|measure|discover|get|query|find|request|lookup|resolve|select|download|retrieve|pull|list(?!en)|build|compute|generate|scan|parse|calculate|compile|collect|create(?:Index|Snapshot))/i;
/** Nothing old comes of what is waited for, made or sent. */
const OTHER_NAME = /^[#_]*(?:sleep|delay|wait|timeout|ready|acquire|lock|flush|save|write|delete|remove|send|emit|publish|notify|close|stop|next|all|race|create|set(?:up)?(?![a-z])|open|spawn|start|launch|connect|init|make|register|attach|add|insert|put|post|patch|update|run|exec|prompt|show|generate|do[A-Z])/i;
const MAX_DEPTH = 8;

/** v of `const v = await load(k); m.set(k, v)`, of `load(k).then((v) => m.set(k, v))`, or what was made of it. */
export function findLoad(value: Node | undefined, model: FileModel): Load | undefined {
  if (!value) return undefined;
  const certain = findCertain(value, model);
  if (certain) return { node: certain, isCertain: true };
  const part = findPart(value, model, 0);
  return part && { node: part, isCertain: false };
}

function findCertain(value: Node, model: FileModel): Node | undefined {
  const node = unwrap(value);
  if (node.type === "AwaitExpression") return isLoad(node, LOAD_NAME) ? node : undefined;
  if (node.type === "MemberExpression") return findCertain(node.object, model);
  if (node.type === "ObjectExpression") {
    for (const property of node.properties) {
      const found = property.type === "Property" ? findCertain(property.value, model) : undefined;
      if (found) return found;
    }
    return undefined;
  }
  if (node.type !== "Identifier") return undefined;
  const variable = model.getVariable(node);
  const init = variable && model.getConstantValue(variable);
  if (init && unwrap(init).type === "AwaitExpression") return findCertain(init, model);
  return findChainOfParameter(variable);
}

/** { page: parse(answer), at: Date.now() } of `const answer = await ask(k)`, or of `let answer; answer = await ask(k)` */
function findPart(value: Node, model: FileModel, depth: number): Node | undefined {
  const node = unwrap(value);
  if (depth > MAX_DEPTH) return undefined;
  const findFirst = (parts: readonly (Node | null | undefined)[]): Node | undefined => {
    for (const part of parts) {
      const found = part ? findPart(part, model, depth + 1) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  switch (node.type) {
    case "AwaitExpression":
      return isLoad(node, undefined) ? node : undefined;
    case "MemberExpression":
      return findFirst([node.object]);
    case "ObjectExpression":
      return findFirst(node.properties.map((property) => (property.type === "Property" ? property.value : property.argument)));
    case "ConditionalExpression":
      return findFirst([node.consequent, node.alternate]);
    case "LogicalExpression":
      return findFirst([node.left, node.right]);
    case "CallExpression":
      return findFirst(node.arguments.filter((argument) => !isFunction(argument)));
    case "Identifier": {
      const variable = model.getVariable(node);
      if (!variable || variable.defs[0]?.type !== "Variable") return undefined;
      return findFirst(variable.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr ? [reference.writeExpr as Node] : [])));
    }
    default:
      return undefined;
  }
}

/** await fetchUser(id), await db.find(id): something is looked up, not just waited for. */
function isLoad(node: TSESTree.AwaitExpression, names: RegExp | undefined): boolean {
  const call = unwrap(node.argument);
  if (call.type !== "CallExpression" || isGivenConstants(call)) return false;
  const name = getCalleeName(call) ?? "";
  return names ? names.test(name) : call.arguments.length > 0 && !OTHER_NAME.test(name);
}

/** v of load(k).then((v) => ..): the chain */
function findChainOfParameter(variable: Variable | undefined): Node | undefined {
  const definition = variable?.defs[0];
  const fn = definition?.type === "Parameter" ? (definition.node as Node) : undefined;
  const call = fn && getUsage(fn).parent;
  if (!fn || call?.type !== "CallExpression" || getCalleeName(call) !== "then" || call.arguments[0] !== fn) return undefined;
  let base = unwrap(call.callee);
  while (base.type === "MemberExpression" || (base.type === "CallExpression" && /^(?:then|catch|finally)$/.test(getCalleeName(base) ?? ""))) {
    base = unwrap(base.type === "MemberExpression" ? base.object : base.callee);
  }
  return base.type === "CallExpression" && base.arguments.length > 0 ? call : undefined;
}
