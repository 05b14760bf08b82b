import { describe, expect, it } from "vitest";
import { findUsers } from "../../../src/analysis/code/users.js";
import { getAnalysis, getFunction } from "../analyze.js";

function getUsers(code: string, name: string): string[] {
  const analysis = getAnalysis(`const m = new Map();\n${code}`);
  return [...findUsers([getFunction(analysis, name)], analysis.model)].map((info) => info.name).toSorted();
}

describe("a function is used by", () => {
  it("itself alone, where nobody else speaks of it", () => {
    expect(getUsers("export function f() {} export function g() {}", "f")).toEqual(["f"]);
  });

  it("its callers and theirs", () => {
    expect(getUsers("function f() {} function g() { f(); } export function h() { g(); } export function i() {}", "f")).toEqual(["f", "g", "h"]);
  });

  it("the function that it stands in", () => {
    expect(getUsers("export function g() { return function f() {}; }", "f")).toEqual(["f", "g"]);
  });

  it("a function that hands it on", () => {
    expect(getUsers("class A { f() {} g() { setTimeout(this.f.bind(this)); } h() {} }", "f")).toEqual(["f", "g"]);
  });

  it("one that it calls itself, once", () => {
    expect(getUsers("function f() { g(); } export function g() { f(); }", "f")).toEqual(["f", "g"]);
  });
});
