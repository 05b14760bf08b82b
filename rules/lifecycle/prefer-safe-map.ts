import { createFixer } from "../../src/fixes/edits.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { planSafeMap } from "../../src/fixes/safe-map.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "prefer-safe-map",
  description: "Prefer `SafeMap` to `Map` for a map that is shared and written",
  type: "suggestion",
  severity: "adoption",
  about: "maps",
  fixable: true,
  messages: {
    prefer: "`{{map}}` is a plain `Map` that is shared ({{lifetime}}) and written by `{{writer}}`. Use a `SafeMap`, whose updates and loads are one step.",
    migrate: "Make `{{map}}` a `SafeMap`",
  },
  *find(analysis, options, file) {
    for (const { map, writer, lifetime } of analysis.getLifecycle()?.getSharedMutable() ?? []) {
      if (map.kind !== "Map") continue;
      const data = { map: map.name, writer, lifetime };
      const plan = planSafeMap(map, analysis, file.filename);
      yield {
        node: map.declaration,
        messageId: "prefer",
        data,
        finding: { map: map.name },
        // The import comes with the first edit that is applied; the others follow in the next pass of the same run.
        ...offerEdit(analysis, options, { messageId: "migrate", data, fix: plan && createFixer([...plan.importEdits, ...plan.declarationEdits]) }),
      };
    }
  },
});
