import { describe, expect, it } from "vitest";
import { testFixes, testNoFix } from "../../fixes/cases.js";
import { fix, suggest } from "../../fixes/fix.js";
import { compile } from "../compile.js";

const header = `declare class Lock {
  acquire(): Promise<() => void>;
  release(): void;
}
const mutex = new Lock();
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

const exclusive = { ...file, header: header.replace(/declare class[^]*?\n}\n/, 'import { Mutex } from "async-mutex";\n\n').replace("new Lock", "new Mutex") } as const;

testFixes("require-lock-release: --fix runs the section of an async-mutex in runExclusive", exclusive, [
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
  await mutex.runExclusive(async () => {
    await save(id);
    m.set(id, 1);
  });
}
`,
  },
  {
    name: "the lock's own methods, comments, and what follows",
    before: `export async function f(id: string): Promise<number> {
  await mutex.acquire(); // one at a time
  // First the disk.
  const text = \`
\${id}\`;
  await save(text);

  m.set(id, 1); // then the map
  mutex.release();
  log("done");
  return m.size;
}
`,
    after: `export async function f(id: string): Promise<number> {
  await mutex.runExclusive(async () => { // one at a time
    // First the disk.
    const text = \`
\${id}\`;
    await save(text);

    m.set(id, 1); // then the map
  });
  log("done");
  return m.size;
}
`,
  },
  {
    name: "a private field",
    before: `export class Store {
  #lock = new Mutex();
  #m = new Map<string, number>();
  async put(id: string): Promise<void> {
    const release = await this.#lock.acquire();
    await save(id);
    this.#m.set(id, 1);
    release();
  }
}
`,
    after: `export class Store {
  #lock = new Mutex();
  #m = new Map<string, number>();
  async put(id: string): Promise<void> {
    await this.#lock.runExclusive(async () => {
      await save(id);
      this.#m.set(id, 1);
    });
  }
}
`,
  },
]);

const FINALLY = (body: string): string => `export async function f(id: string): Promise<number | undefined> {
  const release = await mutex.acquire();
${body}  return m.size;
}
`;

testFixes("require-lock-release: --fix releases an async-mutex in a finally", exclusive, [
  {
    name: "a return in between",
    before: FINALLY("  await save(id);\n  if (m.has(id)) return 1;\n  m.set(id, 1);\n  release();\n"),
    after: FINALLY("  try {\n    await save(id);\n    if (m.has(id)) return 1;\n    m.set(id, 1);\n  } finally {\n    release();\n  }\n"),
  },
  {
    name: "a variable that is assigned in between",
    before: `export async function f(id: string): Promise<number> {
  let n = 0;
  const release = await mutex.acquire();
  await save(id);
  n = m.size;
  release();
  return n;
}
`,
    after: `export async function f(id: string): Promise<number> {
  let n = 0;
  const release = await mutex.acquire();
  try {
    await save(id);
    n = m.size;
  } finally {
    release();
  }
  return n;
}
`,
  },
]);

describe("require-lock-release: fifty sections", () => {
  const place = (index: number): string => `export async function f${index}(id: string): Promise<void> {
  const release = await mutex.acquire();
  await save(id);
  m.set(id, ${index});
  release();
}
`;
  const code = exclusive.header + Array.from({ length: 50 }, (_, index) => place(index)).join("\n");
  it("are put right in one run", () => {
    const { output, messages } = fix(code, exclusive.options);
    expect(messages).toEqual([]);
    expect(output.match(/runExclusive/g)).toHaveLength(50);
    expect(compile({ "file.ts": output })).toEqual([]);
    expect(fix(output, exclusive.options).output).toBe(output);
  });
  it("are only offered by default", () => {
    expect(fix(code, { ...exclusive.options, preset: "recommended" }).output).toBe(code);
    expect(suggest(code, "useRunExclusive", exclusive.options)).toContain("runExclusive");
  });
  it("keep a disabled one as it is", () => {
    const disabled = code.replace("  const release", "  // eslint-disable-next-line mapguard/require-lock-release\n  const release");
    const { output } = fix(disabled, exclusive.options);
    expect(output.match(/runExclusive/g)).toHaveLength(49);
    expect(output).toContain("mutex.acquire()");
  });
});
