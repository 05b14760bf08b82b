import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderSvg } from "../../src/runtime/testing/svg.js";
import type { Timeline, TimelineEvent } from "../../src/runtime/testing/index.js";
import type { WorkersEvidence } from "./evidence.js";
import { writeModules } from "./example.js";

/** What a thread wrote down: one access, in the order in which all threads made theirs. */
interface Entry {
  readonly thread: number;
  readonly file: string;
  readonly line: number;
  readonly label: string;
}

/**
 * The module that each traced module imports. It makes maps and typed arrays write down their accesses, one line of a file each. Of all orders, shared
 * memory is accessed in this one: both threads read, then both write, who read first writing first.
 */
const tracer = `import { appendFileSync, readFileSync } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";

const threads = createRequire(import.meta.url)("node:worker_threads");
const log = new URL("./trace.jsonl", import.meta.url);
const show = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));

function record(label) {
  const [, file, line] = /([\\w-]+\\.js):(\\d+):\\d+\\)?$/.exec(new Error().stack.split("\\n")[3]) ?? [];
  appendFileSync(log, JSON.stringify({ thread: threads.threadId, file, line: Number(line), label }) + "\\n");
}

const readLog = (what) => readFileSync(log, "utf8").split("\\n").filter((line) => line.includes(what)).map((line) => JSON.parse(line).thread);
const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);

function watchMap(map, name) {
  map.get = (key) => {
    const value = Map.prototype.get.call(map, key);
    record(name + ".get(" + show(key) + ") → " + show(value));
    return value;
  };
  map.set = (key, value) => {
    record(name + ".set(" + show(key) + ", " + show(value) + ")");
    return Map.prototype.set.call(map, key, value);
  };
  return map;
}

function watchMemory(view, name) {
  return new Proxy(view, {
    get(target, index) {
      const value = target[index];
      record(name + "[" + index + "] → " + value);
      while (readLog("] →").length < 2) sleep();
      return value;
    },
    set(target, index, value) {
      while (readLog("] =").length < readLog("] →").indexOf(threads.threadId)) sleep();
      record(name + "[" + index + "] = " + value);
      target[index] = value;
      return true;
    },
  });
}

function watch(value, name) {
  if (value instanceof Map) return watchMap(value, name);
  if (value instanceof Int32Array) return watchMemory(value, name);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, watch(inner, key)]));
}

export const tracked = (name, Base) => function (...args) { return watch(new Base(...args), name); };

if (!threads.isMainThread) {
  threads.workerData = watch(threads.workerData, "workerData");
  syncBuiltinESMExports();
}
`;

function makeEvents(entries: readonly Entry[], texts: ReadonlyMap<string, string>, failure: string): TimelineEvent[] {
  const names = nameThreads(entries);
  let step = 0;
  const events = entries.map(({ thread, file, line, label }, index): TimelineEvent => {
    if (thread !== entries[index - 1]?.thread) step++;
    const text = (texts.get(file) ?? "").split("\n")[line - 1]?.trim() ?? "";
    return { step, task: names.get(thread), kind: "access", label: withName(label, text), place: { file, line, column: 1, text } };
  });
  return [...events, { step, task: undefined, kind: "failure", label: `assertion: ${failure}`, place: undefined }];
}

/** What arrived as `workerData` is called as the source line calls it. */
function withName(label: string, text: string): string {
  return label.replace(/^workerData(?=\.(\w+))/, (name, method: string) => new RegExp(`(\\w+)\\.${method}\\(`).exec(text)?.[1] ?? name);
}

/** Thread ids differ from run to run; the order in which threads do something does not. */
function nameThreads(entries: readonly Entry[]): Map<number, string> {
  const names = new Map<number, string>();
  const workers = new Set(entries.map(({ thread }) => thread).filter((thread) => thread !== 0));
  for (const { thread } of entries) {
    if (!names.has(thread)) names.set(thread, thread === 0 ? "main thread" : workers.size === 1 ? "worker" : `worker ${names.size + (names.has(0) ? 0 : 1)}`);
  }
  return names;
}

/** Runs the incorrect example in real threads that write down what they do, and draws it. */
export async function drawThreads(evidence: WorkersEvidence): Promise<string> {
  const file = writeModules(evidence.rule, "traced", evidence.incorrect, evidence.files, tracer);
  const log = join(dirname(file), "trace.jsonl");
  rmSync(log, { force: true });
  const failure = await evidence.scenario(file, { isTraced: true })().then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)).split("\n")[0]!,
  );
  const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  const texts = new Map([["index.js", evidence.incorrect], ...Object.entries(evidence.files ?? {})]);
  const events = makeEvents(entries, texts, failure);
  const timeline: Timeline = { tasks: [...nameThreads(entries).values()], events };
  return renderSvg(timeline, evidence.title);
}
