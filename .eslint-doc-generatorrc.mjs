import { readdirSync } from "node:fs";

const FAMILIES = {
  async: "Around `await`",
  iteration: "Loops over maps",
  lookup: "Lookups and keys",
  closure: "Callbacks",
  workers: "Workers and processes",
  locks: "Locks",
  lifecycle: "Life of a map",
};

/** @type {import('eslint-doc-generator').GenerateOptions} */
export default {
  ignoreConfig: ["all", "autofix"],
  configEmoji: [
    ["recommended", "✅"],
    ["strict", "🔒"],
  ],
  urlConfigs: "https://github.com/mapguard/mapguard#configs",
  ruleDocTitleFormat: "desc-parens-prefix-name",
  // The description is the title.
  ruleDocNotices: ["configs", "deprecated", "fixableAndHasSuggestions"],
  ruleListColumns: ["name", "description", "configsError", "configsWarn", "fixable", "hasSuggestions"],
  ruleListSplit: (rules) =>
    Object.entries(FAMILIES).map(([folder, title]) => {
      const names = new Set(readdirSync(new URL(`rules/${folder}/`, import.meta.url)).map((file) => file.replace(/\.ts$/u, "")));
      return { title, rules: rules.filter(([name]) => names.has(name)) };
    }),
};
