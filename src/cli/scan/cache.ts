import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { FileResult } from "./result.js";

/** Results of earlier scans, by the file's content and everything else the result depends on. */
export interface ResultCache {
  get(file: string, text: string, settings: unknown): FileResult | undefined;
  set(file: string, text: string, settings: unknown, result: FileResult): void;
  /** Keeps what was asked for or set in this scan. */
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

/**
 * Opens the cache.
 *
 * @param signature all that results depend on besides the file: versions, preset, rules.
 */
export function openCache(cacheFile: string, signature: string): ResultCache {
  const old = readEntries(cacheFile);
  const kept = new Map<string, Entry>();
  const getKey = (text: string, settings: unknown): string => hash(signature, text, JSON.stringify(settings ?? null));
  return {
    get(file, text, settings) {
      const entry = old.get(file);
      if (entry?.key !== getKey(text, settings)) return undefined;
      kept.set(file, entry);
      return entry.result;
    },
    set(file, text, settings, result) {
      if (result.problems.length === 0) kept.set(file, { key: getKey(text, settings), result });
    },
    save() {
      mkdirSync(path.dirname(cacheFile), { recursive: true });
      writeFileAtomically(cacheFile, JSON.stringify({ ...Object.fromEntries(old), ...Object.fromEntries(kept) }));
    },
  };
}
