import type { ESLint } from "eslint";

/** Where our own plugin is, seen from here. */
export const OWN_PLUGIN_URL = new URL("../../plugin.js", import.meta.url).href;

/** Loads a plugin by its URL: each worker loads its own, since rules cannot be sent. */
export async function loadPlugin(url: string): Promise<ESLint.Plugin> {
  const loaded = (await import(url)) as { default: ESLint.Plugin };
  return loaded.default;
}
