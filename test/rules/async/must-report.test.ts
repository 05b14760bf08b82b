import { describe, expect, it } from "vitest";
import { lint } from "../lint.js";

const RULES = ["no-check-then-act", "no-duplicate-load", "no-lost-update", "no-stale-cleanup", "no-leaked-reservation", "no-stale-fill", "no-stale-entry"];

/** Expects one report, of this rule, on the line that ends with `// here`. */
function expectReport(rule: string, code: string): void {
  const reports = lint(code, { rules: RULES });
  const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
  expect(reports.map(({ rule: id, line: at }) => ({ rule: id, line: at })), code).toEqual([{ rule, line }]);
}

/** A body for a map in the module, a private field and a `#` field; `M` stands for the map. */
function inAllHomes(rule: string, body: string, map = "new Map<string, any>()", extra = ""): void {
  expectReport(rule, `${extra}\nconst M = ${map};\n${body}`);
  for (const field of ["private m", "#m"]) {
    const members = body.replaceAll("export async function ", "async ").replaceAll("export function ", "").replaceAll(/\bM\b/g, `this.${field.replace("private ", "")}`);
    expectReport(rule, `${extra}\nexport class Store {\n${field} = ${map};\n${members}\n}`);
  }
}

describe("found in public fixes", () => {
  it("a key that is the given one, or else a new one", () => {
    expectReport(
      "no-check-then-act",
      `export class Panels {
        private panels = new Map<string, PanelProvider>();
        async restore(chatId: string) {
          const panel = this.panels.get(chatId);
          if (panel) { panel.reveal(); return; }
          await this.create(chatId);
        }
        async create(chatId?: string) {
          const provider = new PanelProvider();
          await provider.open(chatId);
          const sessionId = chatId || provider.sessionId;
          this.panels.set(sessionId, provider); // here
        }
      }`,
    );
  });
  it("everybody who waited removes the entry, under a key that is unique on some ways only", () => {
    const reports = lint(
      `export class Git {
        private pending = new Map<string, Promise<string>>();
        async exec(options: any, ...args: string[]) {
          const run = { cwd: options.cwd };
          const command = \`\${options.stdin != null ? \`\${getUniqueKey()}:\` : ""}[\${run.cwd}] git \${args.join(" ")}\`;
          let p = this.pending.get(command);
          if (p === undefined) { p = spawnGit(await this.path(), args); this.pending.set(command, p); }
          try { return await p; } finally { this.pending.delete(command); }
        }
      }`,
      { rules: RULES },
    );
    expect(reports.map(({ rule, line }) => `${rule}:${line}`)).toContain("no-stale-cleanup:8");
  });
  it("a cache that is a parameter of the function that hands out the closure", () => {
    expectReport(
      "no-duplicate-load",
      `export function memoize(fn: (k: string) => Promise<string>, { cache = new Map<string, string>() } = {}) {
        const memoized = async function (k: string) {
          if (await cache.has(k)) return cache.get(k);
          const result = await fn(k);
          cache.set(k, result); // here
          return result;
        } as (k: string) => Promise<string>;
        mimic(memoized, fn);
        return memoized;
      }`,
    );
  });
  it("subscriptions that a handler of a template drains and renews", () => {
    expectReport(
      "no-stale-cleanup",
      `export class Card {
        private _unsubs: Record<string, Promise<() => void>> = {};
        render() { return html\`<x-calendar @next=\${this._handleNext}></x-calendar>\`; }
        private async _handleNext() { await this._unsubscribeAll(); this._subscribeAll(["a"]); }
        private async _unsubscribeAll() {
          await Promise.all(Object.values(this._unsubs).map((unsub) => unsub.then((end) => end())));
          this._unsubs = {}; // here
        }
        private _subscribeAll(ids: string[]) { for (const id of ids) this._unsubs[id] = subscribe(id); }
      }`,
    );
  });
  it("an id that two objects can share", () => {
    expectReport(
      "no-stale-cleanup",
      `const users = new Map<string, any>();
      export function join(socket: any) {
        users.set(socket.userId, socket);
        socket.on("close", () => { users.delete(socket.userId); }); // here
      }`,
    );
  });
  it("a task that is a promise, by what is done with it", () => {
    expectReport(
      "no-leaked-reservation",
      `const tasks = new Map<string, unknown>();
      export async function use(factory: () => unknown, key: string) {
        if (tasks.has(key)) return tasks.get(key);
        const task = factory();
        if (task instanceof Promise) {
          task.then(() => tasks.delete(key));
          tasks.set(key, task); // here
        }
        return await task;
      }`,
    );
  });
  it("a memo of promises in a file that waits for nothing", () => {
    expectReport(
      "no-leaked-reservation",
      `interface Cached { [name: string]: Promise<string> }
      export default function memoize(limit?: (fn: () => Promise<string>) => Promise<string>) {
        const locks: Cached = {};
        return (key: string, fn: () => Promise<string>): Promise<string> => {
          if (locks[key]) return locks[key];
          locks[key] = (limit && limit(fn)) || fn(); // here
          return locks[key];
        };
      }`,
    );
  });
});

describe("maps that are not plain to see", () => {
  it("a cache in a namespace whose promise leaves on fulfilment only", () => {
    expectReport(
      "no-leaked-reservation",
      `export function showError(key: string) {
        const promise = Private.dialogs.get(key);
        if (promise) return promise;
        const dialog = show(key).then(() => { Private.dialogs.delete(key); });
        Private.dialogs.set(key, dialog); // here
        return dialog;
      }
      namespace Private { export const dialogs: Map<string, Promise<void>> = new Map(); }`,
    );
  });
  it("a cache that a method hands out", () => {
    expectReport(
      "no-duplicate-load",
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
          cache.set(text, items); // here
          return items;
        }
      }`,
    );
  });
  it("a cache of caches of caches", () => {
    expectReport(
      "no-duplicate-load",
      `const NONE = {};
      const cache = new WeakMap<object, WeakMap<object, Map<string, string>>>();
      export async function get(config: object, fork: object | undefined, id: string) {
        const known = cache.get(config)?.get(fork ?? NONE)?.get(id);
        if (known !== undefined) return known;
        const state = await computeState(config, fork, id);
        let second = cache.get(config);
        if (second === undefined) { second = new WeakMap(); cache.set(config, second); }
        const forkKey = fork ?? NONE;
        let third = second.get(forkKey);
        if (third === undefined) { third = new Map(); second.set(forkKey, third); }
        third.set(id, state); // here
        return state;
      }`,
    );
  });
  it("a cache in a field of what was handed in", () => {
    expectReport(
      "no-leaked-reservation",
      `export class Stashes {
        constructor(private readonly cache: GitCache) {}
        async get(path: string) {
          let stash = this.cache.stashes?.get(path);
          if (stash == null) {
            async function load() { return await git(path); }
            stash = load();
            this.cache.stashes?.set(path, stash); // here
          }
          return stash;
        }
      }`,
    );
  });
  it("a dictionary of promises in an app's object", () => {
    expectReport(
      "no-stale-cleanup",
      `export function useData(key: string, handler: any) {
        const app = useApp();
        const api = {
          refresh: () => {
            const promise = Promise.resolve(handler(key)).then((v) => app.show(v)).finally(() => {
              delete app.promises[key]; // here
            });
            app.promises[key] = promise;
            return promise;
          },
        };
        return api;
      }`,
    );
  });
  it("a store of what a parameter makes", () => {
    expectReport(
      "no-duplicate-load",
      `export class Cache<V> {
        constructor(protected readonly store: CacheStore<V>) {}
        async getOrCreate(key: string, create: () => V | Promise<V>) {
          const id = this.withNamespace(key);
          let value = await this.store.get(id);
          if (value === undefined) {
            value = await create();
            await this.store.set(id, value); // here
          }
          return value;
        }
      }`,
    );
  });
});

describe("promises that stay", () => {
  it("in a map whose type says that it holds promises", () => {
    inAllHomes("no-leaked-reservation", `export function load(k: string) {
      if (M.has(k)) return M.get(k);
      const p = api.load(k);
      M.set(k, p); // here
      return p;
    }`, "new Map<string, Promise<string>>()");
  });
  it("under ??=, awaited where they are stored", () => {
    inAllHomes("no-leaked-reservation", `export async function once(k: string, run: () => any) {
      M[k] ??= run() || true; // here
      await M[k];
    }`, "{} as Record<string, any>");
  });
  it("in an entry", () => {
    expectReport("no-leaked-reservation", `const m = new Map<string, { value: Promise<string>; at: number }>();
    export function load(k: string) {
      const known = m.get(k);
      if (known) return known.value;
      const value = fetch(k);
      m.set(k, { value, at: Date.now() }); // here
      return value;
    }`);
  });
  it("in an entry, as what somebody else rejects", () => {
    expectReport("no-leaked-reservation", `const m = new Map<string, { files: Promise<string> }>();
    export function get(k: string) {
      if (!m.has(k)) {
        const files = deferred();
        void run(k, files);
        m.set(k, { files: files.promise }); // here
      }
      return m.get(k);
    }
    async function run(k: string, files: any) { try { files.resolve(await fetchFiles(k)); } catch (e) { files.reject(e); } }`);
  });
});

describe("cleanup after a failure", () => {
  it("by a helper that asks nobody, though success does", () => {
    expectReport(
      "no-stale-cleanup",
      `const flights: Record<string, Promise<string>> = {};
      const since: Record<string, number> = {};
      export async function revalidate(key: string, isForced: boolean) {
        const mustStart = flights[key] === undefined || isForced;
        let startAt: number;
        const cleanUp = () => {
          delete flights[key]; // here
        };
        try {
          if (mustStart) { since[key] = now(); flights[key] = load(key); }
          startAt = since[key]!;
          const data = await flights[key];
          setTimeout(() => { if (since[key] === startAt) cleanUp(); }, 2000);
          return data;
        } catch {
          cleanUp();
        }
      }`,
    );
  });
});

describe("cleanup that looks at nothing", () => {
  it("of each of a list, whose promise is stored for each of it", () => {
    inAllHomes("no-stale-cleanup", `export function loadAll(ids: string[]) {
      const flight = fetchMany(ids).finally(() => {
        for (const id of ids) M.delete(id); // here
      });
      for (const id of ids) M.set(id, flight);
      return flight;
    }`, "new Map<string, Promise<string[]>>()");
  });
  it("of each of a list, by callbacks", () => {
    inAllHomes("no-stale-cleanup", `export function loadAll(ids: string[]) {
      const flight = fetchMany(ids).then(() => { finished(); });
      ids.forEach((id) => { M[id] = flight; });
      const finished = () => {
        ids.forEach((id) => { delete M[id]; }); // here
      };
      return flight;
    }`, "{} as Record<string, Promise<void>>");
  });
  it("a handle that deletes by key, whoever is there by then", () => {
    expectReport("no-stale-cleanup", `export class Connection {
      private handlers = new Map<string, { handler: () => void }>();
      onRequest(type: string, handler: () => void) {
        this.handlers.set(type, { handler });
        return {
          dispose: () => {
            this.handlers.delete(type); // here
          },
        };
      }
      async run(type: string) { await this.handlers.get(type)?.handler(); }
    }`);
  });
  it("a handle in a variable, given out by an async function", () => {
    expectReport("no-stale-cleanup", `const claims = new Map<string, Claim>();
    export async function connect(mac: string, plugin: string) {
      const connection = await open(mac);
      claims.set(mac, { plugin });
      const handle = {
        close: () => {
          claims.delete(mac); // here
          connection.close();
        },
      };
      return handle;
    }`);
  });
  it("in an exit handler, under a key in an outer variable, where a restart takes the place", () => {
    expectReport(
      "no-stale-cleanup",
      `const sessions = new Map<string, { pty: Pty }>();
      export function connect(ws: Socket) {
        let key: string | null = null;
        ws.on("message", (data: Message) => {
          key = data.path + data.id;
          if (data.isRestart) {
            const old = sessions.get(key);
            if (old) { old.pty.kill(); sessions.delete(key); }
          }
          const known = data.isRestart ? null : sessions.get(key);
          if (known) return;
          const pty = spawn(data.command);
          sessions.set(key, { pty });
          pty.onExit(() => {
            if (!key) return;
            sessions.delete(key); // here
          });
        });
      }`,
    );
  });
});

/** What only the heuristics see. */
function expectStrict(rule: string, code: string): void {
  const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
  expect(lint(code, { rules: RULES }), code).toEqual([]);
  expect(lint(code, { rules: RULES, preset: "strict" }).map(({ rule: id, line: at }) => ({ rule: id, line: at })), code).toEqual([{ rule, line }]);
}

describe("in strict", () => {
  it("a handle of something that was made for the caller", () => {
    expectStrict("no-stale-cleanup", `export class Views {
      private views = new Map<string, View>();
      open(id: string, options: Options) {
        this.views.set(id, new View(options));
        return () => {
          this.views.delete(id); // here
        };
      }
      async show(id: string) { await this.views.get(id)?.show(); }
    }`);
  });
  it("a handle in a file that waits for nothing", () => {
    expectStrict("no-stale-cleanup", `const icons = new Map<string, Icon>();
    export function registerIcon(entry: Icon): () => void {
      const clean = { ...entry, svg: sanitize(entry.svg) };
      icons.set(entry.name, clean);
      return () => {
        icons.delete(entry.name); // here
      };
    }
    export const getIcon = (name: string) => icons.get(name);`);
  });
  it("a failure that removes what came after an invalidation", () => {
    expectStrict("no-stale-cleanup", `export function createCache<T>() {
      const cache = new Map<string, Promise<T>>();
      const fetchOnce = (key: string, fetcher: () => Promise<T>): Promise<T> => {
        if (!cache.has(key)) {
          const promise = fetcher();
          promise.catch(() => cache.delete(key)); // here
          cache.set(key, promise);
        }
        return cache.get(key) as Promise<T>;
      };
      const invalidate = (key: string) => {
        cache.delete(key);
      };
      return { fetchOnce, invalidate };
    }`);
  });
  it("a second run that passes the same check and removes what came between", () => {
    expectStrict("no-stale-cleanup", `export class Server {
      private documents = new Map<string, Doc>();
      async unload(document: Doc) {
        const name = document.name;
        if (!this.documents.has(name)) return;
        await this.hooks("beforeUnload", document);
        this.documents.delete(name); // here
      }
      async open(name: string) {
        const known = this.documents.get(name);
        if (known) return known;
        const document = makeDocument(name);
        this.documents.set(name, document);
        return document;
      }
    }`);
  });
});

describe("entries that come back", () => {
  it("a record that is written elsewhere before it is set (in strict)", () => {
    expectStrict("no-stale-fill", `export class Storage {
      private cache = new Map<string, Stored>();
      async upsert(record: Stored) {
        await writeAtomically(JSON.stringify(record));
        this.cache.set(record.id, record); // here
      }
      async remove(id: string) {
        await unlinkFile(id);
        this.cache.delete(id);
      }
    }`);
  });
  it("a status that is set again after the entry was dropped", () => {
    inAllHomes("no-stale-fill", `export async function loadFiles(entry: Entry) {
      M.set(entry.branch, { ...entry, files: "loading" });
      const files = await getChangedFiles(entry.sha);
      M.set(entry.branch, { ...entry, files }); // here
    }
    export function drop(branch: string) { M.delete(branch); }`);
  });
});

describe("what both choices come by", () => {
  it("is read for one choice and emptied for all others but one", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string) { M.set(k, {}); }
    export async function click(choice: string) {
      if (choice === "host") { await show([...M.values()]); await show([]); }
      if (choice !== "join") { await show([]); M.clear(); } // here
    }`);
  });
  it("is read in one turn of a loop and emptied in another", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string) { M.set(k, {}); }
    export async function run(choices: string[]) {
      for (const choice of choices) {
        if (choice === "show") { await show([...M.values()]); await show([]); }
        if (choice === "empty") { await show([]); M.clear(); } // here
      }
    }`);
  });
  it("is copied, sent and emptied", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string, v: string) { M.set(k, v); }
    export async function commit(batch: Batch) {
      const seen = [...M.keys()];
      await prepare(seen);
      M.clear(); // here
    }`);
  });
});

describe("what only a failure takes away", () => {
  it("needs a second run and a failure of the first (in strict)", () => {
    expectStrict("no-stale-cleanup", `export class Router {
      private selections = new Map<string, object>();
      async ask(name: string, options: object) {
        this.selections.set(name, options);
        try {
          await post(name);
        } catch (error) {
          await report(error);
          this.selections.delete(name); // here
        }
      }
      get(name: string) { return this.selections.get(name); }
    }`);
  });
});

describe("entries that come back although their map looks well kept", () => {
  it("is moved to the end in one function and removed in another", () => {
    inAllHomes("no-stale-fill", `export function touch(k: string) {
      const entry = M.get(k);
      M.delete(k);
      M.set(k, entry);
    }
    export async function refresh(k: string) {
      const value = await fetchValue(k);
      M.set(k, value); // here
    }
    export function invalidate(k: string) { M.delete(k); }`);
  });
  it("is put back only after a wait", () => {
    inAllHomes("no-stale-fill", `export async function update(k: string, value: string) {
      M.delete(k);
      await save(k, value);
      M.set("last", value);
    }
    export async function refresh(k: string) {
      const value = await fetchValue(k);
      M.set(k, value); // here
    }`);
  });
});

describe("a place in what is read, kept in the entry", () => {
  it("goes out with the request and comes back with the answer", () => {
    expectReport("no-lost-update", `const positions = new Map<string, { bytes: number }>();
    export async function getOutput(id: string, handle: Handle) {
      const position = positions.get(id);
      if (!position) return "";
      const result = await handle.readOutput(position.bytes);
      position.bytes = result.next; // here
      return result.content;
    }`);
  });
});

describe("what is never freed under a key of its own", () => {
  it("a callback that success takes away, and a failure does not", () => {
    expectReport("no-leaked-reservation", `const results = new Map<number, unknown>();
    let next = 0;
    export async function runIn(stub: Stub, callback: () => unknown) {
      const id = next++;
      results.set(id, callback); // here
      const response = await stub.fetch(id);
      const result = results.get(id);
      results.delete(id);
      return result ?? response;
    }`);
  });
});

describe("check, suspension, write", () => {
  it("has, await, set of a connection", () => {
    inAllHomes("no-check-then-act", `export async function open(k: string) {
      if (!M.has(k)) {
        const c = await connect(k);
        M.set(k, c); // here
      }
      return M.get(k);
    }`);
  });
  it("set(k, await f()): a suspension inside the expression", () => {
    inAllHomes("no-check-then-act", `export async function open(k: string) {
      if (!M.has(k))
        M.set(k, await createSession(k)); // here
    }`);
  });
  it("await m.get(k) ?? ...", () => {
    inAllHomes("no-duplicate-load", `export async function read(k: string) {
      const v = (await M.get(k)) ?? (await load(k));
      M.set(k, v); // here
      return v;
    }`);
  });
  it("a guard kept in a variable", () => {
    inAllHomes("no-check-then-act", `export async function open(k: string) {
      const had = M.has(k);
      const c = await connect(k);
      if (!had) {
        M.set(k, c); // here
      }
    }`);
  });
  it("an early return far above, behind try and catch", () => {
    inAllHomes("no-check-then-act", `export async function open(k: string) {
      const existing = M.get(k);
      if (existing) return existing;
      let options: any;
      try {
        options = await readOptions(k);
      } catch (error) {
        log(error);
        options = {};
      }
      if (options.disabled) return undefined;
${"      log(options);\n".repeat(60)}
      const c = await connect(options);
      M.set(k, c); // here
      return c;
    }`);
  });
  it("a write inside a helper", () => {
    expectReport("no-check-then-act", `export class S {
      #m = new Map<string, any>();
      async open(k: string) {
        if (!this.#m.has(k)) {
          const c = await connect(k);
          this.#store(k, c); // here
        }
      }
      #store(k: string, c: any) { this.#m.set(k, c); }
    }`);
  });
  it("a write inside a helper that two tasks call: one report in each", () => {
    const reports = lint(`const pages = new Map<string, Page>();
      function find(k: string) { return pages.get(k); }
      function keep(k: string, page: Page) { pages.set(k, page); }
      export async function load(k: string) {
        const known = find(k);
        if (known) return known;
        const page = await fetchPage(k);
        keep(k, page);
        return page;
      }
      export async function preview(k: string) {
        const known = find(k);
        if (known) return known;
        const page = await renderPage(k);
        keep(k, page);
        return page;
      }`, { rules: ["no-duplicate-load"] });
    expect(reports.map(({ line }) => line)).toEqual([8, 15]);
    expect(reports[1]!.message).toMatch(/looked up on line 12, stored on line 15, and suspended on line 14/);
  });
  it("a helper that looks, waits and writes has one report, and its callers none", () => {
    expectReport("no-duplicate-load", `const pages = new Map<string, Page>();
      async function find(name: string) {
        const known = pages.get(name);
        if (known) return known;
        const page = await fetchPage(name);
        keep(name, page); // here
        return page;
      }
      function keep(name: string, page: Page) { pages.set(name, page); }
      export async function move(name: string) {
        const from = await find(name);
        await show(from);
        return find(name);
      }`);
  });
  it("a helper that waits before it writes keeps its report, also if its caller has waited before", () => {
    expectReport("no-check-then-act", `const m = new Map<string, Connection>();
      export async function ensure(k: string) {
        if (m.has(k)) return;
        const options = await readOptions(k);
        await add(k, options);
      }
      async function add(k: string, options: Options) {
        const c = await connect(k, options);
        m.set(k, c); // here
      }`);
  });
  it("a helper that is called again and again has one report", () => {
    expectReport("no-duplicate-load", `const records = new Map<string, string>();
      export async function walk(names: string[]) {
        for (const name of names) await visit(name);
      }
      async function visit(name: string) {
        const record = await read(name);
        await show(record);
      }
      async function read(name: string) {
        const known = records.get(name);
        if (known) return known;
        const record = await fetchRecord(name);
        records.set(name, record); // here
        return record;
      }`);
  });
  it("a helper that waits before it writes keeps its report", () => {
    expectReport("no-check-then-act", `const m = new Map<string, Connection>();
      export async function ensure(k: string) {
        if (m.has(k)) return;
        await add(k);
      }
      async function add(k: string) {
        const c = await connect(k);
        m.set(k, c); // here
      }`);
  });
  it("a check inside a helper", () => {
    expectReport("no-check-then-act", `const m = new Map<string, any>();
      function isOpen(k: string) { return m.has(k); }
      export async function open(k: string) {
        if (isOpen(k)) return;
        const c = await connect(k);
        m.set(k, c); // here
      }`);
  });
  it("an alias", () => {
    expectReport("no-check-then-act", `export class S { #m = new Map<string, any>();
      async open(k: string) {
        const m = this.#m;
        if (!m.has(k)) {
          const c = await connect(k);
          m.set(k, c); // here
        }
      } }`);
  });
  it("a quota on size", () => {
    inAllHomes("no-check-then-act", `export async function join(k: string) {
      if (M.size >= 10) throw new Error("full");
      const user = await authenticate(k);
      M.set(k, user); // here
    }`);
  });
  it("a Set that marks what was done once", () => {
    inAllHomes("no-check-then-act", `export async function notify(k: string) {
      if (M.has(k)) return;
      await sendMail(k);
      M.add(k); // here
    }`, "new Set<string>()");
  });
  it("a dictionary", () => {
    expectReport("no-check-then-act", `const conns: Record<string, any> = {};
      export async function open(k: string) {
        if (!conns[k]) {
          conns[k] = await connect(k); // here
        }
        return conns[k];
      }`);
  });
  it("check before the lock is taken", () => {
    expectReport("no-check-then-act", `const m = new Map<string, any>(); const mutex = new Mutex();
      export async function open(k: string) {
        if (m.has(k)) return;
        const c = await connect(k);
        await mutex.runExclusive(async () => {
          m.set(k, c); // here
        });
      }`);
  });
  it("check and write in two critical sections", () => {
    expectReport("no-check-then-act", `const m = new Map<string, any>(); const mutex = new Mutex();
      export async function open(k: string) {
        const had = await mutex.runExclusive(async () => m.has(k));
        if (had) return;
        const c = await connect(k);
        await mutex.runExclusive(async () => {
          m.set(k, c); // here
        });
      }`);
  });
  it("if where while was meant", () => {
    const reports = lint(`const busy = new Map<string, Promise<void>>();
      export async function run(k: string) {
        if (busy.has(k)) await busy.get(k);
        const p = work(k);
        busy.set(k, p);
        await p;
        busy.delete(k); // here
      }`, { rules: RULES });
    expect(reports.map(({ rule }) => rule)).toContain("no-stale-cleanup");
  });
});

describe("callbacks", () => {
  it("then", () => {
    inAllHomes("no-check-then-act", `export function open(k: string) {
      if (M.has(k)) return;
      connect(k).then((c: any) => {
        M.set(k, c); // here
      });
    }`);
  });
  it("a listener", () => {
    inAllHomes("no-check-then-act", `export function open(k: string) {
      if (M.has(k)) return;
      const c = connect(k);
      c.on("open", () => {
        M.set(k, c); // here
      });
    }`);
  });
  it("a timer", () => {
    inAllHomes("no-lost-update", `export function bump(k: string) {
      const n = M.get(k) ?? 0;
      setTimeout(() => {
        M.set(k, n + 1); // here
      }, 10);
    }`);
  });
  it("an event handler that is async", () => {
    expectReport("no-lost-update", `const m = new Map<string, number>();
      socket.on("message", async (k: string) => {
        const n = m.get(k) ?? 0;
        await save(k);
        m.set(k, n + 1); // here
      });`);
  });
  it("a route handler", () => {
    expectReport("no-check-then-act", `const sessions = new Map<string, any>();
      app.get("/:id", async (req, res) => {
        let s = sessions.get(req.params.id);
        if (!s) {
          s = await createSession(req.params.id);
          sessions.set(req.params.id, s); // here
        }
        res.json(s);
      });`);
  });
  it("Promise.all(keys.map(async ..)) over a local map", () => {
    expectReport("no-duplicate-load", `export async function loadAll(keys: string[]) {
        const found = new Map<string, any>();
        await Promise.all(keys.map(async (k) => {
          if (!found.has(k)) {
            const v = await load(k);
            found.set(k, v); // here
          }
        }));
        return found;
      }`);
  });
  it("a closure factory", () => {
    expectReport("no-duplicate-load", `export function createCache() {
        const cache = new Map<string, any>();
        return async (k: string) => {
          const hit = cache.get(k);
          if (hit) return hit;
          const v = await load(k);
          cache.set(k, v); // here
          return v;
        };
      }`);
  });
});

describe("lost updates", () => {
  it("read, await, write back", () => {
    inAllHomes("no-lost-update", `export async function add(k: string, n: number) {
      const old = M.get(k) ?? 0;
      await audit(k);
      M.set(k, old + n); // here
    }`);
  });
  it("in one expression", () => {
    inAllHomes("no-lost-update", `export async function add(k: string) {
      M.set(k, (M.get(k) ?? 0) + (await price(k))); // here
    }`);
  });
  it("a copy of an object", () => {
    inAllHomes("no-lost-update", `export async function rename(k: string) {
      const user = M.get(k);
      const name = await ask(k);
      M.set(k, { ...user, name }); // here
    }`);
  });
  it("for await", () => {
    inAllHomes("no-lost-update", `export async function sum(k: string, chunks: AsyncIterable<number>) {
      let total = M.get(k) ?? 0;
      for await (const chunk of chunks) total += chunk;
      M.set(k, total); // here
    }`);
  });
  it("carried by a loop", () => {
    inAllHomes("no-lost-update", `export async function poll(k: string) {
      let n = M.get(k) ?? 0;
      while (n < 10) {
        n = n + 1;
        M.set(k, n); // here
        await tick();
      }
    }`);
  });
  it("the exit of await using", () => {
    inAllHomes("no-lost-update", `export async function add(k: string) {
      let n = 0;
      {
        await using span = tracer.start();
        n = M.get(k) ?? 0;
      }
      M.set(k, n + 1); // here
    }`);
  });
  it("a field of an entry", () => {
    inAllHomes("no-lost-update", `export async function add(k: string) {
      const e = M.get(k);
      if (!e) return;
      const old = e.n;
      await audit(k);
      e.n = old + 1; // here
    }`);
  });
  it("+= with an await on the right", () => {
    expectReport("no-lost-update", `const totals: Record<string, number> = {};
      export async function add(k: string) {
        totals[k] += await price(k); // here
      }`);
  });
});

describe("cleanup", () => {
  it("a finally that deletes a newer entry", () => {
    inAllHomes("no-stale-cleanup", `export async function run(k: string, v: any) {
      M.set(k, v);
      try { await work(v); } finally {
        M.delete(k); // here
      }
    }`);
  });
  it("a timer that deletes a newer entry", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string, v: any) {
      M.set(k, v);
      setTimeout(() => {
        M.delete(k); // here
      }, 1000);
    }`);
  });
  it("a .finally that deletes a newer entry", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string) {
      const p = work(k);
      M.set(k, p);
      p.finally(() => {
        M.delete(k); // here
      });
    }`);
  });
  it("a batch that is sent and then cleared", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string, v: any) { M.set(k, v); }
    export async function flush() {
      const batch = [...M.values()];
      await send(batch);
      M.clear(); // here
    }`);
  });
  it("close, then delete, while another opens", () => {
    inAllHomes("no-stale-cleanup", `export function put(k: string, c: any) { M.set(k, c); }
    export async function drop(k: string) {
      const c = M.get(k);
      if (!c) return;
      await c.close();
      M.delete(k); // here
    }`);
  });
});

describe("reservations", () => {
  it("a cached promise that is never evicted on rejection", () => {
    inAllHomes("no-leaked-reservation", `export function get(k: string) {
      let p = M.get(k);
      if (!p) {
        p = loadIt(k);
        M.set(k, p); // here
      }
      return p;
    }`, "new Map<string, any>()", "async function loadIt(k: string) { return await fetchIt(k); }");
  });
  it("a busy mark without finally", () => {
    inAllHomes("no-leaked-reservation", `export async function run(k: string) {
      if (M.has(k)) return;
      M.add(k); // here
      await work(k);
      M.delete(k);
    }`, "new Set<string>()");
  });
});

describe("old values and old entries", () => {
  it("a load that overtakes an invalidation", () => {
    inAllHomes("no-stale-fill", `export async function refresh(k: string) {
      const v = await load(k);
      M.set(k, v); // here
    }
    export function invalidate(k: string) { M.delete(k); }`);
  });
  it("has, await, get(k)!", () => {
    inAllHomes("no-stale-entry", `export async function use(k: string) {
      if (!M.has(k)) return;
      await audit(k);
      return M.get(k)!.name; // here
    }
    export function drop(k: string) { M.delete(k); }`);
  });
  it("has, await, get(k)!, and a function that ends one entry", () => {
    inAllHomes("no-stale-entry", `export async function use(k: string) {
      if (!M.has(k)) return;
      await audit(k);
      return M.get(k)!.name; // here
    }
    export function disconnect(k: string) { M.delete(k); }`);
  });
});

describe("other files", () => {
  it("CommonJS", () => {
    const code = `const m = new Map();
      module.exports.open = async function (k) {
        if (!m.has(k)) {
          const c = await connect(k);
          m.set(k, c); // here
        }
      };`;
    expect(lint(code, { rules: RULES, parser: "espree", filename: "a.cjs" }).map(({ line }) => line)).toEqual([5]);
    expectReport("no-check-then-act", code);
  });
  it("JSX", () => {
    const code = `const cache = new Map();\nexport async function Page({ id }) {\n if (!cache.has(id)) cache.set(id, await load(id));\n return <p>{cache.get(id)}</p>; }`;
    expect(lint(code, { rules: RULES, filename: "a.jsx" }).map(({ rule }) => rule)).toEqual(["no-duplicate-load"]);
  });
});

describe("somebody waits for what is found", () => {
  it("and puts another in its place, whatever it was", () => {
    expectReport(
      "no-check-then-act",
      `const flights = new Map<string, Promise<Client>>();
      export async function open(k: string) {
        const found = flights.get(k);
        if (found) await found;
        const client = connect(k);
        flights.set(k, client); // here
        client.catch(() => flights.delete(k));
        return client;
      }
      async function connect(k: string): Promise<Client> { return await createClient(k); }`,
    );
  });
  it("and by another await somebody else comes in", () => {
    expectReport(
      "no-check-then-act",
      `const clients = new Map<string, Client | Promise<Client>>();
      export async function open(k: string) {
        let found = clients.get(k);
        if (found instanceof Promise) found = await found;
        const options = await readOptions(k);
        if (found === undefined) {
          found = createClient(options);
          clients.set(k, found); // here
        }
        return found;
      }
      export async function close(k: string) { const found = await clients.get(k); clients.delete(k); found?.close(); }`,
    );
  });
});

describe("a reservation that nobody takes away when the work fails", () => {
  it("the caller catches the failure, and takes away nothing", () => {
    expectReport(
      "no-leaked-reservation",
      `const inFlight = new Map<number, { bytes: number }>();
      async function run(i: number): Promise<void> {
        if (inFlight.has(i)) return;
        inFlight.set(i, { bytes: 0 }); // here
        await attribute(i);
        inFlight.delete(i);
      }
      export async function launch(i: number): Promise<void> {
        try {
          await run(i);
        } catch (e) {
          console.error(e);
        }
      }`,
    );
  });
  it("what its promise does when it fails is to speak of it", () => {
    expectReport(
      "no-leaked-reservation",
      `const seedings = new Map<string, Promise<number>>();
      export async function allocate(k: string) {
        let seeding = seedings.get(k);
        if (seeding === undefined) {
          seeding = seed(k);
          seeding.catch((error) => console.error(error));
          seedings.set(k, seeding); // here
        }
        return await seeding;
      }
      async function seed(k: string): Promise<number> { return (await fetch(k)).json(); }`,
    );
  });
});

describe("a lock that is a promise in a map", () => {
  it("all who waited for it take one of their own", () => {
    expectReport(
      "no-check-then-act",
      `const locks = new Map<string, Promise<void>>();
      export function acquireLock(id: string) {
        let release: () => void = () => {};
        const promise = new Promise<void>((resolve) => {
          release = () => {
            locks.delete(id);
            resolve();
          };
        });
        locks.set(id, promise);
        return { release, promise };
      }
      export async function withLock<T>(id: string, run: () => Promise<T>): Promise<T> {
        const existing = locks.get(id);
        if (existing) await existing;
        const { release } = acquireLock(id); // here
        try {
          return await run();
        } finally {
          release();
        }
      }`,
    );
  });
});
