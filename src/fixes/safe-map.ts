import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getUsage } from "../analysis/code/ast.js";
import type { MapEntity } from "../analysis/maps/inventory.js";
import type { Analysis } from "../analysis/pipeline.js";
import { type Edit, getText, insert, replace } from "./edits.js";
import { planImport } from "./imports.js";

/** What makes a map a SafeMap. */
export interface SafeMapPlan {
  readonly importEdits: readonly Edit[];
  /** `new Map` to `new SafeMap`, and the types that say `Map`; empty if the map is a SafeMap already. */
  readonly declarationEdits: readonly Edit[];
}

/**
 * Plans how a map becomes a SafeMap, with its type arguments and annotations.
 * @returns `undefined` where that cannot be done by changing names only.
 */
export function planSafeMap(map: MapEntity, analysis: Analysis, filename: string): SafeMapPlan | undefined {
  if ((map.kind !== "Map" && map.kind !== "safe") || map.parent || map.initializers.length === 0 || map.home === "parameter") return undefined;
  if (isGlobalMapShadowed(analysis)) return undefined;
  const imported = planImport("SafeMap", analysis.sourceCode, filename);
  if (!imported || hasOtherValue(map, analysis)) return undefined;
  const { local } = imported;
  const edits: Edit[] = [];
  const rename = (identifier: Node): boolean => {
    if (identifier.type !== "Identifier") return false;
    if (identifier.name === local || (map.kind === "safe" && identifier.name === "BoundedMap")) return true;
    if (identifier.name !== "Map") return false;
    edits.push(replace(identifier, local));
    return true;
  };
  const isTyped = map.annotation !== undefined;
  for (const initializer of map.initializers) {
    if (initializer.type !== "NewExpression" || isAsserted(initializer) || !rename(initializer.callee)) return undefined;
    // new Map() is a Map<any, any>, new SafeMap() a SafeMap<unknown, unknown>.
    const isBare = !isTyped && !initializer.typeArguments && initializer.arguments.length === 0;
    if (isBare && edits.at(-1)?.range === initializer.callee.range && isTypeScript(filename)) edits.push(insert(initializer.callee.range[1], "<any, any>"));
  }
  if (map.annotation && !renameAnnotation(map.annotation, rename)) return undefined;
  const comment = findTypeComment(map, analysis);
  if (comment) {
    if (isTypeScript(filename)) return undefined;
    edits.push({ range: comment, text: local });
  }
  return { importEdits: edits.length > 0 ? imported.edits : [], declarationEdits: edits };
}

function renameAnnotation(annotation: Node, rename: (identifier: Node) => boolean): boolean {
  if (annotation.type !== "TSTypeReference" || !rename(annotation.typeName)) return false;
  // Readonly<Map<K, V>> hides what a SafeMap has.
  const outer = annotation.parent;
  return outer.type !== "TSTypeParameterInstantiation";
}

/** new Map() as Map<string, Conn> */
function isAsserted(initializer: Node): boolean {
  const parent = initializer.parent;
  return parent !== undefined && getUsage(initializer).parent !== parent;
}

/** A place that is also given something that we do not know: `let cache = new Map(); cache = other;` */
function hasOtherValue(map: MapEntity, analysis: Analysis): boolean {
  const assignments = analysis.model.assignments.get(map.key) ?? [];
  return assignments.some(({ right, operator }) => operator === "=" && !map.initializers.includes(right));
}

function isGlobalMapShadowed(analysis: Analysis): boolean {
  return analysis.sourceCode.scopeManager.scopes.some((scope) => (scope.set.get("Map")?.defs.length ?? 0) > 0);
}

/** Where `Map` stands in a JSDoc type before the declaration: Map<string, Conn> */
function findTypeComment(map: MapEntity, analysis: Analysis): [number, number] | undefined {
  const { declaration } = map;
  const target = declaration.type === "VariableDeclarator" ? declaration.parent : declaration.type === "AssignmentExpression" ? declaration.parent : declaration;
  const comment = analysis.sourceCode.getCommentsBefore(target as never).at(-1);
  const match = comment && /@type\s*\{\s*!?Map\b/.exec(comment.value);
  if (!comment?.range || !match) return undefined;
  const end = comment.range[0] + 2 + match.index + match[0].length;
  return [end - "Map".length, end];
}

export function isTypeScript(filename: string): boolean {
  return /\.[cm]?tsx?$/.test(filename);
}

const ITERATED = new Set(["ForOfStatement", "ForInStatement", "SpreadElement"]);

/**
 * Whether no code outside the file can hold the map, and every use in it is a method call, a property or an iteration:
 * nobody can tell that it became a SafeMap.
 */
export function isPrivate(map: MapEntity, analysis: Analysis): boolean {
  switch (map.home) {
    case "module":
    case "local":
      return map.variable !== undefined && map.path.properties.length === 0 && isPrivateVariable(map, analysis);
    case "field":
    case "static":
      return isPrivateField(map, analysis);
    default:
      return false;
  }
}

function isPrivateVariable(map: MapEntity, analysis: Analysis): boolean {
  const { variable } = map;
  if (!variable || isExportedDeclaration(variable.defs[0]?.node as Node)) return false;
  // In a classic script every top-level name is everybody's.
  if (variable.scope.type === "global" && analysis.sourceCode.ast.sourceType === "script" && !/\brequire\(|\bmodule\.exports\b/.test(analysis.sourceCode.text)) return false;
  return variable.references.every((reference) => reference.init === true || isKnownUse(reference.identifier as Node));
}

function isExportedDeclaration(declarator: Node | undefined): boolean {
  return declarator?.parent?.parent?.type === "ExportNamedDeclaration";
}

function isPrivateField(map: MapEntity, analysis: Analysis): boolean {
  const name = map.path.properties[0];
  if (name === undefined || map.path.properties.length > 1 || map.path.root.kind === "global") return false;
  const { declaration } = map;
  if (declaration.type !== "PropertyDefinition" || !(name.startsWith("#") || declaration.accessibility === "private")) return false;
  // Also of another instance, other.#m, and out of one, const { m } = this.
  return !isDestructured(name, analysis) && getMembers(name, analysis).every((member) => isKnownUse(member));
}

function isDestructured(name: string, analysis: Analysis): boolean {
  return (analysis.model.nodes.get("Property") ?? []).some((node) => {
    const property = node as TSESTree.Property;
    return property.parent.type === "ObjectPattern" && property.key.type === "Identifier" && property.key.name === name;
  });
}

function getMembers(name: string, analysis: Analysis): Node[] {
  const { sourceCode, model } = analysis;
  return (model.nodes.get("MemberExpression") ?? []).filter((node) => {
    const { property, computed } = node as TSESTree.MemberExpression;
    const text = getText(property, sourceCode);
    return computed ? text.slice(1, -1) === name : text === name;
  });
}

/** m.get(k), m.size, for (const e of m), [...m], typeof m, m = new Map() */
function isKnownUse(use: Node): boolean {
  const { node, parent } = getUsage(use);
  if (!parent) return false;
  if (parent.type === "MemberExpression") return parent.object === node && !parent.computed && !isMethodTaken(parent);
  if (parent.type === "AssignmentExpression") return parent.left === node && parent.parent.type === "ExpressionStatement";
  if (parent.type === "TSTypeQuery") return true;
  return ITERATED.has(parent.type) && ("right" in parent ? parent.right === node : true);
}

/** const get = m.get */
function isMethodTaken(member: TSESTree.MemberExpression): boolean {
  const { node, parent } = getUsage(member);
  const isCalled = parent?.type === "CallExpression" && parent.callee === node;
  const isSize = member.property.type === "Identifier" && member.property.name === "size";
  return !isCalled && !isSize;
}
