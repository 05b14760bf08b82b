import type { Variable, Node } from "../code/ast.js";
import type { Operation, ReadOperation, WriteOperation } from "../maps/accesses.js";
import type { MapEntity } from "../maps/inventory.js";
import type { KeyTerm } from "../maps/keys.js";
import type { FunctionInfo } from "../code/model.js";

/**
 * How a value depends on a read.
 * - `copy`: it is the value read, or nothing: `m.get(k)`, `m.get(k) ?? x`, `ok ? old : x`
 * - `derived`: computed from it: `old + 1`, `{ ...old }`, `next(old)`
 * - `weak`: it went into an awaited call: `await next(old)`
 */
export type Strength = "copy" | "derived" | "weak";

/** A local name: a variable of the source, or what a followed helper returns. */
export type Name = Variable | { readonly returns: FunctionInfo; readonly at: Node };

export interface Dependence {
  /** A graph node that reads, or a name that is looked up where the value is used. */
  readonly source: number | Name;
  readonly strength: Strength;
}

export interface Value {
  readonly dependences: readonly Dependence[];
  readonly node: Node | undefined;
}

/** A lock: one instance, perhaps one key of it. */
export interface LockReference {
  /** Equal for the same lock. */
  readonly id: string;
  /** As the source calls it. */
  readonly name: string;
  /** `undefined` for a lock of the whole. */
  readonly key: KeyTerm | undefined;
  readonly isShared: boolean;
}

export type SuspendReason = "await" | "for await" | "await using" | "yield" | "then" | "timer" | "listener" | "callback";

export interface ReadEvent {
  readonly type: "read";
  readonly map: MapEntity;
  readonly operation: ReadOperation;
  readonly key: KeyTerm;
  /** Set for `entry.field`: a read of a field of the entry. */
  readonly field: string | undefined;
  readonly node: Node;
}

export interface WriteEvent {
  readonly type: "write";
  readonly map: MapEntity;
  readonly operation: WriteOperation;
  readonly key: KeyTerm;
  readonly field: string | undefined;
  readonly value: Value;
  readonly node: Node;
}

export type GraphEvent =
  | ReadEvent
  | WriteEvent
  /** A promise is about to be made that will be stored under this key before anything suspends. */
  | { readonly type: "reserve"; readonly map: MapEntity; readonly key: KeyTerm; readonly node: Node }
  | { readonly type: "assign"; readonly name: Name; readonly value: Value; readonly node: Node }
  | { readonly type: "suspend"; readonly reason: SuspendReason; readonly node: Node; readonly value: Value }
  | { readonly type: "call"; readonly name: string; readonly node: Node; readonly value: Value }
  | { readonly type: "lock"; readonly lock: LockReference; readonly node: Node }
  | { readonly type: "unlock"; readonly lock: LockReference; readonly node: Node }
  | { readonly type: "branch"; readonly test: Value; readonly node: Node }
  | { readonly type: "enter" | "loop" | "join"; readonly node: Node }
  | { readonly type: "exit"; readonly how: "return" | "throw" | "end"; readonly value: Value; readonly node: Node };

/** `true`/`false`: the outcome of a branch. `throw`: something in the node threw or rejected. */
export type EdgeKind = "next" | "true" | "false" | "throw";

export interface Edge {
  readonly to: number;
  readonly kind: EdgeKind;
  /** The first node of a task that is left here before it suspends: whoever started it goes on. */
  readonly since?: number;
}

export interface GraphNode {
  readonly id: number;
  readonly event: GraphEvent;
  readonly edges: Edge[];
  /** The functions of the file that this node runs in, outermost first: a followed helper is the last. */
  readonly stack: readonly FunctionInfo[];
  /** Where each of them but the first was entered: the call, or what runs the callback. */
  readonly calls: readonly Node[];
}

/** One function, and the helpers and callbacks followed from it, as events. */
export interface Graph {
  readonly root: FunctionInfo;
  readonly nodes: readonly GraphNode[];
  /** False if the budget ran out: what is missing is unknown. */
  readonly isComplete: boolean;
  /** What would have been followed otherwise; the root itself, if a part of it is missing. */
  readonly skipped: ReadonlySet<FunctionInfo>;
}

export const NO_VALUE: Value = { dependences: [], node: undefined };

export function isSourceVariable(name: Name): name is Variable {
  return !("returns" in name);
}

/** The graph as text, one node a line: `3 read this.m[id] get -> 4 / throw 9`. */
export function printGraph(graph: Graph): string {
  return graph.nodes.map((node) => `${node.id} ${printEvent(node.event)}${printEdges(node.edges)}`).join("\n");
}

function printEdges(edges: readonly Edge[]): string {
  if (edges.length === 0) return "";
  return ` -> ${edges.map((edge) => (edge.kind === "next" ? String(edge.to) : `${edge.kind} ${edge.to}`)).join(" / ")}`;
}

function printEvent(event: GraphEvent): string {
  switch (event.type) {
    case "read":
    case "write":
      return `${event.type} ${event.map.name}[${event.key.display}]${event.field === undefined ? "" : `.${event.field}`} ${event.operation satisfies Operation}`;
    case "reserve":
      return `reserve ${event.map.name}[${event.key.display}]`;
    case "assign":
      return `assign ${isSourceVariable(event.name) ? event.name.name : `result of ${event.name.returns.name}`}`;
    case "suspend":
      return `suspend ${event.reason}`;
    case "call":
      return `call ${event.name}`;
    case "lock":
    case "unlock":
      return `${event.type} ${event.lock.name}${event.lock.key ? `[${event.lock.key.display}]` : ""}`;
    case "exit":
      return `exit ${event.how}`;
    default:
      return event.type;
  }
}
