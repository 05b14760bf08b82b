import type { SourceCode } from "eslint";

import { type Access, findAccess, findWriteAccess, isRemoval, isWrite } from "../../analysis/maps/accesses.js";
import { type Node, getUsage } from "../../analysis/code/ast.js";
import type { Inventory, MapEntity } from "../../analysis/maps/inventory.js";
import type { FileModel } from "../../analysis/code/model.js";
import { type Analysis, analyze } from "../../analysis/pipeline.js";
import { findIteration } from "../../analysis/maps/summaries.js";
import type { MapRecord } from "./map-record.js";

const PROMISE_TYPE = /^Promise\b/u;
const MAP_TYPE = /^(?:Readonly)?(?:Weak)?(?:Map|Set)\b|^Record\b/u;

/** Accesses of all maps, each place once. */
type Accesses = ReadonlyMap<MapEntity, ReadonlyMap<Node, readonly Access[]>>;

/** `d[k] = v`, `d[k] += v`, `delete d[k]`, `d[k]++`, `m = new Map()`, or a read. */
function findMemberAccesses(node: Node, inventory: Inventory): (Access | undefined)[] {
  const { node: used, parent } = getUsage(node);
  if (parent?.type === "AssignmentExpression" && parent.left === used) {
    return [findWriteAccess(node, parent.right, inventory), parent.operator === "=" ? undefined : findAccess(node, inventory)];
  }
  if (parent?.type === "UpdateExpression") return [findWriteAccess(node, parent, inventory), findAccess(node, inventory)];
  if (parent?.type === "UnaryExpression" && parent.operator === "delete") return [findWriteAccess(node, undefined, inventory)];
  return [findAccess(node, inventory)];
}

/** `for (const [k, v] of m)`, `for (const k in d)`, `[...m]`. */
function getIterated(node: Node): Node | undefined {
  return node.type === "ForOfStatement" || node.type === "ForInStatement" ? node.right : node.type === "SpreadElement" ? node.argument : undefined;
}

/** The assignment that creates a map is no use of it. */
function isCreation({ operation, node, value }: Access, model: FileModel): boolean {
  if (operation !== "replace" || !value) return false;
  const enclosing = model.getEnclosing(node);
  return enclosing === undefined || enclosing.name === "constructor";
}

function findAccesses({ model, inventory }: Analysis): Accesses {
  const found = new Map<MapEntity, Map<Node, Access[]>>();
  const add = (access: Access | undefined): void => {
    if (!access || isCreation(access, model)) return;
    const places = found.get(access.map) ?? new Map<Node, Access[]>();
    found.set(access.map, places.set(access.node, [...(places.get(access.node) ?? []), access]));
  };
  const ofType = (type: string): readonly Node[] => model.nodes.get(type) ?? [];
  for (const node of [...ofType("CallExpression"), ...ofType("BinaryExpression")]) add(findAccess(node, inventory));
  for (const node of ofType("MemberExpression")) findMemberAccesses(node, inventory).forEach(add);
  for (const node of ofType("AssignmentExpression")) {
    if (node.type === "AssignmentExpression" && node.left.type === "Identifier") add(findWriteAccess(node.left, node.right, inventory));
  }
  for (const node of [...ofType("ForOfStatement"), ...ofType("ForInStatement"), ...ofType("SpreadElement")]) {
    const iterated = getIterated(node);
    add(iterated && findIteration(iterated, inventory));
  }
  return found;
}

/** Locks and busy flags that are held where the map is used; one that does not cover every use says how many it covers. */
function getGuards(map: MapEntity, valueType: string | undefined, { getFlows }: Analysis): string[] {
  const places = new Map<Node, Set<string>>();
  let hasReservation = false;
  for (const { graph, getState } of getFlows()) {
    for (const { id, event } of graph.nodes) {
      if (event.type === "reserve" && event.map === map) hasReservation = true;
      if ((event.type !== "read" && event.type !== "write") || event.map !== map) continue;
      const locks = places.get(event.node) ?? new Set<string>();
      for (const { name } of getState(id)?.held.values() ?? []) locks.add(name);
      places.set(event.node, locks);
    }
  }
  const names = new Set([...places.values()].flatMap((locks) => [...locks]));
  // An entry that stands for work in progress is no lock around the map.
  names.delete(map.name);
  const locks = [...names].map((name) => {
    const covered = [...places.values()].filter((held) => held.has(name)).length;
    return covered === places.size ? name : `${name} (${covered} of ${places.size} uses)`;
  });
  const holdsPromises = valueType === undefined || PROMISE_TYPE.test(valueType);
  return hasReservation && holdsPromises ? [...locks, "stored promises"] : locks;
}

/** Why several tasks can use it: how long it lives, and who gets at it at the same time. */
function getSharing(map: MapEntity, uses: readonly Node[], { sharing, model }: Analysis): Pick<MapRecord, "shared" | "why"> {
  const lifetime = sharing.getLifetime(map);
  const users = uses.map((use) => model.getEnclosing(use));
  const isUsedLater = users.some((user) => user !== undefined && user.name !== "constructor");
  if (lifetime.level === "none" || !isUsedLater) return { shared: false, why: "" };
  const overlaps = users.map((user) => sharing.getOverlap(user, map)).filter(({ level }) => level !== "none");
  const overlap = overlaps.find(({ level }) => level === "proven") ?? overlaps[0];
  return { shared: true, why: [lifetime.reason, overlap?.reason].filter((reason, index, all) => reason && all.indexOf(reason) === index).join("; ") };
}

/**
 * The maps of one parsed file, by the analysis that the rules use.
 *
 * @param file the path to show.
 * @param settings the settings of the file, with `mapguard` among them.
 */
export function listMaps(sourceCode: SourceCode, file: string, settings: unknown): MapRecord[] {
  const analysis = analyze(sourceCode, settings);
  if (!analysis) return [];
  const accesses = findAccesses(analysis);
  const getText = (node: Node | undefined): string | undefined => node && sourceCode.getText(node as never).replaceAll(/\s+/gu, " ");
  // Maps that are entries of maps are found with the accesses.
  void analysis.summaries;
  const maps = analysis.inventory.maps.filter(({ kind }) => kind !== "slot");
  return maps.map((map): MapRecord => {
    const places = [...(accesses.get(map) ?? new Map<Node, readonly Access[]>()).values()].flat();
    const count = (test: (access: Access) => boolean): number => places.filter(test).length;
    const valueType = getText(map.valueType);
    return {
      name: map.name,
      kind: map.kind === "safe" ? "SafeMap" : map.kind,
      home: map.home,
      file,
      line: map.declaration.loc.start.line,
      ...getSharing(map, places.map(({ node }) => node), analysis), // prettier-ignore
      key: getText(map.keyType),
      value: valueType,
      reads: count(({ operation }) => !isWrite(operation)),
      writes: count(({ operation }) => isWrite(operation) && (operation === "replace" || !isRemoval(operation))),
      deletes: count(({ operation }) => operation !== "replace" && isRemoval(operation)),
      guards: getGuards(map, valueType, analysis),
      valuesAreMaps: maps.some(({ parent }) => parent === map) || MAP_TYPE.test(valueType ?? ""),
    };
  });
}
