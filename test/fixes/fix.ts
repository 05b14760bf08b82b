import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as typescriptParser from "@typescript-eslint/parser";
import { transformSync } from "esbuild";
import { Linter } from "eslint";
import { afterAll } from "vitest";
import * as mapguard from "../../src/runtime/index.js";
import plugin from "../../src/plugin.js";

/** A folder whose package.json names `mapguard`, and one whose does not. */
export const PROJECT = createProject("with", { dependencies: { mapguard: "^0.1.0" } });
export const BARE_PROJECT = createProject("without", {});

function createProject(name: string, content: object): string {
  const folder = mkdtempSync(join(tmpdir(), `mapguard-fixes-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, ...content }));
  return folder;
}

export interface FixOptions {
  readonly filename?: string;
  readonly project?: string;
  readonly preset?: "recommended" | "autofix" | "strict";
  readonly rules?: Linter.RulesRecord;
  readonly sourceType?: "module" | "commonjs" | "script";
}

process.env["MAPGUARD_DEBUG"] = "1";

const FILES = ["**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}"];

function createConfig({ filename = "file.ts", preset = "autofix", rules, sourceType }: FixOptions): Linter.Config[] {
  const isTypeScript = /\.[cm]?tsx?$/.test(filename);
  return [
    { files: FILES, languageOptions: { ...(isTypeScript ? { parser: typescriptParser as Linter.Parser } : {}), ...(sourceType ? { sourceType } : {}) } },
    { files: FILES, ...(plugin.configs[preset] as Linter.Config) },
    ...(rules ? [{ files: FILES, rules }] : []),
  ];
}

/** One `eslint --fix`: what the file is afterwards, and what is still reported. */
export function fix(code: string, options: FixOptions = {}): { readonly output: string; readonly messages: readonly Linter.LintMessage[] } {
  const { filename = "file.ts", project = PROJECT } = options;
  const linter = new Linter({ cwd: project });
  return linter.verifyAndFix(code, createConfig(options), { filename: join(project, filename) });
}

/** The reports of a file, with their suggestions. */
export function lint(code: string, options: FixOptions = {}): readonly Linter.LintMessage[] {
  const { filename = "file.ts", project = PROJECT } = options;
  return new Linter({ cwd: project }).verify(code, createConfig(options), { filename: join(project, filename) });
}

/** The file after the suggestion of this kind was chosen, at the first report that has it. */
export function suggest(code: string, messageId: string, options: FixOptions = {}): string | undefined {
  for (const message of lint(code, { preset: "recommended", ...options })) {
    const found = message.suggestions?.find((suggestion) => suggestion.messageId === messageId);
    if (found) return code.slice(0, found.fix.range[0]) + found.fix.text + code.slice(found.fix.range[1]);
  }
  return undefined;
}

/** Runs a file, with `mapguard` and what else it imports; gives its exports. */
export function run<T>(code: string, imports: Readonly<Record<string, unknown>> = {}): T {
  const compiled = transformSync(code.replace(/^#!.*/, ""), { loader: "ts", format: "cjs", target: "node20" }).code;
  const module = { exports: {} };
  const require = (name: string): unknown => {
    if (name === "mapguard") return mapguard;
    if (!(name in imports)) throw new Error(`${name} is not given`);
    return imports[name];
  };
  new Function("module", "exports", "require", compiled)(module, module.exports, require);
  return module.exports as T;
}

export interface Calls<A extends readonly unknown[], R> {
  readonly fn: (...args: A) => Promise<R>;
  count: number;
}

/** An async function that takes a few turns and counts its calls. */
export function slow<A extends readonly unknown[], R>(make: (...args: A) => R): Calls<A, R> {
  const calls: Calls<A, R> = {
    count: 0,
    fn: async (...args) => {
      calls.count++;
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      return make(...args);
    },
  };
  return calls;
}
