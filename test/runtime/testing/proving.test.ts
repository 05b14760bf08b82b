import { readFileSync, writeFileSync } from "node:fs";
import { explore, type Failure } from "mapguard/testing";
import { describe, expect, it } from "vitest";
import { Seats as SafeSeats } from "../../../docs/examples/proving/safe-seats.js";
import { twoBuyers } from "../../../docs/examples/proving/scenario.js";
import { Seats } from "../../../docs/examples/proving/seats.js";

await import("../../../docs/examples/proving/seats.test.js");

const guide = new URL("../../../docs/guide/proving.md", import.meta.url);
const examples = new URL("../../../docs/examples/proving/", import.meta.url);
const isUpdating = process.env["UPDATE_DOCS"] === "1";

const read = (url: URL): string => readFileSync(url, "utf8");

async function findFailure(): Promise<Failure> {
  const { failure } = await explore(twoBuyers(Seats));
  return failure!;
}

/** The guide with what is generated filled in after its markers. */
function fill(text: string, timeline: string): string {
  return text
    .replace(/<!-- example: ([\w.]+) -->\n(?:\n```ts\n[^]*?\n```\n)?/g, (_, file: string) => `<!-- example: ${file} -->\n\n\`\`\`ts\n${read(new URL(file, examples)).trim()}\n\`\`\`\n`)
    .replace(/<!-- timeline -->\n(?:\n```text\n[^]*?\n```\n)?/, () => `<!-- timeline -->\n\n\`\`\`text\n${timeline}\n\`\`\`\n`);
}

function expectCurrent(url: URL, text: string): void {
  if (isUpdating) writeFileSync(url, text);
  expect(read(url)).toBe(text);
}

describe("the guide on proving", () => {
  it("shows the examples and the failing schedule as they are", async () => {
    const { timeline } = await findFailure();
    expectCurrent(guide, fill(read(guide), timeline()));
  });

  it("shows the picture as it is", async () => {
    const failure = await findFailure();
    expectCurrent(new URL("timeline.svg", examples), failure.svg("Two users pay for one seat"));
  });

  it("has a safe version that holds in every schedule", async () => {
    expect(await explore(twoBuyers(SafeSeats))).toMatchObject({ exhausted: true, failure: undefined });
  });
});
