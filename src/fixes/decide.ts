import type { Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { FileContext, FixMode, RuleReport } from "../rule.js";
import { isRuntimeDependency } from "./dependency.js";
import { createFixer, type Edit, keepsComments } from "./edits.js";
import { isPrivate, planSafeMap, type SafeMapPlan } from "./safe-map.js";

/** One way to put a site right. */
export interface Rewrite {
  /** The message of the suggestion. */
  readonly messageId: string;
  readonly edits: readonly Edit[];
  /** The map must be a SafeMap for it. */
  readonly needsSafeMap?: boolean;
  /** It removes the hazard from the map, but not all that goes wrong: never an autofix. */
  readonly isPartial?: boolean;
}

/**
 * Decides what becomes of the rewrites of a site: the first sound one is applied by `--fix` under `fix: "auto"`, all are
 * offered under "suggest", none under "off". A SafeMap is brought in by `--fix` only where the map is private to the module,
 * every use of it was seen, and `mapguard` is a dependency.
 * @param rewrites In the order of preference.
 * @param mode The rule's own option, if it is given; else the settings decide.
 */
export function decideFix(hazard: Hazard, rewrites: readonly (Rewrite | undefined)[], analysis: Analysis, file: FileContext, mode: FixMode = analysis.settings.fix): Pick<RuleReport, "fix" | "suggest"> {
  if (mode === "off") return {};
  const plan = getPlan(hazard, analysis, file.filename);
  const isPossible = (rewrite: Rewrite | undefined): boolean => rewrite !== undefined && (!rewrite.needsSafeMap || plan !== undefined) && keepsComments(rewrite.edits, analysis.sourceCode);
  const possible = rewrites.filter(isPossible) as Rewrite[];
  if (mode === "auto") {
    const chosen = possible.find((rewrite) => !rewrite.isPartial && (!rewrite.needsSafeMap || canBringSafeMap(hazard, analysis, file)));
    if (chosen) return { fix: createFixer(chosen.needsSafeMap ? getNextStep(chosen, plan!, hazard, analysis) : chosen.edits) };
  }
  if (possible.length === 0) return {};
  return { suggest: possible.map((rewrite) => ({ messageId: rewrite.messageId, fix: createFixer(rewrite.needsSafeMap ? getAllEdits(rewrite, plan!) : rewrite.edits) })) };
}

function getPlan(hazard: Hazard, analysis: Analysis, filename: string): SafeMapPlan | undefined {
  return planSafeMap(hazard.map, analysis, filename);
}

function canBringSafeMap(hazard: Hazard, analysis: Analysis, file: FileContext): boolean {
  return isPrivate(hazard.map, analysis) && isRuntimeDependency(file.filename, file.cwd);
}

function getAllEdits(rewrite: Rewrite, plan: SafeMapPlan): Edit[] {
  return [...plan.importEdits, ...plan.declarationEdits, ...rewrite.edits];
}

/**
 * The part of a rewrite that one pass of `--fix` applies.
 *
 * ESLint takes a report's edits as one stretch of text, from the first to the last, and of stretches that overlap only the
 * first, ten passes at most. So the first site brings the import, its map and itself; then the other maps become SafeMaps,
 * each by a stretch of its own; then every site is on its own. After each pass the file is sound, and a site that is
 * disabled by a comment is missed by nobody.
 */
function getNextStep(rewrite: Rewrite, plan: SafeMapPlan, hazard: Hazard, analysis: Analysis): readonly Edit[] {
  if (plan.declarationEdits.length === 0) return rewrite.edits;
  const isShared = plan.importEdits.length === 0 && analysis.getHazards().some(({ map }) => map !== hazard.map && map.kind === "Map");
  return isShared ? plan.declarationEdits : getAllEdits(rewrite, plan);
}
