import type { Core } from "./core.js";
import { EPOCH_MASK, W, WORKER, WORKER_WORDS } from "./layout.js";

interface Files {
  readlinkSync(path: string): string;
  readFileSync(path: string, encoding: "latin1"): string;
  openSync(path: string, flags: string): number;
  fstatSync(fd: number, options: { bigint: true }): { ino: bigint; dev: bigint };
  closeSync(fd: number): void;
  unlinkSync(path: string): void;
}
interface Threads {
  threadId: number;
  isMainThread: boolean;
}

function findBuiltin<T>(id: string): T | undefined {
  const host = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
  return host.process?.getBuiltinModule?.(id) as T | undefined;
}

const files = findBuiltin<Files>("node:fs");
const threads = findBuiltin<Threads>("node:worker_threads");

/** What tells one thread from all others, past ones included. Zeroes where a probe does not work. */
export interface Identity {
  threadId: number;
  tid: number;
  startTime: bigint;
  fd: number;
  inode: bigint;
}

/** Clock ticks at which thread `tid` of this process started; 0 if there is no such thread. */
function startTimeOf(fs: Files, tid: number): bigint {
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/self/task/${tid}/stat`, "latin1");
  } catch (error) {
    if (isMissing(error)) return 0n;
    throw error;
  }
  // The name in parentheses may hold spaces; the start time is the 22nd field, the state the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return BigInt(fields[19] ?? 0);
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "ENOENT" || code === "ESRCH";
}

function isClosed(error: unknown): boolean {
  return (error as { code?: string }).code === "EBADF";
}

function findTask(fs: Files): Pick<Identity, "tid" | "startTime"> {
  try {
    const tid = Number(fs.readlinkSync("/proc/thread-self").split("/").pop());
    return { tid, startTime: startTimeOf(fs, tid) };
  } catch {
    return { tid: 0, startTime: 0n };
  }
}

/** Node closes the descriptors a worker opened when the worker ends, however it ends. */
function openBeacon(fs: Files): Pick<Identity, "fd" | "inode"> {
  const os = findBuiltin<{ tmpdir(): string }>("node:os");
  const path = `${os?.tmpdir() ?? "."}/mapguard-${globalThis.process.pid}-${threads?.threadId}-${Math.random().toString(36).slice(2)}`;
  try {
    const fd = fs.openSync(path, "wx");
    const inode = fs.fstatSync(fd, { bigint: true }).ino;
    fs.unlinkSync(path);
    return { fd, inode };
  } catch {
    return { fd: 0, inode: 0n };
  }
}

let identity: Identity | undefined;

/**
 * Who this thread is.
 * @param probes which probes to prepare; the descriptor is opened only where `/proc` does not answer
 */
export function identify(probes: "task" | "descriptor" | "none" = "task"): Identity {
  if (identity && probes === "task") return identity;
  const found: Identity = { threadId: threads?.threadId ?? -1, tid: 0, startTime: 0n, fd: 0, inode: 0n };
  if (files && probes === "task") Object.assign(found, findTask(files));
  if (files && probes !== "none" && found.startTime === 0n) Object.assign(found, openBeacon(files));
  if (probes === "task") identity = found;
  return found;
}

/** Whether the thread is known to have ended. False when alive, and when nobody can tell. */
function hasEnded(who: Identity): boolean {
  if (!files) return false;
  if (who.startTime !== 0n) return startTimeOf(files, who.tid) !== who.startTime;
  if (who.inode === 0n) return false;
  try {
    return files.fstatSync(who.fd, { bigint: true }).ino !== who.inode;
  } catch (error) {
    return isClosed(error);
  }
}

export function writeIdentity(core: Core, record: number, who: Identity): void {
  const mem = core.mem;
  mem[record + W.threadId] = who.threadId;
  mem[record + W.tid] = who.tid;
  mem[record + W.startLow] = Number(BigInt.asIntN(32, who.startTime));
  mem[record + W.startHigh] = Number(BigInt.asIntN(32, who.startTime >> 32n));
  mem[record + W.fd] = who.fd;
  mem[record + W.inodeLow] = Number(BigInt.asIntN(32, who.inode));
  mem[record + W.inodeHigh] = Number(BigInt.asIntN(32, who.inode >> 32n));
}

function unsigned64(low: number, high: number): bigint {
  return BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
}

function readIdentity(core: Core, record: number): Identity {
  const mem = core.mem;
  return {
    threadId: mem[record + W.threadId]!,
    tid: mem[record + W.tid]!,
    startTime: unsigned64(mem[record + W.startLow]!, mem[record + W.startHigh]!),
    fd: mem[record + W.fd]!,
    inode: unsigned64(mem[record + W.inodeLow]!, mem[record + W.inodeHigh]!),
  };
}

export function recordOf(core: Core, lockWord: number): number {
  return core.workerBase + ((lockWord >> 2) & 0x3ff) * WORKER_WORDS;
}

/** Whether the worker a record stands for, in the given epoch, is known to be dead. */
export function isWorkerDead(core: Core, record: number, epoch: number): boolean {
  const state = Atomics.load(core.mem, record + W.state);
  if (state >>> 2 !== epoch) return false;
  if ((state & 3) === WORKER.dead) return true;
  if ((state & 3) !== WORKER.live) return false;
  const ended = hasEnded(readIdentity(core, record));
  // The record may have been handed on while we looked.
  return ended && Atomics.load(core.mem, record + W.state) === state;
}

/** Whether the owner named by a lock word is known to be dead. */
export function isOwnerDead(core: Core, lockWord: number): boolean {
  return isWorkerDead(core, recordOf(core, lockWord), (lockWord >>> 12) & EPOCH_MASK);
}
