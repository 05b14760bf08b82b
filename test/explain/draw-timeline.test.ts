import stringWidth from "fast-string-width";
import { describe, expect, it } from "vitest";

import { drawCodeFrame, drawTimeline, layoutTimeline, toPrintable, truncate, wrap } from "../../src/explain/draw-timeline.js";
import type { Timeline } from "../../src/explain/finding.js";

const lines = `export async function acquire(id) {
  if (!sessions.has(id)) {
    const connection = await connect(id);
    sessions.set(id, connection);
  }
}`.split("\n");

const timeline: Timeline = {
  tasks: ["acquire()", "acquire(), a second run"],
  steps: [
    { task: 0, line: 2, kind: "read", note: "reads sessions[id]: absent" },
    { task: 0, line: 3, kind: "suspend", note: "suspended until connect() settles" },
    { task: 1, line: 2, kind: "read", note: "reads sessions[id]: absent" },
    { task: 1, line: 3, kind: "suspend", note: "suspended" },
    { task: 0, line: 4, kind: "write", note: "writes sessions[id]" },
    { task: 1, line: 4, kind: "wrong", note: "overwrites it: the first connection is lost" },
  ],
};

describe("drawTimeline", () => {
  it("puts the two tasks side by side, with a dotted rail where one is suspended", () => {
    expect(drawTimeline(timeline, { lines, width: 90 }).join("\n")).toMatchInlineSnapshot(`
      "acquire()                                   │ acquire(), a second run
      ────────────────────────────────────────────┼────────────────────────────────────────────
      2  if (!sessions.has(id)) {                 │
         ○ reads sessions[id]: absent             │
      3    const connection = await connect(id);  │
         ‖ suspended until connect() settles      │
         ┊                                        │ 2  if (!sessions.has(id)) {
         ┊                                        │    ○ reads sessions[id]: absent
         ┊                                        │ 3    const connection = await connect(id);
         ┊                                        │    ‖ suspended
      4    sessions.set(id, connection);          │    ┊
         ● writes sessions[id]                    │    ┊
                                                  │ 4    sessions.set(id, connection);
                                                  │    ✗ overwrites it: the first connection is
                                                  │      lost"
    `);
  });

  it("puts them one under the other in a narrow window", () => {
    expect(drawTimeline(timeline, { lines, width: 60 }).join("\n")).toMatchInlineSnapshot(`
      "1: acquire()
      2: acquire(), a second run
      1 │ 2  if (!sessions.has(id)) {
      1 │    ○ reads sessions[id]: absent
      1 │ 3    const connection = await connect(id);
      1 │    ‖ suspended until connect() settles
      2 │ 2  if (!sessions.has(id)) {
      2 │    ○ reads sessions[id]: absent
      2 │ 3    const connection = await connect(id);
      2 │    ‖ suspended
      1 │ 4    sessions.set(id, connection);
      1 │    ● writes sessions[id]
      2 │ 4    sessions.set(id, connection);
      2 │    ✗ overwrites it: the first connection is lost"
    `);
  });

  it.each([40, 60, 72, 90, 140, 300])("stays within %d columns", (width) => {
    const wide: Timeline = { ...timeline, steps: timeline.steps.map((step) => ({ ...step, note: `${step.note} `.repeat(9) })) };
    const long = lines.map((line) => `${line} // ${"comment 变量 ".repeat(20)}`);
    for (const line of drawTimeline(wide, { lines: long, width })) expect(stringWidth(line)).toBeLessThanOrEqual(width);
  });

  it("shows a source line once for steps that follow each other on it", () => {
    const steps = [0, 1].map(() => ({ task: 0 as const, line: 3, kind: "note" as const, note: "here" }));
    const drawn = drawTimeline({ ...timeline, steps }, { lines, width: 90 });
    expect(drawn.filter((line) => line.includes("connect(id)"))).toHaveLength(1);
  });

  it("draws nothing for a timeline without steps", () => {
    expect(drawTimeline({ ...timeline, steps: [] }, { lines, width: 90 })).toEqual([]);
  });

  it("survives a step on a line that the source does not have", () => {
    const steps = [{ task: 0 as const, line: 99, kind: "wrong" as const, note: "gone" }];
    expect(drawTimeline({ ...timeline, steps }, { lines, width: 90 }).join("\n")).toContain("gone");
  });

  it("gives each part to the paint", () => {
    const paint = { title: (text: string) => `<t>${text}</t>`, code: (text: string) => `<c>${text}</c>`, faint: String, step: (kind: string, text: string) => `<${kind}>${text}` };
    const drawn = drawTimeline(timeline, { lines, width: 90, paint }).join("\n");
    expect(drawn).toContain("<t>acquire()</t>");
    expect(drawn).toContain("<c>if (!sessions.has(id)) {</c>");
    expect(drawn).toMatch(/<wrong>.*overwrites/u);
  });
});

describe("layoutTimeline", () => {
  it("knows what the other task does at each step", () => {
    expect(layoutTimeline(timeline, lines).map(({ other }) => other)).toEqual(["idle", "idle", "suspended", "suspended", "suspended", "idle"]);
  });

  it("takes the common indentation away", () => {
    expect(layoutTimeline(timeline, lines).map(({ code }) => code.length - code.trimStart().length)).toEqual([0, 2, 0, 2, 2, 2]);
  });
});

describe("drawCodeFrame", () => {
  it("marks the reported part between its neighbours", () => {
    expect(drawCodeFrame({ line: 4, column: 5, endLine: 4, endColumn: 17 }, { lines, width: 80 }).join("\n")).toMatchInlineSnapshot(`
      "  2 │   if (!sessions.has(id)) {
        3 │     const connection = await connect(id);
      > 4 │     sessions.set(id, connection);
          │     ^^^^^^^^^^^^
        5 │   }
        6 │ }"
    `);
  });

  it("marks to the end of the line what goes on below", () => {
    const mark = drawCodeFrame({ line: 2, column: 3, endLine: 5, endColumn: 4 }, { lines, width: 80 }).find((line) => line.includes("^"));
    expect(mark?.match(/\^+/u)?.[0]).toHaveLength(lines[1]!.trim().length);
  });

  it("works on the first and only line", () => {
    expect(drawCodeFrame({ line: 1, column: 1 }, { lines: ["x"], width: 80 })).toHaveLength(2);
  });
});

describe("texts", () => {
  it("never reach the terminal with control characters", () => {
    expect(toPrintable("a\u001b[31mb\u0007\tc\u202e")).toBe("a\ufffd[31mb\ufffd  c\ufffd");
  });

  it("are cut by columns, not characters", () => {
    expect(stringWidth(truncate("变量变量变量", 7))).toBeLessThanOrEqual(7);
  });

  it("are broken between words", () => {
    expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
  });
});
