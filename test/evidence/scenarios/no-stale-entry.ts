import type { Evidence } from "../evidence.js";

const incorrect = `import { audit, type Socket } from "./server.js";

const sockets = new Map<string, Socket>();

export function connect(user: string, socket: Socket): void {
  sockets.set(user, socket);
}

export function disconnect(user: string): void {
  sockets.delete(user);
}

export async function notify(user: string, text: string): Promise<boolean> {
  if (!sockets.has(user)) return false;
  await audit(user, text);
  sockets.get(user)!.send(text);
  return true;
}
`;

const correct = incorrect.replace(
  `  if (!sockets.has(user)) return false;
  await audit(user, text);
  sockets.get(user)!.send(text);
  return true;
`,
  `  if (!sockets.has(user)) return false;
  await audit(user, text);
  const socket = sockets.get(user);
  if (socket === undefined) return false;
  socket.send(text);
  return true;
`,
);

interface Module {
  connect(user: string, socket: object): void;
  disconnect(user: string): void;
  notify(user: string, text: string): Promise<boolean>;
}

export const evidence: Evidence = {
  rule: "no-stale-entry",
  title: "The user leaves while notify() waits",
  kind: "explore",
  fails: "rejection",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const audit = io("audit");
      const { connect, disconnect, notify } = load<Module>({ "./server.js": { audit } });
      connect("ann", { send: () => undefined });
      spawn("A: notify()", () => notify("ann", "hello"));
      spawn("B: disconnect()", () => disconnect("ann"));
    },
};
