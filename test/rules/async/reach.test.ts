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
