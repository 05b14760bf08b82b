import { expect } from "vitest";
import { matchers, type NoRaceOptions } from "./expect.js";

declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  interface Matchers<T = any> {
    /** Explores the scenario: no schedule may fail. */
    toHaveNoRace(options?: NoRaceOptions): Promise<T>;
  }
}

expect.extend(matchers);
