import type { TSESTree } from "@typescript-eslint/types";
import { findAncestor, getCalleeName, getUsage, isInside, type Node, unwrap } from "../analysis/code/ast.js";
import { findLockCall } from "../analysis/locks/locks.js";
import type { FileModel, FunctionInfo } from "../analysis/code/model.js";
import type { Settings } from "../analysis/settings.js";
import { findMarkupEvent, isGatheredElement, isInLoop } from "../analysis/maps/sharing.js";
import { getTiming, isAwaitedOrReturned, isConcurrentRunner } from "../analysis/code/suspension.js";
import { findArgument, findSources, isOfOneCall, type Source } from "./arguments.js";
import { type Exposure, findExposures } from "./exposure.js";
import { getCallGuard, getChainGuard, getDecoratorGuard, getEntryGuard, getSectionGuard } from "./guards.js";
import type { Project, ProjectFile } from "./project.js";
import { isPublished } from "./published.js";
import { findUses, type Use } from "./uses.js";
import { isWaitedFor } from "./waiting.js";

/**
 * How one way to a function runs it.
 * - `once`: at most once; `isAwaited` if what runs it waits for its end
 * - `serial`: behind a guard that lets in one at a time
 * - `fresh`: under a key of its own each time
 * - `followed`: on a way that is among the others
 * - `overlapping`: a second run can start before the first is over
 * - `unknown`: nothing tells
 */
export type Run =
  | { readonly kind: "once"; readonly isAwaited: boolean }
  | { readonly kind: "serial"; readonly guard: string }
  | { readonly kind: "fresh" }
  | { readonly kind: "followed" }
  | Overlapping
  | { readonly kind: "unknown" };

/** A second run can start before the first is over. */
export interface Overlapping {
  readonly kind: "overlapping";
  readonly file: ProjectFile;
  readonly node: Node;
  readonly how: "event" | "fan-out" | "loop";
  /** Whether every name on the way means what it is taken for. */
  readonly isCertain: boolean;
}

const UNKNOWN: readonly Run[] = [{ kind: "unknown" }];
const FRESH: readonly Run[] = [{ kind: "fresh" }];

/** How far callers are followed: through other files, and in all. */
const MAX_HOPS = 4;
const MAX_STEPS = 60;

/** The start of a program or of an extension, as a function of a module. */
const START = /^(?:main|bootstrap|boot|startup|activate|run_?[mM]ain)$/;

/** A function whose runs are followed, and what is known on the way up. */
interface Way {
  readonly file: ProjectFile;
  /** The parameters that make the key. */
  readonly sources: readonly Source[];
  /** Whether the caller goes on while the work is under way: then nothing above waits for its end. */
  readonly isDetached: boolean;
  readonly isCertain: boolean;
  /** Whether the map is a field of what the function is a method of. */
  readonly isOfInstance: boolean;
  readonly hops: number;
  readonly visited: Set<string>;
}

/** Follows a function up to what starts it. */
export class Climb {
  constructor(
    private readonly project: Project,
    private readonly settings: Settings,
  ) {}

  /**
   * All ways that lead to a function, as far as they can be told.
   * @param sources the parameters that make the key that the runs may share
   * @param isDetached whether the work goes on after the function has returned
   * @param isOfInstance whether the map is a field of what the function is a method of
   */
  findRuns(info: FunctionInfo, file: ProjectFile, sources: readonly Source[], isDetached: boolean, isOfInstance = false): readonly Run[] {
    return this.#ofFunction(info, { file, sources, isDetached, isCertain: true, isOfInstance, hops: MAX_HOPS, visited: new Set() });
  }

  #ofFunction(info: FunctionInfo, way: Way): readonly Run[] {
    const { file, isDetached } = way;
    const id = `${file.path} ${info.id} ${isDetached} ${way.sources.map((source) => `${source.function.id}.${source.index}.${source.path.join(".")}`).join(" ")}`;
    if (way.visited.has(id)) return [{ kind: "followed" }];
    way.visited.add(id);
    if (way.visited.size > MAX_STEPS) return UNKNOWN;
    const { node, parent } = getUsage(info.node);
    if (parent?.type === "CallExpression" || parent?.type === "NewExpression") {
      if (unwrap(parent.callee) === node) return this.#ofPlace(parent, way);
      const own = this.#ofCallback(parent, info, way);
      // const load = useCallback(async () => {}): it is called by its name too.
      return info.calls.length > 0 ? [...own, ...this.#ofCalls(info, way)] : own;
    }
    const guard = parent && !isDetached ? getDecoratorGuard(parent, file.path) : undefined;
    if (guard !== undefined) return [{ kind: "serial", guard }];
    if (findMarkupEvent(info.node)) return overlap("event", info.node, way);
    if (info.name === "constructor") return UNKNOWN;
    if (START.test(info.name) && info.parent === undefined && !info.owner) return [{ kind: "once", isAwaited: !isDetached }];
    const found = [...this.#ofCalls(info, way), ...this.#ofMentions(info, way), ...this.#ofUses(info, way)];
    return found.length > 0 ? found : UNKNOWN;
  }

  #ofCalls(info: FunctionInfo, way: Way): readonly Run[] {
    return collect(info.calls, (call) => this.#ofCall(call, info, way));
  }

  #ofMentions(info: FunctionInfo, way: Way): readonly Run[] {
    return collect(info.mentions, (mention) => this.#ofMention(mention, info, way));
  }

  #ofMention(mention: Node, info: FunctionInfo | undefined, way: Way): readonly Run[] {
    const { node, parent } = getUsage(mention);
    if (findMarkupEvent(mention)) return overlap("event", mention, way);
    if ((parent?.type === "CallExpression" || parent?.type === "NewExpression") && parent.callee !== node) return this.#ofCallback(parent, info, way);
    // What is exported, or a property of something, is looked for in other files.
    return info && findExposures(info, way.file.model).every((exposure) => exposure.kind !== "unknown") ? [] : UNKNOWN;
  }

  #ofUses(info: FunctionInfo, way: Way): readonly Run[] {
    return collect(findExposures(info, way.file.model), (exposure) => this.#ofExposure(exposure, info, way));
  }

  #ofExposure(exposure: Exposure, info: FunctionInfo, way: Way): readonly Run[] {
    if (way.hops === 0 || isPublished(exposure, way.file.path, this.project)) return UNKNOWN;
    return collect(findUses(exposure, info, way.file, this.project), (found) => {
      const inside = { ...way, hops: way.hops - 1, isCertain: way.isCertain && found?.isCertain === true };
      return found ? collect(found.uses, (use) => this.#ofUse(use, info, inside)) : UNKNOWN;
    });
  }

  #ofUse({ file, node, how }: Use, info: FunctionInfo, way: Way): readonly Run[] {
    if (how === "mention") return this.#ofMention(node, undefined, { ...way, file, sources: [] });
    const call = node as TSESTree.CallExpression;
    // const hive = new Hive(); for (const name of names) await hive.spawn(name): nobody else has this one.
    if (way.isOfInstance && !way.isDetached && isOfOwnInstance(call, file.model) && isWaitedFor(call, file.model) && !isGatheredElement(call)) return [{ kind: "once", isAwaited: true }];
    return this.#ofCall(call, how === "call" ? info : undefined, { ...way, file });
  }

  /** @param info the function that is called, if the arguments are its own */
  #ofCall(call: TSESTree.CallExpression, info: FunctionInfo | undefined, way: Way): readonly Run[] {
    const { model } = way.file;
    const handed: Source[] = [];
    // Promise.all([register("active"), register("waiting")]): a key of its own each.
    let isOfConstant = false;
    for (const source of way.sources) {
      if (source.function !== info) {
        handed.push(source);
        continue;
      }
      const argument = findArgument(call, source, model);
      if (!argument) continue;
      if (isOfOneCall(argument, model)) return FRESH;
      isOfConstant ||= unwrap(argument.node).type === "Literal";
      handed.push(...findSources(argument.node, model, argument.path));
    }
    const callee = unwrap(call.callee);
    const isSameInstance = callee.type === "MemberExpression" && callee.object.type === "ThisExpression";
    return this.#ofPlace(call, { ...way, sources: handed, isOfInstance: way.isOfInstance && isSameInstance }, isOfConstant);
  }

  /** The runs of what stands at a place: a call of the function, or of something that runs it. */
  #ofPlace(call: TSESTree.CallExpression | TSESTree.NewExpression, way: Way, isOfConstant = false): readonly Run[] {
    const { file } = way;
    const { model, path } = file;
    const flight = way.isDetached ? undefined : getEntryGuard(call, path, model);
    if (flight !== undefined) return [{ kind: "serial", guard: flight }];
    if (isGatheredElement(call) && !isOfConstant) return overlap("fan-out", call, way);
    const isDetached = way.isDetached || !isWaitedFor(call, model);
    if (isDetached && isInLoop(call, model)) return overlap("loop", call, way);
    const section = isDetached ? undefined : getSectionGuard(call, path, model, this.settings);
    if (section !== undefined) return [{ kind: "serial", guard: section }];
    const outer = model.getEnclosing(call);
    if (outer) return this.#ofFunction(outer, { ...way, isDetached });
    // class A { static x = load() }, class A { x = load() }
    return findAncestor(call, (node) => node.type === "PropertyDefinition") ? UNKNOWN : [{ kind: "once", isAwaited: !isDetached }];
  }

  #ofCallback(call: TSESTree.CallExpression | TSESTree.NewExpression, info: FunctionInfo | undefined, way: Way): readonly Run[] {
    const { file, isDetached } = way;
    const { model, path } = file;
    if (call.type === "NewExpression") {
      // new Queue((item) => this.process(item)), with nothing said of how many at once
      if (/Queue$/.test(getCalleeName(call) ?? "") && call.arguments.length === 1 && !isDetached) return [{ kind: "serial", guard: `${path} ${call.range[0]}` }];
      return getCalleeName(call) === "Promise" ? this.#ofPlace(call, way) : UNKNOWN;
    }
    const guard = isDetached ? undefined : getCallGuard(call, info?.node ?? call, file, this.project, this.settings);
    if (guard !== undefined) return [{ kind: "serial", guard }];
    const timing = getTiming(call);
    switch (timing) {
      case "test":
        return UNKNOWN;
      case "often":
        return overlap("event", call, way);
      case "now":
        return /^(?:map|forEach|flatMap|filter|from|some|every)$/.test(getCalleeName(call) ?? "") && !isDetached ? overlap("fan-out", call, way) : UNKNOWN;
      case "later": {
        const chain = isDetached ? undefined : getChainGuard(call, path, model);
        return chain === undefined ? this.#ofPlace(call, { ...way, isDetached: isDetached || isTimer(call) }) : [{ kind: "serial", guard: chain }];
      }
      case "unknown":
        if (isConcurrentRunner(call)) return overlap("fan-out", call, way);
        // A lock that could not be made out, or one of its own for each run.
        if (findLockCall(call, model, new Map(), this.settings)) return UNKNOWN;
        return isRunByCall(call, info) ? this.#ofPlace(call, way) : UNKNOWN;
    }
  }
}

function overlap(how: Overlapping["how"], node: Node, { file, isCertain }: Way): readonly Run[] {
  return [{ kind: "overlapping", file, node, how, isCertain }];
}

/** await retry(() => load()), return tracer.startSpan("x", async (span) => { .. }): run by the call, and over with it. */
function isRunByCall(call: TSESTree.CallExpression, info: FunctionInfo | undefined): boolean {
  if (!isAwaitedOrReturned(call)) return false;
  return info?.node.params.length === 0 || /^(?:with|run|retry|trace|span|start\w*Span|transaction|measure|time)/.test(getCalleeName(call) ?? "");
}

/** store.open(id) of `const store = new Store()`, made in the same function and only used as a receiver. */
function isOfOwnInstance(call: TSESTree.CallExpression, model: FileModel): boolean {
  const callee = unwrap(call.callee);
  const variable = callee.type === "MemberExpression" ? model.getVariable(unwrap(callee.object)) : undefined;
  const made = variable && model.getConstantValue(variable);
  if (!made || unwrap(made).type !== "NewExpression" || model.getEnclosing(made) === undefined || model.getEnclosing(made) !== model.getEnclosing(call)) return false;
  return variable.references.every((reference) => {
    const { node, parent } = getUsage(reference.identifier as Node);
    return reference.init === true || (parent?.type === "MemberExpression" && parent.object === node);
  });
}

function isTimer(call: TSESTree.CallExpression | TSESTree.NewExpression): boolean {
  return !/^(?:then|catch|finally)$/.test(getCalleeName(call) ?? "");
}

/** Stops at the first way that decides. */
function collect<T>(items: Iterable<T>, getRuns: (item: T) => readonly Run[]): readonly Run[] {
  const found: Run[] = [];
  for (const item of items) {
    const runs = getRuns(item);
    const decisive = runs.find(({ kind }) => kind === "overlapping" || kind === "unknown");
    if (decisive) return [decisive];
    found.push(...runs);
  }
  return found;
}

/** Whether no two of these runs overlap under one key. */
export function areApart(runs: readonly Run[]): boolean {
  const ends = runs.filter(({ kind }) => kind !== "followed");
  if (ends.length === 0 || ends.some(({ kind }) => kind === "overlapping" || kind === "unknown")) return false;
  const others = ends.filter(({ kind }) => kind !== "fresh");
  if (others.length <= 1) return true;
  if (others.every((run) => run.kind === "once" && run.isAwaited)) return true;
  const guards = new Set(others.map((run) => (run.kind === "serial" ? run.guard : undefined)));
  return guards.size === 1 && !guards.has(undefined);
}

/** Whether every run has a key of its own. */
export function areFresh(runs: readonly Run[]): boolean {
  return runs.some(({ kind }) => kind === "fresh") && runs.every(({ kind }) => kind === "fresh" || kind === "followed");
}

/** Whether the work at a node goes on after the function has returned: in a timer, a listener, a callback that nobody waits for. */
export function isDetachedWithin(node: Node, task: FunctionInfo, model: FileModel): boolean {
  // What is not async is over when it returns.
  let isAsync = false;
  for (let info = model.getEnclosing(node); info && info !== task; ) {
    isAsync ||= info.node.async;
    const { node: outer, parent } = getUsage(info.node);
    const call = parent?.type === "CallExpression" || parent?.type === "NewExpression" ? parent : info.calls.find((item) => isInside(item, task.node));
    if (!call) return true;
    const isCallback = call === parent && unwrap(call.callee) !== outer;
    const isAtOnce = !isAsync && (!isCallback || getTiming(call) === "now");
    if (isCallback && isLeftAlone(call)) return true;
    if (!isAtOnce && !isWaitedFor(call, model)) return true;
    info = model.getEnclosing(call);
  }
  return false;
}

function isLeftAlone(call: TSESTree.CallExpression | TSESTree.NewExpression): boolean {
  const timing = getTiming(call);
  return timing === "often" || (timing === "later" && isTimer(call));
}

