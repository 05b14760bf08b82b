import { describe, expect, it } from "vitest";
import { findArgument, findSources, isOfOneCall } from "../../src/project/arguments.js";
import { getCall, open } from "./fixture.js";

/** The parameters that the argument of `at(..)` is made of, as `f#0.id`. */
function trace(text: string): string[] {
  const { file } = open({ "a.ts": text });
  const call = (file.model.nodes.get("CallExpression") ?? []).find((node) => file.model.sourceCode.getText(node as never).startsWith("at("));
  if (call?.type !== "CallExpression") throw new Error("at() is needed");
  const found = findSources(call.arguments[0]!, file.model).map((source) => [`${source.function.name}#${source.index}`, ...source.path].join("."));
  return [...new Set(found)];
}

describe("a value is made of", () => {
  it.each([
    ["a parameter", "function f(a, b) { at(b); }", ["f#1"]],
    ["a property of one", "function f(input) { at(input.session.id); }", ["f#0.session.id"]],
    ["a property that is taken out", "function f({ id }) { at(id); }", ["f#0.id"]],
    ["one with a default", "function f(id = 'x') { at(id); }", ["f#0"]],
    ["a constant of one", "function f(input) { const { id } = input; const key = id; at(key); }", ["f#0.id"]],
    ["several, in a template", "function f(a, b) { at(`${a}:${b.id}`); }", ["f#0", "f#1.id"]],
    ["what a helper is given", "function f(a) { const key = toKey(a); at(key); }", ["f#0"]],
    ["a parameter of the function around", "function f(id) { return () => at(id); }", ["f#0"]],
  ])("%s", (_what, text, sources) => {
    expect(trace(text)).toEqual(sources);
  });

  it.each([
    ["a variable that changes", "function f(id) { let key = id; key = next(); at(key); }"],
    ["a field", "class A { f() { at(this.id); } }"],
    ["a constant of the module", "const ID = 'x'; function f() { at(ID); }"],
  ])("no parameter: %s", (_what, text) => {
    expect(trace(text)).toEqual([]);
  });
});

/** What `f(..)` hands in for its first parameter's `path`, as text; `*` behind it if it names one call. */
function hand(text: string, path: readonly string[] = []): string | undefined {
  const { file } = open({ "a.ts": `function f(x) {}\n${text}` });
  const call = (file.model.nodes.get("CallExpression") ?? []).find((node) => file.model.sourceCode.getText(node as never).startsWith("f("));
  if (call?.type !== "CallExpression") throw new Error("f() is needed");
  const found = findArgument(call, { function: file.model.functions[0]!, index: 0, path }, file.model);
  return found && [file.model.sourceCode.getText(found.node as never), ...found.path].join(".") + (isOfOneCall(found, file.model) ? "*" : "");
}

describe("what is handed in", () => {
  it.each<[string, string, readonly string[], string | undefined]>([
    ["an argument", "function g(id) { f(id); }", [], "id"],
    ["a property of an object that is written out", "function g(id) { f({ key: id }); }", ["key"], "id"],
    ["a property of an object in a constant", "function g(id) { const input = { key: id }; f(input); }", ["key"], "id"],
    ["a property of something else", "function g(input) { f(input); }", ["key"], "input.key"],
    ["nothing, by a spread", "function g(all) { f(...all); }", [], undefined],
    ["nothing, by a spread object", "function g(all) { f({ key: 1, ...all }); }", ["key"], undefined],
    ["nothing", "function g() { f(); }", [], undefined],
  ])("%s", (_what, text, path, shown) => {
    expect(hand(text, path)).toBe(shown);
  });

  it.each([
    ["a fresh id", "function g() { f(randomUUID()); }", "randomUUID()*"],
    ["a constant with a fresh id", "function g() { const id = crypto.randomUUID(); f(id); }", "id*"],
    ["a name of one call", "function g(requestId) { f(requestId); }", "requestId*"],
    ["a text with a fresh id", "function g() { const id = nanoid(); f(`x:${id}`); }", "`x:${id}`*"],
    ["an id only if none is given", "function g(id) { f(id ?? randomUUID()); }", "id ?? randomUUID()"],
    ["an id made at the start", "const ID = randomUUID(); function g() { f(ID); }", "ID"],
    ["a new object", "function g(id) { f({ id }); }", "{ id }"],
    ["a place in a list", "function g(index) { f(index); }", "index"],
    ["a message", "function g(message) { f(message); }", "message"],
  ])("names one call or not: %s", (_what, text, shown) => {
    expect(hand(text)).toBe(shown);
  });

  it("is found in the call that is asked about", () => {
    const { file } = open({ "a.ts": "function f(x, y) {}\nfunction g(a, b) { f(a, b); }" });
    const found = findArgument(getCall(file, "f(a, b)"), { function: file.model.functions[0]!, index: 1, path: [] }, file.model);
    expect(found && file.model.sourceCode.getText(found.node as never)).toBe("b");
  });
});
