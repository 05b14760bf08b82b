import type { Comment, TokenHints } from "./tokens.js";

export interface AnyNode {
  type: string;
  range: [number, number];
  [key: string]: unknown;
}

function getLiteralType(node: AnyNode, parent: AnyNode | undefined): string {
  if (parent?.type === "JSXAttribute") return "JSXText";
  if (node["regex"]) return "RegularExpression";
  if (typeof node["bigint"] === "string") return "Numeric";
  const value = node["value"];
  if (value === null) return "Null";
  return typeof value === "string" ? "String" : typeof value === "boolean" ? "Boolean" : "Numeric";
}

/** The place of the operator of `left op right`, between the two operands and outside comments and closing brackets. */
function findOperator(text: string, from: number, operator: string, commentEnds: ReadonlyMap<number, number>): number {
  let offset = from;
  while (offset < text.length && !text.startsWith(operator, offset)) offset = commentEnds.get(offset) ?? offset + 1;
  return offset;
}

/** Gathers token hints while the tree is walked: `visit` is called once for each node. */
export function createHintCollector(text: string, comments: readonly Comment[]): { hints: TokenHints; visit(node: AnyNode, parent: AnyNode | undefined): void } {
  const hints: TokenHints = { leaves: new Map(), angleOperators: new Map() };
  const commentEnds = new Map(comments.map(({ range }) => range));

  function addName(node: AnyNode, type: string): void {
    const { name } = node as unknown as { name: string };
    const start = node.range[0];
    // A parameter's Identifier also spans its annotation. An escaped name (`\u0061`) is left to the scanner.
    if (text.startsWith(name, start)) hints.leaves.set(start, { type, end: start + name.length });
  }

  function visit(node: AnyNode, parent: AnyNode | undefined): void {
    switch (node.type) {
      case "Identifier":
        // `import.meta` and `new.target` are made of keywords.
        if (!(parent?.type === "MetaProperty" && parent["meta"] === node)) addName(node, "Identifier");
        break;
      case "JSXIdentifier":
        addName(node, "JSXIdentifier");
        break;
      case "Literal":
        hints.leaves.set(node.range[0], { type: getLiteralType(node, parent), end: node.range[1] });
        break;
      case "TemplateElement":
        hints.leaves.set(node.range[0], { type: "Template", end: node.range[1] });
        break;
      case "JSXText":
        hints.leaves.set(node.range[0], { type: "JSXText", end: node.range[1] });
        break;
      case "BinaryExpression":
      case "AssignmentExpression": {
        const { operator, left } = node as unknown as { operator: string; left: AnyNode };
        if (/^[<>]./u.test(operator)) hints.angleOperators.set(findOperator(text, left.range[1], operator, commentEnds), operator);
        break;
      }
    }
  }

  return { hints, visit };
}
