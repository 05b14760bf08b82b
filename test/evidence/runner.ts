import { readdirSync } from "node:fs";
import { explore, type Outcome } from "../../src/runtime/testing/index.js";
import type { Evidence, ExploredEvidence, PlainEvidence, WorkersEvidence } from "./evidence.js";
import { makeExample, writeModules } from "./example.js";
import { drawThreads } from "./trace.js";

type Side = "incorrect" | "correct";

/** What running one side of the evidence showed. */
export interface Verdict {
  /** What went wrong; undefined where nothing did. */
  readonly error: unknown;
  /** For explored evidence. */
  readonly outcome?: Outcome;
}

async function runExplored(evidence: ExploredEvidence, side: Side): Promise<Verdict> {
  const { load, findPlace } = makeExample(evidence.rule, side, evidence[side]);
  const outcome = await explore(evidence.scenario(load), { maxSchedules: 100_000, ...evidence.options, findPlace });
  return { error: outcome.failure?.error, outcome };
}

async function runPlainly(run: () => unknown): Promise<Verdict> {
  try {
    await run();
    return { error: undefined };
  } catch (error) {
    return { error: error ?? new Error("failed without an error") };
  }
}

function runPlain(evidence: PlainEvidence, side: Side): Promise<Verdict> {
  return runPlainly(evidence.scenario(makeExample(evidence.rule, side, evidence[side]).load));
}

function runWorkers(evidence: WorkersEvidence, side: Side): Promise<Verdict> {
  return runPlainly(evidence.scenario(writeModules(evidence.rule, side, evidence[side], evidence.files), { isTraced: false }));
}

/** Runs one example of a rule. */
export function runEvidence(evidence: Evidence, side: Side): Promise<Verdict> {
  switch (evidence.kind) {
    case "explore":
      return runExplored(evidence, side);
    case "plain":
      return runPlain(evidence, side);
    case "workers":
      return runWorkers(evidence, side);
  }
}

/** A plain run as a schedule of one task. */
function asExplored(evidence: PlainEvidence): ExploredEvidence {
  return { ...evidence, kind: "explore", scenario: (load) => ({ spawn }) => void spawn("A", evidence.scenario(load)) };
}

/** How the incorrect example fails, as a picture; undefined where it does not. */
export async function drawEvidence(evidence: Evidence): Promise<string | undefined> {
  if (evidence.kind === "workers") return drawThreads(evidence);
  const { outcome } = await runExplored(evidence.kind === "plain" ? asExplored(evidence) : evidence, "incorrect");
  return outcome?.failure?.svg(evidence.title);
}

const folder = new URL("./scenarios/", import.meta.url);

/** The evidence of all rules, by rule. */
export async function loadEvidence(): Promise<Map<string, Evidence>> {
  const all = new Map<string, Evidence>();
  for (const file of readdirSync(folder).sort()) {
    const { evidence } = (await import(new URL(file, folder).href)) as { evidence: Evidence };
    all.set(evidence.rule, evidence);
  }
  return all;
}
