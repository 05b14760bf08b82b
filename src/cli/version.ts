import { createRequire } from "node:module";

/** The version of the installed package. */
export function getVersion(): string {
  const manifest = createRequire(import.meta.url)("eslint-plugin-mapguard/package.json") as { version: string };
  return manifest.version;
}
