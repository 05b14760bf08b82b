import { SharedMap } from "../../../../src/runtime/shared/index.js";
import { H, S, W, WORKER, WORKER_WORDS } from "../../../../src/runtime/shared/layout.js";
import { auditMemory } from "./audit.js";
import { findViolations } from "./linearizable.js";
import type { Call } from "./linearizable.js";
import type { Protocol, ProtocolCore, Sleep, Steps } from "./protocol.js";

/** A call a thread makes; `get` reads through a cache like the map's own if `cached`. A copy counts as a `get` of every key at one moment. */
export type Planned = (Pick<Call, "op" | "key"> & Partial<Pick<Call, "value" | "expected">> & { cached?: boolean }) | { op: "copy" };
type PlannedCall = Exclude<Planned, { op: "copy" }>;

export interface Program {
  name: string;
  /** Entries there are at first. */
  initial: Record<string, number>;
  threads: Planned[][];
}

/** From step `at` on, `thread` runs (or dies, if `kill`). */
export interface Switch {
  at: number;
  thread: number;
  kill?: boolean;
}

export interface Run {
  violation: string | undefined;
  /** Which thread ran at each step, and which others could have. */
  trace: number[];
  enabled: number[][];
  calls: Call[];
}

interface Thread {
  core: ProtocolCore;
  steps: Steps<void>;
  sleep: Sleep | undefined;
  woken: boolean;
  done: boolean;
  dead: boolean;
  call: Call | undefined;
  cache: Map<string, { value: number; version: number }>;
}

export const FIXED_SEED = 0x1e3779b1;
const NEVER_A_STAMP = -4;
const MOST_STEPS = 20_000;

/** Odd numbers stand in the map as integers, even ones as doubles: each overwrite may change the kind. */
const stored = (value: number): number => (value % 2 === 1 ? value : value + 1 / 3);

interface Hooks {
  isDead(worker: number): boolean;
  wake(lock: number): void;
}
const hooks = globalThis as unknown as { explorerHooks: Hooks };

/** A map hashes with a random seed; here the same schedule must find the same steps each time. */
function withFixedSeed<T>(make: () => T): T {
  const { random } = Math;
  Math.random = () => FIXED_SEED / 2 ** 32;
  try {
    return make();
  } finally {
    Math.random = random;
  }
}

/** Plays a program on a tiny map, under any schedule. */
export class Explorer {
  private readonly image: Int32Array;
  private readonly buffer: SharedArrayBuffer;
  private readonly mem: Int32Array;
  private readonly cores: ProtocolCore[];
  private readonly protocol: Protocol;
  private readonly program: Program;
  /** The last thread takes every lock, writes, and reads every key. */
  private readonly closing: Planned[];
  private readonly keys: string[];
  readonly stripe: number;

  constructor(protocol: Protocol, program: Program) {
    this.protocol = protocol;
    this.program = program;
    const map = withFixedSeed(() => new SharedMap<string, number>({ stripes: 1, capacity: 1, maxByteLength: 1 << 16, cache: 0 }));
    for (const [key, value] of Object.entries(program.initial)) map.set(key, stored(value));
    const { buffer } = map.handle;
    map.dispose();
    this.buffer = new SharedArrayBuffer(1 << 16);
    this.mem = new Int32Array(this.buffer);
    this.mem.set(new Int32Array(buffer, 0, buffer.byteLength >> 2));
    this.mem[H.words] = this.mem.length;
    const threads = program.threads.length + 1;
    for (let i = 0; i < threads; i++) this.mem[this.recordAt(i) + W.state] = (5 << 2) | WORKER.live;
    this.image = this.mem.slice();
    this.cores = Array.from({ length: threads }, () => new protocol.Core(this.buffer, undefined, 1, false));
    const planned = program.threads.flat().flatMap((plan) => (plan.op === "copy" ? [] : [plan.key]));
    this.keys = [...new Set([...Object.keys(program.initial), ...planned])];
    this.closing = [{ op: "add", key: "closing", value: 1 }, ...this.keys.map((key): Planned => ({ op: "get", key })), { op: "copy" }];
    this.stripe = this.mem[H.stripeBase]!;
  }

  private recordAt(index: number): number {
    return this.mem[H.workerBase]! + index * WORKER_WORDS;
  }

  private valueRead(core: ProtocolCore): number {
    return Math.floor(this.protocol.toNumber(core.readLow, core.readHigh, core.readMeta & 15));
  }

  private *get(core: ProtocolCore, planned: PlannedCall, cache: Thread["cache"]): Steps<number | undefined> {
    const { protocol, stripe, mem } = this;
    if (planned.cached) {
      const cached = cache.get(planned.key);
      yield 0;
      if (cached !== undefined && cached.version === mem[stripe + S.version]) return cached.value;
    }
    protocol.encodeKey(core, planned.key);
    if (!(yield* protocol.readEntry(core, stripe))) return undefined;
    const value = this.valueRead(core);
    if (planned.cached && (core.readVersion & 1) === 0) cache.set(planned.key, { value, version: core.readVersion });
    return value;
  }

  private *perform(core: ProtocolCore, planned: PlannedCall, cache: Thread["cache"]): Steps<Call["result"]> {
    const { protocol, stripe } = this;
    const { op, key, value } = planned;
    if (op === "get") return yield* this.get(core, planned, cache);
    for (;;) {
      protocol.encodeKey(core, key);
      if (op === "has") return yield* protocol.hasEntry(core, stripe);
      if (op === "delete") return (yield* protocol.hasEntry(core, stripe)) && (yield* protocol.removeEntry(core, stripe, protocol.ANYTHING));
      if (op === "touch") {
        protocol.encodeValue(core, 0);
        yield* protocol.putEntry(core, stripe, NEVER_A_STAMP);
        return undefined;
      }
      if (op === "set") {
        protocol.encodeValue(core, stored(value!));
        yield* protocol.putEntry(core, stripe, protocol.ANYTHING);
        return undefined;
      }
      const present = yield* protocol.readEntry(core, stripe);
      const old = present ? this.valueRead(core) : undefined;
      const stamp = present ? core.readStamp : protocol.ABSENT;
      if (op === "insert" && present) return old;
      if (op === "compareAndSet" && old !== planned.expected) return false;
      const next = op === "add" ? (old ?? 0) + value! : value!;
      protocol.encodeValue(core, stored(next));
      if (yield* protocol.putEntry(core, stripe, stamp, core.readVersion, present ? core.readBlock : 0)) return op === "compareAndSet" ? true : next;
    }
  }

  /** The entries of the stripe as of one moment, each as a call of its own. */
  private *copy(core: ProtocolCore, clock: () => number): Steps<Call[]> {
    const { protocol, stripe } = this;
    const start = clock();
    let copy = yield* protocol.tryCopyStripe(core, stripe);
    while (copy === undefined) copy = yield* protocol.tryCopyStripe(core, stripe);
    const end = clock();
    const found = new Map<string, number>();
    for (const { keyMeta, valueMeta, at } of copy.entries) {
      const key = String(protocol.decodeKey(keyMeta, copy.words, at));
      if (found.has(key)) throw new Error(`a copy holds ${key} twice`);
      const value = at + protocol.keyWordsOf(keyMeta);
      found.set(key, Math.floor(protocol.toNumber(copy.words[value]!, copy.words[value + 1]!, valueMeta & 15)));
    }
    return this.keys.map((key): Call => ({ op: "get", key, result: found.get(key), start, end }));
  }

  private *runThread(thread: () => Thread, planned: Planned[], clock: () => number, calls: Call[]): Steps<void> {
    const self = thread();
    if (planned === this.closing) yield* this.takeEveryLock(self.core);
    for (const plan of planned) {
      if (plan.op === "copy") {
        calls.push(...(yield* this.copy(self.core, clock)));
        continue;
      }
      const call: Call = { ...plan, start: clock(), end: Infinity };
      calls.push(call);
      call.result = yield* this.perform(self.core, plan, self.cache);
      call.end = clock();
    }
  }

  /** Whoever died holding a lock is found out only by someone who wants it. */
  private *takeEveryLock(core: ProtocolCore): Steps<void> {
    yield* this.protocol.lockStripe(core, this.stripe);
    yield* this.protocol.unlockStripe(core, this.stripe);
    yield* this.protocol.lockHeap(core);
    yield* this.protocol.unlockHeap(core);
  }

  private reset(core: ProtocolCore, index: number): void {
    const record = this.recordAt(index);
    Object.assign(core, { me: (5 << 12) | (index << 2), mine: record, record, held: 0, heldHeap: false, mem: this.mem, limit: this.mem.length });
  }

  private check(threads: Thread[], calls: Call[]): string | undefined {
    const wrong = findViolations(calls, new Map(Object.entries(this.program.initial)));
    if (wrong.length > 0) return `not linearizable: ${wrong.join()}: ${JSON.stringify(calls.filter(({ key }) => wrong.includes(key)))}`;
    try {
      auditMemory(this.buffer);
    } catch (error) {
      return (error as Error).message;
    }
    return threads.every(({ done, dead }) => done || dead) ? undefined : "a thread did not finish";
  }

  /** Runs the program under a plan: a thread goes on until it ends, sleeps, or the plan says otherwise. Then the closing thread. */
  run(plan: Switch[]): Run {
    this.mem.set(this.image);
    const calls: Call[] = [];
    const trace: number[] = [];
    const enabled: number[][] = [];
    let time = 0;
    const clock = (): number => time++;
    const threads: Thread[] = [];
    const last = this.program.threads.length;
    [...this.program.threads, this.closing].forEach((planned, index) => {
      const core = this.cores[index]!;
      this.reset(core, index);
      threads.push({ core, steps: this.runThread(() => threads[index]!, planned, clock, calls), sleep: undefined, woken: false, done: false, dead: false, call: undefined, cache: new Map() });
    });
    hooks.explorerHooks = {
      isDead: (worker) => threads[worker]!.dead,
      wake: (lock) => {
        const sleeper = threads.find((thread) => thread.sleep?.lock === lock && !thread.woken && !thread.dead);
        if (sleeper) sleeper.woken = true;
      },
    };
    const anyDead = (): boolean => threads.some(({ dead }) => dead);
    // Without a death nobody is helped by a timeout: a lost wake-up must show.
    const canRun = (thread: Thread): boolean => !thread.done && !thread.dead && (thread.sleep === undefined || thread.woken || anyDead());
    const finish = (violation?: string): Run => ({ violation: violation ?? this.check(threads, calls), trace, enabled, calls });
    let current = 0;
    let next = 0;
    try {
      for (let step = 0; ; step++) {
        if (step > MOST_STEPS) return finish("a thread spins for ever");
        for (; next < plan.length && plan[next]!.at === step; next++) {
          if (plan[next]!.kill) threads[plan[next]!.thread]!.dead = true;
          else current = plan[next]!.thread;
        }
        const able = threads.slice(0, last).flatMap((thread, index) => (canRun(thread) ? [index] : []));
        if (!able.includes(current) && current !== last) current = able.find((index) => index > current) ?? able[0] ?? last;
        const thread = threads[current]!;
        if (!canRun(thread)) return finish(thread.done ? undefined : "everybody sleeps");
        enabled.push(able);
        trace.push(current);
        if (thread.sleep !== undefined) {
          thread.sleep = undefined;
          thread.woken = false;
        }
        const { done, value } = thread.steps.next();
        if (done) thread.done = true;
        // A futex sleeps only if the word still is what was seen.
        else if (value !== 0 && this.mem[(value as Sleep).lock] === (value as Sleep).seen) thread.sleep = value as Sleep;
        else if (value !== 0) thread.woken = false;
        if (thread.done && current === last) return finish();
      }
    } catch (error) {
      return finish((error as Error).stack);
    }
  }

  /** Every schedule with at most `bound` preemptions; stops at the first violation. */
  explore(bound: number, limit = Infinity): { runs: number; violation: string | undefined; plan: Switch[] } {
    let runs = 0;
    const stack: Switch[][] = [[]];
    while (stack.length > 0) {
      const plan = stack.pop()!;
      const { violation, trace, enabled } = this.run(plan);
      runs++;
      if (violation !== undefined) return { runs, violation, plan };
      if (runs >= limit) break;
      if (plan.length >= bound) continue;
      for (let at = (plan.at(-1)?.at ?? -1) + 1; at < trace.length; at++) {
        for (const thread of enabled[at]!) if (thread !== trace[at]) stack.push([...plan, { at, thread }]);
      }
    }
    return { runs, violation: undefined, plan: [] };
  }

  /** How many steps a thread takes when it runs first and alone. */
  stepsOf(thread: number): number {
    return this.run([{ at: 0, thread }]).trace.findIndex((running) => running !== thread);
  }

  /** Random schedules with up to `most` preemptions, from a seed. */
  sample(seed: number, count: number, most: number): { runs: number; violation: string | undefined; plan: Switch[] } {
    let state = seed;
    const random = (n: number): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
    const length = this.run([]).trace.length;
    for (let runs = 1; runs <= count; runs++) {
      const plan = Array.from({ length: 1 + random(most) }, () => ({ at: random(length), thread: random(this.program.threads.length) }));
      plan.sort((a, b) => a.at - b.at);
      const { violation } = this.run(plan);
      if (violation !== undefined) return { runs, violation, plan };
    }
    return { runs: count, violation: undefined, plan: [] };
  }
}
