import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getCalleeName, getPropertyName, getUsage, isFunction, unwrap } from "../code/ast.js";
import { getAnnotation } from "./key-origin.js";
import type { MapEntity } from "./inventory.js";
import type { FileModel } from "../code/model.js";

/** The call or construction that an expression gives the promise of. What goes into a map of promises is one, whoever made it. */
export function findPromise(value: Node, model: FileModel, isOfPromiseMap = false, depth = 0): Node | undefined {
  // entry = { next: entry }
  if (depth > 4) return undefined;
  const node = unwrap(value);
  // limit ? limit(load) : load(), cached || load(), load() || true
  if (node.type === "LogicalExpression") return findPromise(node.right, model, isOfPromiseMap, depth + 1) ?? findPromise(node.left, model, isOfPromiseMap, depth + 1);
  if (node.type === "ConditionalExpression") return findPromise(node.consequent, model, isOfPromiseMap, depth + 1) ?? findPromise(node.alternate, model, isOfPromiseMap, depth + 1);
  if (node.type === "CallExpression" || (node.type === "NewExpression" && getCalleeName(node) === "Promise")) return node;
  if (node.type === "ObjectExpression") return findPromiseInside(node, model, depth);
  if (node.type === "MemberExpression") return findDeferred(node, model);
  // v = await v; m.set(k, v): settled.
  if (node.type !== "Identifier" || getAwaited(node, model) || isPartOfAwaited(node, model)) return undefined;
  // let p = m.get(k); if (!p) { p = load(k); m.set(k, p) }
  const written = model.getVariable(node)?.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr && isWhole(reference.identifier as Node) ? [reference.writeExpr as Node] : []));
  const values = written?.map((value) => unwrap(value)) ?? [];
  const calls = values.filter((value) => value.type === "CallExpression" || (value.type === "NewExpression" && getCalleeName(value) === "Promise"));
  // const task = run(); if (task instanceof Promise) { task.then(..); m.set(k, task) }
  // entry = { work: load(k) }; m.set(k, entry)
  const inside = values.flatMap((value) => (value.type === "ObjectExpression" ? (findPromiseInside(value, model, depth) ?? []) : []));
  return values.find((value) => isCertainlyAsync(value, model)) ?? inside[0] ?? (isOfPromiseMap || isAwaitedLater(node, model) ? calls.at(isOfPromiseMap ? -1 : 0) : undefined);
}

/** `p` of `v = await p`, where `v` was given that last before it is used here. */
export function getAwaited(use: Node, model: FileModel): Node | undefined {
  const node = unwrap(use);
  if (node.type === "AwaitExpression") return node.argument;
  const last = findLastWrite(node, model);
  return last && isWhole(last.name) && last.value.type === "AwaitExpression" ? last.value.argument : undefined;
}

/** ({ v } = await p); m.set(k, v) */
function isPartOfAwaited(use: TSESTree.Identifier, model: FileModel): boolean {
  const last = findLastWrite(use, model);
  return last !== undefined && !isWhole(last.name) && last.value.type === "AwaitExpression";
}

/** Where a variable was given a value last, in the text before a use of it in the same function. */
function findLastWrite(use: Node, model: FileModel): { readonly name: Node; readonly value: Node } | undefined {
  const last = model.getVariable(use)?.references.findLast(({ identifier, writeExpr }) => writeExpr && (identifier as Node).range[0] < use.range[0] && model.getEnclosing(identifier as Node) === model.getEnclosing(use));
  return last && { name: last.identifier as Node, value: unwrap(last.writeExpr as Node) };
}

/** p = load(k), and not a part of it: const { p } = await load(k), for (const p of load(k)) */
function isWhole(name: Node): boolean {
  const { parent } = name;
  return (parent?.type === "VariableDeclarator" && parent.id === name && parent.init !== null) || (parent?.type === "AssignmentExpression" && parent.left === name);
}

/** { value: load(k), expires } */
function findPromiseInside(object: TSESTree.ObjectExpression, model: FileModel, depth: number): Node | undefined {
  for (const property of object.properties) {
    if (property.type !== "Property") continue;
    const made = findPromise(property.value, model, false, depth + 1) ?? findDeferred(property.value, model);
    if (made && isCertainlyAsync(made, model)) return made;
  }
  return undefined;
}

/** done.promise of const done = new Deferred(), where somebody rejects: the place that speaks of the promise. */
function findDeferred(value: Node, model: FileModel): Node | undefined {
  const node = unwrap(value);
  if (node.type !== "MemberExpression" || getPropertyName(node) !== "promise" || node.object.type !== "Identifier") return undefined;
  return /\.reject\b/.test(model.sourceCode.text) ? node : undefined;
}

/** { files: done.promise } */
export function isWithDeferred(value: Node): boolean {
  const node = unwrap(value);
  return node.type === "ObjectExpression" && node.properties.some((property) => property.type === "Property" && property.value.type === "MemberExpression" && getPropertyName(property.value) === "promise");
}

/** Whether what a map holds is declared as a promise. */
export function isPromiseMap(map: MapEntity): boolean {
  const type = map.valueType;
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" && /^Promise(?:Like|Wrapper)?$/.test(type.typeName.name);
}

/** Whether an expression certainly gives a promise whose work can fail: an async function of this file, an async IIFE, a chain. */
export function isCertainlyAsync(node: Node, model: FileModel): boolean {
  if (node.type === "MemberExpression") return findDeferred(node, model) !== undefined;
  if (node.type !== "CallExpression") return false;
  const callee = unwrap(node.callee);
  if (isFunction(callee)) return callee.async;
  const info = model.getCallee(node);
  if (info) return info.node.async || isPromiseType(info.node.returnType?.typeAnnotation);
  const annotation = callee.type === "Identifier" ? getAnnotation(callee, model) : undefined;
  if (annotation?.type === "TSFunctionType") return isPromiseType(annotation.returnType?.typeAnnotation);
  const name = getCalleeName(node);
  if (callee.type === "MemberExpression" && name !== undefined && /^(?:then|catch|finally)$/.test(name)) return true;
  return name === "fetch" || name === "import";
}

export function isPromiseType(type: Node | undefined): boolean {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" && type.typeName.name === "Promise";
}

/** const p = load(k); m.set(k, p); await p */
export function isAwaitedLater(value: Node | undefined, model: FileModel): boolean {
  const node = value && unwrap(value);
  if (node?.type !== "Identifier") return false;
  return (model.getVariable(node)?.references ?? []).some((reference) => {
    const { node: use, parent } = getUsage(reference.identifier as Node);
    if (parent?.type === "AwaitExpression") return true;
    return parent?.type === "MemberExpression" && parent.object === use && /^(?:then|catch|finally)$/.test(getPropertyName(parent) ?? "");
  });
}

/** Whether code runs because something failed: in a catch or finally, in a rejection callback, or called from one. */
export function isOnFailurePath(start: Node, model: FileModel, depth = 0): boolean {
  for (let node = start, parent = node.parent; parent; node = parent, parent = node.parent) {
    if (parent.type === "CatchClause" || (parent.type === "TryStatement" && parent.finalizer === node)) return true;
    if (!isFunction(node)) continue;
    const { node: outer, parent: call } = getUsage(node);
    if (call?.type === "CallExpression" && call.callee !== outer && isRejectionCallback(call, outer)) return true;
    const info = model.getFunction(node);
    if (!info || depth > 2) return false;
    if (info.mentions.some((mention) => mention.parent?.type === "CallExpression" && isRejectionCallback(mention.parent, mention))) return true;
    if (info.calls.some((place) => isOnFailurePath(place, model, depth + 1))) return true;
    if (info.calls.length > 0 || call?.type !== "CallExpression") return false;
  }
  return false;
}

function isRejectionCallback(call: TSESTree.CallExpression, argument: Node): boolean {
  const name = getCalleeName(call);
  return name === "catch" || name === "finally" || (name === "then" && call.arguments[1] === argument) || ((name === "on" || name === "once") && call.arguments[0]?.type === "Literal" && /error|close|abort|exit/.test(String(call.arguments[0].value)));
}

/** load().catch(..), load().then(f, g): whoever wrote it thought of failure. */
export function hasRejectionHandler(made: Node): boolean {
  let node: Node = made;
  while (node.type === "CallExpression") {
    const callee = unwrap(node.callee);
    if (isFunction(callee)) return findTry(callee.body);
    if (callee.type !== "MemberExpression") return false;
    const name = getPropertyName(callee);
    if (name === "catch" || name === "finally" || (name === "then" && node.arguments.length > 1)) return true;
    if (name !== "then") return false;
    node = unwrap(callee.object);
  }
  return false;
}

/** An async IIFE whose body is one try with a catch or finally. */
function findTry(body: Node): boolean {
  return body.type === "BlockStatement" && body.body.some((statement) => statement.type === "TryStatement");
}
