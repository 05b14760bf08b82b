import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";

/** A map at the top level of a module, and which of the module's functions touch it. */
export interface ModuleMap {
  readonly name: string;
  /** Exported names that write it: functions, or the map itself where it is exported. */
  readonly writers: ReadonlySet<string>;
  readonly readers: ReadonlySet<string>;
}

/** A relative static import. */
export interface ModuleImport {
  readonly path: string;
  /** Imported names; `*` for a namespace. */
  readonly names: readonly string[];
}

/** What the text of a module tells. */
export interface ModuleFacts {
  readonly text: string;
  readonly imports: readonly ModuleImport[];
  readonly maps: readonly ModuleMap[];
}

interface ClusterConfig {
  readonly folder: string;
  readonly name: string;
}

/** How long an answer holds: an editor lives long, and files change meanwhile. In milliseconds. */
const LIFETIME = 5_000;
const MAX_FILES = 200;
const MAX_KNOWN = 1000;
const MAX_SIZE = 500_000;
const EXTENSIONS = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];
const SOURCES: Readonly<Record<string, readonly string[]>> = { ".js": [".js", ".ts", ".tsx"], ".mjs": [".mjs", ".mts"], ".cjs": [".cjs", ".cts"], ".jsx": [".jsx", ".tsx"] };

const files = new Map<string, { readonly facts: ModuleFacts | undefined; readonly until: number }>();
const clusters = new Map<string, { readonly config: ClusterConfig | undefined; readonly until: number }>();

/** Whether a name is that of a file on disk: editors and processors invent some. */
export function isRealFile(filename: string): boolean {
  return isAbsolute(filename) && isFile(filename);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The source file that a path means: `./worker.js` may be written as `worker.ts`. */
export function resolveModule(specifier: string, folder: string): string | undefined {
  const path = resolve(folder, specifier);
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0];
  const stem = extension ? path.slice(0, -extension.length) : path;
  const candidates = extension ? (SOURCES[extension] ?? []).map((other) => stem + other) : [path, ...EXTENSIONS.map((other) => path + other), ...EXTENSIONS.map((other) => join(path, `index${other}`))];
  return candidates.find(isFile);
}

/** What a module holds, by its text. `undefined` if it cannot be read. */
export function getModuleFacts(path: string): ModuleFacts | undefined {
  const known = files.get(path);
  if (known && known.until > Date.now()) return known.facts;
  const facts = readFacts(path);
  if (files.size >= MAX_KNOWN) files.clear();
  files.set(path, { facts, until: Date.now() + LIFETIME });
  return facts;
}

function readFacts(path: string): ModuleFacts | undefined {
  try {
    if (statSync(path).size > MAX_SIZE) return undefined;
    const text = stripComments(readFileSync(path, "utf8"));
    return { text, imports: findImports(text, dirname(path)), maps: findMaps(text) };
  } catch {
    return undefined;
  }
}

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");
}

const IMPORT = /\b(?:import|export)\s+(?!type\b)([\w*\s{},$]*?)\s*from\s*["'](\.[^"']+)["']|\bimport\s*["'](\.[^"']+)["']|\b(?:const|let|var)\s+([\w{}\s,:$]+?)\s*=\s*require\(\s*["'](\.[^"']+)["']\s*\)|\brequire\(\s*["'](\.[^"']+)["']\s*\)/g;

function findImports(text: string, folder: string): ModuleImport[] {
  return [...text.matchAll(IMPORT)].flatMap((match) => {
    const specifier = match[2] ?? match[3] ?? match[5] ?? match[6];
    const path = specifier === undefined ? undefined : resolveModule(specifier, folder);
    return path ? [{ path, names: readNames(match[1] ?? match[4] ?? "") }] : [];
  });
}

/** `{ a, type B, c as d }`, `* as ns`, `base` */
function readNames(clause: string): string[] {
  if (clause.includes("*")) return ["*"];
  const braces = /\{([^}]*)\}/.exec(clause)?.[1];
  if (braces === undefined) return clause.trim() === "" ? [] : ["default", "*"];
  return braces.split(",").map((item) => item.trim()).filter((item) => item !== "" && !item.startsWith("type ")).map((item) => item.split(/\s+as\s+|\s*:\s*/)[0]!.trim());
}

const MAP_DECLARATION = /^(export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*new\s+(?:Map|Set|SafeMap)\b/gm;
const FUNCTION_START = /^(export\s+(?:default\s+)?)?(?:async\s+)?function\s*\*?\s*(\w+)|^(export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*(?:async\s*)?(?:\([^\n]*|\w+\s*=>|function\b)/gm;

interface TopFunction {
  readonly name: string;
  readonly body: string;
}

function findMaps(text: string): ModuleMap[] {
  const functions = findTopFunctions(text);
  return [...text.matchAll(MAP_DECLARATION)].map((match): ModuleMap => {
    const name = match[2]!;
    const writes = new RegExp(`(?<![.\\w$])${name}\\.(?:set|add|delete|clear)\\(`);
    const reads = new RegExp(`(?<![.\\w$])${name}\\.(?:get|has|size|keys|values|entries|forEach)\\b|(?:of|\\.\\.\\.)\\s*${name}\\b`);
    const writers = closeOverCalls(functions, (item) => writes.test(item.body));
    const readers = closeOverCalls(functions, (item) => reads.test(item.body));
    if (isExported(name, match[1] !== undefined, text)) {
      writers.add(name);
      readers.add(name);
    }
    return { name, writers, readers };
  });
}

function isExported(name: string, isDeclaredSo: boolean, text: string): boolean {
  return isDeclaredSo || new RegExp(`\\bexport\\s*\\{[^}]*\\b${name}\\b[^}]*\\}(?!\\s*from)|\\bmodule\\.exports\\s*=\\s*\\{[^}]*\\b${name}\\b|\\bexports\\.${name}\\s*=`).test(text);
}

/** Top-level functions, from their first column to the brace in the first column. */
function findTopFunctions(text: string): TopFunction[] {
  return [...text.matchAll(FUNCTION_START)].map((match) => {
    const line = text.indexOf("\n", match.index);
    const first = text.slice(match.index, line < 0 ? undefined : line);
    const isOneLine = /[};]\s*$/.test(first) && !/\{\s*$/.test(first);
    const end = isOneLine ? match.index + first.length : text.indexOf("\n}", match.index);
    return { name: (match[2] ?? match[4])!, body: text.slice(match.index, end < 0 ? undefined : end) };
  });
}

function closeOverCalls(functions: readonly TopFunction[], test: (item: TopFunction) => boolean): Set<string> {
  const found = new Set(functions.filter(test).map(({ name }) => name));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { name, body } of functions) {
      if ([...found].some((other) => other !== name && new RegExp(`(?<![.\\w$])${other}\\(`).test(body))) found.add(name);
    }
  }
  return found;
}

/** The names that a module, and whatever it imports, imports of each file. */
export function followImports(entry: string): ReadonlyMap<string, ReadonlySet<string>> {
  const imported = new Map<string, Set<string>>();
  const seen = new Set([entry]);
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined && seen.size < MAX_FILES; path = queue.pop()) {
    for (const { path: target, names } of getModuleFacts(path)?.imports ?? []) {
      const list = imported.get(target) ?? new Set();
      imported.set(target, list);
      for (const name of names) list.add(name);
      if (seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return imported;
}

const PM2_FILE = /^(?:ecosystem|pm2|process)(?:\.\w+)*\.(?:js|cjs|mjs|json|ts)$/;
const PM2_CLUSTER = /["']?exec_?[mM]ode["']?\s*:\s*["']cluster|["']?instances["']?\s*:\s*(?:["']?max["']?|["']?-1["']?|["']?[2-9]\d*["']?|["']?[1-9]\d+["']?)\s*[,}\n]/;
const PM2_SCRIPT = /pm2(?:-runtime)?\s+start\b[^"\n]*\s(?:-i|--instances)[ =](?:max|-1|0|[2-9]|[1-9]\d)/;

/** Code that no process of the cluster runs. */
const APART = /(?:^|[\\/])(?:tests?|__tests__|scripts)[\\/]|\.(?:test|spec|config)\./;

/** The name of the pm2 configuration by which a file's package runs as a cluster. */
export function findClusterConfig(filename: string): string | undefined {
  const folder = dirname(filename);
  // An editor runs for days.
  if (clusters.size > 1000) clusters.clear();
  let known = clusters.get(folder);
  if (!known || known.until <= Date.now()) clusters.set(folder, (known = { config: searchClusterConfig(folder), until: Date.now() + LIFETIME }));
  const { config } = known;
  return config && !APART.test(relative(config.folder, filename)) ? config.name : undefined;
}

function searchClusterConfig(folder: string): ClusterConfig | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) {
      const name = findClusterConfigIn(at);
      return name === undefined ? undefined : { folder: at, name };
    }
    if (dirname(at) === at) return undefined;
  }
}

function findClusterConfigIn(folder: string): string | undefined {
  try {
    if (PM2_SCRIPT.test(readFileSync(join(folder, "package.json"), "utf8"))) return "package.json";
    return readdirSync(folder).find((name) => PM2_FILE.test(name) && PM2_CLUSTER.test(stripComments(readFileSync(join(folder, name), "utf8"))));
  } catch {
    return undefined;
  }
}
