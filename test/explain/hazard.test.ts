import { afterEach, describe, expect, it } from "vitest";
import { createWorkspace, type Workspace, BIN } from "../cli/workspace.js";

const work: Workspace[] = [];

async function getNotes(code: string): Promise<string[]> {
  const workspace = createWorkspace({ "example.ts": code });
  work.push(workspace);
  const { stdout } = await workspace.run(["scan", "--format", "json"], { bin: BIN });
  const { files } = JSON.parse(stdout) as { files: { reports: { finding: { timeline: { steps: { note: string }[] } } }[] }[] };
  return files.flatMap(({ reports }) => reports.flatMap(({ finding }) => finding.timeline.steps.map(({ note }) => note)));
}

afterEach(() => {
  for (const workspace of work.splice(0)) workspace.remove();
});

describe("a timeline", () => {
  it("says that a quota looks at the whole map", async () => {
    const notes = await getNotes("const seats = new Map();\nexport async function book(user: string) {\n  if (seats.size >= 3) return false;\n  await charge(user);\n  seats.set(user, 1);\n  return true;\n}\n");
    expect(notes).toContain("checks seats");
    expect(notes).toContain("writes seats[user]");
  });

  it("names the key of a look-up", async () => {
    const notes = await getNotes("const seats = new Map();\nexport async function book(user: string) {\n  if (seats.has(user)) return false;\n  await charge(user);\n  seats.set(user, 1);\n  return true;\n}\n");
    expect(notes).toContain("checks seats[user]");
  });
});
