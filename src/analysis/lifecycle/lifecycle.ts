import type { TSESTree } from "@typescript-eslint/types";
import { isWrite } from "../maps/accesses.js";
import { type Node, type Variable, findAncestor, getPropertyName, getUsage, isFunction, isInside } from "../code/ast.js";
import type { Flow } from "../tasks/flow.js";
import type { GraphNode } from "../tasks/graph.js";
import { findUnbounded, type UnboundedMap } from "./growth.js";
import { lazily } from "../guard.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { getNamedFunction } from "../code/naming.js";
import type { Sharing } from "../maps/sharing.js";
import type { Summaries } from "../maps/summaries.js";

/** A map that outlives one call and is written by functions. */
export interface SharedMutable {
  readonly map: MapEntity;
  /** The function that writes it. */
  readonly writer: string;
  /** Why it is shared, in words. */
  readonly lifetime: string;
}

/** `function f(m) { m = new Map() }`: the caller keeps the old one. */
export interface ParameterReassignment {
  readonly map: MapEntity;
  readonly node: TSESTree.AssignmentExpression;
  readonly function: FunctionInfo;
}

/** A use of a map on a way on which nothing has created it. */
export interface UninitializedUse {
  readonly map: MapEntity;
  readonly node: Node;
  /** `never`: nothing in the file creates it. `path`: one way leads past its creation. */
  readonly kind: "never" | "path";
}

export interface Lifecycle {
  getSharedMutable(): readonly SharedMutable[];
  getUnbounded(): readonly UnboundedMap[];
  getParameterReassignments(): readonly ParameterReassignment[];
  getUninitialized(): readonly UninitializedUse[];
}

export interface LifecycleContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
  getFlows(): readonly Flow[];
}

/** How the maps of a file come to be, grow and end. */
export function createLifecycle(context: LifecycleContext): Lifecycle {
  return {
    getSharedMutable: lazily(() => findSharedMutable(context), []),
    getUnbounded: lazily(() => findUnbounded(context), []),
    getParameterReassignments: lazily(() => findParameterReassignments(context), []),
    getUninitialized: lazily(() => findUninitialized(context), []),
  };
}

// ---- shared and mutable

function findSharedMutable({ inventory, summaries, sharing }: LifecycleContext): SharedMutable[] {
  return inventory.maps.flatMap((map) => {
    if (map.parent || map.home === "parameter" || map.initializers.length === 0) return [];
    const lifetime = sharing.getLifetime(map);
    const write = summaries.getAccesses(map).find((access) => isWrite(access.operation) && access.function && access.function.name !== "constructor");
    if (lifetime.level === "none" || !write?.function) return [];
    return [{ map, writer: getNamedFunction(write.function).name, lifetime: lifetime.reason }];
  });
}

// ---- parameters

function findParameterReassignments({ inventory, model }: LifecycleContext): ParameterReassignment[] {
  return inventory.maps.flatMap((map) => {
    if (map.home !== "parameter" || map.path.properties.length > 0 || map.variable?.defs[0]?.type !== "Parameter") return [];
    return (model.assignments.get(map.key) ?? []).flatMap((node) => {
      const info = model.getFunction(map.variable!.defs[0]!.node as Node);
      return info && node.operator === "=" && isMeantForCaller(node, map.variable!, info, model) ? [{ map, node, function: info }] : [];
    });
  });
}

/** Nothing reads the new map: it only makes sense if the caller were to see it. */
function isMeantForCaller(assignment: TSESTree.AssignmentExpression, variable: Variable, info: FunctionInfo, model: FileModel): boolean {
  if (assignment.parent.type !== "ExpressionStatement" || model.getEnclosing(assignment) !== info) return false;
  // m = m ?? new Map(); if (!m) m = new Map()
  const isDefaulting = findAncestor(assignment, (node) => node === info.node || (node.type === "IfStatement" && variable.references.some((reference) => isInside(reference.identifier as Node, node.test))));
  if (isDefaulting !== info.node) return false;
  // A loop may come round to a read.
  if (findAncestor(assignment, (node) => node === info.node || /^(?:For|While|DoWhile)\w*Statement$/.test(node.type)) !== info.node) return false;
  const later = variable.references.filter((reference) => reference.identifier !== assignment.left && (reference.identifier as Node).range[0] > assignment.range[1]);
  const isCaptured = variable.references.some((reference) => model.getEnclosing(reference.identifier as Node) !== info);
  return !isCaptured && later.every((reference) => isPureWrite(reference.identifier as Node));
}

/** m.set(k, v); as a statement */
function isPureWrite(use: Node): boolean {
  const member = use.parent;
  if (member?.type !== "MemberExpression" || member.object !== use) return false;
  const call = member.parent;
  if (call.type === "AssignmentExpression") return call.left === member;
  return call.type === "CallExpression" && call.callee === member && call.parent.type === "ExpressionStatement" && /^(?:set|add|delete|clear)$/.test(getPropertyName(member) ?? "");
}

// ---- maps that were never made

function findUninitialized(context: LifecycleContext): UninitializedUse[] {
  return context.inventory.maps.flatMap((map) => findNeverMade(map, context) ?? findPathPast(map, context) ?? []);
}

/** private sessions!: Map<string, Session>; and no assignment */
function findNeverMade(map: MapEntity, { model, summaries }: LifecycleContext): UninitializedUse | undefined {
  const { declaration, owner } = map;
  if (map.initializers.length > 0 || map.parent || declaration.type !== "PropertyDefinition" || !owner) return undefined;
  if (declaration.value || !declaration.definite || declaration.decorators.length > 0 || declaration.declare) return undefined;
  if (("superClass" in owner.node && owner.node.superClass) || ("abstract" in owner.node && owner.node.abstract)) return undefined;
  const name = map.path.properties.at(-1)!;
  const isSetSomewhere = model.assignments.has(map.key) || (model.nodes.get("AssignmentExpression") ?? []).some((node) => node.type === "AssignmentExpression" && node.left.type === "MemberExpression" && getPropertyName(node.left) === name);
  // Object.assign(this, ..) can set anything, and others can set what is not private.
  if (isSetSomewhere || /Object\.assign\(\s*this\b|\[\s*key\s*\]/.test(model.sourceCode.text)) return undefined;
  if (declaration.accessibility !== "private" && !name.startsWith("#")) return undefined;
  const use = summaries.getAccesses(map).find((access) => access.operation !== "replace");
  return use && { map, node: use.node, kind: "never" };
}

/** let seen; if (all) seen = new Set(); seen.add(x) */
function findPathPast(map: MapEntity, { model, summaries, getFlows }: LifecycleContext): UninitializedUse | undefined {
  const { declaration, variable } = map;
  const target = variable && (declaration.type === "VariableDeclarator" ? declaration : (variable.defs[0]?.node as Node | undefined));
  if (!variable || target?.type !== "VariableDeclarator" || target.init || map.path.properties.length > 0 || map.parent) return undefined;
  if (target.parent.parent?.type === "ForOfStatement" || target.parent.parent?.type === "ForInStatement") return undefined;
  const info = model.getEnclosing(target);
  const writes = variable.references.filter((reference) => reference.isWrite()).map((reference) => reference.identifier as Node);
  if (!info || writes.length === 0 || writes.some((write) => model.getEnclosing(write) !== info)) return undefined;
  const flow = getFlows().find((item) => item.graph.root === info);
  if (!flow?.graph.isComplete) return undefined;
  const uses = new Set(summaries.getAccesses(map).filter((access) => access.operation !== "replace" && access.function === info && !isGuardedUse(access.node)).map((access) => access.node));
  const isCreation = ({ event }: GraphNode): boolean => (event.type === "write" && event.map === map && event.operation === "replace") || (event.type === "assign" && "name" in event.name && event.name === variable);
  const getText = (node: Node): string => model.sourceCode.getText(node as never);
  const creations = flow.graph.nodes.filter(isCreation);
  // if (list == null) { list = []; seen = new Set(); }: the other variable tells of this one.
  if (creations.some((node) => isToldByOther(node.event.node, model))) return undefined;
  // if (all) seen = new Set(); .. if (all) seen.add(x): the same test decides the same way again.
  const conditions = new Map(creations.flatMap((node) => flow.control.getControllers(node.id).map(({ id, outcome }) => [getText(flow.graph.nodes[id]!.event.node), outcome] as const)));
  const seen = new Set<number>([0]);
  for (const id of seen) {
    const { event, edges } = flow.graph.nodes[id]!;
    if (event.type === "write" && event.map === map && event.operation === "replace") continue;
    if (event.type === "assign" && "name" in event.name && event.name === variable) continue;
    if ((event.type === "read" || event.type === "write") && event.map === map && uses.has(event.node)) return { map, node: event.node, kind: "path" };
    // if (seen) seen.add(x), seen && seen.has(x)
    const isTested = event.type === "branch" && !event.node.type.endsWith("Statement") && variable.references.some((reference) => isInside(reference.identifier as Node, event.node) && !uses.has(event.node));
    if (isTested) continue;
    const creating = event.type === "branch" && !event.node.type.endsWith("Statement") ? conditions.get(getText(event.node)) : undefined;
    for (const edge of edges) if (edge.kind !== "throw" && edge.kind !== creating) seen.add(edge.to);
  }
  return undefined;
}

/** Whether the test around a creation asks for a variable that is assigned beside it. */
function isToldByOther(creation: Node, model: FileModel): boolean {
  const around = findAncestor(creation, (node) => node.type === "IfStatement" || isFunction(node));
  if (around?.type !== "IfStatement") return false;
  return (model.nodes.get("AssignmentExpression") ?? []).some((node) => {
    const { left } = node as TSESTree.AssignmentExpression;
    const variable = isInside(node, around.consequent) && left.type === "Identifier" ? model.getVariable(left) : undefined;
    return variable?.references.some((reference) => isInside(reference.identifier as Node, around.test)) ?? false;
  });
}

/** m?.get(k), { ...m }: neither minds that there is none. */
function isGuardedUse(node: Node): boolean {
  if (node.parent?.type === "SpreadElement" && node.parent.parent.type === "ObjectExpression") return true;
  return getUsage(node).parent?.type === "ChainExpression" || node.parent?.type === "ChainExpression" || (node.type === "CallExpression" && node.callee.type === "MemberExpression" && node.callee.optional);
}
