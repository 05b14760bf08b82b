import noMapParameterReassign from "./no-map-parameter-reassign.js";
import noUnboundedMap from "./no-unbounded-map.js";
import noUninitializedMap from "./no-uninitialized-map.js";
import preferSafeMap from "./prefer-safe-map.js";

export default {
  "no-map-parameter-reassign": noMapParameterReassign,
  "no-unbounded-map": noUnboundedMap,
  "no-uninitialized-map": noUninitializedMap,
  "prefer-safe-map": preferSafeMap,
};
