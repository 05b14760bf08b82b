import AsyncLock from "async-lock";
import { Mutex } from "async-mutex";
import { Semaphore } from "await-semaphore";
import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import pMemoize from "p-memoize";
import { SafeMap } from "../../src/runtime/index.js";
import { compare, print, type Row } from "./runtime-harness.js";

type Updater = (current: number | undefined) => Promise<number>;

const keysOf = (size: number): string[] => Array.from({ length: size }, (_, index) => "key" + index);
const entriesOf = (keys: string[]): [string, number][] => keys.map((key, index) => [key, index]);
const increment: Updater = async (current) => (current ?? 0) + 1;

/** Keeps results alive, so that no read is optimized away. */
let sink = 0;

// Each side has loops of its own text: a loop that has seen both kinds of map is slower for both.

/** Where a large map lies in memory makes it faster or slower: several of each kind, built and used in turns. */
function mapsOf(size: number) {
  const keys = keysOf(size);
  const entries = entriesOf(keys);
  const pairs = Array.from({ length: 6 }, () => ({ native: new Map(entries), safe: new SafeMap(entries) }));
  const turn = { native: 0, safe: 0 };
  return {
    keys,
    nextNative: () => pairs[turn.native++ % pairs.length]!.native,
    nextSafe: () => pairs[turn.safe++ % pairs.length]!.safe,
  };
}

function reads(size: number): Promise<Row[]> {
  const { keys, nextNative, nextSafe } = mapsOf(size);
  return compare({
    title: `get, ${size} keys`,
    count: 100_000,
    rounds: 90,
    reference: {
      name: "Map",
      run(count) {
        const map = nextNative();
        for (let i = 0; i < count; i++) sink += map.get(keys[i % size]!)!;
      },
    },
    others: [
      {
        name: "SafeMap",
        bar: { ratio: 1.1 },
        run(count) {
          const map = nextSafe();
          for (let i = 0; i < count; i++) sink += map.get(keys[i % size]!)!;
        },
      },
    ],
  });
}

function writes(size: number): Promise<Row[]> {
  const { keys, nextNative, nextSafe } = mapsOf(size);
  return compare({
    title: `set, ${size} keys`,
    count: 100_000,
    rounds: 90,
    reference: {
      name: "Map",
      run(count) {
        const map = nextNative();
        for (let i = 0; i < count; i++) map.set(keys[i % size]!, i);
      },
    },
    others: [
      {
        name: "SafeMap",
        bar: { ratio: 1.1 },
        run(count) {
          const map = nextSafe();
          for (let i = 0; i < count; i++) map.set(keys[i % size]!, i);
        },
      },
    ],
  });
}

function snapshots(size: number): Promise<Row[]> {
  const keys = keysOf(size);
  const native = new Map(entriesOf(keys));
  const safe = new SafeMap(entriesOf(keys));
  return compare({
    title: `snapshot + overwrite, ${size} keys`,
    count: 3,
    rounds: 11,
    reference: {
      name: "new Map(map), set",
      run(count) {
        for (let i = 0; i < count; i++) {
          const copy = new Map(native);
          native.set(keys[i]!, i);
          sink += copy.get(keys[i]!)!;
        }
      },
    },
    others: [
      {
        name: "SafeMap",
        count: 10_000,
        bar: { nanoseconds: 2000 },
        run(count) {
          for (let i = 0; i < count; i++) {
            const snapshot = safe.snapshot();
            safe.set(keys[i]!, i);
            sink += snapshot.get(keys[i]!)!;
            snapshot.dispose();
          }
        },
      },
    ],
  });
}

/** What `updateAsync` replaces, and what it would be with each library: get, await, set, under a lock. */
function updaters() {
  const plainMap = new Map<string, number>();
  const safe = new SafeMap<string, number>();
  const lock = new AsyncLock({ maxPending: Infinity });
  const mutexes = new Map<string, Mutex>();
  const limits = new Map<string, ReturnType<typeof pLimit>>();
  const semaphores = new Map<string, Semaphore>();

  async function plain(key: string, update: Updater): Promise<number> {
    const next = await update(plainMap.get(key));
    plainMap.set(key, next);
    return next;
  }
  function get<L>(locks: Map<string, L>, key: string, create: () => L): L {
    let found = locks.get(key);
    if (found === undefined) locks.set(key, (found = create()));
    return found;
  }
  return {
    plain,
    safeMap: (key: string, update: Updater) => safe.updateAsync(key, update),
    asyncLock: (key: string, update: Updater) => lock.acquire(key, () => plain(key, update)),
    asyncMutex: (key: string, update: Updater) => get(mutexes, key, () => new Mutex()).runExclusive(() => plain(key, update)),
    pLimit: (key: string, update: Updater) => get(limits, key, () => pLimit(1))(() => plain(key, update)),
    awaitSemaphore: (key: string, update: Updater) => get(semaphores, key, () => new Semaphore(1)).use(() => plain(key, update)),
  };
}

type Update = (key: string, update: Updater) => Promise<number>;

/** A loop of its own for each way to update. */
const oneByOne = (update: Update, keys: string[]): ((count: number) => Promise<void>) =>
  new Function("update", "keys", "increment", "return async (count) => { for (let i = 0; i < count; i++) await update(keys[i % keys.length], increment); }")(update, keys, increment);
/** Queues all and waits for the last, which every queue here serves last: the waiters' cost, and nothing of `Promise.all`'s. */
const queued = (update: Update): ((count: number) => Promise<void>) =>
  new Function("update", "increment", "return async (count) => { let last; for (let i = 0; i < count; i++) last = update('key', increment); await last; }")(update, increment);
const allAtOnce = (update: Update): ((count: number) => Promise<void>) =>
  new Function("update", "increment", "return async (count) => { const all = []; for (let i = 0; i < count; i++) all.push(update('key', increment)); await Promise.all(all); }")(update, increment);

function uncontendedUpdates(keyCount: number): Promise<Row[]> {
  const { plain, safeMap, asyncLock, asyncMutex, pLimit: limit, awaitSemaphore } = updaters();
  const keys = keysOf(keyCount);
  return compare({
    title: `update one by one, ${keyCount} keys`,
    count: 5000,
    rounds: 51,
    reference: { name: "get, await, set", run: oneByOne(plain, keys) },
    others: [
      { name: "SafeMap.updateAsync", run: oneByOne(safeMap, keys), bar: { ratio: 1.7 } },
      { name: "async-lock", run: oneByOne(asyncLock, keys) },
      { name: "async-mutex", run: oneByOne(asyncMutex, keys) },
      { name: "p-limit", run: oneByOne(limit, keys) },
      { name: "await-semaphore", run: oneByOne(awaitSemaphore, keys) },
    ],
  });
}

async function waiters(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, update] of Object.entries(updaters())) {
    rows.push(
      ...(await compare({
        title: `each of 1000 waiters, ${name}`,
        count: 1000,
        rounds: 101,
        reference: { name: "one by one", run: oneByOne(update, ["key"]) },
        others: [
          { name: "queued", run: queued(update), ...(name === "safeMap" && { bar: { ratio: 1.3 } }) },
          { name: "queued, in Promise.all", run: allAtOnce(update) },
        ],
      })),
    );
  }
  return rows;
}

function hits(): Promise<Row[]> {
  const keys = keysOf(1000);
  const load = async (): Promise<number> => 1;
  const safe = new SafeMap<string, number>();
  const cache = new LRUCache<string, number>({ max: 2000, fetchMethod: load });
  const memoized = pMemoize((_key: string) => load(), { cache: new Map<string, number>() });
  return compare({
    title: "load, hit",
    count: 10_000,
    rounds: 51,
    reference: {
      name: "lru-cache fetch",
      async run(count) {
        for (let i = 0; i < count; i++) await cache.fetch(keys[i % 1000]!);
      },
    },
    others: [
      {
        name: "SafeMap.getOrInsertAsync",
        bar: { nanoseconds: 60 },
        async run(count) {
          for (let i = 0; i < count; i++) await safe.getOrInsertAsync(keys[i % 1000]!, load);
        },
      },
      {
        name: "p-memoize",
        async run(count) {
          for (let i = 0; i < count; i++) await memoized(keys[i % 1000]!);
        },
      },
    ],
  });
}

function stampedes(): Promise<Row[]> {
  const load = async (): Promise<number> => 1;
  const safe = new SafeMap<string, number>();
  const cache = new LRUCache<string, number>({ max: 10, fetchMethod: load });
  const memoized = pMemoize((_key: string) => load(), { cache: new Map<string, number>() });
  const fresh = { safe: 0, cache: 0, memoized: 0 };
  return compare({
    title: "load, stampede of 1000",
    count: 1000,
    rounds: 101,
    reference: {
      name: "p-memoize",
      async run(count) {
        const key = "key" + fresh.memoized++;
        const calls: Promise<unknown>[] = [];
        for (let i = 0; i < count; i++) calls.push(memoized(key));
        await Promise.all(calls);
      },
    },
    others: [
      {
        name: "SafeMap.getOrInsertAsync",
        bar: { nanoseconds: 100 },
        async run(count) {
          const key = "key" + fresh.safe++;
          const calls: Promise<unknown>[] = [];
          for (let i = 0; i < count; i++) calls.push(safe.getOrInsertAsync(key, load));
          await Promise.all(calls);
        },
      },
      {
        name: "lru-cache fetch",
        async run(count) {
          const key = "key" + fresh.cache++;
          const calls: Promise<unknown>[] = [];
          for (let i = 0; i < count; i++) calls.push(cache.fetch(key));
          await Promise.all(calls);
        },
      },
    ],
  });
}

const benches: (() => Promise<Row[]>)[] = [
  () => reads(1000),
  () => reads(100_000),
  () => writes(1000),
  () => writes(100_000),
  () => snapshots(100_000),
  () => uncontendedUpdates(1),
  () => uncontendedUpdates(1000),
  waiters,
  hits,
  stampedes,
];

const rows: Row[] = [];
const only = process.argv[2];
for (const [index, bench] of benches.entries()) {
  if (only === undefined || only.split(",").includes(String(index))) rows.push(...(await bench()));
}
print(rows);
if (Number.isNaN(sink)) console.log(sink);
process.exitCode = rows.some(({ holds }) => holds === false) ? 1 : 0;
