import type { LineIndex, Position } from "./lines.js";

/** A node, comment or token as far as its place goes. */
export interface Ranged {
  type: string;
  range: [number, number];
  loc: { start: Position; end: Position };
}

export interface Comment extends Ranged {
  type: "Line" | "Block";
  value: string;
}

export interface Token extends Ranged {
  value: string;
  regex?: { pattern: string; flags: string };
}

/** What the tree knows and the text alone does not say: where a leaf is one token, and what kind of token it is. */
export interface TokenHints {
  /** Offset -> token type and end, for literals, template parts, JSX text and names. */
  readonly leaves: Map<number, { type: string; end: number }>;
  /** Offsets of operators that start with `<` or `>`: anywhere else these are brackets of one character. */
  readonly angleOperators: Map<number, string>;
}

const KEYWORDS = new Set(
  ("break case catch class const continue debugger default delete do else enum export extends finally for function if import in instanceof " +
    "new return super switch this throw try typeof var void while with implements interface let package private protected public static yield").split(" "),
);

const PUNCTUATORS = [
  "...", "===", "!==", "**=", "&&=", "||=", "??=",
  "=>", "==", "!=", "<=", "++", "--", "**", "&&", "||", "??", "?.", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", 
]; // prettier-ignore

const WORD = /#?[\p{ID_Start}$_\\](?:[\p{ID_Continue}$\u200c\u200d]|\\u\{[\da-f]+\}|\\u[\da-f]{4}|\\)*/iuy;
const NUMBER = /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?)n?/iy;
const STRING = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;
const SPACE = /\s+/y;
const HASHBANG = /#!.*/y;

/** The end of what `pattern` (sticky) matches at `offset`, if it does. */
function findEnd(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function getWordType(word: string): string {
  if (word === "null") return "Null";
  if (word === "true" || word === "false") return "Boolean";
  if (word.startsWith("#")) return "PrivateIdentifier";
  return KEYWORDS.has(word) ? "Keyword" : "Identifier";
}

function findPunctuatorEnd(text: string, offset: number, hints: TokenHints): number {
  const operator = hints.angleOperators.get(offset);
  if (operator !== undefined) return offset + operator.length;
  const found = PUNCTUATORS.find((punctuator) => text.startsWith(punctuator, offset));
  // `a?.5:1` has no optional chain.
  const isConditional = found === "?." && /\d/u.test(text[offset + 2] ?? "");
  return offset + (found === undefined || isConditional ? 1 : found.length);
}

/** The token that starts at `offset`, which is neither space nor comment. */
function scanToken(text: string, offset: number, hints: TokenHints): { type: string; end: number } {
  const leaf = hints.leaves.get(offset);
  if (leaf) return leaf;
  const wordEnd = findEnd(WORD, text, offset);
  if (wordEnd !== undefined) return { type: getWordType(text.slice(offset, wordEnd)), end: wordEnd };
  if (text[offset] === '"' || text[offset] === "'") return { type: "String", end: findEnd(STRING, text, offset) ?? offset + 1 };
  if (/^\.?\d/u.test(text.slice(offset, offset + 2))) return { type: "Numeric", end: findEnd(NUMBER, text, offset) ?? offset + 1 };
  return { type: "Punctuator", end: findPunctuatorEnd(text, offset, hints) };
}

function createToken(text: string, start: number, { type, end }: { type: string; end: number }, lines: LineIndex): Token {
  const value = text.slice(start, end);
  const token: Token = {
    type,
    value: type === "PrivateIdentifier" ? value.slice(1) : value,
    range: [start, end],
    loc: { start: lines.positionAt(start), end: lines.positionAt(end) },
  };
  if (type === "RegularExpression") {
    const slash = value.lastIndexOf("/");
    token.regex = { pattern: value.slice(1, slash), flags: value.slice(slash + 1) };
  }
  return token;
}

/**
 * Splits a file that has already been parsed into tokens of the kinds and borders that `@typescript-eslint/parser` gives.
 * The tree settles what a tokenizer has to guess: whether `/` divides, whether `}` ends a template's hole, whether `>>` shifts.
 *
 * @param text the source.
 * @param comments its comments, in order.
 * @param hints what the tree knows of leaves and operators.
 */
export function tokenize(text: string, comments: readonly Comment[], hints: TokenHints, lines: LineIndex): Token[] {
  const tokens: Token[] = [];
  let nextComment = 0;
  let offset = findEnd(HASHBANG, text, 0) ?? 0;
  while (offset < text.length) {
    const comment = comments[nextComment];
    if (comment && comment.range[0] <= offset) {
      offset = Math.max(offset, comment.range[1]);
      nextComment++;
      continue;
    }
    const isText = hints.leaves.get(offset)?.type === "JSXText";
    const spaceEnd = isText ? undefined : findEnd(SPACE, text, offset);
    if (spaceEnd !== undefined) {
      offset = Math.min(spaceEnd, comment?.range[0] ?? spaceEnd);
      continue;
    }
    const scanned = scanToken(text, offset, hints);
    tokens.push(createToken(text, offset, scanned, lines));
    offset = scanned.end;
  }
  return tokens;
}
