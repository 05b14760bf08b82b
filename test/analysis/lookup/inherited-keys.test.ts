import { describe, expect, it } from "vitest";
import { findInheritedKeys, findPollutingMerges, findPollutingWrites } from "../../../src/analysis/lookup/inherited-keys.js";
import { getAnalysis } from "../analyze.js";

const find = (code: string): string[] => findInheritedKeys(getAnalysis(code)).map(({ name, node, isProven }) => `${name} ${node.loc.start.line} ${isProven ? "proven" : "named"}`);

describe("keys that are inherited", () => {
  it("gives one site for a map", () => {
    expect(find("const d = {};\nexport function f(headerName) {\n  if (!d[headerName]) d[headerName] = [];\n  return d[headerName] || [];\n}")).toEqual(["d 3 proven"]);
  });

  it("prefers a site that is shown to be open to one that only sounds so", () => {
    expect(find("const d = {};\nexport function f(label) { return d[label] || 0; }\nexport function g(headerName) { d[headerName] = (d[headerName] || 0) + 1; }")).toEqual(["d 3 proven"]);
  });

  it("takes names of a project's own packages and modules for its own", () => {
    expect(find("const d = {};\nexport function f(pkg) { d[pkg.name] ??= []; }")).toEqual(["d 2 named"]);
  });

  it("knows a default for a parameter as a map", () => {
    expect(find("export function f(headers, d) {\n  if (d === undefined) d = {};\n  for (let i = 0; i < headers.length; i++) {\n    const key = String(headers[i]);\n    const old = d[key];\n    if (old) continue;\n    d[key] = i;\n  }\n}")).toEqual(["d 5 proven"]);
  });

  it("asks for own properties of this map, not of another one of its name", () => {
    const other = "export function g(d, k) { return Object.hasOwn(d, k); }\n";
    expect(find(`${other}export function f(headerName) {\n  const d = {};\n  d[headerName] ??= 1;\n  return d;\n}`)).toEqual(["d 4 proven"]);
    expect(find("export function f(headerName) {\n  const d = {};\n  if (Object.hasOwn(d, headerName)) return d;\n  d[headerName] ??= 1;\n  return d;\n}")).toEqual([]);
  });

  it("is silent where the type says which keys there are", () => {
    expect(find("type Kind = 'a' | 'b';\nexport function f(headerName: Kind) {\n  const d: Record<string, number> = {};\n  d[headerName] ??= 1;\n  return d;\n}")).toEqual([]);
  });
});

describe("paths that are walked and written", () => {
  const count = (code: string): number => findPollutingWrites(getAnalysis(`const any = new Map();\n${code}`)).length;

  it("finds the write behind the walk", () => {
    expect(count("export function set(at, path, value) { const keys = path.split('.'); for (const key of keys.slice(1)) at = at[key]; at[keys[0]] = value; }")).toBe(1);
    expect(count("export function set(at, keys, value) { for (const key of keys) at = at[key] ||= {}; at[value] = value; }")).toBe(1);
  });

  it("leaves a walk alone that does not loop", () => {
    expect(count("export function set(at, keys, value) { at = at[keys[0]]; at[keys[1]] = value; }")).toBe(0);
  });
});

describe("merges that go deep", () => {
  const count = (code: string): number => findPollutingMerges(getAnalysis(`const any = new Map();\n${code}`)).length;
  const merge = (step: string, rest = ""): string => `export function merge(a, b) { for (const k in b) { if (typeof b[k] === "object") { ${step} } else a[k] = b[k]; } ${rest} }`;

  it.each([
    ["the recursion", merge("merge(a[k], b[k]);")],
    ["the recursion, where there may be nothing", merge("a[k] = merge(a[k] || {}, b[k]);", "return a;")],
    ["over the keys", "export function merge(a, b) { Object.keys(b).forEach((k) => { if (typeof b[k] === 'object') merge(a[k], b[k]); else a[k] = b[k]; }); }"],
  ])("finds %s", (_name, code) => {
    expect(count(code)).toBe(1);
  });

  it.each([
    ["own keys only", merge("if (Object.hasOwn(a, k)) merge(a[k], b[k]);")],
    ["a name that is refused", merge('if (k === "__proto__") continue; merge(a[k], b[k]);')],
    ["a copy", "export function merge(a, b) { const c = { ...a }; for (const k in b) c[k] = typeof b[k] === 'object' ? merge(a[k], b[k]) : b[k]; return c; }"],
    ["a comparison", "export function isEqual(a, b) { for (const k in b) if (!isEqual(a[k], b[k])) return false; return a === b; }"],
    ["keys of the target", "export function fill(a, b) { for (const k in a) { fill(a[k], b[k]); a[k] = b[k]; } }"],
    ["another function", "export function assign(a, b) { for (const k in b) { log(a[k], b[k]); a[k] = b[k]; } }"],
  ])("is silent about %s", (_name, code) => {
    expect(count(code)).toBe(0);
  });
});
