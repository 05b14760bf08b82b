import noLoopVariableCapture from "./no-loop-variable-capture.js";
import noOrphanedCallback from "./no-orphaned-callback.js";

export default {
  "no-loop-variable-capture": noLoopVariableCapture,
  "no-orphaned-callback": noOrphanedCallback,
};
