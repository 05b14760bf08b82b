import { testReports, testSilent } from "../cases.js";
import { testEdits } from "../edits.js";

const HEADER = `const m = new Map<string, number>();
const s = new Set<string>();
declare function send(value: unknown): Promise<void>;
export function add(key: string) { m.set(key, 1); s.add(key); }
export function remove(key: string) { m.delete(key); s.delete(key); }
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "no-iteration-across-await",
  "a live iterator is held",
  {
    ...withHeader({
      "the map itself": `export async function flush() {
        for (const [key, value] of m) await send([key, value]); // here
      }`,
      "its values": `export async function flush() {
        for (const value of m.values()) { // here
          await send(value);
        }
      }`,
      "a Set": `export async function flush() {
        for (const key of s) { await send(key); } // here
      }`,
      "through an alias": `export async function flush() {
        const all = m;
        for (const [key] of all) await send(key); // here
      }`,
      "an iterator in a variable": `export async function flush() {
        const values = m.values();
        for (const value of values) await send(value); // here
      }`,
      "next() by hand": `export async function flush() {
        const values = m.values(); // here
        let turn = values.next();
        while (!turn.done) {
          await send(turn.value);
          turn = values.next();
        }
      }`,
      "for await": `export async function flush() {
        for await (const value of m.values()) send(value); // here
      }`,
      "the suspension in a helper": `async function push(value: number) { await send(value); }
      export async function flush() {
        for (const value of m.values()) await push(value); // here
      }`,
      "lazy iterator helpers": `export async function flush() {
        for (const value of m.values().filter((n) => n > 0)) await send(value); // here
      }`,
      "the await only on some turns": `export async function flush() {
        for (const [key, value] of m) { // here
          if (value > 1) await send(key);
        }
      }`,
    }),
    "a field": `declare function send(value: unknown): Promise<void>;
    export class Hub {
      #clients = new Map<string, object>();
      join(id: string, client: object) { this.#clients.set(id, client); }
      leave(id: string) { this.#clients.delete(id); }
      async broadcast(text: string) {
        for (const client of this.#clients.values()) { // here
          await send([client, text]);
        }
      }
    }`,
    "one function empties and fills again": `declare function load(dir: string): Promise<void>;
    export class Dirs {
      private dirs = new Set<string>();
      configure(all: string[]) { this.dirs.clear(); for (const dir of all) this.dirs.add(dir); }
      async update() {
        for (const dir of this.dirs) await load(dir); // here
      }
    }`,
    "whoever adds deals with it as well": `declare const server: { register(name: string): Promise<void> };
    export class Tools {
      #delegates = new Map<string, object>();
      add(id: string, delegate: object) { this.#delegates.set(id, delegate); void this.register(id, delegate); }
      async registerAll() {
        for (const [id, delegate] of this.#delegates) await this.register(id, delegate); // here
      }
      private async register(id: string, delegate: object) { await server.register(id + String(delegate)); }
    }`,
    "clear() right after the loop": `declare function send(value: unknown): Promise<void>;
    const buffer = new Map<string, number>();
    export function put(key: string, value: number) { buffer.set(key, value); }
    export async function flush() {
      for (const [key, value] of buffer) await send([key, value]); // here
      buffer.clear();
    }`,
    "the current key is removed after the await": `declare function send(value: unknown): Promise<void>;
    const dirty = new Set<string>();
    export function mark(name: string) { dirty.add(name); }
    export async function flush() {
      for (const name of dirty) { // here
        await send(name);
        dirty.delete(name);
      }
    }`,
  },
);

testReports("no-iteration-across-await", "heuristics, in strict", {
  ...withHeader({
      "a generator that yields": `export async function* stream() {
        for (const value of m.values()) yield value; // here
      }`,
  }),
  "entries only come in meanwhile": `const m = new Map<string, number>();
  declare function send(value: unknown): Promise<void>;
  export function add(key: string) { m.set(key, 1); }
  export async function flush() {
    for (const [key] of m) await send(key); // here
  }`,
  "a listener adds": `import { createServer } from "node:net";
  const sockets = new Set<unknown>();
  declare function send(value: unknown): Promise<void>;
  createServer().on("connection", (socket) => { sockets.add(socket); });
  export async function broadcast() {
    for (const socket of sockets) await send(socket); // here
  }`,
  "entries are only removed meanwhile": `const m = new Map<string, number>([["a", 1]]);
  declare function send(value: unknown): Promise<void>;
  export function remove(key: string) { m.delete(key); }
  export async function flush() {
    for (const [key] of m) await send(key); // here
  }`,
  "for..in over a dictionary": `const d: Record<string, number> = {};
  declare function send(value: unknown): Promise<void>;
  export function add(key: string) { d[key] = 1; }
  export async function flush() {
    for (const key in d) await send(key); // here
  }`,
}, { preset: "strict" });

testSilent(
  "no-iteration-across-await",
  "nothing is held",
  {
    ...withHeader({
      "a snapshot by spread": `export async function flush() { for (const [key] of [...m]) await send(key); }`,
      "a snapshot by Array.from": `export async function flush() { for (const value of Array.from(m.values())) await send(value); }`,
      "a snapshot in a variable": `export async function flush() { const all = [...m.keys()]; for (const key of all) await send(key); }`,
      "a new Map of it": `export async function flush() { for (const [key] of new Map(m)) await send(key); }`,
      "no suspension": `export function flush() { for (const [key] of m) void key; }`,
      "the await before the loop": `export async function flush() { await send(1); for (const [key] of m) void key; }`,
      "the await after the loop": `export async function flush() { const all: string[] = []; for (const key of s) all.push(key); await send(all); }`,
      "the await leads out": `export async function first() { for (const [key] of m) { await send(key); return key; } return undefined; }`,
      "break after the await": `export async function first() { for (const [key, n] of m) { if (n > 1) { await send(key); break; } } }`,
      "an awaited nested callback of another loop": `export async function flush() { await Promise.all([...m].map(async ([key]) => { await send(key); })); }`,
      "started in the loop, not awaited": `export function flush() { for (const [key] of m) void send(key); }`,
      "an async function started in the loop": `async function push(key: string) { await send(key); await send(key); } export function flush() { for (const [key] of m) void push(key); }`,
      "a first key taken anew each time": `export async function drain() { while (m.size > 0) { const key = m.keys().next().value!; m.delete(key); await send(key); } }`,
      "an array": `const xs: string[] = []; export async function flush() { for (const x of xs) await send(x); }`,
    }),
    "a map of the call": `declare function send(value: unknown): Promise<void>;
      export async function group(xs: string[]) { const m = new Map<string, number>(); for (const x of xs) m.set(x, 1); for (const [key] of m) await send(key); }`,
    "a parameter": `declare function send(value: unknown): Promise<void>;
      export async function flush(m: Map<string, number>) { for (const [key] of m) await send(key); }`,
    "a queue of promises": `declare function send(value: unknown): Promise<void>;
      export class Status {
        private pinned = new Set<string>();
        private queue: Promise<void> | undefined;
        update(names: string[]) { const run = () => this.pin(names); if (!this.queue) this.queue = Promise.resolve(); this.queue = this.queue.then(run, run); }
        private async pin(names: string[]) { for (const name of this.pinned) await send(name); this.pinned.clear(); for (const name of names) { await send(name); this.pinned.add(name); } }
      }`,
    "filled only at the top level": `const m = new Map<string, number>(); m.set("a", 1);
      declare function send(value: unknown): Promise<void>;
      export async function flush() { for (const [key] of m) await send(key); }`,
    "filled only in the constructor": `declare function send(value: unknown): Promise<void>;
      export class A { #m = new Map<string, number>(); constructor(xs: string[]) { for (const x of xs) this.#m.set(x, 1); } async flush() { for (const [key] of this.#m) await send(key); } }`,
    "both under one lock": `import { Mutex } from "async-mutex";
      const mutex = new Mutex(); const m = new Map<string, number>();
      declare function send(value: unknown): Promise<void>;
      export async function add(key: string) { await mutex.runExclusive(async () => { m.set(key, 1); }); }
      export async function flush() { await mutex.runExclusive(async () => { for (const [key] of m) await send(key); }); }`,
  },
);

testSilent(
  "no-iteration-across-await",
  "what comes or goes does no harm, in recommended",
  {
    "handlers that register and leave": `declare function send(value: unknown): Promise<void>;
      export class Bus {
        private handlers = new Set<(event: string) => Promise<void>>();
        onEvent(handler: (event: string) => Promise<void>) { this.handlers.add(handler); return () => { this.handlers.delete(handler); }; }
        async fire(event: string) { for (const handler of this.handlers) await handler(event); }
      }`,
    "late comers are served as well": `declare function send(value: unknown): Promise<void>;
      const rooms = new Map<string, number>();
      export function join(id: string) { rooms.set(id, 1); }
      export async function broadcast() { for (const [id] of rooms) await send(id); }`,
    "only removed meanwhile": `declare function send(value: unknown): Promise<void>;
      const rooms = new Map<string, number>([["a", 1]]);
      export function leave(id: string) { rooms.delete(id); }
      export async function broadcast() { for (const [id] of rooms) await send(id); }`,
    "the current key is removed before the await": `declare function send(value: unknown): Promise<void>;
      const dirty = new Set<string>();
      export function mark(name: string) { dirty.add(name); }
      export async function flush() { for (const name of dirty) { dirty.delete(name); await send(name); } }`,
    "set only where nothing is there": `declare function send(value: unknown): Promise<void>;
      const states = new Map<string, object>();
      export function ensure(name: string) { if (!states.has(name)) states.set(name, {}); }
      export async function flush() { for (const [name, state] of states) { await send(state); states.delete(name); } }`,
    "the keys are the ids of the entries": `declare function stop(value: unknown): Promise<void>;
      const workers = new Map<string, { id: string }>();
      export function start(worker: { id: string }) { workers.set(worker.id, worker); }
      export function end(worker: { id: string }) { workers.delete(worker.id); }
      export async function fail() { for (const worker of workers.values()) await stop(worker); }`,
    "another deed on something else": `declare const server: { send(event: object): Promise<void> };
      export class Session {
        #subscriptions = new Map<string, { isActive: boolean }>();
        async subscribe(id: string, past: object[]) {
          this.#subscriptions.set(id, { isActive: false });
          for (const event of past) await this.send(event);
        }
        async push(event: object) { for (const subscription of this.#subscriptions.values()) { if (subscription.isActive) await this.send(event); } }
        private async send(event: object) { await server.send(event); }
      }`,
    "the keys are made for the entries": `declare function send(value: unknown): Promise<void>;
      declare function nanoid(): string;
      const views = new Map<string, object>();
      export function view(page: object) { const id = nanoid(); views.set(id, page); return () => { views.delete(id); }; }
      export async function refresh() { for (const page of views.values()) await send(page); }`,
    "filled before, by runs that were waited for": `declare function find(name: string): Promise<string>;
      declare function copy(from: string): Promise<void>;
      export async function bundle(names: string[]) {
        const found = new Map<string, string>();
        await Promise.all(names.map(async (name) => { const path = await find(name); if (!path) found.delete(name); found.set(name, path); await copy(path); }));
        for (const [, path] of found) await copy(path);
      }`,
    "the ids are of one call each": `declare function send(value: unknown): Promise<void>;
      const calls = new Map<string, number>();
      export function begin(requestId: string) { calls.set(requestId, 1); }
      export function end(requestId: string) { calls.delete(requestId); }
      export async function report() { for (const [id] of calls) await send(id); }`,
  },
  { preset: "recommended" },
);

testEdits(
  "no-iteration-across-await",
  {
    "the map itself": [`${HEADER}export async function flush() {\n  for (const [key] of m) await send(key);\n}\n`, `${HEADER}export async function flush() {\n  for (const [key] of [...m]) await send(key);\n}\n`],
    "its keys": [`${HEADER}export async function flush() {\n  for (const key of m.keys()) await send(key);\n}\n`, `${HEADER}export async function flush() {\n  for (const key of [...m.keys()]) await send(key);\n}\n`],
    "for await over values": [`${HEADER}export async function flush() {\n  for await (const value of m.values()) void value;\n}\n`, `${HEADER}export async function flush() {\n  for await (const value of [...m.values()]) void value;\n}\n`],
    "an iterator in a variable": [`${HEADER}export async function flush() {\n  const it = m.values();\n  for (const value of it) await send(value);\n}\n`, `${HEADER}export async function flush() {\n  const it = [...m.values()].values();\n  for (const value of it) await send(value);\n}\n`],
    "next() by hand": [`${HEADER}export async function flush() {\n  const it = m.keys();\n  let turn = it.next();\n  while (!turn.done) {\n    await send(turn.value);\n    turn = it.next();\n  }\n}\n`, `${HEADER}export async function flush() {\n  const it = [...m.keys()].values();\n  let turn = it.next();\n  while (!turn.done) {\n    await send(turn.value);\n    turn = it.next();\n  }\n}\n`],
    "not an iterator of a given type": [`${HEADER}export async function flush() {\n  const it: MapIterator<number> = m.values();\n  for (const value of it) await send(value);\n}\n`, undefined],
  },
  HEADER,
  (index) => `export async function flush${index}() {\n  for (const [key] of m) await send(key);\n}\n`,
);
