import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const source = fileURLToPath(new URL("../../src/runtime/", import.meta.url));
const consumer = fileURLToPath(new URL("./fixtures/consumer.ts", import.meta.url));
const strict: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/** A project that has installed the package, with its declarations made from source. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "consumer-"));
  const installed = join(project, "node_modules", "mapguard");
  mkdirSync(installed, { recursive: true });
  cpSync(join(source, "package.json"), join(installed, "package.json"));
  cpSync(consumer, join(project, "consumer.mts"));
  const options = { ...strict, noCheck: true, types: ["node"], lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"], declaration: true, emitDeclarationOnly: true, rootDir: source, outDir: join(installed, "dist") };
  ts.createProgram([join(source, "index.ts")], options).emit();
}, 60_000);

afterAll(() => rmSync(project, { recursive: true }));

describe("the types", () => {
  it("serve a strict project without Node's types, that checks the declarations of its libraries too", () => {
    const options = { ...strict, types: [], lib: ["lib.es2023.d.ts", "lib.dom.d.ts"], noEmit: true, skipLibCheck: false };
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([join(project, "consumer.mts")], options));
    expect(diagnostics.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)).toEqual([]);
  }, 60_000);
});
