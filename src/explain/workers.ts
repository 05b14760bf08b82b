import type { Node } from "../analysis/code/ast.js";
import type { BrokenCopy } from "../analysis/workers/crossing.js";
import type { PerWorkerState } from "../analysis/workers/processes.js";
import type { MemoryHazard } from "../analysis/workers/shared-memory.js";
import type { Analysis } from "../analysis/pipeline.js";
import { getShortText } from "../analysis/code/ast.js";
import type { Timeline, TimelineStep } from "./finding.js";

const line = (node: Node | undefined): string => (node ? String(node.loc.start.line) : "");

const HOW: Readonly<Record<string, string>> = { message: "a message", start: "`workerData`", process: "a message to another process", call: "a call in a worker" };

/** The data of the message of a map that is no longer one map. */
export function describeCopy({ name, reliance, post }: BrokenCopy): Record<string, string> {
  const how = post?.node.type === "AssignmentExpression" ? "an assignment to what is in a worker" : HOW[post?.kind ?? "message"];
  return { map: name, reliance: line(reliance), how: how ?? "" };
}

/** The two sides of a copy, in the order in which it goes wrong. */
export function createCopyTimeline({ kind, name, node, reliance }: BrokenCopy): Timeline | undefined {
  if (!reliance) return undefined;
  const step = (task: 0 | 1, at: Node, stepKind: TimelineStep["kind"], note: string): TimelineStep => ({ task, line: at.loc.start.line, kind: stepKind, note });
  const isExpected = kind === "expected";
  return {
    tasks: ["this thread", "the worker"],
    steps: [
      step(0, node, "write", `posts ${name}: it is copied`),
      step(1, node, "start", `has its own ${name}`),
      isExpected ? step(1, node, "write", `writes its own ${name}`) : step(0, reliance, "write", `writes ${name} here`),
      isExpected ? step(0, reliance, "wrong", `reads ${name}: nothing has changed`) : step(1, reliance, "wrong", `reads its own ${name}: nothing has changed`),
    ],
  };
}

/** The data of the message of a map that exists once a worker. */
export function describePerWorker({ name, file, writer, reader, write, read, reason }: PerWorkerState): Record<string, string> {
  return { map: name, file, writer, reader, write: line(write), read: line(read), reason };
}

/** The data of the message of an unsynchronized use of shared memory. */
export function describeMemory({ view, index, other, node }: MemoryHazard, analysis: Analysis): Record<string, string> {
  const at = getShortText(index, analysis.sourceCode, 24);
  return { slot: view.type === "DataView" ? `${view.name}, byte ${at}` : `${view.name}[${at}]`, view: view.name, code: getShortText(node, analysis.sourceCode), other: line(other) };
}

/** Two threads that run the same line. */
export function createMemoryTimeline({ kind, view, node, other }: MemoryHazard): Timeline | undefined {
  if (kind !== "update" && kind !== "load-store" && kind !== "read-write" && kind !== "check-store") return undefined;
  const read = (other ?? node).loc.start.line;
  const write = node.loc.start.line;
  const name = view.name;
  return {
    tasks: ["one thread", "another thread"],
    steps: [
      { task: 0, line: read, kind: "read", note: `reads the slot of ${name}` },
      { task: 1, line: read, kind: "read", note: "reads the same value" },
      { task: 0, line: write, kind: "write", note: "writes what it made of it" },
      { task: 1, line: write, kind: "wrong", note: kind === "check-store" ? "goes in as well" : "writes over it: one update is lost" },
    ],
  };
}
