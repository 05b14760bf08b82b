import consistentLocking from "./consistent-locking.js";
import noIoUnderLock from "./no-io-under-lock.js";
import noLockReentry from "./no-lock-reentry.js";
import requireLockRelease from "./require-lock-release.js";
import requireMapPolicy from "./require-map-policy.js";

export default {
  "consistent-locking": consistentLocking,
  "no-io-under-lock": noIoUnderLock,
  "no-lock-reentry": noLockReentry,
  "require-lock-release": requireLockRelease,
  "require-map-policy": requireMapPolicy,
};
