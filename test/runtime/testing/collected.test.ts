import { describe, expect, it } from "vitest";
import { expectCollected } from "../../../src/runtime/testing/index.js";

class Session {
  readonly data = new Array<number>(1_000).fill(1);
}

describe("expectCollected", () => {
  it("passes for an object that was removed from its map", async () => {
    const sessions = new Map<string, Session>();
    await expectCollected(() => {
      const session = new Session();
      sessions.set("a", session);
      sessions.delete("a");
      return session;
    });
    expect(sessions.size).toBe(0);
  });

  it("passes for what an asynchronous body makes", async () => {
    await expect(
      expectCollected(async () => {
        const session = new Session();
        await null;
        return session;
      }),
    ).resolves.toBeUndefined();
  });

  it("fails for an object that a map still holds", async () => {
    const sessions = new Map<string, Session>();
    const make = (): Session => {
      const session = new Session();
      sessions.set("a", session);
      return session;
    };
    await expect(expectCollected(make, { timeout: 100, name: "the session" })).rejects.toThrow(/^the session is still reachable after \d+ garbage collections/);
    expect(sessions.size).toBe(1);
  });

  it("fails for an object that a timer's closure holds", async () => {
    let timer: NodeJS.Timeout | undefined;
    const make = (): Session => {
      const session = new Session();
      timer = setTimeout(() => session.data.pop(), 60_000);
      return session;
    };
    await expect(expectCollected(make, { timeout: 100 })).rejects.toThrow("still reachable");
    clearTimeout(timer);
  });

  it("refuses what is no object", async () => {
    await expect(expectCollected(() => 1 as unknown as object)).rejects.toThrow(TypeError);
  });
});
