import type { Rule } from "eslint";
import { type Node, getUsage } from "../analysis/ast.js";
import type { BrokenCopy } from "../analysis/crossing.js";
import type { MapEntity } from "../analysis/inventory.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, type Edit, insert, replace } from "./edits.js";
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
