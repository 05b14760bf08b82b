#!/usr/bin/env node
import process from "node:process";

try {
  // Loaded late, so that a missing ESLint is one line and no stack.
  const { runCli } = await import("./cli.js");
  const { OWN_PLUGIN_URL } = await import("./scan/plugin.js");
  const { stdin, stdout, stderr, env } = process;
  // `mapguard scan | head`: whoever reads may leave early, and the exit code still says what was found.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exit(2);
  });
  process.exitCode = await runCli(process.argv.slice(2), { cwd: process.cwd(), env, stdin, stdout, stderr, pluginUrl: OWN_PLUGIN_URL });
} catch (error) {
  process.stderr.write(`mapguard: ${(error as Error).message.split("\n", 1)[0]!}\n`);
  process.exitCode = 2;
}
