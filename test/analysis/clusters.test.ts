import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findClusterConfig } from "../../src/analysis/clusters.js";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** A package with one more file beside its package.json. */
function createPackage(manifest: string, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "clusters-"));
  folders.push(folder);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "package.json"), manifest);
  writeFileSync(join(folder, name), text);
  return folder;
}

it.each([
  ["ecosystem.config.js", `module.exports = { apps: [{ script: "a.js", instances: 4, exec_mode: "cluster" }] };`, true],
  ["ecosystem.config.cjs", `module.exports = { apps: [{ script: "a.js", instances: "max" }] };`, true],
  ["pm2.json", `{ "apps": [{ "script": "a.js", "instances": 2, "watch": true }] }`, true],
  ["ecosystem.config.js", `module.exports = { apps: [{ script: "a.js", instances: 1, exec_mode: "fork" }] };`, false],
  ["ecosystem.config.js", `// instances: 4, exec_mode: "cluster"\nmodule.exports = { apps: [{ script: "a.js" }] };`, false],
  ["other.config.js", `module.exports = { instances: "max" };`, false],
])("reads the configuration of pm2: %s %s", (name, text, isCluster) => {
  expect(findClusterConfig(join(createPackage("{}", name, text), "src/a.ts"))).toBe(isCluster ? name : undefined);
});

it.each([
  ["pm2 start dist/server.js -i max", true],
  ["pm2-runtime start server.js --instances 4", true],
  ["pm2 start server.js -i 1", false],
  ["pm2 start server.js", false],
])("reads the scripts of a package: %s", (start, isCluster) => {
  const folder = createPackage(JSON.stringify({ scripts: { start } }), "README", "");
  expect(findClusterConfig(join(folder, "src/a.ts"))).toBe(isCluster ? "package.json" : undefined);
});

it.each(["test/a.ts", "src/__tests__/a.ts", "scripts/seed.ts", "src/a.test.ts", "vite.config.ts"])("leaves out %s, which no process of the cluster runs", (file) => {
  const folder = createPackage("{}", "ecosystem.config.js", `module.exports = { apps: [{ instances: "max" }] };`);
  expect(findClusterConfig(join(folder, file))).toBeUndefined();
});

it("looks no further than the nearest package", () => {
  const folder = createPackage("{}", "ecosystem.config.js", `module.exports = { apps: [{ instances: "max" }] };`);
  writeFileSync(join(folder, "src", "package.json"), "{}");
  expect(findClusterConfig(join(folder, "src/a.ts"))).toBeUndefined();
});
