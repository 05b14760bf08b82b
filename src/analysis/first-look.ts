import type { SourceCode } from "eslint";
import { canPost } from "./workers/crossing.js";
import { DISPATCH_TEXT } from "./code/dispatch.js";
import { HANDLE_TEXT } from "./maps/disposers.js";
import { once, orNothing } from "./guard.js";
import { canHaveDescents, canHaveMerges, canHaveOpenObjects } from "./lookup/inherited-keys.js";
import { hasMapCallText, hasMapText } from "./maps/inventory.js";
import { hasLockText } from "./locks/locks.js";
import type { Settings } from "./settings.js";
import { canHaveTruthyMemos } from "./lookup/memos.js";
import { canHaveTruthyDefaults } from "./lookup/truthiness.js";
import { createTypes, type Types } from "./maps/types.js";

/**
 * What a rule asks about. A file whose text has none of it costs the rule nothing more.
 * - `hazards`: maps, suspensions and writes, all in one file
 * - `maps`: maps or locks
 * - `keys`: the same, or plain objects that are used by key
 * - `truth`: maps, or defaults that are taken by truth
 * - `copies`: something is posted to another thread
 * - `memory`: memory that threads share
 * - `all`: any of these
 */
export type Subject = "hazards" | "maps" | "keys" | "truth" | "copies" | "memory" | "all";

/** Files without maps in which threads start or share memory. */
const THREAD_TEXT = /\b(?:SharedArrayBuffer|workerData|Atomics\s*\.)|\bnew (?:\w*Worker|Piscina|Tinypool|\w+(?:Thread|Cluster)Pool)\(|\b(?:fork|structuredClone|workerpool\.pool)\(|\bnew (?:\w+Array|DataView)\(\s*[\w.#]*(?:[sS]hared|[sS]ab\b|SAB)|\bonmessage\s*=|(?:\bon|\bonce|\wListener)\(\s*["']message["']/;

/** What is shared is seen through a typed array. */
const MEMORY_TEXT = /Atomics|\d(?:Clamped)?Array\b|\bDataView\b/;

const ASYNC_TEXT = /\bawait\b|\.then\(|\.finally\(|\.catch\(|\bset(?:Timeout|Interval|Immediate)\b|\.on\(|\.once\(|addEventListener|\byield\b|\bPromise\s*</;

/** A method that writes, `d[k] = v`, `delete d[k]`, an entry's field. */
const WRITE_TEXT = /\.(?:set|add|delete|clear|getOrInsert\w*|update\w*)\s*(?:<[^>]*>)?\(|\]!?\s*(?:\?\?|\|\||&&|[-+*/%|&^])?=(?![=>])|\]!?\s*(?:\+\+|--)|(?:\+\+|--)\s*[\w.]+\[|\bdelete\s|\.get\(|\.\w+\s*=\s*new\s/;

/** What the text of a file can hold. Each search is made when a rule first asks for it. */
export class FirstLook {
  /** Whether the text speaks of maps: if not, there are none. */
  readonly canHaveMaps = once(() => hasMapText(this.sourceCode.text, this.settings.mapTypes) || (hasMapCallText(this.sourceCode.text) && this.getTypes() !== undefined));
  readonly canHaveHazards = once(() => this.canHaveMaps() && (ASYNC_TEXT.test(this.sourceCode.text) || HANDLE_TEXT.test(this.sourceCode.text)) && WRITE_TEXT.test(this.sourceCode.text));
  readonly hasLocks = once(() => hasLockText(this.sourceCode.text));
  /** Plain objects that are used by key, in files without maps. */
  readonly canHaveOpenKeys = once(() => DISPATCH_TEXT.test(this.sourceCode.text) || canHaveOpenObjects(this.sourceCode.text) || canHaveMerges(this.sourceCode.text) || canHaveDescents(this.sourceCode.text));
  readonly canHaveTruthyDefaults = once(() => canHaveTruthyDefaults(this.sourceCode.text));
  readonly canHaveTruthyMemos = once(() => canHaveTruthyMemos(this.sourceCode.text));
  readonly canShareMemory = once(() => MEMORY_TEXT.test(this.sourceCode.text) && this.#hasThreads());
  readonly canPost = once(() => canPost(this.sourceCode.text));
  /** What a parser's type information tells of maps, where there is any. */
  readonly getTypes: () => Types | undefined = once(() => createTypes(this.sourceCode, this.settings.mapTypes.names));
  readonly #answers: Partial<Record<Subject, boolean>> = {};
  readonly #hasThreads = once(() => THREAD_TEXT.test(this.sourceCode.text));
  readonly #isOfInterest = once(() => this.canHaveMaps() || this.hasLocks() || this.#hasThreads() || this.canHaveOpenKeys() || this.canHaveTruthyDefaults() || this.canHaveTruthyMemos());

  constructor(
    readonly sourceCode: SourceCode,
    readonly settings: Settings,
  ) {}

  /** Whether a rule about this has anything to ask of the file. */
  has(subject: Subject): boolean {
    return (this.#answers[subject] ??= orNothing(() => this.#search(subject)) ?? false);
  }

  #search(subject: Subject): boolean {
    switch (subject) {
      case "hazards":
        return this.canHaveHazards();
      case "maps":
        return this.canHaveMaps() || this.hasLocks();
      case "keys":
        return this.has("maps") || this.canHaveOpenKeys();
      case "truth":
        return this.has("maps") || this.canHaveTruthyDefaults() || this.canHaveTruthyMemos();
      case "copies":
        return this.#isOfInterest() && this.canPost();
      case "memory":
        return this.canShareMemory();
      case "all":
        return this.#isOfInterest();
    }
  }
}
