import * as asyncMutex from "async-mutex";
import type { Evidence } from "../evidence.js";

const incorrect = `import { Mutex } from "async-mutex";
import { store } from "./disk.js";

const mutex = new Mutex();
const versions = new Map<string, number>();

export async function publish(page: string): Promise<void> {
  const release = await mutex.acquire();
  const version = (versions.get(page) ?? 0) + 1;
  await store(page, version);
  versions.set(page, version);
  release();
}
`;

const correct = incorrect.replace(
  `  const release = await mutex.acquire();
  const version = (versions.get(page) ?? 0) + 1;
  await store(page, version);
  versions.set(page, version);
  release();
`,
  `  await mutex.runExclusive(async () => {
    const version = (versions.get(page) ?? 0) + 1;
    await store(page, version);
    versions.set(page, version);
  });
`,
);

interface Module {
  publish(page: string): Promise<void>;
}

export const evidence: Evidence = {
  rule: "require-lock-release",
  title: "One failed write, and everybody waits for ever",
  kind: "explore",
  fails: "deadlock",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const store = io("store", () => undefined, { rejects: true });
      const { publish } = load<Module>({ "async-mutex": asyncMutex, "./disk.js": { store } });
      spawn("A: publish()", () => publish("home"));
      spawn("B: publish()", () => publish("home"));
    },
};
