import type { TimelineEvent } from "./record.js";

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

/** The lanes of a timeline: the tasks in the order in which they start, then what belongs to none. */
export function lanesOf(events: readonly TimelineEvent[]): string[] {
  const lanes = new Set<string>();
  for (const { task } of events) if (task !== undefined) lanes.add(task);
  if (events.some(({ task, kind }) => task === undefined && kind !== "failure")) lanes.add("");
  return [...lanes];
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
      return `rejects: ${label}`;
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

/**
 * A schedule as text: a column for each task, a row for each event, the step's number where one begins.
 * @param width characters that fit in a line of the terminal
 */
export function renderText(events: readonly TimelineEvent[], width = 110): string {
  const lanes = lanesOf(events);
  const column = Math.max(20, Math.floor((width - 5) / Math.max(1, lanes.length)) - 2);
  const rows = [`     ${lanes.map((lane) => clip(lane === "" ? "(no task)" : lane, column)).join("  ")}`];
  let step = 0;
  for (const event of events) {
    const number = event.step === step || event.kind === "failure" ? "" : String(event.step);
    step = event.step;
    const lane = Math.max(0, lanes.indexOf(event.task ?? ""));
    const indent = event.kind === "failure" ? "" : " ".repeat(lane * (column + 2));
    const text = event.kind === "failure" ? textOf(event) : clip(textOf(event), column);
    rows.push(`${number.padStart(3)}  ${indent}${text}`);
  }
  return rows.map((row) => row.trimEnd()).join("\n");
}
