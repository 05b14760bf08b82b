import type { ESLint } from "eslint";

import type { Colors } from "../terminal.js";
import type { AppliedFix, FileResult, Report, ScanResult } from "../scan/result.js";

/** What a formatter needs besides the result. */
export interface FormatContext {
  readonly plugin: ESLint.Plugin;
  readonly colors: Colors;
  readonly width: number;
}

/** Lines of a text, without the byte order mark. */
export function splitLines(source: string): string[] {
  return source.replace(/^\ufeff/u, "").split(/\r\n|[\n\r\u2028\u2029]/u);
}

/** Why the tasks can overlap, unless the message says so itself. */
export function getUnsaidOverlap({ message, finding }: Report): string | undefined {
  const overlap = finding?.overlap;
  return overlap === undefined || message.includes(overlap) ? undefined : overlap;
}

/** `1 file`, `2 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function describeFix({ rule, lines }: AppliedFix): string {
  return `${rule} (${lines.length === 1 ? "line" : "lines"} ${lines.join(", ")})`;
}

/** One line a file that `--fix` changed: which rules, on which lines. */
export function describeFixes(files: readonly FileResult[]): string[] {
  return files
    .filter(({ output }) => output !== undefined)
    .map(({ file, fixes }) => [`fixed ${file}`, fixes.map(describeFix).join(", ")].filter(Boolean).join(": "));
}

/** The last line of a scan. */
export function describeTotals({ files, scanned, skipped, errors, warnings }: ScanResult): string {
  const unread = files.filter(({ problems }) => problems.length > 0).length;
  const looked = [`${count(scanned, "file")} scanned`, skipped > 0 && `${skipped} skipped as machine-made`, unread > 0 && `${unread} with problems`].filter(Boolean).join(", ");
  const fixable = files.flatMap(({ reports }) => reports).filter(({ isFixable }) => isFixable).length;
  const found = errors + warnings === 0 ? "nothing found" : `${count(errors, "error")}, ${count(warnings, "warning")}`;
  return `${looked}: ${found}${fixable > 0 ? ` (${fixable} fixable with --fix)` : ""}.`;
}

/** The totals, dressed by how bad they are. */
export function formatTotals(result: ScanResult, colors: Colors): string {
  const text = describeTotals(result);
  if (result.errors > 0) return colors.error(text);
  return result.warnings > 0 ? colors.warning(text) : colors.good(text);
}
