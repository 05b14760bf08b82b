export { explore } from "./explore.js";
export type { ExploreOptions, Failure, Outcome } from "./explore.js";
export type { FailureKind, IoOptions, Scenario, Scene, SpawnOptions, Task } from "./run.js";
export type { FindPlace, Frame, Place, TimelineEvent } from "./record.js";
export type { Timers } from "./timers.js";
export { track } from "./track.js";
