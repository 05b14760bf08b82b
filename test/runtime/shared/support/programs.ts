import { collidingKeys } from "./colliding.js";
import { FIXED_SEED } from "./explorer.js";
import type { Program } from "./explorer.js";

const crowd = collidingKeys(20, FIXED_SEED);
const crowded = (count: number): Record<string, number> => Object.fromEntries(crowd.slice(0, count).map((key, i) => [key, i]));
const full = (count: number): Record<string, number> => Object.fromEntries(Array.from({ length: count }, (_, i) => [`e${i}`, i]));

/** What the protocol is checked on: tiny maps, two or three threads, each hazard of the design once. */
export const programs: Program[] = [
  {
    name: "a read beside an overwrite",
    initial: { a: 1 },
    threads: [[{ op: "set", key: "a", value: 2 }], [{ op: "get", key: "a" }, { op: "get", key: "a" }]],
  },
  {
    name: "a read while the block it stands on is freed and taken again",
    initial: { a: 1, b: 2 },
    threads: [
      [{ op: "delete", key: "a" }, { op: "set", key: "c", value: 3 }, { op: "set", key: "a", value: 4 }],
      [{ op: "get", key: "a" }, { op: "get", key: "c" }],
    ],
  },
  {
    name: "two updates of one key",
    initial: { a: 1 },
    threads: [
      [{ op: "add", key: "a", value: 1 }],
      [{ op: "add", key: "a", value: 10 }],
    ],
  },
  {
    name: "an update beside a value that goes away and comes back",
    initial: { a: 1 },
    threads: [
      [{ op: "compareAndSet", key: "a", expected: 1, value: 5 }],
      [{ op: "set", key: "a", value: 2 }, { op: "set", key: "a", value: 1 }],
    ],
  },
  {
    name: "an update beside two overwrites that bring the same block back",
    initial: { a: 1 },
    threads: [[{ op: "add", key: "a", value: 1 }], [{ op: "set", key: "a", value: 2 }, { op: "set", key: "a", value: 3 }]],
  },
  {
    name: "two first insertions of one key",
    initial: {},
    threads: [
      [{ op: "insert", key: "a", value: 1 }, { op: "get", key: "a" }],
      [{ op: "insert", key: "a", value: 2 }, { op: "delete", key: "a" }],
    ],
  },
  {
    name: "cached reads beside an overwrite",
    initial: { a: 1 },
    threads: [
      [{ op: "get", key: "a", cached: true }, { op: "get", key: "a", cached: true }],
      [{ op: "set", key: "a", value: 2 }],
      [{ op: "get", key: "a" }],
    ],
  },
  {
    name: "cached reads beside two overwrites",
    initial: { a: 1 },
    threads: [
      [{ op: "set", key: "a", value: 2 }, { op: "set", key: "a", value: 3 }],
      [{ op: "get", key: "a", cached: true }, { op: "get", key: "a", cached: true }, { op: "get", key: "a", cached: true }],
    ],
  },
  {
    name: "reads while the table starts to grow",
    initial: full(8),
    threads: [
      [{ op: "set", key: "n", value: 1 }, { op: "set", key: "e0", value: 10 }],
      [{ op: "get", key: "e0" }, { op: "get", key: "n" }],
    ],
  },
  {
    name: "a read while an insertion makes the table grow",
    initial: full(8),
    threads: [[{ op: "set", key: "n", value: 1 }], [{ op: "get", key: "e0" }]],
  },
  {
    name: "reads and writes while the table grows to its end",
    initial: full(9),
    threads: [
      [{ op: "set", key: "e0", value: 10 }, { op: "delete", key: "e1" }, { op: "set", key: "m", value: 7 }],
      [{ op: "get", key: "e0" }, { op: "get", key: "e1" }, { op: "get", key: "m" }],
    ],
  },
  {
    name: "two writers while the table grows",
    initial: full(9),
    threads: [
      [{ op: "add", key: "e0", value: 10 }, { op: "set", key: "n", value: 3 }],
      [{ op: "add", key: "e0", value: 20 }, { op: "get", key: "n" }],
    ],
  },
  {
    name: "reads and writes while a table of four buckets grows",
    initial: full(33),
    threads: [
      [{ op: "set", key: "e0", value: 10 }, { op: "set", key: "e0", value: 11 }],
      [{ op: "get", key: "e0" }, { op: "set", key: "e1", value: 12 }],
    ],
  },
  {
    name: "a read while others finish the growth and write nothing",
    initial: full(9),
    threads: [
      [{ op: "touch", key: "e0" }, { op: "touch", key: "e0" }],
      [{ op: "get", key: "e0" }],
    ],
  },
  {
    name: "a copy while the table starts to grow",
    initial: full(8),
    threads: [[{ op: "set", key: "n", value: 1 }, { op: "set", key: "e0", value: 10 }], [{ op: "copy" }]],
  },
  {
    name: "a copy while the table grows to its end",
    initial: full(9),
    threads: [[{ op: "set", key: "e0", value: 10 }, { op: "delete", key: "e1" }], [{ op: "copy" }]],
  },
  {
    name: "a copy while buckets move and nothing is written",
    initial: full(9),
    threads: [[{ op: "copy" }], [{ op: "touch", key: "e0" }]],
  },
  {
    name: "three writers and one lock",
    initial: { a: 1 },
    threads: [
      [{ op: "add", key: "a", value: 1 }],
      [{ op: "add", key: "a", value: 10 }],
      [{ op: "add", key: "a", value: 100 }],
    ],
  },
  {
    name: "a chain behind a full bucket moves",
    initial: crowded(17),
    threads: [
      [{ op: "delete", key: crowd[3]! }, { op: "set", key: crowd[18]!, value: 1 }],
      [{ op: "set", key: crowd[14]!, value: 2 }, { op: "has", key: crowd[3]! }],
    ],
  },
];

const LONG = "L".repeat(5000);

/** What a thread dies in, at every step: with another that comes after it, and often beside it. */
export const deaths: Program[] = [
  { name: "two overwrites", initial: { a: 1 }, threads: [[{ op: "set", key: "a", value: 2 }, { op: "set", key: "a", value: 3 }], [{ op: "add", key: "a", value: 10 }]] },
  { name: "an insertion and a deletion", initial: { b: 1 }, threads: [[{ op: "set", key: "a", value: 2 }, { op: "delete", key: "b" }], [{ op: "get", key: "a" }, { op: "add", key: "b", value: 1 }]] },
  { name: "the start of growth", initial: full(8), threads: [[{ op: "set", key: "n", value: 1 }], [{ op: "add", key: "e0", value: 10 }]] },
  { name: "growth", initial: full(9), threads: [[{ op: "set", key: "e0", value: 1 }, { op: "delete", key: "e1" }], [{ op: "add", key: "e2", value: 10 }, { op: "set", key: "n", value: 1 }]] },
  { name: "growth of a table with chains", initial: crowded(17), threads: [[{ op: "set", key: crowd[0]!, value: 1 }], [{ op: "add", key: crowd[16]!, value: 10 }]] },
  { name: "growth of four buckets", initial: full(33), threads: [[{ op: "set", key: "e0", value: 1 }], [{ op: "add", key: "e2", value: 10 }]] },
  { name: "values that take pages of their own", initial: { [LONG]: 1 }, threads: [[{ op: "set", key: LONG, value: 2 }, { op: "delete", key: LONG }], [{ op: "set", key: "M".repeat(5000), value: 3 }]] },
  { name: "a chunk used up", initial: full(8), threads: [[{ op: "set", key: "p".repeat(1500), value: 1 }, { op: "set", key: "q".repeat(2500), value: 1 }, { op: "set", key: "r".repeat(700), value: 1 }], [{ op: "set", key: "s".repeat(300), value: 1 }]] },
];
