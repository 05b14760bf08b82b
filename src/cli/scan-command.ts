import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describeFixes, formatTotals } from "./format/common.js";
import type { FormatName } from "./format/index.js";
import { FORMATTERS } from "./format/index.js";
import { createProgress } from "./progress.js";
import type { Environment, ExitCode } from "./run.js";
import { reportProblems, warn } from "./run.js";
import { describeFileError } from "./scan/file-error.js";
import type { Preset } from "./scan/lint.js";
import { loadPlugin } from "./scan/plugin.js";
import type { FileResult, ScanResult } from "./scan/result.js";
import { summarize } from "./scan/result.js";
import { scanPaths, scanText } from "./scan/scan.js";
import { createColors, getWidth, hasColors } from "./terminal.js";
import { UsageError } from "./usage-error.js";

export interface ScanFlags {
  readonly preset: Preset;
  readonly fix?: boolean;
  readonly format: FormatName;
  readonly outputFile?: string;
  readonly quiet?: boolean;
  readonly maxWarnings?: number;
  readonly ignorePattern?: readonly string[];
  readonly cache?: boolean;
  readonly stdin?: boolean;
  readonly stdinFilename?: string;
}

async function readAll(stream: Environment["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function checkFlags(paths: readonly string[], flags: ScanFlags): void {
  if (flags.stdin && paths.length > 0) throw new UsageError("--stdin takes no paths; name the file with --stdin-filename");
  if (flags.stdin && flags.fix) throw new UsageError("--fix cannot be used with --stdin: there is no file to write");
  if (flags.stdinFilename !== undefined && !flags.stdin) throw new UsageError("--stdin-filename needs --stdin");
}

async function scan(paths: readonly string[], flags: ScanFlags, environment: Environment): Promise<FileResult[]> {
  const { cwd, pluginUrl, stdin, stderr } = environment;
  const onWarning = (line: string): void => warn(environment, line);
  const options = { cwd, pluginUrl, preset: flags.preset, fix: flags.fix ?? false, cache: flags.cache ?? false, onWarning };
  if (flags.stdin) return scanText(await readAll(stdin), flags.stdinFilename ?? "stdin.ts", options);
  const progress = createProgress(stderr);
  try {
    return await scanPaths(paths.length > 0 ? paths : ["."], { ...options, ignorePatterns: flags.ignorePattern ?? [], onProgress: progress.update });
  } finally {
    progress.clear();
  }
}

function writeOutput(file: string, text: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`${file} could not be written: ${describeFileError(error)}`);
  }
}

async function print(result: ScanResult, flags: ScanFlags, environment: Environment): Promise<void> {
  const { cwd, env, stdout, stderr, pluginUrl } = environment;
  const formatter = FORMATTERS[flags.format];
  const toFile = flags.outputFile === undefined ? undefined : path.resolve(cwd, flags.outputFile);
  const colors = createColors(toFile === undefined && hasColors(stdout, env));
  const text = formatter.format(result, { colors, width: getWidth(stdout, env), plugin: await loadPlugin(pluginUrl) });
  if (toFile !== undefined) writeOutput(toFile, text === "" ? "" : `${text}\n`);
  else if (text !== "") stdout.write(`${text}\n`);

  const isAlone = toFile !== undefined || formatter.isForPeople;
  const summaryStream = isAlone ? stdout : stderr;
  const summaryColors = createColors(hasColors(summaryStream, env));
  const gap = toFile === undefined && formatter.isForPeople && text !== "" ? "\n" : "";
  summaryStream.write(`${gap}${[...describeFixes(result.files), formatTotals(result, summaryColors)].join("\n")}\n`);
}

function getExitCode({ files, errors, warnings }: ScanResult, maxWarnings = Infinity): ExitCode {
  if (files.some(({ problems }) => problems.length > 0)) return 2;
  return errors > 0 || warnings > maxWarnings ? 1 : 0;
}

/** `mapguard scan [paths]`. */
export async function runScan(paths: readonly string[], flags: ScanFlags, environment: Environment): Promise<ExitCode> {
  checkFlags(paths, flags);
  const result = summarize(await scan(paths, flags, environment), flags.quiet);
  await print(result, flags, environment);
  reportProblems(result.files, environment);
  return getExitCode(result, flags.maxWarnings);
}
