import { createCopyTimeline, describeCopy } from "../../src/explain/workers.js";
import { getAttachFix, getSharedMapFix } from "../../src/fixes/shared-map.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-map-across-workers",
  description: "Disallow relying on a map that was copied to another thread or process as if it were shared",
  type: "problem",
  severity: "error",
  about: "copies",
  fixable: true,
  messages: {
    written: "The other side never sees this write to `{{map}}` on line {{reliance}}: {{how}} carries a copy of the map.",
    notified: "The other side is told that `{{map}}` changed, and cannot see it: {{how}} carries a copy of the map, and line {{reliance}} writes the original.",
    expected: "`{{map}}` stays as it is here: {{how}} carries a copy, only the copy is written, and line {{reliance}} reads the original.",
    reposted: "All of `{{map}}` is copied again to tell of the write on line {{reliance}}: {{how}} carries a copy of the map.",
    received: "This write to `{{map}}` is lost: what was received is a copy of the map, and nothing here reads it or posts it back.",
    cloned: "This write is lost: it is made to a copy of `{{map}}` that nobody keeps.",
    outdated: "`{{map}}` never sees the write on line {{reliance}}: it is a copy, made once by `structuredClone`.",
    emptied: "`{{map}}` arrives empty: messages between processes are JSON by default, and a map becomes `{}`.",
    attach: "Attach to a `SharedMap` (package `mapguard`), if the other side posts the handle of one.",
    share: "Keep the entries in a `SharedMap` (package `mapguard`), and attach to its handle on the other side.",
  },
  *find(analysis, options, file) {
    for (const copy of analysis.getBrokenCopies()) {
      if (copy.isHeuristic && !options.heuristics) continue;
      const data = describeCopy(copy);
      const isReceived = copy.kind === "received";
      const getFix = isReceived ? getAttachFix : getSharedMapFix;
      const fix = (options.fix ?? analysis.settings.fix) === "off" ? undefined : getFix(copy, analysis, file.filename);
      const timeline = createCopyTimeline(copy);
      yield {
        node: copy.node,
        messageId: copy.kind,
        data,
        finding: { map: copy.name, ...(timeline ? { timeline } : {}) },
        // The other side is in another file: never an autofix.
        ...(fix ? { suggest: [{ messageId: isReceived ? "attach" : "share", data, fix }] } : {}),
      };
    }
  },
});
