import type { Rule } from "eslint";
import type { Analysis } from "../analysis/pipeline.js";
import type { RuleOptions, RuleReport } from "../rule.js";

export interface Edit {
  /** What the edit does, for those who choose it. */
  readonly messageId: string;
  readonly data: Readonly<Record<string, string>>;
  readonly fix: Rule.ReportFixer | undefined;
}

/** Decides what becomes of an edit: applied by `--fix`, offered, or nothing. */
export function offerEdit(analysis: Analysis, options: RuleOptions, { messageId, data, fix }: Edit): Pick<RuleReport, "fix" | "suggest"> {
  const mode = options.fix ?? analysis.settings.fix;
  if (!fix || mode === "off") return {};
  return mode === "auto" ? { fix } : { suggest: [{ messageId, data, fix }] };
}
