import { beforeAll, describe, expect, it } from "vitest";
import { Explorer } from "./support/explorer.js";
import type { Run, Switch } from "./support/explorer.js";
import { deaths } from "./support/programs.js";
import { loadProtocol } from "./support/protocol.js";
import type { Protocol } from "./support/protocol.js";

let protocol: Protocol;
beforeAll(async () => {
  protocol = await loadProtocol("all");
});

function firstViolation(explorer: Explorer, plans: Iterable<Switch[]>): { plan: Switch[]; violation: Run["violation"] } | undefined {
  for (const plan of plans) {
    const { violation } = explorer.run(plan);
    if (violation !== undefined) return { plan, violation };
  }
  return undefined;
}

function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
}

describe("a thread that dies at any step leaves nothing torn, lost or locked", () => {
  it.each(deaths)("in $name", (program) => {
    const explorer = new Explorer(protocol, program);
    const steps = explorer.stepsOf(0);
    const plans = Array.from({ length: steps }, (_, at): Switch[] => [{ at, thread: 0, kill: true }]);
    expect(firstViolation(explorer, plans)).toBeUndefined();
    expect(steps).toBeGreaterThan(30);
  });

  it.each(deaths)("in $name, and whoever repairs that dies too", (program) => {
    const explorer = new Explorer(protocol, program);
    const steps = explorer.stepsOf(0);
    const random = randomFrom(7);
    const plans = Array.from({ length: 500 }, (): Switch[] => {
      const at = random(steps);
      return [{ at, thread: 0, kill: true }, { at: at + 1 + random(steps), thread: 1, kill: true }];
    });
    expect(firstViolation(explorer, plans)).toBeUndefined();
  });

  it.each(deaths)("in $name, beside one that is under way", (program) => {
    const explorer = new Explorer(protocol, program);
    const steps = explorer.stepsOf(0);
    const random = randomFrom(11);
    const plans = Array.from({ length: 500 }, (): Switch[] => {
      const first = random(steps);
      const second = first + 1 + random(40);
      return [{ at: first, thread: 1 }, { at: second, thread: 0 }, { at: second + random(steps), thread: 0, kill: true }];
    });
    expect(firstViolation(explorer, plans)).toBeUndefined();
  });
});
