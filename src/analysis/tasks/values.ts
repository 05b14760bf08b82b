import type { Control } from "./control.js";
import type { Dependence, Graph, GraphNode, Name, Value } from "./graph.js";

/** Bits that say how a value depends on a read. */
export const COPY = 1;
export const DERIVED = 2;
export const WEAK = 4;
export const CONTROL = 8;

/** The reads that something depends on, with the bits. */
export type Reads = ReadonlyMap<number, number>;

/** What values depend on, by the assignments that reach them. */
export interface Values {
  /** The reads that a value depends on, at a node. */
  resolve(value: Value, node: number): Reads;
  /** The reads that decide whether or what a node does. */
  getDependences(node: GraphNode): Reads;
  /** The reads that the test of a branch depends on. */
  getTested(branch: number): Reads;
}

const NO_READS: Reads = new Map();
const NO_DEFINITIONS: readonly number[] = [];

/**
 * Follows values back to the reads that they come from: over the assignments that reach a use, and over the branches that decide on them.
 * @param isTracked the reads that matter
 */
export function createValues(graph: Graph, control: Control, isTracked: (read: number) => boolean): Values {
  return new ValueFinder(graph, control, isTracked);
}

class ValueFinder implements Values {
  /** What is assigned or tested at a node depends on these. */
  readonly #found: (Reads | undefined)[] = [];
  readonly #definitions: Definitions;
  /** The branches that depend on some read: no other decides anything. */
  readonly #tests: number[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly control: Control,
    private readonly isTracked: (read: number) => boolean,
  ) {
    this.#definitions = new Definitions(graph);
    // What depends on what goes round in loops: until nothing is added.
    while (this.#findMore());
  }

  #findMore(): boolean {
    let isMore = false;
    for (const { id, event } of this.graph.nodes) {
      if (event.type !== "branch" && !(event.type === "assign" && this.#definitions.isUsed(event.name))) continue;
      const reads = event.type === "branch" ? this.resolve(event.test, id) : this.#withControl(this.resolve(event.value, id), id);
      const known = this.#found[id];
      if (reads.size === 0 || (known && isEqual(known, reads))) continue;
      if (event.type === "branch" && !known) this.#tests.push(id);
      this.#found[id] = reads;
      isMore = true;
    }
    return isMore;
  }

  resolve(value: Value, node: number): Reads {
    let found: Map<number, number> | undefined;
    const add = (read: number, bits: number): void => {
      found ??= new Map();
      found.set(read, (found.get(read) ?? 0) | bits);
    };
    for (const { source, strength } of value.dependences) {
      const bits = getBits(strength);
      if (typeof source !== "number") for (const definition of this.#definitions.find(source, node)) this.#found[definition]?.forEach((known, read) => add(read, combine(known, bits)));
      else if (this.isTracked(source)) add(source, bits);
    }
    return found ?? NO_READS;
  }

  getDependences(node: GraphNode): Reads {
    const isValued = node.event.type === "write" || node.event.type === "assign";
    return this.#withControl(isValued ? this.resolve(node.event.value, node.id) : NO_READS, node.id);
  }

  getTested(branch: number): Reads {
    return this.#found[branch] ?? NO_READS;
  }

  /** With the reads on whose outcome the node hangs. */
  #withControl(reads: Reads, node: number): Reads {
    let joined: Map<number, number> | undefined;
    for (const branch of this.#tests) {
      if (this.control.getOutcome(branch, node) === undefined) continue;
      this.#found[branch]!.forEach((bits, read) => {
        if (bits & ~WEAK) (joined ??= new Map(reads)).set(read, (joined.get(read) ?? 0) | CONTROL);
      });
    }
    return joined ?? reads;
  }
}

/** Which assignments of a name hold where: a set of bits a node, carried along the graph until nothing is added. */
class Definitions {
  /** The assignments of each name that some value comes from: of the others nobody asks. */
  readonly #byName = new Map<Name, number[]>();
  readonly #bits = new Map<number, number>();
  /** What holds before a node; `undefined` where nobody comes. Many nodes share one. */
  readonly #before: (Uint32Array | undefined)[];

  constructor(private readonly graph: Graph) {
    for (const name of findUsedNames(graph)) this.#byName.set(name, []);
    for (const { id, event } of graph.nodes) {
      const list = event.type === "assign" ? this.#byName.get(event.name) : undefined;
      if (!list) continue;
      list.push(id);
      this.#bits.set(id, this.#bits.size);
    }
    this.#before = new Array<Uint32Array | undefined>(graph.nodes.length).fill(undefined);
    this.#carry();
  }

  isUsed(name: Name): boolean {
    return this.#byName.has(name);
  }

  find(name: Name, node: number): readonly number[] {
    const before = this.#before[node];
    return (before && this.#byName.get(name)?.filter((definition) => has(before, this.#bits.get(definition)!))) ?? NO_DEFINITIONS;
  }

  #carry(): void {
    const { nodes } = this.graph;
    if (nodes.length > 0) this.#before[0] = new Uint32Array((this.#bits.size + 31) >> 5);
    const owned = new Set<Uint32Array>();
    const isDirty = new Uint8Array(nodes.length).fill(1, 0, 1);
    // Nodes stand nearly in reverse postorder: a pass or two.
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (const node of nodes) {
        if (!isDirty[node.id]) continue;
        isDirty[node.id] = 0;
        const before = this.#before[node.id]!;
        owned.delete(before);
        const after = this.#assign(node, before);
        for (const { to } of node.edges) {
          const known = this.#before[to];
          if (known === after) continue;
          if (!known) this.#before[to] = after;
          else if (!includes(known, after)) {
            const joined = owned.has(known) ? known : known.slice();
            owned.add(joined);
            for (let word = 0; word < after.length; word++) joined[word]! |= after[word]!;
            this.#before[to] = joined;
          } else continue;
          isDirty[to] = 1;
          isChanged = true;
        }
      }
    }
  }

  #assign({ id, event }: GraphNode, before: Uint32Array): Uint32Array {
    const own = event.type === "assign" ? this.#byName.get(event.name) : undefined;
    if (!own) return before;
    const after = before.slice();
    for (const definition of own) {
      const bit = this.#bits.get(definition)!;
      if (definition === id) after[bit >> 5]! |= 1 << bit;
      else after[bit >> 5]! &= ~(1 << bit);
    }
    return after;
  }
}

function has(set: Uint32Array, bit: number): boolean {
  return (set[bit >> 5]! & (1 << bit)) !== 0;
}

function includes(set: Uint32Array, others: Uint32Array): boolean {
  for (let word = 0; word < others.length; word++) if ((others[word]! & ~set[word]!) !== 0) return false;
  return true;
}

function findUsedNames(graph: Graph): ReadonlySet<Name> {
  const names = new Set<Name>();
  for (const { event } of graph.nodes) {
    const value = event.type === "branch" ? event.test : "value" in event ? event.value : undefined;
    for (const { source } of value?.dependences ?? []) if (typeof source !== "number") names.add(source);
  }
  return names;
}

function getBits(strength: Dependence["strength"]): number {
  return strength === "copy" ? COPY : strength === "derived" ? DERIVED : WEAK;
}

/** A derived use of a copy is derived; a copy of what is derived stays derived; what went through an await stays weak. */
function combine(known: number, use: number): number {
  if (use === COPY) return known;
  const control = known & CONTROL;
  if (use === WEAK) return control | (known & ~CONTROL ? WEAK : 0);
  return control | (known & WEAK) | (known & (COPY | DERIVED) ? DERIVED : 0);
}

function isEqual(a: Reads, b: Reads): boolean {
  if (a.size !== b.size) return false;
  for (const [read, bits] of b) if (a.get(read) !== bits) return false;
  return true;
}
