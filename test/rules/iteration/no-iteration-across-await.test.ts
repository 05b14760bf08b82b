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
      "a generator that yields": `export async function* stream() {
        for (const value of m.values()) yield value; // here
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
      async broadcast(text: string) {
        for (const client of this.#clients.values()) { // here
          await send([client, text]);
        }
      }
    }`,
    "a listener adds": `import { createServer } from "node:net";
    const sockets = new Set<unknown>();
    declare function send(value: unknown): Promise<void>;
    createServer().on("connection", (socket) => { sockets.add(socket); });
    export async function broadcast() {
      for (const socket of sockets) await send(socket); // here
    }`,
  },
);

testReports("no-iteration-across-await", "heuristics, in strict", {
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
