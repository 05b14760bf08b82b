import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import type { Node } from "../code/ast.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";

/**
 * What a comment beside a declaration promises about a map.
 * - `guardedBy`: every access holds the named lock: `@guardedBy(this.mutex)`
 * - `singleWriter`: one function writes: `@singleWriter`, `@singleWriter(refresh)`
 * - `immutable`: nothing writes once it is made: `@immutable`
 */
export interface Policy {
  readonly kind: "guardedBy" | "singleWriter" | "immutable";
  readonly map: MapEntity;
  /** The lock or the function that it names. */
  readonly name: string | undefined;
  readonly comment: TSESTree.Comment;
}

const POLICY = /@(guardedBy|singleWriter|immutable)\b(?:[ \t]*\([ \t]*([^)\n]*?)[ \t]*\)|[ \t]+([\w$#.]+))?/;

/** The declared policies of a file's maps. */
export function findPolicies(inventory: Inventory, sourceCode: SourceCode): Policy[] {
  if (!POLICY.test(sourceCode.text)) return [];
  return inventory.maps.flatMap((map) => (map.parent ? [] : findPoliciesOf(map, sourceCode)));
}

function findPoliciesOf(map: MapEntity, sourceCode: SourceCode): Policy[] {
  const statement = getDeclarationStatement(map.declaration);
  const before = sourceCode.getCommentsBefore(statement as never) as TSESTree.Comment[];
  const beside = (sourceCode.getAllComments() as TSESTree.Comment[]).filter((comment) => comment.range[0] >= statement.range[1] && comment.loc.start.line === statement.loc.end.line);
  // A comment at the end of the line before belongs to what stands there.
  const own = before.filter((comment) => isFirstOnLine(comment, sourceCode));
  return [...own, ...beside].flatMap((comment) => {
    const match = POLICY.exec(comment.value);
    if (!match) return [];
    const name = match[2] ?? (match[1] === "immutable" ? undefined : match[3]);
    return [{ kind: match[1] as Policy["kind"], map, name: name || undefined, comment }];
  });
}

function isFirstOnLine(comment: TSESTree.Comment, sourceCode: SourceCode): boolean {
  const line = sourceCode.lines[comment.loc.start.line - 1] ?? "";
  return line.slice(0, comment.loc.start.column).trim() === "";
}

/** The statement or class member that a comment before a declaration stands at. */
function getDeclarationStatement(declaration: Node): Node {
  let node = declaration;
  for (let parent = node.parent; parent; parent = node.parent) {
    const isWrapper =
      parent.type === "VariableDeclaration" ||
      parent.type === "ExportNamedDeclaration" ||
      parent.type === "ExpressionStatement" ||
      parent.type === "AssignmentExpression";
    if (!isWrapper) break;
    node = parent;
  }
  return node;
}
