import type { Rule } from "eslint";
import { unwrap } from "../analysis/code/ast.js";
import type { OrphanedCallback } from "../analysis/closure/captures.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, getIndent, getNewline, getText, insert } from "./edits.js";

/**
 * Cancels the timer of an entry in the statement before the one that drops the entry.
 * @returns `undefined` unless that is a statement of its own with a key that can be read twice.
 */
export function createCancelFix(orphan: OrphanedCallback, analysis: Analysis): Rule.ReportFixer | undefined {
  const { removal, field, map, timer } = orphan;
  if ((orphan.kind !== "removal" && orphan.kind !== "replacement") || timer === "listener" || map.kind !== "Map" || removal.operation === "clear" || !removal.key) return undefined;
  const { sourceCode } = analysis;
  const call = unwrap(removal.node);
  const statement = call.parent;
  if (call.type !== "CallExpression" || call.callee.type !== "MemberExpression" || statement?.type !== "ExpressionStatement" || statement.parent.type !== "BlockStatement") return undefined;
  if (!/^(?:Identifier|Literal|TemplateLiteral)$/.test(removal.key.type) && !(removal.key.type === "MemberExpression" && !removal.key.computed)) return undefined;
  if (removal.key.type === "TemplateLiteral" && removal.key.expressions.some((part) => part.type !== "Identifier" && part.type !== "MemberExpression")) return undefined;
  const entry = `${getText(call.callee.object, sourceCode)}.get(${getText(removal.key, sourceCode)})`;
  const handle = field === undefined ? entry : `${entry}?.${field}`;
  const cancel = timer === "setInterval" ? "clearInterval" : "clearTimeout";
  if (sourceCode.scopeManager?.scopes.some((scope) => (scope.set.get(cancel)?.defs.length ?? 0) > 0)) return undefined;
  return createFixer([insert(statement.range[0], `${cancel}(${handle});${getNewline(sourceCode)}${getIndent(statement, sourceCode)}`)]);
}
