import path from "node:path";

import type { ESLint, Linter, SourceCode } from "eslint";
import { Linter as EslintLinter } from "eslint";

import { getFindings } from "../../explain/finding.js";
import type { Finding } from "../../explain/finding.js";
import { hasLookedElsewhere } from "../../project/second-look.js";
import type { AppliedFix, FileResult, Problem, Report } from "./result.js";

export type Preset = "recommended" | "strict" | "all" | "autofix";

export const PRESETS: readonly Preset[] = ["recommended", "strict", "all", "autofix"];

/** The value of `settings.mapguard`. */
export type MapguardSettings = Record<string, unknown>;

/** What is the same for all files of a scan. */
export interface LintSetup {
  readonly plugin: ESLint.Plugin;
  readonly preset: Preset;
  /** The directory that shown paths are relative to. */
  readonly cwd: string;
  /** Gives the parser for a file. */
  readonly getParser: (file: string) => Linter.Parser;
}

/** One file to lint. `file` is absolute. */
export interface LintTask {
  readonly file: string;
  readonly text: string;
  readonly settings?: MapguardSettings;
  readonly fix?: boolean;
}

export interface FileLinter {
  lint(task: LintTask): FileResult;
  /** Parses a file without running a rule; `undefined` with a problem when that fails. */
  parse(task: LintTask): { sourceCode?: SourceCode; problems: readonly Problem[] };
}

const PREFIX = "mapguard/";
const PARSING_ERROR = "Parsing error: ";
const FILES = ["**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}"];

/** The path as it is shown: relative, with forward slashes. */
export function toShownPath(file: string, cwd: string): string {
  return path.relative(cwd, file).split(path.sep).join("/") || path.basename(file);
}

/** What is wrong with the settings is said once for all files, not here. */
function isOurs({ ruleId, messageId }: { ruleId: string | null; messageId?: string }): boolean {
  return messageId !== "settings" && (ruleId?.startsWith(PREFIX) ?? false);
}

function getSyntaxError({ message }: Linter.LintMessage): string {
  return message.replace(PARSING_ERROR, "").split("\n", 1)[0]!;
}

function toProblem(message: Linter.LintMessage): Problem {
  return { message: `cannot be parsed: ${getSyntaxError(message)}`, line: message.line, column: message.column };
}

function getProblems(messages: readonly Linter.LintMessage[]): Problem[] {
  return messages
    .filter(({ fatal, message }) => fatal === true && message.startsWith(PARSING_ERROR))
    .map(toProblem);
}

/** The finding behind a message. Several reports of one rule may stand in one place: each takes the next one. */
function takeFinding(findings: Finding[], { ruleId, line, column }: Linter.LintMessage): Finding | undefined {
  const index = findings.findIndex((finding) => PREFIX + finding.ruleId === ruleId && finding.line === line && finding.column === column - 1);
  return index === -1 ? undefined : findings.splice(index, 1)[0];
}

function toReport(message: Linter.LintMessage, finding: Finding | undefined): Report {
  return {
    rule: message.ruleId!,
    severity: message.severity === 2 ? "error" : "warning",
    message: message.message,
    line: message.line,
    column: message.column,
    endLine: message.endLine,
    endColumn: message.endColumn,
    isFixable: message.fix !== undefined,
    suggestions: (message.suggestions ?? []).map(({ desc }) => desc),
    finding,
  };
}

/** What is gone after the fix, rule by rule, in the order of the lines. */
function getAppliedFixes(before: readonly Linter.LintMessage[], after: readonly Linter.LintMessage[]): AppliedFix[] {
  const left = new Map<string, number>();
  for (const { ruleId } of after) left.set(ruleId!, (left.get(ruleId!) ?? 0) + 1);
  const linesByRule = new Map<string, number[]>();
  for (const { ruleId, line, fix } of before) if (fix) linesByRule.set(ruleId!, [...(linesByRule.get(ruleId!) ?? []), line]);
  return [...linesByRule]
    .map(([rule, lines]) => {
      const unfixable = before.filter(({ ruleId, fix }) => ruleId === rule && !fix).length;
      return { rule, lines: lines.slice(0, Math.max(0, lines.length + unfixable - (left.get(rule) ?? 0))) };
    })
    .filter(({ lines }) => lines.length > 0);
}

/** The rule that threw, as far as ESLint tells. */
function findThrower(error: unknown): string | undefined {
  const { ruleId, message } = error as { ruleId?: unknown; message?: unknown };
  if (typeof ruleId === "string") return ruleId;
  return /(?:Error while loading rule|Rule:) ['"](?<rule>[^'"]+)['"]/u.exec(String(message))?.groups?.["rule"];
}

function describeCrash(error: unknown, rule: string | undefined): Problem {
  const message = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
  const line = /Occurred while linting .*:(?<line>\d+)$/mu.exec(String((error as Error).message))?.groups?.["line"];
  return { message: rule === undefined ? message : `the rule ${rule} failed: ${message}`, line: line === undefined ? undefined : Number(line) };
}

/** `ruleFilter` is an option of `verify` that ESLint's own command uses and its types leave out. */
type FilteredOptions = { filename: string; ruleFilter: (rule: { ruleId: string }) => boolean };

function getSourceType(file: string): "module" | "commonjs" {
  return /\.c[jt]sx?$/u.test(file) ? "commonjs" : "module";
}

function getPresetConfigs(plugin: ESLint.Plugin, preset: Preset): Linter.Config[] {
  const config = plugin.configs?.[preset] as Linter.Config | Linter.Config[] | undefined;
  return config === undefined ? [] : [config].flat();
}

function createConfig({ plugin, preset, getParser }: LintSetup, { file, settings }: LintTask): Linter.Config[] {
  return [
    { ignores: ["!**/node_modules/", "!**/.git/"] },
    {
      files: FILES,
      plugins: { mapguard: plugin },
      languageOptions: {
        parser: getParser(file),
        sourceType: getSourceType(file),
        parserOptions: { ecmaFeatures: { jsx: true }, onUnsupportedTypeScriptVersion: "ignore" },
      },
      linterOptions: { reportUnusedDisableDirectives: "off" },
      settings: { mapguard: settings ?? {} },
    },
    ...getPresetConfigs(plugin, preset),
  ];
}

/**
 * Lints single files with our rules alone: what comments say about other plugins' rules neither runs anything nor is reported.
 * A rule that throws is named as a problem of that file, and the other rules still run.
 */
export function createFileLinter(setup: LintSetup): FileLinter {
  const linter = new EslintLinter({ cwd: path.parse(setup.cwd).root, configType: "flat" });

  function verify(task: LintTask, text: string, excluded: ReadonlySet<string>): Linter.LintMessage[] {
    return linter.verify(text, createConfig(setup, task), createOptions(task, excluded));
  }

  function createOptions({ file }: LintTask, excluded: ReadonlySet<string>): FilteredOptions {
    return { filename: file, ruleFilter: ({ ruleId }) => isOurs({ ruleId }) && !excluded.has(ruleId) };
  }

  /** Runs `work` again without each rule that throws. */
  function runWithoutThrowers<T>(problems: Problem[], work: (excluded: ReadonlySet<string>) => T): T | undefined {
    const excluded = new Set<string>();
    for (;;) {
      try {
        return work(excluded);
      } catch (error) {
        const rule = findThrower(error);
        problems.push(describeCrash(error, rule));
        if (rule === undefined || excluded.has(rule)) return undefined;
        excluded.add(rule);
      }
    }
  }

  function getReports(messages: readonly Linter.LintMessage[]): Report[] {
    const sourceCode = linter.getSourceCode() as SourceCode | null;
    const findings = sourceCode ? [...getFindings(sourceCode)] : [];
    return messages.filter(isOurs).map((message) => toReport(message, takeFinding(findings, message)));
  }

  function applyFixes(task: LintTask, excluded: ReadonlySet<string>, before: readonly Linter.LintMessage[]): Partial<FileResult> & { problems: Problem[] } {
    const fixed = linter.verifyAndFix(task.text, createConfig(setup, task), createOptions(task, excluded));
    const after = fixed.messages.filter(isOurs);
    const broken = fixed.messages.find(({ fatal }) => fatal);
    if (broken) {
      verify(task, task.text, excluded);
      return { problems: [{ message: `not fixed: the fixes would leave a file that cannot be read (${getSyntaxError(broken)})` }] };
    }
    if (!fixed.fixed || fixed.output === task.text) return { problems: [] };
    return { problems: [], reports: getReports(fixed.messages), source: fixed.output, output: fixed.output, fixes: getAppliedFixes(before, after) };
  }

  return {
    lint(task) {
      const problems: Problem[] = [];
      const file = toShownPath(task.file, setup.cwd);
      const result = runWithoutThrowers(problems, (excluded): FileResult => {
        const messages = verify(task, task.text, excluded);
        const reports = getReports(messages);
        const sourceCode = linter.getSourceCode() as SourceCode | null;
        const isOfOthers = sourceCode !== null && hasLookedElsewhere(sourceCode.ast);
        const found = getProblems(messages);
        const isFixable = task.fix === true && reports.some((report) => report.isFixable);
        const fixed = isFixable ? applyFixes(task, excluded, messages.filter(isOurs)) : undefined;
        const before = fixed?.output === undefined ? undefined : { reports, source: task.text };
        const base = { file, reports, source: task.text, fixes: [], before, ...(isOfOthers ? { hasLookedElsewhere: true } : {}), ...fixed };
        return { ...base, problems: [...found, ...(fixed?.problems ?? [])] };
      });
      if (!result) return { file, reports: [], problems, fixes: [] };
      return { ...result, source: result.reports.length > 0 ? result.source : undefined, problems: [...problems, ...result.problems] };
    },

    parse(task) {
      const problems: Problem[] = [];
      const options: FilteredOptions = { filename: task.file, ruleFilter: () => false };
      const messages = runWithoutThrowers(problems, () => linter.verify(task.text, createConfig(setup, task), options)) ?? [];
      const sourceCode = (linter.getSourceCode() as SourceCode | null) ?? undefined;
      return { sourceCode, problems: [...problems, ...getProblems(messages)] };
    },
  };
}
