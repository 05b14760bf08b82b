import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getCalleeName, getPropertyName, unwrap } from "../analysis/code/ast.js";
import type { FileModel, FunctionInfo, Owner } from "../analysis/code/model.js";
import { findClass, findExported, findImport, findModule, findTopFunction } from "./modules.js";
import type { Project, ProjectFile } from "./project.js";

/** A function in another file. */
export interface ImportedFunction {
  readonly file: ProjectFile;
  readonly info: FunctionInfo;
}

/** The function that a call runs, if it stands in another file: `load()`, `store.load()`, `new Client().get()`, of what a relative import gives. */
export function findImportedFunction(call: TSESTree.CallExpression, { path, model }: ProjectFile, project: Project): ImportedFunction | undefined {
  const callee = unwrap(call.callee);
  if (callee.type === "Identifier") {
    const found = findDeclared(callee.name, { path, model }, project);
    const info = found && findTopFunction(found.local, found.file.model);
    return info && { file: found.file, info };
  }
  if (callee.type !== "MemberExpression") return undefined;
  const method = getPropertyName(callee);
  return method === undefined ? undefined : findMember(unwrap(callee.object), method, { path, model }, project);
}

function findMember(object: Node, method: string, from: ProjectFile, project: Project): ImportedFunction | undefined {
  const { model } = from;
  if (object.type === "NewExpression") return findMethod(getCalleeName(object), method, from, project, "methods");
  if (object.type !== "Identifier" && object.type !== "MemberExpression") return undefined;
  const made = findMade(object, model);
  if (made?.type === "NewExpression") return findMethod(getCalleeName(made), method, from, project, "methods");
  if (object.type !== "Identifier") return undefined;
  const imported = findImport(object.name, model);
  if (imported?.name === "*") {
    const target = findModule(imported.source, from.path);
    const found = target === undefined ? undefined : findExported(target, method, project);
    const info = found && findTopFunction(found.local, found.file.model);
    return info && { file: found.file, info };
  }
  const found = findDeclared(object.name, from, project);
  if (!found) return undefined;
  const value = findTopValue(found.local, found.file.model);
  // export const client = new Client(), export const client = { get() {} }, export class Client { static get() {} }
  if (value?.type === "NewExpression") return findMethod(getCalleeName(value), method, found.file, project, "methods");
  const owner = value?.type === "ObjectExpression" ? found.file.model.owners.find(({ node }) => node === value) : undefined;
  if (owner) return toImported(owner.methods.get(method), found.file);
  return toImported(findClass(found.local, found.file.model)?.statics.get(method), found.file);
}

/** A method of a class that a file declares or imports; an inherited one is not looked for. */
function findMethod(className: string | undefined, method: string, from: ProjectFile, project: Project, table: "methods" | "statics"): ImportedFunction | undefined {
  if (className === undefined) return undefined;
  const own: Owner | undefined = findClass(className, from.model);
  if (own) return toImported(own[table].get(method), from);
  const found = findDeclared(className, from, project);
  return found && toImported(findClass(found.local, found.file.model)?.[table].get(method), found.file);
}

function toImported(info: FunctionInfo | undefined, file: ProjectFile): ImportedFunction | undefined {
  return info && { file, info };
}

function findDeclared(local: string, { path, model }: ProjectFile, project: Project): { readonly file: ProjectFile; readonly local: string } | undefined {
  const imported = findImport(local, model);
  const target = imported && imported.name !== "*" ? findModule(imported.source, path) : undefined;
  return target === undefined ? undefined : findExported(target, imported!.name, project);
}

/** `new Client()` of `const c = new Client()`, and of a field `c = new Client()`. */
function findMade(object: Node, model: FileModel): Node | undefined {
  if (object.type === "Identifier") {
    const variable = model.getVariable(object);
    const value = variable && model.getConstantValue(variable);
    return value && unwrap(value);
  }
  const path = model.getPath(object);
  if (!path || path.root.kind !== "this" || path.properties.length !== 1) return undefined;
  const { node } = path.root.owner;
  const members = node.type === "ClassDeclaration" || node.type === "ClassExpression" ? node.body.body : [];
  const field = members.find((member) => member.type === "PropertyDefinition" && member.key.type !== "Literal" && "name" in member.key && (member.key.type === "PrivateIdentifier" ? `#${member.key.name}` : member.key.name) === path.properties[0]);
  const value = field?.type === "PropertyDefinition" && field.value ? field.value : undefined;
  const assigned = model.assignments.get(path.key) ?? [];
  if (value) return assigned.length === 0 ? unwrap(value) : undefined;
  return assigned.length === 1 ? unwrap(assigned[0]!.right) : undefined;
}

function findTopValue(name: string, model: FileModel): Node | undefined {
  const variable = model.variables.find((item) => item.name === name && (item.scope.type === "module" || item.scope.type === "global"));
  const value = variable && model.getConstantValue(variable);
  return value && unwrap(value);
}
