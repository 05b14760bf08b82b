import { testReports, testSilent } from "../cases.js";

testReports(
  "no-uninitialized-map",
  "maps that nobody made",
  {
    "a field that is only declared": `export class Store {
      private m!: Map<string, number>;
      put(id: string) {
        this.m.set(id, 1); // here
      }
    }`,
    "a way past the creation": `export function f(all: boolean, ids: string[]) {
      let seen: Set<string>;
      if (all) seen = new Set();
      for (const id of ids) {
        seen!.add(id); // here
      }
    }`,
    "used before": `export function f(id: string) {
      let m: Map<string, number>;
      m!.set(id, 1); // here
      m = new Map();
      return m;
    }`,
  },
  { preset: "strict" },
);

testSilent("no-uninitialized-map", "made on every path, or asked for", {
  "an initializer": `export class Store { private m = new Map<string, number>(); put(id: string) { this.m.set(id, 1); } }`,
  "the constructor": `export class Store { private m!: Map<string, number>; constructor() { this.m = new Map(); } put(id: string) { this.m.set(id, 1); } }`,
  "a method": `export class Store { private m!: Map<string, number>; init() { this.m = new Map(); } put(id: string) { this.m.set(id, 1); } }`,
  "both branches": `export function f(all: boolean, id: string) { let m: Map<string, number>; if (all) m = new Map(); else m = new Map([["a", 1]]); m.set(id, 1); }`,
  "an early return": `export function f(all: boolean, id: string) { let m: Map<string, number> | undefined; if (!all) return; m = new Map(); m.set(id, 1); }`,
  "a test": `export function f(all: boolean, id: string) { let m: Map<string, number> | undefined; if (all) m = new Map(); if (m) m.set(id, 1); }`,
  "optional chaining": `export function f(all: boolean, id: string) { let m: Map<string, number> | undefined; if (all) m = new Map(); m?.set(id, 1); }`,
  "??=": `export function f(id: string) { let m: Map<string, number> | undefined; m ??= new Map(); m.set(id, 1); }`,
  "a spread does not mind": `export function f(all: boolean) { let m: Record<string, number> | undefined; if (all) m = { a: 1 }; return { ...m }; }`,
  "a subclass may be given it": `class Base {} export class Store extends Base { private m!: Map<string, number>; put(id: string) { this.m.set(id, 1); } }`,
  "injected": `declare const Inject: any; export class Store { @Inject() private m!: Map<string, number>; put(id: string) { this.m.set(id, 1); } }`,
  "the same test twice": `export function f(all: boolean, ids: string[]) { let m: Set<string>; if (all) m = new Set(); for (const id of ids) if (all) m!.add(id); }`,
  "told by another variable": `export function f(rules: string[][]) {
    let list: string[] | undefined;
    let seen: Set<string> | undefined;
    for (const names of rules) {
      if (list == null) { list = []; seen = new Set(); }
      for (const name of names) if (!seen!.has(name)) { seen!.add(name); list.push(name); }
    }
    return list;
  }`,
  "made at the top of a loop": `export function f(ids: string[]) { for (const id of ids) { let m: Map<string, number>; m = new Map(); m.set(id, 1); } }`,
});
