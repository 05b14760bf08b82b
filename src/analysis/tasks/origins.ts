import { type Control, createControl } from "./control.js";
import { COPY, DERIVED, type Flow, WEAK } from "./flow.js";
import type { Dependence, Graph, Name, Value } from "./graph.js";
import type { MapEntity } from "../maps/inventory.js";
import type { PlacedAccess } from "../maps/summaries.js";

/** The functions that touch one of these maps, followed: all of them, or those in which one of some accesses can happen. */
export type FlowsOf = (maps: ReadonlySet<MapEntity>, accesses?: readonly PlacedAccess[]) => readonly Flow[];

/** Where values come from, without the order of events: every assignment of a name counts everywhere. Cheap, and for questions in which too many answers do no harm. */
export interface Origins {
  /** The reads that a value may come from, with the bits of `flow.ts`. */
  resolve(value: Value): ReadonlyMap<number, number>;
  readonly control: Control;
}

/** Whether a node is reached from one outcome of a branch and not from the other. The same as asking for the controllers of the node, for one branch only. */
export function isDecidedBy(graph: Graph, branch: number, outcome: "true" | "false", node: number): boolean {
  const other = outcome === "true" ? "false" : "true";
  return canReachFrom(graph, branch, outcome, node) && !canReachFrom(graph, branch, other, node);
}

function canReachFrom(graph: Graph, branch: number, outcome: "true" | "false", node: number): boolean {
  const stack = graph.nodes[branch]!.edges.flatMap((edge) => (edge.kind === outcome && edge.to !== branch ? [edge.to] : []));
  const seen = new Set(stack);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (id === node) return true;
    for (const edge of graph.nodes[id]!.edges) {
      if (edge.kind === "throw" || edge.to === branch || seen.has(edge.to)) continue;
      seen.add(edge.to);
      stack.push(edge.to);
    }
  }
  return false;
}

const cache = new WeakMap<Graph, Origins>();

export function getOrigins(graph: Graph): Origins {
  let origins = cache.get(graph);
  if (!origins) cache.set(graph, (origins = createOrigins(graph)));
  return origins;
}

function createOrigins(graph: Graph): Origins {
  const assigned = new Map<Name, Dependence[]>();
  for (const { event } of graph.nodes) {
    if (event.type !== "assign") continue;
    const known = assigned.get(event.name);
    if (known) known.push(...event.value.dependences);
    else assigned.set(event.name, [...event.value.dependences]);
  }
  let control: Control | undefined;
  return {
    resolve: (value) => resolve(value.dependences, assigned),
    get control() {
      return (control ??= createControl(graph));
    },
  };
}

function resolve(dependences: readonly Dependence[], assigned: ReadonlyMap<Name, readonly Dependence[]>): Map<number, number> {
  const found = new Map<number, number>();
  const seen = new Map<Name, number>();
  const stack = dependences.map((dependence) => ({ dependence, limit: COPY }));
  for (let item = stack.pop(); item; item = stack.pop()) {
    const { source, strength } = item.dependence;
    const bits = Math.max(item.limit, strength === "copy" ? COPY : strength === "derived" ? DERIVED : WEAK);
    if (typeof source === "number") {
      found.set(source, (found.get(source) ?? 0) | bits);
      continue;
    }
    if (((seen.get(source) ?? 0) & bits) !== 0) continue;
    seen.set(source, (seen.get(source) ?? 0) | bits);
    for (const dependence of assigned.get(source) ?? []) stack.push({ dependence, limit: bits });
  }
  return found;
}
