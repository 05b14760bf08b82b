import { isBuiltin } from "node:module";
import { dirname } from "node:path";
import type { TSESTree } from "@typescript-eslint/types";
import { getKeyName, getPropertyName, isFunction, type Node, unwrap } from "../analysis/code/ast.js";
import { resolveModule } from "../analysis/workers/module-files.js";
import type { FileModel, FunctionInfo, Owner } from "../analysis/code/model.js";
import type { Project, ProjectFile } from "./project.js";

/** Something that a module exports: the file that declares it, and what it is called there. */
export interface Exported {
  readonly file: ProjectFile;
  readonly local: string;
}

const MAX_HOPS = 3;

/** The file that `./x` means in a file; `undefined` for packages, aliases, and what is not there. */
export function findModule(specifier: string, from: string): string | undefined {
  return specifier.startsWith(".") ? resolveModule(specifier, dirname(from)) : undefined;
}

/** Where that which a module exports under a name is declared, along `export .. from` and imports that are exported again. */
export function findExported(path: string, name: string, project: Project, hops = MAX_HOPS): Exported | undefined {
  // A barrel leads to many files, and most say at once that they have no such name.
  const text = project.getText(path);
  if (!text.includes(name) && !text.includes("export *") && !/\bexports\s*=/.test(text)) return undefined;
  const file = hops < 0 ? undefined : project.open(path);
  if (!file) return undefined;
  const local = getExportedNames(file.model).get(name);
  if (local !== undefined) return findImportedFrom(local, file, project, hops) ?? { file, local };
  for (const statement of getStatements(file.model)) {
    if (statement.type === "ExportNamedDeclaration" && statement.source) {
      const specifier = statement.specifiers.find(({ exported }) => getKeyName(exported, false) === name);
      const target = specifier && findModule(statement.source.value, path);
      if (specifier && target) return findExported(target, getKeyName(specifier.local, false) ?? name, project, hops - 1);
    }
    if (statement.type === "ExportAllDeclaration" && !statement.exported && name !== "default") {
      const target = findModule(statement.source.value, path);
      const found = target === undefined ? undefined : findExported(target, name, project, hops - 1);
      if (found) return found;
    }
  }
  return undefined;
}

/** import { load } from "./load.js", and what is exported is that. */
function findImportedFrom(local: string, file: ProjectFile, project: Project, hops: number): Exported | undefined {
  const found = findImport(local, file.model);
  const target = found && findModule(found.source, file.path);
  return target === undefined ? undefined : findExported(target, found!.name, project, hops - 1);
}

/** An import: what of which module. `*` is all of it. */
export interface Import {
  readonly source: string;
  readonly name: string;
}

/** The import behind a name of the top level: `import { name as local } from "./source"`, `const { name: local } = require("./source")`. */
export function findImport(local: string, model: FileModel): Import | undefined {
  for (const statement of getStatements(model)) {
    if (statement.type === "ImportDeclaration") {
      const specifier = statement.specifiers.find((item) => item.local.name === local);
      if (specifier) return { source: statement.source.value, name: getImportedName(specifier) };
    }
    if (statement.type !== "VariableDeclaration") continue;
    for (const { id, init } of statement.declarations) {
      const source = init && getLoadedModule(init);
      if (source === undefined || source === null) continue;
      if (id.type === "Identifier" && id.name === local) return { source, name: "*" };
      const property = id.type === "ObjectPattern" ? id.properties.find((item) => item.type === "Property" && item.value.type === "Identifier" && item.value.name === local) : undefined;
      if (property?.type === "Property") return { source, name: getKeyName(property.key, property.computed) ?? "" };
    }
  }
  return undefined;
}

export function getImportedName(specifier: TSESTree.ImportClause): string {
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  return specifier.type === "ImportNamespaceSpecifier" ? "*" : (getKeyName(specifier.imported, false) ?? "");
}

/** "./x" of `require("./x")`, `await import("./x")` */
export function getLoadedModule(expression: Node): string | undefined {
  const node = unwrap(expression);
  if (node.type === "AwaitExpression") return getLoadedModule(node.argument);
  const source = node.type === "ImportExpression" ? node.source : node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === "require" ? node.arguments[0] : undefined;
  return source?.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
}

/** The names under which a module exports its own things, and what these are called in it. */
export function getExportedNames(model: FileModel): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const statement of getStatements(model)) {
    if (statement.type === "ExportNamedDeclaration" && !statement.source) {
      for (const { local, exported } of statement.specifiers) names.set(getKeyName(exported, false) ?? "", getKeyName(local, false) ?? "");
      for (const name of getDeclaredNames(statement.declaration)) names.set(name, name);
    } else if (statement.type === "ExportDefaultDeclaration") {
      const { declaration } = statement;
      if (declaration.type === "Identifier") names.set("default", declaration.name);
      else if ((declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") && declaration.id) names.set("default", declaration.id.name);
    } else if (statement.type === "ExpressionStatement") addAssigned(unwrap(statement.expression), names);
  }
  return names;
}

/** module.exports = { load, save: store }, module.exports = load, exports.load = load */
function addAssigned(node: Node, names: Map<string, string>): void {
  if (node.type !== "AssignmentExpression" || node.left.type !== "MemberExpression") return;
  const name = getExportsProperty(node.left);
  const value = unwrap(node.right);
  if (name === undefined) return;
  if (name !== "default" || value.type !== "ObjectExpression") {
    if (value.type === "Identifier") names.set(name, value.name);
    else if (isFunction(value)) names.set(name, name);
    return;
  }
  for (const property of value.properties) {
    if (property.type !== "Property") continue;
    const key = getKeyName(property.key, property.computed);
    if (key !== undefined) names.set(key, property.value.type === "Identifier" ? property.value.name : key);
  }
}

/** `default` of `module.exports`, `load` of `exports.load` and `module.exports.load` */
export function getExportsProperty(node: Node): string | undefined {
  if (node.type !== "MemberExpression") return undefined;
  const name = getPropertyName(node);
  const object = unwrap(node.object);
  if (object.type === "Identifier" && object.name === "module" && name === "exports") return "default";
  const isExports = (object.type === "Identifier" && object.name === "exports") || getExportsProperty(object) === "default";
  return isExports ? name : undefined;
}

function getDeclaredNames(declaration: TSESTree.ExportNamedDeclaration["declaration"]): string[] {
  if (!declaration) return [];
  if (declaration.type === "VariableDeclaration") return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : [];
}

function getStatements(model: FileModel): readonly TSESTree.ProgramStatement[] {
  return (model.sourceCode.ast as unknown as TSESTree.Program).body;
}

/** A function of the top level, by its name. */
export function findTopFunction(name: string, model: FileModel): FunctionInfo | undefined {
  return model.functions.find((info) => info.parent === undefined && info.name === name && !(info.owner && info.owner.node !== info.node));
}

export function findClass(name: string, model: FileModel): Owner | undefined {
  return model.owners.find((owner) => owner.name === name);
}

/** Whether an import in a file gives what another file exports under a name. Aliases and packages of the same repository are unknown. */
export function isImportOf({ source, name }: Import, from: string, target: { readonly path: string; readonly name: string }, project: Project): "yes" | "no" | "unknown" {
  if (isBuiltin(source)) return "no";
  if (!source.startsWith(".")) return "unknown";
  const path = findModule(source, from);
  if (path === undefined) return "no";
  if (path === target.path) return name === target.name || name === "*" ? "yes" : "no";
  if (name === "*") return findExported(path, target.name, project)?.file.path === target.path ? "yes" : "no";
  const exported = findExported(path, name, project);
  if (!exported) return project.getText(path).includes(name) ? "unknown" : "no";
  return exported.file.path === target.path ? "yes" : "no";
}
