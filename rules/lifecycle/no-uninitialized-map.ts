import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-uninitialized-map",
  description: "Disallow using a map on a path on which nothing has created it",
  type: "problem",
  severity: "strict",
  about: "maps",
  messages: {
    never: "`{{map}}` is undefined here: it is declared on line {{declaration}}, and nothing creates it.",
    path: "`{{map}}` can be undefined here: it is declared on line {{declaration}}, and one way leads past its creation.",
  },
  *find(analysis) {
    for (const { map, node, kind } of analysis.getLifecycle()?.getUninitialized() ?? []) {
      const line = map.variable ? map.variable.identifiers[0]!.loc!.start.line : map.declaration.loc.start.line;
      yield { node, messageId: kind, data: { map: map.name, declaration: String(line) }, finding: { map: map.name } };
    }
  },
});
