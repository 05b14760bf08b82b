import { expect, it } from "vitest";
import { compile } from "./compile.js";

it("accepts what tsc accepts, with the runtime under its name", () => {
  const code = `import { SafeMap } from "mapguard";\nexport const m: Map<string, number> = new SafeMap<string, number>();\n`;
  expect(compile({ "a.ts": code })).toEqual([]);
});

it("names file, line and code of what tsc --strict refuses", () => {
  expect(compile({ "a.ts": `export const n: number =\n  "text";\n` })).toEqual([`a.ts:1: Type 'string' is not assignable to type 'number'. (TS2322)`]);
});

it("lets the files import one another", () => {
  expect(compile({ "a.ts": `import { n } from "./b.js";\nexport const text: string = n;\n`, "b.ts": "export const n = 1;\n" })).toEqual([`a.ts:2: Type 'number' is not assignable to type 'string'. (TS2322)`]);
});

it("refuses an import of a file that is not given", () => {
  expect(compile({ "a.ts": `import "./c.js";\n` })[0]).toMatch(/^a\.ts:1: .*TS2882|TS2307/);
});
