import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-unstable-key",
  description: "Disallow keys that are another key each time, and keys that a plain object takes for something else",
  type: "problem",
  severity: "warn",
  about: "keys",
  messages: {
    fresh: "`{{map}}` can never have `{{key}}`: a Map compares keys by identity, and this {{what}} is made here.",
    unreachable: "Nobody can look up what is stored here: the key `{{key}}` is a new {{what}}, and `{{map}}` compares keys by identity.",
    coerced: "`{{map}}` is a plain object: the key `{{key}}` ({{what}}) is turned into a string, the same one for all.",
    inherited: "`{{map}}` is an object with a prototype, and the key `{{key}}` on line {{what}} is anyone's choice: `constructor` and `__proto__` are found in it although nobody stored them. Use a Map, or `Object.create(null)`.",
    dispatched: "`{{map}}` is an object with a prototype, and `{{key}}` on line {{what}} can name anything: `constructor` and `toString` are functions that it inherits, and they are called. Use a Map, or `Object.create(null)`.",
    polluting: "`{{key}}` leads `{{map}}` into what objects inherit: with `__proto__` in the path, this writes to every object. Refuse such names, or walk Maps.",
  },
  *find(analysis, options) {
    for (const { kind, name, node, key, what, isHeuristic } of analysis.getUnstableKeys()) {
      if (isHeuristic && !options.heuristics) continue;
      yield { node, messageId: kind, data: { map: name, key, what }, finding: { map: name } };
    }
  },
});
