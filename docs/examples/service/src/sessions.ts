import { type Connection, openConnection } from "./backend.js";

/** One connection a tenant: the database counts them. */
const connections = new Map<string, Connection>();

export async function ask(tenant: string, text: string): Promise<string> {
  const connection = await getConnection(tenant);
  return connection.query(text);
}

async function getConnection(tenant: string): Promise<Connection> {
  const known = connections.get(tenant);
  if (known) return known;
  const connection = await openConnection(tenant);
  connections.set(tenant, connection);
  return connection;
}
