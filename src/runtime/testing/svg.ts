import type { TimelineEvent } from "./record.js";
export function renderSvg(events: readonly TimelineEvent[], title = "A failing schedule"): string { void events; return title; }
