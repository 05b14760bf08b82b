import { drawCodeFrame, drawTimeline, toPrintable, wrap } from "../../explain/draw-timeline.js";
import type { FileResult, Report, ScanResult } from "../scan/result.js";
import type { FormatContext } from "./common.js";
import { getUnsaidOverlap, splitLines } from "./common.js";

function drawHead(file: string, { rule, severity, line, column }: Report, { colors }: FormatContext): string {
  const paint = severity === "error" ? colors.error : colors.warning;
  return `${colors.bold(`${toPrintable(file)}:${line}:${column}`)}  ${paint(severity)}  ${colors.faint(rule)}`;
}

function drawBody(report: Report, lines: readonly string[], { colors, width }: FormatContext): string[] {
  const options = { lines, width: width - 2, paint: colors };
  const timeline = report.finding?.timeline;
  const drawing = timeline ? drawTimeline(timeline, options) : [];
  return drawing.length > 0 ? drawing : drawCodeFrame(report, options);
}

function drawReport(file: string, report: Report, lines: readonly string[], context: FormatContext): string {
  const overlap = getUnsaidOverlap(report);
  const message = wrap(report.message, context.width - 2);
  const evidence = overlap === undefined ? [] : wrap(`Why they can overlap: ${overlap}`, context.width - 2).map(context.colors.faint);
  const parts = [...message, ...evidence, "", ...drawBody(report, lines, context)];
  return [drawHead(file, report, context), ...parts.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
}

function drawFile({ file, reports, source = "" }: FileResult, context: FormatContext): string[] {
  const lines = splitLines(source);
  return reports.map((report) => drawReport(file, report, lines, context));
}

/** Each finding as two tasks side by side, or as a code frame where there is nothing to interleave. */
export function formatTimeline({ files }: ScanResult, context: FormatContext): string {
  return files.flatMap((file) => drawFile(file, context)).join("\n\n");
}
