import type { TSESTree } from "@typescript-eslint/types";
import { findAncestor, getChildren, getPropertyName, getUsage, isClass, type Node, unwrap } from "../analysis/code/ast.js";
import type { FileModel, FunctionInfo } from "../analysis/code/model.js";
import { findImport, getImportedName, getLoadedModule, isImportOf } from "./modules.js";
import type { Exposure } from "./exposure.js";
import type { Project, ProjectFile } from "./project.js";
import { isOtherReceiver } from "./receivers.js";

/** A place in some file where a function is used. */
export interface Use {
  readonly file: ProjectFile;
  /** The call that runs it, or a mention that is no call. */
  readonly node: Node;
  /** What its arguments are: those of the function, or, where it is called by its name as a text, others. */
  readonly how: "call" | "dispatch" | "mention";
}

/** The uses of one file. `isCertain` if nothing else can be meant by the name. */
export interface FileUses {
  readonly uses: readonly Use[];
  readonly isCertain: boolean;
}

/** More files with the name than this, and it is too common to be followed. */
const MAX_NAMED = 120;

/**
 * The uses of a function by other files, and those in its own that the file alone does not resolve, file by file: whoever asks may stop.
 * @returns `undefined` among them if they cannot all be known
 */
export function* findUses(exposure: Exposure, info: FunctionInfo, own: ProjectFile, project: Project): Generator<FileUses | undefined> {
  if (exposure.kind === "unknown") return yield undefined;
  const paths = project.findFiles(exposure.name === "default" && exposure.kind === "export" ? getStem(own.path) : exposure.name);
  if (paths.length > MAX_NAMED) return yield undefined;
  const isCommon = exposure.kind === "member" && isDeclaredElsewhere(exposure.name, paths, own, project);
  // The own file is open already; of the others the smallest first: the first that decides ends the look.
  const others = paths.filter((path) => path !== own.path).sort((a, b) => project.getText(a).length - project.getText(b).length);
  for (const path of exposure.kind === "member" ? [own.path, ...others] : others) {
    const text = project.getText(path);
    if (!(exposure.kind === "export" ? canImport(text, exposure.name) : canUseMember(text, exposure, isCommon))) continue;
    const file = project.open(path);
    const uses = file && (exposure.kind === "export" ? findUsesOfExport(exposure.name, file, own, project) : findUsesOfMember(exposure, info, file, own, project));
    if (!uses) return yield undefined;
    yield { uses, isCertain: exposure.kind === "member" ? !isCommon : importsFrom(file, own.path, exposure.name, project) };
  }
}

/** `trial` of /src/trial.ts, `src` of /src/index.ts */
function getStem(path: string): string {
  const parts = path.split(/[\\/]/);
  const stem = parts.at(-1)!.replace(/\.[cm]?[jt]sx?$/, "");
  return stem === "index" ? (parts.at(-2) ?? stem) : stem;
}

function canImport(text: string, name: string): boolean {
  return name === "default" || /\b(?:import|require|from)\b/.test(text);
}

// ---- what a module exports

/** Whether a file imports a name from another by a path, and not by an alias that may lead elsewhere. */
function importsFrom(file: ProjectFile, path: string, name: string, project: Project): boolean {
  return (file.model.nodes.get("ImportDeclaration") ?? []).some((node) => {
    const { source, specifiers } = node as TSESTree.ImportDeclaration;
    return specifiers.some((specifier) => {
      const imported = getImportedName(specifier);
      return (imported === name || imported === "*") && isImportOf({ source: source.value, name: imported }, file.path, { path, name }, project) === "yes";
    });
  });
}

function findUsesOfExport(name: string, file: ProjectFile, own: ProjectFile, project: Project): readonly Use[] | undefined {
  const { model } = file;
  const target = { path: own.path, name };
  const found: Use[] = [];
  for (const node of model.nodes.get("ImportDeclaration") ?? []) {
    const { source, specifiers, importKind } = node as TSESTree.ImportDeclaration;
    if (importKind === "type") continue;
    for (const specifier of specifiers) {
      const imported = getImportedName(specifier);
      if (imported !== name && imported !== "*" && !(name === "default" && imported === "default")) continue;
      const answer = isImportOf({ source: source.value, name: imported }, file.path, target, project);
      // A name may come through an alias; what is named otherwise does if the alias ends as the file does.
      if (answer === "no" || (answer === "unknown" && (imported !== name || name === "default") && getStem(source.value) !== getStem(own.path))) continue;
      found.push(...(imported === "*" ? findUsesOfNamespace(specifier.local, name, file) : findUsesOfLocal(specifier.local, file)));
    }
  }
  found.push(...findUsesOfLoaded(name, file, target, project));
  for (const statement of (model.sourceCode.ast as unknown as TSESTree.Program).body) {
    // export { load as open } from "./x": whoever uses it calls it by another name.
    if (statement.type !== "ExportNamedDeclaration" || !statement.source) continue;
    const isRenamed = statement.specifiers.some(({ local, exported }) => getName(local) === name && getName(exported) !== name);
    if (isRenamed && isImportOf({ source: statement.source.value, name }, file.path, target, project) !== "no") return undefined;
  }
  return found;
}

function getName(node: Node): string {
  return node.type === "Identifier" ? node.name : node.type === "Literal" ? String(node.value) : "";
}

/** Every use of an imported name. */
function findUsesOfLocal(local: TSESTree.Identifier, file: ProjectFile): Use[] {
  return (file.model.getVariable(local)?.references ?? []).flatMap((reference) => (reference.isRead() ? toUse(reference.identifier as Node, file) : []));
}

/** api.load() of `import * as api`, of `const api = require(..)` */
function findUsesOfNamespace(local: TSESTree.Identifier, name: string, file: ProjectFile): Use[] {
  return (file.model.getVariable(local)?.references ?? []).flatMap((reference) => {
    const { parent } = getUsage(reference.identifier as Node);
    if (reference.isWrite() || parent?.type !== "MemberExpression") return [];
    const member = getPropertyName(parent);
    return member === name || member === undefined ? toUse(parent, file) : [];
  });
}

/** const { load } = require("./x"), const x = await import("./x"), (await import("./x")).load() */
function findUsesOfLoaded(name: string, file: ProjectFile, target: { readonly path: string; readonly name: string }, project: Project): Use[] {
  const { model } = file;
  const loads = [...(model.nodes.get("CallExpression") ?? []), ...findDynamicImports(model)];
  return loads.flatMap((node): Use[] => {
    const source = getLoadedModule(node);
    if (source === undefined || isImportOf({ source, name: "*" }, file.path, target, project) === "no") return [];
    const awaited = getUsage(node).parent?.type === "AwaitExpression" ? getUsage(node).parent! : node;
    const { parent } = getUsage(awaited);
    if (parent?.type === "MemberExpression") return getPropertyName(parent) === name ? toUse(parent, file) : /^(?:then|catch)$/.test(getPropertyName(parent) ?? "") && source.startsWith(".") ? [{ file, node: parent, how: "mention" }] : [];
    if (parent?.type === "ExpressionStatement") return [];
    if (parent?.type !== "VariableDeclarator") return source.startsWith(".") ? [{ file, node, how: "mention" }] : [];
    if (parent.id.type === "Identifier") return findUsesOfNamespace(parent.id, name, file);
    const property = parent.id.type === "ObjectPattern" ? parent.id.properties.find((item) => item.type === "Property" && getName(item.key) === name) : undefined;
    return property?.type === "Property" && property.value.type === "Identifier" ? findUsesOfLocal(property.value, file) : [];
  });
}

/** `import()` is not among the nodes that the model lists. */
function findDynamicImports(model: FileModel): Node[] {
  if (!/\bimport\s*\(/.test(model.sourceCode.text)) return [];
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (node.type === "ImportExpression") found.push(node);
    getChildren(node, model.sourceCode).forEach(visit);
  };
  visit(model.sourceCode.ast as unknown as Node);
  return found;
}

/** A call, or a mention; nothing for a type or for the name in an export. */
function toUse(node: Node, file: ProjectFile): Use[] {
  const { node: outer, parent } = getUsage(node);
  if (parent?.type === "CallExpression" && parent.callee === outer) return [{ file, node: parent, how: "call" }];
  if (!parent || parent.type.startsWith("TS") || parent.type === "ImportSpecifier" || parent.type === "ExportSpecifier") return [];
  return [{ file, node, how: "mention" }];
}

// ---- members

type Member = Extract<Exposure, { kind: "member" }>;

/** Whether other things have a member of this name too: `load() {`, `load: async () =>`, `load = (`. */
function isDeclaredElsewhere(name: string, paths: readonly string[], own: ProjectFile, project: Project): boolean {
  const declaration = new RegExp(String.raw`(?<![\w$.])(?:${escape(name)}\s*(?:<[^<>()]*>)?\([^;{}]*\)\s*(?::[^;={}]*)?\{|${escape(name)}\s*[:=]\s*(?:async\b|function\b|\())`);
  return paths.some((path) => path !== own.path && declaration.test(project.getText(path)));
}

function escape(name: string): string {
  return name.replaceAll("$", "\\$");
}

/**
 * By its text: `x.load`, `"load"` where things are called by name, `{ load }` where the owner is spoken of.
 * @param isCommon if other things have such a member, only who speaks of the owner, or calls `store.load` of a `SessionStore`, means this one
 */
function canUseMember(text: string, { name, owners }: Member, isCommon: boolean): boolean {
  const escaped = escape(name);
  const receivers = [...text.matchAll(new RegExp(String.raw`(?<receiver>[\w$]*)[\s!?]*\.\s*${escaped}(?![\w$])`, "g"))].map((match) => match.groups!["receiver"]!);
  if (receivers.length > 0 && (!isCommon || mentionsOwner(text, owners) || receivers.some((receiver) => isNamedAfter(receiver, owners)))) return true;
  return mentionsOwner(text, owners) && new RegExp(String.raw`["'\x60]${escaped}["'\x60]|[{,]\s*${escaped}\s*[,:}=]`).test(text);
}

/** `store` and `_sessionStore` of `SessionStore` */
function isNamedAfter(receiver: string, owners: readonly string[]): boolean {
  const name = receiver.replace(/^[_#$]+/, "").toLowerCase();
  return name.length > 3 && owners.some((owner) => owner.toLowerCase().includes(name));
}

/** `InteractiveWindow` is spoken of as `interactiveWindow`, `IInteractiveWindow`, `createInteractiveWindow`. */
export function mentionsOwner(text: string, owners: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return owners.some((owner) => lower.includes(owner.toLowerCase()));
}

function findUsesOfMember(exposure: Member, info: FunctionInfo, file: ProjectFile, own: ProjectFile, project: Project): readonly Use[] {
  const { name, owners } = exposure;
  const { model } = file;
  const found: Use[] = [];
  for (const node of model.nodes.get("MemberExpression") ?? []) {
    const member = node as TSESTree.MemberExpression;
    if (getPropertyName(member) !== name) continue;
    const { node: outer, parent } = getUsage(member);
    // X.prototype.load = .., this.load = ..: where it is made.
    if (parent?.type === "AssignmentExpression" && parent.left === outer) continue;
    const known = model.getFunctionValue(member);
    if (known ? known !== info || file.path === own.path : isOtherObject(member, exposure, file, own, project)) continue;
    found.push(...toUse(member, file));
  }
  if (!mentionsOwner(model.sourceCode.text, owners)) return found;
  return [...found, ...findDestructured(name, file, info), ...(file.path === own.path ? [] : findDispatches(name, file))];
}

function isOtherObject(member: TSESTree.MemberExpression, exposure: Member, file: ProjectFile, own: ProjectFile, project: Project): boolean {
  const object = unwrap(member.object);
  if (object.type === "ThisExpression" || object.type === "Super") return !isSubclassOf(object, exposure.owners);
  if (object.type === "Identifier") {
    const imported = findImport(object.name, file.model);
    if (imported?.name === "*") return true;
  }
  return isOtherReceiver(object, exposure, file, own, project);
}

/** `this` in a class that extends one of these. */
function isSubclassOf(object: Node, owners: readonly string[]): boolean {
  const node = findAncestor(object, isClass);
  if (!node || !isClass(node)) return true;
  const base = node.superClass && unwrap(node.superClass);
  return base?.type === "Identifier" ? owners.includes(base.name) : base !== null;
}

/** const { load } = useStore() */
function findDestructured(name: string, file: ProjectFile, info: FunctionInfo): Use[] {
  return (file.model.nodes.get("Property") ?? []).flatMap((node): Use[] => {
    const property = node as TSESTree.Property;
    return property.parent.type === "ObjectPattern" && getName(property.key) === name && !property.computed && file.model.getEnclosing(property) !== info ? [{ file, node, how: "mention" }] : [];
  });
}

/** invoke(participant, "attach", host), where the file has participant[operation](host). */
function findDispatches(name: string, file: ProjectFile): Use[] {
  const { model } = file;
  const calls = (model.nodes.get("CallExpression") ?? []) as readonly TSESTree.CallExpression[];
  const isDispatching = calls.some((call) => {
    const callee = unwrap(call.callee);
    return callee.type === "MemberExpression" && callee.computed && callee.property.type === "Identifier";
  });
  if (!isDispatching) return [];
  return calls.flatMap((node): Use[] => {
    const isNamed = node.arguments.some((argument) => argument.type === "Literal" && argument.value === name);
    return isNamed && model.getCallee(node) !== undefined ? [{ file, node, how: "dispatch" }] : [];
  });
}
