import type { TSESTree } from "@typescript-eslint/types";
import { findAccess, isInsertion, isRemoval } from "../maps/accesses.js";
import { type Node, type Variable, findAncestor, getCalleeName, getChildren, getLastName, getPropertyName, getUsage, isEmptyMap, isFunction, isInCatch, isInside, isNothing, unwrap } from "../code/ast.js";
import { type Consequence, findConsequence, findSource, hasDisposedEntries, hasMutatedEntries, isLoaded, isResource } from "../tasks/consequence.js";
import { getCompanions } from "../maps/companions.js";
import { type Disposer, findDisposers } from "../maps/disposers.js";
import { CONTROL, COPY, DERIVED, type Fact, findKeptLock, type Flow, getLockId, type State, WEAK } from "../tasks/flow.js";
import { once } from "../guard.js";
import type { GraphEvent, GraphNode, ReadEvent, WriteEvent } from "../tasks/graph.js";
import type { Inventory, MapEntity } from "../maps/inventory.js";
import { isBeginning, isCreation, isEvictionOfOldest, isOnKeptMap, isPutBack } from "../maps/invalidation.js";
import { isElementOfDistinct, isIdentityOf, isIdOfElement, isKeyOfOneCall, isKeyOfRun, isObjectKey } from "../maps/key-origin.js";
import { asLookedUp, canOverlapKeys, EVERY_KEY, getKeyTerm, getListOf, isSameKey, type KeyTerm } from "../maps/keys.js";
import type { FailureModel } from "../tasks/failure.js";
import { findDroppedLocks } from "./dropped-locks.js";
import { findHandedIn } from "./handed-in.js";
import { findLeak } from "./leaks.js";
import { findLoad } from "./loads.js";
import type { FileModel, FunctionInfo } from "../code/model.js";
import { findPromise, getAwaited, isAwaitedLater, isCertainlyAsync } from "../maps/promises.js";
import { findRisks, isTrusted, type Risks } from "./risks.js";
import type { Overlap, Sharing } from "../maps/sharing.js";
import type { PlacedAccess, Summaries } from "../maps/summaries.js";
import { areExclusive, getControllersOf, getEventNode, getPlaceIn, getPresence, getRead, isOnAbsentSide, isOnPresentSide, isWhole, type WriteSite } from "./write-sites.js";

export type HazardKind = "lost-update" | "check-then-act" | "stale-cleanup" | "leaked-reservation" | "stale-entry" | "duplicate-load" | "stale-fill";

/** Where a report of it stands: at the write, or at the call of the helper that writes. */
export function getReportPlace({ calls, write }: Hazard): Node {
  return calls?.write ?? write;
}

/** The gravest first: one report a site. */
const GRAVITY: readonly HazardKind[] = ["lost-update", "check-then-act", "stale-cleanup", "leaked-reservation", "stale-entry", "duplicate-load", "stale-fill"];

/** The write of another task that makes a read stale. */
export interface Partner {
  readonly node: Node;
  readonly function: FunctionInfo | undefined;
  /** Another run of the same code. */
  readonly isSelf: boolean;
}

/** Something that can go wrong, with the places that show it. */
export interface Hazard {
  readonly kind: HazardKind;
  readonly map: MapEntity;
  readonly key: KeyTerm;
  /** The function that is suspended in between. */
  readonly task: FunctionInfo;
  /** The read, or the own earlier write, that is out of date. */
  readonly read: Node;
  readonly suspension: Node;
  /** Where it goes wrong. */
  readonly write: Node;
  /** The calls by which the task comes to the read and, behind the suspension, to the write, where helpers do them: the report stands at the latter. */
  readonly calls?: { readonly read: Node; readonly write: Node; readonly helpers: readonly FunctionInfo[] };
  readonly partner: Partner;
  readonly overlap: Overlap;
  readonly consequence: Consequence | undefined;
  /** The field of the entry that is read and written, if it is one. */
  readonly field: string | undefined;
  /** Only a heuristic: for `strict`. */
  readonly isHeuristic: boolean;
  /** Nothing is checked at all: what is there is put out of reach. */
  readonly isBlind?: boolean;
  /** For a removal that no flow shows: of an entry that was handed in, or of a lock that others wait for. */
  readonly removal?: "entry" | "lock";
  /** For a leaked reservation: what stays behind. */
  readonly leak?: "promise" | "flag" | "placeholder" | "entry";
  /** The same question with more than this file known of how work fails. */
  canLeak?(seen: FailureModel): boolean;
}

export interface HazardContext {
  readonly model: FileModel;
  readonly inventory: Inventory;
  readonly summaries: Summaries;
  readonly sharing: Sharing;
}

/** Who comes between, and why both can be under way. */
interface Meeting {
  readonly partner: Partner;
  readonly overlap: Overlap;
  /** More than one thing has to go wrong at once. */
  readonly isRare?: boolean;
}

const TEARDOWN = /^[#_]*(?:async)?(?:close|dispose|stop|destroy|shutdown|shutDown|teardown|tearDown|terminate|end|quit|cleanup|cleanUp|reset|clear|deactivate|unmount|disconnect|kill|abort|finish|exit|uninstall|release|on(?:Did)?(?:Close|Stop|Disconnect|End|Exit|Error|Shutdown)|on(?:Module)?Destroy|ngOnDestroy|componentWillUnmount|disconnectedCallback|onApplicationShutdown|beforeApplicationShutdown)(?:[A-Z]\w*)?$/;
/** clearCache(), reset(): it begins anew. */
const RESETTING = /^[#_]*(?:reset|clear)/;
/** setTtlForTests(), _resetForTesting() */
const FOR_TESTS = /For_?(?:Unit)?Test(?:s|ing)?$|TestsOnly$|TestOnly$/;
const ENDING_OF_ONE = /stop|disable|unload|unregister|untrack|unwatch|uninstall|logout|deactivate|disconnect|leave/i;
const DISPOSE_CALL = /^[#_]*(?:close|destroy|dispose|kill|terminate|disconnect|stop|shutdown|end|quit|unsubscribe|teardown|abort|cancel|leave|unload|cleanup|finish)/i;

/**
 * Finds what can go wrong in the analyzed functions of a file, one hazard a write.
 * @param risks what is looked at: a new kind of hazard has to be one of the risks
 */
export function findHazards(flows: readonly Flow[], context: HazardContext, risks: Risks = findRisks(flows, context)): Hazard[] {
  const disposers = findDisposers(context.model, context.summaries);
  return new HazardFinder(risks, disposers, context).find();
}

/** The writes of some maps in a graph, solved. */
function findSites(flow: Flow, maps: ReadonlySet<MapEntity>): WriteSite[] {
  return flow.graph.nodes.flatMap((node): WriteSite[] => {
    const state = node.event.type === "write" && maps.has(node.event.map) ? flow.getState(node.id) : undefined;
    return state && node.event.type === "write" ? [{ flow, node, event: node.event, state, dependences: flow.getDependences(node) }] : [];
  });
}

class HazardFinder {
  readonly #sites: readonly WriteSite[];
  readonly #candidates: readonly WriteSite[];
  /** Insertions that look before they write. */
  readonly #guardedInsertions = new Set<Node>();
  readonly #seenInsertions = new Set<Node>();
  /** Removals of what the same task has inserted. */
  readonly #ownRemovals = new Set<Node>();
  readonly #found = new Map<Node, Hazard>();
  readonly #leaks = new Map<Node, Hazard>();
  /** What is made and stored without a look: one report each, however many ways lead to a place. */
  readonly #lostSources = new Set<Node>();
  /** Who is ended by whom while it is under way: one report each, however many maps they share. */
  readonly #orphaned = new Map<FunctionInfo, FunctionInfo>();

  constructor(
    private readonly risks: Risks,
    private readonly disposers: readonly Disposer[],
    private readonly context: HazardContext,
  ) {
    this.#sites = risks.flows.flatMap((flow) => findSites(flow, risks.getMaps(flow)));
    const isSuspending = new Set(risks.suspending);
    this.#candidates = this.#sites.filter((site) => isSuspending.has(site.flow));
  }

  /** Whom the others are to those at risk: found out where something can go wrong at all. */
  readonly #classifyAll = once(() => {
    const maps = new Set([...this.risks.maps, ...this.disposers.map(({ insertion }) => insertion.map)]);
    for (const site of this.risks.flows.flatMap((flow) => findSites(flow, maps))) {
      this.#classifyInsertion(site);
      this.#classifyRemoval(site);
    }
  });

  #isGuardedInsertion(node: Node): boolean {
    this.#classifyAll();
    return this.#guardedInsertions.has(node);
  }

  #isOwnRemoval(node: Node): boolean {
    this.#classifyAll();
    return this.#ownRemovals.has(node);
  }

  /** An insertion that some check of the same map controls does not replace what is there. */
  #classifyInsertion(site: WriteSite): void {
    if (!isInsertion(site.event.operation) || site.event.field !== undefined) return;
    const isGuarded =
      site.event.operation === "insert" ||
      [...site.dependences].some(([id, bits]) => {
        const read = getRead(site.flow, id);
        return read?.map === site.event.map && (bits & (CONTROL | COPY)) !== 0 && read.operation !== "size" && !isOnPresentSide(site, id) && !this.#isForced(site, id);
      });
    // Reached in two contexts, an insertion is guarded only if it is in both.
    if (isGuarded && !this.#seenInsertions.has(site.event.node)) this.#guardedInsertions.add(site.event.node);
    if (!isGuarded) this.#guardedInsertions.delete(site.event.node);
    this.#seenInsertions.add(site.event.node);
  }

  /** m.set(k, p); p.finally(() => m.delete(k)): a task that tidies up what it has put there itself. */
  #classifyRemoval(site: WriteSite): void {
    if (site.event.operation !== "delete") return;
    const isOwn = [...site.state.facts.keys()].some((id) => {
      const earlier = site.flow.graph.nodes[id]!.event;
      const isInserted = earlier.type === "reserve" || (earlier.type === "write" && isInsertion(earlier.operation));
      return isInserted && earlier.map === site.event.map && isSameKey(earlier.key, site.event.key);
    });
    if (isOwn) this.#ownRemovals.add(site.event.node);
  }

  find(): Hazard[] {
    for (const site of this.#candidates) {
      this.#findStaleWrite(site);
      if (isRemoval(site.event.operation)) this.#findStaleCleanup(site);
      if (site.event.operation === "set" && site.event.field === undefined) {
        this.#findStaleFill(site);
        this.#findResurrection(site);
        this.#findLostResource(site);
        this.#findOrphan(site);
      }
      if (site.event.field !== undefined) this.#findStaleEntryWrite(site);
    }
    // A promise is stored without a suspension: function get(k) { if (!m.has(k)) m.set(k, load(k)); }
    for (const site of this.#sites) if (isInsertion(site.event.operation) && site.event.field === undefined) this.#findLeak(site);
    for (const flow of this.risks.suspending) this.#findTrustedEntries(flow);
    for (const disposer of this.disposers) this.#findReplacedByNewer(disposer);
    this.#findUnseenRemovals();
    return withoutRepetitions([...this.#found.values(), ...this.#leaks.values()].sort((a, b) => getReportPlace(a).range[0] - getReportPlace(b).range[0]));
  }

  /** One hazard a place. What a helper stores that never waits belongs to each task that calls it; what a removal fails to look at, it fails to everywhere. */
  #add(found: Hazard, nodes?: { readonly flow: Flow; readonly read: GraphNode; readonly write: GraphNode }): void {
    const calls = nodes && findCalls(found.task, nodes);
    const isCalled = calls && (calls.write !== nodes.write.event.node || calls.read !== nodes.read.event.node);
    const hazard = isCalled ? { ...found, calls } : found;
    const place = getReportPlace(hazard);
    // Two runs that store twice, and a failure that stays: each is mended by itself.
    if (hazard.kind === "leaked-reservation") {
      this.#leaks.set(place, hazard);
      return;
    }
    const known = this.#found.get(place);
    if (known) {
      if (known.isHeuristic !== hazard.isHeuristic) {
        if (known.isHeuristic) this.#found.set(place, hazard);
        return;
      }
      if (GRAVITY.indexOf(known.kind) <= GRAVITY.indexOf(hazard.kind)) return;
    }
    this.#found.set(place, hazard);
  }

  // ---- a write that depends on a stale read

  #findStaleWrite(site: WriteSite): void {
    const { event, flow, state, dependences } = site;
    if (event.operation === "insert" || event.operation === "update" || event.operation === "delete" || event.operation === "clear") return;
    if (this.#hasFreshCheck(site) || this.#isOwnResult(site)) return;
    this.#findWaiter(site);
    for (const [id, bits] of dependences) {
      const node = flow.graph.nodes[id]!;
      const read = getRead(flow, id);
      const fact = state.facts.get(id);
      if (!read || !fact || fact.stale === undefined || fact.isLost) continue;
      if (!isRelated(read, event) || this.#isGuarded(fact, state, read.key) || this.#isOnlyWaitedFor(site, id)) continue;
      // A debounce: whoever comes again clears the timer that the first one waits for.
      if (this.#isTimerCancelled(site, { fact })) continue;
      const kind = this.#classify(site, node, read, bits);
      if (!kind) continue;
      const task = getCommonFunction(node, site.node);
      const found = this.#findPartner(site, task, (access) => isConflict(access, event), read.key.kind === "every" ? EVERY_KEY : asLookedUp(event.key));
      if (!found) continue;
      this.#add({
        kind: kind.kind,
        map: event.map,
        key: event.key,
        task,
        read: read.node,
        suspension: getEventNode(flow, fact.stale),
        write: event.node,
        partner: found.partner,
        overlap: found.overlap,
        consequence: kind.consequence,
        field: event.field,
        // Two entries of their own do harm only where somebody tells them apart: the file has to show that runs meet.
        isHeuristic: kind.isHeuristic || (found.overlap.level === "assumed" && ((kind.kind === "check-then-act" && kind.consequence === "identity") || this.#isOverAtOnce(site, id))) || !isWhole(flow, event.map, this.context.summaries),
      }, { flow, read: node, write: site.node });
    }
  }

  /** await find(k), where find is async and waits for nothing: only who is in the same tick can come between. */
  #isOverAtOnce({ flow, node }: WriteSite, read: number): boolean {
    const between = flow.graph.nodes.filter(({ id, event }) => event.type === "suspend" && flow.control.canReach(read, id) && flow.control.canReach(id, node.id));
    return between.length > 0 && between.every(({ event }) => isInstant(event.node, this.context.model));
  }

  /** if (p instanceof Promise) p = await p; if (p === undefined) m.set(k, make()): who finds an entry waits for it, and who finds none does not wait. */
  #isOnlyWaitedFor(site: WriteSite, read: number): boolean {
    const { flow, node } = site;
    if (!isOnAbsentSide(site, read)) return false;
    const between = flow.graph.nodes.filter(({ id, event }) => event.type === "suspend" && flow.control.canReach(read, id) && flow.control.canReach(id, node.id));
    return between.every((pause) => pause.event.type === "suspend" && ((flow.resolve(pause.event.value, pause.id).get(read) ?? 0) & COPY) !== 0 && isOnPresentSide({ ...site, node: pause }, read));
  }

  /** if (m.has(k)) await m.get(k); m.set(k, next): several waiters wake together, and each takes its turn at once. */
  #findWaiter(site: WriteSite): void {
    const { event, flow, state } = site;
    if (event.operation !== "set" || event.field !== undefined || !this.#isPromiseStored(event)) return;
    for (const [id, fact] of state.facts) {
      const read = getRead(flow, id);
      if (!read || read.operation !== "get" || fact.stale === undefined || fact.isLost || !isRelated(read, event) || this.#isGuarded(fact, state, read.key)) continue;
      const suspension = flow.graph.nodes[fact.stale]!.event;
      if (suspension.type !== "suspend" || !((flow.resolve(suspension.value, fact.stale).get(id) ?? 0) & COPY) || isOnAbsentSide(site, id)) continue;
      const task = getCommonFunction(flow.graph.nodes[id]!, site.node);
      const found = this.#findPartner(site, task, (access) => isConflict(access, event), event.key);
      if (!found?.partner.isSelf) continue;
      // await m.get(k); if (isDone(k)) return; m.set(k, next)
      const isAskedAgain = flow.control.getControllers(site.node.id).some((controller) => flow.control.canReach(fact.stale!, controller.id) && !flow.control.canReach(controller.id, id));
      this.#add({ kind: "check-then-act", map: event.map, key: event.key, task, read: read.node, suspension: suspension.node, write: event.node, partner: found.partner, overlap: found.overlap, consequence: "refusal", field: undefined, isHeuristic: !isWhole(flow, event.map, this.context.summaries) || isAskedAgain }, { flow, read: flow.graph.nodes[id]!, write: site.node });
    }
  }

  /** m.set(k, p); .. p = await p; m.set(k, p): what stands there already, settled. */
  #isOwnResult({ event }: WriteSite): boolean {
    const { model, inventory, summaries } = this.context;
    const awaited = event.value.node && getAwaited(event.value.node, model);
    const promise = awaited && model.getVariable(unwrap(awaited));
    if (!promise) return false;
    const isHere = (node: Node): boolean => {
      const access = findAccess(unwrap(node), inventory);
      return access?.map === event.map && access.operation === "get";
    };
    const isTaken = promise.references.some((reference) => reference.writeExpr && isHere(reference.writeExpr as Node));
    return isTaken || summaries.getAccesses(event.map).some((access) => access.operation === "set" && access.value !== undefined && getWriteNode(access.node) !== event.node && model.getVariable(unwrap(access.value)) === promise);
  }

  #isPromiseStored({ map, value }: WriteEvent): boolean {
    if (map.valueType?.type === "TSTypeReference" && map.valueType.typeName.type === "Identifier" && /^Promise/.test(map.valueType.typeName.name)) return true;
    const made = value.node && findPromise(value.node, this.context.model);
    return made !== undefined && (getCalleeName(made as TSESTree.CallExpression) === "Promise" || isCertainlyAsync(made, this.context.model) || isAwaitedLater(value.node, this.context.model));
  }

  #classify(site: WriteSite, node: GraphNode, read: ReadEvent, bits: number): { kind: HazardKind; consequence: Consequence | undefined; isHeuristic: boolean } | undefined {
    const { event } = site;
    if (event.operation === "replace") {
      // this.m = next, with next made from a copy of this.m before the suspension
      return read.operation === "iterate" && bits & (DERIVED | COPY) ? { kind: "lost-update", consequence: undefined, isHeuristic: false } : undefined;
    }
    const isSameField = read.field === event.field;
    if (bits & DERIVED && isSameField && read.operation === "get" && isSameKey(read.key, event.key) && !this.#isOnAbsentSide(site, node.id)) {
      if (this.#isReplacedKnowingly(site)) return undefined;
      return { kind: "lost-update", consequence: undefined, isHeuristic: false };
    }
    if (!(bits & (CONTROL | COPY))) {
      // e.offset = (await read(e.offset)).next
      return bits & WEAK && isSameField && read.operation === "get" && isSameKey(read.key, event.key) ? { kind: "lost-update", consequence: undefined, isHeuristic: read.field === undefined } : undefined;
    }
    // for (const k of Object.keys(d)) { .. d[k] = v }: a walk is no search.
    if (read.operation === "iterate" && isWalkAround(read.node, event.node)) return undefined;
    if ((read.operation === "iterate" || read.operation === "size") && this.#isFill(site, node.id)) return this.#classifyFill(site);
    // Whoever looks through the whole map to refuse does so next to the write.
    if (read.operation === "iterate" && (!(bits & CONTROL) || node.stack.at(-1) !== site.node.stack.at(-1))) return undefined;
    if (read.operation === "size" && !(bits & CONTROL)) return undefined;
    if (isOnPresentSide(site, node.id)) return undefined;
    const controllers = getControllersOf(site, node.id);
    const checks = controllers.filter(({ id }) => this.#isCheckOf(site, node.id, id));
    // const { path } = m.get(k); if (detect(read(path)) !== "x") throw ..: a test of what was made of the field.
    if (read.field !== undefined && event.field === undefined && !(bits & COPY) && this.#isKnownToBeThere(site) && !checks.some(({ id }) => isTestOfField(site.flow.graph.nodes[id]!.event.node, read.field!, this.context.model))) return undefined;
    const consequence = findConsequence(site.flow.graph, node, site.node, checks, this.context.model, this.context.inventory, (from, to) => site.flow.control.canReach(from, to));
    if ((read.operation === "iterate" || read.operation === "size") && (!this.#isQuota(controllers, site) || this.#isAnnounced(site))) return undefined;
    const isStoredLoad = isLoaded(event.value.node, this.context.model) || this.#isPromiseStored(event);
    switch (consequence) {
      case "resource":
        return { kind: "check-then-act", consequence, isHeuristic: false };
      case "refusal":
        // catch { failed.set(k, reason) }: what went wrong, and no claim.
        return { kind: "check-then-act", consequence, isHeuristic: this.#isContentCheck(site, controllers) || [event.node, ...site.node.calls].some((place) => isInCatch(place) || isBeforeThrow(place)) };
      case "identity":
        // Both load; what each makes itself and changes later is lost to the other.
        if (isStoredLoad) return { kind: "duplicate-load", consequence, isHeuristic: false };
        return { kind: "check-then-act", consequence, isHeuristic: this.#isContentCheck(site, controllers) };
      default: {
        // A Set holds marks: nothing is loaded for one.
        const isLoad = isStoredLoad && event.operation !== "add";
        return { kind: isLoad ? "duplicate-load" : "check-then-act", consequence, isHeuristic: !isLoad };
      }
    }
  }

  /** if (m.size === 0) for (const x of await list()) m.set(x.id, x): the whole is filled where there was nothing. */
  #isFill(site: WriteSite, read: number): boolean {
    return getControllersOf(site, read).some(({ id, outcome }) => isEmptiness(site.flow.graph.nodes[id]!.event.node, outcome));
  }

  #classifyFill(site: WriteSite): { kind: HazardKind; consequence: Consequence | undefined; isHeuristic: boolean } | undefined {
    const { model } = this.context;
    const source = findSource(site.event.value.node, model);
    if (source && isResource(source, model)) return { kind: "check-then-act", consequence: "resource", isHeuristic: false };
    const isLoad = site.event.operation !== "add" && isLoaded(site.event.value.node, model);
    return isLoad ? { kind: "duplicate-load", consequence: "data", isHeuristic: true } : undefined;
  }

  /** const old = m.get(k); if (!old) throw ..: what is written takes the place of an entry. */
  #isKnownToBeThere(site: WriteSite): boolean {
    return [...site.dependences.keys()].some((id) => {
      const read = getRead(site.flow, id);
      return read?.map === site.event.map && read.field === undefined && isSameKey(read.key, site.event.key) && isOnPresentSide(site, id);
    });
  }

  /** if (old.hash === hash) return; m.set(k, { hash }): whoever comes second overwrites, as it would anyway. */
  #isContentCheck(site: WriteSite, controllers: readonly { id: number }[]): boolean {
    return controllers.length > 0 && controllers.every(({ id }) => isIdentityComparison(unwrap(site.flow.graph.nodes[id]!.event.node)));
  }

  /** if (m.has(k)) { m.get(k).close(); m.delete(k); } m.set(k, next): it looked again, and made room. */
  #isReplacedKnowingly({ event, flow, state }: WriteSite): boolean {
    const fresh = [...state.facts].flatMap(([id, fact]) => (fact.stale === undefined && !fact.isLost ? [flow.graph.nodes[id]!.event] : []));
    const isOfKey = (other: ReadEvent | WriteEvent): boolean => other.map === event.map && other.field === undefined && isSameKey(other.key, event.key);
    return fresh.some((other) => other.type === "write" && other.operation === "delete" && isOfKey(other)) && fresh.some((other) => other.type === "read" && isOfKey(other));
  }

  /** The task has put something there itself before it was suspended: whoever counts or searches finds that. */
  #isAnnounced(site: WriteSite): boolean {
    return [...site.state.facts].some(([id, fact]) => {
      const earlier = site.flow.graph.nodes[id]!.event;
      const isOther = earlier.type === "write" && isInsertion(earlier.operation) && earlier.field === undefined && earlier.map === site.event.map && earlier.node !== site.event.node;
      return isOther && (fact.stale !== undefined || isSameKey(earlier.key, site.event.key));
    });
  }

  /** if (m.size >= max) throw: the other outcome gives up. */
  #isQuota(controllers: readonly { id: number; outcome: "true" | "false" }[], site: WriteSite): boolean {
    return controllers.some(({ id, outcome }) => {
      const test = site.flow.graph.nodes[id]!.event.node;
      // if (queue.size > 0) await drain(): something is there, and there is no limit.
      const isComparison = isQuotaTest(unwrap(test), this.context.model) && !isLoopTest(test) && !isEmptiness(test, outcome === "true" ? "false" : "true");
      const other = site.flow.graph.nodes[id]!.edges.filter((edge) => edge.kind !== outcome && edge.kind !== "throw");
      return isComparison && other.every((edge) => edge.to !== site.node.id);
    });
  }

  /** A test of what was read, and not of what was loaded later into the same variable: let v = m.get(k); if (!v) v = await load(k); if (!v) throw .. */
  #isCheckOf(site: WriteSite, read: number, branch: number): boolean {
    const { flow } = site;
    const fact = flow.getState(branch)?.facts.get(read);
    if (!fact || fact.stale === undefined) return true;
    const variable = findTestedVariable(flow.graph.nodes[branch]!.event.node, this.context.model);
    if (!variable) return false;
    return !flow.graph.nodes.some(({ id, event }) => event.type === "assign" && event.name === variable && flow.control.canReach(fact.stale!, id) && flow.control.canReach(id, branch));
  }

  /** const old = m.get(k); const v = old ?? (await load(k)); if (old == null) m.set(k, v): nothing of the old value is in the new one. */
  #isOnAbsentSide({ flow, node }: WriteSite, read: number): boolean {
    return flow.control.getControllers(node.id).some(({ id, outcome }) => {
      const branch = flow.graph.nodes[id]!.event;
      return branch.type === "branch" && branch.node.type === "BinaryExpression" && getPresence(branch.node, outcome) === "absent" && ((flow.resolve(branch.test, id).get(read) ?? 0) & ~CONTROL) !== 0;
    });
  }

  /** const mustLoad = !m.has(k) || isForced; if (mustLoad) m.set(k, v): written all the same. */
  #isForced(site: WriteSite, read: number): boolean {
    const { model, summaries } = this.context;
    const accesses = summaries.getAccesses(site.event.map);
    const isAboutMap = (operand: Node): boolean => accesses.some((access) => isInside(access.node, operand));
    return getControllersOf(site, read).some(({ id, outcome }) => {
      const variable = model.getVariable(unwrap(site.flow.graph.nodes[id]!.event.node));
      const value = variable && model.getConstantValue(variable);
      const test = value && unwrap(value);
      // const known = isForced ? undefined : m.get(k)
      if (test?.type === "ConditionalExpression") return !isAboutMap(test.consequent) || !isAboutMap(test.alternate);
      return test?.type === "LogicalExpression" && test.operator === (outcome === "true" ? "||" : "&&") && (!isAboutMap(test.left) || !isAboutMap(test.right));
    });
  }

  /** A second look that the write depends on, with nothing between, or with others kept out since. */
  #hasFreshCheck(site: WriteSite): boolean {
    for (const [id] of site.dependences) {
      const read = getRead(site.flow, id);
      const fact = site.state.facts.get(id);
      if (!read || !fact || fact.isLost || (fact.stale !== undefined && !this.#isGuarded(fact, site.state, read.key))) continue;
      // if (!loaded.name) return; m.set(k, loaded): asks the new value, not the map.
      if (read.field !== undefined && read.field !== site.event.field) continue;
      if (read.map === site.event.map && (isSameKey(read.key, site.event.key) || read.key.kind === "every")) return true;
    }
    return false;
  }

  #isGuarded(fact: Fact, state: State, key: KeyTerm): boolean {
    for (const id of fact.locks) {
      const lock = findKeptLock(state, id);
      if (!lock || lock.isShared) continue;
      if (!lock.key) return true;
      if (key.kind !== "every" && canCoverKey(lock.key, key)) return true;
    }
    return false;
  }

  /** The write of another task: another run of this one, else another function's. */
  #findPartner(site: WriteSite, inner: FunctionInfo, conflicts: (access: PlacedAccess) => boolean, key: KeyTerm): Meeting | undefined {
    const { map } = site.event;
    if (this.context.sharing.getLifetime(map).level === "none") return undefined;
    // Object.entries(d).map(async ([k, e]) => ..): each run of the callback has a key of its own.
    const isOfOwnKey = this.#isKeyOfElement(key, inner) && (inner.node.params[0]?.type === "ArrayPattern" || isElementOfDistinct(inner, this.context.model));
    const task = isOfOwnKey ? (inner.parent ?? inner) : inner;
    const own = this.context.sharing.getOverlap(task, map);
    const isOwnKeyShared = canOverlapKeys(key, key) || key.kind === "every";
    if (own.level !== "none" && isOwnKeyShared && !isKeyOfRun(key, this.context.model) && !isIdOfElement(key, task, this.context.model)) {
      return { partner: { node: site.event.node, function: task, isSelf: true }, overlap: own };
    }
    return this.#findOtherPartner(site, task, conflicts, key);
  }

  #findOtherPartner(site: WriteSite, task: FunctionInfo, conflicts: (access: PlacedAccess) => boolean, key: KeyTerm, isWithResets = false): Meeting | undefined {
    const { map } = site.event;
    for (const access of this.context.summaries.getAccesses(map)) {
      if (!access.function || isInside(access.node, task.node) || isInside(task.node, access.function.node) || !conflicts(access)) continue;
      if ((TEARDOWN.test(access.function.name) && !(isWithResets && RESETTING.test(access.function.name)) && !isOfCallersKey(access, this.context.model)) || access.function.name === "constructor" || FOR_TESTS.test(access.function.name)) continue;
      const otherKey = access.key ? getKeyTerm(access.key, this.context.model, new Map()) : EVERY_KEY;
      if (!canOverlapKeys(key, otherKey)) continue;
      const overlap = this.context.sharing.getPairOverlap(task, access.function, map);
      if (overlap.level === "none") continue;
      return { partner: { node: access.node, function: access.function, isSelf: false }, overlap };
    }
    return undefined;
  }

  /** const c = await connect(k); m.set(k, c), without a look: what another run has put there meanwhile is never closed. */
  #findLostResource(site: WriteSite): void {
    const { event, flow, state, node } = site;
    const { model, inventory, sharing, summaries } = this.context;
    if (event.key.kind !== "term" || [...state.held.values()].some((lock) => !isOfOneConstant(lock.key)) || !hasDisposedEntries(event.map, model, inventory) || sharing.getLifetime(event.map).level === "none") return;
    const source = findSource(event.value.node, model);
    if (!source || !isResource(source, model) || !node.stack.some((info) => isInside(source, info.node))) return;
    if (isKeyOfRun(event.key, model) || isKeyOfOneCall(event.key.node, model) || isObjectKey(event.map, event.key.node, model) || isIdentityOf(event.key.node, event.value.node, model)) return;
    const isOfPlace = (id: number): boolean => {
      const other = flow.graph.nodes[id]!.event;
      return (other.type === "read" || other.type === "write") && other.map === event.map && other.field === undefined && (other.key.kind === "every" || isSameKey(other.key, event.key));
    };
    // start(session.id), open(sessionId): whoever gives out ids gives out others, unless somebody looked for it.
    if (/(?:id|uuid|guid|token)$/i.test((event.key.node && getLastName(event.key.node)) ?? "") && ![...state.facts.keys()].some(isOfPlace)) return;
    // What was checked, at any time, is for the rule about checks; whoever has just looked or made room knows what is there.
    if ([...site.dependences.keys()].some(isOfPlace) || [...state.facts].some(([id, fact]) => fact.stale === undefined && isOfPlace(id))) return;
    const suspension = findLastPause(flow, node);
    if (!suspension || isOfOneEvent(source, suspension)) return;
    const tasks = node.stack.slice(0, node.stack.indexOf(getCommonFunction(suspension, node)) + 1).reverse();
    // xs.map(async ([k, x]) => ..): each run of the callback has a key of its own.
    const task = tasks.find((info) => !this.#isKeyOfElement(event.key, info) && this.#findPartner(site, info, () => false, event.key));
    const found = task && this.#findPartner(site, task, () => false, event.key);
    if (!found || this.#lostSources.has(source)) return;
    this.#lostSources.add(source);
    this.#add({ kind: "check-then-act", map: event.map, key: event.key, task, read: source, suspension: suspension.event.node, write: event.node, partner: found.partner, overlap: found.overlap, consequence: "resource", field: undefined, isHeuristic: !isWhole(flow, event.map, summaries), isBlind: true });
  }

  #isKeyOfElement({ node }: KeyTerm, task: FunctionInfo): boolean {
    const definition = node && this.context.model.getVariable(unwrap(node))?.defs[0];
    const { node: callback, parent } = getUsage(task.node);
    return definition?.type === "Parameter" && definition.node === (task.node as never) && parent?.type === "CallExpression" && parent.callee !== callback && /^(?:map|flatMap|forEach)$/.test(getCalleeName(parent) ?? "");
  }

  // ---- a removal that takes somebody else's entry

  #findStaleCleanup(site: WriteSite): void {
    const { event, flow } = site;
    if (event.operation === "replace" && (!isEmptyMap(event.value.node) || isCreation(event.node))) return;
    if (isIdentityChecked(event.node) || this.#isPutBackAtOnce(site)) return;
    // close() ends everything; close(id) ends one, and is called for many.
    if (event.key.kind === "every" && isInTeardown(site.node)) return;
    const owned = this.#findOwned(site);
    if (!owned) return;
    const isLookedUp = this.#isLookedUp(site, owned.node);
    const key = isLookedUp ? asLookedUp(event.key) : event.key;
    if (this.#hasIdentityCheck(site, owned.fact) || isKeyOfRun(key, this.context.model)) return;
    if (key.isFresh || (event.key.kind !== "every" && isObjectKey(event.map, event.key.node, this.context.model))) return;
    // if (!m.has(k)) return; await ..; m.delete(k): what it takes may be what it saw; nothing shows that it ends it.
    const isSeenOnly = event.key.kind !== "every" && owned.node.event.type === "read" && !this.#isDisposedBetween(site, owned.node.id);
    if (isSeenOnly && this.#hasFreshCheck(site)) return;
    const task = getCommonFunction(owned.node, site.node);
    const found = this.#findInstaller(site, owned, task, key, isLookedUp) ?? (isSeenOnly ? this.#findSecondRun(site, task, key) : undefined);
    if (!found) return;
    if (this.#isTimerCancelled(site, owned)) return;
    this.#add({
      kind: "stale-cleanup",
      map: event.map,
      key: event.key,
      task,
      read: owned.node.event.node,
      suspension: getEventNode(flow, owned.fact.stale!),
      write: event.node,
      partner: found.partner,
      overlap: found.overlap,
      consequence: undefined,
      field: undefined,
      isHeuristic: isSeenOnly || found.isRare || (found.partner.isSelf && isInCatch(event.node)) || this.#isReplaceable(owned.node) || !isWhole(flow, event.map, this.context.summaries),
    });
  }

  /** m.delete(k); m.set(k, v): another entry takes the place, wherever the map keeps it. */
  #isPutBackAtOnce({ event }: WriteSite): boolean {
    const accesses = this.context.summaries.getAccesses(event.map);
    const removal = accesses.find(({ node, operation }) => operation === "delete" && getWriteNode(node) === event.node);
    return removal !== undefined && isPutBack(removal, accesses, this.context.model);
  }

  /** m.set(k, await load(k)), marks.add(k): nothing is lost that the next one would not load or add again. */
  #isReplaceable({ event }: GraphNode): boolean {
    if (event.type !== "write" || event.key.kind === "every") return false;
    if (event.operation === "add") return true;
    const { model, inventory } = this.context;
    const value = event.value.node && unwrap(event.value.node);
    if (!value || hasMutatedEntries(event.map, model, inventory)) return false;
    const source = findSource(value, model);
    // A promise in flight stands for work, not for what it will give.
    return isLoaded(value, model) && !isAwaitedLater(value, model) && !(source && isResource(source, model));
  }

  /** The task's own entry, or the one that it saw, from before a suspension. */
  #findOwned(site: WriteSite): { node: GraphNode; fact: Fact } | undefined {
    const { event, flow, state } = site;
    const isWhole = event.key.kind === "every";
    const list = getListOf(event.key, this.context.model);
    let seen: { node: GraphNode; fact: Fact } | undefined;
    for (const [id, fact] of state.facts) {
      const node = flow.graph.nodes[id]!;
      const earlier = node.event;
      if ((earlier.type !== "read" && earlier.type !== "write" && earlier.type !== "reserve") || earlier.map !== event.map) continue;
      if ((earlier.type !== "reserve" && earlier.field !== undefined) || areExclusive(flow, id, site.node.id, this.context.model)) continue;
      // shell.onExit(() => m.delete(current)): whatever current is by then, it is not looked at again.
      const isLost = fact.isLost && !(event.key.isVolatile && isSameKey(earlier.key, event.key));
      if (isLost || this.#isGuardedByLock(fact, state, event)) continue;
      const isInserted = earlier.type === "reserve" || (earlier.type === "write" && isInsertion(earlier.operation));
      if (isWhole) {
        // const batch = [...m.values()]; await send(batch); m.clear()
        // for (const [k, v] of m) all.push(v); m.clear()
        if (earlier.type === "read" && earlier.operation === "iterate" && fact.stale === undefined) return undefined;
        const isCopied = earlier.type === "read" && earlier.operation === "iterate" && !isLoopSource(earlier.node);
        if (isCopied && this.#isUsedBefore(site, id)) seen = { node, fact };
        continue;
      }
      // for (const k of ks) m.set(k, p); .. for (const k of ks) m.delete(k)
      if (!isSameKey(earlier.key, event.key) && (list === undefined || getListOf(earlier.key, this.context.model) !== list)) continue;
      // Put in again since: it is the task's own once more.
      if (earlier.type === "write" && isInserted && fact.stale === undefined) return undefined;
      if (fact.stale === undefined) continue;
      if (isInserted) return { node, fact };
      if (earlier.type === "read" && (earlier.operation === "get" || earlier.operation === "has")) seen ??= { node, fact };
    }
    return seen;
  }

  /** The copy was taken to be worked on: something between uses it. */
  #isUsedBefore(site: WriteSite, read: number): boolean {
    return site.flow.graph.nodes.some((node) => {
      const { event } = node;
      if (event.type !== "suspend" && event.type !== "call") return false;
      return site.flow.resolve(event.value, node.id).has(read);
    });
  }

  #isGuardedByLock(fact: Fact, state: State, event: WriteEvent): boolean {
    for (const id of fact.locks) {
      const lock = findKeptLock(state, id);
      // Its own reservation keeps nobody from removing it and putting another there.
      if (!lock || lock.isShared || id === getLockId({ id: event.map.key, name: "", key: event.key, isShared: false })) continue;
      if (!lock.key || (event.key.kind !== "every" && canCoverKey(lock.key, event.key))) return true;
    }
    return false;
  }

  /** if (m.get(k) === mine), if (generation === current): somebody looked since the suspension. */
  #hasIdentityCheck(site: WriteSite, owned: Fact): boolean {
    const { flow, state } = site;
    for (const [id] of site.dependences) {
      const read = getRead(flow, id);
      const fact = state.facts.get(id);
      if (!read || !fact || fact.stale !== undefined) continue;
      if (flow.control.canFailPast(owned.stale!, site.node.id, id)) continue;
      const isIdentity = read.operation === "get" || read.map.parent === site.event.map || read.field !== undefined || read.map.kind === "slot" || read.operation === "size";
      if (isIdentity) return true;
    }
    return flow.control.getControllers(site.node.id).some(({ id }) => {
      const test = unwrap(flow.graph.nodes[id]!.event.node);
      if (flow.control.canReach(owned.stale!, id) && isLastUser(test, this.context.model)) return true;
      return flow.control.canReach(owned.stale!, id) && isIdentityComparison(test) && !flow.control.canFailPast(owned.stale!, site.node.id, id);
    });
  }

  /** const conn = m.get(k); await conn.close(); m.delete(k): the task ends what it saw, and takes what is there. */
  #isDisposedBetween(site: WriteSite, read: number): boolean {
    return site.flow.graph.nodes.some((node) => {
      const { event } = node;
      return event.type === "call" && DISPOSE_CALL.test(event.name) && ((site.flow.resolve(event.value, node.id).get(read) ?? 0) & (COPY | DERIVED)) !== 0;
    });
  }

  /** An insertion that presence does not block, or a second remover beside one that it blocks. */
  #findInstaller(site: WriteSite, owned: { node: GraphNode }, task: FunctionInfo, key: KeyTerm, isLookedUp: boolean): Meeting | undefined {
    const { map } = site.event;
    if (this.context.sharing.getLifetime(map).level === "none") return undefined;
    // What comes in while the whole is being worked on, guarded or not, goes with it.
    if (key.kind === "every") return this.#findOtherPartner(site, task, (access) => isInsertion(access.operation), key);
    const own = this.context.sharing.getOverlap(task, map);
    const ownInsertion = owned.node.event.type === "write" || owned.node.event.type === "reserve" ? owned.node : undefined;
    // Whoever looks there first expects that the key comes again; else its name tells.
    if (ownInsertion && !isLookedUp && isKeyOfOneCall(key.node, this.context.model)) return undefined;
    if (ownInsertion && this.#isEntryOfItsOwn(site, ownInsertion)) return undefined;
    const canRunTwice = own.level !== "none" && canOverlapKeys(key, key);
    const self = ownInsertion && { partner: { node: ownInsertion.event.node, function: task, isSelf: true }, overlap: own };
    if (canRunTwice && self && !this.#isGuardedInsertion(self.partner.node)) return self;
    const isBlind = (access: PlacedAccess): boolean => isInsertion(access.operation) && !this.#isGuardedInsertion(getWriteNode(access.node)) && !isKeyOfOneCall(access.key, this.context.model);
    const other = this.#findOtherPartner(site, task, isBlind, key);
    if (other) return other;
    // Whoever waited for the entry removes it too: if (!pending[k]) pending[k] = load(); await pending[k]; delete pending[k]
    if (isKeyOfOneCall(key.node, this.context.model)) return undefined;
    if (canRunTwice && self && this.#isReachedWithoutInsertion(site, owned.node)) return self;
    // In a catch it takes a failure, a removal and a new entry, all at once. Promises fail, and are asked for again.
    const isRare = isInCatch(site.event.node);
    if (isRare && ownInsertion?.event.type === "write" && !this.#isPromiseStored(ownInsertion.event)) return undefined;
    const isRemover = (access: PlacedAccess): boolean => isRemoval(access.operation) && access.operation !== "replace" && !this.#isOwnRemoval(getWriteNode(access.node));
    const remover = this.#findOtherPartner(site, task, isRemover, key);
    // clearCache() while the work is under way: whoever asks then starts it again.
    const reset = remover || ownInsertion === undefined || !this.#isWorkStored(ownInsertion) ? undefined : this.#findOtherPartner(site, task, isRemover, key, true);
    const inserter = canRunTwice ? undefined : this.#findOtherPartner(site, task, (access) => isInsertion(access.operation), key);
    const emptier = remover ?? reset;
    if (!emptier || !ownInsertion || !(canRunTwice || inserter)) return undefined;
    return { ...emptier, isRare: isRare || remover === undefined };
  }

  /** The task has put the promise of its own work there. */
  #isWorkStored({ event }: GraphNode): boolean {
    return event.type === "reserve" || (event.type === "write" && this.#isPromiseStored(event));
  }

  /** if (!m.has(k)) return; await ..; m.delete(k): two runs pass, and the second takes what came between. */
  #findSecondRun(site: WriteSite, task: FunctionInfo, key: KeyTerm): Meeting | undefined {
    const overlap = this.context.sharing.getOverlap(task, site.event.map);
    if (overlap.level === "none" || !canOverlapKeys(key, key) || isKeyOfOneCall(key.node, this.context.model) || isInCatch(site.event.node)) return undefined;
    return this.#findOtherPartner(site, task, (access) => isInsertion(access.operation), key);
  }

  /** m.set(socket.id, socket); socket.on("close", () => m.delete(socket.id)) */
  #isEntryOfItsOwn(site: WriteSite, insertion: GraphNode): boolean {
    const { model } = this.context;
    const { event } = insertion;
    const key = event.type === "write" || event.type === "reserve" ? event.key.node : undefined;
    if (isIdentityOf(key, getStoredValue(event), model)) return true;
    const call = insertion.id < site.node.id ? this.#getListenerCall(site) : undefined;
    return call?.callee.type === "MemberExpression" && isIdentityOf(key, call.callee.object, model);
  }

  /** x.on("close", () => ..) around the removal */
  #getListenerCall(site: WriteSite): TSESTree.CallExpression | undefined {
    for (let node: Node | undefined = site.event.node; node; node = node.parent) {
      const { node: outer, parent } = isFunction(node) ? getUsage(node) : { node: undefined, parent: undefined };
      if (parent?.type === "CallExpression" && parent.callee !== outer) return parent;
    }
    return undefined;
  }

  /** Whether the task looks under the key before it puts something there, or before it relies on what is there. */
  #isLookedUp({ flow, event }: WriteSite, insertion: GraphNode): boolean {
    return flow.graph.nodes.some((node) => {
      const read = getRead(flow, node.id);
      return read?.map === event.map && read.field === undefined && isSameKey(read.key, event.key) && (read.operation === "get" || read.operation === "has") && read.node !== event.node && flow.control.canReach(node.id, insertion.id);
    });
  }

  /** Both outcomes of the check that guards the insertion lead to the removal. */
  #isReachedWithoutInsertion(site: WriteSite, insertion: GraphNode): boolean {
    const { flow, event } = site;
    const own = new Set(flow.control.getControllers(site.node.id).map(({ id }) => id));
    return flow.control.getControllers(insertion.id).some(({ id, outcome }) => {
      const branch = flow.graph.nodes[id]!.event;
      if (own.has(id) || branch.type !== "branch" || getPresence(branch.node, outcome) === "present" || !flow.control.canReach(id, site.node.id)) return false;
      return [...flow.resolve(branch.test, id)].some(([read, bits]) => (bits & ~CONTROL) !== 0 && getRead(flow, read)?.map === event.map);
    });
  }

  /** const t = setTimeout(() => m.delete(k)); .. clearTimeout(t) */
  #isTimerCancelled(site: WriteSite, owned: { fact: Fact }): boolean {
    const suspension = site.flow.graph.nodes[owned.fact.stale!]!.event;
    if (suspension.type !== "suspend" || (suspension.reason !== "timer" && suspension.reason !== "listener")) return false;
    // setTimeout(..).unref() gives the timer
    const chained = getUsage(suspension.node).parent;
    const isUnreferenced = chained?.type === "MemberExpression" && getPropertyName(chained) === "unref" && chained.parent.type === "CallExpression";
    const { parent } = getUsage(isUnreferenced ? chained.parent : suspension.node);
    if (parent?.type === "ExpressionStatement" || parent?.type === "MemberExpression") return false;
    return /\bclear(?:Timeout|Interval|Immediate)\b|\.abort\(|removeListener|\.off\(|removeEventListener/.test(this.context.model.sourceCode.text);
  }

  /** m.set(k, handler); return () => m.delete(k): whoever registers k again loses it to the first one's handle. */
  #findReplacedByNewer({ insertion, removal, handle }: Disposer): void {
    const { map, function: task, key } = insertion;
    if (!task || !key || this.#isGuardedInsertion(getWriteNode(insertion.node)) || this.#found.has(getWriteNode(removal.node))) return;
    const { model, sharing } = this.context;
    const term = getKeyTerm(key, model, new Map());
    const overlap = sharing.getOverlap(task, map);
    if (overlap.level === "none" || sharing.getLifetime(map).level === "none" || term.isFresh || isKeyOfRun(term, model) || isKeyOfOneCall(key, model) || isObjectKey(map, key, model)) return;
    this.#add({ kind: "stale-cleanup", map, key: term, task, read: insertion.node, suspension: handle.node, write: getWriteNode(removal.node), partner: { node: insertion.node, function: task, isSelf: true }, overlap, consequence: undefined, field: undefined, isHeuristic: !this.#isHandedIn(insertion) || isIdentityOf(key, insertion.value, model) });
  }

  /** What is wrong with a removal whatever comes before it. */
  #findUnseenRemovals(): void {
    const { model, summaries } = this.context;
    for (const { removal, insertion, by, entry, suspension } of findHandedIn(model, summaries)) this.#addRemoval("entry", removal, insertion, by, entry, suspension ?? by.node, true);
    for (const { removal, insertion, by, suspension } of findDroppedLocks(model, summaries)) this.#addRemoval("lock", removal, insertion, by, suspension, suspension, false);
  }

  #addRemoval(what: NonNullable<Hazard["removal"]>, { map, key, node }: PlacedAccess, insertion: PlacedAccess, by: FunctionInfo, read: Node, suspension: Node, isHeuristic: boolean): void {
    const { model, sharing } = this.context;
    const write = getWriteNode(node);
    const own = sharing.getOverlap(by, map);
    const overlap = own.level === "none" ? sharing.getPairOverlap(by, insertion.function, map) : own;
    if (!key || this.#found.has(write) || overlap.level === "none" || sharing.getLifetime(map).level === "none" || (insertion.function && FOR_TESTS.test(insertion.function.name))) return;
    this.#add({ kind: "stale-cleanup", map, key: getKeyTerm(key, model, new Map()), task: by, read, suspension, write, partner: { node: insertion.node, function: insertion.function, isSelf: false }, overlap, consequence: undefined, field: undefined, isHeuristic, removal: what });
  }

  /** onRequest(type, handler) { m.set(type, { handler }) }: what is put there is the caller's. */
  #isHandedIn({ value, function: info }: PlacedAccess): boolean {
    const isParameter = (node: Node): boolean => {
      const definition = this.context.model.getVariable(unwrap(node))?.defs[0];
      return definition?.type === "Parameter" && definition.node === (info?.node as never);
    };
    const node = value && unwrap(value);
    if (node?.type === "ObjectExpression") return node.properties.some((property) => property.type === "Property" && isParameter(property.value));
    return node !== undefined && isParameter(node);
  }

  // ---- a value loaded before an invalidation and stored after it

  #findStaleFill(site: WriteSite): void {
    const { event, flow, state } = site;
    if (event.key.isFresh || this.#hasFreshCheck(site)) return;
    const load = findLoad(event.value.node, this.context.model);
    if (!load?.isCertain && event.key.kind !== "unknown") this.#findPersisted(site);
    const suspension = load && flow.graph.nodes.find((node) => node.event.type === "suspend" && node.event.node === load.node);
    if (!suspension || !flow.control.canReach(suspension.id, site.node.id)) return;
    if ([...state.held.values()].some((lock) => !lock.isShared && lock.id.startsWith("lock:"))) return;
    if (this.#isAskedSince(site, suspension.id)) return;
    const task = site.node.stack.at(-1)!;
    const isEmptied = (access: PlacedAccess): boolean => this.#isInvalidation(access) && !this.#isRenewal(access) && (event.key.kind !== "unknown" || access.operation === "clear");
    const invalidator = this.#findOtherPartner(site, task, isEmptied, event.key);
    // clearCache(): for a new session, or for a test.
    const found = invalidator ?? this.#findOtherPartner(site, task, isEmptied, event.key, true);
    if (!found || this.context.sharing.getLifetime(event.map).level === "none") return;
    this.#add({ kind: "stale-fill", map: event.map, key: event.key, task, read: load.node, suspension: load.node, write: event.node, partner: found.partner, overlap: found.overlap, consequence: undefined, field: undefined, isHeuristic: !load.isCertain || !invalidator });
  }

  /** if (version !== this.version) return, if (signal.aborted) return: something is asked between the suspension and the write. */
  #isAskedSince({ flow, node }: WriteSite, suspension: number): boolean {
    return flow.control.getControllers(node.id).some(({ id }) => flow.control.canReach(suspension, id) && isIdentityComparison(unwrap(flow.graph.nodes[id]!.event.node), true));
  }

  /** await writeFile(path, JSON.stringify(record)); m.set(record.id, record), though remove(id) takes both away meanwhile. */
  #findPersisted(site: WriteSite): void {
    const { event, flow } = site;
    const value = event.value.node && unwrap(event.value.node);
    const variable = value && this.context.model.getVariable(value);
    const task = site.node.stack.at(-1)!;
    if (!value || variable?.defs[0]?.type !== "Parameter" || variable.defs[0].node !== (task.node as never) || this.#hasFreshRead(site)) return;
    const suspension = flow.graph.nodes.find(({ id, event: other }) => other.type === "suspend" && other.reason === "await" && flow.control.canReach(id, site.node.id) && variable.references.some((reference) => isInside(reference.identifier as Node, other.node)));
    if (!suspension) return;
    const found = this.#findOtherPartner(site, task, (access) => access.operation === "delete" && this.#isInvalidation(access) && isOfCallersKey(access, this.context.model), event.key);
    if (!found || this.context.sharing.getLifetime(event.map).level === "none") return;
    this.#add({ kind: "stale-fill", map: event.map, key: event.key, task, read: value, suspension: getEventNode(flow, suspension.id), write: event.node, partner: found.partner, overlap: found.overlap, consequence: undefined, field: undefined, isHeuristic: true });
  }

  /** m.set(k, { state: "loading" }); await ..; m.set(k, { state: "loaded" }), though another path takes the entry away meanwhile. */
  #findResurrection(site: WriteSite): void {
    const { event, flow, state } = site;
    if (event.key.kind === "unknown" || event.key.isFresh || isKeyOfRun(event.key, this.context.model) || isKeyOfOneCall(event.key.node, this.context.model)) return;
    if (isBeginning(event.value.node) || this.#hasFreshRead(site) || [...state.held.values()].some((lock) => !lock.isShared && lock.id.startsWith("lock:"))) return;
    for (const [id, fact] of state.facts) {
      const earlier = flow.graph.nodes[id]!.event;
      if (earlier.type !== "write" || earlier.operation !== "set" || earlier.node === event.node || earlier.map !== event.map || earlier.field !== undefined || fact.stale === undefined || fact.isLost || !isSameKey(earlier.key, event.key)) continue;
      // if (signal.aborted) return
      if (this.#isAskedSince(site, fact.stale)) continue;
      const task = getCommonFunction(flow.graph.nodes[id]!, site.node);
      const isKept = isOnKeptMap(event.node, getEventNode(flow, fact.stale), this.context.model);
      const found = this.#findOtherPartner(site, task, (access) => (access.operation === "replace" ? !isKept && !isCreation(getWriteNode(access.node)) : this.#isTakenAway(access)), event.key);
      if (!found || this.context.sharing.getLifetime(event.map).level === "none") continue;
      this.#add({ kind: "stale-fill", map: event.map, key: event.key, task, read: earlier.node, suspension: getEventNode(flow, fact.stale), write: event.node, partner: found.partner, overlap: found.overlap, consequence: undefined, field: undefined, isHeuristic: !isWhole(flow, event.map, this.context.summaries) });
      return;
    }
  }

  /** const s = sessions.get(k); if (!s) return; await ..; timers.set(k, t), though close(k) takes k away from both meanwhile. */
  #findOrphan(site: WriteSite): void {
    const { event, flow, state, node } = site;
    const { model, sharing, summaries } = this.context;
    if (event.key.kind !== "term" || event.key.isFresh || sharing.getLifetime(event.map).level === "none" || [...state.held.values()].some((lock) => !isOfOneConstant(lock.key))) return;
    for (const { map, removal, by } of getCompanions(model, summaries).get(event.map) ?? []) {
      if (node.stack.includes(by) || removal.function === undefined || node.stack.includes(removal.function)) continue;
      const looks = flow.graph.nodes.filter(({ event: other }) => other.type === "read" && other.map === map && other.field === undefined && (other.operation === "get" || other.operation === "has") && isSameKey(other.key, event.key));
      const look = looks.find(({ id }) => flow.control.canReach(id, node.id) && this.#isKnownPresent(site, id));
      const pause = look && findLastPause(flow, node);
      if (!look || !pause || look.id > pause.id || looks.some(({ id }) => id > pause.id && flow.control.canReach(id, node.id)) || this.#isAskedSince(site, pause.id)) continue;
      // It has made room itself, for another one.
      const isOwnRemoval = ({ id, event: other }: GraphNode): boolean => other.type === "write" && other.operation === "delete" && (other.map === map || other.map === event.map) && id > look.id && flow.control.canReach(id, node.id);
      if (flow.graph.nodes.some(isOwnRemoval)) continue;
      // It is taken away again at the end.
      if (flow.graph.nodes.some(({ id, event: other, stack }) => other.type === "write" && other.operation === "delete" && other.map === event.map && stack.length === node.stack.length && flow.control.canReach(node.id, id))) continue;
      const task = getCommonFunction(look, node);
      const overlap = sharing.getPairOverlap(task, by, event.map);
      if (overlap.level === "none" || isInside(by.node, task.node) || isInside(task.node, by.node) || this.#orphaned.get(task) === by) continue;
      this.#orphaned.set(task, by);
      this.#add({ kind: "stale-fill", map: event.map, key: event.key, task, read: look.event.node, suspension: pause.event.node, write: event.node, partner: { node: removal.node, function: by, isSelf: false }, overlap, consequence: undefined, field: undefined, isHeuristic: !this.#isAtWork(event.value.node) || !isWhole(flow, event.map, summaries) });
      return;
    }
  }

  /** A timer, a subscription, a connection: it goes on by itself. */
  #isAtWork(value: Node | undefined): boolean {
    const source = findSource(value, this.context.model);
    const name = source?.type === "CallExpression" ? getCalleeName(source) : undefined;
    return source !== undefined && (isResource(source, this.context.model) || (name !== undefined && /^set(?:Timeout|Interval)$/.test(name)));
  }

  /** Whether a write hangs on what a read found to be there: if (!m.has(k)) return; const e = m.get(k); if (!e) return */
  #isKnownPresent({ flow, node }: WriteSite, read: number): boolean {
    const { model } = this.context;
    const place = getEventNode(flow, read);
    return flow.control.getControllers(node.id).some(({ id, outcome }) => {
      const test = flow.graph.nodes[id]!.event.node;
      if (id < read || getPresence(test, outcome) !== "present") return false;
      const variable = findTestedVariable(test, model);
      const value = variable && model.getConstantValue(variable);
      return isInside(place, value ?? test);
    });
  }

  /** delete by key or clear, in a function that says so. */
  #isInvalidation(access: PlacedAccess): boolean {
    if (access.operation !== "delete" && access.operation !== "clear") return false;
    if (access.function === undefined) return false;
    // stop(k), unload(k): whoever ends the one under k wants it gone.
    if (ENDING_OF_ONE.test(access.function.name) && isOfCallersKey(access, this.context.model)) return true;
    return /invalidat|evict|remove|delete|forget|expire|purge|bust|update|save|set|change|refresh|clear|reset|unset|revoke|write|put|patch|flush/i.test(access.function.name);
  }

  /** unload(id) { m.delete(id) }, and what says that it takes things away */
  #isTakenAway(access: PlacedAccess): boolean {
    return (this.#isInvalidation(access) || isOfCallersKey(access, this.context.model)) && !this.#isRenewal(access);
  }

  /** The entry moves, or makes room for others: nothing says that its value is out of date. */
  #isRenewal(access: PlacedAccess): boolean {
    return isEvictionOfOldest(access, this.context.model) || isPutBack(access, this.context.summaries.getAccesses(access.map), this.context.model);
  }

  // ---- an entry that is no longer in the map

  /** const e = m.get(k); await ..; e.x = 1, though another task puts a new entry there. */
  #findStaleEntryWrite(site: WriteSite): void {
    const { event, flow, state } = site;
    for (const [id, fact] of state.facts) {
      const read = getRead(flow, id);
      if (!read || read.map !== event.map || read.field !== undefined || read.operation !== "get" || fact.stale === undefined || fact.isLost) continue;
      if (!isSameKey(read.key, event.key) || this.#isGuarded(fact, state, read.key) || !isSourceOfEntry(read.node, event.node, this.context.model)) continue;
      if (this.#hasFreshRead(site)) return;
      const task = getCommonFunction(flow.graph.nodes[id]!, site.node);
      const found = this.#findOtherPartner(site, task, (access) => this.#isReplacement(access), event.key);
      if (!found || this.context.sharing.getLifetime(event.map).level === "none") continue;
      this.#add({ kind: "stale-entry", map: event.map, key: event.key, task, read: read.node, suspension: getEventNode(flow, fact.stale), write: event.node, partner: found.partner, overlap: found.overlap, consequence: undefined, field: event.field, isHeuristic: false });
    }
  }

  #hasFreshRead(site: WriteSite): boolean {
    return [...site.state.facts].some(([id, fact]) => {
      const read = getRead(site.flow, id);
      return read?.map === site.event.map && fact.stale === undefined && read.field === undefined && isSameKey(read.key, site.event.key);
    });
  }

  /** m.set(k, { ...old, x }): a new object takes the place of the entry. */
  #isReplacement(access: PlacedAccess): boolean {
    if (access.operation !== "set" || !access.value || this.#isGuardedInsertion(getWriteNode(access.node))) return false;
    const value = unwrap(access.value);
    return value.type === "ObjectExpression" && value.properties.some((property) => property.type === "SpreadElement");
  }

  /** if (!m.has(k)) return; await ..; m.get(k)!.x */
  #findTrustedEntries(flow: Flow): void {
    const maps = this.risks.getMaps(flow);
    for (const node of flow.graph.nodes) {
      const { event } = node;
      if (event.type !== "read" || event.operation !== "get" || event.field !== undefined || !maps.has(event.map) || !isTrusted(event.node)) continue;
      const state = flow.getState(node.id);
      if (!state) continue;
      const controllers = flow.control.getControllers(node.id);
      const reads = controllers.flatMap(({ id, outcome }) => {
        const branch = flow.graph.nodes[id]!.event;
        if (branch.type !== "branch" || getPresence(branch.node, outcome) !== "present") return [];
        return [...flow.resolve(branch.test, id).keys()];
      });
      const related = reads.flatMap((id) => {
        const read = getRead(flow, id);
        const fact = state.facts.get(id);
        return read && fact && read.map === event.map && isSameKey(read.key, event.key) && !fact.isLost ? [{ id, read, fact }] : [];
      });
      if (related.length === 0 || related.some(({ fact }) => fact.stale === undefined)) continue;
      const isOwnInsertion = [...state.facts].some(([id, fact]) => {
        const earlier = flow.graph.nodes[id]!.event;
        return earlier.type === "write" && isInsertion(earlier.operation) && earlier.map === event.map && isSameKey(earlier.key, event.key) && fact.stale === undefined;
      });
      if (isOwnInsertion) continue;
      const stale = related.find(({ fact, read }) => !this.#isGuarded(fact, state, read.key));
      if (!stale) continue;
      const site: WriteSite = { flow, node, event: { type: "write", map: event.map, operation: "set", key: event.key, field: undefined, value: { dependences: [], node: undefined }, node: event.node }, state, dependences: new Map() };
      const task = getCommonFunction(flow.graph.nodes[stale.id]!, node);
      const own = this.context.sharing.getOverlap(task, event.map);
      const ownRemoval = this.context.summaries.getAccesses(event.map).find((access) => access.operation === "delete" && access.function === task);
      const found =
        this.#findOtherPartner(site, task, (access) => access.operation === "delete" || access.operation === "clear", event.key) ??
        (ownRemoval && own.level !== "none" ? { partner: { node: ownRemoval.node, function: task, isSelf: true }, overlap: own } : undefined);
      if (!found || this.context.sharing.getLifetime(event.map).level === "none") continue;
      this.#add({ kind: "stale-entry", map: event.map, key: event.key, task, read: stale.read.node, suspension: getEventNode(flow, stale.fact.stale!), write: event.node, partner: found.partner, overlap: found.overlap, consequence: undefined, field: undefined, isHeuristic: false });
    }
  }

  // ---- a reservation that a failure leaves behind

  #findLeak(site: WriteSite): void {
    const leak = findLeak(site, this.context);
    if (!leak) return;
    const { event, flow } = site;
    const { sharing, summaries } = this.context;
    const task = site.node.stack.at(-1)!;
    const own = sharing.getOverlap(task, event.map);
    this.#add({
      kind: "leaked-reservation",
      map: event.map,
      key: event.key,
      task,
      read: event.node,
      suspension: leak.at,
      write: event.node,
      partner: { node: event.node, function: task, isSelf: true },
      overlap: own.level === "none" ? sharing.getLifetime(event.map) : own,
      consequence: undefined,
      field: undefined,
      isHeuristic: leak.isMild || !isWhole(flow, event.map, summaries),
      leak: leak.what,
      canLeak: (seen) => findLeak(site, this.context, seen) !== undefined,
    });
  }
}

/** The calls by which a task comes to the read and to the write. A helper that waits before it writes keeps the write. */
function findCalls(task: FunctionInfo, { flow, read, write }: { readonly flow: Flow; readonly read: GraphNode; readonly write: GraphNode }): NonNullable<Hazard["calls"]> {
  const pause = findLastPause(flow, write);
  const waiting = pause && getCommonFunction(pause, write);
  const isOfTask = waiting !== undefined && write.stack.indexOf(waiting) >= write.stack.indexOf(task);
  return { read: getPlaceIn(task, read), write: isOfTask ? getPlaceIn(waiting, write) : write.event.node, helpers: write.stack.slice(write.stack.indexOf(task) + 1) };
}

/** A helper that goes wrong by itself is to blame, and not its callers; a caller goes wrong once with a map, however often it calls. */
function withoutRepetitions(hazards: readonly Hazard[]): Hazard[] {
  const isOfHelper = ({ calls, write }: Hazard): boolean => hazards.some((other) => other.write === write && calls!.helpers.includes(other.task));
  const seen = new Map<FunctionInfo, Set<MapEntity>>();
  return hazards.filter((hazard) => {
    if (getReportPlace(hazard) === hazard.write) return true;
    const maps = seen.get(hazard.task) ?? new Set();
    seen.set(hazard.task, maps);
    return !isOfHelper(hazard) && !maps.has(hazard.map) && maps.add(hazard.map);
  });
}

/** What an outcome says: m.size === 0, !Object.keys(d).length; Object.keys(d).length > 0 where it does not hold. */
function isEmptiness(test: Node, outcome: "true" | "false"): boolean {
  const node = unwrap(test);
  if (node.type === "UnaryExpression" && node.operator === "!") return isEmptiness(node.argument, outcome === "true" ? "false" : "true");
  if (node.type === "MemberExpression") return outcome === "false" && /^(?:size|length)$/.test(getPropertyName(node) ?? "");
  if (node.type !== "BinaryExpression" || node.left.type === "PrivateIdentifier" || node.right.type !== "Literal") return false;
  if (!/^(?:size|length)$/.test((unwrap(node.left).type === "MemberExpression" && getPropertyName(unwrap(node.left) as TSESTree.MemberExpression)) || "")) return false;
  const { value } = node.right;
  const isEmptyWhenTrue = (/^={2,3}$/.test(node.operator) && value === 0) || (node.operator === "<" && value === 1) || (node.operator === "<=" && value === 0);
  const isEmptyWhenFalse = (/^!==?$/.test(node.operator) && value === 0) || (node.operator === ">" && value === 0) || (node.operator === ">=" && value === 1);
  return outcome === "true" ? isEmptyWhenTrue : isEmptyWhenFalse;
}

/** m.set("servers", list) keeps nobody from another key; `this.busy = true` does. */
function isOfOneConstant(key: KeyTerm | undefined): boolean {
  return key?.kind === "literal" && key.node !== undefined;
}

/** The last suspension on the way to a node: in the function that it stands in, or else in those that call it. */
function findLastPause({ graph, control }: Flow, node: GraphNode): GraphNode | undefined {
  const pauses = graph.nodes.filter(({ id, event }) => event.type === "suspend" && id < node.id && control.canReach(id, node.id));
  for (let depth = node.stack.length - 1; depth >= 0; depth--) {
    const pause = pauses.findLast(({ stack }) => stack[depth] === node.stack[depth]);
    if (pause) return pause;
  }
  return undefined;
}

/** cache.on("added", (e) => { m[e.key] = open(e) }): made and stored in one step; what comes, and how often, is for the source of the events to say. */
function isOfOneEvent(source: Node, pause: GraphNode): boolean {
  return pause.event.type === "suspend" && (pause.event.reason === "listener" || pause.event.reason === "callback") && source.range[0] > pause.event.node.range[0];
}

/** expired.add(id); throw new Error(..): why it fails, and no claim. */
function isBeforeThrow(place: Node): boolean {
  const statement = findAncestor(place, (node) => node.parent?.type === "BlockStatement");
  const block = statement?.parent;
  return block?.type === "BlockStatement" && block.body.slice(block.body.indexOf(statement as TSESTree.Statement) + 1).some(({ type }) => type === "ThrowStatement");
}

/** Whether what a read saw is what a write changes. */
function isRelated(read: ReadEvent, write: WriteEvent): boolean {
  if (read.map !== write.map) return false;
  if (write.field !== undefined && read.field !== write.field) return false;
  if (read.key.kind === "every" || write.key.kind === "every") return true;
  return isSameKey(read.key, write.key);
}

function isConflict(access: PlacedAccess, write: WriteEvent): boolean {
  if (write.operation === "replace") return isInsertion(access.operation) || access.operation === "delete";
  if (write.field !== undefined) return false;
  return isInsertion(access.operation);
}

/** await find(k) with async find(k) { return d[k]; } */
function isInstant(suspension: Node, model: FileModel): boolean {
  const call = suspension.type === "AwaitExpression" ? unwrap(suspension.argument) : undefined;
  const info = call?.type === "CallExpression" ? model.getCallee(call) : undefined;
  return info !== undefined && isOverAtOnce(info, model);
}

/** An async function that waits for nothing, or for others of its kind. */
function isOverAtOnce(info: FunctionInfo, model: FileModel, depth = 0): boolean {
  const isAtOnce = (node: Node): boolean => {
    if ((node.type === "ForOfStatement" && node.await) || node.type === "YieldExpression") return false;
    const waited = node.type === "AwaitExpression" || (node.type === "ReturnStatement" && node.argument && /^(?:Call|New)Expression$/.test(unwrap(node.argument).type)) ? unwrap(node.argument!) : undefined;
    const callee = waited?.type === "CallExpression" ? model.getCallee(waited) : undefined;
    if (waited && !(callee && callee !== info && depth < 3 && isOverAtOnce(callee, model, depth + 1))) return false;
    return getChildren(node, model.sourceCode).every((child) => isFunction(child) || isAtOnce(child));
  };
  return info.node.async && isAtOnce(info.node.body as Node);
}

/** m.deleteIf(k, mine), m.deleteWhere(test): it looks before it removes, in one step. */
function isIdentityChecked(node: Node): boolean {
  return node.type === "CallExpression" && /^delete(?:If|Where)$/.test(getCalleeName(node) ?? "");
}

/** The innermost function that holds both nodes: the task that is suspended between them. */
function getCommonFunction(a: GraphNode, b: GraphNode): FunctionInfo {
  let common = a.stack[0]!;
  for (let index = 0; index < a.stack.length && a.stack[index] === b.stack[index]; index++) common = a.stack[index]!;
  return common;
}

/** disconnect(id) { m.delete(id) }, stop(host, port) { m.delete(toKey(host, port)) }: it ends one, and is called for many. */
function isOfCallersKey(access: PlacedAccess, model: FileModel): boolean {
  return access.operation === "delete" && access.key !== undefined && isMadeOfParameter(access.key, access.function, model);
}

function isMadeOfParameter(key: Node, info: FunctionInfo | undefined, model: FileModel, depth = 0): boolean {
  const node = unwrap(key);
  if (node.type === "Identifier") {
    const variable = model.getVariable(node);
    const definition = variable?.defs[0];
    if (definition?.type === "Parameter") return definition.node === info?.node;
    const made = variable && depth < 3 ? model.getConstantValue(variable) : undefined;
    return made !== undefined && unwrap(made).type !== "AwaitExpression" && isMadeOfParameter(made, info, model, depth + 1);
  }
  if (node.type === "CallExpression") return node.arguments.some((argument) => isMadeOfParameter(argument, info, model, depth + 1));
  return node.type === "TemplateLiteral" && node.expressions.some((part) => isMadeOfParameter(part, info, model, depth + 1));
}

function isInTeardown(node: GraphNode): boolean {
  return node.stack.some((info) => TEARDOWN.test(info.name));
}

/** m.size >= max, [...m.values()].some(..): not `size === 0`, and not a comparison of what is in an entry. */
function isQuotaTest(test: Node, model: FileModel): boolean {
  if (test.type === "BinaryExpression") {
    const isRelation = [">", ">=", "<", "<="].includes(test.operator) || (/^[!=]==?$/.test(test.operator) && test.right.type !== "Literal");
    return isRelation && (isCount(test.left, model) || isCount(test.right, model));
  }
  if (test.type === "CallExpression") return /^(?:has|some|find|includes|every|findIndex)$/.test(getCalleeName(test) ?? "");
  if (test.type !== "Identifier") return false;
  const variable = model.getVariable(test);
  const value = variable && model.getConstantValue(variable);
  return value !== undefined && unwrap(value).type !== "Identifier" && isQuotaTest(unwrap(value), model);
}

/** e.status === "idle", or a constant that was made of it. */
function isTestOfField(test: Node, field: string, model: FileModel): boolean {
  const variable = model.getVariable(unwrap(test));
  const made = variable && model.getConstantValue(variable);
  return [test, made].some((node) => node !== undefined && model.sourceCode.getTokens(node as never).some(({ value }) => value === field));
}

/** `had` of `had`, `!had`, `old === undefined` */
function findTestedVariable(test: Node, model: FileModel): Variable | undefined {
  const node = unwrap(test);
  if (node.type === "UnaryExpression" && node.operator === "!") return findTestedVariable(node.argument, model);
  if (node.type === "BinaryExpression" && node.left.type !== "PrivateIdentifier" && isNothing(node.right)) return findTestedVariable(node.left, model);
  return node.type === "Identifier" ? model.getVariable(node) : undefined;
}

/** for (const k of Object.keys(d)) around a write */
function isWalkAround(read: Node, write: Node): boolean {
  for (let node: Node | undefined = write; node; node = node.parent) if ((node.type === "ForOfStatement" || node.type === "ForInStatement") && isInside(read, node.right)) return true;
  return false;
}

/** while (xs.length > 0) */
function isLoopTest(test: Node): boolean {
  const { node, parent } = getUsage(test);
  return parent !== undefined && /^(?:While|DoWhile|For)Statement$/.test(parent.type) && "test" in parent && parent.test === node;
}

/** m.size, xs.length, count, const n = m.size */
function isCount(expression: Node, model: FileModel): boolean {
  const node = unwrap(expression);
  if (node.type === "MemberExpression") return /^(?:size|length)$/.test(getPropertyName(node) ?? "");
  if (node.type === "BinaryExpression") return isCount(node.left, model) || isCount(node.right, model);
  if (node.type !== "Identifier") return false;
  const variable = model.getVariable(node);
  const value = variable && model.getConstantValue(variable);
  return /count|size|length|total|active|used|running|pending/i.test(node.name) || (value !== undefined && unwrap(value).type !== "Identifier" && isCount(value, model));
}

/** e.users--; if (e.users === 0): an entry in use is not replaced. */
function isLastUser(test: Node, model: FileModel): boolean {
  if (test.type !== "BinaryExpression" || test.right.type !== "Literal" || test.right.value !== 0) return false;
  const place = test.left.type === "PrivateIdentifier" ? undefined : unwrap(test.left);
  if (place?.type === "UpdateExpression") return place.operator === "--";
  if (place?.type !== "MemberExpression") return false;
  const text = model.sourceCode.getText(place as never);
  return (model.nodes.get("UpdateExpression") ?? []).some((node) => node.type === "UpdateExpression" && node.operator === "--" && model.sourceCode.getText(unwrap(node.argument) as never) === text);
}

/** a === b of two things that are not constants. */
function isIdentityComparison(node: Node, isAnyCheck = false): boolean {
  if (node.type !== "BinaryExpression") return isAnyCheck && (node.type === "CallExpression" || node.type === "MemberExpression");
  if (!["===", "!==", "==", "!="].includes(node.operator)) return isAnyCheck && [">", "<", ">=", "<="].includes(node.operator);
  return ![node.left, node.right].some((side) => side.type === "Literal" || side.type === "PrivateIdentifier" || isNothing(side) || (side.type === "UnaryExpression" && side.operator === "typeof"));
}

/** Whether a lock of one key keeps others from another key: unless the two keys are different plain names. */
function canCoverKey(lock: KeyTerm, key: KeyTerm): boolean {
  if (isSameKey(lock, key)) return true;
  if (lock.kind !== "term" || key.kind !== "term") return true;
  const isPlain = (term: KeyTerm): boolean => /^[\w$]+#\d+$/.test(term.text);
  return !(isPlain(lock) && isPlain(key));
}

/** `d[k] = v` of its `d[k]`, `delete d[k]` of its `d[k]`: a place in a dictionary stands for what is done with it. */
function getWriteNode(node: Node): Node {
  const { node: outer, parent } = getUsage(node);
  const isTarget = (parent?.type === "AssignmentExpression" && parent.left === outer) || ((parent?.type === "UnaryExpression" || parent?.type === "UpdateExpression") && parent.argument === outer);
  return node.type === "MemberExpression" && isTarget ? parent : node;
}

/** v of `m.set(k, v)` and `d[k] = v` */
function getStoredValue(event: GraphEvent): Node | undefined {
  if (event.type === "write") return event.value.node;
  if (event.type !== "reserve") return undefined;
  return event.node.type === "AssignmentExpression" ? event.node.right : event.node.type === "CallExpression" ? event.node.arguments[1] : undefined;
}

/** for (const [k, v] of m.entries()): the iteration itself, not a copy. */
function isLoopSource(node: Node): boolean {
  const { node: outer, parent } = getUsage(node);
  return (parent?.type === "ForOfStatement" && parent.right === outer) || (parent?.type === "ForInStatement" && parent.right === outer);
}

/** Whether the entry that a field write changes was looked up by this read. */
function isSourceOfEntry(read: Node, write: Node, model: FileModel): boolean {
  const target = write.type === "AssignmentExpression" ? unwrap(write.left) : write.type === "UpdateExpression" ? unwrap(write.argument) : undefined;
  const object = target?.type === "MemberExpression" ? unwrap(target.object) : undefined;
  if (object?.type !== "Identifier") return false;
  const variable = model.getVariable(object);
  const value = variable && model.getConstantValue(variable);
  return value !== undefined && isInside(read, value);
}

