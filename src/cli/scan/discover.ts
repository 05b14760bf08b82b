import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import type { Ignore } from "ignore";
import createIgnore from "ignore";
import picomatch from "picomatch";

import { UsageError } from "../usage-error.js";

/** What to look for, and where. */
export interface DiscoverOptions {
  /** Absolute. Paths and ignore patterns are relative to it. */
  readonly cwd: string;
  /** Patterns in the syntax of `.gitignore`. */
  readonly ignorePatterns: readonly string[];
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
function walkFolder(folder: string, levels: readonly IgnoreLevel[], found: string[]): void {
  const inside = [...levels, ...readLevel(folder)];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!IGNORED_FOLDERS.has(entry.name) && !isIgnored(inside, file, true)) walkFolder(file, inside, found);
    } else if (entry.isFile() && isSourceFile(entry.name) && !isIgnored(inside, file, false)) found.push(file);
  }
}

function findInFolder(folder: string, own: IgnoreLevel): string[] {
  const above = readLevelsAbove(folder);
  // A folder that was named is wanted, even if its repository ignores it.
  const levels = isIgnored(above, folder, true) ? [own] : [...above, own];
  const found: string[] = [];
  walkFolder(folder, levels, found);
  return found;
}

function findByGlob(pattern: string, cwd: string, own: IgnoreLevel): string[] {
  const { base } = picomatch.scan(pattern);
  const folder = path.resolve(cwd, base);
  if (!existsSync(folder)) return [];
  const isMatch = picomatch(path.isAbsolute(pattern) ? pattern : path.posix.join(cwd.split(path.sep).join("/"), pattern), { dot: true });
  return findInFolder(folder, own).filter((file) => isMatch(file.split(path.sep).join("/")));
}

/** @throws {UsageError} where the name is not that of a file that can be scanned. */
export function checkSourceFile(name: string): void {
  if (!SOURCE_FILE.test(name)) throw new UsageError(`not a JavaScript or TypeScript file: ${name}`);
}

function findOnePath(target: string, cwd: string, own: IgnoreLevel): string[] {
  const absolute = path.resolve(cwd, target);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats?.isFile()) {
    checkSourceFile(target);
    return isIgnored([own], absolute, false) ? [] : [absolute];
  }
  const found = stats ? findInFolder(absolute, own) : picomatch.scan(target).isGlob ? findByGlob(target, cwd, own) : undefined;
  if (!found) throw new UsageError(`no such file or folder: ${target}`);
  return found;
}

/**
 * Finds the files to scan. A folder is walked, leaving out what `.gitignore` files name, installed packages, build output, declarations and minified files;
 * a file that is named is taken as it is; a pattern is matched against what walking finds.
 *
 * @param paths files, folders and glob patterns.
 * @returns absolute paths, each once.
 * @throws {UsageError} where a path does not exist, or leads to no file.
 */
export function discoverFiles(paths: readonly string[], { cwd, ignorePatterns }: DiscoverOptions): string[] {
  const own = createLevel(cwd, ignorePatterns);
  const found = new Set<string>();
  for (const target of paths) {
    const files = findOnePath(target, cwd, own);
    if (files.length === 0) throw new UsageError(`no JavaScript or TypeScript file in ${target}`);
    for (const file of files) found.add(file);
  }
  return [...found];
}
