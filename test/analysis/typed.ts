import * as parser from "@typescript-eslint/parser";
import { Linter, type SourceCode } from "eslint";
import ts from "typescript";
import { type Analysis, analyze } from "../../src/analysis/pipeline.js";
import plugin from "../../src/plugin.js";

process.env["MAPGUARD_DEBUG"] = "1";

const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, moduleDetection: ts.ModuleDetectionKind.Force, strict: true, noEmit: true, types: [] };
const FOLDER = "/project/";

/** The language's own declarations, which never change, are read once. */
const libraries = new Map<string, ts.SourceFile | undefined>();

function getLibrary(host: ts.CompilerHost, name: string): ts.SourceFile | undefined {
  if (!libraries.has(name)) libraries.set(name, host.getSourceFile(name, ts.ScriptTarget.ES2022));
  return libraries.get(name);
}

/** A program of files that are nowhere but here. */
function createProgram(files: Readonly<Record<string, string>>): ts.Program {
  const host = ts.createCompilerHost(OPTIONS);
  const find = (name: string): string | undefined => (name.startsWith(FOLDER) ? files[name.slice(FOLDER.length)] : undefined);
  return ts.createProgram({
    rootNames: Object.keys(files).map((name) => FOLDER + name),
    options: OPTIONS,
    host: {
      ...host,
      fileExists: (name) => find(name) !== undefined || (!name.startsWith(FOLDER) && host.fileExists(name)),
      directoryExists: () => true,
      readFile: (name) => find(name) ?? host.readFile(name),
      getSourceFile(name, target) {
        const text = find(name);
        return text === undefined ? getLibrary(host, name) : ts.createSourceFile(name, text, target, true);
      },
    },
  });
}

/** Parses one file of a program as typescript-eslint does under typed linting. Throws on a syntax error, so that no test passes by one. */
function verify(linter: Linter, name: string, code: string, program: ts.Program, config: Linter.Config): Linter.LintMessage[] {
  const files = ["**/*.ts"];
  const languageOptions = { parser, parserOptions: { programs: [program], tsconfigRootDir: FOLDER } };
  const messages = linter.verify(code, [{ files, languageOptions }, { files, ...config }], { filename: FOLDER + name });
  const fatal = messages.find((message) => message.fatal);
  if (fatal) throw new SyntaxError(`${fatal.message} (line ${fatal.line})`);
  return messages;
}

const createLinter = (): Linter => new Linter({ configType: "flat", cwd: "/" });

/** Parses `main.ts`. The other files are what it imports. */
export function parseTyped(code: string, others: Readonly<Record<string, string>> = {}): SourceCode {
  const linter = createLinter();
  verify(linter, "main.ts", code, createProgram({ "main.ts": code, ...others }), {});
  return linter.getSourceCode();
}

/** What a config of the plugin reports of each file: `no-lost-update:3`. */
export function lintAllTyped(files: Readonly<Record<string, string>>, preset: "recommended" | "strict" = "recommended"): Map<string, string[]> {
  const program = createProgram(files);
  const linter = createLinter();
  const reports = (name: string, code: string): string[] => verify(linter, name, code, program, plugin.configs[preset]).map(({ ruleId, line }) => `${(ruleId ?? "").replace("mapguard/", "")}:${line}`);
  return new Map(Object.entries(files).map(([name, code]) => [name, reports(name, code)]));
}

/** What `recommended` reports of `main.ts`, in full. */
export function verifyTyped(code: string, others: Readonly<Record<string, string>> = {}): Linter.LintMessage[] {
  return verify(createLinter(), "main.ts", code, createProgram({ "main.ts": code, ...others }), plugin.configs.recommended);
}

/** The same of `main.ts` alone. */
export function lintTyped(code: string, others: Readonly<Record<string, string>> = {}, preset: "recommended" | "strict" = "recommended"): string[] {
  return lintAllTyped({ "main.ts": code, ...others }, preset).get("main.ts")!;
}

/** The analysis of `main.ts` with types; `undefined` if it holds nothing map-like. */
export function findTypedAnalysis(code: string, others: Readonly<Record<string, string>> = {}, settings: Record<string, unknown> = {}): Analysis | undefined {
  const analysis = analyze(parseTyped(code, others), { mapguard: settings });
  void analysis?.summaries;
  return analysis;
}

/** The maps, in words: `field Map this.m`. */
export function describeTypedMaps(code: string, others: Readonly<Record<string, string>> = {}, settings: Record<string, unknown> = {}): string[] {
  return (findTypedAnalysis(code, others, settings)?.inventory.maps ?? []).map((map) => `${map.home} ${map.kind} ${map.name}`);
}
