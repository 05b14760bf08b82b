import * as asyncMutex from "async-mutex";
import type { Evidence } from "../evidence.js";

const incorrect = `import { Mutex } from "async-mutex";
import { write } from "./disk.js";

const mutex = new Mutex();
const entries = new Map<string, string>();

export async function put(key: string, value: string): Promise<void> {
  await mutex.runExclusive(async () => {
    entries.set(key, value);
    if (entries.size > 1) await flush();
  });
}

export async function flush(): Promise<void> {
  await mutex.runExclusive(async () => {
    await write([...entries]);
    entries.clear();
  });
}
`;

const correct = incorrect
  .replace("await flush();", "await flushLocked();")
  .replace(
    `  await mutex.runExclusive(async () => {
    await write([...entries]);
    entries.clear();
  });
}
`,
    `  await mutex.runExclusive(flushLocked);
}

async function flushLocked(): Promise<void> {
  await write([...entries]);
  entries.clear();
}
`,
  );

interface Module {
  put(key: string, value: string): Promise<void>;
}

export const evidence: Evidence = {
  rule: "no-lock-reentry",
  title: "put() holds the lock that flush() waits for",
  kind: "explore",
  fails: "deadlock",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const { put } = load<Module>({ "async-mutex": asyncMutex, "./disk.js": { write: io("write") } });
      spawn("A: put()", () => put("a", "1"));
      spawn("B: put()", () => put("b", "2"));
    },
};
