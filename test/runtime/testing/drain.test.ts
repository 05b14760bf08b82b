import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findDrain, inMacrotask, runGuarded } from "../../../src/runtime/testing/drain.js";

const built = fileURLToPath(new URL("../../../src/runtime/dist/testing/index.js", import.meta.url));

function runNode(options: readonly string[], script: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [...options, "--input-type=module", "--eval", `import { explore, expectCollected } from ${JSON.stringify(built)};\n${script}`], {
    encoding: "utf8",
  });
  return stdout + stderr;
}

describe("the native drain", () => {
  it("runs microtasks and ticks to the end before it returns", async () => {
    const order = await inMacrotask(() => {
      const seen: string[] = [];
      const drain = findDrain()!;
      const chain = async (): Promise<void> => {
        for (let i = 0; i < 100; i++) await null;
        process.nextTick(() => void Promise.resolve().then(() => seen.push("after the tick")));
      };
      void chain();
      drain();
      return seen.concat("drained");
    });
    expect(order).toEqual(["after the tick", "drained"]);
  });

  it("is not used in a microtask, where it cannot work", async () => {
    await null;
    expect(findDrain()).toBeUndefined();
  });
});

describe("a guarded run", () => {
  it("tells that work ended by itself", () => {
    expect(runGuarded(() => undefined, 1_000)).toBe(true);
  });

  it("tells that work had to be ended", () => {
    const forever = (): void => {
      for (;;) continue;
    };
    expect(runGuarded(forever, 20)).toBe(false);
  });

  it("passes on what work throws", () => {
    expect(() =>
      runGuarded(() => {
        throw new RangeError("mine");
      }, 1_000),
    ).toThrow(RangeError);
  });

  it("leaves microtasks working after one that had no end", async () => {
    await inMacrotask(() => {
      const drain = findDrain()!;
      const isBusy = true;
      void (async () => {
        while (isBusy) await null;
      })();
      runGuarded(drain, 20);
    });
    expect(await Promise.resolve(1)).toBe(1);
  });
});

describe("in a process of its own", () => {
  it("explores without warnings", () => {
    const script = `const { schedules } = await explore(({ io, spawn }) => { const op = io("op"); spawn("A", () => op()); spawn("B", () => op()); }); console.log(schedules);`;
    expect(runNode([], script)).toBe("6\n");
  });

  it("sees leaks with --expose-gc and without", () => {
    const script = `await expectCollected(() => ({})); console.log(typeof globalThis.gc);`;
    expect(runNode([], script)).toBe("undefined\n");
    expect(runNode(["--expose-gc"], script)).toBe("function\n");
  });
});
