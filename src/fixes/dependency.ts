import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

interface Known {
  readonly isDependency: boolean;
  readonly until: number;
}

/** How long an answer holds: an editor lives long, and a package may be installed meanwhile. In milliseconds. */
const LIFETIME = 5_000;
const FIELDS = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

const cache = new Map<string, Known>();

/**
 * Whether the package `mapguard` is a dependency in the nearest package.json of a file.
 * @param filename The file as ESLint names it; it need not exist, and may be no path at all (`<input>`).
 * @param cwd Where to look from if it is none.
 */
export function isRuntimeDependency(filename: string, cwd: string): boolean {
  const folder = isAbsolute(filename) ? dirname(filename) : cwd;
  const known = cache.get(folder);
  if (known && known.until > Date.now()) return known.isDependency;
  const isDependency = hasDependency(findPackage(folder));
  cache.set(folder, { isDependency, until: Date.now() + LIFETIME });
  return isDependency;
}

function findPackage(folder: string): unknown {
  for (let at = folder; ; at = dirname(at)) {
    const content = readPackage(join(at, "package.json"));
    // { "type": "commonjs" } says of what kind the files are, and nothing of dependencies.
    if (isRecord(content) && Object.keys(content).some((key) => key !== "type")) return content;
    if (dirname(at) === at) return undefined;
  }
}

function readPackage(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function hasDependency(content: unknown): boolean {
  if (!isRecord(content)) return false;
  return FIELDS.some((field) => isRecord(content[field]) && Object.hasOwn(content[field], "mapguard"));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
