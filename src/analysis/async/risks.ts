import { isInsertion } from "../maps/accesses.js";
import { type Node, unwrap } from "../code/ast.js";
import { getCompanions } from "../maps/companions.js";
import { hasDisposedEntries } from "../tasks/consequence.js";
import type { Flow } from "../tasks/flow.js";
import type { Graph, GraphEvent, GraphNode, ReadEvent, WriteEvent } from "../tasks/graph.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { getListOf, isSameKey, type KeyTerm } from "../maps/keys.js";
import type { FileModel } from "../code/model.js";
import { findPromise, isPromiseMap, isWithDeferred } from "../maps/promises.js";
import type { Sharing } from "../maps/sharing.js";
import type { Summaries } from "../maps/summaries.js";
import { canBeLoaded } from "./suspects.js";
import { findStart } from "./unfinished.js";

interface RiskContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
}

/** What the order of events says before a graph is solved: where something can go wrong, and with which maps. */
export interface Risks {
  /** The flows whose writes say something about these maps. */
  readonly flows: readonly Flow[];
  /** Those in which something can go wrong. */
  readonly suspending: readonly Flow[];
  /** The maps with which something can go wrong in one of them. */
  readonly maps: ReadonlySet<MapEntity>;
  /** Those with which it can in a flow by itself. */
  getMaps(flow: Flow): ReadonlySet<MapEntity>;
}

const NONE: ReadonlySet<MapEntity> = new Set();

/**
 * Finds the maps with which something can go wrong by the order of events: used, then suspended, then written or relied on under a related
 * key; loaded or opened before a suspension and stored behind it; left behind by a failure. Yes may be wrong; no is not. Solving tells the rest.
 */
export function findRisks(flows: readonly Flow[], context: RiskContext): Risks {
  const all = flows.map((flow) => new GraphRisks(flow, context));
  const suspending = all.filter((risks) => risks.canGoWrong);
  // A function that never suspends is at most somebody's partner: only its insertions matter.
  const written = new Set(suspending.flatMap((risks) => [...risks.written]));
  const telling = all.filter((risks) => risks.canGoWrong || risks.isInserting(written));
  const isShared = createLifetimeTest(context.sharing);
  const mapsOf = new Map(telling.map((risks) => [risks.flow, risks.findRiskyMaps(isShared)]));
  return {
    flows: telling.map(({ flow }) => flow),
    suspending: suspending.map(({ flow }) => flow),
    maps: new Set([...mapsOf.values()].flatMap((maps) => [...maps])),
    getMaps: (flow) => mapsOf.get(flow) ?? NONE,
  };
}

/** Nothing goes wrong with a map of one call. */
function createLifetimeTest(sharing: Sharing): (map: MapEntity) => boolean {
  const known = new Map<MapEntity, boolean>();
  return (map) => {
    let answer = known.get(map);
    if (answer === undefined) known.set(map, (answer = sharing.getLifetime(map).level !== "none"));
    return answer;
  };
}

type Access = GraphNode & { readonly event: ReadEvent | WriteEvent | Extract<GraphEvent, { type: "reserve" }> };
type Late = GraphNode & { readonly event: ReadEvent | WriteEvent };

class GraphRisks {
  /** What is written here, slots among them. */
  readonly written = new Set<MapEntity>();
  readonly #inserted = new Set<MapEntity>();
  readonly canGoWrong: boolean;
  readonly #graph: Graph;
  readonly #accesses = new Map<MapEntity, Access[]>();
  /** Writes, and lookups that are relied on. */
  readonly #lates: Late[] = [];
  readonly #suspensions: number[] = [];
  readonly #throws: number[] = [];
  #sources: readonly (readonly number[])[] | undefined;

  constructor(
    readonly flow: Flow,
    private readonly context: RiskContext,
  ) {
    this.#graph = flow.graph;
    let isPromiseStored = false;
    for (const node of this.#graph.nodes) {
      const { event } = node;
      if (event.type === "suspend") this.#suspensions.push(node.id);
      else if (event.type === "call" && event.name === "throw") this.#throws.push(node.id);
      else if (isAccess(node)) {
        const { event: access } = node;
        if (access.type === "write") {
          this.written.add(access.map);
          if (isInsertion(access.operation)) this.#inserted.add(access.map);
        }
        if (access.map.kind === "slot") continue;
        put(this.#accesses, access.map, node);
        if (access.type === "reserve") isPromiseStored = true;
        else if (access.type === "write" || isRelied(access)) this.#lates.push(node as Late);
        isPromiseStored ||= access.type === "write" && isInsertion(access.operation) && access.value.node !== undefined && this.#isPromise(access.value.node, access.map);
      }
    }
    this.canGoWrong = isPromiseStored || (this.#suspensions.length > 0 && this.#lates.length > 0);
  }

  /** What is stored is kept as it is in one step: m.set(k, done.promise), e = { work: load(k) }; m.set(k, e) */
  #isPromise(value: Node, map: MapEntity): boolean {
    return isWithDeferred(value) || (unwrap(value).type === "Identifier" && findPromise(value, this.context.model, isPromiseMap(map)) !== undefined);
  }

  isInserting(maps: ReadonlySet<MapEntity>): boolean {
    return [...this.#inserted].some((map) => maps.has(map));
  }

  findRiskyMaps(isShared: (map: MapEntity) => boolean): ReadonlySet<MapEntity> {
    const maps = new Set<MapEntity>();
    for (const late of this.#lates) if (!maps.has(late.event.map) && isShared(late.event.map) && this.#isRisky(late)) maps.add(late.event.map);
    return maps;
  }

  #isRisky(late: Late): boolean {
    return this.#isLate(late) || (late.event.type === "write" && isInsertion(late.event.operation) && late.event.field === undefined && this.#canStay(late.id, late.event));
  }

  /** Behind a suspension that stands behind an access, or behind a load. */
  #isLate({ id, event }: Late): boolean {
    if (this.#suspensions.length === 0) return false;
    const before = this.#findSources([id]);
    const suspensions = this.#suspensions.filter((suspension) => before[suspension]);
    if (suspensions.length === 0) return false;
    if (event.type === "write" && event.operation === "set" && event.field === undefined && this.#canBeStoredLate(event)) return true;
    const earlier = this.#findSources(suspensions);
    return this.#accesses.get(event.map)!.some((access) => earlier[access.id] === 1 && this.#isRelated(access.event.key, event.key));
  }

  /** What was loaded or opened before, whatever is there by then. */
  #canBeStoredLate({ map, value }: WriteEvent): boolean {
    const { model, inventory, summaries } = this.context;
    const isInvalidated = (): boolean => summaries.getAccesses(map).some(({ operation }) => operation === "delete" || operation === "clear");
    if (value.node && canBeLoaded(value.node, model) && isInvalidated()) return true;
    return hasDisposedEntries(map, model, inventory) || getCompanions(model, summaries).has(map);
  }

  /** A promise, or something that is started, for which somebody looks first; or what is written once more, with a failure on the way. */
  #canStay(id: number, event: WriteEvent): boolean {
    const accesses = this.#accesses.get(event.map)!;
    const isLookedUp = (): boolean => accesses.some(({ event: read }) => read.type === "read" && isSameKey(read.key, event.key));
    if (event.value.node && findPromise(event.value.node, this.context.model, isPromiseMap(event.map)) && isLookedUp()) return true;
    if (event.operation === "set" && findStart(event.value.node, event.node, this.context.model) && isLookedUp()) return true;
    const isAgain = ({ event: other }: Access): boolean => other.type === "write" && other.node !== event.node && other.field === undefined && this.#isRelated(other.key, event.key);
    const others = accesses.filter(isAgain);
    if (others.length === 0) return false;
    const after = this.#findTargets(id);
    return others.some((other) => after[other.id]) && (this.#suspensions.some((suspension) => after[suspension]) || this.#throws.some((thrown) => after[thrown]));
  }

  #isRelated(a: KeyTerm, b: KeyTerm): boolean {
    if (a.kind === "every" || b.kind === "every" || isSameKey(a, b)) return true;
    const list = getListOf(a, this.context.model);
    return list !== undefined && getListOf(b, this.context.model) === list;
  }

  /** Marks what a way leads from to one of some nodes. */
  #findSources(targets: readonly number[]): Uint8Array {
    const sources = (this.#sources ??= findSources(this.#graph));
    return flood(targets, this.#graph.nodes.length, (id) => sources[id]!);
  }

  #findTargets(source: number): Uint8Array {
    return flood([source], this.#graph.nodes.length, (id) => this.#graph.nodes[id]!.edges.map(({ to }) => to));
  }
}

function isAccess(node: GraphNode): node is Access {
  const { type } = node.event;
  return type === "read" || type === "write" || type === "reserve";
}

function isRelied(event: ReadEvent): boolean {
  return event.operation === "get" && isTrusted(event.node);
}

/** get(k)!, get(k).x, get(k) as T: the code relies on the entry. */
export function isTrusted(node: Node): boolean {
  const parent = node.parent;
  if (parent?.type === "TSNonNullExpression") return true;
  if (parent?.type === "TSAsExpression") return !/undefined|any|unknown/.test(parent.typeAnnotation.type) && parent.typeAnnotation.type !== "TSUnionType";
  return parent?.type === "MemberExpression" && parent.object === node && !parent.optional;
}

function put<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Where each node is reached from. */
function findSources({ nodes }: Graph): number[][] {
  const sources: number[][] = nodes.map(() => []);
  for (const { id, edges } of nodes) for (const { to } of edges) sources[to]!.push(id);
  return sources;
}

/** Marks what can be reached from some nodes in one step or more. */
function flood(starts: readonly number[], length: number, getNext: (id: number) => readonly number[]): Uint8Array {
  const seen = new Uint8Array(length);
  const stack = [...starts];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const next of getNext(id)) {
      if (seen[next]) continue;
      seen[next] = 1;
      stack.push(next);
    }
  }
  return seen;
}
