import { describe, expect, it } from "vitest";
import { readSettings } from "../../src/analysis/settings.js";
import { getCallGuard, getChainGuard, getDecoratorGuard, getEntryGuard, getSectionGuard } from "../../src/project/guards.js";
import { getCall, getFunction, open } from "./fixture.js";

const SETTINGS = readSettings({});

describe("the guard of a decorator", () => {
  function getGuards(decorator: string): (string | undefined)[] {
    const { file } = open({ "a.ts": `class A { @${decorator} async a() {}\n @${decorator} async b() {} }` });
    return ["a", "b"].map((name) => getDecoratorGuard(getFunction(file, name).node.parent!, file.path));
  }

  it("is one for each method, where runs of a method are joined", () => {
    const [a, b] = getGuards("gate()");
    expect(a).toBeDefined();
    expect(a).not.toBe(b);
  });

  it("is one for all methods, where they wait for each other", () => {
    const [a, b] = getGuards("chainable()");
    expect(a).toBeDefined();
    expect(a).toBe(b);
  });

  it("is none of another decorator", () => {
    expect(getGuards("log()")).toEqual([undefined, undefined]);
  });
});

describe("the guard of a call", () => {
  it.each<[string, string, string]>([
    ["a mutex", "const mutex = new Mutex();\nfunction f(id) { mutex.runExclusive(() => work(id)); }", "mutex.runExclusive(() => work(id))"],
    ["a queue that chains", "class A { tail = Promise.resolve();\n enqueue(f) { this.tail = this.tail.then(f); }\n run(id) { this.enqueue(() => work(id)); } }", "this.enqueue(() => work(id))"],
    ["a queue of the key", "class A { tails = new Map();\n enqueue(id, f) { this.tails.set(id, this.tails.get(id).then(f)); }\n run(id) { this.enqueue(id, () => work(id)); } }", "this.enqueue(id, () => work(id))"],
  ])("is there for %s", (_what, text, call) => {
    const { file, project } = open({ "a.ts": text });
    const node = getCall(file, call);
    expect(getCallGuard(node, node.arguments.at(-1)!, file, project, SETTINGS)).toBeDefined();
  });

  it.each<[string, string, string]>([
    ["a function of another kind", "function f(id) { retry(() => work(id)); }", "retry(() => work(id))"],
    ["a queue that nothing is known of", "function f(queue, id) { queue.push(() => work(id)); }", "queue.push(() => work(id))"],
    ["a queue of another key", "class A { tails = new Map();\n enqueue(id, f) { this.tails.set(id, this.tails.get(id).then(f)); }\n run(user, id) { this.enqueue(user, () => work(id)); } }", "this.enqueue(user, () => work(id))"],
    ["a semaphore of unknown width", "function f(semaphore, id) { semaphore.runExclusive(() => work(id)); }", "semaphore.runExclusive(() => work(id))"],
  ])("is not there for %s", (_what, text, call) => {
    const { file, project } = open({ "a.ts": text });
    const node = getCall(file, call);
    expect(getCallGuard(node, node.arguments.at(-1)!, file, project, SETTINGS)).toBeUndefined();
  });

  it("is found where the queue is imported", () => {
    const { file, project } = open({ "a.ts": 'import { enqueue } from "./queue";\nfunction f(id) { enqueue(() => work(id)); }', "queue.ts": "let tail = Promise.resolve();\nexport function enqueue(f) { tail = tail.then(f); return tail; }" });
    const node = getCall(file, "enqueue(() => work(id))");
    expect(getCallGuard(node, node.arguments[0]!, file, project, SETTINGS)).toBeDefined();
  });
});

describe("a chain of promises", () => {
  it.each<[string, boolean]>([
    ["this.tail = this.tail.then(f)", true],
    ["this.tail = this.tail.catch(g).then(f)", true],
    ["this.tail = this.other.then(f)", false],
    ["this.tail.then(f)", false],
  ])("%s: %s", (text, isGuard) => {
    const { file } = open({ "a.ts": `class A { run(f, g) { ${text}; } }` });
    const then = getCall(file, text.replace(/^this\.tail = /, ""));
    expect(getChainGuard(then, file.path, file.model) !== undefined).toBe(isGuard);
  });
});

describe("a place that is taken before the work", () => {
  it.each([
    ["a promise that is kept", "let p;\nasync function f() { if (p) return p; p = work(); return p; }"],
    ["a promise that is kept if there is none", "let p;\nasync function f() { return (p ??= work()); }"],
    ["a promise kept by key", "const m = new Map();\nfunction f(id) { const known = m.get(id); if (known !== undefined) return known; const p = work(id); m.set(id, p); return p; }"],
    ["a flag", "let busy = false;\nasync function f() { if (busy) return; busy = true; try { await work(); } finally { busy = false; } }"],
    ["a flag around the work", "let busy = false;\nasync function f() { if (!busy) { busy = true; await work(); busy = false; } }"],
    ["a flag among other reasons to leave", "let busy = false;\nasync function f(isClosed) { if (isClosed || busy) return; busy = true; await work(); busy = false; }"],
    ["a mark that stays", "const done = new Set();\nfunction f(id) { if (done.has(id)) return; done.add(id); work(id); }"],
    ["a flag of the one inside which the work stands", "let p;\nfunction f() { if (p) return p; p = (async () => { await work(); })(); return p; }"],
  ])("%s", (_what, text) => {
    const { file } = open({ "a.ts": text });
    const call = file.model.nodes.get("CallExpression")!.find((node) => file.model.sourceCode.getText(node as never).startsWith("work("))!;
    expect(getEntryGuard(call, file.path, file.model)).toBeDefined();
  });

  it.each([
    ["taken after a wait", "let busy = false;\nasync function f() { if (busy) return; await ping(); busy = true; await work(); busy = false; }"],
    ["given back before the work", "let busy = false;\nasync function f() { if (busy) return; busy = true; await ping(); busy = false; await work(); }"],
    ["given back while nobody waits for the work", "let busy = false;\nasync function f() { if (busy) return; busy = true; work(); busy = false; }"],
    ["never looked at", "let busy = false;\nasync function f() { busy = true; await work(); busy = false; }"],
    ["a variable of one run", "async function f() { let busy = false; if (busy) return; busy = true; await work(); busy = false; }"],
    ["a set of one run", "async function f(id, seen = new Set()) { if (seen.has(id)) return; seen.add(id); await work(id); }"],
    ["for another key", "const m = new Set();\nasync function f(user, id) { if (m.has(user)) return; m.add(user); await work(id); m.delete(user); }"],
    ["left where it is free", "let ready = false;\nasync function f() { if (!ready) return; ready = true; await work(); }"],
    ["left where another thing holds too", "let busy = false;\nasync function f(isStrict) { if (busy && isStrict) return; busy = true; await work(); busy = false; }"],
    ["with a name that only begins so", "let busy = false; let busyness = 0;\nasync function f() { if (busyness) return; busy = true; await work(); busy = false; }"],
  ])("is no guard: %s", (_what, text) => {
    const { file } = open({ "a.ts": text });
    const call = file.model.nodes.get("CallExpression")!.find((node) => file.model.sourceCode.getText(node as never).startsWith("work("))!;
    expect(getEntryGuard(call, file.path, file.model)).toBeUndefined();
  });
});

describe("a section", () => {
  it.each<[string, string, boolean]>([
    ["between acquire and finally", "const mutex = new Mutex();\nasync function f() { const release = await mutex.acquire(); try { await work(); } finally { release(); } }", true],
    ["of a lock that is disposed of", "const mutex = new Mutex();\nasync function f() { using held = await mutex.acquire(); await work(); }", true],
    ["that is over", "const mutex = new Mutex();\nasync function f() { const release = await mutex.acquire(); try { await ping(); } finally { release(); } await work(); }", false],
    ["that begins later", "const mutex = new Mutex();\nasync function f() { await work(); const release = await mutex.acquire(); try { await ping(); } finally { release(); } }", false],
    ["that nothing ends for certain", "const mutex = new Mutex();\nasync function f() { const release = await mutex.acquire(); await work(); release(); }", false],
  ])("%s: %s", (_what, text, isGuard) => {
    const { file } = open({ "a.ts": text });
    expect(getSectionGuard(getCall(file, "work()"), file.path, file.model, SETTINGS) !== undefined).toBe(isGuard);
  });
});
