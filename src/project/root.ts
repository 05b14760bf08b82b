import { existsSync } from "node:fs";
import { dirname, join, relative, isAbsolute } from "node:path";

/**
 * The folder in which other files are looked at for a file: the nearest one above it with `.git`, else the outermost one with a
 * `package.json`, else the working directory if the file lies in it (a whole disk is no project).
 * @param filename the file, as an absolute path
 * @param cwd ESLint's working directory
 */
export function findRoot(filename: string, cwd: string): string | undefined {
  let outermost: string | undefined;
  for (let folder = dirname(filename); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (existsSync(join(folder, "package.json"))) outermost = folder;
    if (folder === dirname(folder)) break;
  }
  return outermost ?? (cwd !== dirname(cwd) && isWithin(filename, cwd) ? cwd : undefined);
}

function isWithin(filename: string, folder: string): boolean {
  const path = relative(folder, filename);
  return path !== "" && !path.startsWith("..") && !isAbsolute(path);
}
