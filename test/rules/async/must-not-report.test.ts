import { describe, expect, it } from "vitest";
import { lint } from "../lint.js";

const RULES = ["no-check-then-act", "no-duplicate-load", "no-lost-update", "no-stale-cleanup", "no-leaked-reservation", "no-stale-fill", "no-stale-entry"];

/** The same body for a map in a private field, in a `#` field and in the module. `M` stands for the map. */
function inAllHomes(body: string, map = "new Map<string, any>()", extra = ""): string[] {
  const asMethod = (field: string): string => `${extra}\nexport class Store {\n  ${field} = ${map};\n${body.replaceAll("export async function ", "async ").replaceAll("export function ", "").replaceAll(/\bM\b/g, `this.${field.replace("private ", "")}`)}\n}`;
  return [`${extra}\nconst M = ${map};\n${body}`, asMethod("private m"), asMethod("#m")];
}

function expectSilent(codes: readonly string[]): void {
  for (const code of codes) expect(lint(code, { preset: "strict", rules: RULES }), code).toEqual([]);
}

describe("in-flight promise stored before the suspension", () => {
  it("check, store the promise, return it", () => {
    expectSilent(
      inAllHomes(`export async function load(k: string) {
        const existing = M.get(k);
        if (existing) return existing;
        const p = fetchIt(k).finally(() => M.delete(k));
        M.set(k, p);
        return p;
      }`),
    );
  });
  it("an async IIFE that cleans up after itself", () => {
    expectSilent(
      inAllHomes(`export async function load(k: string) {
        if (M.has(k)) return M.get(k);
        const p = (async () => { try { return await fetchIt(k); } catch (e) { M.delete(k); throw e; } })();
        M.set(k, p);
        return await p;
      }`),
    );
  });
  it("a second map with the promises around a cache", () => {
    expectSilent([
      `export class C {
        private cache = new Map<string, string>();
        private inflight = new Map<string, Promise<string>>();
        async get(k: string) {
          const hit = this.cache.get(k);
          if (hit !== undefined) return hit;
          const running = this.inflight.get(k);
          if (running) return running;
          const p = this.load(k);
          this.inflight.set(k, p);
          try { return await p; } finally { this.inflight.delete(k); }
        }
        private async load(k: string) {
          const v = await fetchIt(k);
          this.cache.set(k, v);
          return v;
        }
      }`,
    ]);
  });
  it("a dictionary with ??=", () => {
    expectSilent([`const pending: Record<string, Promise<string> | undefined> = {};
      export function load(k: string) {
        return (pending[k] ??= fetchIt(k).finally(() => { delete pending[k]; }));
      }`]);
  });
});

describe("re-check after the suspension", () => {
  it("has before and has after", () => {
    expectSilent(inAllHomes(`export async function open(k: string) {
      if (M.has(k)) return;
      const c = await connect(k);
      if (M.has(k)) { c.close(); return; }
      M.set(k, c);
    }`));
  });
  it("an early return on the second look", () => {
    expectSilent(inAllHomes(`export async function open(k: string) {
      let c = M.get(k);
      if (c) return c;
      const made = await connect(k);
      c = M.get(k);
      if (!c) { c = made; M.set(k, made); }
      return c;
    }`));
  });
  it("a re-read just before the write", () => {
    expectSilent(inAllHomes(`export async function add(k: string, n: number) {
      const before = M.get(k) ?? 0;
      await audit(before);
      M.set(k, (M.get(k) ?? 0) + n);
    }`));
  });
});

describe("a write that does not depend on the read", () => {
  it("a log of the old value", () => {
    expectSilent(inAllHomes(`export async function put(k: string, v: string) {
      log(M.size);
      await save(v);
      M.set(k, v);
    }`));
  });
  it("a branch that joins again", () => {
    expectSilent(inAllHomes(`export async function put(k: string, v: string) {
      if (M.has(k)) log("again");
      await save(v);
      M.set(k, v);
    }`));
  });
});

describe("different keys, unique keys", () => {
  it("another literal", () => {
    expectSilent(inAllHomes(`export async function put() {
      const n = M.get("a");
      await save(n);
      M.set("b", n + 1);
    }`));
  });
  it("a key made for this run", () => {
    expectSilent(inAllHomes(`export async function track() {
      const id = crypto.randomUUID();
      M.set(id, 1);
      try { await work(); } finally { M.delete(id); }
    }`));
  });
  it("a counter as key", () => {
    expectSilent(inAllHomes(`export async function track() {
      const id = next++;
      M.set(id, 1);
      try { await work(); } finally { M.delete(id); }
    }`, "new Map<number, any>()", "let next = 0;"));
  });
});

describe("both accesses under one lock", () => {
  const locked = (body: string): string => `import { Mutex } from "async-mutex";
    export class S { private m = new Map<string, any>(); private mutex = new Mutex();
      async open(k: string) { ${body} } }`;
  it("runExclusive", () => {
    expectSilent([locked(`return this.mutex.runExclusive(async () => { if (!this.m.has(k)) this.m.set(k, await connect(k)); return this.m.get(k); });`)]);
  });
  it("acquire and release", () => {
    expectSilent([locked(`const release = await this.mutex.acquire(); try { if (!this.m.has(k)) this.m.set(k, await connect(k)); } finally { release(); }`)]);
  });
  it("await using", () => {
    expectSilent([locked(`await using held = await this.mutex.acquire(); if (!this.m.has(k)) this.m.set(k, await connect(k));`)]);
  });
  it("a keyed lock", () => {
    expectSilent([`import AsyncLock from "async-lock"; const lock = new AsyncLock(); const m = new Map<string, any>();
      export function open(k: string) { return lock.acquire(k, async () => { if (!m.has(k)) m.set(k, await connect(k)); }); }`]);
  });
  it("a helper that is only called under the lock", () => {
    expectSilent([locked(`return this.mutex.runExclusive(() => this.#open(k)); } async #open(k: string) { if (!this.m.has(k)) this.m.set(k, await connect(k));`)]);
  });
  it("p-limit(1)", () => {
    expectSilent([`import pLimit from "p-limit"; const limit = pLimit(1); const m = new Map<string, any>();
      export const open = (k: string) => limit(async () => { if (!m.has(k)) m.set(k, await connect(k)); });`]);
  });
  it("a chain of promises per key", () => {
    expectSilent([`const chains = new Map<string, Promise<unknown>>(); const m = new Map<string, number>();
      export function add(k: string) {
        const prev = chains.get(k) ?? Promise.resolve();
        const next = prev.then(async () => { const n = m.get(k) ?? 0; await audit(); m.set(k, n + 1); });
        chains.set(k, next.catch(() => {}));
        return next;
      }`]);
  });
  it("a chain in a field", () => {
    expectSilent([`export class S { private chain: Promise<unknown> = Promise.resolve(); private m = new Map<string, number>();
      add(k: string) { this.chain = this.chain.then(async () => { const n = this.m.get(k) ?? 0; await audit(); this.m.set(k, n + 1); }); return this.chain; } }`]);
  });
  it("navigator.locks", () => {
    expectSilent([`const m = new Map<string, any>(); export async function open(k: string) { await navigator.locks.request("m", async () => { if (!m.has(k)) m.set(k, await connect(k)); }); }`]);
  });
  it("while (m.has(k)) await m.get(k)", () => {
    expectSilent([`const busy = new Map<string, Promise<void>>(); const m = new Map<string, number>();
      export async function add(k: string) {
        while (busy.has(k)) await busy.get(k);
        const p = (async () => { const n = m.get(k) ?? 0; await audit(); m.set(k, n + 1); })().finally(() => busy.delete(k));
        busy.set(k, p);
        return p;
      }`]);
  });
});

describe("awaits that do not stand between", () => {
  it("on a branch that returns", () => {
    expectSilent(inAllHomes(`export async function put(k: string, v: string) {
      if (M.has(k)) { await notify(k); return; }
      M.set(k, v);
    }`));
  });
  it("on a branch that throws", () => {
    expectSilent(inAllHomes(`export async function put(k: string, v: string) {
      const old = M.get(k) ?? 0;
      if (v === "") { await notify(k); throw new Error("empty"); }
      M.set(k, old + 1);
    }`));
  });
  it("inside a nested callback that is not awaited here", () => {
    expectSilent(inAllHomes(`export function put(k: string) {
      const old = M.get(k) ?? 0;
      queue.push(async () => { await notify(k); });
      M.set(k, old + 1);
    }`));
  });
  it("before the read", () => {
    expectSilent(inAllHomes(`export async function put(k: string) {
      const add = await price(k);
      const old = M.get(k) ?? 0;
      M.set(k, old + add);
    }`));
  });
  it("(m.get(k) || 0) + 1 in one step", () => {
    expectSilent(inAllHomes(`export async function hit(k: string) {
      await log(k);
      M.set(k, (M.get(k) || 0) + 1);
    }`));
  });
});

describe("balanced updates and flags", () => {
  it("two updates that each re-read", () => {
    expectSilent(inAllHomes(`export async function run(k: string) {
      M.set(k, (M.get(k) ?? 0) + 1);
      try { await work(k); } finally { M.set(k, (M.get(k) ?? 0) - 1); }
    }`));
  });
  it("a busy flag with finally", () => {
    expectSilent([`export class S { private busy = false; private m = new Map<string, number>();
      async refresh(k: string) {
        if (this.busy) return;
        this.busy = true;
        try { const n = this.m.get(k) ?? 0; await audit(); this.m.set(k, n + 1); } finally { this.busy = false; }
      } }`]);
  });
  it("a busy set per key", () => {
    expectSilent([`const busy = new Set<string>(); const m = new Map<string, number>();
      export async function refresh(k: string) {
        if (busy.has(k)) return;
        busy.add(k);
        try { const n = m.get(k) ?? 0; await audit(); m.set(k, n + 1); } finally { busy.delete(k); }
      }`]);
  });
});

describe("maps that nobody shares", () => {
  it("a local map", () => {
    expectSilent([`export async function group(ids: string[]) {
      const seen = new Map<string, number>();
      for (const id of ids) { if (!seen.has(id)) { const v = await fetchIt(id); seen.set(id, v); } }
      return seen;
    }`]);
  });
  it("a map of one request", () => {
    expectSilent([`app.get("/", async (req, res) => {
      const users = new Map<string, any>();
      for (const id of req.query.ids) { if (!users.has(id)) users.set(id, await load(id)); }
      res.json([...users]);
    });`]);
  });
  it("a parameter", () => {
    expectSilent([`export async function fill(cache: Map<string, string>, k: string) { if (!cache.has(k)) cache.set(k, await load(k)); }`]);
  });
  it("a parameter property", () => {
    expectSilent([`export class S { constructor(private readonly cache: Map<string, string>) {} async get(k: string) { if (!this.cache.has(k)) this.cache.set(k, await load(k)); return this.cache.get(k); } }`]);
  });
  it("an instance that one call makes and drops", () => {
    expectSilent([`class Builder { private seen = new Map<string, string>(); async build(k: string) { if (!this.seen.has(k)) this.seen.set(k, await load(k)); return this; } }
      export async function run(k: string) { const b = new Builder(); await b.build(k); return 1; }`]);
  });
  it("main and what only it calls", () => {
    expectSilent([`const m = new Map<string, string>(); async function step(k: string) { if (!m.has(k)) m.set(k, await load(k)); }
      async function main() { await step("a"); await step("b"); } void main();`]);
  });
  it("a test", () => {
    expectSilent([`const m = new Map<string, string>(); it("loads", async () => { if (!m.has("a")) m.set("a", await load("a")); expect(m.size).toBe(1); });`]);
  });
});

describe("cleanup that takes its own", () => {
  it("teardown that ends all and then clears", () => {
    expectSilent(inAllHomes(`export async function close() {
      await Promise.all([...M.values()].map((c) => c.close()));
      M.clear();
    }
    export function put(k: string, c: any) { M.set(k, c); }`));
  });
  it("deferred identity-checked cleanup", () => {
    expectSilent(inAllHomes(`export async function run(k: string, v: any) {
      M.set(k, v);
      try { await work(v); } finally { if (M.get(k) === v) M.delete(k); }
    }`));
  });
  it("a generation", () => {
    expectSilent([`const m = new Map<string, any>(); let generation = 0;
      export async function run(k: string, v: any) {
        const mine = ++generation;
        m.set(k, v);
        await work(v);
        if (mine === generation) m.delete(k);
      }`]);
  });
  it("a timer that is cancelled when the entry is replaced", () => {
    expectSilent([`const timers = new Map<string, any>(); const m = new Map<string, any>();
      export function put(k: string, v: any) {
        clearTimeout(timers.get(k));
        m.set(k, v);
        timers.set(k, setTimeout(() => { m.delete(k); timers.delete(k); }, 1000));
      }`]);
  });
  it("a socket removes itself", () => {
    expectSilent([`const sockets = new Set<WebSocket>();
      export function accept(socket: WebSocket) { sockets.add(socket); socket.on("close", () => { sockets.delete(socket); }); }`]);
  });
});

/** Warnings and heuristics aside: what `recommended` calls an error. */
function expectNoError(codes: readonly string[]): void {
  for (const code of codes) expect(lint(code, { preset: "recommended", rules: RULES }).filter(({ rule }) => rule !== "no-duplicate-load"), code).toEqual([]);
}

describe("a check that nobody notices was passed twice", () => {
  it("an answer that is remembered", () => {
    expectNoError(
      inAllHomes(`export async function isMocked(k: string) {
        const known = M.get(k);
        if (known !== undefined) return known;
        const path = await resolvePath(k);
        if (path.includes("node_modules")) { M.set(k, false); return false; }
        M.set(k, true);
        return true;
      }`),
    );
  });
  it("the same mark set twice, with nothing but reads around it", () => {
    expectNoError(
      inAllHomes(`export async function read(uri: string) {
        const scheme = uri.split(":")[0];
        if (M.has(scheme)) return null;
        try { return await readFile(uri); } catch (error) { M.add(scheme); console.log(error); return null; }
      }`, "new Set<string>()"),
    );
  });
  it("plain data that is loaded ahead", () => {
    expectNoError(
      inAllHomes(`export async function preload(k: string) {
        if (M.has(k)) return;
        const bundle = await fetchBundle(k);
        M.set(k, toBundle(bundle));
      }`),
    );
  });
  it("a value that a creation by name only computes", () => {
    expectNoError(
      inAllHomes(`export async function build(k: string) {
        const resolver = M.get(k) ?? (await createSnapshotResolver(k));
        M.set(k, resolver);
        return resolver;
      }`),
    );
  });
  it("a mark behind which the task leaves, whatever it does otherwise", () => {
    expectNoError(
      inAllHomes(`export async function onEvent(k: string) {
        if (M.has(k)) return;
        const commit = await getCommit(k);
        if (commit === null) { M.add(k); return; }
        await showNotification(commit);
      }`, "new Set<string>()"),
    );
  });
  it("a folder that is made once", () => {
    for (const code of inAllHomes(`export async function save(k: string, text: string) {
        const dir = (await resolvePath(k)).slice(1);
        if (!M.has(dir)) { await readFolder(dir); M.add(dir); }
        return text;
      }`, "new Set<string>()")) expect(lint(code, { preset: "recommended", rules: RULES }), code).toEqual([]);
  });
  it("a field that is measured twice", () => {
    expectNoError(
      inAllHomes(`export async function measure(k: string) {
        const e = M.get(k);
        if (e.size) return e.size;
        e.size = await readSize(k);
        return e.size;
      }`),
    );
  });
  it("a text that is joined", () => {
    expectNoError(
      inAllHomes(`export async function version(k: string) {
        if (M.has(k)) return M.get(k);
        const joined = (await Promise.all(k.split("|").map((part) => resolveOne(part)))).join(" || ");
        M.set(k, joined);
        return joined;
      }`),
    );
  });
  it("what is there is compared by content only", () => {
    expectNoError(
      inAllHomes(`export async function onChange(k: string, time: number, ready: Promise<void>) {
        const old = M.get(k);
        if (old && old.time === time) return;
        await ready;
        M.set(k, { time });
      }`),
    );
  });
});

describe("looked at again behind the first look", () => {
  it("under a lock that is held up to the write", () => {
    expectSilent([
      `import { Mutex } from "async-mutex";
      export class Pool {
        private lock = new Mutex();
        private connections = new Map<object, number>();
        prewarm() { if (this.connections.size > 0) return; void this.warm().catch(() => undefined); }
        private async warm() {
          const release = await this.lock.acquire();
          try { if (this.connections.size === 0) await this.connect(); } finally { release(); }
        }
        private async connect() { const c = await openConnection(); this.connections.set(c, 1); return c; }
      }`,
    ]);
  });
  it("in the function that makes room and writes", () => {
    expectSilent(
      inAllHomes(
        `export async function restart(k: string) {
          const old = M.get(k);
          await old.save();
          create(k, old.line);
        }
        function create(k: string, line: number) {
          if (M.has(k)) { M.get(k)?.clear(); M.delete(k); }
          M.set(k, new Handler(line));
        }`.replaceAll("create(k, old.line)", "create(k, old.line)"),
      ).slice(0, 1),
    );
  });
  it("in a synchronous helper that an exception can lead away from", () => {
    expectSilent([
      `const cache = new Map<string, object | null>();
      function remember(paths: string[], value: object | null) {
        for (const path of paths) {
          if (cache.size >= 1000 && !cache.has(path)) { const first = cache.keys().next().value; if (first) cache.delete(first); }
          cache.set(path, value);
        }
      }
      export async function find(file: string) {
        const paths: string[] = [];
        for (let at = file; at !== parent(at); at = parent(at)) {
          paths.push(at);
          try {
            await stat(at);
            remember(paths, JSON.parse(await readFile(at)));
            return;
          } catch { continue; }
        }
      }`,
    ]);
  });
});

describe("flags in entries", () => {
  it("raised by the function that the check calls", () => {
    expectSilent([
      `export class Edits {
        private files = new Map<string, { queue: (() => Promise<void>)[]; isBusy: boolean }>();
        add(path: string, task: () => Promise<void>) {
          if (!this.files.has(path)) this.files.set(path, { queue: [], isBusy: false });
          const state = this.files.get(path)!;
          state.queue.push(task);
          if (!state.isBusy) void this.drain(path);
        }
        private async drain(path: string) {
          const state = this.files.get(path);
          if (!state) return;
          state.isBusy = true;
          while (state.queue.length > 0) { await state.queue.shift()!(); }
          state.isBusy = false;
        }
      }`,
    ]);
  });
});

describe("keys of one call", () => {
  it("named so: streamId, toolCallId, updateId", () => {
    for (const key of ["streamId", "toolCallId", "updateId", "fd"]) {
      expectSilent(inAllHomes(`export async function run(${key}: string) { M.set(${key}, new AbortController()); try { await work(${key}); } finally { M.delete(${key}); } }`));
    }
  });
  it("made by a member of the uuid package", () => {
    expectSilent(inAllHomes(`export async function run(work: () => Promise<void>) { const id = uuid.v4(); M.set(id, work); try { await work(); } finally { M.delete(id); } }`, "new Map<string, any>()", `import * as uuid from "uuid";`));
  });
  it("bound anew on every turn of a callback", () => {
    expectSilent(
      inAllHomes(
        `export function touch(id: string) { M.delete(id); M.set(id, 1); }
        export async function killAll(ids: string[]) { await Promise.all(ids.map(async (id) => { SELF(id); await kill(id); })); }`,
      ).map((code) => code.replaceAll("SELF", code.includes("class Store") ? "this.touch" : "touch")),
    );
  });
  it("given out by the call that made the thing", () => {
    expectSilent(inAllHomes(`export async function open() { const window = await createWindow(); const id = window.contents.id; M.set(id, window); window.on("closed", () => M.delete(id)); }`));
  });
  it("given out by a log that the call was added to", () => {
    expectSilent(inAllHomes(`export async function call(event: string) { const id = await redis.xadd(event); return new Promise((resolve) => { M.set(id, resolve); setTimeout(() => M.delete(id), 1000); }); }`));
  });
});

describe("a timer that is cleared before its entry is replaced", () => {
  it("though it keeps no process alive", () => {
    expectSilent(
      inAllHomes(`export function keep(k: string, value: string) {
        const old = M.get(k);
        if (old) clearTimeout(old.timer);
        const timer = setTimeout(() => { M.delete(k); }, 1000).unref();
        M.set(k, { value, timer });
      }`),
    );
  });
});

describe("entries under their own identity", () => {
  it("removed when what was stored ends", () => {
    expectSilent(inAllHomes(`export function handle(transport: any) { M.set(transport.id, transport); transport.on("close", () => { M.delete(transport.id); }); }`));
  });
  it("themselves, whatever their name", () => {
    expectSilent(inAllHomes(`export function addSource(channel) { M.add(channel); channel.on("close", () => { M.delete(channel); }); }`, "new Set<any>()"));
  });
  it("wrapped, and removed by a helper", () => {
    expectSilent(
      inAllHomes(`export function add(connection: any) { const ready = once(connection, "ready").then(() => remove(connection)); M.set(connection.id, { connection, ready }); }
      function remove(connection: any) { M.delete(connection.id); }`).slice(0, 1),
    );
  });
  it("in a Set, removed by a listener on their owner", () => {
    expectSilent(inAllHomes(`export function trust(contents: any) { M.add(contents.id); contents.on("destroyed", () => M.delete(contents.id)); }`, "new Set<number>()"));
  });
});

describe("a flight that blocks every other", () => {
  it("begun in a local of a block, in two functions", () => {
    const start = (name: string): string => `export async function ${name}(k: string) {
      if (!bridges.has(k)) {
        let start = M.get(k);
        if (!start) {
          start = (async () => { bridges.set(k, await open(k)); })().finally(() => M.delete(k));
          M.set(k, start);
        }
        await start;
      }
    }`;
    expectSilent([`const bridges = new Map<string, unknown>();\nconst M = new Map<string, Promise<void>>();\n${start("register")}\n${start("ensure")}`]);
  });
  it("that runs again while it is asked to", () => {
    expectSilent(
      inAllHomes(`export function sync(k: string): Promise<void> {
        const existing = M.get(k);
        if (existing) { existing.again = true; return existing.running; }
        const run = async () => {
          try {
            do {
              const state = M.get(k);
              if (state) state.again = false;
              const found = find(k);
              if (!found) forget(k);
              else await refresh(found);
            } while (M.get(k)?.again);
          } finally { M.delete(k); }
        };
        const running = run();
        M.set(k, { running, again: false });
        return running;
      }`),
    );
  });
  it("that others wait for in a loop", () => {
    expectSilent(
      inAllHomes(`export async function adopt(k: string) {
        for (;;) {
          const pending = M.get(k);
          if (pending) { await pending.catch(() => {}); continue; }
          const attempt = (async () => await open(k))();
          M.set(k, attempt);
          try { return await attempt; } finally { M.delete(k); }
        }
      }`),
    );
  });
  it("begun by a helper that tries again and again", () => {
    expectNoError(
      inAllHomes(`export function acquire(k: string) {
        const existing = M.get(k);
        if (existing) return existing;
        const promise = CONNECT(k);
        const entry = { promise, refs: 0 };
        M.set(k, entry);
        promise.catch(() => { if (M.get(k) === entry) M.delete(k); });
        return entry;
      }
      export async function fetchAgain(k: string) { for (let n = 0; ; n++) { const r = await get(k); M.has(k); if (r.ok) return r; await r.cancel(); } }
      export async function connect(k: string) { const r = await AGAIN(k); return open(r); }`).map((code) => {
        const self = code.includes("class Store") ? "this." : "";
        return code.replace("CONNECT", `${self}connect`).replace("AGAIN", `${self}fetchAgain`);
      }),
    );
  });
});

describe("a promise in a map that leaves nothing behind for ever", () => {
  const cache = (work: string): string[] => inAllHomes(`export function get(k: string) {
    let p = M.get(k);
    if (!p) { p = ${work}; M.set(k, p); }
    return p;
  }`, "new Map<string, Promise<any>>()");

  it("its work catches all that fails", () => {
    expectSilent(cache("(async () => { try { return await fetchIt(k); } catch { return undefined; } })()"));
  });
  it("its work only waits", () => {
    expectSilent(cache("new Promise((resolve) => setTimeout(resolve, 10))"));
  });
  it("its work fails alike each time", () => {
    expectNoError(cache("(async () => (await import(k)).default)()"));
  });
  it("the map is emptied before each round", () => {
    expectNoError(inAllHomes(`export async function compile(files: string[]) { M.clear(); await Promise.all(files.map(one)); }
    export function resolve(k: string) {
      let p = M.get(k);
      if (!p) { p = (async () => await query(k))(); M.set(k, p); }
      return p;
    }`, "new Map<string, Promise<any>>()"));
  });
  it("the map is one call's own", () => {
    expectSilent([`export async function render(elements: Element[]) {
      const cache = new Map<string, Promise<string>>();
      const load = (k: string) => {
        let p = cache.get(k);
        if (!p) { p = fetchText(k); cache.set(k, p); }
        return p;
      };
      await Promise.all(elements.map(async (e) => { e.text = await load(e.href); }));
    }
    async function fetchText(k: string) { return (await fetch(k)).text(); }`]);
  });
});

describe("elements of one list", () => {
  it("have ids of their own", () => {
    expectNoError([`const infos: Record<string, { rev: number }> = {};
      export async function update(sockets: Socket[]) {
        await Promise.all(sockets.map(async (socket) => {
          const rev = infos[socket.id].rev;
          await send(socket, rev);
          infos[socket.id].rev = rev + 1;
        }));
      }`.replace("export async function update", "async function update")]);
  });
});

describe("a count or a search that the others are found by", () => {
  it("something is announced before the suspension", () => {
    expectNoError(
      inAllHomes(`export async function forward(target: any) {
        const existing = [...M.values()].find((server) => server.port === target.port);
        if (existing) return existing;
        const server = { id: target.name, port: target.port, status: "starting" };
        M.set(server.id, server);
        const opened = await open(target);
        const next = { ...server, ...opened };
        M.set(next.id, next);
        return next;
      }`),
    );
  });
  it("a loop that empties what it finds", () => {
    expectNoError(
      inAllHomes(`export async function stop() {
        const tasks = [];
        for (const [key, listeners] of M) while (listeners.length > 0) tasks.push(listeners.pop().close());
        await Promise.all(tasks);
        for (const key of M.keys()) M.set(key, []);
      }
      export function add(key: string) { if (!M.has(key)) M.set(key, []); }`),
    );
  });
});

describe("a failure that is noted", () => {
  it("by a helper of a catch", () => {
    expectNoError([`const failedAt: Record<string, number> = {};
      function note(k: string) { failedAt[k] = Date.now(); }
      export async function pull(k: string) {
        if (failedAt[k] > Date.now() - 1000) throw new Error("later");
        try { await download(k); } catch { note(k); }
      }`]);
  });
});

describe("a value that is new where the old one is not there", () => {
  it("though one variable holds either", () => {
    expectNoError(
      inAllHomes(`export async function review(k: string) {
        const cached = M.get(k);
        const data = cached ?? (await diff(k));
        if (cached == null) {
          data.text = await filter(data.text);
          M.set(k, { text: data.text });
        }
        return data;
      }`),
    );
  });
});

describe("a test that is no check of the map", () => {
  it("asks what was loaded into the same variable", () => {
    expectNoError(
      inAllHomes(`export async function request(k: string) {
        let id = M.get(k);
        if (id === undefined) {
          id = (await lookup(k)).id;
          if (id) M.set(k, id);
          else throw new Error(k);
        }
        return id;
      }`),
    );
  });
  it("wants the entry to be there", () => {
    expectNoError(
      inAllHomes(`export async function append(k: string, text: string) {
        const block = M.get(k);
        if (!block) throw new Error(k);
        await ready();
        if (block.isReadonly) throw new Error(k);
        M.set(k, { text });
      }`),
    );
  });
  it("is a walk over the keys that writes them", () => {
    expectNoError([`export class Importer {
      private notes: Record<string, Note> = {};
      async exec(files: string[]) {
        for (let i = 0; i < files.length; i++) this.notes[files[i]] = await read(files[i]);
        for (const path of Object.keys(this.notes)) {
          const note = this.notes[path];
          const body = await convert(path, note.body);
          this.notes[path] = await save({ body: body || note.body });
        }
      }
    }`]);
  });
});

describe("runs that are kept apart", () => {
  it("by a decorator", () => {
    expectSilent([`export class Auth {
      private providers = new Map<string, Provider>();
      @gate() async ensure(id: string) {
        let provider = this.providers.get(id);
        if (!provider) { provider = await createProviderSession(id); this.providers.set(id, provider); }
        return provider;
      }
    }`]);
  });
  it("by a timer that is cleared", () => {
    expectNoError(
      inAllHomes(`export function refetch(k: string) {
        const entry = M.get(k) ?? {};
        if (entry.inFlight) return;
        clearTimeout(entry.timer);
        entry.timer = setTimeout(() => { entry.inFlight = true; M.set(k, connect(k)); }, 100);
      }`),
    );
  });
  it("by a question that is asked again behind the wait", () => {
    expectNoError([`const pending = new Map<object, Promise<void>>();
      export async function ensure(commit: { isFull(): boolean }) {
        if (commit.isFull()) return;
        const known = pending.get(commit);
        if (known != null) { await known; if (commit.isFull()) return; }
        const promise = load(commit).finally(() => { if (pending.get(commit) === promise) pending.delete(commit); });
        pending.set(commit, promise);
        return promise;
      }
      async function load(commit: object) { await fetch(String(commit)); }`]);
  });
});

describe("a helper that one call uses until it ends", () => {
  it("passed on among options", () => {
    expectSilent([`export async function list(agents: string[]) {
      const cache = new Map<string, Promise<string>>();
      const find = (k: string) => {
        let p = cache.get(k);
        if (!p) { p = place(k); cache.set(k, p); }
        return p;
      };
      return await collect({ agents, find });
    }
    async function place(k: string) { return (await fetch(k)).text(); }`]);
  });
});

describe("a wait for what is over at once", () => {
  it("an async function that waits for nothing", () => {
    expectNoError(
      inAllHomes(`export async function find(k: string) { return M.get(k) ?? null; }
      export async function change(k: string, values: object) {
        const known = await FIND(k);
        const next = { ...known, ...values };
        M.set(k, next);
        return next;
      }`).map((code) => code.replace("FIND", code.includes("class Store") ? "this.find" : "find")),
    );
  });
});

describe("marks in a Set", () => {
  it("taken away by whoever put them there", () => {
    expectNoError(inAllHomes(`export async function send(k: string) { M.add(k); try { await emit(k); } finally { M.delete(k); } }`, "new Set<string>()"));
  });
});

describe("a check that two may pass, and nobody outside learns of it", () => {
  it("a verdict that is remembered", () => {
    expectNoError(
      inAllHomes(`export async function mayEnter(k: string) {
        if (M.has(k)) return { ok: true };
        const client = createApiClient(k);
        const result = await client.checkAccess(k);
        if (result.allowed) { M.set(k, true); return { ok: true }; }
        return { ok: false };
      }`),
    );
  });
  it("a plain record made of what was read", () => {
    expectNoError(
      inAllHomes(`export async function getNode(k: string) {
        const cached = M.get(k);
        if (cached) return cached;
        const chunk = await read(k);
        const node = newNodeImpl(chunk.entries, k);
        M.set(k, node);
        return node;
      }`),
    );
  });
  it("a model that only holds data", () => {
    expectNoError(
      inAllHomes(`export async function getWorkspace(k: string) {
        if (M.has(k)) return M.get(k);
        const file = await find(k);
        const workspace = new LocalWorkspace(file);
        M.set(k, workspace);
        return workspace;
      }`),
    );
  });
});

describe("plain data that the next one loads again", () => {
  it("evicted after the change that makes it old", () => {
    expectNoError(
      inAllHomes(`export async function lookUp(k: string) { const known = M.get(k); if (known) return known; const row = await findRow(k); M.set(k, row); return row; }
      export async function remove(k: string) { await lookUp(k); await removeRow(k); M.delete(k); }`).slice(0, 1),
    );
  });
});

describe("a removal that only a failure leads to", () => {
  it("beside a second remover", () => {
    expectSilent(
      inAllHomes(`export function register(scheme: string, provider: object) {
        if (M.has(scheme)) throw new Error("twice");
        M.set(scheme, provider);
        proxy.register(scheme).catch(() => { M.delete(scheme); });
      }
      export function dispose(scheme: string) { M.delete(scheme); }`),
    );
  });
});

describe("one failure at a time", () => {
  it("finally takes the lock again, and then removes the mark", () => {
    expectSilent([
      `import { Mutex } from "async-mutex";
      const mutex = new Mutex(); const installing = new Set<string>();
      export async function install(name: string) {
        const release = await mutex.acquire();
        try { if (installing.has(name)) throw new Error("busy"); installing.add(name); } finally { release(); }
        try { await pull(name); } catch (error) { throw new Error("failed: " + String(error)); } finally {
          const again = await mutex.acquire();
          try { installing.delete(name); } finally { again(); }
        }
      }`,
    ]);
  });
});

describe("a flight that is followed twice in one function", () => {
  it("each removes its own", () => {
    expectSilent([
      `export class Opener {
        private pending = new Map<string, Promise<object>>();
        async open(uri: string) { if (isPair(uri)) { await this.one(uri); await this.one(uri); } else await this.one(uri); }
        private async one(uri: string) {
          let p = this.pending.get(uri);
          if (p) return await p;
          p = create(uri).finally(() => this.pending.delete(uri));
          this.pending.set(uri, p);
          return await p;
        }
      }`,
    ]);
  });
});

describe("closures called at once", () => {
  it("forEach", () => {
    expectSilent(inAllHomes(`export async function bump(ks: string[]) {
      await log(ks);
      ks.forEach((k) => { const n = M.get(k) ?? 0; M.set(k, n + 1); });
    }`));
  });
});

describe("maps that are not plain to see, and nothing is wrong with them", () => {
  it("a promise in a namespace that leaves however it ends", () => {
    expectSilent([
      `export function showError(key: string) {
        const promise = Private.dialogs.get(key);
        if (promise) return promise;
        const dialog = show(key).finally(() => { Private.dialogs.delete(key); });
        Private.dialogs.set(key, dialog);
        return dialog;
      }
      namespace Private { export const dialogs: Map<string, Promise<void>> = new Map(); }`,
    ]);
  });
  it("a cache that a method hands out, looked at again", () => {
    expectSilent([
      `export class Model {
        private caches = new Map<object, Map<string, Item[]>>();
        private cacheOf(folder: object) {
          let cache = this.caches.get(folder);
          if (!cache) { cache = new Map(); this.caches.set(folder, cache); }
          return cache;
        }
        async query(folder: object, text: string) {
          const cache = this.cacheOf(folder);
          if (cache.has(text)) return cache.get(text);
          const items = await fetchItems(text);
          if (!cache.has(text)) cache.set(text, items);
          return cache.get(text);
        }
      }`,
    ]);
  });
  it("a map that a method makes for each caller", () => {
    expectSilent([
      `export class Model {
        private known = new Map<string, string>();
        private copy() { const copy = new Map(this.known); return copy; }
        async query(text: string) {
          const cache = this.copy();
          if (cache.has(text)) return cache.get(text);
          const items = await fetchItems(text);
          cache.set(text, items);
          return cache.get(text);
        }
      }`,
    ]);
  });
  it("other levels of a cache of caches", () => {
    expectSilent([
      `const cache = new Map<string, Map<string, string>>();
      export async function put(a: string, b: string) {
        let inner = cache.get(a);
        if (!inner) { inner = new Map(); cache.set(a, inner); }
        const v = await compute(b);
        inner.set(b, v);
      }`,
    ]);
  });
  it("a dictionary of promises in an app's object, whose cleanup looks first", () => {
    expectSilent([
      `export function useData(key: string, handler: any) {
        const app = useApp();
        const api = {
          refresh: () => {
            const promise = Promise.resolve(handler(key)).then((v) => app.show(v)).finally(() => {
              if (app.promises[key] === promise) delete app.promises[key];
            });
            app.promises[key] = promise;
            return promise;
          },
        };
        return api;
      }`,
    ]);
  });
  it("a store behind a single flight", () => {
    expectSilent([
      `export class Cache<V> {
        private flights = new Map<string, Promise<V>>();
        constructor(protected readonly store: CacheStore<V>) {}
        getOrCreate(key: string, create: () => V | Promise<V>) {
          let flight = this.flights.get(key);
          if (!flight) {
            flight = this.make(key, create).finally(() => this.flights.delete(key));
            this.flights.set(key, flight);
          }
          return flight;
        }
        private async make(key: string, create: () => V | Promise<V>) {
          return await create();
        }
      }`,
    ]);
  });
});

describe("promises that do not stay", () => {
  it("in a map of promises, with a handler that removes them", () => {
    expectSilent(inAllHomes(`export function load(k: string) {
      if (M.has(k)) return M.get(k);
      const p = api.load(k).catch((e: unknown) => { M.delete(k); throw e; });
      M.set(k, p);
      return p;
    }`, "new Map<string, Promise<string>>()"));
  });
  it("in a map of promises, removed by whoever waits", () => {
    expectSilent(inAllHomes(`export async function load(k: string) {
      const known = M.get(k);
      if (known) return await known;
      const p = api.load(k);
      M.set(k, p);
      try { return await p; } finally { M.delete(k); }
    }`, "new Map<string, Promise<string>>()"));
  });
  it("in a map of promises, and never fail", () => {
    expectSilent(inAllHomes(`export function load(k: string) {
      if (M.has(k)) return M.get(k);
      const p = new Promise<void>((resolve) => setTimeout(resolve, 10));
      M.set(k, p);
      return p;
    }`, "new Map<string, Promise<void>>()"));
  });
  it("in an entry that a failure removes", () => {
    expectSilent([`const m = new Map<string, { value: Promise<string>; at: number }>();
    export function load(k: string) {
      const known = m.get(k);
      if (known) return known.value;
      const value = fetch(k);
      value.catch(() => m.delete(k));
      m.set(k, { value, at: Date.now() });
      return value;
    }`]);
  });
});

describe("reservations that a failure does not leave behind", () => {
  it("a cleanup that first looks whether the entry is still its own", () => {
    expectSilent(
      inAllHomes(`export async function stop(k: string) {
        const write = Promise.withResolvers<void>();
        M.set(k, write.promise);
        try {
          await append(k);
        } finally {
          write.resolve();
          if (M.get(k) === write.promise) M.delete(k);
        }
      }`),
    );
  });
  it("one more of a list of tokens that are accepted", () => {
    const codes = inAllHomes(`export async function login(k: string) {
        const state = uuid();
        M.set(k, [...(M.get(k) ?? []), state]);
        const url = await findUrl(state);
        if (!(await open(url))) M.delete(k);
        else await exchange(url).finally(() => M.delete(k));
      }`);
    for (const code of codes) expect(lint(code, { preset: "strict", rules: ["no-leaked-reservation"] }), code).toEqual([]);
  });
  it("work that the call which owns the map waits for itself", () => {
    expectSilent([
      `export async function setUp(hooks: Hooks) {
        const added = new Map<string, Promise<string>>();
        await hooks.run({
          add(name: string) {
            if (added.has(name)) throw new Error(name);
            added.set(name, build(name));
          },
        });
        for (const [name, compiled] of added) use(name, await compiled);
      }
      async function build(name: string): Promise<string> { const r = await fetch(name); return r.text(); }`,
    ]);
  });
  it("work for an error that was thrown once", () => {
    expectSilent([
      `const handled = new WeakMap<object, Promise<void>>();
      export function onError(error: object) {
        const running = handled.get(error);
        if (running) throw running;
        const work = navigate(error);
        handled.set(error, work);
        throw work;
      }
      async function navigate(error: object): Promise<void> { await fetch(String(error)); }`,
    ]);
  });
});

describe("a promise that settles in its place", () => {
  it("is replaced by its own result", () => {
    expectSilent(
      inAllHomes(`export async function getCache(k: string) {
        let p = M.get(k);
        if (p === undefined) {
          p = createCache(k).catch((error: unknown) => { M.delete(k); throw error; });
          M.set(k, p);
        }
        if (p instanceof Promise) {
          p = await p;
          M.set(k, p);
        }
        return p;
      }
      export async function createCache(k: string): Promise<object> { return (await fetch(k)).json(); }`),
    );
  });
  it("who finds it waits, and who finds nothing does not", () => {
    const code = inAllHomes(`export async function getCache(k: string) {
        let p = M.get(k);
        if (p instanceof Promise) p = await p;
        if (p === undefined) {
          p = createCache(k).catch((error: unknown) => { M.delete(k); throw error; });
          M.set(k, p);
        }
        return p;
      }
      export async function createCache(k: string): Promise<object> { return (await fetch(k)).json(); }`);
    expectSilent(code);
  });
  it("is no promise any more where it is stored", () => {
    const code = `const spaces = new Map<string, Set<string> | Promise<Set<string>>>();
    export async function load(k: string) {
      let found = spaces.get(k);
      if (found === undefined) {
        found = find(k);
        found = await found;
        spaces.set(k, found);
      }
      return await found;
    }
    async function find(k: string) { return new Set<string>(await (await fetch(k)).json()); }`;
    expect(lint(code, { preset: "strict", rules: ["no-leaked-reservation"] })).toEqual([]);
  });
  it("stays until its time is over", () => {
    const code = `const cache: Record<string, { ttl: number; value: Promise<string> }> = {};
    export function load(k: string) {
      const known = cache[k];
      if (known && known.ttl > Date.now()) return known.value;
      const value = find(k);
      cache[k] = { ttl: Date.now() + 1000, value };
      return value;
    }
    async function find(k: string) { return (await fetch(k)).text(); }`;
    expect(lint(code, { rules: ["no-leaked-reservation"] })).toEqual([]);
  });
  it("leaves the time of its failure behind", () => {
    const code = `const failures = new Map<string, number>();
    export async function load(url: string) {
      if (performance.now() - (failures.get(url) ?? -1e6) < 4000) return undefined;
      try {
        const answer = await fetch(url);
        failures.delete(url);
        return answer;
      } catch {
        failures.set(url, performance.now());
        await note(url);
        throw new Error(url);
      }
    }`;
    expect(lint(code, { preset: "strict", rules: ["no-leaked-reservation"] })).toEqual([]);
  });
});

describe("a literal handed to a helper", () => {
  const mark = `function mark(k: string, isBusy: boolean): void {
    if (isBusy) {
      busy.add(k);
      emit("add", k);
    } else {
      busy.delete(k);
      emit("remove", k);
    }
  }`;
  it("decides which half of the helper runs", () => {
    expectSilent([
      `const busy = new Set<string>();
      ${mark}
      export async function run(k: string, work: () => Promise<void>) {
        if (busy.has(k)) throw new Error("busy");
        try {
          mark(k, true);
          await work();
        } finally {
          mark(k, false);
        }
      }`,
    ]);
  });
  it("is compared with another", () => {
    expectSilent([
      `const busy = new Set<string>();
      function change(k: string, to: "on" | "off"): void {
        if (to === "on") busy.add(k);
        else busy.delete(k);
      }
      export async function run(k: string, work: () => Promise<void>) {
        if (busy.has(k)) throw new Error("busy");
        change(k, "on");
        try { await work(); } finally { change(k, "off"); }
      }`,
    ]);
  });
  it("does not hide the half that runs too late", () => {
    const code = `const busy = new Set<string>();
      ${mark}
      export async function run(k: string, work: () => Promise<void>) {
        if (busy.has(k)) throw new Error("busy");
        await work();
        mark(k, true);
      }`;
    expect(lint(code, { preset: "strict", rules: RULES }).map(({ rule }) => rule)).toEqual(["no-check-then-act"]);
  });
});

describe("a test of something made of an entry's field", () => {
  it("is no check of the entry", () => {
    expectSilent(
      inAllHomes(`export async function reload(k: string) {
        const old = M.get(k);
        if (!old) throw new Error(k);
        const { path } = old;
        M.delete(k);
        await stop(old);
        const format = detect(readFileSync(path));
        if (format !== "wasm") throw new Error(format);
        M.set(k, await connect(path));
      }`),
    );
  });
});

describe("what fails later in a caller", () => {
  it("is no failure of the work that was reserved for", () => {
    expectSilent([
      `const busy: Record<string, Promise<string>> = {};
      export async function render(k: string) {
        const start = async () => {
          if (busy[k]) return;
          busy[k] = load(k);
          try { await busy[k]; } finally { delete busy[k]; }
        };
        void start();
        await paint();
      }`,
    ]);
  });
});

describe("handles and handlers that take away their own", () => {
  it("a handle that looks first", () => {
    expectSilent([
      `export class Connection {
        private handlers = new Map<string, { handler: () => void }>();
        onRequest(type: string, handler: () => void) {
          this.handlers.set(type, { handler });
          return { dispose: () => { if (this.handlers.get(type)?.handler === handler) this.handlers.delete(type); } };
        }
        async run(type: string) { await this.handlers.get(type)?.handler(); }
      }`,
    ]);
  });
  it("a handle of a registration that refuses a second one", () => {
    expectSilent([
      `export class Connection {
        private handlers = new Map<string, () => void>();
        onProgress(token: string, handler: () => void) {
          if (this.handlers.has(token)) throw new Error("already registered");
          this.handlers.set(token, handler);
          return () => { this.handlers.delete(token); };
        }
        async run(token: string) { await this.handlers.get(token)?.(); }
      }`,
    ]);
  });
  it("a handle of something under a new key", () => {
    expectSilent([
      `export class Connection {
        private handlers = new Map<string, () => void>();
        add(handler: () => void) {
          const id = randomUUID();
          this.handlers.set(id, handler);
          return () => { this.handlers.delete(id); };
        }
        async run(id: string) { await this.handlers.get(id)?.(); }
      }`,
    ]);
  });
  it("an exit handler that compares", () => {
    expectSilent([
      `const sessions = new Map<string, { pty: Pty }>();
      export function connect(ws: Socket) {
        let key: string | null = null;
        ws.on("message", (data: Message) => {
          key = data.path + data.id;
          const pty = spawn(data.command);
          sessions.set(key, { pty });
          pty.onExit(() => {
            if (!key) return;
            const session = sessions.get(key);
            if (session && session.pty !== pty) return;
            sessions.delete(key);
          });
        });
      }`,
    ]);
  });
});

describe("handles in files that wait for nothing", () => {
  it("a handle that looks whose entry it is", () => {
    expectSilent([`const icons = new Map<string, Icon>();
    export function registerIcon(entry: Icon): () => void {
      const clean = { ...entry, svg: sanitize(entry.svg) };
      icons.set(entry.name, clean);
      return () => {
        if (icons.get(entry.name) === clean) icons.delete(entry.name);
      };
    }`]);
  });
  it("a name that is refused while it is taken", () => {
    expectSilent([`const icons = new Map<string, Icon>();
    export function registerIcon(entry: Icon): () => void {
      if (icons.has(entry.name)) throw new Error(entry.name);
      icons.set(entry.name, sanitize(entry));
      return () => {
        icons.delete(entry.name);
      };
    }`]);
  });
  it("a failure of work that nobody else removes", () => {
    expectSilent([`export function createCache<T>() {
      const cache = new Map<string, Promise<T>>();
      const fetchOnce = (key: string, fetcher: () => Promise<T>): Promise<T> => {
        if (!cache.has(key)) {
          const promise = fetcher();
          promise.catch(() => cache.delete(key));
          cache.set(key, promise);
        }
        return cache.get(key) as Promise<T>;
      };
      return { fetchOnce };
    }`]);
  });
  it("a failure that removes its own", () => {
    expectSilent([`const cache = new Map<string, Promise<string>>();
    export function fetchOnce(key: string) {
      const known = cache.get(key);
      if (known) return known;
      const promise = fetcher(key);
      promise.catch(() => { if (cache.get(key) === promise) cache.delete(key); });
      cache.set(key, promise);
      return promise;
    }
    export const invalidate = (key: string) => cache.delete(key);
    async function fetcher(key: string): Promise<string> { return (await fetch(key)).text(); }`]);
  });
});

describe("entries that do not come back", () => {
  it("a record that is written elsewhere, and looked for before it is set", () => {
    expectSilent([`export class Storage {
      private cache = new Map<string, Stored>();
      private deleting = new Set<string>();
      async upsert(record: Stored) {
        await writeAtomically(JSON.stringify(record));
        if (this.cache.get(record.id)) this.cache.set(record.id, record);
      }
      async remove(id: string) {
        await unlinkFile(id);
        this.cache.delete(id);
      }
    }`]);
  });
  it("a record that is set before it is written elsewhere", () => {
    expectSilent([`export class Storage {
      private cache = new Map<string, Stored>();
      async upsert(record: Stored) {
        this.cache.set(record.id, record);
        await writeAtomically(JSON.stringify(record));
      }
      async remove(id: string) {
        this.cache.delete(id);
        await unlinkFile(id);
      }
    }`]);
  });
  it("a status that is set again after a look", () => {
    expectSilent(inAllHomes(`export async function loadFiles(entry: Entry) {
      M.set(entry.branch, { ...entry, files: "loading" });
      const files = await getChangedFiles(entry.sha);
      const known = M.get(entry.branch);
      if (known === undefined) return;
      M.set(entry.branch, { ...known, files });
    }
    export function drop(branch: string) { M.delete(branch); }`));
  });
  it("a status that nobody else takes away", () => {
    expectSilent(inAllHomes(`export async function loadFiles(entry: Entry) {
      M.set(entry.branch, { ...entry, files: "loading" });
      const files = await getChangedFiles(entry.sha);
      M.set(entry.branch, { ...entry, files });
    }`));
  });
  it("a status under a key of this run", () => {
    expectSilent(inAllHomes(`export async function run(work: () => Promise<string>) {
      const requestId = randomUUID();
      M.set(requestId, { state: "running" });
      const files = await work();
      M.set(requestId, { state: "done", files });
    }
    export function drop(requestId: string) { M.delete(requestId); }`));
  });
});

describe("what is freed, or cannot fail", () => {
  it("the work's failure is swallowed", () => {
    expectSilent([`const results = new Map<number, unknown>();
    let next = 0;
    export async function runIn(stub: Stub, callback: () => unknown) {
      const id = next++;
      results.set(id, callback);
      await stub.fetch(id).catch(() => {});
      results.delete(id);
    }`]);
  });
  it("a promise without a way to fail", () => {
    expectSilent([`const results = new Map<number, unknown>();
    let next = 0;
    export async function ask() {
      const id = next++;
      const answer = new Promise((resolve) => { results.set(id, resolve); });
      const result = await answer;
      results.delete(id);
      return result;
    }`]);
  });
});

describe("entries that are counted", () => {
  it("the last user removes", () => {
    expectSilent([`const limits = new Map<string, { users: number; limit: Limit }>();
    export async function run(key: string, work: (limit: Limit) => Promise<void>) {
      let entry = limits.get(key);
      if (!entry) { entry = { users: 0, limit: makeLimit() }; limits.set(key, entry); }
      entry.users++;
      try { await work(entry.limit); } finally {
        entry.users--;
        if (entry.users === 0) limits.delete(key);
      }
    }`]);
  });
});

describe("a place in an entry", () => {
  it("that the answer does not write back", () => {
    expectSilent([`const positions = new Map<string, { bytes: number; text: string }>();
    export async function getOutput(id: string, handle: Handle) {
      const position = positions.get(id);
      if (!position) return "";
      const result = await handle.readOutput(position.bytes);
      return result.content;
    }
    export function set(id: string, bytes: number) { positions.set(id, { bytes, text: "" }); }`]);
  });
  it("read under one lock with its answer", () => {
    expectSilent([`import { Mutex } from "async-mutex";
    const mutex = new Mutex();
    const positions = new Map<string, { bytes: number }>();
    export async function getOutput(id: string, handle: Handle) {
      return mutex.runExclusive(async () => {
        const position = positions.get(id);
        if (!position) return "";
        const result = await handle.readOutput(position.bytes);
        position.bytes = result.next;
        return result.content;
      });
    }`]);
  });
});

describe("what is stored for each of a list", () => {
  it("and taken away where it is still the same", () => {
    expectSilent(inAllHomes(`export function loadAll(ids: string[]) {
      const flight = fetchMany(ids).finally(() => {
        for (const id of ids) if (M.get(id) === flight) M.delete(id);
      });
      for (const id of ids) M.set(id, flight);
      return flight;
    }`, "new Map<string, Promise<string[]>>()"));
  });
  it("and taken away for each of another", () => {
    expectSilent(inAllHomes(`export async function loadAll(ids: string[], gone: string[]) {
      const rows = await fetchMany(ids);
      for (const [index, id] of ids.entries()) M.set(id, rows[index]);
      await tell(gone);
      for (const id of gone) M.delete(id);
    }`, "new Map<string, string>()"));
  });
  it("and taken away before anything suspends", () => {
    expectSilent(inAllHomes(`export async function visit(ids: string[]) {
      for (const id of ids) M.set(id, true);
      mark(ids);
      for (const id of ids) M.delete(id);
      await tell(ids);
    }`, "new Map<string, boolean>()"));
  });
});

describe("entries that nobody has invalidated", () => {
  it("moves to the end when it is used", () => {
    expectSilent(inAllHomes(`export function removeAndSet(k: string) {
      const entry = M.get(k);
      if (!entry) return undefined;
      M.delete(k);
      M.set(k, entry);
      return entry;
    }
    export async function refresh(k: string) {
      const value = await fetchValue(k);
      M.set(k, value);
    }`));
  });
  it("makes room as the oldest one", () => {
    expectSilent([`const m = new Map<string, string>();
    function evictOldest() {
      const oldest = m.keys().next().value;
      if (oldest !== undefined) m.delete(oldest);
    }
    export async function refresh(k: string) {
      const value = await fetchValue(k);
      evictOldest();
      m.set(k, value);
    }`]);
  });
  it("takes another place in the map", () => {
    expectSilent([`const cache = new Map<string, { value: string; at: number }>();
    function put(k: string, value: string) {
      if (cache.has(k)) cache.delete(k);
      cache.set(k, { value, at: Date.now() });
    }
    export async function load(k: string) {
      put(k, "loading");
      put(k, await fetchIt(k));
    }`]);
  });
  it("begins anew behind the wait", () => {
    expectSilent(inAllHomes(`export async function refresh(k: string) {
      M.set(k, {});
      await fetchBindings(k);
      M.set(k, {});
    }
    export function removeServer(k: string) { M.delete(k); }`));
  });
  it("is set in the map of before, which was put aside", () => {
    expectSilent([`let m = new Map<string, string>();
    export async function run(k: string) {
      const all = m;
      all.set(k, "begun");
      const value = await fetchValue(k);
      all.set(k, value);
    }
    export function reset() { m = new Map(); }`]);
  });
  it("is set only where nobody has cancelled", () => {
    expectSilent(inAllHomes(`export async function run(k: string, signal: AbortSignal) {
      M.set(k, "begun");
      const value = await fetchValue(k);
      if (signal.aborted) return;
      M.set(k, value);
    }
    export function remove(k: string) { M.delete(k); }`));
  });
});

describe("what no run comes by twice", () => {
  it("is read for one choice and emptied for another", () => {
    expectSilent(inAllHomes(`export function put(k: string) { M.set(k, {}); }
    export async function click(choice: string) {
      if (choice === "host") { await show([...M.values()]); await show([]); }
      if (choice === "join") { await show([]); M.clear(); }
    }`));
  });
  it("is read again right before it is emptied", () => {
    expectSilent(inAllHomes(`export function put(k: string, v: string) { M.set(k, v); }
    export async function commit(batch: Batch) {
      const seen = [...M.keys()];
      await prepare(seen);
      for (const [k, v] of M) batch.add(k, v);
      M.clear();
    }`));
  });
  it("is made where there is none", () => {
    expectSilent([`export class Views {
      private controllers: Map<string, object> | undefined;
      async show(name: string) {
        await tell([...(this.controllers?.values() ?? [])]);
        const controller = await open(name);
        this.controllers ??= new Map();
        this.controllers.set(name, controller);
      }
      put(name: string, controller: object) { this.controllers?.set(name, controller); }
    }`]);
  });
  it("is emptied by what only tests call", () => {
    expectSilent([`const inFlight = new Map<string, Promise<string>>();
    export function resetInFlightForTests() { inFlight.clear(); }
    export async function load(k: string) {
      const known = inFlight.get(k);
      if (known) return known;
      const flight = fetchIt(k).finally(() => { inFlight.delete(k); });
      inFlight.set(k, flight);
      return flight;
    }`]);
  });
});

describe("work that is started and not waited for", () => {
  it("reads a stream to its end, and its failure is caught", () => {
    expectSilent([
      `class Tail {
        private offsets = new Map<string, number>();
        constructor(private path: string, private onLine: (line: string) => Promise<void>) {}
        start(): void {
          this.read().catch(() => undefined);
        }
        close(): void { this.watcher?.close(); }
        private async read(): Promise<void> {
          for await (const chunk of createReadStream(this.path)) this.offsets.set(this.path, chunk.length);
        }
      }
      export class Watcher {
        private tails = new Map<string, Tail>();
        async start(paths: string[]): Promise<void> {
          for (const path of paths) await this.add(path);
          this.watcher = watch(root, () => { for (const path of paths) if (!this.tails.has(path)) void this.add(path); });
        }
        stop(): void {
          for (const tail of this.tails.values()) tail.close();
          this.tails.clear();
        }
        private async add(path: string): Promise<void> {
          if (this.tails.has(path)) return;
          const tail = new Tail(path, async (line: string) => { console.log(line); });
          tail.start();
          this.tails.set(path, tail);
        }
      }`,
    ]);
  });
});

describe("a reservation that is taken away elsewhere", () => {
  const expectNoLeak = (code: readonly string[]): void => {
    for (const text of code) expect(lint(text, { preset: "recommended", rules: ["no-leaked-reservation"] }), text).toEqual([]);
  };
  it("by what its promise does when it fails", () => {
    expectNoLeak(
      inAllHomes(`export async function allocate(k: string) {
        let seeding = M.get(k);
        if (seeding === undefined) {
          seeding = seed(k);
          seeding.catch(() => {
            if (M.get(k) === seeding) M.delete(k);
          });
          M.set(k, seeding);
        }
        const seeded = await seeding;
        M.delete(k);
        return seeded;
      }
      export async function seed(k: string): Promise<object> { return (await fetch(k)).json(); }`),
    );
  });
  it("by the only caller, where the work fails", () => {
    expectNoLeak([
      `export async function runAll(count: number) {
        const inFlight = new Map<number, { bytes: number }>();
        const timer = setInterval(() => report([...inFlight.values()]), 1000);
        const run = async (i: number): Promise<void> => {
          inFlight.set(i, { bytes: 0 });
          await attribute(i, (bytes) => { const slot = inFlight.get(i); if (slot) slot.bytes = bytes; });
          inFlight.delete(i);
        };
        const launch = async (): Promise<void> => {
          for (let i = 0; i < count; i++) {
            try {
              await run(i);
            } catch (e) {
              inFlight.delete(i);
              throw e;
            }
          }
        };
        await Promise.all([launch(), launch()]);
        clearInterval(timer);
      }`,
    ]);
  });
  it("by whoever gets the old failure", () => {
    expectNoLeak([
      `const rooms = new Map<string, Promise<Room>>();
      export async function getRoom(id: string) {
        const known = rooms.get(id);
        let room: Room | undefined;
        if (known) {
          try {
            room = await known;
          } catch (error) {
            console.warn(error);
          }
        }
        if (!room) {
          const made = create(id);
          rooms.set(id, made);
          room = await made;
        }
        return room;
      }
      async function create(id: string): Promise<Room> { return (await fetch(id)).json(); }`,
    ]);
  });
  it("with the executor that it was asked for", () => {
    expectNoLeak([
      `export class Loader {
        private readonly memo = new WeakMap<Executor, Map<string, Promise<string>>>();
        load(executor: Executor, id: string): Promise<string> {
          const memo = this.memo.get(executor) ?? new Map<string, Promise<string>>();
          this.memo.set(executor, memo);
          let result = memo.get(id);
          if (!result) {
            result = query(id);
            memo.set(id, result);
          }
          return result;
        }
      }
      async function query(id: string): Promise<string> { return (await fetch(id)).text(); }`,
    ]);
  });
  it("with the request that it belongs to", () => {
    expectNoLeak([
      `const byRequest = new WeakMap<object, Map<string, Promise<string>>>();
      export function resolveOnce(request: object, name: string): Promise<string> {
        let results = byRequest.get(request);
        if (!results) {
          results = new Map();
          byRequest.set(request, results);
        }
        let result = results.get(name);
        if (!result) {
          result = resolve(name);
          results.set(name, result);
        }
        return result;
      }
      async function resolve(name: string): Promise<string> { return (await fetch(name)).text(); }`,
    ]);
  });
  it("what is stored is a part of what the promise gave", () => {
    expectNoLeak(inAllHomes(`export async function authenticate(k: string) {
        let client = M.get(k);
        if (client === undefined) {
          const made = create(k).catch((error: unknown) => { M.delete(k); throw error; });
          M.set(k, made);
          ({ client } = await made);
          M.set(k, client);
        }
        return client;
      }
      export async function create(k: string): Promise<{ client: Client }> { return (await fetch(k)).json(); }`));
  });
});

describe("a note of what went wrong", () => {
  it("is no claim", () => {
    const code = `export class Queue {
        private paused = new Map<string, string>();
        async drain(id: string) {
          if (this.paused.has(id)) return;
          try {
            await this.store.begin(id);
            await this.run(id);
          } catch (error) {
            this.paused.set(id, String(error));
          }
        }
        resume(id: string) { this.paused.delete(id); }
      }`;
    expect(lint(code, { preset: "recommended", rules: ["no-check-then-act"] })).toEqual([]);
  });
  it("is none before it is thrown", () => {
    const code = `export class Engine {
        private gone = new Map<number, string>();
        async get(id: number) {
          if (this.gone.has(id)) throw new Error("gone");
          const item = await this.store.read(id);
          if (item.expires < Date.now()) {
            await this.store.remove(id);
            this.gone.set(id, "expired");
            throw new Error("expired");
          }
          return item;
        }
        trim() { this.gone.clear(); }
      }`;
    expect(lint(code, { preset: "recommended", rules: ["no-check-then-act"] })).toEqual([]);
  });
  it("is none by way of a helper either", () => {
    const code = `export class Queue {
        private paused = new Map<string, string>();
        async drain(id: string) {
          if (this.paused.has(id)) return;
          try {
            await this.store.begin(id);
            await this.run(id);
          } catch (error) {
            this.pause(id, String(error));
          }
        }
        async stop(id: string) { await this.kill(id); this.pause(id, "stopped"); }
        resume(id: string) { this.paused.delete(id); }
        private pause(id: string, reason: string) { this.paused.set(id, reason); this.notify(id); }
      }`;
    expect(lint(code, { preset: "recommended", rules: ["no-check-then-act"] })).toEqual([]);
  });
});

describe("runs that cannot meet under one key", () => {
  const expectNoError = (code: string): void => expect(lint(code, { preset: "recommended", rules: ["no-check-then-act", "no-lost-update"] })).toEqual([]);
  it("each of a list of distinct keys", () => {
    expectNoError(`export async function decrypt(doc: Record<string, unknown>) {
      const keys = Object.keys(doc).filter((key) => key.startsWith("cf:"));
      const working: Record<string, unknown> = { ...doc };
      await Promise.all(keys.map(async (key) => { working[key] = await open(working[key]); }));
      return working;
    }`);
  });
  it("a method whose name is a symbol of somebody's", () => {
    expectNoError(`export class Networking {
      #groups = new Map<number, Socket>();
      async [Construction.construct]() {
        for (const group of await list()) {
          if (this.#groups.has(group.index)) throw new Error("twice");
          const socket = await openSocket(group);
          this.#groups.set(group.index, socket);
        }
      }
    }`);
  });
  it("all that is waited for is over at once", () => {
    expectNoError(`export class Memory {
      private cache = new Map<string, { version: number }>();
      async get(key: string) { return this.find(key); }
      private async find(key: string) { return this.cache.get(key) ?? null; }
      async update(key: string) {
        const old = this.cache.get(key);
        const found = await this.read(key);
        this.cache.set(key, { ...found, version: old!.version + 1 });
      }
      private async read(key: string) { const entry = await this.peek(key); return entry; }
      private async peek(key: string) { return null; }
    }`);
  });
});
