import noCheckThenAct from "./no-check-then-act.js";
import noDuplicateLoad from "./no-duplicate-load.js";
import noLeakedReservation from "./no-leaked-reservation.js";
import noLostUpdate from "./no-lost-update.js";
import noStaleCleanup from "./no-stale-cleanup.js";
import noStaleEntry from "./no-stale-entry.js";
import noStaleFill from "./no-stale-fill.js";

export default {
  "no-check-then-act": noCheckThenAct,
  "no-duplicate-load": noDuplicateLoad,
  "no-leaked-reservation": noLeakedReservation,
  "no-lost-update": noLostUpdate,
  "no-stale-cleanup": noStaleCleanup,
  "no-stale-entry": noStaleEntry,
  "no-stale-fill": noStaleFill,
};
