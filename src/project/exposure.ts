import type { TSESTree } from "@typescript-eslint/types";
import { findAncestor, getKeyName, getPropertyName, getUsage, isClass, isFunction, type Node } from "../analysis/code/ast.js";
import type { FileModel, FunctionInfo } from "../analysis/code/model.js";
import { getExportedNames, getExportsProperty } from "./modules.js";

/**
 * How other files reach a function.
 * - `export`: by an import: `import { load } from "./x"`
 * - `member`: as a property of something: `store.load()`
 * - `unknown`: in a way that its file does not tell
 */
export type Exposure =
  | { readonly kind: "export"; readonly name: string }
  | {
      readonly kind: "member";
      readonly name: string;
      /** Names of what it is a property of: the class, what this implements or extends, the function that makes the object. */
      readonly owners: readonly string[];
      /** Of a class that says which interface it fills, or of an object with a declared type. */
      readonly isImplementation: boolean;
    }
  | { readonly kind: "unknown" };

const UNKNOWN: Exposure = { kind: "unknown" };

/** All ways in which other files reach a function; none if it can be reached by its own file only. */
export function findExposures(info: FunctionInfo, model: FileModel): readonly Exposure[] {
  const all = [...findOwnExposures(info, model), ...info.mentions.flatMap((mention) => findExposuresOfMention(mention, model))];
  return all.filter((exposure, index) => all.findIndex((other) => other.kind === exposure.kind && getName(other) === getName(exposure)) === index);
}

function getName(exposure: Exposure): string {
  return exposure.kind === "unknown" ? "" : exposure.name;
}

/** `_load` is private by agreement only. */
function isReachable(member: TSESTree.MethodDefinition | TSESTree.PropertyDefinition): boolean {
  return member.key.type !== "PrivateIdentifier" && member.accessibility !== "private";
}

function findOwnExposures(info: FunctionInfo, model: FileModel): readonly Exposure[] {
  const { node: outer, parent } = getUsage(info.node);
  switch (parent?.type) {
    case "MethodDefinition":
      if (parent.kind !== "method") return [UNKNOWN];
      return isReachable(parent) ? [toMember(parent, getKeyName(parent.key, parent.computed), model)] : [];
    case "PropertyDefinition":
      return isReachable(parent) ? [toMember(parent, getKeyName(parent.key, parent.computed), model)] : [];
    case "Property":
      return findExposuresOfProperty(parent, model);
    case "AssignmentExpression":
      return parent.right === outer ? findExposuresOfAssignment(parent, model) : [UNKNOWN];
    case "VariableDeclarator":
    case "ExportNamedDeclaration":
    case "Program":
    case "BlockStatement":
      return info.parent === undefined ? findExports(info.name, model) : [];
    case "ExportDefaultDeclaration":
      return [{ kind: "export", name: "default" }];
    case "CallExpression":
    case "NewExpression":
      // A callback: who calls it is told by what it is given to. const f = useCallback(() => {}) is known by its calls.
      return [];
    default:
      return [UNKNOWN];
  }
}

function findExports(local: string, model: FileModel): Exposure[] {
  return [...getExportedNames(model)].flatMap(([name, own]): Exposure[] => (own === local ? [{ kind: "export", name }] : []));
}

function findExposuresOfMention(mention: Node, model: FileModel): readonly Exposure[] {
  const { node, parent } = getUsage(mention);
  switch (parent?.type) {
    case "Property":
      return findExposuresOfProperty(parent, model);
    case "AssignmentExpression":
      return parent.right === node ? findExposuresOfAssignment(parent, model) : [UNKNOWN];
    // What is exported is found by name; what is handed to a call is judged by the call.
    case "ExportSpecifier":
    case "ExportDefaultDeclaration":
    case "CallExpression":
    case "NewExpression":
    case "JSXExpressionContainer":
      return [];
    default:
      return [UNKNOWN];
  }
}

/** module.exports = { load }, return { load }, const api = { load() {} } */
function findExposuresOfProperty(property: TSESTree.Property, model: FileModel): readonly Exposure[] {
  const name = getKeyName(property.key, property.computed);
  const object = property.parent;
  const { parent } = getUsage(object);
  const isOfExports = parent?.type === "AssignmentExpression" && getExportsProperty(parent.left) === "default";
  if (name === undefined || object.type !== "ObjectExpression") return [UNKNOWN];
  return isOfExports ? [{ kind: "export", name }] : [toMember(property, name, model)];
}

/** exports.load = f, X.prototype.load = f, this.load = f */
function findExposuresOfAssignment({ left }: TSESTree.AssignmentExpression, model: FileModel): readonly Exposure[] {
  if (left.type !== "MemberExpression") return [UNKNOWN];
  const exported = getExportsProperty(left);
  return exported === undefined ? [toMember(left, getPropertyName(left), model)] : [{ kind: "export", name: exported }];
}

function toMember(member: Node, name: string | undefined, model: FileModel): Exposure {
  return name === undefined ? UNKNOWN : { kind: "member", name, owners: findOwners(member, model), isImplementation: isImplementation(member) };
}

function isImplementation(member: Node): boolean {
  const owner = findAncestor(member, (node) => isClass(node) || isFunction(node));
  if (isClass(owner)) return owner.implements.length > 0;
  return isFunction(owner) && owner.returnType !== undefined;
}

/** The names by which others know what has the member. */
function findOwners(member: Node, model: FileModel): string[] {
  const names = new Set<string>();
  const addType = (type: Node | null | undefined): void => {
    for (const [name] of type ? model.sourceCode.getText(type as never).matchAll(/[A-Z][\w$]*/g) : []) names.add(name);
  };
  for (let node: Node | undefined = member.parent; node; node = node.parent) {
    switch (node.type) {
      case "ClassDeclaration":
      case "ClassExpression":
        if (node.id) names.add(node.id.name);
        node.implements.forEach(addType);
        addType(node.superClass);
        return [...names];
      case "TSSatisfiesExpression":
      case "TSAsExpression":
        addType(node.typeAnnotation);
        break;
      case "VariableDeclarator":
        if (node.id.type === "Identifier") {
          names.add(node.id.name);
          addType(node.id.typeAnnotation);
        }
        break;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const info = model.getFunction(node);
        addType(node.returnType);
        if (info && /^[\w$]+$/.test(info.name)) names.add(info.name);
        break;
      }
      default:
    }
  }
  return [...names];
}
