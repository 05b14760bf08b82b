import type { LoopCapture } from "../../src/analysis/closure/captures.js";
import { createBlockScopeFix } from "../../src/fixes/block-scope.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-loop-variable-capture",
  description: "Disallow a deferred closure over a loop variable that has changed when the closure runs, with a map key or entry in it",
  type: "problem",
  severity: "error",
  about: "maps",
  fixable: true,
  messages: {
    key: "Every callback sees the last `{{variable}}`: {{runs}} runs after the loop has given it another value on line {{change}}, and uses it as a key of `{{map}}`.",
    entry: "Every callback sees the last `{{variable}}`: {{runs}} runs after the loop has given it another value on line {{change}}, and takes it for its own entry of `{{map}}`.",
    value: "Every callback sees the last `{{variable}}`: {{runs}} runs after the loop has given it another value on line {{change}}, and stores it in `{{map}}`.",
    closure: "Every closure in `{{map}}` sees the last `{{variable}}`: the loop gives it another value on line {{change}} before they run.",
    perTurn: "Declare `{{variable}}` anew in each turn",
  },
  *find(analysis, options) {
    for (const capture of analysis.getCaptures()?.getLoopCaptures() ?? []) {
      const data = describe(capture);
      yield {
        node: capture.use,
        messageId: capture.role,
        data,
        finding: { map: capture.map.name },
        ...offerEdit(analysis, options, { messageId: "perTurn", data, fix: createBlockScopeFix(capture, analysis) }),
      };
    }
  },
});

function describe({ variable, runs, change, map }: LoopCapture): Record<string, string> {
  return { variable: variable.name, runs, change: String(change.loc.start.line), map: map.name };
}
