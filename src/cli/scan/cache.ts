import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { FileResult } from "./result.js";

/** Results of earlier scans, by the file's content and everything else the result depends on. */
export interface ResultCache {
  get(file: string, text: string, settings: unknown): FileResult | undefined;
  /** Keeps a result, unless it has a problem or may depend on other files. */
  set(file: string, text: string, settings: unknown, result: FileResult): void;
  /** Writes what this scan asked for or set, and what earlier ones did for other files that are still there. */
  save(): void;
}

interface Entry {
  readonly key: string;
  readonly result: FileResult;
}

function hash(...parts: readonly string[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(`${part.length}:${part}`);
  return digest.digest("base64url");
}

/** Where the cache of a project is kept: with its installed packages, or beside its files. */
export function getCacheFile(cwd: string): string {
  return existsSync(path.join(cwd, "node_modules")) ? path.join(cwd, "node_modules", ".cache", "mapguard", "scan.json") : path.join(cwd, ".mapguardcache");
}

function readEntries(cacheFile: string): Map<string, Entry> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(cacheFile, "utf8")) as Record<string, Entry>));
  } catch {
    // None yet, or one that was cut off: start afresh.
    return new Map();
  }
}

/** Writes beside the file and renames, so that whoever reads it sees the old or the new one whole. */
export function writeFileAtomically(file: string, text: string, mode?: number): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, file);
}

/** A module-level map: whether it is one for all depends on who starts workers and processes elsewhere. */
const MODULE_MAP = /^(?:export\s+)?(?:const|let|var)\s[^=\n]*=\s*(?:new\s+\w*(?:Map|Set)\b|\{\s*\}|Object\.create\(\s*null)/mu;

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The package.json files above a file, by content: they say whether the runtime is a dependency. */
function createPackageLookup(): (folder: string) => string {
  const known = new Map<string, string>();
  return function lookUp(folder: string): string {
    const found = known.get(folder);
    if (found !== undefined) return found;
    const parent = path.dirname(folder);
    const content = readIfThere(path.join(folder, "package.json")) + (parent === folder ? "" : lookUp(parent));
    known.set(folder, content);
    return content;
  };
}

/**
 * Opens the cache.
 *
 * @param signature all that results depend on besides the file: versions, preset, rules.
 */
export function openCache(cacheFile: string, signature: string): ResultCache {
  const old = readEntries(cacheFile);
  const kept = new Map<string, Entry>();
  const getPackages = createPackageLookup();
  const getKey = (file: string, text: string, settings: unknown): string => hash(signature, text, JSON.stringify(settings ?? null), getPackages(path.dirname(file)));
  return {
    get(file, text, settings) {
      const entry = old.get(file);
      if (entry?.key !== getKey(file, text, settings)) return undefined;
      kept.set(file, entry);
      return entry.result;
    },
    set(file, text, settings, result) {
      if (result.problems.length === 0 && !result.hasLookedElsewhere && !MODULE_MAP.test(text)) kept.set(file, { key: getKey(file, text, settings), result });
    },
    save() {
      mkdirSync(path.dirname(cacheFile), { recursive: true });
      const others = [...old].filter(([file]) => !kept.has(file) && existsSync(file));
      writeFileAtomically(cacheFile, JSON.stringify(Object.fromEntries([...others, ...kept])));
    },
  };
}
