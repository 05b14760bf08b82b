import { unwrap } from "../code/ast.js";
import type { MapEntity } from "./inventory.js";
import { getKeyTerm } from "./keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import type { PlacedAccess, Summaries } from "./summaries.js";

/** Another map from which a function takes the same key: close(id) { sessions.delete(id); timers.delete(id) } */
export interface Companion {
  /** The other map. */
  readonly map: MapEntity;
  /** What takes the key away from the map itself. */
  readonly removal: PlacedAccess;
  /** The function that ends both. */
  readonly by: FunctionInfo;
}

interface Removal {
  readonly access: PlacedAccess;
  /** The key, as a term of the function that removes. */
  readonly key: string;
}

const known = new WeakMap<Summaries, ReadonlyMap<MapEntity, readonly Companion[]>>();

/** The maps of a file that are emptied of a key together, by themselves or by a helper that is given the key. */
export function getCompanions(model: FileModel, summaries: Summaries): ReadonlyMap<MapEntity, readonly Companion[]> {
  let companions = known.get(summaries);
  if (!companions) known.set(summaries, (companions = findCompanions(model, summaries)));
  return companions;
}

function findCompanions(model: FileModel, summaries: Summaries): ReadonlyMap<MapEntity, readonly Companion[]> {
  const removals = new Map<FunctionInfo, Removal[]>();
  const add = (info: FunctionInfo, removal: Removal): void => {
    const list = removals.get(info);
    if (list) list.push(removal);
    else removals.set(info, [removal]);
  };
  const direct = summaries.accesses.filter((access) => access.operation === "delete" && access.key && access.function && !access.map.parent);
  for (const access of direct) {
    const term = getKeyTerm(access.key!, model, new Map());
    if (term.kind === "term") add(access.function!, { access, key: term.text });
  }
  if (removals.size === 0) return new Map();
  for (const access of direct) addForCallers(access, model, add);
  const found = new Map<MapEntity, Companion[]>();
  for (const [by, list] of removals) {
    for (const { access, key } of list) {
      const others = new Set(list.flatMap((other) => (other.key === key && other.access.map !== access.map ? [other.access.map] : [])));
      for (const map of others) found.set(access.map, [...(found.get(access.map) ?? []), { map, removal: access, by }]);
    }
  }
  return found;
}

/** clearTimer(id), with clearTimer(id) { timers.delete(id) }: for its callers it is a removal of their own. */
function addForCallers(access: PlacedAccess, model: FileModel, add: (info: FunctionInfo, removal: Removal) => void): void {
  const key = unwrap(access.key!);
  const helper = access.function!;
  const definition = model.getVariable(key)?.defs[0];
  const index = definition?.type === "Parameter" ? helper.node.params.findIndex((parameter) => parameter === definition.name) : -1;
  if (index < 0) return;
  for (const call of helper.calls) {
    const caller = model.getEnclosing(call);
    const argument = call.arguments[index];
    const term = argument && getKeyTerm(argument, model, new Map());
    if (caller && term?.kind === "term") add(caller, { access, key: term.text });
  }
}
