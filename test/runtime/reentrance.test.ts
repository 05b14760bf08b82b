import { describe, expect, it } from "vitest";
import { ReentranceError, SafeMap } from "../../src/runtime/index.js";
import { deferred, settle, stateOf } from "./helpers.js";

const watchful = (name?: string): SafeMap<string, number> => new SafeMap<string, number>(null, { name, detectReentrance: true });

describe("detectReentrance rejects with ReentranceError", () => {
  it.each<[string, (map: SafeMap<string, number>) => Promise<unknown>]>([
    ["a section inside its own key's section", (map) => map.runExclusive(["a"], () => map.runExclusive(["a"], async () => {}))],
    ["an update inside its own key's update", (map) => map.updateAsync("a", () => map.updateAsync("a", async () => 1))],
    ["an update inside its own key's section", (map) => map.runExclusive(["a", "b"], () => map.updateAsync("b", async () => 1))],
    ["a lock inside its own key's section", (map) => map.runExclusive(["a"], () => map.lock(["b", "a"]))],
    ["a key inside the whole map", (map) => map.runExclusive(() => map.updateAsync("a", async () => 1))],
    ["the whole map inside a key", (map) => map.updateAsync("a", async () => (await map.lock(), 1))],
    ["a shared lock inside an exclusive section", (map) => map.runExclusive(["a"], () => map.lock(["a"], { mode: "shared" }))],
    ["two sections further in", (map) => map.runExclusive(["a"], () => map.runExclusive(["b"], () => map.runExclusive(["a"], async () => {})))],
    ["after an await, in a helper", (map) => map.runExclusive(["a"], async () => (await settle(), await map.updateAsync("a", async () => 1)))],
    ["a load that waits for itself", (map) => map.getOrInsertAsync("a", () => map.getOrInsertAsync("a", async () => 1))],
    ["a load that waits for itself, with a timeout", (map) => map.getOrInsertAsync("a", () => map.getOrInsertAsync("a", async () => 1, { timeout: 1000 }))],
  ])("%s", async (_, nest) => {
    const map = watchful("jobs");
    const nested = nest(map);
    await expect(nested).rejects.toThrow(ReentranceError);
    await expect(nested).rejects.toThrow(/^jobs: waits for .* inside the section that holds it/);
    await expect(map.updateAsync("a", async () => 7)).resolves.toBe(7);
  });
});

describe("detectReentrance lets be", () => {
  it.each<[string, (map: SafeMap<string, number>) => Promise<unknown>]>([
    ["another key", (map) => map.runExclusive(["a"], () => map.updateAsync("b", async () => 1))],
    ["the same key of another map", (map) => map.runExclusive(["a"], () => watchful().updateAsync("a", async () => 1))],
    ["what runs after the section", async (map) => (await map.updateAsync("a", async () => 1), map.updateAsync("a", async () => 2))],
    ["two tasks that meet", (map) => Promise.all([map.updateAsync("a", async () => 1), map.updateAsync("a", async () => 2)])],
    ["synchronous methods", (map) => map.runExclusive(["a"], () => map.update("a", () => 1))],
    ["a load of the section's key", (map) => map.runExclusive(["a"], () => map.getOrInsertAsync("a", async () => 1))],
    ["a load of another key inside a load", (map) => map.getOrInsertAsync("a", () => map.getOrInsertAsync("b", async () => 1))],
  ])("%s", async (_, run) => {
    await expect(run(watchful())).resolves.toBeDefined();
  });

  it("what a section started and did not wait for, once the section is over", async () => {
    const map = watchful();
    const gate = deferred();
    let later!: Promise<number>;
    await map.runExclusive(["a"], async () => {
      later = gate.promise.then(() => map.updateAsync("a", async () => 1));
    });
    gate.resolve();
    await expect(later).resolves.toBe(1);
  });

  it("waits that really end, with the option off", async () => {
    const map = new SafeMap<string, number>();
    let inner!: Promise<number>;
    await map.runExclusive(["a"], async () => void (inner = map.updateAsync("a", async () => 1)));
    expect(await stateOf(inner)).toBe("fulfilled");
  });
});
