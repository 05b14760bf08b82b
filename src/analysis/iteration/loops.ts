import type { TSESTree } from "@typescript-eslint/types";
import { findAccess } from "../maps/accesses.js";
import { type Node, type Variable, getCalleeName, getPropertyName, isFunction, isInside, unwrap } from "../code/ast.js";
import type { Flow } from "../tasks/flow.js";
import type { GraphNode } from "../tasks/graph.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { getKeyTerm, type KeyTerm } from "../maps/keys.js";
import type { FileModel } from "../code/model.js";

/** What a loop gets from its map at each turn. */
export type IteratedPart = "keys" | "values" | "entries";

/** An expression that walks a map while it changes: `m`, `m.keys()`, `it` after `const it = m.values()`. */
export interface LiveIterable {
  readonly map: MapEntity;
  readonly part: IteratedPart;
  /** The expression that makes the iterator; a copy of it makes a snapshot. */
  readonly node: Node;
}

/** One loop over a map that sees what is written during it. */
export interface MapLoop extends LiveIterable {
  readonly flow: Flow;
  readonly head: GraphNode;
  /** `for..of`, `for..in`, `m.forEach(..)`, or a loop that calls `it.next()`. */
  readonly style: "of" | "in" | "forEach" | "next";
  readonly loop: Node;
  /** The nodes of the graph inside the loop, helpers included. */
  readonly inside: ReadonlySet<number>;
  /** Those from which another turn can follow. */
  readonly turning: ReadonlySet<number>;
  readonly variables: LoopVariables;
}

/** The names of the current element, as the texts of key terms. */
export interface LoopVariables {
  readonly keys: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
  readonly all: ReadonlySet<Variable>;
}

interface LoopContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
}

const LAZY = new Set(["map", "filter", "take", "drop", "flatMap"]);
const NO_ENVIRONMENT: ReadonlyMap<Variable, KeyTerm> = new Map();

/** The live iterable an expression is. A spread, `Array.from` and `Object.keys` copy: they are none. */
export function findLiveIterable(expression: Node, context: LoopContext, depth = 0): LiveIterable | undefined {
  const node = unwrap(expression);
  const map = context.inventory.resolve(node);
  if (map) return map.kind === "dictionary" || map.kind === "slot" ? undefined : { map, part: isSetLike(map) ? "keys" : "entries", node };
  if (node.type === "CallExpression") return findIteratorCall(node, context, depth);
  const variable = node.type === "Identifier" ? context.model.getVariable(node) : undefined;
  const value = variable && context.model.getConstantValue(variable);
  return value && depth < 3 ? findLiveIterable(value, context, depth + 1) : undefined;
}

function findIteratorCall(call: TSESTree.CallExpression, context: LoopContext, depth: number): LiveIterable | undefined {
  const callee = unwrap(call.callee);
  if (callee.type !== "MemberExpression") return undefined;
  const name = getPropertyName(callee);
  // m[Symbol.iterator]()
  if (name === undefined) return isSymbolIterator(callee.property) ? findLiveIterable(callee.object, context, depth + 1) : undefined;
  // m.values().filter(f)
  if (LAZY.has(name) && unwrap(callee.object).type === "CallExpression") return findLiveIterable(callee.object, context, depth + 1);
  const access = findAccess(call, context.inventory);
  if (access?.operation !== "iterate" || name === "forEach" || access.map.kind === "dictionary") return undefined;
  const part = isSetLike(access.map) ? "keys" : (name as IteratedPart);
  return { map: access.map, part, node: call };
}

function isSymbolIterator(node: Node): boolean {
  return node.type === "MemberExpression" && getPropertyName(node) === "iterator";
}

export function isSetLike(map: MapEntity): boolean {
  return map.kind === "Set" || map.kind === "WeakSet";
}

/** Every loop over a map in a graph. */
export function findMapLoops(flow: Flow, context: LoopContext): MapLoop[] {
  return flow.graph.nodes.flatMap((head) => (head.event.type === "loop" ? findLoopsAt(flow, head, head.event.node, context) : []));
}

function findLoopsAt(flow: Flow, head: GraphNode, loop: Node, context: LoopContext): MapLoop[] {
  const create = (live: LiveIterable, style: MapLoop["style"], targets: LoopTargets): MapLoop => ({ ...live, flow, head, style, loop, ...createBody(flow, head, loop, context), variables: collectVariables(targets, context.model) });
  switch (loop.type) {
    case "ForOfStatement": {
      const live = findLiveIterable(loop.right, context);
      const target = getLoopTarget(loop);
      return live ? [create(live, "of", getTargets(live.part, target))] : [];
    }
    case "ForInStatement": {
      const map = context.inventory.resolve(loop.right);
      return map?.kind === "dictionary" ? [create({ map, part: "keys", node: loop.right }, "in", { key: getLoopTarget(loop) })] : [];
    }
    case "CallExpression": {
      const access = getCalleeName(loop) === "forEach" ? findAccess(loop, context.inventory) : undefined;
      const callback = loop.arguments[0] && context.model.getFunctionValue(loop.arguments[0])?.node;
      if (access?.operation !== "iterate" || !callback) return [];
      const [value, key] = callback.params;
      return [create({ map: access.map, part: "entries", node: loop }, "forEach", isSetLike(access.map) ? { key: value } : { key, value })];
    }
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForStatement":
      return findIteratorLoop(flow, head, loop, context, create);
    default:
      return [];
  }
}

/** while (!(r = it.next()).done) */
function findIteratorLoop(flow: Flow, head: GraphNode, loop: Node, context: LoopContext, create: (live: LiveIterable, style: MapLoop["style"], targets: LoopTargets) => MapLoop): MapLoop[] {
  for (const { event } of flow.graph.nodes) {
    if (event.type !== "call" || event.name !== "next" || event.node.type !== "CallExpression" || !isInside(event.node, loop)) continue;
    const callee = unwrap(event.node.callee);
    const object = callee.type === "MemberExpression" ? unwrap(callee.object) : undefined;
    // An iterator that is made anew at each turn is not held: m.keys().next().value
    if (object?.type !== "Identifier") continue;
    const live = findLiveIterable(object, context);
    if (live && !isInside(live.node, loop)) return [create(live, "next", {})];
  }
  return [];
}

interface LoopTargets {
  readonly key?: Node | undefined;
  readonly value?: Node | undefined;
  readonly entry?: Node | undefined;
}

function getLoopTarget(loop: TSESTree.ForOfStatement | TSESTree.ForInStatement): Node | undefined {
  return loop.left.type === "VariableDeclaration" ? loop.left.declarations[0]?.id : loop.left;
}

function getTargets(part: IteratedPart, target: Node | undefined): LoopTargets {
  if (part === "keys") return { key: target };
  if (part === "values") return { value: target };
  if (target?.type === "ArrayPattern") return { key: target.elements[0] ?? undefined, value: target.elements[1] ?? undefined };
  return { entry: target };
}

function collectVariables(targets: LoopTargets, model: FileModel): LoopVariables {
  const keys = new Set<string>();
  const values = new Set<string>();
  const all = new Set<Variable>();
  const add = (node: Node | null | undefined, texts: Set<string>): void => {
    for (const identifier of listIdentifiers(node)) {
      const variable = model.getVariable(identifier);
      if (variable) all.add(variable);
      if (identifier === node) texts.add(getKeyTerm(identifier, model, NO_ENVIRONMENT).text);
    }
  };
  add(targets.key, keys);
  add(targets.value, values);
  const entry = targets.entry?.type === "Identifier" ? model.getVariable(targets.entry) : undefined;
  if (entry && targets.entry) {
    all.add(entry);
    const text = getKeyTerm(targets.entry, model, NO_ENVIRONMENT).text;
    keys.add(`${text}[0]`);
    values.add(`${text}[1]`);
    // const [k, v] = e
    for (const { identifier } of entry.references) {
      const parent = (identifier as Node).parent;
      if (parent?.type !== "VariableDeclarator" || parent.init !== (identifier as Node) || parent.id.type !== "ArrayPattern") continue;
      add(parent.id.elements[0], keys);
      add(parent.id.elements[1], values);
    }
  }
  return { keys, values, all };
}

function listIdentifiers(node: Node | null | undefined): TSESTree.Identifier[] {
  switch (node?.type) {
    case "Identifier":
      return [node];
    case "AssignmentPattern":
      return listIdentifiers(node.left);
    case "RestElement":
      return listIdentifiers(node.argument);
    case "ArrayPattern":
      return node.elements.flatMap(listIdentifiers);
    case "ObjectPattern":
      return node.properties.flatMap((property) => listIdentifiers(property.type === "Property" ? property.value : property));
    default:
      return [];
  }
}

/** Forward from the head without leaving the loop; then those that come back. */
function createBody(flow: Flow, head: GraphNode, loop: Node, context: LoopContext): { inside: ReadonlySet<number>; turning: ReadonlySet<number> } {
  const { nodes } = flow.graph;
  const frame = head.stack.at(-1);
  const isOutside = (node: GraphNode): boolean => {
    if (node.stack.length < head.stack.length || node.event.type === "exit") return true;
    if (node.stack.length > head.stack.length) return false;
    // A parameter of a followed helper stands in the helper.
    return !isInside(node.event.node, loop) && context.model.getEnclosing(node.event.node) === frame && !isFunction(node.event.node);
  };
  const inside = new Set<number>();
  const before = new Map<number, number[]>();
  const stack = [head.id];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const edge of nodes[id]!.edges) {
      const list = before.get(edge.to);
      if (list) list.push(id);
      else before.set(edge.to, [id]);
      if (edge.to === head.id || inside.has(edge.to) || isOutside(nodes[edge.to]!)) continue;
      inside.add(edge.to);
      stack.push(edge.to);
    }
  }
  const turning = new Set<number>();
  const back = [head.id];
  for (let id = back.pop(); id !== undefined; id = back.pop()) {
    for (const from of before.get(id) ?? []) {
      if (!inside.has(from) || turning.has(from)) continue;
      turning.add(from);
      back.push(from);
    }
  }
  return { inside, turning };
}
