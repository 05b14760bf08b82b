import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { indexWords, MAX_FILE_SIZE } from "../../src/project/words.js";
import { type Files, write } from "./fixture.js";

function find(files: Files, word: string): string[] {
  const root = write(files);
  return indexWords(Object.keys(files).map((name) => join(root, name)))!.findFiles(word).map((file) => basename(file));
}

describe("the files that mention a word", () => {
  it("are those with the word as a whole", () => {
    expect(find({ "a.ts": "store.load(k)", "b.ts": "store.loadAll(k); reload()", "c.ts": "load" }, "load")).toEqual(["a.ts", "c.ts"]);
  });

  it("are found by words with $, _ and #", () => {
    expect(find({ "a.ts": "this.#run()", "b.ts": "$_x()" }, "$_x")).toEqual(["b.ts"]);
  });

  it("are found by words of other scripts", () => {
    expect(find({ "a.ts": "größe()", "b.ts": "gr()" }, "größe")).toEqual(["a.ts"]);
  });

  it("are not generated: too large, or all on one line", () => {
    const large = `${"x;\n".repeat(MAX_FILE_SIZE / 3)}load()`;
    const wide = `${"x;".repeat(5000)}load()`;
    expect(find({ "a.ts": large, "b.ts": wide, "c.ts": "load()" }, "load")).toEqual(["c.ts"]);
  });

  it("are not those that cannot be read", () => {
    expect(indexWords(["/nowhere/a.ts"])!.findFiles("load")).toEqual([]);
  });

  it("are unknown where there is more text than can be read", () => {
    const root = write({ "a.ts": "load()", "b.ts": "load()" });
    expect(indexWords([join(root, "a.ts"), join(root, "b.ts")], 8)).toBeUndefined();
  });
});
