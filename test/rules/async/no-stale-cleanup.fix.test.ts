import { testFixes, testNoFix } from "../../fixes/cases.js";

const header = `declare function work(id: string, signal?: AbortSignal): Promise<void>;
const jobs = new Map<string, AbortController>();

`;

const file = { rule: "no-stale-cleanup", header };

testFixes("no-stale-cleanup: --fix asks whose entry it is", file, [
  {
    name: "finally { m.delete(k) }",
    before: `export async function run(id: string) {
  const job = new AbortController();
  jobs.set(id, job);
  try {
    await work(id, job.signal);
  } finally {
    jobs.delete(id); // done
  }
}
`,
    after: `export async function run(id: string) {
  const job = new AbortController();
  jobs.set(id, job);
  try {
    await work(id, job.signal);
  } finally {
    if (jobs.get(id) === job) jobs.delete(id); // done
  }
}
`,
  },
  {
    name: "an entry without a name",
    before: `export async function run(id: string) {
  jobs.set(id, new AbortController());
  try {
    await work(id);
  } finally {
    jobs.delete(id);
  }
}
`,
    after: `export async function run(id: string) {
  const own = new AbortController();
  jobs.set(id, own);
  try {
    await work(id);
  } finally {
    if (jobs.get(id) === own) jobs.delete(id);
  }
}
`,
  },
  {
    name: "setTimeout(() => m.delete(k))",
    before: `export function run(id: string) {
  const job = new AbortController();
  jobs.set(id, job);
  setTimeout(() => jobs.delete(id), 1000);
}
`,
    after: `export function run(id: string) {
  const job = new AbortController();
  jobs.set(id, job);
  setTimeout(() => { if (jobs.get(id) === job) jobs.delete(id); }, 1000);
}
`,
  },
  {
    name: ".finally(() => m.delete(k))",
    before: `const flights = new Map<string, Promise<void>>();
export function run(id: string) {
  const flight = work(id);
  flights.set(id, flight);
  return flight.finally(() => flights.delete(id));
}
`,
    after: `const flights = new Map<string, Promise<void>>();
export function run(id: string) {
  const flight = work(id);
  flights.set(id, flight);
  return flight.finally(() => { if (flights.get(id) === flight) flights.delete(id); });
}
`,
  },
  {
    name: "a promise that takes itself out",
    before: `const flights = new Map<string, Promise<void>>();
export function run(id: string) {
  const flight = work(id).finally(() => {
    flights.delete(id);
  });
  flights.set(id, flight);
  return flight;
}
`,
    after: `const flights = new Map<string, Promise<void>>();
export function run(id: string) {
  const flight = work(id).finally(() => {
    if (flights.get(id) === flight) flights.delete(id);
  });
  flights.set(id, flight);
  return flight;
}
`,
  },
  {
    name: "a dictionary",
    before: `const byId: Record<string, AbortController> = {};
export async function run(id: string) {
  const job = new AbortController();
  byId[id] = job;
  try {
    await work(id, job.signal);
  } finally {
    delete byId[id];
  }
}
`,
    after: `const byId: Record<string, AbortController> = {};
export async function run(id: string) {
  const job = new AbortController();
  byId[id] = job;
  try {
    await work(id, job.signal);
  } finally {
    if (byId[id] === job) delete byId[id];
  }
}
`,
  },
]);

testFixes("no-stale-cleanup: --fix calls deleteIf", file, [
  {
    name: "where the answer is used",
    before: `export async function run(id: string) {
  const job = new AbortController();
  let isOwn = false;
  jobs.set(id, job);
  try {
    await work(id, job.signal);
  } finally {
    isOwn = jobs.delete(id);
  }
  return isOwn;
}
`,
    after: `export async function run(id: string) {
  const job = new AbortController();
  let isOwn = false;
  jobs.set(id, job);
  try {
    await work(id, job.signal);
  } finally {
    isOwn = jobs.deleteIf(id, job);
  }
  return isOwn;
}
`,
  },
]);

testNoFix("no-stale-cleanup: no fix", file, [
  {
    name: "for an entry that cannot be told from another",
    before: `const marks = new Map<string, number>();
export async function run(id: string) {
  marks.set(id, 1);
  try {
    await work(id);
  } finally {
    marks.delete(id);
  }
}
export function direct() {
  return jobs;
}
`,
  },
  {
    name: "for a name that means something else by then",
    before: `export async function run(id: string) {
  let job = new AbortController();
  jobs.set(id, job);
  try {
    await work(id, job.signal);
    job = new AbortController();
  } finally {
    jobs.delete(id);
  }
  return job;
}
`,
  },
]);
