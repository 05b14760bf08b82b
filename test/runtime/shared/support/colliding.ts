import type { Core } from "../../../../src/runtime/shared/core.js";
import { encodeKey } from "../../../../src/runtime/shared/keys.js";

/** Keys that a map of one stripe and this seed puts into the first of four buckets, so that a few outgrow it. */
export function collidingKeys(count: number, seed: number): string[] {
  const core = { seed, keyWords: new Int32Array(16), keyTicket: 0 } as unknown as Core;
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) {
    encodeKey(core, `c${i}`);
    if ((core.hash & 3) === 0) keys.push(`c${i}`);
  }
  return keys;
}
