import { describe, expect, it } from "vitest";
import { testFixes, testNoFix } from "../../fixes/cases.js";
import { fix } from "../../fixes/fix.js";

const header = `interface Entry { touch(): void }
const m = new Map<string, Entry>();
const noop = (): void => {};
noop();

`;
const file = { rule: "no-loop-variable-capture", header, options: { rules: { "mapguard/no-orphaned-callback": "off" } } } as const;

testFixes("no-loop-variable-capture: --fix declares anew in each turn", file, [
  {
    name: "for..of",
    before: `export function f(): void {
  for (var id of m.keys()) setTimeout(() => m.delete(id), 10);
}
`,
    after: `export function f(): void {
  for (const id of m.keys()) setTimeout(() => m.delete(id), 10);
}
`,
  },
  {
    name: "for..of with a pattern",
    before: `export function f(): void {
  for (var [, entry] of m) setTimeout(() => entry.touch(), 10);
}
`,
    after: `export function f(): void {
  for (const [, entry] of m) setTimeout(() => entry.touch(), 10);
}
`,
  },
  {
    name: "a counter becomes let",
    before: `export function f(ids: readonly string[]): void {
  for (var i = 0; i < ids.length; i++) setTimeout(() => m.delete(String(ids[i])), 10);
}
`,
    after: `export function f(ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i++) setTimeout(() => m.delete(String(ids[i])), 10);
}
`,
  },
  {
    name: "var in the body",
    before: `export function f(ids: readonly string[]): void {
  for (const id of ids) {
    var entry = m.get(id); // the entry
    setTimeout(() => entry?.touch(), 10);
  }
}
`,
    after: `export function f(ids: readonly string[]): void {
  for (const id of ids) {
    const entry = m.get(id); // the entry
    setTimeout(() => entry?.touch(), 10);
  }
}
`,
  },
]);

testNoFix("no-loop-variable-capture: --fix leaves alone", file, [
  {
    name: "a variable that is used after the loop",
    before: `export function f(): string | undefined {
  for (var id of m.keys()) setTimeout(() => m.delete(id), 10);
  return id!;
}
`,
  },
  {
    name: "a variable of two declarations",
    before: `export function f(ids: readonly string[]): void {
  let id: string;
  for (id of ids) setTimeout(() => m.delete(id), 10);
}
`,
  },
]);

describe("no-loop-variable-capture: fifty places", () => {
  it("are put right in one run", () => {
    const code = header + Array.from({ length: 50 }, (_, index) => `export function f${index}(): void {\n  for (var id of m.keys()) setTimeout(() => m.delete(id), ${index});\n}\n`).join("\n");
    const { output, messages } = fix(code, file.options);
    expect(messages).toEqual([]);
    expect(output.match(/const id of/g)).toHaveLength(50);
  });
});
