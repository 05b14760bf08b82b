import type { Dirent, Stats } from "node:fs";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import type { Ignore } from "ignore";
import createIgnore from "ignore";
import picomatch from "picomatch";

import { UsageError } from "../usage-error.js";
import { describeFileError } from "./file-error.js";

/** What to look for, and where. */
export interface DiscoverOptions {
  /** Absolute. Paths and ignore patterns are relative to it. */
  readonly cwd: string;
  /** Patterns in the syntax of `.gitignore`. */
  readonly ignorePatterns: readonly string[];
}

export interface UnreadableFolder {
  /** Absolute. */
  readonly folder: string;
  readonly reason: string;
}

export interface Found {
  readonly files: string[];
  readonly unreadable: UnreadableFolder[];
}

const SOURCE_FILE = /\.[cm]?[jt]sx?$/u;
const DECLARATION_FILE = /\.d\.(?:[^./]+\.)?[cm]?ts$/u;
const MINIFIED_FILE = /[.-]min\.[cm]?js$/u;
const IGNORED_FOLDERS = new Set(["node_modules", "bower_components", "dist", "coverage", ".git", ".hg", ".svn", ".yarn", ".next", ".nuxt", ".output", ".svelte-kit", ".turbo", ".cache"]);

/** One `.gitignore` (or pattern list) and the folder its patterns are relative to. */
interface IgnoreLevel {
  readonly folder: string;
  readonly ignore: Ignore;
}

function createLevel(folder: string, patterns: string | readonly string[]): IgnoreLevel {
  return { folder, ignore: createIgnore().add(patterns as string) };
}

function readLevel(folder: string, name = ".gitignore"): IgnoreLevel[] {
  const file = path.join(folder, name);
  return existsSync(file) ? [createLevel(folder, readFileSync(file, "utf8"))] : [];
}

/** `.gitignore` files of the folders above, from the repository's root down. Outside a repository there are none. */
function readLevelsAbove(folder: string): IgnoreLevel[] {
  const folders = [folder];
  while (!existsSync(path.join(folders[0]!, ".git"))) {
    const parent = path.dirname(folders[0]!);
    if (parent === folders[0]) return [];
    folders.unshift(parent);
  }
  return [...readLevel(folders[0]!, ".git/info/exclude"), ...folders.slice(0, -1).flatMap((above) => readLevel(above))];
}

/** Whether the levels, the last of which has the last word, exclude `file` (folders end in a slash). */
function isIgnored(levels: readonly IgnoreLevel[], file: string, isFolder: boolean): boolean {
  return levels.reduce((ignored, { folder, ignore }) => {
    const relative = path.relative(folder, file).split(path.sep).join("/");
    if (relative === "" || relative.startsWith("../") || path.isAbsolute(relative)) return ignored;
    const answer = ignore.test(isFolder ? `${relative}/` : relative);
    return answer.ignored ? true : answer.unignored ? false : ignored;
  }, false);
}

function isSourceFile(name: string): boolean {
  return SOURCE_FILE.test(name) && !DECLARATION_FILE.test(name) && !MINIFIED_FILE.test(name);
}

/** All source files under `folder`, in the order of their names. Links are not followed: what they lead to has its own place. */
function walkFolder(folder: string, levels: readonly IgnoreLevel[], found: Found): void {
  const content = readFolder(folder);
  if (!Array.isArray(content)) {
    found.unreadable.push({ folder, reason: content });
    return;
  }
  const inside = [...levels, ...readLevel(folder)];
  for (const entry of content) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!IGNORED_FOLDERS.has(entry.name) && !isIgnored(inside, file, true)) walkFolder(file, inside, found);
    } else if (entry.isFile() && isSourceFile(entry.name) && !isIgnored(inside, file, false)) found.files.push(file);
  }
}

/** What stands in a folder, by name, or why it cannot be read. */
function readFolder(folder: string): Dirent[] | string {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return describeFileError(error);
  }
}

function findInFolder(folder: string, own: IgnoreLevel): Found {
  const above = readLevelsAbove(folder);
  // A folder that was named is wanted, even if its repository ignores it.
  const levels = isIgnored(above, folder, true) ? [own] : [...above, own];
  const found: Found = { files: [], unreadable: [] };
  walkFolder(folder, levels, found);
  return found;
}

function findByGlob(pattern: string, cwd: string, own: IgnoreLevel): Found {
  const { base } = picomatch.scan(pattern);
  const folder = path.resolve(cwd, base);
  if (!existsSync(folder)) return { files: [], unreadable: [] };
  const isMatch = picomatch(path.isAbsolute(pattern) ? pattern : path.posix.join(cwd.split(path.sep).join("/"), pattern), { dot: true });
  const { files, unreadable } = findInFolder(folder, own);
  return { files: files.filter((file) => isMatch(file.split(path.sep).join("/"))), unreadable };
}

/** @throws {UsageError} where the name is not that of a file that can be scanned. */
export function checkSourceFile(name: string): void {
  if (!SOURCE_FILE.test(name)) throw new UsageError(`not a JavaScript or TypeScript file: ${name}`);
}

function getStats(target: string, absolute: string): Stats | undefined {
  try {
    return statSync(absolute, { throwIfNoEntry: false });
  } catch (error) {
    // A link that leads to itself, a folder that may not be entered.
    throw new UsageError(`${target} cannot be read: ${describeFileError(error)}`);
  }
}

function findOnePath(target: string, cwd: string, own: IgnoreLevel): Found {
  const absolute = path.resolve(cwd, target);
  const stats = getStats(target, absolute);
  if (stats?.isFile()) {
    checkSourceFile(target);
    return { files: isIgnored([own], absolute, false) ? [] : [absolute], unreadable: [] };
  }
  if (stats && !stats.isDirectory()) throw new UsageError(`neither a file nor a folder: ${target}`);
  const found = stats ? findInFolder(absolute, own) : picomatch.scan(target).isGlob ? findByGlob(target, cwd, own) : undefined;
  if (!found) throw new UsageError(`no such file or folder: ${target}`);
  return found;
}

/**
 * Finds the files to scan. A folder is walked, leaving out what `.gitignore` files name, installed packages, build output, declarations and minified files;
 * a file that is named is taken as it is; a pattern is matched against what walking finds.
 *
 * @param paths files, folders and glob patterns.
 * @returns absolute paths, each once, and the folders that could not be read.
 * @throws {UsageError} where a path does not exist, or leads to no file.
 */
export function discoverFiles(paths: readonly string[], { cwd, ignorePatterns }: DiscoverOptions): Found {
  const own = createLevel(cwd, ignorePatterns);
  const files = new Set<string>();
  const unreadable = new Map<string, UnreadableFolder>();
  for (const target of paths) {
    const found = findOnePath(target, cwd, own);
    if (found.files.length === 0 && found.unreadable.length === 0) throw new UsageError(`no JavaScript or TypeScript file in ${target}`);
    for (const file of found.files) files.add(file);
    for (const folder of found.unreadable) unreadable.set(folder.folder, folder);
  }
  return { files: [...files], unreadable: [...unreadable.values()] };
}
