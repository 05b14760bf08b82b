import type { Rule } from "eslint";
import { type Node, getUsage, isFunction, isInside, unwrap } from "../analysis/code/ast.js";
import type { UncheckedLookup } from "../analysis/lookup/lookups.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { TruthyLookup } from "../analysis/lookup/truthiness.js";

/** `m.get(k)` as a test becomes `m.has(k)`, `v` becomes `v !== undefined`, `m.get(k) || d` becomes `m.get(k) ?? d`. */
export function getPresenceFix({ map, node: test, lookup, effect, value }: TruthyLookup, analysis: Analysis): Rule.ReportFixer | undefined {
  const { sourceCode } = analysis;
  const { node, parent } = getUsage(test);
  if (effect === "default") {
    if (parent?.type !== "LogicalExpression" || value === "null" || isMixed(parent)) return undefined;
    const operator = sourceCode.getTokenAfter(node as never, (token) => token.value === "||");
    return operator ? (fixer) => fixer.replaceText(operator, "??") : undefined;
  }
  // `null` is not ruled out by the new test, nor is a stored `undefined`: what follows may not compile.
  const values = analysis.inventory.getValueType(map);
  if (canBeNull(map.valueType) || values?.canBeUndefined || values?.falsy.includes("null")) return undefined;
  const inner = unwrap(test);
  if (inner === lookup && inner.type === "CallExpression" && map.kind === "Map") {
    const callee = unwrap(inner.callee);
    if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return undefined;
    const { property } = callee;
    return (fixer) => fixer.replaceTextRange(property.range, "has");
  }
  const text = sourceCode.text.slice(...node.range);
  const isNegated = parent?.type === "UnaryExpression" && parent.operator === "!";
  if (isNegated && getUsage(parent).parent?.type !== "UnaryExpression") return (fixer) => fixer.replaceTextRange(parent.range, `${text} === undefined`);
  return isBooleanPlace(parent) ? (fixer) => fixer.replaceTextRange(node.range, `${text} !== undefined`) : undefined;
}

/** a || b && c: `??` beside them needs parentheses. */
function isMixed(node: Node): boolean {
  if (node.type !== "LogicalExpression") return false;
  return (node.parent.type === "LogicalExpression" && node.parent.operator !== "??") || (node.right.type === "LogicalExpression" && node.right.operator !== "??") || (node.left.type === "LogicalExpression" && node.left.operator !== "??");
}

function canBeNull(type: Node | undefined): boolean {
  return type?.type === "TSNullKeyword" || (type?.type === "TSUnionType" && type.types.some(canBeNull));
}

function isBooleanPlace(parent: Node | undefined): boolean {
  return parent?.type === "IfStatement" || parent?.type === "ConditionalExpression" || parent?.type === "WhileStatement" || (parent?.type === "LogicalExpression" && parent.operator === "&&" && isBooleanPlace(getUsage(parent).parent));
}

/** `const e = m.get(k)!;` gets `if (e === undefined) throw ..` behind it, and loses the assertion; a SafeMap has `getOrThrow`. */
export function getGuardFix({ node: lookup, trust, key, map }: UncheckedLookup, analysis: Analysis): Rule.ReportFixer | undefined {
  const { sourceCode } = analysis;
  const assertion = lookup.parent;
  if (map.kind === "safe" && trust === "assert") return getOrThrowFix(lookup);
  if (trust !== "assert" || assertion?.type !== "TSNonNullExpression" || map.kind === "dictionary" || !map.valueType || canBeAbsent(map.valueType)) return undefined;
  const declarator = assertion.parent;
  if (declarator.type !== "VariableDeclarator" || declarator.init !== assertion || declarator.id.type !== "Identifier" || declarator.id.typeAnnotation) return undefined;
  const declaration = declarator.parent;
  if (declaration.type !== "VariableDeclaration" || declaration.kind !== "const" || declaration.declarations.length !== 1) return undefined;
  const block = declaration.parent.type;
  if (block !== "BlockStatement" && block !== "Program") return undefined;
  if (isUsedInEarlierClosure(declarator.id, analysis)) return undefined;
  const { name } = declarator.id;
  const line = sourceCode.lines[declaration.loc.start.line - 1] ?? "";
  const indent = /^\s*/.exec(line)![0];
  const message = JSON.stringify(`${map.name} has no ${key}`);
  const hasSemicolon = sourceCode.text[declaration.range[1] - 1] === ";";
  const newline = sourceCode.text.includes("\r\n") ? "\r\n" : "\n";
  const end = hasSemicolon ? ";" : "";
  return (fixer) => [
    fixer.removeRange([assertion.expression.range[1], assertion.range[1]]),
    fixer.insertTextAfterRange(declaration.range, `${newline}${indent}if (${name} === undefined) throw new Error(${message})${end}`),
  ];
}

/** On a map that has it, `m.get(k)!` becomes `m.getOrThrow(k)`. */
function getOrThrowFix(lookup: Node): Rule.ReportFixer | undefined {
  const callee = lookup.type === "CallExpression" ? unwrap(lookup.callee) : undefined;
  const assertion = lookup.parent;
  if (callee?.type !== "MemberExpression" || callee.property.type !== "Identifier" || callee.property.name !== "get" || !assertion) return undefined;
  const { property } = callee;
  return (fixer) => [fixer.replaceTextRange(property.range, "getOrThrow"), fixer.removeRange([lookup.range[1], assertion.range[1]])];
}

function canBeAbsent(type: Node): boolean {
  return type.type === "TSUndefinedKeyword" || type.type === "TSAnyKeyword" || type.type === "TSUnknownKeyword" || (type.type === "TSUnionType" && type.types.some(canBeAbsent));
}

/** A function declaration is hoisted above the guard, which narrows nothing in it. */
function isUsedInEarlierClosure(identifier: Node, analysis: Analysis): boolean {
  const { model } = analysis;
  const variable = model.getVariable(identifier);
  const here = model.getEnclosing(identifier);
  return (variable?.references ?? []).some((reference) => {
    const around = model.getEnclosing(reference.identifier as Node);
    return around !== here && around?.node.type === "FunctionDeclaration" && isFunction(around.node) && !isInside(identifier, around.node);
  });
}
