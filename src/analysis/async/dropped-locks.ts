import { findAncestor, getCalleeName, isInside, type Node, unwrap } from "../code/ast.js";
import { isInsertion } from "../maps/accesses.js";
import type { MapEntity } from "../maps/inventory.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";

/** A lock that is taken out of a map of locks without a look at who waits for it: the next one makes a second lock beside the first. */
export interface DroppedLock {
  readonly removal: PlacedAccess;
  readonly insertion: PlacedAccess;
  readonly by: FunctionInfo;
  /** What is waited for before the removal: mostly the lock itself. */
  readonly suspension: Node;
}

const LOCK_NAME = /^(?:Async)?(?:Keyed)?(?:Mutex|Semaphore|Lock|RWLock|ReadWriteLock)(?:Interface)?$/;
/** Somebody waits, or nobody does; or it is asked whose lock it is. */
const LOOK = /isLocked|locked\b|waiting|waiters|pending|queue|size|length|count|ref|idle|users|===|!==|isEmpty|\bhas\(/i;

/** Finds `const release = await lockOf(k).acquire(); .. locks.delete(k)`. */
export function findDroppedLocks(model: FileModel, summaries: Summaries): DroppedLock[] {
  return summaries.accesses.flatMap((removal) => {
    const { key, map, function: by } = removal;
    if (removal.operation !== "delete" || !key || !by) return [];
    const accesses = summaries.getAccesses(map);
    const insertion = accesses.find((access) => isInsertion(access.operation));
    if (!insertion?.function || !isOfLocks(map, insertion, model)) return [];
    const suspension = (model.nodes.get("AwaitExpression") ?? []).find((node) => model.getEnclosing(node) === by && node.range[1] <= removal.node.range[0]);
    return suspension && !isLookedAt(removal.node, by, model) ? [{ removal, insertion, by, suspension }] : [];
  });
}

function isOfLocks({ valueType }: MapEntity, { value }: PlacedAccess, model: FileModel): boolean {
  if (valueType?.type === "TSTypeReference" && valueType.typeName.type === "Identifier") return LOCK_NAME.test(valueType.typeName.name);
  const node = value && unwrap(value);
  const variable = node && model.getVariable(node);
  const made = (variable?.references ?? []).flatMap((reference) => (reference.writeExpr ? [unwrap(reference.writeExpr as Node)] : []));
  return [node, ...made].some((one) => one?.type === "NewExpression" && LOCK_NAME.test(getCalleeName(one) ?? ""));
}

/** if (!lock.isLocked()) locks.delete(k) */
function isLookedAt(node: Node, by: FunctionInfo, model: FileModel): boolean {
  const test = findAncestor(node, (at) => at.type === "IfStatement" && isInside(at, by.node) && LOOK.test(model.sourceCode.getText(at.test as never)));
  return test !== undefined;
}
