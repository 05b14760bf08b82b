import { createRequire } from "node:module";
import { extname } from "node:path";
import type { Linter, SourceCode } from "eslint";
import { once } from "../analysis/guard.js";

/** Reads a file as ESLint would: tree, scopes, parents. `undefined` if the parser cannot read it. */
export type Parse = (file: string, text: string) => SourceCode | undefined;

/** What ties a parser to a TypeScript program: slow, and of no use for single files. */
const PROGRAM_OPTIONS = new Set(["project", "projectService", "programs", "program", "EXPERIMENTAL_useProjectService", "tsconfigRootDir", "extraFileExtensions", "filePath"]);

/** ESLint is there when a rule runs; where it cannot be found from here, no other file is looked at. */
const getLinterClass = once(() => (createRequire(import.meta.url)("eslint") as { Linter: typeof Linter }).Linter);

/**
 * Reads files with the parser of the file that is linted.
 * @param options the `languageOptions` of that file
 */
export function createParse({ parser, parserOptions, ecmaVersion }: Linter.LanguageOptions): Parse {
  const kept = Object.fromEntries(Object.entries(parserOptions ?? {}).filter(([name]) => !PROGRAM_OPTIONS.has(name)));
  const getLinter = once(() => new (getLinterClass())({ configType: "flat" }));
  const read = (file: string, text: string, sourceType: "module" | "commonjs"): SourceCode | undefined => {
    const extension = extname(file);
    const languageOptions = { ...(parser ? { parser } : {}), ...(ecmaVersion === undefined ? {} : { ecmaVersion }), sourceType, parserOptions: { ...kept, jsDocParsingMode: "none", sourceType, ecmaFeatures: { jsx: extension !== ".ts" } } };
    const config = { files: ["**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}"], languageOptions, linterOptions: { reportUnusedDisableDirectives: "off" as const } };
    const messages = getLinter().verify(text, [config], { filename: `file${extension}`, allowInlineConfig: false });
    return messages.some(({ fatal }) => fatal) ? undefined : getLinter().getSourceCode();
  };
  return (file, text) => {
    // A component of Vue or Svelte calls things too; its parser is another.
    if (!/\.[cm]?[jt]sx?$/.test(file)) return undefined;
    return /\.c[jt]s$/.test(file) ? read(file, text, "commonjs") : (read(file, text, "module") ?? read(file, text, "commonjs"));
  };
}
