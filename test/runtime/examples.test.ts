import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";

vi.mock("mapguard", () => import("../../src/runtime/index.js"));

const folder = new URL("../../docs/examples/safe-map/", import.meta.url);
const page = readFileSync(new URL("../../docs/guide/safe-map.md", import.meta.url), "utf8");
const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));

describe("the examples of the guide", () => {
  it.each([
    ["load-once", "opened 1, shared: true"],
    ["update", "left 7, then 100, refused: true"],
    ["transfer", "ann 80, bob 120"],
    ["snapshot", "a=1 b=2 c=3"],
    ["cleanup", "the newer run is still there"],
  ])("%s does what the page says", async (name, expected) => {
    const { main } = (await import(`../../docs/examples/safe-map/${name}.ts`)) as { main(): Promise<string> };
    await expect(main()).resolves.toBe(expected);
  });

  it("are what the page shows", () => {
    const shown = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
    expect(shown.length).toBeGreaterThan(0);
    for (const code of shown) expect(sources.filter((source) => source.includes(code.trim()))).toHaveLength(1);
  });
});
