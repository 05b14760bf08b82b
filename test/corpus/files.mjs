import { readdirSync } from "node:fs";
import { join } from "node:path";

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
/** Declarations and bundles hold no code that somebody wrote by hand. */
const NOT_WRITTEN_BY_HAND = /\.d\.[cm]?ts$|\.min\.[cm]?js$|\.bundle\.js$/;
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "coverage", "vendor"]);
const TEST_PATH = /(^|\/)(tests?|__tests__|specs?|e2e|fixtures|__fixtures__|mocks|__mocks__|test-cases|testing)\/|[._-](test|spec|bench)\.[cm]?[jt]sx?$/;

/** Whether a path, relative to its repository, looks like a test or a fixture. */
export function isTestPath(relativePath) {
  return TEST_PATH.test(relativePath);
}

/**
 * Lists the source files below a folder, in a stable order.
 * @param {string} root the folder
 * @returns {string[]} paths relative to `root`, with forward slashes
 */
export function listSourceFiles(root) {
  const found = [];
  const visit = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name) && !entry.name.startsWith(".")) visit(path);
      } else if (entry.isFile() && SOURCE_FILE.test(entry.name) && !NOT_WRITTEN_BY_HAND.test(entry.name)) {
        found.push(path);
      }
    }
  };
  visit("");
  return found;
}
