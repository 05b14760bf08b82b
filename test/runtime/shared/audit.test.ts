import { describe, expect, it } from "vitest";
import { SharedMap } from "../../../src/runtime/shared/index.js";
import { auditMemory } from "./support/audit.js";

describe("memory", () => {
  it.each([1, 4, 64])("has every unit in one place after a long mixed run, with %d stripes", (stripes) => {
    const map = new SharedMap<number, string>({ stripes, capacity: 1, maxByteLength: 1 << 24 });
    let state = 1;
    const random = (n: number): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n;
    for (let i = 0; i < 40_000; i++) {
      const key = random(3000);
      if (random(3) === 0) map.delete(key);
      else map.set(key, "x".repeat(random(20) === 0 ? random(20_000) : random(120)));
      if (i % 10_000 === 9_999) map.clear();
    }
    expect(() => auditMemory(map.handle.buffer)).not.toThrow();
  });

  it("has every unit in one place in a map that is out of memory", () => {
    const map = new SharedMap<number, string>({ stripes: 2, capacity: 1, maxByteLength: 1 << 18 });
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      try {
        map.set(i, "x".repeat((i * 37) % 600));
      } catch {
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(() => auditMemory(map.handle.buffer)).not.toThrow();
  });
});
