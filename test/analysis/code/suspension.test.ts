import type { TSESTree } from "@typescript-eslint/types";
import { describe, expect, it } from "vitest";
import { getChainOutcome, getTiming, isAwaitedOrReturned, isConcurrentRunner, isPromiseGather } from "../../../src/analysis/code/suspension.js";
import { findNode, getAnalysis } from "../analyze.js";

function findCall(code: string, text: string): TSESTree.CallExpression | TSESTree.NewExpression {
  const analysis = getAnalysis(`const m = new Map();\nasync function* f() { ${code} }`);
  return findNode(analysis, text, text.startsWith("new ") ? "NewExpression" : "CallExpression") as TSESTree.CallExpression;
}

describe("a callback runs", () => {
  it.each([
    ["now", ["xs.forEach(f)", "xs.map(f)", "xs.reduce(f)", "m.forEach(f)", "new Promise(f)", "s.replace(r, f)", "Array.from(xs, f)"]],
    ["later", ["p.then(f)", "p.catch(f)", "p.finally(f)", "setTimeout(f, 5)", "queueMicrotask(f)", "process.nextTick(f)", "window.setTimeout(f)", "socket.once('close', f)"]],
    ["often", ["setInterval(f, 5)", "socket.on('data', f)", "el.addEventListener('click', f)", "app.get('/', f)", "router.use(f)", "store.onChange(f)", "apiServer.post('/', f)", "new ResizeObserver(f)"]],
    ["test", ["it('x', f)", "describe.only('x', f)", "test.each([])('x', f)", "beforeEach(f)"]],
    ["unknown", ["run(f)", "db.transaction(f)", "cache.get('k', f)", "new Thing(f)", "xs[0](f)"]],
  ])("%s", (timing, calls) => {
    for (const text of calls) expect(getTiming(findCall(`${text};`, text)), text).toBe(timing);
  });
});

describe("a chain", () => {
  it.each([
    ["p.then(f, g)", ["fulfilled", "rejected", undefined]],
    ["p.catch(f)", ["rejected", "rejected", "rejected"]],
    ["p.finally(f)", ["settled", "settled", "settled"]],
    ["p.map(f)", [undefined, undefined, undefined]],
    ["then(f)", [undefined, undefined, undefined]],
  ])("%s", (text, outcomes) => {
    const call = findCall(`${text};`, text) as TSESTree.CallExpression;
    expect([0, 1, 2].map((index) => getChainOutcome(call, index))).toEqual(outcomes);
  });
});

describe("a task waits for", () => {
  it.each([
    ["await g()"],
    ["return g()"],
    ["await g().then(x)"],
    ["return g().then(x).catch(y).finally(z)"],
    ["await Promise.all([g(), h()])"],
    ["await Promise.allSettled(g())"],
    ["return x ? g() : 1"],
    ["return x && g()"],
    ["await (g() as any)!"],
    ["await [...g()]"],
    ["const h = () => g()"],
  ])("%s", (code) => {
    expect(isAwaitedOrReturned(findCall(code, "g()"))).toBe(true);
  });

  it.each([["g()"], ["void g()"], ["const p = g()"], ["await h(g())"], ["await g().length"], ["x.p = g()"], ["g().then(x)"], ["const h = () => { g(); }"], ["Promise.all([g()])"]])("not %s", (code) => {
    expect(isAwaitedOrReturned(findCall(code, "g()"))).toBe(false);
  });
});

describe("promises are gathered by", () => {
  it.each([["Promise.all(xs)", true], ["Promise.allSettled(xs)", true], ["Promise.any(xs)", true], ["Promise.race(xs)", true], ["Promise.resolve(xs)", false], ["all(xs)", false], ["Bluebird.all(xs)", false]])("%s: %s", (text, expected) => {
    expect(isPromiseGather(findCall(`${text};`, text))).toBe(expected);
  });
});

describe("several runs at a time are started by", () => {
  it.each([["pMap(xs, f)", true], ["async.mapLimit(xs, 2, f)", true], ["m.forEachAsync(f)", true], ["xs.map(f)", false], ["map(f)", false]])("%s: %s", (text, expected) => {
    expect(isConcurrentRunner(findCall(`${text};`, text) as TSESTree.CallExpression)).toBe(expected);
  });
});
