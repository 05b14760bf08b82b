import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as typescript from "@typescript-eslint/parser";
import type { TSESTree } from "@typescript-eslint/types";
import { Linter } from "eslint";
import { afterAll } from "vitest";
import plugin from "../../src/plugin.js";
import { createFileModel, type FunctionInfo } from "../../src/analysis/code/model.js";
import { createParse } from "../../src/project/parse.js";
import { openProject, type Project, type ProjectFile } from "../../src/project/project.js";

// A mistake in a look is an error here, not silence.
process.env["MAPGUARD_DEBUG"] = "1";

export type Files = Readonly<Record<string, string>>;

const folders: string[] = [];

/** Writes files into a folder of their own, which is gone when the tests are over. */
export function write(files: Files, { git = true }: { readonly git?: boolean } = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "mapguard-project-")));
  folders.push(root);
  if (git) mkdirSync(join(root, ".git"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const LANGUAGE: Linter.LanguageOptions = { parser: typescript, parserOptions: { ecmaFeatures: { jsx: true } } };

/** A folder with these files, and the first of them opened as the one that is linted. */
export function open(files: Files, name = Object.keys(files)[0]!): { readonly root: string; readonly file: ProjectFile; readonly project: Project } {
  const root = write(files);
  const path = join(root, name);
  const parse = createParse(LANGUAGE);
  const sourceCode = parse(path, files[name]!);
  if (!sourceCode) throw new SyntaxError(`${name} cannot be parsed`);
  const file = { path, model: createFileModel(sourceCode) };
  const project = openProject(root, file, parse);
  if (!project) throw new Error("no project");
  return { root, file, project };
}

/** The first function of its name. */
export function getFunction({ model }: ProjectFile, name: string): FunctionInfo {
  const info = model.functions.find((candidate) => candidate.name === name);
  if (!info) throw new Error(`no function ${name} among ${model.functions.map((candidate) => candidate.name).join(", ")}`);
  return info;
}

/** The first call of a text such as `load(k)`. */
export function getCall({ model }: ProjectFile, text: string): TSESTree.CallExpression {
  const found = (model.nodes.get("CallExpression") ?? []).find((node) => model.sourceCode.getText(node as never) === text);
  if (found?.type !== "CallExpression") throw new Error(`no call ${text}`);
  return found;
}

export interface LintOptions {
  readonly settings?: Record<string, unknown>;
  readonly parser?: "espree";
  readonly preset?: "recommended" | "strict";
  /** Another name than that of the file on disk. */
  readonly filename?: string;
}

function verify(root: string, name: string, text: string, options: LintOptions): Linter.LintMessage[] {
  const linter = new Linter({ configType: "flat", cwd: root });
  const files = ["**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}"];
  const languageOptions = options.parser === "espree" ? {} : LANGUAGE;
  const messages = linter.verify(text, [{ files, languageOptions }, { files, ...plugin.configs[options.preset ?? "recommended"], settings: { mapguard: options.settings ?? {} } }], { filename: options.filename ?? join(root, name) });
  const broken = messages.find(({ fatal }) => fatal);
  if (broken) throw new SyntaxError(broken.message);
  return messages;
}

/** The reports of one file of a folder, as `rule:line`. */
export function lintFile(root: string, name: string, text: string, options: LintOptions = {}): string[] {
  return verify(root, name, text, options).map(({ ruleId, line, message }) => (ruleId ? `${ruleId.replace("mapguard/", "")}:${line}` : message));
}

/** What is said of the first of these files. */
export function findMessages(files: Files): string[] {
  const name = Object.keys(files)[0]!;
  return verify(write(files), name, files[name]!, {}).map(({ message }) => message);
}

/** The same for the first of these files. */
export function lintProject(files: Files, options: LintOptions = {}): string[] {
  const name = Object.keys(files)[0]!;
  return lintFile(write(files), name, files[name]!, options);
}
