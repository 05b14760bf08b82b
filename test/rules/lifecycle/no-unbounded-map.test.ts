import { testReports, testSilent } from "../cases.js";

const strict = { preset: "strict" } as const;

testReports(
  "no-unbounded-map",
  "maps that only grow",
  {
    "every instance, in a static set": `export class Stats {
      private static readonly all = new Set<Stats>(); // here
      constructor() { Stats.all.add(this); }
    }`,
    "a cache of the module by id": `const cache = new Map<string, string>();
    export function load(url: string) {
      const hit = cache.get(url);
      if (hit !== undefined) return hit;
      const value = url.toUpperCase();
      cache.set(url, value); // here
      return value;
    }`.replace("load(", "getValue("),
    "a field of a service": `export class SessionService {
      private lastSeen = new Map<string, number>();
      touch(sessionId: string) {
        this.lastSeen.set(sessionId, Date.now()); // here
      }
    }`,
    "a transport for each request": `const transports = new Map<string, Transport>();
    declare class Transport { constructor(path: string, res: unknown); sessionId: string; }
    declare const app: { get(path: string, f: (req: unknown, res: unknown) => void): void };
    app.get("/sse", (req, res) => {
      const transport = new Transport("/message", res);
      transports.set(transport.sessionId, transport); // here
    });`,
    "a private factory whose function lives on": `declare function test(url: string): boolean;
    function _createTest() {
      const known: Record<string, boolean> = {};
      return (url: string) => {
        if (known[url] !== undefined) return known[url];
        known[url] = test(url); // here
        return known[url];
      };
    }
    export const isWanted = _createTest();`,
    "a set of ids": `const seen = new Set<string>();
    export function isNew(messageId: string) {
      if (seen.has(messageId)) return false;
      seen.add(messageId); // here
      return true;
    }`,
    "a dictionary": `const counts: Record<string, number> = {};
    export function count(userId: string) {
      counts[userId] = (counts[userId] ?? 0) + 1; // here
    }`,
    "unique keys": `import { randomUUID } from "node:crypto";
    const requests = new Map<string, number>();
    export function begin() {
      const id = randomUUID();
      requests.set(id, Date.now()); // here
      return id;
    }`,
    "a counter as key": `let next = 0;
    const jobs = new Map<number, () => void>();
    export function submit(run: () => void) {
      jobs.set(next++, run); // here
    }`,
    "a template": `const cache = new Map<string, number>();
    export function price(userId: string, itemId: string) {
      cache.set(\`\${userId}:\${itemId}\`, 1); // here
    }`,
    "a handler's parameter": `declare const bus: any;
    const last = new Map<string, number>();
    bus.on("ping", (clientId: string) => {
      last.set(clientId, Date.now()); // here
    });`,
    "forgotten where its sister is cleaned": `export class TerminalManager {
      #terminals = new Map<string, { kill(): void }>();
      #tiers = new Map<string, string>();
      open(id: string, terminal: { kill(): void }) { this.#terminals.set(id, terminal); }
      setTier(id: string, tier: string) {
        this.#tiers.set(id, tier); // here
      }
      close(id: string) { this.#terminals.get(id)?.kill(); this.#terminals.delete(id); }
    }`,
    "a removal that ends the entry and leaves it": `class Listeners {
      private handlers = new Map<string, { off(): void }>();
      attach(name: string, handler: { off(): void }) {
        this.handlers.set(name, handler); // here
      }
      remove(name: string) { this.handlers.get(name)?.off(); }
    }
    export const listeners = new Listeners();`,
    "objects as keys": `interface Block { content: string }
    const asts = new Map<Block, string>(); // here
    export function getAst(block: Block) {
      if (!asts.has(block)) asts.set(block, block.content);
      return asts.get(block);
    }`,
    "declared as weak": `export class PageContexts {
      private contexts: WeakMap<object, number> = new Map(); // here
      set(page: object) { this.contexts.set(page, 1); }
      drop(page: object) { this.contexts.delete(page); }
    }`,
  },
  strict,
);

testSilent("no-unbounded-map", "maps that somebody looks after", {
  "delete somewhere": `const cache = new Map<string, number>();
    export function put(id: string) { cache.set(id, 1); }
    export function drop(id: string) { cache.delete(id); }`,
  "a transport for each request that is removed when it closes": `const transports = new Map<string, Transport>();
    declare class Transport { constructor(path: string, res: unknown); sessionId: string; onclose: () => void; }
    declare const app: { get(path: string, f: (req: unknown, res: unknown) => void): void };
    app.get("/sse", (req, res) => {
      const transport = new Transport("/message", res);
      transport.onclose = () => transports.delete(transport.sessionId);
      transports.set(transport.sessionId, transport);
    });`,
  "a table that one call makes": `declare function test(url: string): boolean;
    export function testAll(urls: string[]) { const known: Record<string, boolean> = {}; for (const url of urls) known[url] = test(url); return Object.values(known).every(Boolean); }`,
  "clear": `const cache = new Map<string, number>();
    export function put(id: string) { cache.set(id, 1); }
    setInterval(() => cache.clear(), 60_000);`,
  "a cap": `const cache = new Map<string, number>();
    export function put(id: string) { if (cache.size > 1000) return; cache.set(id, 1); }`,
  "an LRU": `import { LRUCache } from "lru-cache";
    const cache = new LRUCache<string, number>({ max: 100 });
    export function put(id: string) { cache.set(id, 1); }`,
  "a WeakMap": `const cache = new WeakMap<object, number>();
    export function put(node: object) { cache.set(node, 1); }`,
  "replaced now and then": `let seen = new Set<string>();
    export function mark(id: string) { seen.add(id); }
    export function rotate() { seen = new Set(); }`,
  "literal keys": `const state = new Map<string, number>();
    export function on() { state.set("on", 1); }
    export function off() { state.set("off", 1); }`,
  "keys of a union": `const counts = new Map<"a" | "b", number>();
    export function count(key: "a" | "b") { counts.set(key, 1); }`,
  "a registry": `const handlers = new Map<string, () => void>();
    export function registerHandler(id: string, run: () => void) { handlers.set(id, run); }`,
  "one of a few": `const byLocale = new Map<string, Intl.NumberFormat>();
    export function format(locale: string) { let f = byLocale.get(locale); if (!f) byLocale.set(locale, (f = new Intl.NumberFormat(locale))); return f; }`,
  "filled at the top level": `const table = new Map<string, number>();
    for (const id of ["a", "b"]) table.set(id, 1);
    export function get(id: string) { return table.get(id); }`,
  "a local": `export function group(ids: string[]) { const m = new Map<string, number>(); for (const id of ids) m.set(id, 1); return m; }`,
  "exported": `export const cache = new Map<string, number>();
    export function put(id: string) { cache.set(id, 1); }`,
  "handed out": `declare function sweep(cache: Map<string, number>): void;
    const cache = new Map<string, number>();
    sweep(cache);
    export function put(id: string) { cache.set(id, 1); }`,
  "another class of the file removes": `class Session {
      constructor(private connection: Connection, private id: string) {}
      close() { this.connection._sessions.delete(this.id); }
    }
    export class Connection {
      _sessions = new Map<string, Session>();
      open(sessionId: string) { this._sessions.set(sessionId, new Session(this, sessionId)); }
    }`,
  "set to undefined": `const flights: Record<string, number | undefined> = {};
    export function begin(id: string) { flights[id] = 1; }
    export function end(id: string) { flights[id] = undefined; }`,
  "an object of one use": `export class LinkVisitor {
      private seen = new Set<string>();
      enter(url: string) { this.seen.add(url); }
    }`,
  "a public field": `export class UserStore {
      users = new Map<string, number>();
      put(id: string) { this.users.set(id, 1); }
    }`,
});
