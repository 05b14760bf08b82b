import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
export const sourceFolder = fileURLToPath(new URL("../../../../src/runtime/shared/", import.meta.url));

/** `// @kill name` marks a step of the protocol after which a worker may die. */
export const KILL_MARK = /\/\/ @kill ([\w:]+)/g;

/** Turns the kill marks of the sources into calls; plain builds know them as comments only. */
const compileKillMarks: Plugin = {
  name: "kill-marks",
  setup(setup) {
    setup.onLoad({ filter: /src[\\/]runtime[\\/]shared[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(KILL_MARK, (_, name: string) => `globalThis.killPoint?.("${name}");`),
      loader: "ts",
    }));
  },
};

/** Bundles a worker of this folder, from source, to a file that Node can run. */
export async function bundleWorker(name: string, withKillMarks = false): Promise<{ url: URL; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "shared-map-"));
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(here, `${name}.ts`)],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outfile,
    plugins: withKillMarks ? [compileKillMarks] : [],
    logLevel: "error",
  });
  return { url: pathToFileURL(outfile), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs a worker to its end and gives its last message. */
export function runWorker<T>(url: URL, workerData: unknown): Promise<T> {
  const worker = new Worker(url, { workerData });
  return new Promise((resolve, reject) => {
    let last: T | undefined;
    worker.on("message", (message: T) => (last = message));
    worker.on("error", reject);
    worker.on("exit", (code) => (code === 0 ? resolve(last as T) : reject(new Error(`worker exited with ${code}`))));
  });
}
