import { layoutTimeline, STEP_SIGNS, toPrintable } from "../../explain/draw-timeline.js";
import type { TimelineRow } from "../../explain/draw-timeline.js";
import type { Timeline } from "../../explain/finding.js";
import type { FileResult, Report, ScanResult } from "../scan/result.js";
import { count, describeTotals, getUnsaidOverlap, splitLines } from "./common.js";
import { PAGE_STYLE } from "./html-style.js";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Makes any text safe inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return toPrintable(text).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character]!);
}

/** Backticks in a message mark code. */
function formatProse(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/gu, "<code>$1</code>");
}

function drawStep({ step, code }: TimelineRow): string {
  const source = code === "" ? "" : `<span class="line">${step.line}</span><code>${escapeHtml(code)}</code>`;
  return `${source}<span class="note"><b aria-hidden="true">${STEP_SIGNS[step.kind]}</b> ${formatProse(step.note)}</span>`;
}

function drawRow(row: TimelineRow): string {
  const own = `<div class="step ${row.step.kind}" role="cell">${drawStep(row)}</div>`;
  const other = `<div class="rail ${row.other}" role="cell">${row.other === "suspended" ? '<span class="hidden">suspended</span>' : ""}</div>`;
  return `<div role="row">${row.step.task === 0 ? own + other : other + own}</div>`;
}

function drawTimeline(timeline: Timeline, lines: readonly string[]): string {
  const heads = timeline.tasks.map((title) => `<div role="columnheader">${formatProse(title)}</div>`).join("");
  return `<div class="timeline" role="table"><div role="row" class="heads">${heads}</div>${layoutTimeline(timeline, lines).map(drawRow).join("")}</div>`;
}

function drawFrame({ line, endLine = line }: Report, lines: readonly string[]): string {
  const first = Math.max(1, line - 2);
  const rows = lines.slice(first - 1, Math.min(endLine, line + 8) + 2).map((source, index) => {
    const number = first + index;
    const isReported = number >= line && number <= endLine;
    return `<div${isReported ? ' class="reported"' : ""}><span class="line">${number}</span><code>${escapeHtml(source)}</code></div>`;
  });
  return `<div class="frame">${rows.join("")}</div>`;
}

function drawReport(file: string, report: Report, lines: readonly string[]): string {
  const { rule, severity, message, line, column, finding } = report;
  const drawing = finding?.timeline && finding.timeline.steps.length > 0 ? drawTimeline(finding.timeline, lines) : drawFrame(report, lines);
  const overlap = getUnsaidOverlap(report);
  const evidence = overlap === undefined ? "" : `<p class="why">Why they can overlap: ${formatProse(overlap)}</p>`;
  return `<article class="${severity}"><header><span class="badge">${severity}</span> <span class="place">${escapeHtml(file)}:${line}:${column}</span> <span class="rule">${escapeHtml(rule)}</span></header><p>${formatProse(message)}</p>${evidence}${drawing}</article>`;
}

function drawFile({ file, reports, source = "" }: FileResult): string {
  const lines = splitLines(source);
  return `<section><h2>${escapeHtml(file)} <small>${count(reports.length, "finding")}</small></h2>${reports.map((report) => drawReport(file, report, lines)).join("")}</section>`;
}

function drawProblems(files: readonly FileResult[]): string {
  const items = files.flatMap(({ file, problems }) =>
    problems.map(({ message, line, column }) => `<li><code>${escapeHtml([file, line, column].filter((part) => part !== undefined).join(":"))}</code> ${escapeHtml(message)}</li>`),
  );
  return items.length === 0 ? "" : `<section class="problems"><h2>Could not be read</h2><ul>${items.join("")}</ul></section>`;
}

function drawRuleCounts(files: readonly FileResult[]): string {
  const counts = new Map<string, number>();
  for (const { rule } of files.flatMap(({ reports }) => reports)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.length === 0 ? "" : `<ul class="rules">${sorted.map(([rule, number]) => `<li><b>${number}</b> ${escapeHtml(rule)}</li>`).join("")}</ul>`;
}

/** One page that needs nothing else: no script, no font, no picture. Light or dark, as the reader has it. */
export function formatHtml(result: ScanResult): string {
  const withReports = result.files.filter(({ reports }) => reports.length > 0);
  const empty = withReports.length === 0 ? '<p class="empty">No finding.</p>' : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>mapguard: ${escapeHtml(describeTotals(result))}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>mapguard</h1>
<p class="totals">${escapeHtml(describeTotals(result))}</p>
${drawRuleCounts(result.files)}
${empty}${withReports.map(drawFile).join("\n")}
${drawProblems(result.files)}
</main>
</body>
</html>`;
}
