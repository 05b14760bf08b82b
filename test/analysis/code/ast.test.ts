import type { TSESTree } from "@typescript-eslint/types";
import { describe, expect, it } from "vitest";
import { getCalleeName, getChildren, getEnclosingFunction, getPropertyName, getShortText, getThisFunction, getUsage, isClass, isFunction, unwrap } from "../../../src/analysis/code/ast.js";
import { findNode, getAnalysis } from "../analyze.js";

const analyzeBody = (code: string): ReturnType<typeof getAnalysis> => getAnalysis(`const any = new Map();\n${code}`);

describe("unwrap strips", () => {
  it.each([["x as T"], ["x!"], ["x satisfies T"], ["<T>x"], ["(x as T)!"]])("%s", (text) => {
    const analysis = analyzeBody(`const y = ${text};`);
    const node = unwrap(findNode(analysis, text));
    expect(analysis.sourceCode.getText(node as never)).toBe("x");
  });

  it("the wrapper of an optional chain", () => {
    expect(unwrap(findNode(analyzeBody("x?.y;"), "x?.y", "ChainExpression")).type).toBe("MemberExpression");
  });

  it("nothing that changes a value", () => {
    expect(unwrap(findNode(analyzeBody("const y = !x;"), "!x")).type).toBe("UnaryExpression");
  });
});

describe("usage", () => {
  it("is the parent past what unwrap strips", () => {
    const analysis = analyzeBody("f((x as T)!);");
    const { node, parent } = getUsage(findNode(analysis, "x", "Identifier"));
    expect(analysis.sourceCode.getText(node as never)).toBe("(x as T)!");
    expect(parent?.type).toBe("CallExpression");
  });
});

describe("names", () => {
  it.each([
    ["a.b", "b"],
    ['a["b"]', "b"],
    ["a[b]", undefined],
    ["a[1]", undefined],
  ])("of the property in %s", (text, expected) => {
    expect(getPropertyName(findNode(analyzeBody(`${text};`), text, "MemberExpression") as TSESTree.MemberExpression)).toBe(expected);
  });

  it("of a private property keep the hash", () => {
    expect(getPropertyName(findNode(analyzeBody("class A { #b = 1; f() { return this.#b; } }"), "this.#b") as TSESTree.MemberExpression)).toBe("#b");
  });

  it.each([
    ["f()", "f"],
    ["a.b.c()", "c"],
    ["a?.b()", "b"],
    ["a.b!()", "b"],
    ["a[b]()", undefined],
    ["f()()", undefined],
  ])("of the callee in %s", (text, expected) => {
    expect(getCalleeName(findNode(analyzeBody(`${text};`), text, "CallExpression") as TSESTree.CallExpression)).toBe(expected);
  });
});

describe("around a node", () => {
  it("is a function, arrows included", () => {
    const analysis = analyzeBody("function f() { return () => here; }");
    expect(getEnclosingFunction(findNode(analysis, "here", "Identifier"))?.type).toBe("ArrowFunctionExpression");
  });

  it("is the function of its `this`, past arrows", () => {
    const analysis = analyzeBody("function f() { return () => this; }");
    expect(getThisFunction(findNode(analysis, "this"))?.type).toBe("FunctionDeclaration");
  });

  it("is no function of its `this` in a field", () => {
    expect(getThisFunction(findNode(analyzeBody("class A { a = () => this; }"), "this"))).toBeUndefined();
  });
});

describe("children", () => {
  it("come in the order of the text", () => {
    const analysis = analyzeBody("f(a, b, c);");
    const call = findNode(analysis, "f(a, b, c)");
    expect(getChildren(call, analysis.sourceCode).map((child) => analysis.sourceCode.getText(child as never))).toEqual(["f", "a", "b", "c"]);
  });

  it("of an unknown type are none", () => {
    const analysis = analyzeBody("f();");
    expect(getChildren({ ...findNode(analysis, "f()"), type: "FutureNode" } as never, analysis.sourceCode)).toEqual([]);
  });

  it("skip the holes of an array", () => {
    const analysis = analyzeBody("const x = [a, , b];");
    expect(getChildren(findNode(analysis, "[a, , b]"), analysis.sourceCode).length).toBe(2);
  });
});

describe("kinds", () => {
  it("functions and classes", () => {
    const analysis = analyzeBody("const f = () => 1; class A {}");
    expect(isFunction(findNode(analysis, "() => 1"))).toBe(true);
    expect(isClass(findNode(analysis, "class A {}"))).toBe(true);
    expect(isFunction(findNode(analysis, "class A {}"))).toBe(false);
    expect(isFunction(undefined)).toBe(false);
  });
});

describe("short text", () => {
  it("is on one line and not too long", () => {
    const analysis = analyzeBody("f(aaaaaaaaaa,\n   bbbbbbbbbb);");
    const node = findNode(analysis, "f(aaaaaaaaaa,\n   bbbbbbbbbb)");
    expect(getShortText(node, analysis.sourceCode)).toBe("f(aaaaaaaaaa, bbbbbbbbbb)");
    expect(getShortText(node, analysis.sourceCode, 10)).toBe("f(aaaaaaa…");
  });
});
