import { readFileSync } from "node:fs";

import type { FileLinter, LintTask } from "./lint.js";
import { toShownPath } from "./lint.js";
import { describeFileError } from "./file-error.js";
import type { FileResult } from "./result.js";

/** A task whose text may still have to be read. */
export type FileTask = Omit<LintTask, "text"> & { readonly text?: string };

const MIN_MINIFIED_LENGTH = 20_000;
const MIN_MINIFIED_LINE = 400;

/** Machine-made code has lines hundreds of characters long on average. */
function isMinified(text: string): boolean {
  return text.length >= MIN_MINIFIED_LENGTH && text.length / text.split("\n", text.length / MIN_MINIFIED_LINE + 2).length > MIN_MINIFIED_LINE;
}

/** Reads and lints one file. Never throws: what goes wrong is a problem of that file. */
export function lintFile(linter: FileLinter, task: FileTask, cwd: string): FileResult {
  const nothing = { file: toShownPath(task.file, cwd), reports: [], problems: [], fixes: [] };
  let text: string;
  try {
    text = task.text ?? readFileSync(task.file, "utf8");
  } catch (error) {
    return { ...nothing, problems: [{ message: `cannot be read: ${describeFileError(error)}` }] };
  }
  try {
    return isMinified(text) ? { ...nothing, isSkipped: true } : linter.lint({ ...task, text });
  } catch (error) {
    return { ...nothing, problems: [{ message: describeFileError(error) }] };
  }
}
