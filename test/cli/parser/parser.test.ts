import { readFileSync } from "node:fs";
import path from "node:path";

import * as typescriptParser from "@typescript-eslint/parser";
import { visitorKeys } from "@typescript-eslint/visitor-keys";
import { Linter } from "eslint";
import { describe, expect, it } from "vitest";

import { parser } from "../../../src/cli/parser/index.js";
import { discoverFiles } from "../../../src/cli/scan/discover.js";

const root = path.resolve(import.meta.dirname, "../../..");

interface AnyNode {
  type: string;
  range: [number, number];
  loc: { start: { line: number; column: number }; end: { line: number; column: number } };
  [key: string]: unknown;
}

interface Parsed {
  ast: AnyNode & { tokens: (AnyNode & { value: string })[]; comments: (AnyNode & { value: string })[] };
  scopeManager: { scopes: { type: string; block: AnyNode; variables: { name: string; defs: unknown[] }[]; references: unknown[]; through: unknown[] }[] };
}

function parseWithOurs(text: string, filePath: string): Parsed {
  return parser.parseForESLint(text, { filePath, sourceType: "module" }) as unknown as Parsed;
}

function parseWithTheirs(text: string, filePath: string): Parsed {
  return typescriptParser.parseForESLint(text, { filePath, sourceType: "module", ecmaFeatures: { jsx: true } }) as unknown as Parsed;
}

const COMPARED = ["name", "operator", "kind", "computed", "static", "async", "generator", "raw", "importKind", "exportKind", "readonly", "accessibility", "method", "shorthand", "delegate", "await"];

function describePlace({ range, loc }: AnyNode): string {
  return `[${range.join()}] ${loc.start.line}:${loc.start.column}-${loc.end.line}:${loc.end.column}`;
}

/** A tree as lines: type, place and plain properties of each node. */
function printTree(node: unknown, depth = 0): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => printTree(item, depth));
  if (typeof node !== "object" || node === null) return [];
  const typed = node as AnyNode;
  const properties = COMPARED.filter((key) => typed[key] !== undefined && typed[key] !== null && typeof typed[key] !== "object").map((key) => `${key}=${String(typed[key])}`);
  const children = (visitorKeys[typed.type] ?? []).flatMap((key) => printTree(typed[key], depth + 1));
  return [`${" ".repeat(depth)}${typed.type} ${describePlace(typed)} ${properties.join(" ")}`, ...children];
}

// typescript-eslint calls names within `{a.b}` in JSX JSXIdentifier too; for our purposes they are plain names.
function printTokens({ ast }: Parsed): string[] {
  return ast.tokens.map((token) => `${token.type.replace("JSXIdentifier", "Identifier")} ${describePlace(token)} ${token.value}`);
}

function printComments({ ast }: Parsed): string[] {
  return ast.comments.map((comment) => `${comment.type} ${describePlace(comment)} ${comment.value}`);
}

function printScopes({ scopeManager }: Parsed): string[] {
  return scopeManager.scopes.map(({ type, block, variables, references, through }) => {
    const names = variables.filter(({ defs }) => defs.length > 0).map(({ name }) => name);
    return `${type} [${block.range.join()}] ${names.join()} ${references.length} ${through.length}`;
  });
}

function expectSameReading(text: string, filePath: string): void {
  const ours = parseWithOurs(text, filePath);
  const theirs = parseWithTheirs(text, filePath);
  expect(printTree(ours.ast)).toEqual(printTree(theirs.ast));
  expect(printTokens(ours)).toEqual(printTokens(theirs));
  expect(printComments(ours)).toEqual(printComments(theirs));
  expect(printScopes(ours)).toEqual(printScopes(theirs));
}

const SNIPPETS: readonly [name: string, file: string, text: string][] = [
  ["nested type arguments beside shifts", "a.ts", "const a: Array<Array<Map<string, number>>> = b >> 2 >>> 1; c >>>= d; e <<= 1; f >= g; h <= i;"],
  ["a shift after a type assertion in parentheses", "a.ts", "const a = (b as Set<Set<number>>) /* >> */ >> 1;"],
  ["a generic call with a function type", "a.ts", "f<<T>(x: T) => T>(y); new Map<string, () => void>();"],
  ["division and regular expressions", "a.js", "const a = b / c / d; const e = /[/]\\/(?<n>x)/giu; if (a) /x/.test(e); a++ / 2; ({}) / 1;"],
  ["nested templates", "a.ts", "const a = `x${`y${b}`}z ${{ a: 1 }.a} }`; tag`\\n${c}`; type T = `a${string}b`;"],
  ["optional chains and conditional numbers", "a.ts", "a?.b?.[c]?.(d); e?.5:1; f ?? g; h ??= i; j ||= k; l &&= m; n **= o;"],
  ["private names and fields", "a.ts", "class A { #x = 1n; static #y?: string; get [z]() { return this.#x in this; } static { this.#y = 'a'; } declare q: number; }"],
  ["decorators", "a.ts", "@d() class A { @e f = 1; constructor(@g() private h: Map<string, string>, @i j = 1) {} @k() async *l() {} }"],
  ["keywords as names", "a.ts", "a.delete.new; ({ class: 1, get: 2, get set() { return 1; } }); import.meta.url; function F() { new.target; } import b, { default as c, type D } from 'e'; export { c as default };"],
  ["contextual keywords", "a.ts", "type of = 1; let async = 1, from = 2; declare global { var x: number } namespace N.M { } abstract class A { abstract readonly b: unique symbol } let y = x satisfies any as const;"],
  ["comments everywhere", "a.ts", "/** a */ function /* b */ f(/* c */) { // d\n return /* e */ 1 /* f */; } /* g */"],
  ["numbers of all forms", "a.js", "0x1F; 0b1_0; 0o7; 1e10; .5; 5.; 1_000n; 1.e-3;"],
  ["strings with escapes and line ends", "a.ts", "'a\\'b'; \"c\\\r\nd\";\r\n'\u2028';\n'\u{1F600}'; x"],
  ["names with escapes and letters beyond ASCII", "a.ts", "const \\u0061b = 1; const größe = 2, 变量 = 3; ab + größe;"],
  ["jsx", "a.tsx", "const a = <A.B c-d=\"e\" {...f} g={h / 2}>text {/* i */} {j.k} <b /> </A.B>; <></>; <x:y />;"],
  ["jsx in a script", "a.js", "export default () => <div className='a'>it's / {b ? <i>1</i> : null}</div>;"],
  ["overloads, enums and asserts", "a.ts", "function f(a: string): asserts a is 'x'; function f(this: Foo, a: any): any {} const enum E { A = 1, 'b' } import x = require('y'); export = x;"],
  ["using declarations", "a.ts", "async function f() { using a = b(); await using c = d(); for await (const e of g) {} }"],
  ["a file that is empty but for a comment", "a.ts", "// nothing\n"],
  ["an empty file", "a.js", ""],
];

describe("the tree, tokens, comments and scopes are those of @typescript-eslint/parser", () => {
  it.each(SNIPPETS)("for %s", (_name, file, text) => {
    expectSameReading(text, file);
  });

  const ownSources = discoverFiles(["src", "test"], { cwd: root, ignorePatterns: ["fixtures/"] }).files;
  it("for the sources of this repository", { timeout: 120_000 }, () => {
    expect(ownSources.length).toBeGreaterThan(0);
    for (const file of ownSources) expectSameReading(readFileSync(file, "utf8"), file);
  });

  const installedSources = discoverFiles(["commander", "espree", "eslint-scope", "fast-check", "p-limit", "async-mutex"], { cwd: path.join(root, "node_modules"), ignorePatterns: [] }).files;
  it("for installed packages", { timeout: 120_000 }, () => {
    expect(installedSources.length).toBeGreaterThan(0);
    for (const file of installedSources) expectSameReading(readFileSync(file, "utf8"), file);
  });
});

describe("what cannot be read", () => {
  function getMessages(text: string, filename = "a.ts"): Linter.LintMessage[] {
    return new Linter().verify(text, [{ files: ["**/*.{ts,tsx,js}"], languageOptions: { parser } }], { filename });
  }

  it("is one fatal message with its line and column", () => {
    const [message] = getMessages("const a = 1;\nconst b = ;\n");
    expect(message).toMatchObject({ fatal: true, severity: 2, ruleId: null, line: 2, column: 11 });
    expect(message!.message).toMatch(/^Parsing error: /u);
  });

  it("has the column right after letters outside the basic plane", () => {
    const text = "/* \u{1F600} */ let b = ;";
    expect(getMessages(text)).toMatchObject([{ fatal: true, line: 1, column: text.indexOf(";") + 1 }]);
  });

  it("is not a script that returns at its top", () => {
    expect(getMessages("if (done) return;\nwork();", "a.js")).toEqual([]);
  });

  it("is not a script with annotations in it", () => {
    expect(getMessages("function f(a: string): void {}", "a.js")).toEqual([]);
  });
});

describe("in ESLint", () => {
  it("core rules and their fixes work on it", () => {
    const config: Linter.Config[] = [{ files: ["**/*.ts"], languageOptions: { parser }, rules: { "prefer-const": "error", semi: "error", "no-undef": "error", "no-unused-vars": "error" } }];
    const linter = new Linter();
    const { output, messages } = linter.verifyAndFix("let a: Map<string, number> = new Map()\nmissing(a)", config, { filename: "a.ts" });
    expect(output).toBe("const a: Map<string, number> = new Map();\nmissing(a);");
    expect(messages.map(({ ruleId }) => ruleId)).toContain("no-undef");
  });
});
