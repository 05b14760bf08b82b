import type { ESLint } from "eslint";

const plugin: ESLint.Plugin = { meta: { name: "eslint-plugin-mapguard", version: "0.1.0", namespace: "mapguard" }, rules: {}, configs: {} };

export default plugin;
