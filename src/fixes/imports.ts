import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import { getCalleeName, type Node } from "../analysis/code/ast.js";
import { type Edit, getComments, getEndOfLine, getNewline, insert } from "./edits.js";

const PACKAGE = "mapguard";

/** How a file gets a name of the runtime: what to call it, and the edit that is missing for it. */
export interface ImportPlan {
  readonly local: string;
  /** Empty if it is imported already. */
  readonly edits: readonly Edit[];
}

/**
 * Plans `import { name } from "mapguard"`, or `require` in a CommonJS file, once a file.
 * @param source Another entry of the package: `mapguard/shared`.
 * @returns `undefined` where the name means something else.
 */
export function planImport(name: string, sourceCode: SourceCode, filename: string, source = PACKAGE): ImportPlan | undefined {
  const body = sourceCode.ast.body as unknown as readonly TSESTree.ProgramStatement[];
  const specifier = findImportSpecifier(name, body, source) ?? findRequiredProperty(name, body, source);
  if (specifier) return specifier === "type" ? undefined : { local: specifier, edits: [] };
  if (isDeclared(name, sourceCode)) return undefined;
  return { local: name, edits: [extendList(name, body, sourceCode, source) ?? addStatement(name, body, sourceCode, filename, source)] };
}

function isDeclared(name: string, sourceCode: SourceCode): boolean {
  return sourceCode.scopeManager.scopes.some((scope) => (scope.set.get(name)?.defs.length ?? 0) > 0);
}

function findImportSpecifier(name: string, body: readonly Node[], source: string): string | undefined {
  for (const statement of body) {
    if (statement.type !== "ImportDeclaration" || statement.source.value !== source) continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier" || specifier.imported.name !== name) continue;
      if (statement.importKind !== "type" && specifier.importKind !== "type") return specifier.local.name;
      if (specifier.local.name === name) return "type";
    }
  }
  return undefined;
}

/** SafeMap of `const { SafeMap } = require("mapguard")` */
function findRequiredProperty(name: string, body: readonly Node[], source: string): string | undefined {
  for (const pattern of findRequiredPatterns(body, source)) {
    for (const property of pattern.properties) {
      if (property.type !== "Property" || property.key.type !== "Identifier" || property.key.name !== name) continue;
      if (property.value.type === "Identifier") return property.value.name;
    }
  }
  return undefined;
}

function findRequiredPatterns(body: readonly Node[], source: string): TSESTree.ObjectPattern[] {
  return body.flatMap((statement) => {
    if (statement.type !== "VariableDeclaration") return [];
    return statement.declarations.flatMap(({ id, init }) => (id.type === "ObjectPattern" && init && isRequire(init, source) ? [id] : []));
  });
}

function isRequire(node: Node, source?: string): boolean {
  if (node.type !== "CallExpression" || getCalleeName(node) !== "require" || node.callee.type !== "Identifier") return false;
  const [argument] = node.arguments;
  return argument?.type === "Literal" && (source === undefined || argument.value === source);
}

/** import { BoundedMap } from "mapguard" becomes import { BoundedMap, SafeMap } from "mapguard" */
function extendList(name: string, body: readonly Node[], sourceCode: SourceCode, source: string): Edit | undefined {
  for (const statement of body) {
    if (statement.type !== "ImportDeclaration" || statement.source.value !== source || statement.importKind === "type") continue;
    const last = statement.specifiers.at(-1);
    if (last?.type === "ImportSpecifier") return insert(last.range[1], `, ${name}`);
  }
  const last = findRequiredPatterns(body, source)[0]?.properties.at(-1);
  return last?.type === "Property" && sourceCode.text[last.range[1]] !== "." ? insert(last.range[1], `, ${name}`) : undefined;
}

const COMMONJS_TEXT = /\brequire\(|\bmodule\.exports\b|\bexports\.\w/;

/** Whether a file is CommonJS: by its name, its parser's word for it, or what it is written with. */
export function isCommonJs(sourceCode: SourceCode, filename: string): boolean {
  const body = sourceCode.ast.body as unknown as readonly Node[];
  if (body.some((statement) => /^(?:Import|Export)\w*Declaration$|^TS(?:ImportEquals|Export)/.test(statement.type))) return false;
  if (/\.c[jt]s$/.test(filename)) return true;
  if (/\.m[jt]s$/.test(filename)) return false;
  return sourceCode.ast.sourceType !== "module" || COMMONJS_TEXT.test(sourceCode.text);
}

/** The statements that only load others: the new one stands after them. */
function isLoading(statement: Node, isCommon: boolean): boolean {
  if (!isCommon) return statement.type === "ImportDeclaration";
  if (statement.type === "ExpressionStatement") return isRequire(statement.expression);
  return statement.type === "VariableDeclaration" && statement.declarations.every(({ init }) => init !== null && isRequireLike(init));
}

/** require("a"), require("a").b, require("a")(b) */
function isRequireLike(node: Node): boolean {
  if (isRequire(node)) return true;
  if (node.type === "MemberExpression") return isRequireLike(node.object);
  return node.type === "CallExpression" && isRequireLike(node.callee);
}

function addStatement(name: string, body: readonly TSESTree.ProgramStatement[], sourceCode: SourceCode, filename: string, source: string): Edit {
  const isCommon = isCommonJs(sourceCode, filename);
  const newline = getNewline(sourceCode);
  const directives = body.filter((statement) => statement.type === "ExpressionStatement" && typeof statement.directive === "string");
  const loading = isCommon ? takeLeadingLoads(body.slice(directives.length)) : body.filter((statement) => isLoading(statement, false));
  const style = loading.at(-1) ?? directives.at(-1);
  const text = write(name, isCommon, style && sourceCode.text.slice(...style.range), source);
  const after = loading.at(-1) ?? directives.at(-1);
  if (after) return insert(getEndOfLine(after, sourceCode), `${newline}${text}`);
  return insert(getStart(body[0]!, sourceCode), `${text}${newline}${newline}`);
}

function takeLeadingLoads(body: readonly TSESTree.ProgramStatement[]): readonly TSESTree.ProgramStatement[] {
  const end = body.findIndex((statement) => !isLoading(statement, true));
  return end < 0 ? body : body.slice(0, end);
}

/** In the quotes of its neighbour, with or without a semicolon as it has. */
function write(name: string, isCommon: boolean, neighbour: string | undefined, from: string): string {
  const quote = neighbour?.includes("'") && !neighbour.includes('"') ? "'" : '"';
  const end = neighbour === undefined || neighbour.endsWith(";") ? ";" : "";
  const source = `${quote}${from}${quote}`;
  return isCommon ? `const { ${name} } = require(${source})${end}` : `import { ${name} } from ${source}${end}`;
}

const PRAGMA = /@(?:ts-(?!ignore|expect-error)|flow|jsx|license|preserve|fileoverview|file\b|vitest|jest|copyright)|^\s*(?:eslint(?!-disable-next-line)|globals?\b|exported\b|prettier|biome|istanbul|v8|c8)|copyright|licen[cs]e/i;

/** Before the first statement and the comment that belongs to it; after the comments of the whole file. */
function getStart(first: Node, sourceCode: SourceCode): number {
  let start = first.range[0];
  const before = getComments(sourceCode).filter((comment) => comment.range[1] <= first.range[0]);
  for (const comment of [...before].reverse()) {
    const gap = sourceCode.text.slice(comment.range[1], start);
    const isOfFile = (comment.type as string) === "Shebang" || sourceCode.text.startsWith("#!", comment.range[0]) || PRAGMA.test(comment.value);
    if (isOfFile || /\n\s*\n/.test(gap)) break;
    start = comment.range[0];
  }
  return start;
}
