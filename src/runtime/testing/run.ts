import { Clock, ControlledTimeout, makeTimers, type TimerState, type Timers } from "./timers.js";
import { countKey, everyKey, type Access, type AccessListener, type TrackedState } from "./track.js";

/** Why a schedule fails. */
export type FailureKind = "assertion" | "rejection" | "deadlock" | "livelock" | "uncontrolled" | "nondeterminism";

export interface Fault {
  readonly kind: FailureKind;
  readonly error: unknown;
}

export interface IoOptions {
  /** Explore it as rejecting too: with this error, with what this function gives, or (`true`) with an error that names the operation. */
  readonly rejects?: boolean | Error | (() => unknown);
  /**
   * When the effect happens: at the `call` (default), at the `completion`, or `between`, as a step of its own
   * (the request, its effect and the reply are then three different moments).
   */
  readonly effect?: "call" | "completion" | "between";
}

export interface SpawnOptions {
  /** `"eager"`: runs its synchronous beginning at once; the start is no switch point. */
  readonly start?: "step" | "eager";
  /** A rejection is no failure. Rejections that the explorer itself caused never are. */
  readonly mayReject?: boolean;
  /** It may still be waiting when all others have settled (a server loop). */
  readonly background?: boolean;
  /**
   * The promise that makes partial-order reduction possible: these tracked maps are all that the task shares with others.
   * Steps of a task without it conflict with everything.
   */
  readonly shares?: ReadonlyArray<object>;
}

/** A spawned task, as the check may look at it. */
export interface Task<T = unknown> {
  readonly name: string;
  readonly status: "waiting" | "fulfilled" | "rejected";
  /** What it gave, once fulfilled. */
  readonly value: T | undefined;
  /** What it rejected with, once rejected. */
  readonly reason: unknown;
}

/** What a scenario builds its world from. */
export interface Scene {
  /** A controlled operation: each call completes when the explorer says so, with what `effect` gave. */
  io<A extends unknown[], R>(name: string, effect: (...args: A) => R, options?: IoOptions): (...args: A) => Promise<Awaited<R>>;
  io(name: string): (...args: unknown[]) => Promise<undefined>;
  /** A task: explored concurrently with the others. */
  spawn<T>(name: string, task: () => T, options?: SpawnOptions): Task<Awaited<T>>;
  /** A controlled promise: resolves with `value` when the explorer says so. */
  promise<T>(name: string, value: T, options?: Pick<IoOptions, "rejects">): Promise<T>;
  /** A controlled delay of so many milliseconds: ordered against other timers, and against nothing else. */
  sleep(milliseconds: number): Promise<void>;
  /** Controlled timer functions, to pass in. `timers: true` puts them in place of the global ones. */
  readonly timers: Timers;
}

/** Builds one run of the world; what it gives is checked when all have settled. */
export type Scenario = (scene: Scene) => unknown;

export interface RunOptions {
  readonly start: "step" | "eager";
  readonly maxSteps: number;
  readonly intervalTicks: number;
  /** Whether access sets are wanted. */
  readonly isReducing: boolean;
  /** Whether somebody sees the order of entries: insertions then conflict. */
  readonly isOrderSeen: boolean;
}

type Settle = (value: unknown) => void;
type Effect = (...args: unknown[]) => unknown;

/** Something that waits for the explorer: a start, a completion, a timer, an effect. */
export class Operation {
  isReady = true;
  hasFailed = false;
  result: unknown = undefined;
  /** What replaces its completion when it is explored as rejecting. */
  rejects: IoOptions["rejects"] = undefined;
  /** Set for timers only. */
  timer: TimerState | undefined = undefined;
  resolve: Settle | undefined = undefined;
  reject: Settle | undefined = undefined;
  /** The body of a start, a callback, or an effect that is still to come. */
  body: Effect | undefined = undefined;

  constructor(
    readonly kind: "start" | "io" | "effect" | "promise" | "timer",
    readonly name: string,
    readonly args: readonly unknown[],
    readonly owner: SpawnedTask | undefined,
    /** How many operations its task had before. */
    readonly number: number,
    readonly seq: number,
    /** The operation whose effect this is. */
    readonly target: Operation | undefined,
  ) {}
}

export class SpawnedTask implements Task {
  status: Task["status"] = "waiting";
  value: unknown = undefined;
  reason: unknown = undefined;
  operations = 0;
  constructor(
    readonly name: string,
    readonly index: number,
    readonly options: SpawnOptions | undefined,
  ) {}
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

const none: readonly unknown[] = [];
let lastResolve: Settle;
let lastReject: Settle;
/** One executor for all promises: a closure less for each. */
const capture = (resolve: Settle, reject: Settle): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** A task that goes on for so many steps lets others first: a poll must not starve what it waits for. */
const longestTurn = 32;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function isAssertion(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === "AssertionError" || code === "ERR_ASSERTION";
}

function isInBackground(task: SpawnedTask | undefined): boolean {
  return task?.options?.background === true;
}

/** Whether only tracked maps can tell what the step does to others. */
function isFullyTracked(operation: Operation): boolean {
  return operation.owner?.options?.shares !== undefined && operation.kind !== "timer" && operation.kind !== "effect";
}

/** `error` and whatever caused it. */
function* chainOf(error: unknown): Generator<unknown> {
  const todo = [error];
  for (let i = 0; i < todo.length && i < 100; i++) {
    const at = todo[i];
    yield at;
    const { cause, errors } = (typeof at === "object" && at !== null ? at : {}) as { cause?: unknown; errors?: unknown };
    if (cause !== undefined) todo.push(cause);
    if (Array.isArray(errors)) todo.push(...(errors as unknown[]));
  }
}

function makeRejection(operation: Operation): unknown {
  const { rejects } = operation;
  if (typeof rejects === "function") return rejects();
  return rejects instanceof Error ? rejects : new Error(`${operation.name} failed`);
}

/** Reused by all runs, of which one runs at a time. */
const scratchChoices: Operation[] = [];
const scratchRejections: boolean[] = [];
let scratchTrail = new Int32Array(256);

function growTrail(): void {
  const grown = new Int32Array(scratchTrail.length * 2);
  grown.set(scratchTrail);
  scratchTrail = grown;
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

/** One schedule: the scenario run once, step by step. Between two `advance`s the caller drains microtasks. */
export class Run implements AccessListener {
  /** How it ended. */
  end: "passed" | "failed" | "stuck" | "pruned" | undefined = undefined;
  fault: Fault | undefined = undefined;
  readonly tasks: SpawnedTask[] = [];
  /** What waits for the explorer, in the order of creation. */
  readonly pending: Operation[] = [];
  /** For each step the choice and a signature of it, alternating. Valid until the next run. */
  get trail(): Int32Array {
    return scratchTrail;
  }

  steps = 0;
  waiting = 0;
  /** The possible next steps, the default first; only the first `choiceCount` count. */
  readonly choices = scratchChoices;
  readonly rejections = scratchRejections;
  choiceCount = 0;
  /** How many of the choices cost nothing: they switch away from no task that could go on. */
  freeChoices = 0;
  /** The task whose step this is. */
  current: SpawnedTask | undefined = undefined;
  /** What the step did to tracked maps; undefined where it may have done something else. */
  accesses: Access[] | undefined = undefined;
  isOrderSeen = false;
  /** The choices of a run that failed. */
  made: readonly number[] = none as readonly number[];
  /** Code had to be ended by force. */
  isEndless = false;
  hasSharers = false;
  /** A task ended in the step of one that says it shares only maps: their promise is shared, too. */
  isSharingBroken = false;
  isListening: boolean;
  #turn = 0;
  #seq = 0;
  #maps = 0;
  #timers = 0;
  #timerFunctions: Timers | undefined = undefined;
  #mayReject = false;
  #hasBackground = false;
  #phase: Phase = "opening";
  #injected: Set<unknown> | undefined = undefined;
  #clock: Clock | undefined = undefined;
  #check: unknown = undefined;
  #isCheckPending = false;
  readonly #scenario: Scenario;
  readonly #policy: Policy;
  readonly #options: RunOptions;
  readonly #recorder: Recorder | undefined;

  constructor(scenario: Scenario, policy: Policy, options: RunOptions, recorder: Recorder | undefined) {
    this.#scenario = scenario;
    this.#policy = policy;
    this.#options = options;
    this.#recorder = recorder;
    this.isListening = options.isReducing || recorder !== undefined;
  }

  /** The choices so far. Valid until the next run. */
  choicesMade(): number[] {
    return Array.from({ length: this.steps }, (_, i) => scratchTrail[i * 2]!);
  }

  /** Does the next thing. False when the run is over; else microtasks must be drained before the next call. */
  advance(): boolean {
    if (this.fault !== undefined) return this.#over("failed");
    if (this.#phase === "stepping") return this.#step();
    if (this.#phase === "checking") return this.#finishCheck();
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
    this.fail(isAssertion(error) ? "assertion" : "rejection", error);
  }

  /** Ends a stuck run. */
  failStuck(kind: FailureKind, error: unknown): void {
    this.fail(kind, error);
    this.end = "failed";
  }

  #over(end: "passed" | "failed" | "stuck" | "pruned"): false {
    this.#phase = "over";
    this.end = end;
    return false;
  }

  #open(): void {
    try {
      const check = this.#scenario(new RunScene(this));
      this.#check = check;
      if (isThenable(check)) {
        this.#isCheckPending = true;
        check.then(
          (value) => {
            this.#check = value;
            this.#isCheckPending = false;
          },
          (error: unknown) => this.failUnhandled(error),
        );
      }
    } catch (error) {
      this.failUnhandled(error);
    }
  }

  #step(): boolean {
    if (!this.#findChoices()) return this.waiting > 0 || this.#isCheckPending ? this.#over("stuck") : this.#startCheck();
    if (this.steps >= this.#options.maxSteps) {
      this.fail("livelock", new Error(`no end after ${this.steps} steps: ${this.#describeWaiting()}`));
      return this.#over("failed");
    }
    const index = this.#policy.choose(this);
    if (this.fault !== undefined) return this.#over("failed");
    if (index < 0) return this.#over("pruned");
    this.#take(index);
    return true;
  }

  #startCheck(): boolean {
    this.#phase = "checking";
    this.#recorder?.endSteps();
    this.current = undefined;
    if (typeof this.#check !== "function") return this.#over("passed");
    try {
      const verdict = (this.#check as () => unknown)();
      if (!isThenable(verdict)) return this.#over("passed");
      this.#isCheckPending = true;
      verdict.then(
        () => (this.#isCheckPending = false),
        (error: unknown) => this.failUnhandled(error),
      );
      return true;
    } catch (error) {
      this.failUnhandled(error);
      return this.#over("failed");
    }
  }

  #finishCheck(): boolean {
    return this.#over(this.#isCheckPending ? "stuck" : "passed");
  }

  /** Lists what may happen next: the current task's completions, the others', the background's, timers, rejections. False when there is nothing. */
  #findChoices(): boolean {
    const { pending } = this;
    const favoured = this.#turn < longestTurn && !isInBackground(this.current) ? this.current : undefined;
    this.choiceCount = 0;
    if ((this.#timers > 0 || this.#hasBackground) && !this.#isHeld()) return false;
    if (favoured !== undefined) {
      for (let i = 0; i < pending.length; i++) if (pending[i]!.owner === favoured) this.#offer(pending[i]!);
    }
    this.freeChoices = this.choiceCount > 0 ? 1 : 0;
    for (let i = 0; i < pending.length; i++) if (favoured === undefined || pending[i]!.owner !== favoured) this.#offer(pending[i]!);
    this.freeChoices ||= this.choiceCount;
    if (this.#hasBackground) this.#offerBackground();
    if (this.#timers > 0) this.#offerTimers();
    if (this.#mayReject) this.#offerRejections();
    return this.choiceCount > 0;
  }

  /** Whether the schedule must go on: intervals and tasks in the background alone do not make it. */
  #isHeld(): boolean {
    if (this.waiting > 0 || this.#isCheckPending) return true;
    return this.pending.some(({ timer, owner }) => (timer === undefined ? !isInBackground(owner) : timer.isHolding));
  }

  #offer(operation: Operation): void {
    if (operation.isReady && operation.timer === undefined && !isInBackground(operation.owner)) this.#addChoice(operation, false);
  }

  #addChoice(operation: Operation, isRejecting: boolean): void {
    this.choices[this.choiceCount] = operation;
    this.rejections[this.choiceCount++] = isRejecting;
  }

  #offerBackground(): void {
    for (const operation of this.pending) {
      if (operation.isReady && operation.timer === undefined && isInBackground(operation.owner)) this.#addChoice(operation, false);
    }
    this.freeChoices ||= this.choiceCount;
  }

  #offerTimers(): void {
    const { pending } = this;
    for (const operation of pending) {
      if (operation.timer !== undefined && operation.timer.ticksLeft > 0 && this.#clock!.canFire(operation, pending)) this.#addChoice(operation, false);
    }
    this.freeChoices ||= this.choiceCount;
  }

  #offerRejections(): void {
    for (const operation of this.pending) if (operation.isReady && operation.rejects !== undefined) this.#addChoice(operation, true);
  }

  #take(index: number): void {
    const operation = this.choices[index]!;
    const isRejecting = this.rejections[index]!;
    if (scratchTrail.length < this.steps * 2 + 2) growTrail();
    scratchTrail[this.steps * 2] = index;
    scratchTrail[this.steps * 2 + 1] = this.signature(index);
    this.#remove(operation);
    this.#turn = operation.owner === this.current ? this.#turn + 1 : 0;
    this.current = operation.owner;
    this.steps++;
    if (this.#options.isReducing) this.accesses = isFullyTracked(operation) ? [] : undefined;
    this.#recorder?.step(this.steps, operation, isRejecting);
    this.#fire(operation, isRejecting);
  }

  /** Keeps the order of the others. */
  #remove(operation: Operation): void {
    const { pending } = this;
    let at = pending.indexOf(operation);
    if (at < 0) return;
    if (operation.timer !== undefined) this.#timers--;
    for (; at + 1 < pending.length; at++) pending[at] = pending[at + 1]!;
    pending.pop();
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

  /** Tells a choice from others in the same place of another run of the same prefix. */
  signature(index: number): number {
    const operation = this.choices[index]!;
    const owner = operation.owner === undefined ? 0 : operation.owner.index + 1;
    return (((this.choiceCount << 8) ^ (operation.number << 4) ^ owner) << 6) ^ operation.name.length ^ (this.rejections[index]! ? 1 << 29 : 0);
  }

  /** The controlled timer functions of this run. */
  get timers(): Timers {
    return (this.#timerFunctions ??= makeTimers((label, callback, delay, isInterval) => this.setTimer(label, callback, delay, isInterval)));
  }

  #add(kind: Operation["kind"], name: string, args: readonly unknown[], owner = this.current, target?: Operation): Operation {
    const seq = this.#seq++;
    const operation = new Operation(kind, name, args, owner, owner === undefined ? seq : owner.operations++, seq, target);
    this.pending.push(operation);
    return operation;
  }

  spawn(name: string, body: () => unknown, options: SpawnOptions | undefined): SpawnedTask {
    const task = new SpawnedTask(name, this.tasks.length, options);
    this.accesses = undefined;
    this.tasks.push(task);
    this.#recorder?.spawn(task);
    if (isInBackground(task)) this.#hasBackground = true;
    else this.waiting++;
    if (options?.shares !== undefined) this.hasSharers = true;
    if ((options?.start ?? this.#options.start) === "eager") this.#startEagerly(task, body);
    else this.#add("start", name, none, task).body = body;
    return task;
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
    if (task.options?.mayReject !== true && !this.#isInjected(error)) this.failUnhandled(error);
  }

  #isInjected(error: unknown): boolean {
    if (this.#injected === undefined) return false;
    for (const link of chainOf(error)) if (this.#injected.has(link)) return true;
    return false;
  }

  #inject(error: unknown): unknown {
    (this.#injected ??= new Set()).add(error);
    return error;
  }

  io(name: string, effect: Effect | undefined, options: IoOptions | undefined): (...args: unknown[]) => Promise<unknown> {
    const when = options?.effect ?? "call";
    const rejects = options?.rejects === false ? undefined : options?.rejects;
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

  /** The operation of the promise just made with `capture`. */
  #addPromised(kind: "io" | "promise", name: string, args: readonly unknown[], rejects: IoOptions["rejects"]): Operation {
    const operation = this.#add(kind, name, args);
    operation.resolve = lastResolve;
    operation.reject = lastReject;
    if (rejects !== undefined) {
      operation.rejects = rejects;
      this.#mayReject = true;
    }
    return operation;
  }

  #addEffect(operation: Operation, effect: Effect): void {
    operation.isReady = false;
    this.#add("effect", operation.name, operation.args, operation.owner, operation).body = effect;
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

  promise(name: string, value: unknown, options: Pick<IoOptions, "rejects"> | undefined): Promise<unknown> {
    const promise = new Promise(capture);
    const operation = this.#addPromised("promise", name, none, options?.rejects === false ? undefined : options?.rejects);
    operation.result = value;
    this.#recorder?.call(operation);
    return promise;
  }

  setTimer(label: string, callback: () => void, delay: number, isInterval: boolean): ControlledTimeout {
    this.#clock ??= new Clock();
    this.accesses = undefined;
    const ticksLeft = isInterval ? this.#options.intervalTicks : 1;
    const timeout = new ControlledTimeout(this.#arm(label, callback, { delay, setAt: this.steps, isInterval, isHolding: !isInterval, ticksLeft }), this.#cancel);
    timeout.operation.timer!.timeout = timeout;
    this.#recorder?.call(timeout.operation);
    return timeout;
  }

  #arm(label: string, callback: () => void, timer: TimerState): Operation {
    const operation = this.#add("timer", label, [timer.delay]);
    operation.body = callback;
    operation.timer = timer;
    this.#timers++;
    return operation;
  }

  #fireTimer(operation: Operation): void {
    const timer = operation.timer!;
    this.#clock!.fire(timer, this.steps);
    if (timer.isInterval) {
      timer.timeout!.operation = this.#arm(operation.name, operation.body!, { ...timer, setAt: this.steps, ticksLeft: timer.ticksLeft - 1 });
    }
    this.#runCallback(operation.body!);
  }

  readonly #cancel = (timeout: ControlledTimeout): void => this.#remove(timeout.operation);

  #runCallback(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.failUnhandled(error);
    }
  }

  #describeWaiting(): string {
    const names = this.waitingTasks().map((task) => task.name);
    return names.length === 0 ? "operations without a task keep coming" : `${names.join(", ")} still waiting`;
  }

  waitingTasks(): SpawnedTask[] {
    return this.tasks.filter((task) => task.status === "waiting" && !isInBackground(task));
  }

  // What tracked maps tell.

  newMapId(): number | undefined {
    return this.steps === 0 && this.#phase === "stepping" && this.current === undefined ? this.#maps++ : undefined;
  }

  #access(map: TrackedState, key: unknown, kind: Access["kind"]): void {
    if (this.accesses === undefined) return;
    const isKnown = map.id !== undefined && (typeof key !== "object" || key === null) && typeof key !== "function";
    if (isKnown) this.accesses.push({ map: map.id!, key, kind });
    else this.accesses = undefined;
  }

  /** An object that comes out of a map, or goes into it, is shared itself, and nobody sees what is done to it. */
  #exchange(value: unknown): void {
    if ((typeof value === "object" && value !== null) || typeof value === "function") this.accesses = undefined;
  }

  read(map: TrackedState, key: unknown, value: unknown): void {
    this.#access(map, key, "read");
    this.#exchange(value);
  }

  write(map: TrackedState, key: unknown, value: unknown): void {
    this.#access(map, key, "write");
    this.#exchange(value);
  }

  readSize(map: TrackedState): void {
    this.#access(map, countKey, "read");
  }

  resize(map: TrackedState): void {
    this.#access(map, countKey, this.#options.isOrderSeen ? "write" : "bump");
  }

  readAll(map: TrackedState): void {
    this.isOrderSeen = true;
    this.#access(map, everyKey, "read");
    this.accesses = undefined;
  }

  writeAll(map: TrackedState): void {
    this.#access(map, everyKey, "write");
  }

  callOpaque(): void {
    this.isOrderSeen = true;
    this.accesses = undefined;
  }

  show(map: TrackedState, method: string, args: readonly unknown[], result: unknown): void {
    this.#recorder?.access(map, method, args, result);
  }
}
