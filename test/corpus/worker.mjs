import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createConfig, FileLinter, loadPlugin } from "./lint.mjs";

const config = createConfig(await loadPlugin(workerData.plugin), workerData.options);

function lintFile(root, file) {
  const linter = new FileLinter(config, root);
  const text = readFileSync(join(root, file), "utf8");
  const { reports, crashes, unreadable } = linter.lint(join(root, file), text);
  return {
    file,
    lines: text.split("\n").length,
    reports: reports.map(({ line, endLine, column, ruleId, severity, message }) => ({ file, line, endLine, column, ruleId, severity, message })),
    crashes: crashes.map((crash) => ({ file, ...crash })),
    unreadable: unreadable ? [{ file, message: unreadable }] : [],
    times: linter.getTimes(),
  };
}

parentPort.on("message", ({ root, files }) => {
  for (const file of files) parentPort.postMessage(lintFile(root, file));
});
parentPort.postMessage("ready");
