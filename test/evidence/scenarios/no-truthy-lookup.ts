import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `const limits = new Map<string, number>();

export function block(user: string): void {
  limits.set(user, 0);
}

export function getLimit(user: string): number {
  return limits.get(user) || 100;
}
`;

const correct = incorrect.replace("||", "??");

interface Module {
  block(user: string): void;
  getLimit(user: string): number;
}

export const evidence: Evidence = {
  rule: "no-truthy-lookup",
  title: "Who is blocked gets the limit of everybody",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { block, getLimit } = load<Module>();
    block("mallory");
    const limit = getLimit("mallory");
    assert.equal(limit, 0, `blocked, with a limit of ${limit}`);
    assert.equal(getLimit("ann"), 100);
  },
};
