import { createRule } from "../../src/rule.js";

export default createRule({
  name: "require-map-policy",
  description: "Require a comment that says how a shared mutable map is kept right",
  type: "suggestion",
  severity: "adoption",
  about: "maps",
  messages: {
    missing: "`{{map}}` is shared ({{lifetime}}) and written by `{{writer}}`, and nothing says how it is kept right. Declare `@guardedBy(lock)`, `@singleWriter` or `@immutable`, or use a safe map.",
  },
  *find(analysis) {
    const declared = new Set(analysis.getLocking()?.policies.map((policy) => policy.map));
    for (const { map, writer, lifetime } of analysis.getLifecycle()?.getSharedMutable() ?? []) {
      if (declared.has(map) || map.kind === "safe") continue;
      yield { node: map.declaration, messageId: "missing", data: { map: map.name, writer, lifetime }, finding: { map: map.name } };
    }
  },
});
