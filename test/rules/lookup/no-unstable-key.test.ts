import { testReports, testSilent } from "../cases.js";

testReports("no-unstable-key", "a key that no entry has", {
  "an object made in the lookup": `const m = new Map<{ x: number }, string>();
  export function find(x: number) {
    return m.get({ x }); // here
  }`,
  "an array": `const m = new Map<[number, number], string>();
  export function has(x: number, y: number) {
    return m.has([x, y]); // here
  }`,
  "a function that is to be removed": `const listeners = new Set<() => void>();
  export function off(f: () => void) {
    listeners.delete(() => f()); // here
  }`,
  "a new date": `const m = new Map<Date, string>();
  export function find(text: string) {
    return m.get(new Date(text)); // here
  }`,
  "through a constant": `const m = new Map<object, string>();
  export function find(x: number) {
    const key = { x };
    return m.get(key); // here
  }`,
  "stored under a key nobody has": `const m = new Map<[number, number], string>();
  export function put(x: number, y: number, text: string) {
    m.set([x, y], text); // here
  }
  export function find(at: [number, number]) { return m.get(at); }`,
  "an object as the key of a dictionary": `const d: Record<string, number> = {};
  export function put(x: number) {
    d[{ x } as any] = 1; // here
  }`,
  "a request's key in an object with a prototype": `const handlers: Record<string, () => void> = {}; // here
  export function add(name: string, f: () => void) { handlers[name] = f; }
  declare const socket: { on(name: string, f: (message: { type: string }) => void): void };
  socket.on("message", (message) => {
    if (!handlers[message.type]) return;
  });`,
});

testReports("no-unstable-key", "names of packages, modules and tables, which are mostly of one project: in strict", {
  "the names of dependencies, grouped": `export function group(manifests: { name: string; dependencies: Record<string, string> }[]) {
    const dependents: Record<string, string[]> = {}; // here
    for (const manifest of manifests) {
      for (const [name] of Object.entries(manifest.dependencies)) (dependents[name] ??= []).push(manifest.name);
    }
    return dependents;
  }`,
  "an alias that is tested": `declare function parse(text: string): { alias: string };
  export function extend(selectors: string[]) {
    const extensions = {} as Record<string, string[]>; // here
    selectors.forEach((selector) => {
      const { alias } = parse(selector);
      if (!extensions[alias]) {
        extensions[alias] = [];
      }
      extensions[alias]!.push(selector);
    });
    return extensions;
  }`,
  "hooks of modules": `const hooks: Record<string, (() => void)[]> = {}; // here
  export function hook(modules: string[], run: () => void) {
    modules.forEach((mod) => {
      const known = hooks[mod];
      if (known) known.push(run);
      else hooks[mod] = [run];
    });
  }`,
  "a table's name that must be new": `export function create(tables: { name: string }[]) {
    const byName: Record<string, object> = {}; // here
    for (const table of tables) {
      if (table.name in byName) throw new Error(table.name);
      byName[table.name] = table;
    }
    return byName;
  }`,
}, { preset: "strict", rules: ["no-unstable-key"] });

testReports("no-unstable-key", "names that anyone chooses, in an object with a prototype", {
  "tools that a model asks for, counted": `export function count(calls: { toolName: string }[]) {
    const counts: Record<string, number> = {}; // here
    for (const call of calls) counts[call.toolName] = (counts[call.toolName] || 0) + 1;
    return counts;
  }`,
  "headers that are given out": `export function parse(headerText: string) {
    const headers: Record<string, string> = {}; // here
    for (const line of headerText.split(";")) {
      const name = line.slice(0, line.indexOf(":"));
      headers[name] = line;
    }
    return headers;
  }`,
  "a tool that a model asks for": `export class Tools {
    private tools: { [name: string]: () => void } = {}; // here
    add(name: string, run: () => void) { this.tools[name] = run; }
    call(toolName: string) {
      const tool = this.tools[toolName];
      if (!tool) throw new Error(toolName);
      tool();
    }
  }`,
  "a text of unknown data, counted": `export function count(terminals: { kind?: unknown }[]) {
    const kinds: Record<string, number> = {}; // here
    for (const terminal of terminals) {
      const kind = typeof terminal.kind === "string" ? terminal.kind : "none";
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    return kinds;
  }`,
  "the names of headers": `declare function toName(header: string): string;
  export function parse(headers: string[]) {
    const parsed: Record<string, string | string[]> = {}; // here
    for (let i = 0; i < headers.length; i += 2) {
      const key = toName(headers[i]!);
      const known = parsed[key];
      if (known) parsed[key] = [...known, headers[i + 1]!];
      else parsed[key] = headers[i + 1]!;
    }
    return parsed;
  }`,
  "a path that is walked": `export function setIn(at: Record<string, any>, path: string, value: unknown) {
    const parts = path.split(".");
    let i: number;
    for (i = 0; i < parts.length - 1; i++) {
      at = at[parts[i]!];
    }
    at[parts[i]!] = value; // here
  }`,
  "a path that is made while it is walked": `export function setIn(root: Record<string, any>, path: string[], value: unknown) {
    let at = root;
    const last = path.pop()!;
    for (const key of path) at = at[key] ??= {};
    at[last] = value; // here
  }`,
});

testSilent("no-unstable-key", "a script over the names of its own project, in recommended", {
  "at the top of a build file": `const watched = {};
    Object.keys(require("./package.json").dependencies).forEach(function (name) { if (name in watched) return; watched[name] = 1; });`,
  "in a loop at the top": `const shared: Record<string, number> = {};
    for (const pkg of Object.keys(packageData.dependencies)) { if (!shared[pkg]) shared[pkg] = 1; }`,
}, { preset: "recommended" });

testSilent("no-unstable-key", "names in an object, and nothing goes wrong", {
  "written and not asked for": `export function list(dependencies: Record<string, string>) { const out: Record<string, string> = {}; for (const [name, spec] of Object.entries(dependencies)) out[name] = spec; return out; }`,
  "no prototype": `export function group(deps: string[]) { const seen: Record<string, number> = Object.create(null); for (const dep of deps) seen[dep] = (seen[dep] ?? 0) + 1; return seen; }`,
  "asked for its own": `export function group(deps: string[]) { const seen: Record<string, number> = {}; for (const dep of deps) { if (!Object.hasOwn(seen, dep)) seen[dep] = 0; seen[dep] = (seen[dep] ?? 0) + 1; } return seen; }`,
  "hasOwnProperty by call": `export function group(deps: string[]) { const seen: Record<string, number> = {}; for (const dep of deps) { if (!Object.prototype.hasOwnProperty.call(seen, dep)) seen[dep] = 0; seen[dep] = (seen[dep] ?? 0) + 1; } return seen; }`,
  "a file that refuses __proto__": `export function group(deps: string[]) { const seen: Record<string, number> = {}; for (const dep of deps) { if (dep === "__proto__" || dep === "constructor") continue; seen[dep] = (seen[dep] ?? 0) + 1; } return seen; }`,
  "a prefix": `export function group(deps: string[]) { const seen: Record<string, number> = {}; for (const dep of deps) seen[\`dep:\${dep}\`] = (seen[\`dep:\${dep}\`] ?? 0) + 1; return seen; }`,
  "a type that lists the keys": `type Tool = "read" | "write"; const used: Record<string, number> = {}; export function count(toolName: Tool) { used[toolName] = (used[toolName] ?? 0) + 1; return used; }`,
  "a map whose type lists the keys": `type Tool = "read" | "write"; export function count(tools: Tool[]) { const used: Partial<Record<Tool, number>> = {}; for (const tool of tools) used[tool] = (used[tool] ?? 0) + 1; return used; }`,
  "its own keys": `const tables: Record<string, { n: number }> = {}; export function add(id: string) { tables[id] = { n: 1 }; } export function count() { return Object.keys(tables).filter((name) => tables[name] && tables[name]!.n > 0); }`,
  "a list that the code knows": `declare const expectedPackages: string[]; export function find(found: string[]) { const known: Record<string, string> = {}; for (const id of found) known[id] = id; return expectedPackages.filter((name) => !(name in known)); }`,
  "what our own processes say": `const pending: Record<string, () => void> = {}; export function ask(id: string, done: () => void) { pending[id] = done; } process.on("message", (message: { id: string }) => { const done = pending[message.id]; if (done) done(); });`,
  "a path of literals": `function setIn(at: Record<string, any>, path: string, value: unknown) { const parts = path.split("."); let i: number; for (i = 0; i < parts.length - 1; i++) at = at[parts[i]!]; at[parts[i]!] = value; } export function make() { const o = {}; setIn(o, "a.b", 1); return o; }`,
  "a trie": `export function insert(root: any, word: string) { let at = root; for (const letter of word) at = at[letter] ??= {}; at["end"] = true; }`,
  "a walk that only reads": `export function getIn(root: any, path: string[]) { let at = root; for (const key of path) at = at[key]; return at; }`,
});

testSilent("no-unstable-key", "names of which the file knows all, in strict", {
  "of a list that stands here": `const setters = ["setTimeout", "setInterval"]; export class Timers { #originals: Record<string, () => void> = {}; keep(globals: Record<string, () => void>) { for (const name of setters) this.#originals[name] = globals[name]!; } use() { for (const name of setters) { const set = this.#originals[name]; if (set) set(); } for (const name of ["a", "b"]) this.#originals[name]?.(); } }`,
}, { preset: "strict", rules: ["no-unstable-key"] });

testReports("no-unstable-key", "names that are cut out of a text from outside", {
  "parameters of a URL": `export function getQuery(url: string) {
    const results: Record<string, string> = {}; // here
    let at = url.indexOf("?");
    while (at !== -1) {
      const next = url.indexOf("&", at + 1);
      let name = url.slice(at + 1, url.indexOf("=", at));
      if (name.includes("%")) name = decodeURIComponent(name);
      results[name] ??= url.slice(url.indexOf("=", at) + 1, next === -1 ? undefined : next);
      at = next;
    }
    return results;
  }`,
  "parameters of a header, which are only written": `declare function getNextParam(header: string, at: number): [number, string, string];
  export function parseAccept(acceptHeader: string) {
    const accept = { type: "", params: {} as Record<string, string> }; // here
    let at = 0;
    let name: string;
    let value: string;
    while (at < acceptHeader.length) {
      [at, name, value] = getNextParam(acceptHeader, at);
      accept.params[name] = value;
    }
    return accept;
  }`,
  "pairs of a cookie": `export function parse(cookie: string) {
    const result: Record<string, string> = {}; // here
    for (const pair of cookie.split(";")) {
      const [name, value] = pair.split("=");
      result[name!.trim()] = value!;
      if (result[name!] === undefined) result[name!] = value!;
    }
    return result;
  }`,
  "variables in the state of a component": `declare function useState<T>(initial: T): [T, (next: T) => void];
  export function Template({ varName }: { varName: string }) {
    const [completions] = useState<Record<string, string[]>>({}); // here
    return completions[varName] ?? [];
  }`,
  "events that a class is asked for with in": `export class Target {
    listeners: { [type in string]: (() => void)[] } = {}; // here
    add(type: string, f: () => void) {
      if (!(type in this.listeners)) this.listeners[type] = [];
      this.listeners[type]!.push(f);
    }
  }`,
});

testReports("no-unstable-key", "functions that a message names", {
  "a table that is spread": `declare function createHandlers(): Record<string, (msg: unknown) => void>;
  export function createDispatcher() {
    const handlers: Record<string, (msg: unknown) => void> = { // here
      ...createHandlers(),
    };
    return (msg: any) => {
      const handler = handlers[msg?.type];
      if (!handler) return console.warn("unknown", msg?.type);
      return handler(msg);
    };
  }`,
  "what was parsed": `const commands = { // here
    start() {},
    stop() {},
  };
  export function onData(text: string) {
    const message = JSON.parse(text);
    commands[message.command](message.args);
  }`,
});

testReports("no-unstable-key", "merges that go deep", {
  "a config of a user": `export function mergeInto(a: any, b: any, conflicts: string[]) {
    for (const prop in b) {
      if (typeof b[prop] === "object") {
        if (a[prop] === undefined) a[prop] = {};
        mergeInto(a[prop], b[prop], conflicts); // here
      } else {
        if (a[prop] !== undefined) conflicts.push(prop);
        a[prop] = b[prop];
      }
    }
  }`,
});

testSilent("no-unstable-key", "functions of which the file knows all", {
  "a type": `type Message = { type: "start" } | { type: "stop" };
  const commands = { start() {}, stop() {} };
  export function run(message: Message) { commands[message.type](); }`,
  "own properties only": `const commands = { start() {}, stop() {} };
  export function run(message) { if (Object.hasOwn(commands, message.type)) commands[message.type](); }`,
  "a list of them": `const commands = { start() {}, stop() {} };
  const NAMES = ["start", "stop"];
  export function run(message) { if (NAMES.includes(message.type)) commands[message.type](); }`,
  "nothing is inherited": `const commands = { __proto__: null, start() {}, stop() {} };
  export function run(message) { commands[message.type](); }`,
  "members of an enumeration": `const classes = { [Kind.Row]: () => 1, [Kind.Button]: () => 2 };
  export function create(data) { return classes[data.type]?.(); }`,
  "no function": `const labels = { start: "Start", stop: "Stop" };
  export function getLabel(message) { return labels[message.type]; }`,
  "an action of this program": `const reducers = { start() {}, stop() {} };
  export function reduce(action) { return reducers[action.type](); }`,
});

testSilent("no-unstable-key", "texts of this program", {
  "a path of a file": `export function read(file: string) {
    const result: Record<string, string> = {};
    for (const part of file.split("/")) result[part] = part;
    return result;
  }`,
  "an argument of the command line": `export function read(args: string[]) {
    const headers: Record<string, string> = {};
    for (const arg of args) {
      const rawHeader = arg.slice("--header=".length);
      const field = rawHeader.slice(0, rawHeader.indexOf(":"));
      headers[field] = rawHeader;
    }
    return headers;
  }`,
  "a query into an object that inherits nothing": `export function parse(query: string) {
    const result: Record<string, string> = Object.create(null);
    for (const pair of query.split("&")) { const [name, value] = pair.split("="); result[name!] ??= value!; }
    return result;
  }`,
  "a query, asked for own names": `export function parse(query: string) {
    const result: Record<string, string> = {};
    for (const pair of query.split("&")) { const [name, value] = pair.split("="); if (!Object.hasOwn(result, name!)) result[name!] = value!; }
    return result;
  }`,
  "an id in the state of a component": `declare function useState<T>(initial: T): [T, (next: T) => void];
  export function List({ id }: { id: string }) { const [open] = useState<Record<string, boolean>>({}); return open[id] ? "open" : "closed"; }`,
  "an accumulator by id": `export function index(items: { id: string }[]) {
    return items.reduce((all, item) => { if (!all[item.id]) all[item.id] = item; return all; }, {} as Record<string, object>);
  }`,
  "an id that is asked for with in": `export class Users {
    private users: Record<string, object> = {};
    add(userId: string, user: object) { if (!(userId in this.users)) this.users[userId] = user; }
  }`,
  "a private method, whose callers are here": `export class Target {
    private listeners: Record<string, object[]> = {};
    open() { this.#add("open"); }
    #add(type: string) { if (!(type in this.listeners)) this.listeners[type] = []; }
  }`,
});

testReports("no-unstable-key", "heuristics, in strict", {
  "an accumulator": `export function merge(items: { field: string }[]) {
    return items.reduce((all, item) => {
      if (!all[item.field]) all[item.field] = item;
      return all;
    }, {} as Record<string, object>); // here
  }`,
  "a name that somebody chose": `export function group(items: { name: string }[]) {
    const byName: Record<string, object[]> = {}; // here
    for (const item of items) {
      if (!byName[item.name]) {
        byName[item.name] = [];
      }
    }
    return byName;
  }`,
}, { preset: "strict" });

testSilent("no-unstable-key", "keys that stay what they are", {
  "a map of another kind": `import { MultiKeyMap } from "./multi-key-map.js"; export class Terminals { private all: MultiKeyMap<string, object> = new MultiKeyMap(2); find(id: string, root: string) { return this.all.get([id, root]); } add(id: string, root: string, value: object) { this.all.set([id, root], value); } }`,
  "a URL in a dictionary": `const d = Object.create(null) as Record<string, number>; export function count(text: string) { d[new URL(text) as never] = 1; } export const get = (name: string) => d[name] ?? 0;`,
  "a class in a dictionary that has a text": `class Id { constructor(readonly text: string) {} toString() { return this.text; } } const d = Object.create(null) as Record<string, number>; export function count(text: string) { const id = new Id(text); d[id as never] = 1; }`,
  "a text": `const m = new Map<string, string>(); export function find(x: number) { return m.get(\`\${x}\`); }`,
  "an object from outside": `const m = new Map<object, string>(); export function find(key: object) { return m.get(key); }`,
  "an object that is stored first": `const m = new Map<object, string>(); export function make() { const key = {}; m.set(key, "x"); return m.get(key); }`,
  "an object that is handed on": `const m = new Map<object, string>(); declare function register(key: object): void; export function make() { const key = {}; register(key); return m.get(key); }`,
  "a constant of the module": `const KEY = {}; const m = new Map<object, string>(); export function find() { return m.get(KEY); }`,
  "a Set of objects": `const points = new Set<{ x: number }>(); export function add(x: number) { points.add({ x }); }`,
  "a Set of objects that is asked": `const points = new Set<{ x: number }>(); export function add(x: number) { points.add({ x }); } export function has(p: { x: number }) { return points.has(p); }`,
  "a Map that is only walked": `const m = new Map<[number, number], string>(); export function put(x: number, y: number) { m.set([x, y], ""); } export function all() { return [...m]; }`,
  "a function stored as a key, and met by walking the map": `const tests = new Map<(s: string) => boolean, string>(); export function add(r: RegExp, name: string) { tests.set((s) => r.test(s), name); } export function isKnown(f: (s: string) => boolean) { return tests.has(f); } export function find(s: string) { for (const [test, name] of tests) if (test(s)) return name; }`,
  "a listener kept in a variable": `const listeners = new Set<() => void>(); export function on(f: () => void) { const listener = () => f(); listeners.add(listener); return () => listeners.delete(listener); }`,
  "a symbol": `const m = new Map<symbol, string>(); const key = Symbol("x"); export function find() { return m.get(key); }`,
  "a null-prototype dictionary": `const handlers: Record<string, () => void> = Object.create(null); declare const socket: { on(name: string, f: (message: { type: string }) => void): void }; socket.on("message", (message) => { if (!handlers[message.type]) return; });`,
  "a Map asked with a request's key": `const handlers = new Map<string, () => void>(); export function add(name: string, f: () => void) { handlers.set(name, f); } declare const socket: { on(name: string, f: (message: { type: string }) => void): void }; socket.on("message", (message) => { if (!handlers.has(message.type)) return; });`,
  "hasOwn": `const handlers: Record<string, () => void> = {}; export function add(name: string, f: () => void) { handlers[name] = f; } declare const socket: { on(name: string, f: (message: { type: string }) => void): void }; socket.on("message", (message) => { if (!Object.hasOwn(handlers, message.type)) return; });`,
  "a dictionary asked with an id": `const d: Record<string, number> = {}; export function bump(id: string) { if (!d[id]) d[id] = 0; d[id]++; }`,
});

testSilent(
  "no-unstable-key",
  "in recommended: inherited names that do no harm",
  {
    "cookies that are only written and sent on": `export function getCookies(cookieHeader: string) { const cookies: Record<string, object> = {}; for (const part of cookieHeader.split(";")) { const name = part.slice(0, part.indexOf("=")); cookies[name] = { part }; } return JSON.stringify(cookies); }`,
    "headers that the file itself reads by fixed names": `function parse(headerText: string) { const headers: Record<string, string> = {}; headerText.split(";").forEach((line) => { const name = line.slice(0, line.indexOf(":")); headers[name] = line; }); return headers; } export function isJson(headerText: string) { return parse(headerText)["content-type"] === "application/json"; }`,
    "what is refused, now or a step later": `export class Router { private parts: Record<string, { handle(message: object): void }> = {}; add(name: string, part: { handle(message: object): void }) { this.parts[name] = part; } listen(socket: { on(name: string, f: (message: { part: string }) => void): void }) { socket.on("message", (message) => { if (!message.part || !this.parts[message.part]) { throw new Error(message.part); } this.parts[message.part]!.handle(message); }); } }`,
    "tools that the program registers": `export class Group { private tools: Record<string, object> = {}; add(toolName: string, tool: object) { this.tools[toolName] = tool; } has(toolName: string) { return !!this.tools[toolName]; } }`,
    "an entry of its own by then": `export function coerce(words: string[]) { const values: Record<string, unknown> = {}; for (const aliasName of words) { values[aliasName] = JSON.parse(aliasName); if (values[aliasName] === undefined) throw new Error(aliasName); } return values; }`,
    "headers of the own answer": `export function convert(response: { headers: { raw(): Record<string, string[]> } }) { const rawHeaders = response.headers.raw(); const headers: Record<string, string[]> = {}; for (const key in rawHeaders) { headers[key] = [...(headers[key] || []), "x"]; } return headers; }`,
    "a merge into a copy": `export function merge(to: any, from: any): any { to = { ...to }; for (const key in from) { to[key] = typeof from[key] === "object" ? merge(to[key], from[key]) : from[key]; } return to; }`,
    "paths of a table that is asked by name": `import { ACCESSORS } from "./fields.js"; function set(at: any, path: string[], value: unknown) { for (const part of path.slice(0, -1)) { at = at[part] ??= {}; } at[path[path.length - 1]!] = value; } export function patch(config: object, values: Record<string, unknown>, names: string[]) { for (const name of names) { const accessor = ACCESSORS[name]; set(config, accessor.path, values[name]); } }`,
    "paths of a table": `import { FIELDS } from "./fields.js"; function set(at: any, path: string[], value: unknown) { for (const part of path.slice(0, -1)) { at = at[part] ??= {}; } at[path[path.length - 1]!] = value; } export function patch(config: object, values: Record<string, unknown>) { for (const field of FIELDS) set(config, field.path, values[field.name]); }`,
  },
  { preset: "recommended" },
);

testReports("no-unstable-key", "keys that callers choose, in strict", {
  "a store that is asked by key, and answers with nothing": `export class Flags {
    private flags: { [key: string]: { version: number } } = {}; // here
    put(key: string, flag: { version: number }) { this.flags[key] = flag; }
    get(key: string): { version: number } | undefined { return this.flags[key]; }
  }`,
  "the names of collections": `function Memory(this: any) {
    this.docs = {}; // here
  }
  Memory.prototype.write = function (collection: string, id: string, doc: object) {
    const docs = this.docs[collection] || (this.docs[collection] = {});
    docs[id] = doc;
  };`,
  "an answer to many keys": `export class Cache {
    store = new Map<string, number>();
    mget(keys: string[]) {
      const result: Record<string, number | undefined> = {}; // here
      for (const key of keys) result[key] = this.store.get(key);
      return result;
    }
  }`,
  "an answer to many keys, each as a text": `export class Cache {
    store = new Map<string, number>();
    async getMany(keys: (string | number)[]) {
      const result: Record<string, number | undefined> = {}; // here
      for (const key of keys) result[key.toString()] = this.store.get(String(key));
      return result;
    }
  }`,
  "an object of its parts": `export function group(models: { organization: string }[]) {
    const groups: Record<string, object[]> = {}; // here
    for (const model of models) {
      if (!groups[model.organization]) groups[model.organization] = [];
      groups[model.organization]!.push(model);
    }
    return groups;
  }`,
}, { preset: "strict", rules: ["no-unstable-key"] });

testSilent("no-unstable-key", "keys that callers do not choose, in strict", {
  "ids": `export class Store { private docs: Record<string, object> = {}; put(id: string, doc: object) { this.docs[id] = doc; } get(id: string) { return this.docs[id]; } }`,
  "a key of its own": `export function count(items: { a: string; b: number }[]) { const counts: Record<string, number> = {}; for (const item of items) { const key = JSON.stringify(item); counts[key] = (counts[key] ?? 0) + 1; } return Object.keys(counts).length; }`,
  "a callback's parameter": `export function memoize(xs: number[]) { const cache: Record<string, number> = {}; return xs.map(String).map((key) => { if (!cache[key]) cache[key] = key.length; return cache[key]; }); }`,
  "a table without a prototype": `export class Flags { private flags: Record<string, object> = Object.create(null); put(key: string, flag: object) { this.flags[key] = flag; } get(key: string) { return this.flags[key]; } }`,
  "what is asked for own properties": `export class Flags { private flags: Record<string, object> = {}; put(key: string, flag: object) { this.flags[key] = flag; } get(key: string) { return Object.hasOwn(this.flags, key) ? this.flags[key] : undefined; } }`,
  "a list that the function makes": `export class Cache { store = new Map<string, number>(); all() { const result: Record<string, number | undefined> = {}; const keys = ["a", "b"]; for (const key of keys) result[key] = this.store.get(key); return result; } }`,
  "an answer that is not a lookup's": `export class Names { render(keys: string[]) { const result: Record<string, string> = {}; for (const key of keys) result[key] = key.toUpperCase(); return result; } }`,
}, { preset: "strict", rules: ["no-unstable-key"] });

testReports("no-unstable-key", "a path that is walked by recursion", {
  "down to its end": `function insert(at: any, path: string[]): void {
    const key = path[0]!;
    if (!at[key]) at[key] = {};
    if (path.length > 1) insert(at[key], path.slice(1)); // here
  }
  export function build(paths: string[]) {
    const tree = {};
    for (const path of paths) insert(tree, path.split("."));
    return tree;
  }`,
  "in a file without maps, with the rest cut off": `export function set(at, path, value) {
    const [key] = path;
    if (path.length === 1) at[key] = value;
    else set(at[key], path.splice(1), value); // here
  }`,
});

testSilent("no-unstable-key", "a walk by recursion that harms nobody", {
  "into an object without a prototype": `function insert(at: any, path: string[]): void { const key = path[0]!; if (!at[key]) at[key] = Object.create(null); if (path.length > 1) insert(at[key], path.slice(1)); } export function build(paths: string[]) { const tree = Object.create(null); for (const path of paths) insert(tree, path.split(".")); return tree; }`,
  "that only reads": `export function read(at: any, path: string[]): unknown { const key = path[0]!; return path.length > 1 ? read(at[key], path.slice(1)) : at[key]; }`,
  "that asks for own properties": `export function set(at: any, path: string[], value: unknown): void { const key = path[0]!; if (!Object.hasOwn(at, key)) at[key] = {}; if (path.length > 1) set(at[key], path.slice(1), value); }`,
  "along a path that stands in the file": `function set(at: any, path: string[]): void { const key = path[0]!; at[key] ??= {}; if (path.length > 1) set(at[key], path.slice(1)); } export function make() { const tree = {}; set(tree, ["a", "b"]); return tree; }`,
  "over a list of items": `export function number(at: any, items: number[]): void { const first = items[0]!; at[first] = items.length; if (items.length > 1) number(at, items.slice(1)); }`,
});
