import type { TSESTree } from "@typescript-eslint/types";
import type { Rule } from "eslint";
import { isInside, type Node } from "../analysis/code/ast.js";
import type { LoopCapture } from "../analysis/closure/captures.js";
import type { Analysis } from "../analysis/pipeline.js";
import { createFixer, replace } from "./edits.js";

/**
 * `var` becomes `const`, or `let` if the variable is assigned: one for each turn of the loop.
 * @returns `undefined` where the variable is used outside what it would then be limited to.
 */
export function createBlockScopeFix(capture: LoopCapture, analysis: Analysis): Rule.ReportFixer | undefined {
  const { declaration, loop } = capture;
  if (declaration.kind !== "var" || !isInside(declaration, loop)) return undefined;
  const isHead = ("left" in loop && loop.left === declaration) || ("init" in loop && loop.init === declaration);
  const limit: Node | undefined = isHead ? loop : declaration.parent.type === "BlockStatement" ? declaration.parent : undefined;
  const variables = analysis.sourceCode.getDeclaredVariables(declaration as never);
  const isLimited = variables.every((variable) => variable.defs.length === 1 && variable.references.every((reference) => limit && isInside(reference.identifier as Node, limit) && (isHead || (reference.identifier as Node).range[0] >= declaration.range[0])));
  if (!limit || !isLimited || isCapturedBeforeDeclaration(declaration, variables.length)) return undefined;
  const isAssigned = variables.some((variable) => variable.references.some((reference) => reference.isWrite() && reference.init !== true && !isOfLoopHead(reference.identifier as Node, declaration)));
  const hasValues = declaration.declarations.every((item) => item.init !== null) || ("left" in loop && loop.left === declaration);
  const [start] = declaration.range;
  return createFixer([replace([start, start + "var".length], isAssigned || !hasValues ? "let" : "const")]);
}

/** The write that `for (var k of ..)` itself is. */
function isOfLoopHead(identifier: Node, declaration: TSESTree.VariableDeclaration): boolean {
  return isInside(identifier, declaration);
}

/** for (var i = 0, i2; ..): nothing is declared twice, or not at all. */
function isCapturedBeforeDeclaration(declaration: TSESTree.VariableDeclaration, count: number): boolean {
  return count === 0 || declaration.declarations.length === 0;
}
