import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `const files = new Map<string, { close(): void }>();

export function open(path: string, file: { close(): void }): void {
  files.set(path, file);
}

export function remove(path: string): void {
  files.delete(path);
  files.get(path)?.close();
}
`;

const correct = incorrect.replace(
  `  files.delete(path);
  files.get(path)?.close();
`,
  `  files.get(path)?.close();
  files.delete(path);
`,
);

interface Module {
  open(path: string, file: { close(): void }): void;
  remove(path: string): void;
}

export const evidence: Evidence = {
  rule: "no-use-after-delete",
  title: "The file is forgotten before it is closed",
  kind: "plain",
  incorrect,
  correct,
  scenario: (load) => () => {
    const { open, remove } = load<Module>();
    let isOpen = true;
    open("a.txt", { close: () => void (isOpen = false) });
    remove("a.txt");
    assert.ok(!isOpen, "the file was removed, and is still open");
  },
};
