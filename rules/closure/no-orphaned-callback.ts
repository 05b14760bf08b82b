import type { OrphanedCallback } from "../../src/analysis/closure/captures.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createCancelFix } from "../../src/fixes/timers.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-orphaned-callback",
  description: "Require a timer or listener that keeps a map's entry to be cancelled where the entry is deleted or replaced",
  type: "problem",
  severity: "warn",
  about: "maps",
  fixable: true,
  messages: {
    removal: "The {{timer}} of line {{start}} outlives its entry: `{{map}}` drops the entry here, and nothing cancels the timer.",
    replacement: "The {{timer}} that `{{map}}` already holds for this key is lost here: it is replaced, and nothing cancels it.",
    unstored: "This {{timer}} outlives its entry: it keeps an entry of `{{map}}` that is deleted on line {{removal}}, and nobody holds the timer to cancel it.",
    listener: "This listener outlives its entry: it keeps an entry of `{{map}}` that is deleted on line {{removal}}, and nothing removes the listener.",
    cancel: "Cancel the timer first",
  },
  *find(analysis, options) {
    for (const orphan of analysis.getCaptures()?.getOrphans() ?? []) {
      if (orphan.isHeuristic && !options.heuristics) continue;
      const data = describe(orphan);
      yield {
        node: orphan.node,
        messageId: orphan.kind,
        data,
        finding: { map: orphan.map.name },
        ...offerEdit(analysis, options, { messageId: "cancel", data, fix: createCancelFix(orphan, analysis) }),
      };
    }
  },
});

function describe({ map, timer, start, removal }: OrphanedCallback): Record<string, string> {
  const words = { setInterval: "interval", setTimeout: "timeout", listener: "listener" } as const;
  return { map: map.name, timer: words[timer], start: String(start.loc.start.line), removal: String(removal.node.loc.start.line) };
}
