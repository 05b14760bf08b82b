import { isNothing, type Node, unwrap } from "./ast.js";
import { CONTROL, type Flow, type State } from "./flow.js";
import type { GraphNode, ReadEvent, WriteEvent } from "./graph.js";
import type { MapEntity } from "./inventory.js";
import type { Summaries } from "./summaries.js";

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
  const controllers = getControllersOf(site, read);
  const presences = controllers.map(({ id, outcome }) => getPresence(site.flow.graph.nodes[id]!.event.node, outcome));
  return presences.includes("present") && !presences.includes("absent");
}

/** What an outcome of a test says about the presence of the key it looked up. */
export function getPresence(test: Node, outcome: "true" | "false"): "present" | "absent" | "unknown" {
  const node = unwrap(test);
  const isTrue = outcome === "true";
  if (node.type === "UnaryExpression" && node.operator === "!") return getPresence(node.argument, isTrue ? "false" : "true");
  if (node.type === "BinaryExpression") {
    const isAboutNothing = isNothing(node.right) || (node.left.type !== "PrivateIdentifier" && isNothing(node.left));
    if (node.operator === "in") return isTrue ? "present" : "absent";
    if (!isAboutNothing) return "unknown";
    if (node.operator === "===" || node.operator === "==") return isTrue ? "absent" : "present";
    if (node.operator === "!==" || node.operator === "!=") return isTrue ? "present" : "absent";
    return "unknown";
  }
  if (node.type === "Identifier" || node.type === "CallExpression" || node.type === "MemberExpression" || node.type === "AssignmentExpression") return isTrue ? "present" : "absent";
  return "unknown";
}
