import { Frontier } from "./frontier.js";
import type { Operation } from "./operation.js";
import type { Policy, Run } from "./run.js";
import { isIndependent, type Access } from "./track.js";

/** A step that need not be tried next, because what comes of it is tried elsewhere. */
interface Sleeper {
  readonly task: number;
  readonly number: number;
  readonly isRejecting: boolean;
  readonly accesses: readonly Access[];
}

/** What the alternatives of one decision know of each other. */
interface Branch {
  readonly asleep: readonly Sleeper[];
  /** The alternatives already tried, in the order in which they were. */
  readonly tried: Sleeper[];
}

function awakeChoices(run: Run, sleepers: readonly Sleeper[]): number[] {
  const awake: number[] = [];
  for (let i = 0; i < run.agenda.count; i++) if (!isAsleep(run.agenda.choices[i]!, run.agenda.rejections[i]!, sleepers)) awake.push(i);
  return awake;
}

export class NondeterminismError extends Error {
  constructor(step: number, cause?: unknown) {
    super(
      `the same choices led elsewhere by step ${step}: the scenario keeps state between schedules, or depends on time, randomness or real I/O`,
      { cause },
    );
    this.name = "NondeterminismError";
  }
}

function isAsleep(operation: Operation, isRejecting: boolean, sleepers: readonly Sleeper[]): boolean {
  return sleepers.some(
    (sleeper) => sleeper.task === operation.owner?.index && sleeper.number === operation.number && sleeper.isRejecting === isRejecting,
  );
}

/** Checks that the run is where the choice was made, and gives it. */
function follow(run: Run, choice: number, signature: number): number {
  if (choice >= run.agenda.count || run.agenda.signature(choice) !== signature) run.fail("nondeterminism", new NondeterminismError(run.steps + 1));
  return choice;
}

/**
 * Every schedule once: fewest preemptions first (iterative context bounding, Musuvathi and Qadeer 2007), depth first among equals.
 * With reduction, sleep sets (Godefroid 1996) skip orders of independent steps.
 */
export class Search implements Policy {
  readonly #frontier = new Frontier<Branch>();
  #isFirst = true;
  /** Whether this run's trail must be kept, for schedules that follow it. */
  #isFollowed = false;
  #preemptions = 0;
  #sleepers: readonly Sleeper[] = [];
  /** The step just taken, whose accesses are known only after it. */
  #open: { readonly branch: Branch; readonly operation: Operation; readonly isRejecting: boolean } | undefined = undefined;

  constructor(public isReducing: boolean) {}

  /** Whether schedules are left to run. */
  isOpen(): boolean {
    return this.#isFirst || !this.#frontier.isEmpty();
  }

  /** Sets out for the next schedule. False when all have run. */
  next(): boolean {
    const frontier = this.#frontier;
    if (this.#isFirst) frontier.length = -2;
    else if (!frontier.take()) return false;
    this.#isFirst = this.#isFollowed = false;
    this.#preemptions = Math.max(0, frontier.cost);
    this.#sleepers = [];
    this.#open = undefined;
    return true;
  }

  choose(run: Run): number {
    const { start, length, trails } = this.#frontier;
    const at = run.steps * 2;
    if (at < length) return follow(run, trails[start + at]!, trails[start + at + 1]!);
    if (at === length) return this.#depart(run);
    return this.isReducing ? this.#branchReduced(run) : this.#branch(run);
  }

  /** Learns what a run's last step did, and keeps its trail for those that follow it. */
  finish(run: Run): void {
    if (this.isReducing) this.#closeStep(run);
    if (this.#isFollowed) this.#frontier.keep(run.trail, run.steps * 2);
  }

  /** Takes the choice that makes this schedule another. */
  #depart(run: Run): number {
    const { choice, signature, extra } = this.#frontier;
    follow(run, choice, signature);
    if (this.isReducing && run.fault === undefined) this.#openStep(run, extra!, choice);
    return choice;
  }

  #branch(run: Run): number {
    for (let i = 1; i < run.agenda.count; i++) this.#push(run, i, 0, undefined);
    return 0;
  }

  #branchReduced(run: Run): number {
    this.#closeStep(run);
    const branch: Branch = { asleep: this.#sleepers, tried: [] };
    const [first, ...others] = awakeChoices(run, this.#sleepers);
    if (first === undefined) return -1;
    for (const i of others) this.#push(run, i, first, branch);
    this.#preemptions += costOf(run, first);
    this.#openStep(run, branch, first);
    return first;
  }

  #push(run: Run, choice: number, first: number, branch: Branch | undefined): void {
    const cost = this.#preemptions + (choice > first ? costOf(run, choice) : 0);
    const frontier = this.#frontier;
    this.#isFollowed = true;
    frontier.push(cost, frontier.end, run.steps * 2, choice, run.agenda.signature(choice), branch);
  }

  #openStep(run: Run, branch: Branch, choice: number): void {
    this.#open = { branch, operation: run.agenda.choices[choice]!, isRejecting: run.agenda.rejections[choice]! };
  }

  /** After a step: what sleeps on is what is independent of it; and from now on its siblings may let it sleep. */
  #closeStep(run: Run): void {
    if (this.#open === undefined) return;
    const { branch, operation, isRejecting } = this.#open;
    this.#open = undefined;
    const accesses = run.log?.accesses;
    if (accesses === undefined) {
      this.#sleepers = [];
      return;
    }
    const task = operation.owner!.index;
    this.#sleepers = [...branch.asleep, ...branch.tried].filter((other) => other.task !== task && isIndependent(other.accesses, accesses));
    branch.tried.push({ task, number: operation.number, isRejecting, accesses });
  }
}

function costOf(run: Run, choice: number): number {
  return choice < run.agenda.free ? 0 : 1;
}

/** A schedule's choices, without the defaults at the end. */
export function encodeReplay(made: readonly number[]): string {
  const choices = [...made];
  while (choices.at(-1) === 0) choices.pop();
  if (choices.length === 0) return "0";
  return choices.some((choice) => choice >= 36) ? choices.join(".") : choices.map((choice) => choice.toString(36)).join("");
}

function decodeReplay(replay: string): number[] {
  if (!/^[0-9a-z]+$|^\d+(\.\d+)+$/.test(replay)) throw new TypeError(`not a replay string: ${JSON.stringify(replay)}`);
  return replay.includes(".") ? replay.split(".").map(Number) : [...replay].map((digit) => Number.parseInt(digit, 36));
}

/** Runs one schedule again. */
export class Replay implements Policy {
  readonly #choices: readonly number[];

  constructor(replay: string) {
    this.#choices = decodeReplay(replay);
  }

  choose(run: Run): number {
    const choice = this.#choices[run.steps] ?? 0;
    if (choice >= run.agenda.count) {
      run.fail("nondeterminism", new Error(`the replay string does not fit: step ${run.steps + 1} has ${run.agenda.count} choice(s), not ${choice + 1}`));
    }
    return choice;
  }
}

/** Whoever did least goes on. */
export class RoundRobin implements Policy {
  choose(run: Run): number {
    let best = 0;
    for (let i = 1; i < run.agenda.count; i++) if (!run.agenda.rejections[i]! && run.agenda.choices[i]!.number < run.agenda.choices[best]!.number) best = i;
    return best;
  }
}

/** A small seeded generator (mulberry32) of numbers in [0, 1). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Probabilistic concurrency testing (Burckhardt et al. 2010): random priorities of tasks, and `depth - 1` random steps
 * at which the running task falls behind all others. Finds a bug of that depth with probability at least 1 / (tasks * steps^(depth - 1)).
 */
export class RandomPriorities implements Policy {
  readonly #priorities = new Map<unknown, number>();
  readonly #changes: Set<number>;
  readonly #random: () => number;
  #lowest = 0;

  constructor(random: () => number, depth: number, steps: number) {
    this.#random = random;
    this.#changes = new Set(Array.from({ length: depth - 1 }, () => Math.floor(random() * Math.max(1, steps))));
  }

  choose(run: Run): number {
    if (this.#changes.has(run.steps) && run.current !== undefined) this.#priorities.set(run.current, --this.#lowest);
    let best = 0;
    for (let i = 1; i < run.agenda.count; i++) if (this.#priorityOf(run, i) > this.#priorityOf(run, best)) best = i;
    return this.#pickOutcome(run, best);
  }

  #priorityOf(run: Run, choice: number): number {
    const operation = run.agenda.choices[choice]!;
    const subject = operation.owner ?? operation;
    let priority = this.#priorities.get(subject);
    if (priority === undefined) this.#priorities.set(subject, (priority = this.#random()));
    return priority;
  }

  /** Among the choices of the same task, any. */
  #pickOutcome(run: Run, best: number): number {
    const owner = run.agenda.choices[best]!.owner;
    const same = awakeChoices(run, []).filter((i) => i === best || (owner !== undefined && run.agenda.choices[i]!.owner === owner));
    return same[Math.floor(this.#random() * same.length)]!;
  }
}

/** The simpler trails to try in place of a failing one: one choice back to the default each. */
export function* simplify(choices: readonly number[]): Generator<string> {
  for (let i = choices.length - 1; i >= 0; i--) {
    if (choices[i] === 0) continue;
    yield encodeReplay(choices.with(i, 0));
  }
}
