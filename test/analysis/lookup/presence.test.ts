import * as typescript from "@typescript-eslint/parser";
import { Linter } from "eslint";
import { describe, expect, it } from "vitest";
import { analyze } from "../../../src/analysis/pipeline.js";
import { createPresence } from "../../../src/analysis/lookup/presence.js";

const HEADER = `const m = new Map<string, { n: number }>();
declare function use(value: unknown): void;
declare function pause(): Promise<void>;
export function put(id: string) { m.set(id, { n: 1 }); }
export function drop(id: string) { m.delete(id); }
`;

/** What is known of the key at the lookup whose line ends with `// here`. */
function findStatus(code: string): string {
  const text = HEADER + code;
  const line = text.split("\n").findIndex((item) => item.includes("// here")) + 1;
  let status = "not reached";
  const rule = {
    create: (context: { sourceCode: never }) => ({
      "Program:exit"() {
        const { model, inventory, summaries, sharing, getFlows } = analyze(context.sourceCode, {})!;
        for (const flow of getFlows()) {
          const presence = createPresence(flow, { model, inventory, summaries, sharing });
          for (const { id, event } of flow.graph.nodes) {
            if (event.type !== "read" || event.node.loc.start.line !== line || !presence.isReached(id)) continue;
            status = presence.find(id, event.map, event.key)?.status ?? "unknown";
          }
        }
      },
    }),
  };
  new Linter().verify(text, [{ files: ["**/*.ts"], languageOptions: { parser: typescript as Linter.Parser }, plugins: { test: { rules: { test: rule as never } } }, rules: { "test/test": "error" } }], { filename: "a.ts" });
  return status;
}

describe("presence", () => {
  it.each([
    ["unknown at first", `export function f(id: string) {\n  use(m.get(id)); // here\n}`, "unknown"],
    ["present after has", `export function f(id: string) {\n  if (m.has(id))\n    use(m.get(id)); // here\n}`, "present"],
    ["absent on the other side of has", `export function f(id: string) {\n  if (m.has(id)) return;\n  use(m.get(id)); // here\n}`, "absent"],
    ["unknown on the other side of a falsy get", `export function f(id: string) {\n  if (m.get(id)) return;\n  use(m.get(id)); // here\n}`, "unknown"],
    ["present after set", `export function f(id: string) {\n  m.set(id, { n: 2 });\n  use(m.get(id)); // here\n}`, "present"],
    ["unknown after set on one branch", `export function f(id: string, b: boolean) {\n  if (b) m.set(id, { n: 2 });\n  use(m.get(id)); // here\n}`, "unknown"],
    ["present after set on the branch where it was missing", `export function f(id: string) {\n  if (!m.has(id)) m.set(id, { n: 2 });\n  use(m.get(id)); // here\n}`, "present"],
    ["absent after delete", `export function f(id: string) {\n  m.delete(id);\n  use(m.get(id)); // here\n}`, "absent"],
    ["present again after delete and set", `export function f(id: string) {\n  m.delete(id);\n  m.set(id, { n: 2 });\n  use(m.get(id)); // here\n}`, "present"],
    ["lost after clear", `export function f(id: string) {\n  if (!m.has(id)) return;\n  m.clear();\n  use(m.get(id)); // here\n}`, "lost"],
    ["lost after a suspension, with a remover", `export async function f(id: string) {\n  if (!m.has(id)) return;\n  await pause();\n  use(m.get(id)); // here\n}`, "lost"],
    ["present again after a second look", `export async function f(id: string) {\n  if (!m.has(id)) return;\n  await pause();\n  if (m.has(id))\n    use(m.get(id)); // here\n}`, "present"],
    ["no longer absent after a suspension", `export async function f(id: string) {\n  m.delete(id);\n  await pause();\n  use(m.get(id)); // here\n}`, "unknown"],
    ["no longer absent after code that may put it back", `export function f(id: string) {\n  m.delete(id);\n  use(id);\n  use(m.get(id)); // here\n}`, "unknown"],
    ["present for a key of the map's own", `export function f() {\n  for (const id of m.keys())\n    use(m.get(id)); // here\n}`, "present"],
    ["unknown for a key of another list", `export function f(ids: string[]) {\n  for (const id of ids)\n    use(m.get(id)); // here\n}`, "unknown"],
    ["unknown once the key variable changes", `export function f(id: string) {\n  let key = id;\n  if (!m.has(key)) return;\n  key = "other";\n  use(m.get(key)); // here\n}`, "unknown"],
    ["present when a helper looked", `function has(key: string) { return m.has(key); }\nexport function f(id: string) {\n  if (!has(id)) return;\n  use(m.get(id)); // here\n}`, "present"],
    ["present after an assertion", `declare function assert(value: unknown): void;\nexport function f(id: string) {\n  assert(m.has(id));\n  use(m.get(id)); // here\n}`, "present"],
    ["unknown where a try may have stopped before the set", `export function f(id: string) {\n  try { use(id); m.set(id, { n: 2 }); } catch { use(0); }\n  use(m.get(id)); // here\n}`, "unknown"],
  ])("is %s", (_name, code, expected) => {
    expect(findStatus(code)).toBe(expected);
  });
});
