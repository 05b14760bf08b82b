import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";

const HEADER = `import { Mutex } from "async-mutex";
const mutex = new Mutex();
const m = new Map<string, number>();
declare function save(id: string): Promise<void>;
`;
const getLocking = (code: string, settings: Record<string, unknown> = {}) => getAnalysis(HEADER + code, { settings }).getLocking()!;

describe("leaks", () => {
  it("say which way out leaves the lock behind", () => {
    const leaks = getLocking(`export async function f(id: string) {
      const release = await mutex.acquire();
      if (m.has(id)) return;
      release();
    }`).getLeaks();
    expect(leaks.map(({ kind, lock, acquire, exit, handle }) => [kind, lock.name, acquire.loc.start.line, exit.loc.start.line, handle?.name])).toEqual([["exit", "mutex", 6, 7, "release"]]);
  });
  it("tell a rejection from a gap before the try", () => {
    const kinds = (body: string): string[] => getLocking(`export async function f(id: string) { const release = await mutex.acquire(); ${body} }`).getLeaks().map(({ kind }) => kind);
    expect(kinds(`await save(id); release();`)).toEqual(["throw"]);
    expect(kinds(`await save(id); try { m.set(id, 1); } finally { release(); }`)).toEqual(["gap"]);
    expect(kinds(`try { await save(id); } finally { release(); }`)).toEqual([]);
  });
  it("know locks that the settings name", () => {
    const settings = { locks: [{ name: "takeTurn", kind: "acquire" }, { name: "endTurn", kind: "release" }] };
    const code = `declare const turns: any;
    export async function f(id: string) { await turns.takeTurn(); if (m.has(id)) return; turns.endTurn(); }`;
    expect(getLocking(code, settings).getLeaks()).toHaveLength(1);
    expect(getLocking(code).getLeaks()).toHaveLength(0);
  });
});

describe("deadlocks", () => {
  it("are certain for a lock that is made in the file, and likely for one known by its name", () => {
    const inner = (lock: string): string => `export async function f() { await ${lock}.runExclusive(async () => { await ${lock}.runExclusive(() => m.clear()); }); }`;
    expect(getLocking(inner("mutex")).getDeadlocks().map(({ kind, isHeuristic }) => [kind, isHeuristic])).toEqual([["self", false]]);
    expect(getLocking(`import { theLock } from "./locks.js";\n${inner("theLock")}`).getDeadlocks().map(({ kind, isHeuristic }) => [kind, isHeuristic])).toEqual([["self", true]]);
  });
  it("name both sides of a cycle", () => {
    const [deadlock] = getLocking(`const other = new Mutex();
    export async function f() { await mutex.runExclusive(async () => { await other.runExclusive(() => m.clear()); }); }
    export async function g() { await other.runExclusive(async () => { await mutex.runExclusive(() => m.clear()); }); }`).getDeadlocks();
    expect([deadlock!.kind, deadlock!.task.name, deadlock!.lock.name, deadlock!.other!.task.name, deadlock!.other!.lock.name]).toEqual(["cycle", "g", "mutex", "f", "other"]);
  });
  it("go through three locks", () => {
    const code = `const b = new Mutex();
    const c = new Mutex();
    export async function f() { await mutex.runExclusive(async () => { await b.runExclusive(() => m.clear()); }); }
    export async function g() { await b.runExclusive(async () => { await c.runExclusive(() => m.clear()); }); }
    export async function h() { await c.runExclusive(async () => { await mutex.runExclusive(() => m.clear()); }); }`;
    expect(getLocking(code).getDeadlocks().map(({ kind }) => kind)).toContain("cycle");
  });
});

describe("breaches", () => {
  const SECTION = `export async function add(id: string) {
    await mutex.runExclusive(async () => { const n = m.get(id) ?? 0; await save(id); m.set(id, n + 1); });
  }
  `;
  it("name the section that is broken into", () => {
    const [breach] = getLocking(`${SECTION}export function drop(id: string) { m.delete(id); }`).getBreaches();
    expect(breach).toMatchObject({ kind: "section", isHeuristic: false, section: { lock: { name: "mutex" }, isDerived: true }, function: { name: "drop" } });
  });
  it("count one for each function", () => {
    const breaches = getLocking(`${SECTION}export function drop(id: string, other: string) { m.delete(id); m.delete(other); }`).getBreaches();
    expect(breaches).toHaveLength(1);
  });
  it("count what most places do", () => {
    const locked = (name: string): string => `export async function ${name}(id: string) { await mutex.runExclusive(() => m.set(id, 1)); }\n`;
    const [breach] = getLocking(`${locked("a")}${locked("b")}${locked("c")}export function d(id: string) { m.delete(id); }`).getBreaches();
    expect(breach).toMatchObject({ kind: "majority", locked: 3, total: 4, isHeuristic: true });
  });
});

describe("policies", () => {
  it.each([
    ["/** @guardedBy(mutex) */\nconst p = new Map();", "guardedBy", "mutex"],
    ["// @guardedBy this.lock\nconst p = new Map();", "guardedBy", "this.lock"],
    ["const p = new Map(); // @singleWriter(refresh)", "singleWriter", "refresh"],
    ["/** @singleWriter */\nexport const p = new Map();", "singleWriter", undefined],
    ["/** The codes. @immutable and short. */\nconst p = new Map();", "immutable", undefined],
  ])("%j", (code, kind, name) => {
    const found = getLocking(code).policies;
    expect(found.map((policy) => [policy.map.name, policy.kind, policy.name])).toEqual([["p", kind, name]]);
  });
  it("belong to one declaration", () => {
    expect(getLocking(`const p = new Map(); // @immutable\nconst q = new Map();`).policies.map(({ map }) => map.name)).toEqual(["p"]);
  });
});

describe("waits under a lock", () => {
  it("name the work, the map and the key", () => {
    const [wait] = getLocking(`export async function f(id: string, make: () => Promise<number>) {
      await mutex.runExclusive(async () => { m.set(id, await make()); });
    }`).getLockedWaits();
    expect(wait).toMatchObject({ name: "make", isCallback: true, key: "id", map: { name: "m" } });
  });
});
