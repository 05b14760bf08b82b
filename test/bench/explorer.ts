import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { explore, track, type ExploreOptions, type Scenario } from "../../src/runtime/testing/index.js";

type Op = () => Promise<void>;

/** Three operations one after another: with three such tasks, 9! / (3!)^3 = 1,680 orders of completions. */
async function threeSteps(op: Op, seen: string[], name: string): Promise<void> {
  await op();
  seen.push(name);
  await op();
  seen.push(name);
  await op();
  seen.push(name);
}

/** The one order of 1,680 that fails. */
const rareOrder = "CABBCACBA";
const eager: ExploreOptions = { start: "eager", maxSchedules: 1_000_000 };

function threeTasks(check: (order: string) => void): Scenario {
  return ({ io, spawn }) => {
    const op = io("op") as Op;
    const seen: string[] = [];
    for (const name of "ABC") spawn(name, () => threeSteps(op, seen, name));
    return () => check(seen.join(""));
  };
}

function failOnRare(order: string): void {
  if (order === rareOrder) throw new Error("the rare order");
}

const nothing = (): void => undefined;

/** The same tasks under fast-check's scheduler: one random order a run. */
function fastCheckRun(check: (order: string) => void, seed: number, numRuns: number): fc.RunDetails<[fc.Scheduler]> | Promise<fc.RunDetails<[fc.Scheduler]>> {
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const op = scheduler.scheduleFunction(async () => undefined) as Op;
    const seen: string[] = [];
    const tasks = [..."ABC"].map((name) => threeSteps(op, seen, name));
    await scheduler.waitFor(Promise.all(tasks));
    check(seen.join(""));
  });
  return fc.check(property, { seed, numRuns, endOnFailure: true });
}

interface Rate {
  readonly perSecond: number;
  readonly milliseconds: number;
}

async function measure(run: () => Promise<number>): Promise<Rate> {
  const start = performance.now();
  const count = await run();
  const milliseconds = performance.now() - start;
  return { perSecond: (count / milliseconds) * 1_000, milliseconds };
}

/** Takes turns, so that what else the machine does meets all sides. The first rounds only warm up. */
async function measureInTurn(sides: readonly (() => Promise<number>)[], rounds: number, warmUp: number): Promise<Rate[][]> {
  const rates: Rate[][] = sides.map(() => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      const rate = await measure(side);
      if (round >= 0) rates[i]!.push(rate);
    }
  }
  return rates;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const count = (value: number): string => Math.round(value).toLocaleString("en");

async function schedulesOf(scenario: Scenario, options: ExploreOptions): Promise<number> {
  const outcome = await explore(scenario, options);
  if (!outcome.exhausted) throw new Error("the search did not end");
  return outcome.schedules;
}

/** The first exploration of a fresh process: nothing is compiled yet. */
function measureCold(): number {
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--cold"], { encoding: "utf8" });
  return Number(stdout);
}

async function compareSpeed(): Promise<void> {
  const sides = [
    () => schedulesOf(threeTasks(nothing), eager),
    () => schedulesOf(threeTasks(nothing), { maxSchedules: 1_000_000 }),
    async () => (await fastCheckRun(nothing, 1, 1_000)).numRuns,
  ];
  const [ours, started, theirs] = (await measureInTurn(sides, 15, 10)) as [Rate[], Rate[], Rate[]];
  const cold = Array.from({ length: 5 }, measureCold);
  const perSecond = median(ours.map((rate) => rate.perSecond));
  const reference = median(theirs.map((rate) => rate.perSecond));
  console.log(`3 tasks x 3 completions, warm           ${count(perSecond)} schedules/s`);
  console.log(`  with starts as steps (34,650 orders)  ${count(median(started.map((rate) => rate.perSecond)))} schedules/s`);
  console.log(`  fast-check's scheduler                ${count(reference)} runs/s`);
  console.log(`  ratio                                 ${(perSecond / reference).toFixed(1)}`);
  console.log(`all 1,680 orders                        ${median(ours.map((rate) => rate.milliseconds)).toFixed(1)} ms warm, ${median(cold).toFixed(1)} ms in a fresh process`);
}

async function compareRareBug(): Promise<void> {
  const { failure, schedules } = await explore(threeTasks(failOnRare), eager);
  console.log(`bug in 1 of 1,680 orders                found after ${schedules} schedules, replay ${failure?.replay ?? "none: missed"}`);
  const runs: string[] = [];
  for (let seed = 1; seed <= 8; seed++) {
    const { failed, numRuns } = await fastCheckRun(failOnRare, seed, 20_000);
    runs.push(failed ? String(numRuns) : `>${numRuns}`);
  }
  console.log(`  fast-check, 8 seeds                   found after ${runs.join(", ")} runs`);
}

/** Tasks that only write keys of their own. */
const ownKeys: Scenario = ({ io, spawn }) => {
  const op = io("op") as Op;
  const map = track(new Map<string, number>());
  for (const name of "ABC") {
    const task = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await op();
        map.set(`${name}${i}`, i);
      }
    };
    spawn(name, task, { shares: [map] });
  }
};

async function compareReduction(): Promise<void> {
  const full = await schedulesOf(ownKeys, { maxSchedules: 1_000_000, reduce: false });
  const reduced = await schedulesOf(ownKeys, { maxSchedules: 1_000_000 });
  console.log(`reduction, 3 tasks that write own keys  ${count(full)} schedules become ${count(reduced)}`);
}

if (process.argv.includes("--cold")) {
  const start = performance.now();
  await schedulesOf(threeTasks(nothing), eager);
  console.log(performance.now() - start);
} else {
  await compareSpeed();
  await compareRareBug();
  await compareReduction();
}
