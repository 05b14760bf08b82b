import * as parser from "@typescript-eslint/parser";
import { Linter, type SourceCode } from "eslint";
import ts from "typescript";
import { type Analysis, analyze } from "../../src/analysis/pipeline.js";

process.env["MAPGUARD_DEBUG"] = "1";

const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, noEmit: true, types: [] };
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

/** Parses `main.ts` as typescript-eslint does under typed linting. The other files are what it imports. */
export function parseTyped(code: string, others: Readonly<Record<string, string>> = {}): SourceCode {
  const programs = [createProgram({ "main.ts": code, ...others })];
  const linter = new Linter({ configType: "flat", cwd: "/" });
  const [fatal] = linter.verify(code, [{ files: ["**/*.ts"], languageOptions: { parser, parserOptions: { programs, tsconfigRootDir: FOLDER } } }], { filename: `${FOLDER}main.ts` }).filter((message) => message.fatal);
  if (fatal) throw new SyntaxError(`${fatal.message} (line ${fatal.line})`);
  return linter.getSourceCode();
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
