import { testReports, testSilent } from "../cases.js";
import { testEdits } from "../edits.js";

testReports("no-truthy-lookup", "a stored value counts as missing", {
  "a number that is numbered again": `const numbers = new Map<string, number>();
  export function getNumber(id: string) {
    if (!numbers.get(id)) { // here
      numbers.set(id, numbers.size);
    }
    return numbers.get(id);
  }`,
  "a counter that starts at nothing": `const ids: Record<string, number> = {};
  let next = 0;
  export function getId(name: string) {
    if (!ids[name]) { // here
      ids[name] = next++;
    }
    return ids[name];
  }`,
  "an index that is thrown at": `const index = new Map<string, number>();
  export function build(xs: string[]) { xs.forEach((x, i) => index.set(x, i)); }
  export function find(x: string) {
    const i = index.get(x);
    if (!i) throw new Error(x); // here
    return i;
  }`,
  "an index that is passed over": `const index = new Map<string, number>();
  export function build(xs: string[]) { for (let i = 0; i < xs.length; i++) index.set(xs[i]!, i); }
  export function find(x: string) {
    if (!index.get(x)) return -1; // here
    return index.get(x);
  }`,
  "a number by its type": `export function price(prices: Map<string, number>, name: string) {
    if (!prices.get(name)) throw new Error(name); // here
    return prices.get(name);
  }`,
  "a default for a number": `const retries = new Map<string, number>();
  export function setRetries(name: string, n: number) { retries.set(name, n); }
  export function getRetries(name: string) {
    return retries.get(name) || 3; // here
  }`,
  "a flag that can only be true": `const flags = new Map<string, boolean>();
  export function setFlag(name: string, on: boolean) { flags.set(name, on); }
  export function isOn(name: string) {
    return flags.get(name) || true; // here
  }`,
  "a no that is asked for again": `const known = new Map<string, boolean>();
  declare function ask(name: string): boolean;
  export function isKnown(name: string) {
    if (!known.get(name)) known.set(name, ask(name)); // here
    return known.get(name)!;
  }`,
  "nothing, remembered as null": `const users = new Map<string, object | null>();
  declare function load(id: string): object | null;
  export function getUser(id: string) {
    const user = users.get(id);
    if (user) return user; // here
    const loaded = load(id);
    users.set(id, loaded);
    return loaded;
  }`,
  "an empty text that is stored": `const vars = new Map<string, string>();
  export function define(pair: string) {
    const key = pair.split("=")[0]!;
    if (vars.get(key)) throw new Error(key); // here
    vars.set(key, pair.substring(key.length + 1));
  }`,
  "let, then filled": `const sizes = new Map<string, number>();
  export function getSize(x: string) {
    let size = sizes.get(x);
    if (!size) { // here
      size = x.length;
      sizes.set(x, size);
    }
    return size;
  }`,
});

testReports("no-truthy-lookup", "defaults that override a choice", {
  "in a reduce over the defaults": `const DEFAULTS = { automock: true, roots: ["."] };
  export function normalize(given) {
    return Object.keys(DEFAULTS).reduce((config, key) => {
      if (!config[key]) { // here
        config[key] = DEFAULTS[key];
      }
      return config;
    }, given);
  }`,
  "with an operator": `const DEFAULTS = { retries: 3 };
  export function normalize(config) {
    for (const key in DEFAULTS) config[key] = config[key] || DEFAULTS[key]; // here
  }`,
  "with an assigning operator": `const DEFAULTS = { retries: 3 };
  export function normalize(config) {
    for (const key in DEFAULTS) config[key] ||= DEFAULTS[key]; // here
  }`,
});

testSilent("no-truthy-lookup", "what is stored under another name", {
  "a count beside a flag": `const state: Record<string, any> = {};
    export function start() { state["count"] = 0; state["isCalled"] = true; }
    export function run() { if (!state["isCalled"]) throw new Error("not yet"); }`,
});

testSilent("no-truthy-lookup", "defaults that override nothing", {
  "no value that can be turned off": `const DEFAULTS = { roots: ["."], env: {} };
  export function normalize(config) { for (const key in DEFAULTS) if (!config[key]) config[key] = DEFAULTS[key]; }`,
  "the key is asked for": `const DEFAULTS = { retries: 3 };
  export function normalize(config) { for (const key in DEFAULTS) if (!(key in config)) config[key] = DEFAULTS[key]; }`,
  "only nothing is replaced": `const DEFAULTS = { retries: 3 };
  export function normalize(config) { for (const key in DEFAULTS) config[key] ??= DEFAULTS[key]; }`,
  "another key": `const DEFAULTS = { retries: 3 };
  export function normalize(config, name, other) { if (!config[name]) config[name] = DEFAULTS[other]; }`,
  "defaults from elsewhere": `import { DEFAULTS } from "./defaults.js";
  export function normalize(config) { for (const key in DEFAULTS) if (!config[key]) config[key] = DEFAULTS[key]; }`,
});

testReports("no-truthy-lookup", "a variable that starts empty, and is stored", {
  "a text that is rendered": `declare function render(source: string, language: string): string;
  export class Renderer {
    private cached: any = {};
    run(source: string, language: string) {
      let text = "";
      if (this.cached[source]) { // here
        text = this.cached[source];
      } else {
        text = render(source, language);
        this.cached[source] = text;
      }
      return text;
    }
  }`,
  "a number that is counted": `const depths = new Map<object, any>();
  export function getDepth(node: any) {
    if (depths.get(node)) return depths.get(node); // here
    let depth = 0;
    for (let at = node.parent; at; at = at.parent) depth++;
    depths.set(node, depth + 0 === depth ? measure(depth) : depth);
    return depth;
  }
  declare function measure(n: number): number;`,
});

testSilent("no-truthy-lookup", "a variable that starts empty, and does not stay so", {
  "nothing at first": `const users = new Map<string, any>();
  declare function load(id: string): object;
  export function find(id: string) { if (users.get(id)) return users.get(id); let user: object | null = null; user = load(id); users.set(id, user); return user; }`,
  "an index of a loop that starts at one": `const lines = new Map<string, any>();
  export function read(texts: string[]) { for (let i = 1; i < texts.length; i++) { if (lines.get(texts[i]!)) continue; lines.set(texts[i]!, i); } }`,
});

testReports("no-truthy-lookup", "heuristics, in strict", {
  "a text by its type": `const names = new Map<string, string>();
  declare function load(id: string): string;
  export function getName(id: string) {
    if (!names.get(id)) names.set(id, load(id)); // here
    return names.get(id);
  }`,
}, { preset: "strict" });

testReports(
  "no-truthy-lookup",
  "values of which nobody knows what they are, in strict",
  {
  "what a caller's function gives, for ever computed again": `export class Memo<K, V> {
    #values = new Map<K, V>();
    get(key: K, compute: (key: K) => V): V {
      const known = this.#values.get(key);
      if (known) return known; // here
      const value = compute(key);
      this.#values.set(key, value);
      return value;
    }
  }`,
  "an unknown result": `const results = new Map<string, unknown>();
  declare function run(name: string): Promise<unknown>;
  export async function getResult(name: string) {
    if (!results.get(name)) { // here
      results.set(name, await run(name));
    }
    return results.get(name);
  }`,
  },
  { preset: "strict" },
);

testSilent(
  "no-truthy-lookup",
  "values of which nobody knows what they are",
  {
    "what a factory gives": `export function memo<K, V>(make: (key: K) => V) { const values = new Map<K, V>(); return (key: K) => { const known = values.get(key); if (known) return known; const value = make(key); values.set(key, value); return value; }; }`,
  },
  { preset: "recommended" },
);

testSilent("no-truthy-lookup", "values that are never falsy, whatever the type allows", {
  "a table of constants": `export function press(key: string) { const codes: Record<string, number> = { enter: 66, tab: 61 }; const code = codes[key]; if (!code) throw new Error(key); return code; }`,
  "a default beside a table": `const minimum: Record<string, number> = { openai: 50, google: 30 }; export function isLong(provider: string, text: string) { return text.length >= (minimum[provider] || 20); }`,
  "entries of a map": `const weights = new Map<string, number>([["a", 1], ["b", 2]]); export function get(name: string) { return weights.get(name) || 3; }`,
  "a set in a dictionary": `export function sync(names: string[], old: Record<string, string>) { const next: Record<string, boolean> = Object.fromEntries(names.map((name) => [name, true])); for (const name of Object.keys(old)) { if (!next[name]) { delete old[name]; } } }`,
  "times": `const since: Record<string, number | undefined> = {}; export function exceed(id: string) { if (!since[id]) { since[id] = Date.now(); } return since[id]; }`,
  "a number above a minimum": `const MIN = 17; const colors = new Map<string, number>(); declare function hash(text: string): number; export function color(text: string) { let index = colors.get(text); if (!index) { index = MIN + (hash(text) % 200); colors.set(text, index); } return index; }`,
  "an object that a function of the file makes": `type Metrics = { width: number } | null; const metrics: Record<string, Metrics> = {}; const read = (text: string): { width: number } => ({ width: text.length }); export function get(name: string) { return (metrics[name] ??= read(name)); }`,
  "a count from one on": `let last = 1; const ids = new Map<string, number>(); export function id(name: string) { if (!ids.get(name)) ids.set(name, last++); return ids.get(name); }`,
});

testSilent("no-truthy-lookup", "falsy values that a test keeps out", {
  "null that is not stored": `const rows = new Map<string, object>(); declare function find(id: string): string | undefined; export function get(id: string) { const known = rows.get(id); if (known) return known; const text = find(id); const row = text ? { text } : null; if (row) { rows.set(id, row); } return row; }`,
  "null that is passed over": `export function index(lines: readonly string[]) { const byPath = new Map<string, { path: string }>(); for (const line of lines) { const entry = line.length > 2 ? { path: line } : null; if (!entry) continue; const existing = byPath.get(entry.path); if (!existing) byPath.set(entry.path, entry); } return byPath; }`,
  "both of two": `export function derive(tab: string | null, tree: string | null, trees: Map<string, { id: string }[]>) { const active: Record<string, string | null> = {}; const id = tab && tab.length > 1 ? tab : null; if (tree && id) { active[tree] = id; } for (const [key, tabs] of trees) { if (!active[key]) active[key] = tabs[0]!.id; } return active; }`,
  "an empty text that is refused": `export function check(rows: { name: string }[]) { const seen = new Map<string, string>(); for (const row of rows) { const name = row.name.trim(); if (name === "") continue; const lower = name.toLowerCase(); const prior = seen.get(lower); if (prior) continue; seen.set(lower, name); } return seen; }`,
  "null that is asked for first": `const paths = new Map<string, string | null>(); declare function find(name: string): string | undefined; export function get(name: string): string { const known = paths.get(name); if (known === null) { throw new Error(name); } if (known) { return known; } const path = find(name) ?? null; paths.set(name, path); if (!path) throw new Error(name); return path; }`,
  "a lookup behind has": `const texts = new Map<string, string | null>(); declare function load(url: string): string | null; export function get(urls: string[]) { for (const url of urls) { if (texts.has(url)) { const text = texts.get(url); if (text) return text; } else { const text = load(url); texts.set(url, text); if (text) return text; } } return undefined; }`,
  "parts, of which there is one at least": `export function rank(paths: string[]) { const cache: Record<string, number> = {}; const count = (path: string) => path.split("/").length; return paths.sort((a, b) => (cache[a] ||= count(a)) - (cache[b] ||= count(b))); }`,
  "null in a dictionary: no entry": `export function collect(names: string[], many: Set<string>, values: Record<string, string>) { const result: Record<string, string[] | string | null> = {}; for (const name of names) { if (many.has(name)) { if (!result[name]) result[name] = []; continue; } result[name] = values[name] === "" ? null : name; } return result; }`,
  "null under other keys": `const cache = new Map<string, object | RegExp>(); export function list(text: string) { const key = \`list::\${text}\`; const known = cache.get(key); if (known) return known; const found = text.split(","); cache.set(key, found); return found; } export function pattern(text: string) { const key = \`pattern::\${text}\`; const made = text ? new RegExp(text) : null; cache.set(key, made as never); return made; }`,
});

testReports("no-truthy-lookup", "falsy values that no test keeps out", {
  "a table with nothing in it": `const codes = new Map<string, number>([["a", 0], ["b", 2]]);
  export function get(name: string) {
    return codes.get(name) || 3; // here
  }`,
  "a test of something else": `const users = new Map<string, object>();
  declare function find(id: string): string | undefined;
  export function getUser(id: string) {
    const user = users.get(id);
    if (user) return user; // here
    const text = find(id);
    const loaded = text ? { text } : null;
    if (id) users.set(id, loaded as never);
    return loaded;
  }`,
  "a variable that is written again behind the test": `const users = new Map<string, object>();
  declare function find(id: string): { text: string } | undefined;
  export function getUser(id: string) {
    const user = users.get(id);
    if (user) return user; // here
    const loaded = find(id) ?? null;
    users.set(id, loaded as never);
    if (!loaded) return undefined;
    return loaded;
  }`,
  "times that can be set to nothing": `const since: Record<string, number> = {};
  export function exceed(id: string) {
    if (!since[id]) { // here
      since[id] = Date.now();
    }
    return since[id];
  }
  export function forget(id: string) { since[id] = 0; }`,
});

testReports("no-truthy-lookup", "what is gone in the other one", {
  "an empty text counts as gone": `export function apply(next: Record<string, string>, old: Record<string, string>, env: Record<string, string>) {
    for (const key of Object.keys(old)) {
      if (!next[key]) { // here
        delete env[key];
      }
    }
  }`,
  "zero counts as gone": `const limits = new Map<string, number>();
  export function set(name: string, n: number) { limits.set(name, n); }
  export function sync(old: Map<string, number>) {
    for (const name of old.keys()) if (!limits.get(name)) old.delete(name); // here
  }`,
});

testSilent("no-truthy-lookup", "values that are what they seem", {
  "objects of a caller's class": `export class Cache<K, V extends object> { #values = new Map<K, V>(); get(key: K, make: (key: K) => V): V { const known = this.#values.get(key); if (known) return known; const value = make(key); this.#values.set(key, value); return value; } }`,
  "anything, made here": `const values = new Map<string, unknown>(); export function get(name: string) { if (!values.get(name)) values.set(name, { name }); return values.get(name); }`,
  "a value that is handed in": `export class Registry<V> { #values = new Map<string, V>(); add(name: string, value: V) { if (this.#values.get(name)) return; this.#values.set(name, value); } }`,
  "has, before it is computed": `export class Memo<K, V> { #values = new Map<K, V>(); get(key: K, compute: (key: K) => V): V { if (this.#values.has(key)) return this.#values.get(key)!; const value = compute(key); this.#values.set(key, value); return value; } }`,
  "objects that are gone": `export function apply(next: Record<string, object>, old: Record<string, object>) { for (const key of Object.keys(old)) if (!next[key]) delete old[key]; }`,
  "its own falsy entries are taken away": `const counts: Record<string, number> = {}; export function bump(k: string, n: number) { counts[k] = n; } export function clean() { for (const key of Object.keys(counts)) if (!counts[key]) delete counts[key]; }`,
  "another key is removed": `export function apply(next: Record<string, string>, old: Record<string, string>, env: Record<string, string>) { for (const key of Object.keys(old)) if (!next[key]) delete env[\`x-\${key}\`]; }`,
});

testSilent("no-truthy-lookup", "truth is presence, or it does not matter", {
  "entries that are objects": `const m = new Map<string, { n: number }>(); export function get(k: string) { if (!m.get(k)) m.set(k, { n: 0 }); return m.get(k); }`,
  "??= over false": `declare function test(k: string): Promise<boolean>; const known: Record<string, boolean> = {}; export async function get(k: string) { return (known[k] ??= await test(k)); }`,
  "?? over zero, and a refill": `declare function measure(k: string): number; const sizes = new Map<string, number>(); export function get(k: string) { return sizes.get(k) ?? sizes.set(k, measure(k)).get(k); }`,
  "null that takes an entry away": `class Queue { n = 0; } export class Queues { private queues: Record<string, Queue | null> = {}; push(k: string) { if (!this.queues[k]) this.queues[k] = new Queue(); this.queues[k]!.n++; } end(k: string) { this.queues[k] = null; } }`,
  "numbers that begin at one": `let last = 0; export function getNumber(ids: Map<object, number>, item: object) { let id = ids.get(item); if (!id) { id = ++last; ids.set(item, id); } return id; }`,
  "a count from zero": `const counts = new Map<string, number>(); export function bump(k: string) { counts.set(k, (counts.get(k) || 0) + 1); }`,
  "a count that starts at one": `const counts = new Map<string, number>(); export function bump(k: string) { const n = counts.get(k); if (!n) counts.set(k, 1); else counts.set(k, n + 1); }`,
  "filled with zero": `const counts = new Map<string, number>(); export function get(k: string) { if (!counts.get(k)) counts.set(k, 0); return counts.get(k)!; }`,
  "a flag used as a flag": `const seen = new Map<string, boolean>(); export function visit(k: string) { if (seen.get(k)) return; seen.set(k, true); }`,
  "a flag set only to true": `const seen: Record<string, boolean> = {}; export function visit(k: string) { if (!seen[k]) { seen[k] = true; } }`,
  "no flag is no": `const flags = new Map<string, boolean>(); export function set(k: string, v: boolean) { flags.set(k, v); } export function isOn(k: string) { return flags.get(k) || false; }`,
  "a default of the same value": `const names = new Map<string, string>(); export function set(k: string, v: string) { names.set(k, v); } export function get(k: string) { return names.get(k) || ""; }`,
  "a default for a text": `const names = new Map<string, string>(); export function set(k: string, v: string) { names.set(k, v); } export function get(k: string) { return names.get(k) || "unknown"; }`,
  "has": `const m = new Map<string, number>(); export function get(k: string) { if (!m.has(k)) m.set(k, m.size); return m.get(k); }`,
  "compared with undefined": `const m = new Map<string, number>(); export function get(k: string) { const n = m.get(k); if (n === undefined) throw new Error(k); return n; }`,
  "??": `const m = new Map<string, number>(); export function set(k: string, n: number) { m.set(k, n); } export function get(k: string) { return m.get(k) ?? 3; }`,
  "null is treated as absent on purpose": `const m = new Map<string, object | null>(); export function set(k: string, o: object | null) { m.set(k, o); } export function get(k: string) { const o = m.get(k); if (!o) throw new Error(k); return o; }`,
  "a time, of which none is as good as zero": `const lastSeen = new Map<string, number>(); export function mark(k: string, now: number) { lastSeen.set(k, now); } export function wasSeen(k: string) { if (!lastSeen.get(k)) throw new Error(k); return true; }`,
  "more than nothing": `const counts = new Map<string, number>(); export function add(k: string, n: number) { counts.set(k, n); } export function has(k: string) { return counts.get(k)! > 0; }`,
  "another key is filled": `const m = new Map<string, number>(); export function copy(a: string, b: string) { if (!m.get(a)) m.set(b, m.size); }`,
});

testEdits(
  "no-truthy-lookup",
  {
    "a lookup as a test": [
      `const numbers = new Map<string, number>();\nexport function getNumber(id: string) {\n  if (!numbers.get(id)) numbers.set(id, numbers.size);\n  return numbers.get(id);\n}\n`,
      `const numbers = new Map<string, number>();\nexport function getNumber(id: string) {\n  if (!numbers.has(id)) numbers.set(id, numbers.size);\n  return numbers.get(id);\n}\n`,
    ],
    "a variable as a test": [
      `const index = new Map<string, number>();\nexport function build(xs: string[]) { xs.forEach((x, i) => index.set(x, i)); }\nexport function find(x: string): number {\n  const i = index.get(x);\n  if (!i) throw new Error(x);\n  return i;\n}\n`,
      `const index = new Map<string, number>();\nexport function build(xs: string[]) { xs.forEach((x, i) => index.set(x, i)); }\nexport function find(x: string): number {\n  const i = index.get(x);\n  if (i === undefined) throw new Error(x);\n  return i;\n}\n`,
    ],
    "a default": [
      `const retries = new Map<string, number>();\nexport function setRetries(name: string, n: number) { retries.set(name, n); }\nexport function getRetries(name: string): number {\n  return retries.get(name) || 3;\n}\n`,
      `const retries = new Map<string, number>();\nexport function setRetries(name: string, n: number) { retries.set(name, n); }\nexport function getRetries(name: string): number {\n  return retries.get(name) ?? 3;\n}\n`,
    ],
    "a dictionary": [
      `const ids: Record<string, number> = {};\nlet next = 0;\nexport function getId(name: string) {\n  if (!ids[name]) ids[name] = next++;\n  return ids[name];\n}\n`,
      `const ids: Record<string, number> = {};\nlet next = 0;\nexport function getId(name: string) {\n  if (ids[name] === undefined) ids[name] = next++;\n  return ids[name];\n}\n`,
    ],
    "a value that is computed": [
      `export class Memo<K> {\n  #values = new Map<K, number>();\n  get(key: K, compute: (key: K) => number): number {\n    const known = this.#values.get(key);\n    if (known) return known;\n    const value = compute(key);\n    this.#values.set(key, value);\n    return value;\n  }\n}\n`,
      `export class Memo<K> {\n  #values = new Map<K, number>();\n  get(key: K, compute: (key: K) => number): number {\n    const known = this.#values.get(key);\n    if (known !== undefined) return known;\n    const value = compute(key);\n    this.#values.set(key, value);\n    return value;\n  }\n}\n`,
    ],
    "what is gone": [
      `export function apply(next: Record<string, string>, old: Record<string, string>) {\n  for (const key of Object.keys(old)) {\n    if (!next[key]) delete old[key];\n  }\n}\n`,
      `export function apply(next: Record<string, string>, old: Record<string, string>) {\n  for (const key of Object.keys(old)) {\n    if (next[key] === undefined) delete old[key];\n  }\n}\n`,
    ],
    "not where null is stored: what follows may not compile": [`const users = new Map<string, object | null>();\ndeclare function load(id: string): object | null;\nexport function getUser(id: string): object | null {\n  const user = users.get(id);\n  if (user) return user;\n  const loaded = load(id);\n  users.set(id, loaded);\n  return loaded;\n}\n`, undefined],
    "not beside another ||": [`const retries = new Map<string, number>();\nexport function setRetries(name: string, n: number) { retries.set(name, n); }\nexport function getRetries(name: string, other: number): number {\n  return retries.get(name) || 3 || other;\n}\n`, undefined],
  },
  `const numbers = new Map<string, number>();\n`,
  (index) => `export function getNumber${index}(id: string) {\n  if (!numbers.get(id)) numbers.set(id, numbers.size);\n  return numbers.get(id);\n}\n`,
);

testReports("no-truthy-lookup", "what a callback gives, in strict", {
  "kept in what is handed in": `export async function getOrSet<T>({ cache, key, callback }: { cache: { get(key: string): T; set(key: string, value: T): void }; key: string; callback: () => Promise<T> }): Promise<T> {
    let value = cache.get(key);
    if (value) { // here
      return value;
    }
    value = await callback();
    cache.set(key, value);
    return value;
  }`,
  "kept in a remote store": `import { store } from "./store.js";
  export async function remember(key: string, load: () => Promise<unknown>) {
    const known = await store.get(key);
    if (known) return known; // here
    const made = await load();
    await store.set(key, made);
    return made;
  }`,
  "kept in a Map without types": `const results = new Map();
  export function memoize(fn) {
    return (key) => {
      const known = results.get(key);
      if (known) return known; // here
      const made = fn(key);
      results.set(key, made);
      return made;
    };
  }`,
  "asked where it is missing": `export function once(cache: { get(key: string): any; set(key: string, value: any): void }, key: string, fn: () => any) {
    let value = cache.get(key);
    if (!value) { // here
      value = fn();
      cache.set(key, value);
    }
    return value;
  }`,
}, { preset: "strict", rules: ["no-truthy-lookup"] });

testReports("no-truthy-lookup", "other defaults and refusals, in strict", {
  "nothing instead of an empty text": `export function getHeader(raw: Map<string, string>, name: string) {
    const headers: Record<string, string> = {};
    raw.forEach((value, key) => { headers[key] = value; });
    return headers[name.toLowerCase()] || undefined; // here
  }`,
  "any value is refused as missing": `export function select(source: Record<string, any>, names: string[]) {
    const result: Record<string, unknown> = Object.create(null);
    for (const name of names) {
      if (!source[name]) { // here
        throw new Error("Field " + name + " was not found");
      }
      result[name] = source[name];
    }
    return result;
  }`,
}, { preset: "strict", rules: ["no-truthy-lookup"] });

testSilent("no-truthy-lookup", "what can hardly be falsy, or is asked for rightly", {
  "compared with undefined": `export async function getOrSet(cache: any, key: string, callback: () => Promise<unknown>) { let value = cache.get(key); if (value !== undefined) return value; value = await callback(); cache.set(key, value); return value; }`,
  "made here": `export function getClient(cache: any, key: string) { const known = cache.get(key); if (known) return known; const client = new Client(key); cache.set(key, client); return client; } declare class Client { constructor(key: string); }`,
  "another key": `export async function getOrSet(cache: any, key: string, callback: () => Promise<unknown>) { const value = cache.get(key); if (value) return value; const made = await callback(); cache.set("last", made); return made; }`,
  "another cache": `export async function getOrSet(cache: any, memo: any, key: string, callback: () => Promise<unknown>) { const value = cache.get(key); if (value) return value; const made = await callback(); memo.set(key, made); return made; }`,
  "what is no cache": `export async function getOrSet(session: any, key: string, callback: () => Promise<unknown>) { const value = session.get(key); if (value) return value; const made = await callback(); session.set(key, made); return made; }`,
  "nothing instead of an object": `export function find(m: Map<string, { n: number }>, k: string) { return m.get(k) || undefined; }`,
  "a refusal that is about something else": `export function check(source: Record<string, any>, name: string) { if (!source[name]) throw new RangeError(name); return source[name]; }`,
  "a Map without types, filled with what is made here": `const all = new Map(); export function get(key) { const known = all.get(key); if (known) return known; const made = createThing(key); all.set(key, made); return made; }`,
});
