import { Linter } from "eslint";
import * as typescript from "@typescript-eslint/parser";
import { describe, expect, it } from "vitest";
import plugin from "../../../src/plugin.js";
import { compile } from "../compile.js";

type Rule = "no-map-across-workers" | "no-unsynchronized-shared-memory";

const FILES = ["**/*.ts"];
const NAME = "example.ts";

function getConfig(rule: Rule, fix: "off" | "suggest" | "auto"): Linter.Config[] {
  return [
    { files: FILES, languageOptions: { parser: typescript } },
    { files: FILES, plugins: { mapguard: plugin }, rules: { [`mapguard/${rule}`]: ["error", { fix, heuristics: true }] } },
  ];
}

function fix(rule: Rule, code: string): string {
  return new Linter({ configType: "flat" }).verifyAndFix(code, getConfig(rule, "auto"), { filename: NAME }).output;
}

function getMessages(rule: Rule, code: string, mode: "off" | "suggest" | "auto" = "suggest"): Linter.LintMessage[] {
  return new Linter({ configType: "flat" }).verify(code, getConfig(rule, mode), { filename: NAME });
}

function choose(rule: Rule, code: string): string {
  const edit = getMessages(rule, code)[0]?.suggestions?.[0]?.fix;
  return edit ? code.slice(0, edit.range[0]) + edit.text + code.slice(edit.range[1]) : code;
}

const SENT = `const sab = new SharedArrayBuffer(64);
export const view = new Int32Array(sab);
const FLAG = 2;
`;

describe("no-unsynchronized-shared-memory fixes", () => {
  const rule = "no-unsynchronized-shared-memory";

  it.each([
    ["export function f() { view[0]++; }", "export function f() { Atomics.add(view, 0, 1); }"],
    ["export function f() { return view[0]--; }", "export function f() { return Atomics.sub(view, 0, 1); }"],
    ["export function f() { ++view[FLAG]; }", "export function f() { Atomics.add(view, FLAG, 1); }"],
    ["export function f() { view[0] += 2; }", "export function f() { Atomics.add(view, 0, 2); }"],
    ["export function f() { view[0] -= FLAG; }", "export function f() { Atomics.sub(view, 0, FLAG); }"],
    ["export function f(x: number) { view[0] += x | 0; }", "export function f(x: number) { Atomics.add(view, 0, x | 0); }"],
    ["export function f(x: number) { view[0] |= 1 << x; }", "export function f(x: number) { Atomics.or(view, 0, 1 << x); }"],
    ["export function f(x: number) { view[0] &= ~x; }", "export function f(x: number) { Atomics.and(view, 0, ~x); }"],
    ["export function f(x: number) { view[0] ^= x; }", "export function f(x: number) { Atomics.xor(view, 0, x); }"],
    ["export function f() { view[0] = view[0]! + 1; }", "export function f() { Atomics.add(view, 0, 1); }"],
    ["export function f() { view[0] = 1 + view[0]!; }", "export function f() { Atomics.add(view, 0, 1); }"],
    ["export function f() { Atomics.store(view, 0, Atomics.load(view, 0) + 1); }", "export function f() { Atomics.add(view, 0, 1); }"],
    ["export function f() { Atomics.store(view, 0, Atomics.load(view, 0) - 1); }", "export function f() { Atomics.sub(view, 0, 1); }"],
    ["export function f() {\n  const n = Atomics.load(view, 0);\n  Atomics.store(view, 0, 0);\n  return n;\n}", "export function f() {\n  const n = Atomics.exchange(view, 0, 0);\n  return n;\n}"],
    ["export function f() { while (view[0] === 0); }", "export function f() { while (Atomics.load(view, 0) === 0); }"],
    ["export function f() { Atomics.store(view, 0, 1); }\nexport function g() { return view[0]!; }", "export function f() { Atomics.store(view, 0, 1); }\nexport function g() { return Atomics.load(view, 0); }"],
  ])("%s", (code, expected) => {
    const fixed = fix(rule, SENT + code);
    expect(fixed).toBe(SENT + expected);
    expect(fix(rule, fixed)).toBe(fixed);
    expect(getMessages(rule, fixed)).toEqual([]);
    expect(compile({ [NAME]: fixed })).toEqual([]);
  });

  it("writes bigints for a view of bigints", () => {
    const code = "export const big = new BigInt64Array(new SharedArrayBuffer(8));\nexport function f() { big[0]++; }\n";
    const fixed = fix(rule, code);
    expect(fixed).toContain("Atomics.add(big, 0, 1n);");
    expect(compile({ [NAME]: fixed })).toEqual([]);
  });

  it.each([
    "export function f() { return ++view[0]; }",
    "export function f() { return (view[0] += 1); }",
    "export function f(x: number) { view[0] += x; }",
    "export function f() { view[0] += 0.5; }",
    "export function f() { view[0] *= 2; }",
    "export function f(g: () => number) { view[0] |= g(); }",
    "export function f() { view[0] /* one more */ += 1; }",
    "export function f() { view[0] = 1 - view[0]!; }",
    "export function f() { view[0] = Math.max(view[0]!, 1); }",
    "export function f() {\n  const n = Atomics.load(view, 0);\n  Atomics.store(view, 0, n * 2);\n}",
    "export const floats = new Float64Array(new SharedArrayBuffer(8));\nexport function f() { floats[0]++; }",
    "export const clamped = new Uint8ClampedArray(new SharedArrayBuffer(8));\nexport function f() { clamped[0]++; }",
    "export function f(Atomics: unknown) { view[0]++; return Atomics; }",
  ])("changes nothing where it would not be the same: %s", (code) => {
    expect(getMessages(rule, SENT + code)).toHaveLength(1);
    expect(fix(rule, SENT + code)).toBe(SENT + code);
  });

  it("gives the same numbers as the plain form in one thread", () => {
    const plain = new Int32Array(new SharedArrayBuffer(4));
    const atomic = new Int32Array(new SharedArrayBuffer(4));
    for (const start of [0, -1, 7, 0x7fff_ffff, -0x8000_0000]) {
      for (const operand of [1, -3, 0xffff_ffff, 5.5 | 0]) {
        plain[0] = atomic[0] = start;
        plain[0]! += operand;
        Atomics.add(atomic, 0, operand);
        expect(atomic[0]).toBe(plain[0]);
      }
    }
  });

  it("fixes 50 sites in one run, but for one that is disabled", () => {
    const sites = Array.from({ length: 50 }, (_, i) => `export function f${i}() { view[${i}]++; }`);
    const disabled = `// eslint-disable-next-line mapguard/no-unsynchronized-shared-memory\n${sites[0]}`;
    const fixed = fix(rule, `${SENT}${[disabled, ...sites.slice(1)].join("\n")}\n`);
    expect(fixed.match(/Atomics\.add/g)).toHaveLength(49);
    expect(fixed).toContain("f0() { view[0]++; }");
  });

  it("suggests by default, and nothing under off", () => {
    const code = `${SENT}export function f() { view[0]++; }`;
    expect(getMessages(rule, code)[0]?.suggestions?.[0]?.desc).toBe("Use `Atomics.add`.");
    expect(getMessages(rule, code, "off")[0]?.suggestions ?? []).toEqual([]);
    expect(getMessages(rule, code, "off")[0]?.fix).toBeUndefined();
  });
});

describe("no-map-across-workers suggests a SharedMap", () => {
  const rule = "no-map-across-workers";
  const HEAD = `import { Worker } from "node:worker_threads";\n`;

  it("posts its handle, from a shorthand property too", () => {
    const code = `${HEAD}const cache: Map<string, number> = new Map();\nnew Worker("./w.js", { workerData: { cache } });\nexport function put(key: string) { cache.set(key, 1); }\n`;
    const fixed = choose(rule, code);
    expect(fixed).toBe(`${HEAD}import { SharedMap } from "mapguard/shared";\nconst cache: SharedMap<string, number> = new SharedMap();\nnew Worker("./w.js", { workerData: { cache: cache.handle } });\nexport function put(key: string) { cache.set(key, 1); }\n`);
    expect(getMessages(rule, fixed)).toEqual([]);
    expect(compile({ [NAME]: fixed })).toEqual([]);
  });

  it("is never applied by --fix: the other side is in another file", () => {
    const code = `${HEAD}const cache = new Map<string, number>();\nnew Worker("./w.js", { workerData: cache });\nexport function put(key: string) { cache.set(key, 1); }\n`;
    expect(fix(rule, code)).toBe(code);
  });

  it.each(Object.entries({
    "values that are objects": `const m = new Map<string, { n: number }>(); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.set(k, { n: 1 }); }`,
    "keys that are objects": `const m = new Map<object, number>(); new Worker("./w.js", { workerData: m }); export function put(k: object) { m.set(k, 1); }`,
    "first entries": `const m = new Map<string, number>([["a", 1]]); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.set(k, 1); }`,
    "no types": `const m = new Map(); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.set(k, 1); }`,
    "a set": `const m = new Set<string>(); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.add(k); }`,
    "an export": `export const m = new Map<string, number>(); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.set(k, 1); }`,
    "a use that a SharedMap does not have": `const m = new Map<string, number>(); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.set(k, 1); return m; }`,
    "a name that is taken": `class SharedMap {} const m = new Map<string, number>(); new Worker("./w.js", { workerData: m }); export function put(k: string) { m.set(k, 1); return SharedMap; }`,
  }))("not for %s", (_name, code) => {
    const [message] = getMessages(rule, HEAD + code);
    expect(message?.ruleId).toBe("mapguard/no-map-across-workers");
    expect(message?.suggestions ?? []).toEqual([]);
  });
});

describe("no-map-across-workers suggests to attach", () => {
  const rule = "no-map-across-workers";
  const HEAD = `import { parentPort, workerData } from "node:worker_threads";\n`;
  const IMPORT = `import { SharedMap } from "mapguard/shared";\n`;

  it.each([
    [`const hits = workerData.hits;\nhits.set("a", 1);\n`, `const hits = SharedMap.attach<any, any>(workerData.hits);\nhits.set("a", 1);\n`],
    [`const { hits, rounds } = workerData;\nfor (let i = 0; i < rounds; i++) hits.set("a", hits.get("a") + 1);\n`, `const { hits: hitsHandle, rounds } = workerData;\nconst hits = SharedMap.attach<any, any>(hitsHandle);\nfor (let i = 0; i < rounds; i++) hits.set("a", hits.get("a") + 1);\n`],
    [`parentPort!.on("message", ({ hits }) => {\n  hits.set("a", 1);\n});\n`, `parentPort!.on("message", ({ hits: hitsHandle }) => {\n  const hits = SharedMap.attach<any, any>(hitsHandle);\n  hits.set("a", 1);\n});\n`],
    [`parentPort!.on("message", ({ hits }) => { hits.set("a", 1); });\n`, `parentPort!.on("message", ({ hits: hitsHandle }) => { const hits = SharedMap.attach<any, any>(hitsHandle); hits.set("a", 1); });\n`],
  ])("to what has a name: %s", (code, expected) => {
    const fixed = choose(rule, HEAD + code);
    expect(fixed).toBe(HEAD + IMPORT + expected);
    expect(getMessages(rule, fixed)).toEqual([]);
    expect(compile({ [NAME]: fixed })).toEqual([]);
  });

  it("says what the other side has to post", () => {
    const [message] = getMessages(rule, `${HEAD}const hits = workerData.hits;\nhits.set("a", 1);\n`);
    expect(message?.suggestions?.[0]?.desc).toBe("Attach to a `SharedMap` (package `mapguard`), if the other side posts the handle of one.");
  });

  it.each(Object.entries({
    "a map without a name": `workerData.hits.set("a", 1);`,
    "a variable that gets the map later": `let hits: Map<string, number>; parentPort!.on("message", (m) => { if (m.hits) hits = m.hits; else hits.set("a", 1); });`,
    "a map with a type": `const hits: Map<string, number> = workerData.hits; hits.set("a", 1);`,
    "a set": `const seen = workerData.seen; seen.add("a");`,
    "a name that is taken": `const hitsHandle = 1; const { hits } = workerData; hits.set("a", hitsHandle);`,
    "a part of a longer declaration": `const { hits } = workerData, page = 1; hits.set("a", page);`,
    "an expression for a body": `parentPort!.on("message", ({ hits }) => hits.set("a", 1));`,
    "a parameter with a type": `parentPort!.on("message", ({ hits }: { hits: Map<string, number> }) => { hits.set("a", 1); });`,
  }))("not for %s", (_name, code) => {
    const [message] = getMessages(rule, HEAD + code);
    expect(message?.ruleId).toBe("mapguard/no-map-across-workers");
    expect(message?.suggestions ?? []).toEqual([]);
  });
});
