import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { findSingletonMaps } from "./module-singletons.js";
import { getUses, type ModuleFacts, readModule } from "./module-text.js";

/** How long an answer holds: an editor lives long, and files change meanwhile. In milliseconds. */
const LIFETIME = 5_000;
const MAX_FILES = 200;
const MAX_KNOWN = 1000;
const MAX_SIZE = 500_000;
const EXTENSIONS = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];
const SOURCES: Readonly<Record<string, readonly string[]>> = { ".js": [".js", ".ts", ".tsx"], ".mjs": [".mjs", ".mts"], ".cjs": [".cjs", ".cts"], ".jsx": [".jsx", ".tsx"] };

const files = new Map<string, { readonly facts: ModuleFacts | undefined; readonly until: number }>();

/** Whether a name is that of a file on disk: editors and processors invent some. */
export function isRealFile(filename: string): boolean {
  return isAbsolute(filename) && isFile(filename);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The source file that a path means: `./worker.js` may be written as `worker.ts`. */
export function resolveModule(specifier: string, folder: string): string | undefined {
  const path = resolve(folder, specifier);
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0];
  const stem = extension ? path.slice(0, -extension.length) : path;
  const candidates = extension ? (SOURCES[extension] ?? []).map((other) => stem + other) : [path, ...EXTENSIONS.map((other) => path + other), ...EXTENSIONS.map((other) => join(path, `index${other}`))];
  return candidates.find(isFile);
}

/** What a module holds, by its text. `undefined` if it cannot be read. */
export function getModuleFacts(path: string): ModuleFacts | undefined {
  const known = files.get(path);
  if (known && known.until > Date.now()) return known.facts;
  const facts = readFacts(path);
  if (files.size >= MAX_KNOWN) files.clear();
  files.set(path, { facts, until: Date.now() + LIFETIME });
  return facts;
}

function readFacts(path: string): ModuleFacts | undefined {
  try {
    if (statSync(path).size > MAX_SIZE) return undefined;
    const source = readFileSync(path, "utf8");
    const facts = readModule(source);
    return { ...facts, maps: [...facts.maps, ...findSingletonMaps(source, facts.functions)] };
  } catch {
    return undefined;
  }
}

/** Files, and the names that are used of each. */
export type UsedModules = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What is used of every module, if these names of these modules are, along static imports.
 * @param start `*` as a name for all of a module
 */
export function followUses(start: UsedModules): UsedModules {
  const used = new Map<string, Set<string>>();
  const queue: string[] = [];
  const add = (path: string, names: Iterable<string>): void => {
    const known = used.get(path);
    const all = known ?? new Set<string>();
    const size = all.size;
    for (const name of names) all.add(name);
    used.set(path, all);
    if ((!known || all.size > size) && !queue.includes(path)) queue.push(path);
  };
  for (const [path, names] of start) add(path, names);
  for (let path = queue.shift(); path !== undefined && used.size <= MAX_FILES; path = queue.shift()) {
    const facts = getModuleFacts(path);
    if (!facts) continue;
    for (const [{ specifier }, names] of getUses(facts, used.get(path)!)) {
      const target = resolveModule(specifier, dirname(path));
      if (target !== undefined) add(target, names);
    }
  }
  return used;
}
