import { testReports, testSilent } from "../cases.js";

const HEADER = `const m = new Map<string, { touch(): void; n: number }>();
declare function later(run: () => void): void;
declare function load(id: string): Promise<{ touch(): void; n: number }>;
declare const bus: any;
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "no-loop-variable-capture",
  "closures that come too late",
  withHeader({
    "var in for..of, a timer": `export function f() {
      for (var id of m.keys()) {
        setTimeout(() => m.delete(id), 10); // here
      }
    }`,
    "var in for..of, an entry": `export function f() {
      for (var entry of m.values()) {
        setTimeout(() => entry.touch(), 10); // here
      }
    }`,
    "var in a for loop": `export function f(ids: string[]) {
      for (var i = 0; i < ids.length; i++) {
        setTimeout(() => m.delete(ids[i]!), 10); // here
      }
    }`,
    "var in the body": `export function f(ids: string[]) {
      for (const id of ids) {
        var entry = m.get(id);
        setTimeout(() => entry?.touch(), 10); // here
      }
    }`,
    "an outer let": `export function f(ids: string[]) {
      let id: string;
      for (id of ids) {
        load(id).then((entry) => m.set(id, entry)); // here
      }
    }`,
    "an outer let that the body assigns": `export function f() {
      let current = "";
      for (const id of m.keys()) {
        current = id;
        queueMicrotask(() => m.delete(current)); // here
      }
    }`,
    "a counter of while": `export function f(ids: string[]) {
      let i = 0;
      while (i < ids.length) {
        setTimeout(() => m.delete(ids[i]!), 10); // here
        i++;
      }
    }`,
    "a listener": `export function f(ids: string[]) {
      for (var id of ids) {
        bus.on("gone", () => m.delete(id)); // here
      }
    }`,
    "after the await of an async function": `export function f(ids: string[]) {
      for (var id of ids) {
        (async () => {
          const entry = await load("x");
          m.set(id, entry); // here
        })();
      }
    }`,
    "a closure that is stored": `const stops = new Map<string, () => void>();
    export function f() {
      for (var [id, entry] of m) {
        stops.set(id, () => entry.touch()); // here
      }
    }`,
    "jobs in an array": `export function f(jobs: (() => void)[]) {
      for (var id of m.keys()) {
        jobs.push(() => m.delete(id)); // here
      }
    }`,
    "a named function": `export function f() {
      for (var id of m.keys()) {
        const drop = () => m.delete(id); // here
        setTimeout(drop, 10);
      }
    }`,
    "a method of a stored object": `const stops = new Map<string, { stop(): void }>();
    export function f() {
      for (var id of m.keys()) {
        stops.set(id, { stop: () => m.delete(id) }); // here
      }
    }`,
  }),
);

testSilent(
  "no-loop-variable-capture",
  "one binding a turn, or none too late",
  withHeader({
    "const": `export function f() { for (const id of m.keys()) setTimeout(() => m.delete(id), 10); }`,
    "let in the head": `export function f(ids: string[]) { for (let i = 0; i < ids.length; i++) setTimeout(() => m.delete(ids[i]!), 10); }`,
    "let in the body": `export function f(ids: string[]) { for (const id of ids) { let entry = m.get(id); setTimeout(() => entry?.touch(), 10); } }`,
    "a synchronous callback": `export function f() { for (var id of m.keys()) [1, 2].forEach(() => m.delete(id)); }`,
    "map, filter, some": `export function f(ids: string[]) { for (var id of m.keys()) if (ids.some((other) => other === id && m.has(id))) m.delete(id); }`,
    "a promise's executor": `export async function f() { for (var id of m.keys()) await new Promise<void>((done) => { m.delete(id); done(); }); }`,
    "the turn waits": `export async function f() { for (var id of m.keys()) await load(id).then((entry) => m.set(id, entry)); }`,
    "the turn waits for a timer": `export async function f() { for (var id of m.keys()) await new Promise<void>((done) => setTimeout(() => { m.delete(id); done(); }, 10)); }`,
    "the loop ends": `export function f() { for (var id of m.keys()) { setTimeout(() => m.delete(id), 10); break; } }`,
    "return": `export function f() { for (var id of m.keys()) { if (id === "x") { later(() => m.delete(id)); return; } } }`,
    "a copy": `export function f() { for (var id of m.keys()) { const key = id; setTimeout(() => m.delete(key), 10); } }`,
    "an argument": `export function f() { for (var id of m.keys()) setTimeout((key: string) => m.delete(key), 10, id); }`,
    "an IIFE": `export function f() { for (var id of m.keys()) ((key: string) => { setTimeout(() => m.delete(key), 10); })(id); }`,
    "before the first await": `export function f() { for (var id of m.keys()) (async () => { m.delete(id); await load("x"); })(); }`,
    "a counter that the callbacks share": `export function f(ids: string[]) {
      let done = 0;
      for (const id of ids) load(id).then((entry) => { done++; m.set(id, { ...entry, n: done }); });
    }`,
    "a variable that the loop does not change": `export function f(ids: string[]) {
      let entry = m.get("x");
      for (const id of ids) setTimeout(() => m.set(id, entry!), 10);
    }`,
    "no map in the closure": `export function f() { for (var id of m.keys()) setTimeout(() => console.log("x"), 10); return id!; }`,
    "a flag that is meant to be seen": `export function f(ids: string[]) {
      let isOver = false;
      for (const id of ids) { setTimeout(() => { if (!isOver) m.delete(id); }, 10); isOver = true; }
    }`,
    "a closure after the loop": `export function f() { var id = ""; for (id of m.keys()) console.log(id); setTimeout(() => m.delete(id), 10); }`,
  }),
);
