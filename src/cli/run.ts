import type { OutputStream } from "./terminal.js";

/** Everything the command touches besides files, so that tests can stand in for it. */
export interface Environment {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The URL of the module whose default export is the plugin. */
  readonly pluginUrl: string;
}

/** Clean; findings; could not run, or could not read some file. */
export type ExitCode = 0 | 1 | 2;

/** One line on the error stream. */
export function warn({ stderr }: Environment, line: string): void {
  stderr.write(`mapguard: ${line}\n`);
}
