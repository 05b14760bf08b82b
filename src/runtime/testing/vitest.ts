import { expect } from "vitest";
import { matchers, type NoRaceOptions } from "./expect.js";

declare module "vitest" {
  interface Matchers<T = any> {
    /** Explores the scenario: no schedule may fail. */
    toHaveNoRace(options?: NoRaceOptions): Promise<T>;
  }
}

expect.extend(matchers);
