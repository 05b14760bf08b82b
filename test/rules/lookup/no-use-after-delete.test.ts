import { testReports, testSilent } from "../cases.js";

const HEADER = `const m = new Map<string, { n: number; close(): void }>();
const d: Record<string, number> = {};
declare function use(value: unknown): void;
declare function pause(): Promise<void>;
export function put(id: string) { m.set(id, { n: 1, close() {} }); }
`;
const withHeader = (cases: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(cases).map(([name, code]) => [name, HEADER + code]));

testReports("no-use-after-delete", "the key is gone", withHeader({
  "looked up": `export function drop(id: string) {
    m.delete(id);
    return m.get(id); // here
  }`,
  "optionally": `export function drop(id: string) {
    m.delete(id);
    m.get(id)?.close(); // here
  }`,
  "asked for": `export function drop(id: string) {
    m.delete(id);
    if (m.has(id)) return; // here
  }`,
  "logged": `export function drop(id: string) {
    m.delete(id);
    console.log("dropped", m.get(id)); // here
  }`,
  "on a branch": `export function drop(id: string, loud: boolean) {
    m.delete(id);
    if (loud) console.log(m.get(id)); // here
  }`,
  "in a dictionary": `export function drop(id: string) {
    delete d[id];
    return d[id]; // here
  }`,
  "removed by a helper": `function remove(key: string) { m.delete(key); }
  export function drop(id: string) {
    remove(id);
    return m.get(id); // here
  }`,
}), { preset: "strict" });

testSilent("no-use-after-delete", "it may be there", withHeader({
  "read before": `export function drop(id: string) { const old = m.get(id); m.delete(id); return old; }`,
  "another key": `export function drop(id: string, other: string) { m.delete(id); return m.get(other); }`,
  "put back": `export function replace(id: string) { m.delete(id); m.set(id, { n: 2, close() {} }); return m.get(id); }`,
  "put back by a helper": `export function replace(id: string) { m.delete(id); put(id); return m.get(id); }`,
  "put back by somebody": `export function replace(id: string) { m.delete(id); use(id); return m.get(id); }`,
  "after a suspension": `export async function drop(id: string) { m.delete(id); await pause(); return m.get(id); }`,
  "removed on one branch only": `export function drop(id: string, really: boolean) { if (really) m.delete(id); return m.get(id); }`,
  "removed, then out": `export function drop(id: string, really: boolean) { if (really) { m.delete(id); return undefined; } return m.get(id); }`,
  "the next turn has another key": `export function drop(ids: string[]) { for (const id of ids) { use(m.get(id)); m.delete(id); } }`,
  "the variable got another key": `export function drop(id: string) { let key = id; m.delete(key); key = "main"; return m.get(key); }`,
  "the removal's own answer": `export function drop(id: string) { return m.delete(id) ? 1 : 0; }`,
  "another map": `const other = new Map<string, number>(); export function drop(id: string) { m.delete(id); return other.get(id); }`,
  "in a callback that runs later": `export function drop(id: string) { m.delete(id); setTimeout(() => use(m.get(id)), 10); }`,
}));
