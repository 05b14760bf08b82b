import { describe, expect, it } from "vitest";
import { compile } from "../rules/compile.js";
import { fix, type FixOptions, lint } from "./fix.js";

/** What a shape becomes, both without the import. */
export interface Case {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What the cases of a file have in common: types, functions that are only declared, the map. */
export interface CaseFile {
  readonly rule: string;
  readonly header: string;
  readonly options?: FixOptions;
}

const IMPORT = 'import { SafeMap } from "mapguard";\n\n';

function getBody(output: string, header: string): string {
  const text = output.startsWith(IMPORT) ? output.slice(IMPORT.length) : output;
  const found = [header, header.replaceAll("new Map<", "new SafeMap<")].find((item) => text.startsWith(item));
  return found === undefined ? text : text.slice(found.length);
}

/** Every case is reported, becomes what it should by one --fix, compiles, lints clean, and is not fixed twice. */
export function testFixes(title: string, { rule, header, options }: CaseFile, cases: readonly Case[]): void {
  describe(title, () => {
    it.each(cases.map((item) => [item.name, item] as const))("%s", (_name, { before, after }) => {
      const code = header + before;
      expect(lint(code, options).map(({ ruleId }) => ruleId)).toContain(`mapguard/${rule}`);
      const { output, messages } = fix(code, options);
      expect(getBody(output, header)).toBe(after);
      expect(messages).toEqual([]);
      expect(compile({ "file.ts": output })).toEqual([]);
      expect(fix(output, options).output).toBe(output);
    });
  });
}

/** Every case is reported, and left alone by --fix. */
export function testNoFix(title: string, { rule, header, options }: CaseFile, cases: readonly Omit<Case, "after">[]): void {
  describe(title, () => {
    it.each(cases.map((item) => [item.name, item] as const))("%s", (_name, { before }) => {
      const code = header + before;
      expect(compile({ "file.ts": code })).toEqual([]);
      expect(lint(code, options).map(({ ruleId }) => ruleId)).toContain(`mapguard/${rule}`);
      expect(fix(code, options).output).toBe(code);
    });
  });
}
