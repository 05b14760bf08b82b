import { getForOfFix } from "../../src/fixes/iteration.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-async-for-each",
  description: "Disallow `forEach` over a map with an async callback, which nobody waits for",
  type: "problem",
  severity: "warn",
  about: "maps",
  fixable: true,
  messages: {
    unawaited: "Nobody waits for this callback: `forEach` over `{{map}}` drops the promises it returns, so all runs go on at once, what follows does not wait, and a rejection is unhandled.",
    forOf: "Use `for...of` with `await`, over a copy of `{{map}}`.",
  },
  *find(analysis, options) {
    for (const found of analysis.getIterationFacts().asyncForEach) {
      const data = { map: found.name };
      yield { node: found.call, messageId: "unawaited", data, finding: { map: found.name }, ...offerEdit(analysis, options, { messageId: "forOf", data, fix: getForOfFix(found, analysis) }) };
    }
  },
});
