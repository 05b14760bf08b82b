import type { TSESTree } from "@typescript-eslint/types";
import { describe, expect, it } from "vitest";
import { getFailure } from "../../../src/analysis/tasks/failure.js";
import { getAnalysis } from "../analyze.js";

/** How the promise can fail that is stored under `k`. */
function getFailureOf(value: string, rest = ""): string {
  const { model } = getAnalysis(`const m = new Map();\nexport function f(k, read) { m.set(k, ${value}); }\n${rest}`, { parser: "espree" });
  const stores = (model.nodes.get("CallExpression") ?? []).map((node) => node as TSESTree.CallExpression).filter(({ callee }) => callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "m");
  return getFailure(stores[0]!.arguments[1]!, model);
}

describe("work that may succeed the next time", () => {
  it.each(["fetch(k)", "read(k)", "client.query(k)", "getFileFromUrl(k)", "load(k).then((v) => v.x)", "new Promise((resolve, reject) => read(k, resolve, reject))", "Promise.all([sleep(1), fetch(k)])"])("%s", (value) => {
    expect(getFailureOf(value)).toBe("passing");
  });

  it("is found in an async function of the file", () => {
    expect(getFailureOf("get(k)", "async function get(k) { const r = await fetch(k); return r.x; }")).toBe("passing");
  });

  it("is found behind a catch that throws again", () => {
    expect(getFailureOf("get(k)", "async function get(k) { try { return await fetch(k); } catch (e) { throw new Error(k, { cause: e }); } }")).toBe("passing");
  });

  it("is found in a loop that waits for each", () => {
    expect(getFailureOf("get(k)", "async function get(k) { for await (const part of stream(k)) use(part); }")).toBe("passing");
  });
});

describe("work that fails the same way again", () => {
  it.each(["import(k)", "readFile(k)", "fs.promises.open(k)", "JsonFile.load(k)", "loadPluginConfiguration(k)", "loadConfigForProjectAsync(k)", "parse(k)"])("%s", (value) => {
    expect(getFailureOf(value)).toBe("lasting");
  });

  it("is what an async function does that only reads files", () => {
    expect(getFailureOf("get(k)", "async function get(k) { const text = await readFile(k); if (!text) throw new Error(k); return { text }; }")).toBe("lasting");
  });
});

it("a constructor behind a file that is read waits for nothing", () => {
  expect(getFailureOf("get(k)", "async function get(k) { return new Config(await readFile(k)); }")).toBe("lasting");
});

describe("work that cannot be rejected", () => {
  it.each(["Promise.resolve(1)", "Promise.allSettled([fetch(k)])", "sleep(10)", "new Promise((resolve) => setTimeout(resolve, 10))", "Promise.all([sleep(1), Promise.resolve(2)])"])("%s", (value) => {
    expect(getFailureOf(value)).toBe("never");
  });

  it("is an async function that is one try with an answer", () => {
    expect(getFailureOf("get(k)", "async function get(k) { try { return await fetch(k); } catch { return undefined; } }")).toBe("never");
  });

  it("is a callback of then that catches what it does", () => {
    expect(getFailureOf("Promise.resolve().then(() => { try { return find(k); } catch { return undefined; } })")).toBe("never");
  });
});

it("ends where a function calls itself", () => {
  expect(getFailureOf("get(k)", "async function get(k) { return await get(k + 1); }")).toBe("passing");
});
