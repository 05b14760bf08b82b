import { testReports, testSilent } from "../cases.js";

const RULE = "no-map-across-workers";

testReports(RULE, "the side that posts", {
  "written after it was posted": `import { Worker } from "node:worker_threads";
    export function start() {
      const prices = new Map<string, number>();
      prices.set("a", 1);
      const worker = new Worker("./w.js");
      worker.postMessage(prices); // here
      prices.set("b", 2);
    }`,
  "a module's map in workerData, written by a handler": `import { Worker } from "node:worker_threads";
    import { app } from "./app.js";
    const cache = new Map<string, string>();
    new Worker(new URL("./w.js", import.meta.url), { workerData: { cache } }); // here
    app.put("/:key", (req, res) => { cache.set(req.params.key, req.body); res.end(); });`,
  "a field posted in the constructor": `import { Worker } from "node:worker_threads";
    export class Index {
      #terms = new Map<string, number[]>();
      #worker = new Worker("./index-worker.js");
      constructor() { this.#worker.postMessage({ type: "start", terms: this.#terms }); } // here
      add(term: string, id: number) { this.#terms.set(term, [...(this.#terms.get(term) ?? []), id]); }
    }`,
  "told that it changed": `import { Worker } from "node:worker_threads";
    const flags = new Map<string, boolean>();
    const worker = new Worker("./w.js", { workerData: flags }); // here
    export function setFlag(name: string, on: boolean) {
      flags.set(name, on);
      worker.postMessage({ type: "changed" });
    }`,
  "read back after the worker is done": `import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    export async function count(file: string) {
      const counts = new Map<string, number>();
      const worker = new Worker("./count.js", { workerData: { file, counts } }); // here
      await once(worker, "exit");
      return counts.get("total");
    }`,
  "read back through helpers that post a parameter": `import { Worker } from "node:worker_threads";
    function runWorker(file: string, workerData: unknown) {
      const worker = new Worker(file, { workerData });
      return new Promise((resolve) => worker.once("exit", resolve));
    }
    function runAll(file: string, workerData: unknown) {
      return Promise.all(Array.from({ length: 4 }, () => runWorker(file, workerData)));
    }
    export async function countAll() {
      const hits = new Map([["home", 0]]);
      await runAll("./w.js", { hits, rounds: 10 }); // here
      return hits.get("home");
    }`,
  "read in the message handler": `import { Worker } from "node:worker_threads";
    const found = new Set<string>();
    const worker = new Worker("./scan.js", { workerData: { found } }); // here
    worker.on("message", () => console.log(found.size));`,
  "an argument of a Piscina task": `import Piscina from "piscina";
    const pool = new Piscina({ filename: "./task.js" });
    export async function tally(words: string[]) {
      const tallies = new Map<string, number>();
      await Promise.all(words.map((word) => pool.run({ word, tallies }))); // here
      return [...tallies];
    }`,
  "an argument of a Comlink call": `import * as Comlink from "comlink";
    const api = Comlink.wrap<{ fill(m: Map<string, number>): Promise<void> }>(new Worker("./api.js"));
    export async function load() {
      const table = new Map<string, number>();
      await api.fill(table); // here
      return table.size;
    }`,
  "a BroadcastChannel": `const channel = new BroadcastChannel("settings");
    const settings = new Map<string, string>();
    channel.postMessage(settings); // here
    export function change(key: string, value: string) {
      settings.set(key, value);
      channel.postMessage("changed");
    }`,
  "a map to another process": `const seen = new Map<string, number>();
    export function tell(id: string) {
      seen.set(id, Date.now());
      process.send!({ type: "seen", seen }); // here
    }`,
  "a map to a forked child": `import { fork } from "node:child_process";
    const child = fork("./child.js");
    const routes = new Map([["/", "home"]]);
    child.send(routes); // here`,
  "where there may be no parent": `const seen = new Set<string>();
    export function tell(id: string) {
      seen.add(id);
      process.send?.({ seen }); // here
    }`,
  "to every worker of a cluster": `import cluster from "node:cluster";
    const flags = new Map<string, boolean>();
    export function set(name: string, on: boolean) {
      flags.set(name, on);
      for (const worker of Object.values(cluster.workers!)) worker!.send({ flags }); // here
    }`,
  "to a worker of a cluster that comes up": `import cluster from "node:cluster";
    const flags = new Map([["a", true]]);
    cluster.on("online", (worker) => { worker.send(flags); }); // here`,
  "to a process with a channel": `import { spawn } from "node:child_process";
    const child = spawn("node", ["child.js"], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
    const routes = new Map([["/", "home"]]);
    child.send(routes); // here`,
  "an argument of a class in a worker": `import { wrap } from "comlink";
    const Index = wrap<new (terms: Map<string, number>) => object>(new Worker("./index.js"));
    const terms = new Map<string, number>();
    export const index = await new Index(terms); // here
    export function add(term: string) { terms.set(term, 1); }`,
  "a call of a workerpool proxy": `import workerpool from "workerpool";
    const pool = workerpool.pool("./task.js");
    export async function load() {
      const table = new Map<string, number>();
      const task = await pool.proxy();
      await task.fill(table); // here
      return table.size;
    }`,
  "a call of a thread of threads.js": `import { spawn, Worker } from "threads";
    export async function load() {
      const table = new Map<string, number>();
      const task = await spawn(new Worker("./task"));
      await task.fill(table); // here
      return table.get("a");
    }`,
});

testReports(RULE, "the side that receives", {
  "a write to a map of workerData": `import { workerData } from "node:worker_threads";
    const { hits, rounds } = workerData;
    for (let i = 0; i < rounds; i++) hits.set("home", hits.get("home") + 1); // here`,
  "by its path": `import { workerData } from "worker_threads";
    export function note(key: string) {
      if (workerData.limits.has(key)) return;
    }
    export function add(key: string) {
      workerData.totals.set(key, (workerData.totals.get(key) ?? 0) + 1); // here
    }`,
  "in CommonJS": `const { workerData } = require("worker_threads");
    const stats = workerData.stats;
    stats.delete("old");
    stats.set("done", true); // here`,
  "of a message": `import { parentPort } from "node:worker_threads";
    parentPort!.on("message", ({ hits, page }) => {
      hits.set(page, (hits.get(page) ?? 0) + 1); // here
    });`,
  "of a message, typed": `import { parentPort } from "node:worker_threads";
    parentPort!.once("message", (hits: Map<string, number>) => { hits.set("home", 1); }); // here`,
  "of a message that is kept": `import { parentPort } from "node:worker_threads";
    let hits: Map<string, number>;
    parentPort!.on("message", (message) => {
      if (message.type === "start") hits = message.hits;
      else hits.set(message.page, (hits.get(message.page) ?? 0) + 1); // here
    });`,
  "of the event of a message": `self.onmessage = (event) => { event.data.hits.set("home", 1); }; // here`,
  "of a part of the event": `addEventListener("message", ({ data: { seen, id } }) => { seen.add(id); }); // here`,
  "of a message to another process": `process.on("message", (message: { limits: Map<string, number> }) => { message.limits.set("a", 1); }); // here`,
  "of what a worker posts, here": `import { Worker } from "node:worker_threads";
    const worker = new Worker("./w.js");
    worker.on("message", (state) => { state.done.set("main", true); }); // here`,
  "of a broadcast": `const channel = new BroadcastChannel("flags");
    channel.onmessage = onFlags;
    function onFlags(event: MessageEvent) { event.data.flags.set("seen", true); } // here`,
  "an argument of a function that Comlink calls": `import * as Comlink from "comlink";
    Comlink.expose({ fill(table: Map<string, number>) { table.set("a", 1); } }); // here`,
  "an argument of a function that workerpool calls": `import workerpool from "workerpool";
    function fill(table: Map<string, number>) { table.set("a", 1); } // here
    workerpool.worker({ fill });`,
  "a write to a clone that nobody keeps": `const state = new Map([["a", 1]]);
    export function reset() { structuredClone(state).set("a", 0); } // here`,
  "a write to a clone in a variable that nobody reads": `const state = new Map([["a", 1]]);
    export function reset() {
      const next = structuredClone(state);
      next.set("a", 0); // here
    }`,
  "a field of what Comlink wraps": `import { wrap } from "comlink";
    const limits = new Map<string, number>();
    const api = wrap<{ limits: Map<string, number> }>(new Worker("./api.js"));
    api.limits = limits; // here
    export function setLimit(user: string, limit: number) { limits.set(user, limit); }`,
});

testReports(
  RULE,
  "what is likely, in strict",
  {
    "all of it is posted again after each change": `import { Worker } from "node:worker_threads";
      const rules = new Map<string, string>();
      const worker = new Worker("./w.js", { workerData: { rules } });
      export function put(key: string, value: string) {
        rules.set(key, value);
        worker.postMessage(rules); // here
      }`,
    "a worker that a method starts": `import { Worker } from "node:worker_threads";
      export class Prices {
        #prices = new Map<string, number>();
        run(id: string) { return new Worker("./w.js", { workerData: { id, prices: this.#prices } }); } // here
        set(sku: string, price: number) { this.#prices.set(sku, price); }
      }`,
    "a snapshot, and work goes on with the map": `import { parentPort } from "node:worker_threads";
      export function work(xs: string[]) {
        const done = new Map<string, number>();
        done.set("first", 1);
        parentPort!.postMessage(done); // here
        for (const x of xs) done.set(x, x.length);
        return done;
      }`,
  },
  { preset: "strict" },
);

testSilent(RULE, "a message is a message", {
  "built for the message and left alone": `import { parentPort } from "node:worker_threads";
    export function report(xs: string[]) {
      const lengths = new Map<string, number>();
      for (const x of xs) lengths.set(x, x.length);
      parentPort!.postMessage(lengths);
    }`,
  "built anew on each turn": `import { parentPort } from "node:worker_threads";
    for (const chunk of [[1], [2]]) {
      const squares = new Map<number, number>();
      for (const x of chunk) squares.set(x, x * x);
      parentPort!.postMessage(squares);
    }`,
  "posted and cleared: a batch": `import { Worker } from "node:worker_threads";
    const worker = new Worker("./w.js");
    const batch = new Map<string, number>();
    export function add(k: string, v: number) { batch.set(k, v); if (batch.size > 99) flush(); }
    function flush() { worker.postMessage(batch); batch.clear(); }`,
  "posted and replaced: a batch": `import { Worker } from "node:worker_threads";
    export class Sender {
      #worker = new Worker("./w.js");
      #batch = new Set<string>();
      add(k: string) { this.#batch.add(k); }
      flush() { this.#worker.postMessage(this.#batch); this.#batch = new Set(); }
    }`,
  "changes are forwarded": `import { Worker } from "node:worker_threads";
    const models = new Map<string, number>();
    const worker = new Worker("./w.js", { workerData: { models } });
    export function update(id: string, price: number) {
      models.set(id, price);
      worker.postMessage({ type: "price", id, price });
    }`,
  "a constant table that both sides read": `import { Worker } from "node:worker_threads";
    const CODES = new Map([["a", 1], ["b", 2]]);
    const worker = new Worker("./w.js", { workerData: { CODES } });
    worker.on("message", (key: string) => console.log(CODES.get(key)));`,
  "a copy made on purpose": `import { Worker } from "node:worker_threads";
    const live = new Map<string, number>();
    const worker = new Worker("./w.js", { workerData: new Map(live) });
    worker.postMessage([...live]);
    worker.postMessage(structuredClone(live));
    export function put(k: string, v: number) { live.set(k, v); }`,
  "structuredClone that is kept": `const state = new Map([["a", 1]]);
    export function fork() {
      const next = structuredClone(state);
      next.set("a", 2);
      return next;
    }`,
  "written in the branch that does not post": `import { parentPort } from "node:worker_threads";
    export function end(ok: boolean, m: string) {
      const info = new Map<string, string>();
      if (ok) parentPort!.postMessage(info);
      else info.set("error", m);
      return info;
    }`,
  "written behind a way out": `import { parentPort } from "node:worker_threads";
    export function end(ok: boolean) {
      const info = new Map<string, string>();
      if (ok) { parentPort!.postMessage(info); return; }
      info.set("error", "none");
      console.log(info.get("error"));
    }`,
  "values of the map are posted": `import { Worker } from "node:worker_threads";
    const worker = new Worker("./w.js");
    const jobs = new Map<number, string>();
    export function run(id: number, job: string) { jobs.set(id, job); worker.postMessage({ id, job: jobs.get(id), size: jobs.size }); }`,
  "workers kept in a map": `import { Worker } from "node:worker_threads";
    const workers = new Map<string, Worker>();
    export function start(id: string) {
      const worker = new Worker("./w.js", { workerData: { id } });
      workers.set(id, worker);
      worker.postMessage({ type: "start" });
    }`,
  "written by the method before it starts a worker": `import { Worker } from "node:worker_threads";
    export class Jobs {
      run(id: string) {
        const jobs = new Map<string, number>();
        jobs.set(id, 1);
        return new Worker("./w.js", { workerData: { jobs } });
      }
    }`,
  "written before it is posted": `import { Worker } from "node:worker_threads";
    export class Pool {
      #config = new Map<string, string>();
      constructor() { this.#load(); new Worker("./w.js", { workerData: this.#config }); }
      #load() { this.#config.set("a", "b"); }
    }`,
  "posted each time that it is asked for": `import { parentPort } from "node:worker_threads";
    const totals = new Map<string, number>();
    parentPort!.on("message", (m: { type: string; key: string }) => {
      if (m.type === "add") totals.set(m.key, (totals.get(m.key) ?? 0) + 1);
      else parentPort!.postMessage(totals);
    });`,
  "a queue's worker that is no thread": `import { Worker } from "bullmq";
    const running = new Map<string, number>();
    export const worker = new Worker("jobs", async (job) => { running.set(job.id!, 1); }, { connection: {} });`,
  "the worker's scratch copy": `import { parentPort, workerData } from "node:worker_threads";
    const { graph, seen } = workerData;
    for (const node of graph.keys()) { if (!seen.has(node)) { seen.add(node); parentPort!.postMessage(node); } }`,
  "a message of something that is no thread": `import { WebSocketServer } from "ws";
    const server = new WebSocketServer({ port: 8080 });
    server.on("message", (message) => { message.hits.set("a", 1); });`,
  "an event of another kind": `import { parentPort } from "node:worker_threads";
    parentPort!.on("close", (map) => { map.hits.set("a", 1); });`,
  "a message that is read": `import { parentPort } from "node:worker_threads";
    parentPort!.on("message", ({ hits, page }) => {
      hits.set(page, 1);
      if (hits.size > 9) console.log("many");
    });`,
  "a message that is kept by somebody else": `import { parentPort } from "node:worker_threads";
    import { start } from "./start.js";
    parentPort!.on("message", (message) => { message.hits.set("a", 1); start(message); });`,
  "a message that is kept and read": `import { parentPort } from "node:worker_threads";
    let hits: Map<string, number> | undefined;
    parentPort!.on("message", (message) => {
      if (message.type === "start") hits = message.hits;
      else if (message.type === "add") hits!.set(message.page, 1);
      else parentPort!.postMessage(hits!.get(message.page));
    });`,
  "a map of the worker's own that a message replaces": `import { parentPort } from "node:worker_threads";
    let hits = new Map<string, number>();
    parentPort!.on("message", (message) => { if (message.hits) hits = message.hits; else hits.set(message.page, 1); });
    export const get = () => hits;`,
  "a map of the worker's own that messages fill": `import { parentPort } from "node:worker_threads";
    const hits = new Map<string, number>();
    parentPort!.on("message", ({ page, count }) => { hits.set(page, count); });
    export const get = (page: string) => hits.get(page);`,
  "a message that is sent on": `import { parentPort } from "node:worker_threads";
    parentPort!.on("message", (message) => { message.seen.add("here"); parentPort!.postMessage(message); });`,
  "bytes of a message": `self.onmessage = (event) => { event.data.bytes.set(event.data.chunk, event.data.offset); };`,
  "what has arrived is returned": `import * as Comlink from "comlink";
    Comlink.expose({ fill(table: Map<string, number>) { table.set("a", 1); return table; } });`,
  "a proxy of a map on the other side": `import * as Comlink from "comlink";
    Comlink.expose({ async fill(table: Comlink.Remote<Map<string, number>>) { await table.set("a", 1); } });`,
  "a port of the event": `self.onmessage = (event) => { const [port] = event.ports; event.source.set("a", 1); port.start(); };`,
  "another expose": `import { expose } from "./api.js";
    expose({ fill(table: Map<string, number>) { table.set("a", 1); } });`,
  "entries are sent to another process": `const seen = new Map<string, number>();
    export function tell(id: string) { seen.set(id, 1); process.send!({ seen: [...seen] }); }`,
  "an object is sent to another process": `const seen = new Map<string, number>();
    export function tell(id: string) { seen.set(id, 1); process.send!(Object.fromEntries(seen)); }`,
  "a process without a channel": `import { spawn } from "node:child_process";
    const child = spawn("node"); const m = new Map([["a", 1]]);
    child.send(m);`,
  "workers of another cluster": `import { cluster } from "./redis.js";
    const m = new Map([["a", 1]]);
    for (const node of Object.values(cluster.workers)) node.send(m);`,
  "wrapped by something else": `import { wrap } from "./wrap.js";
    const api = wrap(new Worker("./api.js")); const m = new Map<string, number>();
    await api.fill(m); console.log(m.get("a"));`,
  "a field of what Comlink wraps, given a copy on purpose": `import { wrap } from "comlink";
    const api = wrap<{ m: Map<string, number> }>(new Worker("./api.js")); const m = new Map<string, number>();
    api.m = new Map(m); export function put(k: string) { m.set(k, 1); }`,
  "a field of what Comlink wraps, given a proxy": `import { proxy, wrap } from "comlink";
    const api = wrap<{ m: unknown }>(new Worker("./api.js")); const m = new Map<string, number>();
    api.m = proxy(m); export function put(k: string) { m.set(k, 1); }`,
  "a field of an object of this thread": `import { wrap } from "./wrap.js";
    const api = wrap(new Worker("./api.js")); const m = new Map<string, number>();
    api.m = m; export function put(k: string) { m.set(k, 1); }`,
  "a clone that is written and then kept": `let state = new Map([["a", 1]]);
    export function reset() { const next = structuredClone(state); next.set("a", 0); state = next; }`,
  "a Comlink call that gets a copy on purpose": `import { wrap } from "comlink";
    const api = wrap<{ use(m: Map<string, number>): Promise<void> }>(new Worker("./api.js")); const m = new Map<string, number>();
    await api.use(new Map(m)); export function put(k: string) { m.set(k, 1); }`,
  "a spawn that is no thread": `import { spawn } from "./game.js";
    const unit = spawn("x"); const m = new Map<string, number>();
    await unit.fill(m); console.log(m.get("a"));`,
  "the worker posts its copy back": `import { parentPort, workerData } from "node:worker_threads";
    const { counts } = workerData;
    counts.set("a", counts.get("a") + 1);
    parentPort!.postMessage(counts);`,
  "the worker hands its copy on": `import { parentPort, workerData } from "node:worker_threads";
    import { finish } from "./finish.js";
    workerData.counts.set("a", (workerData.counts.get("a") ?? 0) + 1);
    finish(workerData);`,
  "bytes of shared memory": `import { workerData } from "node:worker_threads";
    const { view } = workerData;
    view.set(new Uint8Array([1, 2]), 4);`,
  "a SharedMap": `import { workerData } from "node:worker_threads";
    import { SharedMap } from "mapguard/shared";
    const hits = SharedMap.attach<string, number>(workerData.hits);
    hits.update("home", (n = 0) => n + 1);
    hits.set("done", 1);`,
  "a handle of a SharedMap": `import { Worker } from "node:worker_threads";
    import { SharedMap } from "mapguard/shared";
    const hits = new SharedMap<string, number>();
    new Worker("./w.js", { workerData: { hits: hits.handle } });
    export function put(k: string) { hits.set(k, 1); }`,
  "advanced serialization between processes": `import { fork } from "node:child_process";
    const child = fork("./child.js", { serialization: "advanced" });
    const routes = new Map([["/", "home"]]);
    child.send(routes);`,
  "other things that send": `import { socket } from "./socket.js";
    const m = new Map<string, string>();
    export function put(k: string) { m.set(k, k); socket.send(JSON.stringify([...m])); }`,
  "a map that is filled by somebody else here": `import { Worker } from "node:worker_threads";
    import { fill } from "./fill.js";
    export async function f() {
      const m = new Map<string, number>();
      fill(m);
      new Worker("./w.js", { workerData: m });
      return m.size;
    }`,
});
