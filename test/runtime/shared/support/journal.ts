import type { SharedMap } from "../../../../src/runtime/shared/index.js";

export const JOURNAL_KEYS = 256;
export const COUNTERS = 4;

export function createJournal(): SharedArrayBuffer {
  return new SharedArrayBuffer(JOURNAL_KEYS * 8 + 4);
}

/** A text that says which write it is, as long as that write decides: now and then of several pages. */
export function payloadOf(value: number): string {
  const length = value % 17 === 0 ? 3000 + ((value * 7919) % 9000) : (value * 31) % 300;
  return `${value}:${"x".repeat(length)}`;
}

/** Increments a writer was told had happened. */
export function ackedCount(journal: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(journal, JOURNAL_KEYS * 8, 1), 0);
}

/** The keys of a dead writer whose entry is neither what it was last told nor what it was writing as it died. */
export function findLost(map: SharedMap<string, string | number>, name: string, journal: SharedArrayBuffer): string[] {
  const pending = new Int32Array(journal, 0, JOURNAL_KEYS);
  const acked = new Int32Array(journal, JOURNAL_KEYS * 4, JOURNAL_KEYS);
  const textOf = (value: number): string | undefined => (value === 0 ? undefined : payloadOf(value));
  return [...Array(JOURNAL_KEYS).keys()].map((index) => `${name}-${index}`).filter((key, index) => {
    const found = map.get(key);
    return found !== textOf(acked[index]!) && found !== textOf(pending[index]!);
  });
}
