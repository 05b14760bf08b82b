import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { stripComments } from "./module-text.js";

interface ClusterConfig {
  readonly folder: string;
  readonly name: string;
}

/** How long an answer holds: an editor lives long, and files change meanwhile. In milliseconds. */
const LIFETIME = 5_000;
const MAX_KNOWN = 1000;

const PM2_FILE = /^(?:ecosystem|pm2|process)(?:\.\w+)*\.(?:js|cjs|mjs|json|ts)$/;
const PM2_CLUSTER = /["']?exec_?[mM]ode["']?\s*:\s*["']cluster|["']?instances["']?\s*:\s*(?:["']?max["']?|["']?-1["']?|["']?[2-9]\d*["']?|["']?[1-9]\d+["']?)\s*[,}\n]/;
const PM2_SCRIPT = /pm2(?:-runtime)?\s+start\b[^"\n]*\s(?:-i|--instances)[ =](?:max|-1|0|[2-9]|[1-9]\d)/;

/** Code that no process of the cluster runs. */
const APART = /(?:^|[\\/])(?:tests?|__tests__|scripts)[\\/]|\.(?:test|spec|config)\./;

const known = new Map<string, { readonly config: ClusterConfig | undefined; readonly until: number }>();

/** The name of the pm2 configuration by which a file's package runs as a cluster. */
export function findClusterConfig(filename: string): string | undefined {
  const folder = dirname(filename);
  if (known.size > MAX_KNOWN) known.clear();
  let answer = known.get(folder);
  if (!answer || answer.until <= Date.now()) known.set(folder, (answer = { config: searchClusterConfig(folder), until: Date.now() + LIFETIME }));
  const { config } = answer;
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
