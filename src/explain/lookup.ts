import { getShortText, type Node } from "../analysis/code/ast.js";
import type { UncheckedLookup } from "../analysis/lookup/lookups.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { TruthyLookup } from "../analysis/lookup/truthiness.js";
import { describeFunction, quote } from "./hazard.js";

const line = (node: Node | undefined): string => (node ? String(node.loc.start.line) : "");

/** The data of the message of an unchecked lookup. */
export function describeUnchecked({ map, key, cause, remover, doubt }: UncheckedLookup): Record<string, string> {
  const name = remover?.function ? describeFunction(remover.function.name) : "the module";
  return { map: map.name, key, cause: line(cause), remover: quote(name), removerLine: line(remover?.node), doubt: line(doubt) };
}

/** The data of the message of a truthy lookup. */
export function describeTruthy({ map, key, value, stored, consequence }: TruthyLookup, analysis: Analysis): Record<string, string> {
  const type = map.valueType ? getShortText(map.valueType, analysis.sourceCode, 30) : (analysis.inventory.getValueType(map)?.text ?? "unknown");
  const evidence = stored ? `\`${getShortText(stored, analysis.sourceCode, 30)}\` (line ${line(stored)})` : `values of the type \`${type}\``;
  return { map: map.name, key, value, evidence, consequence: line(consequence), fallback: getShortText(consequence, analysis.sourceCode, 30) };
}
