import type { Problem } from "./scan/result.js";
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

/** One line for each thing that went wrong, with its place. */
export function reportProblems(files: readonly { readonly file: string; readonly problems: readonly Problem[] }[], environment: Environment): void {
  for (const { file, problems } of files) {
    for (const { message, line, column } of problems) {
      warn(environment, `${[file, line, column].filter((part) => part !== undefined).join(":")}: ${message}`);
    }
  }
}
