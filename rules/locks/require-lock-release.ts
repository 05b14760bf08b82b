import { isFunction } from "../../src/analysis/code/ast.js";
import type { LockLeak } from "../../src/analysis/locks/locking.js";
import { createFinallyFix } from "../../src/fixes/finally.js";
import { createSectionFix } from "../../src/fixes/lock-section.js";
import { offerEdit } from "../../src/fixes/offer.js";
import { createRule } from "../../src/rule.js";

export default createRule({
  name: "require-lock-release",
  description: "Require a lock to be released on every path, also on the one that throws",
  type: "problem",
  severity: "error",
  about: "maps",
  fixable: true,
  messages: {
    exit: "`{{lock}}` can stay locked for ever: it is taken on line {{acquire}}, and line {{exit}} leaves without releasing it.",
    end: "`{{lock}}` can stay locked for ever: it is taken on line {{acquire}}, and the function can end without releasing it.",
    throw: "`{{lock}}` can stay locked for ever: it is taken on line {{acquire}}, and if line {{exit}} fails, the release on line {{release}} is never reached. Release it in a `finally`.",
    gap: "`{{lock}}` can stay locked for ever: it is taken on line {{acquire}}, and if line {{exit}} fails, the `try` whose `finally` releases it has not begun.",
    never: "`{{lock}}` stays locked for ever: it is taken here, and nothing releases it.",
    callback: "`{{lock}}` can stay locked for ever: the callback leaves on line {{exit}} without calling `{{handle}}`.",
    useFinally: "Release `{{lock}}` in a `finally`",
    useRunExclusive: "Run it in `runExclusive`, which releases `{{lock}}` by itself",
  },
  *find(analysis, options) {
    for (const leak of analysis.getLocking()?.getLeaks() ?? []) {
      if (leak.isHeuristic && !options.heuristics) continue;
      const data = describe(leak);
      const section = createSectionFix(leak, analysis);
      yield {
        node: leak.acquire,
        messageId: leak.kind === "exit" && isFunction(leak.exit) ? "end" : leak.kind,
        data,
        finding: { map: leak.lock.name },
        ...offerEdit(analysis, options, { messageId: section ? "useRunExclusive" : "useFinally", data, fix: section ?? createFinallyFix(leak, analysis) }),
      };
    }
  },
});

function describe(leak: LockLeak): Record<string, string> {
  return {
    lock: leak.lock.name,
    acquire: String(leak.acquire.loc.start.line),
    exit: String(leak.exit.loc.start.line),
    release: String(leak.release?.loc.start.line ?? ""),
    handle: leak.handle?.name ?? "",
  };
}
