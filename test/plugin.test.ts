import css from "@eslint/css";
import json from "@eslint/json";
import markdown from "@eslint/markdown";
import * as typescript from "@typescript-eslint/parser";
import { ESLint, Linter } from "eslint";
import { defineConfig } from "eslint/config";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import plugin from "../src/plugin.js";

const ROOT = resolve(import.meta.dirname, "..");
const RULES = Object.entries(plugin.rules);
const CONFIGS = Object.entries(plugin.configs);

const AROUND_AWAIT = ["no-check-then-act", "no-duplicate-load", "no-lost-update", "no-stale-cleanup", "no-leaked-reservation", "no-stale-fill", "no-stale-entry"];

interface Manifest {
  readonly name: string;
  readonly version: string;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Manifest;
}

function verify(code: string, config: Linter.Config[], filename: string): Linter.LintMessage[] {
  return new Linter({ configType: "flat" }).verify(code, config, { filename });
}

const RACE = `const sessions = new Map();
export async function acquire(id) {
  if (!sessions.has(id)) {
    const session = await openSession(id);
    sessions.set(id, session);
  }
  return sessions.get(id);
}
`;

describe("meta", () => {
  it("names the package and the namespace of its rules", () => {
    expect(plugin.meta).toMatchObject({ name: readManifest(".").name, namespace: "mapguard" });
  });

  it("has the version of both packages", () => {
    expect(plugin.meta.version).toBe(readManifest(".").version);
    expect(plugin.meta.version).toBe(readManifest("src/runtime").version);
  });
});

describe("configs", () => {
  it("are the four that the documentation names", () => {
    expect(Object.keys(plugin.configs).sort()).toEqual(["all", "autofix", "recommended", "strict"]);
  });

  it.each(CONFIGS)("%s has a name, brings no parser and picks no files", (name, config) => {
    expect(config.name).toBe(`mapguard/${name}`);
    expect(Object.keys(config).filter((key) => !["name", "ignores", "plugins", "rules", "settings"].includes(key))).toEqual([]);
  });

  it.each(CONFIGS)("%s leaves it to others which files are linted", async (_name, config) => {
    const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: [config] });
    expect(await eslint.isPathIgnored("page.ts")).toBe(true);
    expect(await eslint.isPathIgnored("page.js")).toBe(false);
  });

  it.each(CONFIGS)("%s can be extended by its name", (name) => {
    const config = defineConfig([{ files: ["**/*.js"], plugins: { mapguard: plugin }, extends: [`mapguard/${name}`] }]);
    expect(verify(RACE, config, "race.js").map(({ ruleId }) => ruleId)).toContain("mapguard/no-check-then-act");
  });

  it("recommended turns on what is shown by a file, and no rule that is on by name only", () => {
    const expected = RULES.filter(([, rule]) => rule.severity === "error" || rule.severity === "warn").map(([id, rule]) => [`mapguard/${id}`, rule.severity]);
    expect(plugin.configs.recommended.rules).toEqual(Object.fromEntries(expected));
  });

  it("strict holds all of recommended, as errors with the heuristics", () => {
    for (const id of Object.keys(plugin.configs.recommended.rules ?? {})) expect(plugin.configs.strict.rules?.[id]).toEqual(["error", { heuristics: true }]);
  });

  it("all holds every rule", () => {
    expect(Object.keys(plugin.configs.all.rules ?? {}).sort()).toEqual(RULES.map(([id]) => `mapguard/${id}`).sort());
  });

  it("autofix is recommended with fixes that are applied", () => {
    expect(plugin.configs.autofix.rules).toEqual(plugin.configs.recommended.rules);
    expect(plugin.configs.autofix.settings).toEqual({ mapguard: { fix: "auto" } });
  });
});

describe("the option `fix`", () => {
  it.each(AROUND_AWAIT)("of %s is one of three words", (id) => {
    const config = (fix: string): Linter.Config[] => [{ plugins: { mapguard: plugin }, rules: { [`mapguard/${id}`]: ["error", { fix }] } }];
    for (const fix of ["off", "suggest", "auto"]) expect(() => verify("f();", config(fix), "a.js")).not.toThrow();
    expect(() => verify("f();", config("always"), "a.js")).toThrow('"always"');
  });
});

describe("languages", () => {
  // No `files` on ours: it is one line in a config that lints other languages too.
  const everything = [
    plugin.configs.all,
    ...defineConfig([
      { files: ["**/*.json"], plugins: { json }, language: "json/json" },
      { files: ["**/*.css"], plugins: { css }, language: "css/css" },
      { files: ["**/*.md"], plugins: { markdown }, language: "markdown/gfm" },
    ]),
  ];

  it.each([
    ["JSON", "data.json", '{ "Map": "new Map()" }'],
    ["CSS", "style.css", "a { color: red }"],
    ["Markdown", "page.md", `# new Map()\n\n\`\`\`js\n${RACE}\`\`\`\n`],
  ])("are silent on %s", (_language, filename, code) => {
    expect(verify(code, everything, filename)).toEqual([]);
  });

  it("find code in Markdown where a processor takes it out", async () => {
    const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: [plugin.configs.recommended, { files: ["**/*.md"], plugins: { markdown }, processor: "markdown/markdown" }] });
    const [result] = await eslint.lintText(`# Race\n\n\`\`\`js\n${RACE}\`\`\`\n`, { filePath: "page.md" });
    expect(result?.messages.map(({ ruleId }) => ruleId)).toContain("mapguard/no-check-then-act");
  });
});

describe("rules", () => {
  it.each(RULES)("%s says what it is about, where its page is, and on what languages it works", (id, { meta }) => {
    expect(meta?.docs?.description).toMatch(/^(?:Disallow|Require|Prefer|Enforce) /);
    expect(meta?.docs?.url).toBe(`https://github.com/mapguard/mapguard/blob/main/docs/rules/${id}.md`);
    expect(meta?.languages).toEqual(["js/js"]);
  });

  it.each(RULES)("%s describes each of its options and refuses others", (_id, { meta }) => {
    const [schema] = meta?.schema as [{ properties: Record<string, { description?: string }>; additionalProperties: boolean }];
    expect(schema.additionalProperties).toBe(false);
    for (const option of Object.values(schema.properties)) expect(option.description).toMatch(/\.$/);
    for (const name of Object.keys((meta?.defaultOptions?.[0] ?? {}) as object)) expect(schema.properties).toHaveProperty(name);
  });

  it.each(RULES)("%s has an option for its fix if it has one, or if it is around `await`", (id, { meta }) => {
    const [schema] = meta?.schema as [{ properties: object }];
    expect("fix" in schema.properties).toBe(meta?.fixable !== undefined || AROUND_AWAIT.includes(id));
  });

  it.each(RULES)("%s has nothing to say on an empty file", (id) => {
    for (const parser of [undefined, typescript]) {
      expect(verify("", [{ plugins: { mapguard: plugin }, rules: { [`mapguard/${id}`]: ["error", { heuristics: true }] }, languageOptions: parser ? { parser } : {} }], "empty.js")).toEqual([]);
    }
  });
});

describe("settings", () => {
  const lintWith = (mapguard: unknown, code = RACE): string[] => verify(code, [{ ...plugin.configs.all, settings: { mapguard } }], "race.js").flatMap(({ message, line }) => (message.startsWith("settings.") ? [`${line}: ${message}`] : []));

  it("are right as they are documented", () => {
    expect(lintWith({ fix: "off", processes: "many", mapTypes: ["Registry"], locks: ["withLock", { name: "enter", kind: "acquire" }] })).toEqual([]);
  });

  it("with a typo are reported once a file, on its first line", () => {
    expect(lintWith({ process: "many" })).toEqual(['1: settings.mapguard has no option "process"; it has fix, processes, mapTypes, locks, scope.']);
  });

  it("with a typo are reported on a file without maps too", () => {
    expect(lintWith({ fix: "always" }, "export const a = 1;\n")).toEqual(['1: settings.mapguard.fix must be one of "off", "suggest", "auto", not "always".']);
  });

  it("with several mistakes say each of them", () => {
    expect(lintWith({ mapTypes: "Registry", locks: [1] })).toHaveLength(2);
  });

  it("that are no object are refused", () => {
    expect(lintWith("auto")).toEqual(["1: settings.mapguard must be an object."]);
  });
});

describe("the built plugin", () => {
  function* listModules(folder: string): Generator<string> {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      if (statSync(file).isDirectory()) yield* listModules(file);
      else if (name.endsWith(".js")) yield file;
    }
  }
  const modules = ["dist/rules", "dist/src"].flatMap((folder) => [...listModules(join(ROOT, folder))]);

  it("is what require gives, without a default in between", () => {
    const required = createRequire(import.meta.url)("eslint-plugin-mapguard") as typeof plugin;
    expect(required.meta).toEqual(plugin.meta);
    expect(Object.keys(required.rules)).toEqual(Object.keys(plugin.rules));
  });

  it("imports no TypeScript at run time", () => {
    const importing = modules.filter((file) => /(?:from|import\(|require\()\s*["'](?:typescript|@typescript-eslint\/(?:utils|parser|typescript-estree)|typescript-eslint)["']/.test(readFileSync(file, "utf8")));
    expect(modules.length).toBeGreaterThan(RULES.length);
    expect(importing).toEqual([]);
  });

  it("imports only what the package depends on", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: object; peerDependencies: object };
    const known = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    const imported = modules.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*?from\s*["'](?<name>(?!\.|node:)[^"']+)["']/gm)].map((match) => match.groups?.["name"] ?? ""));
    const packages = new Set(imported.map((name) => name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/")));
    expect([...packages].filter((name) => !known.includes(name))).toEqual([]);
  });
});
