import { testReports, testSilent } from "../cases.js";

testReports(
  "require-map-policy",
  "shared maps without a word",
  {
    "a module's map": `const m = new Map<string, number>(); // here
      export function put(id: string) { m.set(id, 1); }`,
    "a field": `export class Store {
        #m = new Map<string, number>(); // here
        put(id: string) { this.#m.set(id, 1); }
      }`,
    "a set": `const seen = new Set<string>(); // here
      export function mark(id: string) { seen.add(id); }`,
  },
  { preset: "all" },
);

testSilent("require-map-policy", "declared, private or never written", {
  "@guardedBy": `import { Mutex } from "async-mutex";
    const mutex = new Mutex();
    /** @guardedBy(mutex) */
    const m = new Map<string, number>();
    export async function put(id: string) { await mutex.runExclusive(() => m.set(id, 1)); }`,
  "@singleWriter": `/** @singleWriter */
    const m = new Map<string, number>();
    export function put(id: string) { m.set(id, 1); }`,
  "a table that is never written": `const codes = new Map([["a", 1]]);
    export function get(code: string) { return codes.get(code); }`,
  "a local": `export function count(xs: string[]) { const m = new Map<string, number>(); for (const x of xs) m.set(x, 1); return m.size; }`,
  "a safe map": `import { SafeMap } from "mapguard";
    const m = new SafeMap<string, number>();
    export function put(id: string) { m.set(id, 1); }`,
});
