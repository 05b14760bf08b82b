import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getCalleeName, getPropertyName, getShortText, getUsage, unwrap } from "../code/ast.js";
import type { LockReference } from "../tasks/graph.js";
import { type KeyEnvironment, getKeyTerm } from "../maps/keys.js";
import { type FileModel, isNeverReassigned } from "../code/model.js";
import { isAwaitedOrReturned } from "../code/suspension.js";
import type { Settings } from "../settings.js";

/**
 * What a call does with a lock.
 * - `exclusive`: runs its callbacks while it holds it: `mutex.runExclusive(f)`
 * - `acquire`: holds it when its promise is fulfilled: `await mutex.acquire()`
 * - `release`: lets go of it: `mutex.release()`
 */
export interface LockCall {
  readonly kind: "exclusive" | "acquire" | "release";
  readonly lock: LockReference;
}

const LOCK_WORD = /mutex|semaphore|\bsema\b|(?<![bcf])lock(?!file|s?tep|down|ed$|er$|quote)|exclusive|serialize|serialise|critical|synchroni[sz]ed|sequential(?:ly)?$|runInOrder|singleFlight|singleflight|dedupe|deduplicate|coalesce/i;
const NOT_A_LOCK = /unlock|block|clock|flock|lockfile|deadlock|isLocked|hasLock|lock_?(?:Id|Key|Name|Path|Dir|Prefix|Owner)(?![a-z])/i;
const QUEUE_WORD = /queue|limit|serial|chain/i;
const EXCLUSIVE_METHODS = /^(?:runExclusive|withLock|runLocked|acquire|lock|request|use|run|exec|execute|schedule|dispatch|add|enqueue|push|wait|with\w+|do|perform|\w*(?:Lock|Exclusive|Mutex|Serial)\w*)$/;
const ACQUIRE_METHODS = /^(?:acquire\w*|lock\w*|obtain\w*|waitForLock|enter|wait|take|readLock|writeLock)$/;
const RELEASE_METHODS = /^(?:release\w*|unlock\w*|signal|leave|exit)$/;

const LOCK_LIBRARY = /["'](?:async-mutex|async-lock|await-semaphore|async-sema|redlock|mutexify)["']|\bnew \w*(?:Mutex|AsyncLock)\(|\bnavigator\.locks\b/;

/** Whether a file makes locks, so that it is looked at even if it holds no map. A text search. */
export function hasLockText(text: string): boolean {
  return LOCK_LIBRARY.test(text);
}

const LOCK_TEXT = /mutex|semaphore|\bsema\b|(?<![bcf])lock(?!ed|s?tep|quote)|exclusive|seriali[sz]e|critical|synchroni[sz]ed|sequential|\bp-?limit\b|\bP?Queue\(|acquire|singleflight|dedupe|deduplicate|coalesce/i;

/** Whether a file takes a lock at all. */
export function canLock(model: FileModel, settings: Settings): boolean {
  const { text } = model.sourceCode;
  if (!LOCK_TEXT.test(text) && !settings.locks.some((lock) => text.includes(lock.name))) return false;
  return (model.nodes.get("CallExpression") ?? []).some((node) => findLockCall(node as TSESTree.CallExpression, model, new Map(), settings) !== undefined);
}

/** The lock call that an expression is, by import, by constructor, by shape or by the settings. */
export function findLockCall(call: TSESTree.CallExpression, model: FileModel, environment: KeyEnvironment, settings: Settings): LockCall | undefined {
  const name = getCalleeName(call);
  if (name === undefined) return undefined;
  const callee = unwrap(call.callee);
  const configured = settings.locks.find((lock) => lock.name === name);
  if (configured) return { kind: configured.kind, lock: createReference(call, callee, model, environment) };
  if (callee.type === "Identifier") return findFunctionLock(call, callee, name, model, environment);
  if (callee.type !== "MemberExpression" || !canBeLockMethod(name)) return undefined;
  const hasCallback = hasFunction(call, model);
  const made = findConstruction(unwrap(callee.object), model);
  if (made && isWideSemaphore(made)) return undefined;
  const isLockObject = isLock(callee.object, model);
  const isLockName = LOCK_WORD.test(name) && !NOT_A_LOCK.test(name);
  if (hasCallback && ((isLockObject && EXCLUSIVE_METHODS.test(name)) || isLockName)) {
    return { kind: "exclusive", lock: createReference(call, callee, model, environment) };
  }
  if (RELEASE_METHODS.test(name) && (isLockObject || /unlock|releaseLock/i.test(name))) return { kind: "release", lock: createReference(call, callee, model, environment) };
  const isNamedAcquisition = (/^(?:acquire|obtain)\w*Lock$/.test(name) || (/^lock(?:[A-Z]\w*)?$/.test(name) && !NOT_A_LOCK.test(name))) && isKeptOrReleased(call, name, model);
  if (ACQUIRE_METHODS.test(name) && (isLockObject || isNamedAcquisition)) {
    return isConditional(name) ? undefined : { kind: "acquire", lock: createReference(call, callee, model, environment) };
  }
  return undefined;
}

/** Most calls are of other methods, and are told by their name. */
function canBeLockMethod(name: string): boolean {
  return EXCLUSIVE_METHODS.test(name) || RELEASE_METHODS.test(name) || ACQUIRE_METHODS.test(name) || LOCK_WORD.test(name);
}

function hasFunction(call: TSESTree.CallExpression, model: FileModel): boolean {
  return call.arguments.some((argument) => isFunctionLike(argument, model));
}

function isConditional(name: string): boolean {
  return /^(?:try|is|has)/.test(name);
}

/** Of a call that only its name makes a lock: somebody waits for it, keeps what it gives, or calls its counterpart. `this.lockScroll();` alone sets a flag. */
function isKeptOrReleased(call: TSESTree.CallExpression, name: string, model: FileModel): boolean {
  // const { release } = acquireLock(k), where the file shows that it waits for nothing.
  if (model.getCallee(call)?.node.async === false && !isAwaitedOrReturned(call)) return false;
  const { parent } = getUsage(call);
  // owner === lockName(), `${lockPrefix()}:${key}`
  if (parent?.type === "BinaryExpression" || parent?.type === "TemplateLiteral") return false;
  if (parent?.type !== "ExpressionStatement") return true;
  const counterpart = name.replace(/^lock/i, "unlock").replace(/^(?:acquire|obtain)/i, "release");
  return (model.nodes.get("CallExpression") ?? []).some((node) => getCalleeName(node as TSESTree.CallExpression)?.toLowerCase() === counterpart.toLowerCase());
}

function isFunctionLike(node: Node, model: FileModel): boolean {
  const inner = unwrap(node);
  return inner.type === "ArrowFunctionExpression" || inner.type === "FunctionExpression" || model.getFunctionValue(inner) !== undefined || isFunctionParameter(inner, model);
}

/** Inside `withLock(key, fn)` itself: mutex.runExclusive(fn). */
function isFunctionParameter(node: Node, model: FileModel): boolean {
  if (node.type !== "Identifier" || !/^(?:fn|func|cb|callback|task|work|action|operation|job|f|handler|thunk|executor)$/.test(node.name)) return false;
  return model.getVariable(node)?.defs[0]?.type === "Parameter";
}

/** withLock(key, f), limit(f) with pLimit(1), lockFor(k)(f) */
function findFunctionLock(call: TSESTree.CallExpression, callee: TSESTree.Identifier, name: string, model: FileModel, environment: KeyEnvironment): LockCall | undefined {
  const variable = model.getVariable(callee);
  const made = variable && model.getConstantValue(variable);
  if (made && isExclusiveConstruction(made) && hasFunction(call, model)) return { kind: "exclusive", lock: createReference(call, callee, model, environment) };
  if (!LOCK_WORD.test(name) || NOT_A_LOCK.test(name)) return undefined;
  if (hasFunction(call, model)) return { kind: "exclusive", lock: createReference(call, callee, model, environment) };
  return /^(?:acquire|obtain|lock)/i.test(name) && isKeptOrReleased(call, name, model) ? { kind: "acquire", lock: createReference(call, callee, model, environment) } : undefined;
}

/** Whether an expression is a lock: made as one, or named as one and not made as something else. */
export function isLock(object: Node, model: FileModel): boolean {
  const node = unwrap(object);
  const construction = findConstruction(node, model);
  if (construction) {
    const isQueue = construction.type === "NewExpression" && QUEUE_WORD.test(getCalleeName(construction) ?? "");
    return isExclusiveConstruction(construction) || (!isQueue && isLockText(node, model) && !isWideSemaphore(construction));
  }
  return isLockText(node, model);
}

function isLockText(node: Node, model: FileModel): boolean {
  if (node.type === "CallExpression") {
    // this.locks.get(k).runExclusive(..), getMutex(k).acquire()
    const name = getCalleeName(node) ?? "";
    if (LOCK_WORD.test(name) && !NOT_A_LOCK.test(name)) return true;
    return node.callee.type === "MemberExpression" && isLockText(unwrap(node.callee.object), model);
  }
  if (node.type === "AwaitExpression") return isLockText(unwrap(node.argument), model);
  if (node.type === "Identifier") return LOCK_WORD.test(node.name) && !NOT_A_LOCK.test(node.name);
  if (node.type !== "MemberExpression") return false;
  const name = getPropertyName(node);
  if (name === undefined) return isLockText(unwrap(node.object), model);
  return LOCK_WORD.test(name) && !NOT_A_LOCK.test(name);
}

export function findConstruction(node: Node, model: FileModel): Node | undefined {
  if (node.type === "Identifier") {
    const variable = model.getVariable(node);
    return variable && model.getConstantValue(variable);
  }
  const path = model.getPath(node);
  if (!path) return undefined;
  if (path.root.kind !== "this" && path.root.kind !== "class") return undefined;
  const name = path.properties.at(-1);
  const body = "body" in path.root.owner.node && !Array.isArray(path.root.owner.node.body) ? path.root.owner.node.body : undefined;
  const members = body?.type === "ClassBody" ? body.body : [];
  for (const member of members) {
    if (member.type === "PropertyDefinition" && member.value && getMemberName(member) === name) return member.value;
  }
  return model.assignments.get(path.key)?.[0]?.right;
}

function getMemberName(member: TSESTree.PropertyDefinition): string | undefined {
  return member.key.type === "PrivateIdentifier" ? `#${member.key.name}` : member.key.type === "Identifier" ? member.key.name : undefined;
}

const EXCLUSIVE_CLASS = /Mutex$|AsyncLock$|KeyedLock|^Lock$|ReadWriteLock|RWLock/;

/** new Mutex(), new Semaphore(1), new AsyncLock(), pLimit(1), new PQueue({ concurrency: 1 }), withTimeout(new Mutex(), 10) */
export function isExclusiveConstruction(made: Node): boolean {
  const node = unwrap(made);
  if (node.type !== "NewExpression" && node.type !== "CallExpression") return false;
  const name = getCalleeName(node) ?? "";
  const [first] = node.arguments;
  if (name === "withTimeout" || name === "tryAcquire") return first !== undefined && isExclusiveConstruction(first);
  if (EXCLUSIVE_CLASS.test(name)) return true;
  if (/^(?:Semaphore|Sema|pLimit|plimit|limit|createLimiter|throat)$/i.test(name)) return isOne(first);
  if (/^P?Queue$|^PQueue$/.test(name)) return getOption(first, "concurrency") === 1;
  return /mutex/i.test(name);
}

function isWideSemaphore(node: Node): boolean {
  const inner = unwrap(node);
  return (inner.type === "NewExpression" || inner.type === "CallExpression") && /sema|limit/i.test(getCalleeName(inner) ?? "") && !isOne(inner.arguments[0]);
}

function isOne(node: Node | undefined): boolean {
  return node?.type === "Literal" && node.value === 1 ? true : getOption(node, "concurrency") === 1;
}

function getOption(node: Node | undefined, name: string): unknown {
  if (node?.type !== "ObjectExpression") return undefined;
  for (const property of node.properties) {
    if (property.type === "Property" && property.key.type === "Identifier" && property.key.name === name && property.value.type === "Literal") return property.value.value;
  }
  return undefined;
}

/** The lock and its key: `lock.acquire(key, f)`, `locks.get(key).acquire()`, `getMutex(key).runExclusive(f)`. */
function createReference(call: TSESTree.CallExpression, callee: Node, model: FileModel, environment: KeyEnvironment): LockReference {
  let object = callee.type === "MemberExpression" ? unwrap(callee.object) : callee;
  let keyNode: Node | undefined = call.arguments.find((argument) => argument.type !== "SpreadElement" && !isFunctionLike(argument, model) && argument.type !== "ObjectExpression");
  if (keyNode && keyNode.type === "ArrayExpression") keyNode = keyNode.elements.length === 1 ? (keyNode.elements[0] ?? undefined) : keyNode;
  const constant = object.type === "Identifier" ? constantOf(object, model) : undefined;
  if (constant) object = constant;
  if (object.type === "CallExpression" && object.arguments[0]) {
    keyNode ??= object.arguments[0];
    object = unwrap(object.callee.type === "MemberExpression" ? object.callee.object : object.callee);
  }
  const path = model.getPath(object);
  const callText = getShortText(callee, model.sourceCode);
  const isShared = call.arguments.some((argument) => getOption(argument, "mode") === "shared") || /readLock|runShared|lockShared|acquireRead/.test(callText);
  // locks of `this` are named by their method: this.withLock(k, f)
  const isMethodOfThis = object.type === "ThisExpression";
  const id = `lock:${path ? path.key : getShortText(object, model.sourceCode)}${isMethodOfThis ? `.${callText}` : ""}`;
  const isWhole = keyNode === undefined || keyNode.type === "Literal";
  const key = keyNode && !isWhole ? getKeyTerm(keyNode, model, environment) : undefined;
  const literal = keyNode?.type === "Literal" ? `[${keyNode.raw}]` : "";
  return { id: id + literal, name: isMethodOfThis ? callText : getShortText(object, model.sourceCode), key, isShared };
}

/** const lock = this.locks.get(k) */
function constantOf(node: TSESTree.Identifier, model: FileModel): Node | undefined {
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  if (!value) return undefined;
  const inner = unwrap(value);
  const call = inner.type === "LogicalExpression" ? unwrap(inner.left) : inner;
  // const limit = pLimit(1): the variable is the lock.
  return call.type === "CallExpression" && call.arguments[0] && !isExclusiveConstruction(call) ? call : undefined;
}

/** Whether every run has a lock of its own: made in the function that uses it, and not handed out. */
export function isPrivateLock(call: TSESTree.CallExpression, model: FileModel): boolean {
  const callee = unwrap(call.callee);
  const object = callee.type === "MemberExpression" ? unwrap(callee.object) : callee;
  if (object.type !== "Identifier") return false;
  const variable = model.getVariable(object);
  const value = variable && model.getConstantValue(variable);
  if (!variable || !value || !isNeverReassigned(variable)) return false;
  const here = model.getEnclosing(call);
  return unwrap(value).type === "NewExpression" && here !== undefined && model.getEnclosing(value) === here;
}
