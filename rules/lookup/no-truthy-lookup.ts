import { describeTruthy } from "../../src/explain/lookup.js";
import { getPresenceFix } from "../../src/fixes/lookup.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-truthy-lookup",
  description: "Disallow testing the presence of a key by the truth of its value where a value can be falsy",
  type: "problem",
  severity: "warn",
  about: "truth",
  fixable: true,
  messages: {
    refill: "A stored `{{value}}` counts as missing here: `{{map}}` holds {{evidence}}, and line {{consequence}} stores the entry of `{{key}}` again.",
    reject: "A stored `{{value}}` counts as missing here: `{{map}}` holds {{evidence}}.",
    default: "A stored `{{value}}` is replaced by `{{fallback}}` here: `{{map}}` holds {{evidence}}.",
    remove: "A stored `{{value}}` counts as missing here, and line {{consequence}} removes what belongs to it: `{{map}}` holds {{evidence}}.",
    fill: "`{{value}}` in `{{map}}` counts as missing here, and a default of `{{defaults}}` takes its place: one of them is `{{example}}` (line {{line}}). Use `??=`, or ask for the key.",
    memo: "A kept `0`, `\"\"` or `false` counts as missing here: `{{map}}` holds what a callback gives, and line {{line}} asks it and stores its answer again.",
    presence: "Test for presence instead.",
  },
  *find(analysis, options) {
    const lookups = analysis.getTruthyLookups();
    for (const found of lookups) {
      if (found.isHeuristic && !options.heuristics) continue;
      const data = describeTruthy(found, analysis);
      yield { node: found.node, messageId: found.effect, data, finding: { map: found.map.name }, ...offerEdit(analysis, options, { messageId: "presence", data, fix: getPresenceFix(found, analysis) }) };
    }
    for (const { name, node, value, defaults, example } of analysis.getTruthyDefaults()) {
      yield { node, messageId: "fill", data: { map: name, value, defaults, example: analysis.sourceCode.getText(example as never), line: String(example.loc.start.line) }, finding: { map: name } };
    }
    if (!options.heuristics) return;
    for (const { name, node, refill } of analysis.getTruthyMemos()) {
      if (lookups.some((found) => found.node === node)) continue;
      const data: Record<string, string> = { map: name, line: String(refill.loc.start.line) };
      yield { node, messageId: "memo", data, finding: { map: name } };
    }
  },
});
