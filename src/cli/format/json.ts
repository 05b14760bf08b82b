import type { ScanResult } from "../scan/result.js";

/** The number to raise when a field changes its meaning or goes away. */
const JSON_FORMAT_VERSION = 1;

/** Everything a scan knows, for programs. The fields are documented in the guide to the command. */
export function formatJson({ files, scanned, skipped, errors, warnings }: ScanResult): string {
  const results = files
    .filter(({ reports, problems, fixes }) => reports.length + problems.length + fixes.length > 0)
    .map(({ file, reports, problems, fixes }) => ({ file, reports, problems, fixes }));
  return JSON.stringify({ version: JSON_FORMAT_VERSION, summary: { scanned, skipped, errors, warnings }, files: results }, null, 2);
}
