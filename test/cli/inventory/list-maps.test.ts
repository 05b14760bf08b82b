import { describe, expect, it } from "vitest";

import { formatInventoryTable } from "../../../src/cli/inventory/format-inventory.js";
import { listMaps } from "../../../src/cli/inventory/list-maps.js";
import type { MapRecord } from "../../../src/cli/inventory/map-record.js";
import { parser } from "../../../src/cli/parser/index.js";
import { createFileLinter } from "../../../src/cli/scan/lint.js";
import { createColors } from "../../../src/cli/terminal.js";

const linter = createFileLinter({ plugin: {}, preset: "recommended", cwd: "/project", getParser: () => parser });

function list(text: string): MapRecord[] {
  const { sourceCode, problems } = linter.parse({ file: "/project/a.ts", text });
  expect(problems).toEqual([]);
  return listMaps(sourceCode!, "a.ts", {});
}

function find(name: string, text: string): MapRecord {
  const record = list(text).find((map) => map.name === name);
  expect(record).toBeDefined();
  return record!;
}

const POOL = `
export class Pool {
  private sessions = new Map<string, Session>();
  #groups: Map<string, Set<number>> = new Map();
  async open(id: string) {
    if (this.sessions.has(id)) return this.sessions.get(id);
    const session = await connect(id);
    this.sessions.set(id, session);
    this.#groups.get(id)?.add(1);
  }
  close(id: string) { this.sessions.delete(id); }
  reset() { this.sessions.clear(); for (const [k] of this.sessions) k; }
}`;

describe("a map", () => {
  it("has its place, types and uses counted", () => {
    expect(find("this.sessions", POOL)).toMatchObject({ kind: "Map", home: "field", file: "a.ts", line: 3, key: "string", value: "Session", reads: 3, writes: 1, deletes: 2, valuesAreMaps: false });
  });

  it("in a field of a class that others can have is shared, with the reason", () => {
    const { shared, why } = find("this.sessions", POOL);
    expect(shared).toBe(true);
    expect(why).toContain("Pool");
  });

  it("of maps says so", () => {
    expect(find("this.#groups", POOL).valuesAreMaps).toBe(true);
  });

  it("of a module is shared by the functions that use it", () => {
    expect(find("cache", "const cache = new Map();\nexport async function load(k) { if (!cache.has(k)) cache.set(k, await read(k)); }")).toMatchObject({ home: "module", shared: true });
  });

  it("of one call is not shared", () => {
    expect(find("seen", "export async function f(xs) { const seen = new Set(); for (const x of xs) { await x; seen.add(x); } return seen.size; }").shared).toBe(false);
  });

  it("that is a plain object has its assignments and deletions counted", () => {
    const text = "const hits: Record<string, number> = {};\nexport function hit(k: string) { hits[k] ??= 0; hits[k]++; if (k in hits) delete hits[k]; return hits[k]; }";
    expect(find("hits", text)).toMatchObject({ kind: "dictionary", reads: 4, writes: 2, deletes: 1 });
  });

  it("is not used by the assignment that creates it", () => {
    expect(find("this.m", "export class A { m: Map<string, number>; constructor() { this.m = new Map(); } async f(k) { await this.m.get(k); } }")).toMatchObject({ reads: 1, writes: 0 });
  });

  it("names the lock around its uses, and how many it covers", () => {
    const text = `import { Mutex } from "async-mutex";
      const mutex = new Mutex();
      const counts = new Map<string, number>();
      export async function bump(k: string) {
        await mutex.runExclusive(async () => { const n = counts.get(k) ?? 0; await save(k); counts.set(k, n + 1); });
      }`;
    expect(find("counts", text).guards).toEqual(["mutex"]);
    const { guards } = find("counts", `${text}\nexport async function drop(k: string) { await save(k); counts.delete(k); }`);
    expect(guards).toHaveLength(1);
    expect(guards[0]).toMatch(/^mutex \(\d of \d uses\)$/u);
  });
});

describe("a file", () => {
  it("without maps gives none", () => {
    expect(list("export const a = 1;")).toEqual([]);
    expect(list("")).toEqual([]);
  });
});

describe("the table", () => {
  const context = { colors: createColors(false), width: 100 };

  it("has one row a map, with place, reason and guards under it", () => {
    const map: MapRecord = { name: "this.m", kind: "Map", home: "field", file: "a.ts", line: 3, shared: true, why: "it is a field", key: "string", value: "number", reads: 2, writes: 1, deletes: 0, guards: ["mutex"], valuesAreMaps: false };
    expect(formatInventoryTable([map], context)).toMatchInlineSnapshot(`
      "map     kind  home   key → value      reads  writes  deletes
      this.m  Map   field  string → number  2      1       0
        a.ts:3 Shared: it is a field. Guarded by mutex.

      1 shared map."
    `);
  });

  it("says how many there are, even none", () => {
    expect(formatInventoryTable([], context)).toBe("0 shared maps.");
  });
});
