import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

describe("the example with four workers", () => {
  it("counts wrongly in a posted Map and exactly in a SharedMap", async () => {
    const folder = mkdtempSync(join(tmpdir(), "counter-workers-"));
    try {
      cpSync(join(root, "docs/examples/counter-workers"), folder, { recursive: true });
      // The package as built from source now, not as it was installed.
      const installed = join(folder, "node_modules/mapguard");
      mkdirSync(installed, { recursive: true });
      cpSync(join(root, "src/runtime/package.json"), join(installed, "package.json"));
      await build({ entryPoints: [join(root, "src/runtime/shared/index.ts")], bundle: true, format: "esm", platform: "node", outfile: join(installed, "dist/shared/index.js"), logLevel: "error" });
      const { stdout } = await promisify(execFile)(process.execPath, ["main.mjs"], { cwd: folder });
      expect(stdout.trim().split("\n").map((line) => line.trim().split(/\s+/).at(-1))).toEqual(["wrong", "exact"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
