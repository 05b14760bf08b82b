import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { openSession, type Session } from "./database.js";

const sessions = new Map<string, Session>();

export async function acquire(id: string): Promise<Session> {
  if (!sessions.has(id)) {
    const session = await openSession(id);
    sessions.set(id, session);
  }
  return sessions.get(id)!;
}
`;

const correct = `import { openSession, type Session } from "./database.js";
import { SafeMap } from "mapguard";

const sessions = new SafeMap<string, Session>();

export async function acquire(id: string): Promise<Session> {
  return sessions.getOrInsertAsync(id, () => openSession(id));
}
`;

interface Module {
  acquire(id: string): Promise<object>;
}

export const evidence: Evidence = {
  rule: "no-check-then-act",
  title: "Two runs of acquire() both open a session",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      let opened = 0;
      const openSession = io("openSession", (id: string) => ({ id, number: ++opened }));
      const { acquire } = load<Module>({ "./database.js": { openSession } });
      spawn("A: acquire()", () => acquire("u1"));
      spawn("B: acquire()", () => acquire("u1"));
      return () => assert.equal(opened, 1, `${opened} sessions were opened for one user`);
    },
};
