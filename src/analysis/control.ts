import type { Graph } from "./graph.js";

/** A branch on whose outcome a node depends. */
export interface Controller {
  readonly id: number;
  readonly outcome: "true" | "false";
}

/** Control dependence, early exits included. */
export interface Control {
  /** The branches of which the node is reached on one outcome only. */
  getControllers(node: number): readonly Controller[];
  /** Whether a node can be reached from another, at all. */
  canReach(from: number, to: number): boolean;
}

/**
 * A node depends on a branch if it is reached from one outcome and not from the other without passing the branch again.
 * Exceptions that may happen count only for nodes that nothing else reaches: a call that could throw must not make the
 * code behind it look optional.
 */
export function createControl(graph: Graph): Control {
  const branches = graph.nodes.filter((node) => node.event.type === "branch" && node.edges.length > 0).map((node) => node.id);
  const reach = new Map<string, Uint8Array>();
  const controllers = new Map<number, readonly Controller[]>();

  const getReach = (key: string, starts: readonly number[], barrier: number, withThrows: boolean): Uint8Array => {
    const known = reach.get(key);
    if (known) return known;
    const seen = new Uint8Array(graph.nodes.length);
    const stack = starts.filter((id) => id !== barrier);
    for (const id of stack) seen[id] = 1;
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      for (const edge of graph.nodes[id]!.edges) {
        if (seen[edge.to] || edge.to === barrier || (edge.kind === "throw" && !withThrows)) continue;
        seen[edge.to] = 1;
        stack.push(edge.to);
      }
    }
    reach.set(key, seen);
    return seen;
  };

  const fromOutcome = (branch: number, outcome: "true" | "false", withThrows: boolean): Uint8Array => {
    const starts = graph.nodes[branch]!.edges.filter((edge) => edge.kind === outcome).map((edge) => edge.to);
    return getReach(`${branch}${outcome}${withThrows}`, starts, branch, withThrows);
  };

  const findControllers = (node: number): Controller[] => {
    const found: Controller[] = [];
    for (const branch of branches) {
      if (branch === node) continue;
      let onTrue = fromOutcome(branch, "true", false)[node];
      let onFalse = fromOutcome(branch, "false", false)[node];
      if (!onTrue && !onFalse) {
        onTrue = fromOutcome(branch, "true", true)[node];
        onFalse = fromOutcome(branch, "false", true)[node];
      }
      if (onTrue && !onFalse) found.push({ id: branch, outcome: "true" });
      if (onFalse && !onTrue) found.push({ id: branch, outcome: "false" });
    }
    return found;
  };

  return {
    getControllers(node) {
      let known = controllers.get(node);
      if (!known) controllers.set(node, (known = findControllers(node)));
      return known;
    },
    canReach: (from, to) => getReach(`all${from}`, graph.nodes[from]!.edges.map((edge) => edge.to), -1, true)[to] === 1,
  };
}
