import { type Node, getCalleeName, getKeyName, getUsage, isInside } from "../code/ast.js";
import { getKeyTerm, isSameKey, type KeyTerm } from "./keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import type { PlacedAccess, Summaries } from "./summaries.js";

/** A function that puts something under a key of its caller's, and what it hands out to take it away again, whoever is there by then. */
export interface Disposer {
  readonly insertion: PlacedAccess;
  readonly removal: PlacedAccess;
  /** The function that is handed out. */
  readonly handle: FunctionInfo;
}

/** () => { m.delete(k) }, dispose() { .. }: a handle, perhaps, in a file that never waits for anything. */
export const HANDLE_TEXT = /=>\s*\{?\s*(?:delete\s|[\w.#]+\.delete\()|\b(?:dispose|unsubscribe|unregister|detach)\s*(?:\(\)|:)/;

const DISPOSE_NAME = /^(?:dispose|unsubscribe|unregister|off|remove|close|cancel|destroy|stop|release|detach|\[Symbol\.dispose\])$/i;
const DISPOSE_MAKER = /^(?:toDisposable|create|from|Disposable|DisposableCallback|Teardown|toUnsubscribe|markAsDisposable)$/;

/** Finds `m.set(key, handler); return () => m.delete(key)` where the handle looks at nothing. */
export function findDisposers(model: FileModel, summaries: Summaries): Disposer[] {
  // Handles are rare: from them, not from the insertions.
  return summaries.accesses.flatMap((removal): Disposer[] => {
    const handle = removal.function;
    const maker = handle?.parent;
    if (removal.operation !== "delete" || !removal.key || !maker || !isHandedOut(handle.node, model)) return [];
    const accesses = summaries.getAccesses(removal.map);
    if (accesses.some((access) => access !== removal && isInside(access.node, handle.node))) return [];
    const keys = getKeyTerms(removal.key, model);
    const own = accesses.filter((access) => access.function === maker);
    return own.flatMap((insertion): Disposer[] => {
      if (insertion.operation !== "set" || !insertion.key || !isOfCaller(insertion.key, maker, model)) return [];
      const isLookedAt = own.some((access) => access.node.range[0] < insertion.node.range[0] && (access.operation === "has" || access.operation === "get"));
      const term = getKeyTerm(insertion.key, model, new Map());
      return !isLookedAt && keys.some((other) => isSameKey(other, term)) ? [{ insertion, removal, handle }] : [];
    });
  });
}

/** The key, or what a name was given that is the key: let method; if (..) method = type; else method = type.method */
function getKeyTerms(key: Node, model: FileModel): KeyTerm[] {
  const values = model.getVariable(key)?.references.flatMap((reference) => (reference.isWrite() && reference.writeExpr ? [reference.writeExpr as Node] : [])) ?? [];
  return [key, ...values].map((value) => getKeyTerm(value, model, new Map()));
}

/** The key is a parameter of the function, or a part of one. */
function isOfCaller(key: Node, info: FunctionInfo, model: FileModel): boolean {
  let root = key;
  while (root.type === "MemberExpression" || root.type === "TSNonNullExpression" || root.type === "TSAsExpression") root = root.type === "MemberExpression" ? root.object : root.expression;
  const definition = model.getVariable(root)?.defs[0];
  return definition?.type === "Parameter" && definition.node === (info.node as never);
}

/** return () => ..; return { dispose: () => .. }; return toDisposable(() => ..) */
function isHandedOut(handle: Node, model: FileModel): boolean {
  const { node, parent } = getUsage(handle);
  switch (parent?.type) {
    case "ReturnStatement":
      return true;
    case "VariableDeclarator":
      return isReturned(node, model);
    case "Property":
      return parent.value === node && DISPOSE_NAME.test(getKeyName(parent.key, parent.computed) ?? "") && isReturned(parent.parent, model);
    case "CallExpression":
    case "NewExpression":
      return parent.callee !== node && DISPOSE_MAKER.test(getCalleeName(parent) ?? "") && isReturned(parent, model);
    default:
      return false;
  }
}

/** return handle, const handle = ..; return handle */
function isReturned(made: Node, model: FileModel): boolean {
  const { parent } = getUsage(made);
  if (parent?.type === "ReturnStatement") return true;
  const variable = parent?.type === "VariableDeclarator" ? model.getVariable(parent.id) : undefined;
  return variable?.references.some((reference) => getUsage(reference.identifier as Node).parent?.type === "ReturnStatement") ?? false;
}
