import type { TSESTree } from "@typescript-eslint/types";
import { getChildren, getKeyName, getLastName, getPropertyName, getRoot, isFunction, type Node, unwrap } from "../analysis/code/ast.js";
import { isKeyOfRun } from "../analysis/maps/key-origin.js";
import { getKeyTerm } from "../analysis/maps/keys.js";
import type { FileModel, FunctionInfo } from "../analysis/code/model.js";

/** A parameter, or a property of one, that a value is made of: `input.sessionId` of `open(input)`. */
export interface Source {
  readonly function: FunctionInfo;
  readonly index: number;
  readonly path: readonly string[];
}

const MAX_DEPTH = 6;

/** The parameters that a value is made of. */
export function findSources(expression: Node, model: FileModel, path: readonly string[] = [], depth = 0): readonly Source[] {
  const node = unwrap(expression);
  if (depth > MAX_DEPTH) return [];
  switch (node.type) {
    case "Identifier":
      return findSourcesOfName(node, model, path, depth);
    case "MemberExpression": {
      const name = getPropertyName(node);
      return name === undefined ? [] : findSources(node.object, model, [name, ...path], depth + 1);
    }
    default: {
      // `${sessionId}:${id}`, toKey(sessionId, id): made of several.
      if (path.length > 0) return [];
      const { kind, variables } = getKeyTerm(node, model, new Map());
      const given = node.type === "CallExpression" ? node.arguments.flatMap((argument) => findSources(argument, model, [], depth + 1)) : [];
      return kind === "unknown" && node.type !== "TemplateLiteral" ? given : [...given, ...variables.flatMap(({ name }) => findParts(node, name, model, depth))];
    }
  }
}

/** The parts of an expression that start with a name: `input.id` of `${input.id}:x`. */
function findParts(node: Node, name: string, model: FileModel, depth: number): readonly Source[] {
  const found: Source[] = [];
  const visit = (at: Node): void => {
    if (isFunction(at)) return;
    if (at.type === "MemberExpression" || at.type === "Identifier") {
      const root = getRoot(at);
      if (root?.name === name) found.push(...findSources(at, model, [], depth + 1));
      return;
    }
    getChildren(at, model.sourceCode).forEach(visit);
  };
  visit(node);
  return found;
}

function findSourcesOfName(node: TSESTree.Identifier, model: FileModel, path: readonly string[], depth: number): readonly Source[] {
  const variable = model.getVariable(node);
  const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
  if (!variable || !definition || variable.references.some((reference) => reference.isWrite() && !reference.init)) return [];
  if (definition.type === "Parameter") {
    const info = model.getFunction(definition.node as Node);
    return info?.node.params.flatMap((parameter, index) => {
      const inside = findInPattern(parameter, definition.name as Node);
      return inside ? [{ function: info, index, path: [...inside, ...path] }] : [];
    }) ?? [];
  }
  if (definition.type !== "Variable") return [];
  const { id, init } = definition.node as unknown as TSESTree.VariableDeclarator;
  const inside = init && findInPattern(id, definition.name as Node);
  return inside ? findSources(init, model, [...inside, ...path], depth + 1) : [];
}

/** Where a name stands in a pattern: `["id"]` for `id` in `{ id }`; `undefined` if it is not there. */
function findInPattern(pattern: Node, name: Node): readonly string[] | undefined {
  switch (pattern.type) {
    case "Identifier":
      return pattern === name ? [] : undefined;
    case "AssignmentPattern":
      return findInPattern(pattern.left, name);
    case "TSParameterProperty":
      return findInPattern(pattern.parameter, name);
    case "ObjectPattern":
      for (const property of pattern.properties) {
        const key = property.type === "Property" ? getKeyName(property.key, property.computed) : undefined;
        const inside = property.type === "Property" && key !== undefined ? findInPattern(property.value, name) : undefined;
        if (inside) return [key!, ...inside];
      }
      return undefined;
    default:
      return undefined;
  }
}

/** What a call hands in for a source; `undefined` if the text of the call does not say it. */
export function findArgument(call: TSESTree.CallExpression | TSESTree.NewExpression, { index, path }: Source, model: FileModel): { readonly node: Node; readonly path: readonly string[] } | undefined {
  if (call.arguments.slice(0, index + 1).some((argument) => argument.type === "SpreadElement")) return undefined;
  const argument = call.arguments[index];
  return argument && descend(argument, path, model);
}

/** `x` of `{ id: x }` for `id`; what is left of the path where the object is not written out. */
function descend(argument: Node, path: readonly string[], model: FileModel): { readonly node: Node; readonly path: readonly string[] } | undefined {
  const node = unwrap(argument);
  const [name, ...rest] = path;
  if (name === undefined) return { node, path };
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  const value = variable && model.getConstantValue(variable);
  const object = node.type === "ObjectExpression" ? node : value && unwrap(value).type === "ObjectExpression" ? (unwrap(value) as TSESTree.ObjectExpression) : undefined;
  if (!object) return { node, path };
  const property = object.properties.findLast((item) => item.type === "SpreadElement" || getKeyName(item.key, item.computed) === name);
  return property?.type === "Property" ? descend(property.value, rest, model) : undefined;
}

/** Whether an argument names one call alone: what `randomUUID()` gave, `requestId`; a property of an object made on the spot does if it is an id. */
export function isOfOneCall({ node, path }: { readonly node: Node; readonly path: readonly string[] }, model: FileModel): boolean {
  if (path.length > 0 || /^(?:Object|Array|New)Expression$|Function/.test(node.type)) return false;
  const term = getKeyTerm(node, model, new Map());
  if (term.isGivenOrFresh) return false;
  // A constant made at the start of the module is one for all.
  return term.isFresh ? model.getEnclosing(node) !== undefined && isMadeHere(node, model) : isKeyOfRun(term, model) && isNamedAsId(node);
}

/** requestId. The third worker is started again as the third, and what is asked for in a request may be asked again. */
function isNamedAsId(node: Node): boolean {
  return /(?:id|nonce)$/i.test(getLastName(node) ?? "");
}

function isMadeHere(node: Node, model: FileModel): boolean {
  const root = getRoot(node);
  const variable = root && model.getVariable(root);
  const declaration = variable?.defs[0]?.name as Node | undefined;
  return declaration === undefined || model.getEnclosing(declaration) !== undefined;
}
