import * as typescript from "@typescript-eslint/parser";
import { Linter } from "eslint";
import { describe, expect, it } from "vitest";
import { findMapLoops } from "../../../src/analysis/iteration/loops.js";
import { analyze } from "../../../src/analysis/pipeline.js";

const HEADER = `const m = new Map<string, number>();
const s = new Set<string>();
const d: Record<string, number> = {};
declare function send(value: unknown): Promise<void>;
export function put(id: string) { m.set(id, 1); s.add(id); d[id] = 1; }
`;

/** The loops over maps, as `for..of m keys, 1 suspension`. */
function listLoops(code: string): string[] {
  const found: string[] = [];
  const rule = {
    create: (context: { sourceCode: never }) => ({
      "Program:exit"() {
        const { model, inventory, getFlows } = analyze(context.sourceCode, {})!;
        for (const flow of getFlows()) {
          for (const { style, map, part, inside, turning } of findMapLoops(flow, { model, inventory })) {
            const count = (ids: ReadonlySet<number>): number => [...ids].filter((id) => flow.graph.nodes[id]!.event.type === "suspend").length;
            found.push(`${style} ${map.name} ${part}, suspended ${count(inside)}, then turning ${count(turning)}`);
          }
        }
      },
    }),
  };
  new Linter().verify(HEADER + code, [{ files: ["**/*.ts"], languageOptions: { parser: typescript as Linter.Parser }, plugins: { test: { rules: { test: rule as never } } }, rules: { "test/test": "error" } }], { filename: "a.ts" });
  return found;
}

describe("loops over maps", () => {
  it.each([
    ["the entries of a Map", `export function f() { for (const [k] of m) void k; }`, ["of m entries, suspended 0, then turning 0"]],
    ["its keys", `export function f() { for (const k of m.keys()) void k; }`, ["of m keys, suspended 0, then turning 0"]],
    ["its values through a variable", `export function f() { const it = m.values(); for (const v of it) void v; }`, ["of m values, suspended 0, then turning 0"]],
    ["a Set", `export function f() { for (const k of s) void k; }`, ["of s keys, suspended 0, then turning 0"]],
    ["a dictionary", `export function f() { for (const k in d) void k; }`, ["in d keys, suspended 0, then turning 0"]],
    ["forEach", `export function f() { m.forEach((v) => { m.set("a", v); }); }`, ["forEach m entries, suspended 0, then turning 0"]],
    ["next() by hand", `export function f() { const it = m.keys(); while (!it.next().done) void 0; }`, ["next m keys, suspended 0, then turning 0"]],
    ["a lazy helper", `export function f() { for (const v of m.values().filter(Boolean)) void v; }`, ["of m values, suspended 0, then turning 0"]],
    ["no copy", `export function f() { for (const [k] of [...m]) void k; for (const v of Array.from(m.values())) void v; for (const k of Object.keys(d)) void k; }`, []],
    ["a suspension in each turn", `export async function f() { for (const k of s) await send(k); }`, ["of s keys, suspended 1, then turning 1"]],
    ["a suspension that leads out", `export async function f() { for (const k of s) { await send(k); return; } }`, ["of s keys, suspended 1, then turning 0"]],
    ["a suspension behind the loop", `export async function f() { for (const k of s) void k; await send(1); }`, ["of s keys, suspended 0, then turning 0"]],
    ["a suspension around the loop, at the outer turn", `export async function f() { for (;;) { for (const k of s) { if (k) break; } await send(1); } }`, ["of s keys, suspended 0, then turning 0"]],
  ])("finds %s", (_name, code, expected) => {
    expect(listLoops(code)).toEqual(expected);
  });
});
