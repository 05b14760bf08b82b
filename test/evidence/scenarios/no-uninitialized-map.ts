import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `export function countWords(words: string[], ignored?: string[]): number {
  let skipped: Set<string>;
  if (ignored) skipped = new Set(ignored);
  let count = 0;
  for (const word of words) {
    if (!skipped!.has(word)) count++;
  }
  return count;
}
`;

const correct = incorrect.replace(
  `  let skipped: Set<string>;
  if (ignored) skipped = new Set(ignored);
`,
  `  const skipped = new Set(ignored);
`,
).replace("skipped!", "skipped");

interface Module {
  countWords(words: string[], ignored?: string[]): number;
}

export const evidence: Evidence = {
  rule: "no-uninitialized-map",
  title: "Nothing to ignore, and no set",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { countWords } = load<Module>();
    assert.equal(countWords(["a", "map"], ["a"]), 1);
    assert.equal(countWords(["a", "map"]), 2);
  },
};
