import { testReports, testSilent } from "../cases.js";

const RULE = "no-unsynchronized-shared-memory";
const HEADER = `import { Worker, workerData, parentPort } from "node:worker_threads";
`;
const SENT = `const sab = new SharedArrayBuffer(64);
const counts = new Int32Array(sab);
new Worker("./w.js", { workerData: sab });
`;
const withHeader = (cases: Record<string, string>, header: string): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + header + code]));

testReports(
  RULE,
  "updates in two steps",
  withHeader(
    {
      increment: `export function hit() { counts[0]++; } // here`,
      "prefix decrement": `export function done() { return --counts[0]; } // here`,
      "compound assignment": `export function add(n: number) { counts[0] += n; } // here`,
      "bits": `const FLAGS = 3; export function mark(bit: number) { counts[FLAGS] |= 1 << bit; } // here`,
      "a value made of the old one": `export function double() { counts[0] = counts[0]! * 2; } // here`,
      "a call with the old one": `export function limit(max: number) { counts[0] = Math.min(counts[0]!, max); } // here`,
      "through a variable": `export function hit() {
          const n = counts[0]!;
          counts[0] = n + 1; // here
        }`,
      "through a variable that is counted on": `export function hit(by: number) {
          let n = counts[0]!;
          n += by;
          counts[0] = n; // here
        }`,
      "how much is in a queue": `const FRAMES_AVAILABLE = 4;
        export function push(n: number) { counts[FRAMES_AVAILABLE] += n; } // here`,
      "an index of an enum": `enum Slot { Done } export function done() { counts[Slot.Done]++; } // here`,
      "a histogram that is updated atomically elsewhere": `export function a(bin: number) { Atomics.add(counts, bin, 1); }
        export function b(bin: number) { counts[bin]++; } // here`,
    },
    SENT,
  ),
);

testReports(
  RULE,
  "views that came from elsewhere",
  withHeader(
    {
      "of workerData, by its name": `const counts = new Int32Array(workerData.sharedCounts);
        export function hit() { counts[0]++; } // here`,
      "a message, used with Atomics": `parentPort!.on("message", (message: { buffer: SharedArrayBuffer }) => {
          const view = new Int32Array(message.buffer);
          view[1] += 2; // here
          Atomics.notify(view, 1);
        });`,
      "a parameter": `export function hit(view: Int32Array<SharedArrayBuffer>) { view[0]++; } // here`,
      "a parameter that holds the buffer": `export function hit(memory: SharedArrayBuffer) { const view = new Uint8Array(memory); view[0]++; } // here`,
      "a field": `export class Stats {
          readonly #view: Int32Array;
          constructor(shared: SharedArrayBuffer) { this.#view = new Int32Array(shared); }
          hit() { this.#view[0]++; } // here
        }`,
      "a parameter property": `export class Stats {
          constructor(private readonly view: Int32Array<SharedArrayBuffer>) {}
          hit() { this.view[0]++; } // here
        }`,
      "a field, assigned from a parameter": `export class Stats {
          #view;
          constructor(view: Int32Array<SharedArrayBuffer>) { this.#view = view; }
          hit() { this.#view[0]++; } // here
        }`,
      "an event, by its name": `self.onmessage = (event) => {
          const view = new Int32Array(event.data.sab);
          view[0]++; // here
        };`,
      "workerData of the same file": `import { isMainThread } from "node:worker_threads";
        if (isMainThread) {
          new Worker(new URL(import.meta.url), { workerData: new SharedArrayBuffer(4) });
        } else {
          const counts = new Int32Array(workerData);
          counts[0]++; // here
        }`,
      "a part of workerData of the same file": `import { isMainThread } from "node:worker_threads";
        if (isMainThread) {
          const hits = new Int32Array(new SharedArrayBuffer(4));
          new Worker(new URL(import.meta.url), { workerData: { hits, rounds: 9 } });
        } else {
          const { hits, rounds } = workerData;
          for (let i = 0; i < rounds; i++) hits[0]++; // here
        }`,
      "an exported buffer": `export const buffer = new SharedArrayBuffer(8);
        const view = new BigInt64Array(buffer);
        export function hit() { view[0]++; } // here`,
      "a buffer that is returned": `export function create() {
          const buffer = new SharedArrayBuffer(8);
          const view = new Float64Array(buffer);
          return { buffer, add(x: number) { view[0] += x; } }; // here
        }`,
    },
    "",
  ),
);

testReports(
  RULE,
  "atomic halves",
  withHeader(
    {
      "a store of a load": `export function hit() { Atomics.store(counts, 0, Atomics.load(counts, 0) + 1); } // here`,
      "through a variable": `export function hit() {
          const n = Atomics.load(counts, 0);
          if (n > 9) return false;
          Atomics.store(counts, 0, n + 1); // here
          return true;
        }`,
      "through a variable that is counted on": `export function hit() {
          let n = Atomics.load(counts, 0);
          n++;
          Atomics.store(counts, 0, n); // here
        }`,
      "read plainly and stored": `export function hit() {
          const n = counts[0]!;
          Atomics.store(counts, 0, n + 1); // here
        }`,
      "a product, from a slot of one's own": `export function multiply(i: number) {
          const mine = Atomics.load(counts, i);
          const all = Atomics.load(counts, 3);
          Atomics.store(counts, 3, mine * all); // here
        }`,
      "a lock by test and store": `export function tryLock() {
          if (Atomics.load(counts, 0) === 0) {
            Atomics.store(counts, 0, 1); // here
            return true;
          }
          return false;
        }`,
      "a lock by spin and store": `export function lock() {
          while (Atomics.load(counts, 0) !== 0) {}
          Atomics.store(counts, 0, 1); // here
        }`,
      "a lock of plain accesses": `export function acquire() {
          if (counts[0] === 1) return false;
          counts[0] = 1; // here
          return true;
        }`,
      "taken and reset": `export function add() { Atomics.add(counts, 0, 1); }
        export function drain() {
          const n = Atomics.load(counts, 0);
          Atomics.store(counts, 0, 0); // here
          return n;
        }`,
    },
    SENT,
  ),
);

testReports(
  RULE,
  "plain reads and several slots",
  withHeader(
    {
      "a spin": `export function wait() { while (counts[0] === 0); } // here`,
      "a test of what is stored atomically": `export function stop() { Atomics.store(counts, 0, 1); }
        export function work() {
          if (counts[0] === 1) return; // here
          console.log("on");
        }`,
      "two slots that a reader wants together": `export function move(x: number, y: number) {
          counts[0] = x;
          counts[1] = y; // here
        }
        export function where() { return { x: counts[0], y: counts[1] }; }`,
    },
    SENT,
  ),
);

testReports(
  RULE,
  "what is likely, in strict",
  withHeader(
    {
      "a histogram": `export function put(bin: number) { counts[bin]++; } // here`,
      "a cursor, by its name": `const WRITE_INDEX = 1; export function append(n: number) { counts[WRITE_INDEX] += n; } // here`,
      "a cursor of plain accesses": `export function append() {
          const at = counts[1]!;
          counts[1] = (at + 1) % 8; // here
        }`,
      "a cursor": `export function push() { Atomics.store(counts, 0, (Atomics.load(counts, 0) + 1) % 8); } // here`,
      "a report at the end": `export function add() { Atomics.add(counts, 0, 1); }
        export function print() { console.log(counts[0]); } // here`,
      "a publish to somebody unseen": `export function move(x: number, y: number) {
          counts[0] = x;
          counts[1] = y; // here
        }`,
    },
    SENT,
  ),
  { preset: "strict" },
);

testSilent(
  RULE,
  "memory that is in order",
  withHeader(
    {
      "atomic operations": `export function hit() { return Atomics.add(counts, 0, 1); }
        export function read() { return Atomics.load(counts, 0); }`,
      "a compare-and-exchange loop": `export function max(n: number) {
          for (;;) {
            const old = Atomics.load(counts, 0);
            if (old >= n) return;
            if (Atomics.compareExchange(counts, 0, old, n) === old) return;
          }
        }`,
      "a slot of one's own": `const { workerId } = workerData; export function hit() { counts[workerId]++; }`,
      "a slot of one's own, by threadId": `import { threadId } from "node:worker_threads"; export function hit() { counts[threadId]++; }`,
      "a range of one's own": `export function scale(from: number, to: number) { for (let i = from; i < to; i++) counts[i] = counts[i]! * 2; }`,
      "a callback's index": `export function scale(xs: number[]) { xs.forEach((x, i) => { counts[i] += x; }); }`,
      "under a lock": `import { lock, unlock } from "./lock.js"; export function hit() { lock(counts); counts[1]++; unlock(counts); }`,
      "under a lock of compareExchange": `export function hit() {
          while (Atomics.compareExchange(counts, 0, 0, 1) !== 0) Atomics.wait(counts, 0, 1);
          counts[1]++;
          Atomics.store(counts, 0, 0);
          Atomics.notify(counts, 0);
        }`,
      "in the callback of a lock": `import { withLock } from "./lock.js"; export const hit = () => withLock(counts, () => { counts[1]++; });`,
      "a helper whose callers hold the lock": `import { lock, unlock } from "./lock.js";
        function bump() { counts[1]++; }
        export function hit() { lock(counts); bump(); unlock(counts); }`,
      "a lock that is taken by exchange": `export function tryLock() { return Atomics.exchange(counts, 0, 1) === 0; }`,
      "a ring of one producer and one consumer": `export class Ring {
          push(n: number) {
            const read = Atomics.load(counts, 0);
            const write = Atomics.load(counts, 1);
            if (write - read > 9) return false;
            counts[2 + (write % 10)] = n;
            Atomics.store(counts, 1, write + 1);
            return true;
          }
        }`,
      "a plain write": `export function reset() { counts[0] = 0; }`,
      "several slots, then an atomic flag": `export function move(x: number, y: number) {
          counts[1] = x;
          counts[2] = y;
          Atomics.store(counts, 0, 1);
          Atomics.notify(counts, 0);
        }`,
      "several slots, then a message": `export function move(x: number, y: number) {
          counts[1] = x;
          counts[2] = y;
          parentPort!.postMessage("ready");
        }`,
      "a wait in the loop": `export function wait() { while (Atomics.load(counts, 0) === 0) Atomics.wait(counts, 0, 0); }`,
      "a value that is put back": `export function during(run: () => void) {
          const before = counts[0]!;
          counts[0] = 1;
          run();
          counts[0] = before;
        }`,
      "a value of another slot": `export function copy() { const n = counts[1]!; counts[0] = n + 1; }`,
      "a value that was read in another function": `const read = () => counts[0]!; export function set() { const n = 5; counts[0] = n; return read(); }`,
      "a variable that is given another value": `export function set(x: number) { let n = counts[0]!; console.log(n); n = x; counts[0] = n + 1; }`,
      "a store that does not depend on the load": `export function swap() { const n = Atomics.load(counts, 0); console.log(n); Atomics.store(counts, 1, 5); }`,
      "a compare-and-exchange around a computed value": `export function double() {
          let old = Atomics.load(counts, 0);
          let seen;
          while ((seen = Atomics.compareExchange(counts, 0, old, old * 2)) !== old) old = seen;
        }`,
      "exchange": `export function drain() { const n = Atomics.exchange(counts, 0, 0); return n; }`,
      "sub to leave": `export function leave() { if (Atomics.sub(counts, 0, 1) === 1) Atomics.notify(counts, 0); }`,
      "a slot of one's own, by a base": `const { base } = workerData; export function put(n: number) { counts[base + 1] += n; }`,
      "a slot of one's own, from workerData": `const at = workerData.index * 4; export function put() { counts[at]++; }`,
      "under a lock of a class": `import { Mutex } from "./mutex.js"; const mutex = new Mutex(counts);
        export function hit() { mutex.lock(); try { counts[1]++; } finally { mutex.unlock(); } }`,
      "in runExclusive": `import { mutex } from "./mutex.js"; export const hit = () => mutex.runExclusive(() => { counts[1]++; });`,
      "under a semaphore": `import { semaphore } from "./semaphore.js"; export function hit() { semaphore.acquire(); counts[1] += 2; semaphore.release(); }`,
      "two cursors, one of them written": `export function pop() {
          const head = Atomics.load(counts, 0);
          const tail = Atomics.load(counts, 1);
          if (head === tail) return undefined;
          Atomics.store(counts, 0, head + 1);
          return counts[head + 2];
        }`,
      "a filled range": `export function clear(from: number, to: number) { counts.fill(0, from, to); }`,
      "a view that is copied": `export function copy() { const local = new Int32Array(counts); local[0]++; return local; }`,
      "a wait for a flag that is loaded": `export function ready() { return Atomics.load(counts, 0) === 1; } export function set() { Atomics.store(counts, 0, 1); }`,
      "an initial value": `counts[0] = 5; counts[1] = 6;`,
      "a loop that counts down": `export function run() { counts[5] = 9; while (counts[5] > 0) counts[5] = 0; }`,
    },
    SENT,
  ),
);

const DATA = `const header = new DataView(new SharedArrayBuffer(64));
new Worker("./w.js", { workerData: header });
`;

testReports(
  RULE,
  "fields of a DataView",
  withHeader(
    {
      "a field made of the old one": `export function hit() { header.setUint32(0, header.getUint32(0) + 1); } // here`,
      "through a variable": `export function hit(by: number) {
          const n = header.getFloat64(8, true);
          header.setFloat64(8, n + by, true); // here
        }`,
      "over a buffer that was received": `export function hit() {
          const view = new DataView(workerData.sharedHeader);
          view.setBigInt64(0, view.getBigInt64(0) + 1n); // here
        }`,
    },
    DATA,
  ),
);

testSilent(
  RULE,
  "fields of a DataView that are written once, by one, or under a lock",
  withHeader(
    {
      "a field that is only written": `export function start(at: number) { header.setFloat64(0, at); }`,
      "another field": `export function copy() { header.setUint32(4, header.getUint32(0)); }`,
      "a field of one's own": `export function hit(workerId: number) { header.setUint32(workerId * 4, header.getUint32(workerId * 4) + 1); }`,
      "a lock": `import { withLock } from "./lock.js"; export function hit() { withLock(() => { header.setUint32(0, header.getUint32(0) + 1); }); }`,
      "a view over memory of this thread": `export function read(bytes: ArrayBuffer) { const view = new DataView(bytes); view.setUint8(0, view.getUint8(0) ^ 1); }`,
    },
    DATA,
  ),
);

testSilent(RULE, "memory of one thread", {
  "a buffer to sleep on": `const sleeper = new Int32Array(new SharedArrayBuffer(4));
    export function sleep(ms: number) { Atomics.wait(sleeper, 0, 0, ms); }`,
  "a buffer that nobody else gets": `const buffer = new SharedArrayBuffer(8);
    const view = new Int32Array(buffer);
    export function hit() { view[0]++; return view[0]; }`,
  "a file that starts itself and sends numbers": `import { isMainThread, Worker, workerData } from "node:worker_threads";
    if (isMainThread) new Worker(new URL(import.meta.url), { workerData: [1, 2] });
    else { const view = new Int32Array(workerData); view[0]++; }`,
  "another part of workerData": `import { isMainThread, Worker, workerData } from "node:worker_threads";
    if (isMainThread) new Worker(new URL(import.meta.url), { workerData: { memory: new SharedArrayBuffer(4), bytes: new ArrayBuffer(4) } });
    else { const view = new Int32Array(workerData.bytes); view[0]++; }`,
  "bytes of an event": `self.onmessage = (event) => { const view = new Uint8Array(event.data.buffer); view[0]++; self.postMessage(view); };`,
  "bytes that something shared gave": `import { shared } from "./shared.js"; export const view = new Uint8Array(16); view[0] += shared.size;`,
  "an ordinary typed array": `const view = new Int32Array(8);
    export function hit() { view[0]++; view[1] = view[1]! + 1; }`,
  "an ordinary parameter": `export function hit(view: Int32Array, buffer: ArrayBuffer) { view[0]++; new Uint8Array(buffer)[0]++; }`,
  "an array": `import { SharedArrayBuffer as S } from "./polyfill.js";
    const counts: number[] = []; export function hit() { counts[0]++; void S; }`,
  "filled before it is sent": `import { Worker } from "node:worker_threads";
    export function start(n: number) {
      const sab = new SharedArrayBuffer(8);
      const view = new Int32Array(sab);
      view[0] += n;
      view[1]++;
      new Worker("./w.js", { workerData: sab });
    }`,
  "a file that only speaks of it": `// SharedArrayBuffer and Atomics.add are for another day
    export const text = "SharedArrayBuffer";`,
});
