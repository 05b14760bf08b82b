import { beforeAll, describe, expect, it } from "vitest";
import { Explorer } from "./support/explorer.js";
import { programs } from "./support/programs.js";
import { loadProtocol } from "./support/protocol.js";
import type { Protocol } from "./support/protocol.js";

let protocol: Protocol;
beforeAll(async () => {
  protocol = await loadProtocol("atomic");
});

describe("the protocol, played step by step", () => {
  it.each(programs)("is linearizable and loses no memory under every schedule of two preemptions: $name", (program) => {
    const found = new Explorer(protocol, program).explore(2);
    expect(found.violation, JSON.stringify(found.plan)).toBeUndefined();
  });

  it.each(programs)("stays so under random schedules of up to six preemptions: $name", (program) => {
    const found = new Explorer(protocol, program).sample(2026, 250, 6);
    expect(found.violation, JSON.stringify(found.plan)).toBeUndefined();
  });

  it("is linearizable under every schedule of three preemptions: a read beside an overwrite", () => {
    const { runs, violation } = new Explorer(protocol, programs[0]!).explore(3);
    expect(violation).toBeUndefined();
    expect(runs).toBeGreaterThan(2000);
  });

  it("gives the same run for the same schedule", () => {
    const explorer = new Explorer(protocol, programs[2]!);
    const plan = [{ at: 9, thread: 1 }, { at: 21, thread: 0 }];
    expect(explorer.run(plan)).toEqual(explorer.run(plan));
  });
});
