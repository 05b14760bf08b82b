import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { save } from "./database.js";

const drafts = new Map<string, string>();

export function edit(id: string, text: string): void {
  drafts.set(id, text);
}

export async function saveAll(): Promise<void> {
  drafts.forEach(async (text, id) => {
    await save(id, text);
  });
}
`;

const correct = incorrect.replace("drafts.forEach(async (text, id) => {", "for (const [id, text] of [...drafts]) {").replace("  });", "  }");

interface Module {
  edit(id: string, text: string): void;
  saveAll(): Promise<void>;
}

export const evidence: Evidence = {
  rule: "no-async-for-each",
  title: "saveAll() is done, and nothing is saved",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const saved: string[] = [];
      const save = io("save", (id: string, _text: string) => void saved.push(id), { effect: "completion" });
      const { edit, saveAll } = load<Module>({ "./database.js": { save } });
      edit("a", "first");
      edit("b", "second");
      spawn("A: saveAll()", async () => {
        await saveAll();
        assert.deepEqual(saved, ["a", "b"], `${saved.length} of 2 drafts are saved when saveAll() is done`);
      });
    },
};
