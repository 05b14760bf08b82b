import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isInside, unwrap } from "./ast.js";
import type { HazardContext } from "./hazards.js";
import type { MapEntity } from "./inventory.js";
import { getKeyTerm } from "./keys.js";
import type { FileModel } from "./model.js";
import { findIteratedMap } from "./presence.js";
import type { PlacedAccess } from "./summaries.js";
import { getTiming } from "./suspension.js";

/** A `{}` that is asked for keys which somebody else chooses: what it inherits passes for an entry. */
export interface InheritedKey {
  readonly map: MapEntity;
  /** The `{}`: what has to change. */
  readonly initializer: Node;
  readonly access: PlacedAccess;
  readonly key: Node;
  readonly isProven: boolean;
}

/** A file that names them knows about prototypes. */
const AWARE = /["'`](?:__proto__|constructor|hasOwnProperty)["'`]/;

/** Finds the dictionaries with a prototype that are asked for open keys, one site each. */
export function findInheritedKeys(context: HazardContext): InheritedKey[] {
  const { model, inventory, summaries } = context;
  const maps = inventory.maps.filter((map) => map.kind === "dictionary" && hasPrototype(map) && !isClosed(map) && !isAskedForOwn(map, model));
  if (maps.length === 0 || AWARE.test(model.sourceCode.text)) return [];
  return maps.flatMap((map) => {
    const sites = summaries.getAccesses(map).flatMap((access): InheritedKey[] => {
      const source = access.key && canMislead(access, model) ? getSource(access.key, access, map, context) : undefined;
      return source ? [{ map, initializer: map.initializers[0]!, access, key: access.key!, isProven: source === "outside" && !isOfScript(access, model) }] : [];
    });
    const first = sites.find((site) => site.isProven) ?? sites[0];
    return first ? [first] : [];
  });
}

/** {} and nothing else: Object.create(null) inherits nothing. */
function hasPrototype(map: MapEntity): boolean {
  return map.initializers.length > 0 && map.initializers.every((node) => node.type === "ObjectExpression" && node.properties.length === 0);
}

/** Object.hasOwn(d, k), d.hasOwnProperty(k), Object.prototype.hasOwnProperty.call(d, k) */
function isAskedForOwn(map: MapEntity, { sourceCode }: FileModel): boolean {
  // A local of this name in another function is another.
  const text = map.variable && map.home !== "module" ? sourceCode.getText(map.variable.scope.block as never) : sourceCode.text;
  const name = map.name.replace(/[^\w.]/g, "\\$&").replaceAll(".", "\\.");
  return /hasOwn/.test(text) && new RegExp(`(?:hasOwn|hasOwnProperty\\.call)\\(\\s*${name}\\b|${name}\\.hasOwnProperty`).test(text);
}

/** Record<Kind, T>, { [K in Kind]: T }: its keys are a few that the file knows. */
function isClosed(map: MapEntity): boolean {
  return map.keyType !== undefined && map.keyType.type !== "TSStringKeyword";
}

// ---- paths that are walked and written

/** A write at the end of a path that leads through what objects inherit: `__proto__` in it reaches `Object.prototype`. */
export interface PollutingWrite {
  readonly node: TSESTree.MemberExpression;
  readonly name: string;
  readonly key: Node;
}

const PATH_NAME = /path|keys|segments|parts|props|fields/i;

/** Finds `for (..) at = at[path[i]]; at[last] = value`, where the path is a parameter's. */
export function findPollutingWrites({ model }: HazardContext): PollutingWrite[] {
  if (AWARE.test(model.sourceCode.text)) return [];
  const assignments = (model.nodes.get("AssignmentExpression") ?? []) as TSESTree.AssignmentExpression[];
  return assignments.flatMap((step): PollutingWrite[] => {
    const variable = step.left.type === "Identifier" && step.operator === "=" ? model.getVariable(step.left) : undefined;
    const key = variable && findStepKey(step.right, variable, model);
    if (!variable || !key || !findAncestor(step, (node) => isFunction(node) || /^(?:For|While|DoWhile)\w*Statement$/.test(node.type))?.type.endsWith("Statement") || !isPathOfCaller(key, model)) return [];
    const write = assignments.find(({ left, range }) => left.type === "MemberExpression" && left.computed && left.property.type !== "Literal" && range[0] > step.range[1] && model.getVariable(unwrap(left.object)) === variable && model.getEnclosing(left) === model.getEnclosing(step));
    const target = write?.left as TSESTree.MemberExpression | undefined;
    return target ? [{ node: target, name: variable.name, key }] : [];
  });
}

/** `k` of `at[k]`, of `at[k] ??= {}`, of `at[k] || {}`. */
function findStepKey(value: Node, variable: Variable, model: FileModel): Node | undefined {
  const node = unwrap(value);
  if (node.type === "AssignmentExpression") return findStepKey(node.left, variable, model);
  if (node.type === "LogicalExpression") return findStepKey(node.left, variable, model);
  return node.type === "MemberExpression" && node.computed && model.getVariable(unwrap(node.object)) === variable ? unwrap(node.property) : undefined;
}

/** `path[i]`, or `key` of `for (const key of path)`, where the path is given in, perhaps as a text that is split. */
function isPathOfCaller(key: Node, model: FileModel): boolean {
  const variable = model.getVariable(key);
  const source = key.type === "MemberExpression" ? unwrap(key.object) : variable && findSource(variable.defs[0]?.node as Node, variable.identifiers[0] as Node);
  // for (const key of keys.slice(0, -1))
  const whole = source?.type === "CallExpression" && source.callee.type === "MemberExpression" && getPropertyName(source.callee) === "slice" ? unwrap(source.callee.object) : source;
  const list = whole && model.getVariable(whole);
  if (!list) return false;
  const value = model.getConstantValue(list);
  const split = value && unwrap(value);
  if (split?.type === "CallExpression" && split.callee.type === "MemberExpression" && getPropertyName(split.callee) === "split") {
    const path = model.getVariable(unwrap(split.callee.object));
    return path !== undefined && isOpenParameter(path, model);
  }
  return PATH_NAME.test(list.name) && isOpenParameter(list, model);
}

/** A parameter for which some call gives more than a literal. */
function isOpenParameter(variable: Variable, model: FileModel): boolean {
  const definition = variable.defs[0];
  const info = definition?.type === "Parameter" ? model.getFunction(definition.node as Node) : undefined;
  if (!info) return false;
  const index = info.node.params.findIndex((parameter) => isInside(variable.identifiers[0] as Node, parameter));
  const isExported = info.node.parent.type === "ExportNamedDeclaration" || info.mentions.length > 0;
  return isExported || info.calls.length === 0 || info.calls.some((call) => call.arguments[index] !== undefined && !/^(?:Literal|TemplateLiteral)$/.test(unwrap(call.arguments[index]!).type));
}

// ---- what an inherited value would do

/** Whether an access takes an inherited value for an entry: it is tested for presence, called, or kept instead of a default. */
function canMislead(access: PlacedAccess, model: FileModel): boolean {
  if (access.operation === "has") return access.node.type === "BinaryExpression";
  if (access.operation !== "get") return false;
  if (isTested(access.node)) return true;
  const { node, parent } = getUsage(access.node);
  const target = parent?.type === "VariableDeclarator" && parent.init === node ? parent.id : parent?.type === "AssignmentExpression" && parent.right === node ? parent.left : undefined;
  const variable = target && model.getVariable(target);
  return variable?.references.some((reference) => reference.isRead() && (reference.identifier as Node).range[0] > access.node.range[0] && isTested(reference.identifier as Node)) ?? false;
}

function isTested(value: Node): boolean {
  const { node, parent } = getUsage(value);
  switch (parent?.type) {
    case "LogicalExpression":
      return parent.left === node;
    case "AssignmentExpression":
      return parent.left === node && (parent.operator === "??=" || parent.operator === "||=");
    case "UnaryExpression":
      return parent.operator === "!";
    case "IfStatement":
    case "ConditionalExpression":
      return parent.test === node;
    case "BinaryExpression":
      return /^[!=]==?$/.test(parent.operator) && isNothing(parent.left === node ? parent.right : (parent.left as Node));
    case "CallExpression":
      return parent.callee === node;
    default:
      return false;
  }
}

function isNothing(node: Node): boolean {
  return (node.type === "Identifier" && node.name === "undefined") || (node.type === "Literal" && node.raw === "null");
}

// ---- who chooses the key

/** Words for names that the authors of other code, of data or of texts choose. */
const OPEN_NAME = /^(?:alias|word|identifier|ident|(?:dep|dependency|pkg|package|npm|table|column|collection|relation(?:ship)?|variable|identifier|import|export|tool|header)Name)$/i;
/** Things that have such a name: `pkg.name`, `id.text`. */
const OPEN_OWNER = /^(?:pkg|package|manifest|dep|dependency|packageJson|pkgJson|table|column|relation(?:ship)?s?|identifier|ident|id|specifier|variable|tool|toolCall|word)$/i;
/** What such names are collected in: `for (const [name] of Object.entries(dependencies))`. */
const OPEN_SOURCE = /dep(?:s|endenc)|pkg|package|manifest|modules$|tables$|columns$|identifiers$|words$|header/i;
/** Packages, modules, identifiers, tables and columns are mostly those of the project that the code is part of. */
const OF_ONE_PROJECT = /dep(?:s|endenc|endency)?|pkg|package|npm|manifest|module|ident|^id\.|word|alias|import|export|specifier|table|column|relation/i;
const CLOSED_SOURCE = /^(?:expected|known|allowed|supported|default|builtin|required)|^[A-Z][A-Z_]+$/;
const NAME_PROPERTY = /^(?:name|text|alias|value|raw)$/;
const ANY_NAME = /name$|alias|^(?:pkg|package|module|mod|word|tag|selector|attr|attribute|header|field|prop|property|column|table|label)$/i;
const GENERIC = /^(?:name|key|k|n|text|value|mod|dep|pkg|alias)$/;
const OWN_PROCESS = /^#?_?(?:process|proc|child\w*|worker\w*|parentPort|port\d?)$|Process$|Worker$|Port$/;
const REQUEST = /^(?:req|request|ctx|msg|message|event|evt|payload|packet|body|query|params)$/i;

/** `outside`: shown to be open. `named`: it only sounds so. */
function getSource(key: Node, access: PlacedAccess, map: MapEntity, context: HazardContext): "outside" | "named" | undefined {
  const { model } = context;
  const node = unwrap(key);
  if (node.type !== "Identifier" && node.type !== "MemberExpression") return undefined;
  if (getKeyTerm(node, model, new Map()).prefix !== undefined) return undefined;
  const variable = model.getVariable(node);
  if (variable && (findIteratedMap(variable, context) === map || isOfClosedType(variable) || isOneOfFew(variable, model))) return undefined;
  if (isLongLived(map) && isFromRequest(node, access, model)) return "outside";
  const words = getOriginWords(node, model);
  if (words.some((word) => CLOSED_SOURCE.test(word))) return undefined;
  if (isCheckedText(node, model)) return "outside";
  const opening = isOpenName(node) ? getFullName(node) : words.find((word) => OPEN_SOURCE.test(word));
  if (opening !== undefined) return OF_ONE_PROJECT.test(opening) ? "named" : "outside";
  return ANY_NAME.test(getLastWord(node)) ? "named" : undefined;
}

/** (name: ToolName) => ..: one of those that the type lists. */
function isOfClosedType(variable: Variable): boolean {
  const annotation = (variable.identifiers[0] as TSESTree.Identifier | undefined)?.typeAnnotation?.typeAnnotation;
  return annotation !== undefined && annotation.type !== "TSStringKeyword" && annotation.type !== "TSAnyKeyword";
}

/** for (const name of ["setTimeout", "setInterval"]): those that stand here. */
function isOneOfFew(variable: Variable, model: FileModel): boolean {
  const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
  const source = definition && findSource(definition.node as Node, definition.name as Node);
  const constant = source && model.getVariable(source);
  const list = (constant && model.getConstantValue(constant)) ?? source;
  const node = list && unwrap(list);
  return node?.type === "ArrayExpression" && node.elements.every((element) => element?.type === "Literal");
}

/** Code that runs once, over names of its own project: const seen = {}; Object.keys(pkg.dependencies).forEach((name) => ..) at the top of a script */
function isOfScript(access: PlacedAccess, model: FileModel): boolean {
  for (let info = model.getEnclosing(access.node); info; info = info.parent) {
    const { node, parent } = getUsage(info.node);
    if (parent?.type !== "CallExpression" || parent.callee === node || getTiming(parent) !== "now") return false;
  }
  return true;
}

function isLongLived(map: MapEntity): boolean {
  return map.home === "module" || map.home === "field" || map.home === "static" || map.home === "global";
}

/** `name` of `a.b.name`, of `name`, of `name[i]`. */
function getLastWord(node: Node): string {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return "";
  return getPropertyName(node) ?? (node.computed ? getLastWord(unwrap(node.object)) : "");
}

/** `pkg.name`, `columnName` */
function getFullName(node: Node): string {
  return node.type === "MemberExpression" ? `${getLastWord(unwrap(node.object))}.${getLastWord(node)}` : getLastWord(node);
}

function isOpenName(node: Node): boolean {
  const word = getLastWord(node);
  if (OPEN_NAME.test(word)) return true;
  return node.type === "MemberExpression" && NAME_PROPERTY.test(word) && OPEN_OWNER.test(getLastWord(unwrap(node.object)));
}

/** What a name comes out of: for (const [name] of Object.entries(dependencies)), modules.forEach((mod) => ..), const { name } = parsePackage(path) */
function getOriginWords(node: Node, model: FileModel): string[] {
  const variable = GENERIC.test(getLastWord(node)) ? model.getVariable(node) : undefined;
  const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
  const source = definition && findSource(definition.node as Node, definition.name as Node);
  return source ? getSourceWords(source, model) : [];
}

/** `dependencies` of `Object.entries(pkg.dependencies)`, and `getDependencies`, `manifest` where those are what a constant was made of. */
function getSourceWords(source: Node, model: FileModel, depth = 0): string[] {
  const node = unwrap(source);
  if (node.type === "CallExpression") return [getCalleeName(node) ?? "", ...node.arguments.flatMap((argument) => (depth < 3 ? getSourceWords(argument, model, depth + 1) : []))];
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  const made = value && unwrap(value).type === "CallExpression" && depth < 3 ? getSourceWords(value, model, depth + 1) : [];
  return [getLastWord(node), ...made];
}

/** What a variable is taken out of: an iterable, a receiver of a callback, a destructured value. */
function findSource(definition: Node, name: Node): Node | undefined {
  if (definition.type === "VariableDeclarator") {
    const loop = definition.parent.parent;
    if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") return unwrap(loop.right);
    const init = definition.init ? unwrap(definition.init) : undefined;
    // const { name } = pkg, const key = getHeaderName(headers[i])
    return definition.id !== name || init?.type === "CallExpression" ? init : undefined;
  }
  const call = isFunction(definition) ? getUsage(definition).parent : undefined;
  if (call?.type !== "CallExpression" || call.callee.type !== "MemberExpression" || getTiming(call) !== "now") return undefined;
  return unwrap(call.callee.object);
}

/** typeof data.kind === "string" ? data.kind : "none": all that is known of it is that it is a text. */
function isCheckedText(node: Node, model: FileModel): boolean {
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  const init = value && unwrap(value);
  if (init?.type !== "ConditionalExpression" || init.test.type !== "BinaryExpression") return false;
  const { left, right } = init.test;
  return left.type === "UnaryExpression" && left.operator === "typeof" && unwrap(left.argument).type === "MemberExpression" && right.type === "Literal" && right.value === "string";
}

/** req.params.id, message.key in a handler. */
function isFromRequest(key: Node, access: PlacedAccess, model: FileModel): boolean {
  let node = key;
  if (node.type === "Identifier") {
    const definition = model.getVariable(node)?.defs[0];
    const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
    if (declarator?.init) node = unwrap(declarator.init);
  }
  let depth = 0;
  while (node.type === "MemberExpression") {
    node = unwrap(node.object);
    depth++;
  }
  if (node.type !== "Identifier" || depth === 0 || !REQUEST.test(node.name)) return false;
  const definition = model.getVariable(node)?.defs[0];
  const handler = definition?.type === "Parameter" ? (definition.node as Node) : undefined;
  if (!isFunction(handler) || !access.function) return false;
  const { parent } = getUsage(handler);
  if (parent?.type !== "CallExpression" || getTiming(parent) !== "often") return false;
  // process.on("message", ..): what our own processes say to each other
  return parent.callee.type !== "MemberExpression" || !OWN_PROCESS.test(getLastWord(unwrap(parent.callee.object)));
}
