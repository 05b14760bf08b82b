import type { ExploreOptions, FailureKind, Scenario } from "../../src/runtime/testing/index.js";

/** What an example imports, by module name. `mapguard` is there by itself. */
export type Imports = Readonly<Record<string, object>>;

/** Evaluates the example afresh, with no state of an earlier load, and gives what it exports. */
export type Load = <T>(imports?: Imports) => T;

interface Examples {
  /** The rule's id, without the plugin's name. */
  readonly rule: string;
  /** What goes wrong, in a few words: the timeline's title. */
  readonly title: string;
  /** A small module in TypeScript that misbehaves. */
  readonly incorrect: string;
  /** The same module, right. */
  readonly correct: string;
}

/** Wrong in some order of events, right in every one. */
export interface ExploredEvidence extends Examples {
  readonly kind: "explore";
  /** How the incorrect example fails ("assertion"). */
  readonly fails?: FailureKind;
  readonly options?: ExploreOptions;
  readonly scenario: (load: Load) => Scenario;
}

/** Wrong in a plain run. */
export interface PlainEvidence extends Examples {
  readonly kind: "plain";
  /** Throws, or rejects, when the example misbehaves. */
  readonly scenario: (load: Load) => () => unknown;
}

/** Wrong with real worker threads. */
export interface WorkersEvidence extends Examples {
  readonly kind: "workers";
  /** Other modules that the example starts or imports, by file name, as JavaScript. */
  readonly files?: Readonly<Record<string, string>>;
  /** Gets the path of the example as an ES module; throws, or rejects, when it misbehaves. In a traced run every access counts: a few are enough. */
  readonly scenario: (file: string, run: { readonly isTraced: boolean }) => () => Promise<unknown>;
}

/** Why a rule exists: what it reports goes wrong, and what it asks for does not. */
export type Evidence = ExploredEvidence | PlainEvidence | WorkersEvidence;
