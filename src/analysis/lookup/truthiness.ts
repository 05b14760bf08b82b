import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isInsertion } from "../maps/accesses.js";
import { type Node, type Variable, getCalleeName, getPropertyName, getUsage, isFunction, isNothing, unwrap } from "../code/ast.js";
import { COPY, type Flow } from "../tasks/flow.js";
import type { GraphNode, WriteEvent } from "../tasks/graph.js";
import type { HazardContext } from "../async/hazards.js";
import type { MapEntity } from "../maps/inventory.js";
import { canOverlapKeys, getKeyTerm, isSameKey, type KeyTerm } from "../maps/keys.js";
import { isGivenByCallback } from "./memos.js";
import type { FileModel } from "../code/model.js";
import { type FlowsOf, getOrigins, isDecidedBy } from "../tasks/origins.js";
import { getInitialValues, isNeverFalsy, isRuledOut, isShownBefore } from "../maps/stored-values.js";
import type { PlacedAccess } from "../maps/summaries.js";
import type { Falsy } from "../maps/types.js";

/** A lookup whose truth stands for presence although a stored value can be falsy. */
export interface TruthyLookup {
  readonly map: MapEntity;
  readonly key: string;
  /** The expression that is tested. */
  readonly node: Node;
  /** The lookup: the tested expression itself, or what its variable holds. */
  readonly lookup: Node;
  readonly value: Falsy;
  /** Where such a value is stored; `undefined` if only the type allows it. */
  readonly stored: Node | undefined;
  /** `refill`: the entry is stored again; `reject`: it counts as missing; `default`: another value takes its place; `remove`: what belongs to it goes. */
  readonly effect: "refill" | "reject" | "default" | "remove";
  readonly consequence: Node;
  readonly isHeuristic: boolean;
}

interface Evidence {
  readonly value: Falsy;
  /** Only the type of the values says nothing against it: `T`, `unknown`. */
  readonly isOpen?: boolean;
  readonly stored: Node | undefined;
  /** What stores it. */
  readonly access?: PlacedAccess;
  /** A number that counts up from nothing: an index, a size. */
  readonly isIndex: boolean;
}

// One of them shows it; generated files have thousands.
const MAX_STORED = 50;

/** Times and amounts, where nothing and none are the same. */
const AMOUNT = /time|date|stamp|At\b|count|limit|total|size|last|delay|interval/i;

/** Finds tests of presence by truth, where what they decide is wrong for a falsy value. Only maps that can hold one are looked at. */
export function findTruthyLookups(getFlowsOf: FlowsOf, context: HazardContext): TruthyLookup[] {
  const found = new Map<Node, TruthyLookup>();
  const finder = new TruthinessFinder(context);
  const tested = finder.findTested();
  for (const flow of getFlowsOf(new Set(tested.map(({ map }) => map)), tested)) {
    for (const item of finder.findInFlow(flow)) {
      const known = found.get(item.node);
      if (!known || (known.isHeuristic && !item.isHeuristic)) found.set(item.node, item);
    }
  }
  return [...found.values()].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

/** A default that takes the place of a value which is there, and falsy. */
export interface TruthyDefault {
  readonly name: string;
  readonly key: string;
  /** The test. */
  readonly node: Node;
  readonly value: Falsy;
  /** The object of defaults, and one of them that is not falsy. */
  readonly defaults: string;
  readonly example: Node;
}

const GUARD_TEXT = /if\s*\(\s*!\w+\[\w+\]\s*\)/;
const COPY_TEXT = /\w\[\w+\]\s*=\s*\w+\[\w+\]/;
const OR_TEXT = /\w\[\w+\]\s*\|\|=?\s*\w+\[\w+\]/;

/** A text search for {@link findTruthyDefaults}. */
export function canHaveTruthyDefaults(text: string): boolean {
  return OR_TEXT.test(text) || (GUARD_TEXT.test(text) && COPY_TEXT.test(text));
}

/** Finds `if (!config[key]) config[key] = DEFAULTS[key]`, and the same with `||`, where a default is `true` or a number: `false` and `0` are choices too. */
export function findTruthyDefaults(model: FileModel): TruthyDefault[] {
  if (!canHaveTruthyDefaults(model.sourceCode.text)) return [];
  return (model.nodes.get("AssignmentExpression") ?? []).flatMap((node): TruthyDefault[] => {
    const assignment = node as TSESTree.AssignmentExpression;
    const target = assignment.left.type === "MemberExpression" && assignment.left.computed ? assignment.left : undefined;
    const parts = target && getDefaultParts(assignment, target);
    if (!target || !parts || target.property.type !== "Identifier" || target.object.type !== "Identifier") return [];
    const { test, fallback } = parts;
    const isSame = (a: Node, b: Node): boolean => model.sourceCode.getText(a as never) === model.sourceCode.getText(b as never);
    if (!isSame(test, target) || fallback.type !== "MemberExpression" || !fallback.computed || !isSame(fallback.property, target.property) || fallback.object.type !== "Identifier") return [];
    const variable = model.getVariable(fallback.object);
    const value = variable && model.getConstantValue(variable);
    const example = value && findChoice(unwrap(value));
    return example ? [{ name: target.object.name, key: target.property.name, node: test, value: example.value === true ? "false" : "0", defaults: fallback.object.name, example }] : [];
  });
}

/** The test and the default of `if (!a[k]) a[k] = d[k]`, `a[k] = a[k] || d[k]`, `a[k] ||= d[k]`. */
function getDefaultParts(assignment: TSESTree.AssignmentExpression, target: Node): { readonly test: Node; readonly fallback: Node } | undefined {
  const right = unwrap(assignment.right);
  if (assignment.operator === "||=") return { test: target, fallback: right };
  if (assignment.operator !== "=") return undefined;
  if (right.type === "LogicalExpression") return right.operator === "||" ? { test: right.left, fallback: unwrap(right.right) } : undefined;
  const block = assignment.parent.parent;
  const statement = block?.type === "BlockStatement" && block.body.length === 1 ? block.parent : block;
  if (statement?.type !== "IfStatement" || statement.test.type !== "UnaryExpression" || statement.test.operator !== "!") return undefined;
  return { test: unwrap(statement.test.argument), fallback: right };
}

/** `true`, `5000`: what somebody may want to turn off. */
function findChoice(defaults: Node): TSESTree.Literal | undefined {
  if (defaults.type !== "ObjectExpression") return undefined;
  const values = defaults.properties.flatMap((property) => (property.type === "Property" && property.value.type === "Literal" ? [property.value] : []));
  return values.find(({ value }) => value === true) ?? values.find(({ value }) => typeof value === "number" && value !== 0);
}

class TruthinessFinder {
  readonly #evidence = new Map<MapEntity, readonly Evidence[]>();

  constructor(private readonly context: HazardContext) {}

  findTested(): PlacedAccess[] {
    return this.context.summaries.accesses.filter(({ operation, map, node }) => operation === "get" && canBeTested(node, this.context.model) && this.#getEvidence(map).length > 0);
  }

  *findInFlow(flow: Flow): Generator<TruthyLookup> {
    const origins = getOrigins(flow.graph);
    for (const node of flow.graph.nodes) {
      if (node.event.type !== "branch" || !isTruthTest(node.event.node)) continue;
      for (const [id, bits] of origins.resolve(node.event.test)) {
        const read = flow.graph.nodes[id]!;
        if (read.event.type !== "read" || (bits & COPY) === 0 || read.event.operation !== "get" || read.event.field !== undefined || read.event.map.kind === "slot") continue;
        if (!isLookupOf(node.event.node, read.event.node, this.context.model)) continue;
        const evidence = this.#getEvidence(read.event.map);
        if (evidence.length > 0) yield* this.#judge(flow, node, read, evidence);
      }
    }
  }

  *#judge(flow: Flow, branch: GraphNode, read: GraphNode, evidence: readonly Evidence[]): Generator<TruthyLookup> {
    if (read.event.type !== "read") return;
    const test = branch.event.node;
    const operator = getOperator(test);
    const base = { map: read.event.map, key: read.event.key.display, node: test, lookup: read.event.node };
    const refill = this.#findRefill(flow, branch, read);
    const isRefilled = refill !== undefined && !isCountedUp(refill.value.node, this.context.model) && !evidence.some(({ value }) => isSameStart(refill, value));
    const isOfOtherMap = this.#isKeyOfOther(read);
    for (const { value, stored, access, isIndex, isOpen } of evidence) {
      if (access?.key && !this.#canBeStoredUnder(read.event.key, access.key)) continue;
      // if (cached === null) throw ..; if (cached) return cached
      if (isRuledOut(test, value, test, this.context.model) || this.#isAskedForPresence(test, read.event.map)) continue;
      // `??` and `??=` take nothing but `null` for missing.
      if (operator?.startsWith("??") && value !== "null") continue;
      const shown = { ...base, value, stored };
      if (isOpen) {
        const isLoaded = isRefilled && (isUntyped(read.event.map) || read.event.map.valueType?.type === "TSAnyKeyword" ? isGivenByCallback(refill.value.node, this.context.model) : isComputed(refill.value.node, this.context.model));
        if (isLoaded) yield { ...shown, effect: "refill", consequence: refill.node, isHeuristic: true };
        const refusal = findRejection(test);
        if (refusal?.type === "ThrowStatement" && MISSING.test(this.context.model.sourceCode.getText(refusal as never)) && isOfAnything(read.event.map)) yield { ...shown, value: "0", effect: "reject", consequence: refusal, isHeuristic: true };
        continue;
      }
      // A value that is handed in, not made, may be stored over a falsy one.
      if (isRefilled && (stored || isMade(refill.value.node, this.context.model))) {
        const isKnown = value !== '""' || stored !== undefined;
        yield { ...shown, effect: "refill", consequence: refill.node, isHeuristic: !isKnown };
      }
      const rejection = findRejection(test);
      if (rejection && value === "0" && (stored || !AMOUNT.test(`${read.event.map.name} ${unwrap(test).type === "Identifier" ? (unwrap(test) as TSESTree.Identifier).name : ""}`))) yield { ...shown, effect: "reject", consequence: rejection, isHeuristic: !isIndex && rejection.type !== "ThrowStatement" };
      else if (rejection && value === '""' && stored && rejection.type === "ThrowStatement") yield { ...shown, effect: "reject", consequence: rejection, isHeuristic: false };
      const removal = isOfOtherMap ? findRemoval(test, read.event.key, this.context) : undefined;
      if (removal) yield { ...shown, effect: "remove", consequence: removal, isHeuristic: false };
      const fallback = findDefault(test);
      if (fallback && isOtherValue(fallback, value) && (value !== '""' || stored)) yield { ...shown, effect: "default", consequence: fallback, isHeuristic: !stored && isOne(fallback) };
      // d[k] || undefined: what else can it be for?
      else if (fallback && isNothing(fallback) && value !== "null") yield { ...shown, effect: "default", consequence: fallback, isHeuristic: true };
    }
  }

  /** Module.calledRun = true says nothing of Module.count = 0, nor m.set(`a:${x}`, null) of m.get(`b:${x}`). */
  #canBeStoredUnder(key: KeyTerm, place: Node): boolean {
    const other = getKeyTerm(place, this.context.model, new Map());
    return canOverlapKeys({ ...key, isFresh: false }, { ...other, isFresh: false });
  }

  /** if (m.has(k)) { if (m.get(k)) .. }: it knows the difference. */
  #isAskedForPresence(test: Node, map: MapEntity): boolean {
    return isShownBefore(test, (expression) => {
      const access = findAccess(expression, this.context.inventory);
      return access?.operation === "has" && access.map === map;
    });
  }

  /** if (!m.get(k)) m.set(k, v), and if (m.get(k)) return ..; m.set(k, v) */
  #findRefill(flow: Flow, branch: GraphNode, read: GraphNode): WriteEvent | undefined {
    for (const { id, event } of flow.graph.nodes) {
      if (event.type !== "write" || event.field !== undefined || read.event.type !== "read" || event.map !== read.event.map || (event.operation !== "set" && event.operation !== "update")) continue;
      if (!isSameKey(event.key, read.event.key)) continue;
      if (isDecidedBy(flow.graph, branch.id, "false", id)) return event;
    }
    return undefined;
  }

  /** k of for (const k of Object.keys(other)) */
  #isKeyOfOther({ event }: GraphNode): boolean {
    const variable = event.type === "read" && event.key.node && this.context.model.getVariable(unwrap(event.key.node));
    if (!variable || event.type !== "read") return false;
    const definition = variable.defs[0];
    const loop = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator).parent.parent : undefined;
    if (loop?.type === "ForInStatement") return this.context.inventory.resolve(loop.right) !== event.map;
    const source = loop?.type === "ForOfStatement" ? unwrap(loop.right) : undefined;
    if (source?.type !== "CallExpression" || getCalleeName(source) !== "keys") return false;
    const [argument] = source.arguments;
    return this.context.inventory.resolve(argument ?? (source.callee as TSESTree.MemberExpression).object) !== event.map;
  }

  #getEvidence(map: MapEntity): readonly Evidence[] {
    const known = this.#evidence.get(map);
    if (known) return known;
    // Most maps without types hold what is made in the file: their functions need not be followed.
    const open = isUntyped(map) && !this.#isFilledByCallbacks(map) ? [] : getFromOpenType(map);
    const allowed = [...getFromType(map.valueType), ...this.#getFromChecker(map), ...open];
    const values = allowed.length > 0 ? this.#getAllStored(map) : undefined;
    const fromType = allowed.filter(({ value }) => !values?.every(({ node, at }) => isNeverFalsy(node, value, at, this.context.model)));
    const stored = [...this.#getStored(map)].slice(0, MAX_STORED);
    // d[k] = null takes an entry away.
    const isEmptied = map.kind === "dictionary" && stored.some(({ value }) => value === "null");
    const isNew = ({ value }: Evidence, index: number): boolean => fromType.findIndex((other) => other.value === value) === index && !stored.some((other) => other.value === value);
    const evidence = [...stored, ...fromType.filter(isNew)].filter(({ value }) => !(value === "null" && isEmptied));
    this.#evidence.set(map, evidence);
    return evidence;
  }

  #isFilledByCallbacks(map: MapEntity): boolean {
    return this.context.summaries.getAccesses(map).some(({ operation, value }) => operation === "set" && isGivenByCallback(value, this.context.model));
  }

  /** Map<string, Count>, where Count is declared elsewhere. */
  #getFromChecker(map: MapEntity): readonly Evidence[] {
    return (this.context.inventory.getValueType(map)?.falsy ?? []).map((value) => ({ value, stored: undefined, isIndex: false }));
  }

  /** Everything that the file puts there, and where: `{ a: 1, b: 2 }`, m.set(k, Date.now()); `undefined` where not all is seen. */
  #getAllStored(map: MapEntity): readonly { readonly node: Node; readonly at: Node }[] | undefined {
    const start = map.initializers.length > 0 ? map.initializers : getDeclaredValues(map.declaration);
    const first = start.map(getInitialValues);
    const insertions = this.context.summaries.getAccesses(map).filter(({ operation }) => isInsertion(operation) || operation === "replace");
    const stored = insertions.map(({ node, value }) => (value && (node.type === "CallExpression" || isPlainAssignment(node)) && !isFunction(unwrap(value)) && !isNothing(value) ? { node: value, at: node } : undefined));
    if (start.length === 0 || first.includes(undefined) || stored.includes(undefined)) return undefined;
    const all = [...first.flatMap((list) => list ?? []).map((node) => ({ node, at: node })), ...stored.flatMap((item) => item ?? [])];
    return all.length > 0 ? all : undefined;
  }

  *#getStored(map: MapEntity): Generator<Evidence> {
    for (const access of this.context.summaries.getAccesses(map)) {
      const value = getStoredValue(access);
      if (value) for (const item of findFalsy(value, access.node, this.context.model, 0)) yield { ...item, access };
    }
  }
}

function getStoredValue(access: PlacedAccess): Node | undefined {
  if (access.operation !== "set") return undefined;
  return access.node.type === "CallExpression" || access.node.parent?.type === "AssignmentExpression" ? access.value : undefined;
}

/** `{ a: 1 }` of const d: Record<string, number> = { a: 1 } */
function getDeclaredValues(declaration: Node): Node[] {
  const value = declaration.type === "VariableDeclarator" ? declaration.init : declaration.type === "PropertyDefinition" ? declaration.value : undefined;
  return value ? [value] : [];
}

/** `d[k]` of d[k] = v, of d[k] ??= v */
function isPlainAssignment(place: Node): boolean {
  const { node, parent } = getUsage(place);
  return parent?.type === "AssignmentExpression" && parent.left === node && /^(?:=|\?\?=|\|\|=)$/.test(parent.operator);
}

/** The falsy values that an expression can plainly have where it is stored: `const v = find(k) ?? null; if (!v) return; m.set(k, v)` stores no `null`. */
function* findFalsy(expression: Node, at: Node, model: FileModel, depth: number): Generator<Evidence> {
  const node = unwrap(expression);
  if (depth > 3) return;
  for (const item of findPlainFalsy(node, at, model, depth)) if (!isRuledOut(node, item.value, at, model)) yield item;
}

function* findPlainFalsy(node: Node, at: Node, model: FileModel, depth: number): Generator<Evidence> {
  const plain = (value: Falsy, isIndex = false): Evidence => ({ value, stored: node, isIndex });
  switch (node.type) {
    case "Literal":
      if (node.value === 0) yield plain("0");
      else if (node.value === "") yield plain('""');
      else if (node.value === false) yield plain("false");
      else if (node.value === null && node.raw === "null") yield plain("null");
      return;
    case "MemberExpression":
      if (/^(?:size|length)$/.test(getPropertyName(node) ?? "")) yield plain("0", true);
      return;
    case "ConditionalExpression":
      yield* findFalsy(node.consequent, at, model, depth + 1);
      yield* findFalsy(node.alternate, at, model, depth + 1);
      return;
    case "LogicalExpression":
      yield* findFalsy(node.right, at, model, depth + 1);
      return;
    case "UpdateExpression":
      if (!node.prefix && node.operator === "++" && startsAtZero(node.argument, model)) yield plain("0", true);
      return;
    case "CallExpression":
      // The rest of a text can be empty: kv.substring(i + 1)
      if (/^(?:substring|substr|trim\w*)$/.test(getCalleeName(node) ?? "")) yield plain('""');
      return;
    case "Identifier": {
      if (isIndexVariable(node, model)) yield plain("0", true);
      const variable = model.getVariable(node);
      const value = variable && (model.getConstantValue(variable) ?? getStart(variable));
      if (value) yield* findFalsy(value, at, model, depth + 1);
      return;
    }
    default:
      return;
  }
}

/** let text = ""; if (..) text = render(); m.set(k, text) */
function getStart(variable: Variable): Node | undefined {
  const declarator = variable.defs[0]?.type === "Variable" ? (variable.defs[0].node as TSESTree.VariableDeclarator) : undefined;
  const init = declarator?.parent.parent.type === "ForStatement" ? undefined : declarator?.init;
  return init?.type === "Literal" && (init.value === "" || init.value === 0 || init.value === false) ? init : undefined;
}

/** let next = 0; m.set(k, next++) */
function startsAtZero(node: Node, model: FileModel): boolean {
  const definition = model.getVariable(node)?.defs[0];
  const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
  return declarator?.init?.type === "Literal" && declarator.init.value === 0;
}

/** i of for (let i = 0; ..; i++), and of xs.forEach((x, i) => ..) */
function isIndexVariable(node: TSESTree.Identifier, model: FileModel): boolean {
  const definition = model.getVariable(node)?.defs[0];
  if (definition?.type === "Variable") {
    const declaration = (definition.node as Node).parent;
    return declaration?.parent?.type === "ForStatement" && declaration.parent.init === (declaration as never) && startsAtZero(node, model);
  }
  if (definition?.type !== "Parameter") return false;
  const callback = definition.node as TSESTree.ArrowFunctionExpression;
  const call = callback.parent as Node | undefined;
  return call?.type === "CallExpression" && call.callee.type === "MemberExpression" && /^(?:forEach|map|flatMap)$/.test(getPropertyName(call.callee) ?? "") && callback.params[1] === (definition.name as never) && /^(?:i|j|n|idx|index|pos|position|\w*Index)$/.test(node.name);
}

/** class Memo<T> { m = new Map<string, T>() }: whatever the caller's function gives. */
function* getFromOpenType(map: MapEntity): Generator<Evidence> {
  const type = map.valueType;
  if (isUntyped(map) || isOfAnything(map) || (type?.type === "TSTypeReference" && type.typeName.type === "Identifier" && isFreeParameter(type.typeName.name, type))) yield { value: "0", stored: undefined, isIndex: false, isOpen: true };
}

/** const cache = new Map(); in a file without types */
function isUntyped(map: MapEntity): boolean {
  return map.valueType === undefined && map.annotation === undefined && map.kind === "Map" && map.initializers.every((node) => node.type === "NewExpression" && node.arguments.length === 0 && !node.typeArguments);
}

function isOfAnything({ valueType }: MapEntity): boolean {
  return valueType?.type === "TSUnknownKeyword" || valueType?.type === "TSAnyKeyword";
}

const MISSING = /not (?:be )?(?:found|exist|defined|present|set)|missing|undefined|no such|does ?n[o']t exist|unknown/i;

/** `T` of `<T>` around it, where nothing says that it is an object. */
function isFreeParameter(name: string, at: Node): boolean {
  for (let node: Node | undefined = at.parent; node; node = node.parent) {
    const parameters = "typeParameters" in node && node.typeParameters?.type === "TSTypeParameterDeclaration" ? node.typeParameters.params : [];
    const own = parameters.find((parameter) => parameter.name.name === name);
    if (own) return own.constraint === undefined || own.constraint.type === "TSUnknownKeyword" || own.constraint.type === "TSAnyKeyword";
  }
  return false;
}

function* getFromType(type: Node | undefined): Generator<Evidence> {
  const plain = (value: Falsy): Evidence => ({ value, stored: undefined, isIndex: false });
  switch (type?.type) {
    case "TSNumberKeyword":
    case "TSBigIntKeyword":
      yield plain("0");
      return;
    case "TSStringKeyword":
      yield plain('""');
      return;
    case "TSBooleanKeyword":
      yield plain("false");
      return;
    case "TSNullKeyword":
      yield plain("null");
      return;
    case "TSUnionType":
      for (const item of type.types) yield* getFromType(item);
      return;
    case "TSLiteralType":
      if (type.literal.type === "Literal") {
        if (type.literal.value === 0) yield plain("0");
        if (type.literal.value === false) yield plain("false");
        if (type.literal.value === "") yield plain('""');
      }
      return;
    default:
      return;
  }
}

/** `||` of `m.get(k) || d`, `??=` of `d[k] ??= v` */
function getOperator(test: Node): string | undefined {
  const { node, parent } = getUsage(test);
  return (parent?.type === "LogicalExpression" || parent?.type === "AssignmentExpression") && parent.left === node ? parent.operator : undefined;
}

/** if (m.get(k)), m.get(k) || d, m.get(k)?.x, d[k] ??= v; const e = m.get(k); if (e) */
function canBeTested(lookup: Node, model: FileModel): boolean {
  const { node, parent } = getUsage(lookup);
  if (isTested(node, parent)) return true;
  const variable = parent?.type === "VariableDeclarator" ? model.getVariable(parent.id) : undefined;
  return (variable?.references ?? []).some((reference) => {
    const use = getUsage(reference.identifier as Node);
    return reference.isRead() && isTested(use.node, use.parent);
  });
}

function isTested(node: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForStatement":
      return parent.test === node;
    case "LogicalExpression":
      return true;
    case "UnaryExpression":
      return parent.operator === "!";
    case "MemberExpression":
      return parent.object === node && parent.optional;
    case "CallExpression":
      return parent.callee === node && parent.optional;
    case "AssignmentExpression":
      return parent.left === node && parent.operator !== "=";
    default:
      return false;
  }
}

/** A test of nothing but truth: `m.get(k)`, `e`; not a comparison. */
function isTruthTest(test: Node): boolean {
  const node = unwrap(test);
  return node.type === "CallExpression" || node.type === "MemberExpression" || node.type === "Identifier";
}

/** The lookup itself, or a variable that holds it and nothing else. */
function isLookupOf(test: Node, lookup: Node, model: FileModel): boolean {
  const node = unwrap(test);
  if (node === lookup) return true;
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  if (value) return unwrap(value) === lookup;
  // let v = m.get(k); if (!v) { v = make(); m.set(k, v) }
  const definition = variable?.defs[0];
  const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
  return declarator?.init !== undefined && declarator.init !== null && unwrap(declarator.init) === lookup;
}

/** What a function gives that is handed in: fn(k), await this.load(k) */
function isComputed(value: Node | undefined, model: FileModel): boolean {
  const node = value && unwrap(value);
  const inner = node?.type === "AwaitExpression" ? unwrap(node.argument) : node;
  if (inner?.type === "CallExpression") return !/^(?:create|make|build|new|wrap|proxy|bind|open|connect|import|require)(?![a-z])/.test(getCalleeName(inner) ?? "");
  const variable = inner?.type === "Identifier" ? model.getVariable(inner) : undefined;
  return (variable?.references ?? []).some((reference) => {
    const written = reference.isWrite() ? ((reference.writeExpr ?? undefined) as Node | undefined) : undefined;
    const made = written && unwrap(written);
    return made !== undefined && (made.type === "CallExpression" || made.type === "AwaitExpression") && isComputed(made, model);
  });
}

/** m.set(k, ++last): numbers from one on. */
function isCountedUp(value: Node | undefined, model: FileModel, depth = 0): boolean {
  const node = value && unwrap(value);
  if (node?.type === "UpdateExpression") return node.prefix && node.operator === "++";
  const variable = node && depth < 2 ? model.getVariable(node) : undefined;
  return (variable?.references ?? []).some((reference) => reference.isWrite() && isCountedUp((reference.writeExpr ?? undefined) as Node | undefined, model, depth + 1));
}

/** Storing 0, or counting to 1, is right for 0 as well; `m.set(k, false)` for `false`. */
function isSameStart(write: WriteEvent, value: Falsy): boolean {
  const node = write.value.node && unwrap(write.value.node);
  if (value === "false" && node?.type === "Literal" && node.value === true) return true;
  if (node?.type !== "Literal") return false;
  return value === "0" ? node.value === 0 || node.value === 1 : value === "false" ? node.value === false : value === '""' ? node.value === "" : node.value === null;
}

/** Counting from one, for what has not been counted. */
function isOne(fallback: Node): boolean {
  const node = unwrap(fallback);
  return node.type === "Literal" && node.value === 1;
}

/** The result of a call, at once or through a variable. */
function isMade(value: Node | undefined, model: FileModel, depth = 0): boolean {
  const node = value && unwrap(value);
  if (!node || depth > 2) return false;
  if (node.type === "CallExpression" || node.type === "AwaitExpression" || node.type === "NewExpression") return true;
  const variable = model.getVariable(node);
  return (variable?.references ?? []).some((reference) => reference.isWrite() && isMade((reference.writeExpr ?? undefined) as Node | undefined, model, depth + 1));
}

/** if (!m.get(k)) throw .. / return .. / continue */
function findRejection(test: Node): Node | undefined {
  let { node, parent } = getUsage(test);
  let isNegated = false;
  while (parent?.type === "UnaryExpression" && parent.operator === "!") {
    isNegated = !isNegated;
    ({ node, parent } = getUsage(parent));
  }
  // if (!id || !m.get(id)) throw
  while (parent?.type === "LogicalExpression" && parent.operator === "||") ({ node, parent } = getUsage(parent));
  if (!isNegated || parent?.type !== "IfStatement" || parent.test !== node) return undefined;
  const last = parent.consequent.type === "BlockStatement" ? parent.consequent.body.at(-1) : parent.consequent;
  return last && ["ThrowStatement", "ReturnStatement", "ContinueStatement"].includes(last.type) ? last : undefined;
}

/** if (!next[k]) delete old[k] / remove(k) */
function findRemoval(test: Node, key: KeyTerm, { model }: HazardContext): Node | undefined {
  const negation = getUsage(test).parent;
  const statement = negation?.type === "UnaryExpression" && negation.operator === "!" ? getUsage(negation).parent : undefined;
  if (statement?.type !== "IfStatement" || unwrap(statement.test) !== negation) return undefined;
  const first = statement.consequent.type === "BlockStatement" ? statement.consequent.body[0] : statement.consequent;
  const expression = first?.type === "ExpressionStatement" ? unwrap(first.expression) : undefined;
  const isOfKey = (node: Node | undefined): boolean => node !== undefined && isSameKey(getKeyTerm(node, model, new Map()), key);
  if (expression?.type === "UnaryExpression" && expression.operator === "delete") {
    const target = unwrap(expression.argument);
    return target.type === "MemberExpression" && target.computed && isOfKey(target.property) ? expression : undefined;
  }
  const call = expression?.type === "AwaitExpression" ? unwrap(expression.argument) : expression;
  return call?.type === "CallExpression" && /^(?:delete|remove|unset|drop)/.test(getCalleeName(call) ?? "") && call.arguments.some(isOfKey) ? call : undefined;
}

/** d of m.get(k) || d, and of m.get(k) ? m.get(k) : d */
function findDefault(test: Node): Node | undefined {
  const { node, parent } = getUsage(test);
  return parent?.type === "LogicalExpression" && parent.operator === "||" && parent.left === node ? parent.right : undefined;
}

/** Whether a default gives something else than the falsy value would. */
function isOtherValue(fallback: Node, value: Falsy): boolean {
  const node = unwrap(fallback);
  switch (value) {
    case "0":
      return (node.type === "Literal" && typeof node.value === "number" && node.value !== 0) || (node.type === "Identifier" && /^[A-Z][A-Z0-9_]+$/.test(node.name)) || isInfinity(node);
    case '""':
      return node.type === "Literal" && typeof node.value === "string" && node.value !== "";
    case "false":
      return node.type === "Literal" && node.value === true;
    default:
      return false;
  }
}

function isInfinity(node: Node): boolean {
  const inner = node.type === "UnaryExpression" ? node.argument : node;
  return (inner.type === "Identifier" && inner.name === "Infinity") || (inner.type === "MemberExpression" && /^(?:MAX|MIN)_|^(?:POSITIVE|NEGATIVE)_INFINITY$/.test(getPropertyName(inner) ?? ""));
}
