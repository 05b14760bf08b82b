import { type EventChannel, findChannel } from "./platform.js";

/** Somebody waited for a lock. */
export interface WaitEvent {
  map: string;
  /** The keys waited for; undefined for the whole map. */
  keys: readonly unknown[] | undefined;
  outcome: "granted" | "left";
  milliseconds: number;
}

/** A load ended. "superseded": `set` won; "discarded": the key was removed meanwhile, or all callers had left. */
export interface LoadEvent {
  map: string;
  key: unknown;
  outcome: "stored" | "superseded" | "discarded" | "failed";
  milliseconds: number;
}

/** An update found its key written. */
export interface ConflictEvent {
  map: string;
  key: unknown;
  outcome: "rejected" | "retried" | "overwritten";
}

/** A map made with `audit` is about to be written. */
export type WriteEvent =
  | { map: string; operation: "set"; key: unknown; previous: unknown; value: unknown }
  | { map: string; operation: "delete"; key: unknown; previous: unknown }
  | { map: string; operation: "clear"; size: number };

export const waitEvents = findChannel("mapguard:wait");
export const loadEvents = findChannel("mapguard:load");
export const conflictEvents = findChannel("mapguard:conflict");
export const writeEvents = findChannel("mapguard:write");

/** Whether anybody listens: an event that nobody would hear is not made. */
export function isHeard(channel: EventChannel | undefined): channel is EventChannel {
  return channel !== undefined && channel.hasSubscribers;
}
