import { describePerWorker } from "../../src/explain/workers.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-per-worker-state",
  description: "Disallow state in a module-level map of code that several threads or processes run",
  type: "problem",
  severity: "warn",
  about: "all",
  messages: {
    split: "`{{map}}` of {{writer}} is not `{{map}}` of {{reader}}: {{reason}}, line {{write}} writes one of them, and line {{read}} reads the other.",
    module: "`{{map}}` of `{{file}}` exists more than once: {{reason}}. What {{writer}} writes, {{reader}} does not see.",
    each: "`{{map}}` exists once a process: {{reason}}. What line {{write}} writes in one of them, line {{read}} does not see in another.",
  },
  *find(analysis, options, file) {
    for (const state of analysis.getPerWorkerState(file.filename)) {
      if (state.isHeuristic && !options.heuristics) continue;
      yield { node: state.node, messageId: state.kind, data: describePerWorker(state), finding: { map: state.name, overlap: state.reason } };
    }
  },
});
