import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { lintAllTyped, lintTyped, verifyTyped } from "../analysis/typed.js";
import { lint } from "./lint.js";

const STORE = {
  "store.ts": `
    export interface Session { close(): Promise<void> }
    export declare function open(id: string): Promise<Session>;
    export declare function load(id: string): Promise<string>;
    export type Count = number;
    export enum Level { Low, High }
    export interface Context {
      readonly sessions: Map<string, Session>;
      /** By its name alone, nobody can tell. */
      readonly live: Map<string, Session>;
      readonly counts: Map<string, Count>;
      readonly levels: Map<string, Level>;
      readonly seen: Set<string>;
      readonly byId: Record<string, Session>;
      readonly rooms: Map<string, Set<string>>;
    }
    export const sessions = new Map<string, Session>();
    export const live = new Map<string, Session>();
    export function createCounts() { return new Map<string, number>(); }
  `,
};

/** Wraps the body of a method of a class that is given its maps. */
const inClass = (body: string): string => `import { type Context, Level, load, open } from "./store.js";
export class Service {
  readonly #ctx: Context;
  constructor(ctx: Context) { this.#ctx = ctx; }
  ${body}
}
void Level; void load; void open;`;

const lintUntyped = (code: string): string[] => lint(code).map(({ rule, line }) => `${rule}:${line}`);

describe("reported with types, and silent without", () => {
  it.each([
    ["no-check-then-act", inClass("async get(id: string) { const known = this.#ctx.live.get(id);\n if (!known) this.#ctx.live.set(id, await open(id)); }"), "no-check-then-act:6"],
    ["no-check-then-act of a map of another module", 'import { live, open } from "./store.js";\nexport async function get(id: string) {\n  const known = live.get(id);\n  if (!known) live.set(id, await open(id));\n}', "no-check-then-act:4"],
    ["no-check-then-act of a dictionary", inClass("async get(id: string) { if (!(id in this.#ctx.byId)) { const session = await open(id);\n this.#ctx.byId[id] = session; this.#ctx.sessions.has(id); } }"), "no-check-then-act:6"],
    ["no-lost-update", 'import { createCounts, load } from "./store.js";\nconst counts = createCounts();\nexport async function add(id: string) {\n  const count = counts.get(id) ?? 0;\n  await load(id);\n  counts.set(id, count + 1);\n}', "no-lost-update:6"],
    ["no-truthy-lookup of a type that is declared elsewhere", 'import type { Count } from "./store.js";\nconst ranks = new Map<string, Count>();\nexport const add = (id: string, rank: Count) => ranks.set(id, rank);\nexport function has(id: string) {\n  if (!ranks.get(id)) throw new Error("none");\n}', "no-truthy-lookup:5", "strict"],
    ["no-truthy-lookup of an enum that starts at 0", inClass('check(id: string) {\n if (!this.#ctx.levels.get(id)) throw new Error("none");\n }'), "no-truthy-lookup:6", "strict"],
  ] as const)("%s", (_name, code, report, preset: "recommended" | "strict" = "recommended") => {
    expect(lintTyped(code, STORE, preset)).toContain(report);
    expect(lint(code, { preset }).map(({ rule, line }) => `${rule}:${line}`)).not.toContain(report);
  });
});

describe("silent with types too", () => {
  it.each([
    ["a map of a parameter", 'import { type Context, open } from "./store.js";\nexport async function get(ctx: Context, id: string) { if (!ctx.sessions.has(id)) ctx.sessions.set(id, await open(id)); }'],
    ["what is no map", "interface Headers2 { has(k: string): boolean; set(k: string, v: string): void }\ndeclare function load(): Promise<string>;\nexport class A { constructor(private readonly headers: Headers2) {} async f(k: string) { if (!this.headers.has(k)) this.headers.set(k, await load()); } }"],
    ["a map that one call makes", 'import { createCounts, load } from "./store.js";\nexport async function f(ids: string[]) { const counts = createCounts(); for (const id of ids) { if (!counts.has(id)) { await load(id); counts.set(id, 1); } } return counts; }'],
    ["a re-check", inClass("async get(id: string) { if (this.#ctx.sessions.has(id)) return; const session = await open(id); if (this.#ctx.sessions.has(id)) return session.close(); this.#ctx.sessions.set(id, session); }")],
  ])("%s", (_name, code) => {
    expect(lintTyped(code, STORE)).toEqual([]);
  });
});

describe("the same with types", () => {
  it.each([
    ["an entry that holds a set, which is written", 'type Tab = { readonly id: string; readonly children: Set<string> };\nexport class Tabs {\n  readonly #tabs = new Map<string, Tab>();\n  async attach(id: string) {\n    const known = this.#tabs.get(id);\n    if (known) return known;\n    await send(id);\n    const tab: Tab = { id, children: new Set() };\n    this.#tabs.set(id, tab);\n    return tab;\n  }\n  listen(events: EventTarget) { events.addEventListener("attach", (event) => void this.attach(event.type)); }\n  add(id: string, child: string) {\n    const tab = this.#tabs.get(id);\n    tab?.children.add(child);\n  }\n}\ndeclare function send(id: string): Promise<void>;'],
  ])("%s", (_name, code) => {
    expect(lintTyped(code)).toEqual(lintUntyped(code));
    expect(lintUntyped(code)).not.toEqual([]);
  });
});

describe("the edit of no-truthy-lookup", () => {
  const code = (type: string): string => `type Value = ${type};\nconst values = new Map<string, Value>();\nexport function get(id: string) {\n  if (!values.get(id)) values.set(id, make());\n}\ndeclare function make(): Value;`;

  it.each([
    ["is offered where a value is a number", "number", 1],
    ["is not where it can also be undefined, which is no key that is missing", "number | undefined", 0],
    ["is not where it can also be null", "number | null", 0],
  ])("%s", (_name, type, edits) => {
    expect(verifyTyped(code(type)).map(({ ruleId, suggestions }) => [ruleId, suggestions?.length ?? 0])).toContainEqual(["mapguard/no-truthy-lookup", edits]);
  });
});

describe("never less with types", () => {
  const folder = resolve(import.meta.dirname, "../../docs/rules");
  const getBlocks = (page: string): [string, string][] => [...readFileSync(join(folder, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map((match, index) => [`${page}-${index + 1}.ts`, match[1]!]);
  const blocks = Object.fromEntries(readdirSync(folder).filter((name) => name.endsWith(".md")).flatMap(getBlocks));
  let typed = new Map<string, string[]>();

  beforeAll(() => {
    typed = lintAllTyped(blocks);
  });

  it.each(Object.entries(blocks))("%s", (name, code) => {
    expect(lintUntyped(code).filter((report) => !typed.get(name)!.includes(report))).toEqual([]);
  });
});
