import { analyze } from "@typescript-eslint/scope-manager";
import type { TSESTree } from "@typescript-eslint/types";
import { visitorKeys } from "@typescript-eslint/visitor-keys";
import type { Linter } from "eslint";
import type { OxcError, ParserOptions } from "oxc-parser";
import { parseSync } from "oxc-parser";

import type { AnyNode } from "./hints.js";
import { createHintCollector } from "./hints.js";
import type { LineIndex } from "./lines.js";
import { createLineIndex } from "./lines.js";
import type { Comment, Ranged } from "./tokens.js";
import { tokenize } from "./tokens.js";

/** What ESLint passes on from `languageOptions`, as far as it matters here. */
interface Options {
  filePath?: string;
  sourceType?: "module" | "script" | "commonjs";
  ecmaFeatures?: { globalReturn?: boolean };
}

type Lang = NonNullable<ParserOptions["lang"]>;
type Parsed = ReturnType<typeof parseSync>;

function getLang(filePath: string): Lang {
  if (/\.d\.[cm]?ts$/u.test(filePath)) return "dts";
  if (/\.[cm]?ts$/u.test(filePath)) return "ts";
  return filePath.endsWith(".tsx") ? "tsx" : "jsx";
}

function findError(parsed: Parsed): OxcError | undefined {
  return parsed.errors.find(({ severity }) => severity === "Error");
}

/**
 * The readings to try in turn: a script may `return` at its top, and `.js` files of some projects hold annotations.
 * The first that succeeds wins.
 */
function getReadings(filePath: string): ParserOptions[] {
  const lang = getLang(filePath);
  const readings: ParserOptions[] = [{ lang }, { lang, sourceType: "commonjs" }];
  return lang === "jsx" ? [...readings, { lang: "tsx" }] : readings;
}

function parseText(text: string, filePath: string): Parsed {
  let first: Parsed | undefined;
  for (const reading of getReadings(filePath)) {
    const parsed = parseSync(filePath, text, { ...reading, astType: "ts", range: true, preserveParens: false });
    if (!findError(parsed)) return parsed;
    first ??= parsed;
  }
  return first!;
}

/** A syntax error as ESLint expects it from a parser: 1-based line, and a column which is 0-based on it and 1-based in the report. */
export class ParseError extends SyntaxError {
  constructor(
    message: string,
    readonly index: number,
    readonly lineNumber: number,
    readonly column: number,
  ) {
    super(message);
    this.name = "ParseError";
  }
}

function createParseError(error: OxcError, lines: LineIndex): ParseError {
  const index = error.labels[0]?.start ?? 0;
  const { line, column } = lines.positionAt(index);
  return new ParseError(error.message, index, line, column + 1);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as AnyNode).type === "string";
}

/** Calls `visit` on each node, parents first. */
function walk(node: AnyNode, parent: AnyNode | undefined, visit: (node: AnyNode, parent: AnyNode | undefined) => void): void {
  visit(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key];
    if (Array.isArray(child)) {
      for (const item of child) if (isNode(item)) walk(item, node, visit);
    } else if (isNode(child)) walk(child, node, visit);
  }
}

function locate<T extends { range: [number, number] }>(node: T, lines: LineIndex): T & Ranged {
  const [start, end] = node.range;
  return Object.assign(node, { loc: { start: lines.positionAt(start), end: lines.positionAt(end) } }) as unknown as T & Ranged;
}

/** `(@inject() a = 1)`: the decorators are the parameter's, and stand before its pattern. */
function leaveOutDecorators(node: AnyNode): void {
  const left = node["left"] as AnyNode;
  if (node.range[0] < left.range[0]) node.range = [left.range[0], node.range[1]];
}

function convertComments(parsed: Parsed, lines: LineIndex): Comment[] {
  return parsed.comments.map(({ type, value, start, end }) => locate({ type, value, range: [start, end] as [number, number] }, lines));
}

function parseForESLint(text: string, options: Options = {}): Linter.ESLintParseResult {
  const parsed = parseText(text, options.filePath ?? "input.tsx");
  const lines = createLineIndex(text);
  const error = findError(parsed);
  if (error) throw createParseError(error, lines);

  const program = parsed.program as unknown as AnyNode;
  const comments = convertComments(parsed, lines);
  const { hints, visit } = createHintCollector(text, comments);
  walk(program, undefined, (node, parent) => {
    if (node.type === "AssignmentPattern") leaveOutDecorators(node);
    locate(node, lines);
    visit(node, parent);
  });
  delete program["hashbang"];
  program["sourceType"] = options.sourceType === "module" ? "module" : "script";
  program["comments"] = comments;
  program["tokens"] = tokenize(text, comments, hints, lines);

  const ast = program as unknown as TSESTree.Program;
  const scopeManager = analyze(ast, {
    sourceType: ast.sourceType,
    globalReturn: options.ecmaFeatures?.globalReturn ?? options.sourceType === "commonjs",
  });
  return { ast, scopeManager, visitorKeys, services: {} } as unknown as Linter.ESLintParseResult;
}

/**
 * An ESLint parser for JavaScript, JSX and TypeScript that needs no TypeScript: oxc reads the file into the tree, with the scopes, that
 * `@typescript-eslint/parser` would give.
 */
export const parser: Linter.Parser & { parseForESLint: typeof parseForESLint } = {
  meta: { name: "mapguard/parser", version: "1" },
  parseForESLint,
};
