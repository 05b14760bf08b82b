import type { Node } from "../analysis/code/ast.js";
import type { HeldIterator, IterationHarm, LoopMutation } from "../analysis/iteration/iteration.js";
import type { Timeline } from "./finding.js";
import { describeFunction, quote } from "./hazard.js";

const line = (node: Node): number => node.loc.start.line;

const HARM: Record<IterationHarm, string> = {
  refill: "What it puts back is visited a second time",
  return: "What leaves and comes back is visited a second time",
  twice: "What it adds is dealt with there, and here once more",
  drain: "What is set again after its turn is removed unseen",
};

/** The data of the message of a held iterator. */
export function describeHeld(held: HeldIterator): Record<string, string> {
  const { partner } = held;
  const name = partner.isSelf || !partner.function ? "another run" : quote(describeFunction(partner.function.name));
  return { map: held.map.name, suspension: String(line(held.suspension)), partner: String(line(partner.node)), partnerName: name, overlap: held.overlap.reason, harm: held.harm ? HARM[held.harm] : "What is added meanwhile is visited too" };
}

/** Two tasks: the loop, and the one that writes while it is suspended. */
export function createHeldTimeline(held: HeldIterator): Timeline {
  const task = describeFunction(held.task.name);
  const other = held.partner.isSelf || !held.partner.function ? `${task}, another run` : describeFunction(held.partner.function.name);
  const isRemoval = held.partnerOperation === "delete" || held.partnerOperation === "clear";
  return {
    tasks: [task, other],
    steps: [
      { task: 0, line: line(held.loop.loop), kind: "read", note: `walks ${held.map.name} itself, not a copy` },
      { task: 0, line: line(held.suspension), kind: "suspend", note: "suspended in the middle of the loop" },
      { task: 1, line: line(held.partner.node), kind: "write", note: isRemoval ? `removes from ${held.map.name}` : `adds to ${held.map.name}` },
      { task: 0, line: line(held.suspension), kind: "resume", note: "goes on with the same iterator" },
      { task: 0, line: line(held.loop.loop), kind: "wrong", note: isRemoval ? "passes over what was removed" : held.harm ? lowerFirst(HARM[held.harm]) : "visits what was added after it began" },
    ],
  };
}

/** The data of the message of a write that its own loop sees. */
export function describeMutation(mutation: LoopMutation): Record<string, string> {
  return {
    map: mutation.map.name,
    key: mutation.key,
    loop: String(line(mutation.loop.loop)),
    other: mutation.other ? String(line(mutation.other)) : "",
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
