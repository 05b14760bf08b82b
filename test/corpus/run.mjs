import { createWriteStream, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { isTestPath, listSourceFiles } from "./files.mjs";
import { BASELINE_RULE, DEFAULT_PLUGIN } from "./lint.mjs";

const USAGE = `usage: node test/corpus/run.mjs [options] DIR...
  --preset P       recommended (default), strict, all, autofix, or every (all rules as errors)
  --rules A,B      only these rules        --family F   only the rules of one family
  --stats          time by rule, beside ${BASELINE_RULE}
  --no-tests       leave out tests and fixtures
  --parser P       typescript (default) or espree
  --workers N      default 2               --timeout S     seconds for one file, default 120
  --plugin FILE    default dist/src/plugin.js
  --out FILE       all reports as JSON lines`;

const BATCH_SIZE = 40;
const SHOWN_PROBLEMS = 20;
const SHOWN_SLOWEST = 10;

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      preset: { type: "string", default: "recommended" },
      rules: { type: "string" },
      family: { type: "string" },
      stats: { type: "boolean", default: false },
      "no-tests": { type: "boolean", default: false },
      parser: { type: "string", default: "typescript" },
      workers: { type: "string", default: "2" },
      timeout: { type: "string", default: "120" },
      plugin: { type: "string", default: DEFAULT_PLUGIN },
      out: { type: "string" },
    },
  });
  if (positionals.length === 0) throw new Error("no folder given");
  for (const folder of positionals) if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${folder} is not a folder`);
  return { ...values, folders: positionals.map((folder) => resolve(folder)) };
}

function createBatches(folders, withTests) {
  const batches = [];
  for (const root of folders) {
    const files = listSourceFiles(root).filter((file) => withTests || !isTestPath(file));
    for (let i = 0; i < files.length; i += BATCH_SIZE) {
      batches.push({ root, files: files.slice(i, i + BATCH_SIZE) });
    }
  }
  return batches;
}

/**
 * Hands the batches to the workers, one at a time each, and gives every file's result to `onResult`. A file that takes longer than
 * `timeout` milliseconds is noted as a crash; its worker is ended and another one goes on behind it.
 */
function runBatches(batches, { workers, timeout, workerData }, onResult) {
  const queue = [...batches];
  const runWorker = (first) =>
    new Promise((done, fail) => {
      const worker = new Worker(new URL("worker.mjs", import.meta.url), { workerData });
      let batch = first;
      let position = 0;
      let timer;
      const finish = (next) => {
        clearTimeout(timer);
        worker.terminate().then(next, fail);
      };
      const giveUp = () => {
        const file = batch.files[position];
        onResult(batch.root, createStuckResult(file, timeout));
        const rest = { ...batch, files: batch.files.slice(position + 1) };
        finish(() => runWorker(rest.files.length > 0 ? rest : queue.shift()).then(done, fail));
      };
      const send = () => {
        position = 0;
        if (!batch) return finish(done);
        worker.postMessage(batch);
        timer = setTimeout(giveUp, timeout);
      };
      worker.on("error", fail);
      worker.on("message", (result) => {
        clearTimeout(timer);
        if (result === "ready") return send();
        onResult(batch.root, result);
        position++;
        if (position < batch.files.length) timer = setTimeout(giveUp, timeout);
        else {
          batch = queue.shift();
          send();
        }
      });
    });
  return Promise.all(Array.from({ length: Math.min(workers, batches.length) }, () => runWorker(queue.shift())));
}

function createStuckResult(file, timeout) {
  const crash = { file, ruleId: "(time)", message: `no answer within ${timeout / 1000} s` };
  return { file, lines: 0, reports: [], crashes: [crash], unreadable: [], times: { total: timeout, parse: 0, rules: {} } };
}

function createTally() {
  return { files: 0, lines: 0, byRule: new Map(), errors: 0, warnings: 0, baseline: 0, crashes: [], unreadable: [], times: { total: 0, parse: 0, rules: {} } };
}

function addResult(tally, result) {
  tally.files++;
  tally.lines += result.lines;
  tally.crashes.push(...result.crashes);
  tally.unreadable.push(...result.unreadable);
  for (const { ruleId, severity } of result.reports) {
    if (ruleId === BASELINE_RULE) {
      tally.baseline++;
      continue;
    }
    tally[severity === 2 ? "errors" : "warnings"]++;
    const key = `${severity === 2 ? "error" : "warning"}  ${ruleId}`;
    tally.byRule.set(key, (tally.byRule.get(key) ?? 0) + 1);
  }
  addTimes(tally.times, result.times);
}

function addTimes(sum, times) {
  sum.total += times.total;
  sum.parse += times.parse;
  for (const [rule, ms] of Object.entries(times.rules)) sum.rules[rule] = (sum.rules[rule] ?? 0) + ms;
}

const perThousand = (count, lines) => (lines === 0 ? "–" : ((count * 1000) / lines).toFixed(3));

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) {
    console.log(row.map((cell, column) => (column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]))).join("  "));
  }
}

function printRepositories(tallies) {
  const toRow = ([name, t]) => [
    name, t.files, t.lines, t.errors, t.warnings, perThousand(t.errors, t.lines), perThousand(t.errors + t.warnings, t.lines), t.crashes.length, t.unreadable.length, t.baseline,
  ];
  printTable([
    ["repository", "files", "lines", "errors", "warnings", "errors/1000", "all/1000", "crashes", "unreadable", BASELINE_RULE],
    ...[...tallies].map(toRow),
  ]);
}

function printRules(tallies) {
  const names = [...tallies.keys()];
  const keys = [...new Set([...tallies.values()].flatMap((t) => [...t.byRule.keys()]))].sort();
  if (keys.length === 0) return;
  const total = tallies.get("total");
  console.log();
  printTable([
    ["rule", "total", "per 1000", ...names.filter((name) => name !== "total")],
    ...keys.map((key) => [
      key,
      total.byRule.get(key),
      perThousand(total.byRule.get(key), total.lines),
      ...names.filter((name) => name !== "total").map((name) => tallies.get(name).byRule.get(key) ?? "·"),
    ]),
  ]);
}

function printTimes({ total, parse, rules }) {
  const baseline = rules[BASELINE_RULE] ?? 0;
  const ours = Object.entries(rules).filter(([rule]) => rule.startsWith("mapguard/")).sort((a, b) => b[1] - a[1]);
  const sum = ours.reduce((ms, [, own]) => ms + own, 0);
  const row = (name, ms) => [name, ms.toFixed(0), baseline === 0 ? "–" : (ms / baseline).toFixed(2), `${((100 * ms) / total).toFixed(1)}%`];
  console.log();
  printTable([
    ["time", "ms", `× ${BASELINE_RULE}`, "of the run"],
    ...ours.map(([rule, ms]) => row(rule, ms)),
    row("all mapguard rules", sum),
    row(BASELINE_RULE, baseline),
    row("parsing", parse),
    row("whole run", total),
  ]);
}

const sumOwnTime = ({ rules }) => Object.entries(rules).reduce((sum, [rule, ms]) => (rule.startsWith("mapguard/") ? sum + ms : sum), 0);

function printSlowest(files) {
  files.sort((a, b) => b.ms - a.ms);
  console.log();
  printTable([["slowest files", "lines", "ms in our rules"], ...files.slice(0, SHOWN_SLOWEST).map(({ path, lines, ms }) => [path, lines, ms.toFixed(0)])]);
}

function printProblems(title, problems) {
  if (problems.length === 0) return;
  console.log(`\n${title}: ${problems.length}`);
  for (const problem of problems.slice(0, SHOWN_PROBLEMS)) console.log(`  ${problem.ruleId ? `${problem.ruleId}  ` : ""}${problem.path}\n    ${problem.message.split("\n").slice(0, problem.ruleId ? 8 : 1).join("\n    ")}`);
  if (problems.length > SHOWN_PROBLEMS) console.log(`  … and ${problems.length - SHOWN_PROBLEMS} more`);
}

async function main() {
  const options = readOptions();
  const batches = createBatches(options.folders, !options["no-tests"]);
  const tallies = new Map(options.folders.map((folder) => [basename(folder), createTally()]));
  const total = createTally();
  const out = options.out && createWriteStream(options.out);
  const workerData = {
    plugin: resolve(options.plugin),
    options: { preset: options.preset, rules: options.rules?.split(","), family: options.family, baseline: options.stats, parser: options.parser },
  };
  const slowest = [];
  await runBatches(batches, { workers: Number(options.workers), timeout: Number(options.timeout) * 1000, workerData }, (root, result) => {
    const repository = basename(root);
    slowest.push({ path: join(root, result.file), lines: result.lines, ms: sumOwnTime(result.times) });
    for (const problem of [...result.crashes, ...result.unreadable]) problem.path = join(root, problem.file);
    addResult(tallies.get(repository), result);
    addResult(total, result);
    if (out) for (const report of result.reports) out.write(`${JSON.stringify({ repository, test: isTestPath(report.file), ...report, file: join(root, report.file) })}\n`);
  });
  if (out) await new Promise((done) => out.end(done));
  tallies.set("total", total);
  printRepositories(tallies);
  printRules(tallies);
  if (options.stats) {
    printTimes(total.times);
    printSlowest(slowest);
  }
  printProblems("rules that threw", total.crashes);
  printProblems("files the parser could not read", total.unreadable);
  process.exitCode = total.crashes.length > 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
