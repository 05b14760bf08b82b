import { describe, expect, it } from "vitest";
import { getAnalysis, getFlow, getGraph, print } from "../analyze.js";
import { isSourceVariable } from "../../../src/analysis/tasks/graph.js";

const M = "const m = new Map();\n";

describe("try", () => {
  it("a write followed by a rejected await reaches the catch", () => {
    expect(print(`${M}export async function f(k) { try { m.set(k, 1); await g(); } catch { m.delete(k); } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 write m[k] set -> 2
      2 call g -> 3 / throw 4
      3 suspend await -> throw 4 / 5
      4 write m[k] delete -> 5
      5 exit return"
    `);
  });

  it("a finally block runs once per way out", () => {
    expect(print(`${M}export async function f(k) { try { if (m.has(k)) return 1; await g(); } finally { m.delete(k); } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] has -> 2
      2 branch -> true 3 / false 5
      3 write m[k] delete -> 4
      4 assign result of f -> 10
      5 call g -> 6 / throw 7
      6 suspend await -> throw 7 / 9
      7 write m[k] delete -> 8
      8 join -> 11
      9 write m[k] delete -> 10
      10 exit return
      11 exit throw"
    `);
  });

  it("a finally block that suspends does so on every way out", () => {
    expect(print(`${M}export async function f(k) { try { await a(); } catch { return m.get(k); } finally { await b(); } m.clear(); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call a -> 2 / throw 3
      2 suspend await -> throw 3 / 10
      3 read m[k] get -> 4
      4 call b -> 5 / throw 7
      5 suspend await -> 6 / throw 7
      6 assign result of f -> 13
      7 call b -> 8 / throw 14
      8 suspend await -> 9 / throw 14
      9 join -> 14
      10 call b -> 11 / throw 14
      11 suspend await -> 12 / throw 14
      12 write m[every key] clear -> 13
      13 exit return
      14 exit throw"
    `);
  });

  it("a break leaves through finally", () => {
    expect(print(`${M}export function f(ks) { for (const k of ks) { try { break; } finally { m.delete(k); } } m.clear(); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 loop -> 2
      2 branch -> true 3 / false 5
      3 assign k -> 4
      4 write m[k] delete -> 5
      5 write m[every key] clear -> 6
      6 exit return"
    `);
  });

  it("a throw in a catch goes past the same try", () => {
    expect(print(`${M}export async function f(k) { try { await a(); } catch (e) { m.delete(k); throw e; } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call a -> 2 / throw 3
      2 suspend await -> throw 3 / 5
      3 write m[k] delete -> 4
      4 call throw -> 6
      5 exit return
      6 exit throw"
    `);
  });
});

describe("branches", () => {
  it("if and else", () => {
    expect(print(`${M}export function f(k) { if (m.has(k)) m.delete(k); else m.set(k, 1); m.size; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] has -> 2
      2 branch -> true 3 / false 4
      3 write m[k] delete -> 5
      4 write m[k] set -> 5
      5 read m[every key] size -> 6
      6 exit return"
    `);
  });

  it("&&, || and ! are branches", () => {
    expect(print(`${M}export function f(k, ok) { if (ok && !m.has(k) || m.size) m.clear(); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 branch -> true 2 / false 4
      2 read m[k] has -> 3
      3 branch -> true 4 / false 6
      4 read m[every key] size -> 5
      5 branch -> true 6 / false 7
      6 write m[every key] clear -> 7
      7 exit return"
    `);
  });

  it("a conditional expression", () => {
    expect(print(`${M}export function f(k) { return m.has(k) ? m.get(k) : m.size; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] has -> 2
      2 branch -> true 3 / false 4
      3 read m[k] get -> 5
      4 read m[every key] size -> 5
      5 assign result of f -> 6
      6 exit return"
    `);
  });

  it("?? with a suspension on one side", () => {
    expect(print(`${M}export async function f(k) { const v = m.get(k) ?? (await load(k)); m.set(k, v); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 branch -> false 3 / true 5
      3 call load -> 4 / throw 8
      4 suspend await -> 5 / throw 8
      5 assign v -> 6
      6 write m[k] set -> 7
      7 exit return
      8 exit throw"
    `);
  });

  it("an optional call skips its arguments", () => {
    expect(print(`${M}export async function f(k, a) { a?.b(await c()); m.get(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 branch -> true 2 / false 5
      2 call c -> 3 / throw 7
      3 suspend await -> 4 / throw 7
      4 call b -> 5 / throw 7
      5 read m[k] get -> 6
      6 exit return
      7 exit throw"
    `);
  });

  it("an optional chain is left at its first ?. that finds nothing", () => {
    expect(print(`${M}export async function f(k, a) { a?.b(m.get(k)).c?.(m.size); m.clear(); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 branch -> true 2 / false 7
      2 read m[k] get -> 3
      3 call b -> 4 / throw 9
      4 branch -> true 5 / false 7
      5 read m[every key] size -> 6
      6 call c -> 7 / throw 9
      7 write m[every key] clear -> 8
      8 exit return
      9 exit throw"
    `);
  });

  it("an optional chain in an await does not skip the await", () => {
    expect(print(`${M}export async function f(k) { await m.get(k)?.close(); m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 branch -> true 3 / false 4
      3 call close -> 4 / throw 7
      4 suspend await -> 5 / throw 7
      5 write m[k] delete -> 6
      6 exit return
      7 exit throw"
    `);
  });

  it("??= reads, and writes on one outcome", () => {
    expect(print(`const d = Object.create(null);\nexport async function f(k) { d[k] ??= await load(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read d[k] get -> 2
      2 branch -> false 3 / true 6
      3 call load -> 4 / throw 7
      4 suspend await -> 5 / throw 7
      5 write d[k] set -> 6
      6 exit return
      7 exit throw"
    `);
  });
});

describe("loops", () => {
  it("for..of with continue and break", () => {
    expect(print(`${M}export async function f(ks) { for (const k of ks) { if (!k) continue; if (k === 1) break; await m.get(k); } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 loop -> 2
      2 branch -> true 3 / false 8
      3 assign k -> 4
      4 branch -> true 5 / false 1
      5 branch -> false 6 / true 8
      6 read m[k] get -> 7
      7 suspend await -> 1 / throw 9
      8 exit return
      9 exit throw"
    `);
  });

  it("for with init, test and update", () => {
    expect(print(`${M}export function f() { for (let i = 0; i < m.size; i++) m.delete(i); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 assign i -> 2
      2 loop -> 3
      3 read m[every key] size -> 4
      4 branch -> true 5 / false 7
      5 write m[i] delete -> 6
      6 assign i -> 2
      7 exit return"
    `);
  });

  it("do runs its body before the test", () => {
    expect(print(`${M}export async function f(k) { do { await m.get(k); } while (m.has(k)); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 loop -> 2
      2 read m[k] get -> 3
      3 suspend await -> 4 / throw 7
      4 read m[k] has -> 5
      5 branch -> true 1 / false 6
      6 exit return
      7 exit throw"
    `);
  });

  it("while (true) has no way out but break", () => {
    expect(print(`${M}export async function f(k) { while (true) { if (m.has(k)) break; await tick(); } m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 loop -> 2
      2 read m[k] has -> 3
      3 branch -> false 4 / true 6
      4 call tick -> 5 / throw 8
      5 suspend await -> 1 / throw 8
      6 write m[k] delete -> 7
      7 exit return
      8 exit throw"
    `);
  });

  it("labels", () => {
    expect(print(`${M}export function f(k) { outer: for (;;) { while (m.has(k)) { if (m.size) continue outer; break outer; } } m.clear(); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 loop -> 2
      2 loop -> 3
      3 read m[k] has -> 4
      4 branch -> true 5 / false 1
      5 read m[every key] size -> 6
      6 branch -> true 1 / false 7
      7 write m[every key] clear -> 8
      8 exit return"
    `);
  });

  it("a labeled block", () => {
    expect(print(`${M}export function f(k) { done: { if (m.has(k)) break done; m.set(k, 1); } m.size; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] has -> 2
      2 branch -> false 3 / true 4
      3 write m[k] set -> 4
      4 read m[every key] size -> 5
      5 exit return"
    `);
  });

  it("for await suspends at every turn", () => {
    expect(print(`${M}export async function f(k) { for await (const x of stream(k)) m.set(k, x); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call stream -> 2 / throw 8
      2 loop -> 3
      3 suspend for await -> 4 / throw 8
      4 branch -> true 5 / false 7
      5 assign x -> 6
      6 write m[k] set -> 2
      7 exit return
      8 exit throw"
    `);
  });

  it("a map by itself is read before the loop", () => {
    expect(print(`${M}export async function f() { for (const [k, v] of m) await g(k, v); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[every key] iterate -> 2
      2 loop -> 3
      3 branch -> true 4 / false 8
      4 assign k -> 5
      5 assign v -> 6
      6 call g -> 7 / throw 9
      7 suspend await -> 2 / throw 9
      8 exit return
      9 exit throw"
    `);
  });

  it("forEach runs its callback in a loop", () => {
    expect(print(`${M}export function f(ks) { ks.forEach((k) => { m.set(k, 1); }); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call forEach -> 2 / throw 6
      2 loop -> 3 / 5
      3 assign k -> 4
      4 write m[k] set -> 2
      5 exit return
      6 exit throw"
    `);
  });
});

describe("switch", () => {
  it("falls through, breaks, and has a default", () => {
    expect(print(`${M}export function f(k) { switch (m.get(k)) { case 1: m.delete(k); case 2: m.set(k, 1); break; default: m.clear(); } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 branch -> true 3 / false 4
      3 write m[k] delete -> 5
      4 branch -> true 5 / false 6
      5 write m[k] set -> 7
      6 write m[every key] clear -> 7
      7 exit return"
    `);
  });

  it("without a default goes on", () => {
    expect(print(`${M}export function f(k) { switch (k) { case 1: m.clear(); } m.size; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 branch -> true 2 / false 3
      2 write m[every key] clear -> 3
      3 read m[every key] size -> 4
      4 exit return"
    `);
  });
});

describe("suspensions", () => {
  it("the argument of await comes before it", () => {
    expect(print(`${M}export async function f(k) { m.set(k, await load(m.get(k))); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 call load -> 3 / throw 6
      3 suspend await -> 4 / throw 6
      4 write m[k] set -> 5
      5 exit return
      6 exit throw"
    `);
  });

  it("the end of a block with await using", () => {
    expect(print(`${M}export async function f(k) { { await using x = open(); m.set(k, x); } m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 reserve m[k] -> 2
      2 call open -> 3 / throw 8
      3 assign x -> 4
      4 write m[k] set -> 5
      5 suspend await using -> 6
      6 write m[k] delete -> 7
      7 exit return
      8 exit throw"
    `);
  });

  it("the end of a block with await using, on every way out", () => {
    expect(print(`${M}export async function f(k) { { await using x = open(); if (m.has(k)) return; await g(); } m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call open -> 2 / throw 14
      2 assign x -> 3
      3 read m[k] has -> 4
      4 branch -> true 5 / false 7
      5 suspend await using -> 6
      6 assign result of f -> 13
      7 call g -> 8 / throw 9
      8 suspend await -> throw 9 / 11
      9 suspend await using -> 10
      10 join -> 14
      11 suspend await using -> 12
      12 write m[k] delete -> 13
      13 exit return
      14 exit throw"
    `);
  });

  it("yield in an async generator", () => {
    expect(print(`${M}export async function* f(k) { yield m.get(k); m.set(k, 1); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 suspend yield -> 3 / throw 5
      3 write m[k] set -> 4
      4 exit return
      5 exit throw"
    `);
  });

  it("yield in a plain generator is none", () => {
    expect(print(`${M}export function* f(k) { yield m.get(k); m.set(k, 1); }`)).not.toContain("suspend");
  });

  it("a call of an async function is none by itself", () => {
    expect(print(`${M}async function g(k) { m.set(k, 1); }\nexport function f(k) { g(k); m.delete(k); }`)).not.toContain("suspend");
  });
});

describe("chains", () => {
  it("a returned then goes on in this task", () => {
    expect(print(`${M}export function f(k) { return load(k).then((v) => m.set(k, v), () => m.clear()); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call load -> 2 / throw 5
      2 suspend then -> 3 / throw 5
      3 write m[k] set -> 4
      4 assign result of the callback of then -> 7
      5 write m[every key] clear -> 6
      6 assign result of the callback of then -> 7
      7 assign result of f -> 8
      8 exit return"
    `);
  });

  it("a rejection comes to the first handler below", () => {
    expect(print(`${M}export function f(k) { return load(k).then((v) => { m.set(k, v); }).catch(() => { m.clear(); }).finally(() => { m.size; }); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call load -> 2 / throw 5
      2 suspend then -> 3 / throw 5
      3 write m[k] set -> 4
      4 suspend then -> throw 5 / 6
      5 write m[every key] clear -> 6
      6 suspend then -> 7 / throw 7
      7 read m[every key] size -> 8
      8 assign result of f -> 9
      9 exit return"
    `);
  });

  it("a chain that nobody waits for runs beside what follows", () => {
    expect(print(`${M}export function f(k) { load(k).then((v) => { m.set(k, v); }); m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call load -> 2 / throw 4 / 5
      2 suspend then -> 3 / throw 4
      3 write m[k] set -> 4
      4 exit end
      5 write m[k] delete -> 6
      6 exit return"
    `);
  });

  it("a timer runs beside what follows", () => {
    expect(print(`${M}export function f(k) { setTimeout(() => { m.clear(); }, 5); m.set(k, 1); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call setTimeout -> 2 / 5 / throw 7
      2 suspend timer -> 3
      3 write m[every key] clear -> 4
      4 exit end
      5 write m[k] set -> 6
      6 exit return
      7 exit throw"
    `);
  });

  it("a listener runs beside what follows", () => {
    expect(print(`${M}export function f(s, k) { s.on("end", () => { m.clear(); }); m.set(k, 1); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call on -> 2 / 5 / throw 7
      2 suspend listener -> 3
      3 write m[every key] clear -> 4
      4 exit end
      5 write m[k] set -> 6
      6 exit return
      7 exit throw"
    `);
  });

  it("a callback for a test runner is not followed", () => {
    expect(print(`${M}export function f(k) { it("works", () => { m.clear(); }); m.set(k, 1); }`)).not.toContain("clear");
  });
});

describe("calls", () => {
  it("a helper is followed, its parameters are the arguments", () => {
    const graph = getGraph(`${M}async function helper(id, v) { if (m.has(id)) return; await save(v); m.set(id, v); }\nexport async function f(k) { await helper(k, 1); m.delete(k); }`, "f");
    const keys = graph.nodes.flatMap(({ event }) => ("key" in event ? [event.key.text] : []));
    expect(keys.length).toBe(3);
    expect(new Set(keys).size).toBe(1);
  });

  it("the events of a helper stand where it is called", () => {
    expect(print(`${M}async function helper(id, v) { if (m.has(id)) return; await save(v); m.set(id, v); }\nexport async function f(k) { await helper(k, 1); m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 assign id -> 2
      2 assign v -> 3
      3 read m[id] has -> 4
      4 branch -> true 5 / false 6
      5 assign result of helper -> 9
      6 call save -> 7 / throw 12
      7 suspend await -> 8 / throw 12
      8 write m[id] set -> 9
      9 suspend await -> 10 / throw 12
      10 write m[k] delete -> 11
      11 exit return
      12 exit throw"
    `);
  });

  it("a method of this is followed", () => {
    expect(print("class A { m = new Map(); #store(k) { this.m.set(k, 1); } async f(k) { await g(); this.#store(k); } }\nexport default A;")).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call g -> 2 / throw 6
      2 suspend await -> 3 / throw 6
      3 assign k -> 4
      4 write this.m[k] set -> 5
      5 exit return
      6 exit throw"
    `);
  });

  it("a helper that nobody waits for runs beside what follows, from its first suspension", () => {
    expect(print(`${M}async function helper(id) { m.get(id); await save(id); m.set(id, 1); }\nexport function f(k) { helper(k); m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 assign id -> 2
      2 read m[id] get -> 3
      3 call save -> 4 / 7 / throw 7
      4 suspend await -> 5 / throw 6
      5 write m[id] set -> 6
      6 exit end
      7 write m[k] delete -> 8
      8 exit return"
    `);
  });

  it("a helper that nobody waits for may be over before it suspends", () => {
    expect(print(`${M}async function helper(id) { if (m.has(id)) return; await save(id); }\nexport function f(k) { helper(k); m.delete(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 assign id -> 2
      2 read m[id] has -> 3
      3 branch -> true 4 / false 5
      4 assign result of helper -> 8
      5 call save -> 6 / 8 / throw 8
      6 suspend await -> 7 / throw 7
      7 exit end
      8 write m[k] delete -> 9
      9 exit return"
    `);
  });

  it("a helper that nobody waits for is left where its own helper first suspends", () => {
    expect(print(`${M}async function load(id) { for (;;) { const r = await get(id); if (m.has(id)) return r; } }\nasync function open(id) { const r = await load(id); return r; }\nexport function f(k) { const p = open(k); m.set(k, p); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 reserve m[k] -> 2
      2 assign id -> 3
      3 assign id -> 4
      4 loop -> 5
      5 call get -> 6 / throw 14 / 15
      6 suspend await -> 7 / throw 14
      7 assign r -> 8
      8 read m[id] has -> 9
      9 branch -> true 10 / false 4
      10 assign result of load -> 11
      11 suspend await -> 12 / throw 14
      12 assign r -> 13
      13 assign result of open -> 14
      14 exit end
      15 assign p -> 16
      16 write m[k] set -> 17
      17 exit return"
    `);
  });

  it("a callback parameter of a helper is what was passed", () => {
    expect(print(`${M}async function run(fn) { return fn(); }\nexport async function f(k) { await run(async () => { m.set(k, 1); }); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 assign fn -> 2
      2 write m[k] set -> 3
      3 assign result of run -> 4
      4 suspend await -> 5 / throw 6
      5 exit return
      6 exit throw"
    `);
  });

  it("recursion ends in an opaque call", () => {
    expect(print(`${M}export async function f(k) { m.set(k, 1); await f(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 write m[k] set -> 2
      2 call f -> 3 / throw 5
      3 suspend await -> 4 / throw 5
      4 exit return
      5 exit throw"
    `);
  });

  it("recursion between two functions ends too", () => {
    const text = print(`${M}async function a(k) { m.get(k); await b(k); }\nasync function b(k) { await a(k); }\nexport async function f(k) { await a(k); }`);
    expect(text.match(/read m/g)?.length).toBe(1);
  });

  it("an immediately called function is a part of this one", () => {
    expect(print(`${M}export function f(k) { (() => { m.set(k, 1); })(); }`)).toContain("write m[k] set");
  });

  it("a function that is only defined is none", () => {
    expect(print(`${M}export function f(k) { const later = () => m.clear(); m.set(k, 1); return later; }`)).not.toContain("clear");
  });

  it("Promise.all of a map of async callbacks", () => {
    expect(print(`${M}export async function f(ks) { await Promise.all(ks.map(async (k) => { if (!m.has(k)) m.set(k, await load(k)); })); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 call map -> 2 / throw 12
      2 loop -> 3 / 9
      3 assign k -> 4
      4 read m[k] has -> 5
      5 branch -> false 6 / true 2
      6 call load -> 7 / throw 12
      7 suspend await -> 8 / throw 12
      8 write m[k] set -> 2
      9 call all -> 10 / throw 12
      10 suspend await -> 11 / throw 12
      11 exit return
      12 exit throw"
    `);
  });
});

describe("locks", () => {
  it("runExclusive holds while its callback runs", () => {
    expect(print(`const mutex = new Mutex();\n${M}export async function f(k) { await mutex.runExclusive(async () => { m.set(k, 1); }); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 suspend await -> 2
      2 lock mutex -> 3
      3 write m[k] set -> 4
      4 unlock mutex -> 5
      5 suspend await -> 6 / throw 7
      6 exit return
      7 exit throw"
    `);
  });

  it("acquire and release by its handle", () => {
    expect(print(`const mutex = new Mutex();\n${M}export async function f(k) { const release = await mutex.acquire(); try { m.set(k, 1); await g(); } finally { release(); } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 suspend await -> 2 / throw 11
      2 lock mutex -> 3
      3 assign release -> 4
      4 write m[k] set -> 5
      5 call g -> 6 / throw 7
      6 suspend await -> throw 7 / 9
      7 unlock mutex -> 8
      8 join -> 11
      9 unlock mutex -> 10
      10 exit return
      11 exit throw"
    `);
  });

  it("await using lets go at the closing brace, on every way out", () => {
    expect(print(`const mutex = new Mutex();\n${M}export async function f(k) { try { await using held = await mutex.acquire(); await g(); } catch { m.set(k, 1); } }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 suspend await -> 2 / throw 11
      2 lock mutex -> 3
      3 assign held -> 4
      4 call g -> 5 / throw 6
      5 suspend await -> throw 6 / 9
      6 unlock mutex -> 7
      7 suspend await using -> 8
      8 join -> 11
      9 unlock mutex -> 10
      10 suspend await using -> 12
      11 write m[k] set -> 12
      12 exit return"
    `);
  });
});

describe("entries", () => {
  it("a field of an entry is read and written under its key", () => {
    expect(print(`${M}export function f(k) { const e = m.get(k); e.n += 1; e.list = []; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 assign e -> 3
      3 read m[k].n get -> 4
      4 write m[k].n set -> 5
      5 write m[k].list set -> 6
      6 exit return"
    `);
  });

  it("a destructured entry reads its fields", () => {
    expect(print(`${M}export function f(k) { const { n, ...rest } = m.get(k); return n; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 read m[k].n get -> 3
      3 assign n -> 4
      4 assign rest -> 5
      5 assign result of f -> 6
      6 exit return"
    `);
  });

  it("a promise is reserved before it is made", () => {
    expect(print(`${M}export function f(k) { if (!m.has(k)) m.set(k, load(k)); return m.get(k); }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] has -> 2
      2 branch -> false 3 / true 6
      3 reserve m[k] -> 4
      4 call load -> 5 / throw 9
      5 write m[k] set -> 6
      6 read m[k] get -> 7
      7 assign result of f -> 8
      8 exit return
      9 exit throw"
    `);
  });

  it("a promise in a variable is reserved before it is made", () => {
    expect(print(`${M}export function f(k) { const p = load(k); m.set(k, p); return p; }`)).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 reserve m[k] -> 2
      2 call load -> 3 / throw 7
      3 assign p -> 4
      4 write m[k] set -> 5
      5 assign result of f -> 6
      6 exit return
      7 exit throw"
    `);
  });

  it("a value that is awaited before it is stored reserves nothing", () => {
    expect(print(`${M}export async function f(k) { const v = await load(k); m.set(k, v); }`)).not.toContain("reserve");
  });
});

describe("values", () => {
  const getStored = (body: string): unknown => {
    const graph = getGraph(`${M}export async function f(k, x) { ${body} }`, "f");
    const write = graph.nodes.findLast(({ event }) => event.type === "write")?.event;
    if (write?.type !== "write") throw new Error("nothing is written");
    return write.value.dependences.map(({ source, strength }) => `${strength} ${typeof source === "number" ? graph.nodes[source]!.event.type : isSourceVariable(source) ? source.name : "result"}`);
  };

  it.each([
    ["a copy", "m.set(k, m.get(k))", ["copy read"]],
    ["a default", "m.set(k, m.get(k) ?? x)", ["copy read", "copy x"]],
    ["an operator", "m.set(k, m.get(k) + 1)", ["derived read"]],
    ["a spread", "m.set(k, { ...m.get(k) })", ["derived read"]],
    ["a literal", "m.set(k, [m.get(k)])", ["derived read"]],
    ["a template", "m.set(k, `${m.get(k)}`)", ["derived read"]],
    ["a synchronous call", "m.set(k, next(m.get(k)))", ["derived read"]],
    ["an awaited call", "m.set(k, await next(m.get(k)))", ["weak read"]],
    ["an awaited value", "m.set(k, await m.get(k))", ["copy read"]],
    ["a variable", "m.set(k, x)", ["copy x"]],
    ["nothing", "m.set(k, 1)", []],
  ])("%s", (_name, body, expected) => {
    expect(getStored(body)).toEqual(expected);
  });
});

describe("the budget", () => {
  it("ends following, and the graph says so", () => {
    const helper = (index: number): string => `function h${index}(k) { ${index === 0 ? "m.get(k); ".repeat(50) : `h${index - 1}(k); `.repeat(8)} }`;
    const graph = getGraph(`${M}${[0, 1, 2, 3].map(helper).join("\n")}\nexport function f(k) { h3(k); h3(k); }`, "f");
    expect(graph.isComplete).toBe(false);
    expect(graph.nodes.length).toBeLessThan(2000);
  });

  it("ends what nested finally blocks multiply", () => {
    const nested = Array.from({ length: 14 }).reduce<string>((body) => `try { ${body} } finally { if (m.has(k)) return; await g(); }`, "await g();");
    const graph = getGraph(`${M}export async function f(k) { ${nested} }`, "f");
    expect(graph.isComplete).toBe(false);
  });

  it("is not spent by an ordinary function", () => {
    expect(getGraph(`${M}export function f(k) { m.get(k); }`, "f").isComplete).toBe(true);
  });
});

describe("a node of an unknown type", () => {
  it("is its parts, in order", () => {
    expect(print(`${M}export function f(k) { return <a b={m.get(k)}>{m.size}</a>; }`, "f", { jsx: true, parser: "espree" })).toMatchInlineSnapshot(`
      "0 enter -> 1
      1 read m[k] get -> 2
      2 read m[every key] size -> 3
      3 assign result of f -> 4
      4 exit return"
    `);
  });
});

describe("every function that touches a map", () => {
  it("has a graph, once, unless a caller has followed it", () => {
    const analysis = getAnalysis(`${M}function helper(k) { m.get(k); }\nexport function f(k) { helper(k); }\nexport function other() {}`);
    expect(analysis.getFlows().map((flow) => flow.graph.root.name)).toEqual(["f"]);
    expect(getFlow(analysis, "f").graph.nodes.some(({ stack }) => stack.length === 2)).toBe(true);
  });
});
