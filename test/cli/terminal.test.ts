import { describe, expect, it } from "vitest";

import { createProgress } from "../../src/cli/progress.js";
import { getWidth, hasColors } from "../../src/cli/terminal.js";

function createStream(isTTY: boolean, columns?: number): { isTTY: boolean; columns?: number; written: string[]; write(text: string): void } {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text) => void written.push(text) };
}

describe("colours", () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "" }, true],
    [true, { FORCE_COLOR: "0" }, false],
    [true, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
  ])("terminal %s and %j give %s", (isTTY, env, expected) => {
    expect(hasColors(createStream(isTTY), env)).toBe(expected);
  });
});

describe("the width", () => {
  it("is the terminal's", () => {
    expect(getWidth(createStream(true, 97), { COLUMNS: "20" })).toBe(97);
  });

  it("is that of COLUMNS where there is no terminal", () => {
    expect(getWidth(createStream(false), { COLUMNS: "88" })).toBe(88);
  });

  it("is never too small to draw on", () => {
    expect(getWidth(createStream(true, 3), {})).toBeGreaterThanOrEqual(40);
  });
});

describe("progress", () => {
  it("is drawn in place on a terminal, and cleared", () => {
    const stream = createStream(true);
    const progress = createProgress(stream);
    progress.update(5, 10);
    progress.clear();
    expect(stream.written[0]).toMatch(/^\r.*5\/10 files$/u);
    expect(stream.written.at(-1)).toBe("\r\u001b[K");
  });

  it("is silent where nobody looks", () => {
    const stream = createStream(false);
    const progress = createProgress(stream);
    progress.update(5, 10);
    progress.clear();
    expect(stream.written).toEqual([]);
  });

  it("is not redrawn for each of many files", () => {
    const stream = createStream(true);
    const progress = createProgress(stream);
    for (let done = 1; done <= 1000; done++) progress.update(done, 1000);
    expect(stream.written.length).toBeLessThan(100);
  });
});
