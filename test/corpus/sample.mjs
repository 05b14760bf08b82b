import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const USAGE = `usage: node test/corpus/sample.mjs --in FILE [options]
  --n N          how many reports (default 40)       --seed S    default 1
  --rule R       only this rule (no prefix needed)   --repository R
  --severity S   error or warning                    --no-tests  leave out tests and fixtures
  --context N    lines around the report (default 12)`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      in: { type: "string" },
      n: { type: "string", default: "40" },
      seed: { type: "string", default: "1" },
      rule: { type: "string" },
      repository: { type: "string" },
      severity: { type: "string" },
      "no-tests": { type: "boolean", default: false },
      context: { type: "string", default: "12" },
    },
  });
  if (!values.in) throw new Error("--in is missing");
  return values;
}

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fisher–Yates, the first `count` places only. */
function pick(items, count, random) {
  const pool = [...items];
  const size = Math.min(count, pool.length);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(random() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j], pool[i]];
  }
  return pool.slice(0, size);
}

function isWanted(report, { rule, repository, severity, "no-tests": noTests }) {
  if (!report.ruleId.startsWith("mapguard/") && rule === undefined) return false;
  if (rule !== undefined && report.ruleId !== rule && report.ruleId !== `mapguard/${rule}`) return false;
  if (repository !== undefined && report.repository !== repository) return false;
  if (severity !== undefined && report.severity !== (severity === "error" ? 2 : 1)) return false;
  return !(noTests && report.test);
}

function printReport(report, index, context) {
  const lines = readFileSync(report.file, "utf8").split("\n");
  const first = Math.max(1, report.line - context);
  const last = Math.min(lines.length, (report.endLine ?? report.line) + context);
  console.log(`\n=== ${index + 1}  ${report.ruleId}  ${report.severity === 2 ? "error" : "warning"}`);
  console.log(`${report.file}:${report.line}:${report.column}\n${report.message}`);
  for (let number = first; number <= last; number++) console.log(`${number === report.line ? ">" : " "}${String(number).padStart(5)}  ${lines[number - 1]}`);
}

function main() {
  const options = readOptions();
  const reports = readFileSync(options.in, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)).filter((report) => isWanted(report, options));
  reports.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  const sample = pick(reports, Number(options.n), createRandom(Number(options.seed)));
  console.log(`${sample.length} of ${reports.length} reports`);
  sample.forEach((report, index) => printReport(report, index, Number(options.context)));
}

try {
  main();
} catch (error) {
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
