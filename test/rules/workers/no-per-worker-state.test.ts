import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { testReports, testSilent } from "../cases.js";
import { lint } from "../lint.js";

const RULE = "no-per-worker-state";
const getFixture = (path: string): string => fileURLToPath(new URL(`fixtures/${path}`, import.meta.url));

testReports(RULE, "two sides of one file", {
  "written by the primary, read by the workers": `import cluster from "node:cluster";
    import http from "node:http";
    const config = new Map<string, string>(); // here
    if (cluster.isPrimary) {
      config.set("mode", "fast");
      cluster.fork();
    } else {
      http.createServer((req, res) => res.end(config.get("mode"))).listen(80);
    }`,
  "written by the workers, read by the primary": `import cluster from "node:cluster";
    const visits = new Map<string, number>(); // here
    if (cluster.isMaster) {
      for (let i = 0; i < 4; i++) cluster.fork();
      setInterval(() => console.log(visits.size), 1000);
    } else {
      process.on("message", (url: string) => { visits.set(url, 1); });
    }`,
  "sessions of every worker": `import cluster from "node:cluster";
    import express from "express";
    const sessions = new Map<string, { user: string }>(); // here
    const app = express();
    app.post("/login", (req, res) => { sessions.set(req.body.id, { user: req.body.user }); res.end(); });
    app.get("/me", (req, res) => { res.json(sessions.get(req.query.id)); });
    if (cluster.isPrimary) { for (let i = 0; i < 4; i++) cluster.fork(); } else app.listen(80);`,
  "a limit that every worker counts for itself": `const cluster = require("cluster");
    const hits = new Map(); // here
    function start() {
      require("http").createServer((req, res) => {
        hits.set(req.url, (hits.get(req.url) ?? 0) + 1);
        res.end();
      }).listen(80);
    }
    if (cluster.isPrimary) { cluster.fork(); } else { start(); }`,
  "a thread of the same file": `import { Worker, isMainThread, parentPort } from "node:worker_threads";
    const results = new Map<string, number>(); // here
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.on("exit", () => console.log(results.get("a")));
    } else {
      parentPort!.on("message", (name: string) => { results.set(name, name.length); });
    }`,
  "a thread, with an early return": `const { Worker, isMainThread } = require("worker_threads");
    const jobs = new Map(); // here
    function main() {
      if (!isMainThread) {
        console.log(jobs.get("a"));
        return;
      }
      jobs.set("a", 1);
      new Worker(__filename);
    }
    main();`,
});

testReports(
  RULE,
  "many processes, by the settings",
  {
    "tokens that another process issued": `const tokens = new Map<string, string>(); // here
      export function issue(user: string, token: string) { tokens.set(token, user); }
      export function check(token: string) { return tokens.get(token); }`,
    "a counter in a dictionary": `const attempts: Record<string, number> = {}; // here
      export function attempt(user: string) { attempts[user] = (attempts[user] ?? 0) + 1; }
      export function reset(user: string) { attempts[user] = 0; }`,
  },
  { settings: { processes: "many" } },
);

testReports(
  RULE,
  "what is likely, in strict",
  {
    "a cache": `const userCache = new Map<string, string>(); // here
      export function put(id: string, user: string) { userCache.set(id, user); }
      export function get(id: string) { return userCache.get(id); }`,
  },
  { preset: "strict", settings: { processes: "many" } },
);

testSilent(RULE, "one side only", {
  "no second process": `const sessions = new Map<string, string>();
    export function put(id: string, user: string) { sessions.set(id, user); }
    export function get(id: string) { return sessions.get(id); }`,
  "of the primary alone": `import cluster from "node:cluster";
    const alive = new Map<number, number>();
    function watch(id: number) { alive.set(id, Date.now()); }
    if (cluster.isPrimary) {
      const worker = cluster.fork();
      worker.on("message", () => watch(worker.id));
      setInterval(() => { for (const [id, at] of alive) console.log(id, at); }, 1000);
    } else {
      process.send!("hello");
    }`,
  "each side has a map that it fills and reads": `import cluster from "node:cluster";
    const table = new Map<string, number>();
    table.set("a", 1);
    if (cluster.isPrimary) { cluster.fork(); console.log(table.get("a")); } else { console.log(table.get("a")); }`,
  "of the main thread alone": `import { Worker, isMainThread, parentPort } from "node:worker_threads";
    const pending = new Map<number, (x: unknown) => void>();
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      worker.on("message", (m: { id: number }) => { pending.get(m.id)?.(m); pending.delete(m.id); });
      pending.set(1, console.log);
    } else {
      parentPort!.on("message", (m) => parentPort!.postMessage(m));
    }`,
  "isMainThread of a file that starts another": `import { Worker, isMainThread } from "node:worker_threads";
    const m = new Map<string, number>();
    if (isMainThread) { m.set("a", 1); new Worker("./other.js"); } else { console.log(m.get("a")); }`,
  "cluster is something else": `import { cluster } from "./k8s.js";
    const nodes = new Map<string, string>();
    if (cluster.isPrimary) { nodes.set("a", "b"); cluster.fork(); } else { console.log(nodes.get("a")); }`,
  "only asks whether it is a worker": `import cluster from "node:cluster";
    const sessions = new Map<string, string>();
    export function put(id: string) { sessions.set(id, cluster.isWorker ? "w" : "p"); }
    export function get(id: string) { return sessions.get(id); }`,
  "local to a function": `import cluster from "node:cluster";
    if (cluster.isPrimary) { const seen = new Map<number, number>(); seen.set(cluster.fork().id, 1); console.log(seen.get(1)); }`,
  "maps by identity": `import cluster from "node:cluster";
    const meta = new WeakMap<object, string>();
    export function put(o: object) { meta.set(o, "x"); }
    export function get(o: object) { return meta.get(o); }
    if (cluster.isPrimary) cluster.fork();`,
});

testSilent(
  RULE,
  "what each process may have of its own",
  {
    "a constant table": `const CODES = new Map([["a", 1]]); export function get(k: string) { return CODES.get(k); }`,
    "filled when the module is loaded": `const codes = new Map<string, number>();
      for (const [i, k] of ["a", "b"].entries()) codes.set(k, i);
      export function get(k: string) { return codes.get(k); }`,
    "written and never read": `const log = new Set<string>(); export function note(x: string) { log.add(x); }`,
    "within one call": `export function group(xs: string[]) { const m = new Map<string, number>(); for (const x of xs) m.set(x, (m.get(x) ?? 0) + 1); return m; }`,
  },
  { settings: { processes: "many" } },
);

/** These are reported in strict alone. */
it.each(Object.entries({
  "sockets of this process": `const users = new Map<string, WebSocket>();
    export function join(id: string, ws: WebSocket) { users.set(id, ws); }
    export function send(id: string, text: string) { users.get(id)?.send(text); }`,
  "timers of this process": `const alarms = new Map<string, NodeJS.Timeout>();
    export function arm(id: string) { alarms.set(id, setTimeout(() => {}, 9)); }
    export function disarm(id: string) { clearTimeout(alarms.get(id)); alarms.delete(id); }`,
  "a cache": `const cache = new Map<string, string>();
    export function put(id: string, user: string) { cache.set(id, user); }
    export function get(id: string) { return cache.get(id); }`,
}))(`${RULE} leaves to strict: %s`, (_name, code) => {
  expect(lint(code, { rules: [RULE], settings: { processes: "many" } })).toEqual([]);
});

describe(`${RULE} follows what a file starts`, () => {
  const run = (code: string, file = "registry/main.ts", preset: "recommended" | "strict" = "recommended"): string[] => lint(code, { rules: [RULE], filename: getFixture(file), preset }).map(({ message }) => message);

  it("reports a map that the parent writes and the worker reads", () => {
    const code = `import { register } from "./registry.js";
      register("a", "b");
      new Worker(new URL("./reads.worker.js", import.meta.url));`;
    expect(run(code)).toMatchInlineSnapshot(`
      [
        "\`handlers\` of \`registry.ts\` exists more than once: \`reads.worker.ts\` runs in a worker with modules of its own. What this file (by \`register\`) writes, the worker (by \`find\`) does not see.",
      ]
    `);
  });

  it("reports a map that the worker writes and the parent reads", () => {
    const code = `import { total } from "./registry.js";
      import { join } from "node:path";
      import { Worker } from "node:worker_threads";
      const worker = new Worker(join(import.meta.dirname, "counts.worker.ts"));
      worker.on("exit", () => console.log(total("a")));`;
    expect(run(code)).toMatchInlineSnapshot(`
      [
        "\`counters\` of \`registry.ts\` exists more than once: \`counts.worker.ts\` runs in a worker with modules of its own. What the worker (by \`count\`) writes, this file (by \`total\`) does not see.",
      ]
    `);
  });

  it.each([
    `import { fork } from "node:child_process"; fork("./counts.worker.js");`,
    `import Piscina from "piscina"; new Piscina({ filename: new URL("./counts.worker.js", import.meta.url).href });`,
    `import { fileURLToPath } from "node:url"; import Tinypool from "tinypool"; const file = fileURLToPath(new URL("./counts.worker.ts", import.meta.url)); new Tinypool({ filename: file });`,
    "const { Worker } = require(\"worker_threads\"); new Worker(`${__dirname}/counts.worker.ts`);",
  ])("resolves %s", (code) => {
    expect(run(`import { total } from "./registry.js"; ${code} export const n = total("a");`)).toHaveLength(1);
  });

  it("reports a map that both write in strict alone", () => {
    const code = `import { count } from "./registry.js"; count("a"); new Worker(new URL("./counts.worker.js", import.meta.url));`;
    expect(run(code)).toEqual([]);
    expect(run(code, "registry/main.ts", "strict")).toHaveLength(1);
  });

  it.each(Object.entries({
    "a worker that fills its own": `import { register } from "./registry.js"; register("a", "b"); new Worker(new URL("./registers.worker.js", import.meta.url));`,
    "types alone": `import { register } from "./registry.js"; register("a", "b"); new Worker(new URL("./types.worker.js", import.meta.url));`,
    "a missing entry": `import { register } from "./registry.js"; register("a", "b"); new Worker(new URL("./nowhere.js", import.meta.url));`,
    "an entry that is computed": `import { register } from "./registry.js"; register("a", "b"); new Worker(process.argv[2]!);`,
    "a module that is missing": `import { register } from "./nowhere.js"; register("a", "b"); new Worker(new URL("./reads.worker.js", import.meta.url));`,
    "no worker": `import { register, find } from "./registry.js"; register("a", "b"); find("a");`,
  }))("is silent on %s", (_name, code) => {
    expect(run(code)).toEqual([]);
  });

  it.each(["example.ts", "no/such/folder/file.ts", getFixture("registry/gone.ts"), getFixture("registry/main.ts/0.ts"), "file.md/0.ts"])("is silent on the virtual file %s", (filename) => {
    const code = `import { register } from "./registry.js"; register("a", "b"); new Worker(new URL("./reads.worker.js", import.meta.url));`;
    expect(lint(code, { rules: [RULE], filename, preset: "all" })).toEqual([]);
  });
});

describe(`${RULE} knows pm2`, () => {
  const CODE = `const sessions = new Map<string, { user: string }>();
    export function put(id: string, user: string) { sessions.set(id, { user }); }
    export function get(id: string) { return sessions.get(id); }`;
  const run = (file: string): string[] => lint(CODE, { rules: [RULE], filename: getFixture(file) }).map(({ message }) => message);

  it("reads an ecosystem file", () => {
    expect(run("pm2/server.ts")).toMatchInlineSnapshot(`
      [
        "\`sessions\` exists once a process: pm2 runs this package as a cluster, says ecosystem.config.cjs. What line 2 writes in one of them, line 3 does not see in another.",
      ]
    `);
  });

  it("reads the scripts of package.json", () => {
    expect(run("pm2-script/server.ts")).toHaveLength(1);
  });

  it("is silent where one instance runs", () => {
    expect(run("plain/server.ts")).toEqual([]);
  });
});
