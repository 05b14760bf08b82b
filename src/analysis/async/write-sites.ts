import { isInside, isNothing, type Node, unwrap, type Variable } from "../code/ast.js";
import { CONTROL, type Flow, type State } from "../tasks/flow.js";
import type { GraphNode, ReadEvent, WriteEvent } from "../tasks/graph.js";
import type { MapEntity } from "../maps/inventory.js";
import { type FileModel, type FunctionInfo, isNeverReassigned } from "../code/model.js";
import type { Summaries } from "../maps/summaries.js";

/** A write of a map, with what its task knows there. */
export interface WriteSite {
  readonly flow: Flow;
  readonly node: GraphNode;
  readonly event: WriteEvent;
  readonly state: State;
  readonly dependences: ReadonlyMap<number, number>;
}

export function getRead(flow: Flow, id: number): ReadEvent | undefined {
  const event = flow.graph.nodes[id]?.event;
  return event?.type === "read" ? event : undefined;
}

export function getEventNode(flow: Flow, id: number): Node {
  return flow.graph.nodes[id]!.event.node;
}

/** Where a task comes to a node: its call of the helper that does it, or the place itself. */
export function getPlaceIn(task: FunctionInfo, { event, stack, calls }: GraphNode): Node {
  const helper = stack.findIndex((info, index) => index > stack.indexOf(task) && !isInside(info.node, task.node));
  return calls[helper - 1] ?? event.node;
}

/** Whether a graph shows all that its function does with a map. */
export function isWhole({ graph }: Flow, map: MapEntity, summaries: Summaries): boolean {
  return [...graph.skipped].every((info) => !summaries.get(info).reads.has(map) && !summaries.get(info).writes.has(map));
}

/** The branches on what a read found that a write depends on. */
export function getControllersOf(site: WriteSite, read: number): { id: number; outcome: "true" | "false" }[] {
  return site.flow.control.getControllers(site.node.id).filter(({ id }) => {
    const branch = site.flow.graph.nodes[id]!.event;
    return branch.type === "branch" && ((site.flow.resolve(branch.test, id).get(read) ?? 0) & ~CONTROL) !== 0;
  });
}

/** if (m.has(k)) { await ..; m.set(k, v) }: the entry is there, and is replaced. */
export function isOnPresentSide(site: WriteSite, read: number): boolean {
  const presences = getPresences(site, read);
  return presences.has("present") && !presences.has("absent");
}

/** if (!m.has(k)) m.set(k, v) */
export function isOnAbsentSide(site: WriteSite, read: number): boolean {
  const presences = getPresences(site, read);
  return presences.has("absent") && !presences.has("present");
}

function getPresences(site: WriteSite, read: number): ReadonlySet<Presence> {
  return new Set(getControllersOf(site, read).map(({ id, outcome }) => getPresence(site.flow.graph.nodes[id]!.event.node, outcome)));
}

/** if (kind === "a") { first } if (kind === "b") { second }: no run comes by both. */
export function areExclusive({ graph, control }: Flow, first: number, second: number, model: FileModel): boolean {
  const getComparisons = (id: number): Comparison[] => control.getControllers(id).flatMap(({ id: branch, outcome }) => getComparison(graph.nodes[branch]!.event.node, outcome, graph.root.node, model) ?? []);
  const ofSecond = getComparisons(second);
  return ofSecond.length > 0 && getComparisons(first).some((one) => ofSecond.some((other) => one.variable === other.variable && (one.text === other.text ? one.isSame !== other.isSame : one.isSame && other.isSame)));
}

interface Comparison {
  readonly variable: Variable;
  readonly text: string;
  readonly isSame: boolean;
}

/** `kind === "a"` for a parameter that is one for the whole run. */
function getComparison(test: Node, outcome: "true" | "false", root: Node, model: FileModel): Comparison | undefined {
  const node = unwrap(test);
  if (node.type !== "BinaryExpression" || !/^[!=]==$/.test(node.operator) || node.right.type !== "Literal" || node.left.type !== "Identifier") return undefined;
  const variable = model.getVariable(node.left);
  if (!variable || !isNeverReassigned(variable) || variable.defs[0]?.type !== "Parameter" || variable.defs[0].node !== (root as never)) return undefined;
  return { variable, text: node.right.raw, isSame: (node.operator === "===") === (outcome === "true") };
}

type Presence = "present" | "absent" | "unknown";

/** What an outcome of a test says about the presence of the key it looked up. */
export function getPresence(test: Node, outcome: "true" | "false"): Presence {
  const node = unwrap(test);
  const isTrue = outcome === "true";
  if (node.type === "UnaryExpression" && node.operator === "!") return getPresence(node.argument, isTrue ? "false" : "true");
  if (node.type === "BinaryExpression") {
    const isAboutNothing = isNothing(node.right) || (node.left.type !== "PrivateIdentifier" && isNothing(node.left));
    if (node.operator === "in") return isTrue ? "present" : "absent";
    if (node.operator === "instanceof") return isTrue ? "present" : "unknown";
    if (!isAboutNothing) return "unknown";
    if (node.operator === "===" || node.operator === "==") return isTrue ? "absent" : "present";
    if (node.operator === "!==" || node.operator === "!=") return isTrue ? "present" : "absent";
    return "unknown";
  }
  if (node.type === "Identifier" || node.type === "CallExpression" || node.type === "MemberExpression" || node.type === "AssignmentExpression") return isTrue ? "present" : "absent";
  return "unknown";
}
