import { describe, expect, it } from "vitest";
import { lint } from "../lint.js";

const RULES = ["no-stale-cleanup"];

function expectReport(code: string, preset: "recommended" | "strict" = "strict"): void {
  const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
  expect(lint(code, { preset, rules: RULES }).map((report) => report.line), code).toEqual([line]);
}

function expectSilent(code: string): void {
  expect(lint(code, { preset: "strict", rules: RULES }), code).toEqual([]);
}

describe("an entry that is handed in, and removed by its key", () => {
  const provider = (release: string, get = "const mixin = new Mixin(device);\n this.mixins.set(state.id, mixin);\n return mixin;"): string => `
    export class Provider {
      private mixins = new Map<string, Mixin>();
      async show(id: string) { await this.mixins.get(id)?.show(); }
      async getMixin(device: Device, state: State) { ${get} }
      async releaseMixin(id: string, mixin: any) { ${release} }
    }`;
  it("the counterpart of what has given it out", () => {
    expectReport(provider("\nthis.mixins.delete(id); // here\n"));
  });
  it("the counterpart of what gives out a part of the entry", () => {
    expectReport(provider("\nconst current = this.mixins.get(id);\nthis.mixins.delete(id); // here\nawait mixin.release();\ncurrent?.terminate();", "const mixin = new Mixin(device);\n this.mixins.set(state.id, { mixin, terminate });\n return mixin;"));
  });
  const loops = (finish: string, start = "this.loops.set(workspace, loop);"): string => `
    export class Loops {
      private loops = new Map<string, Loop>();
      start(workspace: string, loop: Loop) { ${start} }
      remove(workspace: string) { this.loops.delete(workspace); }
      async finish(loop: Loop) { ${finish} }
    }`;
  it("the parameter has the type of the entries", () => {
    expectReport(loops("await loop.stop();\nthis.loops.delete(loop.workspace); // here\n"));
  });
  it("the others look before they insert, and somebody else removes", () => {
    expectReport(loops("await loop.stop();\nthis.loops.delete(loop.workspace); // here\n", "if (this.loops.has(workspace)) throw new Error('running');\nthis.loops.set(workspace, loop);"));
  });
  it("a caller hands in what it has looked up", () => {
    expectReport(`const jobs = new Map<string, { name: string }>();
      export function add(name: string, job: any) { jobs.set(name, job); }
      export async function cancel(name: string) { const job = jobs.get(name); if (job) await end(job); }
      async function end(job: any) {
        await job.stop();
        jobs.delete(job.name); // here
      }`);
  });
  it("it is compared with what is there", () => {
    expectSilent(provider("if (this.mixins.get(id) === mixin) this.mixins.delete(id);"));
  });
  it("it has a mark of its own", () => {
    expectSilent(loops("await loop.stop();\nif (loop.state === 'current' && loop === this.current) this.loops.delete(loop.workspace);"));
  });
  it("nothing is waited for, and the others look before they insert", () => {
    expectSilent(loops("this.loops.delete(loop.workspace);", "if (this.loops.has(workspace)) throw new Error('running');\nthis.loops.set(workspace, loop);"));
  });
  it("an object under an id of its own", () => {
    expectSilent(`export class Sessions {
      private sessions = new Map<string, Session>();
      add(session: Session) { this.sessions.set(session.id, session); }
      async end(session: Session) { await session.close(); this.sessions.delete(session.id); }
    }`);
  });
  it("a key that is fresh", () => {
    expectSilent(`export class Sessions {
      private sessions = new Map<string, Session>();
      open() { const key = randomUUID(); const session: Session = { key }; this.sessions.set(key, session); return session; }
      async end(session: Session) { await flush(session); this.sessions.delete(session.key); }
    }`);
  });
  const named = (end: string, begin = "this.names.set(session.name, session.id);"): string => `
    export class Store {
      private sessions = new Map<string, Session>();
      private names = new Map<string, string>();
      async createSession(session: Session) {
        this.sessions.set(session.id, session);
        ${begin}
        await this.announce(session);
      }
      async deleteSession(session: Session) {
        this.sessions.delete(session.id);
        ${end}
      }
    }`;
  it("a name that by now is another's", () => {
    expectReport(named("this.names.delete(session.name); // here"));
  });
  it("a name, and whose it is was asked", () => {
    expectSilent(named("if (this.names.get(session.name) === session.id) this.names.delete(session.name);"));
  });
  it("a name that is given once", () => {
    expectSilent(named("this.names.delete(session.name);", "if (this.names.has(session.name)) throw new Error('taken');\nthis.names.set(session.name, session.id);"));
  });
});

describe("a lock that is dropped", () => {
  const gate = (release: string): string => `
    const locks = new Map<string, Mutex>();
    const counts = new Map<string, number>();
    function lockOf(project: string): Mutex {
      let lock = locks.get(project);
      if (!lock) { lock = new Mutex(); locks.set(project, lock); }
      return lock;
    }
    export async function leave(project: string) {
      const release = await lockOf(project).acquire();
      try {
        const left = (counts.get(project) ?? 0) - 1;
        counts.set(project, left);
        ${release}
      } finally { release(); }
    }`;
  it("whoever waits for it goes on beside those who make a new one", () => {
    expectReport(gate("\nlocks.delete(project); // here\n"), "recommended");
  });
  it("only what it guards is looked at", () => {
    expectReport(gate("\nif (left <= 0) {\nlocks.delete(project); // here\n}"), "recommended");
  });
  it("it is asked whether somebody waits", () => {
    expectSilent(gate("if (!lockOf(project).isLocked()) locks.delete(project);"));
  });
  it("it is asked how many wait", () => {
    expectSilent(gate("if (lockOf(project).waiting === 0) locks.delete(project);"));
  });
  it("nothing is waited for", () => {
    expectSilent(`const locks = new Map<string, Mutex>();
    export function lockOf(k: string) { let lock = locks.get(k); if (!lock) { lock = new Mutex(); locks.set(k, lock); } return lock; }
    export function forget(k: string) { locks.delete(k); }`);
  });
});

describe("work that is begun anew while it is under way", () => {
  const cache = (end: string, settled = "finally(() => flights.delete(k))"): string => `
    const flights = new Map<string, Promise<Page>>();
    export function load(k: string): Promise<Page> {
      const known = flights.get(k);
      if (known) return known;
      const flight = fetchPage(k).${settled};
      flights.set(k, flight);
      return flight;
    }
    ${end}`;
  it("everything is cleared", () => {
    expectReport(cache("export function clearPages() { flights.clear(); }", "finally(() => {\nflights.delete(k); // here\n})"));
  });
  it("it ends for good", () => {
    expectSilent(cache("export function shutdown() { flights.clear(); }"));
  });
  it("for tests", () => {
    expectSilent(cache("export function resetForTests() { flights.clear(); }"));
  });
  it("its own promise is compared", () => {
    expectSilent(cache("export function clearPages() { flights.clear(); }", "finally(() => { if (flights.get(k) === flight) flights.delete(k); })"));
  });
});
