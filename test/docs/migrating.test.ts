import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fix, lint } from "../fixes/fix.js";

const page = readFileSync(new URL("../../docs/guide/migrating.md", import.meta.url), "utf8");
const pairs = [...page.matchAll(/```ts before\n(.*?)```\n+```ts after\n(.*?)```/gs)].map(([, before, after]) => ({ before: before!, after: after!, name: /export (?:async )?function (\w+)/.exec(before!)![1]! }));

describe("the guide to migrating", () => {
  it("has a pair for every rule with a fix; that of no-duplicate-load is that of no-check-then-act", () => {
    const rules = new Set(pairs.flatMap(({ before }) => lint(before, { preset: "recommended" }).map(({ ruleId }) => ruleId)));
    expect([...rules].sort()).toEqual(["mapguard/no-check-then-act", "mapguard/no-leaked-reservation", "mapguard/no-lost-update", "mapguard/no-stale-cleanup"]);
  });

  it.each(pairs)("shows what --fix makes of $name", ({ before, after }) => {
    const { output, messages } = fix(before);
    expect(output).toBe(after);
    expect(messages).toEqual([]);
  });
});
