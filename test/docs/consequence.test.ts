import { describe, expect, it } from "vitest";
import { lint } from "../rules/lint.js";

/** What the table on the pages of the two rules says: the value, how the check ends, what else the file does. */
const CASES = [
  ["no-duplicate-load", "await fetchConfig(k)", "return m.get(k)", ""],
  ["no-duplicate-load", "await readFile(k)", "return m.get(k)", ""],
  ["no-duplicate-load", "await queryRow(k)", "return m.get(k)", ""],
  ["no-check-then-act", "await createClient(k)", "return m.get(k)", ""],
  ["no-check-then-act", "await connect(k)", "return m.get(k)", ""],
  ["no-check-then-act", "await openFile(k)", "return m.get(k)", ""],
  ["no-check-then-act", "new Worker(await resolve(k))", "return m.get(k)", ""],
  ["no-check-then-act", "await load(k)", "return m.get(k)", "export function end() { for (const v of m.values()) v.close(); }"],
  ["no-check-then-act", "await load(k)", "return false", ""],
  ["no-check-then-act", "await load(k)", "throw new Error(k)", ""],
  ["no-duplicate-load", "await load(k)", "return", ""],
  ["no-duplicate-load", "await createHash(k)", "return m.get(k)", ""],
  ["no-check-then-act", "await initStore(k)", "return m.get(k)", ""],
  ["no-duplicate-load", "await load(k)", "return true", ""],
  ["no-duplicate-load", "await loadProject(k)", "return m.get(k)", ""],
  ["no-duplicate-load", "await load(k)", "return m.get(k)", "export function count(k) { m.get(k).count = 1; }"],
  ["no-duplicate-load", "await load(k)", "return m.get(k)", "export function add(k, x) { m.get(k).items.push(x); }"],
] as const;

describe("a mark behind something that reaches somebody outside", () => {
  const getRules = (call: string): string[] => lint(`const sent = new Set();\nexport async function once(k) {\n  if (sent.has(k)) return;\n  await ${call};\n  sent.add(k);\n}\n`, { filename: "example.js", preset: "recommended", rules: ["no-check-then-act", "no-duplicate-load"] }).map((report) => report.rule);

  it.each(["send(k)", "queue.publish(k)", "db.insert(k)", "charge(k)", "showWarningMessage(k)"])("no-check-then-act for %s", (call) => {
    expect(getRules(call)).toEqual(["no-check-then-act"]);
  });

  it.each(["run(k)", "prepare(k)", "stat(k)", "loadConfig(k)", "db.find(k)", "db.tableExists(k)"])("nothing for %s", (call) => {
    expect(getRules(call)).toEqual([]);
  });
});

describe("the line between the two rules", () => {
  it.each(CASES)("is %s for %s, %s %s", (rule, value, exit, rest) => {
    const code = `const m = new Map();\nexport async function get(k) {\n  if (m.has(k)) ${exit};\n  const value = ${value};\n  m.set(k, value);\n  return value;\n}\n${rest}\n`;
    expect(lint(code, { filename: "example.js", rules: ["no-check-then-act", "no-duplicate-load"] }).map((report) => report.rule)).toEqual([rule]);
  });
});
