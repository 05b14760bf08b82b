import { setTimeout as sleep } from "node:timers/promises";

/** What is outside of the service: a database, a payment provider, a disk. Each answers a little later. */
const LATENCY = 150;

export interface Connection {
  query(text: string): Promise<string>;
}

let opened = 0;

export function countOpened(): number {
  return opened;
}

export async function openConnection(tenant: string): Promise<Connection> {
  opened++;
  await sleep(LATENCY);
  return { query: (text) => Promise.resolve(`${tenant}: ${text}`) };
}

export async function saveCount(_page: string, _count: number): Promise<void> {
  await sleep(LATENCY);
}

export async function charge(_user: string): Promise<{ readonly receipt: number }> {
  await sleep(LATENCY);
  return { receipt: 1 };
}

/** Writes a report; fails when it is called off. */
export async function writeReport(_user: string, signal: AbortSignal): Promise<void> {
  await sleep(20 * LATENCY, undefined, { signal });
}
