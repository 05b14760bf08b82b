import { testFixes, testNoFix } from "../../fixes/cases.js";

const header = `interface Conn { id: string; on(event: string, listener: () => void): void; close(): void }
declare function connect(id: string): Promise<Conn>;
declare function audit(id: string): Promise<void>;
declare function verify(id: string): Promise<void>;
declare const log: (text: string) => void;
const conns = new Map<string, Conn>();

`;

const file = { rule: "no-check-then-act", header };

testFixes("no-check-then-act: --fix loads once", file, [
  {
    name: "if (!m.has(k)) { .. }",
    before: `export async function open(id: string) {
  if (!conns.has(id)) {
    const conn = await connect(id);
    conns.set(id, conn);
  }
  conns.get(id)?.on("data", () => log(id));
}
`,
    after: `export async function open(id: string) {
  await conns.getOrInsertAsync(id, () => connect(id));
  conns.get(id)?.on("data", () => log(id));
}
`,
  },
  {
    name: "if (!m.has(k)) { .. } return m.get(k)!",
    before: `export async function open(id: string): Promise<Conn> {
  if (!conns.has(id)) {
    await audit(id);
    const conn = await connect(id);
    conns.set(id, conn);
  }

  return conns.get(id)!;
}
`,
    after: `export async function open(id: string): Promise<Conn> {
  return conns.getOrInsertAsync(id, async () => {
    await audit(id);
    const conn = await connect(id);
    return conn;
  });

}
`,
  },
  {
    name: "if (!m.has(k)) m.set(k, await ..)",
    before: `export async function open(id: string): Promise<Conn> {
  if (!conns.has(id)) conns.set(id, await connect(id));
  return conns.get(id) as Conn;
}
`,
    after: `export async function open(id: string): Promise<Conn> {
  return conns.getOrInsertAsync(id, () => connect(id));
}
`,
  },
  {
    name: "if (m.get(k) === undefined) { .. }",
    before: `export async function open(id: string) {
  if (conns.get(id) === undefined) {
    conns.set(id, await connect(id));
  }
}
`,
    after: `export async function open(id: string) {
  await conns.getOrInsertAsync(id, () => connect(id));
}
`,
  },
  {
    name: "let v = m.get(k); if (!v) { v = await ..; m.set(k, v); }",
    before: `export async function open(id: string) {
  let conn = conns.get(id);
  if (!conn) {
    conn = await connect(id);
    conns.set(id, conn);
  }
  log(conn.id);
  return conn;
}
`,
    after: `export async function open(id: string) {
  const conn = await conns.getOrInsertAsync(id, () => connect(id));
  log(conn.id);
  return conn;
}
`,
  },
  {
    name: "the same, with an annotation and work before",
    before: `export async function open(id: string) {
  let conn: Conn | undefined = conns.get(id);
  if (conn == null) {
    // who asks?
    await audit(id);
    conn = await connect(id);
    conns.set(id, conn);
  }
  return conn;
}
`,
    after: `export async function open(id: string) {
  const conn: Conn | undefined = await conns.getOrInsertAsync(id, async () => {
    // who asks?
    await audit(id);
    return await connect(id);
  });
  return conn;
}
`,
  },
  {
    name: "the same, with work on what was made",
    before: `export async function open(id: string) {
  let conn = conns.get(id);
  if (!conn) {
    conn = await connect(id);
    conn.on("error", () => log(id));
    conns.set(id, conn);
    conn.on("close", () => conns.delete(id)); // gone
  }
  return conn;
}
`,
    after: `export async function open(id: string) {
  const conn = await conns.getOrInsertAsync(id, async () => {
    const conn = await connect(id);
    conn.on("error", () => log(id));
    conn.on("close", () => conns.delete(id)); // gone
    return conn;
  });
  return conn;
}
`,
  },
  {
    name: "const c = m.get(k); if (c) return c; ..",
    before: `export async function open(id: string) {
  const known = conns.get(id);
  if (known) return known;

  // a new one
  await audit(id);
  const conn = await connect(id);
  conns.set(id, conn);
  return conn;
}
`,
    after: `export async function open(id: string) {
  return conns.getOrInsertAsync(id, async () => {

    // a new one
    await audit(id);
    const conn = await connect(id);
    return conn;
  });
}
`,
  },
  {
    name: "if (m.has(k)) return m.get(k)!; .. inside try",
    before: `export async function open(id: string): Promise<Conn | undefined> {
  try {
    if (conns.has(id)) return conns.get(id)!;
    const conn = await connect(id);
    conns.set(id, conn);
    return conn;
  } catch {
    return undefined;
  }
}
`,
    after: `export async function open(id: string): Promise<Conn | undefined> {
  try {
    return await conns.getOrInsertAsync(id, () => connect(id));
  } catch {
    return undefined;
  }
}
`,
  },
  {
    name: "if (m.has(k)) return; .. m.set(k, v) }",
    before: `export async function open(id: string): Promise<void> {
  if (conns.has(id)) return;
  const conn = await connect(id);
  conns.set(id, conn);
}
`,
    after: `export async function open(id: string): Promise<void> {
  await conns.getOrInsertAsync(id, () => connect(id));
}
`,
  },
  {
    name: "const v = m.get(k) ?? (await ..); m.set(k, v)",
    before: `export async function open(id: string) {
  const conn = conns.get(id) ?? (await connect(id));
  conns.set(id, conn);
  return conn;
}
`,
    after: `export async function open(id: string) {
  const conn = await conns.getOrInsertAsync(id, () => connect(id));
  return conn;
}
`,
  },
  {
    name: "a key that is a template",
    before: `export async function open(tenant: string, id: string) {
  if (!conns.has(\`\${tenant}/\${id}\`)) {
    conns.set(\`\${tenant}/\${id}\`, await connect(id));
  }
}
`,
    after: `export async function open(tenant: string, id: string) {
  await conns.getOrInsertAsync(\`\${tenant}/\${id}\`, () => connect(id));
}
`,
  },
  {
    name: "the text of a template is not indented",
    before: `export async function open(id: string) {
  const known = conns.get(id);
  if (known) return known;
  log(\`first
second\`);
  const conn = await connect(id);
  conns.set(id, conn);
  return conn;
}
`,
    after: `export async function open(id: string) {
  return conns.getOrInsertAsync(id, async () => {
    log(\`first
second\`);
    const conn = await connect(id);
    return conn;
  });
}
`,
  },
]);

testFixes("no-check-then-act: --fix asks again", file, [
  {
    name: "if (m.has(k)) throw ..",
    before: `export async function add(conn: Conn) {
  if (conns.has(conn.id)) throw new Error("taken");
  await verify(conn.id);
  conns.set(conn.id, conn);
}
export const remove = (id: string) => conns.delete(id);
`,
    after: `export async function add(conn: Conn) {
  if (conns.has(conn.id)) throw new Error("taken");
  await verify(conn.id);
  if (conns.has(conn.id)) throw new Error("taken");
  conns.set(conn.id, conn);
}
export const remove = (id: string) => conns.delete(id);
`,
  },
  {
    name: "const had = m.has(k); if (had) return false;",
    before: `export async function add(conn: Conn) {
  const had = conns.has(conn.id);
  if (had) {
    return false;
  }
  await verify(conn.id);
  conns.set(conn.id, conn);
  return true;
}
export const remove = (id: string) => conns.delete(id);
`,
    after: `export async function add(conn: Conn) {
  const had = conns.has(conn.id);
  if (had) {
    return false;
  }
  await verify(conn.id);
  if (conns.has(conn.id)) {
    return false;
  }
  conns.set(conn.id, conn);
  return true;
}
export const remove = (id: string) => conns.delete(id);
`,
  },
  {
    name: "a quota",
    before: `export async function add(conn: Conn, limit: number) {
  if (conns.size >= limit) throw new Error("full");
  await verify(conn.id);
  conns.set(conn.id, conn);
}
`,
    after: `export async function add(conn: Conn, limit: number) {
  if (conns.size >= limit) throw new Error("full");
  await verify(conn.id);
  if (conns.size >= limit) throw new Error("full");
  conns.set(conn.id, conn);
}
`,
  },
]);

testFixes("no-check-then-act: --fix queues", file, [
  {
    name: "a refusal of something that is opened",
    before: `export async function create(id: string) {
  if (conns.has(id)) throw new Error("taken");
  const conn = await connect(id);
  conns.set(id, conn);
  return conn;
}
`,
    after: `export async function create(id: string) {
  return conns.runExclusive([id], async () => {
    if (conns.has(id)) throw new Error("taken");
    const conn = await connect(id);
    conns.set(id, conn);
    return conn;
  });
}
`,
  },
  {
    name: "a quota on what is opened",
    before: `export async function create(id: string) {
  if (conns.size >= 10) throw new Error("full");
  const conn = await connect(id);
  conns.set(id, conn);
}
`,
    after: `export async function create(id: string) {
  await conns.runExclusive(async () => {
    if (conns.size >= 10) throw new Error("full");
    const conn = await connect(id);
    conns.set(id, conn);
  });
}
`,
  },
]);

testFixes("no-check-then-act: --fix, in a file without semicolons", { rule: "no-check-then-act", header: header.replaceAll(";\n", "\n") }, [
  {
    name: "if (!m.has(k)) { .. }",
    before: `export async function open(id: string) {
  if (!conns.has(id)) {
    await audit(id)
    const conn = await connect(id)
    conns.set(id, conn)
  }
}
`,
    after: `export async function open(id: string) {
  await conns.getOrInsertAsync(id, async () => {
    await audit(id)
    const conn = await connect(id)
    return conn
  })
}
`,
  },
]);

testFixes("no-check-then-act: --fix queues what it cannot load once", file, [
  {
    name: "a return of another type",
    before: `export async function open<T extends Conn>(id: string): Promise<T> {
  const known = conns.get(id);
  if (known) return known as T;
  const conn = await connect(id);
  conns.set(id, conn);
  return conn as T;
}
`,
    after: `export async function open<T extends Conn>(id: string): Promise<T> {
  return conns.runExclusive([id], async () => {
    const known = conns.get(id);
    if (known) return known as T;
    const conn = await connect(id);
    conns.set(id, conn);
    return conn as T;
  });
}
`,
  },
  {
    name: "an effect that may look at the map",
    before: `declare function announce(id: string): void;
export async function open(id: string) {
  if (conns.has(id)) return;
  const conn = await connect(id);
  conns.set(id, conn);
  announce(id);
}
`,
    after: `declare function announce(id: string): void;
export async function open(id: string) {
  await conns.runExclusive([id], async () => {
    if (conns.has(id)) return;
    const conn = await connect(id);
    conns.set(id, conn);
    announce(id);
  });
}
`,
  },
]);

testNoFix("no-check-then-act: no fix", file, [
  {
    name: "for a refusal where others write without the lock",
    before: `export async function create(id: string) {
  if (conns.has(id)) throw new Error("taken");
  const conn = await connect(id);
  conns.set(id, conn);
}
export function put(conn: Conn) {
  conns.set(conn.id, conn);
}
`,
  },
  {
    name: "for a local that changes meanwhile",
    before: `export async function open(id: string) {
  let count = 0;
  if (!conns.has(id)) {
    count++;
    const conn = await connect(id + count);
    conns.set(id, conn);
  }
  count++;
  return conns.get(id)!;
}
`,
  },
  {
    name: "for a load that comes back to the map",
    before: `export async function open(id: string): Promise<Conn> {
  if (!conns.has(id)) {
    const parent = await open(id.slice(1));
    conns.set(id, parent);
    parent.close();
  }
  return conns.get(id)!;
}
`,
  },
  {
    name: "for a member that a test has narrowed",
    before: `export class Pool {
  host?: string;
  #pool = new Map<string, Conn>();
  async open(id: string, host: string) {
    if (this.host === undefined) throw new Error(host);
    if (!this.#pool.has(id)) {
      const conn = await connect(this.host);
      this.#pool.set(id, conn);
    }
  }
}
`,
  },
]);
