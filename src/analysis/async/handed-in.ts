import { isInsertion, isRemoval } from "../maps/accesses.js";
import { getCalleeName, getPropertyName, getUsage, isInside, type Node, unwrap, type Variable } from "../code/ast.js";
import { getAnnotation, isIdentityOf, isKeyOfOneCall, isKeyOfRun, isObjectKey } from "../maps/key-origin.js";
import { getKeyTerm } from "../maps/keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";

/** A function that is given an entry to end, and removes it by its key, whoever is there by then. */
export interface HandedIn {
  readonly removal: PlacedAccess;
  /** What puts an entry there. */
  readonly insertion: PlacedAccess;
  /** The function that is given the entry. */
  readonly by: FunctionInfo;
  /** The parameter that the entry is. */
  readonly entry: Node;
  /** What is waited for before the removal. */
  readonly suspension: Node | undefined;
}

const ENDING = /^[#_]*(?:release|remove|delete|dispose|unregister|detach|destroy|close|end|stop|free|drop|unload|finish|finali[sz]e|complete|cleanup|clean|terminate|kill|disconnect|on(?:Did)?(?:Close|End|Exit|Disconnect|Stop|Finish|Complete))/i;

/** Finds `release(id, entry) { m.delete(id) }` and `end(entry) { await entry.stop(); m.delete(entry.name) }` where nothing compares the entry with what is there. */
export function findHandedIn(model: FileModel, summaries: Summaries): HandedIn[] {
  return summaries.accesses.flatMap((removal) => {
    const { key, map, function: by } = removal;
    if (removal.operation !== "delete" || !key || !by || map.parent || !ENDING.test(by.name)) return [];
    const accesses = summaries.getAccesses(map);
    // Whoever looks and compares knows; whoever puts something in its place means to.
    const isLooking = comparesSomething(by, model);
    if (accesses.some((access) => access !== removal && isInside(access.node, by.node) && !isRemoval(access.operation) && (isLooking || access.operation !== "get"))) return [];
    const suspension = (model.nodes.get("AwaitExpression") ?? []).find((node) => model.getEnclosing(node) === by && node.range[1] <= removal.node.range[0]);
    const insertion = accesses.find((access) => canComeAgain(access, model) && (isBlind(access, accesses) || (suspension !== undefined && hasOtherRemover(by, accesses))));
    const entry = insertion && findEntryParameter(removal, by, insertion, accesses, model);
    return insertion && entry ? [{ removal, insertion, by, entry, suspension }] : [];
  });
}

/** m.set(k, v) under a key of the caller's. */
function canComeAgain({ key, map, function: info, operation, value }: PlacedAccess, model: FileModel): boolean {
  if (operation !== "set" || !key || !info || !value || info.name === "constructor") return false;
  const term = getKeyTerm(key, model, new Map());
  return term.kind === "term" && !term.isFresh && !isKeyOfRun(term, model) && !isKeyOfOneCall(key, model) && !isObjectKey(map, key, model);
}

/** In a function that has not looked at the map: it replaces what is there. */
function isBlind(access: PlacedAccess, accesses: readonly PlacedAccess[]): boolean {
  return !accesses.some((other) => other.function === access.function && !isInsertion(other.operation) && other.node.range[0] < access.node.range[0]);
}

/** Somebody else can make room meanwhile. */
function hasOtherRemover(by: FunctionInfo, accesses: readonly PlacedAccess[]): boolean {
  return accesses.some((access) => access.operation === "delete" && access.function !== undefined && access.function !== by && !isInside(access.node, by.node));
}

function findEntryParameter({ key }: PlacedAccess, by: FunctionInfo, insertion: PlacedAccess, accesses: readonly PlacedAccess[], model: FileModel): Node | undefined {
  const root = getRootVariable(key!, model);
  if (!root || !isParameterOf(root, by)) return undefined;
  const isWholeKey = unwrap(key!).type === "Identifier";
  return by.node.params.find((parameter, index) => {
    if (parameter.type !== "Identifier") return false;
    const variable = model.getVariable(parameter);
    // release(id, entry): another one than the key; end(entry): the key is a part of it.
    if (!variable || (isWholeKey ? variable === root : variable !== root) || isCompared(variable)) return false;
    // m.set(entry.id, entry): who comes again under an id is the same, unless it is given out by name.
    const isCertain = !isIdentityOf(insertion.key, insertion.value, model) && (isOfValueType(parameter, insertion, model) || isGivenEntries(by, index, accesses, model));
    return isCertain || isIndex(insertion, key!, model) || (isWholeKey && isCounterpart(by, insertion, model));
  });
}

/** names.set(session.name, session.id), names.delete(session.name): whose name it is by now the entry says. */
function isIndex({ key, value }: PlacedAccess, removed: Node, model: FileModel): boolean {
  const [inserted, stored, other] = [key, value, removed].map((node) => node && unwrap(node));
  if (inserted?.type !== "MemberExpression" || stored?.type !== "MemberExpression" || other?.type !== "MemberExpression") return false;
  const name = getPropertyName(inserted);
  const root = getRootVariable(inserted, model);
  return name !== undefined && name === getPropertyName(other) && name !== getPropertyName(stored) && root !== undefined && root === getRootVariable(stored, model);
}

function comparesSomething(by: FunctionInfo, model: FileModel): boolean {
  return (model.nodes.get("BinaryExpression") ?? []).some((node) => isInside(node, by.node) && node.type === "BinaryExpression" && /^[!=]==?$/.test(node.operator));
}

/** if (current === entry) .. */
function isCompared(variable: Variable): boolean {
  return variable.references.some((reference) => {
    const { parent } = getUsage(reference.identifier as Node);
    return parent?.type === "BinaryExpression" && /^[!=]==?$/.test(parent.operator);
  });
}

/** m: Map<string, Session>, end(session: Session) */
function isOfValueType(parameter: Node, { map, value }: PlacedAccess, model: FileModel): boolean {
  const declared = getTypeName(getAnnotation(parameter, model));
  if (declared === undefined) return false;
  const made = value && unwrap((model.getVariable(unwrap(value)) && model.getConstantValue(model.getVariable(unwrap(value))!)) ?? value);
  const stored = getTypeName(map.valueType) ?? (made?.type === "NewExpression" ? getCalleeName(made) : undefined);
  return declared === stored;
}

function getTypeName(type: Node | undefined): string | undefined {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" ? type.typeName.name : undefined;
}

/** end(m.get(k)), const e = m.get(k); end(e); m.set(k, e); end(e) */
function isGivenEntries(by: FunctionInfo, index: number, accesses: readonly PlacedAccess[], model: FileModel): boolean {
  return by.calls.some((call) => {
    const argument = call.arguments[index];
    const variable = argument && model.getVariable(unwrap(argument));
    const value = (variable && model.getConstantValue(variable)) ?? argument;
    if (!value) return false;
    const isStored = (access: PlacedAccess): boolean => access.operation === "set" && access.value !== undefined && variable !== undefined && model.getVariable(unwrap(access.value)) === variable;
    return accesses.some((access) => (access.operation === "get" && access.node === unwrap(value)) || isStored(access));
  });
}

/** getMixin() { m.set(id, mixin); return mixin }, releaseMixin(id, mixin) */
function isCounterpart(by: FunctionInfo, { function: info, value }: PlacedAccess, model: FileModel): boolean {
  if (!value || !info || getStem(info.name) === "" || getStem(info.name) !== getStem(by.name)) return false;
  const node = unwrap(value);
  // m.set(id, { mixin: Promise.resolve(mixin) })
  const parts = node.type === "ObjectExpression" ? node.properties.flatMap((property) => (property.type === "Property" ? [property.value as Node] : [])) : [node];
  return parts.some((part) => model.getVariable(unwrap(part))?.references.some((reference) => getUsage(reference.identifier as Node).parent?.type === "ReturnStatement"));
}

/** Mixin of getMixin and releaseMixin */
function getStem(name: string): string {
  return name.replace(/^[#_]*[a-z]+/, "");
}

function isParameterOf(variable: Variable, info: FunctionInfo): boolean {
  const definition = variable.defs[0];
  return definition?.type === "Parameter" && definition.node === (info.node as never);
}

function getRootVariable(expression: Node, model: FileModel): Variable | undefined {
  let root = unwrap(expression);
  while (root.type === "MemberExpression") root = unwrap(root.object);
  return root.type === "Identifier" ? model.getVariable(root) : undefined;
}
