import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `interface Peer {
  greet(): void;
}

const peers = new Map<string, Peer>();

export function add(name: string, peer: Peer): void {
  peers.set(name, peer);
}

export function remove(name: string): void {
  peers.delete(name);
}

export function greetAll(): void {
  for (var peer of peers.values()) {
    setTimeout(() => peer.greet(), 100);
  }
}
`;

const correct = incorrect.replace("var peer", "const peer");

interface Module {
  add(name: string, peer: { greet(): void }): void;
  greetAll(): void;
}

export const evidence: Evidence = {
  rule: "no-loop-variable-capture",
  title: "Both timers greet Bob",
  kind: "explore",
  incorrect,
  correct,
  options: { timers: true },
  scenario:
    (load) =>
    ({ spawn }) => {
      const greeted: string[] = [];
      const { add, greetAll } = load<Module>();
      for (const name of ["ann", "bob"]) add(name, { greet: () => void greeted.push(name) });
      spawn("A: greetAll()", greetAll);
      return () => assert.deepEqual(greeted, ["ann", "bob"], `greeted: ${greeted.join(", ")}`);
    },
};
