import * as typescript from "@typescript-eslint/parser";
import { Linter, type SourceCode } from "eslint";
import type { Flow } from "../../src/analysis/tasks/flow.js";
import { type Graph, type GraphNode, printGraph } from "../../src/analysis/tasks/graph.js";
import { getKeyTerm, type KeyTerm } from "../../src/analysis/maps/keys.js";
import type { MapEntity } from "../../src/analysis/maps/inventory.js";
import type { FunctionInfo } from "../../src/analysis/code/model.js";
import { type Analysis, analyze } from "../../src/analysis/pipeline.js";
import type { Node } from "../../src/analysis/code/ast.js";

// A mistake in the analysis is an error here, not silence.
process.env["MAPGUARD_DEBUG"] = "1";

export interface SourceOptions {
  readonly parser?: "typescript" | "espree";
  readonly sourceType?: "module" | "commonjs" | "script";
  readonly jsx?: boolean;
  readonly settings?: Record<string, unknown>;
}

/** Parses as ESLint does: with scopes, and with parents set. Throws on a syntax error, so that no test passes by one. */
export function parse(code: string, options: SourceOptions = {}): SourceCode {
  const linter = new Linter({ configType: "flat" });
  const parserOptions = { ecmaFeatures: { jsx: options.jsx ?? false } };
  const parser = options.parser === "espree" ? {} : { parser: typescript };
  const [fatal] = linter.verify(code, [{ files: ["**/*.ts"], languageOptions: { ...parser, parserOptions, sourceType: options.sourceType ?? "module" } }], { filename: "example.ts" }).filter((message) => message.fatal);
  if (fatal) throw new SyntaxError(`${fatal.message} (line ${fatal.line})`);
  return linter.getSourceCode();
}

/** The analysis of a piece of code, or `undefined` if it holds nothing map-like. */
export function findAnalysis(code: string, options: SourceOptions = {}): Analysis | undefined {
  const analysis = analyze(parse(code, options), { mapguard: options.settings ?? {} });
  // Maps that are entries of maps are found with the accesses.
  void analysis?.summaries;
  return analysis;
}

/** The same for code that is known to hold a map. */
export function getAnalysis(code: string, options: SourceOptions = {}): Analysis {
  const analysis = findAnalysis(code, options);
  if (!analysis) throw new Error("nothing map-like was found");
  return analysis;
}

/** The first of its name. */
export function getFunction(analysis: Analysis, name: string): FunctionInfo {
  const info = analysis.model.functions.find((candidate) => candidate.name === name);
  if (!info) throw new Error(`no function ${name} among ${analysis.model.functions.map((candidate) => candidate.name).join(", ")}`);
  return info;
}

export function getMap(analysis: Analysis, name: string): MapEntity {
  const map = analysis.inventory.maps.find((candidate) => candidate.name === name);
  if (!map) throw new Error(`no map ${name} among ${analysis.inventory.maps.map((candidate) => candidate.name).join(", ")}`);
  return map;
}

/** The maps of a piece of code, in words: `field Map this.m`. */
export function describeMaps(code: string, options: SourceOptions = {}): string[] {
  return (findAnalysis(code, options)?.inventory.maps ?? []).map((map) => `${map.home} ${map.kind} ${map.name}`);
}

export function getFlow(analysis: Analysis, name: string): Flow {
  const flow = analysis.getFlows().find((candidate) => candidate.graph.root.name === name);
  if (!flow) throw new Error(`no graph of ${name} among ${analysis.getFlows().map((candidate) => candidate.graph.root.name).join(", ")}`);
  return flow;
}

export function getGraph(code: string, name: string, options: SourceOptions = {}): Graph {
  return getFlow(getAnalysis(code, options), name).graph;
}

/** The printed graph of a function. */
export function print(code: string, name = "f", options: SourceOptions = {}): string {
  return printGraph(getGraph(code, name, options));
}

/** The first node of a type of event, or the nth. */
export function getNode(graph: Graph, type: GraphNode["event"]["type"], index = 0): GraphNode {
  const node = graph.nodes.filter(({ event }) => event.type === type)[index];
  if (!node) throw new Error(`no ${type} in\n${printGraph(graph)}`);
  return node;
}

/** The first node of the tree that a text stands for. */
export function findNode(analysis: Analysis, text: string, type?: string): Node {
  const { sourceCode } = analysis;
  let found: Node | undefined;
  const visit = (node: Node): void => {
    if (found) return;
    if (sourceCode.getText(node as never) === text && (!type || node.type === type)) found = node;
    for (const key of sourceCode.visitorKeys[node.type] ?? []) {
      for (const child of [(node as unknown as Record<string, unknown>)[key]].flat()) if (child) visit(child as Node);
    }
  };
  visit(sourceCode.ast as unknown as Node);
  if (!found) throw new Error(`no node ${text}`);
  return found;
}

/** The arguments of the calls of `at(..)`, as key terms, in the order of the text. */
export function getKeys(code: string, options: SourceOptions = {}): KeyTerm[] {
  const analysis = getAnalysis(`const anything = new Map();\n${code}`, options);
  const calls = (analysis.model.nodes.get("CallExpression") ?? []).filter((node) => node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === "at");
  return calls.map((call) => {
    if (call.type !== "CallExpression" || !call.arguments[0]) throw new Error("at() needs a key");
    return getKeyTerm(call.arguments[0], analysis.model, new Map());
  });
}
