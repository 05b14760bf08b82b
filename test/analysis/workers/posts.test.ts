import * as parser from "@typescript-eslint/parser";
import { Linter, type SourceCode } from "eslint";
import { expect, it } from "vitest";
import { createFileModel } from "../../../src/analysis/code/model.js";
import { findCarried } from "../../../src/analysis/workers/posts.js";

/** What is posted, as `kind: text`. */
function getCarried(code: string): string[] {
  const linter = new Linter({ configType: "flat" });
  linter.verify(code, [{ files: ["**/*.ts"], languageOptions: { parser } }], { filename: "a.ts" });
  const sourceCode = linter.getSourceCode() as SourceCode;
  return findCarried(createFileModel(sourceCode)).map(({ post, leaf }) => `${post.kind}: ${sourceCode.getText(leaf as never)}`);
}

it.each([
  ["worker.postMessage(m);", ["message: m"]],
  ["postMessage({ type: 1, m });", ["message: 1", "message: m"]],
  ["port.postMessage([a, ok ? b : c, d ?? e]);", ["message: a", "message: b", "message: c", "message: d", "message: e"]],
  ["new Worker(url, { workerData: { m } });", ["start: m"]],
  ["const options = { workerData: m }; new Worker(url, options);", ["start: m"]],
  ["const message = { m }; worker.postMessage(message);", ["message: m"]],
  ["process.send(m);", ["process: m"]],
  ["const child = fork(file); child.send(m);", ["process: m"]],
  ["const pool = new Piscina({ filename }); pool.run({ m });", ["call: m"]],
  ["class A { pool = new Tinypool({}); f(m) { return this.pool.run(m); } }", ["call: m"]],
  ["import workerpool from 'workerpool'; const pool = workerpool.pool(file); pool.exec('f', [m]);", ["call: 'f'", "call: m"]],
  ["import { wrap } from 'comlink'; const api = wrap(worker); api.f(m);", ["call: m"]],
  ["import { wrap } from 'comlink'; const f = wrap(worker); f(m);", ["call: m"]],
  ["import { wrap } from 'comlink'; const C = wrap(worker); const o = await new C(m); o.f(n);", ["call: m", "call: n"]],
  ["const workerpool = require('workerpool'); const pool = workerpool.pool(file); const p = await pool.proxy(); p.f(m);", ["call: m"]],
  ["import { wrap } from 'comlink'; const api = wrap(worker); api.config = m;", ["call: m"]],
  ["import * as Comlink from 'comlink'; const api = Comlink.wrap(worker); api.settings.limits = { m };", ["call: m"]],
  ["import { wrap } from 'comlink'; class A { api = wrap(this.worker); set(m) { this.api.config = m; } }", ["call: m"]],
  ["import { spawn } from 'threads'; const t = await spawn(new Worker(file)); t(m);", ["call: m"]],
  ["process.send?.({ m });", ["process: m"]],
  ["import cluster from 'node:cluster'; for (const id in cluster.workers) cluster.workers[id].send(m);", ["process: m"]],
  ["import cluster from 'node:cluster'; for (const w of Object.values(cluster.workers)) w.send(m);", ["process: m"]],
  ["import cluster from 'node:cluster'; Object.values(cluster.workers).forEach((w) => w.send(m));", ["process: m"]],
  ["import cluster from 'node:cluster'; cluster.on('online', (w) => { w.send(m); });", ["process: m"]],
  ["import { spawn } from 'child_process'; const c = spawn(file, [], { stdio: ['ipc'] }); c.send(m);", ["process: m"]],
  ["class A { child = fork(file); f(m) { this.child.send(m); } }", ["process: m"]],
  ["new Piscina({ filename, workerData: m });", ["start: m"]],
  ["new FixedThreadPool(4, file, { workerData: m }); const pool = new FixedThreadPool(4, file); pool.execute(m);", ["call: m"]],
  ["function start(data) { new Worker(url, { workerData: data }); } start({ m });", ["start: data", "start: m"]],
  ["function a(x) { b(x); } function b(y) { port.postMessage(y); } a(m);", ["message: x", "message: y", "message: m"]],
])("finds what leaves the thread: %s", (code, expected) => {
  expect(getCarried(code)).toEqual(expected);
});

it.each([
  "socket.send(m);",
  "function postMessage(x) {} postMessage(m);",
  "const api = wrap(worker); api.f(m);",
  "const api = wrap(worker); api.config = m;",
  "import { wrap } from 'comlink'; const api = wrap(worker); api.total += m;",
  "import { wrap } from 'comlink'; const api = wrap(worker); const local = { api }; local.config = m;",
  "import { wrap } from 'comlink'; let api; api = m;",
  "const pool = new Pool(); pool.run(m);",
  "new Worker('queue', async () => {}, { connection });",
  "const process = makeProcess(); process.send(m);",
  "import { cluster } from './mine.js'; for (const w of Object.values(cluster.workers)) w.send(m);",
  "import { spawn } from 'child_process'; const c = spawn(file); c.send(m);",
  "import { spawn } from './game.js'; const unit = spawn(file); unit(m);",
  "const pool = new Piscina({ filename }); pool.close(m);",
  "new Worker(url, { env: m });",
  "channel.postMessage(...parts);",
])("finds nothing in %s", (code) => {
  expect(getCarried(code)).toEqual([]);
});
