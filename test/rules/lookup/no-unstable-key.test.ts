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
  "a request's key in an object with a prototype": `const handlers: Record<string, () => void> = {};
  export function add(name: string, f: () => void) { handlers[name] = f; }
  declare const socket: { on(name: string, f: (message: { type: string }) => void): void };
  socket.on("message", (message) => {
    if (!handlers[message.type]) return; // here
  });`,
});

testReports("no-unstable-key", "heuristics, in strict", {
  "a name that somebody chose": `export function group(packages: { name: string }[]) {
    const byName: Record<string, object[]> = {};
    for (const item of packages) {
      if (!byName[item.name]) { // here
        byName[item.name] = [];
      }
    }
    return byName;
  }`,
}, { preset: "strict" });

testSilent("no-unstable-key", "keys that stay what they are", {
  "a text": `const m = new Map<string, string>(); export function find(x: number) { return m.get(\`\${x}\`); }`,
  "an object from outside": `const m = new Map<object, string>(); export function find(key: object) { return m.get(key); }`,
  "an object that is stored first": `const m = new Map<object, string>(); export function make() { const key = {}; m.set(key, "x"); return m.get(key); }`,
  "an object that is handed on": `const m = new Map<object, string>(); declare function register(key: object): void; export function make() { const key = {}; register(key); return m.get(key); }`,
  "a constant of the module": `const KEY = {}; const m = new Map<object, string>(); export function find() { return m.get(KEY); }`,
  "a Set of objects": `const points = new Set<{ x: number }>(); export function add(x: number) { points.add({ x }); }`,
  "a Set of objects that is asked": `const points = new Set<{ x: number }>(); export function add(x: number) { points.add({ x }); } export function has(p: { x: number }) { return points.has(p); }`,
  "a Map that is only walked": `const m = new Map<[number, number], string>(); export function put(x: number, y: number) { m.set([x, y], ""); } export function all() { return [...m]; }`,
  "a listener kept in a variable": `const listeners = new Set<() => void>(); export function on(f: () => void) { const listener = () => f(); listeners.add(listener); return () => listeners.delete(listener); }`,
  "a symbol": `const m = new Map<symbol, string>(); const key = Symbol("x"); export function find() { return m.get(key); }`,
  "a null-prototype dictionary": `const handlers: Record<string, () => void> = Object.create(null); declare const socket: { on(name: string, f: (message: { type: string }) => void): void }; socket.on("message", (message) => { if (!handlers[message.type]) return; });`,
  "a Map asked with a request's key": `const handlers = new Map<string, () => void>(); export function add(name: string, f: () => void) { handlers.set(name, f); } declare const socket: { on(name: string, f: (message: { type: string }) => void): void }; socket.on("message", (message) => { if (!handlers.has(message.type)) return; });`,
  "hasOwn": `const handlers: Record<string, () => void> = {}; export function add(name: string, f: () => void) { handlers[name] = f; } declare const socket: { on(name: string, f: (message: { type: string }) => void): void }; socket.on("message", (message) => { if (!Object.hasOwn(handlers, message.type)) return; });`,
  "a dictionary asked with an id": `const d: Record<string, number> = {}; export function bump(id: string) { if (!d[id]) d[id] = 0; d[id]++; }`,
});
