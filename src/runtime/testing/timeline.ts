import type { Timeline, TimelineEvent } from "./record.js";

const marks: Readonly<Record<TimelineEvent["kind"], string>> = {
  start: "▶",
  resume: "●",
  reject: "✗",
  timer: "◷",
  effect: "◆",
  suspend: "⏸",
  access: " ",
  fulfilled: "✓",
  rejected: "✗",
  failure: "✗",
};

/** The lanes of a timeline: the tasks that do something, then what belongs to none. */
export function lanesOf({ tasks, events }: Timeline): string[] {
  const seen = new Set(events.map(({ task, kind }) => (kind === "failure" ? undefined : (task ?? ""))));
  return [...new Set(tasks), ""].filter((lane) => seen.has(lane));
}

/** What one event says in a lane. */
export function describeEvent({ kind, label }: TimelineEvent): string {
  switch (kind) {
    case "start":
      return "starts";
    case "resume":
      return `${label} completes`;
    case "reject":
      return `${label} rejects`;
    case "timer":
      return `${label} fires`;
    case "effect":
      return `${label} takes effect`;
    case "suspend":
      return `${label} … suspended`;
    case "rejected":
      return label === "" ? "fails" : `rejects: ${label}`;
    default:
      return label;
  }
}

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

function textOf(event: TimelineEvent): string {
  const line = event.place === undefined || event.kind === "resume" ? "" : `${event.place.line}: `;
  return `${marks[event.kind]} ${line}${describeEvent(event)}`;
}

/** As wide as each lane needs, unless that is too wide in all: then the widest give way. */
function columnWidths(needed: readonly number[], room: number): number[] {
  const widths = [...needed];
  const least = Math.floor(room / Math.max(1, widths.length));
  for (let over = widths.reduce((sum, each) => sum + each, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= least) break;
    widths[widest]!--;
  }
  return widths;
}

/**
 * A schedule as text: a column for each task, a row for each event, the step's number where one begins.
 * @param width characters that fit in a line of the terminal
 */
export function renderText(timeline: Timeline, width = 120): string {
  const lanes = lanesOf(timeline);
  const texts = timeline.events.map((event) => ({ event, lane: lanes.indexOf(event.task ?? ""), text: textOf(event) }));
  const needed = lanes.map((lane, i) =>
    Math.max(lane.length, 10, ...texts.filter((each) => each.lane === i && each.event.kind !== "failure").map(({ text }) => text.length)),
  );
  const widths = columnWidths(needed, width - 5 - 2 * lanes.length);
  const rows = [`     ${lanes.map((lane, i) => clip(lane === "" ? "(no task)" : lane, widths[i]!)).join("  ")}`];
  let step = 0;
  for (const { event, lane, text } of texts) {
    const number = event.step === step || event.kind === "failure" ? "" : String(event.step);
    step = event.step;
    const indent = widths.slice(0, Math.max(0, lane)).reduce((sum, each) => sum + each + 2, 0);
    const shown = event.kind === "failure" ? text : " ".repeat(indent) + clip(text, widths[lane]!);
    rows.push(`${number.padStart(3)}  ${shown}`);
  }
  return rows.map((row) => row.trimEnd()).join("\n");
}
