import stringWidth from "fast-string-width";

import type { StepKind, Timeline, TimelineStep } from "./finding.js";

/** What a task is doing beside a step of the other one. */
export type TaskState = "idle" | "running" | "suspended";

/** One step with everything a drawing needs. */
export interface TimelineRow {
  readonly step: TimelineStep;
  /** The source line, dedented; empty where the step before it stands on the same line of the same task. */
  readonly code: string;
  /** What the other task is doing meanwhile. */
  readonly other: TaskState;
}

/** How the parts of a drawing are coloured. Each takes a text and gives it back dressed. */
export interface Paint {
  title(text: string): string;
  code(text: string): string;
  faint(text: string): string;
  step(kind: StepKind, text: string): string;
}

export interface DrawOptions {
  /** The source, line by line. */
  readonly lines: readonly string[];
  /** Columns of the terminal or page. Below 72 the tasks stand one under the other. */
  readonly width: number;
  readonly paint?: Paint;
}

const identity = (text: string): string => text;

/** No colours: for files, logs and documentation. */
export const PLAIN_PAINT: Paint = { title: identity, code: identity, faint: identity, step: (_kind, text) => text };

/** One sign a kind of step, one column wide each. */
export const STEP_SIGNS: Readonly<Record<StepKind, string>> = {
  start: "▸",
  read: "○",
  suspend: "‖",
  resume: "▸",
  write: "●",
  wrong: "✗",
  note: "·",
};

const MIN_SIDE_BY_SIDE = 72;
const MAX_COLUMN = 76;

// C0 and C1 controls, and the marks that reorder text: source is shown, never executed by the terminal.
const UNPRINTABLE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu;

/** Makes a source line safe to show: tabs become two blanks, control characters a visible sign. */
export function toPrintable(text: string): string {
  return text.replaceAll("\t", "  ").replaceAll(UNPRINTABLE, "\ufffd");
}

/** Cuts `text` to `width` columns, with an ellipsis where something was lost. */
export function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (stringWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Fills `text` up to `width` columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

/** Breaks `text` between words into lines of at most `width` columns; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of toPrintable(text).split(/\s+/u).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && stringWidth(last) + 1 + stringWidth(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(truncate(word, width));
  }
  return lines;
}

function getIndent(line: string): number {
  return line.length - line.trimStart().length;
}

/** The state of the other task at each step: suspended from its `suspend` to its next step, running between, idle outside. */
function getOtherStates(steps: readonly TimelineStep[]): TaskState[] {
  return steps.map((step, index) => {
    const before = steps.slice(0, index).findLast(({ task }) => task !== step.task);
    const hasMore = steps.slice(index).some(({ task }) => task !== step.task);
    if (!before) return "idle";
    if (before.kind === "suspend") return "suspended";
    return hasMore ? "running" : "idle";
  });
}

/**
 * Joins a timeline with the source. What every drawing of it, text or page, starts from.
 *
 * @param lines the source, line by line.
 */
export function layoutTimeline(timeline: Timeline, lines: readonly string[]): TimelineRow[] {
  const sources = timeline.steps.map(({ line }) => toPrintable(lines[line - 1] ?? "").trimEnd());
  const indent = Math.min(...sources.filter(Boolean).map(getIndent));
  const others = getOtherStates(timeline.steps);
  return timeline.steps.map((step, index) => {
    const previous = timeline.steps[index - 1];
    const isRepeated = previous?.task === step.task && previous.line === step.line;
    return { step, code: isRepeated ? "" : sources[index]!.slice(indent), other: others[index]! };
  });
}

interface Cell {
  readonly text: string;
  readonly painted: string;
}

function cell(text: string, paint: (text: string) => string = identity): Cell {
  return { text, painted: paint(text) };
}

/** The lines of one step in its own column. */
function drawStep({ step, code }: TimelineRow, gutter: number, width: number, paint: Paint): Cell[] {
  const room = width - gutter - 2;
  const number = pad(String(step.line).padStart(gutter), gutter + 2);
  const source = truncate(code, room);
  const notes = wrap(step.note, room - 2).map((line, index) => `${" ".repeat(gutter + 2)}${index === 0 ? STEP_SIGNS[step.kind] : " "} ${line}`);
  const sourceCells = code === "" ? [] : [{ text: number + source, painted: paint.faint(number) + paint.code(source) }];
  return [...sourceCells, ...notes.map((line) => cell(line, (text) => paint.step(step.kind, text)))];
}

function drawOther(state: TaskState, gutter: number, paint: Paint): Cell {
  if (state === "idle") return cell("");
  return cell(`${" ".repeat(gutter + 2)}${state === "suspended" ? "┊" : "│"}`, paint.faint);
}

function joinCells(left: Cell, right: Cell, width: number, paint: Paint): string {
  return `${left.painted}${" ".repeat(Math.max(0, width - stringWidth(left.text)))} ${paint.faint("│")} ${right.painted}`.trimEnd();
}

function drawSideBySide(timeline: Timeline, rows: readonly TimelineRow[], width: number, paint: Paint): string[] {
  const column = Math.min(MAX_COLUMN, Math.floor((width - 3) / 2));
  const gutter = Math.max(...rows.map(({ step }) => String(step.line).length));
  const [left, right] = timeline.tasks.map((title) => cell(truncate(toPrintable(title), column), paint.title)) as [Cell, Cell];
  const ruler = paint.faint(`${"─".repeat(column + 1)}┼${"─".repeat(column + 1)}`);
  const body = rows.flatMap((row) => {
    const other = drawOther(row.other, gutter, paint);
    return drawStep(row, gutter, column, paint).map((own) => (row.step.task === 0 ? joinCells(own, other, column, paint) : joinCells(other, own, column, paint)));
  });
  return [joinCells(left, right, column, paint), ruler, ...body];
}

/** For narrow windows: one column, with the number of the task before each step. */
function drawStacked(timeline: Timeline, rows: readonly TimelineRow[], width: number, paint: Paint): string[] {
  const gutter = Math.max(...rows.map(({ step }) => String(step.line).length));
  const titles = timeline.tasks.map((title, index) => paint.title(truncate(`${index + 1}: ${toPrintable(title)}`, width)));
  const body = rows.flatMap((row) => {
    const tag = `${row.step.task + 1} ${paint.faint("│")} `;
    return drawStep(row, gutter, width - 4, paint).map((own) => (tag + own.painted).trimEnd());
  });
  return [...titles, ...body];
}

/**
 * Draws two tasks side by side, in the order in which it goes wrong: the source of each step with its line number, a note under it,
 * and a dotted rail in the other column while that task is suspended.
 *
 * @returns the lines of the drawing, none for a timeline without steps.
 */
export function drawTimeline(timeline: Timeline, { lines, width, paint = PLAIN_PAINT }: DrawOptions): string[] {
  const rows = layoutTimeline(timeline, lines);
  if (rows.length === 0) return [];
  return width < MIN_SIDE_BY_SIDE ? drawStacked(timeline, rows, width, paint) : drawSideBySide(timeline, rows, width, paint);
}

/** A place in a source: 1-based lines, 1-based columns. */
export interface FramedPlace {
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

/**
 * Draws the line of a report between its neighbours, with a mark under the reported part.
 *
 * @returns the lines of the drawing.
 */
export function drawCodeFrame(place: FramedPlace, { lines, width, paint = PLAIN_PAINT }: DrawOptions): string[] {
  const first = Math.max(1, place.line - 2);
  const last = Math.min(lines.length, place.line + 2);
  const gutter = String(last).length;
  return lines.slice(first - 1, last).flatMap((source, index) => {
    const line = first + index;
    const printable = toPrintable(source).trimEnd();
    const drawn = `${paint.faint(`${line === place.line ? ">" : " "} ${String(line).padStart(gutter)} │`)} ${paint.code(truncate(printable, width - gutter - 5))}`.trimEnd();
    if (line !== place.line) return [drawn];
    const start = stringWidth(toPrintable(source.slice(0, place.column - 1)));
    const reported = source.slice(place.column - 1, place.endLine === place.line ? (place.endColumn ?? place.column + 1) - 1 : undefined);
    const room = width - gutter - 5 - start;
    const mark = room > 0 ? "^".repeat(Math.min(room, Math.max(1, stringWidth(toPrintable(reported).trimEnd())))) : "";
    return [drawn, `${paint.faint(`  ${" ".repeat(gutter)} │`)} ${" ".repeat(Math.max(0, Math.min(start, width)))}${paint.step("wrong", mark)}`.trimEnd()];
  });
}
