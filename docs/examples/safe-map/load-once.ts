import { SafeMap } from "mapguard";

interface Connection {
  host: string;
}

let opened = 0;
async function connect(host: string): Promise<Connection> {
  opened++;
  await new Promise((resolve) => setTimeout(resolve, 1));
  return { host };
}

const connections = new SafeMap<string, Connection>(null, { name: "connections" });

export function getConnection(host: string, signal?: AbortSignal): Promise<Connection> {
  return connections.getOrInsertAsync(host, (key) => connect(key), { signal, timeout: 5000 });
}

export async function main(): Promise<string> {
  const [one, two] = await Promise.all([getConnection("db"), getConnection("db")]);
  return `opened ${opened}, shared: ${one === two}`;
}
