import { explore, type ExploreOptions, type Failure, type Outcome } from "./explore.js";
import type { Scenario } from "./scene.js";

export interface NoRaceOptions extends ExploreOptions {
  /** Also fails when the schedules were not all tried. */
  readonly exhaustive?: boolean;
}

/** A schedule that fails, with its timeline in the message. */
export class RaceError extends Error {
  constructor(
    readonly outcome: Outcome,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "RaceError";
  }
}

function describeFailure(failure: Failure, outcome: Outcome): string {
  const count = outcome.schedules + outcome.sampled;
  return `A schedule fails (${failure.kind}), found after ${count}:\n\n${failure.timeline()}\n\nreplay: ${JSON.stringify(failure.replay)}`;
}

function describeRest(outcome: Outcome): string {
  return `No schedule failed, but not all were tried: ${outcome.schedules} systematic, ${outcome.sampled} random. Raise maxSchedules, or make the scenario smaller.`;
}

function findComplaint(outcome: Outcome, isExhaustive: boolean): string | undefined {
  if (outcome.failure !== undefined) return describeFailure(outcome.failure, outcome);
  return isExhaustive && !outcome.exhausted ? describeRest(outcome) : undefined;
}

/**
 * Explores a scenario and gives the outcome.
 * @throws {RaceError} when a schedule fails, or, with `exhaustive`, when some were not tried
 */
export async function expectNoRace(scenario: Scenario, options: NoRaceOptions = {}): Promise<Outcome> {
  const { exhaustive = false, ...rest } = options;
  const outcome = await explore(scenario, rest);
  const complaint = findComplaint(outcome, exhaustive);
  if (complaint !== undefined) throw new RaceError(outcome, complaint, outcome.failure?.error);
  return outcome;
}

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend` of vitest or Jest. */
export const matchers = {
  /** `await expect(scenario).toHaveNoRace()` */
  async toHaveNoRace(scenario: Scenario, options: NoRaceOptions = {}): Promise<MatcherResult> {
    const { exhaustive = false, replay, ...rest } = options;
    const outcome = await explore(scenario, replay === undefined ? rest : { ...rest, replay });
    const complaint = findComplaint(outcome, exhaustive);
    return {
      pass: complaint === undefined,
      message: () => complaint ?? `None of ${outcome.schedules} schedules failed${outcome.exhausted ? ", and there are no others" : ""}.`,
    };
  },
};
