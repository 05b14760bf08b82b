import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Evidence, ExploredEvidence } from "./evidence.js";
import { drawEvidence, runEvidence } from "./runner.js";

const plain: Evidence = {
  rule: "plain-example",
  title: "A falsy value counts as absent",
  kind: "plain",
  incorrect: "const m = new Map<string, number>([['k', 0]]);\nexport const known = (k: string): boolean => !!m.get(k);\n",
  correct: "const m = new Map<string, number>([['k', 0]]);\nexport const known = (k: string): boolean => m.has(k);\n",
  scenario: (load) => () => assert.ok(load<{ known(key: string): boolean }>().known("k")),
};

function runWorker(file: string): Promise<unknown> {
  return new Promise((resolve, reject) => new Worker(file).on("message", resolve).on("error", reject));
}

const inWorkers: Evidence = {
  rule: "worker-example",
  title: "A thread has a module of its own",
  kind: "workers",
  incorrect: 'import { parentPort } from "node:worker_threads";\nconst m = new Map([[1, 2]]);\nparentPort!.postMessage(m.get(2));\n',
  correct: 'import { parentPort } from "node:worker_threads";\nimport { SafeMap } from "mapguard";\nparentPort!.postMessage(new SafeMap([[1, 2]]).get(1));\n',
  scenario: (file) => async () => assert.equal(await runWorker(file), 2),
};

const explored: ExploredEvidence = {
  rule: "explored-example",
  title: "Shown as <drawn>",
  kind: "explore",
  incorrect: `import { wait } from "./wait.js";

const counts = new Map<string, number>();

export async function count(key: string): Promise<number> {
  const before: number = counts.get(key) ?? 0;
  await wait();
  counts.set(key, before + 1);
  return counts.get(key)!;
}
`,
  correct: "export const count = async (): Promise<number> => 2;\n",
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const { count } = load<{ count(key: string): Promise<number> }>({ "./wait.js": { wait: io("wait") } });
      const tasks = ["A", "B"].map((name) => spawn(name, () => count("k")));
      return () => assert.ok(tasks.some((task) => task.value === 2));
    },
};

describe("running evidence", () => {
  it.each([["plain", plain], ["workers", inWorkers], ["explore", explored]] as const)("finds the incorrect example wrong and the correct one right (%s)", async (_, evidence) => {
    expect((await runEvidence(evidence, "incorrect")).error).toBeInstanceOf(Error);
    expect((await runEvidence(evidence, "correct")).error).toBeUndefined();
  });

  it("evaluates the example afresh in each schedule", async () => {
    const { outcome } = await runEvidence(explored, "incorrect");
    expect(outcome?.failure?.kind).toBe("assertion");
  });

  it("shows the example's own lines, by the names of its maps", async () => {
    const { outcome } = await runEvidence(explored, "incorrect");
    const shown = outcome!.failure!.trace.events.filter((event) => event.place !== undefined).map((event) => `${event.place!.line} ${event.label}`);
    expect(shown.slice(0, 2)).toEqual(['6 counts.get("k") → undefined', "7 wait()"]);
  });

  it("draws the schedule that fails, or the plain run, or what threads wrote down", async () => {
    expect(await drawEvidence(explored)).toContain("Shown as &lt;drawn&gt;");
    expect(await drawEvidence(plain)).toContain("get(&quot;k&quot;) → 0");
    expect(await drawEvidence(inWorkers)).toContain("m.get(2) → undefined");
  });

  it("says which import a scenario forgot", async () => {
    const evidence: ExploredEvidence = { ...explored, scenario: (load) => () => void load() };
    expect((await runEvidence(evidence, "incorrect")).error).toMatchObject({ message: "the scenario of explored-example gives no ./wait.js" });
  });
});
