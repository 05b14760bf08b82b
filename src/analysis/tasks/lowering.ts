import type { TSESTree } from "@typescript-eslint/types";
import { type Access, findAccess, findWriteAccess, isWrite, type ReadOperation } from "../maps/accesses.js";
import { type FunctionNode, type Node, type Variable, getCalleeName, getChildren, getPropertyName, getUsage, isClass, isFunction, isInside, unwrap } from "../code/ast.js";
import { type Dependence, type Edge, type EdgeKind, type Graph, type GraphEvent, type GraphNode, type LockReference, type Name, NO_VALUE, type Strength, type SuspendReason, type Value } from "./graph.js";
import { findMapOfIteration } from "./consequence.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { EVERY_KEY, getKeyTerm, getPropertyTerm, type KeyTerm } from "../maps/keys.js";
import { findLockCall, isPrivateLock, type LockCall } from "../locks/locks.js";
import { type FileModel, type FunctionInfo, isNeverReassigned } from "../code/model.js";
import type { Settings } from "../settings.js";
import { findIteration, type Summaries } from "../maps/summaries.js";
import { getChainOutcome, getTiming, isAwaitedOrReturned, isConcurrentRunner } from "../code/suspension.js";

/** How many events one graph may hold before following stops, and before lowering itself does. */
const BUDGET = 700;
const LIMIT = 5000;
/** How many events all graphs of a file may hold before following stops. */
export const FILE_BUDGET = 12_000;
const MAX_DEPTH = 4;

export interface LoweringContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly settings: Settings;
  /** What is left of the file's budget. */
  readonly budget?: { left: number };
}

/** Turns a function, with the helpers and callbacks that it runs, into a graph of events. */
export function lower(root: FunctionInfo, context: LoweringContext): { graph: Graph; followed: ReadonlySet<FunctionInfo> } {
  const lowering = new Lowering(root, context);
  return { graph: lowering.run(), followed: lowering.followed };
}

/** An edge that waits for its target. */
interface Pending {
  readonly from: number;
  readonly kind: EdgeKind;
  readonly since?: number;
}

type Outlet =
  | { readonly kind: "loop" | "switch" | "label"; readonly label: string | undefined; readonly breaks: Pending[]; readonly continues: Pending[] }
  | { readonly kind: "function"; readonly info: FunctionInfo; readonly name: Name; readonly returns: Pending[] }
  | { readonly kind: "finally"; readonly run: () => void };

interface Detached {
  /** Its first node. */
  readonly start: number;
  suspended: boolean;
  readonly captured: Pending[];
}

interface BoundFunction {
  readonly node: Node;
  readonly frame: Frame;
}

/** What the parameters of a followed function stand for. */
/** Literals as key terms write them. */
const FALSY: ReadonlySet<string> = new Set(['""', "0", "false", "null", "undefined"]);

interface Frame {
  readonly terms: Map<Variable, KeyTerm>;
  readonly functions: Map<Variable, BoundFunction>;
}

interface Entry {
  readonly map: MapEntity;
  readonly key: KeyTerm;
}

class Lowering {
  readonly followed = new Set<FunctionInfo>();
  readonly #nodes: GraphNode[] = [];
  #frontier: Pending[] = [];
  #throws: Pending[] = [];
  readonly #outlets: Outlet[] = [];
  readonly #detached: Detached[] = [];
  #frame: Frame = { terms: new Map(), functions: new Map() };
  #stack: readonly FunctionInfo[];
  #calls: readonly Node[] = [];
  readonly #skipped = new Set<FunctionInfo>();
  /** The ways out of the optional chains around: `a?.b(c)`. */
  readonly #shortcuts: Pending[][] = [];
  readonly #handles = new Map<Variable, LockReference>();
  readonly #entries = new Map<Variable, Entry | undefined>();
  #depth = 0;

  constructor(
    private readonly root: FunctionInfo,
    private readonly context: LoweringContext,
  ) {
    this.#stack = [root];
    this.followed.add(root);
  }

  run(): Graph {
    this.#emit({ type: "enter", node: this.root.node });
    const value = this.#lowerBody(this.root, { returns: this.root, at: this.root.node });
    this.#emit({ type: "exit", how: "return", value, node: this.root.node });
    this.#frontier = this.#throws;
    if (this.#frontier.length > 0) this.#emit({ type: "exit", how: "throw", value: NO_VALUE, node: this.root.node });
    return { root: this.root, nodes: this.#nodes, isComplete: this.#skipped.size === 0, skipped: this.#skipped };
  }

  // ---- nodes and edges

  #emit(event: GraphEvent): number {
    const id = this.#nodes.length;
    if (this.context.budget) this.context.budget.left--;
    this.#nodes.push({ id, event, edges: [], stack: this.#stack, calls: this.#calls });
    this.#link(this.#frontier, id);
    this.#frontier = [{ from: id, kind: "next" }];
    return id;
  }

  #link(pendings: readonly Pending[], to: number): void {
    for (const { from, kind, since } of pendings) {
      const edges: Edge[] = this.#nodes[from]!.edges;
      if (edges.length === 0 || !edges.some((edge) => edge.to === to && edge.kind === kind)) edges.push(since === undefined ? { to, kind } : { to, kind, since });
    }
  }

  /** What runs from here on is not reached. */
  #stop(): void {
    this.#frontier = [];
  }

  #mayThrow(id: number): void {
    this.#throws.push({ from: id, kind: "throw" });
  }

  #suspend(reason: SuspendReason, node: Node, value: Value): number {
    const task = this.#detached.at(-1);
    if (task && !task.suspended) {
      const { start } = task;
      // load().catch(f): what was left before the suspension in load() was left before this one.
      task.captured.push(...this.#findUnsuspended(this.#frontier, start).map((pending) => ({ ...pending, since: Math.min(pending.since ?? start, start) })));
      task.suspended = true;
    }
    return this.#emit({ type: "suspend", reason, node, value });
  }

  // ---- functions

  #lowerBody(info: FunctionInfo, name: Name): Value {
    const outlet: Outlet = { kind: "function", info, name, returns: [] };
    this.#outlets.push(outlet);
    this.#lowerParameters(info.node);
    if (info.node.body.type === "BlockStatement") this.#lowerStatements(info.node.body.body);
    else this.#return(info.node.body, info.node.body);
    this.#outlets.pop();
    this.#frontier = [...this.#frontier, ...outlet.returns];
    return { dependences: [{ source: name, strength: "copy" }], node: undefined };
  }

  #lowerParameters(node: FunctionNode): void {
    for (const parameter of node.params) {
      if (parameter.type === "AssignmentPattern") this.#lowerBranchless(() => this.#lowerExpression(parameter.right));
    }
  }

  /** A part that runs or not, without a test of interest. */
  #lowerBranchless(run: () => void): void {
    const before = this.#frontier;
    run();
    if (this.#frontier !== before) this.#frontier = [...before, ...this.#frontier];
  }

  /** Follows into a function of this file: its events appear here, its parameters are the arguments. */
  #follow(info: FunctionInfo, args: readonly { readonly node: Node | undefined; readonly value: Value }[], at: Node, frame: Frame): Value | undefined {
    const isSpent = this.#nodes.length > BUDGET || (this.context.budget?.left ?? 0) < 0;
    if (isSpent) this.#skipped.add(info);
    if (isSpent || this.#depth >= MAX_DEPTH || this.#stack.includes(info)) return undefined;
    this.followed.add(info);
    const inner: Frame = { terms: new Map(frame.terms), functions: new Map(frame.functions) };
    const callerFrame = this.#frame;
    info.node.params.forEach((parameter, index) => {
      const argument = args[index];
      const target = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
      if (target.type !== "Identifier") {
        if (argument?.node && target.type === "ObjectPattern") this.#bindProperties(target, argument.node, callerFrame, inner);
        if (argument) this.#assignPattern(target, derive(argument.value), argument.node);
        return;
      }
      const variable = this.context.model.getVariable(target);
      if (!variable || !argument) return;
      if (argument.node) {
        const resolved = unwrap(argument.node);
        const bound = this.#findBoundFunction(resolved, callerFrame);
        if (bound) inner.functions.set(variable, bound);
        // load({ id }): the object is new, what is in it is not.
        else if (isNeverReassigned(variable) && resolved.type !== "ObjectExpression" && resolved.type !== "ArrayExpression") inner.terms.set(variable, getKeyTerm(argument.node, this.context.model, callerFrame.terms));
      }
      this.#emit({ type: "assign", name: variable, value: argument.value, node: target });
    });
    const before = this.#stack;
    const callsBefore = this.#calls;
    this.#frame = inner;
    this.#stack = [...before, info];
    this.#calls = [...callsBefore, at];
    this.#depth++;
    const value = this.#lowerBody(info, { returns: info, at });
    this.#depth--;
    this.#stack = before;
    this.#calls = callsBefore;
    this.#frame = callerFrame;
    return value;
  }

  /** open({ name }), called as open(config) or open({ name: k }): name stands for config.name, or k. */
  #bindProperties(pattern: TSESTree.ObjectPattern, argument: Node, caller: Frame, inner: Frame): void {
    const given = unwrap(argument);
    if (given.type !== "Identifier" && given.type !== "MemberExpression" && given.type !== "ObjectExpression") return;
    for (const property of pattern.properties) {
      const variable = property.type === "Property" ? this.context.model.getVariable(property.value) : undefined;
      const name = property.type === "Property" && !property.computed && property.key.type === "Identifier" ? property.key.name : undefined;
      if (variable && name !== undefined && isNeverReassigned(variable)) inner.terms.set(variable, getPropertyTerm(given, name, this.context.model, caller.terms));
    }
  }

  #findBoundFunction(node: Node, frame: Frame): BoundFunction | undefined {
    if (isFunction(node)) return { node, frame };
    const variable = this.context.model.getVariable(node);
    const bound = variable && frame.functions.get(variable);
    if (bound) return bound;
    const info = this.context.model.getFunctionValue(node);
    return info && { node: info.node, frame };
  }

  /** A part of the program that goes on beside this task: `load().then(f)`, `setTimeout(f)`, `refresh()` without `await`. */
  #detach(run: () => void): void {
    const before = this.#frontier;
    const start = this.#nodes.length;
    const task: Detached = { start, suspended: false, captured: [] };
    const outerThrows = this.#throws;
    this.#throws = [];
    this.#detached.push(task);
    run();
    this.#detached.pop();
    const end = [...this.#frontier, ...this.#throws];
    // Suspended on some way only, while (queue.length) await ..: what follows the loop runs beside this task too.
    const hasSuspended = task.captured.length > 0;
    const over = hasSuspended ? this.#findUnsuspended(end, start).filter(({ from }) => from >= start) : [];
    const after = hasSuspended ? [...task.captured, ...over] : end;
    if (hasSuspended && end.length > over.length) {
      this.#frontier = end.filter((pending) => !over.includes(pending));
      this.#emit({ type: "exit", how: "end", value: NO_VALUE, node: this.root.node });
    }
    this.#throws = outerThrows;
    this.#frontier = after.length > 0 ? [...after] : before;
  }

  /** if (m.has(k)) return: the ways that no suspension since the start leads to. Whoever called goes on from there as well. */
  #findUnsuspended(ends: readonly Pending[], start: number): Pending[] {
    const isResumed = new Uint8Array(this.#nodes.length);
    const stack: number[] = [];
    for (let id = start; id < this.#nodes.length; id++) if (this.#nodes[id]!.event.type === "suspend") stack.push(id);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (isResumed[id]) continue;
      isResumed[id] = 1;
      for (const { to } of this.#nodes[id]!.edges) stack.push(to);
    }
    return ends.filter(({ from }) => !isResumed[from]);
  }

  // ---- statements

  #lowerStatements(statements: readonly Node[]): void {
    const index = statements.findIndex(isUsing);
    const using = statements[index];
    for (const statement of index < 0 ? statements : statements.slice(0, index)) this.#lowerStatement(statement);
    if (!using || !isUsing(using)) return;
    const dispose = this.#lowerUsing(using);
    this.#lowerFinally(() => this.#lowerStatements(statements.slice(index + 1)), dispose, using);
  }

  /** using held = ..; await using held = ..: gives what happens at the closing brace. */
  #lowerUsing(statement: TSESTree.VariableDeclaration): () => void {
    this.#lowerVariables(statement);
    const locks = statement.declarations.flatMap((declarator) => {
      const variable = declarator.id.type === "Identifier" ? this.context.model.getVariable(declarator.id) : undefined;
      const lock = variable && this.#handles.get(variable);
      return lock ? [lock] : [];
    });
    return () => {
      for (const lock of locks) this.#emit({ type: "unlock", lock, node: statement });
      if (statement.kind === "await using") this.#suspend("await using", statement, NO_VALUE);
    };
  }

  #lowerStatement(node: Node): void {
    if (this.#frontier.length === 0) return;
    // Nested finally blocks multiply.
    if (this.#nodes.length > LIMIT) {
      this.#skipped.add(this.root);
      return;
    }
    switch (node.type) {
      case "BlockStatement":
        return this.#lowerStatements(node.body);
      case "ExpressionStatement":
        this.#lowerExpression(node.expression);
        return;
      case "VariableDeclaration":
        return this.#lowerVariables(node);
      case "IfStatement":
        return this.#lowerIf(node);
      case "ReturnStatement":
        return this.#return(node.argument, node);
      case "ThrowStatement":
        return this.#throw(node);
      case "TryStatement":
        return this.#lowerTry(node);
      case "WhileStatement":
      case "DoWhileStatement":
      case "ForStatement":
        return this.#lowerLoop(node, undefined);
      case "ForOfStatement":
      case "ForInStatement":
        return this.#lowerForEach(node, undefined);
      case "LabeledStatement":
        return this.#lowerLabeled(node);
      case "SwitchStatement":
        return this.#lowerSwitch(node);
      case "BreakStatement":
        return this.#jump(node.label?.name, "breaks");
      case "ContinueStatement":
        return this.#jump(node.label?.name, "continues");
      case "FunctionDeclaration":
      case "ClassDeclaration":
      case "EmptyStatement":
      case "TSInterfaceDeclaration":
      case "TSTypeAliasDeclaration":
        return;
      default:
        this.#lowerChildren(node);
    }
  }

  #lowerVariables(statement: TSESTree.VariableDeclaration): void {
    for (const declarator of statement.declarations) {
      if (!declarator.init) continue;
      this.#reserveForVariable(declarator);
      const value = this.#lowerExpression(declarator.init);
      this.#assignPattern(declarator.id, value, declarator.init);
    }
  }

  #assignPattern(target: Node, value: Value, source: Node | undefined): void {
    switch (target.type) {
      case "Identifier": {
        const variable = this.context.model.getVariable(target);
        if (!variable) return;
        this.#rememberHandle(variable, source);
        this.#emit({ type: "assign", name: variable, value, node: target });
        return;
      }
      case "AssignmentPattern":
        return this.#assignPattern(target.left, value, undefined);
      case "ArrayPattern":
        for (const element of target.elements) if (element) this.#assignPattern(element, derive(value), source);
        return;
      case "RestElement":
        return this.#assignPattern(target.argument, derive(value), undefined);
      case "ObjectPattern": {
        const entry = source && this.#findEntry(source);
        for (const property of target.properties) {
          if (property.type === "RestElement") this.#assignPattern(property.argument, derive(value), undefined);
          else if (entry && property.key.type === "Identifier" && !property.computed) {
            const read = this.#emitRead(entry.map, "get", entry.key, property, property.key.name);
            this.#assignPattern(property.value, read, undefined);
          } else this.#assignPattern(property.value, derive(value), undefined);
        }
        return;
      }
      default:
        return;
    }
  }

  #lowerIf(node: TSESTree.IfStatement): void {
    const { yes, no } = this.#lowerCondition(node.test);
    const flag = this.#getSuspended();
    this.#frontier = yes;
    this.#lowerStatement(node.consequent);
    const afterYes = this.#frontier;
    const flagYes = this.#getSuspended();
    this.#setSuspended(flag);
    this.#frontier = no;
    if (node.alternate) this.#lowerStatement(node.alternate);
    this.#setSuspended((flagYes || afterYes.length === 0) && (this.#getSuspended() || this.#frontier.length === 0));
    this.#frontier = [...afterYes, ...this.#frontier];
  }

  #getSuspended(): boolean {
    return this.#detached.at(-1)?.suspended ?? false;
  }

  #setSuspended(value: boolean): void {
    const task = this.#detached.at(-1);
    if (task) task.suspended = value;
  }

  #return(argument: Node | null | undefined, node: Node): void {
    const value = argument ? this.#lowerExpression(argument) : NO_VALUE;
    for (let index = this.#outlets.length - 1; index >= 0; index--) {
      const outlet = this.#outlets[index]!;
      if (outlet.kind === "finally") this.#runFinally(outlet.run, index);
      if (outlet.kind !== "function") continue;
      if (this.#frontier.length > 0) {
        const id = this.#emit({ type: "assign", name: outlet.name, value, node });
        outlet.returns.push({ from: id, kind: "next" });
      }
      return this.#stop();
    }
    this.#stop();
  }

  #runFinally(run: () => void, index: number): void {
    if (this.#frontier.length === 0) return;
    const rest = this.#outlets.splice(index);
    run();
    this.#outlets.push(...rest);
  }

  #throw(node: TSESTree.ThrowStatement): void {
    this.#lowerExpression(node.argument);
    const id = this.#emit({ type: "call", name: "throw", node, value: NO_VALUE });
    // An explicit throw is a way out like any other, not an exception that may happen.
    this.#throws.push({ from: id, kind: "next" });
    this.#stop();
  }

  #lowerTry(node: TSESTree.TryStatement): void {
    const { finalizer } = node;
    if (finalizer) this.#lowerFinally(() => this.#lowerCatch(node), () => this.#lowerStatements(finalizer.body), finalizer);
    else this.#lowerCatch(node);
  }

  #lowerCatch(node: TSESTree.TryStatement): void {
    const outerThrows = this.#throws;
    this.#throws = [];
    const flag = this.#getSuspended();
    this.#lowerStatements(node.block.body);
    let normal = this.#frontier;
    if (node.handler) {
      const thrown = this.#throws;
      this.#throws = [];
      this.#frontier = thrown;
      const flagTry = this.#getSuspended();
      this.#setSuspended(flag);
      if (thrown.length > 0) this.#lowerStatements(node.handler.body.body);
      this.#setSuspended(flagTry);
      normal = [...normal, ...this.#frontier];
    }
    outerThrows.push(...this.#throws);
    this.#throws = outerThrows;
    this.#frontier = normal;
  }

  /** Runs something, and on every way out of it something else. */
  #lowerFinally(run: () => void, finish: () => void, node: Node): void {
    const outerThrows = this.#throws;
    this.#throws = [];
    this.#outlets.push({ kind: "finally", run: finish });
    run();
    this.#outlets.pop();
    const normal = this.#frontier;
    const escaping = this.#throws;
    this.#throws = outerThrows;
    this.#frontier = escaping;
    if (escaping.length > 0) finish();
    if (this.#frontier === escaping) this.#throws.push(...escaping);
    else if (this.#frontier.length > 0) this.#throws.push({ from: this.#emit({ type: "join", node }), kind: "next" });
    this.#frontier = normal;
    if (normal.length > 0) finish();
  }

  #lowerLabeled(node: TSESTree.LabeledStatement): void {
    const label = node.label.name;
    switch (node.body.type) {
      case "WhileStatement":
      case "DoWhileStatement":
      case "ForStatement":
        return this.#lowerLoop(node.body, label);
      case "ForOfStatement":
      case "ForInStatement":
        return this.#lowerForEach(node.body, label);
      default: {
        const outlet: Outlet = { kind: "label", label, breaks: [], continues: [] };
        this.#outlets.push(outlet);
        this.#lowerStatement(node.body);
        this.#outlets.pop();
        this.#frontier = [...this.#frontier, ...outlet.breaks];
      }
    }
  }

  #lowerLoop(node: TSESTree.WhileStatement | TSESTree.DoWhileStatement | TSESTree.ForStatement, label: string | undefined): void {
    if (node.type === "ForStatement" && node.init) {
      if (node.init.type === "VariableDeclaration") this.#lowerVariables(node.init);
      else this.#lowerExpression(node.init);
    }
    const outlet: Outlet = { kind: "loop", label, breaks: [], continues: [] };
    const head = this.#emit({ type: "loop", node });
    const flag = this.#getSuspended();
    let exits: Pending[] = [];
    const test = (): void => {
      if (!node.test || isAlwaysTrue(node.test)) return;
      const { yes, no } = this.#lowerCondition(node.test);
      exits = no;
      this.#frontier = yes;
    };
    if (node.type !== "DoWhileStatement") test();
    this.#outlets.push(outlet);
    this.#lowerStatement(node.body);
    this.#outlets.pop();
    this.#frontier = [...this.#frontier, ...outlet.continues];
    if (node.type === "ForStatement" && node.update && this.#frontier.length > 0) this.#lowerExpression(node.update);
    if (node.type === "DoWhileStatement" && this.#frontier.length > 0) test();
    this.#link(this.#frontier, head);
    if (node.type !== "DoWhileStatement") this.#setSuspended(flag);
    this.#frontier = [...exits, ...outlet.breaks];
  }

  #lowerForEach(node: TSESTree.ForOfStatement | TSESTree.ForInStatement, label: string | undefined): void {
    const value = this.#lowerIterated(node.right);
    const head = this.#emit({ type: "loop", node });
    const flag = this.#getSuspended();
    if (node.type === "ForOfStatement" && node.await) this.#mayThrow(this.#suspend("for await", node, value));
    const branch = this.#emit({ type: "branch", test: NO_VALUE, node });
    this.#frontier = [{ from: branch, kind: "true" }];
    const target = node.left.type === "VariableDeclaration" ? node.left.declarations[0]?.id : node.left;
    if (target) this.#assignPattern(target, derive(value), undefined);
    const outlet: Outlet = { kind: "loop", label, breaks: [], continues: [] };
    this.#outlets.push(outlet);
    this.#lowerStatement(node.body);
    this.#outlets.pop();
    this.#link([...this.#frontier, ...outlet.continues], head);
    this.#setSuspended(flag);
    this.#frontier = [{ from: branch, kind: "false" }, ...outlet.breaks];
  }

  /** The right side of a loop, of a spread, of Array.from: a map by itself is read whole. */
  #lowerIterated(node: Node): Value {
    const iteration = findIteration(node, this.context.inventory);
    if (!iteration) return this.#lowerExpression(node);
    return this.#emitRead(iteration.map, "iterate", EVERY_KEY, node, undefined);
  }

  #lowerSwitch(node: TSESTree.SwitchStatement): void {
    const value = this.#lowerExpression(node.discriminant);
    const outlet: Outlet = { kind: "switch", label: undefined, breaks: [], continues: [] };
    this.#outlets.push(outlet);
    let falling: Pending[] = [];
    let untested = this.#frontier;
    let hasDefault = false;
    for (const clause of node.cases) {
      this.#frontier = untested;
      let entering: Pending[];
      if (clause.test) {
        const test = this.#lowerExpression(clause.test);
        const branch = this.#emit({ type: "branch", test: join(clause.test, value, test), node: clause });
        entering = [{ from: branch, kind: "true" }];
        untested = [{ from: branch, kind: "false" }];
      } else {
        hasDefault = true;
        entering = untested;
      }
      this.#frontier = [...entering, ...falling];
      this.#lowerStatements(clause.consequent);
      falling = this.#frontier;
    }
    this.#outlets.pop();
    this.#frontier = [...falling, ...outlet.breaks, ...(hasDefault ? [] : untested)];
  }

  #jump(label: string | undefined, how: "breaks" | "continues"): void {
    for (let index = this.#outlets.length - 1; index >= 0; index--) {
      const outlet = this.#outlets[index]!;
      if (outlet.kind === "finally") this.#runFinally(outlet.run, index);
      if (outlet.kind === "function") break;
      if (outlet.kind === "finally") continue;
      const isTarget = label !== undefined ? outlet.label === label : outlet.kind === "loop" || (how === "breaks" && outlet.kind === "switch");
      if (!isTarget) continue;
      outlet[how].push(...this.#frontier);
      break;
    }
    this.#stop();
  }

  // ---- conditions

  #lowerCondition(test: Node): { yes: Pending[]; no: Pending[] } {
    const node = unwrap(test);
    if (node.type === "UnaryExpression" && node.operator === "!") {
      const { yes, no } = this.#lowerCondition(node.argument);
      return { yes: no, no: yes };
    }
    if (node.type === "LogicalExpression" && node.operator !== "??") {
      const left = this.#lowerCondition(node.left);
      const isAnd = node.operator === "&&";
      this.#frontier = isAnd ? left.yes : left.no;
      const right = this.#lowerCondition(node.right);
      return isAnd ? { yes: right.yes, no: [...left.no, ...right.no] } : { yes: [...left.yes, ...right.yes], no: right.no };
    }
    const known = this.#getKnownOutcome(node);
    if (known !== undefined) return known ? { yes: this.#frontier, no: [] } : { yes: [], no: this.#frontier };
    const value = this.#lowerExpression(node);
    const branch = this.#emit({ type: "branch", test: value, node });
    return { yes: [{ from: branch, kind: "true" }], no: [{ from: branch, kind: "false" }] };
  }

  /** function mark(k, isBusy) { if (isBusy) m.add(k); else m.delete(k); }, followed from mark(k, true) */
  #getKnownOutcome(test: Node): boolean | undefined {
    if (test.type === "BinaryExpression" && /^[!=]==?$/.test(test.operator)) {
      const [left, right] = [test.left, test.right].map((side) => this.#getConstant(unwrap(side)));
      if (left === undefined || right === undefined) return undefined;
      return (left === right) === test.operator.startsWith("=");
    }
    if (test.type !== "Identifier") return undefined;
    const constant = this.#getConstant(test);
    return constant === undefined ? undefined : !FALSY.has(constant);
  }

  /** The literal that stands for a parameter in this call, or a literal itself. */
  #getConstant(node: Node): string | undefined {
    const variable = node.type === "Identifier" ? this.context.model.getVariable(node) : undefined;
    const term = variable ? this.#frame.terms.get(variable) : node.type === "Literal" ? getKeyTerm(node, this.context.model, this.#frame.terms) : undefined;
    return term?.kind === "literal" ? term.text : undefined;
  }

  // ---- expressions

  #lowerExpression(expression: Node): Value {
    const node = unwrap(expression);
    return node.parent?.type === "ChainExpression" ? this.#lowerChainExpression(node) : this.#lowerPlainExpression(node);
  }

  /** a?.b(c): nothing behind a `?.` runs if there is nothing before it. */
  #lowerChainExpression(node: Node): Value {
    const shortcuts: Pending[] = [];
    const flag = this.#getSuspended();
    this.#shortcuts.push(shortcuts);
    const value = this.#lowerPlainExpression(node);
    this.#shortcuts.pop();
    if (shortcuts.length > 0) this.#setSuspended(flag);
    this.#frontier = [...this.#frontier, ...shortcuts];
    return value;
  }

  /** The `?.` of a member or call, after what stands before it. */
  #lowerOptional(node: TSESTree.MemberExpression | TSESTree.CallExpression, test: Value): void {
    if (!node.optional) return;
    const branch = this.#emit({ type: "branch", test, node: node.type === "CallExpression" ? node.callee : node.object });
    this.#shortcuts.at(-1)?.push({ from: branch, kind: "false" });
    this.#frontier = [{ from: branch, kind: "true" }];
  }

  #lowerPlainExpression(node: Node): Value {
    if (isFunction(node) || isClass(node)) return { dependences: [], node };
    switch (node.type) {
      case "Literal":
      case "ThisExpression":
      case "Super":
      case "MetaProperty":
      case "ImportExpression":
        return { dependences: [], node };
      case "Identifier":
        return this.#lowerIdentifier(node);
      case "MemberExpression":
        return this.#lowerMember(node);
      case "CallExpression":
        return this.#lowerCall(node);
      case "NewExpression":
        return this.#lowerNew(node);
      case "AwaitExpression":
        return this.#lowerAwait(node);
      case "YieldExpression":
        return this.#lowerYield(node);
      case "AssignmentExpression":
        return this.#lowerAssignment(node);
      case "UpdateExpression":
        return this.#lowerUpdate(node);
      case "UnaryExpression":
        return this.#lowerUnary(node);
      case "BinaryExpression":
        return this.#lowerBinary(node);
      case "LogicalExpression":
        return this.#lowerLogical(node);
      case "ConditionalExpression":
        return this.#lowerConditional(node);
      case "SequenceExpression":
        return node.expressions.reduce<Value>((_, item) => this.#lowerExpression(item), NO_VALUE);
      case "SpreadElement":
        return derive(this.#lowerIterated(node.argument));
      default:
        return this.#lowerChildren(node);
    }
  }

  /** A node of no interest, or an unknown one: its parts, in order. */
  #lowerChildren(node: Node): Value {
    const values: Value[] = [];
    for (const child of getChildren(node, this.context.model.sourceCode)) {
      if (isTypeNode(child)) continue;
      if (isStatement(child)) this.#lowerStatement(child);
      else values.push(this.#lowerExpression(child.type === "Property" ? child.value : child));
    }
    return derive(join(node, ...values));
  }

  #lowerIdentifier(node: TSESTree.Identifier): Value {
    const slot = this.context.inventory.resolveSlot(node);
    if (slot) return this.#emitRead(slot, "get", EVERY_SLOT_KEY, node, undefined);
    const variable = this.context.model.getVariable(node);
    return { dependences: variable ? [{ source: variable, strength: "copy" }] : [], node };
  }

  #lowerMember(node: TSESTree.MemberExpression): Value {
    const access = findAccess(node, this.context.inventory);
    if (access) {
      this.#lowerReceiver(node.object);
      this.#lowerOptional(node, NO_VALUE);
      const key = node.computed ? this.#lowerExpression(node.property) : NO_VALUE;
      const read = this.#emitRead(access.map, access.operation as ReadOperation, this.#getKey(access), node, undefined);
      return join(node, read, weaken(key));
    }
    const entry = this.#findEntry(node.object);
    const name = getPropertyName(node);
    if (entry && name !== undefined) {
      // m.get(k).x looks the entry up right here.
      const looked = unwrap(node.object).type === "Identifier" ? NO_VALUE : this.#lowerExpression(node.object);
      if (node.optional) this.#lowerOptional(node, unwrap(node.object).type === "Identifier" ? this.#lowerExpression(node.object) : looked);
      return join(node, this.#emitRead(entry.map, "get", entry.key, node, name), derive(looked));
    }
    const slot = this.context.inventory.resolveSlot(node);
    if (slot) return this.#emitRead(slot, "get", EVERY_SLOT_KEY, node, undefined);
    const object = this.#lowerExpression(node.object);
    this.#lowerOptional(node, object);
    const property = node.computed ? this.#lowerExpression(node.property) : NO_VALUE;
    return derive(join(node, object, property));
  }

  /** `this.rooms.get(id)` in `this.rooms.get(id).add(x)` is a read of its own; a plain name is none. */
  #lowerReceiver(object: Node): Value {
    const node = unwrap(object);
    const isName = node.type === "Identifier" || node.type === "ThisExpression" || (node.type === "MemberExpression" && !node.computed);
    return isName ? NO_VALUE : this.#lowerExpression(node);
  }

  #getKey(access: Access): KeyTerm {
    if (!access.key) return access.map.parent ? this.#withOuterKey(access, EVERY_KEY) : EVERY_KEY;
    const term = getKeyTerm(access.key, this.context.model, this.#frame.terms);
    const coerced = access.map.kind === "dictionary" && term.kind === "literal" ? { ...term, text: coerceLiteral(term.text) } : term;
    return access.map.parent ? this.#withOuterKey(access, coerced) : coerced;
  }

  /** The key of an entry map is the key of the outer map and its own. */
  #withOuterKey(access: Access, inner: KeyTerm): KeyTerm {
    const receiver = getReceiver(access.node);
    const outer = receiver && this.#findOuterKey(receiver);
    if (!outer) return { ...inner, kind: "unknown", text: `?${access.node.range[0]}` };
    return {
      ...inner,
      kind: outer.kind === "unknown" || inner.kind === "unknown" ? "unknown" : inner.kind === "every" ? "every" : "term",
      text: `${outer.text}/${inner.text}`,
      variables: [...outer.variables, ...inner.variables],
      isVolatile: outer.isVolatile || inner.isVolatile,
      isFresh: outer.isFresh || inner.isFresh,
      prefix: undefined,
    };
  }

  /** The key under which an entry map stands in its outer map: k of m.get(k), through names and helpers. */
  #findOuterKey(receiver: Node): KeyTerm | undefined {
    const { model, inventory } = this.context;
    let node = unwrap(receiver);
    if (node.type === "Identifier") {
      const variable = model.getVariable(node);
      const value = variable && inventory.getSource(variable);
      if (!value) return undefined;
      node = unwrap(value);
    }
    if (node.type === "LogicalExpression") node = unwrap(node.left);
    const access = findAccess(node, inventory);
    if (access) return access.key && this.#getKey(access);
    const info = node.type === "CallExpression" ? model.getCallee(node) : undefined;
    const returned = info && inventory.getReturned(info);
    if (!returned || node.type !== "CallExpression") return undefined;
    const caller = this.#frame;
    const terms = new Map(caller.terms);
    for (const [index, parameter] of info.node.params.entries()) {
      const variable = model.getVariable(parameter);
      const argument = node.arguments[index];
      if (variable && argument) terms.set(variable, getKeyTerm(argument, model, caller.terms));
    }
    this.#frame = { ...caller, terms };
    const key = this.#findOuterKey(returned);
    this.#frame = caller;
    return key;
  }

  #emitRead(map: MapEntity, operation: ReadOperation, key: KeyTerm, node: Node, field: string | undefined): Value {
    const id = this.#emit({ type: "read", map, operation, key, field, node });
    return { dependences: [{ source: id, strength: "copy" }], node };
  }

  #lowerAccess(access: Access, call: TSESTree.CallExpression): Value {
    const callee = unwrap(call.callee);
    if (callee.type === "MemberExpression") {
      const receiver = this.#lowerReceiver(callee.object);
      this.#lowerOptional(callee, receiver);
    }
    const key = this.#getKey(access);
    const values = call.arguments.map((argument, index) => {
      if (index === 1 && access.operation === "set") this.#reserveForValue(access.map, key, argument, access.node);
      return isFunction(unwrap(argument)) ? NO_VALUE : this.#lowerExpression(argument);
    });
    if (access.operation === "iterate") return this.#lowerIterate(access, call, key);
    if (!isWrite(access.operation)) return this.#emitRead(access.map, access.operation, key, call, undefined);
    // if (!m.delete(k)) return: the removal is its own check.
    const isTested = access.operation === "delete" && call.parent.type !== "ExpressionStatement" && unwrap(call.parent).type !== "AwaitExpression";
    const test = isTested ? this.#emitRead(access.map, "has", key, call, undefined) : NO_VALUE;
    const isSet = access.map.kind === "Set" || access.map.kind === "WeakSet";
    const value = join(access.value, values[isSet ? 0 : 1] ?? NO_VALUE);
    const id = this.#emit({ type: "write", map: access.map, operation: access.operation, key, field: undefined, value, node: call });
    if (access.operation === "update" || access.operation === "insert") this.#mayThrow(id);
    return isTested ? test : { dependences: value.dependences, node: call };
  }

  /** m.forEach(f) runs f for each entry; m.values() and the like only read. */
  #lowerIterate(access: Access, call: TSESTree.CallExpression, key: KeyTerm): Value {
    const read = this.#emitRead(access.map, "iterate", key, call, undefined);
    if (getCalleeName(call) === "forEach") this.#runCallback(call.arguments[0], "now", call, [derive(read), derive(read)]);
    return read;
  }

  #lowerAwait(node: TSESTree.AwaitExpression): Value {
    const argument = unwrap(node.argument);
    const lock = argument.type === "CallExpression" ? this.#findLock(argument) : undefined;
    if (lock?.kind === "acquire" && argument.type === "CallExpression") {
      for (const item of argument.arguments) this.#lowerExpression(item);
      this.#mayThrow(this.#suspend("await", node, NO_VALUE));
      this.#emit({ type: "lock", lock: lock.lock, node });
      return { dependences: [], node };
    }
    const value = this.#lowerExpression(argument);
    const isOpaqueCall = argument.type === "CallExpression" && !value.dependences.some((dependence) => typeof dependence.source === "object" && "returns" in dependence.source) && !findAccess(argument, this.context.inventory);
    const id = this.#suspend("await", node, value);
    this.#mayThrow(id);
    return { dependences: isOpaqueCall ? weaken(value).dependences : value.dependences, node };
  }

  #lowerYield(node: TSESTree.YieldExpression): Value {
    if (node.argument) this.#lowerExpression(node.argument);
    const info = this.#stack.at(-1);
    if (info?.node.async) this.#mayThrow(this.#suspend("yield", node, NO_VALUE));
    return { dependences: [], node };
  }

  #lowerAssignment(node: TSESTree.AssignmentExpression): Value {
    const target = unwrap(node.left);
    const write = findWriteAccess(target, node.right, this.context.inventory);
    const isLogical = node.operator === "??=" || node.operator === "||=" || node.operator === "&&=";
    if (write && write.operation !== "replace") return this.#lowerStore(node, write.map, this.#getKey(write), undefined, isLogical);
    if (target.type === "MemberExpression") {
      const entry = this.#findEntry(target.object);
      const name = getPropertyName(target);
      if (entry && name !== undefined) return this.#lowerStore(node, entry.map, entry.key, name, isLogical);
    }
    const slot = this.context.inventory.resolveSlot(target);
    if (slot) return this.#lowerStore(node, slot, EVERY_SLOT_KEY, undefined, isLogical);
    if (target.type === "MemberExpression") {
      this.#lowerExpression(target.object);
      if (target.computed) this.#lowerExpression(target.property);
    }
    this.#reserveForAssignedVariable(target, node.right);
    let value = this.#lowerExpression(node.right);
    if (node.operator !== "=" && target.type === "Identifier") {
      value = join(node, derive(value), { dependences: this.#dependOn(target, isLogical ? "copy" : "derived"), node: target });
    }
    if (write) this.#emit({ type: "write", map: write.map, operation: "replace", key: EVERY_KEY, field: undefined, value, node });
    else if (target.type !== "MemberExpression") this.#assignPattern(target, value, node.right);
    return value;
  }

  #dependOn(identifier: TSESTree.Identifier, strength: Strength): readonly Dependence[] {
    const variable = this.context.model.getVariable(identifier);
    return variable ? [{ source: variable, strength }] : [];
  }

  /** d[k] = v, e.n += v, this.busy = true, this.p ??= load() */
  #lowerStore(node: TSESTree.AssignmentExpression, map: MapEntity, key: KeyTerm, field: string | undefined, isLogical: boolean): Value {
    if (unwrap(node.left).type === "MemberExpression") {
      const left = unwrap(node.left) as TSESTree.MemberExpression;
      if (left.computed && left.property.type !== "Literal") this.#lowerExpression(left.property);
    }
    const old = node.operator === "=" ? NO_VALUE : this.#emitRead(map, "get", key, node.left, field);
    let skipped: Pending[] = [];
    if (isLogical) {
      const branch = this.#emit({ type: "branch", test: old, node: node.left });
      const runsWhen = node.operator === "&&=" ? "true" : "false";
      skipped = [{ from: branch, kind: runsWhen === "true" ? "false" : "true" }];
      this.#frontier = [{ from: branch, kind: runsWhen }];
    }
    if (field === undefined) this.#reserveForValue(map, key, node.right, node);
    const right = this.#lowerExpression(node.right);
    const value = node.operator === "=" || isLogical ? join(node.right, right) : join(node.right, right, derive(old));
    // d[k] = undefined takes the entry away as delete d[k] does.
    const isRemoval = map.kind === "slot" ? isEmptyValue(node.right) : map.kind === "dictionary" && field === undefined && isUndefined(node.right);
    const operation = isRemoval && node.operator === "=" ? "delete" : "set";
    this.#emit({ type: "write", map, operation, key, field, value, node });
    this.#frontier = [...this.#frontier, ...skipped];
    return isLogical ? join(node, old, right) : value;
  }

  #lowerUpdate(node: TSESTree.UpdateExpression): Value {
    const target = unwrap(node.argument);
    const write = findWriteAccess(target, node, this.context.inventory);
    const entry = target.type === "MemberExpression" ? this.#findEntry(target.object) : undefined;
    const field = target.type === "MemberExpression" ? getPropertyName(target) : undefined;
    const place = write && write.operation !== "replace" ? { map: write.map, key: this.#getKey(write), field: undefined } : entry && field !== undefined ? { ...entry, field } : undefined;
    if (place) {
      const old = this.#emitRead(place.map, "get", place.key, node, place.field);
      this.#emit({ type: "write", map: place.map, operation: "set", key: place.key, field: place.field, value: derive(old), node });
      return old;
    }
    if (target.type === "Identifier") {
      const variable = this.context.model.getVariable(target);
      if (variable) this.#emit({ type: "assign", name: variable, value: { dependences: [{ source: variable, strength: "derived" }], node }, node });
      return { dependences: variable ? [{ source: variable, strength: "copy" }] : [], node };
    }
    return derive(this.#lowerExpression(target));
  }

  #lowerUnary(node: TSESTree.UnaryExpression): Value {
    if (node.operator === "delete") {
      const write = findWriteAccess(node.argument, undefined, this.context.inventory);
      if (write) {
        const member = unwrap(node.argument) as TSESTree.MemberExpression;
        if (member.computed) this.#lowerExpression(member.property);
        this.#emit({ type: "write", map: write.map, operation: "delete", key: this.#getKey(write), field: undefined, value: NO_VALUE, node });
        return { dependences: [], node };
      }
    }
    const value = this.#lowerExpression(node.argument);
    return node.operator === "void" ? { dependences: [], node } : node.operator === "!" || node.operator === "typeof" ? join(node, value) : derive(value);
  }

  #lowerBinary(node: TSESTree.BinaryExpression): Value {
    const access = findAccess(node, this.context.inventory);
    if (access) {
      this.#lowerExpression(node.left as Node);
      return this.#emitRead(access.map, "has", this.#getKey(access), node, undefined);
    }
    const left = node.left.type === "PrivateIdentifier" ? NO_VALUE : this.#lowerExpression(node.left);
    const right = this.#lowerExpression(node.right);
    return derive(join(node, left, right));
  }

  #lowerLogical(node: TSESTree.LogicalExpression): Value {
    const left = this.#lowerExpression(node.left);
    const branch = this.#emit({ type: "branch", test: left, node: node.left });
    const runsWhen = node.operator === "&&" ? "true" : "false";
    this.#frontier = [{ from: branch, kind: runsWhen }];
    const flag = this.#getSuspended();
    const right = this.#lowerExpression(node.right);
    this.#setSuspended(flag);
    this.#frontier = [...this.#frontier, { from: branch, kind: runsWhen === "true" ? "false" : "true" }];
    return join(node, left, right);
  }

  #lowerConditional(node: TSESTree.ConditionalExpression): Value {
    const { yes, no } = this.#lowerCondition(node.test);
    this.#frontier = yes;
    const flag = this.#getSuspended();
    const consequent = this.#lowerExpression(node.consequent);
    const afterYes = this.#frontier;
    this.#setSuspended(flag);
    this.#frontier = no;
    const alternate = this.#lowerExpression(node.alternate);
    this.#setSuspended(flag);
    this.#frontier = [...afterYes, ...this.#frontier];
    return join(node, consequent, alternate);
  }

  #lowerNew(node: TSESTree.NewExpression): Value {
    const values = node.arguments.map((argument) => this.#lowerArgument(argument));
    if (getTiming(node) === "now") this.#runCallback(node.arguments[0], "now", node, []);
    const id = this.#emit({ type: "call", name: `new ${getCalleeName(node) ?? ""}`, node, value: join(node, ...values) });
    this.#mayThrow(id);
    return derive(join(node, ...values));
  }

  #lowerArgument(argument: Node): Value {
    // new Set(m), Array.from(m): a copy
    const call = argument.parent;
    const isCopied = (call?.type === "NewExpression" && /^(?:Map|Set)$/.test(getCalleeName(call) ?? "")) || (call?.type === "CallExpression" && /^(?:from|structuredClone)$/.test(getCalleeName(call) ?? ""));
    if (isCopied) return this.#lowerIterated(argument);
    return isFunction(unwrap(argument)) ? NO_VALUE : argument.type === "SpreadElement" ? derive(this.#lowerIterated(argument.argument)) : this.#lowerExpression(argument);
  }

  // ---- calls

  #lowerCall(node: TSESTree.CallExpression): Value {
    const access = findAccess(node, this.context.inventory);
    if (access) return this.#lowerAccess(access, node);
    const lock = this.#findLock(node);
    if (lock) return this.#lowerLockCall(node, lock);
    if (this.#lowerHandleRelease(node)) return { dependences: [], node };
    const bound = this.#findBoundCallee(node);
    const info = bound ? this.context.model.getFunction(bound.node) : this.context.model.getCallee(node);
    const receiver = this.#lowerCallee(node);
    const values = node.arguments.map((argument) => this.#lowerArgument(argument));
    if (info && (bound || this.context.summaries.get(info).isRelevant)) {
      const followed = this.#lowerFollowedCall(node, info, values, bound?.frame ?? this.#frame);
      if (followed) return followed;
    }
    return this.#lowerOpaqueCall(node, receiver, values);
  }

  /** What stands before the arguments; the object of p.then(f) is lowered with the chain. */
  #lowerCallee(node: TSESTree.CallExpression): Value {
    const callee = unwrap(node.callee);
    if (getChainOutcome(node, 0) !== undefined) return NO_VALUE;
    let value = NO_VALUE;
    if (callee.type === "MemberExpression") {
      value = this.#lowerExpression(callee.object);
      this.#lowerOptional(callee, value);
    }
    this.#lowerOptional(node, callee.type === "Identifier" && node.optional ? this.#lowerExpression(callee) : value);
    return value;
  }

  #findBoundCallee(node: TSESTree.CallExpression): BoundFunction | undefined {
    const callee = unwrap(node.callee);
    if (isFunction(callee)) return { node: callee, frame: this.#frame };
    const variable = this.context.model.getVariable(callee);
    return variable && this.#frame.functions.get(variable);
  }

  #lowerFollowedCall(node: TSESTree.CallExpression, info: FunctionInfo, values: readonly Value[], frame: Frame): Value | undefined {
    const args = node.arguments.map((argument, index) => ({ node: argument.type === "SpreadElement" ? undefined : argument, value: values[index] ?? NO_VALUE }));
    const isDetached = info.node.async && !isAwaitedOrReturned(node);
    let result: Value | undefined;
    if (isDetached) {
      const before = this.#nodes.length;
      this.#detach(() => {
        result = this.#follow(info, args, node, frame);
      });
      // The caller gets a promise, not the value.
      if (result && this.#nodes.length > before) return { dependences: [], node };
      return undefined;
    }
    result = this.#follow(info, args, node, frame);
    return result && { ...result, node };
  }

  #lowerOpaqueCall(node: TSESTree.CallExpression, receiver: Value, values: readonly Value[]): Value {
    const callee = unwrap(node.callee);
    if (callee.type === "MemberExpression" && getChainOutcome(node, 0) !== undefined) {
      const outerThrows = this.#throws;
      this.#throws = [];
      const settled = this.#lowerExpression(callee.object);
      const rejections = this.#throws;
      this.#throws = outerThrows;
      this.#lowerOptional(callee, settled);
      this.#lowerChain(node, callee, rejections);
      return weaken(join(node, settled, ...values));
    }
    const value = join(node, receiver, ...values);
    const id = this.#emit({ type: "call", name: getCalleeName(node) ?? "a function", node, value });
    this.#mayThrow(id);
    this.#fillList(callee, values);
    const timing = getTiming(node);
    node.arguments.forEach((argument) => {
      this.#runCallback(argument, timing, node, timing === "now" ? [derive(receiver), derive(receiver)] : []);
    });
    return derive(value);
  }

  /** kept.push(x): what is in the list comes from there as well. */
  #fillList(callee: Node, values: readonly Value[]): void {
    if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier" || values.length === 0 || !/^(?:push|unshift)$/.test(getPropertyName(callee) ?? "")) return;
    const variable = this.context.model.getVariable(callee.object);
    if (variable?.defs[0]?.type !== "Variable" || !isNeverReassigned(variable)) return;
    this.#emit({ type: "assign", name: variable, value: join(callee.object, { dependences: [{ source: variable, strength: "copy" }], node: callee.object }, ...values.map(derive)), node: callee.object });
  }

  /** p.then(f), p.catch(f), p.finally(f) */
  #lowerChain(node: TSESTree.CallExpression, callee: TSESTree.MemberExpression, rejections: readonly Pending[]): void {
    const chainLock = this.#findChainLock(callee.object);
    const run = (): void => {
      const start = this.#suspend("then", node, NO_VALUE);
      const fulfilled: Pending[] = [{ from: start, kind: "next" }];
      // A rejection further up the chain comes to the first handler below it.
      let rejected: Pending[] = [{ from: start, kind: "throw" }, ...rejections];
      let ends: Pending[] = [];
      let isRejectionHandled = false;
      const takeLock = (ways: Pending[]): Pending[] => {
        if (!chainLock) return ways;
        this.#frontier = ways;
        this.#emit({ type: "lock", lock: chainLock, node });
        return this.#frontier;
      };
      const afterLock = takeLock(fulfilled);
      const outcomes = node.arguments.map((_, index) => getChainOutcome(node, index));
      // queue.then(run, run): its turn comes either way
      if (outcomes.some((outcome) => outcome === "rejected" || outcome === "settled")) rejected = takeLock(rejected);
      node.arguments.forEach((argument, index) => {
        const outcome = outcomes[index];
        this.#frontier = outcome === "rejected" ? rejected : outcome === "settled" ? [...afterLock, ...rejected] : afterLock;
        if (outcome !== "fulfilled") isRejectionHandled = true;
        this.#runCallback(argument, "now", node, []);
        ends = [...ends, ...this.#frontier];
      });
      if (!outcomes.includes("fulfilled") && !outcomes.includes("settled")) ends = [...ends, ...afterLock];
      if (!isRejectionHandled) this.#throws.push(...rejected);
      this.#frontier = ends;
      if (chainLock) this.#emit({ type: "unlock", lock: chainLock, node });
    };
    if (isAwaitedOrReturned(node)) run();
    else this.#detach(run);
  }

  /** prev.then(f) with prev = chains.get(k), or this.chain.then(f), where the chain is replaced in this function: a queue. */
  #findChainLock(object: Node): LockReference | undefined {
    let node = unwrap(object);
    if (node.type === "CallExpression" && getChainOutcome(node, 0) !== undefined && node.callee.type === "MemberExpression") return this.#findChainLock(node.callee.object);
    if (node.type === "LogicalExpression") node = unwrap(node.left);
    const slot = this.context.inventory.resolveSlot(node);
    if (slot) return this.#isWrittenHere(slot) ? { id: slot.key, name: slot.name, key: undefined, isShared: false } : undefined;
    if (node.type === "Identifier") {
      const variable = this.context.model.getVariable(node);
      const value = variable && this.context.model.getConstantValue(variable);
      return value && unwrap(value) !== node ? this.#findChainLock(value) : undefined;
    }
    // previous?.status === "loading" ? previous.load : undefined
    if (node.type === "ConditionalExpression") return this.#findChainLock(node.consequent) ?? this.#findChainLock(node.alternate);
    const entry = node.type === "MemberExpression" ? this.#findEntry(node.object) : undefined;
    if (entry && this.#isWrittenHere(entry.map)) return { id: entry.map.key, name: entry.map.name, key: entry.key, isShared: false };
    const access = findAccess(node, this.context.inventory);
    if (access?.operation !== "get" || !this.#isWrittenHere(access.map)) return undefined;
    return { id: access.map.key, name: access.map.name, key: this.#getKey(access), isShared: false };
  }

  #isWrittenHere(map: MapEntity): boolean {
    const info = this.#stack.at(-1);
    if (!info) return false;
    if (map.kind === "slot") return (this.context.model.assignments.get(map.key) ?? []).some((assignment) => this.context.model.getEnclosing(assignment) === info);
    return this.context.summaries.getAccesses(map).some((access) => access.operation === "set" && access.function === info);
  }

  /** Runs the callback at an argument where its timing says. */
  #runCallback(argument: Node | undefined, timing: ReturnType<typeof getTiming>, call: TSESTree.CallExpression | TSESTree.NewExpression, values: readonly Value[]): void {
    if (!argument || timing === "test") return;
    const bound = this.#findBoundFunction(unwrap(argument), this.#frame);
    const info = bound && this.context.model.getFunction(bound.node);
    if (!bound || !info || !this.context.summaries.get(info).isRelevant) return;
    const isWaitedFor = isAwaitedOrReturned(call);
    const isConcurrent = call.type === "CallExpression" && isConcurrentRunner(call);
    const args = values.map((value) => ({ node: undefined, value }));
    const run = (): void => void this.#follow(info, args, call, bound.frame);
    if (timing === "now" || (isConcurrent && isWaitedFor)) {
      const isChain = call.type === "CallExpression" && getChainOutcome(call, 0) !== undefined;
      // new Promise(async (resolve) => ..): the executor goes on after the promise is handed out.
      if (call.type === "NewExpression" && info.node.async) this.#detach(run);
      else if (isChain || call.type === "NewExpression") run();
      else if (info.node.async && !isWaitedFor) this.#detach(() => this.#repeat(run, call));
      else this.#repeat(run, call);
      return;
    }
    if (timing === "later" || timing === "often") {
      this.#detach(() => {
        this.#suspend(timing === "often" ? "listener" : "timer", call, NO_VALUE);
        run();
      });
      return;
    }
    if (!isWaitedFor) return;
    // await db.transaction(async () => ..): it runs before the call is over, or not at all.
    this.#lowerBranchless(() => {
      if (info.node.async) this.#suspend("callback", call, NO_VALUE);
      run();
    });
  }

  #repeat(run: () => void, node: Node): void {
    const head = this.#emit({ type: "loop", node });
    run();
    this.#link(this.#frontier, head);
    this.#frontier = [{ from: head, kind: "next" }];
  }

  // ---- locks

  #findLock(call: TSESTree.CallExpression): LockCall | undefined {
    const found = findLockCall(call, this.context.model, this.#frame.terms, this.context.settings);
    return found && !isPrivateLock(call, this.context.model) ? found : undefined;
  }

  #lowerLockCall(node: TSESTree.CallExpression, found: LockCall): Value {
    const { lock } = found;
    if (found.kind === "release") {
      const callee = unwrap(node.callee);
      const variable = callee.type === "MemberExpression" ? this.context.model.getVariable(unwrap(callee.object)) : undefined;
      this.#emit({ type: "unlock", lock: (variable && this.#handles.get(variable)) ?? lock, node });
      return { dependences: [], node };
    }
    if (found.kind === "acquire") {
      for (const argument of node.arguments) this.#lowerArgument(argument);
      // const unlock = mutex.lockSync()
      if (!isAwaitedOrReturned(node)) this.#emit({ type: "lock", lock, node });
      return { dependences: [], node };
    }
    for (const argument of node.arguments) this.#lowerArgument(argument);
    let result: Value = { dependences: [], node };
    const run = (): void => {
      this.#suspend("await", node, NO_VALUE);
      this.#emit({ type: "lock", lock, node });
      for (const argument of node.arguments) {
        const bound = this.#findBoundFunction(unwrap(argument), this.#frame);
        const info = bound && this.context.model.getFunction(bound.node);
        const value = bound && info ? this.#follow(info, [], node, bound.frame) : undefined;
        if (value) result = value;
      }
      this.#emit({ type: "unlock", lock, node });
    };
    if (isAwaitedOrReturned(node)) run();
    else this.#detach(run);
    return { ...result, node };
  }

  /** const release = await mutex.acquire(): the variable stands for the lock. */
  #rememberHandle(variable: Variable, source: Node | undefined): void {
    if (!source) return;
    let node = unwrap(source);
    if (node.type === "AwaitExpression") node = unwrap(node.argument);
    const lock = node.type === "CallExpression" ? this.#findLock(node) : undefined;
    if (lock?.kind === "acquire") this.#handles.set(variable, lock.lock);
  }

  /** release(), handle.release(), handle[Symbol.dispose]() */
  #lowerHandleRelease(node: TSESTree.CallExpression): boolean {
    const callee = unwrap(node.callee);
    const object = callee.type === "MemberExpression" ? unwrap(callee.object) : callee;
    const variable = this.context.model.getVariable(object);
    const lock = variable && this.#handles.get(variable);
    if (!lock) return false;
    this.#emit({ type: "unlock", lock, node });
    return true;
  }

  // ---- reservations and entries

  /** m.set(k, load(k)), this.pending = load(): the promise is stored before its work can suspend for long. */
  #reserveForValue(map: MapEntity, key: KeyTerm, value: Node, node: Node): void {
    if (isPromiseMaker(unwrap(value)) && !this.#hasAwait(value)) this.#emit({ type: "reserve", map, key, node });
  }

  /** const p = load(k); m.set(k, p) */
  #reserveForVariable(declarator: TSESTree.VariableDeclarator): void {
    if (declarator.id.type === "Identifier" && declarator.init) this.#reserveForAssignedVariable(declarator.id, declarator.init);
  }

  #reserveForAssignedVariable(target: Node, init: Node): void {
    // let e = m.get(k); if (!e) m.set(k, e = ..): nothing is made yet
    if (target.type !== "Identifier" || !isPromiseMaker(unwrap(init)) || findAccess(init, this.context.inventory) || this.#hasAwait(init)) return;
    const variable = this.context.model.getVariable(target);
    if (!variable) return;
    for (const reference of variable.references) {
      const use = reference.identifier as Node;
      if (!reference.isRead() || use.range[0] < init.range[1] || this.#isSuspendedBetween(init, use)) continue;
      const place = this.#findStore(use);
      if (place) this.#emit({ type: "reserve", map: place.map, key: place.key, node: place.node });
    }
  }

  /** p = run(await path()): the promise is made only after a suspension. */
  #hasAwait(init: Node): boolean {
    const { model } = this.context;
    return (getAwaits(model).get(model.getEnclosing(init)) ?? []).some((node) => isInside(node, init));
  }

  #isSuspendedBetween(from: Node, to: Node): boolean {
    const { model } = this.context;
    const here = model.getEnclosing(from);
    let around = model.getEnclosing(to);
    // ks.forEach((k) => m.set(k, p))
    while (around && around !== here && isRunInPlace(around)) around = around.parent;
    if (around !== here) return true;
    return (getAwaits(model).get(here) ?? []).some((node) => node.range[0] >= from.range[1] && node.range[1] <= to.range[0]);
  }

  /** Where a value is put: `m.set(k, p)`, `d[k] = p`, `this.p = p`. */
  #findStore(value: Node): { map: MapEntity; key: KeyTerm; node: Node } | undefined {
    // m.set(k, { pending: p })
    const isWrapped = value.parent?.type === "Property" && value.parent.value === value && value.parent.parent.type === "ObjectExpression";
    const use = isWrapped ? value.parent!.parent! : value;
    const parent = use.parent;
    if (parent?.type === "CallExpression") {
      const access = findAccess(parent, this.context.inventory);
      const isStored = access?.operation === "set" && parent.arguments[1] === use;
      return access && isStored ? { map: access.map, key: this.#getKey(access), node: parent } : undefined;
    }
    if (parent?.type !== "AssignmentExpression" || parent.right !== use) return undefined;
    const access = findWriteAccess(parent.left, use, this.context.inventory);
    if (access && access.operation === "set") return { map: access.map, key: this.#getKey(access), node: parent };
    const slot = this.context.inventory.resolveSlot(parent.left);
    return slot && { map: slot, key: EVERY_SLOT_KEY, node: parent };
  }

  /** The entry that an expression evaluates to: `m.get(k)`, `e` after `const e = m.get(k)`, `[k, e] of m`. */
  #findEntry(expression: Node): Entry | undefined {
    const node = unwrap(expression);
    if (node.type === "Identifier") {
      const variable = this.context.model.getVariable(node);
      if (!variable) return undefined;
      if (!this.#entries.has(variable)) {
        this.#entries.set(variable, undefined);
        this.#entries.set(variable, this.#findEntryOfVariable(variable));
      }
      return this.#entries.get(variable);
    }
    const access = node.type === "CallExpression" || node.type === "MemberExpression" ? findAccess(node, this.context.inventory) : undefined;
    if (access?.operation !== "get" || access.map.kind === "slot") return undefined;
    return { map: access.map, key: this.#getKey(access) };
  }

  #findEntryOfVariable(variable: Variable): Entry | undefined {
    const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
    if (definition?.type === "Parameter") {
      const fn = definition.node as Node;
      const first = isFunction(fn) ? fn.params[0] : undefined;
      return first?.type === "ArrayPattern" ? this.#findIteratedEntry(first, definition.name as Node, getWalkedList(fn)) : undefined;
    }
    if (definition?.type !== "Variable") return undefined;
    const declarator = definition.node as TSESTree.VariableDeclarator;
    if (declarator.id.type === "ArrayPattern") return this.#findIteratedEntry(declarator.id, definition.name as Node, getLoopSource(declarator));
    if (declarator.id.type !== "Identifier") return undefined;
    const sources: Node[] = declarator.init ? [declarator.init] : [];
    for (const reference of variable.references) {
      const parent = (reference.identifier as Node).parent;
      if (!reference.init && reference.isWrite() && parent?.type === "AssignmentExpression") sources.push(parent.right);
    }
    for (const source of sources) {
      let node = unwrap(source);
      if (node.type === "LogicalExpression") node = unwrap(node.left);
      if (node.type === "Identifier") continue;
      const entry = this.#findEntry(node);
      if (entry) return entry;
    }
    // const e = { n: 0 }; m.set(k, e): its own, whatever it writes there.
    return undefined;
  }

  /** [k, e] of m, m.entries(), [...m], Object.entries(d) */
  #findIteratedEntry({ elements: [key, entry] }: TSESTree.ArrayPattern, name: Node, list: Node | undefined): Entry | undefined {
    const map = list && name === entry && key?.type === "Identifier" ? findMapOfIteration(list, this.context.inventory) : undefined;
    if (!map || map.parent || map.kind === "slot" || map.kind === "Set" || map.kind === "WeakSet") return undefined;
    return { map, key: getKeyTerm(key!, this.context.model, this.#frame.terms) };
  }
}

/** What a loop is over whose variables are declared here. */
function getLoopSource(declarator: TSESTree.VariableDeclarator): Node | undefined {
  const loop = declarator.parent.parent;
  return loop.type === "ForOfStatement" && loop.left === declarator.parent ? loop.right : undefined;
}

/** What a callback is called for: Object.entries(d) of Object.entries(d).map(([k, e]) => ..) */
function getWalkedList(fn: Node): Node | undefined {
  const { node, parent } = getUsage(fn);
  if (parent?.type !== "CallExpression" || parent.callee === node || parent.callee.type !== "MemberExpression") return undefined;
  return /^(?:forEach|map|flatMap)$/.test(getCalleeName(parent) ?? "") ? parent.callee.object : undefined;
}

const awaits = new WeakMap<FileModel, Map<FunctionInfo | undefined, Node[]>>();

/** The awaits of a file, by the function that they stand in. */
function getAwaits(model: FileModel): ReadonlyMap<FunctionInfo | undefined, readonly Node[]> {
  const known = awaits.get(model);
  if (known) return known;
  const found = new Map<FunctionInfo | undefined, Node[]>();
  for (const node of model.nodes.get("AwaitExpression") ?? []) {
    const info = model.getEnclosing(node);
    const list = found.get(info);
    if (list) list.push(node);
    else found.set(info, [node]);
  }
  awaits.set(model, found);
  return found;
}

/** The callback of forEach and the like. */
function isRunInPlace({ node }: FunctionInfo): boolean {
  const { node: outer, parent } = getUsage(node);
  return !node.async && parent?.type === "CallExpression" && parent.callee !== outer && getTiming(parent) === "now";
}

/** A slot has one key. */
const EVERY_SLOT_KEY: KeyTerm = { kind: "literal", text: "slot", display: "", variables: [], isVolatile: false, isFresh: false, prefix: undefined, node: undefined };

function derive(value: Value): Value {
  if (!value.dependences.some(({ strength }) => strength === "copy")) return value;
  return { node: value.node, dependences: value.dependences.map((item) => (item.strength === "copy" ? { source: item.source, strength: "derived" } : item)) };
}

function weaken(value: Value): Value {
  return value.dependences.length === 0 ? value : { node: value.node, dependences: value.dependences.map(({ source }) => ({ source, strength: "weak" })) };
}

/** Most values depend on nothing, or on one thing: no new list then. */
function join(node: Node | undefined, ...values: readonly Value[]): Value {
  let dependences = NO_VALUE.dependences;
  for (const value of values) {
    if (value.dependences.length > 0) dependences = dependences.length === 0 ? value.dependences : [...dependences, ...value.dependences];
  }
  return { node, dependences };
}

function getReceiver(node: Node): Node | undefined {
  if (node.type === "CallExpression") {
    const callee = unwrap(node.callee);
    return callee.type === "MemberExpression" ? callee.object : undefined;
  }
  return node.type === "MemberExpression" ? node.object : undefined;
}

function coerceLiteral(text: string): string {
  return text.startsWith('"') ? text : JSON.stringify(text);
}

function isUsing(node: Node): node is TSESTree.VariableDeclaration {
  return node.type === "VariableDeclaration" && node.kind.endsWith("using");
}

function isAlwaysTrue(test: Node): boolean {
  return test.type === "Literal" && Boolean(test.value);
}

function isEmptyValue(node: Node): boolean {
  const value = unwrap(node);
  if (value.type === "Literal") return value.value === null || value.value === false || value.value === 0 || value.value === "";
  return isUndefined(value);
}

function isUndefined(node: Node): boolean {
  const value = unwrap(node);
  return (value.type === "Identifier" && value.name === "undefined") || (value.type === "UnaryExpression" && value.operator === "void");
}

/** A call or construction whose promise can be stored before it settles. */
function isPromiseMaker(node: Node): boolean {
  return node.type === "CallExpression" || (node.type === "NewExpression" && getCalleeName(node) === "Promise") || (node.type === "LogicalExpression" && isPromiseMaker(unwrap(node.right)));
}

function isTypeNode(node: Node): boolean {
  return node.type.startsWith("TS") && unwrap(node) === node;
}

function isStatement(node: Node): boolean {
  return node.type.endsWith("Statement") || node.type.endsWith("Declaration");
}

