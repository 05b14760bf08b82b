import { testReports, testSilent } from "../cases.js";

testReports(
  "no-map-parameter-reassign",
  "the caller keeps the old map",
  {
    "new Map()": `export function reset(m: Map<string, number>) {
      m = new Map(); // here
    }`,
    "filled, and dropped": `export function load(m: Map<string, number>, ids: string[]) {
      m = new Map(); // here
      for (const id of ids) console.log(id);
      m.set("a", 1);
    }`,
    "a copy of another": `export function replaceAll(target: Map<string, number>, source: Map<string, number>) {
      target = new Map(source); // here
    }`,
    "a dictionary": `export function reset(counts: Record<string, number>) {
      counts = {}; // here
      counts["a"] = 1;
    }`,
  },
  { preset: "strict" },
);

testSilent("no-map-parameter-reassign", "the new map is for the function itself", {
  "a default": `export function f(m?: Map<string, number>) { m = m ?? new Map(); m.set("a", 1); return m; }`,
  "a default by if": `export function f(m?: Map<string, number>) { if (!m) m = new Map(); m.set("a", 1); return m.size; }`,
  "??=": `export function f(m?: Map<string, number>) { m ??= new Map(); m.set("a", 1); }`,
  "a working copy": `export function f(m: Map<string, number>) { m = new Map(m); m.delete("a"); return m; }`,
  "read afterwards": `export function f(m: Map<string, number>) { m = new Map(m); m.delete("a"); for (const [k] of m) console.log(k); }`,
  "passed on": `declare function use(m: Map<string, number>): void;
    export function f(m: Map<string, number>) { m = new Map(m); use(m); }`,
  "clear and fill": `export function f(m: Map<string, number>) { m.clear(); m.set("a", 1); }`,
  "a field of a parameter": `export function f(state: { m: Map<string, number> }) { state.m = new Map(); }`,
  "kept by a closure": `export function f(m: Map<string, number>) { m = new Map(); return () => m.size; }`,
});
