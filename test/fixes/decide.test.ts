import { describe, expect, it } from "vitest";
import { compile } from "../rules/compile.js";
import { BARE_PROJECT, fix, type FixOptions, lint, suggest } from "./fix.js";

const LOAD = `declare function load(key: string): Promise<{ n: number }>;\n`;

function write(declaration: string, map = "cache", more = ""): string {
  return `${LOAD}${declaration}
export async function get(key: string) {
  if (!${map}.has(key)) ${map}.set(key, await load(key));
  return ${map}.get(key)!;
}
${more}`;
}

const PRIVATE = write("const cache = new Map<string, { n: number }>();");
const CLEANUP = `declare function work(key: string): Promise<void>;
const jobs = new Map<string, object>();
export async function run(key: string) {
  const job = {};
  jobs.set(key, job);
  try {
    await work(key);
  } finally {
    jobs.delete(key);
  }
}
`;

describe("the mode", () => {
  it("applies a rewrite under auto", () => {
    expect(fix(PRIVATE).output).toContain("getOrInsertAsync");
  });

  it("offers it under suggest, which is the default", () => {
    expect(fix(PRIVATE, { preset: "recommended" }).output).toBe(PRIVATE);
    expect(suggest(PRIVATE, "getOrInsertAsync")).toContain('import { SafeMap } from "mapguard"');
  });

  it("is the rule's own before the settings'", () => {
    const off: FixOptions = { rules: { "mapguard/no-duplicate-load": ["warn", { fix: "off" }] } };
    expect(fix(PRIVATE, off).output).toBe(PRIVATE);
    expect(lint(PRIVATE, off).flatMap((message) => message.suggestions ?? [])).toEqual([]);
    expect(fix(PRIVATE, { preset: "recommended", rules: { "mapguard/no-duplicate-load": ["warn", { fix: "auto" }] } }).output).toContain("getOrInsertAsync");
  });

  it("offers first what needs no runtime", () => {
    const [message] = lint(CLEANUP, { preset: "recommended" });
    expect(message?.suggestions?.map(({ messageId }) => messageId)).toEqual(["identity", "deleteIf"]);
  });

  it("applies what needs no runtime where mapguard is no dependency", () => {
    expect(fix(CLEANUP, { project: BARE_PROJECT }).output).toContain("    if (jobs.get(key) === job) jobs.delete(key);\n");
  });
});

describe("a suggestion", () => {
  it("brings the import, the map and the site at once", () => {
    const output = suggest(PRIVATE, "getOrInsertAsync")!;
    expect(output).toContain("const cache = new SafeMap<string, { n: number }>();");
    expect(compile({ "file.ts": output })).toEqual([]);
  });

  it("is there for a map that is exported, too", () => {
    expect(suggest(PRIVATE.replace("const cache", "export const cache"), "getOrInsertAsync")).toContain("export const cache = new SafeMap<");
  });
});

describe("an autofix that needs SafeMap is kept away", () => {
  it.each([
    ["where mapguard is no dependency", PRIVATE, { project: BARE_PROJECT }],
    ["where the map is exported", PRIVATE.replace("const cache", "export const cache"), {}],
    ["where the map is exported by name", `${PRIVATE}export { cache };\n`, {}],
    ["where the map is handed out", write("const cache = new Map<string, { n: number }>();", "cache", "export const all = () => cache;\n"), {}],
    ["where the map is passed on", write("const cache = new Map<string, { n: number }>();", "cache", "console.log(cache);\n"), {}],
    ["where the map has an alias", write("const cache = new Map<string, { n: number }>();", "cache", "const other = cache;\nother.clear();\n"), {}],
    ["where a method of the map is taken", write("const cache = new Map<string, { n: number }>();", "cache", "export const peek = cache.get.bind(cache);\n"), {}],
    ["where a field is public", `${LOAD}export class Store {\n  cache = new Map<string, { n: number }>();\n  async get(key: string) {\n    if (!this.cache.has(key)) this.cache.set(key, await load(key));\n    return this.cache.get(key)!;\n  }\n}\n`, {}],
    ["where a private field is handed out", `${LOAD}export class Store {\n  #cache = new Map<string, { n: number }>();\n  async get(key: string) {\n    if (!this.#cache.has(key)) this.#cache.set(key, await load(key));\n    return this.#cache.get(key)!;\n  }\n  all() {\n    return this.#cache;\n  }\n}\n`, {}],
    ["where a private field is taken apart", `${LOAD}export class Store {\n  private cache = new Map<string, { n: number }>();\n  async get(key: string) {\n    if (!this.cache.has(key)) this.cache.set(key, await load(key));\n    return this.cache.get(key)!;\n  }\n  all() {\n    const { cache } = this;\n    return [...cache.keys()];\n  }\n}\n`, {}],
  ] satisfies [string, string, FixOptions][])("%s", (_name, code, options) => {
    const { output, messages } = fix(code, options);
    expect(output).toBe(code);
    expect(messages[0]?.suggestions?.some(({ messageId }) => messageId === "getOrInsertAsync")).toBe(true);
  });
});

describe("no rewrite to SafeMap at all", () => {
  it.each([
    ["for a subclass", write("class Cache extends Map<string, { n: number }> {}\nconst cache = new Cache();")],
    ["for a WeakMap", write("const cache = new WeakMap<object, { n: number }>();").replaceAll("key: string) {", "key: object) {").replace("(key: string): Promise", "(key: object): Promise")],
    ["for a map that is sometimes another one", write("let cache = new Map<string, { n: number }>();", "cache", "declare function restore(): Map<string, { n: number }>;\nexport function reset() {\n  cache = restore();\n}\n")],
    ["for a type assertion", write("const cache = new Map() as Map<string, { n: number }>;")],
    ["for a type that hides it", write("const cache: Readonly<Map<string, { n: number }>> = new Map();")],
  ])("%s", (_name, code) => {
    expect(fix(code).output).toBe(code);
    expect(suggest(code, "getOrInsertAsync")).toBeUndefined();
  });
});

describe("the map's declaration", () => {
  it.each([
    ["type arguments", "const cache = new Map<string, { n: number }>();", "const cache = new SafeMap<string, { n: number }>();"],
    ["an annotation", "const cache: Map<string, { n: number }> = new Map();", "const cache: SafeMap<string, { n: number }> = new SafeMap();"],
    ["both", "const cache: Map<string, { n: number }> = new Map<string, { n: number }>();", "const cache: SafeMap<string, { n: number }> = new SafeMap<string, { n: number }>();"],
    ["entries", 'const cache = new Map([["a", { n: 1 }]]);', 'const cache = new SafeMap([["a", { n: 1 }]]);'],
    ["no types", "const cache = new Map();", "const cache = new SafeMap<any, any>();"],
    ["a comment inside", "const cache = new Map</* host */ string, { n: number }>();", "const cache = new SafeMap</* host */ string, { n: number }>();"],
  ])("keeps %s", (_name, declaration, expected) => {
    const { output, messages } = fix(write(declaration));
    expect(output).toContain(expected);
    expect(messages).toEqual([]);
    expect(compile({ "file.ts": output })).toEqual([]);
  });

  it("keeps a JSDoc type in JavaScript", () => {
    const code = `/** @type {Map<string, string>} */\nconst cache = new Map();\nexport async function get(key) {\n  if (!cache.has(key)) cache.set(key, await load(key));\n  return cache.get(key);\n}\n`;
    expect(fix(code, { filename: "file.mjs" }).output).toContain("/** @type {SafeMap<string, string>} */\nconst cache = new SafeMap();\n");
  });
});

describe("a file that is not on the disk", () => {
  it.each(["page.md/0_0.ts", "does/not/exist/file.ts"])("is judged by the nearest package.json: %s", (filename) => {
    expect(fix(PRIVATE, { filename }).output).toContain("getOrInsertAsync");
    expect(fix(PRIVATE, { filename, project: BARE_PROJECT }).output).toBe(PRIVATE);
  });
});
