import { describe, expect, it } from "vitest";
import { getAnalysis, getFunction, getMap } from "../analyze.js";

/** `level: reason` for two runs of a function. */
function getOverlap(code: string, name: string, map = "m"): string {
  const analysis = getAnalysis(code);
  const { level, reason } = analysis.sharing.getOverlap(getFunction(analysis, name), getMap(analysis, map));
  return reason ? `${level}: ${reason}` : level;
}

const M = "const m = new Map();\n";

describe("overlap is proven for", () => {
  it.each([
    ["a listener", `${M}server.on("request", async function handle(k) { await g(); m.set(k, 1); });`, "handle", "the callback of `on` runs again while an earlier run is suspended"],
    ["a route", `${M}app.get("/", async function handle(k) { await g(); m.set(k, 1); });`, "handle", "the callback of `get` runs again while an earlier run is suspended"],
    ["an interval", `${M}setInterval(async function tick() { await g(); m.clear(); }, 5);`, "tick", "the callback of `setInterval` runs again while an earlier run is suspended"],
    ["Promise.all of a map", `${M}async function main(ks) { await Promise.all(ks.map(async function one(k) { await g(); m.set(k, 1); })); }`, "one", "`map` starts every run before the first is over"],
    ["forEach with an async callback", `${M}function main(ks) { ks.forEach(async function one(k) { await g(); m.set(k, 1); }); }`, "one", "`forEach` does not wait for an async callback"],
    ["a call in a loop without await", `${M}async function one(k) { await g(); m.set(k, 1); }\nasync function main(ks) { for (const k of ks) one(k); }`, "one", "`one` is called in a loop without `await`"],
    ["several calls in Promise.all", `${M}async function one(k) { await g(); m.set(k, 1); }\nasync function main() { await Promise.all([one(1), one(2)]); }`, "one", "`one` is started several times at once"],
    ["a runner of several", `${M}async function main(ks) { await pMap(ks, async function one(k) { await g(); m.set(k, 1); }); }`, "one", "`pMap` runs its callback several times at once"],
    ["an event property", `${M}socket.onmessage = async function onmessage(k) { await g(); m.set(k, 1); };`, "onmessage", "`onmessage` runs on every event"],
  ])("%s", (_name, code, fn, reason) => {
    expect(getOverlap(code, fn)).toBe(`proven: ${reason}`);
  });

  it("a handler in a template", () => {
    expect(getOverlap("export class Card { m = new Map(); render() { return html`<button @click=${this._save}>`; } async _save(k) { await g(); this.m.set(k, 1); } }", "_save", "this.m")).toBe("proven: `_save` runs on every `click`");
  });

  it("what a template shows is no handler", () => {
    expect(getOverlap("export class Card { m = new Map(); render() { return html`<p .text=${this._save}>`; } async _save(k) { await g(); this.m.set(k, 1); } }", "_save", "this.m")).toBe("none");
  });

  it("a local map under Promise.all", () => {
    expect(getOverlap("export async function f(ks) { const m = new Map(); await Promise.all(ks.map(async function one(k) { await g(); m.set(k, 1); })); }", "one")).toMatch(/^proven/);
  });

  it("a helper of what overlaps", () => {
    expect(getOverlap(`${M}async function helper(k) { await g(); m.set(k, 1); }\nserver.on("x", async (k) => { await helper(k); });`, "helper")).toMatch(/^proven/);
  });

  it("a method that is handed to a listener", () => {
    expect(getOverlap("export class A { m = new Map(); constructor(s) { s.on('x', this.handle.bind(this)); } async handle(k) { await g(); this.m.set(k, 1); } }", "handle", "this.m")).toMatch(/^proven/);
  });
});

describe("overlap is assumed for", () => {
  it.each([
    ["an exported function", `${M}export async function f(k) {}`, "`f` is exported"],
    ["an exported arrow function", `${M}export const f = async (k) => {};`, "`f` is exported"],
    ["a function in an export list", `${M}async function f(k) {}\nexport { f };`, "`f` is exported"],
    ["a default export", `${M}export default async function f(k) {}`, "`f` is exported"],
  ])("%s", (_name, code, reason) => {
    expect(getOverlap(code, "f")).toBe(`assumed: ${reason}`);
  });

  it("CommonJS exports", () => {
    expect(getOverlap(`${M}async function f(k) {}\nmodule.exports = { f };`, "f")).toMatch(/^assumed/);
    expect(getOverlap(`${M}exports.f = async function f(k) {};`, "f")).toMatch(/^assumed/);
  });

  it("a public method of an exported class", () => {
    expect(getOverlap("export class A { m = new Map(); async f(k) {} }", "f", "this.m")).toBe("assumed: `f` is a public method");
  });

  it("a private method that a public one calls", () => {
    expect(getOverlap("export class A { m = new Map(); async f(k) { await this.#g(k); } async #g(k) {} }", "#g", "this.m")).toBe("assumed: `f` is a public method");
  });

  it("a function that is returned, over a captured map", () => {
    expect(getOverlap("export function create() { const m = new Map(); return async function load(k) {}; }", "load")).toBe("assumed: the returned function can be called again while it is suspended");
  });

  it("a method of a returned object, over a captured map", () => {
    expect(getOverlap("export function create() { const m = new Map(); return { async load(k) {} }; }", "load")).toMatch(/^assumed/);
  });

  it.each([
    ["an object that a name holds and that is returned", `${M}export function make() { const api = { load: async (k) => { await g(); m.set(k, 1); } }; return api; }`],
    ["an object that an arrow function gives", `${M}export const make = (set) => ({ load: async (k) => { await g(); m.set(k, 1); } });`],
  ])("a method of %s", (_name, code) => {
    expect(getOverlap(code, "load")).toBe("assumed: `load` can be called from outside");
  });

  it("no method of an object that stays inside", () => {
    expect(getOverlap(`${M}export function make(k) { const api = { load: async (k) => { await g(); m.set(k, 1); } }; return 1; }`, "load")).toBe("none");
  });

  it("a map in what was handed in", () => {
    expect(getOverlap("export async function load(app, key) { app.promises[key] = run(key); await app.promises[key]; delete app.promises[key]; }", "load", "app.promises")).toBe("assumed: `load` is exported");
  });

  it("a prototype method", () => {
    expect(getOverlap("function A() { this.m = new Map(); }\nA.prototype.load = async function (k) { this.m.get(k); };\nmodule.exports = A;", "load", "this.m")).toMatch(/^assumed/);
  });
});

describe("there is no overlap for", () => {
  it.each([
    ["the top level", `${M}async function f() { await g(); m.clear(); }\nawait f();`, "f", "m"],
    ["main and what only it calls", `${M}async function helper() { await g(); }\nexport async function main() { await helper(); }`, "helper", "m"],
    ["main itself", `${M}export async function main() { await g(); }`, "main", "m"],
    ["the constructor", "export class A { m = new Map(); constructor() { this.m.set(1, 1); } }", "constructor", "this.m"],
    ["a lifecycle method", "export class A { m = new Map(); async start() { await g(); } }", "start", "this.m"],
    ["a private method that nobody calls", "export class A { m = new Map(); async #f(k) {} }", "#f", "this.m"],
    ["a method of a class that stays inside one call", "class A { m = new Map(); async f(k) {} }\nexport async function run() { const a = new A(); await a.f(1); }", "f", "this.m"],
    ["a class that nobody uses", "class A { m = new Map(); async f(k) {} }", "f", "this.m"],
    ["a map private to the call", "export async function f(k) { const m = new Map(); await g(); m.set(k, 1); }", "f", "m"],
    ["a parameter", "export async function f(m: Map<string, number>, k) { await g(); m.set(k, 1); }", "f", "m"],
    ["a callback of a test", `${M}it("works", async function test() { await g(); m.clear(); });`, "test", "m"],
    ["a synchronous callback", `${M}async function main(ks) { ks.forEach(function one(k) { m.set(k, 1); }); }`, "one", "m"],
    ["a sequential loop", `${M}async function one(k) { await g(); }\nasync function main(ks) { for (const k of ks) await one(k); }\nawait main([]);`, "one", "m"],
    ["what a scheduler runs", `${M}export class A { async f(k) { return this.scheduler.runSession(k, async function save() { await g(); m.set(k, 1); }); } }`, "save", "m"],
    ["what is enqueued", `${M}export function f(k) { return enqueue(k, async function save() { await g(); m.set(k, 1); }); }`, "save", "m"],
    ["recursion alone", `${M}async function f(k) { await f(k); }`, "f", "m"],
  ])("%s", (_name, code, fn, map) => {
    expect(getOverlap(code, fn, map)).toBe("none");
  });
});

describe("init(id) is an operation, init() a lifecycle", () => {
  it("by its parameters", () => {
    expect(getOverlap(`${M}export async function init() {}`, "init")).toBe("none");
    expect(getOverlap(`${M}export async function init(sessionId) {}`, "init")).toBe("assumed: `init` is exported");
  });
});

describe("a map lives as long as", () => {
  const getLifetime = (code: string, map = "m"): string => {
    const analysis = getAnalysis(code);
    const { level, reason } = analysis.sharing.getLifetime(getMap(analysis, map));
    return reason ? `${level}: ${reason}` : level;
  };

  it.each([
    ["the module", M, "m", "proven: it lives as long as the module"],
    ["the class", "class A { static m = new Map(); }", "A.m", "proven: it is a static field"],
    ["an instance that escapes", "export class A { m = new Map(); }", "this.m", "assumed: it lives as long as its A"],
    ["an instance that stays inside", "class A { m = new Map(); }", "this.m", "none"],
    ["a call", "export function f() { const m = new Map(); m.clear(); }", "m", "none"],
    ["a returned function", "export function f() { const m = new Map(); return async (k) => m.get(k); }", "m", "assumed: the returned function can be called again while it is suspended"],
    ["a parameter, unknown", "export function f(m: Map<string, number>) {}", "m", "none"],
  ])("%s", (_name, code, map, expected) => {
    expect(getLifetime(code, map)).toBe(expected);
  });
});

describe("two functions", () => {
  it("overlap if the other can be called meanwhile", () => {
    const analysis = getAnalysis("export class A { m = new Map(); async load(k) { await g(); this.m.set(k, 1); } close() { this.m.clear(); } }");
    const pair = analysis.sharing.getPairOverlap(getFunction(analysis, "load"), getFunction(analysis, "close"), getMap(analysis, "this.m"));
    expect(pair).toEqual({ level: "assumed", reason: "`close` can be called meanwhile" });
  });

  it("do not overlap if only the first calls the other", () => {
    const analysis = getAnalysis(`${M}export async function main() { await g(); helper(); }\nfunction helper() { m.clear(); }`);
    expect(analysis.sharing.getPairOverlap(getFunction(analysis, "main"), getFunction(analysis, "helper"), getMap(analysis, "m")).level).toBe("none");
  });

  it("do not overlap with the constructor", () => {
    const analysis = getAnalysis("export class A { m = new Map(); constructor() { this.m.set(1, 1); } async load(k) { await g(); } }");
    expect(analysis.sharing.getPairOverlap(getFunction(analysis, "load"), getFunction(analysis, "constructor"), getMap(analysis, "this.m")).level).toBe("none");
  });
});

describe("functions that call each other", () => {
  const FUNCTIONS = Array.from({ length: 60 }, (_, index) => `f${index}`);

  it("are each looked at once, however many ways lead to them", () => {
    const bodies = FUNCTIONS.map((name) => `async function ${name}(k) { await g(); m.set(k, 1); ${FUNCTIONS.map((other) => `await ${other}(k);`).join(" ")} }`);
    const analysis = getAnalysis(`${M}${bodies.join("\n")}`);
    const start = performance.now();
    expect(analysis.sharing.getOverlap(getFunction(analysis, "f0"), getMap(analysis, "m")).level).toBe("none");
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("overlap as the one that somebody else calls", () => {
    const bodies = FUNCTIONS.map((name, index) => `${index === 59 ? "export " : ""}async function ${name}(k) { await g(); m.set(k, 1); ${FUNCTIONS.map((other) => `await ${other}(k);`).join(" ")} }`);
    expect(getOverlap(`${M}${bodies.join("\n")}`, "f0")).toBe("assumed: `f59` is exported");
  });
});

describe("a class that is not exported", () => {
  it("is shared where it makes its only instance by itself", () => {
    expect(getOverlap("class Store { static shared; static get instance() { return (this.shared ??= new Store()); } m = new Map(); async load(k) { await g(); this.m.set(k, 1); } }\nexport const store = Store.instance;", "load", "this.m")).toBe("assumed: `load` is a public method");
  });

  it("is not where each call makes one, uses it, and drops it", () => {
    expect(getOverlap("class Build { static of(k) { return new Build().load(k); } m = new Map(); async load(k) { await g(); this.m.set(k, 1); } }\nexport const build = Build.of;", "load", "this.m")).toBe("none");
  });
});
