import type { TSESTree } from "@typescript-eslint/types";
import { findAncestor, getCalleeName, getChildren, getUsage, isFunction, isInside, type Node, unwrap } from "../analysis/code/ast.js";
import { findConstruction, findLockCall, isExclusiveConstruction, isPrivateLock } from "../analysis/locks/locks.js";
import type { FileModel } from "../analysis/code/model.js";
import type { Settings } from "../analysis/settings.js";
import { getDecoratorName, isSerializer } from "../analysis/maps/sharing.js";
import { findImportedFunction } from "./imports.js";
import type { Project, ProjectFile } from "./project.js";
import { isWaitedFor } from "./waiting.js";

// What keeps the runs of a piece of code apart. A guard is a text: two places with the same one keep each other out.

/** @gate() async load(): one guard for each method, or, for a chain or lock, one for all methods of the class. */
export function getDecoratorGuard(method: Node, path: string): string | undefined {
  const name = getDecoratorName(method);
  if (name === undefined) return undefined;
  const isOfClass = /chain|serial|sequen|queue|lock|mutex|exclusive|synchron/i.test(name);
  return `@${name} ${path} ${isOfClass ? "" : String(method.range[0])}`;
}

/** mutex.runExclusive(f), this.enqueue(host, f), where the key, if there is one, is among what `f` is run for. */
export function getCallGuard(call: TSESTree.CallExpression, inner: Node, file: ProjectFile, project: Project, settings: Settings): string | undefined {
  const { model, path } = file;
  const lock = findLockCall(call, model, new Map(), settings);
  const isLock = lock?.kind === "exclusive" && !lock.lock.isShared && !isPrivateLock(call, model) && !canBeWide(call, model);
  if (!isLock && !(isSerializer(call) && isOneByOne(call, file, project))) return undefined;
  const keys = call.arguments.filter((argument) => !isFunction(unwrap(argument)) && /^(?:Identifier|MemberExpression|CallExpression|TemplateLiteral)$/.test(unwrap(argument).type) && !model.getFunctionValue(argument));
  if (!keys.every((key) => isAmong(key, inner, model))) return undefined;
  return `${isLock ? lock.lock.id : getText(call.callee, model)} ${path}`;
}

/** this.semaphore.acquire(), limiter.run(f): it may let in several, unless the file makes it for one. */
function canBeWide(call: TSESTree.CallExpression, model: FileModel): boolean {
  const callee = unwrap(call.callee);
  const object = callee.type === "MemberExpression" ? unwrap(callee.object) : callee;
  const made = findConstruction(object, model);
  return /sema|limit|pool|throttl/i.test(getText(object, model)) && !(made && isExclusiveConstruction(made));
}

/** A queue by its name, that chains promises, works in a loop, or takes a lock: createAsyncQueue(f) makes one. */
function isOneByOne(call: TSESTree.CallExpression, file: ProjectFile, project: Project): boolean {
  const own = file.model.getCallee(call);
  const found = own ? { info: own, file } : findImportedFunction(call, file, project);
  if (!found || /^(?:create|make|new|build|use|define|register)/.test(found.info.name)) return false;
  return /\.then\(|\bwhile\b|\bawait\b[^;]*(?:prev|last|tail|chain|queue|lock|running)|runExclusive|acquire/i.test(getText(found.info.node, found.file.model));
}

/** Whether what a guard is keyed by is handed to the work too. */
function isAmong(key: Node, inner: Node, model: FileModel): boolean {
  const names = getText(key, model).match(/[A-Za-z_$][\w$]*/g) ?? [];
  const variables = names.filter((name) => !/^(?:this|String|JSON|stringify|toString)$/.test(name));
  return variables.length === 0 || variables.some((name) => new RegExp(String.raw`(?<![\w$])${name.replaceAll("$", "\\$")}(?![\w$])`).test(getText(inner, model)));
}

/** this.queue = this.queue.then(f): one after the other. */
export function getChainGuard(then: TSESTree.CallExpression, path: string, model: FileModel): string | undefined {
  let chain: Node = then;
  for (;;) {
    const { node, parent } = getUsage(chain);
    if (parent?.type === "MemberExpression" && parent.object === node && parent.parent.type === "CallExpression") chain = parent.parent;
    else if (parent?.type === "AssignmentExpression" && parent.right === node) {
      const target = getText(parent.left, model);
      return getText(getStart(then), model) === target ? `chain ${target} ${path}` : undefined;
    } else return undefined;
  }
}

/** `this.queue` of `this.queue.catch(f).then(g)` */
function getStart(chain: Node): Node {
  const node = unwrap(chain);
  if (node.type !== "CallExpression") return node;
  const callee = unwrap(node.callee);
  return callee.type === "MemberExpression" ? getStart(callee.object) : node;
}

/**
 * A place that a function takes before its work and looks at before that: `if (this.loading) return this.loading; this.loading = load()`,
 * `if (busy) return; busy = true; try { await load() } finally { busy = false }`, `this.loading ??= load()`.
 */
export function getEntryGuard(call: Node, path: string, model: FileModel): string | undefined {
  const taken = findAncestor(call, (node) => node.type === "AssignmentExpression" && /^(?:\?\?|\|\|)=$/.test(node.operator));
  const outer = model.getEnclosing(call);
  if (taken?.type === "AssignmentExpression" && isStoredIn(call, taken, model)) return `flight ${getText(taken.left, model)} ${path}`;
  for (let info = outer; info; info = getUsage(info.node).parent?.type === "CallExpression" ? info.parent : undefined) {
    const found = findReservation(info.node.body as Node, call, model);
    if (found) return `flight ${found} ${path}`;
  }
  return undefined;
}

/** x ??= load(), x ??= (async () => { await load() })(), and not x ??= create(() => load()) */
function isStoredIn(call: Node, taken: TSESTree.AssignmentExpression, model: FileModel): boolean {
  for (let info = model.getEnclosing(call); info && isInside(info.node, taken); info = info.parent) {
    const { node, parent } = getUsage(info.node);
    if (parent?.type !== "CallExpression") return false;
    if (unwrap(parent.callee) !== node && !/^(?:then|catch|finally)$/.test(getCalleeName(parent) ?? "")) return false;
  }
  return true;
}

interface Reservation {
  readonly place: string;
  readonly node: Node;
  /** The key, for an entry. */
  readonly key: Node | undefined;
}

/** if (busy) return; .. or if (!busy) { .. }: a test, and whether it is true of a place that is taken. */
interface Check {
  readonly node: Node;
  readonly test: Node;
  readonly isTaken: boolean;
}

function findReservation(body: Node, call: Node, model: FileModel): string | undefined {
  const checks: Check[] = [];
  const reservations: Reservation[] = [];
  const resets: Reservation[] = [];
  const waits: Node[] = [];
  const visit = (node: Node): void => {
    // What nested functions do they do later; the work itself may be one.
    if (isFunction(node) && node.body !== body && !isInside(call, node)) return visitResets(node);
    if (node.type === "IfStatement" && isLeaving(node.consequent) && !isInside(call, node.consequent)) checks.push({ node, test: node.test, isTaken: true });
    if (node.type === "IfStatement" && isInside(call, node.consequent)) checks.push({ node, test: node.test, isTaken: false });
    if (node.type === "AwaitExpression") waits.push(node);
    const reservation = getReservation(node, body, model);
    if (reservation) (reservation.isReset ? resets : reservations).push(reservation);
    getChildren(node, model.sourceCode).forEach(visit);
  };
  const visitResets = (node: Node): void => {
    const reservation = getReservation(node, body, model);
    if (reservation?.isReset) resets.push(reservation);
    getChildren(node, model.sourceCode).forEach(visitResets);
  };
  visit(body);
  for (const { place, node, key } of reservations) {
    if (key && !isAmong(key, call, model)) continue;
    const check = checks.find((item) => item.test.range[1] <= Math.min(node.range[0], call.range[0]) && decides(item.test, item.isTaken, place, model) && !waits.some((wait) => wait.range[0] >= item.test.range[1] && wait.range[1] <= node.range[0] && !isLeavingPart(wait, item.node)));
    const own = resets.filter((reset) => reset.place === place);
    // Given back only when the work is done, which somebody waits for.
    const isKept = own.length === 0 || isWaitedFor(call, model) || isKeptIn(call, node, model);
    if (check && isKept && own.every((reset) => reset.node.range[0] > call.range[1])) return place;
  }
  return undefined;
}

/** m.set(k, load()), const p = load().finally(..); m.set(k, p) */
function isKeptIn(call: Node, reservation: Node, model: FileModel): boolean {
  if (isInside(call, reservation)) return true;
  const declarator = findAncestor(call, (node) => node.type === "VariableDeclarator");
  const name = declarator?.type === "VariableDeclarator" && declarator.id.type === "Identifier" ? declarator.id.name : undefined;
  return name !== undefined && new RegExp(String.raw`(?<![\w$.])${name.replaceAll("$", "\\$")}(?![\w$])`).test(getText(reservation, model));
}

/** if (busy) return await busy: who waits there does not go on. */
function isLeavingPart(wait: Node, check: Node): boolean {
  return check.type === "IfStatement" && isInside(wait, check.consequent) && isLeaving(check.consequent);
}

function isLeaving(statement: Node): boolean {
  const last = statement.type === "BlockStatement" ? statement.body.at(-1) : statement;
  return last !== undefined && /^(?:Return|Throw|Continue|Break)Statement$/.test(last.type);
}

/** Whether a test has this outcome whenever the place is taken: `busy`, `m.has(k)`, `p !== undefined`, `isClosed || busy`; `!busy`, `!busy && isOpen`. */
function decides(test: Node, outcome: boolean, place: string, model: FileModel): boolean {
  const node = unwrap(test);
  switch (node.type) {
    case "UnaryExpression":
      return node.operator === "!" && decides(node.argument, !outcome, place, model);
    case "LogicalExpression":
      return node.operator === (outcome ? "||" : "&&") && (decides(node.left, outcome, place, model) || decides(node.right, outcome, place, model));
    case "BinaryExpression": {
      const isNothing = (node.right.type === "Literal" && node.right.value === null) || (node.right.type === "Identifier" && node.right.name === "undefined");
      const isEqual = node.operator === "===" || node.operator === "==";
      return isNothing && (isEqual || node.operator === "!==" || node.operator === "!=") && decides(node.left as Node, isEqual ? !outcome : outcome, place, model);
    }
    case "Identifier":
    case "MemberExpression":
    case "CallExpression":
      return outcome && speaksOf(node, place, model);
    default:
      return false;
  }
}

/** `place` itself, or a variable that was read from it: const known = m.get(k); if (known) */
function speaksOf(test: Node, place: string, model: FileModel): boolean {
  if (isNamedIn(place, getText(test, model))) return true;
  const variable = unwrap(test).type === "Identifier" ? model.getVariable(unwrap(test)) : undefined;
  const value = variable && model.getConstantValue(variable);
  return value !== undefined && isNamedIn(place, getText(value, model));
}

function isNamedIn(place: string, text: string): boolean {
  return new RegExp(String.raw`(?<![\w$.])${place.replace(/[^\w\s]/g, "\\$&")}(?![\w$])`).test(text);
}

/** busy = true, m.set(k, p), ks.add(k); busy = false, m.delete(k) */
function getReservation(node: Node, body: Node, model: FileModel): (Reservation & { readonly isReset: boolean }) | undefined {
  if (node.type === "AssignmentExpression" && node.operator === "=" && (node.left.type === "MemberExpression" || node.left.type === "Identifier")) {
    const value = unwrap(node.right);
    const isReset = (value.type === "Literal" && !value.value) || (value.type === "Identifier" && value.name === "undefined");
    return isOfRun(node.left, body, model) ? undefined : { place: getText(node.left, model), node, key: undefined, isReset };
  }
  const call = node.type === "CallExpression" && node.callee.type === "MemberExpression" ? node : undefined;
  const name = call && getCalleeName(call);
  if (!call || name === undefined || !/^(?:set|add|delete)$/.test(name) || call.callee.type !== "MemberExpression" || isOfRun(call.callee.object, body, model)) return undefined;
  return { place: getText(call.callee.object, model), node, key: call.arguments[0], isReset: name === "delete" };
}

/** A variable or parameter of the function itself: it keeps nobody else out. */
function isOfRun(place: Node, body: Node, model: FileModel): boolean {
  const node = unwrap(place);
  if (node.type !== "Identifier") return false;
  const declaration = model.getVariable(node)?.defs[0]?.name as Node | undefined;
  return !declaration || isInside(declaration, body.parent!);
}

/** await lock.acquire(); try { await load() } finally { lock.release() }; await using lock = await mutex.lock() */
export function getSectionGuard(call: Node, path: string, model: FileModel, settings: Settings): string | undefined {
  const outer = model.getEnclosing(call)?.node;
  const acquisitions = (model.nodes.get("CallExpression") ?? []).flatMap((node) => {
    if (node.range[1] > call.range[0] || model.getEnclosing(node)?.node !== outer) return [];
    const found = findLockCall(node as TSESTree.CallExpression, model, new Map(), settings);
    return found?.kind === "acquire" && !found.lock.isShared && !canBeWide(node as TSESTree.CallExpression, model) && (!found.lock.key?.node || isAmong(found.lock.key.node, call, model)) ? [{ node, id: found.lock.id }] : [];
  });
  for (const { node, id } of acquisitions) {
    const declaration = findAncestor(node, (at) => at.type === "VariableDeclaration" || isFunction(at));
    if (declaration?.type === "VariableDeclaration" && declaration.kind.endsWith("using") && declaration.parent && isInside(call, declaration.parent)) return `${id} ${path}`;
    const section = findAncestor(call, (at) => (at.type === "TryStatement" && at.finalizer !== null && isInside(call, at.block) && node.range[1] <= call.range[0] && isReleasing(at.finalizer, model)) || isFunction(at));
    if (section?.type === "TryStatement") return `${id} ${path}`;
  }
  return undefined;
}

function isReleasing(finalizer: Node, model: FileModel): boolean {
  return /\b\w*(?:release|unlock)\w*\s*\(/i.test(getText(finalizer, model));
}

function getText(node: Node, model: FileModel): string {
  return model.sourceCode.text.slice(node.range[0], node.range[1]);
}
