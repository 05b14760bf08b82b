// The whole story of one service: it goes wrong, the rules say why, the fixes put it right. `npm run demo -- PATH` scans PATH instead.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { drawDiff } from "./diff.mjs";
import { fire } from "./requests.mjs";
import { build, copyService, ROOT, runMapguard, runNode, SERVICE, start } from "./service.mjs";
import { bold, faint, green, red, title } from "./terminal.mjs";

const WORKERS = path.join("docs", "examples", "counter-workers");

/** @param {import("./requests.mjs").Outcome[]} outcomes */
function printOutcomes(outcomes) {
  const width = Math.max(...outcomes.map(({ what }) => what.length));
  for (const { what, expected, got, isRight } of outcomes) {
    console.log(`  ${isRight ? green("✓") : red("✗")} ${what.padEnd(width)}  ${isRight ? green(got) : red(`${got}, not ${expected}`)}`);
  }
}

/** Builds and starts the service, fires at it, and stops it.
 * @param {string} folder
 */
async function tryService(folder) {
  build(folder);
  const service = await start(folder);
  console.log(faint(`  listening on ${service.url}\n`));
  try {
    const outcomes = await fire(service.url);
    printOutcomes(outcomes);
    return outcomes;
  } finally {
    await service.stop();
  }
}

/** @param {string} folder */
function printDiff(folder) {
  for (const name of readdirSync(path.join(SERVICE, "src"))) {
    const [before, after] = [SERVICE, folder].map((home) => readFileSync(path.join(home, "src", name), "utf8"));
    if (before !== after) console.log(`\n${bold(`src/${name}`)}\n${drawDiff(before, after)}`);
  }
}

/** Scans, and tells whether there was something to report.
 * @param {string} folder
 */
function hasFindings(folder) {
  return runMapguard(["scan", folder]) === 1;
}

/** @param {string} folder */
async function showBugs(folder) {
  title("1. A small service, and requests that arrive at once");
  console.log("  docs/examples/service keeps connections, counts, seats and running reports in maps.");
  const outcomes = await tryService(folder);
  title("2. Why: mapguard scan docs/examples/service");
  const isExplained = hasFindings(path.join("docs", "examples", "service"));
  return isExplained && outcomes.every(({ isRight }) => !isRight);
}

/** @param {string} folder */
async function showFixes(folder) {
  title("3. The same service after mapguard scan --fix --preset autofix");
  runMapguard(["scan", "--fix", "--preset", "autofix", "."], folder);
  printDiff(folder);
  console.log("");
  const outcomes = await tryService(folder);
  return outcomes.every(({ isRight }) => isRight);
}

function showWorkers() {
  title("4. Four workers and one counter: in a Map that is posted, and in a SharedMap");
  const isExact = runNode(path.join(WORKERS, "main.mjs"), []) === 0;
  console.log("");
  return hasFindings(WORKERS) && isExact;
}

async function tellStory() {
  const { folder, remove } = copyService();
  try {
    const isBroken = await showBugs(folder);
    const isFixed = await showFixes(folder);
    const isShared = showWorkers();
    title("What came of it");
    console.log(`  ${isBroken ? "The service went wrong in four ways, and the rules say why." : red("The service did not go wrong in every way that was expected.")}`);
    console.log(`  ${isFixed ? green("After the fixes every number holds.") : red("After the fixes not every number holds.")}`);
    console.log(`  ${isShared ? green("The posted counter is found, and the shared one is exact.") : red("The counters are not as expected.")}`);
    console.log(`\n  Next: ${bold("npm run demo -- PATH")} scans a repository of yours.\n`);
    return isBroken && isFixed && isShared ? 0 : 1;
  } finally {
    remove();
  }
}

const paths = process.argv.slice(2);
const from = process.env.INIT_CWD ?? ROOT;
process.exitCode = paths.length > 0 ? runMapguard(["scan", ...paths], from) : await tellStory();
