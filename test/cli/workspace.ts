import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** The command as users run it. */
export const BIN = path.join(root, "dist/src/cli/main.js");

/** The same command with a plugin of a few small rules. */
export const STUB_BIN = path.join(import.meta.dirname, "fixtures/stub-main.mjs");

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  bin?: string;
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** A temporary folder in which the built command runs. */
export interface Workspace {
  readonly folder: string;
  write(files: Record<string, string>): void;
  read(name: string): string;
  has(name: string): boolean;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  remove(): void;
}

function getEnvironment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const { NO_COLOR: _n, FORCE_COLOR: _f, COLUMNS: _c, NODE_OPTIONS: _o, ...env } = process.env;
  return { ...env, ...extra };
}

export function createWorkspace(files: Record<string, string> = {}): Workspace {
  const folder = mkdtempSync(path.join(tmpdir(), "mapguard-cli-"));
  const workspace: Workspace = {
    folder,
    write(more) {
      for (const [name, text] of Object.entries(more)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), text);
      }
    },
    read: (name) => readFileSync(path.join(folder, name), "utf8"),
    has: (name) => existsSync(path.join(folder, name)),
    run(args, { bin = STUB_BIN, stdin = "", env = {}, cwd = "." } = {}) {
      return new Promise((resolve) => {
        const child = spawn(process.execPath, [bin, ...args], { cwd: path.join(folder, cwd), env: getEnvironment(env) });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.on("close", (code) => resolve({ code, stdout, stderr }));
        child.stdin.end(stdin);
      });
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
  workspace.write(files);
  return workspace;
}
