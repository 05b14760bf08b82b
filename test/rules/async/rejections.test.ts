import { describe, expect, it } from "vitest";
import { lint } from "../lint.js";

function getLines(code: string, rules = ["no-leaked-reservation"], preset: "recommended" | "strict" = "strict"): string[] {
  return lint(code, { preset, rules }).map(({ rule, line }) => `${rule}:${line}`);
}

function expectReport(code: string): void {
  const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
  expect(getLines(code, undefined, "recommended"), code).toEqual([`no-leaked-reservation:${line}`]);
}

function expectSilent(code: string): void {
  expect(getLines(code), code).toEqual([]);
}

describe("a rejected promise that stays", () => {
  it("beside two runs that both store one: each is mended by itself", () => {
    const code = `export class Widgets {
      private promises = new Map<string, Promise<Widget>>();
      async open(key: string): Promise<Widget> {
        const known = this.promises.get(key);
        if (known) return known;
        const options = await this.options(key);
        const made = this.create(options);
        this.promises.set(key, made);
        const widget = await made;
        widget.onClose(() => this.promises.delete(key));
        return widget;
      }
      private async create(options: Options): Promise<Widget> { return connect(options); }
    }`;
    const lines = getLines(code, ["no-leaked-reservation", "no-check-then-act", "no-duplicate-load"]);
    expect(lines).toContain("no-leaked-reservation:8");
    expect(lines).toHaveLength(2);
  });

  const deferred = (failure: string): string => `
    export class Centres {
      private connections = new Map<number, Connection>();
      private creating = new Map<number, Promise<void>>();
      async get(id: number): Promise<Connection> {
        if (this.creating.has(id)) { await this.creating.get(id); return this.connections.get(id)!; }
        const done = new Deferred<void>();
        this.creating.set(id, done.promise); // here
        try {
          this.connections.set(id, await connect(id));
          done.resolve();
        } catch (error) { ${failure} }
        return this.connections.get(id)!;
      }
    }`;
  it("of a deferred that somebody rejects", () => {
    expectReport(deferred("done.reject(error);"));
  });
  it("of a deferred, taken away again", () => {
    expectSilent(deferred("this.creating.delete(id); done.reject(error);"));
  });
  it("of a deferred that nobody rejects", () => {
    expectSilent(deferred("done.resolve();"));
  });

  it("of a load that is wrapped", () => {
    expectReport(`const pending: Record<string, Promise<Page>> = {};
    export async function load(k: string, fetchPage: () => Promise<Page>) {
      const isPending = pending[k];
      if (!isPending) {
        pending[k] = Promise.resolve(fetchPage()); // here
      }
      const page = await pending[k];
      if (!isPending) delete pending[k];
      return page;
    }`);
  });
  it("of a value that is at hand", () => {
    expectSilent(`const pages = new Map<string, Promise<Page>>();
    export function put(k: string, page: Page) { if (!pages.has(k)) pages.set(k, Promise.resolve(page)); }
    export async function get(k: string) { return await pages.get(k); }`);
  });

  const queue = (wait: string, end = "await next;"): string => `
    export class Turns {
      private turns = new Map<string, Promise<void>>();
      async run(key: string, work: () => Promise<void>): Promise<void> {
        const before = this.turns.get(key);
        ${wait}
        const next = work();
        this.turns.set(key, next); // here
        ${end}
        if (this.turns.get(key) === next) this.turns.delete(key);
      }
    }`;
  it("whoever comes next waits for it, and fails with it", () => {
    expectReport(queue("if (before) await before;"));
  });
  it("whoever comes next catches it", () => {
    expectSilent(queue("try { await before; } catch {}"));
  });
  it("whoever comes next has a handler", () => {
    expectSilent(queue("if (before) await before.catch(() => {});"));
  });
  it("it is taken away at the end, however it ends", () => {
    expectSilent(queue("if (before) await before;", "try { await next; } finally { if (this.turns.get(key) === next) this.turns.delete(key); }"));
  });
  it("under the run that it was made for: only in strict", () => {
    const code = `const setups = new WeakMap<object, { ready: Promise<void> }>();
    async function setUp(ctx: object) { await connect(ctx); }
    export function prepare(ctx: object) {
      let setup = setups.get(ctx);
      if (!setup) {
        setup = { ready: setUp(ctx) };
        setups.set(ctx, setup);
      }
      return setup.ready;
    }`;
    expect(getLines(code)).toEqual(["no-leaked-reservation:7"]);
    expect(getLines(code, undefined, "recommended")).toEqual([]);
  });
  it("it is stored when it has not failed", () => {
    expectSilent(`const promises = new Map<string, Promise<Widget>>();
    export async function open(key: string): Promise<Widget> {
      const known = promises.get(key);
      if (known) return known;
      const made = createWidget(key);
      const widget = await made;
      promises.set(key, made);
      return widget;
    }`);
  });
});

describe("an entry that never got ready", () => {
  const sessions = (start: string, look = "const known = this.sessions.get(k);\n if (known) return known;"): string => `
    export class Sessions {
      private sessions = new Map<string, Session>();
      async open(k: string): Promise<Session> {
        ${look}
        const session = new Session(k);
        ${start}
        return session;
      }
    }`;
  const expectStrict = (code: string): void => {
    const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
    expect(getLines(code), code).toEqual([`no-leaked-reservation:${line}`]);
    expect(getLines(code, undefined, "recommended")).toEqual([]);
  };
  it("it is stored, and its start fails", () => {
    expectStrict(sessions("\nthis.sessions.set(k, session); // here\nawait session.start();"));
  });
  it("a part of it is connected", () => {
    expectStrict(sessions("\nthis.sessions.set(k, session); // here\nawait session.client.connect();"));
  });
  it("somebody else starts it", () => {
    expectStrict(sessions("\nthis.sessions.set(k, session); // here\nawait connect(session);"));
  });
  it("its work is stored in it", () => {
    const code = sessions("\nlet entry;\nconst ready = (async () => { await session.start(); })();\nentry = { session, ready };\nthis.sessions.set(k, entry); // here\nawait ready;");
    const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
    expect(getLines(code, undefined, "recommended")).toEqual([`no-leaked-reservation:${line}`]);
  });
  it("it is taken away again", () => {
    expectSilent(sessions("this.sessions.set(k, session);\ntry { await session.start(); } catch (error) { this.sessions.delete(k); throw error; }"));
  });
  it("it takes itself away when it fails", () => {
    expectSilent(sessions("session.on('error', () => this.sessions.delete(k));\nthis.sessions.set(k, session);\nawait session.start();"));
  });
  it("it is stored when it is started", () => {
    expectSilent(sessions("await session.start();\nthis.sessions.set(k, session);"));
  });
  it("nobody looks for it", () => {
    expectSilent(sessions("this.sessions.set(k, session);\nawait session.start();", ""));
  });
  it("what is waited for starts nothing", () => {
    expectSilent(sessions("this.sessions.set(k, session);\nawait session.greet();"));
  });
});
