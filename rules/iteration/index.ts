import type { MapRuleModule } from "../../src/rule.js";
import noAsyncForEach from "./no-async-for-each.js";
import noIterationAcrossAwait from "./no-iteration-across-await.js";
import noMutationDuringIteration from "./no-mutation-during-iteration.js";

export default {
  "no-async-for-each": noAsyncForEach,
  "no-iteration-across-await": noIterationAcrossAwait,
  "no-mutation-during-iteration": noMutationDuringIteration,
} satisfies Record<string, MapRuleModule>;
