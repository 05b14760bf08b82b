import stringWidth from "fast-string-width";

import { toPrintable } from "../../explain/draw-timeline.js";
import type { FileResult, Report, ScanResult } from "../scan/result.js";
import type { FormatContext } from "./common.js";

// Beyond this a column of rule names only makes lines wrap.
const MAX_ALIGNED = 100;

function formatReports(reports: readonly Report[], { colors }: FormatContext): string[] {
  const places = reports.map(({ line, column }) => `${line}:${column}`);
  const messages = reports.map(({ message }) => toPrintable(message.replaceAll(/\s+/gu, " ")));
  const placeWidth = Math.max(...places.map((place) => place.length));
  const messageWidth = Math.min(MAX_ALIGNED, Math.max(...messages.map((message) => stringWidth(message))));
  return reports.map(({ severity, rule }, index) => {
    const message = messages[index]!;
    const paint = severity === "error" ? colors.error : colors.warning;
    return `  ${colors.faint(places[index]!.padEnd(placeWidth))}  ${paint(severity.padEnd(7))}  ${message}${" ".repeat(Math.max(0, messageWidth - stringWidth(message)))}  ${colors.faint(rule)}`;
  });
}

function formatFile({ file, reports }: FileResult, context: FormatContext): string {
  return [context.colors.bold(toPrintable(file)), ...formatReports(reports, context)].join("\n");
}

/** One line a report, grouped by file, as ESLint's format of that name. */
export function formatStylish({ files }: ScanResult, context: FormatContext): string {
  return files
    .filter(({ reports }) => reports.length > 0)
    .map((file) => formatFile(file, context))
    .join("\n\n");
}
