import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createParse } from "../../src/project/parse.js";
import { LANGUAGE, open } from "./fixture.js";

describe("the files around one", () => {
  it("are parsed when they are opened, once", () => {
    const { root, project } = open({ "a.ts": "", "b.ts": "export function load() {}" });
    const file = project.open(join(root, "b.ts"));
    expect(file?.model.functions.map(({ name }) => name)).toEqual(["load"]);
    expect(project.open(join(root, "b.ts"))).toBe(file);
  });

  it("are itself as it is linted", () => {
    const { file, project } = open({ "a.ts": "load();" });
    expect(project.open(file.path)).toBe(file);
    expect(project.getText(file.path)).toBe("load();");
  });

  it("cannot be opened without end", () => {
    const names = Array.from({ length: 60 }, (_, index) => `b${index}.ts`);
    const { root, project } = open({ "a.ts": "", ...Object.fromEntries(names.map((name) => [name, "x"])) });
    const opened = names.filter((name) => project.open(join(root, name)));
    expect(opened.length).toBeGreaterThan(10);
    expect(opened.length).toBeLessThan(60);
  });

  it("are empty where they cannot be read", () => {
    const { project } = open({ "a.ts": "" });
    expect(project.getText("/nowhere.ts")).toBe("");
    expect(project.open("/nowhere.ts")).toBeUndefined();
  });
});

describe("the parser of other files", () => {
  const parse = createParse(LANGUAGE);

  it.each([
    ["a.ts", "const x = <T>y; let z: string;"],
    ["a.tsx", "const x = <A b={c} />;"],
    ["a.js", "const x = <A />;"],
    ["a.cjs", "return 1;"],
    ["a.js", "if (x) { with (y) {} }"],
  ])("reads %s: %s", (file, text) => {
    expect(parse(file, text)?.text).toBe(text);
  });

  it.each([
    ["a.ts", "const = 1;"],
    ["a.vue", "<script></script>"],
  ])("gives nothing for %s: %s", (file, text) => {
    expect(parse("b.ts", "fine;")).toBeDefined();
    expect(parse(file, text)).toBeUndefined();
  });

  it("asks no program of TypeScript", () => {
    const withProgram = createParse({ ...LANGUAGE, parserOptions: { projectService: true, project: "./nowhere.json" } });
    expect(withProgram("a.ts", "let x: string;")?.parserServices?.["program"]).toBeFalsy();
  });

  it("is ESLint's own where no other is given", () => {
    expect(createParse({})("a.js", "const x = 1;")?.ast.body).toHaveLength(1);
    expect(createParse({})("a.ts", "let x: string;")).toBeUndefined();
  });
});
