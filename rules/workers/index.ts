import type { MapRuleModule } from "../../src/rule.js";
import noMapAcrossWorkers from "./no-map-across-workers.js";
import noPerWorkerState from "./no-per-worker-state.js";
import noUnsynchronizedSharedMemory from "./no-unsynchronized-shared-memory.js";

export default {
  "no-map-across-workers": noMapAcrossWorkers,
  "no-per-worker-state": noPerWorkerState,
  "no-unsynchronized-shared-memory": noUnsynchronizedSharedMemory,
} satisfies Record<string, MapRuleModule>;
