import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// What users of the oldest supported ESLint get: the packed plugin, in a project of its own, by ESLint's own command.

const ROOT = path.resolve(import.meta.dirname, "../..");
const CONFIG = `import parser from "@typescript-eslint/parser";
import mapguard from "eslint-plugin-mapguard";
export default [
  { files: ["**/*.ts"], languageOptions: { parser } },
  { files: ["**/*.cjs"], languageOptions: { sourceType: "commonjs" } },
  { linterOptions: { reportUnusedDisableDirectives: "off" } },
  { files: ["**/*.{ts,js,mjs,cjs}"], ...mapguard.configs.strict },
  { settings: { mapguard: { fix: "auto" } } },
];
`;
const COMMON_JS = `const sessions = new Map();
exports.get = async (id) => {
  if (!sessions.has(id)) sessions.set(id, await open(id));
  return sessions.get(id);
};
`;

interface FileReport {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly line: number; readonly message: string; readonly fatal?: boolean }[];
  readonly output?: string;
}

let folder: string;

/** Every example of the documentation, and one file of CommonJS. */
function writeExamples(): void {
  cpSync(path.join(ROOT, "docs/examples"), path.join(folder, "examples"), { recursive: true });
  writeFileSync(path.join(folder, "common.cjs"), COMMON_JS);
  for (const name of readdirSync(path.join(ROOT, "docs/rules")).filter((file) => file.endsWith(".md"))) {
    const page = readFileSync(path.join(ROOT, "docs/rules", name), "utf8");
    for (const [index, block] of [...page.matchAll(/```ts\n([\s\S]*?)```/g)].entries()) writeFileSync(path.join(folder, `${name}-${index + 1}.ts`), block[1]!);
  }
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mapguard-eslint-9-"));
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, "@typescript-eslint"), { recursive: true });
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) as [{ filename: string }];
  mkdirSync(path.join(modules, "eslint-plugin-mapguard"));
  execFileSync("tar", ["-xzf", path.join(folder, packed.filename), "--strip-components=1", "-C", path.join(modules, "eslint-plugin-mapguard")]);
  for (const name of ["@typescript-eslint/parser", "typescript"]) symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name));
  // Its dependencies are found where they are installed here.
  symlinkSync(path.join(ROOT, "node_modules"), path.join(modules, "eslint-plugin-mapguard/node_modules"));
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module", "dependencies": { "mapguard": "*" } }');
  writeFileSync(path.join(folder, "eslint.config.js"), CONFIG);
  writeExamples();
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** What ESLint says of the folder, as `file:line rule message`. */
function run(eslint: "eslint" | "eslint-9", ...args: readonly string[]): FileReport[] {
  const bin = path.join(ROOT, "node_modules", eslint, "bin/eslint.js");
  try {
    return JSON.parse(execFileSync(process.execPath, [bin, ".", "--format", "json", ...args], { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "pipe"] })) as FileReport[];
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    if (status !== 1) throw new Error(stderr, { cause: error });
    return JSON.parse(stdout) as FileReport[];
  }
}

function describeReports(reports: readonly FileReport[]): string[] {
  return reports.flatMap(({ filePath, messages }) => messages.map(({ ruleId, line, message }) => `${path.relative(folder, filePath)}:${line} ${ruleId} ${message}`)).sort();
}

describe("the packed plugin under ESLint 9.15", { timeout: 120_000 }, () => {
  it("is run by that version", () => {
    expect(execFileSync(process.execPath, [path.join(ROOT, "node_modules/eslint-9/bin/eslint.js"), "--version"], { encoding: "utf8" }).trim()).toBe("v9.15.0");
  });

  it("reports what it reports under the newest", () => {
    const oldest = describeReports(run("eslint-9"));
    expect(oldest).toContainEqual(expect.stringMatching(/^common\.cjs:3 mapguard\/no-(?:check-then-act|duplicate-load) /u));
    expect(oldest).toEqual(describeReports(run("eslint")));
  });

  it("fixes what it fixes under the newest", () => {
    const outputs = (reports: readonly FileReport[]): (string | undefined)[] => reports.map(({ output }) => output);
    const oldest = outputs(run("eslint-9", "--fix-dry-run"));
    expect(oldest.filter((output) => output !== undefined).length).toBeGreaterThan(0);
    expect(oldest).toEqual(outputs(run("eslint", "--fix-dry-run")));
  });
});
