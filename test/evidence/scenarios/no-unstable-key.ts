import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `const owners = new Map<[number, number], string>();

export function claim(x: number, y: number, owner: string): void {
  owners.set([x, y], owner);
}

export function getOwner(x: number, y: number): string | undefined {
  return owners.get([x, y]);
}
`;

const correct = incorrect.replace("Map<[number, number], string>", "Map<string, string>").replaceAll("[x, y]", "`${x},${y}`");

interface Module {
  claim(x: number, y: number, owner: string): void;
  getOwner(x: number, y: number): string | undefined;
}

export const evidence: Evidence = {
  rule: "no-unstable-key",
  title: "What is stored is never found again",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { claim, getOwner } = load<Module>();
    claim(2, 3, "ann");
    const owner = getOwner(2, 3);
    assert.equal(owner, "ann", `claimed by ann, and the owner is ${owner}`);
  },
};
