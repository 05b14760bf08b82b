import type { SourceCode } from "eslint";
import { type Captures, createCaptures } from "./captures.js";
import { type Flow, runFlow } from "./flow.js";
import { orNothing } from "./guard.js";
import { findHazards, type Hazard } from "./hazards.js";
import { findIterationFacts, type IterationFacts } from "./iteration.js";
import { createInventory, hasMapText, type Inventory } from "./inventory.js";
import { createLifecycle, type Lifecycle } from "./lifecycle.js";
import { findUnstableKeys, type UnstableKey } from "./key-identity.js";
import { createLocking, type Locking } from "./locking.js";
import { findLookupFacts, type LookupFacts } from "./lookups.js";
import { hasLockText } from "./locks.js";
import { FILE_BUDGET, lower, type LoweringContext } from "./lowering.js";
import { createFileModel, type FileModel, type FunctionInfo } from "./model.js";
import { readSettings, type Settings } from "./settings.js";
import { createSharing, type Sharing } from "./sharing.js";
import { createSummaries, type Summaries } from "./summaries.js";
import { findTruthyLookups, type TruthyLookup } from "./truthiness.js";

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
  getLookupFacts(): LookupFacts;
  /** Tests of presence by truth; computed when first asked for. */
  getTruthyLookups(): readonly TruthyLookup[];
  /** Keys that are not what they seem; computed when first asked for. */
  getUnstableKeys(): readonly UnstableKey[];
  /** What the locks of the file do and fail to do; computed when first asked for. */
  getLocking(): Locking | undefined;
  /** What closures keep hold of; computed when first asked for. */
  getCaptures(): Captures | undefined;
  /** How the maps come to be, grow and end; computed when first asked for. */
  getLifecycle(): Lifecycle | undefined;
}

const ASYNC_TEXT = /\bawait\b|\.then\(|\.finally\(|\.catch\(|\bset(?:Timeout|Interval|Immediate)\b|\.on\(|\.once\(|addEventListener|\byield\b/;

const cache = new WeakMap<object, Analysis | null>();

/**
 * Analyzes a file once, for all rules.
 * @returns `undefined` if the file holds nothing map-like, or if the analysis met something that it cannot deal with:
 * a rule then has nothing to say.
 */
export function analyze(sourceCode: SourceCode, settings: unknown): Analysis | undefined {
  const known = cache.get(sourceCode.ast);
  if (known !== undefined) return known ?? undefined;
  cache.set(sourceCode.ast, null);
  const analysis = orNothing(() => build(sourceCode, readSettings(settings)));
  cache.set(sourceCode.ast, analysis ?? null);
  return analysis;
}

function build(sourceCode: SourceCode, settings: Settings): Analysis | undefined {
  const hasLocks = hasLockText(sourceCode.text);
  if (!hasLocks && !hasMapText(sourceCode.text, settings.mapTypes)) return undefined;
  const model = createFileModel(sourceCode);
  const inventory = createInventory(model, settings.mapTypes);
  if (!hasLocks && inventory.maps.length === 0) return undefined;
  const summaries = createSummaries(model, inventory);
  const sharing = createSharing(model);
  let flows: readonly Flow[] | undefined;
  let hazards: readonly Hazard[] | undefined;
  let iteration: IterationFacts | undefined;
  let lookups: LookupFacts | undefined;
  let truthy: readonly TruthyLookup[] | undefined;
  let unstable: readonly UnstableKey[] | undefined;
  let locking: Locking | undefined;
  let captures: Captures | undefined;
  let lifecycle: Lifecycle | undefined;
  const getFlows = (): readonly Flow[] => (flows ??= orNothing(() => solve({ model, inventory, summaries, settings, budget: { left: FILE_BUDGET } })) ?? []);
  return {
    sourceCode,
    settings,
    model,
    inventory,
    summaries,
    sharing,
    getFlows,
    getLocking: () => (locking ??= orNothing(() => createLocking({ model, inventory, summaries, sharing, settings, getFlows }))),
    getCaptures: () => (captures ??= orNothing(() => createCaptures({ model, inventory, summaries }))),
    getLifecycle: () => (lifecycle ??= orNothing(() => createLifecycle({ model, inventory, summaries, sharing, getFlows }))),
    getHazards() {
      if (hazards) return hazards;
      const isAsync = ASYNC_TEXT.test(sourceCode.text);
      hazards = (isAsync && orNothing(() => findHazards(getFlows(), { model, inventory, summaries, sharing }))) || [];
      return hazards;
    },
    getLookupFacts() {
      lookups ??= orNothing(() => findLookupFacts(getFlows(), this.getHazards(), { model, inventory, summaries, sharing })) ?? { unchecked: [], deleted: [] };
      return lookups;
    },
    getTruthyLookups: () => (truthy ??= orNothing(() => findTruthyLookups(getFlows(), { model, inventory, summaries, sharing })) ?? []),
    getUnstableKeys: () => (unstable ??= orNothing(() => findUnstableKeys({ model, inventory, summaries, sharing })) ?? []),
    getIterationFacts: () => (iteration ??= orNothing(() => findIterationFacts(getFlows(), { model, inventory, summaries, sharing })) ?? { held: [], mutations: [], asyncForEach: [] }),
  };
}

/** Callers first: what they follow into is not looked at again by itself. */
function solve(context: LoweringContext): Flow[] {
  const { model, summaries } = context;
  const relevant = model.functions.filter((info) => summaries.get(info).isRelevant);
  const followed = new Set<FunctionInfo>();
  const flows: Flow[] = [];
  const solveOne = (info: FunctionInfo): void => {
    const lowered = lower(info, context);
    for (const inner of lowered.followed) followed.add(inner);
    flows.push(runFlow(lowered.graph));
  };
  const roots = relevant.filter((info) => info.calls.length === 0 && !isInlineCallback(info));
  for (const info of roots) solveOne(info);
  for (const info of relevant) if (!followed.has(info)) solveOne(info);
  return flows;
}

/** A callback is mostly followed from where it stands. */
function isInlineCallback(info: FunctionInfo): boolean {
  const parent = info.node.parent;
  return (parent.type === "CallExpression" || parent.type === "NewExpression") && info.parent !== undefined;
}
