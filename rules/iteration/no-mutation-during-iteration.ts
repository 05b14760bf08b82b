import { describeMutation } from "../../src/explain/iteration.js";
import { getSnapshotFix } from "../../src/fixes/iteration.js";
import { offerEdit } from "../../src/fixes/offer.js";
import type { LoopMutation } from "../../src/analysis/iteration/iteration.js";
import { createRule } from "../../src/rule.js";

const MESSAGES: Readonly<Record<LoopMutation["kind"], string>> = {
  growth: "growth",
  reinsertion: "reinsertion",
  renaming: "renaming",
  "foreign-delete": "foreignDelete",
  reentrant: "reentrant",
};

export default createRule({
  name: "no-mutation-during-iteration",
  description: "Disallow adding keys to a map, or putting them back, while a loop walks it",
  type: "problem",
  severity: "error",
  about: "maps",
  fixable: true,
  messages: {
    growth: "This loop over `{{map}}` (line {{loop}}) adds `{{key}}` to it: what is added is visited as well, and the loop may never end.",
    reinsertion: "`{{key}}` is removed from `{{map}}` on line {{other}} and put back while the loop of line {{loop}} walks it: it comes round again, and the loop may never end.",
    renaming: "This loop over `{{map}}` (line {{loop}}) moves entries to another key: `{{key}}` goes to the end and is visited again.",
    foreignDelete: "This loop over `{{map}}` (line {{loop}}) removes `{{key}}`, which may be another key than the current one: it will not be visited.",
    reentrant: "A function called here can add to `{{map}}` (line {{other}}) while the loop of line {{loop}} walks it: what leaves and comes back is called again.",
    snapshot: "Walk a copy of `{{map}}`.",
  },
  *find(analysis, options) {
    for (const mutation of analysis.getIterationFacts().mutations) {
      if (mutation.isHeuristic && !options.heuristics) continue;
      const data = describeMutation(mutation);
      yield {
        node: mutation.node,
        messageId: MESSAGES[mutation.kind],
        data,
        finding: { map: mutation.map.name },
        ...offerEdit(analysis, options, { messageId: "snapshot", data, fix: getSnapshotFix(mutation, analysis) }),
      };
    }
  },
});
