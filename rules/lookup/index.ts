import type { MapRuleModule } from "../../src/rule.js";
import noTruthyLookup from "./no-truthy-lookup.js";
import noUncheckedLookup from "./no-unchecked-lookup.js";
import noUnstableKey from "./no-unstable-key.js";
import noUseAfterDelete from "./no-use-after-delete.js";

export default {
  "no-truthy-lookup": noTruthyLookup,
  "no-unchecked-lookup": noUncheckedLookup,
  "no-unstable-key": noUnstableKey,
  "no-use-after-delete": noUseAfterDelete,
} satisfies Record<string, MapRuleModule>;
