import { createHeldTimeline, describeHeld } from "../../src/explain/iteration.js";
import { getSnapshotFix } from "../../src/fixes/iteration.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-iteration-across-await",
  description: "Disallow a live iterator over a shared map across a suspension while other tasks write the map",
  type: "problem",
  severity: "warn",
  about: "maps",
  fixable: true,
  messages: {
    grows: "`{{map}}` can grow while this loop walks it: the loop is suspended on line {{suspension}}, and {{partnerName}} adds to it on line {{partner}} ({{overlap}}). {{harm}}.",
    shrinks: "`{{map}}` can shrink while this loop walks it: the loop is suspended on line {{suspension}}, and {{partnerName}} removes from it on line {{partner}} ({{overlap}}). What is removed meanwhile is passed over.",
    snapshot: "Walk a copy of `{{map}}`.",
  },
  *find(analysis, options) {
    for (const held of analysis.getIterationFacts().held) {
      if (held.isHeuristic && !options.heuristics) continue;
      const data = describeHeld(held);
      yield {
        node: held.node,
        messageId: held.partnerOperation === "delete" || held.partnerOperation === "clear" ? "shrinks" : "grows",
        data,
        finding: { map: held.map.name, overlap: held.overlap.reason, timeline: createHeldTimeline(held) },
        ...offerEdit(analysis, options, { messageId: "snapshot", data, fix: getSnapshotFix(held, analysis) }),
      };
    }
  },
});
