import { describe, expect, it } from "vitest";
import { lint } from "../lint.js";

const RULES = ["no-check-then-act", "no-duplicate-load", "no-lost-update", "no-stale-cleanup", "no-leaked-reservation", "no-stale-fill", "no-stale-entry"];

/** Expects one report in `recommended`, of this rule, on the line that ends with `// here`. */
function expectReport(rule: string, code: string): void {
  const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
  expect(lint(code, { rules: RULES }).map((report) => `${report.rule}:${report.line}`), code).toEqual([`${rule}:${line}`]);
}

function expectSilent(code: string): void {
  expect(lint(code, { preset: "strict", rules: RULES }), code).toEqual([]);
}

describe("the same key under another name", () => {
  const hypervisor = (find: string, parameter: string, call: string, name: string): string => `
    export class Hypervisor {
      clients: Record<string, Client> = {};
      configs: { name: string; server: string }[] = [];
      async start(name: string) {
        if (this.clients[name]) return { error: "already running" };
        ${find}
        await this.#start(${call});
        return { error: null };
      }
      async #start(${parameter}) {
        const client = new Client(${name});
        const transport = await openTransport(client);
        this.clients[${name}] = client; // here
        await client.connect(transport);
      }
    }`;
  it("a helper takes it out of what was found by it", () => {
    expectReport("no-check-then-act", hypervisor("const config = this.configs.find((item) => item.name === name)!;", "{ name, server }: any", "config", "name"));
  });
  it("a helper takes it out of a literal", () => {
    expectReport("no-check-then-act", hypervisor("", "{ name, server }: any", "{ name, server: 'x' }", "name"));
  });
  it("a helper asks what was found by it", () => {
    expectReport("no-check-then-act", hypervisor("const config = this.configs.find((item) => item.name === name)!;", "config: any", "config", "config.name"));
  });
  it("the key is taken out of an object before the check, and asked for again behind the wait", () => {
    expectReport(
      "no-check-then-act",
      `const rooms = new Map<string, Room>();
      export async function join(options: Options) {
        const { name } = options;
        if (rooms.has(name)) throw new Error("taken");
        const room = await openRoom(options);
        rooms.set(options.name, room); // here
      }`,
    );
  });
  it("what was opened under a name says its name", () => {
    expectReport(
      "no-check-then-act",
      `export class Registry {
        private spaces = new Map<string, Space>();
        async join(spaceName: string) {
          if (this.spaces.has(spaceName)) throw new Error("taken");
          const space = await Space.create(spaceName, {});
          this.spaces.set(space.getName(), space); // here
          return space;
        }
      }`,
    );
  });
  it("what was made of a name is looked for by its id", () => {
    expectReport(
      "no-check-then-act",
      `export class Box {
        private items = new Map<string, Item>();
        async create(name: string) {
          const item = new Item(name, this);
          if (this.items.has(item.id)) throw new Error("exists");
          await item.read();
          this.items.set(item.id, item); // here
        }
      }`,
    );
  });
  it("a look behind the wait, under the other name", () => {
    expectSilent(
      `export class Registry {
        private spaces = new Map<string, Space>();
        async join(spaceName: string) {
          if (this.spaces.has(spaceName)) throw new Error("taken");
          const space = await Space.create(spaceName, {});
          if (this.spaces.has(space.getName())) throw new Error("taken");
          this.spaces.set(space.getName(), space);
          return space;
        }
      }`,
    );
  });
  it("a reservation in the helper, under the name in its parameter", () => {
    expectSilent(
      `export class Hypervisor {
        clients: Record<string, Client> = {};
        async start(name: string) {
          if (this.clients[name]) return;
          await this.#start({ name });
        }
        async #start({ name }: { name: string }) {
          this.clients[name] = new Client(name);
          await this.clients[name].connect();
        }
      }`,
    );
  });
  it("a session of a user has an id of its own", () => {
    expectSilent(
      `export class Sessions {
        private sessions = new Map<string, Session>();
        async open(userId: string) {
          if (this.sessions.has(userId)) throw new Error("taken");
          const session = new Session(userId);
          await session.start();
          this.sessions.set(session.id, session);
        }
      }`,
    );
  });
  it("found by another name than it is stored under", () => {
    expectSilent(
      `export class Hypervisor {
        private clients = new Map<string, Client>();
        async start(label: string) {
          if (this.clients.has(label)) return { error: "already running" };
          const config = this.configs.find((item) => item.label === label)!;
          const id = crypto.randomUUID();
          const client = await connect(config);
          this.clients.set(id, client);
          return { error: null };
        }
      }`,
    );
  });
});

describe("maps by their use", () => {
  const store = (maker: string): string => `
    import { MapStore } from "stores";
    export class Registry {
      private spaces = ${maker};
      exist(name: string) { return this.spaces.has(name); }
      async join(name: string) {
        if (this.exist(name)) throw new Error("taken");
        const space = await createSpace(name);
        this.spaces.set(name, space); // here
        return space;
      }
    }`;
  it("something made of keys and values that is called a map", () => {
    expectReport("no-check-then-act", store("new MapStore<string, Space>()"));
  });
  it("a store of one kind of thing", () => {
    expectSilent(store("new Store<Space>()"));
  });
});

describe("something opened, and stored without a look", () => {
  const manager = (start: string, fields = ""): string => `
    export class Manager {
      private clients = new Map<string, Client>();
      ${fields}
      ${start}
      async stop(name: string) {
        const client = this.clients.get(name);
        if (!client) return;
        await client.close();
        this.clients.delete(name);
      }
    }`;
  const expectLost = (code: string): void => {
    const reports = lint(code, { rules: ["no-check-then-act"] });
    const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
    expect(reports.map((report) => `${report.rule}:${report.line}`), code).toEqual([`no-check-then-act:${line}`]);
    expect(reports[0]?.message).toContain("without a look");
  };
  it("it is stored once it is connected", () => {
    expectLost(
      manager(`async start(name: string, url: string) {
        const client = new Client(name);
        await client.connect(url);
        this.clients.set(name, client); // here
      }`),
    );
  });
  it("room is made before the wait", () => {
    expectLost(
      manager(`async start(name: string) {
        if (this.clients.has(name)) await this.stop(name);
        const client = new Client(name);
        this.clients.set(name, client); // here
      }`),
    );
  });
  it("each of several, all closed before", () => {
    expectLost(
      `export class Service {
        private servers: Record<string, Server> = {};
        private config: Record<string, Config> = {};
        async update(config: Record<string, Config>) {
          this.config = config;
          await this.create();
        }
        private async create() {
          await this.closeAll();
          await Promise.all(Object.entries(this.config).map(async ([name, options]) => {
            const client = await createClient(options);
            this.servers[name] = { status: "up", client }; // here
          }));
        }
        private async closeAll() {
          await Promise.all(Object.entries(this.servers).map(async ([name, server]) => { await server.client.close(); }));
          this.servers = {};
        }
      }`,
    );
  });
  const expectNone = (code: string): void => {
    expect(lint(code, { preset: "strict", rules: ["no-check-then-act", "no-duplicate-load"] }), code).toEqual([]);
  };
  it("the one that is there is closed right before", () => {
    expectNone(
      manager(`async start(name: string, url: string) {
        const client = new Client(name);
        await client.connect(url);
        this.clients.get(name)?.close();
        this.clients.set(name, client);
      }`),
    );
  });
  it("it stands there before the wait", () => {
    expectNone(
      manager(`async start(name: string, url: string) {
        const client = new Client(name);
        this.clients.set(name, client);
        await client.connect(url);
      }`),
    );
  });
  it("one start at a time", () => {
    expectNone(
      manager(
        `async start(name: string, url: string) {
          await this.mutex.runExclusive(async () => {
            const client = new Client(name);
            await client.connect(url);
            this.clients.set(name, client);
          });
        }`,
        "private mutex = new Mutex();",
      ),
    );
  });
  it("all who ask for one meanwhile get the same start", () => {
    expectNone(
      manager(
        `start(name: string, url: string) {
          const running = this.starting.get(name);
          if (running) return running;
          const started = this.open(name, url).finally(() => this.starting.delete(name));
          this.starting.set(name, started);
          return started;
        }
        private async open(name: string, url: string) {
          const client = new Client(name);
          await client.connect(url);
          this.clients.set(name, client);
          return client;
        }`,
        "private starting = new Map<string, Promise<Client>>();",
      ),
    );
  });
  it("a session with an id of its own", () => {
    expectNone(
      manager(`async start(url: string) {
        const client = await connect(url);
        this.clients.set(client.id, client);
      }`),
    );
  });
  it("something with an id of its own", () => {
    expectNone(
      manager(`async start(session: Session) {
        const client = await connect(session);
        this.clients.set(session.id, client);
      }`),
    );
  });
  it("a page for each session", () => {
    expectNone(
      manager(`async open(sessionId: string) {
        const client = await connect(sessionId);
        this.clients.set(sessionId, client);
      }`),
    );
  });
  it("a session that is renewed", () => {
    expectLost(
      manager(`async renew(sessionId: string) {
        const old = this.clients.get(sessionId);
        const client = await connect(sessionId);
        this.clients.set(sessionId, client); // here
        old?.close();
      }`),
    );
  });
  it("one refresh at a time, by a promise that is kept", () => {
    expectNone(
      manager(
        `async refresh(names: string[]) {
          if (!this.running) this.running = this.doRefresh(names);
          return this.running.finally(() => { this.running = undefined; });
        }
        private async doRefresh(names: string[]) {
          for (const name of await this.list(names)) this.clients.set(name, await connect(name));
        }`,
        "private running: Promise<void> | undefined;",
      ),
    );
  });
  it("a key that this run has made", () => {
    expectNone(
      manager(`async start(url: string) {
        const id = crypto.randomUUID();
        const client = await connect(url);
        this.clients.set(id, client);
        return id;
      }`),
    );
  });
  it("plain data", () => {
    expectNone(
      `const users = new Map<string, User>();
      export async function refresh(id: string) {
        const user = await loadUser(id);
        users.set(id, user);
      }
      export function forget(id: string) { users.delete(id); }`,
    );
  });
  it("what nobody closes", () => {
    expectNone(
      `const clients = new Map<string, Client>();
      export async function start(name: string) {
        const client = await connect(name);
        clients.set(name, client);
      }`,
    );
  });
  it("an event makes and stores it in one step", () => {
    const code = manager(`watch(cache: Cache) {
        return cache.subscribe((event) => {
          if (event.type !== "added") return;
          const client = createClient(event.name);
          this.clients.set(event.name, client);
        });
      }`);
    expect(lint(code, { rules: ["no-check-then-act"] })).toEqual([]);
  });
  it("an event waits for it", () => {
    expectLost(
      manager(`watch(cache: Cache) {
        cache.on("added", async (name: string) => {
          const client = await createClient(name);
          this.clients.set(name, client); // here
        });
      }`),
    );
  });
});

describe("a whole that is filled where there was nothing", () => {
  const boot = (check: string, body: string): string => `
    export class Hypervisor {
      clients: Record<string, Client> = {};
      configs: Config[] = [];
      async bootServers() {
        ${check}
        for (const { name, url } of this.configs) {
          ${body}
        }
      }
      async stop(name: string) { await this.clients[name]?.close(); delete this.clients[name]; }
    }`;
  const open = "const client = await connect(url);\n this.clients[name] = client; // here";
  const expectAt = (code: string, preset: "recommended" | "strict", expected: readonly string[]): void => {
    expect(lint(code, { preset, rules: ["no-check-then-act", "no-duplicate-load"] }).map(({ rule }) => rule), code).toEqual(expected);
  };
  it("keys are counted", () => {
    expectAt(boot("if (Object.keys(this.clients).length > 0) return;", open), "recommended", ["no-check-then-act"]);
  });
  it("there must be none", () => {
    expectAt(boot("if (Object.keys(this.clients).length !== 0) throw new Error('running');", open), "recommended", ["no-check-then-act"]);
  });
  it("the size of a map, and plain data: strict", () => {
    const code = `const users = new Map<string, User>();
      export async function all() {
        if (users.size === 0) {
          for (const user of await listUsers()) users.set(user.id, await loadUser(user.id));
        }
        return users;
      }`;
    expectAt(code, "recommended", []);
    expectAt(code, "strict", ["no-duplicate-load"]);
  });
  it("a promise of the whole is kept", () => {
    expectAt(
      `export class Hypervisor {
        clients: Record<string, Client> = {};
        private booting: Promise<void> | undefined;
        boot() {
          if (Object.keys(this.clients).length > 0) return;
          this.booting ??= this.bootAll().finally(() => { this.booting = undefined; });
          return this.booting;
        }
        private async bootAll() {
          for (const { name, url } of this.configs) if (!this.clients[name]) this.clients[name] = new Client(url);
        }
        async stop(name: string) { await this.clients[name]?.close(); delete this.clients[name]; }
      }`,
      "strict",
      [],
    );
  });
  it("all are there before the first wait", () => {
    expectAt(boot("if (Object.keys(this.clients).length > 0) return;", "this.clients[name] = new Client(url);"), "strict", []);
  });
});

describe("what is ended while it is under way", () => {
  const monitor = (stop: string, check = "const result = await this.checkHealth(url);\n this.statuses.set(key, { ok: result.ok }); // here"): string => `
    export class Monitor {
      private statuses = new Map<string, Status>();
      async check(provider: string, url: string) {
        const key = this.toKey(provider, url);
        ${check}
      }
      ${stop}
    }`;
  const stop = "stopMonitoring(provider: string, url: string) { const key = this.toKey(provider, url); this.statuses.delete(key); }";
  it("the key is made of what the caller gives", () => {
    expectReport("no-stale-fill", monitor(stop));
  });
  it("it is looked for again", () => {
    expectSilent(monitor(stop, "const result = await this.checkHealth(url);\n if (this.statuses.has(key)) this.statuses.set(key, { ok: result.ok });"));
  });
  it("everything ends at once", () => {
    expectSilent(monitor("stop() { this.statuses.clear(); }"));
  });
  it("what ends is another one", () => {
    expectSilent(monitor("stopMonitoring() { const key = this.oldest(); this.statuses.delete('default'); }", "const key2 = 'current';\nconst result = await this.checkHealth(url);\n this.statuses.set(key2, { ok: result.ok });"));
  });
});

describe("what a function finds out about a map on a way around", () => {
  it("a list is made of what was there, and takes its place", () => {
    expectReport(
      "no-lost-update",
      `export class Rooms {
        private rooms = new Map<string, string[]>();
        async tidy(user: string) {
          const current = this.rooms.get(user);
          if (!current) return;
          const kept: string[] = [];
          for (const room of current) {
            const members = await this.api.members(room);
            if (members.includes(user)) kept.push(room);
          }
          this.rooms.set(user, kept); // here
        }
        add(user: string, room: string) { this.rooms.set(user, [...(this.rooms.get(user) ?? []), room]); }
      }`,
    );
  });
  it("a list of something else takes its place", () => {
    expectSilent(
      `export class Rooms {
        private rooms = new Map<string, string[]>();
        async reload(user: string) {
          const found: string[] = [];
          for (const room of await this.api.rooms(user)) found.push(room.id);
          this.rooms.set(user, found);
        }
      }`,
    );
  });
  it("a list is made of what is there now", () => {
    expectSilent(
      `export class Rooms {
        private rooms = new Map<string, string[]>();
        async tidy(user: string) {
          const gone = await this.api.gone(user);
          const kept: string[] = [];
          for (const room of this.rooms.get(user) ?? []) if (!gone.includes(room)) kept.push(room);
          this.rooms.set(user, kept);
        }
      }`,
    );
  });
  const servers = (body: string): string => `
    export class Service {
      private servers: Record<string, { client?: Client }> = {};
      async check() {
        await Promise.all(Object.entries(this.servers).map(async ([name, server]) => {
          ${body}
        }));
      }
      async stop(name: string) { await this.servers[name]?.client?.close(); delete this.servers[name]; }
    }`;
  it("an entry of an iteration lacks something", () => {
    expectReport(
      "no-check-then-act",
      servers(`let client = server.client;
          if (!client) client = await createClient(name);
          this.servers[name] = { client }; // here`),
    );
  });
  it("an entry of an iteration has got it before the wait", () => {
    expectSilent(
      servers(`if (server.client) return;
          server.client = new Client(name);
          await server.client.connect();`),
    );
  });
  it("an entry of an iteration, looked up once more", () => {
    expectSilent(
      servers(`if (server.client) return;
          const client = await createClient(name);
          if (this.servers[name]?.client) { await client.close(); return; }
          this.servers[name] = { client };`),
    );
  });
  it("the entries of one run are others of each other", () => {
    expectSilent(
      `class Service {
        private servers: Record<string, { client?: Client }> = {};
        private async check() {
          await Promise.all(Object.entries(this.servers).map(async ([name, server]) => {
            if (server.client) return;
            const client = await createClient(name);
            this.servers[name] = { client };
          }));
        }
        constructor() { void this.check(); }
      }
      new Service();`,
    );
  });
  const model = (make: string): string => `
    class Model {
      private children = new Map<string, string[]>();
      getChildren(parent: string) { return this.children.get(parent); }
      setChildren(parent: string, children: string[]) { this.children.set(parent, children); return children; }
    }
    export class Explorer {
      ${make}
      async list(parent: string) {
        let children = this.data.getChildren(parent);
        if (!children) children = this.data.setChildren(parent, await this.api.children(parent));
        return children;
      }
    }`;
  it("the map is in an object of a class of this file", () => {
    const code = model("private data = new Model();");
    expect(lint(code, { rules: RULES }).map(({ rule, line }) => `${rule}:${line}`)).toEqual(["no-duplicate-load:11"]);
  });
  it("the class has two objects", () => {
    expectSilent(model("private data = new Model(); private other = new Model();"));
  });
  it("the object is replaced", () => {
    expectSilent(model("private data = new Model(); reset() { this.data = new Model(); }"));
  });
});

describe("a refusal that is told to whoever asked", () => {
  const route = (refusal: string, mark = "last.set(id, t); // here"): string => `
    const last = new Map<string, number>();
    export function register(app: App, scheduler: Scheduler) {
      app.post("/trigger/:id", async (c) => {
        const id = c.req.param("id");
        const t = Date.now();
        const before = last.get(id);
        if (before !== undefined && t - before < 1000) { ${refusal} }
        const result = await scheduler.trigger(id);
        ${mark}
        return c.json({ result });
      });
    }`;
  it("by a status as an argument", () => {
    expectReport("no-check-then-act", route("return c.json({ error: 'rate_limited' }, 429);"));
  });
  it("by a status of its own", () => {
    expectReport("no-check-then-act", route("c.status(429).send('later'); return;"));
  });
  it("by a response", () => {
    expectReport("no-check-then-act", route("return new Response('later', { status: 429 });"));
  });
  it("the answer is the same: strict", () => {
    expect(lint(route("return c.json({ result: before }, 200);"), { rules: RULES })).toEqual([]);
  });
  it("marked before the wait", () => {
    expectSilent(
      `const last = new Map<string, number>();
      export function register(app: App, scheduler: Scheduler) {
        app.post("/trigger/:id", async (c) => {
          const id = c.req.param("id");
          const t = Date.now();
          const before = last.get(id);
          if (before !== undefined && t - before < 1000) return c.json({ error: "rate_limited" }, 429);
          last.set(id, t);
          return c.json(await scheduler.trigger(id));
        });
      }`,
    );
  });
  it("asked again behind the wait", () => {
    expectSilent(
      `const taken = new Map<string, User>();
      export async function signUp(req: Request, res: Response) {
        const { name } = req.body;
        if (taken.has(name)) return res.status(409).end();
        const user = await hash(req.body);
        if (taken.has(name)) return res.status(409).end();
        taken.set(name, user);
        return res.status(201).end();
      }`,
    );
  });
});

describe("maps from which a key goes together", () => {
  const manager = (start: string, close = "this.sessions.delete(id); clearInterval(this.timers.get(id)); this.timers.delete(id);"): string => `
    export class Manager {
      private sessions = new Map<string, Session>();
      private timers = new Map<string, Timer>();
      open(id: string, session: Session) { this.sessions.set(id, session); }
      async watch(id: string) {
        ${start}
      }
      close(id: string) { ${close} }
      private clearTimer(name: string) { clearInterval(this.timers.get(name)); this.timers.delete(name); }
    }`;
  const check = "if (!this.sessions.has(id)) return;";
  const store = "const every = await this.config(id);\n this.timers.set(id, setInterval(tick, every)); // here";
  it("one is looked at before the wait, the other is set behind it", () => {
    expectReport("no-stale-fill", manager(`${check}\n${store}`));
  });
  it("what is looked at is kept in a constant", () => {
    expectReport("no-stale-fill", manager(`const session = this.sessions.get(id);\n if (!session) return;\n${store}`));
  });
  it("a helper takes the key from one of them", () => {
    expectReport("no-stale-fill", manager(`${check}\n${store}`, "this.sessions.delete(id); this.clearTimer(id);"));
  });
  it("it is looked at again", () => {
    expectSilent(manager(`${check}\nconst every = await this.config(id);\nif (!this.sessions.has(id)) return;\nthis.timers.set(id, setInterval(tick, every));`));
  });
  it("it is set before the wait", () => {
    expectSilent(manager(`${check}\nthis.timers.set(id, setInterval(tick, 10));\nawait this.config(id);`));
  });
  it("the keys go one by one", () => {
    expectSilent(manager(`${check}\n${store}`, "this.sessions.delete(id);"));
  });
  it("nothing is looked at", () => {
    expectSilent(manager("const every = await this.config(id);\n this.timers.set('all', setInterval(tick, every));"));
  });
  it("it is taken away at the end", () => {
    expectSilent(manager(`${check}\nconst every = await this.config(id);\nthis.timers.set(id, setInterval(tick, every));\nrun();\nthis.timers.delete(id);`));
  });
});

describe("a value that comes a long way", () => {
  it("is made of an answer, step by step, and handed to the helper that stores it: it is loaded all the same", () => {
    expectReport(
      "no-duplicate-load",
      `const users = new Map<string, { value: UserInfo; expires: number }>();
      function find(id: string) { const entry = users.get(id); return entry ? entry.value : undefined; }
      function keep(id: string, value: UserInfo) { users.set(id, { value, expires: Date.now() + 1000 }); }
      export async function resolve(id: string) {
        const known = find(id);
        if (known) return known;
        const answer = await fetch("https://example.org/users/" + id);
        const data = (await answer.json()) as Data;
        const name = data.user.profile?.name || data.user.realName || data.user.name || id;
        const info: UserInfo = { name, short: data.user.name || id };
        keep(id, info); // here
        return info;
      }`,
    );
  });
});
