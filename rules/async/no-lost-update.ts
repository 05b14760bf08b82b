import { reportHazards } from "../../src/explain/hazard-rule.js";
import { FIX_MESSAGES, withFixes } from "../../src/fixes/index.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-lost-update",
  description: "Disallow writing a map value that was computed from a read before a suspension",
  type: "problem",
  severity: "error",
  about: "hazards",
  fixable: true,
  messages: {
    lost: "{{tasks}} can lose an update of `{{place}}`: it is read on line {{check}}, written back on line {{write}}, and suspended on line {{suspension}} in between ({{overlap}}).",
    reread: FIX_MESSAGES.reread,
    updateAsync: FIX_MESSAGES.updateAsync,
    runExclusive: FIX_MESSAGES.runExclusive,
  },
  *find(analysis, options, file) {
    yield* withFixes(reportHazards(analysis, "lost-update", options, file, () => "lost"), analysis, file, options.fix);
  },
});
