import stringWidth from "fast-string-width";

import { pad, toPrintable, truncate, wrap } from "../../explain/draw-timeline.js";
import type { FormatContext } from "../format/common.js";
import { count } from "../format/common.js";
import type { MapRecord } from "./map-record.js";

const HEADINGS = ["map", "kind", "home", "key → value", "reads", "writes", "deletes"];
const MAX_CELL = 40;

function getCells({ name, kind, home, key, value, valuesAreMaps, reads, writes, deletes }: MapRecord): string[] {
  const types = key === undefined && value === undefined ? "" : `${key ?? "?"}${value === undefined ? "" : ` → ${value}`}`;
  const cells = [name, kind, home, valuesAreMaps ? `${types} (maps)`.trim() : types, String(reads), String(writes), String(deletes)];
  return cells.map((cell) => truncate(toPrintable(cell.replaceAll(/\s+/gu, " ")), MAX_CELL));
}

/** One row a shared map, and under it the place of its declaration, why it is shared, and what guards it. */
export function formatInventoryTable(maps: readonly MapRecord[], { colors, width }: Pick<FormatContext, "colors" | "width">): string {
  const rows = [HEADINGS, ...maps.map(getCells)];
  const widths = HEADINGS.map((_heading, column) => Math.max(...rows.map((row) => stringWidth(row[column]!))));
  const lines = rows.map((row) => row.map((cell, column) => pad(cell, widths[column]!)).join("  ").trimEnd()); // prettier-ignore
  const body = maps.flatMap((map, index) => {
    const guards = map.guards.length > 0 ? `Guarded by ${map.guards.join(", ")}.` : "Not guarded.";
    const details = wrap(`${map.file}:${map.line}  Shared: ${map.why}. ${guards}`, width - 2);
    return [lines[index + 1]!, ...details.map((line) => colors.faint(`  ${line}`))];
  });
  return [...(maps.length > 0 ? [colors.bold(lines[0]!), ...body, ""] : []), `${count(maps.length, "shared map")}.`].join("\n");
}

/** The same for programs. */
export function formatInventoryJson(maps: readonly MapRecord[]): string {
  return JSON.stringify({ version: 1, maps }, null, 2);
}
