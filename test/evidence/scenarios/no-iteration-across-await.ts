import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { send, type Address } from "./network.js";

const clients = new Map<string, Address>();

export function connect(name: string, address: Address): void {
  clients.set(name, address);
}

export function disconnect(name: string): void {
  clients.delete(name);
}

export async function broadcast(text: string): Promise<void> {
  for (const [name, address] of clients) {
    await send(address, \`\${name}: \${text}\`);
  }
}
`;

const correct = incorrect.replace("of clients)", "of [...clients])");

interface Module {
  connect(name: string, address: string): void;
  disconnect(name: string): void;
  broadcast(text: string): Promise<void>;
}

export const evidence: Evidence = {
  rule: "no-iteration-across-await",
  title: "Ann reconnects while the loop waits, and hears everything twice",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const received: string[] = [];
      const send = io("send", (address: string, _text: string) => void received.push(address));
      const { connect, disconnect, broadcast } = load<Module>({ "./network.js": { send } });
      connect("ann", "10.0.0.1");
      spawn("A: broadcast()", () => broadcast("hello"));
      spawn("B: reconnect", () => {
        disconnect("ann");
        connect("ann", "10.0.0.1");
      });
      return () => assert.deepEqual(received, [...new Set(received)], "somebody got the same message twice");
    },
};
