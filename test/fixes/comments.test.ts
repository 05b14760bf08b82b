import * as parser from "@typescript-eslint/parser";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { fix } from "./fix.js";

const HEADER = "declare function load(key: string): Promise<{ n: number }>;\ndeclare function audit(key: string): Promise<void>;\n";

const SHAPES: Readonly<Record<string, string>> = {
  "a block": `const m = new Map<string, { n: number }>();
export async function f(key: string) {
  if (!m.has(key)) {
    await audit(key);
    const v = await load(key);
    m.set(key, v);
  }
  return m.get(key)!;
}
`,
  "one statement": `const m: Map<string, { n: number }> = new Map();
export async function f(key: string) {
  if (!m.has(key)) m.set(key, await load(key));
  return m.get(key)!;
}
`,
  "a variable that is filled": `const m = new Map<string, { n: number }>();
export async function f(key: string) {
  let v = m.get(key);
  if (v === undefined) {
    v = await load(key);
    m.set(key, v);
  }
  return v;
}
`,
  "an early return": `const m = new Map<string, { n: number }>();
export async function f(key: string) {
  const known = m.get(key);
  if (known) return known;
  const v = await load(key);
  m.set(key, v);
  return v;
}
`,
  "a fallback": `const m = new Map<string, { n: number }>();
export async function f(key: string) {
  const v = m.get(key) ?? (await load(key));
  m.set(key, v);
  return v;
}
`,
  "a refusal": `const m = new Map<string, { n: number }>();
export async function f(key: string) {
  if (m.has(key)) throw new Error(key);
  const v = await load(key);
  m.set(key, v);
}
`,
  "a late read": `const m = new Map<string, number>();
export async function f(key: string) {
  const n = m.get(key) ?? 0;
  await audit(key);
  m.set(key, n + 1);
}
`,
  "an await in the value": `const m = new Map<string, number>();
export async function f(key: string) {
  m.set(key, (m.get(key) ?? 0) + (await load(key)).n);
}
`,
  "an update": `const m = new Map<string, number>();
export async function f(key: string) {
  const n = m.get(key) ?? 0;
  if (n > 9) throw new Error(key);
  await audit(key);
  m.set(key, n + 1);
}
`,
  "a removal": `const m = new Map<string, object>();
export async function f(key: string) {
  m.set(key, new Date());
  try {
    await audit(key);
  } finally {
    m.delete(key);
  }
}
`,
  "a promise": `const m = new Map<string, Promise<void>>();
const run = async (key: string) => {
  await audit(key);
};
export function f(key: string) {
  if (!m.has(key)) m.set(key, run(key));
  return m.get(key)!;
}
`,
  "a flag": `const m = new Set<string>();
export async function f(key: string) {
  if (m.has(key)) return;
  m.add(key);
  await audit(key);
  m.delete(key);
}
`,
  "a placeholder": `const m = new Map<string, object | null>();
export async function f(key: string) {
  if (m.has(key)) return m.get(key);
  m.set(key, null);
  const v = await load(key);
  m.set(key, v);
  return v;
}
`,
};

const COMMENT = "/* kept */";

/** The code with a comment before one of its tokens, for every token. */
function withComments(code: string): string[] {
  const { ast } = parser.parseForESLint(code, { range: true, tokens: true });
  return ast.tokens!.map(({ range }) => code.slice(0, range[0]) + COMMENT + code.slice(range[0]));
}

describe("a comment anywhere", () => {
  it.each(Object.entries(SHAPES))("is kept, and breaks nothing: %s", (_name, code) => {
    expect(fix(HEADER + code).output).not.toBe(HEADER + code);
    for (const source of withComments(code)) {
      const { output } = fix(HEADER + source);
      expect(output.split(COMMENT), output).toHaveLength(2);
      expect(() => transformSync(output, { loader: "ts" }), output).not.toThrow();
    }
  });
});
