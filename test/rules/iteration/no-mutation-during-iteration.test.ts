import { testReports, testSilent } from "../cases.js";
import { testEdits } from "../edits.js";

const HEADER = `const m = new Map<string, { n: number; next: string; id: string }>();
const s = new Set<number>();
declare function use(value: unknown): void;
declare function uuid(): string;
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports(
  "no-mutation-during-iteration",
  "the loop sees its own writes",
  withHeader({
    "every number adds the next": `export function grow() {
      for (const x of s) {
        s.add(x + 1); // here
      }
    }`,
    "every entry adds a copy": `export function copy() {
      for (const [key, value] of m) m.set(\`\${key}-copy\`, value); // here
    }`,
    "through a constant": `export function copy() {
      for (const [key, value] of m) {
        const other = key + "!";
        m.set(other, value); // here
      }
    }`,
    "a fresh key each turn": `export function fork() {
      for (const value of m.values()) {
        m.set(uuid(), value); // here
      }
    }`,
    "in forEach": `export function copy() {
      m.forEach((value, key) => {
        m.set(key + "!", value); // here
      });
    }`,
    "over an alias of its keys": `export function copy() {
      const keys = m.keys();
      for (const key of keys) m.set("x" + key, m.get(key)!); // here
    }`,
    "the current key put back": `export function touch() {
      for (const [key, value] of m) {
        m.delete(key);
        m.set(key, value); // here
      }
    }`,
    "the current key put back, by its entry": `export function touch() {
      for (const entry of m) {
        m.delete(entry[0]);
        m.set(entry[0], entry[1]); // here
      }
    }`,
    "the current key put back by a helper": `function bump(id: string, value: { n: number; next: string; id: string }) {
      m.delete(id);
      m.set(id, value); // here
    }
    export function touch() {
      for (const [key, value] of m) bump(key, value);
    }`,
    "a Set's element put back": `export function touch() {
      for (const x of s) {
        s.delete(x);
        s.add(x); // here
      }
    }`,
    "every entry renamed": `export function lower() {
      for (const [key, value] of m) {
        m.delete(key);
        m.set(key.toLowerCase(), value); // here
      }
    }`,
  }),
);

testReports(
  "no-mutation-during-iteration",
  "what a caller has handed in can leave and come back before the loop removes it",
  withHeader({
    "under a key": `type Run = (n: number) => boolean;
    const runs = new Map<string, { run: Run; last: number }>();
    export function start(key: string, run: Run) { if (!runs.has(key)) runs.set(key, { run, last: 0 }); }
    export function cancel(key: string) { runs.delete(key); }
    export function tick() {
      for (const [key, entry] of runs) {
        const isOver = entry.run(1); // here
        if (isOver) runs.delete(key);
      }
    }`,
  }),
);

testReports(
  "no-mutation-during-iteration",
  "heuristics, in strict",
  withHeader({
    "another key is removed": `export function prune(gone: string) {
      for (const [key] of m) {
        use(key);
        m.delete(gone); // here
      }
    }`,
    "a listener can come back": `const listeners = new Set<() => void>();
    export function subscribe(f: () => void) { listeners.add(f); return () => listeners.delete(f); }
    export function emit() {
      for (const listener of listeners) listener(); // here
    }`,
    "what a caller has handed in can come back": `const runs = new Map<string, { run: () => void }>();
    export function start(key: string, run: () => void) { runs.set(key, { run }); }
    export function cancel(key: string) { runs.delete(key); }
    export function tick() {
      for (const entry of runs.values()) entry.run(); // here
    }`,
    "put back on some turns": `export function touch() {
      for (const [key, value] of m) {
        if (value.n > 3) {
          m.delete(key);
          m.set(key, value); // here
        }
      }
    }`,
  }),
  { preset: "strict" },
);

testSilent(
  "no-mutation-during-iteration",
  "defined and safe",
  withHeader({
    "the current key removed": `export function prune() { for (const [key, value] of m) if (value.n === 0) m.delete(key); }`,
    "removed by its entry": `export function prune() { for (const e of m) if (e[1].n === 0) m.delete(e[0]); }`,
    "removed through a copy of the key": `export function prune() { for (const e of m) { const [key] = e; m.delete(key); } }`,
    "removed in a loop over keys": `export function prune() { for (const key of m.keys()) m.delete(key); }`,
    "removed by the id of the value": `export function prune() { for (const value of m.values()) m.delete(value.id); }`,
    "removed in forEach": `export function prune() { m.forEach((value, key) => { if (value.n === 0) m.delete(key); }); }`,
    "removed from a Set": `export function prune() { for (const x of s) if (x > 3) s.delete(x); }`,
    "removed in a helper": `function drop(id: string) { m.delete(id); } export function prune() { for (const [key] of m) drop(key); }`,
    "the current key set": `export function reset() { for (const [key, value] of m) m.set(key, { ...value, n: 0 }); }`,
    "the current key set in forEach": `export function reset() { m.forEach((value, key) => m.set(key, { ...value, n: 0 })); }`,
    "put back, then out": `export function touch() { for (const [key, value] of m) { m.delete(key); m.set(key, value); break; } }`,
    "put back, then returned": `export function touch() { for (const [key, value] of m) { m.delete(key); m.set(key, value); return; } }`,
    "added, then out": `export function grow() { for (const x of s) { s.add(x + 1); return x; } return 0; }`,
    "over a snapshot": `export function copy() { for (const [key, value] of [...m]) m.set(key + "!", value); }`,
    "a snapshot of the keys": `export function lower() { for (const key of Array.from(m.keys())) { const v = m.get(key)!; m.delete(key); m.set(key.toLowerCase(), v); } }`,
    "into another map": `const other = new Map<string, unknown>(); export function copy() { for (const [key, value] of m) other.set(key + "!", value); }`,
    "a worklist": `export function close(first: number, next: (n: number) => number[]) { const seen = new Set<number>([first]); for (const x of seen) for (const y of next(x)) seen.add(y); return seen; }`,
    "a worklist with one successor": `export function chain(first: string) { const queue = new Set([first]); for (const key of queue) { const next = m.get(key)?.next; if (next) queue.add(next); } return queue; }`,
    "after the loop": `export function grow() { let last = 0; for (const x of s) last = x; s.add(last + 1); }`,
    "promises that are settled": `const pending = new Map<number, { reject: (e: Error) => void }>();
    export function ask(id: number) { return new Promise((_, reject) => { pending.set(id, { reject }); }); }
    export function drop(id: number) { pending.delete(id); }
    export function fail(e: Error) { for (const request of pending.values()) request.reject(e); }`,
    "a method of what was made here": `const runs = new Map<string, { timer: Timer }>();
    export function start(key: string) { runs.set(key, { timer: new Timer() }); }
    export function cancel(key: string) { runs.delete(key); }
    export function tick() { for (const entry of runs.values()) entry.timer.touch(); }`,
    "promises that are settled: who waits goes on afterwards": `const pending = new Map<string, { resolve: (v: string) => void; reject: (e: Error) => void }>();
    export function ask(id: string) { return new Promise<string>((resolve, reject) => { pending.set(id, { resolve, reject }); }); }
    export function close() {
      for (const [id, call] of pending) {
        call.reject(new Error(id));
        pending.delete(id);
      }
    }`,
    "what a caller has handed in, over a snapshot": `const runs = new Map<string, { run: () => void }>();
    export function start(key: string, run: () => void) { runs.set(key, { run }); }
    export function cancel(key: string) { runs.delete(key); }
    export function tick() { for (const entry of [...runs.values()]) entry.run(); }`,
    "in a callback that runs later": `export function later() { for (const [key, value] of m) setTimeout(() => m.set(key + "!", value), 10); }`,
  }),
);

testSilent("no-mutation-during-iteration", "what comes round once", { "a drain: what is added meanwhile has its turn": `const waiting = new Set<() => void>();
  export function add(f: () => void) { waiting.add(f); }
  export function remove(f: () => void) { waiting.delete(f); }
  export function tick() {
    for (const f of waiting) {
      waiting.delete(f);
      f();
    }
  }` }, { preset: "recommended" });

testEdits(
  "no-mutation-during-iteration",
  {
    "renaming": [`${HEADER}export function lower() {\n  for (const [key, value] of m) {\n    m.delete(key);\n    m.set(key.toLowerCase(), value);\n  }\n}\n`, `${HEADER}export function lower() {\n  for (const [key, value] of [...m]) {\n    m.delete(key);\n    m.set(key.toLowerCase(), value);\n  }\n}\n`],
    "a Set": [`${HEADER}export function grow() {\n  for (const x of s) s.add(x + 1);\n}\n`, `${HEADER}export function grow() {\n  for (const x of [...s]) s.add(x + 1);\n}\n`],
    "a Set in forEach": [`${HEADER}export function grow() {\n  s.forEach((x) => { s.add(x + 1); });\n}\n`, `${HEADER}export function grow() {\n  [...s].forEach((x) => { s.add(x + 1); });\n}\n`],
    "not a Map in forEach, whose callback takes two": [`${HEADER}export function copy() {\n  m.forEach((value, key) => { m.set(key + "!", value); });\n}\n`, undefined],
  },
  HEADER,
  (index) => `export function lower${index}() {\n  for (const [key, value] of m) {\n    m.delete(key);\n    m.set(key.toLowerCase(), value);\n  }\n}\n`,
);
