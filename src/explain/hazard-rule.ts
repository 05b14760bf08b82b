import { getReportPlace, type Hazard, type HazardKind } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import { getSecondLook } from "../project/second-look.js";
import type { FileContext, RuleOptions, RuleReport } from "../rule.js";
import { createTimeline, describeHazard } from "./hazard.js";

/** The errors. A look costs time, and of warnings that people judged none was decided by other files. */
const LOOKED_AT: ReadonlySet<HazardKind> = new Set(["check-then-act", "lost-update", "leaked-reservation"]);

/** The hazards of one kind that no other file rules out, as reports; heuristic ones only where a config asks for them. */
export function* reportHazards(analysis: Analysis, kind: HazardKind, options: RuleOptions, file: FileContext, getMessageId: (hazard: Hazard) => string): Generator<RuleReport & { readonly hazard: Hazard }> {
  for (const hazard of analysis.getHazards()) {
    if (hazard.kind !== kind || (hazard.isHeuristic && !options.heuristics)) continue;
    const look = LOOKED_AT.has(kind) ? getSecondLook(analysis, file) : undefined;
    if (look?.isRuledOut(hazard, options.heuristics === true)) continue;
    const caller = look?.findCaller(hazard);
    const shown = caller === undefined ? hazard : { ...hazard, overlap: { ...hazard.overlap, reason: caller } };
    yield {
      hazard,
      node: getReportPlace(hazard),
      messageId: getMessageId(hazard),
      data: describeHazard(shown),
      finding: { map: hazard.map.name, overlap: shown.overlap.reason, timeline: createTimeline(hazard, analysis) },
    };
  }
}
