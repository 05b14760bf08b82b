import type { MapRuleModule } from "../../src/rule.js";

export default {} satisfies Record<string, MapRuleModule>;
