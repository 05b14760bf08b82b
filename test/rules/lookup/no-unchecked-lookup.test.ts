import { testReports, testSilent } from "../cases.js";
import { testEdits } from "../edits.js";

const HEADER = `interface Session { name: string; close(): void }
const m = new Map<string, Session>();
declare const d: Record<string, Session>;
declare function pause(): Promise<void>;
declare function use(value: unknown): void;
declare const socket: { on(name: string, f: (...args: any[]) => void): void };
export function open(id: string, session: Session) { m.set(id, session); }
export function drop(id: string) { m.delete(id); }
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports("no-unchecked-lookup", "entries that can be gone", {
  ...withHeader({
    "asserted and used at once": `export function close(id: string) {
      m.get(id)!.close(); // here
    }`,
    "asserted, then used": `export function close(id: string) {
      const session = m.get(id)!; // here
      session.close();
    }`,
    "asserted, then destructured": `export function getName(id: string) {
      const { name } = m.get(id)!; // here
      return name;
    }`,
    "cast, then used": `export function close(id: string) {
      const session = m.get(id) as Session; // here
      session.close();
    }`,
    "a key made of the caller's": `export function close(id: string) {
      m.get(\`s:\${id}\`)!.close(); // here
    }`,
    "a key of a list from the caller": `export function closeAll(ids: string[]) {
      for (const id of ids) m.get(id)!.close(); // here
    }`,
    "removed on the line before": `export function close(id: string) {
      m.delete(id);
      m.get(id)!.close(); // here
    }`,
    "checked, removed, used": `export function close(id: string) {
      if (!m.has(id)) return;
      drop(id);
      m.get(id)!.close(); // here
    }`,
    "emptied": `export function reset(id: string) {
      if (!m.has(id)) return;
      m.clear();
      m.get(id)!.close(); // here
    }`,
    "on the wrong side of the check": `export function close(id: string) {
      if (m.has(id)) return;
      m.get(id)!.close(); // here
    }`,
    "checked under another key": `export function close(id: string, other: string) {
      if (!m.has(other)) return;
      m.get(id)!.close(); // here
    }`,
    "with an event": `socket.on("close", (id: string) => {
      m.get(id)!.close(); // here
    });`,
    "through a helper": `function find(key: string) {
      return m.get(key)!.name; // here
    }
    export function getName(id: string) { return find(id); }`,
  }),
  "a part of a request, though nothing is removed": `interface Room { join(who: string): void }
  const rooms = new Map<string, Room>();
  export function add(id: string, room: Room) { rooms.set(id, room); }
  declare const app: { post(path: string, f: (req: { params: { id: string }; body: { who: string } }) => void): void };
  app.post("/rooms/:id", (req) => {
    rooms.get(req.params.id)!.join(req.body.who); // here
  });`,
  "a dictionary, where the compiler does not help": `interface Room { list: string[] }
  export class Rooms {
    rooms: { [id: string]: Room } = {};
    add(id: string) { this.rooms[id] = { list: [] }; }
    remove(id: string) { delete this.rooms[id]; }
    push(id: string, text: string) {
      this.rooms[id].list.push(text); // here
    }
  }`,
  "a variable of a JavaScript file": `const sessions = new Map();
  export function add(id, session) { sessions.set(id, session); }
  export function remove(id) { sessions.delete(id); }
  export function close(id) {
    const session = sessions.get(id);
    session.close(); // here
  }`,
});

testReports("no-unchecked-lookup", "heuristics, in strict", withHeader({
  "asserted and handed on": `export function find(id: string) {
    return m.get(id)!; // here
  }`,
}), { preset: "strict" });

testReports("no-unchecked-lookup", "in strict: where another lookup reckons with a removal", withHeader({
  "a field of an entry that is written": `export function inject(bot: any) {
  bot.players = {};
  const forget = (entity: any) => {
    if (entity.username) bot.players[entity.username].entity = null; // here
  };
  bot.on("gone", (packet: any) => { bot.run(packet, forget); });
  bot.on("seen", (entity: any) => {
    const player = bot.players[entity.username];
    if (!player) bot.players[entity.username] = { entity };
  });
  bot.on("left", (packet: any) => { delete bot.players[packet.name]; });
}`,
  "a method that another class calls": `class Sources {
  _byUrl = new Map<string, Map<string, Session>>();
  _add(url: string, hash: string, s: Session) {
    let map = this._byUrl.get(url);
    if (!map) { map = new Map(); this._byUrl.set(url, map); }
    map.set(hash, s);
  }
  _remove(url: string, hash: string) {
    const map = this._byUrl.get(url)!; // here
    map.delete(hash);
    if (!map.size) this._byUrl.delete(url);
  }
}
export const sources = new Sources();`,
}), { preset: "strict" });

testReports("no-unchecked-lookup", "in a timer", withHeader({
  "of a map whose type nobody checks": `export function poll(url: string, done: (s: Session) => void) {
  const timer = setInterval(() => {
    const found = m.get(url);
    if (found.name === "ready") { // here
      clearInterval(timer);
      done(found);
    }
  });
}`,
}));

testSilent("no-unchecked-lookup", "nobody reckons with a removal, or it is reckoned with here", withHeader({
  "a timer that the removal stops": `const timers = new Map<string, NodeJS.Timeout>();
export function start(id: string) { timers.set(id, setTimeout(() => { m.get(id)!.close(); }, 10)); }
const held = new Map<string, Session>();
export function hold(id: string, s: Session) { held.set(id, s); const timer = setTimeout(() => { held.get(id)!.close(); }, 10); return () => { clearTimeout(timer); held.delete(id); }; }`.replace("m.get(id)!", "m.get(id)?"),
  "a timer that looks": `export function later(id: string) { setTimeout(() => { const s = m.get(id); if (!s) return; s.close(); }, 10); }`,
  "a field of an entry that was looked for": `export function inject(bot: any) {
  bot.players = {};
  bot.on("gone", (entity: any) => { if (bot.players[entity.username]) bot.players[entity.username].entity = null; });
  bot.on("seen", (entity: any) => { const player = bot.players[entity.username]; if (!player) bot.players[entity.username] = { entity }; });
  bot.on("left", (packet: any) => { delete bot.players[packet.name]; });
}`,
  "keys that a filter has let through": `const options: Record<string, Session> = {};
export class Lobby {
  clients: { id: string }[] = [];
  onJoin(id: string, s: Session) { options[id] = s; }
  onLeave(id: string) { delete options[id]; }
  get(id: string) { const found = options[id]; return found ? found.name : ""; }
  send() { const open = this.clients.filter((client) => options[client.id]); open.forEach((client) => use(options[client.id]!.name)); }
}`,
  "an entry that was just made": `export function inject(bot: any) {
  bot.players = {};
  bot.on("seen", (entity: any) => { if (!bot.players[entity.username]) bot.players[entity.username] = {}; bot.players[entity.username].entity = entity; });
  bot.on("left", (packet: any) => { delete bot.players[packet.name]; });
}`,
  "a map that is only filled": `export function inject(bot: any) {
  bot.players = {};
  bot.on("seen", (entity: any) => { const player = bot.players[entity.username]; if (!player) bot.players[entity.username] = { entity }; });
  bot.on("gone", (entity: any) => { bot.players[entity.username].entity = null; });
}`,
}));

testReports("no-unchecked-lookup", "removed by the function itself, twice", withHeader({
  "where another function looks whether there is an entry": `export class Sources {
  #byUrl = new Map<string, Session>();
  add(url: string, s: Session) { this.#byUrl.set(url, s); }
  getName(url: string) { const found = this.#byUrl.get(url); return found ? found.name : ""; }
  remove(url: string) {
    this.#byUrl.get(url)!.close(); // here
    this.#byUrl.delete(url);
  }
}`,
}));

testSilent("no-unchecked-lookup", "removed by the function itself", withHeader({
  "where nobody reckons with a missing entry": `export class Sources { #byUrl = new Map<string, Session>(); add(url: string, s: Session) { this.#byUrl.set(url, s); } count() { return this.#byUrl.size; } remove(url: string) { this.#byUrl.get(url)!.close(); this.#byUrl.delete(url); } }`,
  "where the question is about another key": `export class Sources { #byUrl = new Map<string, Session>(); add(url: string, s: Session) { this.#byUrl.set(url, s); } getFirst() { const found = this.#byUrl.get("first"); return found ? found.name : ""; } remove(url: string) { this.#byUrl.get(url)!.close(); this.#byUrl.delete(url); } }`,
}));

testReports("no-unchecked-lookup", "an entry in a variable", withHeader({
  "one report for all its uses": `const greeters: Record<string, Session> = {};
export function add(id: string, s: Session) { greeters[id] = s; }
export function remove(id: string) { delete greeters[id]; }
export function greet(id: string) {
  const greeter = greeters[id];
  use(greeter.name); // here
  greeter.close();
  return greeter.name;
}`,
  "looked up after its removal": `const greeters: Record<string, Session> = {};
export function add(id: string, s: Session) { greeters[id] = s; }
export function remove(id: string) {
  delete greeters[id];
  const greeter = greeters[id];
  greeter.close(); // here
}`,
  "a test of another key": `export class Graph {
  private nodes: Record<string, unknown> = {};
  private edges: Record<string, string[]> = {};
  addNode(id: string) { this.nodes[id] = id; this.edges[id] = []; }
  removeNode(id: string) { delete this.nodes[id]; delete this.edges[id]; }
  hasNode(id: string) { return this.nodes.hasOwnProperty(id); }
  addEdge(from: string, to: string) {
    if (!this.hasNode(to)) throw new Error(to);
    this.edges[from].push(to); // here
  }
}`,
}));

testSilent("no-unchecked-lookup", "covered", withHeader({
  "an entry that is taken out and then used": `const acks: Record<string, Session> = {}; export function open2(id: string, s: Session) { acks[id] = s; } export function end(id: string) { if (!(id in acks)) return; const ack = acks[id]; delete acks[id]; use(ack.name); ack.close(); }`,
  "an entry taken out of a copy of the keys": `const acks: Record<string, Session> = {}; export function open2(id: string, s: Session) { acks[id] = s; } export function endAll() { Object.keys(acks).forEach((id) => { const ack = acks[id]; delete acks[id]; if (ack.name) ack.close(); }); }`,
  "in a loop over what the entry has": `const vault: Record<string, Record<string, string>> = {}; export function forget(id: string) { delete vault[id]; } export function list(id: string) { for (const account of Object.keys(vault[id] || {})) use(vault[id]![account]); }`,
  "in a loop over the entry": `const groups = new Map<string, string[]>(); export function forget(id: string) { groups.delete(id); } export function list(id: string) { for (const name of groups.get(id) ?? []) use(name + groups.get(id)!.length); }`,
  "in a loop over a copy of the entry": `const groups = new Map<string, Set<string>>(); export function forget(id: string) { groups.delete(id); } export function list(id: string) { for (const name of [...(groups.get(id) ?? new Set<string>()).values()]) use(name + groups.get(id)!.size); }`,
  "a test of the map beside it": `export class Graph {
    private nodes: Record<string, unknown> = {};
    private edges: Record<string, string[]> = {};
    addNode(id: string) { this.nodes[id] = id; this.edges[id] = []; }
    removeNode(id: string) { delete this.nodes[id]; delete this.edges[id]; }
    hasNode(id: string) { return this.nodes.hasOwnProperty(id); }
    addEdge(from: string, to: string) { if (!this.hasNode(from)) throw new Error(from); this.edges[from].push(to); }
  }`,
  "a test by a method of another object": `declare const registry: { has(id: string): boolean }; export function close(id: string) { if (registry.has(id)) m.get(id)!.close(); }`,
  "has before": `export function close(id: string) { if (m.has(id)) m.get(id)!.close(); }`,
  "an early return": `export function close(id: string) { if (!m.has(id)) return; m.get(id)!.close(); }`,
  "an early throw": `export function close(id: string) { if (!m.has(id)) throw new Error(id); m.get(id)!.close(); }`,
  "continue": `export function close(ids: string[]) { for (const id of ids) { if (!m.has(id)) continue; m.get(id)!.close(); } }`,
  "a check kept in a variable": `export function close(id: string) { const had = m.has(id); use(id); if (had) m.get(id)!.close(); }`,
  "a negated check kept in a variable": `export function close(id: string) { const isMissing = !m.has(id); if (isMissing) return; m.get(id)!.close(); }`,
  "a truthy get": `export function close(id: string) { if (m.get(id)) m.get(id)!.close(); }`,
  "a get that is not undefined": `export function close(id: string) { if (m.get(id) !== undefined) m.get(id)!.close(); }`,
  "the left side of &&": `export function close(id: string) { return m.has(id) && m.get(id)!.name; }`,
  "a conditional": `export function getName(id: string) { return m.has(id) ? m.get(id)!.name : ""; }`,
  "set before": `export function reopen(id: string, session: Session) { m.set(id, session); m.get(id)!.close(); }`,
  "set if missing": `export function reopen(id: string, session: Session) { if (!m.has(id)) m.set(id, session); m.get(id)!.close(); }`,
  "set if missing, by the value": `export function reopen(id: string, session: Session) { let found = m.get(id); if (!found) { found = session; m.set(id, found); } m.get(id)!.close(); }`,
  "a helper that checks": `function isKnown(id: string) { return m.has(id); } export function close(id: string) { if (!isKnown(id)) return; m.get(id)!.close(); }`,
  "an assertion": `declare function assert(value: unknown): void; export function close(id: string) { assert(m.has(id)); m.get(id)!.close(); }`,
  "a key of the map's own": `export function closeAll() { for (const id of m.keys()) m.get(id)!.close(); }`,
  "a key of its own entries": `export function closeAll() { for (const [id] of m) m.get(id)!.close(); }`,
  "own keys, sorted": `export function closeAll() { const ids = [...m.keys()].sort(); for (const id of ids) m.get(id)!.close(); }`,
  "own keys in a callback": `export function closeAll() { Array.from(m.keys()).forEach((id) => m.get(id)!.close()); }`,
  "own keys in forEach": `export function closeAll() { m.forEach((_, id) => m.get(id)!.close()); }`,
  "optional chaining": `export function close(id: string) { m.get(id)?.close(); }`,
  "a default": `export function getName(id: string) { return (m.get(id)! ?? { name: "" }).name; }`,
  "asserted for the compiler, then tested": `export function close(id: string) { const session = m.get(id)!; if (!session) return; session.close(); }`,
  "a failure that is dealt with": `export function close(id: string) { try { m.get(id)!.close(); } catch { use(id); } }`,
  "a literal key": `export function close() { m.get("main")!.close(); }`,
  "a key of one's own": `const id = "main"; export function close() { m.get(id)!.close(); }`,
  "nothing is ever removed": `const all = new Map<string, Session>(); export function add(id: string, session: Session) { all.set(id, session); } export function close(id: string) { all.get(id)!.close(); }`,
  "a registry": `const kinds = new Map<string, Session>([["a", { name: "a", close() {} }]]); export function close(kind: string) { kinds.get(kind)!.close(); }`,
  "total over a union": `const byKind: Record<"a" | "b", { n: number }> = { a: { n: 1 }, b: { n: 2 } }; export function bump(kind: "a" | "b") { byKind[kind].n++; }`,
  "a map of the call": `export function group(ids: string[]) { const own = new Map<string, string[]>(); for (const id of ids) own.set(id, []); for (const id of ids) own.get(id)!.push(id); own.delete(""); return own; }`,
  "only in a lock-step of private helpers": `class Pool { #all = new Map<string, Session>(); add(id: string, session: Session) { this.#all.set(id, session); this.#start(id); } remove(id: string) { this.#all.delete(id); } #start(id: string) { this.#all.get(id)!.close(); } } export const pool = new Pool();`,
  "a suspension that another rule speaks of": `export async function close(id: string) { if (!m.has(id)) return; use(id); m.get(id)!.close(); await pause(); }`,
}));

testEdits(
  "no-unchecked-lookup",
  {
    "a guard behind the lookup": [`${HEADER}export function close(id: string) {\n  const session = m.get(id)!;\n  session.close();\n}\n`, `${HEADER}export function close(id: string) {\n  const session = m.get(id);\n  if (session === undefined) throw new Error("m has no id");\n  session.close();\n}\n`],
    "getOrThrow on a SafeMap": [
      `import { SafeMap } from "mapguard";\nconst m = new SafeMap<string, { close(): void }>();\nexport function drop(id: string) { m.delete(id); }\nexport function close(id: string) {\n  m.get(id)!.close();\n}\n`,
      `import { SafeMap } from "mapguard";\nconst m = new SafeMap<string, { close(): void }>();\nexport function drop(id: string) { m.delete(id); }\nexport function close(id: string) {\n  m.getOrThrow(id).close();\n}\n`,
    ],
    "not in the middle of an expression": [`${HEADER}export function close(id: string) {\n  m.get(id)!.close();\n}\n`, undefined],
  },
  HEADER,
  (index) => `export function close${index}(id: string) {\n  const session = m.get(id)!;\n  session.close();\n}\n`,
);

testReports("no-unchecked-lookup", "keys from elsewhere, where entries go", withHeader({
  "a key of another object's": `export function mark(entity: { owner: { id: string } }) {
    const { owner } = entity;
    const id = String(owner.id);
    m.get(id)!.close(); // here
  }`,
  "a list that was taken before": `let broken: string[] = [];
  export function fail() { broken = [...m.keys()]; }
  export function restart() {
    for (const id of broken) {
      const { name } = m.get(id)!; // here
      use(name);
    }
  }`,
  "a field that keeps a key": `export class Player {
    current = "";
    play() { m.get(this.current)!.close(); } // here
  }`,
}));

testReports("no-unchecked-lookup", "in strict: an entry that is taken out", withHeader({
  "where another looks first": `export function runAll(ids: Set<string>) {
    ids.forEach((id) => {
      const found = m.get(id) as Session; // here
      m.delete(id);
      use(found);
    });
  }
  export function has(id: string) { return m.has(id) ? 1 : 0; }`,
}), { preset: "strict" });

testReports("no-unchecked-lookup", "in strict: what was read from a text", {
  "by a key from elsewhere": `declare function load(): string;
  export function getIndex(uri: string) {
    const store: Record<string, { index: number }> = JSON.parse(load());
    const id = uri.toString();
    if (store[id].index === 1) delete store[id]; // here
    return store;
  }`,
}, { preset: "strict" });

testReports("no-unchecked-lookup", "in strict: after listeners have run", {
  "a room that one of them can remove": `export class Adapter {
    rooms = new Map<string, Set<string>>();
    emit(name: string, room: string) {}
    join(room: string, id: string) { const all = this.rooms.get(room) ?? new Set(); all.add(id); this.rooms.set(room, all); }
    close(room: string) { this.rooms.delete(room); }
    leave(room: string, id: string) {
      if (!this.rooms.has(room)) return;
      this.rooms.get(room)!.delete(id);
      this.emit("leave", room);
      if (this.rooms.get(room)!.size === 0) this.rooms.delete(room); // here
    }
  }`,
}, { preset: "strict" });

testSilent("no-unchecked-lookup", "keys from elsewhere", withHeader({
  "a key of the program's": `const Kinds = { a: "a" }; export function mark() { m.get(Kinds.a)!.close(); }`,
  "a list of what is there": `export function restart() { const ids = [...m.keys()]; for (const id of ids) m.get(id)!.close(); }`,
  "where the function looks for another": `export function mark(a: { id: string }, b: { id: string }) { const first = String(a.id); const second = String(b.id); if (!m.get(second)) return; m.get(first)!.close(); }`,
  "where the function makes it": `export function mark(entity: { id: string }, s: Session) { const id = String(entity.id); m.set(id, s); use(id); m.get(String(entity.id))!.close(); }`,
  "in a timer that the removal stops": `const waits = new Map<string, { timer: NodeJS.Timeout; done(x: string): void }>(); export class Shard { nonce = ""; ask(done: (x: string) => void) { waits.set(this.nonce, { done, timer: setTimeout(() => { waits.get(this.nonce)!.done("late"); }, 10) }); } answer(id: string) { const wait = waits.get(id); if (!wait) return; clearTimeout(wait.timer); waits.delete(id); } }`,
  "made by a helper": `function ensure(id: string) { if (!m.has(id)) open(id, { name: id, close() {} }); } export function mark(entity: { owner: { id: string } }) { const { owner } = entity; const id = String(owner.id); ensure(id); m.get(id)!.close(); }`,
  "chosen by a helper": `function choose(): string | undefined { for (const [id, s] of m) if (s.name) return id; } export function mark() { const id = choose(); if (!id) return; m.get(id)!.close(); }`,
  "own keys, by another way": `import _ from "lodash"; const jobs: Record<string, Session> = {}; export function add(id: string, s: Session) { jobs[id] = s; } export function remove(id: string) { delete jobs[id]; } export function endAll() { for (const id of _.keys(jobs)) { const job = jobs[id]!; job.close(); } }`,
  "where another lookup is checked, and nothing goes": `export class Instances { private all: Record<string, { qr: number }> = {}; add(name: string) { this.all[name] = { qr: 0 }; } has(name: string) { return name in this.all ? 1 : 0; } reset(event: { name: string }) { const { name } = event; this.all[name].qr = 0; } }`,
  "taken out, where nobody looks": `const jobs = new Map<string, Session>(); export function add(id: string, s: Session) { jobs.set(id, s); } export function run(id: string) { const job = jobs.get(id)!; jobs.delete(id); use(job); }`,
  "after a listener, with a look": `export class Adapter { rooms = new Map<string, Set<string>>(); emit(name: string, room: string) {} close(room: string) { this.rooms.delete(room); } leave(room: string) { if (!this.rooms.has(room)) return; this.emit("leave", room); if (this.rooms.get(room)?.size === 0) this.rooms.delete(room); } }`,
  "after a listener, where nothing else removes": `export class Adapter { rooms = new Map<string, Set<string>>(); emit(name: string, room: string) {} leave(room: string) { if (!this.rooms.has(room)) return; this.emit("leave", room); use(this.rooms.get(room)!.size); } }`,
  "what was read from a text, by its own keys": `declare function load(): string; export function sum() { const store = JSON.parse(load()) as Record<string, { index: number }>; let n = 0; for (const id of Object.keys(store)) n += store[id].index; return n; }`,
  "what was read from a text, with a look": `declare function load(): string; export function getIndex(uri: string) { const store = JSON.parse(load()) as Record<string, { index: number }>; return store[uri]?.index; }`,
}));
