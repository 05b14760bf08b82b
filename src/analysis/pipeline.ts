import type { SourceCode } from "eslint";
import { isInsertion, isWrite } from "./maps/accesses.js";
import { type Captures, createCaptures } from "./closure/captures.js";
import { hasMutatedEntries } from "./tasks/consequence.js";
import { type BrokenCopy, findBrokenCopies } from "./workers/crossing.js";
import { type Declarations, findDeclarations } from "./maps/declarations.js";
import { FirstLook, type Subject } from "./first-look.js";
import { type Flow, runFlow } from "./tasks/flow.js";
import { lazily, once, orNothing } from "./guard.js";
import { findHazards, type Hazard } from "./async/hazards.js";
import { findIterationFacts, type IterationFacts } from "./iteration/iteration.js";
import { createInventory, type Inventory, type MapEntity } from "./maps/inventory.js";
import { createLifecycle, type Lifecycle } from "./lifecycle/lifecycle.js";
import { findUnstableKeys, type UnstableKey } from "./lookup/key-identity.js";
import { createLocking, type Locking } from "./locks/locking.js";
import { type DeletedUse, findDeletedUses, findUncheckedLookups, type UncheckedLookup } from "./lookup/lookups.js";
import { FILE_BUDGET, lower, type LoweringContext } from "./tasks/lowering.js";
import { createFileModel, type FileModel, type FunctionInfo } from "./code/model.js";
import type { FlowsOf } from "./tasks/origins.js";
import { findPerWorkerState, type PerWorkerState } from "./workers/processes.js";
import { readSettings, type Settings } from "./settings.js";
import { findMemoryHazards, type MemoryHazard } from "./workers/shared-memory.js";
import { createSharing, type Sharing } from "./maps/sharing.js";
import { createSummaries, type Summaries, type Summary } from "./maps/summaries.js";
import { findSuspects } from "./async/suspects.js";
import { findTruthyMemos, type TruthyMemo } from "./lookup/memos.js";
import { findTruthyDefaults, findTruthyLookups, type TruthyDefault, type TruthyLookup } from "./lookup/truthiness.js";
import { canHaveUsedMaps } from "./maps/used-maps.js";
import { findUsers } from "./code/users.js";

/** All facts about the maps of one file. */
export interface Analysis {
  readonly sourceCode: SourceCode;
  readonly settings: Settings;
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
  /** The functions that touch a map, followed and solved; computed when first asked for. */
  getFlows(): readonly Flow[];
  /** What can go wrong around suspensions; computed when first asked for. */
  getHazards(): readonly Hazard[];
  /** What can go wrong while a map is iterated; computed when first asked for. */
  getIterationFacts(): IterationFacts;
  /** Lookups that rely on what nothing shows; computed when first asked for. */
  getUncheckedLookups(): readonly UncheckedLookup[];
  /** Reads of keys that were just removed; computed when first asked for. */
  getDeletedUses(): readonly DeletedUse[];
  /** Tests of presence by truth; computed when first asked for. */
  getTruthyLookups(): readonly TruthyLookup[];
  getTruthyDefaults(): readonly TruthyDefault[];
  getTruthyMemos(): readonly TruthyMemo[];
  /** Keys that are not what they seem; computed when first asked for. */
  getUnstableKeys(): readonly UnstableKey[];
  /** What the locks of the file do and fail to do; computed when first asked for. */
  getLocking(): Locking | undefined;
  /** What closures keep hold of; computed when first asked for. */
  getCaptures(): Captures | undefined;
  /** How the maps come to be, grow and end; computed when first asked for. */
  getLifecycle(): Lifecycle | undefined;
  /** Maps that are copied to another thread and relied on as shared; computed when first asked for. */
  getBrokenCopies(): readonly BrokenCopy[];
  /** Unsynchronized uses of shared memory; computed when first asked for. */
  getMemoryHazards(): readonly MemoryHazard[];
  /** Maps of which every thread or process has its own, for a file of this name. */
  getPerWorkerState(filename: string): readonly PerWorkerState[];
}

const NO_MAPS: Declarations = { hasMaps: false, hasLastingMaps: false };
const ALL_MAPS: Declarations = { hasMaps: true, hasLastingMaps: true };

/** How many events the functions may hold that no caller's graph has room for. */
const SECOND_BUDGET = 4000;

/** A file as the rules come to know it. */
interface LookedAt {
  readonly look: FirstLook;
  readonly getAnalysis: () => Analysis | undefined;
}

const cache = new WeakMap<object, LookedAt>();

/** Looks at the text of a file once, for all rules. */
export function lookAt(sourceCode: SourceCode, settings: unknown): FirstLook {
  return getLookedAt(sourceCode, settings).look;
}

/**
 * Analyzes a file once, for all rules.
 * @param about what the rule that asks is about: one about `maps` alone has nothing to ask of a file without any.
 * @returns `undefined` if the file holds nothing of it, or if the analysis met something that it cannot deal with:
 * a rule then has nothing to say.
 */
export function analyze(sourceCode: SourceCode, settings: unknown, about: Subject = "all"): Analysis | undefined {
  const { look, getAnalysis } = getLookedAt(sourceCode, settings);
  return look.has(about) ? getAnalysis() : undefined;
}

function getLookedAt(sourceCode: SourceCode, settings: unknown): LookedAt {
  const { ast } = sourceCode;
  let known = cache.get(ast);
  if (!known) {
    const look = new FirstLook(sourceCode, readSettings(settings));
    cache.set(ast, (known = { look, getAnalysis: lazily<Analysis | undefined>(() => new LazyAnalysis(look), undefined) }));
  }
  return known;
}

/** Every pass is run when it is first asked for: what no rule wants to know costs nothing. */
class LazyAnalysis implements Analysis {
  readonly #getModel = once(() => createFileModel(this.sourceCode));
  readonly #getInventory = once(() => createInventory(this.model, this.settings.mapTypes, this.#look.getTypes()));
  readonly #getSummaries = once(() => createSummaries(this.model, this.inventory));
  readonly #getSharing = once(() => createSharing(this.model));
  readonly #getDeclarations = once(() => (this.#look.canHaveMaps() ? this.#findDeclarations() : NO_MAPS));
  readonly #hasMapsOrLocks = once(() => (this.#getDeclarations().hasMaps && this.inventory.maps.length > 0) || this.#look.hasLocks());
  readonly #selectFlows = once(() => createFlows(this));

  readonly #look: FirstLook;
  readonly sourceCode: SourceCode;
  readonly settings: Settings;

  constructor(look: FirstLook) {
    this.#look = look;
    this.sourceCode = look.sourceCode;
    this.settings = look.settings;
  }

  get model(): FileModel {
    return this.#getModel();
  }

  get inventory(): Inventory {
    return this.#getInventory();
  }

  get summaries(): Summaries {
    return this.#getSummaries();
  }

  get sharing(): Sharing {
    return this.#getSharing();
  }

  readonly getFlows = this.#aboutMaps<readonly Flow[]>(() => this.#selectFlows()(new Set(this.model.functions)), []);
  readonly getHazards = lazily(() => (this.#canHaveHazards() ? this.#findHazards() : []), []);
  readonly getUncheckedLookups = this.#aboutMaps<readonly UncheckedLookup[]>(() => findUncheckedLookups(this.#getFlowsOf, this.getHazards, this), []);
  readonly getDeletedUses = this.#aboutMaps<readonly DeletedUse[]>(() => findDeletedUses(this.#getFlowsOf, this.getUncheckedLookups(), this), []);
  readonly getTruthyLookups = this.#aboutMaps<readonly TruthyLookup[]>(() => findTruthyLookups(this.#getFlowsOf, this), []);
  readonly getTruthyDefaults = lazily<readonly TruthyDefault[]>(() => (this.#look.canHaveTruthyDefaults() ? findTruthyDefaults(this.model) : []), []);
  readonly getTruthyMemos = lazily<readonly TruthyMemo[]>(() => (this.#look.canHaveTruthyMemos() ? findTruthyMemos(this.model) : []), []);
  readonly getUnstableKeys = lazily<readonly UnstableKey[]>(() => (this.#look.canHaveOpenKeys() || this.#hasMapsOrLocks() ? findUnstableKeys(this) : []), []);
  readonly getIterationFacts = this.#aboutMaps<IterationFacts>(() => findIterationFacts(this.#getFlowsOf, this), { held: [], mutations: [], asyncForEach: [] });
  readonly getLocking = this.#aboutMaps<Locking | undefined>(() => createLocking(this), undefined);
  readonly getCaptures = this.#aboutMaps<Captures | undefined>(() => createCaptures(this), undefined);
  readonly getLifecycle = this.#aboutMaps<Lifecycle | undefined>(() => createLifecycle(this), undefined);
  readonly getBrokenCopies = lazily<readonly BrokenCopy[]>(() => (this.#look.canPost() ? findBrokenCopies(this) : []), []);
  readonly getMemoryHazards = lazily<readonly MemoryHazard[]>(() => (this.#look.canShareMemory() ? findMemoryHazards(this.model) : []), []);

  getPerWorkerState(filename: string): readonly PerWorkerState[] {
    return orNothing(() => findPerWorkerState(this, filename)) ?? [];
  }

  /** Where there is neither a map nor a lock there is nothing to ask. */
  #aboutMaps<T>(compute: () => T, fallback: T): () => T {
    return lazily(() => (this.#hasMapsOrLocks() ? compute() : fallback), fallback);
  }

  /** With types, or by what is done with it, a map can be declared elsewhere. */
  #findDeclarations(): Declarations {
    const declared = this.#look.getTypes() ? ALL_MAPS : findDeclarations(this.sourceCode, this.settings.mapTypes);
    return declared.hasLastingMaps || !canHaveUsedMaps(this.sourceCode) ? declared : ALL_MAPS;
  }

  /** Text searches and declarations: a file without a map that lasts needs no model. */
  #canHaveHazards(): boolean {
    return this.#look.canHaveHazards() && this.#getDeclarations().hasLastingMaps;
  }

  #findHazards(): readonly Hazard[] {
    const shared = findSharedMaps(this);
    if (shared.size === 0) return [];
    const suspects = findSuspects(shared, this);
    const select = (functions: ReadonlySet<FunctionInfo>, alone?: ReadonlySet<FunctionInfo>): readonly Flow[] => (functions.size === 0 ? [] : this.#selectFlows()(functions, alone));
    // Most do nothing wrong by themselves; and who runs them can only make up for it, by a lock or a key of its own.
    if (findHazards(select(suspects, findInserting(shared, this.summaries)), this).length === 0) return [];
    return findHazards(select(findUsers(suspects, this.model)), this);
  }

  /** The functions that touch one of these maps, or that come to one of these accesses. */
  readonly #getFlowsOf: FlowsOf = (maps, accesses) => {
    if (accesses) {
      const users = findUsers(accesses.flatMap((access) => access.function ?? []), this.model);
      return users.size === 0 ? [] : this.#selectFlows()(users);
    }
    const touches = ({ reads, writes }: Summary): boolean => [...maps].some((map) => reads.has(map) || writes.has(map));
    return maps.size === 0 ? [] : this.#selectFlows()(new Set(this.model.functions.filter((info) => touches(this.summaries.get(info)))));
  };
}

/**
 * The graphs of some functions: of each that no other of them is followed into.
 * @param alone functions that are looked at by themselves as well; the graphs are then for a first look, and cost the file nothing of its budget
 */
type FlowSelection = (wanted: ReadonlySet<FunctionInfo>, alone?: ReadonlySet<FunctionInfo>) => readonly Flow[];

interface Solved {
  readonly flow: Flow;
  readonly followed: ReadonlySet<FunctionInfo>;
}

/** The functions of a file, lowered and solved each at most once, unless the budget ran out. */
function createFlows(analysis: Omit<LoweringContext, "budget">): FlowSelection {
  const { model, inventory, summaries, settings } = analysis;
  const createContext = (left: number): LoweringContext => ({ model, inventory, summaries, settings, budget: { left } });
  const contexts = { first: createContext(FILE_BUDGET), whole: createContext(FILE_BUDGET), again: createContext(SECOND_BUDGET) };
  const relevant = model.functions.filter((info) => summaries.get(info).isRelevant);
  const known = new Map<FunctionInfo, Solved>();
  const solve = (info: FunctionInfo, context: LoweringContext): Solved => {
    let solved = known.get(info);
    if (!solved) {
      const { graph, followed } = lower(info, context);
      solved = { flow: runFlow(graph), followed };
      if (graph.isComplete || context !== contexts.first) known.set(info, solved);
    }
    return solved;
  };
  return (wanted, alone) => {
    const selected = relevant.filter((info) => wanted.has(info));
    const followed = new Set<FunctionInfo>();
    const cutShort = new Set<FunctionInfo>();
    const flows = new Set<Flow>();
    const add = (info: FunctionInfo): void => {
      if (followed.has(info) && (!alone?.has(info) || isInlineCallback(info))) return;
      const solved = solve(info, alone ? contexts.first : cutShort.has(info) ? contexts.again : contexts.whole);
      const { isComplete } = solved.flow.graph;
      for (const inner of solved.followed) (isComplete || inner === info ? followed : cutShort).add(inner);
      flows.add(solved.flow);
    };
    // Callers first: what they follow into is not looked at again by itself, unless the budget ran out on the way.
    selected.filter((info) => !isRunBy(wanted, info, model)).forEach(add);
    selected.forEach(add);
    return [...flows];
  };
}

/** The functions that put something into one of these maps. Whoever calls them may have looked first; who calls from outside has not. */
function findInserting(maps: ReadonlySet<MapEntity>, summaries: Summaries): ReadonlySet<FunctionInfo> {
  return new Set([...maps].flatMap((map) => summaries.getAccesses(map).flatMap((access) => (isInsertion(access.operation) ? (access.function ?? []) : []))));
}

/** Maps that tasks can share and that some function writes: without one nothing can go wrong around a suspension. */
function findSharedMaps(analysis: Analysis): ReadonlySet<MapEntity> {
  const { model, inventory, sharing } = analysis;
  const isLasting = (map: MapEntity): boolean => sharing.getLifetime(map).level !== "none";
  // Most maps live in one call: the accesses are looked up for files with others only.
  if (!inventory.maps.some(isLasting)) return new Set();
  const { summaries } = analysis;
  const isWritten = (map: MapEntity): boolean => summaries.getAccesses(map).some((access) => isWrite(access.operation) && access.function !== undefined && access.function.name !== "constructor");
  return new Set(inventory.maps.filter((map) => (isWritten(map) || hasMutatedEntries(map, model, inventory)) && isLasting(map)));
}

/** Whether one of some functions calls it, or has it as a callback, and so is followed into it. */
function isRunBy(callers: ReadonlySet<FunctionInfo>, info: FunctionInfo, model: FileModel): boolean {
  const isCaller = (caller: FunctionInfo | undefined): boolean => caller !== undefined && caller !== info && callers.has(caller);
  return info.calls.some((call) => isCaller(model.getEnclosing(call))) || (isInlineCallback(info) && isCaller(info.parent));
}

/** A callback is mostly followed from where it stands. */
function isInlineCallback(info: FunctionInfo): boolean {
  const parent = info.node.parent;
  return (parent.type === "CallExpression" || parent.type === "NewExpression") && info.parent !== undefined;
}
