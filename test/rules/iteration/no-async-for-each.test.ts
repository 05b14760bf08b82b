import { testReports, testSilent } from "../cases.js";
import { testEdits } from "../edits.js";

const HEADER = `const m = new Map<string, number>();
const s = new Set<string>();
const d: Record<string, number> = {};
declare function send(value: unknown): Promise<void>;
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "no-async-for-each",
  "nobody waits",
  withHeader({
    "a Map": `export function flush() {
      m.forEach(async (value) => { await send(value); }); // here
    }`,
    "a Set": `export function flush() {
      s.forEach(async (key) => { await send(key); }); // here
    }`,
    "something that gives a key beside the entry": `declare const model: { breakpoints: { forEach(f: (lines: number[], path: string) => void): void } };
    export function restore() {
      model.breakpoints.forEach(async (lines, path) => { await send([path, lines]); }); // here
    }`,
    "a function of the file": `async function push(value: number) { await send(value); }
    export function flush() {
      m.forEach(push); // here
    }`,
    "a field": `export class A {
      #m = new Map<string, number>();
      flush() {
        this.#m.forEach(async (value) => { await send(value); }); // here
      }
    }`,
    "a copy": `export function flush() {
      [...m.values()].forEach(async (value) => { await send(value); }); // here
    }`,
    "a dictionary's keys": `export function flush() {
      Object.keys(d).forEach(async (key) => { await send(d[key]); }); // here
    }`,
    "for await inside": `export function flush(source: AsyncIterable<number>) {
      m.forEach(async () => { for await (const x of source) void x; }); // here
    }`,
    "an object that is only enumerated": `export function flush(records: object) {
      Object.entries(records).forEach(async ([key]) => { await send(key); }); // here
    }`,
  }),
);

testSilent(
  "no-async-for-each",
  "somebody waits, or nobody needs to",
  withHeader({
    "an array's item and index": `declare const items: number[]; export function flush() { items.forEach(async (item, index) => { await send([item, index]); }); }`,
    "a synchronous callback": `export function flush() { m.forEach((value) => { void value; }); }`,
    "a callback that only returns a promise": `export function flush() { m.forEach((value) => send(value)); }`,
    "an async callback that awaits nothing": `export function flush() { m.forEach(async (value) => { void value; }); }`,
    "for..of": `export async function flush() { for (const value of [...m.values()]) await send(value); }`,
    "map and Promise.all": `export async function flush() { await Promise.all([...m.values()].map(async (value) => { await send(value); })); }`,
    "an await in a nested function": `export function flush() { m.forEach(async (value) => { setTimeout(async () => { await send(value); }); }); }`,
    "an array": `const xs: number[] = []; export function flush() { xs.forEach(async (x) => { await send(x); }); }`,
    "a forEach of one's own": `declare const stream: { forEach(f: (x: number) => Promise<void>): Promise<void> }; export async function flush() { await stream.forEach(async (x) => { await send(x); }); }`,
    "the runtime's own": `declare const safe: { forEachAsync(f: (x: number) => Promise<void>): Promise<void> }; export async function flush() { await safe.forEachAsync(async (x) => { await send(x); }); }`,
  }),
);

testEdits(
  "no-async-for-each",
  {
    "value and key": [`${HEADER}export async function flush() {\n  m.forEach(async (value, key) => {\n    await send([key, value]);\n  });\n}\n`, `${HEADER}export async function flush() {\n  for (const [key, value] of [...m]) {\n    await send([key, value]);\n  }\n}\n`],
    "value": [`${HEADER}export async function flush() {\n  m.forEach(async (value) => {\n    await send(value); // one by one\n  });\n}\n`, `${HEADER}export async function flush() {\n  for (const value of [...m.values()]) {\n    await send(value); // one by one\n  }\n}\n`],
    "a Set": [`${HEADER}export async function flush() {\n  s.forEach(async (key: string) => { await send(key); });\n}\n`, `${HEADER}export async function flush() {\n  for (const key of [...s]) { await send(key); }\n}\n`],
    "a parameter that is assigned": [`${HEADER}export async function flush() {\n  m.forEach(async (value) => { value += 1; await send(value); });\n}\n`, `${HEADER}export async function flush() {\n  for (let value of [...m.values()]) { value += 1; await send(value); }\n}\n`],
    "not where nobody can wait": [`${HEADER}export function flush() {\n  m.forEach(async (value) => { await send(value); });\n}\n`, undefined],
    "not with a return": [`${HEADER}export async function flush() {\n  m.forEach(async (value) => { if (value > 1) return; await send(value); });\n}\n`, undefined],
    "not with a comment in the head": [`${HEADER}export async function flush() {\n  m.forEach(/* all */ async (value) => { await send(value); });\n}\n`, undefined],
  },
  HEADER,
  (index) => `export async function flush${index}() {\n  m.forEach(async (value, key) => { await send([key, value]); });\n}\n`,
);

testReports("no-async-for-each", "a class of its own that is a set or map", {
  "by its name": `import { PollingSet } from "./polling.js";
  declare function update(id: string): Promise<void>;
  export class Parent {
    readonly pollingSet = new PollingSet<string>(5000);
    readonly seen = new Set<string>();
    poll() {
      this.pollingSet.forEach(async (id) => { // here
        await update(id);
      });
    }
  }`,
});

testSilent("no-async-for-each", "what only sounds like one", {
  "a result set": `declare function save(row: object): Promise<void>; const all = new Map<string, object>(); export function run(resultSet: object[]) { resultSet.forEach(async (row) => { await save(row); all.set("x", row); }); }`,
  "without an await": `import { PollingSet } from "./polling.js"; const all = new Map<string, object>(); export function run(pollingSet: PollingSet<string>) { pollingSet.forEach(async (id) => { all.delete(id); }); }`,
});
