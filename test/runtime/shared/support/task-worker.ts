// Runs one of the tasks below on an attached map.
import { parentPort, workerData } from "node:worker_threads";
import { SharedMap } from "../../../../src/runtime/shared/index.js";
import type { SharedMapHandle } from "../../../../src/runtime/shared/index.js";

export interface TaskData {
  task: keyof typeof tasks;
  handle: SharedMapHandle;
  id: number;
  rounds: number;
  keys: number;
  gate: SharedArrayBuffer;
  parties: number;
}

type Numbers = SharedMap<string, number>;

/** Waits until every party has come, so that all start at once. */
function meet({ gate, parties }: TaskData): void {
  const word = new Int32Array(gate);
  Atomics.add(word, 0, 1);
  Atomics.notify(word, 0);
  for (let seen = Atomics.load(word, 0); seen < parties; seen = Atomics.load(word, 0)) Atomics.wait(word, 0, seen, 50);
}

const tasks = {
  /** Every worker increments every key. */
  increment(map: Numbers, { rounds, keys, id }: TaskData): number {
    const step = (n = 0): number => n + 1;
    for (let i = 0; i < rounds; i++) map.update(`k${(i + id * 7) % keys}`, step);
    return rounds;
  },

  compareAndSet(map: Numbers, { rounds }: TaskData): number {
    let failures = 0;
    for (let i = 0; i < rounds; ) {
      const seen = map.get("k");
      if (map.compareAndSet("k", seen, (seen ?? 0) + 1)) i++;
      else failures++;
    }
    return failures;
  },

  /** Keys of its own, while the table grows under everybody. */
  insert(map: Numbers, { rounds, id }: TaskData): number {
    let wrong = 0;
    for (let i = 0; i < rounds; i++) {
      map.set(`w${id}-${i}`, i);
      if (map.get(`w${id}-${i >> 1}`) !== i >> 1) wrong++;
    }
    return wrong;
  },

  /** Whether each first insertion of a key has exactly one winner. */
  race(map: Numbers, { rounds, id }: TaskData): number {
    let won = 0;
    for (let i = 0; i < rounds; i++) {
      let ran = false;
      const value = map.getOrInsertComputed(`k${i}`, () => ((ran = true), id));
      if (ran && value === id && map.get(`k${i}`) === id) won++;
    }
    return won;
  },

  /** Values whose parts must agree; a torn read would not. */
  tear(map: Numbers, { rounds, keys, id }: TaskData): number {
    const texts = map as unknown as SharedMap<string, string>;
    let torn = 0;
    for (let i = 0; i < rounds; i++) {
      const key = `k${(i * 31 + id) % keys}`;
      const text = String.fromCharCode(97 + (i % 26)).repeat(1 + ((i * 13) % 300));
      if (id % 2 === 0) i % 5 === 0 ? texts.delete(key) : texts.set(key, text);
      const seen = texts.get(key);
      if (seen !== undefined && seen !== seen[0]!.repeat(seen.length)) torn++;
    }
    return torn;
  },

  /** Reads one key until it holds the last value; cached reads must never go back. */
  follow(map: Numbers, { rounds, id }: TaskData): number {
    if (id === 0) {
      for (let i = 1; i <= rounds; i++) map.set("k", i);
      return 0;
    }
    let backwards = 0;
    for (let last = 0; last < rounds; ) {
      const seen = map.get("k") ?? 0;
      if (seen < last) backwards++;
      last = seen;
    }
    return backwards;
  },

  /** Iterates while others insert and delete; keys `stay*` are never touched. */
  iterate(map: Numbers, { rounds, keys, id }: TaskData): number {
    if (id > 0) {
      for (let i = 0; i < rounds * 50; i++) i % 2 ? map.delete(`t${id}-${(i >> 1) % 500}`) : map.set(`t${id}-${(i >> 1) % 500}`, i);
      return 0;
    }
    let wrong = 0;
    for (let i = 0; i < rounds / 100; i++) {
      const seen = [...map.keys()];
      const stayed = seen.filter((key) => key.startsWith("stay")).length;
      if (stayed !== keys || new Set(seen).size !== seen.length) wrong++;
    }
    return wrong;
  },

  /** Looks whether `size` is between what was there before and what had been begun after. Word 1 counts insertions begun, word 2 those done. */
  measure(map: Numbers, { rounds, id, gate }: TaskData): number {
    const word = new Int32Array(gate);
    let wrong = 0;
    for (let i = 0; i < rounds; i++) {
      if (id > 0) {
        Atomics.add(word, 1, 1);
        map.set(`m${id}-${i}`, i);
        Atomics.add(word, 2, 1);
        continue;
      }
      const least = Atomics.load(word, 2);
      const size = map.size;
      if (size < least || size > Atomics.load(word, 1)) wrong++;
    }
    return wrong;
  },

  /** One clears while the others write; word 1 says that it has. What they wrote after that must stay. */
  clear(map: Numbers, { rounds, id, gate }: TaskData): number {
    const word = new Int32Array(gate);
    if (id === 0) {
      map.clear();
      const left = [...map.keys()].filter((key) => key.startsWith("old")).length;
      Atomics.store(word, 1, 1);
      return left;
    }
    let after = 0;
    for (let i = 0; after < rounds; i++) {
      const isCleared = Atomics.load(word, 1) === 1;
      map.set(`${isCleared ? "after" : "during"}${id}-${i}`, i);
      if (isCleared) after++;
    }
    return [...map.keys()].filter((key) => key.startsWith(`after${id}-`)).length - rounds;
  },
};

const data = workerData as TaskData;
const map = SharedMap.attach<string, number>(data.handle);
meet(data);
parentPort!.postMessage({ result: tasks[data.task](map, data), stats: map.stats() });
map.dispose();
