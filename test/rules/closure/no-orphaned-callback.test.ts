import { testReports, testSilent } from "../cases.js";

testReports("no-orphaned-callback", "timers and listeners that stay", {
  "an interval that is the entry": `const polls = new Map<string, NodeJS.Timeout>();
    declare function poll(id: string): void;
    export function start(id: string) {
      if (polls.has(id)) return;
      polls.set(id, setInterval(() => poll(id), 1000));
    }
    export function remove(id: string) {
      polls.delete(id); // here
    }`,
  "an interval in the entry": `interface Session { beat: NodeJS.Timeout; send(text: string): void }
    const sessions = new Map<string, Session>();
    export function open(id: string, send: (text: string) => void) {
      const beat = setInterval(() => send("ping"), 1000);
      sessions.set(id, { beat, send });
    }
    export function close(id: string) {
      sessions.delete(id); // here
    }`,
  "a field": `export class Rooms {
      #rooms = new Map<string, { timer: NodeJS.Timeout }>();
      #tick(id: string) { console.log(id); }
      add(id: string) {
        this.#rooms.set(id, { timer: setInterval(() => this.#tick(id), 10) });
      }
      remove(id: string) {
        this.#rooms.delete(id); // here
      }
    }`.replace("this.#rooms.set(id", "if (!this.#rooms.has(id)) this.#rooms.set(id"),
  "clear": `const polls = new Map<string, NodeJS.Timeout>();
    export function start(id: string) { if (!polls.has(id)) polls.set(id, setInterval(() => console.log(id), 1000)); }
    export function restart() {
      polls.clear(); // here
    }`,
  "a timeout that does more than drop its entry": `const timers = new Map<string, NodeJS.Timeout>();
    declare function expire(id: string): void;
    export function arm(id: string) {
      if (timers.has(id)) return;
      timers.set(id, setTimeout(() => expire(id), 1000));
    }
    export function disarmed(id: string) {
      timers.delete(id); // here
    }`,
  "an interval that takes the place of another": `const polls = new Map<string, NodeJS.Timeout>();
    export function start(id: string) {
      polls.set(id, setInterval(() => console.log(id), 1000)); // here
    }
    export function stop(id: string) { clearInterval(polls.get(id)); polls.delete(id); }`,
  "a timeout that takes the place of another, where others cancel it": `const timers = new Map<string, NodeJS.Timeout>();
    declare function expand(id: string): void;
    export function enter(id: string) {
      timers.set(id, setTimeout(() => expand(id), 500)); // here
    }
    export function leave(id: string) {
      const timer = timers.get(id);
      if (timer === undefined) return;
      clearTimeout(timer);
      timers.delete(id);
    }`,
  "a timeout that drops what may be another's entry": `const timers = new Map<string, NodeJS.Timeout>();
    declare function fire(id: string): void;
    export function schedule(id: string) {
      timers.set(id, setTimeout(() => { // here
        timers.delete(id);
        fire(id);
      }, 500));
    }
    export function cancel(id: string) { clearTimeout(timers.get(id)); timers.delete(id); }`,
  "a subscription that takes the place of another": `declare const events: { on(channel: string, f: (data: string) => void): () => void };
    export class Registry {
      #offs = new Map<string, () => void>();
      register(id: string, pty: { write(data: string): void; onExit(f: () => void): void }) {
        pty.onExit(() => this.unregister(id));
        const off = events.on(id, (data) => pty.write(data));
        this.#offs.set(id, off); // here
      }
      unregister(id: string) { this.#offs.get(id)?.(); this.#offs.delete(id); }
    }`,
  "a disposable subscription": `declare const emitter: { onDidChange(f: () => void): { dispose(): void } };
    const subscriptions = new Map<string, { dispose(): void }>();
    export function watch(id: string, f: () => void) {
      subscriptions.set(id, emitter.onDidChange(f)); // here
    }
    export function unwatch(id: string) { const found = subscriptions.get(id); found?.dispose(); subscriptions.delete(id); }`.replace("onDidChange(f))", "onDidChange(() => f()))"),
  "an interval that nobody holds": `interface Conn { ping(): void }
    const conns = new Map<string, Conn>();
    export function add(id: string, conn: Conn) {
      conns.set(id, conn);
      setInterval(() => conn.ping(), 1000); // here
    }
    export function remove(id: string) { conns.delete(id); }`,
  "a listener on the process": `interface Conn { close(): void }
    const conns = new Map<string, Conn>();
    export function add(id: string, conn: Conn) {
      conns.set(id, conn);
      process.on("SIGTERM", () => conn.close()); // here
    }
    export function remove(id: string) { conns.delete(id); }`,
});

const EVENTS = "declare const events: { on(channel: string, f: (data: string) => void): () => void };\n";

testSilent("no-orphaned-callback", "cancelled, over, or harmless", {
  "a subscription that is ended first": `${EVENTS}const offs = new Map<string, () => void>();
    export function register(id: string, write: (data: string) => void) { offs.get(id)?.(); offs.set(id, events.on(id, (data) => write(data))); }
    export function unregister(id: string) { offs.get(id)?.(); offs.delete(id); }`,
  "a subscription that a helper ends first": `${EVENTS}const offs = new Map<string, () => void>();
    export function register(id: string, write: (data: string) => void) { unregister(id); offs.set(id, events.on(id, (data) => write(data))); }
    export function unregister(id: string) { offs.get(id)?.(); offs.delete(id); }`,
  "a subscription of an entry that must be new": `${EVENTS}const conns = new Map<string, object>();
    const offs = new Map<string, () => void>();
    export function register(id: string, conn: object) { if (conns.has(id)) throw new Error(id); conns.set(id, conn); offs.set(id, events.on(id, (data) => console.log(data, conn))); }
    export function unregister(id: string) { offs.get(id)?.(); offs.delete(id); conns.delete(id); }`,
  "a subscription under a key of its own": `${EVENTS}const offs = new Map<string, () => void>();
    export function register(write: (data: string) => void) { const id = crypto.randomUUID(); offs.set(id, events.on(id, (data) => write(data))); return id; }
    export function unregister(id: string) { offs.get(id)?.(); offs.delete(id); }`,
  "what on() gives is no way to end it": `declare const emitter: { on(name: string, f: () => void): object };
    const emitters = new Map<string, object>();
    export function register(id: string) { emitters.set(id, emitter.on(id, () => console.log(id))); }
    export function find(id: string) { return emitters.get(id); }`,
  "clearTimeout first": `const timers = new Map<string, NodeJS.Timeout>();
    declare function expire(id: string): void;
    export function arm(id: string) { clearTimeout(timers.get(id)); timers.set(id, setTimeout(() => expire(id), 1000)); }
    export function disarm(id: string) { clearTimeout(timers.get(id)); timers.delete(id); }`,
  "clearInterval afterwards": `const polls = new Map<string, NodeJS.Timeout>();
    export function start(id: string) { if (!polls.has(id)) polls.set(id, setInterval(() => console.log(id), 1000)); }
    export function stop(id: string) { const poll = polls.get(id); polls.delete(id); if (poll) clearInterval(poll); }`,
  "the timer drops its own entry": `const timers = new Map<string, NodeJS.Timeout>();
    declare function expire(id: string): void;
    export function arm(id: string) {
      if (timers.has(id)) return;
      timers.set(id, setTimeout(() => { timers.delete(id); expire(id); }, 1000));
    }`,
  "the timer calls what drops its entry": `export class Timers {
      #timers = new Map<string, NodeJS.Timeout>();
      arm(id: string) { if (!this.#timers.has(id)) this.#timers.set(id, setTimeout(() => this.#expire(id), 1000)); }
      #expire(id: string) { this.#timers.delete(id); console.log(id); }
    }`,
  "a timeout that only drops its entry": `const seen = new Map<string, NodeJS.Timeout>();
    export function mark(id: string) { if (!seen.has(id)) seen.set(id, setTimeout(() => seen.delete(id), 1000)); }
    export function forget(id: string) { seen.delete(id); }`,
  "a timeout that looks whether the entry is still there": `interface Job { timer: NodeJS.Timeout; run(): void }
    const jobs = new Map<string, Job>();
    export function add(id: string, run: () => void) {
      if (jobs.has(id)) return;
      jobs.set(id, { run, timer: setTimeout(() => { if (jobs.has(id)) run(); }, 1000) });
    }
    export function remove(id: string) { jobs.delete(id); }`,
  "a helper that cancels": `interface Session { beat: NodeJS.Timeout }
    const sessions = new Map<string, Session>();
    export function open(id: string) { if (!sessions.has(id)) sessions.set(id, { beat: setInterval(() => console.log(id), 1000) }); }
    function stopBeat(session: Session | undefined) { if (session) clearInterval(session.beat); }
    export function close(id: string) { stopBeat(sessions.get(id)); sessions.delete(id); }`,
  "the entry's own method": `interface Session { beat: NodeJS.Timeout; dispose(): void }
    const sessions = new Map<string, Session>();
    export function open(id: string, dispose: () => void) { if (!sessions.has(id)) sessions.set(id, { dispose, beat: setInterval(() => console.log(id), 1000) }); }
    export function close(id: string) { sessions.get(id)?.dispose(); sessions.delete(id); }`,
  "the caller cancels": `const polls = new Map<string, NodeJS.Timeout>();
    export function start(id: string) { if (!polls.has(id)) polls.set(id, setInterval(() => console.log(id), 1000)); }
    export function stop(id: string) { clearInterval(polls.get(id)); drop(id); }
    function drop(id: string) { polls.delete(id); }`,
  "an interval of the module": `const conns = new Map<string, { ping(): void }>();
    setInterval(() => { for (const conn of conns.values()) conn.ping(); }, 1000);
    export function add(id: string, conn: { ping(): void }) { conns.set(id, conn); }
    export function remove(id: string) { conns.delete(id); }`,
  "an interval that looks the entry up": `const conns = new Map<string, { ping(): void }>();
    export function add(id: string, conn: { ping(): void }) { conns.set(id, conn); setInterval(() => conns.get(id)?.ping(), 1000); }
    export function remove(id: string) { conns.delete(id); }`,
  "a listener on the entry itself": `import type { EventEmitter } from "node:events";
    const conns = new Map<string, EventEmitter>();
    export function add(id: string, conn: EventEmitter) { conns.set(id, conn); conn.on("close", () => conns.delete(id)); }`,
  "a listener that is removed": `interface Conn { close(): void }
    const conns = new Map<string, { conn: Conn; end: () => void }>();
    export function add(id: string, conn: Conn) {
      const end = () => conn.close();
      conns.set(id, { conn, end });
      process.on("SIGTERM", end);
    }
    export function remove(id: string) { process.off("SIGTERM", conns.get(id)!.end); conns.delete(id); }`,
  "a map that nothing leaves": `const polls = new Map<string, NodeJS.Timeout>();
    export function start(id: string) { if (!polls.has(id)) polls.set(id, setInterval(() => console.log(id), 1000)); }`,
});

const ENTRY = `interface Entry { timer?: NodeJS.Timeout; name: string }
const entries = new Map<string, Entry>();
declare function load(name: string): Promise<void>;
export function open(id: string, entry: Entry) { entries.set(id, entry); }
`;
const withEntries = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, ENTRY + code]));

testReports("no-orphaned-callback", "timers of entries that are handed around", {
  ...withEntries({
    "by the type of the entry": `export function schedule(entry: Entry) {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => void load(entry.name), 10);
    }
    export function remove(id: string) {
      entries.delete(id); // here
    }`,
    "in a function that is wrapped": `declare function action<T>(f: T): T;
    export function createStore() {
      function schedule(entry: Entry) {
        clearTimeout(entry.timer);
        entry.timer = setTimeout(() => { remove(entry); }, 10);
      }
      const remove = action((entry: Entry) => {
        entries.delete(entry.name); // here
      });
      return { schedule, remove };
    }`,
  }),
  "a timer that later deletes what has come under the same key": `module.exports = class Storage {
    constructor() { this.all = {}; }
    set(key, value) {
      if (this.all[key] && this.all[key].timer) clearTimeout(this.all[key].timer);
      this.all[key] = { value };
      this.all[key].timer = setTimeout(() => { delete this.all[key]; }, 1000);
    }
    delete(key) {
      if (this.all[key]) {
        delete this.all[key]; // here
      }
    }
  };`,
  "a wrapped listener that another takes the place of": `export class Emitter {
    readonly handlers = new WeakMap<Function, Function>();
    constructor(readonly events: { on(name: string, f: Function): void; removeListener(name: string, f: Function): void }) {}
    add(name: string, f: Function) {
      const wrapped = async (...args: unknown[]) => { await f(...args); };
      this.handlers.set(f, wrapped); // here
      this.events.on(name, wrapped);
    }
    remove(name: string, f: Function) {
      const wrapped = this.handlers.get(f);
      if (wrapped) this.events.removeListener(name, wrapped);
    }
  }`,
});

testReports("no-orphaned-callback", "in strict", {
  ...withEntries({
    "a timer that is cancelled where all goes well": `export async function run(id: string, entry: Entry) {
      entry.timer = setTimeout(() => void load(entry.name), 10);
      try {
        await load(id);
        clearTimeout(entry.timer);
      } finally {
        entries.delete(id); // here
      }
    }`,
    "a timer that looks, and that others cancel": `export function schedule(entry: Entry) {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => { if (entries.has(entry.name)) void load(entry.name); }, 10);
    }
    export function remove(id: string) {
      entries.delete(id); // here
    }`,
  }),
  "a subscription that nobody holds": `export class Registry {
    readonly #actors = new Map<string, { send(value: unknown): void }>();
    constructor(readonly store: { onSet(f: (event: { key: string }) => void): () => void }) {}
    get(id: string, actor: { send(value: unknown): void }) {
      if (this.#actors.has(id)) return;
      this.store.onSet((event) => { if (event.key === id) actor.send(event); }); // here
      this.#actors.set(id, actor);
    }
    delete(id: string) { this.#actors.delete(id); }
  }`,
}, { preset: "strict", rules: ["no-orphaned-callback"] });

testSilent("no-orphaned-callback", "timers of entries that are handed around", {
  ...withEntries({
    "cancelled by the field": `export function schedule(entry: Entry) { entry.timer = setTimeout(() => void load(entry.name), 10); } export function remove(id: string) { clearTimeout(entries.get(id)?.timer); entries.delete(id); }`,
    "cancelled in the end, whatever happens": `export async function run(id: string, entry: Entry) { entry.timer = setTimeout(() => void load(entry.name), 10); try { await load(id); } finally { clearTimeout(entry.timer); entries.delete(id); } }`,
    "of another type": `interface Task { timer?: NodeJS.Timeout } export function schedule(task: Task) { task.timer = setTimeout(() => void load("x"), 10); } export function remove(id: string) { entries.delete(id); }`,
    "that look, where nobody cancels": `export function schedule(entry: Entry) { entry.timer = setTimeout(() => { if (entries.has(entry.name)) void load(entry.name); }, 10); } export function remove(id: string) { entries.delete(id); }`,
    "a removal by the timer itself": `export function schedule(entry: Entry) { clearTimeout(entry.timer); entry.timer = setTimeout(() => { entries.delete(entry.name); }, 10); }`,
    "in a wrapped function that cancels": `declare function action<T>(f: T): T; export function createStore() { function schedule(entry: Entry) { entry.timer = setTimeout(() => { remove(entry); }, 10); } const remove = action((entry: Entry) => { clearTimeout(entry.timer); entries.delete(entry.name); }); return { schedule, remove }; }`,
  }),
  "a wrapped listener, with a look first": `export class Emitter { readonly handlers = new Map<Function, Function>(); constructor(readonly events: { on(name: string, f: Function): void; off(name: string, f: Function): void }) {} add(name: string, f: Function) { if (this.handlers.has(f)) return; const wrapped = () => f(); this.handlers.set(f, wrapped); this.events.on(name, wrapped); } remove(name: string, f: Function) { const wrapped = this.handlers.get(f); if (wrapped) this.events.off(name, wrapped); } }`,
  "a wrapped listener that nobody takes off": `export class Emitter { readonly handlers = new Map<Function, Function>(); constructor(readonly events: { on(name: string, f: Function): void }) {} add(name: string, f: Function) { const wrapped = () => f(); this.handlers.set(f, wrapped); this.events.on(name, wrapped); } call(f: Function) { this.handlers.get(f)?.(); } }`,
  "a subscription that is kept": `export class Registry { readonly #offs = new Map<string, () => void>(); constructor(readonly store: { onSet(f: (event: { key: string }) => void): () => void }) {} get(id: string) { if (this.#offs.has(id)) return; const off = this.store.onSet((event) => console.log(event, id)); this.#offs.set(id, off); } delete(id: string) { this.#offs.get(id)?.(); this.#offs.delete(id); } }`,
  "a subscription to what ends with the entry": `export class Registry { readonly #all = new Map<string, object>(); open(id: string, socket: { onMessage(f: (m: string) => void): void }) { socket.onMessage((m) => console.log(m, id)); this.#all.set(id, socket); } delete(id: string) { this.#all.delete(id); } }`,
  "a subscription that looks for the entry": `export class Registry { readonly #all = new Map<string, object>(); constructor(readonly store: { onSet(f: () => void): void }) {} open(id: string, x: object) { this.store.onSet(() => console.log(this.#all.get(id))); this.#all.set(id, x); } delete(id: string) { this.#all.delete(id); } }`,
});
