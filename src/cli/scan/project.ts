import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { ESLint, Linter } from "eslint";

import { parser as ownParser } from "../parser/index.js";
import { readSettings } from "../../analysis/settings.js";
import type { MapguardSettings } from "./lint.js";
import { toShownPath } from "./lint.js";
import type { FileResult } from "./result.js";
import { createProblemResult } from "./result.js";

interface EslintParser {
  readonly meta?: { readonly name?: string; readonly version?: string };
  readonly version?: string;
  parseForESLint(text: string, options?: object): Linter.ESLintParseResult;
}

const CONFIG_NAMES = ["js", "mjs", "cjs", "ts", "mts", "cts"].map((extension) => `eslint.config.${extension}`);
const ESLINT_MAJOR = Number.parseInt(Linter.version, 10);
const PROBE = "const probe: Map<string, number> = new Map();";

/** Calls `find` for `folder` and each one above it until it answers; answers are kept for all folders on the way. */
function createFolderLookup<T>(find: (folder: string) => T | undefined): (folder: string) => T | undefined {
  const known = new Map<string, T | undefined>();
  return function lookUp(folder: string): T | undefined {
    if (known.has(folder)) return known.get(folder);
    const parent = path.dirname(folder);
    const found = find(folder) ?? (parent === folder ? undefined : lookUp(parent));
    known.set(folder, found);
    return found;
  };
}

function hasParse(value: unknown): value is EslintParser {
  return typeof (value as EslintParser | undefined)?.parseForESLint === "function";
}

/** A parser that loads is not yet one that works: under TypeScript 7 it fails on the first file, and old ones know nothing of ESLint 10. */
function isWorking(parser: EslintParser): boolean {
  try {
    const { ast, scopeManager } = parser.parseForESLint(PROBE, { filePath: "probe.ts", sourceType: "module", range: true, loc: true });
    const hasModernTree = ast.body[0]?.type === "VariableDeclaration" && ast.tokens!.length > 0;
    return hasModernTree && (ESLINT_MAJOR < 10 || typeof (scopeManager as { addGlobals?: unknown } | undefined)?.addGlobals === "function");
  } catch {
    return false;
  }
}

function findMajor(parser: EslintParser): number {
  return Number.parseInt(parser.meta?.version ?? parser.version ?? "", 10);
}

/** Runs `work` with the process silent: under TypeScript 7 the parser prints its regrets before it throws. */
function runSilently<T>(work: () => T): T {
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  for (const stream of streams) stream.write = () => true;
  try {
    return work();
  } finally {
    streams.forEach((stream, index) => (stream.write = writes[index]!));
  }
}

/** Loads the parser that is installed at `folder`, if there is one, it works, and its trees are those of today. */
function findInstalledParser(folder: string): EslintParser | undefined {
  if (!existsSync(path.join(folder, "node_modules"))) return undefined;
  const load = createRequire(path.join(folder, "package.json"));
  for (const name of ["@typescript-eslint/parser", "typescript-eslint"]) {
    try {
      const loaded = load(name) as { parser?: unknown };
      const parser = hasParse(loaded) ? loaded : loaded.parser;
      if (hasParse(parser) && findMajor(parser) >= 8 && isWorking(parser)) return parser;
    } catch {
      // Not installed, or it cannot be loaded: the next one, then ours.
    }
  }
  return undefined;
}

/** What the project's parser cannot read, ours may; if neither can, the project's own words stand. */
function withFallback(parser: EslintParser): EslintParser {
  return {
    meta: { name: "mapguard/project-parser", version: "1" },
    parseForESLint(text, options) {
      try {
        return parser.parseForESLint(text, options);
      } catch (error) {
        try {
          return ownParser.parseForESLint(text, options);
        } catch {
          throw error;
        }
      }
    },
  };
}

/** Gives for each file the parser that its project has installed, or ours. */
export function createParserLookup(): (file: string) => Linter.Parser {
  const lookUp = createFolderLookup((folder): EslintParser | undefined => {
    const parser = runSilently(() => findInstalledParser(folder));
    return parser && withFallback(parser);
  });
  return (file) => lookUp(path.dirname(file)) ?? ownParser;
}

/** Reads `settings.mapguard` from the configuration that the project gives ESLint. */
export interface SettingsReader {
  read(file: string): Promise<MapguardSettings | undefined>;
  /** One line for each configuration that could not be read. */
  readonly warnings: readonly string[];
  /** What is wrong with the settings of each configuration, once. */
  getProblems(): FileResult[];
}

function getFirstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split("\n", 1)[0]!;
}

/** Runs a configuration, which is a program: what it prints goes to the error stream, since the standard output is for findings, and it cannot end the scan. */
async function runContained<T>(work: () => Promise<T>): Promise<T> {
  const { exit } = process;
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  process.exit = (code): never => {
    throw new Error(`it calls process.exit(${code ?? ""})`);
  };
  try {
    return await work();
  } finally {
    process.stdout.write = write;
    process.exit = exit;
  }
}

/** A broken configuration is no reason not to scan: it is named once, and its files are scanned with the defaults. */
export function createSettingsReader(cwd: string): SettingsReader {
  const warnings: string[] = [];
  const problems = new Map<string, Set<string>>();
  const engines = new Map<string, ESLint | undefined>();
  const findConfigFile = createFolderLookup((folder) => CONFIG_NAMES.map((name) => path.join(folder, name)).find((file) => existsSync(file)));

  async function readFrom(configFile: string, file: string): Promise<MapguardSettings | undefined> {
    if (!engines.has(configFile)) engines.set(configFile, new ESLint({ cwd: path.dirname(configFile), overrideConfigFile: configFile }));
    const engine = engines.get(configFile);
    try {
      const config = (await runContained(async () => engine?.calculateConfigForFile(file))) as Linter.Config | undefined;
      const settings = config?.settings?.["mapguard"] as MapguardSettings | undefined;
      for (const problem of readSettings(config?.settings).problems) problems.set(configFile, (problems.get(configFile) ?? new Set()).add(problem));
      return settings;
    } catch (error) {
      engines.set(configFile, undefined);
      warnings.push(`${toShownPath(configFile, cwd)} could not be read, so its settings are not used: ${getFirstLine(error)}`);
      return undefined;
    }
  }

  return {
    warnings,
    getProblems: () => [...problems].map(([file, messages]) => createProblemResult(toShownPath(file, cwd), [...messages])),
    async read(file) {
      const configFile = findConfigFile(path.dirname(file));
      return configFile === undefined ? undefined : readFrom(configFile, file);
    },
  };
}
