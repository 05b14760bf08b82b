import type { MapRuleModule } from "../src/rule.js";
import async from "./async/index.js";
import closure from "./closure/index.js";
import iteration from "./iteration/index.js";
import lifecycle from "./lifecycle/index.js";
import locks from "./locks/index.js";
import lookup from "./lookup/index.js";
import workers from "./workers/index.js";

/** Every rule, by its id without the plugin prefix. */
const rules: Readonly<Record<string, MapRuleModule>> = { ...async, ...iteration, ...lookup, ...closure, ...workers, ...locks, ...lifecycle };

export default rules;
