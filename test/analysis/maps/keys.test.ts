import type { TSESTree } from "@typescript-eslint/types";
import { describe, expect, it } from "vitest";
import { asLookedUp, canOverlapKeys, EVERY_KEY, getKeyTerm, getListOf, isSameKey } from "../../../src/analysis/maps/keys.js";
import { getAnalysis, getKeys } from "../analyze.js";

function compare(code: string): { isSame: boolean; canOverlap: boolean } {
  const [a, b] = getKeys(code);
  if (!a || !b) throw new Error("two keys are needed");
  return { isSame: isSameKey(a, b), canOverlap: canOverlapKeys(a, b) };
}

describe("two keys of one task are the same if they are", () => {
  it.each([
    ["equal literals", "at('a'); at('a');"],
    ["the same unchanged parameter", "function f(k) { at(k); at(k); }"],
    ["the same member path", "function f(req) { at(req.user.id); at(req.user.id); }"],
    ["the same variable behind an assertion", "function f(k) { at(k as string); at(k!); }"],
    ["a copy and its original", "function f(k) { const id = k; at(id); at(k); }"],
    ["equal templates", "function f(k) { at(`user:${k}`); at(`user:${k}`); }"],
    ["equal concatenations", "function f(k) { at('user:' + k); at('user:' + k); }"],
    ["pure helpers over equal parts", "function f(k) { at(String(k)); at(String(k)); at(k.toLowerCase()); }"],
    ["elements joined to one text", "function f(a, b) { at([a, b].join(':')); at([a, b].join(':')); }"],
    ["a constant and what it was made from", "function f(k) { const id = `user:${k}`; at(id); at(`user:${k}`); }"],
    ["what was given to new options", "function f(o) { const run = { cwd: o.cwd }; at(run.cwd); at(run.cwd); }"],
    ["the same literal in a dictionary path", "function f(e) { at(e['id']); at(e['id']); }"],
  ])("%s", (_name, code) => {
    expect(compare(code)).toEqual({ isSame: true, canOverlap: true });
  });
});

describe("two keys of one task are not certainly the same if they are", () => {
  it.each([
    ["different variables", "function f(a, b) { at(a); at(b); }"],
    ["different members", "function f(e) { at(e.a); at(e.b); }"],
    ["different templates", "function f(k) { at(`a:${k}:x`); at(`a:${k}:y`); }"],
    ["calls of an unknown function", "function f(k) { at(toThing(k)); at(toThing(k)); }"],
    ["results of an await", "async function f(k) { at(await g(k)); at(await g(k)); }"],
    ["variables of the same name in two functions", "function f(k) { at(k); } function g(k) { at(k); }"],
    ["one computed and one not", "function f(k) { at(k); at(k + 1); }"],
  ])("%s", (_name, code) => {
    expect(compare(code).isSame).toBe(false);
  });

  it("is every key", () => {
    expect(isSameKey(EVERY_KEY, EVERY_KEY)).toBe(false);
  });
});

describe("the keys of two tasks differ if", () => {
  it.each([
    ["the literals differ", "at('a'); at('b');"],
    ["a number stands beside its text, on a Map", "at(1); at('1');"],
    ["the starts of templates differ", "function f(k) { at(`a:${k}`); at(`b:${k}`); }"],
    ["the starts of concatenations differ", "function f(k) { at('a:' + k); at('b:' + k); }"],
    ["one is a new UUID", "function f(k) { at(randomUUID()); at(k); }"],
    ["one is a constant made by a UUID", "function f(k) { const id = crypto.randomUUID(); at(id); at(k); }"],
    ["one is a new Symbol", "function f(k) { at(Symbol()); at(k); }"],
    ["one is a counter that moves on", "let next = 0; function f(k) { at(next++); at(k); }"],
    ["one is a new object", "function f(k) { at({}); at(k); }"],
    ["one may be a new UUID", "function f(given, k) { let id = given; if (!id) id = randomUUID(); at(id); at(k); }"],
  ])("%s", (_name, code) => {
    expect(compare(code).canOverlap).toBe(false);
  });
});

describe("the keys of two tasks may be the same if", () => {
  it.each([
    ["they are parameters of two functions", "function f(a) { at(a); } function g(b) { at(b); }"],
    ["one start is the start of the other", "function f(k) { at(`a${k}`); at(`a:b${k}`); }"],
    ["one has no literal start", "function f(k) { at(`${k}:a`); at(`b:${k}`); }"],
    ["nothing is known of one", "function f(k) { at(toThing(k)); at('a'); }"],
    ["a helper is given a new object", "function f(k) { at(toKey({ k })); at(k); }"],
  ])("%s", (_name, code) => {
    expect(compare(code).canOverlap).toBe(true);
  });

  it("one means every key", () => {
    const [fresh] = getKeys("at(randomUUID());");
    expect(canOverlapKeys(EVERY_KEY, fresh!)).toBe(true);
  });
});

describe("a key", () => {
  it("names the reassigned variables in it", () => {
    const [key] = getKeys("function f(k) { k = next(k); at(`user:${k}`); }");
    expect(key!.variables.map((variable) => variable.name)).toEqual(["k"]);
  });

  it("ends where its parameter is bound anew, as on each turn of a callback", () => {
    expect(getKeys("function f(k) { at(k); }")[0]!.variables.map(({ name }) => name)).toEqual(["k"]);
  });

  it("is reassigned by each turn of a loop", () => {
    expect(getKeys("function f(ks) { for (const k of ks) at(k); }")[0]!.variables.map((variable) => variable.name)).toEqual(["k"]);
  });

  it("is volatile if it holds a field that methods assign", () => {
    expect(getKeys("class A { id; next() { this.id = make(); } f() { at(this.id); } }")[0]!.isVolatile).toBe(true);
  });

  it("is not volatile if only the constructor assigns the field", () => {
    expect(getKeys("class A { constructor(id) { this.id = id; } f() { at(this.id); } }")[0]!.isVolatile).toBe(false);
  });

  it("is volatile if another function assigns the outer variable", () => {
    expect(getKeys("let current; export function select(k) { current = k; } function f() { at(current); }")[0]!.isVolatile).toBe(true);
  });

  it("is shown as the source writes it, on one line and not too long", () => {
    const [short, long] = getKeys("function f(k) { at(\n  k\n    .id); at(someObject.withLongNames.andMore.andEvenMore.andMuchMore); }");
    expect(short!.display).toBe("k .id");
    expect(long!.display.length).toBe(40);
    expect(long!.display.endsWith("…")).toBe(true);
  });

  it("of endless nesting is unknown", () => {
    expect(getKeys(`function f(k) { at(${"String(".repeat(12)}k${")".repeat(12)}); }`)[0]!.kind).toBe("unknown");
  });

  it("that is defined by itself is unknown or a plain name", () => {
    expect(getKeys("function f() { let a = b; var b = a; at(a); at(b); }").map((key) => key.kind)).toEqual(["term", "term"]);
  });
});

describe("the given key, or else a new one", () => {
  it("is the given key, as far as it goes", () => {
    expect(compare("function f(k) { at(k); at(k || createId()); }").isSame).toBe(true);
  });

  it("meets no other run by itself", () => {
    const [, key] = getKeys("function f(k) { at(k); at(k || createId()); }");
    expect(canOverlapKeys(key!, key!)).toBe(false);
  });

  it("comes again where it was looked up", () => {
    const [, key] = getKeys("function f(k) { at(k); at(k || createId()); }");
    expect(canOverlapKeys(asLookedUp(key!), asLookedUp(key!))).toBe(true);
  });

  it("does not come again if it is new on every way", () => {
    const [key] = getKeys("function f() { at(createId()); }");
    expect(asLookedUp(key!).isFresh).toBe(true);
  });
});

describe("two keys are each of one list if they run through it", () => {
  /** `at(k)` twice, each in its loop. */
  function isOneList(code: string): boolean {
    const { model } = getAnalysis(`const m = new Map(); ${code}`);
    const calls = model.nodes.get("CallExpression")!.filter((node) => node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === "at");
    const [a, b] = calls.map((call) => getListOf(getKeyTerm((call as TSESTree.CallExpression).arguments[0]!, model, new Map()), model));
    return a !== undefined && a === b;
  }

  it.each([
    ["by for..of", "function f(ids) { for (const id of ids) at(id); for (const k of ids) at(k); }", true],
    ["by forEach", "function f(ids) { ids.forEach((id) => at(id)); ids.forEach((k) => at(k)); }", true],
    ["by one and the other", "function f(o) { for (const id of o.ids) at(id); o.ids.forEach((k) => at(k)); }", true],
    ["not through different ones", "function f(a, b) { for (const id of a) at(id); for (const k of b) at(k); }", false],
    ["not through what a call gives", "function f() { for (const id of list()) at(id); for (const k of list()) at(k); }", false],
    ["not by places in it", "function f(ids) { ids.forEach((_, i) => at(i)); ids.forEach((_, i) => at(i)); }", false],
    ["not by parts of its elements", "function f(ids) { for (const [id] of ids) at(id); for (const [k] of ids) at(k); }", false],
  ])("%s", (_name, code, isExpected) => {
    expect(isOneList(code)).toBe(isExpected);
  });
});
