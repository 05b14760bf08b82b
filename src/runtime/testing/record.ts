import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Operation, SpawnedTask } from "./operation.js";
import type { Recorder } from "./run.js";
import type { TrackedState } from "./track.js";

/** A place in a source file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line itself, trimmed. */
  readonly text: string;
}

/** A stack frame's place, unread. */
export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Maps a frame to the place to show, or passes over it. */
export type FindPlace = (frame: Frame) => Place | undefined;

/** One line of a timeline. */
export interface TimelineEvent {
  /** 0 before the first step. */
  readonly step: number;
  /** The task it happens in; undefined outside of all. */
  readonly task: string | undefined;
  readonly kind: "start" | "resume" | "reject" | "timer" | "effect" | "suspend" | "access" | "fulfilled" | "rejected" | "failure";
  readonly label: string;
  readonly place: Place | undefined;
}

/** What happened in one schedule. */
export interface Timeline {
  /** The tasks, in the order in which they were spawned. */
  readonly tasks: readonly string[];
  readonly events: readonly TimelineEvent[];
}

/** Beyond it a timeline helps nobody. */
const mostEvents = 400;

const framePattern = /^\s*at (?:.*?\()?(?:async )?((?:file:\/\/|node:|\/|[A-Za-z]:[\\/]|[\w.-]+)[^()]*?):(\d+):(\d+)\)?$/;

function parseFrame(line: string): Frame | undefined {
  const match = framePattern.exec(line);
  if (match === null) return undefined;
  const [, file, row, column] = match as unknown as [string, string, string, string];
  return { file: file.startsWith("file://") ? fileURLToPath(file.replace(/\?.*$/, "")) : file, line: Number(row), column: Number(column) };
}

function parseFrames(stack: string): Frame[] {
  return stack.split("\n").map(parseFrame).filter((frame) => frame !== undefined);
}

/** The frames of the caller, innermost first, as the engine (and whoever maps its sources) prints them. */
function currentFrames(): Frame[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const { stack = "" } = new Error("");
  Error.stackTraceLimit = limit;
  return parseFrames(stack);
}

/** The frames of an error or of a printed stack, innermost first. */
export function framesOf(source: unknown): Frame[] {
  if (typeof source === "string") return parseFrames(source);
  return parseFrames(source instanceof Error ? (source.stack ?? "") : "");
}

const ownFolder = fileURLToPath(new URL(".", import.meta.url));
const files = new Map<string, readonly string[] | undefined>();

function readLines(file: string): readonly string[] | undefined {
  if (!files.has(file)) {
    try {
      files.set(file, readFileSync(file, "utf8").split(/\r?\n/));
    } catch {
      files.set(file, undefined);
    }
  }
  return files.get(file);
}

/** The default: the first frame that is neither ours, nor the host's, nor a dependency's. */
export const findOwnPlace: FindPlace = (frame) => {
  const { file } = frame;
  if (file.startsWith("node:") || file.startsWith("mapguard:") || file.startsWith(ownFolder) || file.includes("node_modules")) return undefined;
  const text = readLines(file)?.[frame.line - 1];
  return text === undefined ? undefined : { ...frame, text: text.trim() };
};

export function findPlace(frames: readonly Frame[], find: FindPlace): Place | undefined {
  for (const frame of frames) {
    const place = find(frame);
    if (place !== undefined) return place;
  }
  return undefined;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 24 ? `${value.slice(0, 23)}…` : value);
  if (typeof value === "function") return value.name === "" ? "function" : value.name;
  if (value instanceof Promise) return "promise";
  if (Array.isArray(value)) return value.length > 3 ? `[… ${value.length}]` : `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? `${value}n` : String(value);
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name;
  return name === undefined || name === "Object" ? "{…}" : name;
}

function showCall(name: string, args: readonly unknown[]): string {
  return `${name}(${args.map(show).join(", ")})`;
}

function nameOf(operation: Operation): string {
  return operation.kind === "promise" ? operation.name : showCall(operation.name, operation.args);
}

const stepKinds = { start: "start", io: "resume", promise: "resume", timer: "timer", effect: "effect" } as const;

/** Writes down a run with source lines, and with tasks told apart exactly, which the search itself does not afford. */
export class TimelineRecorder implements Recorder, Timeline {
  readonly tasks: string[] = [];
  readonly events: TimelineEvent[] = [];
  readonly #storage: AsyncLocalStorage<SpawnedTask> | undefined;
  readonly #callers = new WeakMap<Operation, { readonly task: SpawnedTask | undefined; readonly place: Place | undefined }>();
  readonly #find: FindPlace;
  #step = 0;
  #isOutside = true;
  #stepTask: SpawnedTask | undefined = undefined;

  /** @param isExact false where code will be ended by force, which async hooks do not survive */
  constructor(find: FindPlace, isExact: boolean) {
    this.#find = find;
    this.#storage = isExact ? new AsyncLocalStorage<SpawnedTask>() : undefined;
  }

  spawn(task: SpawnedTask): void {
    this.tasks.push(task.name);
  }

  /** From now on nothing is anybody's step. */
  endSteps(): void {
    this.#stepTask = undefined;
    this.#isOutside = true;
  }

  runTask(task: SpawnedTask, body: () => unknown): unknown {
    return this.#storage === undefined ? body() : this.#storage.run(task, body);
  }

  step(number: number, operation: Operation, isRejecting: boolean): void {
    this.#step = number;
    this.#isOutside = false;
    const caller = this.#callers.get(operation);
    this.#stepTask = caller?.task ?? operation.owner;
    const label = operation.kind === "start" ? "start" : nameOf(operation);
    this.#add(this.#stepTask, isRejecting ? "reject" : stepKinds[operation.kind], label, caller?.place);
  }

  call(operation: Operation): void {
    const task = this.#currentTask();
    const place = findPlace(currentFrames(), this.#find);
    this.#callers.set(operation, { task, place });
    if (operation.kind !== "timer" || operation.name === "sleep") this.#add(task, "suspend", nameOf(operation), place);
    else this.#add(task, "access", `${operation.name}(…, ${String(operation.args[0])})`, place);
  }

  access(map: TrackedState, method: string, args: readonly unknown[], result: unknown): void {
    const call = method === "size" ? `${map.name}.size` : `${map.name}.${showCall(method, args)}`;
    const isTelling = method === "has" || method === "get" || method === "size" || method === "delete";
    const label = isTelling ? `${call} → ${show(result)}` : call;
    this.#add(this.#currentTask(), "access", label, findPlace(currentFrames(), this.#find));
  }

  settle(task: SpawnedTask): void {
    this.#add(task, task.status === "rejected" ? "rejected" : "fulfilled", task.status === "rejected" ? showError(task.reason) : "returns", undefined);
  }

  fail(error: unknown, kind: string): void {
    const last = this.events.at(-1);
    if (last?.kind === "rejected" && last.label === showError(error)) this.events[this.events.length - 1] = { ...last, label: "" };
    this.#add(undefined, "failure", `${kind}: ${showError(error)}`, findPlace(framesOf(error), this.#find));
  }

  /** Frees the hooks that told tasks apart. */
  close(): void {
    this.#storage?.disable();
  }

  #currentTask(): SpawnedTask | undefined {
    return this.#storage?.getStore() ?? this.#stepTask;
  }

  #add(task: SpawnedTask | undefined, kind: TimelineEvent["kind"], label: string, place: Place | undefined): void {
    if (this.#isOutside && task === undefined && kind === "access") return;
    if (this.events.length >= mostEvents && kind !== "failure") return;
    this.events.push({ step: this.#step, task: task?.name, kind, label, place });
  }
}

/** What an error says, on one line, as a timeline has room for. */
export function showError(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${show(error)}`;
  const lines = error.message.split("\n").map((line) => line.trim());
  // An assertion's own words come first; what node:assert adds to them says it again.
  const isOwnText = (error as { generatedMessage?: boolean }).generatedMessage === false;
  const text = (isOwnText ? lines[0]! : lines.filter((line) => line !== "").join(" ")) || error.name;
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
