import { describe, expect, it } from "vitest";
import { testFixes, testNoFix } from "../../fixes/cases.js";
import { fix } from "../../fixes/fix.js";

const header = `interface Room { readonly timer: ReturnType<typeof setInterval>; readonly name: string }
const polls = new Map<string, ReturnType<typeof setInterval>>();
const rooms = new Map<string, Room>();
export function start(id: string): void {
  if (!polls.has(id)) polls.set(id, setInterval(() => console.log(id), 1000));
}
export function open(id: string): void {
  if (!rooms.has(id)) rooms.set(id, { name: id, timer: setInterval(() => console.log(id), 1000) });
}
export function renew(): void {
  for (const timer of polls.values()) clearInterval(timer);
  polls.clear();
  for (const room of rooms.values()) clearInterval(room.timer);
  rooms.clear();
}

`;
const file = { rule: "no-orphaned-callback", header } as const;

testFixes("no-orphaned-callback: --fix cancels first", file, [
  {
    name: "a timer that is the entry",
    before: `export function stop(id: string): void {
  polls.delete(id);
}
`,
    after: `export function stop(id: string): void {
  clearInterval(polls.get(id));
  polls.delete(id);
}
`,
  },
  {
    name: "a timer in the entry",
    before: `export function close(room: { id: string }): void {
  // Nobody is left.
  rooms.delete(room.id);
}
`,
    after: `export function close(room: { id: string }): void {
  // Nobody is left.
  clearInterval(rooms.get(room.id)?.timer);
  rooms.delete(room.id);
}
`,
  },
]);

testNoFix("no-orphaned-callback: --fix leaves alone", file, [
  {
    name: "a subscription: how it is ended is its own affair",
    before: `declare const events: { on(channel: string, f: (data: string) => void): () => void };
const offs = new Map<string, () => void>();
export function register(id: string, write: (data: string) => void): void {
  const off = events.on(id, (data) => write(data));
  offs.set(id, off);
}
export function unregister(id: string): void {
  offs.get(id)?.();
  offs.delete(id);
}
`,
  },
  { name: "a removal that is an expression", before: `export function stop(id: string): boolean {\n  return polls.delete(id);\n}\n` },
  { name: "a key that cannot be read twice", before: `declare function next(): string;\nexport function stop(): void {\n  polls.delete(next());\n}\n` },
  { name: "clear", before: `export function reset(): void {\n  polls.clear();\n}\n` },
]);

describe("no-orphaned-callback: fifty places", () => {
  it("are put right in one run", () => {
    const code = header + Array.from({ length: 50 }, (_, index) => `export function stop${index}(id: string): void {\n  polls.delete(id);\n}\n`).join("\n");
    const { output, messages } = fix(code);
    expect(messages).toEqual([]);
    expect(output.match(/clearInterval\(polls\.get/g)).toHaveLength(50);
  });
});
