import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, findAncestor, getCalleeName, getPropertyName, getUsage, unwrap } from "../code/ast.js";
import type { FileModel } from "../code/model.js";

/** A result of somebody else's function that is kept, and taken for missing where it is falsy. */
export interface TruthyMemo {
  /** What keeps it, as the source calls it. */
  readonly name: string;
  /** The test. */
  readonly node: Node;
  /** What stores the result again. */
  readonly refill: Node;
}

const MEMO_TEXT = /(?:cache|memo|store)\w*\.get\(/i;
const REFILL_TEXT = /(?:cache|memo|store)\w*\.set\(/i;
const CACHE = /(?:cache|memo|store)\w*$/i;
const CALLBACK = /^(?:fn|func|function|f|callback|cb|load|loader|fetch\w*|compute\w*|resolver?|factory|getter|producer|supplier|method|original\w*|task|work|run|selector)$/i;

/** A text search for {@link findTruthyMemos}. */
export function canHaveTruthyMemos(text: string): boolean {
  return MEMO_TEXT.test(text) && REFILL_TEXT.test(text);
}

/** Finds `let value = cache.get(key); if (value) return value; value = await callback(); cache.set(key, value)`: what the callback gives can be `0`, `""` or `false`. */
export function findTruthyMemos(model: FileModel): TruthyMemo[] {
  if (!canHaveTruthyMemos(model.sourceCode.text)) return [];
  const calls = (model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[];
  return calls.flatMap((lookup): TruthyMemo[] => {
    const receiver = getReceiver(lookup, "get");
    const variable = receiver && getHolder(lookup, model);
    const test = variable && findTest(variable);
    const key = lookup.arguments[0];
    if (!receiver || !variable || !test || !key) return [];
    const getText = (node: Node): string => model.sourceCode.getText(node as never);
    const refill = calls.find((call) => {
      const target = getReceiver(call, "set");
      return target !== undefined && call.range[0] > test.range[1] && model.getEnclosing(call) === model.getEnclosing(lookup) && getText(target) === getText(receiver) && call.arguments[0] !== undefined && getText(call.arguments[0]) === getText(key) && isGivenByCallback(call.arguments[1], model);
    });
    return refill ? [{ name: getText(receiver), node: test, refill }] : [];
  });
}

/** `cache` of `cache.get(k)`, `this.cache` of `this.cache.get(k)` */
function getReceiver({ callee }: TSESTree.CallExpression, method: string): Node | undefined {
  if (callee.type !== "MemberExpression" || getPropertyName(callee) !== method) return undefined;
  const receiver = unwrap(callee.object);
  const name = receiver.type === "Identifier" ? receiver.name : receiver.type === "MemberExpression" ? getPropertyName(receiver) : undefined;
  return name !== undefined && CACHE.test(name) ? receiver : undefined;
}

/** `v` of const v = cache.get(k), of let v = await cache.get(k) */
function getHolder(lookup: Node, model: FileModel): Variable | undefined {
  let { node, parent } = getUsage(lookup);
  if (parent?.type === "AwaitExpression") ({ node, parent } = getUsage(parent));
  return parent?.type === "VariableDeclarator" && parent.init === node && parent.id.type === "Identifier" ? model.getVariable(parent.id) : undefined;
}

/** `v` of if (v) return v, and of if (!v) { .. } */
function findTest(variable: Variable): Node | undefined {
  return variable.references.map((reference) => reference.identifier as Node).find((use) => {
    const { node, parent } = getUsage(use);
    if (parent?.type === "UnaryExpression" && parent.operator === "!") return getUsage(parent).parent?.type === "IfStatement";
    if (parent?.type !== "IfStatement" || parent.test !== node) return false;
    const first = parent.consequent.type === "BlockStatement" ? parent.consequent.body.at(-1) : parent.consequent;
    return first?.type === "ReturnStatement" && variable.references.some((reference) => findAncestor(reference.identifier as Node, (at) => at === first) !== undefined);
  });
}

/** fn(k), await options.load(k), original.apply(this, args): a function of whoever calls, at once or through a variable */
export function isGivenByCallback(value: Node | undefined, model: FileModel, depth = 0): boolean {
  const node = value && unwrap(value);
  if (!node || depth > 3) return false;
  if (node.type === "AwaitExpression") return isGivenByCallback(node.argument, model, depth);
  if (node.type === "CallExpression") return isCallback(node, model);
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  return (variable?.references ?? []).some((reference) => reference.isWrite() && isGivenByCallback((reference.writeExpr ?? undefined) as Node | undefined, model, depth + 1));
}

function isCallback(call: TSESTree.CallExpression, model: FileModel): boolean {
  const callee = unwrap(call.callee);
  const target = callee.type === "MemberExpression" && /^(?:call|apply)$/.test(getCalleeName(call) ?? "") ? unwrap(callee.object) : callee;
  if (target.type === "MemberExpression") return CALLBACK.test(getPropertyName(target) ?? "");
  return target.type === "Identifier" && CALLBACK.test(target.name) && model.getVariable(target)?.defs[0]?.type === "Parameter";
}
