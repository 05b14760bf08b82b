import { describe, expect, it } from "vitest";
import { Loads } from "../../src/runtime/loads.js";
import { SafeMap } from "../../src/runtime/index.js";
import { History } from "../../src/runtime/snapshot.js";
import { collectGarbage, deferred, settle } from "./helpers.js";

/** A map writes at native speed unless something watches its writes: whatever watches must say when it no longer does. */

function watchedHistory(): { map: Map<string, number>; history: History<string, number>; heard: boolean[] } {
  const heard: boolean[] = [];
  const map = new Map([["a", 1]]);
  return { map, history: new History(map, "test", (isActive) => heard.push(isActive)), heard };
}

describe("a history of snapshots watches", () => {
  it("from the first snapshot to the disposal of the last", () => {
    const { map, history, heard } = watchedHistory();
    const first = history.take();
    history.keep("a");
    map.set("a", 2);
    const second = history.take();
    first.dispose();
    expect(heard).toEqual([true]);
    second.dispose();
    expect(heard).toEqual([true, false]);
  });

  it("again when there is a snapshot again", () => {
    const { history, heard } = watchedHistory();
    history.take().dispose();
    history.take().dispose();
    expect(heard).toEqual([true, false, true, false]);
  });

  it("until the first write after a forgotten snapshot is collected", async () => {
    const { history, heard } = watchedHistory();
    history.take();
    await collectGarbage();
    history.keep("a");
    history.keep("a");
    expect(heard).toEqual([true, false]);
  });
});

describe("the loads of a map watch", () => {
  it("from the first load to the end of the last that may store", async () => {
    const heard: boolean[] = [];
    const loads = new Loads(new SafeMap<string, number>(), "test", undefined, (isActive) => heard.push(isActive));
    const [one, two] = [deferred<number>(), deferred<number>()];
    const flights = [loads.get("a", () => one.promise), loads.get("b", () => two.promise)];
    one.resolve(1);
    await settle();
    expect(heard).toEqual([true]);
    loads.discard("b");
    expect(heard).toEqual([true, false]);
    two.resolve(2);
    await Promise.all(flights);
    expect(heard).toEqual([true, false]);
  });
});
