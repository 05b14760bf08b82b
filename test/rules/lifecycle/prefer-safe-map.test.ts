import { testReports, testSilent } from "../cases.js";

testReports(
  "prefer-safe-map",
  "shared maps that are written",
  {
    "a module's map": `const m = new Map<string, number>(); // here
      export function put(id: string) { m.set(id, 1); }`,
    "a field": `export class Store {
        #m = new Map<string, number>(); // here
        put(id: string) { this.#m.set(id, 1); }
      }`,
    "a captured local": `export function create() {
        const m = new Map<string, number>(); // here
        return { put: async (id: string) => { m.set(id, 1); } };
      }`,
  },
  { preset: "all" },
);

testSilent("prefer-safe-map", "safe, private, fixed, or no Map", {
  "a SafeMap": `import { SafeMap } from "mapguard";
    const m = new SafeMap<string, number>();
    export function put(id: string) { m.set(id, 1); }`,
  "a local": `export function group(ids: string[]) { const m = new Map<string, number>(); for (const id of ids) m.set(id, 1); return m; }`,
  "a table": `const m = new Map([["a", 1]]);
    export function get(id: string) { return m.get(id); }`,
  "a set": `const seen = new Set<string>();
    export function mark(id: string) { seen.add(id); }`,
  "a WeakMap": `const m = new WeakMap<object, number>();
    export function mark(node: object) { m.set(node, 1); }`,
  "a parameter": `export function put(m: Map<string, number>, id: string) { m.set(id, 1); }`,
});
