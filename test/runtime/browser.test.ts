import { fileURLToPath } from "node:url";
import { createContext, Script } from "node:vm";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";

const entry = fileURLToPath(new URL("../../src/runtime/index.ts", import.meta.url));

function bundle(format: "esm" | "iife"): string {
  const { outputFiles, warnings } = buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: "browser",
    format,
    globalName: "mapguard",
    target: "es2022",
    write: false,
  });
  expect(warnings).toEqual([]);
  return outputFiles[0]!.text;
}

/** What a browser has and the language alone has not. */
const browserGlobals = { AbortController, AbortSignal, setTimeout, clearTimeout, performance };

describe("the bundle for a browser", () => {
  it("weighs at most 6 kB, gzipped", () => {
    expect(gzipSync(bundle("esm")).length).toBeLessThanOrEqual(6000);
  });

  it("loads, updates and locks where there is nothing of Node", async () => {
    const context = createContext({ ...browserGlobals });
    new Script(bundle("iife")).runInContext(context);
    const work = new Script(`(async () => {
      const map = new mapguard.SafeMap();
      await map.getOrInsertAsync("a", async () => 1);
      await Promise.all([1, 2, 3].map(() => map.updateAsync("a", async (current) => current + 1, { timeout: 1000 })));
      const snapshot = map.snapshot();
      map.clear();
      return snapshot.get("a");
    })()`);
    await expect(work.runInContext(context)).resolves.toBe(4);
  });

  it("says so where it is asked to detect re-entrance and cannot", () => {
    const context = createContext({ ...browserGlobals });
    new Script(bundle("iife")).runInContext(context);
    const make = new Script("new mapguard.SafeMap(null, { detectReentrance: true })");
    expect(() => make.runInContext(context)).toThrow("needs AsyncLocalStorage");
  });
});
