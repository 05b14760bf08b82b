import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { discoverFiles } from "../../../src/cli/scan/discover.js";

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "mapguard-discover-"));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), text);
  }
}

function writeEmpty(...names: string[]): void {
  write(Object.fromEntries(names.map((name) => [name, ""])));
}

function discover(paths: string[], ignorePatterns: string[] = []): string[] {
  return discoverFiles(paths, { cwd, ignorePatterns }).files.map((file) => path.relative(cwd, file).split(path.sep).join("/"));
}

describe("a folder", () => {
  it("gives its JavaScript and TypeScript files, in order", () => {
    writeEmpty("b.ts", "a.js", "c/d.tsx", "c/e.mts", "c/f.cjs", "g.json", "h.md", "i.vue");
    expect(discover(["."])).toEqual(["a.js", "b.ts", "c/d.tsx", "c/e.mts", "c/f.cjs"]);
  });

  it("leaves out packages, build output, declarations and minified files", () => {
    writeEmpty("a.ts", "node_modules/b/c.js", "packages/d/node_modules/e.js", "dist/f.js", "coverage/g.js", ".git/h.js", "i.d.ts", "j.d.mts", "k.d.css.ts", "l.min.js");
    expect(discover(["."])).toEqual(["a.ts"]);
  });

  it("does not follow links", () => {
    writeEmpty("a/b.ts");
    symlinkSync(path.join(cwd, "a"), path.join(cwd, "c"));
    expect(discover(["."])).toEqual(["a/b.ts"]);
  });
});

describe(".gitignore", () => {
  it("is respected in a folder that is no repository yet", () => {
    write({ ".gitignore": "generated/\n*.gen.ts\n", "a.ts": "", "b.gen.ts": "", "generated/c.ts": "", "d/e.gen.ts": "" });
    expect(discover(["."])).toEqual(["a.ts"]);
  });

  it("of an inner folder counts there, and can bring back what an outer one excludes", () => {
    write({ ".gitignore": "*.gen.ts\n", "a/.gitignore": "!kept.gen.ts\n/local.ts\n", "a/kept.gen.ts": "", "a/lost.gen.ts": "", "a/local.ts": "", "a/b/local.ts": "", "kept.gen.ts": "" });
    expect(discover(["."])).toEqual(["a/b/local.ts", "a/kept.gen.ts"]);
  });

  it("of the repository counts when an inner folder is scanned", () => {
    write({ ".git/HEAD": "", ".git/info/exclude": "mine.ts\n", ".gitignore": "packages/*/out\n", "packages/a/out/b.ts": "", "packages/a/c.ts": "", "packages/a/mine.ts": "" });
    expect(discover(["packages/a"])).toEqual(["packages/a/c.ts"]);
  });

  it("does not hide a folder that is named", () => {
    write({ ".git/HEAD": "", ".gitignore": "vendor/\n", "vendor/a.ts": "" });
    expect(discover(["vendor"])).toEqual(["vendor/a.ts"]);
  });

  it("above the repository's root does not count", () => {
    write({ ".gitignore": "*.ts\n", "repo/.git/HEAD": "", "repo/a.ts": "" });
    expect(discover(["repo"])).toEqual(["repo/a.ts"]);
  });
});

describe("--ignore-pattern", () => {
  it("leaves out more, in the syntax of .gitignore", () => {
    writeEmpty("a.ts", "a.test.ts", "b/c.test.ts", "d/e.ts");
    expect(discover(["."], ["*.test.ts", "d/"])).toEqual(["a.ts"]);
  });

  it("counts for folders below the working directory", () => {
    writeEmpty("a/b/c.ts", "a/d.ts");
    expect(discover(["a"], ["a/b"])).toEqual(["a/d.ts"]);
  });
});

describe("a path", () => {
  it("to a file is taken as it is", () => {
    write({ ".gitignore": "*.ts\n", "dist/a.min.js": "", "b.ts": "" });
    expect(discover(["dist/a.min.js", "b.ts"])).toEqual(["dist/a.min.js", "b.ts"]);
  });

  it("with stars is matched against what is found", () => {
    writeEmpty("src/a.ts", "src/b/c.ts", "src/b/d.js", "test/e.ts", "src/node_modules/f.ts");
    expect(discover(["src/**/*.ts"])).toEqual(["src/a.ts", "src/b/c.ts"]);
    expect(discover(["{src,test}/*.ts"])).toEqual(["src/a.ts", "test/e.ts"]);
  });

  it("given twice gives its files once", () => {
    writeEmpty("src/a.ts");
    expect(discover(["src", "src/a.ts", "."])).toEqual(["src/a.ts"]);
  });

  it("may lead through brackets and parentheses, as routes do", () => {
    writeEmpty("app/[id]/(group)/page.tsx");
    expect(discover(["app/[id]/(group)/page.tsx", "app/[id]"])).toEqual(["app/[id]/(group)/page.tsx"]);
  });
});

describe("a usage error", () => {
  it.each([
    ["a path that does not exist", ["missing"], "no such file or folder: missing"],
    ["a folder without a source file", ["docs"], "no JavaScript or TypeScript file in docs"],
    ["a pattern that matches nothing", ["src/*.tsx"], "no JavaScript or TypeScript file in src/*.tsx"],
    ["a file of another kind", ["docs/a.md"], "not a JavaScript or TypeScript file: docs/a.md"],
  ])("is %s", (_name, paths, message) => {
    writeEmpty("docs/a.md", "src/b.ts");
    expect(() => discover(paths)).toThrow(message);
  });
});
