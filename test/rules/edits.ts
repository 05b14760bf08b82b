import * as typescript from "@typescript-eslint/parser";
import { Linter } from "eslint";
import { describe, expect, it } from "vitest";
import plugin from "../../src/plugin.js";
import { compile } from "./compile.js";

/** A source and what the edit of its reports makes of it; `undefined`: no edit is offered. */
export type EditCases = Readonly<Record<string, readonly [before: string, after: string | undefined]>>;

const FILES = ["**/*.ts"];

function createConfig(rule: string, options: object): Linter.Config[] {
  return [{ files: FILES, languageOptions: { parser: typescript as Linter.Parser }, plugins: { mapguard: plugin }, rules: { [`mapguard/${rule}`]: ["error", options] } }];
}

/** One `eslint --fix` with the rule alone, under `fix: "auto"`. */
export function applyFix(rule: string, code: string): { readonly output: string; readonly reports: number } {
  const { output, messages } = new Linter().verifyAndFix(code, createConfig(rule, { fix: "auto" }), { filename: "file.ts" });
  return { output, reports: messages.length };
}

function getEdits(rule: string, code: string, options: object): { readonly fixes: number; readonly suggestions: number } {
  const messages = new Linter().verify(code, createConfig(rule, options), { filename: "file.ts" });
  expect(messages.length).toBeGreaterThan(0);
  return { fixes: messages.filter(({ fix }) => fix).length, suggestions: messages.filter(({ suggestions }) => suggestions?.length).length };
}

/**
 * What every fix must do: give the expected text, compile, lint clean for the rule, change nothing the second time, and obey the option `fix`.
 * @param site A function by number whose body the rule reports and edits, for the file of fifty; `header` comes before.
 */
export function testEdits(rule: string, cases: EditCases, header: string, site: (index: number) => string): void {
  describe(`${rule} edits`, () => {
    it.each(Object.entries(cases))("%s", (_name, [before, after]) => {
      const { output } = applyFix(rule, before);
      expect(output).toBe(after ?? before);
    });

    const edited = Object.entries(cases).filter(([, [, after]]) => after !== undefined);

    it.each(edited)("what compiled still compiles: %s", (_name, [before]) => {
      expect(compile({ "a.ts": before })).toEqual([]);
      expect(compile({ "a.ts": applyFix(rule, before).output })).toEqual([]);
    });

    it.each(edited)("nothing is left to report or to change: %s", (_name, [before]) => {
      const { output, reports } = applyFix(rule, before);
      expect(reports).toBe(0);
      expect(applyFix(rule, output).output).toBe(output);
    });

    const first = edited[0]![1][0];
    it("offers the edit as a suggestion by default", () => expect(getEdits(rule, first, {})).toEqual({ fixes: 0, suggestions: 1 }));
    it("offers no edit under fix: off", () => expect(getEdits(rule, first, { fix: "off" })).toEqual({ fixes: 0, suggestions: 0 }));
    it("applies the edit under fix: auto", () => expect(getEdits(rule, first, { fix: "auto" })).toEqual({ fixes: 1, suggestions: 0 }));

    const fifty = Array.from({ length: 50 }, (_, index) => site(index));
    it("edits fifty sites in one run", () => {
      const { output, reports } = applyFix(rule, header + fifty.join(""));
      expect(reports).toBe(0);
      expect(compile({ "a.ts": output })).toEqual([]);
    });

    it("leaves a disabled site alone and edits the other forty-nine", () => {
      const disabled = header + [`/* eslint-disable mapguard/${rule} */\n${fifty[0]}/* eslint-enable mapguard/${rule} */\n`, ...fifty.slice(1)].join("");
      const { output, reports } = applyFix(rule, disabled);
      expect(reports).toBe(0);
      expect(output).toContain(fifty[0]);
      expect(compile({ "a.ts": output })).toEqual([]);
    });
  });
}
