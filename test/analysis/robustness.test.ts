import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { SourceCode } from "eslint";
import { describe, expect, it } from "vitest";
import type { Node } from "../../src/analysis/code/ast.js";
import { type Analysis, analyze } from "../../src/analysis/pipeline.js";
import { lint } from "../rules/lint.js";
import { parse, type SourceOptions } from "./analyze.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Everything that a rule can ask for. */
function askAll(analysis: Analysis | undefined): void {
  analysis?.getPerWorkerState("server.ts");
  for (const [name, ask] of Object.entries(analysis ?? {})) if (name.startsWith("get") && typeof ask === "function") (ask as () => unknown).call(analysis);
}

function listFiles(folder: string, extension: RegExp): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && extension.test(entry.name) && !entry.parentPath.includes("fixtures")).map((entry) => join(entry.parentPath, entry.name));
}

function tryParse(code: string, options: SourceOptions): SourceCode | undefined {
  try {
    return parse(code, options);
  } catch {
    return undefined;
  }
}

/** How many of the files could be parsed; every one of those is analyzed. */
function analyzeAll(files: readonly string[], options: SourceOptions): number {
  let parsed = 0;
  for (const file of files) {
    const sourceCode = tryParse(readFileSync(file, "utf8"), options);
    if (!sourceCode) continue;
    parsed++;
    try {
      askAll(analyze(sourceCode, {}));
    } catch (error) {
      throw new Error(`analyzing ${file}`, { cause: error });
    }
  }
  return parsed;
}

describe("real code is analyzed without an error", () => {
  const own = ["src", "rules", "test"].flatMap((folder) => listFiles(folder, /\.ts$/)).filter((file) => !/\.d\.ts$|node_modules|[/\\]dist[/\\]/.test(file));

  it("this repository", { timeout: 300_000 }, () => {
    expect(analyzeAll(own, {})).toBe(own.length);
  });

  it.each([
    ["eslint", "node_modules/eslint/lib", /\.js$/, "commonjs"],
    ["typescript-eslint", "node_modules/@typescript-eslint/typescript-estree/dist", /\.js$/, "commonjs"],
    ["vitest", "node_modules/vitest/dist/chunks", /\.js$/, "module"],
    ["lru-cache", "node_modules/lru-cache/dist/esm", /\.js$/, "module"],
  ] as const)("%s, with both parsers", { timeout: 300_000 }, (_name, folder, extension, sourceType) => {
    const files = listFiles(folder, extension);
    expect(files.length).toBeGreaterThan(0);
    expect(analyzeAll(files, { parser: "espree", sourceType })).toBe(files.length);
    expect(analyzeAll(files, { sourceType })).toBe(files.length);
  });
});

/** Programs that hold every kind of node in places where a map may stand. */
const WEIRD: Readonly<Record<string, string>> = {
  "patterns in parameters": "export async function f({ a: [b = m.get(1)], ...c } = {}, [d, , ...e] = m) { await c; m.set(b, d, e); }",
  "patterns in assignments": "export async function f(k) { [this.a, m[k], ...this.rest] = await g(); ({ a: m.x, [k]: this.y = m.get(k) } = await h()); }",
  "a class in an expression": "export const A = class extends (m.get(1) ?? Map) { static { m.set(1, this); } [m.size] = m.get(2); static async *[Symbol.iterator]() { yield* m; } };",
  "accessors and constructors": "class A { constructor() { m.set(this, new.target); } get x() { return m.get(this); } set x(v) { m.set(this, v); } }",
  "a class that extends nothing useful": "class A extends null { m = new Map(); f() { super.f(this.m); } }",
  "a switch in a loop in a try": "export async function f(k) { try { for (;;) { switch (await m.get(k)) { case 1: continue; case await 2: break; default: return; } } } catch { m.clear(); } finally { m.delete(k); } }",
  "labels": "export async function f(k) { a: b: for (const x of m) { c: { if (x) break c; if (k) continue a; break b; } await x; } }",
  "a finally that returns": "export async function f(k) { try { throw m.get(k); } finally { return m.size; } }",
  "code behind a return": "export async function f(k) { return m.get(k); await g(); m.set(k, 1); function h() { m.clear(); } }",
  "empty statements and blocks": "export async function f() { ;;; {} { ; } if (m.size); else; for (;m.size;); while (await m.get(1)); do; while (0) }",
  "assignments in conditions": "export async function f(k) { let e; while ((e = m.get(k))) await e; if (!(e = m.get(k)) || (e ??= await g())) m.set(k, e); }",
  "sequences and voids": "export async function f(k) { return void (await g(), m.get(k), m.set(k, 1)), typeof m.get(k), delete m[k]; }",
  "tagged templates": "export async function f(k) { await m.get(k)`a${m.size}b${await g()}`; m.set(`${k}`, String.raw`\\u`); }",
  "spreads everywhere": "export async function f(...ks) { m.set(...ks); m.get(...[...m]); new Map(...m); await Promise.all([...m.values(), ...ks.map(async (k) => m.delete(k))]); }",
  "entries that hold themselves": "let e = { v: 1 }; export async function f(k) { e = { v: e, w: { x: e } }; m.set(k, e); await e; m.set(k, { e }); }",
  "dynamic imports": "export async function f(k) { const { [k]: x, ...y } = await import(m.get(k)); m.set(import.meta.url, x, y); }",
  "generators": "export function* f(k) { const x = yield m.get(k); yield* m.values(); m.set(k, x); } export async function* g(k) { for await (const x of f(k)) { yield x; m.delete(x); } }",
  "using": "export async function f(k) { using a = m.get(k); await using b = await g(), c = m.get(a); if (b) return c; for (using x of m.values()) x; }",
  "numbers and big ones as keys": "export async function f() { m.get(1n); m.get(0x10); m.get(/a/u); m.get(null); m.get(undefined); m.get(NaN); await g(); m.set(-1, 1); m.set(); m.get(); }",
  "odd property names": "const o = { get: 1, 'a-b': new Map(), [Symbol.iterator]: new Map(), 1: new Map(), async *x() {}, __proto__: null, constructor: new Map() }; o['a-b'].set(o[1], o.constructor);",
  "names of Object.prototype": "const d = {}; export async function f(k) { d[k] = await g(); d.constructor(k); d.toString[k] = 1; new constructor(); hasOwnProperty(k); __proto__.then(toString); m.valueOf().get(k); }",
  "self reference": "const a = b, b = c; var c = a; let d = d; export async function f(k) { a.get(k); const g = g(); const self = self; m.set(self, g, d); }",
  "recursion": "export async function f(k) { await g(k); } async function g(k) { await h(() => f(k)); m.set(k, f); } async function h(fn) { await fn(); await h(h); }",
  "duplicate declarations": "var x = new Map(); var x = new Set(); function y() {} function y() { x.get(1); } x = y; x.add(y());",
  "optional everything": "export async function f(k) { await m?.get?.(k)?.[k]?.(await g?.(m?.size))?.x.y?.z; delete m?.[k]; m?.set?.(k, (await h)?.()); }",
  "immediately called": "(async () => { await (function () { return m.get(this); }).call(m); })().then(async function again() { await again(); m.clear(); }, null).catch().finally(...[]);",
  "promises by hand": "export const f = (k) => new Promise(async (resolve, reject) => { try { resolve(await m.get(k)); } catch (e) { reject(e); } finally { setTimeout(() => m.delete(k)); } });",
  "locks": "const lock = new Mutex(); export async function f(k) { const r = await lock.acquire(); try { await lock.runExclusive(); lock.release(r); r(); r?.(); lock(); } finally { await using x = lock.lock(...k); lock.unlock(); } }",
  "globals": "globalThis.m = new Map(); self.window.m?.get(1); exports.m = m; module.exports = { m }; module.exports.m.get(2);",
  "exports": "export { m as default, m as 'a b' }; export * from 'x'; export * as ns from 'y'; import d, * as all from 'z'; d.m.get(all);",
  "with an arrow that returns an object": "export const f = async (k) => ({ ...(await m.get(k)), [k]: m.set(k, () => ({})) });",
  "comments in odd places": "/** @type {Map<string */ const x /* Map */ = /** @type {!Set} */ (new /**/ Set /**/ ()); /** @type {} */ let y; /** @type {Map<} */ let z;",
};

const WEIRD_TYPES: Readonly<Record<string, string>> = {
  "every kind of type": "type A = Map<string, Map<number, Set<A>>>; const a: A = new Map(); let b: Readonly<Partial<Record<keyof A, A[number]>>>; let c: { readonly [k: string]: A } & object; let d: (Map<string, 1> | undefined)[]; let e: typeof m;",
  "empty type arguments": "let a: Map; let b: Record<string>; let c: Record; let d: {}; let e: { [K in A as B]?: C }; let f: Readonly; let g: readonly string[]; let h: null | undefined;",
  "decorators": "@d(m.get(1)) class A { @e() m = new Map(); @f accessor n = m.get(2); constructor(@g private o: Map<string, number>, readonly p = new Map()) {} @h async q(@i r) { await r; this.o.set(r, this.p); } }",
  "abstract classes and overloads": "abstract class A { abstract m: Map<string, number>; declare n: Map<string, 1>; f(k: string): void; f(k: number): void; async f(k: any) { await this.m.get(k); this.m.set(k, 1); } abstract g(): void; [k: string]: any }",
  "namespaces and enums": "namespace N { export const m = new Map(); export async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); } } declare module 'x' { const m: Map<string, 1>; } enum E { A = m.size, B = 'b' } declare global { var m: Set<1>; }",
  "assertions everywhere": "export async function f(k) { const n = (<any>m.get(k as never)!)!.x satisfies unknown; await (g as any)!<string>(k!); (m as any as Map<1, 2>).set(k!, (n as any)! + 1); ((m as any).x as any) = 1; (m.get(k)!).y++; }",
  "imports and exports of types": "import type { M } from 'x'; import x = require('y'); export type { M }; export = x; export as namespace Z;",
  "functions without bodies": "declare function f(m: Map<string, number>): Promise<void>; declare class A { m: Map<string, number>; f(): void } export default function (this: A, m?: Set<string>): asserts m is Set<string>;",
};

describe("strange programs are analyzed without an error", () => {
  it.each(Object.entries(WEIRD))("%s", (_name, code) => {
    const source = `const m = new Map();\n${code}`;
    const parsed = (["espree", "typescript"] as const).flatMap((parser) => tryParse(source, { parser }) ?? tryParse(source, { parser, sourceType: "commonjs" }) ?? tryParse(`${code}`, { parser, sourceType: "script" }) ?? []);
    expect(parsed.length).toBeGreaterThan(0);
    for (const sourceCode of parsed) expect(() => askAll(analyze(sourceCode, {}))).not.toThrow();
  });

  it.each(Object.entries(WEIRD_TYPES))("%s", (_name, code) => {
    const sourceCode = parse(`const m = new Map();\n${code}`);
    expect(() => askAll(analyze(sourceCode, {}))).not.toThrow();
  });

  it("any order of strange parts in one function", { timeout: 120_000 }, () => {
    const parts = [
      "const v0 = m.get(k);", "m.set(k, v0);", "await g();", "if (m.has(k)) return;", "for (const k of m.keys()) {", "while (await m.get(k)) {", "try {", "} catch { m.delete(k); ", "} finally { m.clear(); ", "}",
      "switch (m.size) { case 1:", "break;", "continue;", "a: {", "break a;", "m.get(k)?.x(await h());", "load(k).then((v) => {", "});", "k = m.get(k) ?? (await k);", "await using r = await mutex.acquire();", "await mutex.runExclusive(async () => {", "e.n ??= await e.n;", "const e = m.get(k);", "setTimeout(() => {",
    ];
    let analyzed = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 14 }), (chosen) => {
        const sourceCode = tryParse(`const m = new Map(); const mutex = new Mutex();\nexport async function f(k, e) { ${closeAll(chosen)} }`, {});
        if (!sourceCode) return;
        analyzed++;
        askAll(analyze(sourceCode, {}));
      }),
      { numRuns: 1500, seed: 42 },
    );
    expect(analyzed).toBeGreaterThan(100);
  });
});

/** Drops what closes nothing and closes what stays open. */
function closeAll(parts: readonly string[]): string {
  const open: string[] = [];
  const lines: string[] = [];
  const close = (): void => {
    const opener = open.pop()!;
    lines.push(opener.endsWith("=> {") ? "});" : opener === "try {" ? "} catch {}" : "}");
  };
  for (const part of parts) {
    if (part === "}" || part === "});") {
      if (open.length > 0) close();
    } else if (part.startsWith("} ")) {
      if (open.at(-1) === "try {") {
        lines.push(part);
        open[open.length - 1] = "handler {";
      }
    } else {
      lines.push(part);
      if (part.endsWith("{") || part.endsWith("case 1:")) open.push(part);
    }
  }
  while (open.length > 0) close();
  return lines.join("\n");
}

describe("a syntax of the future", () => {
  const CODE = [
    "const m = new Map(); const d: Record<string, number> = {};",
    "export async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); }",
    "export class A { #m = new Map<string, number>(); async f(k) { if (!this.#m.has(k)) { const c = await connect(k); this.#m.set(k, c); } for (const [x] of this.#m) await x; } }",
    "export function h(k) { load(k).then((v) => { d[k] = v; }).finally(() => { try { m.delete(k); } catch { delete d[k]; } }); }",
  ].join("\n");

  function listNodes(sourceCode: SourceCode): Node[] {
    const nodes: Node[] = [];
    const visit = (node: Node): void => {
      nodes.push(node);
      for (const key of sourceCode.visitorKeys[node.type] ?? []) {
        for (const child of [(node as unknown as Record<string, unknown>)[key]].flat()) if (child) visit(child as Node);
      }
    };
    visit(sourceCode.ast as unknown as Node);
    return nodes;
  }

  const COUNT = listNodes(parse(CODE)).length;

  it("in the place of any one node is no error", { timeout: 120_000 }, () => {
    for (let index = 1; index < COUNT; index++) {
      const sourceCode = parse(CODE);
      const node = listNodes(sourceCode)[index]!;
      const { type } = node;
      (node as { type: string }).type = "FutureNode";
      expect(() => askAll(analyze(sourceCode, {})), `${type} at ${node.range[0]}`).not.toThrow();
    }
  });

  it("in the place of any few nodes is no error", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: COUNT - 1 }), { minLength: 2, maxLength: 6 }), (indexes) => {
        const sourceCode = parse(CODE);
        const nodes = listNodes(sourceCode);
        for (const index of indexes) (nodes[index] as { type: string }).type = "FutureNode";
        askAll(analyze(sourceCode, {}));
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it.each([["FunctionDeclaration"], ["BlockStatement"], ["AwaitExpression"], ["CallExpression"]])("in the place of every %s brings no report", (type) => {
    const sourceCode = parse("const m = new Map();\nexport async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); }");
    for (const node of listNodes(sourceCode)) if (node.type === type) (node as { type: string }).type = "FutureNode";
    expect(analyze(sourceCode, {})?.getHazards() ?? []).toEqual([]);
  });

  it("between a read and a write is no suspension", () => {
    const sourceCode = parse("const m = new Map();\nexport async function f(k) { const n = m.get(k); debugger; m.set(k, n + 1); }");
    for (const node of listNodes(sourceCode)) if (node.type === "DebuggerStatement") (node as { type: string }).type = "FutureStatement";
    expect(analyze(sourceCode, {})!.getHazards()).toEqual([]);
  });
});

describe("a generated file of 100,000 lines", () => {
  it("of functions is analyzed in a bounded time", { timeout: 300_000 }, () => {
    const unit = (index: number): string => `export async function f${index}(k) {\n  const n = m.get(k);\n  await save(n);\n  m.set(k, n + 1);\n}`;
    const code = `const m = new Map();\n${Array.from({ length: 20_000 }, (_, index) => unit(index)).join("\n")}`;
    expect(code.split("\n").length).toBeGreaterThan(100_000);
    expectBounded(code);
  });

  it("of one function is analyzed in a bounded time", { timeout: 300_000 }, () => {
    const code = `const m = new Map();\nexport async function f(k) {\n${Array.from({ length: 50_000 }, (_, index) => `  m.set(k, ${index});\n  await g();`).join("\n")}\n}`;
    expect(code.split("\n").length).toBeGreaterThan(100_000);
    expectBounded(code);
  });

  it("of data is analyzed in a bounded time", { timeout: 300_000 }, () => {
    const code = `export const m = new Map([\n${Array.from({ length: 100_000 }, (_, index) => `  ["k${index}", ${index}],`).join("\n")}\n]);`;
    expectBounded(code);
  });

  /** No more than a few times what ESLint takes to parse it. */
  function expectBounded(code: string): void {
    const start = performance.now();
    const sourceCode = parse(code);
    const parsed = performance.now();
    askAll(analyze(sourceCode, {}));
    const analyzed = performance.now();
    expect(analyzed - parsed).toBeLessThan(10 * (parsed - start) + 10_000);
  }
});

describe("deep nesting", () => {
  it.each([
    ["blocks", (depth: number) => `${"{".repeat(depth)} m.get(k); ${"}".repeat(depth)}`],
    ["calls", (depth: number) => `${"g(".repeat(depth)} m.get(k) ${")".repeat(depth)};`],
    ["operators", (depth: number) => `m.get(${Array.from({ length: depth }, () => "k").join(" + ")});`],
    ["chains", (depth: number) => `g()${".then((v) => m.set(k, v))".repeat(depth)};`],
    ["callbacks", (depth: number) => `${"g(() => {".repeat(depth)} m.get(k); ${"});".repeat(depth)}`],
    ["else if", (depth: number) => `${"if (m.has(k)) g(); else ".repeat(depth)} m.clear();`],
  ])("of %s is no error", (_name, create) => {
    expect(() => lint(`const m = new Map();\nexport async function f(k) { ${create(300)} }`, { preset: "all" })).not.toThrow();
  });
});
