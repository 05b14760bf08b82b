import { getShortText, type Node } from "../analysis/code/ast.js";
import type { Breach } from "../analysis/locks/locking.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Timeline, TimelineStep } from "./finding.js";
import { describeFunction, quote } from "./hazard.js";

/** A function in a message: "`save()`", "the callback of on". */
export function quoteFunction(name: string): string {
  return quote(describeFunction(name));
}

/** A write that comes into another function's locked section, in the order in which it goes wrong. */
export function createBreachTimeline(breach: Extract<Breach, { kind: "section" }>, analysis: Analysis): Timeline & { readonly overlap: string } {
  const { section } = breach;
  const step = (task: 0 | 1, node: Node, kind: TimelineStep["kind"], note: string): TimelineStep => ({ task, line: node.loc.start.line, kind, note });
  const text = (node: Node): string => getShortText(node, analysis.sourceCode, 40);
  return {
    tasks: [describeFunction(section.task.name), describeFunction(breach.function.name)],
    overlap: breach.overlap.reason,
    steps: [
      step(0, section.read.node, "read", `under ${section.lock.name}: ${text(section.read.node)}`),
      step(0, section.suspension, "suspend", `suspended, ${section.lock.name} held`),
      step(1, breach.node, "write", `without ${section.lock.name}: ${text(breach.node)}`),
      step(0, section.suspension, "resume", "goes on with what it saw before"),
      step(0, section.write.node, "wrong", "writes over what came in meanwhile"),
    ],
  };
}
