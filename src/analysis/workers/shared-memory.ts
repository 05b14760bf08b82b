import type { TSESTree } from "@typescript-eslint/types";
import { type Node, findAncestor, getCalleeName, getChildren, getUsage, isFunction, isInside, unwrap } from "../code/ast.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { getRunningFunction, isAfter } from "../code/order.js";
import { findPosts } from "./posts.js";
import { type AtomicCall, getAtomicOperation, type SharedView, type SharedViews, createSharedViews } from "./shared-views.js";

/**
 * A use of shared memory that other threads can come between.
 * - `update`: `view[i]++`, `view[i] += n`, `view[i] = f(view[i])`, `view.setInt32(i, view.getInt32(i) + 1)`
 * - `load-store`: `Atomics.store(view, i, Atomics.load(view, i) + 1)`, each atomic, both together not
 * - `read-write`: the same with a plain access: `const n = view[i]; view[i] = n + 1`
 * - `check-store`: `if (Atomics.load(view, i) === 0) Atomics.store(view, i, 1)`
 * - `swap`: `const n = Atomics.load(view, i); Atomics.store(view, i, 0);`
 * - `spin`: `while (view[i] === 0) {}`: the read may be done once, before the loop
 * - `plain-read`: `view[i]`, which others write by `Atomics`
 * - `publish`: several slots written one after the other, without an atomic operation that says when all are there
 */
export interface MemoryHazard {
  readonly kind: "update" | "load-store" | "read-write" | "check-store" | "swap" | "spin" | "plain-read" | "publish";
  readonly node: Node;
  readonly view: SharedView;
  readonly index: Node;
  /** The other access: the load before the store, the atomic write of another function, the reader of a publish. */
  readonly other: Node | undefined;
  readonly isHeuristic: boolean;
}

interface Slot {
  readonly view: SharedView;
  readonly index: Node;
}

const OWN_INDEX = /(?:^|[a-z_.#\[])(?:own|my|self|me|worker|thread|rank|lane|shard|slot|tid|wid|pid|id|idx|base|offset)s?(?:$|[^a-z])|(?:Id|Index|Idx|Slot|Offset|Base)\b|threadId|workerData/i;
const LOCK = /lock|mutex|acquire|exclusive|critical|semaphore|\benter\b|guard|sync(?:hroni[sz]ed)?$/i;
const RING = /ring|queue|fifo|produc|consum|push|pop|enqueue|dequeue|head(?!er)|tail|cursor|\b(?:read|write)(?:r|Ptr|Pos|Index)?\b/i;
/** Words in the name of a slot that one side moves, and of one that both sides count in. */
const CURSOR_WORD = /^(?:read|write|head|tail|front|rear|cursor|produce[rd]?|consume[rd]?)$/;
const COUNT_WORD = /^(?:counts?|counter|size|length|available|used|free|pending|total|level|filled)$/;
const LOCK_NAME = /lock|mutex|acquire|busy|semaphore/i;
const MODULO = /%|(?<!&)&(?!&)/;
const ATOMIC_UPDATES = /^(?:add|sub|and|or|xor|exchange|compareExchange)$/;
const ATOMIC_WRITES = /^(?:store|add|sub|and|or|xor|exchange|compareExchange)$/;

/** Finds the unsynchronized uses of shared memory of a file. */
export function findMemoryHazards(model: FileModel): MemoryHazard[] {
  return new MemoryAnalysis(model).find();
}

class MemoryAnalysis {
  readonly #views: SharedViews;

  constructor(private readonly model: FileModel) {
    this.#views = createSharedViews(model);
  }

  find(): MemoryHazard[] {
    const found = [...this.#findUpdates(), ...this.#findAtomicPairs(), ...this.#findPlainReads(), ...this.#findPublishes()];
    const seen = new Set<Node>();
    return found
      .filter(({ view, node }) => !this.#views.isBeforeEscape(view, node) && !this.#isGuarded(node, 0))
      .filter(({ node }) => !seen.has(node) && seen.add(node))
      .sort((a, b) => a.node.range[0] - b.node.range[0]);
  }

  // ---- view[i]++

  *#findUpdates(): Generator<MemoryHazard> {
    for (const node of this.model.nodes.get("UpdateExpression") ?? []) {
      const update = node as TSESTree.UpdateExpression;
      const slot = this.#getPlainSlot(update.argument);
      if (slot) yield* this.#createUpdate(update, slot);
    }
    for (const node of this.model.nodes.get("AssignmentExpression") ?? []) {
      const assignment = node as TSESTree.AssignmentExpression;
      const slot = this.#getPlainSlot(assignment.left);
      if (!slot) continue;
      if (assignment.operator !== "=" || this.#reads(assignment.right, slot)) yield* this.#createUpdate(assignment, slot);
      else yield* this.#findEarlierRead(assignment, assignment.right, slot);
    }
    // view.setInt32(0, view.getInt32(0) + 1)
    for (const node of this.model.nodes.get("CallExpression") ?? []) {
      const field = this.#views.getFieldCall(node);
      if (field?.operation !== "set" || !field.value) continue;
      if (this.#reads(field.value, field)) yield* this.#createUpdate(node, { view: field.view, index: field.index });
      else yield* this.#findEarlierRead(node, field.value, { view: field.view, index: field.index });
    }
  }

  /** const n = view[i]; .. view[i] = n + 1, but not the end of a save and restore: view[i] = n */
  *#findEarlierRead(write: Node, value: Node, slot: Slot): Generator<MemoryHazard> {
    const [found] = [...this.#createUpdate(write, slot)];
    const read = found && this.#findReadBefore(value, slot, write);
    if (!read || (unwrap(value).type === "Identifier" && !this.#isCountedOn(value))) return;
    const isQueue = MODULO.test(this.#text(value)) || this.#getConstantSlots(write, slot.view).size > 1;
    yield { ...found, kind: "read-write", other: read, isHeuristic: found.isHeuristic || isQueue };
  }

  *#createUpdate(node: Node, slot: Slot): Generator<MemoryHazard> {
    const kind = this.#getIndexKind(slot.index);
    if (kind === "own" || kind === "loop") return;
    const isContended = this.#views.atomics.some((call) => call.view.key === slot.view.key && ATOMIC_UPDATES.test(call.operation));
    yield { kind: "update", node, ...slot, other: undefined, isHeuristic: (kind === "data" && !isContended) || this.#isRing(node, slot) };
  }

  /** A queue of one producer and one consumer: each slot has one writer. */
  #isRing(node: Node, { index, view }: Slot): boolean {
    const words = getWords(this.#text(index));
    // Both sides of a queue write how much is in it.
    if (words.some((word) => COUNT_WORD.test(word))) return false;
    if (words.some((word) => CURSOR_WORD.test(word))) return true;
    const around = getRunningFunction(node, this.model);
    const owner = around?.owner?.name ?? "";
    return RING.test(this.#text(index)) || RING.test(view.name) || RING.test(owner) || RING.test(around?.name ?? "");
  }

  /**
   * Whose a slot is, by its index.
   * - `constant`: the same slot for all
   * - `own`: of one worker: `counts[workerId]`
   * - `loop`: of a range, which mostly is a worker's share
   * - `data`
   */
  #getIndexKind(index: Node): "constant" | "own" | "loop" | "data" {
    if (this.#isConstant(index)) return "constant";
    const names = this.#getNames(index);
    if (names.some((name) => OWN_INDEX.test(this.#text(name)))) return "own";
    if (names.some((name) => this.#isLoopVariable(name))) return "loop";
    const values = names.flatMap((name) => this.#getValue(name) ?? []);
    if (values.some((value) => OWN_INDEX.test(this.#text(value)) || this.#getNames(value).some((name) => this.#isLoopVariable(name)))) return "own";
    return "data";
  }

  #isConstant(index: Node): boolean {
    const node = unwrap(index);
    if (node.type === "Literal") return true;
    if (node.type === "BinaryExpression") return node.left.type !== "PrivateIdentifier" && this.#isConstant(node.left) && this.#isConstant(node.right);
    if (node.type === "Identifier") {
      const variable = this.model.getVariable(node);
      const value = variable && this.model.getConstantValue(variable);
      return value ? this.#isConstant(value) : /^[A-Z][A-Z0-9_]*$/.test(node.name);
    }
    // Slot.COUNT, INDEX.HEAD, Foo.#COUNT
    return node.type === "MemberExpression" && !node.computed && node.object.type === "Identifier" && /^[A-Z]/.test(node.object.name);
  }

  #getNames(node: Node): Node[] {
    const inner = unwrap(node);
    if (inner.type === "Identifier") return [inner];
    if (inner.type === "MemberExpression" && !inner.computed) return [inner];
    return getChildren(inner, this.model.sourceCode).flatMap((child) => this.#getNames(child));
  }

  #getValue(name: Node): Node | undefined {
    const variable = this.model.getVariable(name);
    return variable && this.model.getConstantValue(variable);
  }

  /** for (let i = from; i < to; i++), xs.forEach((x, i) => ..), while (p < end) { v[p++] } */
  #isLoopVariable(name: Node): boolean {
    const variable = this.model.getVariable(name);
    const definition = variable?.defs[0];
    if (!variable || !definition) return false;
    if (variable.references.some((reference) => reference.isWrite() && reference.init !== true)) return true;
    const declaration = (definition.node as Node).parent?.parent;
    if (declaration && /^For/.test(declaration.type)) return true;
    const info = definition.type === "Parameter" ? (definition.node as Node) : undefined;
    const call = info?.parent;
    return call?.type === "CallExpression" && call.callee !== info;
  }

  // ---- Atomics.load .. Atomics.store

  *#findAtomicPairs(): Generator<MemoryHazard> {
    for (const store of this.#views.atomics) {
      if (store.operation !== "store" || !store.value) continue;
      const hazard = this.#findNestedLoad(store) ?? this.#findEarlierLoad(store) ?? this.#findCheck(store) ?? this.#findSwap(store);
      if (hazard) yield hazard;
    }
    for (const node of this.model.nodes.get("AssignmentExpression") ?? []) {
      const assignment = node as TSESTree.AssignmentExpression;
      const slot = assignment.operator === "=" ? this.#getPlainSlot(assignment.left) : undefined;
      if (slot && !this.#reads(assignment.right, slot)) yield* this.#findPlainCheck(assignment, slot);
    }
  }

  #findNestedLoad(store: AtomicCall): MemoryHazard | undefined {
    const load = this.#findRead(store.value!, store);
    return load && this.#createPair("load-store", store, load, store.value!);
  }

  /** const n = Atomics.load(v, i); .. Atomics.store(v, i, n + 1) */
  #findEarlierLoad(store: AtomicCall): MemoryHazard | undefined {
    const load = this.#findReadBefore(store.value!, store, store.node);
    return load && this.#createPair("load-store", store, load, store.value!);
  }

  /** The read of a slot that gave a variable of this expression its value, in the same function. */
  #findReadBefore(expression: Node, slot: Slot, user: Node): Node | undefined {
    for (const name of this.#getNames(expression)) {
      const value = this.#getValue(name) ?? this.#getStart(name);
      const read = value && this.#findRead(value, slot);
      if (read && getRunningFunction(read, this.model) === getRunningFunction(user, this.model)) return read;
    }
    return undefined;
  }

  /** let n = view[i]; n += 1: the first value of what is only counted on from there. */
  #getStart(name: Node): Node | undefined {
    const variable = this.model.getVariable(name);
    const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
    const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
    if (!variable || declarator?.id.type !== "Identifier" || !declarator.init) return undefined;
    const isCounted = variable.references.every((reference) => reference.init === true || !reference.isWrite() || reference.isRead());
    return isCounted ? declarator.init : undefined;
  }

  #isCountedOn(name: Node): boolean {
    return this.#getValue(name) === undefined && this.#getStart(name) !== undefined;
  }

  #createPair(kind: "load-store" | "swap", store: AtomicCall, load: Node, value: Node): MemoryHazard | undefined {
    const index = this.#getIndexKind(store.index);
    if (index === "own" || index === "loop" || this.#isExchanged(store)) return undefined;
    const slots = this.#getConstantSlots(store.node);
    const isRing = this.#isRing(store.node, store);
    // Two cursors of a queue: each has one writer, the producer or the consumer.
    if (isRing && slots.size > 1) return undefined;
    const isQueue = isRing || slots.size > 1 || MODULO.test(this.#text(value));
    const isAtomic = getAtomicOperation(load) !== undefined;
    return { kind: isAtomic ? kind : "read-write", node: store.node, view: store.view, index: store.index, other: load, isHeuristic: isQueue };
  }

  /** The slots that a function touches by Atomics, and plainly in this view: `head` and `tail`, but not `slots[i]`. */
  #getConstantSlots(node: Node, view?: SharedView): Set<string> {
    const around = getRunningFunction(node, this.model);
    const plain = view ? this.#views.getPlainAccesses().filter((access) => access.view.key === view.key && getRunningFunction(access.node, this.model) === around) : [];
    const slots: Slot[] = [...this.#getAtomicsAround(node), ...plain].filter(({ index }) => unwrap(index).type !== "Identifier" || this.#isConstant(index));
    return new Set(slots.map((slot) => `${slot.view.key}[${this.#text(slot.index)}]`));
  }

  /** A compare-and-exchange of the slot in the same function: the loop that makes it one operation, or a lock. */
  #isExchanged(store: AtomicCall): boolean {
    return this.#getAtomicsAround(store.node).some((call) => call.operation === "compareExchange" || call.operation === "exchange");
  }

  #getAtomicsAround(node: Node): AtomicCall[] {
    const around = getRunningFunction(node, this.model);
    return this.#views.atomics.filter((call) => getRunningFunction(call.node, this.model) === around);
  }

  /** if (Atomics.load(v, i) === 0) { Atomics.store(v, i, 1); .. }, while (Atomics.load(v, i) !== 0) {} Atomics.store(v, i, 1); */
  #findCheck(store: AtomicCall): MemoryHazard | undefined {
    const statement = getUsage(store.node).parent;
    if (statement?.type !== "ExpressionStatement" || this.#isExchanged(store)) return undefined;
    const read = this.#findTest(statement, store);
    if (!read) return undefined;
    return { kind: "check-store", node: store.node, view: store.view, index: store.index, other: read, isHeuristic: !this.#isLock(store.node, store) };
  }

  *#findPlainCheck(assignment: TSESTree.AssignmentExpression, slot: Slot): Generator<MemoryHazard> {
    const statement = assignment.parent;
    if (statement.type !== "ExpressionStatement" || this.#getIndexKind(slot.index) !== "constant") return;
    const read = this.#findTest(statement, slot);
    if (read) yield { kind: "check-store", node: assignment, ...slot, other: read, isHeuristic: !this.#isLock(assignment, slot) };
  }

  /** The test of the slot that this statement follows at once. */
  #findTest(statement: Node, slot: Slot): Node | undefined {
    const block = statement.parent;
    if (block?.type === "IfStatement") return this.#findRead(block.test, slot);
    if (block?.type !== "BlockStatement" && block?.type !== "Program") return undefined;
    const at = (block.body as Node[]).indexOf(statement);
    const before = block.body[at - 1];
    if (before?.type === "WhileStatement" || before?.type === "DoWhileStatement") return this.#findRead(before.test, slot);
    // if (taken) return false; take
    if (before?.type === "IfStatement" && isWayOut(before.consequent)) return this.#findRead(before.test, slot);
    return at === 0 && block.parent?.type === "IfStatement" && block.parent.consequent === block ? this.#findRead(block.parent.test, slot) : undefined;
  }

  #isLock(node: Node, { index, view }: Slot): boolean {
    return LOCK_NAME.test(getRunningFunction(node, this.model)?.name ?? "") || LOCK_NAME.test(this.#text(index)) || LOCK_NAME.test(view.name);
  }

  /** const n = Atomics.load(v, i); Atomics.store(v, i, 0); what comes in between is lost. */
  #findSwap(store: AtomicCall): MemoryHazard | undefined {
    const statement = getUsage(store.node).parent;
    const block = statement?.parent;
    if (statement?.type !== "ExpressionStatement" || (block?.type !== "BlockStatement" && block?.type !== "Program")) return undefined;
    const before = block.body[(block.body as Node[]).indexOf(statement) - 1];
    const init = before?.type === "VariableDeclaration" && before.declarations.length === 1 ? before.declarations[0]!.init : null;
    const load = init ? unwrap(init) : undefined;
    if (!load || getAtomicOperation(load) !== "load" || !this.#isReadOf(load, store)) return undefined;
    const isContended = this.#views.atomics.some((call) => this.#isSameSlot(call, store) && ATOMIC_UPDATES.test(call.operation) && getRunningFunction(call.node, this.model) !== getRunningFunction(store.node, this.model));
    const hazard = this.#createPair("swap", store, load, store.value!);
    return hazard && { ...hazard, isHeuristic: hazard.isHeuristic || !isContended };
  }

  // ---- plain reads

  *#findPlainReads(): Generator<MemoryHazard> {
    for (const { node, view, index } of this.#views.getPlainAccesses()) {
      if (isWriteTarget(node) || !this.#isConstant(index)) continue;
      const slot = { view, index };
      const spin = findSpin(node);
      if (spin && !this.#isWrittenIn(spin, slot) && !this.#waitsIn(spin)) {
        yield { kind: "spin", node, ...slot, other: undefined, isHeuristic: false };
        continue;
      }
      const here = getRunningFunction(node, this.model);
      const write = this.#views.atomics.find((call) => ATOMIC_WRITES.test(call.operation) && this.#isSameSlot(call, slot) && getRunningFunction(call.node, this.model) !== here);
      if (write) yield { kind: "plain-read", node, ...slot, other: write.node, isHeuristic: !isDecision(node) || this.#isOrdered(node) };
    }
  }

  /** Reads after `Atomics.wait` or another atomic operation, or after workers have ended. */
  #isOrdered(node: Node): boolean {
    const here = getRunningFunction(node, this.model);
    const isEarlier = (other: Node): boolean => getRunningFunction(other, this.model) === here && isAfter(node, other);
    return this.#views.atomics.some((call) => isEarlier(call.node)) || (this.model.nodes.get("AwaitExpression") ?? []).some(isEarlier);
  }

  #isWrittenIn(loop: Node, slot: Slot): boolean {
    return this.#views.getPlainAccesses().some(({ node, view, index }) => isInside(node, loop) && isWriteTarget(node) && this.#isSameSlot({ view, index }, slot));
  }

  /** A loop that waits or calls something reads again each time. */
  #waitsIn(loop: Node): boolean {
    const isIn = (node: Node): boolean => isInside(node, loop);
    return (this.model.nodes.get("CallExpression") ?? []).some(isIn) || (this.model.nodes.get("AwaitExpression") ?? []).some(isIn);
  }

  // ---- several slots

  *#findPublishes(): Generator<MemoryHazard> {
    const stores = this.#views.getPlainAccesses().filter(({ node, index }) => isStoreStatement(node) && this.#isConstant(index));
    for (const store of stores) {
      const statement = store.node.parent.parent!;
      const block = statement.parent;
      if (block?.type !== "BlockStatement" || stores.some((other) => other !== store && isJustBefore(other.node.parent.parent!, statement))) continue;
      const group = collectGroup(store, stores);
      if (new Set(group.map(({ index }) => this.#text(index))).size < 2) continue;
      const last = group.at(-1)!;
      if (this.#isPublished(last.node)) continue;
      const reader = this.#findReader(group);
      yield { kind: "publish", node: last.node.parent, view: store.view, index: last.index, other: reader, isHeuristic: reader === undefined };
    }
  }

  /** An atomic operation or a message after the writes tells the reader when they are all there. */
  #isPublished(node: Node): boolean {
    const here = getRunningFunction(node, this.model);
    const isHere = (other: Node): boolean => getRunningFunction(other, this.model) === here;
    return this.#views.atomics.some((call) => isHere(call.node)) || findPosts(this.model).some((post) => isHere(post.node));
  }

  #findReader(group: readonly { readonly node: Node; readonly view: SharedView; readonly index: Node }[]): Node | undefined {
    const writer = getRunningFunction(group[0]!.node, this.model);
    const reads = this.#views.getPlainAccesses().filter(({ node }) => !isWriteTarget(node) && getRunningFunction(node, this.model) !== writer);
    const found = new Map<FunctionInfo | undefined, Set<string>>();
    for (const read of reads) {
      if (!group.some((store) => this.#isSameSlot(store, read)) || this.#getAtomicsAround(read.node).length > 0) continue;
      const here = getRunningFunction(read.node, this.model);
      const slots = found.get(here) ?? new Set();
      found.set(here, slots.add(this.#text(read.index)));
      if (slots.size > 1) return read.node;
    }
    return undefined;
  }

  // ---- slots and locks

  #getPlainSlot(target: Node): Slot | undefined {
    const node = unwrap(target);
    const view = node.type === "MemberExpression" && node.computed ? this.#views.get(node.object) : undefined;
    return view && { view, index: (node as TSESTree.MemberExpression).property };
  }

  #reads(expression: Node, slot: Slot): boolean {
    return this.#findRead(expression, slot) !== undefined;
  }

  /** The read of a slot within an expression, plain or atomic. */
  #findRead(expression: Node, slot: Slot): Node | undefined {
    const node = unwrap(expression);
    if (this.#isReadOf(node, slot)) return node;
    if (isFunction(node)) return undefined;
    for (const child of getChildren(node, this.model.sourceCode)) {
      const found = this.#findRead(child, slot);
      if (found) return found;
    }
    return undefined;
  }

  #isReadOf(node: Node, slot: Slot): boolean {
    if (node.type === "CallExpression" && getAtomicOperation(node) === "load") {
      const [target, index] = node.arguments;
      const view = target && this.#views.get(target);
      return view !== undefined && index !== undefined && this.#isSameSlot({ view, index }, slot);
    }
    const field = this.#views.getFieldCall(node);
    if (field) return field.operation === "get" && this.#isSameSlot(field, slot);
    const plain = this.#getPlainSlot(node);
    return plain !== undefined && this.#isSameSlot(plain, slot);
  }

  #isSameSlot(a: Slot, b: Slot): boolean {
    return a.view.key === b.view.key && this.#text(a.index) === this.#text(b.index);
  }

  #text(node: Node): string {
    return this.model.sourceCode.getText(node as never).replace(/\s+/g, " ");
  }

  /** In a section of a lock: one is taken before, in this function, by whoever runs this callback, or by all callers. */
  #isGuarded(node: Node, depth: number): boolean {
    const here = getRunningFunction(node, this.model);
    const isLocking = (call: Node): boolean => {
      const operation = getAtomicOperation(call);
      if (operation !== undefined) return operation === "compareExchange" || operation === "exchange" || /^wait/.test(operation);
      return LOCK.test(this.#text((call as TSESTree.CallExpression).callee)) || LOCK.test(getCalleeName(call as TSESTree.CallExpression) ?? "");
    };
    const calls = this.model.nodes.get("CallExpression") ?? [];
    if (calls.some((call) => getRunningFunction(call, this.model) === here && call.range[1] <= node.range[0] && isLocking(call))) return true;
    if (!here || depth > 2) return false;
    const outer = here.node.parent as Node | undefined;
    if (outer?.type === "CallExpression" && outer.callee !== here.node && isLocking(outer)) return true;
    return here.calls.length > 0 && here.mentions.length === 0 && here.calls.every((call) => this.#isGuarded(call, depth + 1));
  }
}

/** IB_WRITE_INDEX, writeIndex: ib, write, index */
function getWords(text: string): string[] {
  return text.replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z]+/);
}

function isWayOut(statement: Node): boolean {
  const last = statement.type === "BlockStatement" ? statement.body.at(-1) : statement;
  return last?.type === "ReturnStatement" || last?.type === "ThrowStatement" || last?.type === "ContinueStatement" || last?.type === "BreakStatement";
}

function isWriteTarget(node: Node): boolean {
  const { node: outer, parent } = getUsage(node);
  return (parent?.type === "AssignmentExpression" && parent.left === outer) || parent?.type === "UpdateExpression";
}

/** view[i] = value; */
function isStoreStatement(node: Node): boolean {
  const parent = node.parent;
  return parent?.type === "AssignmentExpression" && parent.operator === "=" && parent.left === node && parent.parent.type === "ExpressionStatement";
}

function isJustBefore(a: Node, b: Node): boolean {
  const block = b.parent;
  if (block?.type !== "BlockStatement" || a.parent !== block) return false;
  const body = block.body as Node[];
  return body.indexOf(a) === body.indexOf(b) - 1;
}

interface PlainStore {
  readonly node: TSESTree.MemberExpression;
  readonly view: SharedView;
  readonly index: Node;
}

function collectGroup(first: PlainStore, stores: readonly PlainStore[]): PlainStore[] {
  const group = [first];
  for (;;) {
    const last = group.at(-1)!;
    const next = stores.find((store) => store.view.key === first.view.key && isJustBefore(last.node.parent.parent!, store.node.parent.parent!));
    if (!next) return group;
    group.push(next);
  }
}

/** The loop whose test a read is a part of. */
function findSpin(node: Node): Node | undefined {
  const loop = findAncestor(node, (at) => at.type === "WhileStatement" || at.type === "DoWhileStatement" || isFunction(at));
  return (loop?.type === "WhileStatement" || loop?.type === "DoWhileStatement") && isInside(node, loop.test) ? loop : undefined;
}

/** A read on which it depends what runs next. */
function isDecision(node: Node): boolean {
  const at = findAncestor(node, (parent) => /Statement$/.test(parent.type) || isFunction(parent) || parent.type === "ConditionalExpression" || parent.type === "CallExpression");
  if (at?.type === "ConditionalExpression" || at?.type === "IfStatement" || at?.type === "WhileStatement" || at?.type === "DoWhileStatement") return isInside(node, at.test);
  return at?.type === "SwitchStatement";
}
