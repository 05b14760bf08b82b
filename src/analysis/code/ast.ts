import type { TSESTree } from "@typescript-eslint/types";
import type { Scope, SourceCode } from "eslint";

export type Node = TSESTree.Node;
export type FunctionNode = TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression;
export type ClassNode = TSESTree.ClassDeclaration | TSESTree.ClassExpression;
export type Variable = Scope.Variable;

export function isFunction(node: Node | null | undefined): node is FunctionNode {
  return (
    node?.type === "FunctionDeclaration" || node?.type === "FunctionExpression" || node?.type === "ArrowFunctionExpression"
  );
}

export function isClass(node: Node | null | undefined): node is ClassNode {
  return node?.type === "ClassDeclaration" || node?.type === "ClassExpression";
}

/** Strips what does not change a value: `(x as T)!`, `x satisfies T`, `<T>x`, the wrapper of `a?.b`. */
export function unwrap(node: Node): Node {
  let inner = node;
  for (;;) {
    switch (inner.type) {
      case "TSAsExpression":
      case "TSNonNullExpression":
      case "TSSatisfiesExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "ChainExpression":
        inner = inner.expression;
        break;
      default:
        return inner;
    }
  }
}

/** The parent, past the nodes that {@link unwrap} strips. */
export function getUsage(node: Node): { readonly node: Node; readonly parent: Node | undefined } {
  let child = node;
  let parent = child.parent;
  while (parent && unwrap(parent) !== parent) {
    child = parent;
    parent = child.parent;
  }
  return { node: child, parent };
}

/** x of x.y and x.y() */
export function isReceiver(use: Node): boolean {
  const { node, parent } = getUsage(use);
  return parent?.type === "MemberExpression" && parent.object === node;
}

/** The name of `a.name`, `a["name"]`, `a.#name` (with the hash), or `undefined` for a computed one. */
export function getPropertyName(node: TSESTree.MemberExpression): string | undefined {
  if (!node.computed) return node.property.type === "PrivateIdentifier" ? `#${node.property.name}` : node.property.name;
  if (node.property.type === "Literal" && typeof node.property.value === "string") return node.property.value;
  return undefined;
}

/** The name of a key in a class or object literal, or `undefined` for a computed one. */
export function getKeyName(key: Node, computed: boolean): string | undefined {
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  if (key.type === "Literal") return String(key.value);
  if (key.type === "Identifier" && !computed) return key.name;
  return undefined;
}

/** `f` of `f()`, `m` of `a.b.m()`. */
export function getCalleeName(call: TSESTree.CallExpression | TSESTree.NewExpression): string | undefined {
  const callee = unwrap(call.callee);
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression") return getPropertyName(callee);
  return undefined;
}

export function findAncestor(node: Node, test: (node: Node) => boolean): Node | undefined {
  for (let at = node.parent; at; at = at.parent) if (test(at)) return at;
  return undefined;
}

/** In a `catch` block, or in what a rejection runs. */
export function isInCatch(start: Node): boolean {
  for (let node = start, parent = node.parent; parent; node = parent, parent = parent.parent) {
    if (parent.type === "CatchClause") return true;
    if (!isFunction(node)) continue;
    const { node: outer, parent: call } = getUsage(node);
    return call?.type === "CallExpression" && ((getCalleeName(call) === "catch" && call.arguments[0] === outer) || (getCalleeName(call) === "then" && call.arguments[1] === outer));
  }
  return false;
}

export function getEnclosingFunction(node: Node): FunctionNode | undefined {
  return findAncestor(node, isFunction) as FunctionNode | undefined;
}

export function isInside(node: Node, outer: Node): boolean {
  return node.range[0] >= outer.range[0] && node.range[1] <= outer.range[1];
}

/** The class whose `this` a node sees, through arrow functions; also for a static member. */
export function getThisFunction(node: Node): FunctionNode | undefined {
  for (let at: Node | undefined = node; at; at = at.parent) {
    if (isFunction(at) && at.type !== "ArrowFunctionExpression") return at;
    if (at.type === "PropertyDefinition" || at.type === "StaticBlock") return undefined;
  }
  return undefined;
}

/** Child nodes in source order, by the parser's own visitor keys. */
export function getChildren(node: Node, sourceCode: SourceCode): Node[] {
  const keys = sourceCode.visitorKeys[node.type] ?? [];
  const children: Node[] = [];
  for (const key of keys) {
    const child = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(child)) {
      for (const item of child as (Node | null)[]) if (item && typeof item.type === "string") children.push(item);
    } else if (child && typeof (child as Node).type === "string") children.push(child as Node);
  }
  return children;
}

/** Source text on one line, shortened for a message. */
export function getShortText(node: Node, sourceCode: SourceCode, limit = 48): string {
  const text = sourceCode.text.slice(node.range[0], node.range[1]).replace(/\s+/g, " ");
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** `c` of `a.b.c`, and of `c`. */
export function getLastName(expression: Node): string | undefined {
  const node = unwrap(expression);
  return node.type === "Identifier" ? node.name : node.type === "MemberExpression" ? getPropertyName(node) : undefined;
}

/** `a` of `a.b.c`, and of `a`. */
export function getRoot(expression: Node): TSESTree.Identifier | undefined {
  const node = unwrap(expression);
  if (node.type === "MemberExpression") return getRoot(node.object);
  return node.type === "Identifier" ? node : undefined;
}

/** `undefined` or `null`, as a literal. */
export function isNothing(expression: Node): boolean {
  const node = unwrap(expression);
  return (node.type === "Identifier" && node.name === "undefined") || (node.type === "Literal" && node.raw === "null");
}

/** {}, new Map() */
export function isEmptyMap(value: Node | undefined): boolean {
  const node = value && unwrap(value);
  if (node?.type === "ObjectExpression") return node.properties.length === 0;
  return node?.type === "NewExpression" && node.arguments.length === 0;
}
