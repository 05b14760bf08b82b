import { describeUnbounded } from "../../src/explain/lifecycle.js";
import { createRule } from "../../src/rule.js";

const PLACE = "line {{declaration}}: {{lifetime}}";

export default createRule({
  name: "no-unbounded-map",
  description: "Disallow a long-lived map whose keys come without end and that nothing ever evicts",
  type: "problem",
  severity: "warn",
  about: "maps",
  messages: {
    caller: `\`{{map}}\` only grows: every \`{{key}}\` that a caller brings adds an entry here, and nothing removes any (${PLACE}). Delete entries that are over, cap the map (\`lru-cache\`), or use a \`WeakMap\`.`,
    fresh: `\`{{map}}\` only grows: \`{{key}}\` is new each time, and nothing removes any entry (${PLACE}). Delete entries that are over, or cap the map (\`lru-cache\`).`,
    object: `\`{{map}}\` keeps every \`{{key}}\` alive: the objects that are added on line {{insertion}} are never removed ({{lifetime}}). Hold them weakly (\`WeakMap\`, \`WeakSet\`), or remove them.`,
    weak: "`{{map}}` keeps every `{{key}}` alive: it is declared as weak, and created as a strong one ({{lifetime}}).",
    sibling: `\`{{map}}\` only grows: entries of \`{{sibling}}\` are removed by the same key on line {{removal}}, and the entry that is added here stays (${PLACE}).`,
    forgotten: `\`{{map}}\` only grows: {{remover}} is done with the entry of a key (line {{removal}}), and leaves it in the map (${PLACE}).`,
    timed: `\`{{map}}\` only grows: every \`{{key}}\` adds an entry that is worth nothing after a while, and nothing removes any (${PLACE}). Delete what has expired, or cap the map (\`lru-cache\`).`,
  },
  *find(analysis, options) {
    for (const found of analysis.getLifecycle()?.getUnbounded() ?? []) {
      if (found.isHeuristic && !options.heuristics) continue;
      const { messageId, data } = describeUnbounded(found);
      // What is wrong with a map that should be weak is its declaration.
      yield { node: found.origin === "object" || found.origin === "weak" ? found.map.declaration : found.insertion.node, messageId, data, finding: { map: found.map.name } };
    }
  },
});
