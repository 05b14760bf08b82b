import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findClusterReason } from "../../../src/analysis/workers/clusters.js";
import { createFolder } from "../folder.js";

/** A package with one more file beside its package.json. */
function createPackage(manifest: string, name: string, text: string): string {
  return createFolder({ "package.json": manifest, "src/a.ts": "", [name]: text });
}

it.each([
  ["ecosystem.config.js", `module.exports = { apps: [{ script: "a.js", instances: 4, exec_mode: "cluster" }] };`, true],
  ["ecosystem.config.cjs", `module.exports = { apps: [{ script: "a.js", instances: "max" }] };`, true],
  ["pm2.json", `{ "apps": [{ "script": "a.js", "instances": 2, "watch": true }] }`, true],
  ["ecosystem.config.js", `module.exports = { apps: [{ script: "a.js", instances: 1, exec_mode: "fork" }] };`, false],
  ["ecosystem.config.js", `// instances: 4, exec_mode: "cluster"\nmodule.exports = { apps: [{ script: "a.js" }] };`, false],
  ["other.config.js", `module.exports = { instances: "max" };`, false],
])("reads the configuration of pm2: %s %s", (name, text, isCluster) => {
  expect(findClusterReason(join(createPackage("{}", name, text), "src/a.ts"))).toBe(isCluster ? `pm2 runs this package as a cluster, says ${name}` : undefined);
});

it.each([
  ["pm2 start dist/server.js -i max", true],
  ["pm2-runtime start server.js --instances 4", true],
  ["pm2 start server.js -i 1", false],
  ["pm2 start server.js", false],
])("reads the scripts of a package: %s", (start, isCluster) => {
  const folder = createPackage(JSON.stringify({ scripts: { start } }), "README", "");
  expect(findClusterReason(join(folder, "src/a.ts"))).toBe(isCluster ? "pm2 runs this package as a cluster, says package.json" : undefined);
});

it.each(["test/a.ts", "src/__tests__/a.ts", "scripts/seed.ts", "src/a.test.ts", "vite.config.ts"])("leaves out %s, which no process of the cluster runs", (file) => {
  const folder = createPackage("{}", "ecosystem.config.js", `module.exports = { apps: [{ instances: "max" }] };`);
  expect(findClusterReason(join(folder, file))).toBeUndefined();
});

it("looks no further than the nearest package", () => {
  const folder = createPackage("{}", "ecosystem.config.js", `module.exports = { apps: [{ instances: "max" }] };`);
  writeFileSync(join(folder, "src", "package.json"), "{}");
  expect(findClusterReason(join(folder, "src/a.ts"))).toBeUndefined();
});

const FORK = `import cluster from "node:cluster";\nif (cluster.isPrimary) cluster.fork();\n`;
const REASON = (name: string): string => `\`cluster.fork()\` in ${name} starts this code in every worker`;

it.each<[string, Record<string, string>, string]>([
  ["main", { "package.json": `{ "main": "run.js" }`, "run.js": `${FORK}else import("./x.js");\nimport "./src/a.js";` }, "run.js"],
  ["bin, built to another folder", { "package.json": `{ "bin": { "tool": "./dist/cli.js" } }`, "src/cli.ts": `${FORK}import { a } from "./a.js"; a();` }, "src/cli.ts"],
  ["a script", { "package.json": `{ "scripts": { "start": "node --enable-source-maps bin/master.mjs" } }`, "bin/master.mjs": `${FORK}import "../src/a.js";` }, "bin/master.mjs"],
  ["the usual name", { "package.json": "{}", "src/server.ts": `${FORK}import "./a.js";` }, "src/server.ts"],
  ["CommonJS", { "package.json": `{ "main": "run.js" }`, "run.js": `const cluster = require("cluster");\nif (cluster.isMaster) cluster.fork(); else require("./src/a");\n` }, "run.js"],
  ["another file for the workers", { "package.json": `{ "main": "run.js" }`, "run.js": `import cluster from "cluster";\ncluster.setupPrimary({ exec: "work.js" });\ncluster.fork();\n`, "work.js": `import "./src/a.js";` }, "run.js"],
  ["another file for the workers, beside this one", { "package.json": `{ "main": "bin/run.js" }`, "bin/run.js": `const cluster = require("cluster");\ncluster.setupMaster({ exec: __dirname + "/work.js" });\ncluster.fork();\n`, "bin/work.js": `require("../src/a");` }, "bin/run.js"],
  ["a module between", { "package.json": `{ "main": "run.js" }`, "run.js": `${FORK}import { start } from "./app.js"; start();`, "app.js": `import { a } from "./src/a.js";\nexport function start() {\n  a();\n}\n` }, "run.js"],
])("knows what the start of a package forks: %s", (_name, files, entry) => {
  const folder = createFolder({ "src/a.ts": "export const a = 1;", ...files });
  expect(findClusterReason(join(folder, "src/a.ts"))).toBe(REASON(entry));
});

it.each<[string, Record<string, string>]>([
  ["a file that the workers do not load", { "package.json": `{ "main": "run.js" }`, "run.js": FORK }],
  ["no cluster", { "package.json": `{ "main": "run.js" }`, "run.js": `import { fork } from "child_process";\nimport "./src/a.js";\nfork("x");\n` }],
  ["a cluster of something else", { "package.json": `{ "main": "run.js" }`, "run.js": `import { cluster } from "./redis.js";\nimport "./src/a.js";\ncluster.fork();\n` }],
  ["workers that run another file", { "package.json": `{ "main": "run.js" }`, "run.js": `import cluster from "cluster";\nimport "./src/a.js";\ncluster.setupPrimary({ exec: "work.js" });\ncluster.fork();\n`, "work.js": "" }],
  ["workers that run a file nobody knows", { "package.json": `{ "main": "run.js" }`, "run.js": `import cluster from "cluster";\nimport "./src/a.js";\ncluster.setupPrimary({ exec: "gone.js" });\ncluster.fork();\n` }],
  ["a manifest that is no JSON", { "package.json": "{", "run.js": `${FORK}import "./src/a.js";` }],
])("knows of no cluster where there is %s", (_name, files) => {
  expect(findClusterReason(join(createFolder({ "src/a.ts": "", ...files }), "src/a.ts"))).toBeUndefined();
});

it("leaves out what the primary process runs, by its name", () => {
  const folder = createFolder({ "package.json": `{ "main": "run.js" }`, "run.js": `${FORK}import "./src/master.js";`, "src/master.ts": "" });
  expect(findClusterReason(join(folder, "src/master.ts"))).toBeUndefined();
});
