import { reportHazards } from "../../src/explain/hazard-rule.js";
import { FIX_MESSAGES, withFixes } from "../../src/fixes/index.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-duplicate-load",
  description: "Disallow loading the same data twice because it is stored only after a suspension",
  type: "suggestion",
  severity: "warn",
  about: "hazards",
  fixable: true,
  messages: {
    duplicate: "{{tasks}} can both load `{{place}}`: it is looked up on line {{check}}, stored on line {{write}}, and suspended on line {{suspension}} in between ({{overlap}}).",
    recheck: FIX_MESSAGES.recheck,
    getOrInsertAsync: FIX_MESSAGES.getOrInsertAsync,
    runExclusive: FIX_MESSAGES.runExclusive,
  },
  *find(analysis, options, file) {
    yield* withFixes(reportHazards(analysis, "duplicate-load", options, file, () => "duplicate"), analysis, file, options.fix);
  },
});
