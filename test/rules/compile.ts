import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  strict: true,
  noImplicitOverride: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  types: ["node"],
  typeRoots: [join(ROOT, "node_modules/@types")],
  paths: { mapguard: [join(ROOT, "src/runtime/index.ts")], "mapguard/*": [join(ROOT, "src/runtime/*/index.ts")] },
};

/** Parsed files outlive a call: the libraries and the runtime are the same every time. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * Type-checks sources as `tsc --strict` does. `mapguard` means the runtime of this repository.
 * @param files The texts by name: `{ "a.ts": "..." }`. They see one another; relative imports of files that are not among them are errors.
 * @returns What the compiler complains of, as `a.ts:3: text (TS2322)`; empty if it is content.
 */
export function compile(files: Readonly<Record<string, string>>, options: ts.CompilerOptions = {}): string[] {
  const given = new Map(Object.entries(files).map(([name, text]) => [join(ROOT, "test/.virtual", name), text]));
  const settings = { ...OPTIONS, ...options };
  const host = ts.createCompilerHost(settings);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, version) => {
    const text = given.get(resolve(name));
    if (text !== undefined) return ts.createSourceFile(name, text, version, true);
    if (!parsed.has(name)) parsed.set(name, getSourceFile.call(host, name, version));
    return parsed.get(name);
  };
  host.fileExists = (name) => given.has(resolve(name)) || fileExists.call(host, name);
  host.readFile = (name) => given.get(resolve(name)) ?? readFile.call(host, name);
  host.directoryExists = undefined as never;
  const program = ts.createProgram({ rootNames: [...given.keys()], options: settings, host });
  return [...given.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => describe(diagnostic));
  });
}

function describe({ file, start, messageText, code }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, " ");
  const line = file && start !== undefined ? `:${file.getLineAndCharacterOfPosition(start).line + 1}` : "";
  return `${file?.fileName.split("/.virtual/")[1] ?? ""}${line}: ${text} (TS${code})`;
}
