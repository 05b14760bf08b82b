import { findDrain, inMacrotask, now, runGuarded, type Drain } from "./drain.js";
import { Environment } from "./environment.js";
import type { Fault, FailureKind } from "./fault.js";
import { findOwnPlace, TimelineRecorder, type FindPlace, type Timeline } from "./record.js";
import { Run, type Policy, type RunOptions } from "./run.js";
import type { Scenario } from "./scene.js";
import { encodeReplay, makeRandom, NondeterminismError, RandomPriorities, Replay, RoundRobin, Search, simplify } from "./search.js";
import { renderSvg } from "./svg.js";
import { renderText } from "./timeline.js";
import { listenToAccesses } from "./track.js";

export interface ExploreOptions {
  /** How many distinct schedules the systematic search may run (10,000). */
  readonly maxSchedules?: number;
  /** A schedule with more steps than this does not end: livelock (1,000). */
  readonly maxSteps?: number;
  /** `"eager"`: tasks begin where they are spawned; starts are no switch points. */
  readonly start?: "step" | "eager";
  /** Runs this one schedule only: a failure's `replay`. */
  readonly replay?: string;
  /** Puts controlled timers in place of the global ones, while the scenario runs. */
  readonly timers?: boolean;
  /** How often an interval may fire in a schedule (3). */
  readonly intervalTicks?: number;
  /** Skips orders of independent steps of tasks that declare what they share (true). */
  readonly reduce?: boolean;
  /** Random schedules to run when `maxSchedules` was not enough (1,000). */
  readonly samples?: number;
  /** The depth of bugs that random schedules aim at (3). */
  readonly depth?: number;
  /** The seed of random schedules (1). */
  readonly seed?: number;
  /** Milliseconds after which synchronous or microtask code without an end counts as a livelock (2,000). */
  readonly spinTimeout?: number;
  /** Milliseconds for which a stuck schedule is watched for real timers and I/O (40). */
  readonly grace?: number;
  /** Which stack frames a timeline shows, and as which source lines. */
  readonly findPlace?: FindPlace;
}

export interface Failure extends Fault {
  readonly kind: FailureKind;
  readonly error: unknown;
  /** Give it to `explore(scenario, { replay })`, with the same options, to see this schedule again. */
  readonly replay: string;
  /** What happened in it. */
  readonly trace: Timeline;
  /** The schedule as text for a terminal of so many characters (120). */
  timeline(width?: number): string;
  /** The schedule as a picture that stands alone. */
  svg(title?: string): string;
}

export interface Outcome {
  /** Whether every schedule was tried, or one that failed was found before. */
  readonly exhausted: boolean;
  /** Distinct schedules run. */
  readonly schedules: number;
  /** Random schedules run beyond them. */
  readonly sampled: number;
  /** Runs given up because reduction showed that they repeat another schedule. */
  readonly pruned: number;
  readonly failure: Failure | undefined;
}

type Settings = Required<Omit<ExploreOptions, "replay">>;

const defaults: Settings = {
  maxSchedules: 10_000,
  maxSteps: 1_000,
  start: "step",
  timers: false,
  intervalTicks: 3,
  reduce: true,
  samples: 1_000,
  depth: 3,
  seed: 1,
  spinTimeout: 2_000,
  grace: 40,
  findPlace: findOwnPlace,
};

/** Milliseconds of schedules in one macrotask. */
const batchTime = 10;

/** Runs schedules of one scenario, in batches, each in one macrotask. */
class Explorer {
  schedules = 0;
  sampled = 0;
  pruned = 0;
  longest = 0;
  isReducing: boolean;
  isOrderSeen = false;
  readonly #environment: Environment;
  #current: Run | undefined = undefined;

  constructor(
    readonly scenario: Scenario,
    readonly settings: Settings,
    readonly drain: Drain | undefined,
  ) {
    this.isReducing = settings.reduce;
    this.#environment = new Environment(settings.timers);
  }

  /** Runs what `next` makes until it makes none, or a run fails. Gives the failed run. */
  async runAll(next: () => Run | undefined, done: (run: Run) => void): Promise<Run | undefined> {
    for (;;) {
      const stop = this.drain === undefined ? await this.#runSlowly(next, done) : await inMacrotask(() => this.#runBatch(this.drain!, next, done));
      if (stop === "pause") continue;
      if (stop === undefined || stop.end === "failed") return stop;
      await this.#judgeStuck(stop);
      return stop;
    }
  }

  makeRun(policy: Policy, recorder?: TimelineRecorder): Run {
    const { start, maxSteps, intervalTicks } = this.settings;
    const options: RunOptions = { start, maxSteps, intervalTicks, isReducing: this.isReducing && recorder === undefined, isOrderSeen: this.isOrderSeen };
    return new Run(this.scenario, policy, options, recorder);
  }

  #runBatch(drain: Drain, next: () => Run | undefined, done: (run: Run) => void): Run | "pause" | undefined {
    let stop: Run | "pause" | undefined = "pause";
    drain();
    this.#environment.enter(() => this.#current);
    const batch = (): void => {
      const end = now() + batchTime;
      do {
        const run = next();
        this.#begin(run);
        if (run === undefined) {
          stop = undefined;
          return;
        }
        while (run.advance()) drain();
        this.#conclude(run, done);
        if (run.end === "failed" || run.end === "stuck") {
          stop = run;
          return;
        }
      } while (now() < end);
    };
    try {
      if (runGuarded(batch, this.settings.spinTimeout)) return stop;
    } finally {
      this.#leave();
    }
    return this.#endSpinning(this.#current!, done);
  }

  #begin(run: Run | undefined): void {
    this.#current = run;
    listenToAccesses(run?.log);
    this.#environment.begin(run);
  }

  #leave(): void {
    listenToAccesses(undefined);
    this.#environment.leave();
  }

  #conclude(run: Run, done: (run: Run) => void): void {
    this.#environment.conclude(run);
    if (run.steps > this.longest) this.longest = run.steps;
    done(run);
    if (run.end === "failed" || run.end === "stuck") run.made = run.choicesMade();
  }

  #endSpinning(run: Run, done: (run: Run) => void): Run {
    run.isEndless = true;
    run.made = run.choicesMade();
    run.failStuck("livelock", new Error(`code went on for ${this.settings.spinTimeout} ms without waiting for anything`));
    done(run);
    return run;
  }

  /** Without a native drain: a macrotask per step. */
  async #runSlowly(next: () => Run | undefined, done: (run: Run) => void): Promise<Run | undefined> {
    this.#environment.enter(() => this.#current);
    try {
      for (;;) {
        const run = next();
        this.#begin(run);
        if (run === undefined) return undefined;
        while (await inMacrotask(() => run.advance())) continue;
        this.#conclude(run, done);
        if (run.end === "failed" || run.end === "stuck") return run;
      }
    } finally {
      this.#leave();
    }
  }

  /** Nothing is left to complete and somebody waits: for ever, or for something real. */
  async #judgeStuck(run: Run): Promise<void> {
    const names = run.waitingTasks().map((task) => task.name);
    const found = await this.#environment.watch(run, this.settings.grace);
    const who = names.length === 0 ? "the scenario" : names.join(", ");
    if (found === undefined) run.failStuck("deadlock", new Error(`${who} ${names.length > 1 ? "wait" : "waits"} for ever: nothing is left that could complete`));
    else run.failStuck("uncontrolled", new Error(`${who} ${names.length > 1 ? "wait" : "waits"} for something real (${found}): pass it in through io, or set timers: true`));
  }
}

function once<T>(make: () => T): () => T | undefined {
  let isMade = false;
  return () => {
    if (isMade) return undefined;
    isMade = true;
    return make();
  };
}

async function runOne(explorer: Explorer, policy: Policy, recorder?: TimelineRecorder): Promise<Run> {
  let last: Run | undefined;
  const failed = await explorer.runAll(
    once(() => explorer.makeRun(policy, recorder)),
    (run) => (last = run),
  );
  return failed ?? last!;
}

/** Runs a failed schedule again, with everything written down. */
async function makeFailure(explorer: Explorer, failed: Run): Promise<Failure> {
  const replay = encodeReplay(failed.made);
  const recorder = new TimelineRecorder(explorer.settings.findPlace, !failed.isEndless);
  let again: Run;
  try {
    again = await runOne(explorer, new Replay(replay), recorder);
  } finally {
    recorder.close();
  }
  const fault = judgeReplay(failed.fault!, again.fault);
  recorder.fail(fault.error, fault.kind);
  const trace: Timeline = { tasks: recorder.tasks, events: recorder.events };
  return { ...fault, replay, trace, timeline: (width) => renderText(trace, width), svg: (title) => renderSvg(trace, title) };
}

function judgeReplay(first: Fault, again: Fault | undefined): Fault {
  if (again !== undefined || first.kind === "nondeterminism") return first;
  const error = new Error("the same schedule failed once and passed when it ran again: the scenario keeps state between schedules, or depends on time or randomness", {
    cause: first.error,
  });
  return { kind: "nondeterminism", error };
}

/** Fewer switches, if the schedule fails without them, too. */
async function simplifyFailed(explorer: Explorer, failed: Run): Promise<Run> {
  let best = failed;
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const replay of simplify(best.made)) {
      const run = await runOne(explorer, new Replay(replay));
      if (run.fault?.kind !== best.fault?.kind) continue;
      best = run;
      isBetter = true;
      break;
    }
  }
  return best;
}

/** Whether the first schedule, run again, goes and ends in the same way: what only the second sees was left over by the first. */
class RepeatCheck {
  #first: Run | undefined = undefined;
  #again: Run | undefined = undefined;

  /** Makes the second run when it is its turn. */
  next(explorer: Explorer): Run | undefined {
    if (this.#first === undefined || this.#again !== undefined) return undefined;
    this.#again = explorer.makeRun(new Replay("0"));
    return this.#again;
  }

  /** Whether `run` is the second run, which is no schedule of its own. */
  judge(run: Run): boolean {
    if (run !== this.#again) {
      this.#first ??= run;
      return false;
    }
    if (!isSameRun(this.#first!, run)) run.fault = { kind: "nondeterminism", error: new NondeterminismError(run.steps, run.fault?.error) };
    if (run.fault !== undefined) run.end = "failed";
    return true;
  }
}

/** One schedule that switches at every step, in which tasks that share more than they say show it. It is not counted, and judges nothing else. */
class SharingProbe {
  #run: Run | undefined = undefined;

  next(explorer: Explorer): Run | undefined {
    if (!explorer.isReducing || explorer.schedules !== 1 || this.#run !== undefined) return undefined;
    this.#run = explorer.makeRun(new RoundRobin());
    return this.#run;
  }

  judge(run: Run): boolean {
    if (run !== this.#run) return false;
    run.fault = undefined;
    run.end = "pruned";
    return true;
  }
}

function isSameRun(one: Run, other: Run): boolean {
  const states = ({ tasks }: Run): string => tasks.map(({ name, status }) => `${name} ${status}`).join();
  return one.end === other.end && one.steps === other.steps && states(one) === states(other);
}

async function search(explorer: Explorer): Promise<{ readonly failed: Run | undefined; readonly exhausted: boolean }> {
  for (;;) {
    const plan = new Search(explorer.isReducing);
    const repeat = new RepeatCheck();
    const probe = new SharingProbe();
    let isExhausted = false;
    let isWrong = false;
    explorer.schedules = explorer.pruned = 0;
    const next = (): Run | undefined => {
      const extra = repeat.next(explorer) ?? probe.next(explorer);
      if (extra !== undefined) return extra;
      if (isWrong || explorer.schedules >= explorer.settings.maxSchedules) {
        isExhausted = !isWrong && !plan.isOpen();
        return undefined;
      }
      if (plan.next()) return explorer.makeRun(plan);
      isExhausted = true;
      return undefined;
    };
    const done = (run: Run): void => {
      if (repeat.judge(run)) return;
      if (probe.judge(run)) {
        isWrong ||= widen(explorer, run);
        return;
      }
      if (run.end === "pruned") explorer.pruned++;
      else explorer.schedules++;
      plan.finish(run);
      if (!explorer.isReducing) return;
      if (!run.hasSharers) explorer.isReducing = plan.isReducing = false;
      else isWrong ||= widen(explorer, run);
    };
    const failed = await explorer.runAll(next, done);
    if (failed !== undefined) return { failed, exhausted: false };
    if (!isWrong) return { failed, exhausted: isExhausted };
  }
}

/** Whether the run showed that reduction took more for independent than is. */
function widen(explorer: Explorer, run: Run): boolean {
  if (run.isSharingBroken) {
    explorer.isReducing = false;
    return true;
  }
  if (run.log?.isOrderSeen !== true || explorer.isOrderSeen) return false;
  explorer.isOrderSeen = true;
  return true;
}

async function sample(explorer: Explorer): Promise<Run | undefined> {
  const { samples, depth, seed } = explorer.settings;
  const random = makeRandom(seed);
  explorer.isReducing = false;
  const next = (): Run | undefined =>
    explorer.sampled >= samples ? undefined : explorer.makeRun(new RandomPriorities(random, depth, explorer.longest));
  const failed = await explorer.runAll(next, () => explorer.sampled++);
  return failed === undefined ? undefined : simplifyFailed(explorer, failed);
}

let isExploring: Promise<unknown> = Promise.resolve();

/** One exploration at a time: they stand in for process-wide things while they run. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = isExploring.then(work, work);
  isExploring = mine.catch(() => undefined);
  return mine;
}

/**
 * Runs a scenario under every order of its tasks' starts and of the completions it controls, one at a time.
 * Gives the first failing schedule, one with the fewest switches away from a task that could go on, or says that none is left.
 * Not explored: orders of microtasks between two completions, several completions in one callback, real I/O and timers
 * (reported as `uncontrolled`), state kept between schedules, weak memory.
 */
export function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<Outcome> {
  const { replay, ...given } = options;
  const settings = { ...defaults, ...given };
  return inTurn(async () => {
    const drain = await inMacrotask(findDrain);
    const explorer = new Explorer(scenario, settings, drain);
    if (replay !== undefined) return outcomeOfReplay(explorer, replay);
    const { failed, exhausted } = await search(explorer);
    const { schedules, pruned } = explorer;
    const unlucky = failed ?? (exhausted ? undefined : await sample(explorer));
    const { sampled } = explorer;
    const failure = unlucky === undefined ? undefined : await makeFailure(explorer, unlucky);
    return { exhausted, schedules, sampled, pruned, failure };
  });
}

async function outcomeOfReplay(explorer: Explorer, replay: string): Promise<Outcome> {
  explorer.isReducing = false;
  const run = await runOne(explorer, new Replay(replay));
  const failure = run.fault === undefined ? undefined : await makeFailure(explorer, run);
  return { exhausted: false, schedules: 1, sampled: 0, pruned: 0, failure };
}
