import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { followUses, resolveModule } from "./module-files.js";
import { stripComments } from "./module-text.js";

/** What a package says of the processes that run it. */
interface Package {
  readonly folder: string;
  /** The configuration by which pm2 runs all of it in many processes. */
  readonly pm2: string | undefined;
  /** The file that forks a cluster, and the files that its workers load. */
  readonly cluster: { readonly name: string; readonly files: ReadonlySet<string> } | undefined;
}

/** How long an answer holds: an editor lives long, and files change meanwhile. In milliseconds. */
const LIFETIME = 5_000;
const MAX_KNOWN = 1000;

const PM2_FILE = /^(?:ecosystem|pm2|process)(?:\.\w+)*\.(?:js|cjs|mjs|json|ts)$/;
const PM2_CLUSTER = /["']?exec_?[mM]ode["']?\s*:\s*["']cluster|["']?instances["']?\s*:\s*(?:["']?max["']?|["']?-1["']?|["']?[2-9]\d*["']?|["']?[1-9]\d+["']?)\s*[,}\n]/;
const PM2_SCRIPT = /pm2(?:-runtime)?\s+start\b[^"\n]*\s(?:-i|--instances)[ =](?:max|-1|0|[2-9]|[1-9]\d)/;

/** Code that no process of the cluster runs. */
const APART = /(?:^|[\\/])(?:tests?|__tests__|scripts)[\\/]|\.(?:test|spec|config)\./;

const CLUSTER_IMPORT = /(?:\bfrom|\brequire\()\s*["'](?:node:)?cluster["']/;
const CLUSTER_FORK = /\bcluster\.fork\(/;
const CLUSTER_EXEC = /\bsetup(?:Primary|Master)\(\s*\{[^}]*\bexec\s*:\s*[^,}\n"'`]*["'`]([^"'`]+)/;
/** What the primary process alone runs. */
const OF_PRIMARY = /(?:^|[\\/._-])(?:master|primary|manager|supervisor|cluster)/i;
const USUAL_ENTRIES = ["index", "server", "main", "app", "cluster"].flatMap((name) => [name, join("src", name)]);

const known = new Map<string, { readonly found: Package | undefined; readonly until: number }>();

/** Why many processes run a file, by the configuration or the start of its package; `undefined` if nothing says so. */
export function findClusterReason(filename: string): string | undefined {
  const found = findPackage(dirname(filename));
  const path = found && relative(found.folder, filename);
  if (!found || path === undefined || APART.test(path)) return undefined;
  if (found.pm2 !== undefined) return `pm2 runs this package as a cluster, says ${found.pm2}`;
  return found.cluster?.files.has(filename) && !OF_PRIMARY.test(path) ? `\`cluster.fork()\` in ${found.cluster.name} starts this code in every worker` : undefined;
}

/** The package that a folder belongs to. All its folders share one answer. */
function findPackage(folder: string): Package | undefined {
  const answer = known.get(folder);
  if (answer && answer.until > Date.now()) return answer.found;
  const around = dirname(folder);
  const found = existsSync(join(folder, "package.json")) ? readPackage(folder) : around === folder ? undefined : findPackage(around);
  if (known.size > MAX_KNOWN) known.clear();
  known.set(folder, { found, until: Date.now() + LIFETIME });
  return found;
}

function readPackage(folder: string): Package | undefined {
  try {
    const manifest = readFileSync(join(folder, "package.json"), "utf8");
    const pm2 = PM2_SCRIPT.test(manifest) ? "package.json" : readdirSync(folder).find((name) => PM2_FILE.test(name) && PM2_CLUSTER.test(stripComments(readFileSync(join(folder, name), "utf8"))));
    return { folder, pm2, cluster: pm2 === undefined ? findForked(folder, manifest) : undefined };
  } catch {
    return undefined;
  }
}

/** What the workers of a cluster load that the start of a package forks. */
function findForked(folder: string, manifest: string): Package["cluster"] {
  for (const entry of findEntries(folder, manifest)) {
    const source = readFileSync(entry, "utf8");
    const text = source.includes("cluster") ? stripComments(source) : "";
    if (!CLUSTER_IMPORT.test(text) || !CLUSTER_FORK.test(text)) continue;
    const exec = CLUSTER_EXEC.exec(text)?.[1];
    const start = exec === undefined ? entry : (resolveModule(exec.replace(/^\//, "./"), dirname(entry)) ?? resolveModule(exec, folder));
    if (start === undefined) continue;
    const files = new Set(followUses(new Map([[start, new Set(["*"])]])).keys());
    if (exec === undefined) files.delete(entry);
    return { name: relative(folder, entry).replaceAll("\\", "/"), files };
  }
  return undefined;
}

/** The files that a package is started by: those that package.json names, as sources, and the usual ones. */
function findEntries(folder: string, manifest: string): Set<string> {
  const { main, bin, scripts = {} } = JSON.parse(manifest) as { main?: string; bin?: string | Record<string, string>; scripts?: Record<string, string> };
  const started = ["start", "serve", "dev"].flatMap((name) => scripts[name]?.match(/[\w./-]+\.[cm]?[jt]s\b/g) ?? []);
  const named = [main, ...(typeof bin === "string" ? [bin] : Object.values(bin ?? {})), ...started].filter((name) => name !== undefined);
  const sources = named.flatMap((name) => [name, name.replace(/^(?:\.\/)?(?:dist|build|lib|out)\//, "src/")]);
  return new Set([...sources, ...USUAL_ENTRIES].flatMap((name) => resolveModule(name, folder) ?? []));
}
