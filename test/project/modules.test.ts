import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findImportedFunction } from "../../src/project/imports.js";
import { findExported, getExportedNames, isImportOf } from "../../src/project/modules.js";
import { type Files, getCall, open } from "./fixture.js";

function findDeclaration(files: Files, module: string, name: string): string | undefined {
  const { root, project } = open(files);
  const found = findExported(join(root, module), name, project);
  return found && `${found.file.path.slice(root.length + 1)} ${found.local}`;
}

describe("what a module exports is found", () => {
  it.each<[string, Files]>([
    ["as a declaration", { "a.ts": "export async function load() {}" }],
    ["as a constant", { "a.ts": "export const load = async () => {};" }],
    ["in a list", { "a.ts": "async function load() {}\nexport { load };" }],
    ["in module.exports", { "a.ts": "async function load() {}\nmodule.exports = { load };" }],
    ["on exports", { "a.ts": "async function load() {}\nexports.load = load;" }],
  ])("%s", (_how, files) => {
    expect(findDeclaration(files, "a.ts", "load")).toBe("a.ts load");
  });

  it.each<[string, Files, string]>([
    ["under another name", { "index.ts": 'export { open as load } from "./b";', "b.ts": "export function open() {}" }, "b.ts open"],
    ["by a barrel", { "index.ts": 'export * from "./b/index.js";', "b/index.ts": 'export * from "./c";', "b/c.ts": "export function load() {}" }, "b/c.ts load"],
    ["by an import that is exported again", { "index.ts": 'import { load } from "./b";\nexport { load };', "b.ts": "export function load() {}" }, "b.ts load"],
    ["as the default", { "index.ts": 'export { default as load } from "./b";', "b.ts": "export default function run() {}" }, "b.ts run"],
  ])("along re-exports: %s", (_how, files, place) => {
    expect(findDeclaration(files, "index.ts", "load")).toBe(place);
  });

  it("not behind too many of them", () => {
    const files = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`a${index}.ts`, `export * from "./a${index + 1}";`]));
    expect(findDeclaration({ ...files, "a6.ts": "export function load() {}" }, "a0.ts", "load")).toBeUndefined();
  });

  it("not in a circle of them", () => {
    expect(findDeclaration({ "a.ts": 'export * from "./b";', "b.ts": 'export * from "./a";' }, "a.ts", "load")).toBeUndefined();
  });
});

describe("the names that a module exports", () => {
  it("lead to its own", () => {
    const { file } = open({ "a.ts": "export const a = 1;\nfunction b() {}\nexport { b as c };\nexport default b;" });
    expect([...getExportedNames(file.model)]).toEqual([["a", "a"], ["c", "b"], ["default", "b"]]);
  });
});

describe("an import", () => {
  const files = { "a.ts": "export function load() {}", "index.ts": 'export * from "./a";', "other.ts": "export function load() {}", "user.ts": "" };
  it.each([
    ["./a", "load", "yes"],
    ["./a.js", "load", "yes"],
    ["./index", "load", "yes"],
    ["./a", "*", "yes"],
    ["./other", "load", "no"],
    ["./missing", "load", "no"],
    ["node:fs", "load", "no"],
    ["@app/a", "load", "unknown"],
  ])("of %s {%s} is one of the function: %s", (source, name, answer) => {
    const { root, project } = open(files);
    expect(isImportOf({ source, name }, join(root, "user.ts"), { path: join(root, "a.ts"), name: "load" }, project)).toBe(answer);
  });
});

describe("the function that a call runs in another file", () => {
  it.each<[string, string, string, Files]>([
    ["by its name", 'import { load } from "./b";\nload();', "load()", { "b.ts": "export async function load() {}" }],
    ["by a default import", 'import anything from "./b";\nanything();', "anything()", { "b.ts": "export default async function load() {}" }],
    ["of a namespace", 'import * as b from "./b";\nb.load();', "b.load()", { "b.ts": "export async function load() {}" }],
    ["of a required module", 'const b = require("./b");\nb.load();', "b.load()", { "b.ts": "exports.load = async function load() {};" }],
    ["of an instance", 'import { Client } from "./b";\nconst c = new Client();\nc.load();', "c.load()", { "b.ts": "export class Client { async load() {} }" }],
    ["of an instance in a field", 'import { Client } from "./b";\nclass A { c = new Client(); run() { this.c.load(); } }', "this.c.load()", { "b.ts": "export class Client { async load() {} }" }],
    ["of an instance that is exported", 'import { client } from "./b";\nclient.load();', "client.load()", { "b.ts": "class Client { async load() {} }\nexport const client = new Client();" }],
    ["of an object that is exported", 'import { client } from "./b";\nclient.load();', "client.load()", { "b.ts": "export const client = { async load() {} };" }],
    ["of a class", 'import { Client } from "./b";\nClient.load();', "Client.load()", { "b.ts": "export class Client { static async load() {} }" }],
  ])("%s", (_how, text, call, files) => {
    const { file, project } = open({ "a.ts": text, ...files });
    expect(findImportedFunction(getCall(file, call), file, project)?.info.name).toBe("load");
  });

  it.each<[string, string, string]>([
    ["of a package", 'import { load } from "pkg";\nload();', "load()"],
    ["of a value that anyone may have made", 'import { Client } from "./b";\nfunction f(c: Client) { c.load(); }', "c.load()"],
    ["of a field that is assigned more than once", 'import { Client } from "./b";\nclass A { c; a() { this.c = new Client(); } b(x) { this.c = x; } run() { this.c.load(); } }', "this.c.load()"],
  ])("is unknown %s", (_how, text, call) => {
    const { file, project } = open({ "a.ts": text, "b.ts": "export class Client { async load() {} }" });
    expect(findImportedFunction(getCall(file, call), file, project)).toBeUndefined();
  });
});
