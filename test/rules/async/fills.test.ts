import { describe, expect, it } from "vitest";
import { lint } from "../lint.js";

const RULES = ["no-stale-fill"];

function expectReport(code: string, preset: "recommended" | "strict" = "strict"): void {
  const line = code.split("\n").findIndex((text) => text.includes("// here")) + 1;
  expect(lint(code, { preset, rules: RULES }).map((report) => report.line), code).toEqual([line]);
}

function expectSilent(code: string, preset: "recommended" | "strict" = "strict"): void {
  expect(lint(code, { preset, rules: RULES }), code).toEqual([]);
}

const cache = (store: string, end: string): string => `
  const pages = new Map<string, Entry>();
  export async function load(id: string, ask: (id: string) => Promise<Answer>) {
    ${store}
  }
  export ${end}`;
const clear = "function clearPages() { pages.clear(); }";
const forget = "function forgetPage(id: string) { pages.delete(id); }";

describe("an old value that comes back", () => {
  const made = "const answer = await ask(id);\nconst page = answer.ok ? parse(answer.body) : undefined;\nif (page) pages.set(id, { page, at: Date.now() }); // here";
  it("something is made of the answer, and one is forgotten meanwhile", () => {
    expectReport(cache(made, forget));
  });
  it("something is made of the answer, and everything is cleared meanwhile", () => {
    expectReport(cache(made, clear));
  });
  it("under a key that is made of the answer, where everything is cleared", () => {
    expectReport(cache("const answer = await ask(id);\npages.set(toKey(answer.version), { page: answer }); // here", clear));
  });
  it("a variable that is filled in a try", () => {
    expectReport(cache("let answer;\ntry { answer = await ask(id); } catch { return; }\npages.set(id, { page: answer }); // here", forget));
  });
  it("a plain load, where everything is cleared", () => {
    expectReport(cache("const page = await fetchPage(id);\npages.set(id, page); // here", clear));
  });
  it("only in strict", () => {
    expectSilent(cache(made, forget), "recommended");
  });
  it("a plain load that is forgotten by its key warns", () => {
    expectReport(cache("const page = await fetchPage(id);\npages.set(id, page); // here", forget), "recommended");
  });
  it("a generation is asked", () => {
    expectSilent(cache("const before = generation;\nconst answer = await ask(id);\nif (before !== generation) return;\npages.set(id, { page: answer });", clear));
  });
  it("what is made is new", () => {
    expectSilent(cache("const page = await createPage(id);\npages.set(id, { page });", forget));
  });
  it("what is sent is new", () => {
    expectSilent(cache("const answer = await client.put(id, body);\npages.set(id, { page: answer });", forget));
  });
  it("it ends for good", () => {
    expectSilent(cache(made, "function shutdown() { pages.clear(); }"));
  });
  it("nothing of the answer is stored", () => {
    expectSilent(cache("await ask(id);\npages.set(id, { at: Date.now() });", forget));
  });
});
