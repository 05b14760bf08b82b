import type { FileModel, FunctionInfo } from "./model.js";

const known = new WeakMap<FunctionInfo, readonly FunctionInfo[]>();

/** Functions of a file, and all that stand around them, run them or hand them on. */
export function findUsers(functions: Iterable<FunctionInfo>, model: FileModel): ReadonlySet<FunctionInfo> {
  const found = new Set(functions);
  // What is added on the way is visited too.
  for (const info of found) for (const user of getUsers(info, model)) found.add(user);
  return found;
}

function getUsers(info: FunctionInfo, model: FileModel): readonly FunctionInfo[] {
  let users = known.get(info);
  if (!users) {
    const places = [...info.calls, ...info.mentions].flatMap((place) => model.getEnclosing(place) ?? []);
    known.set(info, (users = info.parent ? [info.parent, ...places] : places));
  }
  return users;
}
