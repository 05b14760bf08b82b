import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `const starts = new Map<string, number>();

export function begin(requestId: string): void {
  starts.set(requestId, performance.now());
}

export function end(requestId: string): number {
  const start = starts.get(requestId) ?? performance.now();
  return performance.now() - start;
}

export function countStarts(): number {
  return starts.size;
}
`;

const correct = incorrect.replace(
  `performance.now();
  return`,
  `performance.now();
  starts.delete(requestId);
  return`,
);

interface Module {
  begin(id: string): void;
  end(id: string): number;
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
    for (let request = 0; request < 1000; request++) {
      begin(`r${request}`);
      end(`r${request}`);
    }
    assert.equal(countStarts(), 0, "all requests are over, and their entries are there");
  },
};
