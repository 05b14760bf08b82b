import { describe, expect, it } from "vitest";
import { Explorer } from "./support/explorer.js";
import type { Switch } from "./support/explorer.js";
import { deaths, programs } from "./support/programs.js";
import { loadProtocol } from "./support/protocol.js";
import type { Mutation, Protocol } from "./support/protocol.js";

interface Broken {
  what: string;
  /** The program whose schedules, or deaths, show it. */
  shownBy: string;
  changes: Mutation[];
}

/** Each takes one safeguard out of the protocol; some schedule must then go wrong. */
const broken: Broken[] = [
  {
    what: "a reader does not look at the version again", shownBy: "a read while the block it stands on is freed and taken again",
    changes: [{ file: "read.ts", from: "return Atomics.load(core.mem, stripe + VERSION) === version;", to: "return true;" }],
  },
  {
    what: "a write leaves the version as it was", shownBy: "a read while the block it stands on is freed and taken again",
    changes: [
      { file: "write.ts", from: "const version = (mem[stripe + VERSION]! + 1) | 0;\n  mem[stripe + VERSION] = version;", to: "const version = mem[stripe + VERSION]! | 0;" },
      { file: "write.ts", from: "(version + 1) | 0", to: "version" },
    ],
  },
  {
    what: "the version is not odd while a write is under way, so a cache trusts it", shownBy: "cached reads beside an overwrite",
    changes: [
      { file: "write.ts", from: "const version = (mem[stripe + VERSION]! + 1) | 0;\n  mem[stripe + VERSION] = version;", to: "const version = (mem[stripe + VERSION]! + 1) | 0;" },
    ],
  },
  {
    what: "a block is published before it is filled", shownBy: "a read beside an overwrite",
    changes: [
      { file: "write.ts", from: "  fillBlock(core, wordOf(ref), version);\n", to: "" },
      { file: "write.ts", from: "  publishWord(core, core.slot, ref);\n  // @kill write:published", to: "  publishWord(core, core.slot, ref);\n  Atomics.load(mem, 0);\n  fillBlock(core, wordOf(ref), version);" },
    ],
  },
  {
    what: "an update does not check what it expects", shownBy: "two updates of one key",
    changes: [{ file: "write.ts", from: "if (expected !== ANYTHING && stamp !== expected)", to: "if (expected === -4 && stamp !== expected)" }],
  },
  {
    what: "an update compares where the block stands instead of its stamp", shownBy: "an update beside two overwrites that bring the same block back",
    changes: [
      { file: "read.ts", from: "core.readStamp = mem[block]!;", to: "core.readStamp = block;" },
      { file: "write.ts", from: "const stamp = old === 0 ? ABSENT : core.mem[old]!;", to: "const stamp = old === 0 ? ABSENT : old;" },
    ],
  },
  {
    what: "an update trusts the slot it found, whatever the version", shownBy: "two writers while the table grows",
    changes: [{ file: "write.ts", from: "block !== 0 && seen === core.mem[stripe + VERSION] ? block", to: "block !== 0 ? block" }],
  },
  {
    what: "unlocking wakes nobody", shownBy: "two updates of one key",
    changes: [{ file: "lock.ts", from: "if ((seen & STATE) === CONTENDED) wakeOne(core, lock);", to: "" }],
  },
  {
    what: "whoever has slept takes the lock as if nobody else slept", shownBy: "three writers and one lock",
    changes: [{ file: "lock.ts", from: "if (Atomics.compareExchange(mem, lock, 0, core.me | CONTENDED) === 0) return;", to: "if (Atomics.compareExchange(mem, lock, 0, core.me | HELD) === 0) return;" }],
  },
  {
    what: "a lock is taken by load and store", shownBy: "two updates of one key",
    changes: [
      {
        file: "lock.ts",
        from: "if (Atomics.compareExchange(core.mem, lock, 0, core.me | HELD) === 0) return;",
        to: "if (Atomics.load(core.mem, lock) === 0) {\n    Atomics.store(core.mem, lock, core.me | HELD);\n    return;\n  }",
      },
    ],
  },
  {
    what: "a bucket that has moved does not say so", shownBy: "reads and writes while a table of four buckets grows",
    changes: [{ file: "grow.ts", from: "mem[from + NEXT]! | MOVED", to: "mem[from + NEXT]!" }],
  },
  {
    what: "a bucket says it has moved before the new ones are filled", shownBy: "a read while others finish the growth and write nothing",
    changes: [{ file: "grow.ts", from: "  const isWhole = appendChain(", to: "  publishWord(core, from + NEXT, core.mem[from + NEXT]! | MOVED);\n  Atomics.load(core.mem, 0);\n  const isWhole = appendChain(" }],
  },
  {
    what: "the new table stands before a version has told readers of the old one", shownBy: "a read while an insertion makes the table grow",
    changes: [{ file: "grow.ts", from: "  // @kill grow:announced\n  stepVersion(core, stripe);\n", to: "" }],
  },
  {
    what: "the new table stands before the old one is announced", shownBy: "reads while the table starts to grow",
    changes: [
      { file: "grow.ts", from: "  publishWord(core, stripe + PREVIOUS, mem[stripe + TABLE]!);\n", to: "  const old = mem[stripe + TABLE]!;\n" },
      { file: "grow.ts", from: "  publishWord(core, stripe + TABLE, ref);\n", to: "  publishWord(core, stripe + TABLE, ref);\n  Atomics.load(mem, 0);\n  publishWord(core, stripe + PREVIOUS, old);\n" },
    ],
  },
  {
    what: "a copy asks twice whether a bucket has moved", shownBy: "a copy while buckets move and nothing is written",
    changes: [{
      file: "read.ts",
      from: "    const hasMoved = Atomics.load(mem, bucket + NEXT) < 0;\n",
      to: "    if (Atomics.load(mem, bucket + NEXT) >= 0 && !collectChain(core, bucket, blocks)) return false;\n    const hasMoved = Atomics.load(mem, bucket + NEXT) < 0;\n    if (!hasMoved) continue;\n",
    }],
  },
  {
    what: "an old table is freed without moving the version", shownBy: "two writers while the table grows",
    changes: [{ file: "grow.ts", from: "  moveVersion(core, stripe + S.version, (core.mem[stripe + S.version]! + 2) | 0);", to: "" }],
  },
  {
    what: "readers do not look into the old table", shownBy: "reads and writes while a table of four buckets grows",
    changes: [{ file: "read.ts", from: "if (previous !== 0) {", to: "if (previous === -7) {" }],
  },
  {
    what: "a read block is not freed by the write that replaced it", shownBy: "a read beside an overwrite",
    changes: [{ file: "write.ts", from: "giveBlock(core, coldOf(core, stripe), OLD, old >> 2, oldUnits);", to: "mem[record + OLD] = 0;" }],
  },
];

/** The same for what only a death shows. */
const brokenRepairs: Broken[] = [
  { what: "a dead owner's lock is not broken", shownBy: "two overwrites", changes: [{ file: "lock.ts", from: "if (isOwnerDead(core, seen)) {", to: "if (core.me === 0) {" }] },
  { what: "the repair leaves the version odd", shownBy: "two overwrites", changes: [{ file: "repair.ts", from: "((version | 1) + 1) | 0", to: "version" }] },
  { what: "the repair leaves blocks where they are", shownBy: "two overwrites", changes: [{ file: "repair.ts", from: "  settleBlocks(core, cold);\n", to: "" }] },
  { what: "the repair leaves page runs where they are", shownBy: "values that take pages of their own", changes: [{ file: "repair.ts", from: "  settleRun(core, cold);\n", to: "" }] },
  { what: "the repair leaves a growth that was announced and has no table", shownBy: "the start of growth", changes: [{ file: "repair.ts", from: "  if (core.mem[stripe + S.previous] === core.mem[stripe + S.table]) cancelGrowth(core, stripe);\n", to: "" }] },
  { what: "the repair leaves half-moved buckets", shownBy: "growth of a table with chains", changes: [{ file: "repair.ts", from: "  settleMove(core, stripe);\n", to: "" }] },
  { what: "the repair does not count anew", shownBy: "an insertion and a deletion", changes: [{ file: "repair.ts", from: "  auditStripe(core, stripe);\n", to: "" }] },
  { what: "the repair frees what is on a list already", shownBy: "two overwrites", changes: [{ file: "repair.ts", from: "if (isListed || isChunkAt(mem, cold, ref))", to: "if (isChunkAt(mem, cold, ref))" }] },
  { what: "the repair frees what never left its chunk", shownBy: "two overwrites", changes: [{ file: "repair.ts", from: "if (isListed || isChunkAt(mem, cold, ref))", to: "if (isListed)" }] },
  { what: "a chunk used up is taken for one that starts there", shownBy: "a chunk used up", changes: [{ file: "repair.ts", from: " && mem[cold + C.bumpEnd]! > ref", to: "" }] },
  { what: "the repair undoes a write that was published", shownBy: "two overwrites", changes: [{ file: "repair.ts", from: "fresh !== 0 && published !== fresh", to: "fresh !== 0" }] },
  { what: "a repairer's death is not followed to the one it repaired", shownBy: "two overwrites", changes: [{ file: "repair.ts", from: "while (core.mem[record + W.repairingStripe] !== 0)", to: "while (core.mem[record + W.repairingStripe] === -1)" }] },
  { what: "a write names its old block after it is out", shownBy: "two overwrites", changes: [{ file: "write.ts", from: "  mem[record + OLD] = old >> 2;\n", to: "" }] },
  { what: "a block is taken before it is named", shownBy: "two overwrites", changes: [{ file: "heap.ts", from: "  mem[core.record + FRESH] = listed;\n  // @kill take:named\n  mem[head] = next;", to: "  mem[head] = next;\n  mem[core.record + FRESH] = listed;" }] },
  { what: "the heap is not repaired", shownBy: "values that take pages of their own", changes: [{ file: "repair.ts", from: "if (state === RUN.taking || state === RUN.giving) cancelRun(core);", to: "" }] },
];

/** On a machine that keeps stores and loads in order these change nothing: only ARM can show them. */
const onlyArmShows: Broken[] = [
  { what: "no fence between a reader's copy and its second look at the version", shownBy: "a read while the block it stands on is freed and taken again", changes: [{ file: "read.ts", from: "if (!core.loadsAreOrdered) loadFence(core);", to: "" }] },
  { what: "no fence between moving the version and freeing", shownBy: "a read while the block it stands on is freed and taken again", changes: [{ file: "core.ts", from: "  Atomics.load(core.mem, word);\n", to: "" }] },
  { what: "publication by a plain store", shownBy: "a read beside an overwrite", changes: [{ file: "core.ts", from: "else Atomics.store(core.mem, word, value);", to: "else core.mem[word] = value;" }] },
  { what: "no version between the size of the old table and its announcement", shownBy: "reads while the table starts to grow", changes: [{ file: "grow.ts", from: "  // @kill grow:named\n  stepVersion(core, stripe);\n", to: "" }] },
  { what: "MOVED read by a plain load", shownBy: "two writers while the table grows", changes: [{ file: "read.ts", from: "if (Atomics.load(mem, old + NEXT) >= 0) return old;", to: "if (mem[old + NEXT]! >= 0) return old;" }] },
];

function findBySchedule(protocol: Protocol, name: string): string | undefined {
  return new Explorer(protocol, programs.find((program) => program.name === name)!).explore(2).violation;
}

function* deathPlans(explorer: Explorer): Generator<Switch[]> {
  const steps = explorer.stepsOf(0);
  for (let at = 0; at < steps; at++) yield [{ at, thread: 0, kill: true }];
  for (let at = 0; at < steps; at += 3) {
    for (let later = at + 1; later < at + 60; later += 4) yield [{ at, thread: 0, kill: true }, { at: later, thread: 1, kill: true }];
  }
}

function findByDeath(protocol: Protocol, name: string): string | undefined {
  const explorer = new Explorer(protocol, deaths.find((program) => program.name === name)!);
  for (const plan of deathPlans(explorer)) {
    const { violation } = explorer.run(plan);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

describe("a schedule goes wrong when", () => {
  it.each(broken)("$what", async ({ changes, shownBy }) => {
    expect(findBySchedule(await loadProtocol("atomic", changes), shownBy)).toBeDefined();
  });
});

describe("a death goes wrong when", () => {
  it.each(brokenRepairs)("$what", async ({ changes, shownBy }) => {
    expect(findByDeath(await loadProtocol("all", changes), shownBy)).toBeDefined();
  });
});

describe("only ARM can show that something goes wrong when there is", () => {
  it.each(onlyArmShows)("$what", async ({ changes, shownBy }) => {
    expect(findBySchedule(await loadProtocol("atomic", changes), shownBy)).toBeUndefined();
  });
});
