import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { resolveModule } from "../analysis/workers/module-files.js";
import type { Exposure } from "./exposure.js";
import { findModule } from "./modules.js";
import type { Project } from "./project.js";

// What a package exports from its public entry anyone may call, in ways that its own repository does not show.

const ENTRIES = ["index", "src/index", "lib/index", "src/main", "main", "src/mod", "mod", "src/public-api", "src/public_api"];
const MAX_MODULES = 100;

const REEXPORT = /\bexport\s+(?:type\s+)?(?<what>\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})\s*from\s*["'](?<source>\.[^"']+)["']/g;

/** Whether users of a published package can reach what a file exposes. A class that fills an interface is called by whoever knows the interface. */
export function isPublished(exposure: Exposure, path: string, project: Project): boolean {
  if (exposure.kind === "unknown" || (exposure.kind === "member" && exposure.isImplementation)) return false;
  const names = exposure.kind === "export" ? [exposure.name] : exposure.owners;
  const entries = findEntries(dirname(path), project.root);
  const queue = [...entries];
  const seen = new Set(queue);
  for (let module = queue.shift(); module !== undefined && seen.size <= MAX_MODULES; module = queue.shift()) {
    if (module === path) return true;
    for (const { groups } of project.getText(module).matchAll(REEXPORT)) {
      const target = findModule(groups!["source"]!, module);
      if (target === undefined || seen.has(target)) continue;
      if (groups!["what"]!.startsWith("{") && !names.some((name) => groups!["what"]!.includes(name))) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return false;
}

/** The modules that the nearest package.json makes public; none for a private package, or an application. */
function findEntries(folder: string, root: string): string[] {
  const content = readPackage(folder);
  if (!content) return folder === root || folder === dirname(folder) ? [] : findEntries(dirname(folder), root);
  const isPublic = content["private"] !== true && typeof content["name"] === "string" && ["main", "module", "exports", "types"].some((field) => content[field] !== undefined);
  if (!isPublic) return [];
  const named = ["main", "module"].flatMap((field) => (typeof content[field] === "string" ? [content[field]] : []));
  return [...new Set([...ENTRIES, ...named].flatMap((entry) => resolveModule(`./${entry}`, folder) ?? []))];
}

function readPackage(folder: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    // { "type": "commonjs" } says of what kind the files are, and nothing of a package.
    return typeof content === "object" && content !== null && Object.keys(content).some((key) => key !== "type") ? (content as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
