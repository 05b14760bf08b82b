import type { SourceCode } from "eslint";

/** What happens at one step of a timeline. `wrong` is the moment it goes wrong. */
export type StepKind = "start" | "read" | "suspend" | "resume" | "write" | "wrong" | "note";

/** One event of one task, tied to a source line. */
export interface TimelineStep {
  /** 0 = the first task (left column), 1 = the second (right column). */
  readonly task: 0 | 1;
  /** 1-based source line. */
  readonly line: number;
  readonly kind: StepKind;
  /** A few words: "reads sessions[id]: absent". */
  readonly note: string;
}

/** Two tasks, interleaved in the order in which it goes wrong. */
export interface Timeline {
  /** Column titles, such as `acquire()` and `acquire(), a second run`. */
  readonly tasks: readonly [string, string];
  readonly steps: readonly TimelineStep[];
}

/** What a report knows beyond its message. The command line and the docs draw it. */
export interface Finding {
  /** Without the plugin prefix: `no-lost-update`. */
  readonly ruleId: string;
  /** Where the report stands: 1-based line, 0-based column, as ESTree. */
  readonly line: number;
  readonly column: number;
  /** The map as the source calls it: `this.sessions`. */
  readonly map: string;
  /** Why two tasks can overlap here, in words. */
  readonly overlap?: string;
  readonly timeline?: Timeline;
}

const findings = new WeakMap<object, Finding[]>();

/** Remembers what stands behind a report, for whoever formats it. */
export function recordFinding(sourceCode: Readonly<SourceCode>, finding: Finding): void {
  const list = findings.get(sourceCode.ast);
  if (list) list.push(finding);
  else findings.set(sourceCode.ast, [finding]);
}

/** The findings of the rules that have run over this file, in the order of the reports. */
export function getFindings(sourceCode: Readonly<SourceCode>): readonly Finding[] {
  return findings.get(sourceCode.ast) ?? [];
}
