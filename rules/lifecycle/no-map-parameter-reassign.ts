import { quoteFunction } from "../../src/explain/locking.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-map-parameter-reassign",
  description: "Disallow reassigning a map parameter as if the caller would see it",
  type: "problem",
  severity: "strict",
  about: "maps",
  messages: {
    reassigned: "The caller of {{task}} keeps the old map: this gives the parameter `{{map}}` another one, which nothing reads. Empty it with `clear()` and fill it, or return the new map.",
  },
  *find(analysis) {
    for (const { map, node, function: task } of analysis.getLifecycle()?.getParameterReassignments() ?? []) {
      yield { node, messageId: "reassigned", data: { map: map.name, task: quoteFunction(task.name) }, finding: { map: map.name } };
    }
  },
});
