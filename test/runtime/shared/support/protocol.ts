import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import ts from "typescript";
import type { StripeCopy } from "../../../../src/runtime/shared/read.js";
import { sourceFolder } from "./bundle.js";

// Turns the real sources of the protocol into generators that yield before every step on shared memory, so that one
// thread can play all threads, in any order, and stop any of them for ever.

const PROTOCOL_FILES = ["core.ts", "lock.ts", "heap.ts", "read.ts", "write.ts", "grow.ts", "repair.ts"];
/** Functions that touch no shared memory. */
const PLAIN = new Set(["wordOf", "roomFor", "stripeOf", "tagOf", "keyWordsOf", "valueWordsOf", "coldOf", "isChunkAt", "refOfPage", "pageOfRef", "throwFull", "throwCorrupt"]);

/** Functions whose many plain accesses are one step when all others are shown: bulk copies and searches. */
const BULK = new Set(["fillBlock", "holdsKey", "copyWords", "countPages", "isRunFree", "findRunBetween", "clearBucket"]);

/** What stands in for the system: the explorer decides who is dead and who wakes. */
const STAND_INS: Record<string, string> = {
  "platform.ts": `
    export const now = () => 0;
    export function* sleepOn(core, lock, seen) { yield { lock, seen }; }
    export const wakeOne = (core, lock) => globalThis.explorerHooks.wake(lock);`,
  "liveness.ts": `
    export const recordOf = (core, word) => core.workerBase + ((word >> 2) & 0x3ff) * 32;
    export const isOwnerDead = (core, word) => globalThis.explorerHooks.isDead((word >> 2) & 0x3ff);`,
};

/** A change to the sources that a test must notice. */
export interface Mutation {
  file: string;
  from: string;
  to: string;
}

/** "atomic": steps are atomic operations, and a reader's plain loads. "all": every access. */
export type Grain = "atomic" | "all";

function collectNames(): Set<string> {
  const names = new Set(["sleepOn"]);
  for (const file of PROTOCOL_FILES) {
    const text = readFileSync(join(sourceFolder, file), "utf8");
    for (const [, name] of text.matchAll(/^(?:export )?function (\w+)/gm)) if (!PLAIN.has(name!)) names.add(name!);
  }
  return names;
}

function isSharedAccess(node: ts.Node): node is ts.ElementAccessExpression {
  return ts.isElementAccessExpression(node) && /^(core\.)?mem$/.test(node.expression.getText());
}

function unwrap(node: ts.Node): ts.Node {
  return ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) ? unwrap(node.expression) : node;
}

function isAssignment(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
}

function isStep(node: ts.Node): node is ts.PrefixUnaryExpression | ts.PostfixUnaryExpression {
  return ts.isPostfixUnaryExpression(node) || (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.PlusPlusToken);
}

function makeStepwise(names: Set<string>, grain: Grain, file: string): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory } = context;
    const showsPlain = grain === "all" || file === "read.ts";
    let shown = showsPlain;
    const pausedBefore = (expression: ts.Expression): ts.Expression =>
      factory.createParenthesizedExpression(
        factory.createComma(factory.createParenthesizedExpression(factory.createYieldExpression(undefined, factory.createNumericLiteral(0))), expression),
      );
    const visitTarget = (node: ts.Node): ts.Node => ts.visitEachChild(node, (child) => (unwrap(child) === unwrap(node) ? visitTarget(child) : visit(child)), context);
    const visit = (node: ts.Node): ts.Node => {
      if (ts.isClassDeclaration(node) || (ts.isFunctionDeclaration(node) && !names.has(node.name!.text))) return node;
      if (ts.isFunctionDeclaration(node) && names.has(node.name!.text)) {
        shown = showsPlain && !(grain === "all" && BULK.has(node.name!.text));
        const body = ts.visitEachChild(node.body!, visit, context);
        return factory.updateFunctionDeclaration(node, node.modifiers, factory.createToken(ts.SyntaxKind.AsteriskToken), node.name, undefined, node.parameters, undefined, body);
      }
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && names.has(node.expression.text)) {
        const call = ts.visitEachChild(node, visit, context);
        return factory.createParenthesizedExpression(factory.createYieldExpression(factory.createToken(ts.SyntaxKind.AsteriskToken), call));
      }
      if (ts.isCallExpression(node) && /^Atomics\./.test(node.expression.getText())) return pausedBefore(ts.visitEachChild(node, visit, context));
      if (shown && isAssignment(node) && isSharedAccess(unwrap(node.left))) {
        return pausedBefore(factory.updateBinaryExpression(node, visitTarget(node.left) as ts.Expression, node.operatorToken, visit(node.right) as ts.Expression));
      }
      if (shown && isStep(node) && isSharedAccess(unwrap(node.operand))) return pausedBefore(node);
      if (shown && isSharedAccess(node)) return pausedBefore(ts.visitEachChild(node, visit, context));
      return ts.visitEachChild(node, visit, context);
    };
    return (source) => ts.visitEachChild(source, visit, context);
  };
}

function applyMutations(file: string, text: string, mutations: Mutation[]): string {
  for (const { file: target, from, to } of mutations) {
    if (target !== file) continue;
    if (!text.includes(from)) throw new Error(`mutation does not apply to ${file}: ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

const compiled = new Map<string, string>();

function compile(file: string, grain: Grain, names: Set<string>, mutations: Mutation[]): string {
  const cacheKey = `${grain}:${file}`;
  const isPlain = !mutations.some((mutation) => mutation.file === file);
  if (isPlain && compiled.has(cacheKey)) return compiled.get(cacheKey)!;
  const text = applyMutations(file, readFileSync(join(sourceFolder, file), "utf8"), mutations).replace(/const SPINS = \d+/, "const SPINS = 0");
  const code = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    transformers: PROTOCOL_FILES.includes(file) ? { before: [makeStepwise(names, grain, file)] } : {},
  }).outputText;
  if (isPlain) compiled.set(cacheKey, code);
  return code;
}

/** What the stepwise protocol exports: the names of the sources, the functions as generators. */
export interface Protocol {
  Core: new (buffer: SharedArrayBuffer, codec: unknown, lockTimeout: number, isOrdered: boolean) => ProtocolCore;
  encodeKey(core: ProtocolCore, key: string): void;
  encodeValue(core: ProtocolCore, value: unknown): void;
  toNumber(low: number, high: number, kind: number): number;
  decodeKey(meta: number, words: Int32Array, at: number): string | number;
  keyWordsOf(keyMeta: number): number;
  stripeOf(core: ProtocolCore, hash: number): number;
  readEntry(core: ProtocolCore, stripe: number): Steps<boolean>;
  hasEntry(core: ProtocolCore, stripe: number): Steps<boolean>;
  putEntry(core: ProtocolCore, stripe: number, expected: number, seen?: number, block?: number): Steps<boolean>;
  removeEntry(core: ProtocolCore, stripe: number, expected: number): Steps<boolean>;
  tryCopyStripe(core: ProtocolCore, stripe: number): Steps<StripeCopy | undefined>;
  clearStripe(core: ProtocolCore, stripe: number): Steps<void>;
  lockStripe(core: ProtocolCore, stripe: number): Steps<void>;
  unlockStripe(core: ProtocolCore, stripe: number): Steps<void>;
  lockHeap(core: ProtocolCore): Steps<void>;
  unlockHeap(core: ProtocolCore): Steps<void>;
  breakLock(core: ProtocolCore, lock: number, seen: number): Steps<boolean>;
  ABSENT: number;
  ANYTHING: number;
}

export interface ProtocolCore {
  mem: Int32Array;
  limit: number;
  me: number;
  mine: number;
  record: number;
  held: number;
  heldHeap: boolean;
  hash: number;
  stripeBase: number;
  readMeta: number;
  readLow: number;
  readHigh: number;
  readStamp: number;
  readVersion: number;
  readBlock: number;
}

export interface Sleep {
  lock: number;
  seen: number;
}
export type Steps<T> = Generator<0 | Sleep, T, void>;

/** Builds the stepwise protocol from source, with mutations if given. */
export async function loadProtocol(grain: Grain, mutations: Mutation[] = []): Promise<Protocol> {
  const names = collectNames();
  const folder = mkdtempSync(join(tmpdir(), "protocol-"));
  const outfile = join(folder, "protocol.mjs");
  const entries = readdirSync(sourceFolder).filter((file) => /^(core|keys|codec|read|write|lock)\.ts$/.test(file));
  await build({
    stdin: { contents: entries.map((file) => `export * from "./${file}";`).join("\n"), resolveDir: sourceFolder, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outfile,
    logLevel: "error",
    plugins: [
      {
        name: "stepwise",
        setup(setup) {
          setup.onLoad({ filter: /src[\\/]runtime[\\/]shared[\\/].*\.ts$/ }, ({ path }) => {
            const file = basename(path);
            return { contents: STAND_INS[file] ?? compile(file, grain, names, mutations), loader: "js" };
          });
        },
      },
    ],
  });
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Protocol;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
