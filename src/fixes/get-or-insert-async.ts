import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, getEnclosingFunction, getUsage, isInside, unwrap } from "../analysis/code/ast.js";
import type { Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Rewrite } from "./decide.js";
import { type Edit, getEnd, getEndOfLine, getIndent, getIndentUnit, getNewline, getText, hasComment, indentLines, insert, type Range, remove, replace } from "./edits.js";
import { isTypeScript } from "./safe-map.js";
import { canBePromise, canEnclose, canReenter, getAsyncFunction, getMethodCall, getOnlyStatement, getReads, getSingleDeclarator, getWrites, hasAwait, hasOwnNames, isInTry, isReferencedIn, matchLookup, matchPresenceTest, needsNarrowing, placeOf, type Placed, type PresenceTest, type Statement } from "./shapes.js";

/** The statement `m.set(k, v)` that acts on a check, in its list. */
interface Store extends Omit<Placed, "statement"> {
  readonly statement: TSESTree.ExpressionStatement;
  readonly receiver: string;
  readonly key: TSESTree.Expression;
  readonly value: TSESTree.Expression;
}

/** What runs once: the statements before the store, the value, and what follows it. */
interface Work {
  readonly before: readonly Statement[];
  readonly after: readonly Statement[];
}

/** One try to see a known shape in a site. */
interface Site {
  readonly hazard: Hazard;
  readonly analysis: Analysis;
  readonly filename: string;
  readonly store: Store;
}

/**
 * A check, a load and a store become one `getOrInsertAsync`.
 * @returns `undefined` for every shape of which it is not certain that it means the same.
 */
export function rewriteToGetOrInsertAsync(hazard: Hazard, analysis: Analysis, filename: string): Rewrite | undefined {
  const site = findSite(hazard, analysis, filename);
  if (!site || canBePromise(site.store.value, hazard.map, analysis)) return undefined;
  const edits = rewriteBlock(site) ?? rewriteEarlyReturn(site) ?? rewriteFallback(site);
  return edits && { messageId: "getOrInsertAsync", edits, needsSafeMap: true };
}

function findSite(hazard: Hazard, analysis: Analysis, filename: string): Site | undefined {
  const call = getMethodCall(hazard.write, "set", analysis);
  const statement = call && getUsage(call.node).parent;
  const [key, value] = call?.args ?? [];
  if (!call || !key || !value || statement?.type !== "ExpressionStatement") return undefined;
  const placed = placeOf(statement) ?? { list: [statement], index: 0 };
  if (!getAsyncFunction(hazard.write) || getEnclosingFunction(hazard.read) !== getEnclosingFunction(hazard.write)) return undefined;
  return { hazard, analysis, filename, store: { ...placed, statement, receiver: call.receiver, key, value } };
}

// ---- if (!m.has(k)) { ..; m.set(k, v); }

function rewriteBlock(site: Site): Edit[] | undefined {
  const { store, hazard, analysis } = site;
  const block = store.statement.parent?.type === "IfStatement" ? store.statement : store.statement.parent;
  const statement = block?.parent;
  if ((block?.type !== "BlockStatement" && block !== store.statement) || statement?.type !== "IfStatement" || statement.consequent !== block || statement.alternate) return undefined;
  const placed = placeOf(statement);
  const test = matchPresenceTest(statement.test, hazard.map, store.key, analysis);
  if (!placed || test?.whenTrue !== "absent" || !isFaithful(test, site)) return undefined;
  const work: Work = { before: store.list.slice(0, store.index), after: store.list.slice(store.index + 1) };
  const held = test.variable && getReads(test.variable).some((read) => !isInside(read, statement.test)) ? test.variable : undefined;
  if (held) return rewriteHeldBlock(site, statement, block, placed, test, held, work);
  if (!canMove(site, work)) return undefined;
  const lookup = findAdjacentLookup(test, placed);
  if (lookup === "elsewhere") return undefined;
  const start = (lookup ?? statement).range[0];
  const follower = placed.list[placed.index + 1];
  const isReturned = follower?.type === "ReturnStatement" && follower.argument !== null && isOfValueType(follower.argument, site) && matchLookup(unwrap(follower.argument), hazard.map, store.key, analysis) === "get";
  const gap: Range = [statement.range[1], follower?.range[1] ?? statement.range[1]];
  // .. return m.get(k)!;
  const canReturn = isReturned && !hasComment(gap, analysis.sourceCode);
  const head = `${canReturn ? getReturn(site) : "await "}${callHead(site)}`;
  const tail: Edit[] = canReturn ? [remove(follower, analysis.sourceCode)] : [];
  const edits = wrap(site, { head, start, end: statement.range[1], block, work });
  return edits && [...edits, ...tail];
}

/** let v = m.get(k); if (!v) { ..; v = await load(k); m.set(k, v); } */
function rewriteHeldBlock(site: Site, statement: TSESTree.IfStatement, block: TSESTree.BlockStatement | TSESTree.ExpressionStatement, placed: Placed, test: PresenceTest, held: Variable, work: Work): Edit[] | undefined {
  const { store, analysis } = site;
  const { sourceCode } = analysis;
  if (!test.lookup || placed.list[placed.index - 1] !== test.lookup || unwrap(store.value).type !== "Identifier" || analysis.model.getVariable(unwrap(store.value)) !== held) return undefined;
  const writes = getWrites(held).filter((write) => isInside(write, block));
  const filler = work.before.findLast((item) => isInside(writes[0] ?? store.statement, item));
  const assignment = filler?.type === "ExpressionStatement" ? filler.expression : undefined;
  if (writes.length !== 1 || !filler || assignment?.type !== "AssignmentExpression" || assignment.operator !== "=" || assignment.left !== writes[0]) return undefined;
  const position = work.before.indexOf(filler);
  // What comes before it must not read the variable, which does not exist yet.
  if (work.before.slice(0, position).some((item) => isReferencedIn(held, item)) || isReferencedIn(held, assignment.right)) return undefined;
  if (!canMove(site, work, held)) return undefined;
  const declarator = test.lookup.declarations[0]!;
  const isConstant = getWrites(held).length === 1;
  const name = getText(declarator.id, sourceCode);
  const head = `${isConstant ? "const" : test.lookup.kind} ${name} = await ${callHead(site)}`;
  const start = test.lookup.range[0];
  const end = statement.range[1];
  const isDirect = position === work.before.length - 1 && work.after.length === 0;
  if (isDirect) {
    const gap: Range = [filler.range[1], store.statement.range[0]];
    if (hasComment(gap, sourceCode) || hasComment(store.statement.range, sourceCode)) return undefined;
    return wrap(site, { head, start, end, block, work: { before: work.before.slice(0, -1), after: [] }, value: assignment.right, store: [filler.range[0], store.statement.range[1]] });
  }
  const edits = wrap(site, { head, start, end, block, work });
  return edits && [...edits, insert(filler.range[0], "const ")];
}

// ---- const c = m.get(k); if (c) return c; ..; m.set(k, v); return v;

function rewriteEarlyReturn(site: Site): Edit[] | undefined {
  const { store, hazard, analysis } = site;
  const guard = store.list.slice(0, store.index).findLast((item) => item.type === "IfStatement" && matchPresenceTest(item.test, hazard.map, store.key, analysis) !== undefined) as TSESTree.IfStatement | undefined;
  const placed = guard && placeOf(guard);
  if (!guard || !placed || guard.alternate) return undefined;
  const test = matchPresenceTest(guard.test, hazard.map, store.key, analysis)!;
  const exit = getOnlyStatement(guard.consequent);
  if (test.whenTrue !== "present" || !isFaithful(test, site) || exit?.type !== "ReturnStatement") return undefined;
  const lookup = findAdjacentLookup(test, placed);
  if (lookup === "elsewhere") return undefined;
  if (test.variable && getReads(test.variable).some((read) => !isInside(read, guard))) return undefined;
  const start = (lookup ?? guard).range[0];
  if (hasComment([start, guard.range[1]], analysis.sourceCode)) return undefined;
  const before = store.list.slice(placed.index + 1, store.index);
  const rest = store.list.slice(store.index + 1);
  return exit.argument === null ? endWithStore(site, { start, guard, before, rest }) : endWithReturn(site, { start, guard, exit: exit.argument, test, before, rest });
}

interface Tail {
  readonly start: number;
  readonly guard: TSESTree.IfStatement;
  readonly before: readonly Statement[];
  readonly rest: readonly Statement[];
}

/** if (m.has(k)) return; ..; m.set(k, v); } */
function endWithStore(site: Site, { start, guard, before, rest }: Tail): Edit[] | undefined {
  const { store } = site;
  const isWholeBody = getEnclosingFunction(store.statement)?.body === store.statement.parent;
  const work: Work = { before, after: rest };
  if (!isWholeBody || rest.some((item) => item.type === "ReturnStatement") || !canMove(site, work)) return undefined;
  const last = rest.at(-1) ?? store.statement;
  return wrapFrom(site, { head: `await ${callHead(site)}`, start, guard, last, work });
}

/** if (c) return c; ..; m.set(k, v); return v; or, with entries: return c.value; .. return value; */
function endWithReturn(site: Site, { start, guard, exit, test, before, rest }: Tail & { exit: TSESTree.Expression; test: PresenceTest }): Edit[] | undefined {
  const { store, hazard, analysis } = site;
  const { sourceCode } = analysis;
  const final = rest.at(-1);
  if (final?.type !== "ReturnStatement" || final.argument === null) return undefined;
  const handed = unwrap(exit);
  const isEntry = (node: Node): boolean =>
    (test.variable !== undefined && node.type === "Identifier" && analysis.model.getVariable(node) === test.variable) || matchLookup(node, hazard.map, store.key, analysis) === "get";
  const work: Work = { before, after: rest.slice(0, -1) };
  if (!isOfValueType(exit, site) || !isOfValueType(final.argument, site)) return undefined;
  if (!isEntry(handed) || !canMove(site, work, undefined, final)) return undefined;
  const isStoredValue = getText(unwrap(final.argument), sourceCode) === getText(unwrap(store.value), sourceCode) && isPlainName(unwrap(store.value));
  const isLookedUp = matchLookup(unwrap(final.argument), hazard.map, store.key, analysis) === "get";
  if (!isStoredValue && !isLookedUp) return undefined;
  if (hasComment(final.range, sourceCode)) return undefined;
  return wrapFrom(site, { head: `${getReturn(site)}${callHead(site)}`, start, guard, last: final, work, dropped: final });
}

/** No `v as T`, unless T is the type of the map's values: without it the type would be another. */
function isOfValueType(expression: TSESTree.Expression, site: Site): boolean {
  const { hazard, analysis } = site;
  if (expression.type === "TSNonNullExpression") return isOfValueType(expression.expression, site);
  if (expression.type === "ChainExpression" || expression.type === "TSSatisfiesExpression") return false;
  if (expression.type !== "TSAsExpression" && expression.type !== "TSTypeAssertion") return true;
  const { valueType } = hazard.map;
  return valueType !== undefined && getText(valueType, analysis.sourceCode) === getText(expression.typeAnnotation, analysis.sourceCode);
}

function isPlainName(node: Node): boolean {
  return node.type === "Identifier";
}

// ---- const v = m.get(k) ?? (await load(k)); m.set(k, v);

function rewriteFallback(site: Site): Edit[] | undefined {
  const { store, hazard, analysis } = site;
  const { sourceCode } = analysis;
  const declaration = store.list[store.index - 1];
  const declarator = getSingleDeclarator(declaration);
  const init = declarator?.init && unwrap(declarator.init);
  if (!declarator || init?.type !== "LogicalExpression" || (init.operator !== "??" && init.operator !== "||")) return undefined;
  const stored = unwrap(store.value);
  if (stored.type !== "Identifier" || declarator.id.type !== "Identifier" || analysis.model.getVariable(stored) !== analysis.model.getVariable(declarator.id)) return undefined;
  if (matchLookup(init.left, hazard.map, store.key, analysis) !== "get" || unwrap(init.right).type !== "AwaitExpression") return undefined;
  const test: PresenceTest = { whenTrue: "present", variable: undefined, lookup: undefined, isTruthiness: init.operator === "||" };
  if (!isFaithful(test, site) || canReenter([declaration!], hazard.map, analysis) || hasComment([declarator.range[0], store.statement.range[1]], sourceCode)) return undefined;
  if (!canCapture([declaration!], site)) return undefined;
  return [replace(declarator.init!, `await ${callHead(site)}${arrow(init.right, site)})`), remove(store.statement, sourceCode)];
}

// ---- common parts

/** Falsy values are stored values too: where the type says that there are some, a test for truth means something else. */
function isFaithful(test: PresenceTest, { hazard, analysis }: Site): boolean {
  const type = hazard.map.valueType;
  if (!type) return true;
  const text = getText(type, analysis.sourceCode);
  if (/\b(?:undefined|null|void|any|unknown)\b/.test(text.replace(/<.*>/s, ""))) return false;
  return !test.isTruthiness || !/^(?:string|number|boolean|bigint)\b|^["'`\d]|\|\s*(?:string|number|boolean|bigint|false|""|0)\b/.test(text);
}

/** The look-up right before the check; "elsewhere" if there is something between. */
function findAdjacentLookup(test: PresenceTest, placed: Placed): TSESTree.VariableDeclaration | undefined | "elsewhere" {
  if (!test.lookup) return undefined;
  return placed.list[placed.index - 1] === test.lookup ? test.lookup : "elsewhere";
}

function canMove(site: Site, work: Work, held?: Variable, final?: Node): boolean {
  const { hazard, analysis, store } = site;
  const all: readonly Node[] = [...work.before, store.statement, ...work.after, ...(final ? [final] : [])];
  // What follows the store goes before it.
  if (!work.after.every((statement) => canGoBefore(statement, site))) return false;
  return canEnclose([...work.before, ...work.after], hazard.map, analysis) && hasOwnNames(all, analysis, held) && !canReenter(all, hazard.map, analysis) && canCapture(all, site);
}

const LOG = /^(?:console|log|logger|debug|trace)$/i;

/** conn.on("close", ..), conn.timeout = 10, console.log(..): it sets up what is stored, and nobody can see that it did so earlier. */
function canGoBefore(statement: Statement, { store, analysis }: Site): boolean {
  if (statement.type !== "ExpressionStatement" || hasAwait(statement, analysis)) return false;
  const expression = unwrap(statement.expression);
  const target = expression.type === "CallExpression" ? expression.callee : expression.type === "AssignmentExpression" ? expression.left : undefined;
  let root = target && unwrap(target);
  while (root?.type === "MemberExpression" || root?.type === "CallExpression") root = unwrap(root.type === "MemberExpression" ? root.object : root.callee);
  if (root?.type !== "Identifier" || root === target) return false;
  const stored = unwrap(store.value);
  const isStored = stored.type === "Identifier" && analysis.model.getVariable(stored) === analysis.model.getVariable(root);
  return isStored || LOG.test(root.name);
}

function canCapture(statements: readonly Node[], { analysis, filename }: Site): boolean {
  return !isTypeScript(filename) || !needsNarrowing(statements, analysis);
}

function getReturn({ store }: Site): string {
  return isInTry(store.statement) ? "return await " : "return ";
}

function callHead({ store, analysis }: Site): string {
  return `${store.receiver}.getOrInsertAsync(${getText(store.key, analysis.sourceCode)}, `;
}

/** `() => load(k)` of `await load(k)` */
function arrow(value: Node, { analysis }: Site): string {
  const inner = unwrap(value);
  const argument = inner.type === "AwaitExpression" && inner === value ? inner.argument : value;
  const text = getText(argument, analysis.sourceCode);
  const isAsync = hasAwait(argument, analysis);
  const isWrapped = argument.type === "ObjectExpression" || argument.type === "SequenceExpression";
  return `${isAsync ? "async " : ""}() => ${isWrapped ? `(${text})` : text}`;
}

interface Wrapping {
  /** Up to the loader. */
  readonly head: string;
  readonly start: number;
  readonly end: number;
  readonly work: Work;
  /** What is loaded, if not what is stored. */
  readonly value?: TSESTree.Expression;
  readonly store?: Range;
}

/** The only statement before the store, if it makes what is stored: `const v = await load(k); m.set(k, v);` */
function findDirectValue(site: Site, work: Work): Node | undefined {
  const { store, analysis } = site;
  const stored = unwrap(store.value);
  if (work.after.length > 0) return undefined;
  if (work.before.length === 0) return store.value.type === "AwaitExpression" ? store.value : undefined;
  const declarator = work.before.length === 1 ? getSingleDeclarator(work.before[0]) : undefined;
  if (!declarator?.init || declarator.init.type !== "AwaitExpression" || stored.type !== "Identifier" || declarator.id.type !== "Identifier") return undefined;
  return analysis.model.getVariable(stored) === analysis.model.getVariable(declarator.id) ? declarator.init : undefined;
}

/** The block of an `if` becomes the body of the loader. */
function wrap(site: Site, { head, start, end, block, work, value, store }: Wrapping & { block: TSESTree.BlockStatement | TSESTree.ExpressionStatement }): Edit[] | undefined {
  const { sourceCode } = site.analysis;
  const direct = value ? (work.before.length === 0 && value.type === "AwaitExpression" ? value : undefined) : findDirectValue(site, work);
  if (direct && !hasCommentOutside([start, end], direct, site)) return [replace([start, end], `${head}${arrow(direct, site)})${getEnd(site.store.statement, sourceCode)}`)];
  if (block.type !== "BlockStatement" || hasComment([start, block.range[0]], sourceCode)) return undefined;
  return [
    replace([start, block.range[0] + 1], `${head}async () => {`),
    ...returnValue(site, work, "", value, store),
    replace([block.range[1] - 1, block.range[1]], `})${getEnd(site.store.statement, sourceCode)}`),
  ];
}

/** The rest of a list becomes the body of the loader. */
function wrapFrom(site: Site, { head, start, guard, last, work, dropped }: Omit<Wrapping, "end"> & { last: Statement; guard: TSESTree.IfStatement; dropped?: Statement }): Edit[] | undefined {
  const { sourceCode } = site.analysis;
  const end = last.range[1];
  const direct = findDirectValue(site, work);
  if (direct && !hasCommentOutside([start, end], direct, site)) return [replace([start, end], `${head}${arrow(direct, site)})${getEnd(site.store.statement, sourceCode)}`)];
  const newline = getNewline(sourceCode);
  const indent = getIndent(guard, sourceCode);
  const edits = [replace([start, guard.range[1]], `${head}async () => {`), ...returnValue(site, work, getIndentUnit(guard, sourceCode))];
  if (dropped) edits.push(remove(dropped, sourceCode));
  const indents = indentLines(guard.range[1], end, getIndentUnit(guard, sourceCode), edits, sourceCode);
  return [...edits, ...indents.filter(({ range }) => !dropped || range[0] < dropped.range[0] - 1 || range[0] > dropped.range[1]), insert(getEndOfLine(last, sourceCode), `${newline}${indent}})${getEnd(site.store.statement, sourceCode)}`)];
}

/** `m.set(k, v);` becomes `return v;`, after what follows it. */
function returnValue({ store, analysis }: Site, work: Work, unit: string, value: Node = store.value, range: Range = store.statement.range): Edit[] {
  const { sourceCode } = analysis;
  const text = getText(value, sourceCode);
  const last = work.after.at(-1);
  if (!last) return [replace(range, `return ${text}${getEnd(store.statement, sourceCode)}`)];
  const newline = getNewline(sourceCode);
  const indent = getIndent(last, sourceCode);
  return [remove(range, sourceCode), insert(getEndOfLine(last, sourceCode), `${newline}${indent}${unit}return ${text}${getEnd(store.statement, sourceCode)}`)];
}

function hasCommentOutside([start, end]: Range, kept: Node, { analysis }: Site): boolean {
  return hasComment([start, kept.range[0]], analysis.sourceCode) || hasComment([kept.range[1], end], analysis.sourceCode);
}
