import { expect, it } from "vitest";
import { testReports, testSilent } from "../cases.js";
import { lint } from "../lint.js";

const HEADER = `import { Mutex } from "async-mutex";
const mutex = new Mutex();
declare function audit(id: string): Promise<void>;
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

const SECTION = `const m = new Map<string, number>();
export async function deposit(id: string, n: number) {
  await mutex.runExclusive(async () => {
    const old = m.get(id) ?? 0;
    await audit(id);
    m.set(id, old + n);
  });
}
`;

testReports(
  "consistent-locking",
  "writes that break into a section",
  withHeader({
    "a synchronous set": `${SECTION}export function reset(id: string) {
      m.set(id, 0); // here
    }`,
    "a synchronous delete": `${SECTION}export function close(id: string) {
      m.delete(id); // here
    }
    export function remove(id: string) {
      m.delete(id); // here
    }`,
    "one path locked and another not": `${SECTION}export async function withdraw(id: string, n: number) {
      const old = m.get(id) ?? 0;
      await audit(id);
      m.set(id, old - n); // here
    }`,
    "another function's check-then-act, where a connection is opened": `const m = new Map<string, object>();
    export async function open(id: string) {
      await mutex.runExclusive(async () => {
        if (!m.has(id)) { m.set(id, await connect(id)); }
      });
    }
    export function adopt(id: string, conn: object) {
      m.set(id, conn); // here
    }`,
    "methods": `export class Bank {
      private lock = new Mutex();
      private accounts = new Map<string, number>();
      async deposit(id: string, n: number) {
        const release = await this.lock.acquire();
        try { const old = this.accounts.get(id) ?? 0; await audit(id); this.accounts.set(id, old + n); } finally { release(); }
      }
      reset(id: string) {
        this.accounts.set(id, 0); // here
      }
    }`,
    "a write under another lock": `const other = new Mutex();
    ${SECTION}export async function reset(id: string) {
      await other.runExclusive(() => {
        m.set(id, 0); // here
      });
    }`,
    "a listener": `${SECTION}declare const bus: any;
    bus.on("gone", (id: string) => {
      m.delete(id); // here
    });`,
  }),
);

testReports(
  "consistent-locking",
  "declared policies",
  withHeader({
    "@guardedBy, a read": `/** @guardedBy(mutex) */
    const m = new Map<string, number>();
    export function get(id: string) {
      return m.get(id); // here
    }`,
    "@guardedBy, a write beside a locked one": `// @guardedBy mutex
    const m = new Map<string, number>();
    export async function put(id: string) { await mutex.runExclusive(() => m.set(id, 1)); }
    export function drop(id: string) {
      m.delete(id); // here
    }`,
    "@guardedBy on a field": `export class Store {
      #lock = new Mutex();
      #m = new Map<string, number>(); // @guardedBy(this.#lock)
      put(id: string) {
        this.#m.set(id, 1); // here
      }
    }`,
    "@guardedBy, the wrong lock": `const other = new Mutex();
    /** @guardedBy(mutex) */
    const m = new Map<string, number>();
    export async function put(id: string) {
      await other.runExclusive(() => {
        m.set(id, 1); // here
      });
    }`,
    "@immutable": `/** The codes. @immutable */
    const codes = new Map([["a", 1]]);
    export function add(code: string) {
      codes.set(code, 2); // here
    }`,
    "@immutable on a field": `export class Table {
      /** @immutable */
      private rows = new Map<string, number>();
      constructor() { this.rows.set("a", 1); }
      clear() {
        this.rows.clear(); // here
      }
    }`,
    "@singleWriter": `/** @singleWriter */
    const m = new Map<string, number>();
    export function refresh(id: string) { m.set(id, 1); }
    export function drop(id: string) {
      m.delete(id); // here
    }`,
    "@singleWriter with a name": `/** @singleWriter(refresh) */
    const m = new Map<string, number>();
    export function drop(id: string) {
      m.delete(id); // here
    }
    export function refresh(id: string) { m.set(id, 1); }`,
  }),
);

testReports(
  "consistent-locking",
  "what most places do",
  withHeader({
    "one of four": `const m = new Map<string, number>();
    export async function a(id: string) { await mutex.runExclusive(() => m.set(id, 1)); }
    export async function b(id: string) { await mutex.runExclusive(() => m.delete(id)); }
    export async function c() { await mutex.runExclusive(() => m.clear()); }
    export function d(id: string) {
      m.set(id, 2); // here
    }`,
  }),
  { preset: "strict" },
);

testReports("consistent-locking", "a check under a lock, for something that is not opened for the entry", withHeader({
    "another function's check-then-act": `const m = new Map<string, object>();
    export async function open(id: string) {
      await mutex.runExclusive(async () => {
        if (!m.has(id)) { await audit(id); m.set(id, {}); }
      });
    }
    export function adopt(id: string, conn: object) {
      m.set(id, conn); // here
    }`,
}), { preset: "strict" });

testSilent(
  "consistent-locking",
  "sections that nobody breaks into",
  withHeader({
    "every write is locked": `${SECTION}export async function reset(id: string) { await mutex.runExclusive(() => m.set(id, 0)); }`,
    "a read without the lock": `${SECTION}export function peek(id: string) { return m.get(id); }`,
    "marks that are only ever set": `const marks = new Set<string>();
    export async function install(id: string) { await mutex.runExclusive(async () => { if (marks.has(id)) return; await audit(id); marks.add(id); }); }
    export function note(id: string) { marks.add(id); }`,
    "a section that does not suspend": `const m = new Map<string, number>();
    export async function add(id: string) { await mutex.runExclusive(() => { m.set(id, (m.get(id) ?? 0) + 1); }); }
    export function reset(id: string) { m.set(id, 0); }`,
    "a private helper that is called under the lock": `export class Bank {
      private lock = new Mutex();
      private accounts = new Map<string, number>();
      async deposit(id: string, n: number) {
        await this.lock.runExclusive(async () => { const old = this.accounts.get(id) ?? 0; await audit(id); this.store(id, old + n); });
      }
      async reset(id: string) { await this.lock.runExclusive(() => this.store(id, 0)); }
      private store(id: string, n: number) { this.accounts.set(id, n); }
    }`,
    "the constructor": `export class Bank {
      private lock = new Mutex();
      private accounts = new Map<string, number>();
      constructor(ids: string[]) { for (const id of ids) this.accounts.set(id, 0); }
      async deposit(id: string, n: number) {
        await this.lock.runExclusive(async () => { const old = this.accounts.get(id) ?? 0; await audit(id); this.accounts.set(id, old + n); });
      }
    }`,
    "teardown": `${SECTION}export function dispose() { m.clear(); }`,
    "another key": `const m = new Map<string, number>();
    export async function bump() { await mutex.runExclusive(async () => { const old = m.get("a") ?? 0; await audit("a"); m.set("a", old + 1); }); }
    export function reset() { m.set("b", 0); }`,
    "another map": `${SECTION}const seen = new Map<string, number>();
    export function mark(id: string) { seen.set(id, 1); }`,
    "the write does not depend on the read": `const m = new Map<string, number>();
    export async function put(id: string, n: number) { await mutex.runExclusive(async () => { console.log(m.get(id)); await audit(id); m.set(id, n); }); }
    export function reset(id: string) { m.set(id, 0); }`,
    "a delete while an absent key is filled": `const m = new Map<string, object>();
    export async function open(id: string) { await mutex.runExclusive(async () => { if (!m.has(id)) { await audit(id); m.set(id, {}); } }); }
    export function drop(id: string) { m.delete(id); }`,
    "a callback that somebody else may lock": `${SECTION}export const job = define(async (id: string) => { m.set(id, 0); });
    declare function define(run: (id: string) => Promise<void>): () => void;`,
    "seeding at the top level": `${SECTION}m.set("root", 1);`,
    "a fresh key": `import { randomUUID } from "node:crypto";
    ${SECTION}export function create() { m.set(randomUUID(), 0); }`,
  }),
);

testSilent(
  "consistent-locking",
  "policies that are kept",
  withHeader({
    "@guardedBy": `/** @guardedBy(mutex) */
    const m = new Map<string, number>();
    export async function put(id: string) { await mutex.runExclusive(() => m.set(id, 1)); }
    export async function get(id: string) { const release = await mutex.acquire(); try { return m.get(id); } finally { release(); } }`,
    "@guardedBy through a private helper": `export class Store {
      #lock = new Mutex();
      /** @guardedBy(#lock) */
      #m = new Map<string, number>();
      async put(id: string) { await this.#lock.runExclusive(() => this.#store(id)); }
      #store(id: string) { this.#m.set(id, 1); }
    }`,
    "@guardedBy and the constructor": `export class Store {
      #lock = new Mutex();
      /** @guardedBy(#lock) */
      #m = new Map<string, number>();
      constructor() { this.#m.set("a", 1); }
      async put(id: string) { await this.#lock.runExclusive(() => this.#m.set(id, 1)); }
    }`,
    "@immutable that is filled at the top level": `/** @immutable */
    const codes = new Map<string, number>();
    codes.set("a", 1);
    export function get(code: string) { return codes.get(code); }`,
    "@singleWriter": `/** @singleWriter */
    const m = new Map<string, number>();
    export function refresh(ids: string[]) { m.clear(); for (const id of ids) m.set(id, 1); }
    export function get(id: string) { return m.get(id); }`,
    "a word in prose": `/** Not an immutable map, and guarded by nobody. */
    const m = new Map<string, number>();
    export function put(id: string) { m.set(id, 1); }`,
    "a policy of another declaration": `/** @immutable */
    const codes = new Map([["a", 1]]);
    const m = new Map<string, number>();
    export function put(id: string) { m.set(id, codes.get("a")!); }`,
  }),
);

it("leaves a write that looks first, in one step, to strict", () => {
  const code = `${HEADER}${SECTION}export function raise(id: string, n: number) { if ((m.get(id) ?? 0) < n) m.set(id, n); }`;
  const getReports = (preset: "recommended" | "strict"): number => lint(code, { preset, rules: ["consistent-locking"] }).length;
  expect([getReports("recommended"), getReports("strict")]).toEqual([0, 1]);
});
