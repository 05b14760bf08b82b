import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";

/** The hazards, in words: `lost-update in f: 2 > 3 > 4`, with the lines of read, suspension and write. */
function describeHazards(code: string): string[] {
  return getAnalysis(code)
    .getHazards()
    .map(({ kind, task, read, suspension, write }) => `${kind} in ${task.name}: ${[read, suspension, write].map((node) => node.loc.start.line).join(" > ")}`);
}

const M = "const m = new Map();";

describe("a hazard is", () => {
  it("a lost update", () => {
    expect(
      describeHazards(`${M}
export async function f(k) {
  const n = m.get(k) ?? 0;
  await save(n);
  m.set(k, n + 1);
}`),
    ).toEqual(["lost-update in f: 3 > 4 > 5"]);
  });

  it("a lost update of a field of an entry", () => {
    expect(
      describeHazards(`${M}
export async function f(k) {
  const e = m.get(k);
  const n = e.n;
  await save(n);
  e.n = n + 1;
}`),
    ).toEqual(["lost-update in f: 4 > 5 > 6"]);
  });

  it("a check that is acted on too late", () => {
    expect(
      describeHazards(`${M}
export async function f(k) {
  if (m.has(k)) return;
  const c = await connect(k);
  m.set(k, c);
}`),
    ).toEqual(["check-then-act in f: 3 > 4 > 5"]);
  });

  it("the same for plain data", () => {
    expect(
      describeHazards(`${M}
export async function f(k) {
  if (m.has(k)) return m.get(k);
  const v = await load(k);
  m.set(k, v);
  return v;
}`),
    ).toEqual(["duplicate-load in f: 3 > 4 > 5"]);
  });

  it("a cleanup that takes another task's entry", () => {
    expect(
      describeHazards(`${M}
export async function f(id) {
  m.set(id, {});
  try {
    await work(id);
  } finally {
    m.delete(id);
  }
}`),
    ).toEqual(["stale-cleanup in f: 3 > 5 > 7"]);
  });

  it("a reservation that a failure leaves behind", () => {
    expect(
      describeHazards(`${M}
export async function f(id) {
  if (m.has(id)) return;
  m.set(id, true);
  await work(id);
  m.delete(id);
}`).map((text) => text.replace(/:.*/, "")),
    ).toEqual(["leaked-reservation in f"]);
  });

  it("an entry that is trusted after a suspension", () => {
    expect(
      describeHazards(`${M}
export async function f(id) {
  if (!m.has(id)) return;
  await work(id);
  m.get(id).run();
}
export function drop(id) { m.delete(id); }`),
    ).toEqual(["stale-entry in f: 3 > 4 > 5"]);
  });

  it("a value that was loaded before an invalidation", () => {
    expect(
      describeHazards(`${M}
export async function refresh(id) {
  const v = await load(id);
  m.set(id, v);
}
export function invalidate(id) { m.delete(id); }`),
    ).toEqual(["stale-fill in refresh: 3 > 3 > 4"]);
  });
});

describe("the gravest hazard of a site is told, once", () => {
  it("a lost update beside a check", () => {
    expect(
      describeHazards(`${M}
export async function f(k) {
  if (!m.has(k)) return;
  const n = m.get(k);
  await save(n);
  m.set(k, n + 1);
}`),
    ).toEqual(["lost-update in f: 4 > 5 > 6"]);
  });
});

describe("a hazard names", () => {
  const [hazard] = getAnalysis(`${M}\nexport async function f(id) { if (!m.has(id)) return; await work(id); m.get(id).run(); }\nexport function drop(id) { m.delete(id); }`).getHazards();

  it("its map and key", () => {
    expect([hazard!.map.name, hazard!.key.display]).toEqual(["m", "id"]);
  });

  it("the partner, and why it can come between", () => {
    expect(hazard!.partner).toMatchObject({ function: { name: "drop" }, isSelf: false });
    expect(hazard!.overlap).toEqual({ level: "assumed", reason: "`drop` is exported" });
  });

  it("another run of itself, if that is the partner", () => {
    const [own] = getAnalysis(`${M}\nexport async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); }`).getHazards();
    expect(own!.partner).toMatchObject({ function: { name: "f" }, isSelf: true });
  });
});

describe("there is no hazard", () => {
  const CASES: Readonly<Record<string, string>> = {
    "with a fresh key": "export async function f() { const k = randomUUID(); if (m.has(k)) return; await g(); m.set(k, 1); }",
    "with a second look": "export async function f(k) { if (m.has(k)) return; await g(); if (m.has(k)) return; m.set(k, 1); }",
    "with a write that does not depend on the read": "export async function f(k) { log(m.get(k)); await g(); m.set(k, 1); }",
    "under one lock": "const mutex = new Mutex(); export async function f(k) { await mutex.runExclusive(async () => { const n = m.get(k); await g(); m.set(k, n + 1); }); }",
    "with a promise stored before the suspension": "export async function f(k) { let p = m.get(k); if (!p) { p = load(k).catch((error) => { m.delete(k); throw error; }); m.set(k, p); } return p; }",
    "with a reservation in a second map that is taken away right before": "const flights = new Map(); export async function f(k) { if (m.has(k)) return; if (flights.has(k)) return; flights.set(k, 1); try { await g(); } finally { flights.delete(k); } m.set(k, 1); }",
    "at the top level": "const n = m.get(1); await g(); m.set(1, n + 1);",
    "in a map of the call": "export async function f(k) { const own = new Map(); const n = own.get(k); await g(); own.set(k, n + 1); }",
    "with an identity check": "export async function f(id) { const mine = {}; m.set(id, mine); try { await g(); } finally { if (m.get(id) === mine) m.delete(id); } }",
    "with another key": "export async function f(a, b) { const n = m.get(a); await g(); m.set(b, n); }",
    "after the early return of a helper that nobody waits for": "async function warm(id) { if (m.has(id)) return; await save(id); } export async function f(k) { warm(k); await g(); m.set(k, await connect()); }",
    "in an optional chain": "export async function f(k) { m.get(k)?.ping(); await g(); m.set(k, 1); }",
  };

  it.each(Object.entries(CASES))("%s", (_name, code) => {
    expect(describeHazards(`${M}\n${code}`)).toEqual([]);
  });
});

describe("two maps of one shape", () => {
  it("a field and a module map are judged alike", () => {
    const inModule = describeHazards(`${M}\nexport async function f(k) { const n = m.get(k); await g(); m.set(k, n + 1); }`);
    const inField = describeHazards("export class A { #m = new Map();\nasync f(k) { const n = this.#m.get(k); await g(); this.#m.set(k, n + 1); } }");
    expect(inModule.length).toBe(1);
    expect(inField).toEqual(inModule);
  });
});
