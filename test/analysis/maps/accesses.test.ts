import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";
import { findAccess, findWriteAccess, isInsertion, isRemoval, isWrite } from "../../../src/analysis/maps/accesses.js";

/** The accesses of `m`, in words: `get k`, `set k = v`. */
function describeAccesses(declaration: string, body: string): string[] {
  const analysis = getAnalysis(`${declaration}\nexport function f(k, v) { ${body} }`, { parser: "espree" });
  const text = (node: unknown): string => analysis.sourceCode.getText(node as never);
  return analysis.summaries.accesses.map(({ operation, key, value }) => `${operation}${key ? ` ${text(key)}` : ""}${value ? ` = ${text(value)}` : ""}`);
}

describe("of a Map", () => {
  it.each([
    ["m.get(k)", ["get k"]],
    ["m.has(k)", ["has k"]],
    ["m.set(k, v)", ["set k = v"]],
    ["m.delete(k)", ["delete k"]],
    ["m.clear()", ["clear"]],
    ["m.size", ["size"]],
    ["m.keys()", ["iterate"]],
    ["m.forEach(v)", ["iterate"]],
    ["m?.get(k)", ["get k"]],
    ["m['get'](k)", ["get k"]],
    ["for (const e of m) e;", ["iterate"]],
    ["[...m]", ["iterate"]],
    ["m = new Map()", ["replace = new Map()"]],
  ])("%s", (body, expected) => {
    expect(describeAccesses("let m = new Map();", body)).toEqual(expected);
  });

  it.each([
    ["another method", "m.toString()"],
    ["a method of Object", "m.hasOwnProperty(k)"],
    ["a method by a computed name", "m[k](v)"],
    ["a lookup without a key", "m.get()"],
    ["spread arguments", "m.set(...v)"],
    ["a computed property", "m[k]"],
    ["another property", "m.length"],
    ["another object's method", "other.get(k)"],
    ["a method that is not called", "m.get"],
    ["a name of Object.prototype", "m.constructor(k)"],
  ])("not %s", (_name, body) => {
    expect(describeAccesses("let m = new Map();", body)).toEqual([]);
  });
});

describe("of a Set", () => {
  it("an added member is key and value", () => {
    expect(describeAccesses("const m = new Set();", "m.add(k)")).toEqual(["add k = k"]);
  });
});

describe("of a dictionary", () => {
  it.each([
    ["d[k]", ["get k"]],
    ["d[k] = v", ["set k = v"]],
    ["delete d[k]", ["delete k"]],
    ["k in d", ["has k"]],
    ["Object.hasOwn(d, k)", ["has k"]],
    ["d.hasOwnProperty(k)", ["has k"]],
    ["Object.keys(d)", ["iterate"]],
    ["Object.entries(d)", ["iterate"]],
    ["for (const x in d) x;", ["iterate"]],
    ["d = {}", ["replace = {}"]],
  ])("%s", (body, expected) => {
    expect(describeAccesses("let d = Object.create(null);", body)).toEqual(expected);
  });

  it("d[k]++ reads and writes", () => {
    expect(describeAccesses("const d = Object.create(null);", "d[k]++").toSorted()).toEqual(["set k = d[k]++"]);
  });

  it("d[k] ??= v reads and writes", () => {
    expect(describeAccesses("const d = Object.create(null);", "d[k] ??= v").toSorted()).toEqual(["get k", "set k = v"]);
  });

  it.each([
    ["a named property", "d.name"],
    ["a method of Map", "d.get(k)"],
    ["a private name", "class A { #k; f() { return #k in d; } }"],
    ["the size of a Map", "d.size"],
  ])("not %s", (_name, body) => {
    expect(describeAccesses("const d = Object.create(null);", body)).toEqual([]);
  });
});

describe("of a wrapper", () => {
  it.each([
    ["m.getOrThrow(k)", ["get k"]],
    ["m.take(k)", ["delete k"]],
    ["m.deleteIf(k, v)", ["delete k = v"]],
    ["m.getOrInsertAsync(k, v)", ["insert k = v"]],
    ["m.update(k, v)", ["update k = v"]],
    ["m.deleteWhere(v)", ["delete"]],
  ])("%s", (body, expected) => {
    expect(describeAccesses("const m = new SafeMap();", body)).toEqual(expected);
  });
});

describe("an operation", () => {
  it("writes, inserts or removes", () => {
    const operations = ["get", "has", "size", "iterate", "set", "add", "insert", "update", "delete", "clear", "replace"] as const;
    expect(operations.filter(isWrite)).toEqual(["set", "add", "insert", "update", "delete", "clear", "replace"]);
    expect(operations.filter(isInsertion)).toEqual(["set", "add", "insert", "update"]);
    expect(operations.filter(isRemoval)).toEqual(["delete", "clear", "replace"]);
  });
});

describe("a target", () => {
  it("of an assignment is no read", () => {
    const analysis = getAnalysis("const d = Object.create(null); export function f(k) { d[k] = 1; }", { parser: "espree" });
    const assignment = analysis.model.nodes.get("AssignmentExpression")![0]!;
    if (assignment.type !== "AssignmentExpression") throw new TypeError(assignment.type);
    expect(findAccess(assignment, analysis.inventory)).toBeUndefined();
    expect(findWriteAccess(assignment.left, assignment.right, analysis.inventory)?.operation).toBe("set");
  });
});
