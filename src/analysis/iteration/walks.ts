import type { TSESTree } from "@typescript-eslint/types";
import { isInsertion, isWrite } from "../maps/accesses.js";
import { findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isInside, type Node, unwrap } from "../code/ast.js";
import { once } from "../guard.js";
import type { MapEntity } from "../maps/inventory.js";
import { type FileModel, type FunctionInfo, getNameOfWrapped } from "../code/model.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";
import { getChainOutcome, getTiming } from "../code/suspension.js";
import { findUsers } from "../code/users.js";

interface WalkContext {
  readonly model: FileModel;
  readonly summaries: Summaries;
}

/**
 * Finds the places where a loop over a map can begin in which something can go wrong, by what stands in it: a suspension, a write of the
 * same map, or the call of somebody who may come back to it. Yes may be wrong; no is not.
 */
export function findWalks(context: WalkContext): PlacedAccess[] {
  return new WalkFinder(context).find();
}

class WalkFinder {
  /** The places from which functions that write a map are run or handed on. */
  readonly #runs = new Map<MapEntity, readonly Node[]>();

  readonly #getNames = once(() => new Set(this.context.model.functions.flatMap((info) => [info.name, getNameOfWrapped(info.node) ?? info.name])));

  constructor(private readonly context: WalkContext) {}

  find(): PlacedAccess[] {
    return this.context.summaries.accesses.filter((access) => access.operation === "iterate" && canBeLoop(access) && this.#isWritten(access.map) && this.#canMatter(access));
  }

  #isWritten(map: MapEntity): boolean {
    return this.context.summaries.getAccesses(map).some((access) => access.function !== undefined && isWrite(access.operation));
  }

  #canMatter(walk: PlacedAccess): boolean {
    const body = findBody(walk);
    // const it = m.keys(): the loop is somewhere; m.forEach(this.visit): its body is elsewhere
    if (!body) return true;
    return this.#isSuspendedIn(body) || this.#isWrittenIn(body, walk.map) || this.#isHandedOutIn(body, walk.map) || this.#isGivenFunctions(walk.function);
  }

  #isWrittenIn(body: Node, map: MapEntity): boolean {
    const accesses = this.context.summaries.getAccesses(map);
    if (accesses.some((access) => isWrite(access.operation) && isInside(access.node, body))) return true;
    return this.#canRunFunctions(body) && this.#getRuns(map).some((place) => isInside(place, body));
  }

  /** By the names of what is called and handed on: where they run is looked up for few files. */
  #canRunFunctions(body: Node): boolean {
    const names = this.#getNames();
    const isNamed = (node: Node): boolean => {
      const named = unwrap(node);
      if (named.type === "Identifier") return names.has(named.name);
      if (named.type === "MemberExpression") return names.has(getPropertyName(named) ?? "");
      return named.type === "ObjectExpression" || named.type === "ArrayExpression" || named.type === "CallExpression";
    };
    return this.#getCalls(body).some((call) => isNamed(call.callee) || /^(?:call|apply|bind)$/.test(getCalleeName(call) ?? "") || call.arguments.some(isNamed));
  }

  #getRuns(map: MapEntity): readonly Node[] {
    let runs = this.#runs.get(map);
    if (!runs) {
      const writers = this.context.summaries.getAccesses(map).flatMap(({ operation, function: info }) => (info && isWrite(operation) ? [info] : []));
      this.#runs.set(map, (runs = [...findUsers(writers, this.context.model)].flatMap((info: FunctionInfo) => [...info.calls, ...info.mentions])));
    }
    return runs;
  }

  /** each((k) => m.delete(k)), with each(visit) { for (const k of m.keys()) visit(k) } */
  #isGivenFunctions(info: FunctionInfo | undefined): boolean {
    if (!info) return false;
    return info.calls.some((call) => call.arguments.some((argument) => this.context.model.getFunctionValue(argument) !== undefined)) || this.#isGivenFunctions(info.parent);
  }

  /** await, yield, a callback that runs later or at a time that nobody knows */
  #isSuspendedIn(body: Node): boolean {
    const { model } = this.context;
    if ((body.type === "ForOfStatement" && body.await) || model.getEnclosing(body)?.node.generator) return true;
    if ((model.nodes.get("AwaitExpression") ?? []).some((node) => isInside(node, body))) return true;
    if ((model.nodes.get("ForOfStatement") ?? []).some((node) => (node as TSESTree.ForOfStatement).await && isInside(node, body))) return true;
    if ((model.nodes.get("VariableDeclarator") ?? []).some((node) => (node.parent as TSESTree.VariableDeclaration).kind === "await using" && isInside(node, body))) return true;
    return this.#getCalls(body).some((call) => getChainOutcome(call, 0) !== undefined || (call !== body && getTiming(call) !== "now" && call.arguments.some((argument) => model.getFunctionValue(argument) !== undefined)));
  }

  /** listener(event), entry.run(event), beside which some function inserts and some function removes */
  #isHandedOutIn(body: Node, map: MapEntity): boolean {
    const accesses = this.context.summaries.getAccesses(map);
    if (!accesses.some(({ operation }) => operation === "delete") || !accesses.some(({ operation, function: info }) => info !== undefined && isInsertion(operation))) return false;
    return this.#getCalls(body).some((call) => {
      const callee = unwrap(call.callee);
      return (callee.type === "MemberExpression" ? unwrap(callee.object) : callee).type === "Identifier";
    });
  }

  #getCalls(body: Node): TSESTree.CallExpression[] {
    return ((this.context.model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[]).filter((call) => isInside(call, body));
  }
}

/** for (const x of m), for (const x of m.values().filter(f)), for (const k in d), m.forEach(f), const it = m.keys() */
function canBeLoop({ map, node }: Pick<PlacedAccess, "map" | "node">): boolean {
  if (node.type === "CallExpression" && getCalleeName(node) === "forEach") return true;
  const { node: outer, parent } = getUsage(node);
  if (map.kind === "dictionary") return parent?.type === "ForInStatement";
  if (parent?.type === "MemberExpression" && parent.object === outer && parent.parent.type === "CallExpression") return canBeLoop({ map, node: parent.parent });
  return parent?.type === "VariableDeclarator" || (parent?.type === "ForOfStatement" && parent.right === outer);
}

/** The loop around what is walked, or the call of forEach with its callback. */
function findBody({ node }: PlacedAccess): Node | undefined {
  if (node.type === "CallExpression" && getCalleeName(node) === "forEach") return isFunction(node.arguments[0]) ? node : undefined;
  const around = findAncestor(node, (at) => at.type === "VariableDeclarator" || at.type === "ForOfStatement" || at.type === "ForInStatement");
  return around?.type === "VariableDeclarator" ? undefined : around;
}
