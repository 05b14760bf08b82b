import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Files, findMessages, lintFile, lintProject, write } from "./fixture.js";

/** Two runs of `open(id)` make two connections. */
const STORE = `export class SessionStore {
  private readonly sessions = new Map<string, Connection>();
  async open(id: string): Promise<void> {
    if (this.sessions.has(id)) return;
    const connection = await createConnection(id);
    this.sessions.set(id, connection);
  }
}
`;
const REPORT = ["no-check-then-act:6"];

/** The same as a function of the module. */
const FUNCTION = `const sessions = new Map<string, Connection>();
export async function open(id: string): Promise<void> {
  if (sessions.has(id)) return;
  const connection = await createConnection(id);
  sessions.set(id, connection);
}
`;
const FUNCTION_REPORT = ["no-check-then-act:5"];

function lintStore(caller: string, more: Files = {}): string[] {
  return lintProject({ "store.ts": STORE, "caller.ts": caller, ...more });
}

function lintFunction(caller: string, more: Files = {}): string[] {
  return lintProject({ "store.ts": FUNCTION, "caller.ts": caller, ...more });
}

describe("without callers elsewhere", () => {
  it("a method is reported", () => expect(lintProject({ "store.ts": STORE })).toEqual(REPORT));
  it("a function is reported", () => expect(lintProject({ "store.ts": FUNCTION })).toEqual(FUNCTION_REPORT));
});

describe("a report is dropped where all callers keep runs apart", () => {
  it.each<[string, string]>([
    ["behind a decorator", "class A { constructor(private readonly store: SessionStore) {}\n @gate() async start(id: string) { await this.store.open(id); } }"],
    ["a few calls below a decorator", "class A { constructor(private readonly store: SessionStore) {}\n @chainable() async start(id: string) { await this.prepare(id); }\n private async prepare(id: string) { return this.store.open(id); } }"],
    ["under a lock", "export class A { mutex = new Mutex(); constructor(private readonly store: SessionStore) {}\n async start(id: string) { await this.mutex.runExclusive(async () => { await this.store.open(id); }); } }"],
    ["under a lock of the key", "export class A { constructor(private readonly store: SessionStore, private readonly lock = new AsyncLock()) {}\n async start(id: string) { await this.lock.acquire(id, () => this.store.open(id)); } }"],
    ["between acquire and release", "const mutex = new Mutex();\nexport async function start(store: SessionStore, id: string) { const release = await mutex.acquire(); try { await store.open(id); } finally { release(); } }"],
    ["in a queue of promises", "export class A { private tail = Promise.resolve(); constructor(private readonly store: SessionStore) {}\n start(id: string) { this.tail = this.tail.then(() => this.store.open(id)); return this.tail; } }"],
    ["in a queue that is a function", "export class A { private chain = Promise.resolve(); constructor(private readonly store: SessionStore) {}\n start(id: string) { return this.enqueue(() => this.store.open(id)); }\n private enqueue(work: () => Promise<void>) { const next = this.chain.then(work); this.chain = next; return next; } }"],
    ["while one is in flight", "export class A { private flights = new Map<string, Promise<void>>(); constructor(private readonly store: SessionStore) {}\n start(id: string) { const known = this.flights.get(id); if (known) return known; const flight = this.store.open(id).finally(() => this.flights.delete(id)); this.flights.set(id, flight); return flight; } }"],
    ["in the queue of a class", "export class A { private queue = new Queue((id) => this.process(id)); constructor(private readonly store: SessionStore) {}\n start(id: string) { this.queue.push(id); }\n private async process(id: string) { await this.store.open(id); } }"],
    ["while a promise is kept", "let opening: Promise<void> | undefined;\nexport function start(store: SessionStore) { return (opening ??= store.open('main')); }"],
    ["behind a busy flag", "export class A { private busy = false; constructor(private readonly store: SessionStore) {}\n async start(id: string) { if (this.busy) return; this.busy = true; try { await this.store.open(id); } finally { this.busy = false; } } }"],
    ["once, at the top of a module", "const store = new SessionStore();\nawait store.open('main');"],
    ["one after the other, in main", "async function main() { const store = new SessionStore(); for (const id of readIds()) await store.open(id); }\nvoid main();"],
    ["under a fresh key", "export async function start(store: SessionStore) { await Promise.all([store.open(crypto.randomUUID()), ping()]); }"],
    ["on an instance of its own, one after the other", "export async function demo(names: string[]) { const store = new SessionStore(); for (const name of names) await store.open(name); await store.open('last'); }"],
    ["under a fresh key that is handed on", "export class A { constructor(private readonly store: SessionStore) {}\n async start() { const id = randomUUID(); void this.prepare(id); }\n private async prepare(id: string) { await this.store.open(id); } }"],
  ])("%s", (_how, caller) => {
    expect(lintStore(`import { SessionStore } from "./store.js";\n${caller}`)).toEqual([]);
  });

  it("where the key is a property of what is handed in", () => {
    const store = STORE.replace("open(id: string)", "open({ id }: { id: string })");
    const caller = 'import type { SessionStore } from "./store.js";\nexport function start(store: SessionStore) { void store.open({ id: randomUUID() }); }';
    expect(lintProject({ "store.ts": store, "caller.ts": caller })).toEqual([]);
  });

  it("two files up", () => {
    const caller = 'import { SessionStore } from "./store.js";\nexport class Pool { constructor(private readonly store: SessionStore) {}\n async take(id: string) { return this.store.open(id); } }';
    const upper = 'import { Pool } from "./caller.js";\nexport class Runner { constructor(private readonly pool: Pool) {}\n @serialize() async run(id: string) { await this.pool.take(id); } }';
    expect(lintStore(caller, { "upper.ts": upper })).toEqual([]);
  });

  it.each<[string, string, Files]>([
    ["by an import", 'import { open } from "./store.js";\nconst queue = new Mutex();\nexport const start = (id: string) => queue.runExclusive(() => open(id));', {}],
    ["by another name", 'import { open as connect } from "./store";\nawait connect("main");', {}],
    ["by a barrel", 'import { open } from "./index";\nawait open("main");', { "index.ts": 'export * from "./store";' }],
    ["of a namespace", 'import * as store from "./store";\nawait store.open("main");', {}],
    ["by require", 'const { open } = require("./store");\nasync function main() { await open("main"); }\nmain();', {}],
    ["by import()", 'const store = await import("./store.js");\nawait store.open("main");', {}],
  ])("of a function that is called %s", (_how, caller, more) => {
    expect(lintFunction(caller, more)).toEqual([]);
  });

  it("of a method that is called by its name as a text", () => {
    const store = `export function createStore(): SessionHandler {
  const sessions = new Map<string, Connection>();
  return {
    async open(id: string) {
      if (sessions.has(id)) return;
      const connection = await createConnection(id);
      sessions.set(id, connection);
    },
  };
}`;
    const caller = (run: string): string => `type SessionHandler = { open(id: string): Promise<void> };
export class Registry { private chains = new Map<string, Promise<void>>();
  start(handler: SessionHandler, id: string) { ${run} }
  private enqueue(id: string, work: () => Promise<void>) { const last = this.chains.get(id) ?? Promise.resolve(); this.chains.set(id, last.then(work)); }
  private async invoke(handler: SessionHandler, operation: "open", id: string) { await handler[operation](id); } }`;
    expect(lintProject({ "store.ts": store, "caller.ts": caller('this.enqueue(id, () => this.invoke(handler, "open", id));') })).toEqual([]);
    expect(lintProject({ "store.ts": store, "caller.ts": caller('void this.invoke(handler, "open", id);') })).toEqual(["no-check-then-act:7"]);
  });
});

describe("a report stays where a caller does not keep runs apart", () => {
  it.each<[string, string]>([
    ["a call that nobody waits for", "class A { constructor(private readonly store: SessionStore) {}\n @gate() async start(id: string) { void this.store.open(id); } }"],
    ["a lock that does not wait", "export class A { mutex = new Mutex(); constructor(private readonly store: SessionStore) {}\n async start(id: string) { await this.mutex.runExclusive(() => { this.store.open(id); }); } }"],
    ["a lock of another key", "export class A { constructor(private readonly store: SessionStore, private readonly lock = new AsyncLock()) {}\n async start(id: string, user: string) { await this.lock.acquire(user, () => this.store.open(id)); } }"],
    ["a lock of each run", "export async function start(store: SessionStore, id: string) { const mutex = new Mutex(); await mutex.runExclusive(() => store.open(id)); }"],
    ["a lock that is given back before", "const mutex = new Mutex();\nexport async function start(store: SessionStore, id: string) { const release = await mutex.acquire(); try { await ping(); } finally { release(); } await store.open(id); }"],
    ["what makes a queue", "export const make = (store: SessionStore, id: string) => createAsyncQueue(async (push) => store.open(id));"],
    ["a flag that is given back too early", "export class A { private busy = false; constructor(private readonly store: SessionStore) {}\n async start(id: string) { if (this.busy) return; this.busy = true; await ping(); this.busy = false; await this.store.open(id); } }"],
    ["a flag that is taken after a wait", "export class A { private busy = false; constructor(private readonly store: SessionStore) {}\n async start(id: string) { if (this.busy) return; await ping(); this.busy = true; try { await this.store.open(id); } finally { this.busy = false; } } }"],
    ["a flag of one run", "export async function start(store: SessionStore, id: string) { let busy = false; if (busy) return; busy = true; await store.open(id); }"],
    ["a flag for another key", "export class A { private busy = new Set<string>(); constructor(private readonly store: SessionStore) {}\n async start(user: string, id: string) { if (this.busy.has(user)) return; this.busy.add(user); try { await this.store.open(id); } finally { this.busy.delete(user); } } }"],
    ["a flag that says the opposite", "export class A { private ready = false; constructor(private readonly store: SessionStore) {}\n async start(id: string) { if (!this.ready) return; this.ready = true; await this.store.open(id); } }"],
    ["a flag that counts only with another", "export class A { private busy = false; constructor(private readonly store: SessionStore) {}\n async start(id: string, isStrict: boolean) { if (this.busy && isStrict) return; this.busy = true; try { await this.store.open(id); } finally { this.busy = false; } } }"],
    ["a comparison that is no flag", "export class A { private last = ''; constructor(private readonly store: SessionStore) {}\n async start(id: string, text: string) { if (this.last === text) return; this.last = text; await this.store.open(id); } }"],
    ["a semaphore that may let in several", "export class A { constructor(private readonly store: SessionStore, private readonly semaphore: Semaphore) {}\n async start(id: string) { await this.semaphore.runExclusive(() => this.store.open(id)); } }"],
    ["a step of something", "export const run = (store: SessionStore) => { step('open', async () => { await store.open('main'); }); };"],
    ["a listener", "export function listen(store: SessionStore, socket: Socket) { socket.on('message', async (id) => { await store.open(id); }); }"],
    ["a route", "app.post('/open', async (request, response) => { await new SessionStore().open(request.body.id); });"],
    ["a fan-out", "async function main() { const store = new SessionStore(); await Promise.all(readIds().map((id) => store.open(id))); }\nvoid main();"],
    ["a loop that does not wait", "async function main() { const store = new SessionStore(); for (const id of readIds()) store.open(id); }\nvoid main();"],
    ["two calls at a time", "const store = new SessionStore();\nawait Promise.all([store.open(readId()), store.open(readId())]);"],
    ["a timer", "export class A { constructor(private readonly store: SessionStore) {}\n @gate() async start(id: string) { setTimeout(() => this.store.open(id)); } }"],
    ["a queue that takes several", "export class A { private queue = new Queue((id) => this.process(id), { concurrency: 4 }); constructor(private readonly store: SessionStore) {}\n start(id: string) { this.queue.push(id); }\n private async process(id: string) { await this.store.open(id); } }"],
    ["a function that nobody calls", "export async function start(store: SessionStore, id: string) { await store.open(id); }"],
    ["a method that is handed on", "export const opener = (store: SessionStore) => store.open.bind(store);"],
    ["two guards that know nothing of each other", "class A { constructor(private readonly store: SessionStore) {}\n @gate() async start(id: string) { await this.store.open(id); }\n @gate() async again(id: string) { await this.store.open(id); } }"],
    ["a guarded caller beside an unguarded one", "class A { constructor(private readonly store: SessionStore) {}\n @gate() async start(id: string) { await this.store.open(id); }\n again(id: string) { void this.store.open(id); } }"],
    ["a key that is fresh only if none is given", "export async function start(store: SessionStore, given?: string) { await store.open(given ?? randomUUID()); }"],
    ["a key that is put together of what is given", "export function listen(store: SessionStore, user: string, id: string) { const key = ['user', user, id].join(':'); void store.open(key); }"],
    ["a message that may say the same again", "export function listen(store: SessionStore, message: string) { void store.open(JSON.stringify(message)); }"],
    ["a key made once for all", "const ID = randomUUID();\nexport async function start(store: SessionStore) { await store.open(ID); }"],
    ["a property taken out", "export const start = (store: SessionStore) => { const { open } = store; return open('main'); };"],
  ])("%s", (_how, caller) => {
    expect(lintStore(`import { SessionStore } from "./store.js";\n${caller}`)).toEqual(REPORT);
  });

  it("a function that is exported once more, under another name", () => {
    expect(lintFunction('import { open } from "./store";\nawait open("main");', { "index.ts": 'export { open as connect } from "./store";' })).toEqual(FUNCTION_REPORT);
  });

  it("a function that is handed on", () => {
    expect(lintFunction('import { open } from "./store";\nawait open("main");\nexport const actions = { open };')).toEqual(FUNCTION_REPORT);
  });

  it("a caller in a file that cannot be parsed", () => {
    expect(lintFunction('import { open } from "./store";\nawait open("main");', { "broken.ts": 'import { open } from "./store";\nopen(' })).toEqual(FUNCTION_REPORT);
  });

  it("a caller in a component", () => {
    expect(lintFunction('import { open } from "./store";\nawait open("main");', { "Page.vue": '<script setup>import { open } from "./store";</script><template><a @click="open(id)" /></template>' })).toEqual(FUNCTION_REPORT);
  });

  it("a caller in a file that is too large to be parsed", () => {
    expect(lintFunction('import { open } from "./store";\nawait open("main");', { "large.ts": `import { open } from "./store";\n${"step();\n".repeat(60_000)}` })).toEqual(FUNCTION_REPORT);
  });

  it("an import by an alias that ends as the file does", () => {
    expect(lintFunction('import { open } from "./store";\nawait open("main");', { "other.ts": 'import * as store from "@app/store";\nexport const go = (id: string) => { void store.open(id); };' })).toEqual(FUNCTION_REPORT);
  });

  it("callers that only tests have", () => {
    expect(lintProject({ "store.ts": FUNCTION, "store.test.ts": 'import { open } from "./store";\nawait open("main");' })).toEqual(FUNCTION_REPORT);
  });

  it("more callers than are worth a look", () => {
    const callers = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`caller${index}.ts`, 'import { open } from "./store";\nawait open("main");']));
    expect(lintFunction('import { open } from "./store";\nawait open("main");', callers)).toEqual(FUNCTION_REPORT);
  });
});

describe("who is meant by a name that several have", () => {
  const caller = 'import { SessionStore } from "./store.js";\nclass A { constructor(private readonly store: SessionStore) {}\n @gate() async start(id: string) { await this.store.open(id); } }';

  it("is told by the declared type", () => {
    expect(lintStore(`${caller}\nexport class Files { async open(path: string) {} }\nexport const read = (files: Files, path: string) => { void files.open(path); };`)).toEqual([]);
  });

  it("is told by what it is made as", () => {
    expect(lintStore(`${caller}\nclass Files { async open(path: string) {} }\nconst files = new Files();\nexport const read = (path: string) => { void files.open(path); };`)).toEqual([]);
  });

  it("is told by where it is imported from", () => {
    expect(lintStore(`import { open } from "node:fs/promises";\nimport * as fs from "node:fs";\n${caller}\nexport const read = (path: string) => { void open(path); fs.open(path, () => {}); };`)).toEqual([]);
  });

  it("is anyone where nothing tells", () => {
    expect(lintStore(`${caller}\nexport const read = (files, path: string) => { void files.open(path); };`)).toEqual(REPORT);
  });

  it("is not asked in files that do not speak of the class, where other things have the name too", () => {
    const files = { "files.ts": "export class Files { async open(path: string) {} }", "reader.ts": "export const read = (it, path: string) => { void it.open(path); };" };
    expect(lintStore(caller, files)).toEqual([]);
  });

  it("is asked in such files, where what is called is named after the class", () => {
    const files = { "files.ts": "export class Files { async open(path: string) {} }", "reader.ts": "export const read = (app, path: string) => { void app.store.open(path); };" };
    expect(lintStore(caller, files)).toEqual(REPORT);
  });
});

describe("two functions", () => {
  const store = `export class SessionStore {
  private readonly sessions = new Map<string, Connection>();
  async open(id: string): Promise<void> {
    if (this.sessions.has(id)) return;
    const connection = await createConnection(id);
    this.sessions.set(id, connection);
  }
  async replace(id: string): Promise<void> {
    this.sessions.set(id, await createConnection(id));
  }
}
`;
  it("are apart behind one guard", () => {
    const caller = 'import { SessionStore } from "./store";\nclass A { constructor(private readonly store: SessionStore) {}\n @chainable() async start(id: string) { await this.store.open(id); }\n @chainable() async again(id: string) { await this.store.replace(id); } }';
    expect(lintProject({ "store.ts": store, "caller.ts": caller })).toEqual([]);
  });
});

describe("an entry that is written without a look", () => {
  const store = `export class SessionStore {
  private readonly sessions = new Map<string, Connection>();
  async open(host: string): Promise<void> {
    const connection = await createConnection(host);
    this.sessions.set(host, connection);
  }
  close(host: string): void {
    this.sessions.get(host)?.close();
    this.sessions.delete(host);
  }
}
`;
  const start = (argument: string): string => `import type { SessionStore } from "./store";\nclass A { constructor(private readonly store: SessionStore) {}\n @gate() async start(host: string) { await this.store.open(${argument}); } }`;

  it("is overwritten behind a guard too, one after the other", () => {
    const alone = lintProject({ "store.ts": store });
    expect(alone).toHaveLength(1);
    expect(lintProject({ "store.ts": store, "caller.ts": start("host") })).toEqual(alone);
  });

  it("is nobody's under a key of its own", () => {
    expect(lintProject({ "store.ts": store, "caller.ts": start("randomUUID()") })).toEqual([]);
  });
});

describe("a kept promise", () => {
  const cache = (work: string): string => `import { load } from "./load.js";\nconst cache = new Map<string, Promise<string>>();\nexport function get(id: string): Promise<string> {\n  let found = cache.get(id);\n  if (!found) {\n    found = ${work};\n    cache.set(id, found);\n  }\n  return found;\n}\n`;
  const report = ["no-leaked-reservation:7"];

  it("is reported where the imported work can fail", () => {
    expect(lintProject({ "cache.ts": cache("load(id)"), "load.ts": "export async function load(id: string) { const response = await fetch(id); return response.text(); }" })).toEqual(report);
  });

  it("is not reported where the imported work catches all", () => {
    expect(lintProject({ "cache.ts": cache("load(id)"), "load.ts": 'export async function load(id: string) { try { const response = await fetch(id); return await response.text(); } catch { return ""; } }' })).toEqual([]);
  });

  it("is reported where the imported work throws again", () => {
    expect(lintProject({ "cache.ts": cache("load(id)"), "load.ts": "export async function load(id: string) { try { const response = await fetch(id); return await response.text(); } catch (error) { log(error); throw error; } }" })).toEqual(report);
  });

  it("is reported in strict alone where the imported work fails the same way again", () => {
    const files = { "cache.ts": cache("load(id)"), "load.ts": 'import { readFile } from "node:fs/promises";\nexport async function load(id: string) { return readFile(id, "utf8"); }' };
    expect(lintProject(files)).toEqual([]);
    expect(lintProject(files, { preset: "strict" })).toContain(report[0]);
  });

  it("is not reported where only callers with keys of their own ask for it", () => {
    const load = "export async function load(id: string) { const response = await fetch(id); return response.text(); }";
    expect(lintProject({ "cache.ts": cache("load(id)"), "load.ts": load, "caller.ts": 'import { get } from "./cache";\nexport const start = () => get(randomUUID());' })).toEqual([]);
    expect(lintProject({ "cache.ts": cache("load(id)"), "load.ts": load, "caller.ts": 'import { get } from "./cache";\n@gate() export class A { @gate() async start(id: string) { await get(id); } }' })).toEqual(report);
  });
});

describe("a report names a caller", () => {
  it.each<[string, string, string]>([
    ["that runs it on events", "export function listen(store: SessionStore, socket: Socket) {\n socket.on('message', async (id) => { await store.open(id); }); }", "`caller.ts:3` runs it on every event"],
    ["that starts several runs", "export const all = (store: SessionStore, ids: string[]) =>\n Promise.all(ids.map((id) => store.open(id)));", "`caller.ts:3` starts several runs at once"],
    ["that does not wait", "export function all(store: SessionStore, ids: string[]) {\n for (const id of ids) void store.open(id); }", "`caller.ts:3` starts runs in a loop without `await`"],
  ])("%s", (_how, caller, words) => {
    expect(findMessages({ "store.ts": STORE, "caller.ts": `import { SessionStore } from "./store.js";\n${caller}` })).toEqual([expect.stringContaining(`(${words})`)]);
  });

  it("not where the name may mean another", () => {
    const caller = "export function listen(store: SessionStore, socket: Socket) { socket.on('message', async (id) => { await store.open(id); }); }";
    expect(findMessages({ "store.ts": STORE, "caller.ts": caller, "file.ts": "export class File { async open(path: string) {} }" })).toEqual([expect.stringContaining("(`open` is a public method)")]);
  });
});

describe("a mark for the time of some work", () => {
  const job = `import { run } from "./run.js";
const busy = new Set<string>();
export async function start(id: string): Promise<void> {
  if (busy.has(id)) return;
  busy.add(id);
  await run(id);
  busy.delete(id);
}
`;
  it("is reported where the imported work can fail", () => {
    expect(lintProject({ "job.ts": job, "run.ts": "export async function run(id: string) { await fetch(id); }" })).toEqual(["no-leaked-reservation:5"]);
  });

  it("is not reported where the imported work catches all", () => {
    expect(lintProject({ "job.ts": job, "run.ts": "export async function run(id: string) { try { await fetch(id); } catch (error) { log(error); } }" })).toEqual([]);
  });
});

describe("a look is taken only", () => {
  const files = { "store.ts": FUNCTION, "caller.ts": 'import { open } from "./store";\nawait open("main");' };

  it("where the settings do not forbid it", () => {
    expect(lintProject(files, { settings: { scope: "file" } })).toEqual(FUNCTION_REPORT);
  });

  it("for a file on disk", () => {
    const root = write(files);
    expect(lintFile(root, "new.ts", FUNCTION)).toEqual(FUNCTION_REPORT);
    expect(lintFile(root, "store.ts", FUNCTION, { filename: "store.ts" })).toEqual(FUNCTION_REPORT);
    expect(lintFile(root, "store.ts", FUNCTION)).toEqual([]);
  });

  it("with a parser that reads the other files", () => {
    const store = FUNCTION.replaceAll(/: string|: Promise<void>|<string, Connection>/g, "");
    expect(lintProject({ "store.js": store, "caller.js": files["caller.ts"] }, { parser: "espree" })).toEqual([]);
    expect(lintProject({ "store.js": store, "caller.ts": `${files["caller.ts"]}\nlet x: string;` }, { parser: "espree" })).toEqual(FUNCTION_REPORT);
  });

  it("at the text that the editor has", () => {
    const root = write(files);
    expect(lintFile(root, "store.ts", `${FUNCTION}\nexport const again = (id: string) => { void open(id); };`)).toEqual(FUNCTION_REPORT);
    expect(join(root, "store.ts")).toContain(root);
  });
});

describe("an instance that a function makes", () => {
  it("is not the only one of its kind where it is handed on", () => {
    expect(lintStore(`import { SessionStore } from "./store.js";\nexport async function start(names: string[]) { const store = new SessionStore(); serve(store); for (const name of names) await store.open(name); }`)).toEqual(REPORT);
  });
  it("runs several at once where they are gathered", () => {
    expect(lintStore(`import { SessionStore } from "./store.js";\nexport async function start(name: string) { const store = new SessionStore(); await Promise.all([store.open(name), store.open(name)]); }`)).toEqual(REPORT);
  });
  it("runs several at once in a loop that does not wait", () => {
    expect(lintStore(`import { SessionStore } from "./store.js";\nexport function start(names: string[]) { const store = new SessionStore(); for (const name of names) void store.open(name); }`)).toEqual(REPORT);
  });
});

describe("runs that are started together", () => {
  it("each under a constant of its own are apart", () => {
    expect(lintFunction(`import { open } from "./store.js";\nasync function main() { await Promise.all([open("active"), open("waiting")]); }\nvoid main();`)).toEqual([]);
  });
  it("under what one caller was given are not", () => {
    expect(lintFunction(`import { open } from "./store.js";\nasync function main(id: string) { await Promise.all([open(id), open(id)]); }\nvoid main(readId());`)).toEqual(FUNCTION_REPORT);
  });
});
