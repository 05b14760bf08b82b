import type { Linter, Rule } from "eslint";
import type { JSONSchema4 } from "json-schema";
import type { Analysis } from "./analysis/pipeline.js";
import { orNothing } from "./analysis/guard.js";
import type { Subject } from "./analysis/first-look.js";
import { analyze, lookAt } from "./analysis/pipeline.js";
import type { Node } from "./analysis/code/ast.js";
import { type Finding, recordFinding } from "./explain/finding.js";

export type Severity = "error" | "warn" | "strict" | "adoption";
export type FixMode = "off" | "suggest" | "auto";

/** What a rule says of one place. */
export interface RuleReport {
  readonly node: Node;
  readonly messageId: string;
  readonly data: Readonly<Record<string, string>>;
  readonly finding?: Pick<Finding, "map" | "overlap" | "timeline">;
  /** An edit that is applied by `--fix`. */
  readonly fix?: Rule.ReportFixer;
  /** Edits that a reader chooses. */
  readonly suggest?: readonly { readonly messageId: string; readonly data?: Readonly<Record<string, string>>; readonly fix: Rule.ReportFixer }[];
}

export interface RuleOptions {
  readonly fix?: FixMode;
  /** Also report what is only likely. */
  readonly heuristics?: boolean;
}

/** Where a file stands. The name need not be that of a file: editors and processors invent some. */
export interface FileContext {
  readonly filename: string;
  readonly cwd: string;
  /** How ESLint reads it, and so the files around it. */
  readonly languageOptions?: Linter.LanguageOptions;
}

export interface MapRule {
  readonly name: string;
  readonly description: string;
  readonly type: "problem" | "suggestion";
  /** Where the rule is on: error or warning in `recommended`, only in `strict`, or only by name. */
  readonly severity: Severity;
  readonly fixable?: boolean;
  /** A file without any of it is not looked at further. */
  readonly about: Subject;
  readonly messages: Readonly<Record<string, string>>;
  /** More options than `fix` and `heuristics`. */
  readonly options?: Readonly<Record<string, JSONSchema4>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
  find(analysis: Analysis, options: RuleOptions & Readonly<Record<string, unknown>>, file: FileContext): Iterable<RuleReport>;
}

/** The rule as ESLint knows it, with what the plugin's configs need. */
export interface MapRuleModule extends Rule.RuleModule {
  readonly severity: Severity;
}

const checked = new WeakSet<object>();

/** Says what is wrong with `settings.mapguard`, once a file: the first rule that runs on it does. */
function reportSettings(context: Rule.RuleContext, problems: readonly string[]): void {
  const { ast } = context.sourceCode;
  if (problems.length === 0 || checked.has(ast)) return;
  checked.add(ast);
  for (const problem of problems) context.report({ loc: { line: 1, column: 0 }, messageId: "settings", data: { problem } });
}

/** A mistake in a fix costs the fix, not the lint run. */
function orNoEdit(fix: Rule.ReportFixer): Rule.ReportFixer {
  return (fixer) => orNothing(() => fix(fixer)) ?? null;
}

/** For a rule around `await` that has no edit, so that one set of options fits all of them. */
export const FIX_WITHOUT_EDIT: JSONSchema4 = { type: "string", enum: ["off", "suggest", "auto"], description: "Accepted as by the other rules around `await`. This rule has no edit." };

const DOCS = "https://github.com/mapguard/mapguard/blob/main/docs/rules";

/** Makes an ESLint rule of a question to the analysis. The rule is silent on files without maps. */
export function createRule(rule: MapRule): MapRuleModule {
  const isFixable = rule.fixable === true;
  const properties: Record<string, JSONSchema4> = {
    ...(isFixable ? { fix: { type: "string", enum: ["off", "suggest", "auto"], description: "Overrides `settings.mapguard.fix` for this rule: no edit, an edit to choose, or an edit that `--fix` applies." } } : {}),
    heuristics: { type: "boolean", description: "Also report what is likely, but not shown by the file." },
    ...rule.options,
  };
  const meta: Rule.RuleMetaData = {
    type: rule.type,
    docs: { description: rule.description, url: `${DOCS}/${rule.name}.md`, recommended: rule.severity === "error" || rule.severity === "warn" },
    messages: { ...rule.messages, settings: "{{problem}}." },
    schema: [{ type: "object", properties, additionalProperties: false }],
    defaultOptions: [{ heuristics: false, ...rule.defaults }],
    languages: ["js/js"],
    ...(isFixable ? { fixable: "code", hasSuggestions: true } : {}),
  };
  return {
    severity: rule.severity,
    meta,
    create(context) {
      const { sourceCode } = context;
      const look = lookAt(sourceCode, context.settings);
      reportSettings(context, look.settings.problems);
      if (!look.has(rule.about)) return {};
      return {
        "Program:exit"() {
          const analysis = analyze(sourceCode, context.settings);
          if (!analysis) return;
          const options = { ...(meta.defaultOptions?.[0] as object), ...(context.options[0] as object | undefined) } as RuleOptions & Record<string, unknown>;
          const reports = orNothing(() => [...rule.find(analysis, options, { filename: context.filename, cwd: context.cwd, languageOptions: context.languageOptions })]) ?? [];
          for (const report of reports) {
            const { node, messageId, data, finding } = report;
            recordFinding(sourceCode, { ruleId: rule.name, line: node.loc.start.line, column: node.loc.start.column, map: "", ...finding });
            context.report({
              node: node as never,
              messageId,
              data: { ...data },
              ...(report.fix ? { fix: orNoEdit(report.fix) } : {}),
              ...(report.suggest ? { suggest: report.suggest.map((item) => ({ ...item, data: { ...item.data }, fix: orNoEdit(item.fix) })) } : {}),
            });
          }
        },
      };
    },
  };
}
