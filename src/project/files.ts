import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";

export const MAX_FILES = 30_000;
/** A folder of something else, with a few sources among it. */
const MAX_ENTRIES = 300_000;

/** What can call a function; not all of it can be parsed. */
const SOURCE = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|mdx)$/;
/** Declarations, bundles, and tests, which call things in ways that the product does not. */
const NO_PRODUCT = /\.d\.[cm]?ts$|[.-]min\.[cm]?js$|\.(?:test|tests|spec|e2e|bench|stories|story|mock|fixture)\.[cm]?[jt]sx?$/;
const SKIPPED_FOLDER = /^(?:\..*|node_modules|bower_components|dist|coverage|vendor|tests?|__\w+__|specs?|e2e|fixtures?|mocks?|benchmarks?|examples?)$/;
/** Made by a build at the top of a package; below `src` it is a part of the product. */
const BUILT_FOLDER = /^(?:build|out|lib-cov|target)$/;

/**
 * The source files of a project, without tests, declarations, bundles and what was installed or built.
 * @returns `undefined` if there are more than can be looked at
 */
export function listSourceFiles(root: string, limit = MAX_FILES): string[] | undefined {
  const found: string[] = [];
  const folders = [root];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readFolder(folder)) {
      if (++entries > MAX_ENTRIES) return undefined;
      if (entry.isDirectory()) {
        const isBuilt = BUILT_FOLDER.test(entry.name) && !/[\\/]src(?:[\\/]|$)/.test(folder);
        if (!SKIPPED_FOLDER.test(entry.name) && !isBuilt) folders.push(join(folder, entry.name));
      } else if (entry.isFile() && SOURCE.test(entry.name) && !NO_PRODUCT.test(entry.name)) {
        if (found.length >= limit) return undefined;
        found.push(join(folder, entry.name));
      }
    }
  }
  return found;
}

function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
