import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parser } from "../../src/cli/parser/index.js";
import { createFileLinter } from "../../src/cli/scan/lint.js";
import plugin from "../../src/plugin.js";
import { type Files, write } from "./fixture.js";

const STORE = `const sessions = new Map<string, Connection>();
export async function open(id: string): Promise<void> {
  if (sessions.has(id)) return;
  const connection = await createConnection(id);
  sessions.set(id, connection);
}
`;

/** The first of these files, as the command lints it: with its own parser. */
function scan(files: Files): { readonly rules: readonly string[]; readonly hasLookedElsewhere: boolean | undefined } {
  const root = write(files);
  const name = Object.keys(files)[0]!;
  const linter = createFileLinter({ plugin, preset: "recommended", cwd: root, getParser: () => parser });
  const { reports, hasLookedElsewhere } = linter.lint({ file: join(root, name), text: files[name]! });
  return { rules: reports.map(({ rule }) => rule), hasLookedElsewhere };
}

describe("the command takes a second look", () => {
  it("with its own parser", () => {
    expect(scan({ "store.ts": STORE, "main.ts": 'import { open } from "./store.js";\nasync function main(): Promise<void> {\n  await open("main");\n}\nvoid main();' })).toEqual({ rules: [], hasLookedElsewhere: true });
    expect(scan({ "store.ts": STORE, "main.ts": 'import { open } from "./store.js";\nsocket.on("open", (id: string) => void open(id));' })).toEqual({ rules: ["mapguard/no-check-then-act"], hasLookedElsewhere: true });
  });

  it("not for a file that has nothing to report", () => {
    expect(scan({ "a.ts": "const sessions = new Map<string, number>();\nexport const get = (id: string) => sessions.get(id);" })).toEqual({ rules: [], hasLookedElsewhere: undefined });
  });
});
