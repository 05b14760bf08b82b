import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import type { RunOptions, Workspace } from "./workspace.js";
import { BIN, createWorkspace } from "./workspace.js";

const RACE = "async function run() {\n  if (!ready)\n    await race();\n}\n";

let workspace: Workspace | undefined;

afterEach(() => {
  workspace?.remove();
  workspace = undefined;
});

function open(files: Record<string, string>): Workspace {
  workspace = createWorkspace(files);
  return workspace;
}

async function scan(files: Record<string, string>, args: readonly string[] = [], options: RunOptions = {}) {
  return open(files).run(["scan", ...args], options);
}

interface JsonOutput {
  version: number;
  summary: { scanned: number; skipped: number; errors: number; warnings: number };
  files: { file: string; reports: { rule: string; isFixable: boolean; line: number }[]; problems: { message: string; line?: number; column?: number }[] }[];
}

async function scanJson(files: Record<string, string>, args: readonly string[] = []): Promise<JsonOutput> {
  return JSON.parse((await scan(files, [...args, "--format", "json"])).stdout) as JsonOutput;
}

describe("the exit code", () => {
  it("is 0 where nothing is found", async () => {
    expect(await scan({ "a.ts": "calm();" })).toMatchObject({ code: 0, stdout: "1 file scanned: nothing found.\n", stderr: "" });
  });

  it("is 1 where an error is found", async () => {
    expect(await scan({ "a.ts": RACE })).toMatchObject({ code: 1, stderr: "" });
  });

  it("is 0 for warnings alone", async () => {
    expect(await scan({ "a.ts": "var a;" })).toMatchObject({ code: 0 });
  });

  it("is 1 for more warnings than allowed, even if they are not shown", async () => {
    expect(await scan({ "a.ts": "var a;" }, ["--max-warnings", "1"])).toMatchObject({ code: 0 });
    expect(await scan({ "a.ts": "var a;" }, ["--max-warnings", "0"])).toMatchObject({ code: 1 });
    expect(await scan({ "a.ts": "var a;" }, ["--max-warnings", "0", "--quiet"])).toMatchObject({ code: 1 });
  });

  it("is 2 where a file cannot be read; the rest is scanned, and the file named with its position", async () => {
    const { code, stdout, stderr } = await scan({ "a.ts": RACE, "b.ts": "const b = ;\n" });
    expect(code).toBe(2);
    expect(stdout).toContain("a.ts:3:11");
    expect(stderr).toBe("mapguard: b.ts:1:11: cannot be parsed: Unexpected token\n");
  });

  it("is 2 where a rule throws; the file is named and the rest is scanned", async () => {
    const { code, stdout, stderr } = await scan({ "a.ts": "crash();\n", "b.ts": RACE });
    expect(code).toBe(2);
    expect(stdout).toContain("b.ts:3:11");
    expect(stderr).toMatch(/^mapguard: a\.ts:1: the rule mapguard\/no-crash failed: .*\n$/u);
  });

  it.each([
    ["a missing path", ["nowhere"], "mapguard: no such file or folder: nowhere\n"],
    ["a folder with nothing to scan", ["docs"], "mapguard: no JavaScript or TypeScript file in docs\n"],
    ["an unknown option", ["--fxi"], "mapguard: unknown option '--fxi' (Did you mean --fix?)\n"],
    ["an unknown format", ["--format", "xml"], /^mapguard: option '--format <name>' argument 'xml' is invalid\. Allowed choices are .*\n$/u],
    ["an unknown preset", ["--preset", "mild"], /^mapguard: option '--preset <name>' argument 'mild' is invalid\. .*\n$/u],
    ["a limit that is no number", ["--max-warnings", "few"], /^mapguard: option '--max-warnings <number>' argument 'few' is invalid\. .*\n$/u],
    ["an option without its value", ["--output-file"], /^mapguard: option '--output-file <file>' argument missing\n$/u],
    ["--fix of the standard input", ["--stdin", "--fix"], /^mapguard: --fix cannot be used with --stdin.*\n$/u],
    ["--stdin beside a path", ["--stdin", "a.ts"], /^mapguard: --stdin takes no paths.*\n$/u],
    ["--stdin-filename alone", ["--stdin-filename", "a.ts"], "mapguard: --stdin-filename needs --stdin\n"],
    ["a name for the standard input that is no source file", ["--stdin", "--stdin-filename", "a.md"], "mapguard: not a JavaScript or TypeScript file: a.md\n"],
    ["an output file that cannot be written", ["a.ts", "--output-file", "a.ts/out.txt"], /^mapguard: .*a\.ts.out\.txt could not be written: .*\n$/u],
  ])("is 2, with one line and nothing else, for %s", async (_name, args, message) => {
    const { code, stdout, stderr } = await scan({ "a.ts": "calm();", "docs/b.md": "" }, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    if (typeof message === "string") expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
  });

  it("is 2 for a link that leads to itself, and one inside of a folder is passed by", async () => {
    const { run, folder } = open({ "src/a.ts": "calm();" });
    symlinkSync("self", path.join(folder, "self"));
    symlinkSync("..", path.join(folder, "src/up"));
    expect(await run(["scan", "self"])).toMatchObject({ code: 2, stderr: "mapguard: self cannot be read: a link leads to itself\n" });
    expect(await run(["scan"])).toMatchObject({ code: 0, stdout: "1 file scanned: nothing found.\n" });
  });

  it.skipIf(process.getuid?.() === 0)("is 2 where a folder cannot be read; the rest is scanned", async () => {
    const { run, folder } = open({ "a.ts": RACE, "locked/b.ts": RACE });
    chmodSync(path.join(folder, "locked"), 0);
    const { code, stdout, stderr } = await run(["scan", "--format", "stylish"]);
    chmodSync(path.join(folder, "locked"), 0o755);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "mapguard: locked: the folder cannot be read: permission denied\n" });
    expect(stdout).toContain("1 file scanned, 1 with problems: 1 error, 0 warnings.");
  });

  it("is 2 for a command that does not exist, and 0 for help and version", async () => {
    const { run } = open({});
    expect(await run(["scna"])).toMatchObject({ code: 2, stderr: "mapguard: unknown command 'scna' (Did you mean scan?)\n" });
    expect(await run(["--help"])).toMatchObject({ code: 0, stderr: "" });
    for (const args of [["--version"], ["scan", "--version"]]) expect(await run(args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/u) as string });
  });
});

describe("the format", () => {
  it("timeline, by default, draws the two tasks side by side with the source", async () => {
    const { stdout } = await scan({ "a.ts": RACE }, [], { env: { COLUMNS: "90" } });
    expect(stdout).toMatchInlineSnapshot(`
      "a.ts:3:11  error  mapguard/no-race
        Two runs can both call \`race()\`.
        Why they can overlap: \`run\` is exported

        run()                                      │ run(), a second time
        ───────────────────────────────────────────┼───────────────────────────────────────────
        2  if (!ready)                             │
           ○ reads the map: absent                 │
        3    await race();                         │
           ‖ suspended here                        │
           ┊                                       │ 2  if (!ready)
           ┊                                       │    ○ reads the map: still absent
           ┊                                       │ 3    await race();
           ┊                                       │    ✗ does it again

      1 file scanned: 1 error, 0 warnings.
      "
    `);
  });

  it("timeline draws a code frame where there is no timeline", async () => {
    const { stdout } = await scan({ "a.ts": "calm();\nvar a = 1;\n" });
    expect(stdout).toContain("> 2 │ var a = 1;\n    │ ^^^^^^^^^^".replaceAll("\n", "\n  "));
  });

  it("stylish is one line a report", async () => {
    const { stdout } = await scan({ "a.ts": "var a;\nrace();\n" }, ["--format", "stylish"]);
    expect(stdout).toMatchInlineSnapshot(`
      "a.ts
        1:1  warning  \`var\` is shared.                  mapguard/no-var
        2:1  error    Two runs can both call \`race()\`.  mapguard/no-race

      1 file scanned: 1 error, 1 warning (1 fixable with --fix).
      "
    `);
  });

  it("json says everything", async () => {
    const output = await scanJson({ "a.ts": "var a;\nrace();\n", "b.ts": "}", "c.ts": "" });
    expect(output).toMatchObject({ version: 1, summary: { scanned: 3, skipped: 0, errors: 1, warnings: 1 } });
    expect(output.files.map(({ file }) => file)).toEqual(["a.ts", "b.ts"]);
    expect(output.files[0]!.reports.map(({ rule }) => rule)).toEqual(["mapguard/no-var", "mapguard/no-race"]);
  });

  it("of machines has the standard output to itself", async () => {
    const { stdout, stderr } = await scan({ "a.ts": RACE }, ["--format", "sarif"]);
    expect(JSON.parse(stdout)).toMatchObject({ version: "2.1.0" });
    expect(stderr).toBe("1 file scanned: 1 error, 0 warnings.\n");
  });

  it("can go to a file, without colours, in folders that are made for it", async () => {
    const { stdout } = await scan({ "a.ts": RACE }, ["--output-file", "out/deep/report.txt"], { env: { FORCE_COLOR: "1", NO_COLOR: "" } });
    expect(stdout).toContain("1 file scanned: 1 error, 0 warnings.");
    expect(stdout).not.toContain("race()");
    expect(workspace!.read("out/deep/report.txt")).toContain("Two runs can both call");
    expect(workspace!.read("out/deep/report.txt")).not.toContain("\u001b");
  });

  it("has colours only where they are wanted", async () => {
    const { run } = open({ "a.ts": RACE });
    expect((await run(["scan"])).stdout).not.toContain("\u001b");
    expect((await run(["scan"], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b");
    expect((await run(["scan"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain("\u001b");
  });

  it("shows errors alone with --quiet", async () => {
    const { stdout } = await scan({ "a.ts": "var a;\nrace();\n" }, ["--quiet", "--format", "stylish"]);
    expect(stdout).not.toContain("no-var");
    expect(stdout).toContain("no-race");
  });
});

describe("--fix", () => {
  it("rewrites files, says what it changed, and is done the second time", async () => {
    const { run, read } = open({ "a.ts": "step(2);\nrace();\n", "b.ts": "calm();\n" });
    const first = await run(["scan", "--fix"]);
    expect(read("a.ts")).toBe("done();\nrace();\n");
    expect(first.stdout).toContain("fixed a.ts: mapguard/count-down (line 1)");
    expect((await run(["scan", "--fix"])).stdout).not.toContain("fixed");
  });

  it("follows the preset autofix", async () => {
    const { code, stdout } = await scan({ "a.ts": "race();\n" }, ["--fix", "--preset", "autofix"]);
    expect(workspace!.read("a.ts")).toBe("safe();\n");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "fixed a.ts: mapguard/no-race (line 1)\n1 file scanned: nothing found.\n" });
  });

  it("never writes a file that no longer parses", async () => {
    const { code, stderr } = await scan({ "a.ts": "var a = 1;\n" }, ["--fix"]);
    expect(workspace!.read("a.ts")).toBe("var a = 1;\n");
    expect(code).toBe(2);
    expect(stderr).toContain("a.ts: not fixed");
  });

  it("keeps the mode of a file, and a link a link", async () => {
    const { run, read, folder } = open({ "real/a.js": "step(1);\n" });
    chmodSync(path.join(folder, "real/a.js"), 0o755);
    symlinkSync(path.join(folder, "real/a.js"), path.join(folder, "link.js"));
    await run(["scan", "--fix", "link.js"]);
    expect(read("real/a.js")).toBe("done();\n");
    expect(lstatSync(path.join(folder, "link.js")).isSymbolicLink()).toBe(true);
    expect(statSync(path.join(folder, "real/a.js")).mode & 0o777).toBe(0o755);
  });

  it("keeps line ends and the byte order mark", async () => {
    await scan({ "a.ts": "\ufeffstep(1);\r\ncalm();\r\n" }, ["--fix"]);
    expect(workspace!.read("a.ts")).toBe("\ufeffdone();\r\ncalm();\r\n");
  });

  it("does not touch a text that is not UTF-8, and its findings stand", async () => {
    const { run, folder } = open({});
    const latin = Buffer.from("// caf\u00e9\nrace();\n", "latin1");
    writeFileSync(path.join(folder, "a.ts"), latin);
    const { code, stdout, stderr } = await run(["scan", "--fix", "--preset", "autofix", "--format", "stylish"]);
    expect(readFileSync(path.join(folder, "a.ts"))).toEqual(latin);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "mapguard: a.ts: not fixed: its text is not UTF-8, and would be damaged\n" });
    expect(stdout).toContain("2:1  error");
  });

  it("leaves nothing else behind", async () => {
    await scan({ "a.ts": "step(1);\n" }, ["--fix"]);
    expect(readdirSync(workspace!.folder)).toEqual(["a.ts"]);
  });
});

describe("the standard input", () => {
  it("is scanned under the name it is given", async () => {
    const { code, stdout } = await scan({ "src/keep.ts": "" }, ["--stdin", "--stdin-filename", "src/a.tsx", "--format", "stylish"], { stdin: "const a = <A b={race()} />;\n" });
    expect(code).toBe(1);
    expect(stdout).toContain("src/a.tsx\n  1:17  error");
  });

  it.each(["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"])("can be a .%s file", async (extension) => {
    const stdin = "const m = new Map();\nmodule.exports.get = async (id) => {\n  if (!m.has(id)) m.set(id, await open(id));\n};\n";
    const { code, stdout } = await scan({}, ["--stdin", "--stdin-filename", `a.${extension}`, "--format", "stylish"], { stdin, bin: BIN });
    expect({ code, line: stdout.split("\n")[1] }).toEqual({ code: 1, line: expect.stringMatching(/^ {2}3:\d+ {2}error/u) as string });
  });

  it("needs no name", async () => {
    expect(await scan({}, ["--stdin"], { stdin: "const a: Map<string, string> = calm();" })).toMatchObject({ code: 0 });
  });
});

describe("many files", { timeout: 120_000 }, () => {
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`src/f${String(index).padStart(3, "0")}.ts`, index % 50 === 7 ? RACE : index === 20 ? "crash();" : index === 30 ? "let = ;" : "step(1);"]));

  it("are scanned on several threads with the same result, in the same order", async () => {
    const { run } = open(files);
    const whole = JSON.parse((await run(["scan", "--format", "json"])).stdout) as JsonOutput;
    const parts = await Promise.all([0, 1, 2, 3, 4].map(async (start) => {
      const names = Object.keys(files).slice(start * 30, start * 30 + 30); // few enough for one thread
      return (JSON.parse((await run(["scan", ...names, "--format", "json"])).stdout) as JsonOutput).files;
    })); // prettier-ignore
    expect(whole.summary.scanned).toBe(150);
    expect(whole.files).toEqual(parts.flat());
  });

  it("are fixed on several threads", async () => {
    const { run, read } = open(files);
    await run(["scan", "--fix"]);
    expect([read("src/f000.ts"), read("src/f149.ts")]).toEqual(["done();", "done();"]);
  });
});

describe("the project", () => {
  const config = (settings: string): string => `export default [{ files: ["**/*.js", "**/*.ts"], settings: { mapguard: ${settings} } }];`;

  it("has its settings read from its own ESLint configuration", async () => {
    const output = await scanJson({ "eslint.config.mjs": config('{ fix: "auto" }'), "a.ts": "race();\n" });
    expect(output.files[0]!.reports).toMatchObject([{ isFixable: true }]);
  });

  it("may have another configuration in an inner folder", async () => {
    const output = await scanJson({ "eslint.config.mjs": config("{}"), "inner/eslint.config.mjs": config('{ fix: "auto" }'), "a.ts": "race();", "inner/b.ts": "race();" });
    expect(output.files.map(({ reports }) => reports[0]!.isFixable)).toEqual([false, true]);
  });

  it.each([
    ["throws", "throw new Error('no\\nluck');"],
    ["imports what is not installed", "import 'not-installed';"],
    ["is no JavaScript", "export default [;"],
    ["is no configuration", "export default [{ files: ['**/*.ts'], rules: 3 }];"],
  ])("is scanned all the same where its configuration %s, with one line about it", async (_name, text) => {
    const { code, stdout, stderr } = await scan({ "eslint.config.mjs": text, "src/a.ts": RACE }, ["src"]);
    expect(code).toBe(1);
    expect(stdout).toContain("1 file scanned: 1 error");
    expect(stderr).toMatch(/^mapguard: eslint\.config\.mjs could not be read, so its settings are not used: .*\n$/u);
  });

  it("has a mistake in its settings named once for all files", async () => {
    const { code, stdout, stderr } = await scan({ "eslint.config.mjs": config('{ fxi: "auto" }'), "a.ts": "calm();", "b.ts": "calm();" }, [], { bin: BIN });
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'mapguard: eslint.config.mjs: settings.mapguard has no option "fxi"; it has fix, processes, mapTypes, locks, scope\n' });
    expect(stdout).toContain("3 files scanned");
  });

  it("may print while its configuration is read, and that stands aside", async () => {
    const { code, stdout, stderr } = await scan({ "eslint.config.mjs": `console.log("hello");\n${config("{}")}`, "a.ts": RACE }, ["--format", "json"]);
    expect((JSON.parse(stdout) as JsonOutput).summary.errors).toBe(1);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "hello\n2 files scanned: 1 error, 0 warnings.\n" });
  });

  it("cannot end the scan by its configuration", async () => {
    const { code, stderr } = await scan({ "eslint.config.mjs": "process.exit(7);", "src/a.ts": RACE }, ["src"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "mapguard: eslint.config.mjs could not be read, so its settings are not used: it calls process.exit(7)\n" });
  });

  it("has its own comments respected", async () => {
    expect(await scan({ "a.ts": "race(); // eslint-disable-line\n// eslint-disable-next-line other/rule\ncalm();\n" })).toMatchObject({ code: 0, stderr: "" });
  });

  const parserPackage = (body: string): Record<string, string> => ({
    "node_modules/@typescript-eslint/parser/package.json": '{ "name": "@typescript-eslint/parser", "main": "index.js" }',
    "node_modules/@typescript-eslint/parser/index.js": body,
  });
  const realParser = JSON.stringify(path.resolve(import.meta.dirname, "../../node_modules/@typescript-eslint/parser/dist/index.js"));

  it("has its own parser used where it has one", async () => {
    const body = `const real = require(${realParser}); exports.meta = real.meta;
      exports.parseForESLint = (text, options) => { require("fs").appendFileSync(__dirname + "/read.txt", options.filePath + "\\n"); return real.parseForESLint(text, options); };`;
    expect(await scan({ ...parserPackage(body), "src/a.ts": RACE })).toMatchObject({ code: 1 });
    expect(workspace!.read("node_modules/@typescript-eslint/parser/read.txt")).toContain("a.ts");
  });

  it("has its parser found through the package typescript-eslint", async () => {
    const body = `const real = require(${realParser});
      exports.parser = { meta: real.meta, parseForESLint(text, options) { require("fs").writeFileSync(__dirname + "/read.txt", ""); return real.parseForESLint(text, options); } };`;
    await scan({ "node_modules/typescript-eslint/package.json": '{ "main": "index.js" }', "node_modules/typescript-eslint/index.js": body, "a.ts": RACE });
    expect(workspace!.has("node_modules/typescript-eslint/read.txt")).toBe(true);
  });

  it.each([
    ["cannot be loaded, and says so at length", "console.error('no support for TypeScript 7\\nsee there'); console.log('sorry'); throw new TypeError(\"Cannot read properties of undefined (reading 'Cjs')\");"],
    ["loads but fails on every file", "exports.meta = { version: '8.72.0' }; exports.parseForESLint = () => { throw new TypeError('ts.createSourceFile is not a function'); };"],
    ["is of a version long ago", "exports.version = '5.0.0'; exports.parseForESLint = () => ({ ast: { type: 'Program', body: [] } });"],
    ["gives no scopes that ESLint knows", "exports.meta = { version: '8.0.0' }; exports.parseForESLint = () => ({ ast: { type: 'Program', body: [{ type: 'VariableDeclaration' }], tokens: [1] }, scopeManager: {} });"],
  ])("is read by our parser where its own %s", async (_name, body) => {
    const { code, stdout, stderr } = await scan({ ...parserPackage(body), "a.ts": RACE });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toContain("a.ts:3:11");
  });
});

describe("--cache", () => {
  const args = ["scan", "--cache", "--format", "json"];

  it("gives the same answer without reading an unchanged file again", async () => {
    const { run, read, write } = open({ "a.ts": RACE, "b.ts": "calm();\n" });
    const first = await run(args);
    // A mark in the stored answer shows that it is used.
    write({ ".mapguardcache": read(".mapguardcache").replaceAll("Two runs", "Three runs") });
    const second = await run(args);
    expect(second.code).toBe(1);
    expect(second.stdout).toBe(first.stdout.replaceAll("Two runs", "Three runs"));
  });

  it("looks again at a file that changed, and under another preset", async () => {
    const { run, write } = open({ "a.ts": RACE });
    await run(args);
    write({ "a.ts": "calm();\n" });
    expect((await run(args)).code).toBe(0);
    write({ "a.ts": "var a;\n" });
    expect((await run(args)).code).toBe(0);
    expect((await run([...args, "--preset", "strict"])).code).toBe(1);
  });

  it("draws timelines from a stored answer", async () => {
    const { run } = open({ "a.ts": RACE });
    const first = await run(["scan", "--cache"]);
    expect(await run(["scan", "--cache"])).toEqual(first);
  });

  it("does not keep --fix from its work", async () => {
    const { run, read } = open({ "a.ts": "step(1);\n" });
    await run(["scan", "--cache"]);
    await run(["scan", "--cache", "--fix"]);
    expect(read("a.ts")).toBe("done();\n");
  });

  it("looks again where the runtime has become a dependency", async () => {
    const { run, read, write } = open({ "a.ts": RACE, "package.json": "{}" });
    await run(args);
    write({ ".mapguardcache": read(".mapguardcache").replaceAll("Two runs", "Three runs"), "package.json": '{ "dependencies": { "mapguard": "*" } }' });
    expect((await run(args)).stdout).toContain("Two runs");
  });

  it("keeps no answer that depends on other files", async () => {
    const { run, read } = open({ "a.ts": `const sessions = new Map();\n${RACE}` });
    expect(await run(args)).toMatchObject({ code: 1 });
    expect(JSON.parse(read(".mapguardcache"))).toEqual({});
  });

  it("forgets files that are gone", async () => {
    const { run, read, folder } = open({ "a.ts": RACE, "b.ts": RACE });
    await run(args);
    rmSync(path.join(folder, "a.ts"));
    await run(args);
    expect(Object.keys(JSON.parse(read(".mapguardcache")) as object)).toEqual([path.join(folder, "b.ts")]);
  });

  it("stops nothing where it cannot be written", async () => {
    const { run } = open({ "a.ts": RACE, ".mapguardcache/keep.txt": "" });
    const { code, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stderr).toContain("mapguard: the cache could not be written: it is a folder");
  });

  it("starts afresh where the stored answers are damaged", async () => {
    const { run } = open({ "a.ts": RACE, ".mapguardcache": "{ cut o" });
    expect((await run(args)).code).toBe(1);
  });

  it("keeps to node_modules where there is one", async () => {
    const { run, has } = open({ "a.ts": RACE, "node_modules/x/index.js": "" });
    await run(args);
    expect([has(".mapguardcache"), has("node_modules/.cache/mapguard/scan.json")]).toEqual([false, true]);
  });
});

describe("machine-made code", () => {
  it("is skipped, and counted", async () => {
    const output = await scanJson({ "bundle.js": `race(${"a,".repeat(20_000)}1);\n`, "a.ts": "calm();\n" });
    expect(output.summary).toMatchObject({ scanned: 1, skipped: 1, errors: 0 });
  });
});

describe("the command as it is installed", () => {
  it.skipIf(process.platform === "win32")("says by its exit code what it found, even if its reader leaves early", () => {
    const race = 'const m = new Map();\nexport async function f(id) {\n  if (!m.has(id)) m.set(id, await open(id));\n}\n';
    const { folder } = open(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}.js`, race])));
    const { stdout, stderr } = spawnSync("bash", ["-c", '"$0" "$1" scan | head -1; echo "${PIPESTATUS[0]}"', process.execPath, BIN], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^f0\.js:3:\d+ {2}error .*\n1\n$/u);
  });

  it("scans with our own rules", async () => {
    expect(await scan({ "a.ts": "export const a = 1;\n" }, [], { bin: BIN })).toMatchObject({ code: 0, stderr: "" });
  });

  it("says in one line what is wrong", async () => {
    expect(await scan({ "a.ts": "export const = 1;\n" }, [], { bin: BIN })).toMatchObject({ code: 2, stderr: expect.stringMatching(/^mapguard: a\.ts:1:14: cannot be parsed: .*\n$/u) as string });
  });
});
