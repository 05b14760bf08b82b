import type { Rule, SourceCode } from "eslint";
import type { TSESTree } from "@typescript-eslint/types";
import type { Node } from "../analysis/code/ast.js";

export type Range = readonly [number, number];

/** A range of the source, and what stands there afterwards. */
export interface Edit {
  readonly range: Range;
  readonly text: string;
}

export function replace(target: Node | Range, text: string): Edit {
  return { range: "range" in target ? target.range : target, text };
}

export function insert(at: number, text: string): Edit {
  return { range: [at, at], text };
}

/** A report's fixer from edits. */
export function createFixer(edits: readonly Edit[]): Rule.ReportFixer {
  return (fixer) => edits.map(({ range, text }) => fixer.replaceTextRange([range[0], range[1]], text));
}

export function getText(target: Node | Range, sourceCode: SourceCode): string {
  const [start, end] = "range" in target ? target.range : target;
  return sourceCode.text.slice(start, end);
}

export function hasComment(range: Range, sourceCode: SourceCode): boolean {
  return getComments(sourceCode).some((comment) => comment.range[0] < range[1] && comment.range[1] > range[0]);
}

/** Whether every comment in what the edits replace stands in what they write. */
export function keepsComments(edits: readonly Edit[], sourceCode: SourceCode): boolean {
  const written = edits.map(({ text }) => text).join("\n");
  const touched = getComments(sourceCode).filter((comment) => edits.some(({ range }) => comment.range[0] < range[1] && comment.range[1] > range[0]));
  const texts = touched.map((comment) => getText(comment.range, sourceCode));
  return texts.every((text) => written.split(text).length - 1 >= texts.filter((other) => other === text).length);
}

export function getComments(sourceCode: SourceCode): readonly TSESTree.Comment[] {
  return sourceCode.ast.comments as unknown as readonly TSESTree.Comment[];
}

export function getNewline(sourceCode: SourceCode): string {
  return sourceCode.text.includes("\r\n") ? "\r\n" : "\n";
}

/** The white space before the first thing on a node's line. */
export function getIndent(node: Node, sourceCode: SourceCode): string {
  const line = sourceCode.lines[node.loc.start.line - 1] ?? "";
  return /^\s*/.exec(line)![0];
}

/** Behind a node and the comments on the rest of its line. */
export function getEndOfLine(node: Node, sourceCode: SourceCode): number {
  const trailing = getComments(sourceCode).filter((comment) => comment.range[0] >= node.range[1] && comment.loc.start.line === node.loc.end.line && comment.loc.end.line === comment.loc.start.line);
  const end = trailing.at(-1)?.range[1] ?? node.range[1];
  const between = sourceCode.text.slice(node.range[1], end);
  const isCommentOnly = trailing.reduce((rest, comment) => rest.replace(sourceCode.text.slice(...comment.range), ""), between).trim() === "";
  return isCommentOnly ? end : node.range[1];
}

/** By how much a block is indented against what it stands in. */
export function getIndentUnit(inner: Node, sourceCode: SourceCode): string {
  const own = getIndent(inner, sourceCode);
  for (let at = inner.parent; at; at = at.parent) {
    const outer = getIndent(at, sourceCode);
    if (own.startsWith(outer) && own.length > outer.length) return own.slice(outer.length);
  }
  return own.startsWith("\t") ? "\t" : "  ";
}

/** A semicolon if a statement ends with one. */
export function getEnd(statement: Node, sourceCode: SourceCode): string {
  return sourceCode.text[statement.range[1] - 1] === ";" ? ";" : "";
}

/** Takes a statement away, with its line if nothing else stands on it. */
export function remove(statement: Node | Range, sourceCode: SourceCode): Edit {
  const [start, end] = "range" in statement ? statement.range : statement;
  const { text } = sourceCode;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const nextLine = text.indexOf("\n", end);
  const lineEnd = nextLine < 0 ? text.length : nextLine;
  const isAlone = text.slice(lineStart, start).trim() === "" && text.slice(end, lineEnd).trim() === "";
  // A comment behind it stays, and takes its place.
  const gap = /^[ \t]*/.exec(text.slice(end))![0].length;
  if (!isAlone || lineStart === 0) return { range: [start, text.slice(lineStart, start).trim() === "" ? end + gap : end], text: "" };
  return { range: [text[lineStart - 2] === "\r" ? lineStart - 2 : lineStart - 1, end], text: "" };
}

/** Moves the lines from `start` to `end` to the right, except those that begin inside a template or within one of `edits`. */
export function indentLines(start: number, end: number, unit: string, edits: readonly Edit[], sourceCode: SourceCode): Edit[] {
  const { text } = sourceCode;
  const templates = (sourceCode.ast.tokens as readonly { type: string; range: Range }[]).filter((token) => token.type === "Template" && token.range[1] > start && token.range[0] < end);
  const found: Edit[] = [];
  for (let at = text.indexOf("\n", start) + 1; at > 0 && at < end; at = text.indexOf("\n", at) + 1) {
    const isBlank = text[at] === "\n" || text[at] === "\r";
    const isInTemplate = templates.some(({ range }) => range[0] < at && at < range[1]);
    const isEdited = edits.some(({ range }) => range[0] < at && at < range[1]);
    if (!isBlank && !isInTemplate && !isEdited) found.push(insert(at, unit));
  }
  return found;
}
