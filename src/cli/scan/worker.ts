import { parentPort, workerData } from "node:worker_threads";

import { createFileLinter } from "./lint.js";
import type { FileTask } from "./lint-file.js";
import { lintFile } from "./lint-file.js";
import { loadPlugin } from "./plugin.js";
import { createParserLookup } from "./project.js";
import type { WorkerSetup } from "./pool.js";

const { pluginUrl, preset, cwd } = workerData as WorkerSetup;
const linter = createFileLinter({ plugin: await loadPlugin(pluginUrl), preset, cwd, getParser: createParserLookup() });

parentPort!.on("message", (tasks: readonly FileTask[]) => {
  parentPort!.postMessage(tasks.map((task) => lintFile(linter, task, cwd)));
});
