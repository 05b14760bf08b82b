import { describe, expect, it } from "vitest";
import { compile } from "../rules/compile.js";
import { fix, lint, run, slow } from "./fix.js";

const API = `export declare function connect(id: string): Promise<object>;
export declare function record(id: string, amount: number): Promise<void>;
export declare function work(id: string): Promise<void>;
export declare function verify(id: string): Promise<void>;
`;

interface Example<T> {
  readonly code: string;
  /** What can be seen from outside after calls at once. */
  readonly observe: (module: T) => Promise<unknown>;
  readonly imports?: () => Readonly<Record<string, unknown>>;
  readonly wrong: unknown;
  readonly right: unknown;
}

const IMPORT = 'import { connect, record, verify, work } from "./api.js";\n';

function createApi(): Record<string, unknown> {
  return {
    "./api.js": {
      connect: slow((id: string) => ({ id })).fn,
      record: slow(() => undefined).fn,
      verify: slow(() => undefined).fn,
      work: slow(() => undefined).fn,
    },
  };
}

function failingApi(): Record<string, unknown> {
  let calls = 0;
  const failOnce = slow(() => {
    if (calls++ === 0) throw new Error("down");
    return "up";
  }).fn;
  return { "./api.js": { connect: failOnce, record: failOnce, verify: failOnce, work: failOnce } };
}

function example<T>(item: Example<T>): Example<never> {
  return item as unknown as Example<never>;
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

const EXAMPLES: Readonly<Record<string, Example<never>>> = {
  "a deposit is not lost": example<{ deposit(id: string, amount: number): Promise<void>; total(id: string): number }>({
    code: `const totals = new Map<string, number>();
export async function deposit(id: string, amount: number) {
  const before = totals.get(id) ?? 0;
  await record(id, amount);
  totals.set(id, before + amount);
}
export const total = (id: string) => totals.get(id) ?? 0;
`,
    async observe({ deposit, total }) {
      await Promise.all([deposit("a", 10), deposit("a", 5), deposit("a", 1)]);
      return total("a");
    },
    wrong: 1,
    right: 16,
  }),
  "nobody takes what is not there": example<{ take(id: string, amount: number): Promise<void>; total(id: string): number }>({
    code: `const totals = new Map<string, number>([["a", 10]]);
export async function take(id: string, amount: number) {
  const before = totals.get(id) ?? 0;
  if (before < amount) throw new Error("not enough");
  await record(id, amount);
  totals.set(id, before - amount);
}
export const total = (id: string) => totals.get(id) ?? 0;
`,
    async observe({ take, total }) {
      const results = await Promise.allSettled([take("a", 8), take("a", 8)]);
      return [results.filter(({ status }) => status === "fulfilled").length, total("a")];
    },
    wrong: [2, 2],
    right: [1, 2],
  }),
  "a name is given once": example<{ create(id: string): Promise<boolean> }>({
    code: `const conns = new Map<string, object>();
export async function create(id: string) {
  if (conns.has(id)) return false;
  const conn = await connect(id);
  conns.set(id, conn);
  return true;
}
`,
    observe: async ({ create }) => (await Promise.all([create("a"), create("a"), create("b")])).sort(),
    wrong: [true, true, true],
    right: [false, true, true],
  }),
  "a quota holds": example<{ add(id: string): Promise<void>; count(): number }>({
    code: `const seats = new Map<string, boolean>();
export async function add(id: string) {
  if (seats.size >= 2) throw new Error("full");
  await verify(id);
  seats.set(id, true);
}
export const count = () => seats.size;
`,
    async observe({ add, count }) {
      await Promise.allSettled(["a", "b", "c", "d"].map((id) => add(id)));
      return count();
    },
    wrong: 4,
    right: 2,
  }),
  "a newer entry stays": example<{ run(id: string): Promise<void>; has(id: string): boolean }>({
    code: `const jobs = new Map<string, object>();
export async function run(id: string) {
  const job = { id };
  jobs.set(id, job);
  try {
    await work(id);
  } finally {
    jobs.delete(id);
  }
}
export const has = (id: string) => jobs.has(id);
`,
    async observe(module) {
      const first = module.run("a");
      await Promise.resolve();
      await Promise.resolve();
      const second = module.run("a");
      await first;
      const isThere = module.has("a");
      await second;
      return [isThere, module.has("a")];
    },
    wrong: [false, false],
    right: [true, false],
  }),
  "a failed load is tried again": example<{ get(id: string): Promise<unknown> }>({
    code: `async function load(id: string) {
  return await connect(id);
}
const pages = new Map<string, Promise<object>>();
export function get(id: string) {
  const known = pages.get(id);
  if (known) return known;
  const page = load(id);
  pages.set(id, page);
  return page;
}
`,
    imports: failingApi,
    async observe({ get }) {
      const first = await get("a").catch(() => "failed");
      await settle();
      return [first, await get("a").catch(() => "failed")];
    },
    wrong: ["failed", "failed"],
    right: ["failed", "up"],
  }),
  "a flag is taken down when the work fails": example<{ sync(id: string): Promise<string> }>({
    code: `const busy = new Set<string>();
export async function sync(id: string) {
  if (busy.has(id)) return "busy";
  busy.add(id);
  await work(id);
  busy.delete(id);
  return "done";
}
`,
    imports: failingApi,
    async observe({ sync }) {
      await sync("a").catch(() => undefined);
      return sync("a");
    },
    wrong: "busy",
    right: "done",
  }),
};

describe.each(Object.entries(EXAMPLES))("%s", (_name, { code, observe, imports = createApi, wrong, right }) => {
  const source = IMPORT + code;
  const { output, messages } = fix(source);

  it("goes wrong before the fix", async () => {
    expect(await observe(run(source, imports()))).toEqual(wrong);
  });

  it("holds after it", async () => {
    expect(await observe(run(output, imports()))).toEqual(right);
  });

  it("compiles and lints clean", () => {
    expect(messages).toEqual([]);
    expect(compile({ "file.ts": output, "api.ts": API })).toEqual([]);
  });
});

describe("one --fix of fifty sites of every kind", () => {
  const kinds = Object.values(EXAMPLES).map(({ code }) => code);
  const names = /\b(totals|conns|seats|jobs|pages|busy|deposit|total|take|create|add|count|run|has|get|sync|load)\b(?=\s*(?:=|\(|\.(?:has|get|set|size|delete|add)\b))/g;
  const sites = Array.from({ length: 50 }, (_, index) => `// the site ${index}\n${kinds[index % kinds.length]!.replace(names, (name, _group, at, text) => (text[at - 1] === "." ? name : `${name}${index}`))}`);
  const source = `#!/usr/bin/env node\n/* everything */\n${IMPORT}\n${sites.join("\n")}`;
  const { output, messages } = fix(source);

  it("has fifty sites to begin with", () => {
    expect(lint(source, { preset: "recommended" })).toHaveLength(50);
  });

  it("leaves no report", () => {
    expect(messages).toEqual([]);
  });

  it("imports SafeMap once, after the other import", () => {
    expect(output.match(/from "mapguard"/g)).toHaveLength(1);
    expect(output.split("\n")[3]).toBe('import { SafeMap } from "mapguard";');
  });

  it("keeps #! and every comment", () => {
    expect(output.startsWith("#!/usr/bin/env node\n/* everything */\n")).toBe(true);
    expect(output.match(/\/\/ the site \d+/g)).toEqual(source.match(/\/\/ the site \d+/g));
  });

  it("gives what tsc --strict accepts", () => {
    expect(compile({ "file.ts": output, "api.ts": API })).toEqual([]);
  });

  it("has nothing left for a second --fix", () => {
    expect(fix(output).output).toBe(output);
  });
});
