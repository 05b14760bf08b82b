import { reportHazards } from "../../src/explain/hazard-rule.js";
import { createRule, FIX_WITHOUT_EDIT } from "../../src/rule.js";

export default createRule({
  name: "no-stale-entry",
  description: "Disallow changing or trusting a map entry that was looked up before a suspension",
  type: "suggestion",
  severity: "warn",
  about: "hazards",
  messages: {
    changed: "`{{place}}` can be changed on an entry that is no longer in `{{map}}`: it is looked up on line {{check}}, replaced on line {{partner}}, and this task is suspended on line {{suspension}} in between ({{overlap}}).",
    trusted: "`{{place}}` can be gone: it is checked on line {{check}}, `{{partnerName}}` can remove it on line {{partner}}, and this task is suspended on line {{suspension}} in between ({{overlap}}).",
  },
  options: { fix: FIX_WITHOUT_EDIT },
  *find(analysis, options, file) {
    yield* reportHazards(analysis, "stale-entry", options, file, (hazard) => (hazard.field === undefined ? "trusted" : "changed"));
  },
});
