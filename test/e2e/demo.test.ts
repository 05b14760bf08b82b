import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const DEMO = fileURLToPath(new URL("../../docs/examples/demo/main.mjs", import.meta.url));

/** Runs the demo as `npm run demo` does: from any folder, told by npm where the user is. */
function runDemo(args: readonly string[] = []): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [DEMO, ...args], { env: { ...process.env, NO_COLOR: "1", INIT_CWD: fileURLToPath(new URL("../../docs", import.meta.url)) } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("close", (code) => resolve({ code, output }));
  });
}

describe("npm run demo", () => {
  it("shows four bugs, their reasons, and that every number holds after the fixes", { timeout: 240_000 }, async () => {
    const { code, output } = await runDemo();
    expect(output).toMatch(/✗ 8 requests of one tenant share a connection +\d+ opened, not 1$/m);
    expect(output).toMatch(/✓ 8 requests of one tenant share a connection +1 opened/);
    expect(output.match(/^ {2}✗ \S/gm)).toHaveLength(4);
    expect(output.match(/^ {2}✓ \S/gm)).toHaveLength(4);
    for (const rule of ["no-check-then-act", "no-lost-update", "no-map-across-workers"]) expect(output).toContain(`error  mapguard/${rule}`);
    expect(output).toContain("warning  mapguard/no-stale-cleanup");
    expect(output).toMatch(/SharedMap +100000 of 100000 +exact/);
    expect(output).toContain("After the fixes every number holds.");
    expect(code).toBe(0);
  });

  it("scans a path instead, seen from where the user is", { timeout: 60_000 }, async () => {
    const { code, output } = await runDemo(["examples/service"]);
    expect(output).toContain("6 files scanned: 3 errors, 1 warning.");
    expect(code).toBe(1);
  });
});
