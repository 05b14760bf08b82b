import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-use-after-delete",
  description: "Disallow reading a key that was removed just before",
  type: "problem",
  severity: "strict",
  about: "maps",
  messages: {
    deleted: "`{{map}}` no longer has `{{key}}` here: it is removed on line {{removal}}, and nothing puts it back in between.",
  },
  *find(analysis) {
    for (const { map, key, node, removal } of analysis.getDeletedUses()) {
      yield { node, messageId: "deleted", data: { map: map.name, key, removal: String(removal.loc.start.line) }, finding: { map: map.name } };
    }
  },
});
