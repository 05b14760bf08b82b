import { isUtf8 } from "node:buffer";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";

import { Linter } from "eslint";

import type { ResultCache } from "./cache.js";
import { getCacheFile, openCache, writeFileAtomically } from "./cache.js";
import type { UnreadableFolder } from "./discover.js";
import { checkSourceFile, discoverFiles } from "./discover.js";
import type { FileTask } from "./lint-file.js";
import { lintFile } from "./lint-file.js";
import type { Preset } from "./lint.js";
import { getVersion } from "../version.js";
import { createFileLinter, toShownPath } from "./lint.js";
import { loadPlugin } from "./plugin.js";
import { lintInParallel } from "./pool.js";
import { createParserLookup, createSettingsReader } from "./project.js";
import { describeFileError } from "./file-error.js";
import type { FileResult } from "./result.js";
import { createProblemResult } from "./result.js";

export interface ScanOptions {
  /** Absolute. */
  readonly cwd: string;
  readonly preset: Preset;
  readonly fix: boolean;
  readonly cache: boolean;
  readonly pluginUrl: string;
  /** One line that the user should see and that stops nothing. */
  readonly onWarning: (line: string) => void;
}

export interface PathScanOptions extends ScanOptions {
  readonly ignorePatterns: readonly string[];
  /** Called after each file. */
  readonly onProgress: (done: number, total: number) => void;
}

// Below this a second thread costs more in start-up than it brings.
const MIN_FILES_PER_THREAD = 40;

function getThreadCount(files: number): number {
  return Math.min(availableParallelism(), Math.floor(files / MIN_FILES_PER_THREAD));
}

/** All that results depend on besides the files: a new version of anything here forgets the old ones. */
function getSignature(pluginUrl: string, preset: Preset, version: string): string {
  const pluginFile = new URL(pluginUrl);
  return JSON.stringify([version, Linter.version, process.version, preset, pluginUrl, statSync(pluginFile).mtimeMs]);
}

async function createTasks(files: readonly string[], { cwd, fix, onWarning }: ScanOptions): Promise<{ readonly tasks: FileTask[]; readonly problems: FileResult[] }> {
  const reader = createSettingsReader(cwd);
  const tasks: FileTask[] = [];
  for (const file of files) tasks.push({ file, fix, settings: await reader.read(file) });
  reader.warnings.forEach(onWarning);
  return { tasks, problems: reader.getProblems() };
}

/** Answers from the cache what it can; the text of the rest is handed on, so that each file is read once. */
function takeFromCache(cache: ResultCache, tasks: readonly FileTask[], onResult: (task: FileTask, result: FileResult) => void): FileTask[] {
  return tasks.flatMap((task) => {
    let text: string;
    try {
      text = readFileSync(task.file, "utf8");
    } catch {
      return [task];
    }
    const result = cache.get(task.file, text, task.settings);
    if (!result || (task.fix && result.reports.length > 0)) return [{ ...task, text }];
    onResult(task, result.reports.length > 0 ? { ...result, source: text } : result);
    return [];
  });
}

async function lintAll(tasks: readonly FileTask[], { cwd, preset, pluginUrl }: ScanOptions, onResult: (task: FileTask, result: FileResult) => void): Promise<void> {
  const threads = getThreadCount(tasks.length);
  if (threads > 1) return lintInParallel(tasks, { pluginUrl, preset, cwd }, threads, onResult);
  const linter = createFileLinter({ plugin: await loadPlugin(pluginUrl), preset, cwd, getParser: createParserLookup() });
  for (const task of tasks) onResult(task, lintFile(linter, task, cwd));
}

function refuseFix(result: FileResult, message: string): FileResult {
  return { ...result, ...result.before, output: undefined, fixes: [], problems: [...result.problems, { message }] };
}

function writeFix(file: string, result: FileResult): FileResult {
  if (result.output === undefined) return result;
  try {
    // A link stays a link: what it leads to is rewritten.
    const target = realpathSync(file);
    if (!isUtf8(readFileSync(target))) return refuseFix(result, "not fixed: its text is not UTF-8, and would be damaged");
    writeFileAtomically(target, result.output, statSync(target).mode);
    return result;
  } catch (error) {
    return refuseFix(result, `could not be written: ${describeFileError(error)}`);
  }
}

/** Without its cache a scan is slow, and no less right. */
function saveCache(cache: ResultCache, { onWarning }: ScanOptions): void {
  try {
    cache.save();
  } catch (error) {
    onWarning(`the cache could not be written: ${describeFileError(error)}`);
  }
}

function describeUnreadable({ folder, reason }: UnreadableFolder, cwd: string): FileResult {
  return createProblemResult(toShownPath(folder, cwd), [`the folder cannot be read: ${reason}`]);
}

/**
 * Scans files and folders: finds the files, reads the project's settings, lints on all cores, writes fixes.
 *
 * @returns one result a file, in the order in which the files were found.
 * @throws {UsageError} where the paths lead nowhere.
 */
export async function scanPaths(paths: readonly string[], options: PathScanOptions): Promise<FileResult[]> {
  const { cwd, preset, pluginUrl } = options;
  const { files, unreadable } = discoverFiles(paths, options);
  const { tasks, problems } = await createTasks(files, options);
  const cache = options.cache ? openCache(getCacheFile(cwd), getSignature(pluginUrl, preset, getVersion())) : undefined;
  const results = new Map<string, FileResult>();

  function onResult(task: FileTask, result: FileResult): void {
    results.set(task.file, writeFix(task.file, result));
    options.onProgress(results.size, tasks.length);
  }

  const remaining = cache ? takeFromCache(cache, tasks, onResult) : tasks;
  await lintAll(remaining, options, (task, result) => {
    onResult(task, result);
    if (task.text !== undefined && result.output === undefined) cache?.set(task.file, task.text, task.settings, { ...result, source: undefined });
  });
  if (cache) saveCache(cache, options);
  return [...problems, ...unreadable.map((folder) => describeUnreadable(folder, cwd)), ...files.map((file) => results.get(file)!)];
}

/**
 * Scans one text as if it stood in `filename` (relative to the working directory).
 *
 * @throws {UsageError} where that is not the name of a source file.
 */
export async function scanText(text: string, filename: string, options: ScanOptions): Promise<FileResult[]> {
  checkSourceFile(filename);
  const file = path.resolve(options.cwd, filename);
  const { tasks: [task], problems } = await createTasks([file], { ...options, fix: false });
  const linter = createFileLinter({ plugin: await loadPlugin(options.pluginUrl), preset: options.preset, cwd: options.cwd, getParser: createParserLookup() });
  return [...problems, lintFile(linter, { ...task!, text }, options.cwd)];
}
