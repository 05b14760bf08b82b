import type { TSESTree } from "@typescript-eslint/types";
import { getCalleeName, getKeyName, isClass, type Node, unwrap } from "../analysis/code/ast.js";
import { getAnnotation } from "../analysis/maps/key-origin.js";
import type { FileModel } from "../analysis/code/model.js";
import type { Exposure } from "./exposure.js";
import { findExported, findImport, findModule } from "./modules.js";
import { isBuiltin } from "node:module";
import type { Project, ProjectFile } from "./project.js";

const MAX_DEPTH = 4;

/** Types of the language and of Node, which nobody's class is. */
const BUILT_IN = /^(?:Map|Set|WeakMap|WeakSet|Array|ReadonlyArray|Promise|String|string|number|boolean|Number|Date|RegExp|Error|URL|URLSearchParams|Buffer|Uint8Array|Worker|WebSocket|EventEmitter|EventTarget|HTMLElement|Element|Document|Window|Response|Request|Headers|FormData|AbortController|AbortSignal|Socket|Server|ChildProcess|Readable|Writable|Transform|Duplex|ReadableStream|WritableStream|Intl|JSON|Math|Object|Reflect|Symbol|console|process)$/;

type Member = Extract<Exposure, { kind: "member" }>;

/** Whether the object of `object.load()` is certainly not the one that a function is a member of: by its declared type, by how it is made, by where it is imported from. */
export function isOtherReceiver(object: Node, exposure: Member, file: ProjectFile, own: ProjectFile, project: Project): boolean {
  const types = findTypeNames(object, file.model, 0);
  if (types) return types.length > 0 && types.every((name) => isOtherType(name, exposure, file, project));
  const root = object.type === "Identifier" ? object : undefined;
  if (!root) return false;
  if (BUILT_IN.test(root.name) && !file.model.getVariable(root)?.defs.length) return true;
  const imported = findImport(root.name, file.model);
  if (!imported) return false;
  if (isBuiltin(imported.source)) return true;
  const target = findModule(imported.source, file.path);
  const exported = target === undefined ? undefined : findExported(target, imported.name, project);
  if (!exported) return false;
  // What another file makes is ours if that file speaks of our class.
  return exported.file.path !== own.path && !speaksOf(exported.file.model.sourceCode.text, exposure.owners);
}

function speaksOf(text: string, owners: readonly string[]): boolean {
  return owners.some((owner) => text.includes(owner));
}

/** A class of its own, or one of the language. An interface may be filled by any class that does not say which one it fills. */
function isOtherType(name: string, { owners }: Member, file: ProjectFile, project: Project): boolean {
  if (owners.includes(name) || owners.some((owner) => name === `I${owner}` || owner === `I${name}`)) return false;
  if (BUILT_IN.test(name)) return true;
  const imported = findImport(name, file.model);
  if (imported && isBuiltin(imported.source)) return true;
  const declaration = new RegExp(String.raw`\b(class|interface|type)\s+${name}\b(?:<[^>{]*>)?(?<heritage>[^{]*)`);
  const texts = project.findFiles(name).slice(0, 60).map((path) => declaration.exec(project.getText(path)));
  const declared = texts.filter((match) => match !== null);
  if (declared.length === 0) return false;
  if (declared.some((match) => speaksOf(match.groups?.["heritage"] ?? "", owners))) return false;
  const isClassOnly = declared.every((match) => match[1] === "class");
  // class A implements IA: it says what it is.
  return isClassOnly || owners.some((owner) => /^I?[A-Z]/.test(owner)) && owners.length > 1 && declared.every((match) => match[1] !== "type");
}

/** The names in the declared type of an expression, or the class that it is made of; `undefined` if nothing tells. */
function findTypeNames(expression: Node, model: FileModel, depth: number): readonly string[] | undefined {
  const node = unwrap(expression);
  if (depth > MAX_DEPTH) return undefined;
  switch (node.type) {
    case "NewExpression": {
      const name = getCalleeName(node);
      return name === undefined ? undefined : [name];
    }
    case "Literal":
    case "TemplateLiteral":
      return ["String"];
    case "ArrayExpression":
      return ["Array"];
    case "Identifier": {
      const annotation = getAnnotation(node, model);
      if (annotation) return getNames(annotation, model);
      return findTypeOfVariable(node, model, depth);
    }
    case "MemberExpression":
      return findTypeOfField(node, model, depth);
    default:
      return undefined;
  }
}

/** const store = new Store(); let store = stores.get(k); if (!store) store = new Store() */
function findTypeOfVariable(node: TSESTree.Identifier, model: FileModel, depth: number): readonly string[] | undefined {
  const writes = (model.getVariable(node)?.references ?? []).filter((reference) => reference.isWrite());
  const names = writes.flatMap(({ writeExpr }) => (writeExpr ? (findTypeNames(writeExpr as Node, model, depth + 1) ?? []) : []));
  return names.length > 0 ? names : undefined;
}

/** this.client, declared as a field or as a parameter of the constructor. */
function findTypeOfField(node: TSESTree.MemberExpression, model: FileModel, depth: number): readonly string[] | undefined {
  const path = model.getPath(node);
  if (!path || path.properties.length !== 1 || path.root.kind !== "this" || !isClass(path.root.owner.node)) return undefined;
  const [name] = path.properties;
  for (const member of path.root.owner.node.body.body) {
    if (member.type === "PropertyDefinition" && getKeyName(member.key, member.computed) === name) {
      if (member.typeAnnotation) return getNames(member.typeAnnotation.typeAnnotation, model);
      return member.value ? findTypeNames(member.value, model, depth + 1) : findTypeOfAssigned(path.key, model, depth);
    }
    if (member.type !== "MethodDefinition" || member.kind !== "constructor") continue;
    for (const parameter of member.value.params) {
      const inner = parameter.type === "TSParameterProperty" ? parameter.parameter : undefined;
      const id = inner?.type === "AssignmentPattern" ? inner.left : inner;
      if (id?.type === "Identifier" && id.name === name) return id.typeAnnotation && getNames(id.typeAnnotation.typeAnnotation, model);
    }
  }
  return findTypeOfAssigned(path.key, model, depth);
}

function findTypeOfAssigned(key: string, model: FileModel, depth: number): readonly string[] | undefined {
  const [first, ...others] = model.assignments.get(key) ?? [];
  return first && others.length === 0 ? findTypeNames(first.right, model, depth + 1) : undefined;
}

/** `Store`, `undefined | Store`, `Pick<Store, "load">`: the names; nothing for what says nothing. */
function getNames(type: Node, model: FileModel): readonly string[] | undefined {
  if (type.type === "TSStringKeyword" || type.type === "TSNumberKeyword") return ["String"];
  if (type.type === "TSArrayType") return ["Array"];
  if (/^(?:TSAnyKeyword|TSUnknownKeyword|TSTypeLiteral|TSTypeQuery|TSObjectKeyword)$/.test(type.type)) return undefined;
  const names = [...model.sourceCode.getText(type as never).matchAll(/(?<![\w$.])[A-Za-z_$][\w$]*/g)].map(([name]) => name);
  const kept = names.filter((name) => !/^(?:undefined|null|readonly|Readonly|Partial|Required|Pick|Omit|Awaited|NonNullable|ReturnType|typeof|infer|extends|keyof)$/.test(name));
  if (names.some((name) => /^(?:ReturnType|InstanceType|typeof|any|unknown)$/.test(name))) return undefined;
  return kept.length > 0 ? kept : undefined;
}
