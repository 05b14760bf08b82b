import type { Core } from "../../../../src/runtime/shared/core.js";
import { encodeKey } from "../../../../src/runtime/shared/keys.js";

/**
 * Keys that a map of one stripe and this seed puts into its first bucket, so that a few outgrow it.
 * @param buckets how many, a power of two, the table may grow to with all of them in the first still
 */
export function collidingKeys(count: number, seed: number, buckets = 4): string[] {
  const core = { seed, keyWords: new Int32Array(16), keyTicket: 0 } as unknown as Core;
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) {
    encodeKey(core, `c${i}`);
    if ((core.hash & (buckets - 1)) === 0) keys.push(`c${i}`);
  }
  return keys;
}
