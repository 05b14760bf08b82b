import type { TSESTree } from "@typescript-eslint/types";
import { type Node, findAncestor, getCalleeName, getPropertyName, getUsage, isFunction, isInside, isReceiver, unwrap } from "../code/ast.js";
import type { MapEntity } from "./inventory.js";
import type { FileModel, FunctionInfo, Owner } from "../code/model.js";
import { getTiming, isAwaitedOrReturned, isConcurrentRunner, isPassedAndAwaited, isPromiseGather } from "../code/suspension.js";

/**
 * Whether two runs of a function can overlap on one map.
 * - `proven`: the file shows it
 * - `assumed`: its callers are elsewhere, and nothing keeps them apart
 * - `none`
 */
export interface Overlap {
  readonly level: "proven" | "assumed" | "none";
  /** In words, to stand in a message: "`acquire` is exported". */
  readonly reason: string;
}

export interface Sharing {
  /** Whether two runs of this function can overlap on this map. */
  getOverlap(info: FunctionInfo | undefined, map: MapEntity): Overlap;
  /** Whether a run of one function can come while the other is suspended. */
  getPairOverlap(suspended: FunctionInfo | undefined, other: FunctionInfo | undefined, map: MapEntity): Overlap;
  /** Whether the map outlives one call and is reached by more than one task; with the reason. */
  getLifetime(map: MapEntity): Overlap;
}

const NONE: Overlap = { level: "none", reason: "" };

/** Run once, or by a host that waits for it. */
const ONCE_NAME = /^(?:main|bootstrap|boot|startup|constructor|activate|deactivate|install|uninstall|onModuleInit|onModuleDestroy|onApplicationBootstrap|onApplicationShutdown|ngOnInit|ngOnDestroy|componentDidMount|componentWillUnmount|connectedCallback|disconnectedCallback|buildStart|buildEnd|\[Symbol\.asyncDispose\]|\[Symbol\.dispose\])$/;

/** The same, where nothing is passed that could differ: init() is a lifecycle, init(id) is an operation. */
const ONCE_WITHOUT_PARAMETERS = /^(?:init|initiali[sz]e|setup|start|stop|close|end|quit|dispose|destroy|shutdown|teardown|terminate|cleanup|build|closeAll|disposeAll|stopAll|shutdownAll|onInit|onDestroy|onClose|run|execute|migrate|up|down|mount|unmount|reset|resetAll|clearAll|finali[sz]e|loadAll|preload|warmup|prepare)$/;

function isRunOnce(info: FunctionInfo): boolean {
  const name = info.name.replace(/^[#_]+/, "");
  return ONCE_NAME.test(name) || (ONCE_WITHOUT_PARAMETERS.test(name) && (info.node.params.length === 0 || /^(?:init|initiali[sz]e|setup|start)$/.test(name) && !info.node.params.some(isKeyParameter)));
}

/** start(sessionId): one of many. start(options): of the whole. */
function isKeyParameter(parameter: Node): boolean {
  const name = parameter.type === "Identifier" ? parameter.name : "";
  return /^(?:\w*[iI]d|\w*[kK]ey|k|\w*[nN]ame|\w*[pP]ath|\w*[uU]r[il])$/.test(name);
}

export function createSharing(model: FileModel): Sharing {
  return new SharingAnalysis(model);
}

class SharingAnalysis implements Sharing {
  readonly #cache = new Map<string, Overlap>();
  readonly #escaping = new Map<Owner, boolean>();

  constructor(private readonly model: FileModel) {}

  getOverlap(info: FunctionInfo | undefined, map: MapEntity): Overlap {
    if (!info) return NONE;
    const scope = this.#getScopeFunction(map);
    if (scope && !isInside(info.node, scope.node)) return NONE;
    if (info === scope) return NONE;
    if (isPrivateToCall(map)) return NONE;
    if (map.owner && map.path.root.kind === "this" && !this.#isEscaping(map.owner)) return NONE;
    const key = `${info.id}/${scope?.id ?? ""}`;
    const known = this.#cache.get(key);
    if (known) return known;
    this.#cache.set(key, NONE);
    const overlap = this.#compute(info, scope, new Set());
    this.#cache.set(key, overlap);
    return overlap;
  }

  getPairOverlap(suspended: FunctionInfo | undefined, other: FunctionInfo | undefined, map: MapEntity): Overlap {
    if (suspended === other) return this.getOverlap(suspended, map);
    const second = this.getOverlap(other, map);
    if (second.level !== "none") return second;
    const first = this.getOverlap(suspended, map);
    const canBeCalledMeanwhile = other !== undefined && this.#isCalledFromOutside(other, map);
    return canBeCalledMeanwhile ? { level: "assumed", reason: `\`${other.name}\` can be called meanwhile` } : first.level === "none" ? NONE : this.#hasOtherCaller(other, suspended) ? first : NONE;
  }

  /** A lifecycle method is not run twice at a time, but it is run while others are. */
  #isCalledFromOutside(info: FunctionInfo, map: MapEntity): boolean {
    const scope = this.#getScopeFunction(map);
    if (scope && (info === scope || !isInside(info.node, scope.node))) return false;
    if (isPrivateToCall(map) || info.name === "constructor") return false;
    if (map.owner && map.path.root.kind === "this" && !this.#isEscaping(map.owner)) return false;
    return isPublic(info) && (info.owner ? this.#isEscaping(info.owner) : this.#isExported(info));
  }

  #hasOtherCaller(info: FunctionInfo | undefined, besides: FunctionInfo | undefined): boolean {
    return info !== undefined && info.calls.some((call) => this.model.getEnclosing(call) !== besides);
  }

  getLifetime(map: MapEntity): Overlap {
    switch (map.home) {
      case "module":
      case "global":
        return { level: "proven", reason: "it lives as long as the module" };
      case "static":
        return { level: "proven", reason: "it is a static field" };
      case "field":
        return map.owner && this.#isEscaping(map.owner) ? { level: "assumed", reason: `it lives as long as its ${map.owner.name}` } : NONE;
      case "outside":
        return { level: "assumed", reason: "it comes from outside" };
      case "local":
      case "parameter":
        return isPrivateToCall(map) ? NONE : this.#getCapture(map);
    }
  }

  /** const cache = new Map(); return { get: async () => cache } */
  #getCapture(map: MapEntity): Overlap {
    const scope = this.#getScopeFunction(map);
    for (const reference of map.variable?.references ?? []) {
      const user = this.model.getEnclosing(reference.identifier as Node);
      if (!user || user === scope) continue;
      const overlap = this.getOverlap(user, map);
      if (overlap.level !== "none") return overlap;
    }
    return NONE;
  }

  /** The function whose every call has a map of its own. */
  #getScopeFunction(map: MapEntity): FunctionInfo | undefined {
    if (map.path.root.kind !== "variable" || map.home === "outside") return undefined;
    const declaration = map.path.root.variable.defs[0]?.name as Node | undefined;
    return declaration && this.model.getEnclosing(declaration);
  }

  #compute(info: FunctionInfo, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap {
    if (info === scope || visited.has(info)) return NONE;
    visited.add(info);
    if (info.name === "constructor") return NONE;
    const role = this.#getRole(info, scope, visited);
    if (role) return role;
    return this.#getFromCallers(info, scope, visited);
  }

  /** What the place of a function says about its runs; `undefined` if only its callers can tell. */
  #getRole(info: FunctionInfo, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap | undefined {
    const { parent } = getUsage(info.node);
    if (parent?.type === "CallExpression" || parent?.type === "NewExpression") {
      return unwrap(parent.callee) === info.node ? this.#getAround(parent, scope, visited) : this.#getCallbackOverlap(info, parent, scope, visited);
    }
    const event = findMarkupEvent(info.node);
    if (event) return { level: "proven", reason: `it runs on every \`${event}\`` };
    if (info.mentions.length > 0) {
      const found = this.#getMentionOverlap(info, scope, visited);
      if (found && found.level !== "none") return found;
    }
    const isMember = parent?.type === "MethodDefinition" || parent?.type === "PropertyDefinition" || parent?.type === "Property" || parent?.type === "AssignmentExpression";
    if (isMember) return this.#getMemberOverlap(info, parent, scope);
    if (this.#isExported(info)) return isRunOnce(info) ? NONE : { level: "assumed", reason: `\`${info.name}\` is exported` };
    // return async () => ..: whoever gets it can call it at any time
    if (parent?.type === "ReturnStatement" || (parent?.type === "ArrowFunctionExpression" && parent.body === info.node)) {
      return scope ? { level: "assumed", reason: "the returned function can be called again while it is suspended" } : this.#getAround(info.node, scope, visited);
    }
    return undefined;
  }

  #getMemberOverlap(info: FunctionInfo, parent: Node, scope: FunctionInfo | undefined): Overlap | undefined {
    if (isRunOnce(info)) return NONE;
    if (parent.type === "AssignmentExpression") {
      const name = info.name;
      if (/^on[A-Za-z]/.test(name)) return { level: "proven", reason: `\`${name}\` runs on every event` };
      if (info.owner === undefined && !isExportTarget(parent.left)) return undefined;
      return { level: "assumed", reason: `\`${name}\` can be called from outside` };
    }
    if (isGated(parent)) return NONE;
    // async [Construction.construct]() {}: whoever knows the name decides how often; nobody else calls it.
    if ((parent.type === "MethodDefinition" || parent.type === "PropertyDefinition") && parent.computed && parent.key.type !== "Literal") return undefined;
    if (!isPublic(info)) return undefined;
    if (info.owner && !this.#isEscaping(info.owner)) return undefined;
    if (parent.type === "Property") return scope || this.#isObjectShared(parent.parent) ? { level: "assumed", reason: `\`${info.name}\` can be called from outside` } : undefined;
    return { level: "assumed", reason: `\`${info.name}\` is a public method` };
  }

  #isObjectShared(object: Node): boolean {
    if (this.model.getEnclosing(object) === undefined || findAncestor(object, (node) => node.type === "ReturnStatement") !== undefined) return true;
    const { node, parent } = getUsage(object);
    // create((set) => ({ load: async () => {} }))
    if (parent?.type === "ArrowFunctionExpression" && parent.body === node) return true;
    // const api = { load: async () => {} }; return api
    const variable = parent?.type === "VariableDeclarator" ? this.model.getVariable(parent.id) : undefined;
    return variable?.references.some((reference) => getUsage(reference.identifier as Node).parent?.type === "ReturnStatement") ?? false;
  }

  #getCallbackOverlap(info: FunctionInfo, call: TSESTree.CallExpression | TSESTree.NewExpression, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap {
    const around = (): Overlap => this.#getAround(call, scope, visited);
    const name = getCalleeName(call) ?? "a function";
    const timing = getTiming(call);
    switch (timing) {
      case "test":
        return NONE;
      case "often":
        return { level: "proven", reason: `the callback of \`${name}\` runs again while an earlier run is suspended` };
      case "now":
        if (call.type === "CallExpression" && info.node.async && !/^(?:reduce|reduceRight)$/.test(name)) {
          return { level: "proven", reason: isGathered(call) ? `\`${name}\` starts every run before the first is over` : `\`${name}\` does not wait for an async callback` };
        }
        return around();
      case "later":
        return this.#getDetachedOverlap(call, scope, visited, `the callback of \`${name}\` runs beside other tasks`);
      case "unknown":
        if (isSerializer(call)) return NONE;
        if (call.type === "CallExpression" && isConcurrentRunner(call)) return { level: "proven", reason: `\`${name}\` runs its callback several times at once` };
        if (isAwaitedOrReturned(call)) return around();
        // const onClick = useCallback(async () => {}, []), wrap(handler)
        if (/^(?:use[A-Z]|create|make|define|wrap|with|async[hH]andler|catchAsync|handle|debounce|throttle|memo|bind|action|route|procedure|query|mutation|resolver|middleware|tool|command)/.test(name)) {
          return scope ? { level: "assumed", reason: `the callback of \`${name}\` can run again while it is suspended` } : { level: "assumed", reason: `the callback of \`${name}\` can run again while it is suspended` };
        }
        return around();
    }
  }

  /** A callback that runs after its creator has gone on: as often as the creator, and each run beside the next. */
  #getDetachedOverlap(call: Node, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>, reason: string): Overlap {
    const around = this.#getAround(call, scope, visited);
    if (around.level !== "none") return around;
    return isInLoop(call, this.model) ? { level: "proven", reason } : NONE;
  }

  #getMentionOverlap(info: FunctionInfo, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap | undefined {
    let best: Overlap | undefined;
    for (const mention of info.mentions) {
      const { node, parent } = getUsage(mention);
      const user = parent?.type === "MemberExpression" ? getUsage(parent.parent).parent : parent;
      let overlap: Overlap;
      const event = findMarkupEvent(mention);
      if (event) overlap = { level: "proven", reason: `\`${info.name}\` runs on every \`${event}\`` };
      else if ((user?.type === "CallExpression" || user?.type === "NewExpression") && unwrap(user.callee) !== node) {
        overlap = this.#getCallbackOverlap(info, user, scope, visited);
      } else if (user?.type === "Property" && isPassedAndAwaited(user.parent)) {
        overlap = this.#getAround(user, scope, visited);
      } else if (user?.type === "Property" || user?.type === "ReturnStatement" || user?.type === "ExportSpecifier" || user?.type === "ExportDefaultDeclaration" || user?.type === "AssignmentExpression" || user?.type === "ArrayExpression") {
        if (isRunOnce(info)) continue;
        overlap = { level: "assumed", reason: `\`${info.name}\` is ${user.type.startsWith("Export") ? "exported" : "handed out"}` };
      } else continue;
      if (!best || rank(overlap) > rank(best)) best = overlap;
    }
    return best;
  }

  /** A function that only this file calls overlaps if its callers do, or if one starts it without waiting. */
  #getFromCallers(info: FunctionInfo, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap {
    let best: Overlap = NONE;
    for (const call of info.calls) {
      const caller = this.model.getEnclosing(call);
      if (caller === info) continue;
      const overlap = this.#getCallOverlap(info, call, caller, scope, visited);
      if (rank(overlap) > rank(best)) best = overlap;
    }
    return best;
  }

  #getCallOverlap(info: FunctionInfo, call: TSESTree.CallExpression, caller: FunctionInfo | undefined, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap {
    const isStartedOnly = info.node.async && !isAwaitedOrReturned(call) && !isStored(call);
    if (isStartedOnly && isInLoop(call, this.model)) return { level: "proven", reason: `\`${info.name}\` is called in a loop without \`await\`` };
    if (isGatheredElement(call)) return { level: "proven", reason: `\`${info.name}\` is started several times at once` };
    return caller && caller !== scope ? this.#compute(caller, scope, visited) : NONE;
  }

  /** The overlap of the code around a node. */
  #getAround(node: Node, scope: FunctionInfo | undefined, visited: Set<FunctionInfo>): Overlap {
    const outer = this.model.getEnclosing(node);
    return outer ? this.#compute(outer, scope, visited) : NONE;
  }

  #isExported(info: FunctionInfo): boolean {
    const { node } = info;
    const parent = node.parent as Node | undefined;
    if (parent?.type === "ExportNamedDeclaration" || parent?.type === "ExportDefaultDeclaration") return true;
    const declaration = parent?.type === "VariableDeclarator" ? parent.parent.parent : undefined;
    if (declaration?.type === "ExportNamedDeclaration") return true;
    return info.mentions.some((mention) => {
      const user = getUsage(mention).parent;
      return user?.type === "ExportSpecifier" || user?.type === "ExportDefaultDeclaration" || (user?.type === "AssignmentExpression" && isExportTarget(user.left)) || (user?.type === "Property" && isExportedObject(user.parent));
    });
  }

  /** Whether an instance can be reached by more than one task. */
  #isEscaping(owner: Owner): boolean {
    const known = this.#escaping.get(owner);
    if (known !== undefined) return known;
    this.#escaping.set(owner, true);
    const isEscaping = this.#computeEscaping(owner);
    this.#escaping.set(owner, isEscaping);
    return isEscaping;
  }

  #computeEscaping(owner: Owner): boolean {
    const { node, variable } = owner;
    if (node.type === "ObjectExpression") return true;
    const parent = node.parent;
    if (parent?.type === "ExportNamedDeclaration" || parent?.type === "ExportDefaultDeclaration") return true;
    // module.exports = class {}; return class {}; const C = class {} is known by its variable
    const isNamed = node.type === "ClassExpression" && parent?.type === "VariableDeclarator" && parent.id.type === "Identifier";
    if (node.type === "ClassExpression" && !isNamed) return true;
    const known = isNamed ? this.model.getVariable((parent as TSESTree.VariableDeclarator).id) : variable;
    if (!known) return true;
    // static get instance() { return (this._instance ??= new Store()) }: inside, the name is another variable.
    const names = new Set([known, ...(this.model.sourceCode.scopeManager?.getDeclaredVariables(node as never) ?? [])]);
    return [...names].some(({ references }) => references.some((reference) => {
      const use = reference.identifier as Node;
      const { node: outer, parent: user } = getUsage(use);
      if (user?.type === "NewExpression" && user.callee === outer) return this.#isInstanceShared(user);
      return !isTypeUse(use) && !(user?.type === "MemberExpression" && user.object === outer) && !(user?.type === "BinaryExpression");
    }));
  }

  /** new Builder().build(): an instance that one call makes, uses and drops is its own. */
  #isInstanceShared(construction: TSESTree.NewExpression): boolean {
    const { node, parent } = getUsage(construction);
    if (this.model.getEnclosing(construction) === undefined) return true;
    if (parent?.type === "MemberExpression" && parent.object === node) return false;
    if (parent?.type !== "VariableDeclarator" || parent.id.type !== "Identifier") return true;
    const variable = this.model.getVariable(parent.id);
    return variable === undefined || variable.references.some((reference) => reference.isRead() && !isReceiver(reference.identifier as Node));
  }
}

/** `click` of html`<button @click=${this.save}>`, `onClick` of <button onClick={save}> */
export function findMarkupEvent(handler: Node): string | undefined {
  const { node, parent } = getUsage(handler);
  if (parent?.type === "JSXExpressionContainer") {
    const attribute = parent.parent;
    const name = attribute.type === "JSXAttribute" && attribute.name.type === "JSXIdentifier" ? attribute.name.name : "";
    return /^on[A-Z]/.test(name) ? name : undefined;
  }
  if (parent?.type !== "TemplateLiteral" || parent.parent.type !== "TaggedTemplateExpression") return undefined;
  const index = parent.expressions.findIndex((part) => part === node);
  return /@(?<event>[\w-]+)=["']?$/.exec(parent.quasis[index]?.value.raw ?? "")?.groups?.["event"];
}

/** scheduler.runSession(id, f), this.enqueue(f): by its name it lets one after the other run, or some; this file does not say which. */
export function isSerializer(call: TSESTree.CallExpression | TSESTree.NewExpression): boolean {
  const callee = unwrap(call.callee);
  const receiver = callee.type === "MemberExpression" ? unwrap(callee.object) : undefined;
  const method = getCalleeName(call);
  // queue.process(f): a worker, which takes several.
  if (method !== undefined && /^(?:process|consume|subscribe|each|define|handle|register|use|work)/.test(method)) return false;
  const names = [method, receiver?.type === "Identifier" ? receiver.name : receiver?.type === "MemberExpression" ? getPropertyName(receiver) : undefined];
  return names.some((name) => name !== undefined && /[sS]chedul|[qQ]ueue|^lanes?$|Lanes?(?![a-z])|[sS]erial|[mM]utex|^lock|Lock(?![a-z])|[eE]xclusive|[sS]equen(?:ce|tial)|[cC]hain(?![a-z])|[cC]ritical/.test(name));
}

function rank(overlap: Overlap): number {
  return overlap.level === "proven" ? 2 : overlap.level === "assumed" ? 1 : 0;
}

/** A map handed in from outside, by a field: who else has it is unknown. A parameter is shared by the functions that are made around it. */
function isPrivateToCall(map: MapEntity): boolean {
  return map.home === "parameter" && map.path.root.kind !== "variable";
}

export function isPublic(info: FunctionInfo): boolean {
  if (info.name.startsWith("#") || /^_(?!_)/.test(info.name)) return false;
  const parent = info.node.parent as Node | undefined;
  if (parent?.type !== "MethodDefinition" && parent?.type !== "PropertyDefinition") return true;
  return parent.accessibility !== "private" && parent.accessibility !== "protected";
}

/** @gate() async load(id) {}: by its decorator, runs are joined, or wait for each other. */
function isGated(method: Node): boolean {
  return getDecoratorName(method) !== undefined;
}

/** The name of the decorator that keeps the runs of a method apart. */
export function getDecoratorName(method: Node): string | undefined {
  const decorators = method.type === "MethodDefinition" || method.type === "PropertyDefinition" ? (method.decorators ?? []) : [];
  const names = decorators.flatMap(({ expression }) => (expression.type === "CallExpression" ? getCalleeName(expression) : expression.type === "Identifier" ? expression.name : undefined) ?? []);
  return names.find((name) => /^(?:gate|mutex|lock\w*|with\w*Lock|synchroni[sz]ed?|serial\w*|sequential\w*|exclusive|queue\w*|chain\w*|throttle|debounce|once|memoi[sz]e\w*|singleFlight|dedupe\w*|coalesce|cached?)$/i.test(name));
}

function isTypeUse(use: Node): boolean {
  const parent = use.parent;
  return parent?.type === "TSTypeReference" || parent?.type === "TSTypeQuery" || parent?.type === "TSQualifiedName";
}

function isExportTarget(node: Node): boolean {
  if (node.type !== "MemberExpression") return false;
  const object = unwrap(node.object);
  if (object.type === "Identifier") return object.name === "exports" || object.name === "module";
  return isExportTarget(object);
}

/** module.exports = { load } */
function isExportedObject(object: Node): boolean {
  const parent = object.parent;
  if (parent?.type === "ExportDefaultDeclaration") return true;
  return parent?.type === "AssignmentExpression" && isExportTarget(parent.left);
}

function isGathered(call: Node): boolean {
  return findAncestor(call, (node) => isPromiseGather(node) || isFunction(node))?.type === "CallExpression";
}

/** Promise.all([f(a), f(b)]) */
export function isGatheredElement(call: Node): boolean {
  const { parent } = getUsage(call);
  return parent?.type === "ArrayExpression" && parent.parent.type === "CallExpression" && isPromiseGather(parent.parent) && parent.elements.length > 1;
}

/** A promise that is put somewhere may be awaited from there. */
function isStored(call: Node): boolean {
  const { parent } = getUsage(call);
  return parent?.type === "VariableDeclarator" || parent?.type === "AssignmentExpression" || parent?.type === "Property";
}

export function isInLoop(node: Node, model: FileModel): boolean {
  const outer = model.getEnclosing(node)?.node;
  const loop = findAncestor(node, (at) => at === outer || /^(?:For|While|DoWhile)\w*Statement$/.test(at.type));
  return loop !== undefined && loop !== outer;
}
