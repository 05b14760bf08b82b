import type { Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { FileContext, FixMode, RuleReport } from "../rule.js";
import { decideFix, type Rewrite } from "./decide.js";
import { rewriteToGetOrInsertAsync } from "./get-or-insert-async.js";
import { rewriteToDeleteIf, rewriteToIdentityCheck } from "./identity.js";
import { rewriteToRecheck } from "./recheck.js";
import { rewriteToReread } from "./reread.js";
import { rewriteToEvict, rewriteToRelease } from "./reservation.js";
import { rewriteToRunExclusive } from "./run-exclusive.js";
import { rewriteToUpdateAsync } from "./update-async.js";

/** The messages of the suggestions, for the rules whose hazards {@link fixHazard} can put right. */
export const FIX_MESSAGES = {
  recheck: "Check again after the suspension.",
  reread: "Read again after the suspension.",
  identity: "Remove the entry only if it still is the one of this task.",
  evict: "Take the promise out again when it is rejected.",
  release: "Take the reservation back when the work fails.",
  getOrInsertAsync: "Load once for all who ask meanwhile: `SafeMap.getOrInsertAsync` (package `mapguard`).",
  updateAsync: "Let updates of one key wait for one another: `SafeMap.updateAsync` (package `mapguard`).",
  runExclusive: "Let runs for one key wait for one another: `SafeMap.runExclusive` (package `mapguard`).",
  deleteIf: "Remove the entry only if it still is the one of this task: `SafeMap.deleteIf` (package `mapguard`).",
} as const;

/** What needs no runtime comes before what does. */
function findRewrites(hazard: Hazard, analysis: Analysis, filename: string): (Rewrite | undefined)[] {
  switch (hazard.kind) {
    case "check-then-act":
    case "duplicate-load":
      return [rewriteToRecheck(hazard, analysis), rewriteToGetOrInsertAsync(hazard, analysis, filename), rewriteToRunExclusive(hazard, analysis, filename)];
    case "lost-update":
      return [rewriteToReread(hazard, analysis), rewriteToUpdateAsync(hazard, analysis, filename), rewriteToRunExclusive(hazard, analysis, filename)];
    case "stale-cleanup":
      return [rewriteToIdentityCheck(hazard, analysis, filename), rewriteToDeleteIf(hazard, analysis, filename)];
    case "leaked-reservation":
      return [rewriteToEvict(hazard, analysis, filename), rewriteToRelease(hazard, analysis)];
    default:
      return [];
  }
}

/** The fix or the suggestions of a hazard, by the settings; nothing where it is not certain. */
function fixHazard(hazard: Hazard, analysis: Analysis, file: FileContext, mode?: FixMode): Pick<RuleReport, "fix" | "suggest"> {
  try {
    return decideFix(hazard, findRewrites(hazard, analysis, file.filename), analysis, file, mode);
  } catch (error) {
    // A mistake in a fix costs the fix alone; the tests set the variable to see it.
    if (globalThis.process?.env["MAPGUARD_DEBUG"]) throw error;
    return {};
  }
}

/** Adds to the reports of hazards what `--fix` or the editor can do about them. */
export function* withFixes<T extends RuleReport & { readonly hazard: Hazard }>(reports: Iterable<T>, analysis: Analysis, file: FileContext, mode?: FixMode): Generator<T> {
  for (const report of reports) yield { ...report, ...fixHazard(report.hazard, analysis, file, mode) };
}
