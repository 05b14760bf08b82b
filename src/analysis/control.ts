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
  const size = graph.nodes.length;
  const branches = graph.nodes.filter((node) => node.event.type === "branch" && node.edges.length > 0).map((node) => node.id);
  const forward = createSuccessors(graph, false);
  const all = createSuccessors(graph, true);
  const outcomes: (Uint8Array | undefined)[] = [];
  const reach = new Map<number, Uint8Array>();
  const controllers = new Map<number, readonly Controller[]>();

  const fromOutcome = (branch: number, outcome: "true" | "false", withThrows: boolean): Uint8Array => {
    const index = branch * 4 + (outcome === "true" ? 2 : 0) + (withThrows ? 1 : 0);
    let seen = outcomes[index];
    if (!seen) {
      const starts = graph.nodes[branch]!.edges.filter((edge) => edge.kind === outcome).map((edge) => edge.to);
      outcomes[index] = seen = flood(size, starts, withThrows ? all : forward, branch);
    }
    return seen;
  };

  let plain: Uint8Array | undefined;
  const isReachedPlainly = (): Uint8Array => (plain ??= flood(size, [0], forward, -1));

  const findControllers = (node: number): Controller[] => {
    const found: Controller[] = [];
    for (const branch of branches) {
      if (branch === node) continue;
      let onTrue = fromOutcome(branch, "true", false)[node];
      let onFalse = fromOutcome(branch, "false", false)[node];
      if (!onTrue && !onFalse && !isReachedPlainly()[node]) {
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
    canReach(from, to) {
      let seen = reach.get(from);
      if (!seen) reach.set(from, (seen = flood(size, all[from]!, all, -1)));
      return seen[to] === 1;
    },
  };
}

function createSuccessors(graph: Graph, withThrows: boolean): readonly (readonly number[])[] {
  return graph.nodes.map((node) => node.edges.filter((edge) => withThrows || edge.kind !== "throw").map((edge) => edge.to));
}

/** Marks what can be reached from some nodes without passing the barrier. */
function flood(size: number, starts: readonly number[], successors: readonly (readonly number[])[], barrier: number): Uint8Array {
  const seen = new Uint8Array(size);
  const stack: number[] = [];
  for (const start of starts) {
    if (start === barrier || seen[start]) continue;
    seen[start] = 1;
    stack.push(start);
  }
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const next of successors[id]!) {
      if (seen[next] || next === barrier) continue;
      seen[next] = 1;
      stack.push(next);
    }
  }
  return seen;
}
