import { describe, expect, it } from "vitest";
import { canHaveUsedMaps } from "../../../src/analysis/maps/used-maps.js";
import { describeMaps, parse } from "../analyze.js";

describe("a place is a map by what is done with it if it is", () => {
  it.each([
    ["a part of a field that is looked up and filled", "class A { get(k) { let p = this.cache.stashes?.get(k); if (!p) { p = load(k); this.cache.stashes?.set(k, p); } return p; } }", "field cache this.cache.stashes"],
    ["a field of which the class says nothing", "class A { constructor(o) { this.pendingLoads = o.pendingLoads; } get(k) { if (!this.pendingLoads.has(k)) this.pendingLoads.set(k, load(k)); return this.pendingLoads.get(k); } }", "field cache this.pendingLoads"],
    ["an imported cache", "import { cache } from './cache'; export function get(k) { if (!cache.has(k)) cache.set(k, load(k)); return cache.get(k); }", "module cache cache"],
    ["a dictionary of promises in an object that was handed in", "export function run(app, key) { app.promises[key] = load(key); return app.promises[key].finally(() => { delete app.promises[key]; }); }", "outside dictionary app.promises"],
    ["a dictionary of promises in an object that a hook gives", "export async function once(key, fn) { const app = useApp(); app.runs ||= {}; app.runs[key] ||= fn(); await app.runs[key]; delete app.runs[key]; }", "outside dictionary app.runs"],
    ["a dictionary of promises in what is taken apart", "export async function load(key) { const [, PROMISES] = getState(); if (!PROMISES[key]) PROMISES[key] = fetchIt(key); await PROMISES[key]; delete PROMISES[key]; }", "outside dictionary PROMISES"],
    ["a locker in a typed parameter", "export function get(ctx: Context, k: string) { if (!ctx.fetchingLocker.has(k)) ctx.fetchingLocker.set(k, { done: run(k) }); return ctx.fetchingLocker.get(k); }", "outside cache ctx.fetchingLocker"],
    ["something made that is called a cache", "const cache = new TtlCache(10); export function get(k) { if (!cache.has(k)) cache.set(k, load(k)); return cache.get(k); }", "module cache cache"],
    ["a store of what a parameter makes", "class Cache { constructor(private readonly store: CacheStore) {} async getOrCreate(k: string, create: () => Promise<string>) { let v = await this.store.get(k); if (v === undefined) { v = await create(); await this.store.set(k, v); } return v; } }", "field cache this.store"],
  ])("%s", (_name, code, map) => {
    expect(describeMaps(code)).toContain(map);
    expect(canHaveUsedMaps(parse(code))).toBe(true);
  });
});

describe("a file can hold such a place with", () => {
  it.each([
    ["a name in an assertion", "export function f(k) { if (!(store as any).caches.has(k)) (this.caches as Any).set(k, 1); pending.set(k, 2); }"],
    ["a name in brackets", 'export function f(k) { if (!this["cache"].has(k)) this["cache"].set(k, 1); pending.set(k, 2); }'],
    ["another name of a place", "const cache = this.things; export function f(k) { if (!cache.has(k)) cache.set(k, 1); }"],
    ["a removal from a part of something", "export function f(app, k) { delete app.promises[k]; }"],
    ["a map in a reference", "const cache = useRef(new Map());"],
  ])("%s", (_name, code) => {
    expect(canHaveUsedMaps(parse(code))).toBe(true);
  });
});

describe("a file can hold no such place with", () => {
  it.each([
    ["a map of its own", "export function f(k) { const results = new Map(); if (!results.has(k)) results.set(k, 1); return results; }"],
    ["what is only filled", "export function f(k) { this.caches.set(k, 1); }"],
    ["headers and parameters", "export function f(k) { if (!this.headers.has(k)) this.headers.set(k, params.get(k)); params.set(k, 1); delete this.headers[k]; }"],
    ["what a call gives", "export function f(k) { if (!getCaches().has(k)) getCaches().set(k, 1); this.caches.get(k); }"],
    ["a removal from an object of its own", "export function f(k) { const all = { ...rest }; delete all[k]; return all; }"],
    ["a parameter", "export function f(caches, k) { if (!caches.has(k)) caches.set(k, 1); }"],
  ])("%s", (_name, code) => {
    expect(canHaveUsedMaps(parse(code))).toBe(false);
  });
});

describe("a place is no map if it is", () => {
  it.each([
    ["looked up under constants only", "class A { get() { this.cache.things.set('a', 1); return this.cache.things.get('a'); } }"],
    ["only looked up", "class A { get(k) { return this.cache.things.get(k); } }"],
    ["only filled", "class A { put(k, v) { this.cache.things.set(k, v); } }"],
    ["headers", "class A { copy(k, v) { if (!this.req.headers.get(k)) this.req.headers.set(k, v); } }"],
    ["called by a name that says nothing", "class A { copy(k, v) { if (!this.api.element.get(k)) this.api.element.set(k, v); } }"],
    ["a service by its type", "class A { private readonly cache: Client; copy(k, v) { if (!this.cache.get(k)) this.cache.set(k, v); } }"],
    ["a parameter property", "class A { constructor(private readonly cache: Things) {} copy(k, v) { if (!this.cache.get(k)) this.cache.set(k, v); } }"],
    ["a store in another process", "class A { async get(k) { let v = await this.redisCache.entries.get(k); if (!v) { v = await load(k); await this.redisCache.entries.set(k, v); } return v; } }"],
    ["a dictionary of plain data in a field", "class A { put(k, v) { this.clients[k] = v; } drop(k) { delete this.clients[k]; } }"],
    ["something made that is called otherwise", "const things = new Things(10); export function get(k) { if (!things.has(k)) things.set(k, load(k)); return things.get(k); }"],
    ["something made for one call", "export function get(k) { const cache = new TtlCache(10); if (!cache.has(k)) cache.set(k, load(k)); return cache.get(k); }"],
    ["asked with options", "class A { get(k, v) { this.http.caches.get(k, { retry: 1 }); this.http.caches.set(k, v); } }"],
    ["a list", "export function f(ctx, v) { for (let i = 0; i < 9; i++) { if (ctx.pending[i]) ctx.pending[i] = v; } delete ctx.pending[i]; }"],
    ["a part of a parameter that holds plain data", "export function f(ctx, k, v) { if (!ctx.names[k]) ctx.names[k] = v; delete ctx.names[k]; }"],
    ["a part of what was made here", "export function f(k) { const state = createState(); state.promises[k] = load(k); delete state.promises[k]; return state.promises[k]; }"],
  ])("%s", (_name, code) => {
    expect(describeMaps(`const other = new Map(); ${code}`)).toEqual(["module Map other"]);
  });
});
