import { describe, expect, it } from "vitest";
import { compile } from "../compile.js";
import { fix } from "../../fixes/fix.js";

const options = { rules: { "mapguard/prefer-safe-map": "error" } } as const;

function migrate(code: string, filename = "file.ts"): string {
  const { output, messages } = fix(code, { ...options, filename });
  expect(messages).toEqual([]);
  expect(fix(output, { ...options, filename }).output).toBe(output);
  return output;
}

describe("prefer-safe-map: --fix migrates a file in one run", () => {
  it("declaration, annotation and import", () => {
    const output = migrate(`"use client";
import { log } from "node:console";

const users = new Map<string, number>();
export class Store {
  #rooms: Map<string, number> = new Map();
  put(id: string): void {
    this.#rooms.set(id, 1);
    users.set(id, 1);
    log(id);
  }
}
`);
    expect(output).toBe(`"use client";
import { log } from "node:console";
import { SafeMap } from "mapguard";

const users = new SafeMap<string, number>();
export class Store {
  #rooms: SafeMap<string, number> = new SafeMap();
  put(id: string): void {
    this.#rooms.set(id, 1);
    users.set(id, 1);
    log(id);
  }
}
`);
    expect(compile({ "file.ts": output })).toEqual([]);
  });
  it("require in CommonJS", () => {
    const output = migrate(`const users = new Map();\nmodule.exports.put = (id) => { users.set(id, 1); };\n`, "file.cjs");
    expect(output).toContain('require("mapguard")');
    expect(output).toContain("new SafeMap()");
  });
  it("fifty maps, one import", () => {
    const code = Array.from({ length: 50 }, (_, index) => `const m${index} = new Map<string, number>();\nexport function put${index}(id: string): void {\n  m${index}.set(id, 1);\n}\n`).join("\n");
    const output = migrate(code);
    expect(output.match(/new SafeMap</g)).toHaveLength(50);
    expect(output.match(/import \{ SafeMap \} from "mapguard"/g)).toHaveLength(1);
    expect(compile({ "file.ts": output })).toEqual([]);
  });
  it("forty-nine, with the first disabled by a comment", () => {
    const places = Array.from({ length: 50 }, (_, index) => `const m${index} = new Map<string, number>();\nexport function put${index}(id: string): void {\n  m${index}.set(id, 1);\n}\n`);
    const output = migrate(`// eslint-disable-next-line mapguard/prefer-safe-map\n${places.join("\n")}`);
    expect(output.match(/new SafeMap</g)).toHaveLength(49);
    expect(output.match(/import \{ SafeMap \} from "mapguard"/g)).toHaveLength(1);
  });
  it("only an offer by default", () => {
    const code = `const m = new Map<string, number>();\nexport function put(id: string): void {\n  m.set(id, 1);\n}\n`;
    expect(fix(code, { ...options, preset: "recommended" }).output).toBe(code);
  });
});
