import { describe, expect, it } from "vitest";
import { FirstLook, type Subject } from "../../src/analysis/first-look.js";
import { readSettings } from "../../src/analysis/settings.js";
import { parse } from "./analyze.js";

const SUBJECTS: readonly Subject[] = ["hazards", "maps", "keys", "truth", "copies", "memory", "all"];

function getSubjects(code: string, settings: unknown = {}): Subject[] {
  const look = new FirstLook(parse(code), readSettings(settings));
  return SUBJECTS.filter((subject) => look.has(subject));
}

describe("the text of a file speaks of", () => {
  it.each<[string, string, Subject[]]>([
    ["nothing", "export async function f(k) { await g(k); }", []],
    ["a map", "const m = new Map();", ["maps", "keys", "truth", "all"]],
    ["a map that is written, and suspensions", "const m = new Map(); export async function f(k) { m.set(k, await g(k)); }", ["hazards", "maps", "keys", "truth", "all"]],
    ["a map that is written by handles", "const m = new Map(); export function f(k, v) { m.set(k, v); return () => m.delete(k); }", ["hazards", "maps", "keys", "truth", "all"]],
    ["a lock", 'import { Mutex } from "async-mutex";', ["maps", "keys", "truth", "all"]],
    ["a table of handlers", "handlers[message.type](message);", ["keys", "all"]],
    ["a merge", "for (const k in b) merge(a[k], b[k]);", ["keys", "all"]],
    ["a walk by recursion", "function f(at, path) { at[k] = 1; f(at[k], path.slice(1)); }", ["keys", "all"]],
    ["defaults by truth", "config[key] = config[key] || DEFAULTS[key];", ["truth", "all"]],
    ["a cache that is asked and filled", "let v = cache.get(k); if (!v) cache.set(k, v = fn());", ["maps", "keys", "truth", "all"]],
    ["a worker", "worker.postMessage(x); new Worker(url);", ["copies", "all"]],
    ["shared memory", "const a = new Int32Array(new SharedArrayBuffer(8)); a[0]++;", ["memory", "all"]],
  ])("%s", (_name, code, subjects) => {
    expect(getSubjects(code)).toEqual(subjects);
  });

  it("a class that the settings name", () => {
    expect(getSubjects("const m = new Registry();", { mapguard: { mapTypes: ["Registry"] } })).toEqual(["maps", "keys", "truth", "all"]);
  });
});
