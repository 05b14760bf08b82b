import eslintPlugin from "eslint-plugin-eslint-plugin";
import { defineConfig, globalIgnores } from "eslint/config";
import path from "node:path";
import tseslint from "typescript-eslint";
import mapguard from "./dist/src/plugin.js";

/**
 * A rule file as eslint-plugin-eslint-plugin knows rules: an object with `meta` and `create`. Ours are made by `createRule`
 * of a question to the analysis: `meta` is that of the built rule, and `create` reports the messages that the file names,
 * with an edit if the file brings one.
 */
function showAsObject(text, id) {
  const { meta } = mapguard.rules[id];
  const named = [...text.matchAll(/messageId: "(?<name>\w+)"/gu)].map((match) => match.groups.name);
  const edit = "data, fix: (fixer) => fixer.remove(node)";
  const more = /from "\.\.\/\.\.\/src\/fixes\//u.test(text) ? `${edit}, suggest: [{ messageId: "settings", ${edit} }]` : "data";
  const reports = [...new Set([...named, "settings"])].map((name) => `context.report({ node, messageId: ${JSON.stringify(name)}, ${more} });`);
  return `export default { meta: ${JSON.stringify(meta)}, create(context) { return { Program(node) { const data = getData(node); ${reports.join(" ")} } }; } };`;
}

const ruleObjects = {
  meta: { name: "rule-objects", version: "1" },
  preprocess: (text, filename) => [text, { text: showAsObject(text, path.basename(filename, ".ts")), filename: "rule.js" }],
  postprocess: (messages) => messages.flatMap((list, index) => (index === 0 ? list : list.map((message) => ({ ...message, line: 1, column: 1, fix: undefined })))),
  supportsAutofix: false,
};

export default defineConfig([
  globalIgnores(["dist", "src/runtime/dist", "**/fixtures/**", "**/node_modules/**"]),
  // No comment in a file turns a rule off: what is off, is off here, with a reason.
  { linterOptions: { noInlineConfig: true } },
  {
    files: ["**/*.{js,mjs,ts}"],
    extends: [tseslint.configs.strict],
    rules: {
      // Under `noUncheckedIndexedAccess` every index needs one, inside loops over that very array too.
      "@typescript-eslint/no-non-null-assertion": "off",
      // A name that begins with _ says itself that it is not used.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
      // Callbacks that may return nothing: `() => boolean | void`, `() => void | Promise<void>`.
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
  // `for (let log = this; log; log = log.newer)` walks a list that begins with this.
  { files: ["src/runtime/snapshot.ts"], rules: { "@typescript-eslint/no-this-alias": "off" } },
  // A name on the global object, put there and taken away.
  { files: ["src/runtime/testing/drain.ts"], rules: { "@typescript-eslint/no-dynamic-delete": "off" } },
  // It merges with vitest's own declaration, whose parameter has this default.
  { files: ["src/runtime/testing/vitest.ts"], rules: { "@typescript-eslint/no-explicit-any": "off" } },
  // Short programs for many threads, as dense as they can be read.
  { files: ["test/runtime/shared/**"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
  // The examples that go wrong are the point of docs/examples, and of the sources that tests hold.
  { files: ["*.js", "src/**/*.ts", "rules/**/*.ts", "docs/examples/demo/**/*.mjs"], extends: [mapguard.configs.strict] },
  { files: ["rules/*/!(index).ts"], plugins: { local: { processors: { "rule-objects": ruleObjects } } }, processor: "local/rule-objects" },
  {
    files: ["rules/*/*.ts/*_rule.js"],
    extends: [eslintPlugin.configs.recommended],
    rules: {
      "eslint-plugin/require-meta-docs-description": ["error", { pattern: "^(Disallow|Require|Enforce|Prefer) " }],
      "eslint-plugin/require-meta-docs-url": "error",
      "eslint-plugin/require-meta-docs-recommended": "error",
      "eslint-plugin/require-meta-languages": "error",
      // Which message it is, is often a fact of the analysis, not a word in the file.
      "eslint-plugin/no-unused-message-ids": "off",
    },
  },
  { files: ["test/**/*.ts"], extends: [eslintPlugin.configs["tests-recommended"]] },
]);
