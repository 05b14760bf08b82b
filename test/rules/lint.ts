import * as typescript from "@typescript-eslint/parser";
import { Linter } from "eslint";
import plugin from "../../src/plugin.js";

export interface LintOptions {
  readonly preset?: "recommended" | "strict" | "all" | "autofix";
  /** Only these rules, by id without prefix. */
  readonly rules?: readonly string[];
  readonly filename?: string;
  readonly parser?: "typescript" | "espree";
  readonly settings?: Record<string, unknown>;
}

export interface Report {
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

/** Lints a piece of code with a config of the plugin. Throws on a syntax error, so that no test passes by one. */
export function lint(code: string, options: LintOptions = {}): Report[] {
  const linter = new Linter({ configType: "flat" });
  const files = ["**/*.{js,cjs,mjs,jsx,ts,tsx}"];
  const preset = plugin.configs[options.preset ?? "recommended"];
  const rules = Object.entries(preset.rules ?? {}).filter(([id]) => !options.rules || options.rules.includes(id.replace("mapguard/", "")));
  const filename = options.filename ?? "example.ts";
  const messages = linter.verify(
    code,
    [
      { files, languageOptions: options.parser === "espree" ? {} : { parser: typescript, parserOptions: { ecmaFeatures: { jsx: filename.endsWith("x") } } } },
      { files, ...preset, rules: Object.fromEntries(rules), settings: { mapguard: { ...(preset.settings?.["mapguard"] as object | undefined), ...options.settings } } },
    ],
    { filename },
  );
  const broken = messages.find((message) => message.fatal);
  if (broken) throw new SyntaxError(`${broken.message} (line ${broken.line})`);
  return messages.map(({ ruleId, line, message }) => ({ rule: (ruleId ?? "").replace("mapguard/", ""), line, message }));
}
