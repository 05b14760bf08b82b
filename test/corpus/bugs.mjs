import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createConfig, DEFAULT_PLUGIN, FileLinter, loadPlugin } from "./lint.mjs";

const USAGE = `usage: node test/corpus/bugs.mjs [options] DIR...
  DIR holds FAMILY/CASE/{before.ts,after.ts,meta.json}: a file before and after a public fix
  --presets A,B   default recommended,strict     --family F   only this folder
  --near N        a report this many lines away still counts (default 3)
  --verbose       every case, with the reports in its before.ts
  --plugin FILE   default dist/src/plugin.js`;

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      presets: { type: "string", default: "recommended,strict" },
      family: { type: "string" },
      near: { type: "string", default: "3" },
      verbose: { type: "boolean", default: false },
      plugin: { type: "string", default: DEFAULT_PLUGIN },
    },
  });
  if (positionals.length === 0) throw new Error("no folder given");
  return { ...values, near: Number(values.near), folders: positionals };
}

const listFolders = (folder) => readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();

function readCases(folders, onlyFamily) {
  const cases = [];
  for (const folder of folders) {
    for (const family of listFolders(folder)) {
      if (onlyFamily !== undefined && family !== onlyFamily) continue;
      for (const name of listFolders(join(folder, family))) {
        const path = join(folder, family, name);
        if (!existsSync(join(path, "meta.json"))) continue;
        const read = (file) => readFileSync(join(path, file), "utf8");
        cases.push({ family, name, path, meta: JSON.parse(read("meta.json")), before: read("before.ts"), after: read("after.ts") });
      }
    }
  }
  return cases;
}

const isNear = (report, lines, near) => lines.some((line) => line >= report.line - near && line <= (report.endLine ?? report.line) + near);

/** Lints one text under each config, parsing it once. */
function lintUnderAll(file, text, configs) {
  let source = text;
  return configs.map((config) => {
    const linter = new FileLinter(config);
    const result = linter.lint(file, source);
    source = linter.getSourceCode() ?? text;
    return result;
  });
}

/** What each config says about one case. */
function judge({ meta, before, after }, configs, near) {
  const inAfter = lintUnderAll(meta.file, after, configs);
  return lintUnderAll(meta.file, before, configs).map((inBefore, index) => compare(meta, inBefore, inAfter[index], near));
}

function compare(meta, inBefore, inAfter, near) {
  const isExpected = (report) => report.ruleId === `mapguard/${meta.expectedRule}`;
  const atBug = inBefore.reports.filter((report) => isNear(report, meta.lines, near));
  const atFix = inAfter.reports.filter((report) => isNear(report, meta.afterLines, near));
  return {
    byExpectedRule: atBug.some(isExpected),
    byAnyRule: atBug.length > 0,
    lookAlikes: atFix.filter((report) => isExpected(report) || atBug.some((found) => found.ruleId === report.ruleId)),
    atBug,
    reports: inBefore.reports,
    problems: [inBefore, inAfter].flatMap(({ crashes, unreadable }) => [...crashes.map((crash) => `${crash.ruleId} threw: ${crash.message}`), ...(unreadable ? [`unreadable: ${unreadable}`] : [])]),
  };
}

const describe = (report) => `${report.line}: ${report.ruleId.replace("mapguard/", "")}`;

function printVerdicts(cases, verdicts, verbose) {
  cases.forEach((bug, index) => {
    const verdict = verdicts[index];
    if (!verbose && verdict.byExpectedRule && verdict.lookAlikes.length === 0 && verdict.problems.length === 0) return;
    const mark = verdict.byExpectedRule ? "found " : verdict.byAnyRule ? "other " : "MISSED";
    console.log(`  ${mark} ${bug.family}/${bug.name}  ${bug.meta.expectedRule} at ${bug.meta.lines.join(",")}`);
    if (verdict.atBug.length > 0 && (verbose || !verdict.byExpectedRule)) console.log(`         there: ${verdict.atBug.map(describe).join("; ")}`);
    if (verbose && verdict.reports.length > verdict.atBug.length) console.log(`         in the whole file: ${verdict.reports.map(describe).join("; ")}`);
    for (const report of verdict.lookAlikes) console.log(`         LOOK-ALIKE in after.ts:${describe(report)}  ${report.message}`);
    for (const problem of verdict.problems) console.log(`         ${problem.split("\n")[0]}`);
  });
}

function printFamilies(cases, verdicts) {
  const families = [...new Set(cases.map((bug) => bug.family)), "total"];
  const percent = (count, of) => `${count} (${of === 0 ? 0 : Math.round((100 * count) / of)}%)`;
  const rows = [["family", "bugs", "found", "by another rule", "missed", "fixed code still reported"]];
  for (const family of families) {
    const own = verdicts.filter((_, index) => family === "total" || cases[index].family === family);
    const expected = own.filter((verdict) => verdict.byExpectedRule).length;
    const any = own.filter((verdict) => verdict.byAnyRule).length;
    rows.push([family, own.length, percent(expected, own.length), percent(any - expected, own.length), percent(own.length - any, own.length), percent(own.filter((verdict) => verdict.lookAlikes.length > 0).length, own.length)]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) console.log(`  ${row.map((cell, column) => (column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]))).join("  ")}`);
}

async function main() {
  const options = readOptions();
  const plugin = await loadPlugin(options.plugin);
  const cases = readCases(options.folders, options.family);
  const presets = options.presets.split(",");
  const configs = presets.map((preset) => createConfig(plugin, { preset }));
  const verdicts = cases.map((bug) => judge(bug, configs, options.near));
  presets.forEach((preset, index) => {
    const own = verdicts.map((byPreset) => byPreset[index]);
    console.log(`\n${preset}`);
    printVerdicts(cases, own, options.verbose);
    printFamilies(cases, own);
  });
}

try {
  await main();
} catch (error) {
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
