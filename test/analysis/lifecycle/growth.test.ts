import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";

const getGrowth = (code: string) => getAnalysis(code).getLifecycle()!.getUnbounded();
const getEvidence = (code: string): (string | undefined)[] => getGrowth(code).map(({ evidence }) => evidence);

describe("what shows that entries ought to go", () => {
  it.each([
    ["a counter", `let n = 0; const m = new Map<number, string>(); export function f() { m.set(n++, ""); }`, "fresh"],
    ["a counter in a text", `let n = 0; const m = new Map<string, string>(); export function f() { const key = \`k\${n++}\`; m.set(key, ""); }`, "fresh"],
    ["an id that is derived", `const m = new Map<string, string>(); export function f(hook: { id: string }) { const key = generateHookId(hook); m.set(key, ""); }\ndeclare function generateHookId(hook: object): string;`, undefined],
    ["a time", `const m = new Map<string, number>(); export function f(key: string) { m.set(key, Date.now()); }`, "timed"],
    ["a time in an object in a constant", `const m = new Map<string, object>(); export function f(key: string, ttl: number) { const entry = { expiresAt: ttl }; m.set(key, entry); }`, "timed"],
    ["a queue", `const m = new Map<string, Promise<void>>(); export function f(key: string, run: () => void) { const tail = (m.get(key) ?? Promise.resolve()).then(run); m.set(key, tail); }`, "lock"],
    ["the id of a session", `const m = new Map<string, number>(); export function f(sessionId: string) { m.set(sessionId, 1); }`, "entity"],
    ["the id of a part", `const m = new Map<string, number>(); export function f(session: { id: string }) { m.set(session.id, 1); }`, "entity"],
    ["a plain key", `const m = new Map<string, number>(); export function f(key: string) { m.set(key, 1); }`, undefined],
    ["an instance", `export class A { static all = new Set<A>(); start() { A.all.add(this); } }`, "kept"],
  ])("%s", (_name, code, evidence) => {
    expect(getEvidence(code)).toEqual([evidence]);
  });

  it("prefers the insertion that shows it", () => {
    const [found] = getGrowth(`const m = new Map<string, number>();\nexport function f(key: string) { m.set(key, 1); }\nexport function g(sessionId: string) { m.set(sessionId, 1); }`);
    expect(found!.insertion.node.loc.start.line).toBe(3);
  });

  it("takes a flight that is over for no sister", () => {
    const code = `const a = new Map<string, number>();\nconst b = new Map<string, number>();
    export async function f(key: string, load: () => Promise<number>) { a.set(key, 1); const value = await load(); a.delete(key); b.set(key, value); }`;
    expect(getEvidence(code)).toEqual([undefined]);
  });

  it("takes a set that is made for each piece of work for no sister", () => {
    const code = `let deps: Set<string> | undefined;\nconst all = new Map<string, string[]>();
    export function start() { deps = new Set(); }
    export function stop(fileKey: string) { deps!.delete(fileKey); all.set(fileKey, [...deps!]); deps = undefined; }`;
    expect(getEvidence(code)).toEqual([undefined]);
  });

  it("takes what stands in for a database for what it is", () => {
    const code = (name: string): string => `export class ${name} {
      private rooms = new Map<string, string>(); private events = new Map<string, string>();
      open(roomKey: string) { this.rooms.set(roomKey, ""); this.events.set(roomKey, ""); }
      clearRoom(roomKey: string) { this.rooms.delete(roomKey); }
    }`;
    expect(getEvidence(code("RoomService"))).toEqual(["sibling"]);
    expect(getEvidence(code("MemoryService"))).toEqual([undefined]);
  });

  it("goes by what is public", () => {
    const code = (field: string): string => `export class UserService { ${field} = new Map<string, number>(); put(sessionId: string) { this.${field.split(" ").at(-1)}.set(sessionId, 1); } }`;
    expect(getGrowth(code("private seen")).map(({ isHeuristic }) => isHeuristic)).toEqual([false]);
    expect(getGrowth(code("seen")).map(({ isHeuristic }) => isHeuristic)).toEqual([true]);
  });
});
