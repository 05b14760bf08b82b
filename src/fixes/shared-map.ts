import type { Rule } from "eslint";
import { type Node, type Variable, getUsage, isFunction, unwrap } from "../analysis/code/ast.js";
import type { BrokenCopy } from "../analysis/workers/crossing.js";
import type { MapEntity } from "../analysis/maps/inventory.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, type Edit, getIndent, getNewline, insert, replace } from "./edits.js";
import { planImport } from "./imports.js";

const METHODS = new Set(["get", "set", "has", "delete", "clear", "keys", "values", "entries", "forEach"]);
const STORABLE = new Set(["TSStringKeyword", "TSNumberKeyword", "TSBooleanKeyword"]);

/**
 * `new Map<string, number>()` becomes a `SharedMap`, and its handle is what is posted. The other side has to attach to it.
 * @returns `undefined` unless the types say that a SharedMap can hold keys and values, and every use is one that it has.
 */
export function getSharedMapFix({ map, kind, leaves }: BrokenCopy, analysis: Analysis, filename: string): Rule.ReportFixer | undefined {
  if (!map || (kind !== "written" && kind !== "notified" && kind !== "expected") || map.kind !== "Map") return undefined;
  const construction = map.initializers.length === 1 ? map.initializers[0] : undefined;
  if (construction?.type !== "NewExpression" || construction.arguments.length > 0 || !canHold(map) || !isReplaceable(map, leaves, analysis)) return undefined;
  const imported = planImport("SharedMap", analysis.sourceCode, filename, "mapguard/shared");
  if (!imported) return undefined;
  const names: Node[] = [construction.callee];
  if (map.annotation) {
    if (map.annotation.type !== "TSTypeReference" || map.annotation.typeName.type !== "Identifier" || map.annotation.typeName.name !== "Map") return undefined;
    names.push(map.annotation.typeName);
  }
  if (names.some((name) => name.type !== "Identifier" || name.name !== "Map")) return undefined;
  return createFixer([...imported.edits, ...names.map((name) => replace(name, imported.local)), ...leaves.map(getHandleEdit)]);
}

function canHold({ keyType, valueType }: MapEntity): boolean {
  return (keyType?.type === "TSStringKeyword" || keyType?.type === "TSNumberKeyword") && valueType !== undefined && STORABLE.has(valueType.type);
}

function isReplaceable({ variable, path }: MapEntity, leaves: readonly Node[], { model }: Analysis): boolean {
  if (!variable || path.properties.length > 0) return false;
  const declaration = variable.defs[0]?.node as Node | undefined;
  if (declaration?.parent?.type !== "VariableDeclaration" || declaration.parent.kind !== "const" || declaration.parent.parent.type === "ExportNamedDeclaration") return false;
  const posted = new Set(leaves.map((leaf) => model.getVariable(leaf)));
  if (posted.size !== 1 || !posted.has(variable)) return false;
  return variable.references.every(({ identifier, init }) => init === true || leaves.includes(identifier as Node) || isKnownUse(identifier as Node));
}

function isKnownUse(use: Node): boolean {
  const { node, parent } = getUsage(use);
  if (parent?.type === "ForOfStatement") return parent.right === node;
  if (parent?.type === "SpreadElement") return parent.parent.type === "ArrayExpression";
  if (parent?.type !== "MemberExpression" || parent.object !== node || parent.computed || parent.property.type !== "Identifier") return false;
  if (parent.property.name === "size") return true;
  const { node: member, parent: call } = getUsage(parent);
  return METHODS.has(parent.property.name) && call?.type === "CallExpression" && call.callee === member;
}

/** `hits` becomes `hits.handle`, also in `{ hits }`. */
function getHandleEdit(leaf: Node): Edit {
  const parent = leaf.parent;
  const isShorthand = parent?.type === "Property" && parent.shorthand && parent.value === leaf;
  const name = leaf.type === "Identifier" ? leaf.name : "";
  return isShorthand ? replace(parent.range, `${name}: ${name}.handle`) : insert(leaf.range[1], ".handle");
}

/**
 * `const hits = workerData.hits` becomes `const hits = SharedMap.attach(workerData.hits)`, for where the handle of a SharedMap arrives.
 * @returns `undefined` unless the received map has a name of its own, and every use is one that a SharedMap has
 */
export function getAttachFix({ node, kind }: BrokenCopy, analysis: Analysis, filename: string): Rule.ReportFixer | undefined {
  const callee = kind === "received" && node.type === "CallExpression" ? unwrap(node.callee) : undefined;
  const variable = callee?.type === "MemberExpression" ? analysis.model.getVariable(unwrap(callee.object)) : undefined;
  if (!variable || !variable.references.every(({ identifier, init }) => init === true || isKnownUse(identifier as Node))) return undefined;
  const imported = planImport("SharedMap", analysis.sourceCode, filename, "mapguard/shared");
  // What came in a message has no type.
  const attach = imported && `${imported.local}.attach${/\.[cm]?tsx?$/.test(filename) ? "<any, any>" : ""}`;
  const edits = attach && (wrapInitializer(variable, attach) ?? renameInPattern(variable, attach, analysis));
  return imported && edits ? createFixer([...imported.edits, ...edits]) : undefined;
}

/** const hits = message.hits */
function wrapInitializer({ defs }: Variable, attach: string): Edit[] | undefined {
  const declarator = defs.length === 1 && defs[0]?.type === "Variable" ? (defs[0].node as Node) : undefined;
  if (declarator?.type !== "VariableDeclarator" || declarator.id.type !== "Identifier" || declarator.id.typeAnnotation || !declarator.init) return undefined;
  return declarator.parent.kind === "const" ? [insert(declarator.init.range[0], `${attach}(`), insert(declarator.init.range[1], ")")] : undefined;
}

/** const { hits, rounds } = workerData, ({ hits }) => { .. }: the handle gets a name, and the map is made of it. */
function renameInPattern({ defs, name }: Variable, attach: string, { sourceCode }: Analysis): Edit[] | undefined {
  const definition = defs.length === 1 ? defs[0] : undefined;
  const property = (definition?.name as Node | undefined)?.parent;
  const handle = `${name}Handle`;
  if (!definition || property?.type !== "Property" || !property.shorthand || property.value.type !== "Identifier") return undefined;
  if (sourceCode.scopeManager.scopes.some((scope) => scope.set.has(handle))) return undefined;
  const owner = definition.node as Node;
  const statement = `const ${name} = ${attach}(${handle});`;
  const rename = replace(property.range, `${name}: ${handle}`);
  const newline = getNewline(sourceCode);
  if (owner.type === "VariableDeclarator") {
    const isAlone = owner.parent.declarations.length === 1 && owner.parent.kind === "const" && /^(?:Program|BlockStatement)$/.test(owner.parent.parent.type);
    return isAlone ? [rename, insert(owner.parent.range[1], `${newline}${getIndent(owner.parent, sourceCode)}${statement}`)] : undefined;
  }
  const [first] = isFunction(owner) && owner.body.type === "BlockStatement" ? owner.body.body : [];
  if (!isFunction(owner) || !first || owner.params.some((parameter) => parameter.type === "ObjectPattern" && parameter.typeAnnotation)) return undefined;
  return [rename, insert(first.range[0], `${statement}${first.loc.start.line === owner.loc.start.line ? " " : `${newline}${getIndent(first, sourceCode)}`}`)];
}
