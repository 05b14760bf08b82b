import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as typescriptParser from "@typescript-eslint/parser";
import * as espree from "espree";
import { Linter } from "eslint";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const PREFIX = "mapguard/";

/** The core rule that comes nearest, run beside ours so that times compare. */
export const BASELINE_RULE = "require-atomic-updates";

export const DEFAULT_PLUGIN = join(ROOT, "dist/src/plugin.js");

const PARSERS = { typescript: typescriptParser, espree };

/** Loads an ESLint plugin from a file. */
export async function loadPlugin(path = DEFAULT_PLUGIN) {
  if (!existsSync(path)) throw new Error(`${path} does not exist: run \`npm run build\` first`);
  return (await import(pathToFileURL(path).href)).default;
}

/** The rule ids of one hazard family: the files of its folder under `rules`. */
function rulesOfFamily(family) {
  const folder = join(ROOT, "rules", family);
  if (!existsSync(folder)) throw new Error(`no such family of rules: ${family}`);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== "index.ts")
    .map((name) => name.slice(0, -".ts".length));
}

/** The plugin's rules with the family folder each stands in. */
export function findFamilies(plugin) {
  const families = new Map();
  for (const family of readdirSync(join(ROOT, "rules"))) {
    for (const rule of rulesOfFamily(family)) if (plugin.rules[rule]) families.set(rule, family);
  }
  return families;
}

/** A preset's rules and settings; `every` means all rules of the plugin as errors. */
function readPreset(plugin, preset) {
  if (preset === "every") {
    return { rules: Object.fromEntries(Object.keys(plugin.rules).map((rule) => [PREFIX + rule, "error"])), settings: {} };
  }
  const configs = plugin.configs?.[preset];
  if (!configs) throw new Error(`the plugin has no config "${preset}"`);
  const parts = [configs].flat(Infinity);
  return {
    rules: Object.assign({}, ...parts.map((part) => part.rules)),
    settings: Object.assign({}, ...parts.map((part) => part.settings)),
  };
}

function selectRules(presetRules, { rules, family }) {
  const wanted = family ? rulesOfFamily(family) : rules;
  if (!wanted) return presetRules;
  return Object.fromEntries(wanted.map((rule) => [PREFIX + rule, presetRules[PREFIX + rule] ?? "error"]));
}

/**
 * Makes the flat config of a run: one preset of the plugin and nothing else.
 * @param {object} plugin the plugin's object
 * @param {{preset: string, rules?: string[], family?: string, baseline?: boolean, parser?: "typescript" | "espree"}} options
 *   `rules` or `family` narrow the preset (a rule the preset has not is run as an error)
 */
export function createConfig(plugin, { preset, rules, family, baseline = false, parser = "typescript" }) {
  const base = readPreset(plugin, preset);
  return {
    files: ["**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}"],
    plugins: { mapguard: plugin },
    settings: base.settings,
    rules: { ...selectRules(base.rules, { rules, family }), ...(baseline && { [BASELINE_RULE]: "warn" }) },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    languageOptions: { parser: PARSERS[parser], parserOptions: { ecmaFeatures: { jsx: true } } },
  };
}

function withoutRule(config, ruleId) {
  const { [ruleId]: removed, ...rules } = config.rules;
  return { ...config, rules };
}

/**
 * Lints files under one config and keeps count of the time. A rule that throws is noted, taken out for that file, and
 * the file is linted again.
 */
export class FileLinter {
  #config;
  #linter;
  #times = { total: 0, parse: 0, rules: {} };

  /**
   * @param {object} config a flat config
   * @param {string} [root] the folder that files are in: absolute paths below it are real files, whose neighbours a rule may look at
   */
  constructor(config, root) {
    this.#config = config;
    this.#linter = new Linter({ configType: "flat", ...(root === undefined ? {} : { cwd: root }) });
  }

  /**
   * @param {string} filename a path below the root, or a relative one, for its extension
   * @param {string | SourceCode} source the text, or what another linter made of it: then it is not parsed again, and no time is kept
   * @returns {{reports: object[], crashes: {ruleId: string, message: string}[], unreadable?: string}}
   */
  lint(filename, source) {
    const crashes = [];
    let config = this.#config;
    for (;;) {
      const start = performance.now();
      try {
        const messages = this.#verify(filename, source, config);
        const fatal = messages.find((message) => message.fatal);
        if (fatal) return { reports: [], crashes, unreadable: `${fatal.line}:${fatal.column} ${fatal.message}` };
        return { reports: messages.filter(({ ruleId }) => ruleId !== null), crashes };
      } catch (error) {
        const { ruleId } = error;
        crashes.push({ ruleId: ruleId ?? "(ESLint)", message: String(error.stack ?? error) });
        if (!ruleId || !(ruleId in config.rules)) return { reports: [], crashes };
        config = withoutRule(config, ruleId);
      } finally {
        this.#addTimes(performance.now() - start);
      }
    }
  }

  /** Comments of the code's own ESLint set-up are not obeyed. Only verifyAndFix keeps statistics by file. */
  #verify(filename, source, config) {
    if (typeof source !== "string") return this.#linter.verify(source, [config], { filename, allowInlineConfig: false });
    return this.#linter.verifyAndFix(source, [config], { filename, stats: true, fix: false, allowInlineConfig: false }).messages;
  }

  /** What the last file was parsed to, if it could be. */
  getSourceCode() {
    return this.#linter.getSourceCode();
  }

  #addTimes(elapsed) {
    this.#times.total += elapsed;
    for (const pass of this.#linter.getTimes()?.passes ?? []) {
      this.#times.parse += pass.parse?.total ?? 0;
      for (const [rule, { total }] of Object.entries(pass.rules ?? {})) this.#times.rules[rule] = (this.#times.rules[rule] ?? 0) + total;
    }
  }

  /** Milliseconds so far: in all, in the parser, and by rule. */
  getTimes() {
    return this.#times;
  }
}
