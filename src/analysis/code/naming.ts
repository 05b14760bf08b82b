import type { FunctionInfo } from "./model.js";

/** The function with a name of its own around a callback, or the callback that has none around it. */
export function getNamedFunction(info: FunctionInfo): FunctionInfo {
  return /\s/.test(info.name) && info.parent ? getNamedFunction(info.parent) : info;
}
