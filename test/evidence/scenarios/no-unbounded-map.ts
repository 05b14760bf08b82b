import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `const starts = new Map<string, number>();

export function begin(requestId: string, time: number): void {
  starts.set(requestId, time);
}

export function end(requestId: string, time: number): number {
  const start = starts.get(requestId) ?? time;
  return time - start;
}

export function countStarts(): number {
  return starts.size;
}
`;

const correct = incorrect.replace("  return time - start;", "  starts.delete(requestId);\n  return time - start;");

interface Module {
  begin(id: string, time: number): void;
  end(id: string, time: number): number;
  countStarts(): number;
}

export const evidence: Evidence = {
  rule: "no-unbounded-map",
  title: "Every request leaves an entry",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { begin, end, countStarts } = load<Module>();
    for (const request of ["r1", "r2"]) {
      begin(request, 1000);
      end(request, 1005);
    }
    assert.equal(countStarts(), 0, "all requests are over, and entries are left");
  },
};
