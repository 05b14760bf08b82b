import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PerWorkerState } from "../../../src/analysis/workers/processes.js";
import { findAnalysis } from "../analyze.js";
import { createFolder } from "../folder.js";

type Files = Readonly<Record<string, string>>;

/** What is found in `main.ts`, which has this text and stands among these files. */
function find(code: string, files: Files = {}, settings: Record<string, unknown> = {}): readonly PerWorkerState[] {
  const folder = createFolder({ "package.json": "{}", ...files, "main.ts": code });
  return findAnalysis(code, { settings })?.getPerWorkerState(join(folder, "main.ts")) ?? [];
}

/** As `kind map: writer -> reader`, with a question mark for what is only likely. */
const describeAll = (states: readonly PerWorkerState[]): string[] => states.map(({ kind, name, writer, reader, isHeuristic }) => `${kind} ${name}: ${writer} -> ${reader}${isHeuristic ? "?" : ""}`);

const REGISTRY = {
  "registry.ts": `const store = new Map<string, number>();
export function put(k: string, v: number) {
  store.set(k, v);
}
export function get(k: string) {
  return store.get(k);
}
`,
  "worker.ts": `import { get } from "./registry.js";\nconsole.log(get("a"));\n`,
};
const WORKER = `import { Worker } from "node:worker_threads"; import { put } from "./registry.js"; put("a", 1);\n`;
const FOUND = ["module store: this file (by `put`) -> the worker (by `get`)"];

describe("a module on both sides", () => {
  it.each([
    `new Worker(new URL("./worker.js", import.meta.url));`,
    `new Worker("./worker.ts");`,
    `import { join } from "node:path"; new Worker(join(__dirname, "worker.js"));`,
    `import { join, dirname } from "node:path"; import { fileURLToPath } from "node:url"; const here = dirname(fileURLToPath(import.meta.url)); new Worker(join(here, "worker.js"));`,
    "new Worker(`${__dirname}/worker.js`);",
    `new Worker(__dirname + "/worker.js");`,
    `new Worker(require.resolve("./worker.js"));`,
    `const url = new URL("./worker.js", import.meta.url); export const start = () => new Worker(url);`,
    `new SharedWorker(new URL("./worker.js", import.meta.url));`,
    `import { fork } from "node:child_process"; fork("./worker.js");`,
    `import * as child from "child_process"; child.fork(new URL("./worker.js", import.meta.url).pathname);`,
    `import Piscina from "piscina"; new Piscina({ filename: new URL("./worker.js", import.meta.url).href });`,
    `import Tinypool from "tinypool"; new Tinypool({ filename: new URL("./worker.js", import.meta.url).href });`,
    `import workerpool from "workerpool"; workerpool.pool(__dirname + "/worker.js");`,
    `import { FixedThreadPool } from "poolifier"; new FixedThreadPool(4, "./worker.js");`,
    `import { DynamicThreadPool } from "poolifier"; new DynamicThreadPool(1, 4, "./worker.js");`,
    `import cluster from "node:cluster"; cluster.setupPrimary({ exec: "./worker.js" }); cluster.fork();`,
  ])("finds what is started by %s", (start) => {
    expect(describeAll(find(WORKER + start, REGISTRY))).toEqual(FOUND);
  });

  const START = `new Worker(new URL("./worker.js", import.meta.url));`;
  const header = `import { Worker } from "node:worker_threads";\n`;

  it.each([
    ["of a module between", `import { load } from "./between.js"; load();`, { "between.ts": `import { put } from "./registry.js";\nexport function load() {\n  put("a", 1);\n}\n` }],
    ["through a module that exports it again", `import { put } from "./all.js"; put("a", 1);`, { "all.ts": `export * from "./registry.js";\n` }],
    ["as a namespace", `import * as registry from "./registry.js"; registry.put("a", 1);`, {}],
    ["required", `const { put } = require("./registry"); put("a", 1);`, {}],
    ["required as a whole", `const registry = require("./registry"); registry.put("a", 1);`, {}],
    ["required by its name", `const add = require("./registry").put; add("a", 1);`, {}],
    ["that is imported when it is needed", `export async function load() { const { put } = await import("./registry.js"); put("a", 1); }`, {}],
    ["of a module that is imported when it is needed", `import { load } from "./between.js"; load();`, { "between.ts": `export async function load() {\n  const registry = await import("./registry.js");\n  registry.put("a", 1);\n}\n` }],
    ["under another name", `import { put as add } from "./registry.js"; add("a", 1);`, {}],
  ])("sees a writer %s", (_name, code, files) => {
    expect(describeAll(find(header + code + START, { ...REGISTRY, ...files }))).toEqual(FOUND);
  });

  it("sees a map that is exported itself", () => {
    const files = { "registry.ts": "export const store = new Map<string, number>();\n", "worker.ts": `import { store } from "./registry.js";\nfor (const [k] of store) console.log(k);\n` };
    expect(describeAll(find(`${header}import { store } from "./registry.js"; store.set("a", 1); ${START}`, files))).toEqual(["module store: this file (by `store.set`) -> the worker (by `store.values`)"]);
  });

  it.each([
    `const { get } = await import("./registry.js");\nconsole.log(get("a"));\n`,
    `import("./registry.js").then((registry) => console.log(registry.get("a")));\n`,
    `export default async function () {\n  const { show } = await import("./show.js");\n  show();\n}\n`,
  ])("follows the dynamic imports of a worker: %s", (worker) => {
    const files = { ...REGISTRY, "worker.ts": worker, "show.ts": `import { get } from "./registry.js";\nexport const show = () => console.log(get("a"));\n` };
    expect(describeAll(find(WORKER + START, files))).toEqual(FOUND);
  });

  const STORE = `class Store {
  private items = new Map<string, number>();
  add(k: string) {
    this.items.set(k, 1);
  }
  get(k: string) {
    return this.items.get(k);
  }
}
`;

  it.each([
    ["export const store = new Store();\n", `import { store } from "./store.js"; store.add("a");`, `import { store } from "./store.js";\nconsole.log(store.get("a"));\n`, "module store.items: this file (by `store.add`) -> the worker (by `store.get`)"],
    ["export default new Store();\n", `import store from "./store.js"; store.add("a");`, `import shared from "./store.js";\nconsole.log(shared.get("a"));\n`, "module Store.items: this file (by `default.add`) -> the worker (by `default.get`)"],
    ["export const store = new Store();\nexport function put(k: string) {\n  store.add(k);\n}\n", `import { put } from "./store.js"; put("a");`, `import * as all from "./store.js";\nall.store.get("a");\n`, "module store.items: this file (by `put`) -> the worker (by `store.get`)"],
  ])("sees a map in a field of the object that a module exports: %s", (exported, code, worker, expected) => {
    expect(describeAll(find(`${header}${code} ${START}`, { "store.ts": STORE + exported, "worker.ts": worker }))).toEqual([expected]);
  });

  it.each<[string, string, string]>([
    ["a worker that hands the object on", `import { store } from "./store.js"; store.add("a");`, `import { store } from "./store.js";\nserve(store);\nstore.get("a");\n`],
    ["a worker that reaches into the object", `import { store } from "./store.js"; store.add("a");`, `import { store } from "./store.js";\nstore.items.set("a", 1);\nstore.get("a");\n`],
    ["an object whose inherited method is used", `import { store } from "./store.js"; store.load(); store.add("a");`, `import { store } from "./store.js";\nstore.get("a");\n`],
    ["a worker with an instance of its own", `import { store } from "./store.js"; store.add("a");`, `import { Store } from "./store.js";\nnew Store().get("a");\n`],
    ["a worker that uses who knows what", `import { store } from "./store.js"; store.add("a");`, `const [m] = await Promise.all([import("./store.js")]);\nm.store.get("a");\n`],
    ["both sides read", `import { store } from "./store.js"; store.get("a");`, `import { store } from "./store.js";\nstore.get("a");\n`],
  ])("finds nothing in %s", (_name, code, worker) => {
    expect(describeAll(find(`${header}${code} ${START}`, { "store.ts": `export ${STORE}export const store = new Store();\n`, "worker.ts": worker }))).toEqual([]);
  });

  it("sees a worker that writes what is read here", () => {
    const files = { ...REGISTRY, "worker.ts": `import { put } from "./registry.js";\nput("a", 1);\n` };
    expect(describeAll(find(`${header}import { get } from "./registry.js"; ${START} get("a");`, files))).toEqual(["module store: the worker (by `put`) -> this file (by `get`)"]);
  });

  it("names the place of the start, the file and the reason", () => {
    const [state] = find(`${WORKER}${START}`, { ...REGISTRY });
    expect(state).toMatchObject({ file: "registry.ts", reason: "`worker.ts` runs in a worker with modules of its own" });
    expect(state?.node.loc.start.line).toBe(2);
  });

  it("only supposes something where both sides write", () => {
    const files = { ...REGISTRY, "worker.ts": `import { put } from "./registry.js";\nput("a", 1);\n` };
    expect(describeAll(find(WORKER + START, files))).toEqual(["module store: this file (by `put`) -> the worker (by `put`)?"]);
  });

  it.each<[string, Files]>([
    ["a map with entries from the start", { "registry.ts": REGISTRY["registry.ts"].replace("<string, number>()", `([["a", 1]])`) }],
    ["a map that the module fills", { "registry.ts": `${REGISTRY["registry.ts"]}for (const k of ["a"]) store.set(k, 1);\n` }],
    ["a map that a class of the module writes", { "registry.ts": `${REGISTRY["registry.ts"]}export class Store {\n  put() {\n    store.set("a", 1);\n  }\n}\n` }],
    ["a reader that fills the map", { "registry.ts": REGISTRY["registry.ts"].replace("return store.get(k);", "store.set(k, 1);\n  return store.get(k);"), "worker.ts": `import { get, put } from "./registry.js";\nput("a", 1);\nget("a");\n` }],
    ["a worker that imports a name and does not use it", { "worker.ts": `import { get } from "./registry.js";\n` }],
    ["a worker that imports types", { "worker.ts": `import type { get } from "./registry.js";\n` }],
    ["a function of the worker's imports that it does not call", { "worker.ts": `import { other } from "./mid.js";\nother();\n`, "mid.ts": `import { get } from "./registry.js";\nexport function other() {\n}\nexport function look() {\n  return get("a");\n}\n` }],
    ["a module that exports more than the worker uses", { "worker.ts": `import { x } from "./all.js";\nx();\n`, "all.ts": `export { get, put } from "./registry.js";\nexport { x } from "./x.js";\n`, "x.ts": "" }],
    ["a map that the worker hands on", { "registry.ts": "export const store = new Map<string, number>();\nexport function put() {\n  store.set('a', 1);\n}\n", "worker.ts": `import { store } from "./registry.js";\nimport { fill } from "./fill.js";\nfill(store);\nstore.get("a");\n` }],
    ["a worker that is not there", { "worker.ts": "", "registry.ts": "" }],
  ])("finds nothing in %s", (_name, files) => {
    expect(describeAll(find(WORKER + START, { ...REGISTRY, ...files })).filter((text) => !text.endsWith("?"))).toEqual([]);
  });

  it("does not take the imports of types for a use of this file", () => {
    expect(find(`${header}import type { put } from "./registry.js"; export type Put = typeof put; ${START}`, REGISTRY)).toEqual([]);
  });
});

describe("two sides of one file", () => {
  const sides = (code: string): string[] => describeAll(find(`const m = new Map<string, number>();\n${code}`));
  const CLUSTER = `import cluster from "node:cluster";\n`;
  const THREADS = `import { isMainThread, parentPort, Worker } from "node:worker_threads";\n`;
  const PRIMARY = ["split m: the primary process -> the worker processes"];
  const MAIN = ["split m: the main thread -> the worker threads"];

  it.each([
    [`${CLUSTER}if (cluster.isPrimary) { cluster.fork(); m.set("a", 1); } else { m.get("a"); }`, PRIMARY],
    [`${CLUSTER}if (!cluster.isMaster) { m.get("a"); } else { cluster.fork(); m.set("a", 1); }`, PRIMARY],
    [`${CLUSTER}if (cluster.isWorker) { m.get("a"); } else { cluster.fork(); m.set("a", 1); }`, PRIMARY],
    [`${CLUSTER}if (cluster.worker) { m.get("a"); } else { cluster.fork(); m.set("a", 1); }`, PRIMARY],
    [`${CLUSTER}cluster.on("online", () => { m.set("a", 1); }); if (cluster.isWorker) m.get("a"); else cluster.fork();`, PRIMARY],
    [`${CLUSTER}const w = cluster.isPrimary ? cluster.fork() : undefined; if (cluster.isWorker) process.on("message", () => m.get("a")); else m.set("a", 1);`, PRIMARY],
    [`${CLUSTER}function boss() { cluster.fork(); m.set("a", 1); } function work() { m.get("a"); } if (cluster.isPrimary) boss(); else work();`, PRIMARY],
    [`${CLUSTER}function again() { m.set("a", 1); setTimeout(again, 9); } if (cluster.isPrimary) { cluster.fork(); again(); } else m.get("a");`, PRIMARY],
    [`${CLUSTER}if (cluster.isPrimary) { cluster.fork(); m.set("a", 1); process.exit(0); }\nm.get("a");`, PRIMARY],
    [`${THREADS}if (isMainThread) { new Worker(new URL(import.meta.url)); m.set("a", 1); } else { m.get("a"); }`, MAIN],
    [`${THREADS}if (parentPort) { parentPort.on("message", () => m.get("a")); } else { new Worker(new URL(import.meta.url)); m.set("a", 1); }`, MAIN],
    [`${THREADS}if (parentPort === null) { new Worker(import.meta.filename); m.set("a", 1); } else { m.get("a"); }`, MAIN],
    [`${THREADS}const w = new Worker(new URL(import.meta.url)); w.on("message", () => m.get("a")); parentPort?.on("message", () => { m.set("a", 1); });`, ["split m: the worker threads -> the main thread"]],
    [`const { Worker, isMainThread } = require("worker_threads"); if (isMainThread) { new Worker(__filename); m.set("a", 1); } else { m.get("a"); }`, MAIN],
  ])("tells them apart: %s", (code, expected) => {
    expect(sides(code)).toEqual(expected);
  });

  it.each([
    `${CLUSTER}if (cluster.isPrimary) { cluster.fork(); m.set("a", 1); m.get("a"); }`,
    `${CLUSTER}cluster.setupPrimary({ exec: "./other.js" }); cluster.fork(); cluster.on("online", () => { m.set("a", 1); }); setInterval(() => m.get("a"), 9);`,
    `${CLUSTER}const w = cluster.fork(); w.on("message", () => { m.set("a", 1); }); cluster.on("exit", () => m.get("a"));`,
    `${CLUSTER}function stop(n: number) { if (m.get("a")) return; m.set("a", n); setTimeout(stop, 9, n + 1); } if (cluster.isPrimary) { cluster.fork(); stop(0); }`,
    `${CLUSTER}if (cluster.isPrimary) { m.set("a", 1); m.get("a"); }`,
    `${THREADS}if (isMainThread) { new Worker("./other.js"); m.set("a", 1); } else { m.get("a"); }`,
    `${THREADS}if (isMainThread) { const w = new Worker(new URL(import.meta.url)); w.on("message", () => { m.set("a", 1); }); w.on("exit", () => m.get("a")); }`,
    `import { isMainThread } from "./threads.js"; if (isMainThread) { new Worker(new URL(import.meta.url)); m.set("a", 1); } else { m.get("a"); }`,
  ])("finds nothing in %s", (code) => {
    expect(sides(code)).toEqual([]);
  });

  it("compares the modules that the two sides import", () => {
    const code = `${CLUSTER}import { put, get } from "./registry.js"; if (cluster.isPrimary) { put("a", 1); cluster.fork(); } else { get("a"); }`;
    expect(describeAll(find(code, REGISTRY))).toEqual(["module store: the primary process (by `put`) -> the worker processes (by `get`)"]);
  });

  it("follows what a side only loads", () => {
    const files = { ...REGISTRY, "app.ts": `import { get } from "./registry.js";\nget("a");\n` };
    const code = `const cluster = require("cluster"); const { put } = require("./registry"); if (cluster.isPrimary) { put("a", 1); cluster.fork(); } else { require("./app"); }`;
    expect(describeAll(find(code, files))).toEqual(["module store: the primary process (by `put`) -> the worker processes (by `get`)"]);
  });

  it("supposes that the workers of a cluster mean one map by that of a module", () => {
    const code = `${CLUSTER}import { put, get } from "./registry.js"; if (cluster.isPrimary) cluster.fork(); else { put("a", 1); get("a"); }`;
    expect(describeAll(find(code, REGISTRY))).toEqual(["module store: one worker process (by `put`) -> another (by `get`)?"]);
  });
});

describe("many processes", () => {
  const SESSIONS = `const sessions = new Map<string, string>(); export function put(k: string) { sessions.set(k, k); } export function get(k: string) { return sessions.get(k); }`;

  it("takes the word of the settings", () => {
    expect(find(SESSIONS, {}, { processes: "many" })).toMatchObject([{ kind: "each", name: "sessions", reason: "the settings say that many processes run this code" }]);
  });

  it("takes the word of a configuration of pm2", () => {
    expect(find(SESSIONS, { "ecosystem.config.js": `module.exports = { apps: [{ instances: "max" }] };` })).toMatchObject([{ kind: "each", reason: "pm2 runs this package as a cluster, says ecosystem.config.js" }]);
  });

  it("takes the word of the file that starts the package and forks a cluster", () => {
    const files = { "server.ts": `import cluster from "node:cluster";\nimport { put } from "./main.js";\nif (cluster.isPrimary) cluster.fork();\nelse put("a");\n` };
    expect(find(SESSIONS, files)).toMatchObject([{ kind: "each", name: "sessions", reason: "`cluster.fork()` in server.ts starts this code in every worker" }]);
  });

  it("does not take its word for a file that knows of the cluster itself", () => {
    const files = { "server.ts": `import cluster from "node:cluster";\nimport { put } from "./main.js";\nif (cluster.isPrimary) cluster.fork();\nelse put("a");\n` };
    expect(find(`import cluster from "node:cluster"; export const isFirst = cluster.isPrimary; ${SESSIONS}`, files)).toEqual([]);
  });

  it("finds nothing where one process runs", () => {
    expect(find(SESSIONS)).toEqual([]);
  });

  it.each([
    ["sockets", `const users = new Map<string, WebSocket>(); export function join(id: string, ws: WebSocket) { users.set(id, ws); } export function send(id: string) { users.get(id)!.send(""); }`],
    ["timers", `const alarms = new Map<string, unknown>(); export function arm(id: string) { alarms.set(id, setTimeout(() => {}, 9)); } export function off(id: string) { alarms.delete(id); return alarms.get(id); }`],
    ["a cache", `const cache = new Map<string, string>(); export function put(k: string) { cache.set(k, k); } export function get(k: string) { return cache.get(k); }`],
  ])("only supposes something of %s", (_name, code) => {
    expect(find(code, {}, { processes: "many" }).map(({ isHeuristic }) => isHeuristic)).toEqual([true]);
  });
});
