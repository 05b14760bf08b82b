import type { Finding } from "../../explain/finding.js";

/** One report of one rule. Lines and columns are 1-based, as ESLint gives them. */
export interface Report {
  /** With the prefix: `mapguard/no-lost-update`. */
  readonly rule: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** `--fix` would rewrite it. */
  readonly isFixable: boolean;
  /** What an editor would offer. */
  readonly suggestions: readonly string[];
  /** What stands behind the message: the map, the evidence, the timeline. */
  readonly finding?: Finding;
}

/** Something that could not be read or done. */
export interface Problem {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** What `--fix` did to one file. */
export interface AppliedFix {
  readonly rule: string;
  /** The lines, before the fix, of the reports that are gone. */
  readonly lines: readonly number[];
}

export interface FileResult {
  /** As it is shown: relative to the working directory, with forward slashes. */
  readonly file: string;
  readonly reports: readonly Report[];
  readonly problems: readonly Problem[];
  /** The text the reports speak of: there when there are reports. */
  readonly source?: string;
  /** The rewritten text, when `--fix` changed something. */
  readonly output?: string;
  /** What holds again if that text cannot be written. */
  readonly before?: { readonly reports: readonly Report[]; readonly source: string };
  readonly fixes: readonly AppliedFix[];
  /** What was found hangs on other files too. */
  readonly hasLookedElsewhere?: boolean;
  /** Not looked at, because it is machine-made. */
  readonly isSkipped?: boolean;
  /** No source file, but a folder or a configuration with a problem. */
  readonly isOther?: boolean;
}

/** What is wrong with something that is no source file. */
export function createProblemResult(file: string, messages: readonly string[]): FileResult {
  return { file, reports: [], problems: messages.map((message) => ({ message })), fixes: [], isOther: true };
}

/** All that a scan found, in the order of the files. */
export interface ScanResult {
  readonly files: readonly FileResult[];
  /** How many files were looked at, and how many were not because they are machine-made. */
  readonly scanned: number;
  readonly skipped: number;
  readonly errors: number;
  readonly warnings: number;
}

function countReports(files: readonly FileResult[], severity: Report["severity"]): number {
  return files.reduce((sum, { reports }) => sum + reports.filter((report) => report.severity === severity).length, 0);
}

/** Sums up the results of single files; `quiet` counts warnings and then drops them. */
export function summarize(files: readonly FileResult[], quiet = false): ScanResult {
  return {
    files: quiet ? files.map((file) => ({ ...file, reports: file.reports.filter(({ severity }) => severity === "error") })) : files,
    scanned: files.filter(({ isSkipped, isOther }) => !isSkipped && !isOther).length,
    skipped: files.filter(({ isSkipped }) => isSkipped).length,
    errors: countReports(files, "error"),
    warnings: countReports(files, "warning"),
  };
}
