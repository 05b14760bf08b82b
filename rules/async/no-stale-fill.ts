import { reportHazards } from "../../src/explain/hazard-rule.js";
import { createRule, FIX_WITHOUT_EDIT } from "../../src/rule.js";

export default createRule({
  name: "no-stale-fill",
  description: "Disallow storing a value that was loaded before the key could be invalidated",
  type: "suggestion",
  severity: "warn",
  about: "hazards",
  messages: {
    fill: "`{{place}}` can get an old value back: it is loaded on line {{suspension}}, `{{partnerName}}` can invalidate it on line {{partner}} meanwhile, and line {{write}} stores it all the same ({{overlap}}).",
    back: "`{{place}}` can come back: `{{partnerName}}` can take it away on line {{partner}} while this task is suspended on line {{suspension}}, and line {{write}} sets it without another look ({{overlap}}).",
  },
  options: { fix: FIX_WITHOUT_EDIT },
  *find(analysis, options, file) {
    yield* reportHazards(analysis, "stale-fill", options, file, ({ read, suspension }) => (read === suspension ? "fill" : "back"));
  },
});
