import { reportHazards } from "../../src/explain/hazard-rule.js";
import { FIX_MESSAGES, withFixes } from "../../src/fixes/index.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-leaked-reservation",
  description: "Disallow a promise, flag or placeholder in a map that stays there when its work fails",
  type: "problem",
  severity: "error",
  about: "hazards",
  fixable: true,
  messages: {
    promise: "`{{place}}` can keep a rejected promise for ever: nothing removes it when the work of line {{suspension}} fails, and whoever looks next gets the old failure.",
    flag: "`{{place}}` can stay marked for ever: when line {{suspension}} fails, the mark of line {{write}} is not removed, and whoever looks next is turned away.",
    placeholder: "`{{place}}` can keep its placeholder for ever: when line {{suspension}} fails, the value of line {{write}} is neither replaced nor removed.",
    entry: "`{{place}}` can stay although it never got ready: when line {{suspension}} fails, the entry of line {{write}} is not removed, and whoever looks next takes it for started.",
    evict: FIX_MESSAGES.evict,
    release: FIX_MESSAGES.release,
  },
  *find(analysis, options, file) {
    yield* withFixes(reportHazards(analysis, "leaked-reservation", options, file, (hazard) => hazard.leak ?? "placeholder"), analysis, file, options.fix);
  },
});
