import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import { type Node, type Variable, findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isNothing, isInside, unwrap } from "../code/ast.js";
import type { HazardContext } from "../async/hazards.js";
import type { MapEntity } from "../maps/inventory.js";
import { getKeyTerm } from "../maps/keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { findIteratedMap } from "./presence.js";
import { isPublic } from "../maps/sharing.js";
import { getTiming } from "../code/suspension.js";

/** A `{}` that is asked for keys which somebody else chooses: what it inherits passes for an entry. */
export interface InheritedKey {
  readonly name: string;
  /** The `{}`: what has to change. */
  readonly initializer: Node;
  /** Where it is asked, or written. */
  readonly node: Node;
  readonly key: Node;
  readonly isProven: boolean;
}

/** A use of a plain object by a key. */
export interface KeyUse {
  readonly operation: "get" | "has" | "set";
  readonly key: Node;
  readonly node: Node;
}

/** A `{}` that is used by key, be it a map of the inventory or not. */
interface PlainObject {
  readonly name: string;
  readonly initializer: Node;
  readonly map: MapEntity | undefined;
  readonly uses: readonly KeyUse[];
}

/** A file that names them knows about prototypes. */
const AWARE = /["'](?:__proto__|constructor|hasOwnProperty)["']|`__proto__`/;

const aware = new WeakMap<SourceCode, boolean>();

function isAware(sourceCode: SourceCode): boolean {
  let answer = aware.get(sourceCode);
  if (answer === undefined) aware.set(sourceCode, (answer = AWARE.test(sourceCode.text)));
  return answer;
}

const LAST_ARGUMENT = /[,(]\s*\{\s*\}\s*(?:as\b[^)]*)?,?\s*\)/;
const PART = /[{,]\s*\w+:\s*\{\s*\}/;

/** Whether a file can hold a plain object that is used by key and is no map of the inventory. A text search, so that most files cost nothing more. */
export function canHaveOpenObjects(text: string): boolean {
  return (/\.reduce\b|\buseState\b/.test(text) && LAST_ARGUMENT.test(text)) || (PART.test(text) && /header|cookie|query/i.test(text));
}

/** Finds the plain objects that are asked for open keys, one site each. */
export function findInheritedKeys(context: HazardContext): InheritedKey[] {
  const { text } = context.model.sourceCode;
  if (isAware(context.model.sourceCode)) return [];
  const others = canHaveOpenObjects(text) ? [...findAccumulators(context.model), ...findStates(context.model), ...findParts(context)] : [];
  return [...findDictionaries(context), ...others].flatMap((object) => {
    const sites = object.uses.flatMap((use): InheritedKey[] => {
      const source = getSourceOfUse(use, object, context);
      return source ? [{ name: object.name, initializer: object.initializer, node: use.node, key: use.key, isProven: source === "outside" && !isOfScript(use.node, context.model) }] : [];
    });
    const first = sites.find((site) => site.isProven) ?? sites[0];
    return first ? [first] : [];
  });
}

function getSourceOfUse(use: KeyUse, object: PlainObject, context: HazardContext): "outside" | "named" | undefined {
  const { model } = context;
  // What is only written loses `__proto__`: that matters to whoever gets the object, and asks for any key.
  if (use.operation === "set") {
    if (isCutOut(use.key, model)) return isGivenOut(object, model) ? "outside" : "named";
    return isOfGivenList(use.key, model) && isGivenOut(object, model) ? "named" : undefined;
  }
  if (!canMislead(use, model) || isSetBefore(use, object, model)) return undefined;
  const source = getSource(use, object, context);
  if (source !== "outside" || isCalled(use, model)) return source;
  return isRefusedAnyway(use, model) || /^tool_?name$/i.test(getFullName(unwrap(use.key))) ? "named" : source;
}

const LIST_OF_NAMES = /^(?:keys|names|fields|props|paths|words|tags)$/;

/** getMany(keys) { for (const key of keys) result[key] = ..; return result; } */
function isOfGivenList(key: Node, model: FileModel): boolean {
  const node = unwrap(key);
  // result[this.format(key)], result[key.toString()]
  const named = node.type !== "CallExpression" ? node : node.arguments.length === 1 ? unwrap(node.arguments[0]!) : node.callee.type === "MemberExpression" ? unwrap(node.callee.object) : node;
  const definition = model.getVariable(named)?.defs[0];
  const source = definition && findSource(definition.node as Node, definition.name as Node);
  const list = source?.type === "Identifier" && LIST_OF_NAMES.test(source.name) ? model.getVariable(source)?.defs[0] : undefined;
  const info = list?.type === "Parameter" ? model.getFunction(list.node as Node) : undefined;
  return info !== undefined && isPublic(info) && /^m?(?:get|load|fetch|find|read|lookup|take)(?![a-z])|^mget$/.test(info.name);
}

/** d[k](), const f = d[k]; f(): what is inherited is a function, and runs. */
function isCalled({ node }: KeyUse, model: FileModel): boolean {
  const { node: outer, parent } = getUsage(node);
  const variable = parent?.type === "VariableDeclarator" && parent.init === outer ? model.getVariable(parent.id) : undefined;
  const values = variable ? variable.references.map((reference) => reference.identifier as Node) : [node];
  return values.some((value) => {
    const use = getUsage(value);
    return use.parent?.type === "CallExpression" && use.parent.callee === use.node;
  });
}

/** d[k] = v; if (d[k] === undefined) ..: its own by then. */
function isSetBefore({ key, node }: KeyUse, { uses }: PlainObject, { sourceCode }: FileModel): boolean {
  const text = sourceCode.getText(key as never);
  return uses.some((other) => {
    if (other.operation !== "set" || other.node.range[0] >= node.range[0] || sourceCode.getText(other.key as never) !== text) return false;
    const statement = findAncestor(other.node, ({ type }) => /Statement$/.test(type));
    return statement?.type === "ExpressionStatement" && isInside(node, statement.parent) && !isInside(node, statement);
  });
}

/** if (!d[k]) throw ..: what is inherited fails as well, a step later. */
function isRefusedAnyway({ operation, node }: KeyUse, model: FileModel): boolean {
  const { node: outer, parent } = getUsage(node);
  const variable = parent?.type === "VariableDeclarator" && parent.init === outer ? model.getVariable(parent.id) : undefined;
  const tests = variable ? variable.references.map((reference) => reference.identifier as Node) : [node];
  return operation === "get" && tests.some((test) => {
    let { node: at, parent: around } = getUsage(test);
    if (around?.type !== "UnaryExpression" || around.operator !== "!") return false;
    do ({ node: at, parent: around } = getUsage(around)); while (around?.type === "LogicalExpression" && around.operator === "||");
    if (around?.type !== "IfStatement" || around.test !== at) return false;
    const last = around.consequent.type === "BlockStatement" ? around.consequent.body.at(-1) : around.consequent;
    return last?.type === "ThrowStatement";
  });
}

/** The object, or something that holds it, is what an exported function gives; or it lives longer than a call. */
function isGivenOut({ map }: PlainObject, model: FileModel): boolean {
  if (!map || isLongLived(map) || !map.variable) return true;
  return map.variable.references.some((reference) => {
    let { node, parent } = getUsage(reference.identifier as Node);
    while (parent?.type === "Property" || parent?.type === "ObjectExpression" || parent?.type === "ArrayExpression") ({ node, parent } = getUsage(parent));
    const info = model.getEnclosing(node);
    const isResult = parent?.type === "ReturnStatement" || (parent?.type === "ArrowFunctionExpression" && parent.body === node);
    return isResult && info !== undefined && isPublic(info) && (!/Declarat/.test(info.node.type + info.node.parent.type) || findAncestor(info.node, ({ type }) => /^Export/.test(type)) !== undefined || info.mentions.length > 0);
  });
}

// ---- plain objects that are used by key

function findDictionaries(context: HazardContext): PlainObject[] {
  const { model, inventory } = context;
  const maps = inventory.maps.filter((map) => map.kind === "dictionary" && hasPrototype(map) && !isClosed(map) && !isAskedForOwn(map, model));
  return maps.map((map) => ({
    name: map.name,
    initializer: map.initializers[0]!,
    map,
    uses: context.summaries.getAccesses(map).flatMap(({ operation, key, node }) => (key && (operation === "get" || operation === "has" || operation === "set") ? [{ operation, key, node }] : [])),
  }));
}

/** items.reduce((all, item) => { all[item.name] ??= []; .. }, {}) */
function findAccumulators(model: FileModel): PlainObject[] {
  return (model.nodes.get("CallExpression") ?? []).flatMap((node): PlainObject[] => {
    const call = node as TSESTree.CallExpression;
    const [callback, initial] = call.arguments;
    const initializer = initial && getCalleeName(call) === "reduce" ? unwrap(initial) : undefined;
    if (!initializer || !isEmptyObject(initializer) || !isFunction(callback) || callback.params[0]?.type !== "Identifier") return [];
    const variable = model.getVariable(callback.params[0]);
    return variable ? [describeObject(variable.name, initializer, getUses(variable), model)] : [];
  });
}

/** const [byName, setByName] = useState({}) */
function findStates(model: FileModel): PlainObject[] {
  return (model.nodes.get("CallExpression") ?? []).flatMap((node): PlainObject[] => {
    const call = node as TSESTree.CallExpression;
    const initializer = call.arguments[0] && getCalleeName(call) === "useState" ? unwrap(call.arguments[0]) : undefined;
    const pattern = call.parent.type === "VariableDeclarator" && call.parent.id.type === "ArrayPattern" ? call.parent.id.elements[0] : undefined;
    if (!initializer || !isEmptyObject(initializer) || pattern?.type !== "Identifier") return [];
    const variable = model.getVariable(pattern);
    return variable ? [describeObject(variable.name, initializer, getUses(variable), model)] : [];
  });
}

/** const accept = { type: "", params: {} }, then accept.params[name] */
function findParts({ model, inventory }: HazardContext): PlainObject[] {
  return (model.nodes.get("Property") ?? []).flatMap((node): PlainObject[] => {
    const property = node as TSESTree.Property;
    const initializer = unwrap(property.value);
    const declarator = property.parent.parent;
    if (property.computed || !isEmptyObject(initializer) || declarator?.type !== "VariableDeclarator" || declarator.id.type !== "Identifier" || property.key.type !== "Identifier") return [];
    const { name } = property.key;
    const variable = model.getVariable(declarator.id);
    const places = (variable ? getUses(variable) : []).flatMap((use) => (use.parent?.type === "MemberExpression" && use.parent.object === use && getPropertyName(use.parent) === name ? [use.parent as Node] : []));
    if (places.some((place) => inventory.resolve(place))) return [];
    return [describeObject(`${declarator.id.name}.${name}`, initializer, places, model)];
  });
}

function isEmptyObject(node: Node): boolean {
  return node.type === "ObjectExpression" && node.properties.length === 0;
}

function getUses(variable: Variable): Node[] {
  return variable.references.map((reference) => reference.identifier as Node);
}

function describeObject(name: string, initializer: Node, places: readonly Node[], { sourceCode }: FileModel): PlainObject {
  const uses = places.flatMap((place): KeyUse[] => {
    const { node, parent } = getUsage(place);
    if (parent?.type === "BinaryExpression" && parent.operator === "in" && parent.right === node) return [{ operation: "has", key: parent.left as Node, node: parent }];
    if (parent?.type !== "MemberExpression" || parent.object !== node || !parent.computed) return [];
    const target = parent.parent;
    const isWritten = target.type === "AssignmentExpression" && target.left === parent && target.operator === "=";
    return [{ operation: isWritten ? "set" : "get", key: parent.property, node: parent }];
  });
  const isKnown = places.some((place) => /hasOwn/.test(sourceCode.getText(getUsage(place).parent as never)));
  return { name, initializer, map: undefined, uses: isKnown ? [] : uses };
}

/** {} and nothing else, perhaps where nothing is given: Object.create(null) inherits nothing. */
function hasPrototype(map: MapEntity): boolean {
  return map.initializers.length > 0 && map.initializers.every((node) => isEmptyObject(node.type === "LogicalExpression" ? unwrap(node.right) : node));
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
  if (isAware(model.sourceCode)) return [];
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

/** Finds `function insert(at, path) { at[path[0]] ??= {}; insert(at[path[0]], path.slice(1)); }`: the same walk by recursion. */
export function findPollutingDescents({ model }: HazardContext): PollutingWrite[] {
  if (!canHaveDescents(model.sourceCode.text) || isAware(model.sourceCode)) return [];
  return model.functions.flatMap((info): PollutingWrite[] => {
    if (/hasOwn|__proto__/.test(model.sourceCode.getText(info.node as never))) return [];
    const parameters = info.node.params.map((parameter) => (parameter.type === "Identifier" ? model.getVariable(parameter) : undefined));
    const steps = info.calls.filter((call) => isInside(call, info.node)).flatMap(({ arguments: given }): PollutingWrite[] => {
      const index = given.findIndex((argument, position) => parameters[position] !== undefined && isStepInto(unwrap(argument), parameters[position]));
      const path = given.findIndex((argument, position) => parameters[position] !== undefined && isRestOf(unwrap(argument), parameters[position]));
      const to = parameters[index];
      const list = parameters[path];
      const place = given[index] && unwrap(given[index]);
      if (!to || !list || place?.type !== "MemberExpression" || !isFirstOf(place.property, list) || !writesTo(to, place, info.node, model) || !isOpenWalk(info, index, path)) return [];
      return [{ node: place, name: to.name, key: place.property }];
    });
    return steps.slice(0, 1);
  });

  /** `at[key]` */
  function isStepInto(node: Node, to: Variable): boolean {
    return node.type === "MemberExpression" && node.computed && model.getVariable(unwrap(node.object)) === to;
  }

  /** `path.slice(1)`, `path.splice(1)` */
  function isRestOf(node: Node, list: Variable): boolean {
    return node.type === "CallExpression" && node.callee.type === "MemberExpression" && /^sp?lice$/.test(getPropertyName(node.callee) ?? "") && model.getVariable(unwrap(node.callee.object)) === list;
  }

  /** `key` of const key = path[0], of const [key] = path */
  function isFirstOf(key: Node, list: Variable): boolean {
    const variable = model.getVariable(unwrap(key));
    const definition = variable?.defs[0];
    const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
    const init = declarator?.init ? unwrap(declarator.init) : unwrap(key);
    const first = init.type === "MemberExpression" && init.computed ? unwrap(init.object) : declarator?.id.type === "ArrayPattern" ? init : undefined;
    return first !== undefined && model.getVariable(first) === list;
  }

  /** Somebody else gives the path, and the walk begins at an object that inherits. */
  function isOpenWalk(info: FunctionInfo, at: number, path: number): boolean {
    const others = info.calls.filter((call) => !isInside(call, info.node));
    const isOpen = (argument: Node | undefined): boolean => argument !== undefined && !/^(?:Literal|ArrayExpression)$/.test(unwrap(argument).type);
    return others.length === 0 || others.some((call) => isOpen(call.arguments[path]) && !hasNoPrototype(call.arguments[at]));
  }

  function hasNoPrototype(argument: Node | undefined): boolean {
    const variable = argument && model.getVariable(unwrap(argument));
    const value = variable && model.getConstantValue(variable);
    return value !== undefined && /^Object\.create\(\s*null/.test(model.sourceCode.getText(unwrap(value) as never));
  }
}

/** A text search for {@link findPollutingDescents}: f(at[key], path.slice(1)). */
const DESCENT_TEXT = /\w\[\w+(?:\[0\])?\]!?,\s*\w+\.sp?lice\(1\)/;

/** Whether a file can hold a walk by recursion. */
export function canHaveDescents(text: string): boolean {
  return DESCENT_TEXT.test(text);
}

/** A text search for {@link findPollutingMerges}: f(a[k], b[k]). */
const MERGE_TEXT = /\b(\w+)\(\s*\w+\[(\w+)\]\s*(?:(?:\|\||\?\?)\s*\{\s*\}\s*)?,\s*\w+\[\2\]/;

/** The part of it that begins with a rare character: a search for the whole begins at every word. */
const MERGED_TEXT = /\]\s*(?:(?:\|\||\?\?)\s*\{\s*\}\s*)?,\s*\w+\[\w+\]/;

/** Whether a file can hold a merge that goes deep. */
export function canHaveMerges(text: string): boolean {
  return MERGED_TEXT.test(text) && MERGE_TEXT.test(text);
}

/** Finds `function merge(a, b) { for (const k in b) if (..) merge(a[k], b[k]); else a[k] = b[k]; }`: with `__proto__` among the keys, `a[k]` is what all objects inherit. */
export function findPollutingMerges({ model }: HazardContext): PollutingWrite[] {
  const { text } = model.sourceCode;
  if (!canHaveMerges(text) || isAware(model.sourceCode) || /__proto__/.test(text)) return [];
  return model.functions.flatMap((info): PollutingWrite[] => {
    const [to, from] = info.node.params.map((parameter) => (parameter.type === "Identifier" ? model.getVariable(parameter) : undefined));
    // target = { ...target }: what is written is a copy.
    if (!to || !from || to.references.some((reference) => reference.isWrite()) || /hasOwn/.test(model.sourceCode.getText(info.node as never))) return [];
    const into = info.calls.filter((call) => isInside(call, info.node)).flatMap(({ arguments: [first, second] }) => getMergedPlace(first, second, to, from, model) ?? [])[0];
    return into && writesTo(to, into, info.node, model) ? [{ node: into, name: to.name, key: into.property }] : [];
  });
}

/** `a[k]` of `merge(a[k], b[k])`, where `k` is one of b's. */
function getMergedPlace(first: Node | undefined, second: Node | undefined, to: Variable, from: Variable, model: FileModel): TSESTree.MemberExpression | undefined {
  const left = first && unwrap(first);
  const place = left?.type === "LogicalExpression" ? unwrap(left.left) : left;
  const given = second && unwrap(second);
  if (place?.type !== "MemberExpression" || given?.type !== "MemberExpression" || !place.computed || !given.computed) return undefined;
  if (model.getVariable(unwrap(place.object)) !== to || model.getVariable(unwrap(given.object)) !== from) return undefined;
  const key = model.getVariable(unwrap(place.property));
  const definition = key?.defs[0];
  const source = definition && findSource(definition.node as Node, definition.name as Node);
  return source && key === model.getVariable(unwrap(given.property)) && from.references.some((reference) => isInside(reference.identifier as Node, source)) ? place : undefined;
}

/** a[k] = v, in the same function */
function writesTo(to: Variable, place: TSESTree.MemberExpression, around: Node, model: FileModel): boolean {
  const key = model.getVariable(unwrap(place.property));
  return (model.nodes.get("AssignmentExpression") ?? []).some((node) => {
    const { left } = node as TSESTree.AssignmentExpression;
    return isInside(node, around) && left.type === "MemberExpression" && left.computed && model.getVariable(unwrap(left.object)) === to && model.getVariable(unwrap(left.property)) === key;
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
  return isExported || info.calls.length === 0 || info.calls.some((call) => call.arguments[index] !== undefined && !/^(?:Literal|TemplateLiteral|ArrayExpression)$/.test(unwrap(call.arguments[index]!).type) && !isOfConstants(call.arguments[index]!, model));
}

/** `field.path` of for (const field of FIELDS), of const field = FIELDS[name] */
function isOfConstants(argument: Node, model: FileModel): boolean {
  let node = unwrap(argument);
  while (node.type === "MemberExpression") node = unwrap(node.object);
  const variable = model.getVariable(node);
  const definition = variable?.defs[0];
  const source = (definition && findSource(definition.node as Node, definition.name as Node)) ?? (variable && model.getConstantValue(variable));
  return source !== undefined && getSourceWords(source, model).some((word) => CLOSED_SOURCE.test(word));
}

// ---- what an inherited value would do

/** Whether an access takes an inherited value for an entry: it is tested for presence, called, or kept instead of a default. */
function canMislead(access: KeyUse, model: FileModel): boolean {
  if (access.operation === "has") return access.node.type === "BinaryExpression";
  if (access.operation !== "get") return false;
  if (isTested(access.node) || isAnswer(access, model)) return true;
  const { node, parent } = getUsage(access.node);
  const target = parent?.type === "VariableDeclarator" && parent.init === node ? parent.id : parent?.type === "AssignmentExpression" && parent.right === node ? parent.left : undefined;
  const variable = target && model.getVariable(target);
  return variable?.references.some((reference) => reference.isRead() && (reference.identifier as Node).range[0] > access.node.range[0] && isTested(reference.identifier as Node)) ?? false;
}

const LOOKUP_NAME = /^(?:get|find|lookup|resolve|peek|read)(?![a-z])/;

/** get(key) { return this.flags[key]; }, where callers take `undefined` for nothing. */
function isAnswer({ node, key }: KeyUse, model: FileModel): boolean {
  const { node: value, parent } = getUsage(node);
  const info = model.getEnclosing(value);
  const isReturned = parent?.type === "ReturnStatement" || (parent?.type === "ArrowFunctionExpression" && parent.body === value);
  const own = model.getVariable(unwrap(key))?.defs[0];
  return isReturned && info !== undefined && LOOKUP_NAME.test(info.name) && own?.type === "Parameter" && own.node === (info.node as never) && info.node.params.length === 1;
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

// ---- who chooses the key

/** Words for names that the authors of other code, of data or of texts choose. */
const OPEN_NAME = /^(?:alias|word|identifier|ident|(?:dep|dependency|pkg|package|npm|table|column|collection|relation(?:ship)?|variable|var|identifier|import|export|tool|header)Name)$/i;
/** Things that have such a name: `pkg.name`, `id.text`. */
const OPEN_OWNER = /^(?:pkg|package|manifest|dep|dependency|packageJson|pkgJson|table|column|relation(?:ship)?s?|identifier|ident|id|specifier|variable|tool|toolCall|word)$/i;
/** What such names are collected in: `for (const [name] of Object.entries(dependencies))`. */
const OPEN_SOURCE = /dep(?:s|endenc)|pkg|package|manifest|modules$|tables$|columns$|identifiers$|words$|header/i;
/** Packages, modules, identifiers, tables and columns are mostly those of the project that the code is part of. */
const OF_ONE_PROJECT = /dep(?:s|endenc|endency)?|pkg|package|npm|manifest|module|ident|^id\.|word|alias|import|export|specifier|table|column|relation|collection/i;
const CLOSED_SOURCE = /^(?:expected|known|allowed|supported|default|builtin|required)|^[A-Z][A-Z_]+$/;
const NAME_PROPERTY = /^(?:name|text|alias|value|raw)$/;
const ANY_NAME = /name$|alias|^(?:pkg|package|module|mod|word|tag|selector|attr|attribute|header|field|prop|property|column|table|label)$/i;
/** What whoever calls chooses: `get(key)`, `for (const part of path)`. */
const CHOSEN_KEY = /^(?:key|collection|segment|part|term|topic|channel|namespace|organization|operator|param|trigger|entity|symbol)$/i;
const GENERIC = /^(?:name|key|k|n|text|value|mod|dep|pkg|alias)$/;
const OWN_PROCESS = /^#?_?(?:ipc(?:Main|Renderer)?|process|proc|child\w*|worker\w*|parentPort|port\d?)$|Process$|Worker$|Port$/;
const REQUEST = /^(?:req|request|ctx|msg|message|event|evt|payload|packet|body|query|params)$/i;

/** `outside`: shown to be open. `named`: it only sounds so. */
function getSource(use: KeyUse, { map }: PlainObject, context: HazardContext): "outside" | "named" | undefined {
  const { model } = context;
  const node = unwrap(use.key);
  if (node.type !== "Identifier" && node.type !== "MemberExpression") return undefined;
  if (getKeyTerm(node, model, new Map()).prefix !== undefined) return undefined;
  const variable = model.getVariable(node);
  if (variable && ((map && findIteratedMap(variable, context) === map) || isOfClosedType(variable) || isOneOfFew(variable, model))) return undefined;
  if (map && isLongLived(map) && isFromRequest(node, use.node, model)) return "outside";
  if (use.operation === "has" && map && isLongLived(map) && variable && isChosenByCaller(variable, model)) return "outside";
  const words = getOriginWords(node, model);
  if (words.some((word) => CLOSED_SOURCE.test(word)) || isOfResponse(node, model)) return undefined;
  if (isCheckedText(node, model) || isCutOut(node, model)) return "outside";
  const opening = isOpenName(node) ? getFullName(node) : words.find((word) => OPEN_SOURCE.test(word));
  if (opening !== undefined) return OF_ONE_PROJECT.test(opening) ? "named" : "outside";
  return ANY_NAME.test(getLastWord(node)) || (CHOSEN_KEY.test(getLastWord(node)) && isHandedIn(node, model)) ? "named" : undefined;
}

/** `key` of (key) => .., of for (const key of keys): its own, or a part of what a function is given. */
function isHandedIn(key: Node, model: FileModel, depth = 0): boolean {
  const node = unwrap(key);
  if (node.type === "MemberExpression") return isHandedIn(node.object, model, depth);
  const definition = model.getVariable(node)?.defs[0];
  if (definition?.type === "Parameter" && (isFunction(definition.node as Node) && getUsage(definition.node as Node).parent?.type !== "CallExpression")) return true;
  const source = definition && findSource(definition.node as Node, definition.name as Node);
  return source !== undefined && depth < 3 && source.type !== "CallExpression" && isHandedIn(source, model, depth + 1);
}

/** for (const name in response.headers): what our own side has put there. */
function isOfResponse(node: Node, model: FileModel): boolean {
  const definition = model.getVariable(node)?.defs[0];
  const source = definition && findSource(definition.node as Node, definition.name as Node);
  const constant = source && model.getVariable(source);
  const value = (constant && model.getConstantValue(constant)) ?? source;
  return value !== undefined && /(?:\bres|response)\.headers\b/i.test(model.sourceCode.getText(value as never));
}

/** (name: ToolName) => ..: one of those that the type lists. */
function isOfClosedType(variable: Variable): boolean {
  const annotation = (variable.identifiers[0] as TSESTree.Identifier | undefined)?.typeAnnotation?.typeAnnotation;
  return annotation !== undefined && annotation.type !== "TSStringKeyword" && annotation.type !== "TSAnyKeyword";
}

const CHOSEN = /^(?:type|event|eventName|eventType|topic|channel|signal|action|command|method|prop|property|attribute|word|token)$/;

/** `type in this.listeners` in a public method: whatever its callers call their events. */
function isChosenByCaller(variable: Variable, model: FileModel): boolean {
  const definition = variable.defs[0];
  const info = definition?.type === "Parameter" ? model.getFunction(definition.node as Node) : undefined;
  const parent = info?.node.parent;
  return info !== undefined && info.node.params.includes(definition!.name as never) && (parent?.type === "MethodDefinition" || parent?.type === "ExportNamedDeclaration") && isPublic(info) && CHOSEN.test(variable.name);
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
function isOfScript(use: Node, model: FileModel): boolean {
  for (let info = model.getEnclosing(use); info; info = info.parent) {
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

const REMOTE_TEXT = /url|uri|query|search|header|cookie|^qs$/i;
const CUT = /^(?:slice|substring|substr|split|match|matchAll|exec|shift|pop|at|trim\w*|toLowerCase|toUpperCase|replace\w*)$/;

/** name of const name = url.slice(start, end), of for (const part of query.split("&")) { const [name] = part.split("="); .. } */
function isCutOut(key: Node, model: FileModel): boolean {
  const node = unwrap(key);
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  return variable !== undefined && getOrigins(variable).some((origin) => isCut(origin, model, 0));
}

function isCut(expression: Node, model: FileModel, depth: number): boolean {
  const node = unwrap(expression);
  if (depth > 4) return false;
  if (node.type === "LogicalExpression") return isCut(node.left, model, depth + 1);
  if (node.type === "MemberExpression" && node.computed) return isCut(node.object, model, depth + 1);
  if (node.type === "Identifier") return getOrigins(model.getVariable(node)).some((origin) => isCut(origin, model, depth + 1));
  if (node.type !== "CallExpression") return false;
  const name = getCalleeName(node) ?? "";
  if (/decodeURI/.test(name)) return node.arguments[0] !== undefined && isCut(node.arguments[0], model, depth + 1);
  if (/^(?:getNext|next|parse|read|consume|scan)/.test(name)) return node.arguments.some((argument) => isRemoteText(unwrap(argument), model));
  if (node.callee.type !== "MemberExpression" || !CUT.test(name)) return false;
  const receiver = unwrap(node.callee.object);
  return isRemoteText(receiver, model) ? /^(?:slice|sub\w+|split|match|matchAll|exec)$/.test(name) : isCut(receiver, model, depth + 1);
}

/** A parameter that is called like a text from outside, or a part of something: `url`, `request.headers.cookie`. */
function isRemoteText(node: Node, model: FileModel): boolean {
  return REMOTE_TEXT.test(getLastWord(node)) && (node.type === "MemberExpression" || model.getVariable(node)?.defs[0]?.type === "Parameter");
}

/** What a variable gets: its values, what it is destructured from, what a loop takes it from. */
function getOrigins(variable: Variable | undefined): Node[] {
  const definition = variable?.defs[0];
  const loop = definition ? findSource(definition.node as Node, definition.name as Node) : undefined;
  const written = variable?.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr ? [reference.writeExpr as Node] : [])) ?? [];
  return loop ? [loop, ...written] : written;
}

/** req.params.id, message.key in a handler. */
function isFromRequest(key: Node, use: Node, model: FileModel): boolean {
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
  if (!isFunction(handler) || !model.getEnclosing(use)) return false;
  const { parent } = getUsage(handler);
  if (parent?.type !== "CallExpression" || getTiming(parent) !== "often") return false;
  // process.on("message", ..): what our own processes say to each other
  return parent.callee.type !== "MemberExpression" || !OWN_PROCESS.test(getLastWord(unwrap(parent.callee.object)));
}
