import { describe, expect, it } from "vitest";
import { fix, type FixOptions, suggest } from "./fix.js";

const SITE = `const cache = new Map();
export async function get(key) {
  if (!cache.has(key)) cache.set(key, await load(key));
  return cache.get(key);
}
`;

const COMMONJS_SITE = SITE.replace("export async function get", "exports.get = async function get");

/** The head of the fixed file, up to the map. */
function getHead(code: string, options: FixOptions = { filename: code.includes("import type") ? "file.mts" : "file.mjs" }): string {
  const { output } = fix(code, options);
  return output.slice(0, output.search(/(?:export )?const cache\b/));
}

describe("the import of SafeMap", () => {
  it.each([
    ["after the last import", `import a from "a";\nimport b from "b";\n\n${SITE}`, `import a from "a";\nimport b from "b";\nimport { SafeMap } from "mapguard";\n\n`],
    ["after a comment behind the last import", `import a from "a"; // about a\n${SITE}`, `import a from "a"; // about a\nimport { SafeMap } from "mapguard";\n`],
    ["in the quotes and with the semicolons of its neighbour", `import a from 'a'\n\n${SITE}`, `import a from 'a'\nimport { SafeMap } from 'mapguard'\n\n`],
    ["after an import of several lines", `import {\n  a,\n  b,\n} from "a";\n${SITE}`, `import {\n  a,\n  b,\n} from "a";\nimport { SafeMap } from "mapguard";\n`],
    ["after the directives", `"use client";\n\n${SITE}`, `"use client";\nimport { SafeMap } from "mapguard";\n\n`],
    ["after several directives", `"use strict";\n"use server"; // here\n${SITE}`, `"use strict";\n"use server"; // here\nimport { SafeMap } from "mapguard";\n`],
    ["before the first statement", SITE, `import { SafeMap } from "mapguard";\n\n`],
    ["after #!", `#!/usr/bin/env node\n${SITE}`, `#!/usr/bin/env node\nimport { SafeMap } from "mapguard";\n\n`],
    ["before the comment of the first statement", `/** What was loaded. */\n${SITE}`, `import { SafeMap } from "mapguard";\n\n/** What was loaded. */\n`],
    ["after comments about the file", `// @ts-check\n/* eslint-env node */\n${SITE}`, `// @ts-check\n/* eslint-env node */\nimport { SafeMap } from "mapguard";\n\n`],
    ["after a licence", `/* Copyright: the authors */\n\n/** What was loaded. */\n${SITE}`, `/* Copyright: the authors */\n\nimport { SafeMap } from "mapguard";\n\n/** What was loaded. */\n`],
    ["into an import that is there", `import { BoundedMap } from "mapguard";\n${SITE}`, `import { BoundedMap, SafeMap } from "mapguard";\n`],
    ["not beside types", `import type { SafeMapOptions } from "mapguard";\n${SITE}`, `import type { SafeMapOptions } from "mapguard";\nimport { SafeMap } from "mapguard";\n`],
    ["not if it is there", `import { SafeMap } from "mapguard";\n${SITE}`, `import { SafeMap } from "mapguard";\n`],
  ])("stands %s", (_name, code, head) => {
    expect(getHead(code)).toBe(head);
  });

  it("uses the name that it is imported by", () => {
    const { output } = fix(`import { SafeMap as Safe } from "mapguard";\n${SITE}`, { filename: "file.mjs" });
    expect(output).toContain("const cache = new Safe();");
    expect(output.match(/mapguard/g)).toHaveLength(1);
  });
});

describe("the require of SafeMap", () => {
  const options: FixOptions = { filename: "file.cjs", sourceType: "commonjs" };

  it.each([
    ["after the modules at the top", `const a = require("a");\nconst { b } = require("b").c;\n\n${COMMONJS_SITE}`, `const a = require("a");\nconst { b } = require("b").c;\nconst { SafeMap } = require("mapguard");\n\n`],
    ["after the directives", `"use strict";\n\n${COMMONJS_SITE}`, `"use strict";\nconst { SafeMap } = require("mapguard");\n\n`],
    ["into a require that is there", `const { BoundedMap } = require("mapguard");\n${COMMONJS_SITE}`, `const { BoundedMap, SafeMap } = require("mapguard");\n`],
    ["not if it is there", `const { SafeMap } = require("mapguard");\n${COMMONJS_SITE}`, `const { SafeMap } = require("mapguard");\n`],
    ["before the map, not after a later require", `${COMMONJS_SITE}const late = require("late");\n`, `const { SafeMap } = require("mapguard");\n\n`],
  ])("stands %s", (_name, code, head) => {
    expect(getHead(code, options)).toBe(head);
  });

  it("is written in a file that is parsed as a module and is CommonJS", () => {
    expect(getHead(`const a = require("a");\n${COMMONJS_SITE}`, { filename: "file.js", sourceType: "module" })).toBe(`const a = require("a");\nconst { SafeMap } = require("mapguard");\n`);
  });
});

describe("a name that means something else", () => {
  it.each([
    ["SafeMap is a class of the file", `class SafeMap {}\n${SITE}`],
    ["SafeMap comes from elsewhere", `import { SafeMap } from "./safe-map.js";\n${SITE}`],
    ["SafeMap is a type only", `import type { SafeMap } from "mapguard";\n${SITE}`],
    ["SafeMap is a parameter somewhere", `${SITE}export function f(SafeMap) { return SafeMap; }\n`],
    ["Map is a class of the file", `import { Map } from "immutable";\n${SITE}`],
  ])("keeps the fix away: %s", (_name, code) => {
    const options: FixOptions = { filename: "file.mts" };
    expect(fix(code, options).output).toBe(code);
    expect(suggest(code, "getOrInsertAsync", options)).toBeUndefined();
  });
});
