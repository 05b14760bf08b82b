import { createMemoryTimeline, describeMemory } from "../../src/explain/workers.js";
import { getAtomicFix } from "../../src/fixes/atomics.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-unsynchronized-shared-memory",
  description: "Disallow updates of shared memory that other threads can come between",
  type: "problem",
  severity: "error",
  about: "memory",
  fixable: true,
  messages: {
    update: "Two threads can lose an update of `{{slot}}`: `{{code}}` reads it and writes it in two steps.",
    "load-store": "Two threads can lose an update of `{{slot}}`: it is loaded on line {{other}} and stored here, each atomically, both together not.",
    "read-write": "Two threads can lose an update of `{{slot}}`: it is read on line {{other}} and written here, in two steps.",
    "check-store": "Two threads can both pass the test of `{{slot}}` on line {{other}} before one of them stores it here.",
    swap: "What another thread adds to `{{slot}}` between the load on line {{other}} and this store is lost.",
    spin: "This loop may never see `{{slot}}` change: a plain read may be done once, before the loop.",
    "plain-read": "This plain read of `{{slot}}` can be stale or torn: line {{other}} writes it by `Atomics`.",
    publish: "Another thread can see some of these writes to `{{view}}` without the others: no atomic operation tells when all are there.",
    atomic: "Use `Atomics.{{operation}}`.",
  },
  *find(analysis, options) {
    for (const hazard of analysis.getMemoryHazards()) {
      if (hazard.isHeuristic && !options.heuristics) continue;
      const data = describeMemory(hazard, analysis);
      const atomic = getAtomicFix(hazard, analysis);
      const timeline = createMemoryTimeline(hazard);
      yield {
        node: hazard.node,
        messageId: hazard.kind,
        data,
        finding: { map: hazard.view.name, ...(timeline ? { timeline } : {}) },
        ...offerEdit(analysis, options, { messageId: "atomic", data: { ...data, operation: atomic?.operation ?? "" }, fix: atomic?.fix }),
      };
    }
  },
});
