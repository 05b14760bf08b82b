import { describe, expect, it } from "vitest";
import { describeMaps, findNode, getAnalysis, getMap } from "../analyze.js";

describe("a map is found by", () => {
  it("its initializer", () => {
    expect(describeMaps("const a = new Map(); const b = new Set(); const c = new WeakMap(); const d = new WeakSet();")).toEqual(["module Map a", "module Set b", "module WeakMap c", "module WeakSet d"]);
  });

  it("the initializer behind an assertion", () => {
    expect(describeMaps("const a = new Map() as Map<string, number>; const b = (<any>new Set());")).toEqual(["module Map a", "module Set b"]);
  });

  it("its annotation", () => {
    expect(describeMaps("const a: Map<string, number> = make(); const b: ReadonlySet<string> = make();")).toEqual(["module Map a", "module Set b"]);
  });

  it("an annotation that may also be nothing", () => {
    expect(describeMaps("let a: Map<string, number> | undefined; let b: Set<string> | null = null;")).toEqual(["module Map a", "module Set b"]);
  });

  it("a JSDoc type", () => {
    expect(describeMaps("/** @type {Map<string, Conn>} */\nconst a = make();\nclass A { /** @type {!Set<string>} */ b = make(); }", { parser: "espree" })).toEqual(["field Set this.b", "module Map a"]);
  });

  it("an assignment in the constructor", () => {
    expect(describeMaps("class A { constructor() { this.m = new Map(); } }", { parser: "espree" })).toEqual(["field Map this.m"]);
  });

  it("an assignment to an outer variable", () => {
    expect(describeMaps("let m; export function init() { m = new Map(); }", { parser: "espree" })).toEqual(["module Map m"]);
  });

  it("a lazy assignment", () => {
    expect(describeMaps("class A { m; get() { return (this.m ??= new Map()); } }", { parser: "espree" })).toEqual(["field Map this.m"]);
  });

  it("a default in the initializer", () => {
    expect(describeMaps("const m = globalThis.cache ?? new Map();")).toContain("module Map m");
  });
});

describe("no map is", () => {
  it("what a library calls so", () => {
    expect(describeMaps('import { Map, Set } from "immutable"; let m: Map<string, number> = Map(); class A { s: Set<string> = Set(); n = new Map(); }')).toEqual([]);
  });

  it("kept from being one by an import of it", () => {
    expect(describeMaps('import Map from "core-js-pure/es/map"; const m = new Map();')).toEqual(["module Map m"]);
  });
});

describe("a map can live in", () => {
  it("a public field", () => {
    expect(describeMaps("class A { m = new Map(); }")).toEqual(["field Map this.m"]);
  });

  it("a #private field", () => {
    expect(describeMaps("class A { #m = new Map(); }", { parser: "espree" })).toEqual(["field Map this.#m"]);
  });

  it("a field under a symbol", () => {
    expect(describeMaps("const kConns = Symbol('conns'); class A { constructor() { this[kConns] = new Map(); } }", { parser: "espree" })).toEqual(["field Map this[kConns]"]);
  });

  it("a declared field under a symbol", () => {
    const analysis = getAnalysis("const kConns = Symbol('conns'); class A { [kConns] = new Map(); get(k) { return this[kConns].get(k); } }");
    expect(analysis.inventory.resolve(findNode(analysis, "this[kConns]"))).toBe(getMap(analysis, "this[kConns]"));
  });

  it("a static field", () => {
    expect(describeMaps("class A { static m = new Map(); }")).toEqual(["static Map A.m"]);
  });

  it("a static private field", () => {
    expect(describeMaps("class A { static #m = new Map(); }")).toEqual(["static Map A.#m"]);
  });

  it("a local variable", () => {
    expect(describeMaps("export function f() { const m = new Map(); }")).toEqual(["local Map m"]);
  });

  it("a parameter, if it is annotated", () => {
    expect(describeMaps("export function f(m: Map<string, number>, other) {}")).toEqual(["parameter Map m"]);
  });

  it("a parameter property", () => {
    expect(describeMaps("class A { constructor(private readonly m: Map<string, number>) {} }")).toContain("parameter Map this.m");
  });

  it("a property of an object", () => {
    expect(describeMaps("const state = { users: new Map(), rooms: new Set() };")).toEqual(["module Map state.users", "module Set state.rooms"]);
  });

  it("the module exports of CommonJS", () => {
    expect(describeMaps("exports.cache = new Map(); module.exports.seen = new Set();", { parser: "espree", sourceType: "commonjs" })).toEqual(["module Map exports.cache", "module Set module.exports.seen"]);
  });

  it("module.exports, which is exports", () => {
    const analysis = getAnalysis("module.exports.cache = new Map(); exports.get = (k) => exports.cache.get(k);", { parser: "espree", sourceType: "commonjs" });
    expect(analysis.summaries.getAccesses(getMap(analysis, "module.exports.cache")).map((access) => access.operation)).toContain("get");
  });

  it("the top of a CommonJS file", () => {
    expect(describeMaps("const m = new Map();", { parser: "espree", sourceType: "commonjs" })).toEqual(["module Map m"]);
  });

  it("a namespace", () => {
    expect(describeMaps("export function f(k) { return Private.cache.get(k); } namespace Private { export const cache: Map<string, string> = new Map(); }")).toEqual(["module Map cache"]);
  });

  it("a method's result that is a field", () => {
    const analysis = getAnalysis("class A { #m = new Map<string, string>(); get all() { return this.#m; } map() { return this.#m; } put(k, v) { this.map().set(k, v); } }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.#m")).map((access) => access.operation)).toEqual(["set"]);
  });

  it("what a getter gives", () => {
    const analysis = getAnalysis("class A { #m = new Map<string, string>(); get all() { return this.#m; } put(k, v) { this.all.set(k, v); } }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.#m")).map((access) => access.operation)).toEqual(["set"]);
  });

  it("a reference of a component", () => {
    expect(describeMaps("export function Panel() { const cache = useRef(new Map<string, string>()); return (k) => cache.current.get(k); }")).toEqual(["outside Map cache.current"]);
  });

  it("a watched value", () => {
    expect(describeMaps("const users = ref(new Map()); const seen = reactive(new Set()); export const f = (k) => users.value.get(k) ?? seen.has(k);")).toEqual(["module Set seen", "module Map users.value"]);
  });

  it("not the reference itself", () => {
    const analysis = getAnalysis("const users = ref(new Map()); export const f = (k) => users.get(k);");
    expect(analysis.summaries.accesses).toEqual([]);
  });

  it("not a field that a method of that name could be", () => {
    const analysis = getAnalysis("class A { #m = new Map<string, string>(); all() { return this.#m; } put(k, v) { this.all.set(k, v); } }");
    expect(analysis.summaries.accesses).toEqual([]);
  });

  it("the global object", () => {
    expect(describeMaps("globalThis.cache = new Map();")).toEqual(["global Map globalThis.cache"]);
  });

  it("the instances of a constructor function with prototype methods", () => {
    const analysis = getAnalysis("function Pool() { this.m = new Map(); }\nPool.prototype.get = function (k) { return this.m.get(k); };", { parser: "espree" });
    const map = getMap(analysis, "this.m");
    expect(map.owner?.name).toBe("Pool");
    expect(analysis.inventory.resolve(findNode(analysis, "this.m.get(k)", "CallExpression"))).toBeUndefined();
    expect(analysis.summaries.getAccesses(map).map((access) => `${access.operation} in ${access.function?.name}`)).toEqual(["get in get", "replace in Pool"]);
  });

  it("the instances of a constructor function with a prototype object", () => {
    const analysis = getAnalysis("function Pool() { this.m = new Map(); }\nPool.prototype = { get(k) { return this.m.get(k); } };", { parser: "espree" });
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.m")).map((access) => `${access.operation} in ${access.function?.name}`)).toEqual(["get in get", "replace in Pool"]);
  });
});

describe("a map is reached through", () => {
  const code = "class A { m = new Map(); f(k) { BODY } }";

  it.each([
    ["an alias", "const c = this.m; c.get(k);"],
    ["an alias of an alias", "const c = this.m; const d = c; d.get(k);"],
    ["a destructured alias", "const { m } = this; m.get(k);"],
    ["a renamed destructured alias", "const { m: c } = this; c.get(k);"],
    ["self = this", "const self = this; setTimeout(function () { self.m.get(k); });"],
    ["a string in brackets", "this['m'].get(k);"],
    ["an assertion", "(this.m as any).get(k);"],
    ["an arrow function", "return () => this.m.get(k);"],
  ])("%s", (_name, body) => {
    const analysis = getAnalysis(code.replace("BODY", body));
    const map = getMap(analysis, "this.m");
    expect(analysis.summaries.getAccesses(map).map((access) => access.operation)).toEqual(["get"]);
  });

  it("not through a name that is assigned again", () => {
    const analysis = getAnalysis("class A { m = new Map(); f(k) { let c = this.m; c = other(); c.get(k); } }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.m"))).toEqual([]);
  });

  it("not through the `this` of another class", () => {
    const analysis = getAnalysis("class A { m = new Map(); } class B { f(k) { this.m.get(k); } }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.m"))).toEqual([]);
  });

  it("not through the `this` of an ordinary function", () => {
    const analysis = getAnalysis("class A { m = new Map(); f(k) { return function () { return this.m.get(k); }; } }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.m"))).toEqual([]);
  });

  it("not through a shadowing name", () => {
    const analysis = getAnalysis("const m = new Map(); export function f(m, k) { return m.get(k); }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "m"))).toEqual([]);
  });
});

describe("an object is a dictionary", () => {
  it("by a Record annotation", () => {
    expect(describeMaps("const d: Record<string, number> = {};")).toEqual(["module dictionary d"]);
  });

  it("by an index signature", () => {
    expect(describeMaps("const d: { [id: string]: number } = {};")).toEqual(["module dictionary d"]);
  });

  it("by a mapped type", () => {
    expect(describeMaps("const d: { [K in Name]?: number } = {};")).toEqual(["module dictionary d"]);
  });

  it("by an assertion of the empty object", () => {
    expect(describeMaps("const d = {} as Record<string, number>;")).toEqual(["module dictionary d"]);
  });

  it("by Partial, Readonly and readonly around it", () => {
    expect(describeMaps("const d: Partial<Record<string, number>> = {};")).toEqual(["module dictionary d"]);
  });

  it("by Object.create(null)", () => {
    expect(describeMaps("const d = Object.create(null);", { parser: "espree" })).toEqual(["module dictionary d"]);
  });

  it("by computed writes to an empty object", () => {
    expect(describeMaps("const d = {}; export function f(k) { d[k] = 1; }", { parser: "espree" })).toEqual(["module dictionary d"]);
  });

  it("by a computed delete", () => {
    expect(describeMaps("const d = {}; export function f(k) { delete d[k]; }", { parser: "espree" })).toEqual(["module dictionary d"]);
  });

  it("not by writes of named properties", () => {
    expect(describeMaps("const d = {}; export function f() { d.a = 1; d['b'] = 2; }", { parser: "espree" })).toEqual([]);
  });

  it("not by Object.create of a prototype", () => {
    expect(describeMaps("const x = {}; const d = Object.create(proto);", { parser: "espree" })).toEqual([]);
  });

  it("not if it starts with properties of its own", () => {
    expect(describeMaps("const x = {}; const d = { a: 1 }; export function f(k) { d[k] = 1; }", { parser: "espree" })).toEqual([]);
  });
});

describe("a map type can be", () => {
  it("a subclass of Map in this file", () => {
    expect(describeMaps("class Registry extends Map {} const r = new Registry();")).toEqual(["module Map r"]);
  });

  it("a subclass of a subclass", () => {
    expect(describeMaps("class A extends Set {} class B extends A {} const r = new B();")).toEqual(["module Set r"]);
  });

  it("named in the settings", () => {
    const code = "const r = new ObservableMap();";
    expect(describeMaps(code)).toEqual([]);
    expect(describeMaps(code, { settings: { mapTypes: ["ObservableMap"] } })).toEqual(["module Map r"]);
  });

  it("an LRU cache", () => {
    expect(describeMaps("const a = new LRUCache({ max: 5 }); const b = new QuickLRU({ maxSize: 5 }); const c = new lru.LRUCache({});")).toEqual(["module cache a", "module cache b", "module cache c"]);
  });

  it("one of the wrappers", () => {
    expect(describeMaps("const a = new SafeMap(); const b = new BoundedMap();")).toEqual(["module safe a", "module safe b"]);
  });

  it("not one that is only named like an object's own", () => {
    expect(describeMaps("const m = new Map(); const x = new toString(); const y = new constructor();")).toEqual(["module Map m"]);
  });
});

describe("the types of a map", () => {
  it("come from the annotation", () => {
    const analysis = getAnalysis("const m: Map<string, Conn> = new Map();");
    const map = getMap(analysis, "m");
    expect([map.keyType, map.valueType].map((type) => type && analysis.sourceCode.getText(type as never))).toEqual(["string", "Conn"]);
  });

  it("come from the type arguments", () => {
    const analysis = getAnalysis("const m = new Map<string, Conn>();");
    const map = getMap(analysis, "m");
    expect([map.keyType, map.valueType].map((type) => type && analysis.sourceCode.getText(type as never))).toEqual(["string", "Conn"]);
  });

  it("have no value for a Set", () => {
    const map = getMap(getAnalysis("const m = new Set<string>();"), "m");
    expect(map.keyType?.type).toBe("TSStringKeyword");
    expect(map.valueType).toBeUndefined();
  });

  it("are unknown in JavaScript", () => {
    expect(getMap(getAnalysis("const m = new Map();", { parser: "espree" }), "m")).toMatchObject({ keyType: undefined, valueType: undefined, annotation: undefined });
  });
});

describe("a map of maps", () => {
  it("is known by its type", () => {
    const analysis = getAnalysis("const rooms: Map<string, Set<string>> = new Map(); export function f(id, u) { rooms.get(id)?.add(u); }");
    const inner = getMap(analysis, "rooms.get(…)");
    expect(inner).toMatchObject({ kind: "Set", home: "module", parent: getMap(analysis, "rooms") });
  });

  it("is known by what is stored", () => {
    const analysis = getAnalysis("const rooms = new Map(); export function f(id, u) { if (!rooms.has(id)) rooms.set(id, new Set()); const room = rooms.get(id); room.add(u); }", { parser: "espree" });
    const inner = getMap(analysis, "rooms.get(…)");
    expect(analysis.summaries.getAccesses(inner).map((access) => access.operation)).toEqual(["add"]);
  });

  it("is reached through a default", () => {
    const analysis = getAnalysis("const rooms: Map<string, Set<string>> = new Map(); export function f(id) { const room = rooms.get(id) ?? new Set(); room.clear(); }");
    expect(analysis.inventory.maps.map((map) => map.name)).toContain("room");
  });

  it("is known of a dictionary", () => {
    const analysis = getAnalysis("const rooms: Record<string, Set<string>> = {}; export function f(id, u) { rooms[id].add(u); }");
    expect(getMap(analysis, "rooms.get(…)").kind).toBe("Set");
  });

  it("is known through a name that is given an empty map where there was none", () => {
    const analysis = getAnalysis("const rooms = new Map<string, Set<string>>(); export function f(id, u) { let room = rooms.get(id); if (!room) { room = new Set(); rooms.set(id, room); } room.add(u); }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "rooms.get(…)")).map((access) => access.operation)).toEqual(["add"]);
  });

  it("is known through an annotated name", () => {
    const analysis = getAnalysis("const rooms = new Map<string, Set<string>>(); export function f(id, u) { const room: Set<string> = rooms.get(id)!; room.add(u); }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "rooms.get(…)")).map((access) => access.operation)).toEqual(["add"]);
  });

  it("is known by what is stored under a name", () => {
    const analysis = getAnalysis("const rooms = new Map(); export function f(id, u) { let room = rooms.get(id); if (!room) { room = new Set(); rooms.set(id, room); } room.add(u); }", { parser: "espree" });
    expect(getMap(analysis, "rooms.get(…)").kind).toBe("Set");
  });

  it("is known in a map of maps of maps", () => {
    const analysis = getAnalysis("const m = new Map<string, Map<string, Map<string, number>>>(); export function f(a, b, c) { return m.get(a)?.get(b)?.get(c); }");
    expect(analysis.inventory.maps.map((map) => map.name)).toEqual(["m", "m.get(…)", "m.get(…).get(…)"]);
  });

  it("is handed out by a method", () => {
    const analysis = getAnalysis("class A { caches = new Map<object, Map<string, string>>(); of(folder) { let cache = this.caches.get(folder); if (!cache) { cache = new Map(); this.caches.set(folder, cache); } return cache; } put(folder, k, v) { const cache = this.of(folder); cache.set(k, v); } }");
    expect(analysis.summaries.getAccesses(getMap(analysis, "this.caches.get(…)")).map((access) => access.operation)).toEqual(["set"]);
  });

  it("is not what a name holds that is assigned from two places", () => {
    const analysis = getAnalysis("const a = new Map<string, Set<string>>(); const b = new Map<string, Set<string>>(); export function f(id, u) { let room = a.get(id); if (!room) room = b.get(id); room.add(u); }");
    expect(analysis.summaries.accesses.map((access) => access.operation)).toEqual(["get", "get"]);
  });

  it("is not what a method hands out that chooses", () => {
    const analysis = getAnalysis("class A { a = new Map<string, string>(); b = new Map<string, string>(); of(k) { if (k) return this.a; return this.b; } put(k, v) { this.of(k).set(k, v); } }");
    expect(analysis.summaries.accesses).toEqual([]);
  });

  it("is not what a method makes for each caller", () => {
    const analysis = getAnalysis("class A { m = new Map<string, string>(); make() { const copy = new Map(this.m); return copy; } put(k, v) { const mine = this.make(); mine.set(k, v); } }");
    expect(analysis.summaries.accesses.map((access) => access.operation)).not.toContain("set");
  });

  it("is not what an async function gives", () => {
    const analysis = getAnalysis("class A { m = new Map<string, string>(); async open() { return this.m; } put(k, v) { const p = this.open(); p.set(k, v); } }");
    expect(analysis.summaries.accesses).toEqual([]);
  });

  it("is none if the values are plain", () => {
    expect(describeMaps("const m: Map<string, number[]> = new Map(); export function f(id) { m.get(id).push(1); }")).toEqual(["module Map m"]);
  });
});

describe("a slot is", () => {
  const resolve = (code: string, text: string): string | undefined => {
    const analysis = getAnalysis(`const any = new Map();\n${code}`);
    return analysis.inventory.resolveSlot(findNode(analysis, text, text.includes(".") ? "MemberExpression" : "Identifier"))?.name;
  };

  it("a busy flag in a field", () => {
    expect(resolve("class A { busy = false; async run() { if (this.busy) return; this.busy = true; await go(); this.busy = false; } }", "this.busy")).toBe("this.busy");
  });

  it("a cached promise in an outer variable", () => {
    expect(resolve("let pending; export function get() { pending ??= load(); return pending; } export function reset() { pending = undefined; }", "pending")).toBe("pending");
  });

  it("not a field that only the constructor assigns", () => {
    expect(resolve("class A { constructor() { this.busy = false; } get() { return this.busy; } }", "this.busy")).toBeUndefined();
  });

  it("not a variable that only its own function assigns", () => {
    expect(resolve("export function f() { let done = false; done = true; return done; }", "done")).toBeUndefined();
  });

  it("not a map", () => {
    expect(resolve("class A { m = new Map(); reset() { this.m = new Map(); } }", "this.m")).toBeUndefined();
  });
});
