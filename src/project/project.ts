import { readFileSync } from "node:fs";
import type { SourceCode } from "eslint";
import { orNothing } from "../analysis/guard.js";
import { createFileModel, type FileModel } from "../analysis/code/model.js";
import { listSourceFiles } from "./files.js";
import type { Parse } from "./parse.js";
import { indexWords, type WordIndex } from "./words.js";

/** How long an index holds: an editor lives long, and files change meanwhile. In milliseconds. */
const LIFETIME = 60_000;
/** How much one look may parse: files, and characters. */
const MAX_PARSED = 40;
const MAX_PARSED_LENGTH = 2_000_000;
/** Larger files are not parsed: who is in them stays unknown. */
const MAX_LENGTH = 400_000;
const MAX_TEXTS = 1000;
const MAX_ROOTS = 4;

/** A file of the project, parsed. */
export interface ProjectFile {
  readonly path: string;
  readonly model: FileModel;
}

/** The other files around one that is linted, as far as one look at them goes. */
export interface Project {
  readonly root: string;
  /** The files that mention a word. */
  findFiles(word: string): readonly string[];
  /** The text of a file; `""` if it cannot be read. */
  getText(path: string): string;
  /** `undefined` if it cannot be parsed, or if enough files have been. */
  open(path: string): ProjectFile | undefined;
}

const indexes = new Map<string, { readonly index: WordIndex | undefined; readonly until: number }>();

/** The index of a folder, made when first asked for and anew when it is old. */
function getIndex(root: string): WordIndex | undefined {
  const known = indexes.get(root);
  if (known && known.until > Date.now()) return known.index;
  const files = listSourceFiles(root);
  const index = files && indexWords(files);
  if (indexes.size >= MAX_ROOTS) indexes.clear();
  indexes.set(root, { index, until: Date.now() + LIFETIME });
  return index;
}

/**
 * The files around one that is linted.
 * @param own the file itself: as the editor has it, not as it is on disk
 * @returns `undefined` if the folder is too large
 */
export function openProject(root: string, own: ProjectFile, parse: Parse): Project | undefined {
  const index = getIndex(root);
  if (!index) return undefined;
  const texts = new Map<string, string>();
  const files = new Map<string, ProjectFile | undefined>([[own.path, own]]);
  const getText = (path: string): string => {
    let text = texts.get(path);
    if (text !== undefined) return text;
    if (texts.size > MAX_TEXTS) texts.clear();
    texts.set(path, (text = path === own.path ? own.model.sourceCode.text : readText(path)));
    return text;
  };
  let left = MAX_PARSED_LENGTH;
  const parseFile = (path: string): ProjectFile | undefined => {
    const text = getText(path);
    left -= text.length;
    const isWorthIt = text !== "" && text.length <= MAX_LENGTH && left > 0 && files.size <= MAX_PARSED;
    const sourceCode: SourceCode | undefined = isWorthIt ? orNothing(() => parse(path, text)) : undefined;
    return sourceCode && { path, model: createFileModel(sourceCode) };
  };
  return {
    root,
    findFiles: (word) => index.findFiles(word),
    getText,
    open(path) {
      if (!files.has(path)) files.set(path, parseFile(path));
      return files.get(path);
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
