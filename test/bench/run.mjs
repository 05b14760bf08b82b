import { spawnSync } from "node:child_process";
import { build } from "esbuild";

/** Bundles benchmarks of this folder, by name, and runs each in a process of its own. Exit code 1 says that a bar was missed. */
const names = process.argv.slice(2);
const codes = [];
for (const name of names) {
  const outfile = `dist/bench/${name}.js`;
  await build({ entryPoints: [`test/bench/${name}.ts`], bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", outfile, logLevel: "warning" });
  console.log(`\n${name}\n`);
  codes.push(spawnSync(process.execPath, [outfile], { stdio: "inherit" }).status);
}
process.exitCode = names.length > 0 && codes.every((code) => code === 0) ? 0 : 1;
