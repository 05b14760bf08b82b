import type { ESLint, Linter } from "eslint";
import rules from "../rules/index.js";
import type { MapRuleModule } from "./rule.js";

/** The version of the package; a test compares the two. */
export const version = "0.1.0";

/** Files in languages that the rules do not speak: ESLint 10 refuses to run a rule with `meta.languages` on others, instead of passing over it. */
const OTHER_LANGUAGES = ["**/*.{json,jsonc,json5,css,md}"];

const plugin = {
  meta: { name: "eslint-plugin-mapguard", version, namespace: "mapguard" },
  rules: rules as Record<string, MapRuleModule>,
  configs: {} as Record<"recommended" | "strict" | "all" | "autofix", Linter.Config>,
} satisfies ESLint.Plugin;

function createConfig(name: string, getEntry: (rule: MapRuleModule) => Linter.RuleEntry | undefined, settings?: Linter.Config["settings"]): Linter.Config {
  const entries = Object.entries(rules).flatMap(([id, rule]) => {
    const entry = getEntry(rule);
    return entry === undefined ? [] : [[`mapguard/${id}`, entry] as const];
  });
  return { name: `mapguard/${name}`, ignores: OTHER_LANGUAGES, plugins: { mapguard: plugin }, rules: Object.fromEntries(entries), ...(settings ? { settings } : {}) };
}

const getRecommended = (rule: MapRuleModule): Linter.RuleEntry | undefined => (rule.severity === "error" || rule.severity === "warn" ? rule.severity : undefined);

Object.assign(plugin.configs, {
  recommended: createConfig("recommended", getRecommended),
  strict: createConfig("strict", (rule) => (rule.severity === "adoption" ? undefined : ["error", { heuristics: true }])),
  all: createConfig("all", () => ["error", { heuristics: true }]),
  autofix: createConfig("autofix", getRecommended, { mapguard: { fix: "auto" } }),
});

// `require("eslint-plugin-mapguard")` gives the plugin, as `import` does.
export { plugin as default, plugin as "module.exports" };
