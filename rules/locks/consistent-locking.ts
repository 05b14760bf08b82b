import type { Breach } from "../../src/analysis/locks/locking.js";
import { createBreachTimeline, quoteFunction } from "../../src/explain/locking.js";
import { getSecondLook } from "../../src/project/second-look.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "consistent-locking",
  description: "Require the accesses of a map to keep to the lock or the policy that the others keep to",
  type: "problem",
  severity: "error",
  about: "maps",
  messages: {
    section:
      "{{writer}} can break into a locked section: {{section}} reads `{{map}}` on line {{read}}, is suspended on line {{suspension}} and writes it on line {{write}}, all under `{{lock}}`, and this write does not take `{{lock}}` ({{overlap}}).",
    guardedBy: "`{{map}}` is declared as guarded by `{{lock}}` on line {{policy}}, and this access does not hold it.",
    singleWriter: "`{{map}}` is declared on line {{policy}} as written by one function, `{{owner}}`, and this write is elsewhere.",
    immutable: "`{{map}}` is declared as immutable on line {{policy}}, and it is written here.",
    majority: "`{{map}}` is used under `{{lock}}` in {{locked}} of {{total}} places, and this write does not take it.",
  },
  *find(analysis, options, file) {
    for (const breach of analysis.getLocking()?.getBreaches() ?? []) {
      if (breach.isHeuristic && !options.heuristics) continue;
      // Whoever calls the two may keep them apart.
      if (breach.kind === "section" && breach.overlap.level === "assumed" && getSecondLook(analysis, file)?.areKeptApart([breach.function, breach.section.task])) continue;
      const timeline = breach.kind === "section" ? createBreachTimeline(breach, analysis) : undefined;
      yield { node: breach.node, messageId: breach.kind, data: describe(breach), finding: { map: breach.map.name, ...(timeline ? { timeline, overlap: timeline.overlap } : {}) } };
    }
  },
});

function describe(breach: Breach): Record<string, string> {
  const map = breach.map.name;
  switch (breach.kind) {
    case "section": {
      const { section } = breach;
      return {
        map,
        writer: quoteFunction(breach.function.name),
        section: quoteFunction(section.task.name),
        lock: section.lock.name,
        read: String(section.read.node.loc.start.line),
        suspension: String(section.suspension.loc.start.line),
        write: String(section.write.node.loc.start.line),
        overlap: breach.overlap.reason,
      };
    }
    case "majority":
      return { map, lock: breach.lock.name, locked: String(breach.locked), total: String(breach.total) };
    default:
      return { map, lock: breach.policy.name ?? "a lock", owner: breach.writer, policy: String(breach.policy.comment.loc.start.line) };
  }
}
