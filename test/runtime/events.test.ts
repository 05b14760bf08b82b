import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { SafeMap, type SafeMapOptions } from "../../src/runtime/index.js";
import { settle } from "./helpers.js";

/** What a channel tells while `act` runs. */
async function listen(channel: string, act: () => Promise<unknown> | void): Promise<unknown[]> {
  const events: unknown[] = [];
  const collect = (event: unknown): void => void events.push(event);
  subscribe(channel, collect);
  try {
    await act();
    await settle();
  } finally {
    unsubscribe(channel, collect);
  }
  return events;
}

const newMap = (options?: SafeMapOptions<string, number>): SafeMap<string, number> => new SafeMap<string, number>(null, { name: "jobs", ...options });
const milliseconds = expect.any(Number);

describe("diagnostics channels", () => {
  it("mapguard:wait tells who waited for a lock, for how long, and how it ended", async () => {
    const map = newMap();
    const events = await listen("mapguard:wait", async () => {
      const held = await map.lock(["a"]);
      const waiting = [map.updateAsync("a", async () => 1), map.runExclusive(async () => {}), map.lock(["a"], { timeout: 2 }).catch(() => {})];
      await waiting[2];
      held.release();
      await Promise.all(waiting);
    });
    expect(events).toEqual([
      { map: "jobs", keys: ["a"], outcome: "left", milliseconds },
      { map: "jobs", keys: ["a"], outcome: "granted", milliseconds },
      { map: "jobs", keys: undefined, outcome: "granted", milliseconds },
    ]);
  });

  it("mapguard:load tells how a load ended", async () => {
    const map = newMap();
    const load = (key: string): Promise<number> => settle().then(() => (key === "d" ? Promise.reject(new Error("no")) : 1));
    const events = await listen("mapguard:load", async () => {
      const loads = ["a", "b", "c", "d"].map((key) => map.getOrInsertAsync(key, load));
      map.set("b", 2);
      map.delete("c");
      await Promise.allSettled(loads);
    });
    expect(events).toEqual([
      { map: "jobs", key: "a", outcome: "stored", milliseconds },
      { map: "jobs", key: "b", outcome: "superseded", milliseconds },
      { map: "jobs", key: "c", outcome: "discarded", milliseconds },
      { map: "jobs", key: "d", outcome: "failed", milliseconds },
    ]);
  });

  it("mapguard:conflict tells what became of an update whose key was written", async () => {
    const map = newMap();
    const events = await listen("mapguard:conflict", async () => {
      for (const onConflict of [undefined, "reject", "retry", "overwrite"] as const) {
        const update = map.updateAsync("a", async () => (await settle(), 1), onConflict && { onConflict });
        map.set("a", 2);
        await update.catch(() => {});
      }
    });
    expect(events).toEqual(["rejected", "rejected", "retried", "overwritten"].map((outcome) => ({ map: "jobs", key: "a", outcome })));
  });

  it("mapguard:write tells every write of an audited map, whichever method makes it", async () => {
    const map = newMap({ audit: true });
    const events = await listen("mapguard:write", async () => {
      map.set("a", 1);
      map.update("a", (current) => current! + 1);
      await map.updateAsync("a", async (current) => current! + 1);
      map.delete("b");
      map.take("a");
      await map.getOrInsertAsync("b", async () => 5);
      map.clear();
    });
    expect(events).toEqual([
      { map: "jobs", operation: "set", key: "a", previous: undefined, value: 1 },
      { map: "jobs", operation: "set", key: "a", previous: 1, value: 2 },
      { map: "jobs", operation: "set", key: "a", previous: 2, value: 3 },
      { map: "jobs", operation: "delete", key: "a", previous: 3 },
      { map: "jobs", operation: "set", key: "b", previous: undefined, value: 5 },
      { map: "jobs", operation: "clear", size: 1 },
    ]);
  });

  it("mapguard:write tells nothing of a map that is not audited", async () => {
    expect(await listen("mapguard:write", () => void newMap().set("a", 1))).toEqual([]);
  });
});
