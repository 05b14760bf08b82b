import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { explore, track, type Failure, type Scenario } from "../../../src/runtime/testing/index.js";
import { renderSvg } from "../../../src/runtime/testing/svg.js";
import { renderText } from "../../../src/runtime/testing/timeline.js";

async function failureOf(scenario: Scenario): Promise<Failure> {
  const { failure } = await explore(scenario);
  if (failure === undefined) throw new Error("nothing failed");
  return failure;
}

const lostUpdate: Scenario = ({ io, spawn }) => {
  const balances = track(new Map([["k", 1]]), "balances");
  const record = io("record");
  const deposit = async (amount: number): Promise<void> => {
    const before = balances.get("k")!;
    await record(amount);
    balances.set("k", before + amount);
  };
  spawn("first", () => deposit(2));
  spawn("second", () => deposit(3));
  return () => assert.equal(balances.get("k"), 6, "a deposit is lost");
};

/** Well-formed enough: every tag closed in order, nothing unescaped. */
function checkXml(xml: string): void {
  const open: string[] = [];
  for (const [, slash, name, selfClosing] of xml.replace(/<style>[^<]*<\/style>/, "").matchAll(/<(\/?)([a-z]+)(?:\s+[\w-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (slash === "/") expect(open.pop()).toBe(name);
    else if (selfClosing !== "/") open.push(name!);
  }
  expect(open).toEqual([]);
  expect(xml.replace(/<\/?[a-z][^<>]*>/g, "")).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
}

describe("a timeline", () => {
  it("names what each step does, with the source line, task by task", async () => {
    const { trace } = await failureOf(lostUpdate);
    expect(trace.tasks).toEqual(["first", "second"]);
    expect(trace.events.map(({ step, task, kind, label }) => [step, task, kind, label])).toEqual([
      [1, "first", "start", "start"],
      [1, "first", "access", 'balances.get("k") → 1'],
      [1, "first", "suspend", "record(2)"],
      [2, "second", "start", "start"],
      [2, "second", "access", 'balances.get("k") → 1'],
      [2, "second", "suspend", "record(3)"],
      [3, "second", "resume", "record(3)"],
      [3, "second", "access", 'balances.set("k", 4)'],
      [3, "second", "fulfilled", "returns"],
      [4, "first", "resume", "record(2)"],
      [4, "first", "access", 'balances.set("k", 3)'],
      [4, "first", "fulfilled", "returns"],
      [4, undefined, "failure", "assertion: a deposit is lost"],
    ]);
    expect(trace.events[2]!.place).toMatchObject({ file: import.meta.filename, text: "await record(amount);" });
    expect(trace.events[4]!.place).toMatchObject({ text: 'const before = balances.get("k")!;' });
  });

  it("tells tasks apart that go on in one step", async () => {
    const { trace } = await failureOf(({ io, spawn }) => {
      const op = io("op");
      const log = track(new Set<string>(), "log");
      let flight: Promise<unknown> | undefined;
      const run = (name: string) => async (): Promise<void> => {
        await (flight ??= op());
        log.add(name);
      };
      spawn("A", run("A"));
      spawn("B", run("B"));
      return () => assert.equal(log.size, 1);
    });
    const added = trace.events.filter(({ label }) => label.startsWith("log.add"));
    expect(added.map(({ task, label }) => [task, label])).toContainEqual(["A", 'log.add("A")']);
    expect(added.map(({ task, label }) => [task, label])).toContainEqual(["B", 'log.add("B")']);
  });

  it("prints as columns in a terminal", async () => {
    const text = (await failureOf(lostUpdate)).timeline();
    const rows = text.split("\n");
    expect(rows[0]).toMatch(/^ {5}first +second$/);
    expect(rows[1]).toMatch(/^ {2}1 {2}▶ starts$/);
    expect(text).toContain('balances.get("k") → 1');
    expect(text).toContain("✗ ");
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(120);
  });

  it("fits a narrow terminal", async () => {
    const text = (await failureOf(lostUpdate)).timeline(60);
    const columns = text.split("\n").filter((row) => !row.includes("assertion"));
    expect(Math.max(...columns.map((row) => row.length))).toBeLessThanOrEqual(60);
  });

  it("is a picture that stands alone, in light and in dark", async () => {
    const svg = (await failureOf(lostUpdate)).svg("Two deposits & <one> lost");
    checkXml(svg);
    expect(svg).toContain("<title>Two deposits &amp; &lt;one&gt; lost</title>");
    expect(svg).toContain("@media (prefers-color-scheme:dark)");
    expect(svg).toContain("await record(amount);");
    expect(svg).toContain("a deposit is lost");
    expect(svg).not.toMatch(/(?:href|src)=|url\(|@import/);
  });

  it("is the same picture each time", async () => {
    const [one, other] = [await failureOf(lostUpdate), await failureOf(lostUpdate)];
    expect(one.svg()).toBe(other.svg());
  });

  it("is drawn even when nothing happened", () => {
    const empty = { tasks: [], events: [] };
    checkXml(renderSvg(empty));
    expect(renderText(empty).trim()).toBe("");
  });

  it("stays short when a schedule does not end", async () => {
    const { failure } = await explore(
      ({ io, spawn }) => {
        const op = io("op");
        spawn("A", async () => {
          for (;;) await op();
        });
      },
      { maxSteps: 5_000 },
    );
    expect(failure!.trace.events.length).toBeLessThan(500);
    expect(failure!.trace.events.at(-1)!.kind).toBe("failure");
  });
});
