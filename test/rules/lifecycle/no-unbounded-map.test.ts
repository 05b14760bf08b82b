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

testReports("no-unbounded-map", "in recommended: maps whose entries ought to go", {
  "unique keys": `const jobs = new Map<string, () => void>();
    export function submit(run: () => void) {
      const id = crypto.randomUUID();
      jobs.set(id, run); // here
      return id;
    }`,
  "a counter in a field": `export class Snapshots {
      private byId = new Map<number, object>();
      private current = -1;
      private next = 0;
      take(state: object) {
        if (this.byId.get(this.current) !== state) {
          this.current = this.next++;
          this.byId.set(this.current, state); // here
        }
        return this.current;
      }
      close() {}
    }`,
  "an id in an object that is sent": `function Client(send) {
      this.send = send;
      this.topics = {};
    }
    Client.prototype._nextId = function () { return 1; };
    Client.prototype.subscribe = function (topic) {
      const id = this._nextId();
      const packet = { type: "subscribe", id: id };
      this.topics[packet.id] = topic; // here
      this.send(packet);
    };
    Client.prototype.acknowledge = function (id) { return this.topics[id]; };
    module.exports = Client;`,
  "inserted together, removed apart": `const vessels = new Map<string, number>();
    const histories = new Map<string, number[]>();
    export function update(mmsi: string, at: number) {
      vessels.set(mmsi, at);
      histories.set(mmsi, [at]); // here
    }
    export function sweep() { for (const mmsi of vessels.keys()) vessels.delete(mmsi); }`,
  "what has a time": `const feeds = new Map<string, { items: string[]; fetchedAt: number }>();
    export function store(name: string, items: string[]) {
      feeds.set(name, { items, fetchedAt: Date.now() }); // here
    }
    export function find(name: string) {
      const hit = feeds.get(name);
      return hit && Date.now() - hit.fetchedAt < 1000 ? hit.items : undefined;
    }`,
  "a rate limit": `export class Limits {
      private readonly rateLimits = new Map<string, number>();
      hit(address: string) {
        const count = (this.rateLimits.get(address) ?? 0) + 1;
        this.rateLimits.set(address, count); // here
        return count;
      }
    }`,
  "a lock for each key": `declare class Mutex { run<T>(f: () => Promise<T>): Promise<T>; }
    export function createLocks() {
      const locks: Record<string, Mutex> = {};
      return {
        run<T>(key: string, task: () => Promise<T>) {
          locks[key] ??= new Mutex(); // here
          return locks[key].run(task);
        },
      };
    }`,
  "the state of each task": `const states = new Map<string, string>();
    export function setState(taskId: string, state: string) {
      states.set(taskId, state); // here
    }
    export function getState(taskId: string) { return states.get(taskId); }`,
  "clients of a service": `export class ViewService {
      readonly #clients = new Map<string, object>();
      connect(clientID: string, socket: object) {
        this.#clients.set(clientID, socket); // here
      }
      stop() { this.#clients.clear(); }
    }`,
  "AST nodes": `const cache = new Map(); // here
    export function isSkipped(table) {
      const known = cache.get(table);
      if (known !== undefined) return known;
      const result = table.rows.length === 0;
      cache.set(table, result);
      return result;
    }`,
  "every instance, with a removal that nobody wrote": `export class Stats {
      private static readonly all = new Set<Stats>(); // here
      start() { Stats.all.add(this); }
    }`,
});

testReports(
  "no-unbounded-map",
  "in strict: maps that are emptied at the very end only",
  {
    "a pool for each origin": `declare class Pool { close(): void; constructor(origin: string); }
    export class Agent {
      #pools = new Map<string, Pool>();
      get(originKey: string) {
        let pool = this.#pools.get(originKey);
        if (!pool) {
          pool = new Pool(originKey);
          this.#pools.set(originKey, pool); // here
        }
        return pool;
      }
      close() {
        for (const pool of this.#pools.values()) pool.close();
        this.#pools.clear();
      }
    }`,
    "a cache that forgets what it is asked for too late": `const outputs = new Map<string, { text: string; expiresAt: number }>();
    export function store(id: string, text: string) {
      outputs.set(id, { text, expiresAt: Date.now() + 1000 }); // here
    }
    export function find(id: string) {
      const hit = outputs.get(id);
      if (hit && hit.expiresAt < Date.now()) { outputs.delete(id); return undefined; }
      return hit?.text;
    }`,
    "a manager for each transaction, in a public field": `var Manager = module.exports = function () { this.managers = {}; };
    Manager.prototype.get = function (uuid) {
      if (!this.managers.hasOwnProperty(uuid)) this.managers[uuid] = new Connector(uuid); // here
      return this.managers[uuid];
    };`,
    "rooms of what is stopped one day": `export class SyncLoop {
      private subscriptions = new Map<string, string>();
      choose(roomId: string, name: string) {
        this.subscriptions.set(roomId, name); // here
      }
      get(roomId: string) { return this.subscriptions.get(roomId); }
      stop() {}
    }`,
    "a reset for tests": `const outputs = new Map<string, { text: string; storedAt: number }>();
    export function store(id: string, text: string) {
      outputs.set(id, { text, storedAt: Date.now() }); // here
    }
    /** Clears all (useful for testing). */
    export function clearOutputs() { outputs.clear(); }`,
    "a private helper that is called for every message": `export class Messenger {
      private callbacks = new Map<string, () => void>();
      onMessage(message: { callbacks: Record<string, () => void> }) { this.registerCallbacks(message.callbacks); }
      call(id: string) { this.callbacks.get(id)?.(); }
      private registerCallbacks(byId: Record<string, () => void>) {
        for (const id in byId) this.callbacks.set(id, byId[id]!); // here
      }
    }`,
  },
  strict,
);

testReports("no-unbounded-map", "in recommended: only what the file shows", {
  "one of these": `const states = new Map<string, string>();
    const cache = new Map<string, string>();
    export function f(path: string, taskId: string) { cache.set(path, "x"); states.set(taskId, "y"); // here
    }`,
});

testSilent(
  "no-unbounded-map",
  "in recommended: keys that only callers know",
  {
    "a cache by path": `const cache = new Map<string, string>();
    export function load(path: string) { cache.set(path, path); }
    export function get(path: string) { return cache.get(path); }`,
    "warnings that are given once": `const warned = new Set<string>();
    export function warnOnce(message: string) { if (!warned.has(message)) { warned.add(message); console.warn(message); } }`,
    "an object of one room": `export class Room {
      private receipts = new Map<string, number>();
      setReceipt(userId: string, at: number) { this.receipts.set(userId, at); }
    }`,
    "a store that stands in for another": `export class MemorySessionManager {
      private sessions = new Map<string, string>();
      save(sessionId: string, text: string) { this.sessions.set(sessionId, text); }
    }`,
    "listeners by event": `export class Emitter {
      private listeners: Record<string, (() => void)[]> = {};
      add(name: string, f: () => void) { if (!this.listeners[name]) this.listeners[name] = []; this.listeners[name]!.push(f); }
      remove(name: string, f: () => void) { this.listeners[name] = this.listeners[name]!.filter((other) => other !== f); }
    }`,
    "a sister that is a flight": `const flights = new Map<string, Promise<string>>();
    const names = new Map<string, string>();
    export async function load(nameKey: string, fetchName: () => Promise<string>) {
      const flight = fetchName();
      flights.set(nameKey, flight);
      const name = await flight;
      flights.delete(nameKey);
      names.set(nameKey, name);
      return name;
    }
    export function find(nameKey: string) { return names.get(nameKey); }`,
  },
  { preset: "recommended" },
);

testSilent(
  "no-unbounded-map",
  "in recommended: keys of which there are a few",
  {
    "an issuer": `const discovered = new Map<string, { document: object; fetchedAt: number }>();
    export function remember(issuer: string, document: object) { discovered.set(issuer, { document, fetchedAt: Date.now() }); }
    export function recall(issuer: string) { return discovered.get(issuer); }`,
    "the server of a session": `class StateStore {
      private recent: Record<string, Set<string>> = {};
      add(serverUrl: string, id: string) { (this.recent[serverUrl] ??= new Set()).add(id); }
      has(serverUrl: string, id: string) { return this.recent[serverUrl]?.has(id) ?? false; }
    }
    export const store = new StateStore();`,
    "a lock for each project": `declare class Mutex { run<T>(f: () => Promise<T>): Promise<T>; }
    const locks = new Map<string, Mutex>();
    export function withLock<T>(projectId: string, f: () => Promise<T>) {
      let lock = locks.get(projectId);
      if (!lock) locks.set(projectId, (lock = new Mutex()));
      return lock.run(f);
    }`,
    "a bucket by a remainder": `export class ShardManager {
      #startedAt: Record<number, number> = {};
      ready(id: number, concurrency: number) { const rateLimitKey = id % concurrency; this.#startedAt[rateLimitKey] = Date.now(); }
      isReady(id: number, concurrency: number) { return this.#startedAt[id % concurrency] !== undefined; }
    }`,
    "what moves to another map": `export class Connection {
      private readonly open = new Map<string, object>();
      private readonly over = new Set<string>();
      create(name: string, item: object) { this.open.set(name, item); }
      close(name: string) { this.open.delete(name); this.over.add(name); }
      wasClosed(name: string) { return this.over.has(name); }
    }`,
    "a mark of work under way in the other map": `export class History {
      private readonly loading = new Set<string>();
      private readonly hasMore = new Map<string, boolean>();
      async load(name: string, run: () => Promise<boolean>) {
        this.loading.add(name);
        try { this.hasMore.set(name, await run()); } finally { this.loading.delete(name); }
      }
      canLoad(name: string) { return this.hasMore.get(name) ?? true; }
    }`,
  },
  { preset: "recommended" },
);

testSilent(
  "no-unbounded-map",
  "in recommended: entries of which only a part goes, and maps of somebody else",
  {
    "a listener of an event": `export class Phone {
      private listeners = new Map<string, Set<() => void>>();
      start() { this.emit("start"); }
      addEventListener(name: string, listener: () => void) { let all = this.listeners.get(name); if (!all) { all = new Set(); this.listeners.set(name, all); } all.add(listener); }
      removeEventListener(name: string, listener: () => void) { this.listeners.get(name)?.delete(listener); }
      private emit(name: string) { for (const listener of this.listeners.get(name) ?? []) listener(); }
    }`,
    "a map that is handed in": `interface State { notes: Map<string, { text: string; createdAt: number }>; }
    export class NoteService {
      private state: State;
      constructor(initial?: Partial<State>) { this.state = { notes: initial?.notes ?? new Map() }; }
      add(id: string, text: string) { this.state.notes.set(id, { text, createdAt: Date.now() }); }
      get(id: string) { return this.state.notes.get(id); }
    }`,
    "the ids of one cell, in what handles it": `export class CellMessageHandler {
      private readonly ownedRequestIds = new Set<string>();
      own(requestId: string) { this.ownedRequestIds.add(requestId); }
      isOwn(requestId: string) { return this.ownedRequestIds.has(requestId); }
      dispose() { }
    }`,
    "a cache by what has to be known": `declare function findAgent(id: string): object | undefined;
    export class HelpService {
      private cache = new Map<string, { text: string; timestamp: number }>();
      read(agent: string) { const known = findAgent(agent); if (!known) throw new Error(agent); const text = String(known); this.cache.set(agent, { text, timestamp: Date.now() }); return text; }
      isRead(agent: string) { return this.cache.has(agent); }
    }`,
  },
  { preset: "recommended" },
);

testReports("no-unbounded-map", "in recommended: whole entries that are left behind", {
  "a time under what is joined": `const lastSent = new Map<string, number>();
  export function isDuplicate(email: string, topic: string) {
    const dedupeKey = [email, topic].join(":");
    const last = lastSent.get(dedupeKey);
    if (last && Date.now() - last < 1000) return true;
    lastSent.set(dedupeKey, Date.now()); // here
    return false;
  }`,
  "a client that is closed": `export class Clients {
    private clients = new Map<string, { close(): void }>();
    open(id: string, client: { close(): void }) {
      this.clients.set(id, client); // here
    }
    close(id: string) { this.clients.get(id)?.close(); }
  }`,
  "a cache by what need not be known": `declare function findAgent(id: string): object | undefined;
  export class HelpService {
    private cache = new Map<string, { text: string; timestamp: number }>();
    read(agent: string) {
      const text = String(findAgent(agent) ?? "");
      this.cache.set(agent, { text, timestamp: Date.now() }); // here
      return text;
    }
    isRead(agent: string) { return this.cache.has(agent); }
  }`,
});

testSilent("no-unbounded-map", "keys of a table that stands in the file, in recommended", {
  "beside the method": `const lastSent = new Map<string, number>();
  export const Telemetry = {
    intervals: { sent_chat: 1000, opened_page: 2000 } as Record<string, number>,
    mark(event: string) {
      if (!this.intervals[event]) return;
      lastSent.set(event, Date.now());
    },
    isDue(event: string) { return (lastSent.get(event) ?? 0) < 5; },
  };`,
  "a set of names": `const KNOWN = new Set(["a", "b"]);
  const seenAt = new Map<string, number>();
  export function see(name: string) { if (KNOWN.has(name)) seenAt.set(name, Date.now()); }
  export function when(name: string) { return seenAt.get(name); }`,
}, { preset: "recommended" });

testReports("no-unbounded-map", "in recommended: keys of a table that grows", {
  "names are added": `const known = new Set(["a", "b"]);
  const seenAt = new Map<string, number>();
  export function learn(name: string) { known.add(name); }
  export function see(name: string) {
    if (known.has(name)) seenAt.set(name, Date.now()); // here
  }
  export function when(name: string) { return seenAt.get(name); }`,
  "whatever is asked": `const known = new Set(["a", "b"]);
  const seenAt = new Map<string, number>();
  export function see(name: string) {
    if (!known.has(name)) seenAt.set(name, Date.now()); // here
  }
  export function when(name: string) { return seenAt.get(name); }`,
});

testSilent("no-unbounded-map", "entries that go", {
  "a cache that a program of one run resets in tests": `const outputs = new Map<string, string>();
    export function store(id: string, output: string) { outputs.set(id, output); }
    /** Test-only. */
    export function resetOutputs() { outputs.clear(); }`,
  "an entry that is taken": `const outputs = new Map<string, { text: string; expiresAt: number }>();
    export function store(id: string, text: string) { outputs.set(id, { text, expiresAt: Date.now() + 1000 }); }
    export function take(id: string) {
      const hit = outputs.get(id);
      outputs.delete(id);
      return hit && hit.expiresAt > Date.now() ? hit.text : undefined;
    }`,
  "emptied while in use": `const states = new Map<string, string>();
    export function setState(taskId: string, state: string) { states.set(taskId, state); }
    export function invalidate() { states.clear(); }`,
  "a counter whose entries are answered": `export class Calls {
      private next = 0;
      private pending = new Map<number, () => void>();
      send(done: () => void) { this.pending.set(this.next++, done); }
      onReply(id: number) { this.pending.get(id)?.(); this.pending.delete(id); }
    }`,
  "locks that go with the last waiter": `declare class Mutex { run<T>(f: () => Promise<T>): Promise<T>; isFree(): boolean; }
    const locks = new Map<string, Mutex>();
    export async function run<T>(key: string, task: () => Promise<T>) {
      let lock = locks.get(key);
      if (!lock) locks.set(key, (lock = new Mutex()));
      try { return await lock.run(task); } finally { if (lock.isFree()) locks.delete(key); }
    }`,
  "times that are swept": `const rateLimits = new Map<string, number>();
    export function hit(ip: string) { rateLimits.set(ip, Date.now()); }
    setInterval(() => { for (const [ip, at] of rateLimits) if (Date.now() - at > 1000) rateLimits.delete(ip); }, 1000);`,
  "instances that leave": `export class Stats {
      private static readonly all = new Set<Stats>();
      start() { Stats.all.add(this); }
      stop() { Stats.all.delete(this); }
    }`,
  "a builder that names what it defines": `export class GraphBuilder {
      private nodes = new Map<string, number>();
      private next = 0;
      defineNode(name: string) { this.nodes.set(name, this.next++); }
    }`,
});

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
  "a public field of a service, by name": `export class NameService {
      names = new Map<string, number>();
      put(name: string) { this.names.set(name, 1); }
    }`,
  "a public field": `export class UserStore {
      users = new Map<string, number>();
      put(id: string) { this.users.set(id, 1); }
    }`,
});

testReports("no-unbounded-map", "in recommended: answers that are given, and stay", {
  "in a class that is exported with others": `class Client {
    constructor(socket) {
      this.callId = 0;
      this.calls = new Map();
      socket.addEventListener("message", ({ data }) => {
        const { callback, error, result } = JSON.parse(data);
        const promised = this.calls.get(callback);
        if (!promised) return;
        const [resolve, reject] = promised;
        if (error) reject(error);
        else resolve(result);
      });
      this.socket = socket;
    }
    call(method, args) {
      const callId = ++this.callId;
      return new Promise((resolve, reject) => {
        this.calls.set(callId, [resolve, reject]); // here
        this.socket.send(JSON.stringify({ method, args, callId }));
      });
    }
  }
  module.exports = { Client };`,
  "in a class that a factory makes": `class Transport {
    private pending: { [id: string]: { resolve: (value: unknown) => void; reject: (error: unknown) => void } } = {};
    constructor(private readonly worker: Worker) {
      this.worker.addEventListener("message", (event) => this.handle(event));
    }
    private post(message: Message) {
      const id = (message.id = "" + Math.random());
      return new Promise((resolve, reject) => {
        this.worker.postMessage(message);
        this.pending[id] = { resolve, reject }; // here
      });
    }
    private handle({ data }: MessageEvent) {
      const { resolve, reject } = this.pending[data.id] || {};
      if (resolve) (data.error ? reject : resolve)(data);
    }
    send(message: Message) { return this.post(message); }
  }
  export const createTransport = (worker: Worker) => new Transport(worker);`,
});

testSilent(
  "no-unbounded-map",
  "answers that go, or of which there are a few",
  {
    "taken away with the answer": `class Client {
      private calls = new Map<number, (value: unknown) => void>();
      private next = 0;
      call(method: string) {
        const id = this.next++;
        return new Promise((resolve) => {
          this.calls.set(id, resolve);
          this.socket.send(method, id);
        });
      }
      answer(id: number, value: unknown) { const resolve = this.calls.get(id); this.calls.delete(id); resolve?.(value); }
    }
    export const make = () => new Client();`,
    "one for each kind of step": `class Wizard {
      private answers: Record<string, (value: unknown) => void> = {};
      ask(step: "name" | "age") {
        return new Promise((resolve) => { this.answers[step] = resolve; });
      }
      give(step: "name" | "age", value: unknown) { this.answers[step]?.(value); }
    }
    export const make = () => new Wizard();`,
  },
  { preset: "strict" },
);

testReports("no-unbounded-map", "objects of the host, in a map of the module", {
  "targets of events": `interface Info { name: string }
const groups = new Map<EventTarget, Info>(); // here
export function track(event: { target: EventTarget | null }) {
  const { target } = event;
  if (target) groups.set(target, { name: "x" });
}`,
  "requests": `import type { IncomingMessage } from "node:http";
const seen = new Set<IncomingMessage>(); // here
export function handle(request: IncomingMessage) { seen.add(request); }`,
});

testSilent("no-unbounded-map", "objects of the host", {
  "held weakly": `const groups = new WeakMap<EventTarget, string>(); export function track(target: EventTarget) { groups.set(target, "x"); }`,
  "removed": `const groups = new Map<EventTarget, string>(); export function track(target: EventTarget) { groups.set(target, "x"); } export function drop(target: EventTarget) { groups.delete(target); }`,
  "in a map of one call": `export function collect(targets: EventTarget[]) { const seen = new Set<EventTarget>(); for (const target of targets) seen.add(target); return seen.size; }`,
  "given out": `export const groups = new Map<EventTarget, string>(); export function track(target: EventTarget) { groups.set(target, "x"); }`,
});

testReports("no-unbounded-map", "what others see too, with a reason, in strict", {
  "a public field that the end of its sibling forgets": `export class Runtime {
  devices: Record<string, object> = {};
  pluginDevices: Record<string, object> = {};
  add(id: string, device: object) { this.pluginDevices[id] = device; }
  getDevice(id: string) {
    const known = this.devices[id];
    if (known) return known;
    const proxy = new Proxy({}, {});
    this.devices[id] = proxy; // here
    return proxy;
  }
  removeDevice(device: { _id: string }) { delete this.pluginDevices[device._id]; }
  close() {}
}`,
  "an exported map of what grows old": `export const attempts = new Map<string, { count: number; resetAt: number }>();
export function hit(sessionId: string, now: number) {
  attempts.set(sessionId, { count: 1, resetAt: now + 1000 }); // here
}`,
}, { preset: "strict", rules: ["no-unbounded-map"] });

testSilent("no-unbounded-map", "what others see too", {
  "an exported map without a reason": `export const names = new Map<string, string>(); export function remember(id: string, name: string) { names.set(id, name); }`,
  "a public field without a reason": `export class Importer { labels: Record<string, string> = {}; add(label: { _id: string }, id: string) { this.labels[label._id] = id; } }`,
  "a public field from which both go": `export class Runtime { devices: Record<string, object> = {}; plugins: Record<string, object> = {}; add(id: string, d: object) { this.plugins[id] = d; } getDevice(id: string) { this.devices[id] ??= {}; return this.devices[id]; } removeDevice(id: string) { delete this.plugins[id]; delete this.devices[id]; } close() {} }`,
});
