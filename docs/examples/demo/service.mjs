import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const SERVICE = path.join(ROOT, "docs", "examples", "service");
const MODULES = path.join(ROOT, "node_modules");
const START_TIMEOUT = 30_000;

/** Runs a Node program with this terminal and gives its exit code.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
export function runNode(file, args, cwd = ROOT) {
  const { status, error } = spawnSync(process.execPath, [file, ...args], { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (error) throw error;
  return status ?? 1;
}

/** The command, as it was built.
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
export function runMapguard(args, cwd) {
  return runNode(path.join(ROOT, "dist", "src", "cli", "main.js"), args, cwd);
}

/** A copy of the service in a folder of its own, where its packages are found. */
export function copyService() {
  const home = mkdtempSync(path.join(tmpdir(), "mapguard-demo-"));
  const folder = path.join(home, "service");
  cpSync(SERVICE, folder, { recursive: true, filter: (source) => !/[\\/](?:dist|node_modules)$/u.test(source) });
  symlinkSync(MODULES, path.join(home, "node_modules"), "junction");
  return { folder, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** Compiles the service under `strict`; throws if it does not compile.
 * @param {string} folder
 */
export function build(folder) {
  const code = runNode(path.join(MODULES, "typescript", "bin", "tsc"), ["-p", folder]);
  if (code !== 0) throw new Error("the service does not compile");
}

/** Starts the service on a free port of the loopback interface.
 * @param {string} folder
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function start(folder) {
  const child = spawn(process.execPath, ["dist/main.js"], { cwd: folder, env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => void child.kill();
  process.once("exit", kill);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    kill();
    await exited;
    process.removeListener("exit", kill);
  };
  const timer = setTimeout(kill, START_TIMEOUT);
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    return { url: line, stop };
  }
  throw new Error("the service did not start");
}
