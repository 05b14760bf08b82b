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

testSilent("no-orphaned-callback", "cancelled, over, or harmless", {
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
