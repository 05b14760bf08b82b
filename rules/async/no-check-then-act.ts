import type { Hazard } from "../../src/analysis/async/hazards.js";
import { reportHazards } from "../../src/explain/hazard-rule.js";
import { FIX_MESSAGES, withFixes } from "../../src/fixes/index.js";
import { createRule } from "../../src/rule.js";

const BY_CONSEQUENCE: Readonly<Record<NonNullable<Hazard["consequence"]>, string>> = {
  resource: "resource",
  identity: "identity",
  refusal: "refusal",
  repeat: "refusal",
  data: "refusal",
};

export default createRule({
  name: "no-check-then-act",
  description: "Disallow acting on a map check that is out of date after a suspension",
  type: "problem",
  severity: "error",
  about: "hazards",
  fixable: true,
  messages: {
    resource: "{{tasks}} can both create `{{place}}`: it is checked on line {{check}}, written on line {{write}}, and suspended on line {{suspension}} in between ({{overlap}}).",
    blind: "{{tasks}} can both create `{{place}}`: it is made on line {{check}} and written on line {{write}} without a look at what is there, behind the suspension on line {{suspension}}; the one that is overwritten is never closed ({{overlap}}).",
    identity: "{{tasks}} can each put an entry of their own at `{{place}}`: it is checked on line {{check}}, written on line {{write}}, and suspended on line {{suspension}} in between ({{overlap}}).",
    refusal: "{{tasks}} can both pass the check of `{{map}}` on line {{check}}: `{{place}}` is written on line {{write}}, and suspended on line {{suspension}} in between ({{overlap}}).",
    recheck: FIX_MESSAGES.recheck,
    getOrInsertAsync: FIX_MESSAGES.getOrInsertAsync,
    runExclusive: FIX_MESSAGES.runExclusive,
  },
  *find(analysis, options, file) {
    yield* withFixes(reportHazards(analysis, "check-then-act", options, file, (hazard) => (hazard.isBlind ? "blind" : BY_CONSEQUENCE[hazard.consequence ?? "refusal"])), analysis, file, options.fix);
  },
});
