import type { TSESTree } from "@typescript-eslint/types";
import { describe, expect, it } from "vitest";
import { canLock, findLockCall, hasLockText, isPrivateLock } from "../../../src/analysis/locks/locks.js";
import { getAnalysis } from "../analyze.js";

/** The lock calls in a function, in words: `acquire this.mutex[k]`. */
function findLocks(declarations: string, body: string, settings: Record<string, unknown> = {}): string[] {
  const analysis = getAnalysis(`const any = new Map();\n${declarations}\nasync function f(k, fn) { ${body} }`, { settings });
  return (analysis.model.nodes.get("CallExpression") ?? []).flatMap((node) => {
    const found = findLockCall(node as TSESTree.CallExpression, analysis.model, new Map(), analysis.settings);
    if (!found) return [];
    const { name, key, isShared } = found.lock;
    return [`${found.kind} ${name}${key ? `[${key.display}]` : ""}${isShared ? " shared" : ""}`];
  });
}

describe("a lock is taken by", () => {
  it.each([
    ["async-mutex, around a callback", "const mutex = new Mutex();", "await mutex.runExclusive(async () => {});", ["exclusive mutex"]],
    ["async-mutex, by acquire and release", "const mutex = new Mutex();", "await mutex.acquire(); mutex.release();", ["acquire mutex", "release mutex"]],
    ["withTimeout around a mutex", "const guard = withTimeout(new Mutex(), 5);", "await guard.runExclusive(async () => {});", ["exclusive guard"]],
    ["a semaphore of one", "const one = new Semaphore(1);", "await one.runExclusive(async () => {});", ["exclusive one"]],
    ["async-lock, by key", "const lock = new AsyncLock();", "await lock.acquire(k, async () => {});", ["exclusive lock[k]"]],
    ["p-limit(1)", "const limit = pLimit(1);", "await limit(async () => {});", ["exclusive limit"]],
    ["p-queue of one", "const queue = new PQueue({ concurrency: 1 });", "await queue.add(async () => {});", ["exclusive queue"]],
    ["navigator.locks", "", "await navigator.locks.request('name', async () => {});", ["exclusive navigator.locks"]],
    ["navigator.locks in shared mode", "", "await navigator.locks.request('name', { mode: 'shared' }, async () => {});", ["exclusive navigator.locks shared"]],
    ["a wrapper by its shape", "async function withLock(key, fn) { return fn(); }", "await withLock(k, async () => {});", ["exclusive withLock[k]"]],
    ["a lock of a table of locks", "const locks = new Map();", "await locks.get(k).runExclusive(async () => {});", ["exclusive locks[k]"]],
    ["a lock that a helper hands out", "", "await getMutex(k).runExclusive(async () => {});", ["exclusive getMutex[k]"]],
    ["a lock of a table, in a variable", "const locks = new Map();", "const lock = locks.get(k); await lock.runExclusive(async () => {});", ["exclusive locks[k]"]],
    ["a parameter that is run", "const mutex = new Mutex();", "return mutex.runExclusive(fn);", ["exclusive mutex"]],
    ["a read lock", "const rw = new ReadWriteLock();", "await rw.readLock(async () => {});", ["exclusive rw shared"]],
  ])("%s", (_name, declarations, body, expected) => {
    expect(findLocks(declarations, body)).toEqual(expected);
  });

  it("an API of the settings", () => {
    expect(findLocks("", "await withTenant(k, async () => {}); await enter(k); leave(k);", { locks: ["withTenant", { name: "enter", kind: "acquire" }, { name: "leave", kind: "release" }] })).toEqual(["exclusive withTenant[k]", "acquire enter[k]", "release leave[k]"]);
  });
});

describe("no lock is taken by", () => {
  it.each([
    ["a semaphore of many", "const pool = new Semaphore(5);", "await pool.runExclusive(async () => {});"],
    ["p-limit of many", "const limit = pLimit(4);", "await limit(async () => {});"],
    ["a queue of many", "const queue = new PQueue({ concurrency: 3 });", "await queue.add(async () => {});"],
    ["a question", "const mutex = new Mutex();", "mutex.isLocked();"],
    ["an attempt", "const mutex = new Mutex();", "mutex.tryAcquire();"],
    ["a block", "", "await block.run(async () => {});"],
    ["a clock", "", "await clock.run(async () => {});"],
    ["a list", "", "list.forEach(() => {});"],
    ["a call without a callback", "", "await withSomething(k);"],
  ])("%s", (_name, declarations, body) => {
    expect(findLocks(declarations, body)).toEqual([]);
  });
});

describe("two lock calls are of one lock", () => {
  const getIds = (declarations: string, body: string): string[] => {
    const analysis = getAnalysis(`const any = new Map();\n${declarations}\nasync function f(k) { ${body} }`);
    return (analysis.model.nodes.get("CallExpression") ?? []).flatMap((node) => {
      const found = findLockCall(node as TSESTree.CallExpression, analysis.model, new Map(), analysis.settings);
      return found ? [`${found.lock.id}|${found.lock.key?.text ?? ""}`] : [];
    });
  };

  it("through one variable", () => {
    expect(new Set(getIds("const mutex = new Mutex();", "await mutex.acquire(); mutex.release();")).size).toBe(1);
  });

  it("under one key", () => {
    expect(new Set(getIds("const lock = new AsyncLock();", "await lock.acquire(k, async () => {}); await lock.acquire(k, async () => {});")).size).toBe(1);
  });

  it("not under two keys", () => {
    expect(new Set(getIds("const lock = new AsyncLock();", "await lock.acquire(k, async () => {}); await lock.acquire(other, async () => {});")).size).toBe(2);
  });

  it("not of two instances", () => {
    expect(new Set(getIds("const a = new Mutex(); const b = new Mutex();", "await a.acquire(); await b.acquire();")).size).toBe(2);
  });

  it("not of two limits of one", () => {
    expect(new Set(getIds("const a = pLimit(1); const b = pLimit(1);", "await a(async () => {}); await b(async () => {});")).size).toBe(2);
  });

  it("not of two names", () => {
    expect(new Set(getIds("const lock = new AsyncLock();", "await lock.acquire('a', async () => {}); await lock.acquire('b', async () => {});")).size).toBe(2);
  });
});

describe("a lock is private to a run", () => {
  const isPrivate = (code: string): boolean => {
    const analysis = getAnalysis(`const any = new Map();\n${code}`);
    const call = (analysis.model.nodes.get("CallExpression") ?? []).find((node) => analysis.sourceCode.getText(node as never).includes("runExclusive"));
    return isPrivateLock(call as TSESTree.CallExpression, analysis.model);
  };

  it("if the function that uses it makes it", () => {
    expect(isPrivate("async function f() { const mutex = new Mutex(); await mutex.runExclusive(async () => {}); }")).toBe(true);
  });

  it("not if it stands outside", () => {
    expect(isPrivate("const mutex = new Mutex(); async function f() { await mutex.runExclusive(async () => {}); }")).toBe(false);
  });

  it("not if another function made it", () => {
    expect(isPrivate("function create() { const mutex = new Mutex(); return async () => mutex.runExclusive(async () => {}); }")).toBe(false);
  });
});

describe("the text of a file", () => {
  it("tells whether it makes locks", () => {
    expect(hasLockText('import { Mutex } from "async-mutex";')).toBe(true);
    expect(hasLockText("const m = new KeyedMutex();")).toBe(true);
    expect(hasLockText("navigator.locks.request('x', f);")).toBe(true);
    expect(hasLockText("const block = clock();")).toBe(false);
  });

  it.each([
    ["takes one of the settings", "await withTenant(f)", true],
    ["takes none", "await load(f)", false],
    ["only names one", "const mutex = 'mutex'; await load(f)", false],
  ])("%s", (_name, body, expected) => {
    const analysis = getAnalysis(`const any = new Map();\nasync function g(f) { ${body}; }`, { settings: { locks: ["withTenant"] } });
    expect(canLock(analysis.model, analysis.settings)).toBe(expected);
  });

  it("tells whether it takes a lock that it makes", () => {
    const analysis = getAnalysis("const any = new Map(); const mutex = new Mutex(); async function g() { await mutex.acquire(); }");
    expect(canLock(analysis.model, analysis.settings)).toBe(true);
  });
});
