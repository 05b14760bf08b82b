import { describe, expect, it } from "vitest";
import { testFixes, testNoFix } from "../../fixes/cases.js";
import { fix, suggest } from "../../fixes/fix.js";

const header = `import { Mutex } from "async-mutex";

const mutex = new Mutex();
const m = new Map<string, number>();
declare function save(id: string): Promise<void>;
declare function log(text: string): void;

`;
const file = { rule: "require-lock-release", header, options: { rules: { "mapguard/no-duplicate-load": "off", "mapguard/no-check-then-act": "off", "mapguard/no-lost-update": "off" } } } as const;

testFixes("require-lock-release: --fix releases in a finally", file, [
  {
    name: "an await that can reject",
    before: `export async function f(id: string): Promise<void> {
  const release = await mutex.acquire();
  await save(id);
  m.set(id, 1);
  release();
}
`,
    after: `export async function f(id: string): Promise<void> {
  const release = await mutex.acquire();
  try {
    await save(id);
    m.set(id, 1);
  } finally {
    release();
  }
}
`,
  },
  {
    name: "an early return, comments, and what follows",
    before: `export async function f(id: string): Promise<number | undefined> {
  const release = await mutex.acquire();
  // Already there.
  if (m.has(id)) {
    return undefined;
  }
  m.set(id, 1); // first
  release();
  log("done");
  return 1;
}
`,
    after: `export async function f(id: string): Promise<number | undefined> {
  const release = await mutex.acquire();
  try {
    // Already there.
    if (m.has(id)) {
      return undefined;
    }
    m.set(id, 1); // first
  } finally {
    release();
  }
  log("done");
  return 1;
}
`,
  },
  {
    name: "the lock's own methods",
    before: `export async function f(id: string): Promise<void> {
  await mutex.acquire();
  await save(id);
  mutex.release();
}
`,
    after: `export async function f(id: string): Promise<void> {
  await mutex.acquire();
  try {
    await save(id);
  } finally {
    mutex.release();
  }
}
`,
  },
  {
    name: "an await between acquire and try",
    before: `export async function f(id: string): Promise<void> {
  const release = await mutex.acquire();
  await save(id);
  const n = m.get(id) ?? 0;
  try {
    m.set(id, n + 1);
  } finally {
    release();
  }
}
`,
    after: `export async function f(id: string): Promise<void> {
  const release = await mutex.acquire();
  try {
    await save(id);
    const n = m.get(id) ?? 0;
    m.set(id, n + 1);
  } finally {
    release();
  }
}
`,
  },
]);

testNoFix("require-lock-release: --fix leaves alone", file, [
  {
    name: "what is declared in between and used afterwards",
    before: `export async function f(id: string): Promise<number> {
  const release = await mutex.acquire();
  await save(id);
  const n = m.get(id) ?? 0;
  release();
  return n;
}
`,
  },
  {
    name: "several releases",
    before: `export async function f(id: string): Promise<void> {
  const release = await mutex.acquire();
  await save(id);
  if (m.has(id)) {
    release();
    return;
  }
  m.set(id, 1);
  release();
}
`,
  },
  {
    name: "a release on a condition",
    before: `export async function f(id: string, isLong: boolean): Promise<void> {
  const release = await mutex.acquire();
  await save(id);
  if (isLong) {
    release();
  }
}
`,
  },
]);

describe("require-lock-release: fifty places", () => {
  const place = (index: number): string => `export async function f${index}(id: string): Promise<void> {
  const release = await mutex.acquire();
  await save(id);
  m.set(id, ${index});
  release();
}
`;
  const code = header + Array.from({ length: 50 }, (_, index) => place(index)).join("\n");
  it("are put right in one run", () => {
    const { output, messages } = fix(code, file.options);
    expect(messages).toEqual([]);
    expect(output.match(/finally/g)).toHaveLength(50);
    expect(fix(output, file.options).output).toBe(output);
  });
  it("are only offered by default", () => {
    expect(fix(code, { ...file.options, preset: "recommended" }).output).toBe(code);
    expect(suggest(code, "useFinally", file.options)).toContain("finally");
  });
});
