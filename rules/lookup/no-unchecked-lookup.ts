import { describeUnchecked } from "../../src/explain/lookup.js";
import { getGuardFix } from "../../src/fixes/lookup.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-unchecked-lookup",
  description: "Disallow relying on a lookup that can find nothing",
  type: "problem",
  severity: "warn",
  about: "maps",
  fixable: true,
  messages: {
    removed: "`{{map}}` has no `{{key}}` here: it is removed on line {{cause}}.",
    suspended: "`{{map}}` may no longer have `{{key}}` here: the task was suspended on line {{cause}}, and {{remover}} can remove it meanwhile (line {{removerLine}}).",
    caller: "Nothing shows that `{{map}}` has `{{key}}`: the key comes from the caller, and {{remover}} removes entries (line {{removerLine}}).",
    input: "Nothing shows that `{{map}}` has `{{key}}`: the key comes with the event.",
    late: "`{{map}}` may no longer have `{{key}}` when the callback of line {{cause}} runs: {{remover}} can remove it before (line {{removerLine}}).",
    doubted: "Nothing shows that `{{map}}` has `{{key}}`: {{remover}} removes entries (line {{removerLine}}), and line {{doubt}} reckons with that.",
    removable: "Nothing shows that `{{map}}` has `{{key}}`: {{remover}} removes entries (line {{removerLine}}).",
    parsed: "Nothing shows that `{{map}}` has `{{key}}`: it is what was read from a text.",
    emitted: "`{{map}}` may no longer have `{{key}}` here: listeners run on line {{cause}}, and {{remover}} can be called by one (line {{removerLine}}).",
    guard: "Throw an error that names the missing key.",
  },
  *find(analysis, options) {
    for (const found of analysis.getUncheckedLookups()) {
      if (found.isHeuristic && !options.heuristics) continue;
      const data = describeUnchecked(found);
      yield { node: found.node, messageId: found.reason, data, finding: { map: found.map.name }, ...offerEdit(analysis, options, { messageId: "guard", data, fix: getGuardFix(found, analysis) }) };
    }
  },
});
