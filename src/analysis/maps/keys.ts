import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, getCalleeName, getKeyName, getUsage, isFunction, unwrap } from "../code/ast.js";
import { isNeverReassigned, type FileModel } from "../code/model.js";

/** What a map is asked for. Two keys with equal `text` are the same key within one task. */
export interface KeyTerm {
  readonly kind: "literal" | "term" | "unknown" | "every";
  readonly text: string;
  /** As the source writes it. */
  readonly display: string;
  /** Variables in it: binding one anew ends the term. */
  readonly variables: readonly Variable[];
  /** Contains a field that other tasks may assign: ends at a suspension. */
  readonly isVolatile: boolean;
  /** Unique to this run: `randomUUID()`, `Symbol()`, a new object. */
  readonly isFresh: boolean;
  /** Fresh on some ways only: `given ?? createId()`. Where it is looked up before, it comes again. */
  readonly isGivenOrFresh?: boolean;
  /** The literal start of a template: keys with different starts differ. */
  readonly prefix: string | undefined;
  readonly node: Node | undefined;
}

/** Argument terms for the parameters of a helper that is being followed into. */
export type KeyEnvironment = ReadonlyMap<Variable, KeyTerm>;

export const EVERY_KEY: KeyTerm = { kind: "every", text: "*", display: "every key", variables: [], isVolatile: false, isFresh: false, prefix: undefined, node: undefined };

const FRESH_CALL = /uuid|nanoid|cuid|ulid|ksuid|snowflake|randomBytes|randomId|uniqueId|unique|generate\w*Id|gen(?:erate)?Id|nextId|newId|makeId|createId|getNextId|allocateId|genId|^Symbol$|monotonic|token_?urlsafe|createHandle|nextHandle|^now$|^random$|^v[1-8]$|(?:create|make|new|next|generate|gen|alloc\w*|getNext|getNew|getUnique)\w*(?:Id|Key|Token|Nonce|Handle)$/i;
const PURE_CALL = /^(?:String|Number|BigInt|Boolean|parseInt|toString|toLowerCase|toUpperCase|trim|valueOf|stringify|join|resolve|normalize|slice|concat|replace|replaceAll|toLocaleLowerCase|toJSON|asString|fsPath|format|\w*[kK]ey\w*|\w*[hH]ash\w*|\w*[iI]d|\w*Id[A-Z]\w*|\w*[nN]ormali[sz]e\w*|\w*Name|\w*Path|\w*Uri|\w*Url|toPosix\w*|getFullYear|basename|dirname)$/;

/** What somebody is told to be called, and says again when asked. */
const NAMING = /^(?:id|name|key|path|url|uri|slug|email|address|host|topic|code|label)$/;

/** x.getName() */
const GETTER = /^get([A-Z])(\w*)$/;

const IDENTITY = /(?:id|key|token|handle|nonce)$/i;

/** Reads a key expression as a term. Unknown shapes give a term that equals no other. */
export function getKeyTerm(expression: Node, model: FileModel, environment: KeyEnvironment): KeyTerm {
  const display = getDisplay(expression, model);
  const built = buildTerm(expression, model, environment, 0);
  return { ...built, display, node: expression };
}

/** The same for `x.name`, where only `x` is written: what a parameter `{ name }` is given by the argument `x`. */
export function getPropertyTerm(object: Node, name: string, model: FileModel, environment: KeyEnvironment): KeyTerm {
  const given = findProperty(unwrap(object), name);
  if (given) return getKeyTerm(given, model, environment);
  return { ...buildProperty(object, name, object, model, environment, 0), display: `${getDisplay(object, model)}.${name}`, node: undefined };
}

function getDisplay(expression: Node, model: FileModel): string {
  const text = model.sourceCode.getText(unwrap(expression) as never).replace(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

type Term = Omit<KeyTerm, "display" | "node">;

function unknownTerm(node: Node, isFresh = false): Term {
  return { kind: "unknown", text: `?${node.range[0]}`, variables: [], isVolatile: false, isFresh, prefix: undefined };
}

function buildTerm(expression: Node, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const node = unwrap(expression);
  if (depth > 6) return unknownTerm(node);
  switch (node.type) {
    case "Literal":
      return { kind: "literal", text: JSON.stringify("bigint" in node ? `${node.bigint}n` : "regex" in node ? node.raw : node.value), variables: [], isVolatile: false, isFresh: false, prefix: typeof node.value === "string" ? node.value : undefined };
    case "TemplateLiteral":
      return buildTemplate(node, model, environment, depth);
    case "BinaryExpression":
      return node.operator === "+" ? buildConcatenation(node, model, environment, depth) : unknownTerm(node);
    case "Identifier":
      return buildIdentifier(node, model, environment, depth);
    case "ThisExpression":
      return { kind: "term", text: model.getPath(node)?.key ?? "this", variables: [], isVolatile: false, isFresh: false, prefix: undefined };
    case "MemberExpression":
      return buildMember(node, model, environment, depth);
    case "CallExpression":
      return buildCall(node, model, environment, depth);
    case "AwaitExpression":
      return { ...unknownTerm(node), isFresh: buildTerm(node.argument, model, environment, depth + 1).isFresh };
    case "UpdateExpression":
      // nextId++
      return unknownTerm(node, true);
    case "NewExpression":
    case "ObjectExpression":
    case "ArrayExpression":
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return unknownTerm(node, true);
    case "ConditionalExpression": {
      const parts = [buildTerm(node.consequent, model, environment, depth + 1), buildTerm(node.alternate, model, environment, depth + 1)];
      return { ...unknownTerm(node, parts.some((part) => part.isFresh)), isGivenOrFresh: parts.some((part) => part.isFresh) && parts.some((part) => !part.isFresh) };
    }
    case "LogicalExpression": {
      const left = buildTerm(node.left, model, environment, depth + 1);
      const right = buildTerm(node.right, model, environment, depth + 1);
      // chatId || session.id: the given key, if there is one
      if (node.operator !== "&&" && left.kind === "term" && (right.isFresh || right.kind === "unknown")) return { ...left, isFresh: left.isFresh || right.isFresh, isGivenOrFresh: right.isFresh && !left.isFresh };
      return combine(`(${left.text}${node.operator}${right.text})`, [left, right], node);
    }
    default:
      return unknownTerm(node);
  }
}

function combine(text: string, parts: readonly Term[], node: Node): Term {
  const isGivenOrFresh = parts.some((part) => part.isFresh) && parts.every((part) => !part.isFresh || part.isGivenOrFresh);
  if (parts.some((part) => part.kind === "unknown")) return { ...unknownTerm(node), isFresh: parts.some((part) => part.isFresh), isGivenOrFresh };
  return {
    isGivenOrFresh,
    kind: parts.every((part) => part.kind === "literal") ? "literal" : "term",
    text,
    variables: parts.flatMap((part) => part.variables),
    isVolatile: parts.some((part) => part.isVolatile),
    isFresh: parts.some((part) => part.isFresh),
    prefix: undefined,
  };
}

function buildTemplate(node: TSESTree.TemplateLiteral, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const parts = node.expressions.map((part) => buildTerm(part, model, environment, depth + 1));
  const start = node.quasis[0]?.value.cooked ?? "";
  if (parts.length === 0) return { kind: "literal", text: JSON.stringify(start), variables: [], isVolatile: false, isFresh: false, prefix: start };
  const text = node.quasis.map((quasi, index) => JSON.stringify(quasi.value.raw) + (parts[index] ? `\${${parts[index].text}}` : "")).join("");
  return { ...combine(`\`${text}\``, parts, node), kind: parts.some((part) => part.kind === "unknown") ? "unknown" : "term", prefix: start || undefined };
}

function buildConcatenation(node: TSESTree.BinaryExpression, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const left = buildTerm(node.left, model, environment, depth + 1);
  const right = buildTerm(node.right, model, environment, depth + 1);
  return { ...combine(`(${left.text}+${right.text})`, [left, right], node), prefix: left.prefix };
}

function buildIdentifier(node: TSESTree.Identifier, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  if (node.name === "undefined") return { kind: "literal", text: "undefined", variables: [], isVolatile: false, isFresh: false, prefix: undefined };
  const variable = model.getVariable(node);
  if (!variable) return { kind: "term", text: `global:${node.name}`, variables: [], isVolatile: false, isFresh: false, prefix: undefined };
  const bound = environment.get(variable);
  if (bound) return bound;
  const value = model.getConstantValue(variable);
  if (value) {
    const inner = unwrap(value);
    const isCopy = inner.type === "Identifier" || inner.type === "MemberExpression" || inner.type === "TemplateLiteral" || inner.type === "Literal" || inner.type === "BinaryExpression" || inner.type === "LogicalExpression";
    const term = buildTerm(inner, model, environment, depth + 1);
    if (isCopy && term.kind !== "unknown" && !term.isVolatile) return term;
    const isPure = inner.type === "CallExpression" && term.kind !== "unknown" && !term.isVolatile;
    if (isPure) return term;
    // const NONE = {} at the top level is one for all.
    const isFresh = term.isFresh && model.getEnclosing(inner) !== undefined;
    // const item = new Item(name): its id may be made of the name.
    const isGivenOrFresh = isFresh && (term.isGivenOrFresh === true || (inner.type === "NewExpression" && inner.arguments.length > 0));
    return { kind: "term", text: getVariableText(variable), variables: [variable], isVolatile: false, isFresh, isGivenOrFresh, prefix: term.prefix };
  }
  const part = buildDestructured(variable, model, environment, depth);
  if (part) return part;
  const isMutable = !isNeverReassigned(variable) || isLoopVariable(variable);
  const isSharedVariable = isMutable && isReassignedElsewhere(variable, model, node);
  const isFresh = isMutable && !isLoopVariable(variable) && isSometimesFresh(variable, model, environment, depth);
  // A parameter or constant of a callback is bound anew on every turn.
  return { kind: "term", text: getVariableText(variable), variables: [variable], isVolatile: isSharedVariable, isFresh, isGivenOrFresh: isFresh, prefix: undefined };
}

/** name of const { name } = server */
function buildDestructured(variable: Variable, model: FileModel, environment: KeyEnvironment, depth: number): Term | undefined {
  const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
  const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
  if (declarator?.id.type !== "ObjectPattern" || !declarator.init || !isNeverReassigned(variable)) return undefined;
  const property = declarator.id.properties.find((item) => item.type === "Property" && item.value === (definition?.name as unknown));
  const name = property?.type === "Property" ? getKeyName(property.key, property.computed) : undefined;
  const source = unwrap(declarator.init);
  if (name === undefined || (source.type !== "Identifier" && source.type !== "MemberExpression")) return undefined;
  const term = buildProperty(source, name, source, model, environment, depth + 1);
  return term.kind === "term" && !term.isVolatile ? term : undefined;
}

/** let id; if (..) id = given || createId() */
function isSometimesFresh(variable: Variable, model: FileModel, environment: KeyEnvironment, depth: number): boolean {
  return variable.references.some((reference) => {
    const value = reference.isWrite() ? (reference.writeExpr as Node | null | undefined) : undefined;
    return value !== null && value !== undefined && value.type !== "UpdateExpression" && buildTerm(value, model, environment, depth + 1).isFresh;
  });
}

/** An outer `let` that other functions assign may change while this one is suspended. */
function isReassignedElsewhere(variable: Variable, model: FileModel, use: Node): boolean {
  const here = model.getEnclosing(use);
  return variable.references.some((reference) => reference.isWrite() && !reference.init && model.getEnclosing(reference.identifier as Node) !== here);
}

const variableTexts = new WeakMap<Variable, string>();
let nextVariable = 0;

function getVariableText(variable: Variable): string {
  let text = variableTexts.get(variable);
  if (text === undefined) variableTexts.set(variable, (text = `${variable.name}#${nextVariable++}`));
  return text;
}

/** for (const k of keys): one binding a turn. */
function isLoopVariable(variable: Variable): boolean {
  const declarator = variable.defs[0]?.node as Node | undefined;
  const statement = declarator?.parent?.parent;
  return declarator?.type === "VariableDeclarator" && (statement?.type === "ForOfStatement" || statement?.type === "ForInStatement") && statement.left === declarator.parent;
}

/** x.name, where the name is not computed */
function buildProperty(object: Node, name: string, node: Node, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const given = buildGiven(object, name, model, environment, depth);
  if (given) return given;
  const owner = buildTerm(object, model, environment, depth + 1);
  if (owner.kind === "unknown") return unknownTerm(node);
  return { ...owner, kind: "term", text: `${owner.text}.${name}`, isFresh: owner.isFresh && IDENTITY.test(name), prefix: undefined };
}

function buildGiven(object: Node, name: string, model: FileModel, environment: KeyEnvironment, depth: number): Term | undefined {
  const variable = model.getVariable(unwrap(object));
  const argument = variable && environment.get(variable)?.node;
  const source = depth < 6 ? findGiven(argument ?? object, name, model) : undefined;
  const term = source && buildTerm(source, model, environment, depth + 1);
  return term?.kind === "term" && !term.isVolatile && !term.isFresh ? term : undefined;
}

/** The key that `x.name` is known to equal: `k` of `const x = list.find((s) => s.name === k)`, of `await open({ name: k })`, and of `await openRoom(roomName)`. */
function findGiven(object: Node, name: string, model: FileModel): Node | undefined {
  const variable = model.getVariable(unwrap(object));
  const constant = variable && model.getConstantValue(variable);
  const made = constant && unwrap(constant);
  const call = made?.type === "AwaitExpression" ? unwrap(made.argument) : made;
  if (call?.type !== "CallExpression" && call?.type !== "NewExpression") return undefined;
  const [first] = call.arguments;
  if (!first) return undefined;
  if (getCalleeName(call) === "find" && isFunction(first)) return findCompared(first, name);
  if (!NAMING.test(name)) return undefined;
  const given = findProperty(unwrap(first), name);
  if (given) return given;
  const makers = `${variable!.name} ${model.sourceCode.getText(call.callee as never)}`.toLowerCase();
  return call.arguments.find((argument) => {
    if (argument.type !== "Identifier" || !argument.name.toLowerCase().endsWith(name)) return false;
    // openSession(userId) gives a session with an id of its own.
    return makers.includes(argument.name.slice(0, -name.length).toLowerCase());
  });
}

/** k of (s) => s.name === k */
function findCompared(test: Node, name: string): Node | undefined {
  const body = isFunction(test) && test.body.type !== "BlockStatement" ? unwrap(test.body) : undefined;
  const parameter = isFunction(test) && test.params[0]?.type === "Identifier" ? test.params[0].name : undefined;
  if (body?.type !== "BinaryExpression" || !/^===?$/.test(body.operator) || body.left.type === "PrivateIdentifier") return undefined;
  const isPlace = (side: Node): boolean => side.type === "MemberExpression" && !side.computed && side.object.type === "Identifier" && side.object.name === parameter && side.property.type === "Identifier" && side.property.name === name;
  const [left, right] = [unwrap(body.left), unwrap(body.right)];
  return isPlace(left) ? right : isPlace(right) ? left : undefined;
}

/** k of { name: k } */
function findProperty(object: Node, name: string): Node | undefined {
  if (object.type !== "ObjectExpression") return undefined;
  const property = object.properties.find((item) => item.type === "Property" && getKeyName(item.key, item.computed) === name);
  return property?.type === "Property" ? property.value : undefined;
}

function buildMember(node: TSESTree.MemberExpression, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const given = !node.computed && node.property.type === "Identifier" ? buildGiven(node.object, node.property.name, model, environment, depth) : undefined;
  if (given) return given;
  const object = buildTerm(node.object, model, environment, depth + 1);
  if (object.kind === "unknown") return unknownTerm(node);
  const property = node.computed ? buildTerm(node.property, model, environment, depth + 1) : undefined;
  if (property?.kind === "unknown") return unknownTerm(node);
  const path = model.getPath(node);
  const isField = path !== undefined && (path.root.kind === "this" || path.root.kind === "class");
  const isAssigned = path !== undefined && isField && isAssignedOutsideConstructor(path.key, model);
  const name = node.property.type === "Identifier" || node.property.type === "PrivateIdentifier" ? node.property.name : "?";
  const text = property ? `${object.text}[${property.text}]` : `${object.text}.${name}`;
  return {
    kind: "term",
    text,
    variables: [...object.variables, ...(property?.variables ?? [])],
    isVolatile: object.isVolatile || isAssigned || (property?.isVolatile ?? false),
    // A new session has a new id; new options have what they were given.
    isFresh: object.isFresh && IDENTITY.test(name),
    isGivenOrFresh: object.isGivenOrFresh ?? false,
    prefix: undefined,
  };
}

function isAssignedOutsideConstructor(key: string, model: FileModel): boolean {
  return (model.assignments.get(key) ?? []).some((assignment) => model.getEnclosing(assignment)?.name !== "constructor");
}

function buildCall(node: TSESTree.CallExpression, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const name = getCalleeName(node);
  const isFresh = name !== undefined && FRESH_CALL.test(name);
  if (isFresh || name === undefined || !PURE_CALL.test(name)) return unknownTerm(node, isFresh);
  const getter = node.callee.type === "MemberExpression" && node.arguments.length === 0 ? GETTER.exec(name) : null;
  const given = getter && node.callee.type === "MemberExpression" ? buildGiven(node.callee.object, getter[1]!.toLowerCase() + getter[2]!, model, environment, depth) : undefined;
  if (given) return given;
  const receiver = node.callee.type === "MemberExpression" ? buildReceiver(node.callee.object, model, environment, depth) : undefined;
  // toKey({ id }): a new object for the call, not a new key.
  const isLiteral = (argument: Node): boolean => /^(?:Object|Array)Expression$|Function/.test(argument.type);
  const parts = node.arguments.map((argument) => (isLiteral(argument) ? unknownTerm(argument) : buildTerm(argument, model, environment, depth + 1)));
  return combine(`${receiver ? `${receiver.text}.` : ""}${name}(${parts.map((part) => part.text).join()})`, receiver ? [receiver, ...parts] : parts, node);
}

/** [user, id].join(":"): made of the elements, as a template is. */
function buildReceiver(expression: Node, model: FileModel, environment: KeyEnvironment, depth: number): Term {
  const node = unwrap(expression);
  if (node.type !== "ArrayExpression") return buildTerm(node, model, environment, depth + 1);
  const parts = node.elements.map((element) => (element && element.type !== "SpreadElement" ? buildTerm(element, model, environment, depth + 1) : unknownTerm(node)));
  return combine(`[${parts.map((part) => part.text).join()}]`, parts, node);
}

/** The key as one that was looked up: nobody looks for what cannot be there. */
export function asLookedUp(key: KeyTerm): KeyTerm {
  return key.isFresh && key.isGivenOrFresh ? { ...key, isFresh: false } : key;
}

/** `ids` of `for (const id of ids)` and of `ids.forEach((id) => ..)`, as text: what is done for each of a list, here and there. */
export function getListOf(key: KeyTerm, model: FileModel): string | undefined {
  const variable = key.node && model.getVariable(unwrap(key.node));
  const list = variable?.defs.length === 1 ? findList(variable) : undefined;
  const term = list && getKeyTerm(list, model, new Map());
  return term?.kind === "term" && !term.isVolatile ? term.text : undefined;
}

function findList({ defs: [definition] }: Variable): Node | undefined {
  const node = definition?.node as Node | undefined;
  if (definition?.type === "Variable" && node?.parent?.type === "VariableDeclaration") {
    const loop: Node = node.parent.parent;
    return loop.type === "ForOfStatement" && loop.left === node.parent && (definition.name as Node).parent === node ? loop.right : undefined;
  }
  if (definition?.type !== "Parameter" || !node || !isFunction(node) || node.params[0] !== (definition.name as Node)) return undefined;
  const { node: outer, parent: call } = getUsage(node);
  const isEach = call?.type === "CallExpression" && call.arguments[0] === outer && /^(?:forEach|map)$/.test(getCalleeName(call) ?? "");
  return isEach && call.callee.type === "MemberExpression" ? call.callee.object : undefined;
}

/** Whether two keys of one task are certainly the same key. */
export function isSameKey(a: KeyTerm, b: KeyTerm): boolean {
  return a.kind !== "unknown" && a.kind !== "every" && a.kind === b.kind && a.text === b.text;
}

/** Whether the keys of two tasks can be the same key: yes, unless something shows that they differ. */
export function canOverlapKeys(a: KeyTerm, b: KeyTerm): boolean {
  if (a.kind === "every" || b.kind === "every") return true;
  if (a.isFresh || b.isFresh) return false;
  if (a.kind === "literal" && b.kind === "literal") return a.text === b.text;
  if (a.prefix !== undefined && b.prefix !== undefined) {
    const length = Math.min(a.prefix.length, b.prefix.length);
    return a.prefix.slice(0, length) === b.prefix.slice(0, length);
  }
  return true;
}
