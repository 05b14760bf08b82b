import { isFunction } from "../../src/analysis/code/ast.js";
import type { Hazard } from "../../src/analysis/async/hazards.js";
import { reportHazards } from "../../src/explain/hazard-rule.js";
import { FIX_MESSAGES, withFixes } from "../../src/fixes/index.js";
import { createRule } from "../../src/rule.js";

function getMessageId({ key, removal, suspension }: Hazard): "whole" | "handle" | "entry" | "given" | "lock" {
  if (removal) return removal === "lock" ? "lock" : "given";
  if (key.kind === "every") return "whole";
  return isFunction(suspension) ? "handle" : "entry";
}

export default createRule({
  name: "no-stale-cleanup",
  description: "Disallow a removal after a suspension that can take an entry another task has put there",
  type: "problem",
  severity: "warn",
  about: "hazards",
  fixable: true,
  messages: {
    entry: "{{tasks}} can meet here, and `{{place}}` loses an entry that is not its own: the entry of line {{check}} can have been replaced on line {{partner}} while this task was suspended on line {{suspension}} ({{overlap}}).",
    whole: "{{tasks}} can meet here, and `{{map}}` loses what came in meanwhile: it was read on line {{check}}, and suspended on line {{suspension}} before it is emptied ({{overlap}}).",
    handle: "`{{place}}` can lose an entry that is not its own: another call can replace the entry of line {{check}}, and what this one hands out on line {{suspension}} deletes by the key, whoever is there ({{overlap}}).",
    given: "`{{place}}` can lose an entry that is not its own: the entry that is handed in on line {{check}} can have been replaced on line {{partner}}, and it is removed by its key, whoever is there ({{overlap}}).",
    lock: "`{{place}}` can be a lock that others wait for: it is dropped without a look, whoever comes next makes a second one on line {{partner}}, and both go on at once ({{overlap}}).",
    identity: FIX_MESSAGES.identity,
    deleteIf: FIX_MESSAGES.deleteIf,
  },
  *find(analysis, options, file) {
    yield* withFixes(reportHazards(analysis, "stale-cleanup", options, file, getMessageId), analysis, file, options.fix);
  },
});
