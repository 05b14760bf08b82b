import { describe, expect, it } from "vitest";
import { compile } from "../rules/compile.js";
import { fix, lint, run, slow } from "./fix.js";

const SITES = 50;
const numbers = Array.from({ length: SITES }, (_, index) => index);

const API = `export interface Conn { readonly host: string }
export async function connect(host: string): Promise<Conn> { return { host }; }
export async function record(account: string, amount: number): Promise<void> { await Promise.resolve([account, amount]); }
`;

/** One site a number: every shape in turn, on the map that `map` names. */
function writeSite(index: number, map: string): string {
  const head = `// site ${index}\n`;
  switch (index % 5) {
    case 0:
      return `${head}export async function open${index}(host: string): Promise<Conn> {
  if (!${map}.has(host)) {
    // opens ${index}
    const conn = await connect(host);
    ${map}.set(host, conn); // kept ${index}
  }
  return ${map}.get(host)!;
}
`;
    case 1:
      return `${head}export async function open${index}(host: string): Promise<Conn> {
  let conn = ${map}.get(host);
  if (conn === undefined) {
    conn = await connect(host);
    ${map}.set(host, conn);
  }
  return conn;
}
`;
    case 2:
      return `${head}export async function open${index}(host: string): Promise<Conn> {
  const known = ${map}.get(host);
  if (known) return known;
  const conn = await connect(host);
  ${map}.set(host, conn);
  return conn;
}
`;
    case 3:
      return `${head}export const open${index} = async (host: string): Promise<Conn> => {
  if (!${map}.has(host)) ${map}.set(host, await connect(host));
  return ${map}.get(host)!;
};
`;
    default:
      return `${head}export async function open${index}(host: string): Promise<Conn> {
  if (${map}.has(host)) {
    return ${map}.get(host)!;
  }
  /* opens ${index} */
  const conn = await connect(host);
  ${map}.set(host, conn);
  return conn;
}
`;
  }
}

const IMPORT = `import { type Conn, connect } from "./api.js";\n`;
const oneMap = `${IMPORT}\nconst conns = new Map<string, Conn>();\n\n${numbers.map((index) => writeSite(index, "conns")).join("\n")}`;
const manyMaps = `${IMPORT}\n${numbers.map((index) => `const conns${index}: Map<string, Conn> = new Map();`).join("\n")}\n\n${numbers.map((index) => writeSite(index, `conns${index}`)).join("\n")}`;

function writeClass(index: number): string {
  const field = index % 2 === 0 ? "#conns" : "conns";
  const declaration = index % 2 === 0 ? "#conns = new Map<string, Conn>()" : "private readonly conns: Map<string, Conn>";
  const constructor = index % 2 === 0 ? "" : "\n  constructor() {\n    this.conns = new Map();\n  }\n";
  const method = writeSite(index, `this.${field}`).replace(/export async function (\w+)/, "async $1").replace(/export const (\w+) = async (.*) => \{/, "async $1$2 {").replace(/\};\n$/, "}\n");
  return `export class Pool${index} {\n  ${declaration};\n${constructor}\n${method.replace(/^/gm, "  ")}}\n`;
}
const classes = `${IMPORT}\n${numbers.map(writeClass).join("\n")}`;

const COMMENT = /\/\/.*|\/\*.*?\*\//g;

function getComments(code: string): string[] {
  return code.match(COMMENT) ?? [];
}

function countImports(code: string): number {
  return code.match(/(?:from|require\() ?["']mapguard["']/g)?.length ?? 0;
}

type Opener = Record<string, (host: string) => Promise<object>>;

/** Every opener, called five times at once for a host of its own: how often it connects. */
async function countConnections(module: Opener): Promise<number[]> {
  return Promise.all(
    numbers.map(async (index) => {
      const host = `host-${index}`;
      const opened = await Promise.all(Array.from({ length: 5 }, () => module[`open${index}`]!(host)));
      return new Set(opened).size;
    }),
  );
}

const files = { "one map": oneMap, "fifty maps": manyMaps, "fifty classes with private fields": classes };

describe.each(Object.entries(files))("one --fix of fifty sites: %s", (_name, code) => {
  const { output, messages } = fix(code);

  it("has fifty sites to begin with", () => {
    expect(lint(code, { preset: "recommended" })).toHaveLength(SITES);
  });

  it("leaves no report", () => {
    expect(messages).toEqual([]);
  });

  it("rewrites every site", () => {
    expect(output.match(/getOrInsertAsync/g)).toHaveLength(SITES);
    expect(output).not.toMatch(/new Map\b|: Map</);
  });

  it("imports SafeMap once", () => {
    expect(countImports(output)).toBe(1);
  });

  it("keeps every comment", () => {
    expect(getComments(output).sort()).toEqual(getComments(code).sort());
  });

  it("gives what tsc --strict accepts", () => {
    expect(compile({ "file.ts": output, "api.ts": API })).toEqual([]);
  });

  it("has nothing left for a second --fix", () => {
    expect(fix(output).output).toBe(output);
  });
});

describe("one --fix of fifty sites, run", () => {
  it.each([
    ["one map", oneMap],
    ["fifty maps", manyMaps],
  ])("opens one connection for five calls at once: %s", async (_name, code) => {
    const { fn } = slow((host: string) => ({ host }));
    expect(await countConnections(run<Opener>(code, { "./api.js": { connect: fn } }))).toEqual(numbers.map(() => 5));
    const fixed = run<Opener>(fix(code).output, { "./api.js": { connect: fn } });
    expect(await countConnections(fixed)).toEqual(numbers.map(() => 1));
  });

  it("opens one connection for five calls at once: fifty classes", async () => {
    const { fn } = slow((host: string) => ({ host }));
    const module = run<Record<string, new () => Opener>>(fix(classes).output, { "./api.js": { connect: fn } });
    const instances = numbers.map((index) => [`open${index}`, new module[`Pool${index}`]!()] as const);
    const opener = Object.fromEntries(instances.map(([name, pool]) => [name, (host: string) => pool[name]!(host)]));
    expect(await countConnections(opener)).toEqual(numbers.map(() => 1));
  });
});

describe("one --fix with the first site disabled by a comment", () => {
  it.each([
    ["one map", oneMap.replace("    conns.set(host, conn); // kept 0", "    // eslint-disable-next-line mapguard/no-check-then-act, mapguard/no-duplicate-load\n    conns.set(host, conn); // kept 0"), 1],
    ["fifty maps", manyMaps.replace("    conns0.set(host, conn); // kept 0", "    conns0.set(host, conn); // eslint-disable-line"), 0],
  ])("fixes the other forty-nine: %s", (_name, code) => {
    const { output, messages } = fix(code);
    expect(messages).toEqual([]);
    expect(output.match(/getOrInsertAsync/g)).toHaveLength(SITES - 1);
    expect(output).toContain("    // opens 0\n    const conn = await connect(host);\n");
    expect(countImports(output)).toBe(1);
    expect(compile({ "file.ts": output, "api.ts": API })).toEqual([]);
    expect(fix(output).output).toBe(output);
  });

  it("leaves the map of a site that is disabled as it is", () => {
    const code = manyMaps.replace("    conns0.set(host, conn); // kept 0", "    conns0.set(host, conn); // eslint-disable-line");
    expect(fix(code).output).toContain("const conns0: Map<string, Conn> = new Map();");
  });

  it("changes nothing where every site is disabled", () => {
    const code = `/* eslint-disable */\n${oneMap}`;
    expect(fix(code).output).toBe(code);
  });
});

describe("one --fix of other kinds of files", () => {
  const body = `const conns = new Map();

async function open(host) {
  if (!conns.has(host)) {
    const conn = await connect(host);
    conns.set(host, conn);
  }
  return conns.get(host);
}
`;

  it("requires in a CommonJS file, after its other modules", () => {
    const code = `'use strict';\n\nconst { connect } = require('./api.js'); // the api\nconst path = require('node:path')\n\n${body}\nmodule.exports = { open, path };\n`;
    const { output, messages } = fix(code, { filename: "file.cjs", sourceType: "commonjs" });
    expect(messages).toEqual([]);
    expect(output).toContain(`const path = require('node:path')\nconst { SafeMap } = require('mapguard')\n\nconst conns = new SafeMap();\n`);
    expect(output.startsWith("'use strict';\n")).toBe(true);
  });

  it("runs, fixed, as CommonJS", async () => {
    const { fn } = slow((host: string) => ({ host }));
    const code = `const { connect } = require("./api.js");\n${body}\nmodule.exports = { open };\n`;
    const { output } = fix(code, { filename: "file.cjs", sourceType: "commonjs" });
    const { open } = run<{ open: (host: string) => Promise<object> }>(output, { "./api.js": { connect: fn } });
    const [first, second] = await Promise.all([open("a"), open("a")]);
    expect(first).toBe(second);
  });

  it("requires in fifty sites of CommonJS, once", () => {
    const sites = numbers.map((index) => `exports.open${index} = async (host) => {\n  if (!conns.has(host)) conns.set(host, await connect(host));\n  return conns.get(host);\n};\n`);
    const code = `const { connect } = require("./api.js");\nconst conns = new Map();\n\n${sites.join("\n")}`;
    const { output, messages } = fix(code, { filename: "file.js", sourceType: "commonjs" });
    expect(messages).toEqual([]);
    expect(output.match(/getOrInsertAsync/g)).toHaveLength(SITES);
    expect(countImports(output)).toBe(1);
  });

  it("keeps #! in the first line", () => {
    const code = `#!/usr/bin/env node\n${body}\nexport { open };\n`;
    const { output, messages } = fix(code, { filename: "file.mjs" });
    expect(messages).toEqual([]);
    expect(output.startsWith(`#!/usr/bin/env node\nimport { SafeMap } from "mapguard";\n\nconst conns = new SafeMap();\n`)).toBe(true);
  });

  it('keeps "use client" before the import', () => {
    const code = `"use client";\n\n${body}\nexport { open };\n`;
    const { output, messages } = fix(code, { filename: "file.mjs" });
    expect(messages).toEqual([]);
    expect(output.startsWith(`"use client";\nimport { SafeMap } from "mapguard";\n\nconst conns = new SafeMap();\n`)).toBe(true);
  });

  it("keeps Windows line ends", () => {
    const code = oneMap.replaceAll("\n", "\r\n");
    const { output, messages } = fix(code);
    expect(messages).toEqual([]);
    expect(output.replaceAll("\r\n", "")).not.toContain("\n");
  });
});
