import type { TSESTree } from "@typescript-eslint/types";
import { describe, expect, it } from "vitest";
import { findNode, getAnalysis, getFunction } from "../analyze.js";

const analyzeBody = (code: string): ReturnType<typeof getAnalysis> => getAnalysis(`const any = new Map();\n${code}`);

/** The function that the nth call of the text runs. */
function getCalled(code: string, text: string): string | undefined {
  const analysis = analyzeBody(code);
  return analysis.model.getCallee(findNode(analysis, text, "CallExpression") as TSESTree.CallExpression)?.name;
}

describe("a call runs", () => {
  it.each([
    ["a declared function", "function f() {} f(1);", "f(1)", "f"],
    ["a function in a constant", "const f = () => {}; f(1);", "f(1)", "f"],
    ["a method", "class A { f() {} g() { this.f(1); } }", "this.f(1)", "f"],
    ["a private method", "class A { #f() {} g() { this.#f(1); } }", "this.#f(1)", "#f"],
    ["a method through self", "class A { f() {} g() { const self = this; self.f(1); } }", "self.f(1)", "f"],
    ["a static method", "class A { static f() {} } A.f(1);", "A.f(1)", "f"],
    ["an arrow in a field", "class A { f = () => {}; g() { this.f(1); } }", "this.f(1)", "f"],
    ["a method of an object", "const o = { f() {} }; o.f(1);", "o.f(1)", "f"],
    ["a prototype method of a function in a variable", "var A = module.exports = function () {}; A.prototype.f = function () {}; A.prototype.g = function () { this.f(1); };", "this.f(1)", "f"],
    ["a prototype method", "function A() {} A.prototype.f = function () {}; A.prototype.g = function () { this.f(1); };", "this.f(1)", "f"],
    ["a function by call", "function f() {} f.call(1);", "f.call(1)", "f"],
    ["a function that a hook wraps", "const f = useCallback(() => {}, []); f(1);", "f(1)", "the callback of useCallback"],
  ])("%s", (_name, code, text, expected) => {
    expect(getCalled(code, text)).toBe(expected);
  });

  it.each([
    ["a parameter", "function g(f) { f(1); }", "f(1)"],
    ["a name that is assigned again", "let f = () => {}; f = other; f(1);", "f(1)"],
    ["a method of another object", "class A { f() {} } other.f(1);", "other.f(1)"],
    ["an instance method through the class", "class A { f() {} } A.f(1);", "A.f(1)"],
    ["an import", "import { f } from 'x'; f(1);", "f(1)"],
  ])("not %s", (_name, code, text) => {
    expect(getCalled(code, text)).toBeUndefined();
  });
});

describe("two expressions name one place", () => {
  const isSame = (code: string, a: string, b: string): boolean => {
    const analysis = analyzeBody(code);
    const [first, second] = [a, b].map((text) => analysis.model.getPath(findNode(analysis, text, text.includes(".") || text.includes("[") ? "MemberExpression" : "Identifier")));
    return first !== undefined && first.key === second?.key;
  };

  it.each([
    ["this in two methods", "class A { f() { this.a; } g() { this['a']; } }", "this.a", "this['a']"],
    ["a copy", "class A { f() { const b = this.a; b.c; } g() { this.a.c; } }", "b.c", "this.a.c"],
    ["a destructured copy", "class A { f() { const { a: b } = this; b.c; } g() { this.a.c; } }", "b.c", "this.a.c"],
    ["a static through the class and this", "class A { static f() { this.a; } g() { A.a; } }", "this.a", "A.a"],
    ["a path of a variable", "const s = make(); function f() { s.a.b; } function g() { s.a['b']; }", "s.a.b", "s.a['b']"],
    ["an outer this in an arrow", "class A { f() { this.a; return () => this['a']; } }", "this.a", "this['a']"],
    ["the global object", "globalThis.a; window.a;", "globalThis.a", "window.a"],
  ])("%s", (_name, code, a, b) => {
    expect(isSame(code, a, b)).toBe(true);
  });

  it.each([
    ["this of two classes", "class A { f() { this.a; } } class B { f() { this['a']; } }", "this.a", "this['a']"],
    ["static and instance", "class A { static f() { this.a; } f() { this['a']; } }", "this.a", "this['a']"],
    ["a computed property", "class A { f(k) { this[k]; this.k; } }", "this[k]", "this.k"],
    ["a copy that is assigned again", "class A { f() { let b = this.a; b = 1; b.c; this.a.c; } }", "b.c", "this.a.c"],
  ])("not %s", (_name, code, a, b) => {
    expect(isSame(code, a, b)).toBe(false);
  });
});

describe("a function", () => {
  it("knows its calls and its mentions", () => {
    const info = getFunction(analyzeBody("function f() {} f(); f(); run(f); const g = f;"), "f");
    expect(info.calls.length).toBe(2);
    expect(info.mentions.length).toBe(2);
  });

  it("that is bound is mentioned", () => {
    expect(getFunction(analyzeBody("class A { f() {} g(s) { s.on('x', this.f.bind(this)); } }"), "f").mentions.length).toBe(1);
  });

  it("without a name is described by its call", () => {
    expect(analyzeBody("p.then(() => 1);").model.functions.map((info) => info.name)).toEqual(["the callback of then"]);
  });

  it("knows the class that it belongs to", () => {
    const info = getFunction(analyzeBody("class A { static f() {} }"), "f");
    expect([info.owner?.name, info.isStatic]).toEqual(["A", true]);
  });
});

describe("a variable has one value", () => {
  const getValue = (code: string): string | undefined => {
    const analysis = analyzeBody(code);
    const variable = analysis.model.getVariable(findNode(analysis, "x", "Identifier"));
    const value = variable && analysis.model.getConstantValue(variable);
    return value && analysis.sourceCode.getText(value as never);
  };

  it("if nothing assigns it again", () => {
    expect(getValue("let x = 1;")).toBe("1");
  });

  it.each([["let x = 1; x = 2;"], ["let x = 1; x++;"], ["let x;"], ["function f(x) {}"], ["for (const x of y) {}"], ["const [x] = y;"], ["var x = 1; var x = 2;"]])("not in %s", (code) => {
    expect(getValue(code)).toBeUndefined();
  });
});

describe("the model knows", () => {
  it.each([["module"], ["commonjs"], ["script"]] as const)("what is declared at the top of a %s", (sourceType) => {
    const { model } = getAnalysis("const m = new Map(); function f() { m.clear(); }", { sourceType, parser: sourceType === "module" ? "typescript" : "espree" });
    expect(model.variables.map(({ name }) => name)).toEqual(expect.arrayContaining(["m", "f"]));
  });

  it("the calls behind types, and none in them", () => {
    const { model, sourceCode } = analyzeBody("const a: Map<string, typeof f> = f<A<B>>(1); class C { m?: Map<string, D> = g(); h(this: C, x = i<E>(2) as F): void { j(x); } }");
    expect(model.nodes.get("CallExpression")!.map((node) => sourceCode.getText(node as never))).toEqual(["f<A<B>>(1)", "g()", "i<E>(2)", "j(x)"]);
  });
});
