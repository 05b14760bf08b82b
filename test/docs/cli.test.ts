import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { BIN, createWorkspace } from "../cli/workspace.js";

const page = readFileSync(new URL("../../docs/guide/cli.md", import.meta.url), "utf8");
const drawing = /^```text\n(.*?)^```$/ms.exec(page)![1]!;

const CODE = `const sessions = new Map<string, Session>();
export async function acquire(id: string) {
  if (!sessions.has(id)) {
    const session = await open(id);
    sessions.set(id, session);
  }
}
`;

describe("the guide to the command", () => {
  // The drawing shows line 12 and those after it.
  const workspace = createWorkspace({ "src/sessions.ts": "\n".repeat(9) + CODE });
  afterAll(() => workspace.remove());

  it("shows the timeline as it is drawn", async () => {
    const { stdout } = await workspace.run(["scan"], { bin: BIN, env: { COLUMNS: "98" } });
    expect(stdout).toContain(drawing);
  });
});
