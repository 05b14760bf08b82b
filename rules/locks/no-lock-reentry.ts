import { quoteFunction } from "../../src/explain/locking.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-lock-reentry",
  description: "Disallow taking a lock again while it is held, and taking two locks in opposite orders",
  type: "problem",
  severity: "error",
  about: "maps",
  messages: {
    self: "{{task}} waits for itself here: it takes `{{lock}}` again, which it holds since line {{outer}}, and that is released only afterwards.",
    through: "{{task}} waits for itself here: what it calls takes `{{lock}}` again on line {{inner}}, which it holds since line {{outer}}, and that is released only afterwards.",
    cycle: "Two tasks can wait for each other for ever: {{task}} holds the lock of line {{outer}} and takes `{{lock}}` here, and {{otherTask}} takes `{{otherLock}}` on line {{otherInner}} in the opposite order.",
    keys: "Two runs of {{task}} can wait for each other for ever: it locks `{{otherKey}}` on line {{outer}} and then `{{key}}`, and a run with the two swapped locks them the other way round. Lock them in sorted order.",
  },
  *find(analysis, options) {
    for (const deadlock of analysis.getLocking()?.getDeadlocks() ?? []) {
      if (deadlock.isHeuristic && !options.heuristics) continue;
      const { lock, other } = deadlock;
      yield {
        node: deadlock.place,
        messageId: deadlock.kind === "self" && deadlock.place !== deadlock.inner ? "through" : deadlock.kind,
        data: {
          task: quoteFunction(deadlock.task.name),
          lock: lock.name,
          key: lock.key?.display ?? "",
          inner: String(deadlock.inner.loc.start.line),
          outer: String(deadlock.outer.loc.start.line),
          otherTask: other ? quoteFunction(other.task.name) : "",
          otherLock: other?.lock.name ?? "",
          otherKey: other?.lock.key?.display ?? "",
          otherInner: String(other?.inner.loc.start.line ?? ""),
        },
        finding: { map: lock.name },
      };
    }
  },
});
