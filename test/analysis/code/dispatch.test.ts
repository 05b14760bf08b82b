import { describe, expect, it } from "vitest";
import { findOpenDispatches } from "../../../src/analysis/code/dispatch.js";
import { getAnalysis } from "../analyze.js";

const find = (code: string): string[] => findOpenDispatches(getAnalysis(`const any = new Map();\n${code}`).model).map(({ name, node }) => `${name} ${node.loc.start.line}`);

describe("functions that a message names", () => {
  it("are found where they are called, at once or later", () => {
    expect(find("const table = { a() {} };\nexport function f(msg) { table[msg.type](msg); }")).toEqual(["table 3"]);
    expect(find("const table = { a() {} };\nexport function f(msg) {\n  const run = table[msg.type];\n  if (run) run(msg);\n}")).toEqual(["table 4"]);
  });

  it.each([
    ["typed", "const table = { a() {} }; export function f(msg: Message) { table[msg.type](msg); }"],
    ["not called", "const table = { a() {} }; export function f(msg) { return table[msg.type]; }"],
    ["of another name", "const table = { a() {} }; export function f(node) { table[node.type](node); }"],
    ["in a table from elsewhere", "export function f(msg, table) { table[msg.type](msg); }"],
    ["asked for", "const table = { a() {} }; export function f(msg) { if (Object.hasOwn(table, msg.type)) table[msg.type](msg); }"],
  ])("are none: %s", (_name, code) => {
    expect(find(code)).toEqual([]);
  });
});
