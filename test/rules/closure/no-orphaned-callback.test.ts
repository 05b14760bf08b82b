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
