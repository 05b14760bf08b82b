import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion } from "../maps/accesses.js";
import { type Node, getCalleeName, getPropertyName, getUsage, unwrap } from "../code/ast.js";
import type { BrokenCopy, CrossingContext } from "./crossing.js";
import type { MapEntity } from "../maps/inventory.js";
import type { FileModel } from "../code/model.js";
import { getRunningFunction } from "../code/order.js";

const WRITES = /^(?:set|add|delete|clear)$/;
const READS = /^(?:get|has|keys|values|entries|forEach|size)$/;
/** Names of what is kept to compare with or to go back to: it is meant to stay as it was. */
const SNAPSHOT_NAME = /init|orig|default|backup|snap|prev|before|saved|old|base|froz|freez|clone|copy|copied|first|start|last|templat|pristin|revert|restor|undo|history|known|seen|stable|committed/i;

interface Kept {
  readonly call: TSESTree.CallExpression;
  readonly source: MapEntity;
  /** What holds the clone, never anything else. */
  readonly holder: Node;
  readonly key: string;
  readonly isLasting: boolean;
}

/** What is done to a place that holds a clone. */
interface Uses {
  readonly reads: readonly Node[];
  readonly writes: readonly TSESTree.CallExpression[];
  /** Whether anything else is: it is passed on, returned, assigned. */
  readonly isOut: boolean;
}

/** Finds the writes to results of `structuredClone` that nobody reads, and results that are read as if they followed the original. */
export function findClonedMaps(context: CrossingContext): BrokenCopy[] {
  if (!/\bstructuredClone\b/.test(context.model.sourceCode.text)) return [];
  return ((context.model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[]).flatMap((call) => {
    const direct = findDirectWrite(call, context.model);
    const kept = direct ? undefined : findKept(call, context);
    return direct ?? (kept ? checkKept(kept, context) : undefined) ?? [];
  });
}

/** structuredClone(m).set(k, v): the write is to a copy that is gone at once. */
function findDirectWrite(call: TSESTree.CallExpression, model: FileModel): BrokenCopy | undefined {
  const callee = unwrap(call.callee);
  if (callee.type !== "MemberExpression" || !WRITES.test(getPropertyName(callee) ?? "") || !isStatement(call)) return undefined;
  const clone = unwrap(callee.object);
  const source = getCloned(clone);
  return source && createCopy("cloned", model.sourceCode.getText(source as never), call, undefined, undefined, false);
}

function getCloned(node: Node): Node | undefined {
  const [source] = node.type === "CallExpression" && node.callee.type === "Identifier" && getCalleeName(node) === "structuredClone" ? node.arguments : [];
  return source;
}

function isStatement(node: Node): boolean {
  return getUsage(node).parent?.type === "ExpressionStatement";
}

function createCopy(kind: "cloned" | "outdated", name: string, node: Node, reliance: Node | undefined, map: MapEntity | undefined, isHeuristic: boolean): BrokenCopy {
  return { kind, name, node, reliance, post: undefined, leaves: [], map, isHeuristic };
}

/** const view = structuredClone(m), class A { view = structuredClone(m) }, this.view = structuredClone(m) in the constructor */
function findKept(call: TSESTree.CallExpression, { model, inventory }: CrossingContext): Kept | undefined {
  const cloned = getCloned(call);
  const source = cloned && inventory.resolve(cloned);
  if (!source || (source.kind !== "Map" && source.kind !== "Set")) return undefined;
  const { parent } = getUsage(call);
  if (parent?.type === "VariableDeclarator" && parent.id.type === "Identifier") {
    const variable = model.getVariable(parent.id);
    const isFixed = variable !== undefined && variable.defs.length === 1 && variable.references.every((reference) => reference.init === true || !reference.isWrite());
    const isExported = parent.parent.parent?.type === "ExportNamedDeclaration";
    const key = model.getPath(parent.id)?.key;
    return isFixed && !isExported && key !== undefined ? { call, source, holder: parent.id, key, isLasting: model.getEnclosing(call) === undefined } : undefined;
  }
  if (parent?.type !== "AssignmentExpression" || parent.operator !== "=" || parent.left.type !== "MemberExpression" || model.getEnclosing(call)?.name !== "constructor") return undefined;
  const path = model.getPath(parent.left);
  const isFixed = path !== undefined && path.root.kind !== "variable" && model.assignments.get(path.key)?.length === 1;
  return isFixed ? { call, source, holder: parent.left, key: path.key, isLasting: true } : undefined;
}

function checkKept(kept: Kept, context: CrossingContext): BrokenCopy | undefined {
  const { call, source, holder, isLasting } = kept;
  const { reads, writes, isOut } = findUses(kept, context.model);
  const name = context.model.sourceCode.getText(holder as never);
  const [write] = writes;
  if (isOut) return undefined;
  // const next = structuredClone(m); next.set(k, v); and that is all
  if (write && reads.length === 0) return holder.type === "Identifier" ? createCopy("cloned", source.name, write, undefined, source, false) : undefined;
  if (writes.length > 0 || !isLasting || source.home === "local" || source.home === "parameter" || SNAPSHOT_NAME.test(name)) return undefined;
  const missed = findOutdated(kept, reads, context);
  return missed && createCopy("outdated", name, call, missed, source, true);
}

/** The write to the original that a later look into the clone misses. Whoever looks into both compares them. */
function findOutdated({ call, source }: Kept, reads: readonly Node[], { model, summaries }: CrossingContext): Node | undefined {
  const maker = getRunningFunction(call, model);
  const accesses = summaries.getAccesses(source);
  const readers = new Set(reads.map((read) => getRunningFunction(read, model)).filter((reader) => reader !== undefined && reader !== maker));
  if (readers.size === 0 || accesses.some(({ function: user }) => user !== undefined && readers.has(user))) return undefined;
  return accesses.find(({ operation, node }) => {
    const writer = getRunningFunction(node, model);
    return isInsertion(operation) && writer !== undefined && writer !== maker;
  })?.node;
}

function findUses({ key, holder }: Kept, model: FileModel): Uses {
  const reads: Node[] = [];
  const writes: TSESTree.CallExpression[] = [];
  let isOut = false;
  for (const use of [...(model.nodes.get("Identifier") ?? []), ...(model.nodes.get("MemberExpression") ?? [])]) {
    if (use === holder || isNameOfMember(use) || model.getPath(use)?.key !== key) continue;
    const { node, parent } = getUsage(use);
    const member = parent?.type === "MemberExpression" && parent.object === node ? parent : undefined;
    const method = member && getPropertyName(member);
    const call = member && getUsage(member).parent;
    if (method === undefined) {
      if (parent?.type === "ForOfStatement" || parent?.type === "SpreadElement") reads.push(use);
      else isOut = true;
    } else if (WRITES.test(method) && call?.type === "CallExpression" && isStatement(call)) writes.push(call);
    else if (READS.test(method)) reads.push(use);
    else isOut = true;
  }
  return { reads, writes, isOut };
}

/** The `view` of `this.view`, which is looked at as a whole. */
function isNameOfMember(node: Node): boolean {
  return node.type === "Identifier" && node.parent?.type === "MemberExpression" && node.parent.property === node && !node.parent.computed;
}
