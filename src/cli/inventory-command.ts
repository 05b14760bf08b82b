import { readFileSync } from "node:fs";

import { formatInventoryJson, formatInventoryTable } from "./inventory/format-inventory.js";
import { listMaps } from "./inventory/list-maps.js";
import type { MapRecord } from "./inventory/map-record.js";
import { createProgress } from "./progress.js";
import type { Environment, ExitCode } from "./run.js";
import { reportProblems, warn } from "./run.js";
import { discoverFiles } from "./scan/discover.js";
import { createFileLinter, toShownPath } from "./scan/lint.js";
import { loadPlugin } from "./scan/plugin.js";
import { createParserLookup, createSettingsReader } from "./scan/project.js";
import { describeFileError } from "./scan/file-error.js";
import type { Problem } from "./scan/result.js";
import { createColors, getWidth, hasColors } from "./terminal.js";

export interface InventoryFlags {
  readonly format: "table" | "json";
  readonly ignorePattern?: readonly string[];
}

interface FileMaps {
  readonly file: string;
  readonly maps: readonly MapRecord[];
  readonly problems: readonly Problem[];
}

/** `mapguard inventory [paths]`: every shared map. Exits with 0, or with 2 where a file could not be read. */
export async function runInventory(paths: readonly string[], flags: InventoryFlags, environment: Environment): Promise<ExitCode> {
  const { cwd, env, stdout, stderr, pluginUrl } = environment;
  const linter = createFileLinter({ plugin: await loadPlugin(pluginUrl), preset: "recommended", cwd, getParser: createParserLookup() });
  const reader = createSettingsReader(cwd);
  const progress = createProgress(stderr);

  async function readMaps(file: string): Promise<FileMaps> {
    const shown = toShownPath(file, cwd);
    try {
      const settings = await reader.read(file);
      const { sourceCode, problems } = linter.parse({ file, text: readFileSync(file, "utf8"), settings });
      const maps = sourceCode && problems.length === 0 ? listMaps(sourceCode, shown, { mapguard: settings }) : [];
      return { file: shown, maps: maps.filter(({ shared }) => shared), problems };
    } catch (error) {
      return { file: shown, maps: [], problems: [{ message: `cannot be read: ${describeFileError(error)}` }] };
    }
  }

  const { files, unreadable } = discoverFiles(paths.length > 0 ? paths : ["."], { cwd, ignorePatterns: flags.ignorePattern ?? [] });
  const results: FileMaps[] = unreadable.map(({ folder, reason }) => ({ file: toShownPath(folder, cwd), maps: [], problems: [{ message: `the folder cannot be read: ${reason}` }] }));
  const known = results.length;
  for (const file of files) {
    results.push(await readMaps(file));
    progress.update(results.length - known, files.length);
  }
  progress.clear();
  for (const warning of reader.warnings) warn(environment, warning);
  const withProblems = [...reader.getProblems(), ...results].filter(({ problems }) => problems.length > 0);
  reportProblems(withProblems, environment);

  const maps = results.flatMap((result) => result.maps);
  const text = flags.format === "json" ? formatInventoryJson(maps) : formatInventoryTable(maps, { colors: createColors(hasColors(stdout, env)), width: getWidth(stdout, env) });
  stdout.write(`${text}\n`);
  return withProblems.length > 0 ? 2 : 0;
}
