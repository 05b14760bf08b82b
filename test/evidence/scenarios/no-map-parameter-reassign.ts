import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `export function reload(codes: Map<string, number>, rows: [string, number][]): void {
  codes = new Map(rows);
}
`;

const correct = incorrect.replace("codes = new Map(rows);", "codes.clear();\n  for (const [name, code] of rows) codes.set(name, code);");

interface Module {
  reload(codes: Map<string, number>, rows: [string, number][]): void;
}

export const evidence: Evidence = {
  rule: "no-map-parameter-reassign",
  title: "The caller keeps the old map",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { reload } = load<Module>();
    const codes = new Map([["old", 1]]);
    reload(codes, [["new", 2]]);
    assert.deepEqual([...codes], [["new", 2]], `after reload() the caller has: ${[...codes.keys()].join(", ")}`);
  },
};
