import { transformSync } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import * as mapguard from "../../src/runtime/index.js";
import { track, type FindPlace } from "../../src/runtime/testing/index.js";
import type { Imports, Load } from "./evidence.js";

type Constructor = new (...args: never[]) => Map<unknown, unknown> | Set<unknown>;
type Body = (exports: object, require: (name: string) => object, makeTracked: (name: string, Base: Constructor) => Constructor) => void;

/** An example, written to a file and compiled. */
export interface Example {
  readonly file: string;
  readonly load: Load;
  /** Shows the lines of the example's source, and no others. */
  readonly findPlace: FindPlace;
}

const trackedClasses = new WeakMap<Constructor, Map<string, Constructor>>();

/** `Base`, whose instances tell the explorer of every access, under the name of the variable that holds them. */
function trackedClass(name: string, Base: Constructor): Constructor {
  const ofBase = trackedClasses.get(Base) ?? new Map<string, Constructor>();
  trackedClasses.set(Base, ofBase);
  const made = ofBase.get(name);
  if (made !== undefined) return made;
  const Tracked = function (...args: never[]) {
    return track(new Base(...args), name);
  } as unknown as Constructor;
  ofBase.set(name, Tracked);
  return Tracked;
}

/** `const sessions = new Map<string, S>()` becomes `const sessions = new (__tracked("sessions", Map))<string, S>()`, on the same line. */
function nameMaps(source: string): string {
  return source.replace(/(\w+)(\s*(?::[^=\n]+)?=\s*new )(Map|Set|SafeMap)\b/g, '$1$2(__tracked("$1", $3))');
}

/** Under node_modules, so that examples in other threads find `mapguard`. */
const folder = fileURLToPath(new URL("../../node_modules/.cache/mapguard-evidence/", import.meta.url));

function compile(source: string, file: string): { readonly body: Body; readonly map: SourceMap } {
  const { code, map } = transformSync(nameMaps(source), { loader: "ts", format: "cjs", target: "node20", sourcemap: true, sourcefile: file });
  const script = new Script(`(function (exports, require, __tracked, module = { exports }) {${code}\nreturn module.exports;})`, { filename: file });
  return { body: script.runInThisContext() as Body, map: new SourceMap(JSON.parse(map) as SourceMapPayload) };
}

function makeFindPlace(source: string, file: string, map: SourceMap): FindPlace {
  const lines = source.split("\n");
  return (frame) => {
    if (frame.file !== file) return undefined;
    const entry = map.findEntry(frame.line - 1, frame.column - 1) as { originalLine?: number; originalColumn?: number };
    if (entry.originalLine === undefined) return undefined;
    return { file, line: entry.originalLine + 1, column: (entry.originalColumn ?? 0) + 1, text: (lines[entry.originalLine] ?? "").trim() };
  };
}

/** Writes an example to a temporary file and compiles it; each `load` evaluates it afresh. */
export function makeExample(rule: string, name: string, source: string): Example {
  mkdirSync(join(folder, rule), { recursive: true });
  const file = join(folder, rule, `${name}.ts`);
  writeFileSync(file, source);
  const { body, map } = compile(source, file);
  const load = <T>(imports: Imports = {}): T => {
    const require = (wanted: string): object => {
      if (wanted === "mapguard") return mapguard;
      const found = imports[wanted];
      if (found === undefined) throw new Error(`the scenario of ${rule} gives no ${wanted}`);
      return found;
    };
    return body({}, require, trackedClass) as T;
  };
  return { file, load, findPlace: makeFindPlace(source, file, map) };
}

/** Sources as the threads run them: without types, and on the same lines. */
function compileModule(source: string, isTraced: boolean): string {
  const { code, map } = transformSync(isTraced ? nameMaps(source) : source, { loader: "ts", format: "esm", target: "node20", sourcemap: "external" });
  if (!isTraced) return code;
  const sourceMap = new SourceMap(JSON.parse(map) as SourceMapPayload);
  const lines: string[] = [];
  for (const [index, text] of code.split("\n").entries()) {
    const entry = sourceMap.findEntry(index, 0) as { originalLine?: number };
    const line = entry.originalLine ?? lines.length;
    lines[line] = `${lines[line] ?? ""} ${text}`;
  }
  return `import { tracked as __tracked } from "./trace.js";${Array.from(lines, (text) => text ?? "").join("\n")}`;
}

/**
 * Writes an example, and what it starts or imports, as ES modules that other threads can load; gives the example's path.
 * @param tracer The module `trace.js`, which is then imported by all of them.
 */
export function writeModules(rule: string, name: string, source: string, others: Readonly<Record<string, string>> = {}, tracer?: string): string {
  const place = join(folder, rule, name);
  const write = (file: string, text: string): void => writeFileSync(join(place, file), text);
  mkdirSync(place, { recursive: true });
  write("package.json", JSON.stringify({ type: "module" }));
  if (tracer !== undefined) write("trace.js", tracer);
  for (const [file, text] of Object.entries(others)) write(file, compileModule(text, tracer !== undefined));
  write("index.js", compileModule(source, tracer !== undefined));
  return join(place, "index.js");
}
