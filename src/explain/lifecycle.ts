import type { Node } from "../analysis/code/ast.js";
import type { UnboundedMap } from "../analysis/lifecycle/growth.js";
import { describeFunction, quote } from "./hazard.js";

const line = (node: Node | undefined): string => (node ? String(node.loc.start.line) : "");

/** The message of a map that only grows, and its data: what shows it best comes first. */
export function describeUnbounded({ map, insertion, key, origin, lifetime, evidence, sibling, forgotten }: UnboundedMap): { readonly messageId: string; readonly data: Record<string, string> } {
  const removal = forgotten ?? sibling;
  const remover = forgotten?.function ? quote(describeFunction(forgotten.function.name)) : "";
  const messageId = evidence === "forgotten" || evidence === "timed" ? evidence : sibling && evidence !== "fresh" ? "sibling" : origin;
  return { messageId, data: { map: map.name, key, lifetime, declaration: line(map.declaration), insertion: line(insertion.node), sibling: sibling?.map.name ?? "", remover, removal: line(removal?.node) } };
}
