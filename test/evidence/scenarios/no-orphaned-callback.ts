import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { ping } from "./network.js";

const beats = new Map<string, NodeJS.Timeout>();

export function join(user: string): void {
  if (beats.has(user)) return;
  beats.set(user, setInterval(() => ping(user), 30_000));
}

export function leave(user: string): void {
  beats.delete(user);
}
`;

const correct = incorrect.replace("  beats.delete(user);", "  clearInterval(beats.get(user));\n  beats.delete(user);");

interface Module {
  join(user: string): void;
  leave(user: string): void;
}

export const evidence: Evidence = {
  rule: "no-orphaned-callback",
  title: "The user has left, and is pinged for ever",
  kind: "explore",
  incorrect,
  correct,
  options: { timers: true },
  scenario:
    (load) =>
    ({ sleep, spawn }) => {
      let isHere = true;
      const ping = (user: string): void => assert.ok(isHere, `${user} has left, and is pinged`);
      const { join, leave } = load<Module>({ "./network.js": { ping } });
      join("ann");
      spawn("A: leave()", async () => {
        leave("ann");
        isHere = false;
        await sleep(60_000);
      });
    },
};
