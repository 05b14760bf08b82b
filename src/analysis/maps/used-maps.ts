import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import { type Node, getCalleeName, getLastName, getPropertyName, getUsage, unwrap } from "../code/ast.js";
import { isOfModule } from "./inventory.js";
import type { FileModel, Path } from "../code/model.js";
import { isCertainlyAsync } from "./promises.js";

/** A place that the file uses as a map, though nothing in it says that it is one: a field of what was handed in, an import. */
export interface UsedMap {
  readonly path: Path;
  readonly receiver: Node;
  readonly kind: "cache" | "dictionary";
  /** `outside`: a part of an object that was handed in or looked up. */
  readonly home: "module" | "field" | "outside";
}

interface Use {
  readonly path: Path;
  readonly receiver: Node;
  readonly kind: UsedMap["kind"];
  /** store.set(k, v) is waited for: it is no map, and is used as one. */
  isSlow: boolean;
  reads: number;
  writes: number;
  removals: number;
  readonly values: Node[];
  hasAwaitedRead: boolean;
  isForeign: boolean;
}

/** Things with get(k) and set(k, v) that are no maps. */
const NO_MAP = /^(?:headers?|params|query|cookies?|form(?:Data)?|fields?|attrs|attributes|props|args|config\w*|settings?|options|opts|preferences|prefs|\w*[sS]torage|redis\w*|db|client|api|https?|axios|i18n|session|secrets|kv|vars|variables|flags|metrics|gauges?|refs?|signals|dispatch|actions|globals|process\.env|env|stores|models|repos\w*|atoms|styles|class(?:es|List)|dataset|this|self|matrix|buffers?|bytes|words|values|args|errors)$/;
const MAP_NAME = /[cC]ache|[mM]ap$|[rR]egistry$|[mM]emo|[lL]ocker$|[lL]ookup$|By[A-Z]\w*$|[iI]n_?[fF]light|[pP]ending|[a-rt-z]s$/;
const PROMISE_NAME = /promise|pending|in_?flight|flights|fetching|loading|once$|concurrent/i;
const USED_MAP_TEXT = /\b(?:useRef|createRef|ref|shallowRef|signal|reactive|shallowReactive|markRaw|observable|proxy)(?:<.*>)?\(\s*new (?:Map|Set)\b|\bawait\s+[\w.#]+\.get\(|\bdelete\s+[\w.$?!]+\[|(?:[cC]ache|[mM]ap|[rR]egistry|[mM]emo|[lL]ocker|[lL]ookup|By[A-Z]\w*|[fF]light|[pP]ending|[a-rt-z]s)[!?]*\.set\(/;
const USE_TEXT = /\.set\(|\bdelete\s|\bnew (?:Map|Set)\b/;
/** const app = useApp(), getInstance(), inject(KEY): what they give, others have too. */
const LOOKUP_CALL = /^(?:use[A-Z]\w*|get\w*|inject|ensure\w*|resolve[A-Z]\w*)$/;

/**
 * Finds the places that are used as maps, by key and by value in one file: looked up and stored under keys that are no constants, at once.
 * What is only handed in must hold promises: then there is no doubt that several tasks meet there.
 */
export function findUsedMaps(model: FileModel, isKnown: (path: Path) => boolean): UsedMap[] {
  const uses = new Map<string, Use>();
  collectCalls(model, uses);
  collectMembers(model, uses);
  return [...uses.values()].flatMap((use) => {
    const home = !isKnown(use.path) && isUsedAsMap(use, model) ? findHome(use, model) : undefined;
    return home ? [{ path: use.path, receiver: use.receiver, kind: use.kind, home }] : [];
  });
}

/** Whether a file can hold such a place. A text search: first for what few files do, put something in or take it out. */
export function hasUsedMapText(text: string): boolean {
  if (text !== searched.text) searched = { text, isFound: USE_TEXT.test(text) && USED_MAP_TEXT.test(text) };
  return searched.isFound;
}

/** The last search, since several passes ask. */
let searched = { text: "", isFound: false };

/** From the dot on: a search that begins with a name begins at every word. */
const CALLS = /\.\s*(set|get|has)\s*(?:\?\.\s*)?[(<]/g;
/** The same before the bracket of `delete x[k]`, and `delete (x as T)[k]`. */
const REMOVALS = /\bdelete\s+(?:\(|[\w.$#?!]*?([\w$#]+)[!?]*(?:\?\.)?\[)/g;
const REFERENCE_TEXT = /\(\s*new (?:Map|Set)\b/;
/** `(x as T)` and not `f(x)`, `x["name"]` and not `x[i]`: there a name stands in the brackets. */
const ASSERTED = /(?:^|[^\w$)\]>])\([^()]*\)$/;
const NAMED = /\[\s*(?:["'][^"']*["']|(?:k[A-Z]|\$|_?sym|[A-Z_]+)\w*)\s*\]$/;

/** Whether a place in a file can be such a map, told by the names before the calls and by the scopes: without a walk. Yes may be wrong; no is not. */
export function canHaveUsedMaps(sourceCode: SourceCode): boolean {
  let answer = known.get(sourceCode);
  if (answer === undefined) known.set(sourceCode, (answer = lookForUses(sourceCode)));
  return answer;
}

const known = new WeakMap<SourceCode, boolean>();

function lookForUses(sourceCode: SourceCode): boolean {
  const { text } = sourceCode;
  return hasUsedMapText(text) && (REFERENCE_TEXT.test(text) || canHaveCaches(sourceCode) || canHaveDictionaries(sourceCode));
}

function canHaveCaches(sourceCode: SourceCode): boolean {
  const { text } = sourceCode;
  const filled = new Set<string>();
  const asked = new Set<string>();
  const members = new Set<string>();
  for (const { 1: method, index: dot } of text.matchAll(CALLS)) {
    const end = skipBack(text, dot, /[\s!?]/);
    const start = skipBack(text, end, /[#\w$]/);
    if (start === end) {
      const before = text.slice(Math.max(0, end - 200), end);
      if (method === "set" && (ASSERTED.test(before) || NAMED.test(before))) return true;
      continue;
    }
    const name = text.slice(start, end);
    if (text[start - 1] === ".") members.add(name);
    (method === "set" ? filled : asked).add(name);
  }
  const hasAwait = text.includes("await");
  const names = [...filled].filter((name) => asked.has(name) && !NO_MAP.test(name) && (hasAwait || MAP_NAME.test(name)));
  return names.some((name) => members.has(name) || canBeUsed(name, sourceCode));
}

function skipBack(text: string, from: number, skipped: RegExp): number {
  let at = from;
  while (at > 0 && skipped.test(text[at - 1]!)) at--;
  return at;
}

function canHaveDictionaries(sourceCode: SourceCode): boolean {
  for (const { 0: removal, 1: name } of sourceCode.text.matchAll(REMOVALS)) {
    if (name === undefined || (!NO_MAP.test(name) && (/[.#]/.test(removal) || canBeUsed(name, sourceCode)))) return true;
  }
  return false;
}

/** Whether a plain name can stand for such a map: an import, another name of some place, what is taken apart, new TtlCache(). */
function canBeUsed(name: string, { scopeManager }: SourceCode): boolean {
  return (scopeManager?.scopes ?? []).some(({ set }) => {
    const variable = set.get(name);
    const definition = variable?.defs[0];
    if (definition?.type === "ImportBinding") return true;
    const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
    if (declarator?.id.type !== "Identifier") return declarator !== undefined;
    const init = declarator.init ? unwrap(declarator.init) : undefined;
    return init?.type === "ThisExpression" || init?.type === "MemberExpression" || init?.type === "Identifier" || (isOfModule(variable!) && isMadeAsMap(declarator));
  });
}

function getUse(uses: Map<string, Use>, receiver: Node, kind: UsedMap["kind"], model: FileModel): Use | undefined {
  const path = model.getPath(receiver);
  const name = path && getName(path);
  if (!path || name === undefined || NO_MAP.test(name) || !canComeFromElsewhere(path)) return undefined;
  let use = uses.get(path.key);
  if (!use) uses.set(path.key, (use = { path, receiver, kind, isSlow: false, reads: 0, writes: 0, removals: 0, values: [], hasAwaitedRead: false, isForeign: false }));
  return use;
}

/** Last names of what is somewhere filled, x.set(k, v). */
function getFilledNames(model: FileModel): ReadonlySet<string | undefined> {
  return new Set(
    (model.nodes.get("CallExpression") ?? []).flatMap((node) => {
      const callee = unwrap((node as TSESTree.CallExpression).callee);
      return callee.type === "MemberExpression" && getPropertyName(callee) === "set" ? [getLastName(callee.object)] : [];
    }),
  );
}

/** Last names of what something is somewhere removed from, delete x[k]. */
function getThinnedNames(model: FileModel): ReadonlySet<string | undefined> {
  return new Set(
    (model.nodes.get("UnaryExpression") ?? []).flatMap((node) => {
      const { operator, argument } = node as TSESTree.UnaryExpression;
      const member = operator === "delete" ? unwrap(argument) : undefined;
      return member?.type === "MemberExpression" && member.computed ? [getLastName(member.object)] : [];
    }),
  );
}

/** x.get(k), x.has(k), x.set(k, v), x.delete(k) */
function collectCalls(model: FileModel, uses: Map<string, Use>): void {
  const filled = getFilledNames(model);
  if (filled.size === 0) return;
  for (const node of model.nodes.get("CallExpression") ?? []) {
    const call = node as TSESTree.CallExpression;
    const callee = unwrap(call.callee);
    const name = callee.type === "MemberExpression" ? getPropertyName(callee) : undefined;
    if (callee.type !== "MemberExpression" || (name !== "get" && name !== "has" && name !== "set" && name !== "delete")) continue;
    const [key, value] = call.arguments;
    if (!key || !filled.has(getLastName(callee.object))) continue;
    const use = getUse(uses, callee.object, "cache", model);
    if (!use) continue;
    const isAwaited = getUsage(call).parent?.type === "AwaitExpression";
    if (use.kind !== "cache" || call.arguments.length !== (name === "set" ? 2 : 1) || key.type === "Literal" || key.type === "SpreadElement") use.isForeign = true;
    use.isSlow ||= isAwaited && name !== "get";
    if (name === "set") {
      use.writes++;
      if (value) use.values.push(value);
    } else if (name === "delete") use.removals++;
    else {
      use.reads++;
      use.hasAwaitedRead ||= isAwaited;
    }
  }
}

/** d[k], d[k] = v, delete d[k] */
function collectMembers(model: FileModel, uses: Map<string, Use>): void {
  const thinned = getThinnedNames(model);
  if (thinned.size === 0) return;
  for (const node of model.nodes.get("MemberExpression") ?? []) {
    const member = node as TSESTree.MemberExpression;
    if (!member.computed || member.property.type === "Literal" || !thinned.has(getLastName(member.object))) continue;
    const use = getUse(uses, member.object, "dictionary", model);
    if (!use) continue;
    if (use.kind !== "dictionary" || isIndex(member.property)) use.isForeign = true;
    const { node: outer, parent } = getUsage(member);
    if (parent?.type === "AssignmentExpression" && parent.left === outer) {
      use.writes++;
      use.values.push(parent.right);
    } else if (parent?.type === "UnaryExpression" && parent.operator === "delete") use.removals++;
    else {
      use.reads++;
      use.hasAwaitedRead ||= parent?.type === "AwaitExpression";
    }
  }
}

function isUsedAsMap(use: Use, model: FileModel): boolean {
  if (use.isForeign || use.writes === 0 || (use.reads === 0 && use.removals === 0)) return false;
  if (use.kind === "dictionary") return use.removals > 0;
  return isStoreOfMade(use, model) || (!use.isSlow && use.reads > 0 && MAP_NAME.test(getName(use.path) ?? "") && (!use.hasAwaitedRead || use.removals === 0));
}

/** getOrCreate(key, create): const v = await store.get(key); if (v === undefined) await store.set(key, await create()) */
function isStoreOfMade(use: Use, model: FileModel): boolean {
  return use.hasAwaitedRead && use.values.some((value) => isMadeByParameter(unwrap(value), model));
}

function isMadeByParameter(value: Node, model: FileModel): boolean {
  if (value.type === "AwaitExpression") {
    const call = unwrap(value.argument);
    const callee = call.type === "CallExpression" ? unwrap(call.callee) : undefined;
    return callee?.type === "Identifier" && model.getVariable(callee)?.defs[0]?.type === "Parameter";
  }
  const variable = model.getVariable(value);
  return variable?.references.some((reference) => reference.isWrite() && reference.writeExpr !== value && unwrap(reference.writeExpr as Node).type === "AwaitExpression" && isMadeByParameter(unwrap(reference.writeExpr as Node), model)) ?? false;
}

function findHome(use: Use, model: FileModel): UsedMap["home"] | undefined {
  const { root, properties } = use.path;
  if (root.kind === "this" && use.kind === "dictionary" && !holdsPromises(use, model)) return undefined;
  if (root.kind === "this") return properties.length > 1 || isStoreOfMade(use, model) || isUndeclared(use, model) ? "field" : undefined;
  if (root.kind !== "variable") return undefined;
  const definition = root.variable.defs[0];
  if (definition?.type === "ImportBinding") return "module";
  if (properties.length === 0 && definition?.type === "Variable" && isMadeAsMap(definition.node as Node)) return isOfModule(root.variable) ? "module" : undefined;
  if (!definition || !holdsPromises(use, model)) return undefined;
  if (definition.type === "Parameter") return properties.length > 0 ? "outside" : undefined;
  return isLookedUp(use.path) ? "outside" : undefined;
}

/** app.pending of const app = useApp(), pending of const [pending] = getState(): others have the same. */
export function isLookedUp({ root, properties }: Path): boolean {
  const definition = root.kind === "variable" ? root.variable.defs[0] : undefined;
  const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
  const init = declarator?.init && unwrap(declarator.init);
  const isFromCall = init?.type === "CallExpression" && LOOKUP_CALL.test(getCalleeName(init) ?? "");
  return isFromCall && (properties.length > 0 || declarator?.id.type !== "Identifier");
}

/** this.cache, of which the class says nothing, or the name of something that is a map by its name. */
function isUndeclared({ path }: Use, model: FileModel): boolean {
  const [name] = path.properties;
  const owner = path.root.kind === "this" ? path.root.owner.node : undefined;
  const field = (model.nodes.get("PropertyDefinition") ?? []).find((node) => node.parent?.parent === owner && "key" in node && node.key.type === "Identifier" && node.key.name === name);
  const isParameter = (model.nodes.get("TSParameterProperty") ?? []).some((node) => {
    const parameter = (node as TSESTree.TSParameterProperty).parameter;
    return parameter.type === "Identifier" && parameter.name === name && node.parent?.parent?.parent?.parent === owner;
  });
  if (isParameter) return false;
  if (field?.type !== "PropertyDefinition") return true;
  const type = field.typeAnnotation?.typeAnnotation;
  const named = type?.type === "TSTypeReference" && type.typeName.type === "Identifier" ? type.typeName.name : undefined;
  const made = field.value ? unwrap(field.value) : undefined;
  const maker = made?.type === "NewExpression" ? getCalleeName(made) : undefined;
  return /(?:Map|Cache)$/.test(named ?? maker ?? "") || isOfKeysAndValues(type) || isOfKeysAndValues(made);
}

/** new MapStore<string, Space>() */
function isOfKeysAndValues(node: Node | undefined): boolean {
  return (node?.type === "NewExpression" || node?.type === "TSTypeReference") && node.typeArguments?.params.length === 2 && /Map/.test(node.type === "NewExpression" ? (getCalleeName(node) ?? "") : node.typeName.type === "Identifier" ? node.typeName.name : "");
}

/** const cache = new TtlCache() */
function isMadeAsMap(declarator: Node): boolean {
  const made = declarator.type === "VariableDeclarator" && declarator.init ? unwrap(declarator.init) : undefined;
  return made?.type === "NewExpression" && (/(?:Map|Cache)$/.test(getCalleeName(made) ?? "") || isOfKeysAndValues(made));
}

function holdsPromises(use: Use, model: FileModel): boolean {
  if (use.hasAwaitedRead || PROMISE_NAME.test(getName(use.path) ?? "")) return true;
  return use.values.some((value) => isPromise(unwrap(value), model));
}

function isPromise(value: Node, model: FileModel): boolean {
  if (isCertainlyAsync(value, model) || (value.type === "NewExpression" && getCalleeName(value) === "Promise")) return true;
  const constant = value.type === "Identifier" ? model.getVariable(value) : undefined;
  const made = constant && model.getConstantValue(constant);
  return made !== undefined && unwrap(made) !== value && isPromise(unwrap(made), model);
}

/** i, index, 0: an array. */
function isIndex(key: Node): boolean {
  return (key.type === "Identifier" && /^(?:i|j|n|idx|index|pos|offset)$/.test(key.name)) || key.type === "BinaryExpression" || key.type === "UpdateExpression";
}

function canComeFromElsewhere({ root, properties }: Path): boolean {
  if (root.kind === "this") return properties.length > 0;
  return root.kind === "variable" && root.variable.defs.length === 1;
}

function getName({ root, properties }: Path): string | undefined {
  return properties.at(-1) ?? (root.kind === "variable" ? root.variable.name : undefined);
}
