import type { ScanResult } from "../scan/result.js";
import type { FormatContext } from "./common.js";
import { formatHtml } from "./html.js";
import { formatJson } from "./json.js";
import { formatSarif } from "./sarif.js";
import { formatStylish } from "./stylish.js";
import { formatTimeline } from "./timeline.js";

export interface Formatter {
  /** For people: the totals follow it on the same stream. */
  readonly isForPeople: boolean;
  format(result: ScanResult, context: FormatContext): string;
}

const formatters = {
  timeline: { isForPeople: true, format: formatTimeline },
  stylish: { isForPeople: true, format: formatStylish },
  sarif: { isForPeople: false, format: formatSarif },
  html: { isForPeople: false, format: formatHtml },
  json: { isForPeople: false, format: formatJson },
} as const satisfies Record<string, Formatter>;

export type FormatName = keyof typeof formatters;

export const FORMATTERS: Readonly<Record<FormatName, Formatter>> = formatters;
