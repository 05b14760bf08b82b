import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { expectSettled } from "../../../src/runtime/testing/index.js";

describe("expectSettled", () => {
  it("passes when all that was started has ended", async () => {
    let isDone = false;
    await expectSettled(async () => {
      await Promise.all([delay(5), delay(1)]);
      const timer = setInterval(() => undefined, 1);
      clearInterval(timer);
      isDone = true;
    });
    expect(isDone).toBe(true);
  });

  it("passes when only a promise is left that nothing can reach", async () => {
    await expect(
      expectSettled(async () => {
        await Promise.race([new Promise(() => undefined), 1]);
      }),
    ).resolves.toBeUndefined();
  });

  it("fails for a task that nobody waited for, and names its line", async () => {
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const background = async (): Promise<void> => {
      await gate;
    };
    await expect(expectSettled(() => void background())).rejects.toThrow(/outlive the test[^]*settled\.test\.ts:\d+: /);
    finish();
  });

  it("fails for a timer that is still set, and names its line", async () => {
    let timer: NodeJS.Timeout | undefined;
    const body = (): void => {
      timer = setTimeout(() => undefined, 60_000);
    };
    await expect(expectSettled(body)).rejects.toThrow("a timer still set, from");
    clearTimeout(timer);
  });

  it("fails for a server that still listens", async () => {
    const server = createServer();
    const body = (): Promise<void> => new Promise((resolve) => void server.listen(0, resolve));
    await expect(expectSettled(body)).rejects.toThrow("still open");
    server.close();
  });

  it("waits for as long as it may", async () => {
    await expect(expectSettled(() => void delay(10), { grace: 80 })).resolves.toBeUndefined();
  });

  it("does not blame what was there before", async () => {
    const timer = setTimeout(() => undefined, 60_000);
    await expect(expectSettled(() => undefined)).resolves.toBeUndefined();
    clearTimeout(timer);
  });

  it("passes on what the body throws", async () => {
    await expect(expectSettled(() => Promise.reject(new Error("boom")))).rejects.toThrow("boom");
  });
});
