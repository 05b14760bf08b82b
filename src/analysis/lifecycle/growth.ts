import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion, isRemoval } from "../maps/accesses.js";
import { type FunctionNode, type Node, type Variable, findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isInside, isNothing, unwrap } from "../code/ast.js";
import { findMapOfIteration } from "../tasks/consequence.js";
import type { MapEntity } from "../maps/inventory.js";
import { getKeyTerm, isSameKey } from "../maps/keys.js";
import type { LifecycleContext } from "./lifecycle.js";
import type { FileModel, FunctionInfo, Owner } from "../code/model.js";
import { isPublic } from "../maps/sharing.js";
import { isShownBefore } from "../maps/stored-values.js";
import type { PlacedAccess } from "../maps/summaries.js";
import { getTiming } from "../code/suspension.js";

/** A long-lived map that only grows. */
export interface UnboundedMap {
  readonly map: MapEntity;
  readonly insertion: PlacedAccess;
  /** As the source writes the key. */
  readonly key: string;
  /** Where keys come from: who calls the function, or a generator of unique ones; objects that are kept alive; a map that is declared as weak. */
  readonly origin: "caller" | "fresh" | "object" | "weak";
  readonly lifetime: string;
  /** Another map of the same keys from which entries are removed. */
  readonly sibling: PlacedAccess | undefined;
  /** A lookup in a function that ends the entry and leaves it in the map. */
  readonly forgotten: PlacedAccess | undefined;
  readonly evidence: Evidence | undefined;
  /** Whether only the origin of its keys speaks for keys without end. */
  readonly isHeuristic: boolean;
}

/**
 * What shows that entries come without end, and ought to go.
 * - `kept`: a map that is declared as weak, every instance of a class, objects that a module's cache is asked for
 * - `fresh`: the key is made for this one entry
 * - `forgotten`: a function ends the entry and leaves it
 * - `sibling`: it is removed from another map that has the same keys
 * - `timed`: the entry holds a time after which it is worth nothing
 * - `lock`: a lock, a queue or a limiter for each key
 * - `entity`: the key is the id of something that comes and goes, in a map of the whole program
 */
export type Evidence = "kept" | "fresh" | "forgotten" | "sibling" | "timed" | "lock" | "entity";

/** Made for one piece of work, and gone with it. */
const SHORT_LIVED_CLASS = /(?:Builder|Parser|Lexer|Scanner|Visitor|Walker|Traverser|Printer|Writer|Reader|Formatter|Serializer|Encoder|Decoder|Compiler|Transformer|Transform|Generator|Iterator|Collector|Context|Scope|Request|Response|Query|Command|Result|Options|Config|Test|Spec|Fixture|Migration|Error|Event|Node|Element|Graph|Tree|Set|Map|Schema|Diff|Snapshot|State|Program|Module|Chunk|Plan|Step|Analyzer|Checker|Linker|Loader|Bundler|Bundle|Emitter|Info|Reporter)(?:Impl|Base|V\d)?$/;
/** What has a beginning and an end is there for a while. */
const LIFE_METHOD = /^(?:close|dispose|destroy|shutdown|stop|disconnect|terminate|listen|start|onModuleDestroy)(?:All|Async)?$/;
const FACTORY = /^_?(?:create|make|define|start|open|setup)[A-Z]/;
const REGISTRATION = /^(?:register|define|declare|install|configure|use|mount|addPlugin|addHandler|addRoute|addCommand|addType|addProvider|addExtension|addListener|addMiddleware|loadConfig|loadAll|load|init\w*|setup\w*|bind\w*|on|once|subscribe|build\w*|parse\w*|compile\w*|visit\w*|transform\w*|collect\w*|discover\w*|scan\w*|index\w*|populate\w*|seed\w*|generate\w*|analy[sz]e\w*|traverse\w*|walk\w*|import\w*|extend|alias|setTranslations|addTranslations|rehydrate\w*|hydrate\w*|deserialize\w*|fromJSON)$|^(?:un)?register[A-Z]/;
const OPEN_KEY = /(?:ids?|uuid|guid|key|token|nonce|ur[il]|ip|addr(?:ess)?|hash|email|user|client|session|socket|request|message|msg|query|sql|prompt|handle|peer|page|document|doc|terminal|task|job|room|conversation|thread|connection|path)$/i;
const CLOSED_KEY = /(?:^|\b|_)(?:type|kind|locale|message|msg|warning|pattern|regex|glob|lang(?:uage)?|level|event(?:Name)?|method|theme|ext(?:ension)?|version|command|env|mode|status|category|model|field|column|table|plugin|role|state|feature|flag|code|symbol|node|scheme|protocol|platform|arch|unit|format|scope|variant|providerId|pluginId|modelId|typeId|commandId|extensionId|toolId|ruleId|eventId|themeId|localeId|languageId|fieldId)$/i;

/** What an installation has a few of, and which stay: hosts, projects, tenants. */
const FEW = /(?:^|[a-z_])(?:host(?:name)?|server|issuer|jwks|relay|chain|network|repo(?:sitory)?|worktree|project|workspace|tenant|org(?:anization)?|provider|device|registry|region|cluster|database|shard|bucket|realm|env(?:ironment)?)_?(?:id|ur[il]|name|path|key|root|dir|slug)?$|^(?:ieeeAddr(?:ess)?|reason)$/i;

/** Finds the long-lived maps that only grow, one insertion each: the one that shows it best. */
export function findUnbounded(context: LifecycleContext): UnboundedMap[] {
  return context.inventory.maps.flatMap((map) => findGrowth(map, context) ?? []);
}

function findGrowth(map: MapEntity, context: LifecycleContext): UnboundedMap | undefined {
  if (map.parent || map.initializers.length === 0 || (map.kind !== "Map" && map.kind !== "Set" && map.kind !== "dictionary")) return undefined;
  const { summaries, sharing } = context;
  const accesses = summaries.getAccesses(map);
  if (sharing.getLifetime(map).level === "none" || (map.home === "local" && !isOfFactory(map, context))) return undefined;
  const insertions = accesses.filter((access) => isInsertion(access.operation) && access.key);
  if (isMeantWeak(map)) return insertions[0] && describe({ insertion: insertions[0], origin: "weak", evidence: "kept" }, [], context);
  const removals = accesses.filter((access) => isEmptied(access) || (isRemoval(access.operation) && !isMaking(access)));
  if (removals.some((access) => isEviction(access, accesses, context)) || isCapped(accesses) || isRemovedElsewhere(map, context)) return undefined;
  const forgotten = findForgetfulRemoval(map, accesses, context);
  const areReplies = insertions.some((access) => isReply(access, context));
  if ((!forgotten && !areReplies && !isLongLived(map, context)) || isHandedOut(map, context) || isGivenIn(map, context)) return undefined;
  const growths = insertions.flatMap((access) => judge(access, forgotten, context) ?? []);
  // What is emptied at the end, or when it is asked for, needs more than an open key; so does an old-style class, which may live for one piece of work.
  const found = growths.find(({ evidence, isVisible }) => evidence !== undefined && !isVisible) ?? growths.find(({ evidence }) => evidence !== undefined) ?? growths.find(({ insertion, origin }) => origin === "object" || (removals.length === 0 && !isOfScript(map, context.model)) || isResource(insertion.value, context));
  return found && describe(found, removals, context);
}

interface Growth {
  readonly insertion: PlacedAccess;
  readonly origin: UnboundedMap["origin"];
  readonly forgotten?: PlacedAccess | undefined;
  readonly sibling?: PlacedAccess | undefined;
  readonly evidence: Evidence | undefined;
  readonly isVisible?: boolean;
}

function judge(insertion: PlacedAccess, forgotten: PlacedAccess | undefined, context: LifecycleContext): Growth | undefined {
  const { map, function: info, key } = insertion;
  if (!info || !key) return undefined;
  if (isInstanceKept(insertion)) return { insertion, origin: "object", evidence: "kept" };
  const isOfAll = map.home === "module" || map.home === "static";
  const origin = getOrigin(key, context, 0);
  if (isOfAll && !isVisibleOutside(map) && isOfHostObjects(map)) return { insertion, origin: "object", evidence: "kept" };
  const isObject = map.kind !== "dictionary" && isOfAll && origin === "caller" && !(isVisibleOutside(map) || isSetUp(info, context) || isFilledAtStart(info, context)) && isObjectKey(insertion, context);
  if (isObject) return { insertion, origin: "object", evidence: "kept" };
  const isSafe = isSetUp(info, context) && !forgotten && !(origin === "fresh" && isMadeHere(key, context));
  const isVisible = isVisibleOutside(map) && origin !== "fresh";
  if (isSafe || (origin !== "caller" && origin !== "fresh")) return undefined;
  const sibling = findSibling(map, insertion, context);
  const shown = forgotten ? "forgotten" : findEvidence(insertion, origin, sibling, context);
  const isFew = shown !== undefined && shown !== "forgotten" && shown !== "fresh" && (isOneOfAFew(key) || isOfTable(key, context) || ((shown === "timed" || shown === "lock") && isKnownKey(key, context)));
  const evidence = isFew ? undefined : shown;
  // What others see may be emptied elsewhere.
  if (isVisible ? !evidence || (evidence === "sibling" && !isEndOfLife(sibling!)) : !evidence && !isOpenKey(key, map, origin)) return undefined;
  return { insertion, origin, forgotten, sibling, evidence, isVisible };
}

function findEvidence(insertion: PlacedAccess, origin: Origin, sibling: PlacedAccess | undefined, context: LifecycleContext): Evidence | undefined {
  if (origin === "fresh" && isMadeHere(insertion.key!, context)) return "fresh";
  if (sibling && (isEndOfLife(sibling) || isInsertedTogether(insertion, sibling, context))) return "sibling";
  if (isTimed(insertion, context)) return "timed";
  if (isLock(insertion.value, context)) return "lock";
  return isOfEntity(unwrap(insertion.key!)) && isOfProgram(insertion.map, context) ? "entity" : undefined;
}

// ---- what shows that entries ought to go

const GIVES_ID = /^_*(?:randomUUID|uuid(?:v\d)?|v4|v7|ulid|nanoid|cuid2?|uniqueId|(?:generate|create|next|new|make|getNext|gen)_?\w*(?:Id|ID|Handle))$/;

/** m.set(next++, x), m.set(randomUUID(), x), const id = `job-${this.count++}` */
function isMadeHere(key: Node, context: LifecycleContext, depth = 0): boolean {
  const node = unwrap(key);
  if (depth > 5) return false;
  const next = (child: Node): boolean => isMadeHere(child, context, depth + 1);
  switch (node.type) {
    case "UpdateExpression":
      return true;
    case "AssignmentExpression":
      return next(node.right);
    case "CallExpression": {
      const name = getCalleeName(node) ?? "";
      // idOf(hook) is made of what it is given.
      if (GIVES_ID.test(name)) return node.arguments.every((argument) => argument.type === "Literal");
      if (name === "random") return true;
      if (name === "toString") return node.callee.type === "MemberExpression" && next(node.callee.object);
      return name === "String" && node.arguments[0] !== undefined && next(node.arguments[0]);
    }
    case "TemplateLiteral":
      return node.expressions.some(next);
    case "BinaryExpression":
      return next(node.left as Node) || next(node.right);
    case "Identifier": {
      const variable = context.model.getVariable(node);
      const value = variable && context.model.getConstantValue(variable);
      return value !== undefined && next(value);
    }
    case "MemberExpression":
      return getAssignedValues(node, context).some(next);
    default:
      return false;
  }
}

/** What a place gets: `n++` of this.current = this.n++, `id` of const packet = { id } */
function getAssignedValues(member: TSESTree.MemberExpression, { model }: LifecycleContext): Node[] {
  const variable = model.getVariable(unwrap(member.object));
  const object = variable && model.getConstantValue(variable);
  const name = getPropertyName(member);
  const literal = object && unwrap(object);
  if (literal?.type === "ObjectExpression") return literal.properties.flatMap((property) => (property.type === "Property" && !property.computed && property.key.type === "Identifier" && property.key.name === name ? [property.value] : []));
  const path = member.object.type === "ThisExpression" ? model.getPath(member) : undefined;
  return (path && model.assignments.get(path.key)?.map(({ right }) => right)) ?? [];
}

const END_NAME = /^_?#?(?:on|handle)?_?(?:remove|delete|close|dispose|destroy|unregister|unsubscribe|disconnect|release|kill|terminate|drop|forget|evict|end|cancel|stop|leave|logout|exit|finish|complete|detach|unload|archive|clear)(?=[A-Z_]|$)|(?:Removed|Deleted|Closed|Disposed|Exit(?:ed)?|Disconnect(?:ed)?|Ended|Destroyed)$/i;

/** close(id) { a.delete(id) } */
function isEndOfLife({ function: info }: PlacedAccess): boolean {
  return info !== undefined && END_NAME.test(info.name) && info.node.params.length > 0;
}

/** open(id) { a.set(id, x); b.set(id, y); }, and a.delete(id) elsewhere */
function isInsertedTogether({ key, function: info }: PlacedAccess, removal: PlacedAccess, { summaries, model }: LifecycleContext): boolean {
  const term = getKeyTerm(key!, model, new Map());
  return removal.function !== info && summaries.getAccesses(removal.map).some((access) => isInsertion(access.operation) && access.function === info && access.key !== undefined && isSameKey(getKeyTerm(access.key, model, new Map()), term));
}

const TIME = /(?:At|AtMs|Until|UntilMs|_at|_until)$|^(?:expir\w*|timestamp|ttl|until|deadline|at|ts)$/;
const TIMED_MAP = /rate_?limit|throttl|cool_?down|nonce|lastSeen|recent/i;
const COUNTED_MAP = /(?:attempts|failures)$/i;

/** m.set(k, Date.now()), m.set(k, { value, expiresAt: now + ttl }), rateLimits.set(k, count) */
function isTimed({ value, map }: PlacedAccess, { model }: LifecycleContext): boolean {
  if (TIMED_MAP.test(map.name) || (map.kind !== "Set" && COUNTED_MAP.test(map.name))) return true;
  const written = value && unwrap(value);
  const variable = written && model.getVariable(written);
  const constant = (variable && model.getConstantValue(variable)) ?? written;
  const node = constant && unwrap(constant);
  if (node?.type === "CallExpression") return /^(?:now|getTime)$/.test(getCalleeName(node) ?? "");
  return node?.type === "ObjectExpression" && node.properties.some((property) => property.type === "Property" && property.key.type === "Identifier" && TIME.test(property.key.name));
}

const LOCK = /(?:Mutex|Lock|Semaphore|Queue|Limiter|Limit|Throttle|Bucket|Debouncer)$/;

/** locks[key] ??= new Mutex(), queues.set(key, tail.then(run)) */
function isLock(value: Node | undefined, { model }: LifecycleContext): boolean {
  const written = value && unwrap(value);
  const variable = written && model.getVariable(written);
  const constant = (variable && model.getConstantValue(variable)) ?? written;
  const node = constant && unwrap(constant);
  if (node?.type !== "NewExpression" && node?.type !== "CallExpression") return false;
  const name = getCalleeName(node) ?? "";
  return LOCK.test(name) || (name === "then" && written?.type === "Identifier" && /tail|chain|queue|next|prev|lock/i.test(written.name));
}

const RESOURCE = /(?:Pool|Client|Connection|Worker|Server|Socket|Stream|Watcher|Session|Process)$/;

/** pools.set(origin, new Pool(origin)) */
function isResource(value: Node | undefined, { model }: LifecycleContext): boolean {
  const written = value && unwrap(value);
  const variable = written && model.getVariable(written);
  const made = variable ? variable.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr ? [unwrap(reference.writeExpr as Node)] : [])) : written ? [written] : [];
  return made.some((node) => node.type === "NewExpression" && RESOURCE.test(getCalleeName(node) ?? ""));
}

const ENTITY = /(?:^|[a-z_])(?:session|conversation|request|message|msg|connection|conn|client|socket|user|peer|run|span|trace|terminal|tab|window|chat|room|thread|doc(?:ument)?|stream|transaction|tx|job|task|order|player|game|notebook|widget|cell|subscription|tenant|org|account|device|queue|process|worker)_?(?:id|uri|key)$|^(?:uuid|pid|token|nonce|ip|remoteAddress|apiKey|resource_uri|document_uri|doc_uri|notebook_uri)$/i;
const PROGRAM_CLASS = /(?:Service|Repository|Manager|Server|Registry|Hub|Pool|Gateway|Controller|Broker|Daemon|Coordinator|Orchestrator|Dispatcher|Cache|Tracker|Supervisor|Monitor|Watcher|Scheduler|Limiter)(?:Impl)?$/;
/** Each of them works for one request, one view, one cell. */
const OF_ONE_CLASS = /(?:Handler|Editor|Viewport|Panel|View|Widget|Component|Dialog)$/;
const STAND_IN = /Memory|Mock|Fake|Stub|Dummy|Test/;

/** The key is the id of something of which there is always a next one. */
function isOfEntity(key: Node): boolean {
  const word = getKeyWord(key);
  const owner = key.type === "CallExpression" && key.callee.type === "MemberExpression" && key.arguments.length === 0 ? unwrap(key.callee.object) : key;
  const isPart = owner.type === "MemberExpression" && /^(?:id|uri|pid|sid)$/i.test(word ?? "");
  return word !== undefined && ENTITY.test(isPart ? `${getKeyWord(unwrap(owner.object)) ?? ""}_${word}` : word);
}

/** There is one of it for the whole program, or it is there until somebody stops it. */
function isOfProgram({ home, owner }: MapEntity, { model }: LifecycleContext): boolean {
  if (home === "module" || home === "static") return true;
  if (home !== "field" || !owner || STAND_IN.test(owner.name)) return false;
  if (OF_ONE_CLASS.test(owner.name)) return isMadeAtTop(owner.name, model);
  return PROGRAM_CLASS.test(owner.name) || hasLife(owner) || isMadeAtTop(owner.name, model);
}

/** export const hub = new Hub() */
function isMadeAtTop(name: string, model: FileModel): boolean {
  return (model.nodes.get("NewExpression") ?? []).some((node) => node.type === "NewExpression" && node.callee.type === "Identifier" && node.callee.name === name && model.getEnclosing(node) === undefined);
}

function describe({ insertion, origin, forgotten, sibling, evidence, isVisible }: Growth, removals: readonly PlacedAccess[], { model, sharing }: LifecycleContext): UnboundedMap {
  const key = shorten(model.sourceCode.getText(unwrap(insertion.key!) as never).replace(/\s+/g, " "));
  const { map } = insertion;
  return { map, insertion, key, origin, lifetime: sharing.getLifetime(map).reason, sibling, forgotten, evidence, isHeuristic: evidence === undefined || isVisible === true || removals.some(({ operation }) => operation === "delete") };
}

const TEARDOWN = /^_?#?(?:close|dispose|destroy|shutdown|shut_?down|teardown|terminate|stop|quit|end|onModuleDestroy|deactivate|unmount)(?:All|Async)?$/;

/** Something that takes entries away, or empties the map, while it is in use. */
function isEviction(access: PlacedAccess, accesses: readonly PlacedAccess[], { model }: LifecycleContext): boolean {
  if (isEmptied(access)) return true;
  return access.operation === "delete" ? !isExpiryOnRead(access, accesses, model) : !isAtTheEnd(access.function!, model);
}

/** const e = cache.get(k); if (e.expiresAt < now) cache.delete(k): what is not asked for again stays. */
function isExpiryOnRead({ function: info, key, node }: PlacedAccess, accesses: readonly PlacedAccess[], model: FileModel): boolean {
  if (!info || !key || END_NAME.test(info.name) || accesses.some((access) => access.function === info && isInsertion(access.operation))) return false;
  const term = getKeyTerm(key, model, new Map());
  const isAsked = accesses.some((access) => access.operation === "get" && access.function === info && access.key !== undefined && isSameKey(getKeyTerm(access.key, model, new Map()), term));
  const test = isAsked ? findAncestor(node, (at) => at.type === "IfStatement" || at === info.node) : undefined;
  return test?.type === "IfStatement" && /expir|now\b|ttl|\bage\b|stale/i.test(model.sourceCode.getText(test.test as never)) && /\breturn\b/.test(model.sourceCode.getText(info.node as never));
}

/** close() { for (const pool of pools.values()) pool.close(); pools.clear(); }, and a reset for tests. */
function isAtTheEnd(info: FunctionInfo, model: FileModel): boolean {
  for (let at: FunctionInfo | undefined = info; at; at = at.parent) {
    const name = getMethodName(at.node) ?? at.name;
    if (TEARDOWN.test(name) || /ForTest(?:s|ing)?$|^_*reset\w*Test/.test(name)) return true;
    if (/test/i.test(getCommentText(at.node, model)) && at.calls.length === 0) return true;
  }
  return false;
}

/** `[kClose]` of `[kClose]() {}` as `close`. */
function getMethodName({ parent }: FunctionNode): string | undefined {
  const isSymbol = parent.type === "MethodDefinition" && parent.computed && parent.key.type === "Identifier" && /^k[A-Z]/.test(parent.key.name);
  return isSymbol ? (parent.key as TSESTree.Identifier).name.slice(1).replace(/^[A-Z]/, (letter) => letter.toLowerCase()) : undefined;
}

function getCommentText(node: Node, { sourceCode }: FileModel): string {
  const target = node.parent?.type === "ExportNamedDeclaration" ? node.parent : node;
  return sourceCode.getCommentsBefore(target as never).at(-1)?.value ?? "";
}

function shorten(text: string): string {
  const plain = text.replaceAll("`", "'");
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
}

/** pages: WeakMap<Page, Context> = new Map() */
function isMeantWeak(map: MapEntity): boolean {
  const type = map.annotation?.type === "TSTypeReference" && map.annotation.typeName.type === "Identifier" ? map.annotation.typeName.name : undefined;
  return (type === "WeakMap" || type === "WeakSet") && map.initializers.every((value) => value.type === "NewExpression" && value.callee.type === "Identifier" && (value.callee.name === "Map" || value.callee.name === "Set"));
}

/** new Promise((resolve, reject) => pending.set(id, { resolve, reject })): it is over with the answer, in an object of any kind. */
function isReply({ value, function: info }: PlacedAccess, { model }: LifecycleContext): boolean {
  if (!value || !info || getUsage(info.node).parent?.type !== "NewExpression") return false;
  return info.node.params.some((parameter) => model.getVariable(parameter)?.references.some(({ identifier }) => isInside(identifier as Node, value)) ?? false);
}

const REMOVAL_NAME = /^_?#?(?:remove|delete|close|dispose|destroy|unregister|unsubscribe|disconnect|release|free|kill|terminate|drop|forget|evict|end|cancel)(?![a-z])/;

/** close(id) { this.conns.get(id).close(); }: it ends the entry, and leaves it in the map. */
function findForgetfulRemoval(map: MapEntity, accesses: readonly PlacedAccess[], { model }: LifecycleContext): PlacedAccess | undefined {
  return accesses.find((access) => {
    const info = access.function;
    if ((access.operation !== "get" && access.operation !== "has") || !info || !REMOVAL_NAME.test(info.name) || /^(?:endsWith|deleteProperty)$/.test(info.name)) return false;
    const key = access.key && model.getVariable(unwrap(access.key));
    if (key?.defs[0]?.type !== "Parameter" || key.defs[0].node !== (info.node as never) || CLOSED_KEY.test(key.name) || isOfPart(access.node, model)) return false;
    // off(type, f) { all[type] = all[type].filter((g) => g !== f) }: a part of the entry goes.
    return !accesses.some((other) => isInsertion(other.operation) && (other.function === info || isList(other.value)));
  });
}

/** m.get(type)?.delete(listener), delete m[name][id]: a part of the entry goes. */
function isOfPart(lookup: Node, model: FileModel): boolean {
  const { node: outer, parent } = getUsage(lookup);
  const variable = parent?.type === "VariableDeclarator" && parent.init === outer ? model.getVariable(parent.id) : undefined;
  const entries = variable ? variable.references.map((reference) => reference.identifier as Node) : [lookup];
  return entries.some((entry) => {
    const { node, parent: member } = getUsage(entry);
    if (member?.type !== "MemberExpression" || member.object !== node) return false;
    return member.computed || (/^(?:delete|splice|filter|remove|off)$/.test(getPropertyName(member) ?? "") && member.parent.type === "CallExpression" && member.parent.arguments.length > 0);
  });
}

/** m[type] = [], m.set(type, [first]) */
function isList(value: Node | undefined): boolean {
  return value !== undefined && unwrap(value).type === "ArrayExpression";
}

const HOST_OBJECT = /^(?:EventTarget|Element|(?:HTML|SVG)\w*Element|Node|Document|Window|Event|Request|Response|IncomingMessage|ServerResponse|Socket|WebSocket|AbortSignal)$/;

/** new Map<EventTarget, Info>(): what is made and thrown away by others all the time. */
function isOfHostObjects({ keyType, kind }: MapEntity): boolean {
  return (kind === "Map" || kind === "Set") && keyType?.type === "TSTypeReference" && keyType.typeName.type === "Identifier" && HOST_OBJECT.test(keyType.typeName.name);
}

/** cache.set(block, ..) with block.content read beside it: an object is kept for as long as the module. */
function isObjectKey(access: PlacedAccess, { model }: LifecycleContext): boolean {
  const key = access.key && unwrap(access.key);
  const variable = key && model.getVariable(key);
  const annotation = (variable?.identifiers[0] as TSESTree.Identifier | undefined)?.typeAnnotation?.typeAnnotation;
  if (variable?.defs[0]?.type !== "Parameter" || (annotation && (annotation.type !== "TSTypeReference" || isListType(annotation)))) return false;
  return access.map.keyType?.type !== "TSStringKeyword" && hasMembersRead(variable);
}

function isListType({ typeName }: TSESTree.TSTypeReference): boolean {
  return typeName.type === "Identifier" && /Array$/.test(typeName.name);
}

/** tableNode.rows */
function hasMembersRead(variable: Variable): boolean {
  return variable.references.some((reference) => {
    const member = (reference.identifier as Node).parent;
    return member?.type === "MemberExpression" && member.object === reference.identifier && !(member.parent.type === "CallExpression" && member.parent.callee === member) && getPropertyName(member) !== "length";
  });
}

/** static all = new Set(); constructor() { Thing.all.add(this) }: every instance, for as long as the program runs. */
function isInstanceKept({ map, key, operation }: PlacedAccess): boolean {
  const isOfAll = map.home === "static" || map.home === "module";
  return isOfAll && (operation === "add" || operation === "set") && key !== undefined && unwrap(key).type === "ThisExpression";
}

function isMaking(access: PlacedAccess): boolean {
  // In a constructor, or in function Changes() { this.listeners = {} }
  return access.function === undefined || access.function.name === "constructor" || access.function.node === access.map.owner?.node;
}

/** d[k] = undefined */
function isEmptied({ operation, value }: PlacedAccess): boolean {
  return operation === "set" && value !== undefined && isNothing(value);
}

/** this.connection.sessions.delete(id), in another class of the file */
function isRemovedElsewhere(map: MapEntity, { model }: LifecycleContext): boolean {
  const name = map.path.properties.at(-1);
  if (name === undefined) return false;
  return (model.nodes.get("CallExpression") ?? []).some((node) => {
    const callee = unwrap((node as TSESTree.CallExpression).callee);
    if (callee.type !== "MemberExpression" || !/^(?:delete|clear)$/.test(getPropertyName(callee) ?? "")) return false;
    const object = unwrap(callee.object);
    return object.type === "MemberExpression" && getPropertyName(object) === name && unwrap(object.object).type !== "ThisExpression";
  });
}

/** const cache = new Map(); in createClient(), which hands out functions that use it. */
function isOfFactory(map: MapEntity, { model }: LifecycleContext): boolean {
  const scope = model.getEnclosing(map.declaration);
  return scope !== undefined && FACTORY.test(scope.name);
}

/** A module's map, or a field of something that the file makes once or that is called like a service. */
function isLongLived(map: MapEntity, { model }: LifecycleContext): boolean {
  if (map.home !== "field") return true;
  const { owner } = map;
  if (!owner) return false;
  if ((isExported(owner, model) && !SHORT_LIVED_CLASS.test(owner.name)) || hasLife(owner)) return true;
  return isMadeAtTop(owner.name, model);
}

function hasLife({ methods }: Owner): boolean {
  return [...methods.keys()].some((name) => LIFE_METHOD.test(name));
}

/** module.exports = X, and nothing starts or stops it */
function isOfScript({ home, owner }: MapEntity, { sourceCode }: FileModel): boolean {
  return home === "field" && owner !== undefined && !hasLife(owner) && sourceCode.text.includes("module.exports");
}

/** export class X, module.exports = X, export { X } */
function isExported({ node, variable }: Owner, { sourceCode }: FileModel): boolean {
  const { parent } = node;
  // export class X, var X = module.exports = function () {}
  if (/^Export/.test(parent?.type ?? "") || (parent?.type === "AssignmentExpression" && parent.left.type === "MemberExpression" && getPropertyName(parent.left) === "exports")) return true;
  if (!/exports = [\w$]|exports = \{|export \{|export default /.test(sourceCode.text)) return false;
  return variable?.references.some((reference) => {
    const use = (reference.identifier as Node).parent;
    // module.exports = { X }
    const given = use?.type === "Property" && use.parent.type === "ObjectExpression" ? use.parent.parent : use;
    return /^Export/.test(use?.type ?? "") || (given?.type === "AssignmentExpression" && given.left.type === "MemberExpression" && getPropertyName(given.left) === "exports");
  }) ?? false;
}

/** Registration and building fill a map once; a private helper is what its callers are. */
function isSetUp(info: FunctionInfo, context: LifecycleContext, depth = 0): boolean {
  for (let at: FunctionInfo | undefined = info; at; at = at.parent) {
    if (at.name === "constructor") return true;
    if (!REGISTRATION.test(at.name)) continue;
    const callers = at.calls.map((call) => context.model.getEnclosing(call));
    return isPublic(at) || callers.length === 0 || depth > 3 || callers.some((caller) => !caller || isSetUp(caller, context, depth + 1));
  }
  return false;
}

/** for (const x of all) m.set(x, 1) at the top of a module, or in what only it calls */
function isFilledAtStart(info: FunctionInfo, { model }: LifecycleContext): boolean {
  return info.calls.length > 0 && info.calls.every((call) => model.getEnclosing(call) === undefined);
}

/** if (m.size >= max): somebody thought of it. */
function isCapped(accesses: readonly PlacedAccess[]): boolean {
  return accesses.some((access) => access.operation === "size" && /^(?:BinaryExpression|CallExpression)$/.test(getUsage(access.node).parent?.type ?? ""));
}

/** Whether something else gets the map, and can remove entries. */
function isHandedOut(map: MapEntity, { model, inventory, summaries }: LifecycleContext): boolean {
  const uses = map.path.root.kind === "variable" && map.path.properties.length === 0 ? (map.variable?.references.map((reference) => reference.identifier as Node) ?? []) : (model.nodes.get("MemberExpression") ?? []).filter((node) => model.getPath(node)?.key === map.key);
  return uses.some((use) => {
    const { node, parent } = getUsage(use);
    switch (parent?.type) {
      case "CallExpression":
      case "NewExpression": {
        // A function of this file that only reads.
        const callee = model.getCallee(parent);
        if (callee && summaries.get(callee).writes.size === 0) return false;
        // f(map), but not new Set(map) or Object.keys(map)
        return parent.callee !== node && !(parent.type === "NewExpression" && inventory.resolve(parent) === undefined && /^(?:Set|Map)$/.test(getCalleeName(parent) ?? "")) && findMapOfIteration(parent, inventory) === undefined && !/^(?:from|keys|values|entries|stringify|hasOwn|freeze|log|isArray)$/.test(getCalleeName(parent) ?? "");
      }
      case "ReturnStatement":
      case "ArrowFunctionExpression":
      case "Property":
      case "ExportSpecifier":
      case "ExportDefaultDeclaration":
      case "ArrayExpression":
        return true;
      case "AssignmentExpression":
        return parent.right === node;
      default:
        return false;
    }
  });
}

/** this.state = { notes: initial?.notes ?? new Map() }: somebody else's, who may look after it. */
function isGivenIn({ initializers, declaration }: MapEntity, { model }: LifecycleContext): boolean {
  const values = [...initializers, ...(declaration.type === "Property" ? [declaration.value] : [])].map(unwrap);
  return values.some((value) => {
    let root = value.type === "LogicalExpression" ? unwrap(value.left) : undefined;
    while (root?.type === "MemberExpression") root = unwrap(root.object);
    return root?.type === "Identifier" && model.getVariable(root)?.defs[0]?.type === "Parameter";
  });
}

function isVisibleOutside(map: MapEntity): boolean {
  const { declaration } = map;
  if (declaration.type === "VariableDeclarator") return declaration.parent.parent?.type === "ExportNamedDeclaration";
  if (map.home === "module") return map.path.properties.length > 0;
  const name = map.path.properties.at(-1) ?? "";
  // this[kPools]
  if (name.startsWith("[")) return false;
  if (name.startsWith("#") || name.startsWith("_")) return map.path.properties.length > 1 && !name.startsWith("#");
  if (declaration.type === "PropertyDefinition") return declaration.accessibility !== "private" && declaration.accessibility !== "protected";
  return true;
}

type Origin = "caller" | "fresh" | "fixed" | "unknown";

/** Where a key's value comes from. */
function getOrigin(expression: Node, context: LifecycleContext, depth: number): Origin {
  const node = unwrap(expression);
  if (depth > 12) return "unknown";
  const next = (child: Node): Origin => getOrigin(child, context, depth + 1);
  switch (node.type) {
    case "Literal":
      return "fixed";
    case "TemplateLiteral":
      return joinOrigins(node.expressions.map(next));
    case "BinaryExpression":
      // shards[id % count]
      return node.operator === "%" ? "fixed" : joinOrigins([next(node.left as Node), next(node.right)]);
    case "LogicalExpression":
      return joinOrigins([next(node.left), next(node.right)]);
    // [email, project].join(":")
    case "ArrayExpression":
      return joinOrigins(node.elements.flatMap((element) => (element && element.type !== "SpreadElement" ? [next(element)] : [])));
    case "AwaitExpression":
      return next(node.argument);
    case "UpdateExpression":
      return "fresh";
    case "AssignmentExpression":
      return next(node.right);
    case "MemberExpression": {
      const assigned = getAssignedValues(node, context);
      if (assigned.length > 0) return joinOrigins(assigned.map(next));
      return node.object.type === "ThisExpression" ? "unknown" : next(node.object);
    }
    case "CallExpression":
    case "NewExpression": {
      if (getKeyTerm(node, context.model, new Map()).isFresh && node.type === "CallExpression") return "fresh";
      const name = getCalleeName(node) ?? "";
      if (/^(?:now|getTime|performance|random)$/.test(name)) return "fresh";
      const receiver = node.callee.type === "MemberExpression" ? [next(node.callee.object)] : [];
      return joinOrigins([...receiver, ...node.arguments.map(next)]);
    }
    case "Identifier":
      return getOriginOfVariable(node, context, depth);
    default:
      return "unknown";
  }
}

function joinOrigins(origins: readonly Origin[]): Origin {
  if (origins.includes("fresh")) return "fresh";
  if (origins.includes("caller")) return "caller";
  return origins.length > 0 && origins.every((origin) => origin === "fixed") ? "fixed" : "unknown";
}

function getOriginOfVariable(node: TSESTree.Identifier, context: LifecycleContext, depth: number): Origin {
  const variable = context.model.getVariable(node);
  const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
  if (!variable || !definition) return "unknown";
  if (definition.type === "Parameter") return getOriginOfParameter(variable, definition.node as Node, context, depth);
  if (definition.type !== "Variable") return "unknown";
  const declarator = definition.node as TSESTree.VariableDeclarator;
  if (declarator.init) return getOrigin(declarator.init, context, depth + 1);
  const loop = declarator.parent.parent;
  if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") return getOrigin(loop.right, context, depth + 1);
  // let id; if (..) id = a.id
  const written = variable.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr ? [reference.writeExpr as Node] : []));
  return joinOrigins(written.map((value) => getOrigin(value, context, depth + 1)));
}

/** A parameter is the caller's if callers are elsewhere; a private helper's callers are looked at. */
function getOriginOfParameter(variable: Variable, fn: Node, context: LifecycleContext, depth: number): Origin {
  const info = context.model.getFunction(fn);
  if (!info || !isFunction(fn)) return "unknown";
  const parent = fn.parent as Node | undefined;
  if (parent?.type === "CallExpression" || parent?.type === "NewExpression") {
    // socket.on("message", (id) => ..), app.get("/rooms", (req) => ..) are called from outside; xs.forEach((x) => ..) with what xs has.
    const name = getCalleeName(parent) ?? "";
    if (/^(?:on|once|addListener|addEventListener|subscribe|handle|on[A-Z]\w*)$/.test(name) || getTiming(parent) === "often") return "caller";
    const receiver = parent.callee.type === "MemberExpression" ? parent.callee.object : undefined;
    return receiver && /^(?:forEach|map|filter|flatMap|some|every|find|reduce)$/.test(name) ? getOrigin(receiver, context, depth + 1) : "unknown";
  }
  const isCalledFromOutside = isPublic(info) || info.calls.length === 0;
  const isTop = parent?.type === "FunctionDeclaration" || fn.type === "FunctionDeclaration" || parent?.type === "VariableDeclarator";
  const isExported = findAncestor(fn, (node) => node.type === "ExportNamedDeclaration" || node.type === "ExportDefaultDeclaration") !== undefined || info.mentions.length > 0;
  if (info.calls.length === 0 || (isCalledFromOutside && (!isTop || isExported))) return "caller";
  const index = fn.params.findIndex((parameter) => isInside(variable.identifiers[0] as Node, parameter));
  return joinOrigins(info.calls.slice(0, 6).flatMap((call) => (call.arguments[index] ? [getOrigin(call.arguments[index], context, depth + 1)] : [])));
}

/** Keys of which there can be any number: ids, urls, users. A type, a locale, an event name is one of a few. */
function isOpenKey(key: Node, map: MapEntity, origin: Origin): boolean {
  const keyType = map.keyType;
  if (keyType && /^(?:TSUnionType|TSLiteralType|TSTypeOperator|TSBooleanKeyword|TSIndexedAccessType)$/.test(keyType.type)) return false;
  const name = getKeyWord(unwrap(key));
  if (name !== undefined && CLOSED_KEY.test(name)) return false;
  if (origin === "fresh" || (name !== undefined && OPEN_KEY.test(name))) return true;
  // Map<string, V> of which nothing says that its keys are few
  return map.home !== "local" && (map.kind === "Map" || map.kind === "Set") && (keyType?.type === "TSStringKeyword" || keyType?.type === "TSNumberKeyword");
}

function isOneOfAFew(key: Node): boolean {
  const word = getKeyWord(unwrap(key));
  return word !== undefined && FEW.test(word);
}

/** if (!INTERVALS[event]) return; m.set(event, now), if (KNOWN.has(name)) m.set(name, x): the keys of a table that stands in the file. */
function isOfTable(key: Node, { model }: LifecycleContext): boolean {
  const text = model.sourceCode.getText(unwrap(key) as never);
  const isAsked = (expression: Node): boolean => {
    const test = unwrap(expression);
    if (test.type === "MemberExpression") return test.computed && isTable(test.object, model) && model.sourceCode.getText(test.property as never) === text;
    if (test.type === "BinaryExpression") return (test.operator === "in" && isTable(test.right, model) && model.sourceCode.getText(test.left as never) === text) || (test.right.type === "Literal" && model.sourceCode.getText(test.left as never) === text && /^={2,3}$/.test(test.operator));
    if (test.type !== "CallExpression" || test.callee.type !== "MemberExpression") return false;
    const table = /^hasOwn$/.test(getPropertyName(test.callee) ?? "") ? test.arguments[0] : /^(?:has|includes|get)$/.test(getPropertyName(test.callee) ?? "") ? test.callee.object : undefined;
    return table !== undefined && isTable(table, model) && test.arguments.some((argument) => model.sourceCode.getText(argument as never) === text);
  };
  return isShownBefore(key, isAsked);
}

/** const agent = findAgent(id); if (!agent) throw ..; m.set(id, now): as many as there are agents. */
function isKnownKey(key: Node, { model }: LifecycleContext): boolean {
  const text = model.sourceCode.getText(unwrap(key) as never);
  return isShownBefore(key, (test) => {
    const variable = test.type === "Identifier" ? model.getVariable(test) : undefined;
    const value = variable && model.getConstantValue(variable);
    const call = value && unwrap(value);
    return call?.type === "CallExpression" && call.callee.type === "Identifier" && call.arguments.length === 1 && model.sourceCode.getText(call.arguments[0] as never) === text;
  });
}

/** `{ a: 1, b: 2 }`, `["a", "b"]`, `new Set(["a", "b"])` under a name, which nothing is added to. */
function isTable(expression: Node, model: FileModel): boolean {
  const node = unwrap(expression);
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  const name = node.type === "MemberExpression" ? getPropertyName(node) : undefined;
  const value = (variable && model.getConstantValue(variable)) ?? (name === undefined ? undefined : findMember(name, node, model));
  const table = value && unwrap(value);
  const list = table?.type === "NewExpression" && /^(?:Set|Map)$/.test(getCalleeName(table) ?? "") && table.arguments[0] ? unwrap(table.arguments[0]) : table;
  const isFilled = (list?.type === "ObjectExpression" && list.properties.length > 0 && list.properties.every(({ type }) => type === "Property")) || (list?.type === "ArrayExpression" && list.elements.length > 0 && list.elements.every((element) => element !== null && element.type !== "SpreadElement"));
  if (!isFilled) return false;
  const text = model.sourceCode.getText(node as never).replace(/[^\w.]/g, "\\$&").replaceAll(".", "\\.");
  return !new RegExp(`${text}(?:\\[[^\\]]*\\]\\s*=[^=]|\\.(?:add|set|push)\\()`).test(model.sourceCode.text);
}

/** `{ a: 1 }` of `limits: { a: 1 }` beside the method, of `static limits = { a: 1 }`, for `this.limits` */
function findMember(name: string, use: Node, model: FileModel): Node | undefined {
  if (use.type !== "MemberExpression" || unwrap(use.object).type !== "ThisExpression") return undefined;
  const around = findAncestor(use, (node) => node.type === "ClassBody" || (node.type === "ObjectExpression" && node.properties.some((property) => property.type === "Property" && isFunction(property.value) && isInside(use, property.value))));
  const members: readonly Node[] = around?.type === "ClassBody" ? around.body : around?.type === "ObjectExpression" ? around.properties : [];
  const member = members.find((item) => (item.type === "Property" || item.type === "PropertyDefinition") && !item.computed && model.sourceCode.getText(item.key as never) === name);
  return member?.type === "Property" || member?.type === "PropertyDefinition" ? (member.value ?? undefined) : undefined;
}

/** The function that an access stands in, around its callbacks: load() of load() { return run().finally(() => m.delete(k)) } */
function getNamedFunction({ function: info }: PlacedAccess): FunctionInfo | undefined {
  let at = info;
  while (at?.parent && getUsage(at.node).parent?.type === "CallExpression") at = at.parent;
  return at;
}

/** The word that says what a key is: `id` of `session.id`, `userId` of `String(userId)`, `getKey` of `getKey(a, b)`. */
function getKeyWord(node: Node): string | undefined {
  switch (node.type) {
    case "Identifier":
      return node.name;
    case "MemberExpression":
      return getPropertyName(node);
    case "TemplateLiteral": {
      const last = node.expressions.at(-1);
      return last && getKeyWord(unwrap(last));
    }
    case "CallExpression": {
      const [argument] = node.arguments;
      const name = getCalleeName(node) ?? "";
      if (OPEN_KEY.test(name)) return name;
      if (argument) return getKeyWord(unwrap(argument));
      return node.callee.type === "MemberExpression" ? getKeyWord(unwrap(node.callee.object)) : undefined;
    }
    default:
      return undefined;
  }
}

/** A map with keys of the same name, from which entries go: this one was forgotten there. */
function findSibling(map: MapEntity, insertion: PlacedAccess, { summaries, model }: LifecycleContext): PlacedAccess | undefined {
  const word = insertion.key && getKeyWord(unwrap(insertion.key));
  if (word === undefined) return undefined;
  // What stands in for a database keeps what it is given.
  if (map.owner && STAND_IN.test(map.owner.name)) return undefined;
  return summaries.accesses.find((access) => {
    if (access.operation !== "delete" || access.map === map || access.map.owner !== map.owner || !access.key) return false;
    // idle.delete(id); busy.add(id): it moves. loading.add(id); try { .. } finally { loading.delete(id) }: a mark of work under way.
    if (getNamedFunction(access) === getNamedFunction(insertion) || summaries.getAccesses(access.map).some((other) => isInsertion(other.operation) && getNamedFunction(other) === getNamedFunction(access))) return false;
    // A map that is made anew each time is of one piece of work.
    if (summaries.getAccesses(access.map).some((other) => other.operation === "replace" && !isMaking(other))) return false;
    return getKeyWord(unwrap(access.key))?.replace(/^_/, "") === word.replace(/^_/, "") && model.getEnclosing(access.node) !== undefined;
  });
}

