import AsyncLock from "async-lock";
import * as asyncMutex from "async-mutex";
import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { Mutex } from "async-mutex";
import { fetchPage } from "./web.js";

const mutex = new Mutex();
const pages = new Map<string, string>();

export async function refresh(url: string): Promise<void> {
  await mutex.runExclusive(async () => {
    const page = await fetchPage(url, pages.get(url));
    pages.set(url, page);
  });
}

export async function forget(url: string): Promise<void> {
  await mutex.runExclusive(() => pages.delete(url));
}
`;

const correct = `import AsyncLock from "async-lock";
import { fetchPage } from "./web.js";

const locks = new AsyncLock();
const pages = new Map<string, string>();

export async function refresh(url: string): Promise<void> {
  await locks.acquire(url, async () => {
    const page = await fetchPage(url, pages.get(url));
    pages.set(url, page);
  });
}

export async function forget(url: string): Promise<void> {
  await locks.acquire(url, () => pages.delete(url));
}
`;

interface Module {
  refresh(url: string): Promise<void>;
}

export const evidence: Evidence = {
  rule: "no-io-under-lock",
  title: "The fast page waits for the slow one",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const requested = new Set<string>();
      const fetchPage = io("fetchPage", (url: string, _old: string | undefined) => void requested.add(url));
      const timeout = io("timeout");
      const { refresh } = load<Module>({ "async-mutex": asyncMutex, "async-lock": { default: AsyncLock, __esModule: true }, "./web.js": { fetchPage } });
      spawn("A: refresh(/slow)", () => refresh("/slow"));
      spawn("B: refresh(/fast)", async () => {
        const refreshed = refresh("/fast");
        await timeout();
        assert.ok(requested.has("/fast"), "the time is over, and nobody has even asked for /fast");
        await refreshed;
      });
    },
};
