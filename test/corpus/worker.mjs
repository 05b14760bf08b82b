import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createConfig, FileLinter, loadPlugin } from "./lint.mjs";

const config = createConfig(await loadPlugin(workerData.plugin), workerData.options);

function lintBatch({ root, files }) {
  const linter = new FileLinter(config);
  const result = { files: files.length, lines: 0, reports: [], crashes: [], unreadable: [] };
  for (const file of files) {
    const text = readFileSync(join(root, file), "utf8");
    const { reports, crashes, unreadable } = linter.lint(file, text);
    result.lines += text.split("\n").length;
    for (const crash of crashes) result.crashes.push({ file, ...crash });
    if (unreadable) result.unreadable.push({ file, message: unreadable });
    for (const { line, endLine, column, ruleId, severity, message } of reports) {
      result.reports.push({ file, line, endLine, column, ruleId, severity, message });
    }
  }
  return { ...result, times: linter.getTimes() };
}

parentPort.on("message", (batch) => parentPort.postMessage({ batch: batch.id, result: lintBatch(batch) }));
parentPort.postMessage("ready");
