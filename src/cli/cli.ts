import { Command, CommanderError, InvalidArgumentError, Option } from "commander";

import { runExplain } from "./explain-command.js";
import { FORMATTERS } from "./format/index.js";
import type { InventoryFlags } from "./inventory-command.js";
import { runInventory } from "./inventory-command.js";
import type { Environment, ExitCode } from "./run.js";
import { warn } from "./run.js";
import { PRESETS } from "./scan/lint.js";
import type { ScanFlags } from "./scan-command.js";
import { runScan } from "./scan-command.js";
import { UsageError } from "./usage-error.js";
import { getVersion } from "./version.js";

function parseCount(value: string): number {
  if (!/^\d+$/u.test(value)) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return Number(value);
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function toOneLine(text: string): string {
  return text.replace(/^error: /u, "").trim().replaceAll(/\s*\n\s*/gu, " ");
}

function createProgram(environment: Environment, setExitCode: (code: ExitCode) => void): Command {
  const { stdout } = environment;
  const program = new Command("mapguard")
    .description("Finds unsafe use of shared maps around await, in callbacks and across workers.")
    .version(getVersion(), "--version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      outputError: (text) => warn(environment, toOneLine(text)),
    });

  program
    .command("scan")
    .description("scan files, folders or patterns (default: this folder)")
    .argument("[paths...]")
    .addOption(new Option("--preset <name>", "which rules run").choices(PRESETS).default("recommended"))
    .option("--fix", "rewrite what can be rewritten safely")
    .addOption(new Option("--format <name>", "how findings are shown").choices(Object.keys(FORMATTERS)).default("timeline"))
    .option("--output-file <file>", "write the findings to a file")
    .option("--quiet", "show errors only")
    .option("--max-warnings <number>", "exit with 1 if there are more warnings than this", parseCount)
    .option("--ignore-pattern <pattern>", "leave out files, in the syntax of .gitignore (may be repeated)", collect)
    .option("--cache", "look only at files that changed since the last scan")
    .option("--stdin", "scan the text on the standard input")
    .option("--stdin-filename <file>", "the name under which to scan it")
    .version(getVersion(), "--version", "print the version")
    .action(async (paths: string[], flags: ScanFlags) => setExitCode(await runScan(paths, flags, environment)));

  program
    .command("explain")
    .description("print the page of a rule")
    .argument("<rule>", "with or without the prefix mapguard/")
    .action(async (rule: string) => setExitCode(await runExplain(rule, environment)));

  program
    .command("inventory")
    .description("list every shared map, why it is shared, and how it is used")
    .argument("[paths...]")
    .addOption(new Option("--format <name>", "how the maps are shown").choices(["table", "json"]).default("table"))
    .option("--ignore-pattern <pattern>", "leave out files, in the syntax of .gitignore (may be repeated)", collect)
    .action(async (paths: string[], flags: InventoryFlags) => setExitCode(await runInventory(paths, flags, environment)));

  return program;
}

/**
 * Runs the command.
 *
 * @param args what follows the command's name.
 * @returns the exit code: 0 clean, 1 findings, 2 could not run or could not read some file.
 */
export async function runCli(args: readonly string[], environment: Environment): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  try {
    await createProgram(environment, (code) => (exitCode = code)).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong (or printed the help) by itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    warn(environment, error instanceof UsageError ? error.message : toOneLine((error as Error).message.split("\n", 1)[0]!));
    return 2;
  }
}
