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
  /** The same for one branch, without looking at the others. */
  getOutcome(branch: number, node: number): "true" | "false" | undefined;
  /** Whether a node can be reached from another, at all. */
  canReach(from: number, to: number): boolean;
  /** Whether something that fails on the way leads past a third node, which lay ahead. */
  canFailPast(from: number, to: number, passed: number): boolean;
}

/**
 * A node depends on a branch if it is reached from one outcome and not from the other without passing the branch again.
 * Exceptions that may happen count only for nodes that nothing else reaches: a call that could throw must not make the
 * code behind it look optional.
 */
export function createControl(graph: Graph): Control {
  const branches = graph.nodes.filter((node) => node.event.type === "branch" && node.edges.length > 0).map((node) => node.id);
  const outcomes: (Uint8Array | undefined)[] = [];
  const reach = new Map<number, Uint8Array>();
  const controllers = new Map<number, readonly Controller[]>();

  const fromOutcome = (branch: number, outcome: "true" | "false", withThrows: boolean): Uint8Array => {
    const index = branch * 4 + (outcome === "true" ? 2 : 0) + (withThrows ? 1 : 0);
    let seen = outcomes[index];
    if (!seen) {
      const starts = graph.nodes[branch]!.edges.filter((edge) => edge.kind === outcome).map((edge) => edge.to);
      outcomes[index] = seen = flood(graph, starts, withThrows, branch);
    }
    return seen;
  };

  let plain: Uint8Array | undefined;
  const isReachedPlainly = (): Uint8Array => (plain ??= flood(graph, [0], false, -1));

  const getOutcome = (branch: number, node: number): "true" | "false" | undefined => {
    if (branch === node) return undefined;
    let onTrue = fromOutcome(branch, "true", false)[node];
    let onFalse = fromOutcome(branch, "false", false)[node];
    if (!onTrue && !onFalse && !isReachedPlainly()[node]) {
      onTrue = fromOutcome(branch, "true", true)[node];
      onFalse = fromOutcome(branch, "false", true)[node];
    }
    return onTrue === onFalse ? undefined : onTrue ? "true" : "false";
  };

  const findControllers = (node: number): Controller[] => {
    const found: Controller[] = [];
    for (const branch of branches) {
      const outcome = getOutcome(branch, node);
      if (outcome) found.push({ id: branch, outcome });
    }
    return found;
  };

  const canReach = (from: number, to: number): boolean => {
    let seen = reach.get(from);
    if (!seen) reach.set(from, (seen = flood(graph, graph.nodes[from]!.edges.map((edge) => edge.to), true, -1)));
    return seen[to] === 1;
  };

  return {
    getControllers(node) {
      let known = controllers.get(node);
      if (!known) controllers.set(node, (known = findControllers(node)));
      return known;
    },
    getOutcome,
    canReach,
    canFailPast(from, to, passed) {
      const before = flood(graph, [from], true, passed);
      const isPast = (target: number): boolean => (target === to || canReach(target, to)) && !canReach(target, passed);
      return graph.nodes.some(({ id, edges }) => before[id] === 1 && edges.some((edge) => edge.kind === "throw" && edge.to !== passed && isPast(edge.to)));
    },
  };
}

/** Marks what can be reached from some nodes without passing the barrier. */
function flood(graph: Graph, starts: readonly number[], withThrows: boolean, barrier: number): Uint8Array {
  const seen = new Uint8Array(graph.nodes.length);
  const stack: number[] = [];
  for (const start of starts) {
    if (start === barrier || seen[start]) continue;
    seen[start] = 1;
    stack.push(start);
  }
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const { to, kind } of graph.nodes[id]!.edges) {
      if (seen[to] || to === barrier || (kind === "throw" && !withThrows)) continue;
      seen[to] = 1;
      stack.push(to);
    }
  }
  return seen;
}
