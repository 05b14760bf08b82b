import type { Core } from "../../../../src/runtime/shared/core.js";
import { encodeKey } from "../../../../src/runtime/shared/keys.js";

function createHasher(seed: number): (key: string) => number {
  const core = { seed, keyWords: new Int32Array(16), keyTicket: 0 } as unknown as Core;
  return (key) => {
    encodeKey(core, key);
    return core.hash;
  };
}

/**
 * Keys that a map of one stripe and this seed puts into its first bucket, so that a few outgrow it.
 * @param buckets how many, a power of two, the table may grow to with all of them in the first still
 */
export function collidingKeys(count: number, seed: number, buckets = 4): string[] {
  const hash = createHasher(seed);
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) if ((hash(`c${i}`) & (buckets - 1)) === 0) keys.push(`c${i}`);
  return keys;
}

/** Another key that a map of one stripe, this seed and so many buckets puts where it puts `key`. */
export function findNeighbour(key: string, seed: number, buckets: number): string {
  const hash = createHasher(seed);
  for (let i = 0; ; i++) if (((hash(`n${i}`) ^ hash(key)) & (buckets - 1)) === 0) return `n${i}`;
}
