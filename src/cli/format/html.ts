import type { ESLint, Rule } from "eslint";

import { layoutTimeline, STEP_SIGNS, toPrintable } from "../../explain/draw-timeline.js";
import type { TimelineRow } from "../../explain/draw-timeline.js";
import type { Timeline } from "../../explain/finding.js";
import type { FileResult, Report, ScanResult } from "../scan/result.js";
import { getVersion } from "../version.js";
import type { FormatContext } from "./common.js";
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

const TOKENS = /(?<comment>\/\/.*|\/\*.*?(?:\*\/|$))|(?<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)|(?<pause>\b(?:await|yield)\b)|(?<keyword>\b(?:as|async|break|case|catch|class|const|continue|default|delete|do|else|export|extends|false|finally|for|from|function|if|import|in|instanceof|interface|let|new|null|of|private|readonly|return|static|super|switch|this|throw|true|try|type|typeof|undefined|var|void|while)\b)/gu;

/** A line of source, with the words that help reading it marked. */
function formatCode(source: string): string {
  let html = "";
  let end = 0;
  for (const match of source.matchAll(TOKENS)) {
    const [kind] = Object.entries(match.groups!).find(([, text]) => text !== undefined)!;
    html += `${escapeHtml(source.slice(end, match.index))}<span class="${kind}">${escapeHtml(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + escapeHtml(source.slice(end));
}

function drawCodeLine(line: number, source: string): string {
  return `<span class="code"><span class="line">${line}</span><code>${formatCode(source)}</code></span>`;
}

// ---- two tasks

/** How the rail of a step's own task comes to it and goes on: not at all, running, or suspended. */
function getRails(rows: readonly TimelineRow[], index: number): string {
  const { step } = rows[index]!;
  const before = rows.slice(0, index).findLast((row) => row.step.task === step.task)?.step;
  const hasMore = rows.slice(index + 1).some((row) => row.step.task === step.task);
  const describe = (kind: string | undefined): string => (kind === "suspend" ? "suspended" : "running");
  return [before && `from-${describe(before.kind)}`, (hasMore || step.kind === "suspend") && `to-${describe(step.kind)}`].filter(Boolean).join(" ");
}

function drawStep(rows: readonly TimelineRow[], index: number): string {
  const { step, code } = rows[index]!;
  const source = code === "" ? "" : drawCodeLine(step.line, code);
  const sign = `<b class="sign" aria-hidden="true">${STEP_SIGNS[step.kind]}</b>`;
  return `<div class="step ${step.kind}" role="cell"><span class="way ${getRails(rows, index)}" aria-hidden="true"></span>${sign}${source}<span class="note">${formatProse(step.note)}</span></div>`;
}

function drawRow(rows: readonly TimelineRow[], index: number): string {
  const { step, other } = rows[index]!;
  const own = drawStep(rows, index);
  const rail = `<div class="rail ${other}" role="cell">${other === "suspended" ? '<span class="hidden">suspended</span>' : ""}</div>`;
  return `<div class="row task-${step.task + 1}" role="row">${step.task === 0 ? own + rail : rail + own}</div>`;
}

function drawTimeline(timeline: Timeline, lines: readonly string[]): string {
  const heads = timeline.tasks.map((title, task) => `<div class="task-${task + 1}" role="columnheader">${formatProse(title)}</div>`).join("");
  const rows = layoutTimeline(timeline, lines);
  return `<div class="timeline" role="table" aria-label="How it happens"><div role="row" class="heads">${heads}</div>${rows.map((_row, index) => drawRow(rows, index)).join("")}</div>`;
}

// ---- a piece of source

function drawFrame({ line, endLine = line }: Report, lines: readonly string[]): string {
  const first = Math.max(1, line - 2);
  const rows = lines.slice(first - 1, Math.min(endLine, line + 8) + 2).map((source, index) => {
    const number = first + index;
    const isReported = number >= line && number <= endLine;
    return `<div${isReported ? ' class="reported"' : ""}>${drawCodeLine(number, source)}</div>`;
  });
  return `<div class="frame">${rows.join("")}</div>`;
}

// ---- the findings

/** A report with the place of it on the page. */
interface Entry {
  readonly id: string;
  readonly report: Report;
}

/** The claim that a message opens with, and the places that it names after that. Code may hold colons too. */
function splitMessage(message: string): { readonly claim: string; readonly rest: string } {
  const claim = /^(?:`[^`]*`|[^`:])+(?=: )/u.exec(message)?.[0];
  return claim === undefined ? { claim: message, rest: "" } : { claim, rest: message.slice(claim.length + 2) };
}

function findDocs(rule: string, plugin: ESLint.Plugin): string | undefined {
  const module = plugin.rules?.[rule.slice(rule.indexOf("/") + 1)] as Rule.RuleModule | undefined;
  return module?.meta?.docs?.url;
}

function drawRuleName(rule: string, plugin: ESLint.Plugin): string {
  const docs = findDocs(rule, plugin);
  return docs?.startsWith("https://") ? `<a class="rule" href="${escapeHtml(docs)}">${escapeHtml(rule)}</a>` : `<span class="rule">${escapeHtml(rule)}</span>`;
}

function drawReport(file: string, { id, report }: Entry, lines: readonly string[], plugin: ESLint.Plugin): string {
  const { rule, severity, message, line, column, finding } = report;
  const { claim, rest } = splitMessage(message);
  const drawing = finding?.timeline && finding.timeline.steps.length > 0 ? drawTimeline(finding.timeline, lines) : drawFrame(report, lines);
  const overlap = getUnsaidOverlap(report);
  const paragraphs = [rest && `<p>${formatProse(rest[0]!.toUpperCase() + rest.slice(1))}</p>`, overlap !== undefined && `<p class="why">Why they can overlap: ${formatProse(overlap)}</p>`].filter(Boolean).join("");
  const place = `<a class="place" href="#${id}">${escapeHtml(file)}:${line}:${column}</a>`;
  return `<article class="${severity}" id="${id}" aria-labelledby="${id}-claim"><header><span class="badge">${severity}</span>${place}${drawRuleName(rule, plugin)}</header><h3 id="${id}-claim">${formatProse(claim)}</h3>${paragraphs}${drawing}</article>`;
}

interface Section {
  readonly id: string;
  readonly file: string;
  readonly lines: readonly string[];
  readonly entries: readonly Entry[];
}

function createSections(files: readonly FileResult[]): Section[] {
  return files
    .filter(({ reports }) => reports.length > 0)
    .map(({ file, reports, source = "" }, index) => ({
      id: `file-${index + 1}`,
      file,
      lines: splitLines(source),
      entries: reports.map((report, place) => ({ id: `finding-${index + 1}-${place + 1}`, report })),
    }));
}

function drawSection({ id, file, lines, entries }: Section, plugin: ESLint.Plugin): string {
  const articles = entries.map((entry) => drawReport(file, entry, lines, plugin)).join("\n");
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(file)} <small>${count(entries.length, "finding")}</small></h2>\n${articles}</section>`;
}

// ---- what stands above them

/** More than this stand closed, so that the first finding is on the first screen. */
const MAX_OPEN_CONTENTS = 12;

function drawContentsOf({ file, entries }: Section): string {
  const items = entries.map(({ id, report }) => `<li class="${report.severity}"><a href="#${id}"><span class="line">${report.line}</span><span>${formatProse(splitMessage(report.message).claim)}</span></a></li>`);
  return `<div><p class="place">${escapeHtml(file)}</p><ol>${items.join("")}</ol></div>`;
}

function drawContents(sections: readonly Section[]): string {
  const findings = sections.reduce((sum, { entries }) => sum + entries.length, 0);
  if (findings < 2) return "";
  return `<nav aria-label="Findings"><details${findings <= MAX_OPEN_CONTENTS ? " open" : ""}><summary>${count(findings, "finding")} in ${count(sections.length, "file")}</summary>${sections.map(drawContentsOf).join("")}</details></nav>`;
}

function drawFigure(number: number, noun: string, kind: string): string {
  return `<li class="${number === 0 ? "none" : kind}"><b>${number}</b> ${noun}${number === 1 ? "" : "s"}</li>`;
}

function drawFigures({ scanned, skipped, errors, warnings }: ScanResult): string {
  const figures = [drawFigure(errors, "error", "error"), drawFigure(warnings, "warning", "warning"), drawFigure(scanned, "file", "scanned")];
  return `<ul class="figures">${figures.join("")}${skipped > 0 ? `<li class="scanned"><b>${skipped}</b> skipped as machine-made</li>` : ""}</ul>`;
}

/** Without a script: the style sheet hides what is not ticked. */
function drawFilter({ errors, warnings }: ScanResult): string {
  if (errors === 0 || warnings === 0) return "";
  const box = (severity: string): string => `<label><input type="checkbox" id="show-${severity}s" checked> ${severity}s</label>`;
  return `<fieldset class="filter"><legend>Show</legend>${box("error")}${box("warning")}</fieldset>`;
}

function drawRuleCounts(sections: readonly Section[]): string {
  const counts = new Map<string, number>();
  for (const { rule } of sections.flatMap(({ entries }) => entries.map(({ report }) => report))) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.length === 0 ? "" : `<ul class="rules" aria-label="Rules">${sorted.map(([rule, number]) => `<li><b>${number}</b> ${escapeHtml(rule)}</li>`).join("")}</ul>`;
}

function drawProblems(files: readonly FileResult[]): string {
  const items = files.flatMap(({ file, problems }) =>
    problems.map(({ message, line, column }) => `<li><code>${escapeHtml([file, line, column].filter((part) => part !== undefined).join(":"))}</code> ${escapeHtml(message)}</li>`),
  );
  return items.length === 0 ? "" : `<section class="problems"><h2>Could not be read</h2><ul>${items.join("")}</ul></section>`;
}

/** One page that needs nothing else: no script, no font, no picture. Light or dark, as the reader has it. */
export function formatHtml(result: ScanResult, { plugin }: Pick<FormatContext, "plugin">): string {
  const sections = createSections(result.files);
  const empty = sections.length === 0 ? '<p class="empty">No finding.</p>' : "";
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
<a class="skip" href="#findings">Skip to the findings</a>
<header class="top">
<h1>mapguard</h1>
${drawFigures(result)}
${drawRuleCounts(sections)}
${drawFilter(result)}
${drawContents(sections)}
</header>
<main id="findings">
${empty}${sections.map((section) => drawSection(section, plugin)).join("\n")}
${drawProblems(result.files)}
</main>
<footer>mapguard ${escapeHtml(getVersion())} · <b class="sign">${STEP_SIGNS.read}</b> reads <b class="sign">${STEP_SIGNS.write}</b> writes <b class="sign">${STEP_SIGNS.suspend}</b> suspended: other tasks run <b class="sign">${STEP_SIGNS.resume}</b> goes on <b class="sign">${STEP_SIGNS.wrong}</b> goes wrong</footer>
</body>
</html>`;
}
