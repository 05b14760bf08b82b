import { AccessLog } from "./access-log.js";
import { Agenda } from "./agenda.js";
import { faultOf, isCausedBy, type Fault, type FailureKind } from "./fault.js";
import { isFullyTracked, isInBackground, makeRejection, Operation, SpawnedTask, type Effect, type Settle } from "./operation.js";
import type { IoOptions, Scenario, Scene, SpawnOptions } from "./scene.js";
import { ControlledTimeout, makeTimers, type TimerState, type Timers } from "./timers.js";
import type { TrackedState } from "./track.js";

export interface RunOptions {
  readonly start: "step" | "eager";
  readonly maxSteps: number;
  readonly intervalTicks: number;
  /** Whether access sets are wanted. */
  readonly isReducing: boolean;
  /** Whether somebody sees the order of entries: insertions then conflict. */
  readonly isOrderSeen: boolean;
}

/** Hears what happens in a run, for its timeline. */
export interface Recorder {
  spawn(task: SpawnedTask): void;
  runTask(task: SpawnedTask, body: () => unknown): unknown;
  step(number: number, operation: Operation, isRejecting: boolean): void;
  call(operation: Operation): void;
  access(map: TrackedState, method: string, args: readonly unknown[], result: unknown): void;
  settle(task: SpawnedTask): void;
  endSteps(): void;
}

/** Decides what happens next in a run. */
export interface Policy {
  /** The index of the choice to take, or -1 to give this run up. May report a fault of the run. */
  choose(run: Run): number;
}

const none: readonly never[] = [];

/** Reused by all runs, of which one runs at a time. */
let scratchTrail = new Int32Array(256);

function growTrail(): void {
  const grown = new Int32Array(scratchTrail.length * 2);
  grown.set(scratchTrail);
  scratchTrail = grown;
}

let lastResolve: Settle;
let lastReject: Settle;
/** One executor for all promises: a closure less for each. */
const capture = (resolve: Settle, reject: Settle): void => {
  lastResolve = resolve;
  lastReject = reject;
};

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function rejectsOf(options: Pick<IoOptions, "rejects"> | undefined): IoOptions["rejects"] {
  return options?.rejects === false ? undefined : options?.rejects;
}

/**
 * What a scenario sees of its run. Getters on a class, because one in an object literal costs a hidden class each time;
 * they give closures, because scenarios take them apart.
 */
class RunScene implements Scene {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  get io(): Scene["io"] {
    const run = this.#run;
    return ((name: string, effect?: Effect, options?: IoOptions) => run.io(name, effect, options)) as Scene["io"];
  }

  get spawn(): Scene["spawn"] {
    const run = this.#run;
    return (name, task, options) => run.spawn(name, task, options) as never;
  }

  get promise(): Scene["promise"] {
    const run = this.#run;
    return (name, value, options) => run.promise(name, value, options) as never;
  }

  get sleep(): Scene["sleep"] {
    const run = this.#run;
    return (milliseconds) => new Promise<void>((resolve) => void run.setTimer("sleep", resolve, milliseconds, false));
  }

  get timers(): Timers {
    return this.#run.timers;
  }
}

type Phase = "opening" | "stepping" | "checking" | "over";
type End = "passed" | "failed" | "stuck" | "pruned";

/** One schedule: the scenario run once, step by step. Between two `advance`s the caller drains microtasks. */
export class Run {
  end: End | undefined = undefined;
  fault: Fault | undefined = undefined;
  readonly tasks: SpawnedTask[] = [];
  readonly agenda = new Agenda();
  /** Where access sets or a timeline are wanted. */
  readonly log: AccessLog | undefined;
  steps = 0;
  /** How many tasks are still to end. */
  waiting = 0;
  /** The task whose step this is. */
  current: SpawnedTask | undefined = undefined;
  /** The choices of a run that failed. */
  made: readonly number[] = none;
  /** Code had to be ended by force. */
  isEndless = false;
  hasSharers = false;
  /** A task ended in the step of one that says it shares only maps: their promise is shared, too. */
  isSharingBroken = false;
  #phase: Phase = "opening";
  #operations = 0;
  #timerFunctions: Timers | undefined = undefined;
  /** The errors that the explorer itself caused. */
  #injected: Set<unknown> | undefined = undefined;
  #check: unknown = undefined;
  /** The setting up, or the check, is asynchronous and has not ended. */
  #isAsyncPending = false;
  readonly #scenario: Scenario;
  readonly #policy: Policy;
  readonly #options: RunOptions;
  readonly #recorder: Recorder | undefined;

  constructor(scenario: Scenario, policy: Policy, options: RunOptions, recorder: Recorder | undefined) {
    this.#scenario = scenario;
    this.#policy = policy;
    this.#options = options;
    this.#recorder = recorder;
    if (recorder !== undefined) this.log = new AccessLog(options.isOrderSeen, (...shown) => recorder.access(...shown));
    else if (options.isReducing) this.log = new AccessLog(options.isOrderSeen, undefined);
  }

  /** For each step the choice and a signature of it, alternating. Valid until the next run. */
  get trail(): Int32Array {
    return scratchTrail;
  }

  /** The choices so far. Valid until the next run. */
  choicesMade(): number[] {
    return Array.from({ length: this.steps }, (_, i) => scratchTrail[i * 2]!);
  }

  waitingTasks(): SpawnedTask[] {
    return this.tasks.filter((task) => task.status === "waiting" && !isInBackground(task));
  }

  /** Does the next thing. False when the run is over; else microtasks must be drained before the next call. */
  advance(): boolean {
    if (this.fault !== undefined) return this.#endAs("failed");
    if (this.#phase === "stepping") return this.#step();
    if (this.#phase === "checking") return this.#endAs(this.#isAsyncPending ? "stuck" : "passed");
    if (this.#phase === "over") return false;
    this.#phase = "stepping";
    this.#open();
    return true;
  }

  fail(kind: FailureKind, error: unknown): void {
    this.fault ??= { kind, error };
  }

  /** An error that nobody handles. */
  failUnhandled(error: unknown): void {
    this.fault ??= faultOf(error);
  }

  /** Ends a run that is stuck. */
  failStuck(kind: FailureKind, error: unknown): void {
    this.fail(kind, error);
    this.end = "failed";
  }

  #endAs(end: End): false {
    this.#phase = "over";
    this.end = end;
    return false;
  }

  #open(): void {
    this.#call(
      () => this.#scenario(new RunScene(this)),
      (check) => (this.#check = check),
    );
  }

  /** Calls what may be asynchronous. */
  #call(body: () => unknown, done: (result: unknown) => void): void {
    try {
      const result = body();
      if (!isThenable(result)) return done(result);
      this.#isAsyncPending = true;
      result.then(
        (value) => {
          this.#isAsyncPending = false;
          done(value);
        },
        (error: unknown) => this.failUnhandled(error),
      );
    } catch (error) {
      this.failUnhandled(error);
    }
  }

  #step(): boolean {
    const isAwaited = this.waiting > 0 || this.#isAsyncPending;
    if (!this.agenda.findChoices(isAwaited)) return isAwaited ? this.#endAs("stuck") : this.#startCheck();
    if (this.steps >= this.#options.maxSteps) this.fail("livelock", new Error(`no end after ${this.steps} steps: ${this.#describeWaiting()}`));
    const index = this.fault === undefined ? this.#policy.choose(this) : 0;
    if (this.fault !== undefined) return this.#endAs("failed");
    if (index < 0) return this.#endAs("pruned");
    this.#take(index);
    return true;
  }

  #describeWaiting(): string {
    const names = this.waitingTasks().map((task) => task.name);
    return names.length === 0 ? "operations without a task keep coming" : `${names.join(", ")} still waiting`;
  }

  #startCheck(): boolean {
    this.#phase = "checking";
    this.current = undefined;
    this.#recorder?.endSteps();
    if (typeof this.#check !== "function") return this.#endAs("passed");
    this.#call(this.#check as () => unknown, () => undefined);
    return true;
  }

  #take(index: number): void {
    const { agenda } = this;
    if (scratchTrail.length < this.steps * 2 + 2) growTrail();
    scratchTrail[this.steps * 2] = index;
    scratchTrail[this.steps * 2 + 1] = agenda.signature(index);
    const isRejecting = agenda.rejections[index]!;
    const operation = agenda.take(index, ++this.steps);
    this.current = operation.owner;
    this.log?.startStep(isFullyTracked(operation));
    this.#recorder?.step(this.steps, operation, isRejecting);
    this.#fire(operation, isRejecting);
  }

  #fire(operation: Operation, isRejecting: boolean): void {
    switch (operation.kind) {
      case "start":
        return this.#start(operation.owner!, operation.body!);
      case "timer":
        return this.#fireTimer(operation);
      case "effect":
        return this.#runEffect(operation.target!, operation.body!, false);
      default:
        if (isRejecting) operation.reject!(this.#inject(makeRejection(operation)));
        else if (operation.body !== undefined) this.#runEffect(operation, operation.body, true);
        else this.#deliver(operation);
    }
  }

  #make(kind: Operation["kind"], name: string, args: readonly unknown[], owner = this.current): Operation {
    const seq = this.#operations++;
    return new Operation(kind, name, args, owner, owner === undefined ? seq : owner.operations++, seq);
  }

  spawn(name: string, body: () => unknown, options: SpawnOptions | undefined): SpawnedTask {
    const task = new SpawnedTask(name, this.tasks.length, options);
    this.log?.forget();
    this.tasks.push(task);
    this.#recorder?.spawn(task);
    if (!isInBackground(task)) this.waiting++;
    if (options?.shares !== undefined) this.hasSharers = true;
    if ((options?.start ?? this.#options.start) === "eager") this.#startEagerly(task, body);
    else this.#addStart(task, body);
    return task;
  }

  #addStart(task: SpawnedTask, body: () => unknown): void {
    const operation = this.#make("start", task.name, none, task);
    operation.body = body;
    this.agenda.add(operation);
  }

  #startEagerly(task: SpawnedTask, body: () => unknown): void {
    const outer = this.current;
    this.current = task;
    this.#start(task, body);
    this.current = outer;
  }

  #start(task: SpawnedTask, body: () => unknown): void {
    try {
      const result = this.#recorder === undefined ? body() : this.#recorder.runTask(task, body);
      if (!isThenable(result)) return this.#fulfill(task, result);
      result.then(
        (value) => this.#fulfill(task, value),
        (error: unknown) => this.#reject(task, error),
      );
    } catch (error) {
      this.#reject(task, error);
    }
  }

  #settle(task: SpawnedTask): void {
    if (!isInBackground(task)) this.waiting--;
    if (task !== this.current && this.current?.options?.shares !== undefined) this.isSharingBroken = true;
    this.#recorder?.settle(task);
  }

  #fulfill(task: SpawnedTask, value: unknown): void {
    task.status = "fulfilled";
    task.value = value;
    this.#settle(task);
  }

  #reject(task: SpawnedTask, error: unknown): void {
    task.status = "rejected";
    task.reason = error;
    this.#settle(task);
    const isExpected = task.options?.mayReject === true || (this.#injected !== undefined && isCausedBy(error, this.#injected));
    if (!isExpected) this.failUnhandled(error);
  }

  #inject(error: unknown): unknown {
    (this.#injected ??= new Set()).add(error);
    return error;
  }

  io(name: string, effect: Effect | undefined, options: IoOptions | undefined): (...args: unknown[]) => Promise<unknown> {
    const when = options?.effect ?? "call";
    const rejects = rejectsOf(options);
    return (...args) => {
      const promise = new Promise(capture);
      const operation = this.#addPromised("io", name, args, rejects);
      if (effect === undefined) operation.result = undefined;
      else if (when === "call") this.#runEffect(operation, effect, false);
      else if (when === "completion") operation.body = effect;
      else this.#addEffect(operation, effect);
      this.#recorder?.call(operation);
      return promise;
    };
  }

  promise(name: string, value: unknown, options: Pick<IoOptions, "rejects"> | undefined): Promise<unknown> {
    const promise = new Promise(capture);
    const operation = this.#addPromised("promise", name, none, rejectsOf(options));
    operation.result = value;
    this.#recorder?.call(operation);
    return promise;
  }

  /** The operation of the promise just made with `capture`. */
  #addPromised(kind: "io" | "promise", name: string, args: readonly unknown[], rejects: IoOptions["rejects"]): Operation {
    const operation = this.#make(kind, name, args);
    operation.resolve = lastResolve;
    operation.reject = lastReject;
    operation.rejects = rejects;
    this.agenda.add(operation);
    return operation;
  }

  #addEffect(target: Operation, effect: Effect): void {
    target.isReady = false;
    const operation = this.#make("effect", target.name, target.args, target.owner);
    operation.target = target;
    operation.body = effect;
    this.agenda.add(operation);
  }

  #deliver(operation: Operation): void {
    if (operation.hasFailed) operation.reject!(this.#inject(operation.result));
    else operation.resolve!(operation.result);
  }

  #runEffect(operation: Operation, effect: Effect, isDelivered: boolean): void {
    const finish = (result: unknown, hasFailed: boolean): void => {
      operation.isReady = true;
      operation.result = result;
      operation.hasFailed = hasFailed;
      if (isDelivered) this.#deliver(operation);
    };
    try {
      const result = effect(...operation.args);
      if (!isThenable(result)) return finish(result, false);
      operation.isReady = false;
      result.then(
        (value) => finish(value, false),
        (error: unknown) => finish(error, true),
      );
    } catch (error) {
      finish(error, true);
    }
  }

  /** The controlled timer functions of this run. */
  get timers(): Timers {
    return (this.#timerFunctions ??= makeTimers((label, callback, delay, isInterval) => this.setTimer(label, callback, delay, isInterval)));
  }

  setTimer(label: string, callback: () => void, delay: number, isInterval: boolean): ControlledTimeout {
    this.log?.forget();
    const ticksLeft = isInterval ? this.#options.intervalTicks : 1;
    const state: TimerState = { delay, setAt: this.steps, isInterval, isHolding: !isInterval, ticksLeft };
    const timeout = new ControlledTimeout(this.#arm(label, callback, state), (cancelled) => this.agenda.remove(cancelled.operation));
    state.timeout = timeout;
    this.#recorder?.call(timeout.operation);
    return timeout;
  }

  #arm(label: string, callback: () => void, timer: TimerState): Operation {
    const operation = this.#make("timer", label, [timer.delay]);
    operation.body = callback;
    operation.timer = timer;
    this.agenda.add(operation);
    return operation;
  }

  #fireTimer({ name, body, timer }: Operation): void {
    const { isInterval, timeout, ticksLeft } = timer!;
    if (isInterval) timeout!.operation = this.#arm(name, body!, { ...timer!, setAt: this.steps, ticksLeft: ticksLeft - 1 });
    try {
      body!();
    } catch (error) {
      this.failUnhandled(error);
    }
  }
}
