import { describe, expect, it } from "vitest";
import { CONTROL, COPY, DERIVED, type Fact, WEAK } from "../../../src/analysis/tasks/flow.js";
import { getAnalysis, getFlow } from "../analyze.js";

interface Seen {
  /** How the last write depends on the first read. */
  readonly bits: number;
  /** What is known of that read before the write. */
  readonly fact: Fact | undefined;
  readonly locks: readonly string[];
}

const HEADER = "const mutex = new Mutex(); const other = new Mutex(); const m = new Map();\n";

/** The first read of `m`, seen from the last write of it. */
function see(body: string, header = HEADER): Seen {
  const flow = getFlow(getAnalysis(`${header}export async function f(k, x) { ${body} }`), "f");
  const isOfMap = (event: { map?: { name: string } }): boolean => event.map?.name === "m" || event.map?.name === "this.m";
  const read = flow.graph.nodes.find(({ event }) => event.type === "read" && isOfMap(event))!;
  const write = flow.graph.nodes.findLast(({ event }) => event.type === "write" && isOfMap(event))!;
  const state = flow.getState(write.id)!;
  const fact = state.facts.get(read.id);
  const kept = [...(fact?.locks ?? [])].filter((id) => state.held.has(id) || state.released.has(id));
  return { bits: flow.getDependences(write).get(read.id) ?? 0, fact, locks: kept.map((id) => (state.held.get(id) ?? state.released.get(id))!.name) };
}

function isStale(body: string, header?: string): boolean {
  const { fact } = see(body, header);
  if (!fact) throw new Error("the read is not known at the write");
  return fact.stale !== undefined;
}

describe("a read is stale at a write after", () => {
  it.each([
    ["await", "const v = m.get(k); await g(); m.set(k, v);"],
    ["await inside the expression", "m.set(k, m.get(k) ?? (await load(k)));"],
    ["for await", "const v = m.get(k); for await (const y of x) { m.set(k, v); }"],
    ["await using", "const v = m.get(k); { await using y = open(); } m.set(k, v);"],
    ["a then callback", "const v = m.get(k); return load(k).then(() => { m.set(k, v); });"],
    ["a timer", "const v = m.get(k); setTimeout(() => { m.set(k, v); }, 5);"],
    ["a listener", "const v = m.get(k); x.on('end', () => { m.set(k, v); });"],
    ["an await in one branch", "const v = m.get(k); if (x) await g(); m.set(k, v);"],
    ["an await in an earlier turn of a loop", "const v = m.get(k); for (;;) { m.set(k, v); await g(); }"],
    ["an await in a helper", "const v = m.get(k); await helper(k); m.set(k, v);"],
    ["an await in a catch", "const v = m.get(k); try { g(); } catch { await h(); } m.set(k, v);"],
    ["an await in a finally", "const v = m.get(k); try { g(); } finally { await h(); } m.set(k, v);"],
  ])("%s", (_name, body) => {
    expect(isStale(body, `${HEADER}async function helper(k) { m.has(k); await g(); }\n`)).toBe(true);
  });
});

describe("a read is fresh at a write", () => {
  it.each([
    ["with nothing between", "const v = m.get(k); m.set(k, v);"],
    ["after an await before the read", "await g(); m.set(k, m.get(k));"],
    ["after an await on a branch that returns", "const v = m.get(k); if (x) { await g(); return; } m.set(k, v);"],
    ["after an await on a branch that throws", "const v = m.get(k); if (x) { await g(); throw new Error(); } m.set(k, v);"],
    ["after an await in a nested callback", "const v = m.get(k); x.push(async () => { await g(); }); m.set(k, v);"],
    ["after a call of an async function without await", "const v = m.get(k); g(); m.set(k, v);"],
    ["after a helper that nobody waits for", "const v = m.get(k); later(k); m.set(k, v);"],
    ["after a chain that nobody waits for", "const v = m.get(k); g().then(() => { m.delete(x); }); m.set(k, v);"],
    ["in each turn of a loop", "for (;;) { const v = m.get(k); m.set(k, v); await g(); }"],
    ["after yield in a plain generator", "x.run(function* () { yield 1; }); m.set(k, m.get(k));"],
  ])("%s", (_name, body) => {
    expect(isStale(body, `${HEADER}async function later(k) { m.has(k); await g(); }\n`)).toBe(false);
  });

  it("if a second look comes after the suspension", () => {
    const flow = getFlow(getAnalysis(`${HEADER}export async function f(k) { if (m.has(k)) return; await g(); if (m.has(k)) return; m.set(k, 1); }`), "f");
    const [first, second] = flow.graph.nodes.filter(({ event }) => event.type === "read");
    const write = flow.graph.nodes.find(({ event }) => event.type === "write")!;
    const { facts } = flow.getState(write.id)!;
    expect(facts.get(first!.id)!.stale).toBeDefined();
    expect(facts.get(second!.id)!.stale).toBeUndefined();
  });
});

describe("a write depends on a read", () => {
  it.each([
    ["by copy", "m.set(k, m.get(k));", COPY],
    ["by copy through a variable", "const v = m.get(k); const w = v; m.set(k, w);", COPY],
    ["by an operator", "m.set(k, m.get(k) + 1);", DERIVED],
    ["by an operator on a variable", "let v = m.get(k); v += 1; m.set(k, v);", DERIVED],
    ["by ++ on a variable", "let v = m.get(k); v++; m.set(k, v);", DERIVED],
    ["by a spread", "const v = m.get(k); m.set(k, { ...v, x });", DERIVED],
    ["by a call", "m.set(k, next(m.get(k)));", DERIVED],
    ["by an awaited call, weakly", "m.set(k, await next(m.get(k)));", WEAK],
    ["by control", "if (m.has(k)) m.set(k, 1);", CONTROL],
    ["by an early return", "if (m.has(k)) return; m.set(k, 1);", CONTROL],
    ["by a guard in a variable", "const had = m.has(k); await g(); if (!had) m.set(k, 1);", CONTROL],
    ["by an assignment under a check", "let v = 1; if (m.has(k)) v = 2; m.set(k, v);", CONTROL],
    ["not at all", "m.get(k); m.set(k, x);", 0],
    ["not through a name that got another value", "let v = m.get(k); v = x; m.set(k, v);", 0],
    ["not by what joins before it", "if (m.has(k)) g(); m.set(k, x);", 0],
  ])("%s", (_name, body, bits) => {
    expect(see(body).bits).toBe(bits);
  });

  it("through what a helper returns", () => {
    expect(see("const v = look(k); m.set(k, v + 1);", `${HEADER}function look(k) { return m.get(k); }\n`).bits).toBe(DERIVED);
  });

  it("through what an async helper returns", () => {
    expect(see("const v = await look(k); m.set(k, v + 1);", `${HEADER}async function look(k) { return m.get(k); }\n`).bits).toBe(DERIVED);
  });

  it("through a test of a copy in another branch", () => {
    expect(see("const v = m.get(k); let ok = true; if (v) ok = false; await g(); if (ok) m.set(k, 1);").bits & CONTROL).toBe(CONTROL);
  });
});

describe("a lock guards a read up to a write", () => {
  it.each([
    ["held by runExclusive", "await mutex.runExclusive(async () => { const v = m.get(k); await g(); m.set(k, v); });"],
    ["held by acquire", "const release = await mutex.acquire(); try { const v = m.get(k); await g(); m.set(k, v); } finally { release(); }"],
    ["held by await using", "await using held = await mutex.acquire(); const v = m.get(k); await g(); m.set(k, v);"],
    ["let go after the last suspension", "const release = await mutex.acquire(); const v = m.get(k); await g(); release(); m.set(k, v);"],
    ["taken in a helper around both", "await locked(async () => { const v = m.get(k); await g(); m.set(k, v); });"],
  ])("%s", (_name, body) => {
    expect(see(body, `${HEADER}async function locked(fn) { return mutex.runExclusive(async () => fn()); }\n`).locks).toEqual(["mutex"]);
  });
});

describe("a lock does not guard a read", () => {
  it.each([
    ["that came before it was taken", "const v = m.get(k); const release = await mutex.acquire(); m.set(k, v); release();"],
    ["if it was let go in between", "let v; await mutex.runExclusive(async () => { v = m.get(k); }); await mutex.runExclusive(async () => { m.set(k, v); });"],
    ["if it was let go before the last suspension", "const release = await mutex.acquire(); const v = m.get(k); release(); await g(); m.set(k, v);"],
    ["if it is let go on one way", "const release = await mutex.acquire(); const v = m.get(k); if (x) release(); await g(); m.set(k, v);"],
    ["if another one is held at the write", "let v; await mutex.runExclusive(async () => { v = m.get(k); }); await other.runExclusive(async () => { m.set(k, v); });"],
    ["on a way that did not take it", "let release; if (x) release = await mutex.acquire(); const v = m.get(k); await g(); m.set(k, v);"],
  ])("%s", (_name, body) => {
    expect(see(body).locks).toEqual([]);
  });
});

describe("a reservation", () => {
  const RESERVED = "const m = new Map(); const pending = new Map();\n";

  it("is a write right after the check", () => {
    expect(see("if (m.has(k)) return; m.set(k, x); await g(); m.set(k, 1);").locks).toEqual(["m"]);
  });

  it("is a promise that is stored", () => {
    expect(see("if (m.has(k)) return; const p = load(k); m.set(k, p); await p; m.set(k, 1);").locks).toEqual(["m"]);
  });

  it("can stand in another map", () => {
    expect(see("if (m.has(k)) return; if (pending.has(k)) return; pending.set(k, x); await g(); m.set(k, 1);", RESERVED).locks).toEqual(["pending"]);
  });

  it("can be taken away right before the write", () => {
    expect(see("if (m.has(k)) return; if (pending.has(k)) return; pending.set(k, x); const v = await g(); pending.delete(k); m.set(k, v);", RESERVED).locks).toEqual(["pending"]);
  });

  it("ends with its removal, if a suspension follows", () => {
    expect(see("if (m.has(k)) return; if (pending.has(k)) return; pending.set(k, x); await g(); pending.delete(k); await h(); m.set(k, 1);", RESERVED).locks).toEqual([]);
  });

  it("is none after a suspension", () => {
    expect(see("if (m.has(k)) return; await g(); m.set(k, x); await h(); m.set(k, 1);").locks).toEqual([]);
  });

  it("is none under another key", () => {
    expect(see("if (m.has(k)) return; m.set(x, 1); await g(); m.set(k, 1);").locks).toEqual([]);
  });

  it("is none where the check found something", () => {
    expect(see("if (m.has(k)) { m.set(k, x); await g(); m.set(k, 1); }").locks).toEqual([]);
  });

  it("is a busy flag in a field", () => {
    const code = "export class A { busy = false; m = new Map(); async f(k) { if (this.busy) return; this.busy = true; try { const v = this.m.get(k); await g(); this.m.set(k, v); } finally { this.busy = false; } } }";
    const flow = getFlow(getAnalysis(code), "f");
    const write = flow.graph.nodes.find(({ event }) => event.type === "write" && event.map.name === "this.m")!;
    expect([...flow.getState(write.id)!.held.values()].map((lock) => lock.name)).toEqual(["this.busy"]);
  });
});

describe("what a task puts there itself", () => {
  it("takes the place of what it has put there before", () => {
    const flow = getFlow(getAnalysis(`${HEADER}export async function f(k, x) { m.set(k, 1); await g(); m.set(k, 2); await g(); m.delete(k); }`), "f");
    const write = flow.graph.nodes.findLast(({ event }) => event.type === "write")!;
    const inserted = [...flow.getState(write.id)!.facts.keys()].filter((id) => flow.graph.nodes[id]!.event.type === "write");
    expect(inserted).toHaveLength(1);
  });
});

describe("a flag in an entry", () => {
  const getHeld = (body: string): string[] => {
    const code = `const m = new Map(); export async function f(k) { const e = m.get(k); ${body} }`;
    const flow = getFlow(getAnalysis(code), "f");
    const write = flow.graph.nodes.findLast(({ event }) => event.type === "write")!;
    return [...flow.getState(write.id)!.held.keys()].map((id) => id.replace(/#\d+/g, ""));
  };

  it("is a lock from its check until it is lowered", () => {
    expect(getHeld("if (e.busy) return; e.busy = true; await g(); e.n = 1;")).toHaveLength(1);
  });

  it("is none after it was lowered", () => {
    expect(getHeld("if (e.busy) return; e.busy = true; await g(); e.busy = false; await g(); e.n = 1;")).toEqual([]);
  });

  it("is none if nobody looked before", () => {
    expect(getHeld("e.busy = true; await g(); e.n = 1;")).toEqual([]);
  });

  it("is none if it is a number that counts", () => {
    expect(getHeld("e.count = e.count + 1; await g(); e.n = 1;")).toEqual([]);
  });
});

describe("a key is lost", () => {
  it("when its variable is assigned", () => {
    expect(see("let id = k; const v = m.get(id); await g(); id = x; m.set(id, v);").fact!.isLost).toBe(true);
  });

  it("when a loop moves on", () => {
    expect(see("let v; for (const id of x) { m.set(id, v); v = m.get(id); await g(); }").fact!.isLost).toBe(true);
  });

  it("at a suspension, if others may assign the field that it is", () => {
    const code = "export class A { id = 1; m = new Map(); next() { this.id = make(); } async f() { const v = this.m.get(this.id); await g(); this.m.set(this.id, v); } }";
    const flow = getFlow(getAnalysis(code), "f");
    const write = flow.graph.nodes.find(({ event }) => event.type === "write")!;
    expect([...flow.getState(write.id)!.facts.values()].map((fact) => fact.isLost)).toEqual([true]);
  });

  it("not while its variable stays", () => {
    expect(see("const v = m.get(k); await g(); m.set(k, v);").fact!.isLost).toBe(false);
  });
});

describe("a function too large to be sure of", () => {
  it("has no state", () => {
    const many = Array.from({ length: 900 }, (_, index) => `if (m.get(k + ${index})) v${index % 7} = m.get(k); else await g();`).join("\n");
    const flow = getFlow(getAnalysis(`const m = new Map(); let v0, v1, v2, v3, v4, v5, v6;\nexport async function f(k) { for (;;) { ${many}\nm.set(k, v0); } }`), "f");
    const write = flow.graph.nodes.findLast(({ event }) => event.type === "write");
    expect(write === undefined ? undefined : flow.getState(write.id)).toBeUndefined();
  });
});
