import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-unbounded-map",
  description: "Disallow a long-lived map whose keys come from callers and that nothing ever evicts",
  type: "problem",
  severity: "strict",
  messages: {
    caller: "`{{map}}` only grows: every `{{key}}` that a caller brings adds an entry here, and nothing removes any ({{lifetime}}). Delete entries that are over, cap the map (`lru-cache`), or use a `WeakMap`.",
    fresh: "`{{map}}` only grows: `{{key}}` is new each time, and nothing removes any entry ({{lifetime}}). Delete entries that are over, or cap the map (`lru-cache`).",
    object: "`{{map}}` keeps every `{{key}}` alive: the objects that are its keys are never removed ({{lifetime}}). Hold them weakly (`WeakMap`, `WeakSet`), or remove them.",
    weak: "`{{map}}` keeps every `{{key}}` alive: it is declared as weak, and created as a strong one ({{lifetime}}).",
    sibling: "`{{map}}` only grows: entries of `{{sibling}}` are removed by the same key on line {{removal}}, and the entry that is added here stays ({{lifetime}}).",
  },
  *find(analysis) {
    for (const { map, insertion, key, origin, lifetime, sibling } of analysis.getLifecycle()?.getUnbounded() ?? []) {
      yield {
        // What is wrong with a map that should be weak is its declaration.
        node: origin === "object" || origin === "weak" ? map.declaration : insertion.node,
        messageId: sibling ? "sibling" : origin,
        data: { map: map.name, key, lifetime, sibling: sibling?.map.name ?? "", removal: String(sibling?.node.loc.start.line ?? "") },
        finding: { map: map.name },
      };
    }
  },
});
