import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import { type ClassNode, type FunctionNode, type Node, type Variable, getKeyName, getPropertyName, getThisFunction, getUsage, isClass, isFunction, unwrap } from "./ast.js";
import { once } from "../guard.js";

/** What `this` is inside some functions: a class, an object literal, or a constructor function with a prototype. */
export interface Owner {
  readonly id: number;
  readonly node: Node;
  readonly name: string;
  readonly variable: Variable | undefined;
  readonly methods: Map<string, FunctionInfo>;
  readonly statics: Map<string, FunctionInfo>;
}

export interface FunctionInfo {
  readonly id: number;
  readonly node: FunctionNode;
  /** `acquire`, or a description such as `callback of then`. */
  readonly name: string;
  readonly parent: FunctionInfo | undefined;
  readonly owner: Owner | undefined;
  readonly isStatic: boolean;
  /** Every call in this file that runs it. */
  readonly calls: TSESTree.CallExpression[];
  /** Every mention that is not a call: it may be run from anywhere. */
  readonly mentions: Node[];
}

/** A place that outlives an expression: `this.a.b`, `state.sessions`, `Foo.cache`, `globalThis.x`. */
export interface Path {
  /** Equal for two expressions that name the same place. */
  readonly key: string;
  readonly root:
    | { readonly kind: "this"; readonly owner: Owner }
    | { readonly kind: "class"; readonly owner: Owner }
    | { readonly kind: "variable"; readonly variable: Variable }
    | { readonly kind: "global" };
  readonly properties: readonly string[];
}

/** The file as names: functions, owners of `this`, variables, assignments. One walk. */
export interface FileModel {
  readonly sourceCode: SourceCode;
  readonly functions: readonly FunctionInfo[];
  readonly owners: readonly Owner[];
  readonly nodes: ReadonlyMap<string, readonly Node[]>;
  /** All that the file declares, and what it refers to without an import or a declaration. */
  readonly variables: readonly Variable[];
  /** Every assignment to a place, by path key (declarations with a value are not among them). */
  readonly assignments: ReadonlyMap<string, readonly TSESTree.AssignmentExpression[]>;
  getFunction(node: Node | undefined): FunctionInfo | undefined;
  getEnclosing(node: Node): FunctionInfo | undefined;
  getVariable(identifier: Node): Variable | undefined;
  getPath(expression: Node): Path | undefined;
  getOwner(node: Node): { readonly owner: Owner; readonly isStatic: boolean } | undefined;
  /** The function of this file that a call runs: `f()`, `this.m()`, `Foo.m()`, `helpers.m()`. */
  getCallee(call: TSESTree.CallExpression | TSESTree.NewExpression): FunctionInfo | undefined;
  /** The function of this file that an expression evaluates to: a literal, `handler`, `this.onMessage`, `fn.bind(this)`. */
  getFunctionValue(expression: Node): FunctionInfo | undefined;
  /** The only value a variable ever has, or `undefined`. */
  getConstantValue(variable: Variable): Node | undefined;
}

/** The node types that later passes look up instead of walking again. */
const COLLECTED = new Set([
  "AssignmentExpression",
  "AwaitExpression",
  "CallExpression",
  "ClassDeclaration",
  "ClassExpression",
  "ForInStatement",
  "ForOfStatement",
  "Identifier",
  "ImportDeclaration",
  "MemberExpression",
  "NewExpression",
  "ObjectExpression",
  "Property",
  "PropertyDefinition",
  "TSParameterProperty",
  "UnaryExpression",
  "UpdateExpression",
  "VariableDeclarator",
  "BinaryExpression",
  "SpreadElement",
  "ReturnStatement",
  "ExportDefaultDeclaration",
  "ExportNamedDeclaration",
  "ThrowStatement",
]);

/** Syntax of TypeScript that holds code. All else that begins with `TS` is type, and is left out: half of the nodes of a file. */
const CODE_OF_TYPESCRIPT = new Set(
  "TSAsExpression TSNonNullExpression TSSatisfiesExpression TSTypeAssertion TSInstantiationExpression TSParameterProperty TSModuleDeclaration TSModuleBlock TSExportAssignment TSImportEqualsDeclaration TSExternalModuleReference TSQualifiedName TSAbstractMethodDefinition TSAbstractPropertyDefinition TSAbstractAccessorProperty TSEmptyBodyFunctionExpression TSIndexSignature".split(" "),
);

const isTypeSyntax = remember((type: string) => type.startsWith("TS") && !CODE_OF_TYPESCRIPT.has(type));

/** The types of nodes are few: what is asked of each node of a file is answered once for its type. */
function remember<T>(answer: (type: string) => T): (type: string) => T {
  const known = new Map<string, T>();
  return (type) => {
    let value = known.get(type);
    if (value === undefined) known.set(type, (value = answer(type)));
    return value;
  };
}

const GLOBAL_OBJECTS = new Set(["globalThis", "global", "window", "self"]);

/** Where a function is used is looked up only for files that hold something of interest. */
class ModelFunction implements FunctionInfo {
  readonly ownCalls: TSESTree.CallExpression[] = [];
  readonly ownMentions: Node[] = [];

  constructor(
    readonly id: number,
    readonly node: FunctionNode,
    readonly name: string,
    readonly parent: FunctionInfo | undefined,
    readonly owner: Owner | undefined,
    readonly isStatic: boolean,
    private readonly indexUses: () => unknown,
  ) {}

  get calls(): TSESTree.CallExpression[] {
    this.indexUses();
    return this.ownCalls;
  }

  get mentions(): Node[] {
    this.indexUses();
    return this.ownMentions;
  }
}

class Model implements FileModel {
  readonly functions: ModelFunction[] = [];
  readonly owners: Owner[] = [];
  readonly nodes: ReadonlyMap<string, Node[]> = new Map([...COLLECTED].map((type) => [type, []]));
  readonly #byNode = new Map<Node, ModelFunction>();
  readonly #owners = new Map<Node, Owner>();
  readonly variables: Variable[] = [];
  readonly #variablesByName = new Map<string, Variable[]>();
  /** By name, then by identifier: only of names that somebody asks for. */
  readonly #variables = new Map<string, ReadonlyMap<Node, Variable>>();
  readonly #variableIds = new Map<Variable, number>();
  readonly #paths = new Map<Node, Path | undefined>();
  readonly #indexUses = once(() => this.#findUses());
  readonly #getAssignments = once(() => this.#findAssignments());
  readonly #getOnlyInstances = once(() => this.#findOnlyInstances());

  constructor(readonly sourceCode: SourceCode) {
    this.#indexNames();
    this.#collect();
  }

  get assignments(): ReadonlyMap<string, readonly TSESTree.AssignmentExpression[]> {
    return this.#getAssignments();
  }

  #indexNames(): void {
    for (const scope of this.sourceCode.scopeManager?.scopes ?? []) {
      // A module declares nothing globally. There are only the names of TypeScript's libraries, more than a thousand: they are looked up when somebody asks.
      if (scope.type === "global" && scope.childScopes[0]?.type === "module") continue;
      for (const variable of scope.variables) {
        if (variable.defs.length === 0 && scope.type === "global") continue;
        if (variable.identifiers.length === 0 && variable.references.length === 0) continue;
        this.variables.push(variable);
        const list = this.#variablesByName.get(variable.name);
        if (list) list.push(variable);
        else this.#variablesByName.set(variable.name, [variable]);
      }
    }
  }

  /** Along the steps that ESLint has listed for its own traversal, in which every node is entered and left. */
  #collect(): void {
    let inside: ModelFunction | undefined;
    const traversal = this.sourceCode.traverse();
    const steps = Array.isArray(traversal) ? (traversal as readonly (typeof traversal extends Iterable<infer Step> ? Step : never)[]) : [...traversal];
    // There are two steps a node, and most are of no interest: this loop is what the walk costs. Which function is left is told by the ranges.
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index]!;
      if (step.kind !== 1 || step.phase !== 1) continue;
      const node = step.target as Node;
      const list = this.nodes.get(node.type);
      if (list) {
        list.push(node);
        if (isClass(node)) this.#addOwner(node, node.id?.name ?? "the class", node.id ?? undefined);
      } else if (isTypeSyntax(node.type)) {
        // To where it is left.
        do index++;
        while (index < steps.length && steps[index]!.target !== node);
      } else if (isFunction(node)) {
        while (inside && inside.node.range[1] <= node.range[0]) inside = inside.parent as ModelFunction | undefined;
        inside = this.#addFunction(node, inside);
      }
    }
  }

  #addOwner(node: Node, name: string, identifier: Node | undefined): Owner {
    const existing = this.#owners.get(node);
    if (existing) return existing;
    const variable = identifier && this.#getDeclaredVariable(node, identifier);
    const owner: Owner = { id: this.owners.length, node, name, variable, methods: new Map(), statics: new Map() };
    this.owners.push(owner);
    this.#owners.set(node, owner);
    return owner;
  }

  /** A class has an inner and an outer variable for its name; the outer one is what the file sees. */
  #getDeclaredVariable(node: Node, identifier: Node): Variable | undefined {
    if (node.type === "ClassDeclaration" || node.type === "FunctionDeclaration") {
      const declared = this.sourceCode.scopeManager?.getDeclaredVariables(node as never) as Variable[] | undefined;
      return declared?.find((variable) => variable.scope.block !== (node as never)) ?? declared?.[0];
    }
    return this.getVariable(identifier);
  }

  #addFunction(node: FunctionNode, parent: FunctionInfo | undefined): ModelFunction {
    const { owner, isStatic } = this.#findOwnerOfFunction(node) ?? { owner: undefined, isStatic: false };
    const name = getFunctionName(node);
    const ownerOfField = node.type === "ArrowFunctionExpression" && isFieldValue(node) ? this.getOwner(node)?.owner : undefined;
    const info = new ModelFunction(this.functions.length, node, name ?? describeAnonymous(node), parent, owner ?? ownerOfField, isStatic, this.#indexUses);
    this.functions.push(info);
    this.#byNode.set(node, info);
    const methodOwner = info.owner;
    if (methodOwner && name && methodOwner.node !== node) {
      const table = isStatic ? methodOwner.statics : methodOwner.methods;
      if (!table.has(name)) table.set(name, info);
    }
    return info;
  }

  /** Which `this` a non-arrow function is run with. */
  #findOwnerOfFunction(node: FunctionNode): { owner: Owner; isStatic: boolean } | undefined {
    if (node.type === "ArrowFunctionExpression") return undefined;
    const parent = node.parent as Node | undefined;
    if (!parent) return undefined;
    if (parent.type === "MethodDefinition" || parent.type === "PropertyDefinition") {
      const owner = this.#owners.get(parent.parent.parent);
      return owner && { owner, isStatic: parent.static };
    }
    if (parent.type === "Property" && parent.parent.type === "ObjectExpression") {
      const prototypeOf = findPrototypeAssignment(parent.parent);
      if (prototypeOf) return this.#findConstructorOwner(prototypeOf);
      return { owner: this.#addOwner(parent.parent, getObjectName(parent.parent) ?? "the object", undefined), isStatic: false };
    }
    if (parent.type === "AssignmentExpression" && parent.right === node && parent.left.type === "MemberExpression") {
      const object = unwrap(parent.left.object);
      // X.prototype.m = function () {}
      if (object.type === "MemberExpression" && getPropertyName(object) === "prototype") return this.#findConstructorOwner(object.object);
    }
    if (node.type === "FunctionDeclaration" && node.id && /^[A-Z]/.test(node.id.name)) {
      return { owner: this.#addOwner(node, node.id.name, node.id), isStatic: false };
    }
    const name = findConstructorName(node);
    return name && { owner: this.#addOwner(node, name.name, name), isStatic: false };
  }

  #findConstructorOwner(constructor: Node): { owner: Owner; isStatic: boolean } | undefined {
    const definition = this.getVariable(constructor)?.defs[0]?.node as Node | undefined;
    if (definition?.type === "VariableDeclarator") {
      const value = definition.init && getAssigned(definition.init);
      return value?.type === "FunctionExpression" && findConstructorName(value) ? { owner: this.#addOwner(value, (definition.id as TSESTree.Identifier).name, definition.id), isStatic: false } : undefined;
    }
    if (definition?.type !== "FunctionDeclaration" || !definition.id) return undefined;
    return { owner: this.#addOwner(definition, definition.id.name, definition.id), isStatic: false };
  }

  #findAssignments(): ReadonlyMap<string, readonly TSESTree.AssignmentExpression[]> {
    const found = new Map<string, TSESTree.AssignmentExpression[]>();
    for (const node of this.nodes.get("AssignmentExpression") ?? []) {
      const assignment = node as TSESTree.AssignmentExpression;
      const path = this.getPath(assignment.left);
      if (!path) continue;
      const list = found.get(path.key);
      if (list) list.push(assignment);
      else found.set(path.key, [assignment]);
    }
    return found;
  }

  #findUses(): void {
    const names = new Set(this.functions.map((info) => info.name));
    const wrapped = new Set(this.functions.flatMap((info) => getNameOfWrapped(info.node) ?? []));
    for (const node of this.nodes.get("CallExpression") ?? []) {
      const callee = unwrap((node as TSESTree.CallExpression).callee);
      if (callee.type === "Identifier" && !names.has(callee.name) && !wrapped.has(callee.name)) continue;
      if (callee.type === "MemberExpression") {
        const name = getPropertyName(callee) ?? "";
        // f.call(this) is looked at for f
        if (!names.has(name) && name !== "call" && name !== "apply") continue;
      }
      this.#getEntry(this.getCallee(node as TSESTree.CallExpression))?.ownCalls.push(node as TSESTree.CallExpression);
    }
    for (const node of this.nodes.get("Identifier") ?? []) {
      const variable = names.has((node as TSESTree.Identifier).name) ? this.getVariable(node) : undefined;
      const info = variable && this.#getFunctionOfVariable(variable);
      if (info && isMention(node)) this.#getEntry(info)?.ownMentions.push(node);
    }
    for (const node of this.nodes.get("MemberExpression") ?? []) {
      if (!names.has(getPropertyName(node as TSESTree.MemberExpression) ?? "")) continue;
      const info = this.#getMethod(node as TSESTree.MemberExpression);
      if (info && isMention(node)) this.#getEntry(info)?.ownMentions.push(node);
    }
  }

  #getEntry(info: FunctionInfo | undefined): ModelFunction | undefined {
    return info && this.#byNode.get(info.node);
  }

  getFunction(node: Node | undefined): FunctionInfo | undefined {
    return node && this.#byNode.get(node);
  }

  /** By the ranges of the functions, which stand in the order of the text. */
  getEnclosing(node: Node): FunctionInfo | undefined {
    const [start, end] = node.range;
    let low = 0;
    let high = this.functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.functions[middle]!.node.range[0] <= start) low = middle + 1;
      else high = middle;
    }
    let info: FunctionInfo | undefined = this.functions[low - 1];
    while (info && !isAround(info.node, start, end)) info = info.parent;
    return info;
  }

  getVariable(identifier: Node): Variable | undefined {
    if (identifier.type !== "Identifier") return undefined;
    let uses = this.#variables.get(identifier.name);
    if (!uses) this.#variables.set(identifier.name, (uses = indexUsesOfNames(this.#getVariablesOfName(identifier.name))));
    return uses.get(identifier);
  }

  /** What the file declares under a name, and what is global and only used here. */
  #getVariablesOfName(name: string): readonly Variable[] {
    const declared = this.#variablesByName.get(name) ?? [];
    const global = this.sourceCode.scopeManager?.globalScope?.set.get(name);
    return global?.defs.length === 0 && (global.identifiers.length > 0 || global.references.length > 0) ? [...declared, global] : declared;
  }

  getOwner(node: Node): { owner: Owner; isStatic: boolean } | undefined {
    const fn = getThisFunction(node);
    if (fn) {
      const known = this.#byNode.get(fn);
      if (known?.owner) return { owner: known.owner, isStatic: known.isStatic };
      return this.#findOwnerOfFunction(fn);
    }
    for (let at = node.parent; at; at = at.parent) {
      if (at.type === "PropertyDefinition" || at.type === "StaticBlock") {
        const owner = this.#owners.get(at.parent.parent);
        return owner && { owner, isStatic: at.type === "StaticBlock" || at.static };
      }
      if (isFunction(at) && at.type !== "ArrowFunctionExpression") return undefined;
    }
    return undefined;
  }

  getPath(expression: Node): Path | undefined {
    const node = unwrap(expression);
    if (this.#paths.has(node)) return this.#paths.get(node);
    this.#paths.set(node, undefined);
    const path = this.#findPath(node);
    this.#paths.set(node, path);
    return path;
  }

  #findPath(node: Node): Path | undefined {
    if (node.type === "ThisExpression") {
      const found = this.getOwner(node);
      if (!found) return undefined;
      return found.isStatic
        ? { key: `class${found.owner.id}`, root: { kind: "class", owner: found.owner }, properties: [] }
        : { key: `this${found.owner.id}`, root: { kind: "this", owner: found.owner }, properties: [] };
    }
    if (node.type === "Identifier") return this.#findPathOfIdentifier(node);
    if (node.type !== "MemberExpression") return undefined;
    const object = this.getPath(node.object);
    if (!object) return undefined;
    const name = getPropertyName(node) ?? this.#getSymbolKey(node);
    if (name === undefined || object.properties.length >= 4) return undefined;
    const member = object.properties.length === 0 ? this.#findNamespaceMember(unwrap(node.object), name) : undefined;
    if (member) return this.#findPathOfVariable(member);
    const key = `${object.key}.${name}`;
    return { key: key === "module.exports" ? "exports" : key, root: object.root, properties: [...object.properties, name] };
  }

  /** Private.cache, of namespace Private { export const cache = new Map() } */
  #findNamespaceMember(object: Node, name: string): Variable | undefined {
    const definitions = this.getVariable(object)?.defs.filter((definition) => String(definition.type) === "TSModuleName") ?? [];
    if (definitions.length === 0) return undefined;
    return this.#variablesByName.get(name)?.find((variable) => definitions.some((definition) => definition.node === variable.scope.block));
  }

  /** `this[kSessions]` with a constant symbol. */
  #getSymbolKey(node: TSESTree.MemberExpression): string | undefined {
    const variable = node.computed ? this.getVariable(node.property) : undefined;
    if (!variable || !/^(?:k[A-Z]|\$|_?sym|[A-Z_]+$)/i.test(variable.name)) return undefined;
    const value = this.getConstantValue(variable);
    const isSymbol = value?.type === "CallExpression" && /^Symbol/.test(this.sourceCode.getText(value as never));
    return isSymbol ? `[${variable.name}]` : undefined;
  }

  #findPathOfIdentifier(node: TSESTree.Identifier): Path | undefined {
    const variable = this.getVariable(node);
    // exports.cache = new Map()
    if (variable?.defs.length === 0 && (node.name === "exports" || node.name === "module")) {
      return { key: node.name, root: { kind: "variable", variable }, properties: [] };
    }
    if (!variable || variable.defs.length === 0) {
      return GLOBAL_OBJECTS.has(node.name) ? { key: "global", root: { kind: "global" }, properties: [] } : undefined;
    }
    return this.#findPathOfVariable(variable);
  }

  #findPathOfVariable(variable: Variable): Path {
    // A class has two variables for its name, one outside and one inside; both are defined by its node.
    const owner = variable.defs[0]?.type === "ClassName" ? this.#owners.get(variable.defs[0].node as Node) : undefined;
    if (owner) {
      return { key: `class${owner.id}`, root: { kind: "class", owner }, properties: [] };
    }
    return this.#findAliasedPath(variable) ?? { key: this.#getVariableKey(variable), root: { kind: "variable", variable }, properties: [] };
  }

  #getVariableKey(variable: Variable): string {
    let id = this.#variableIds.get(variable);
    if (id === undefined) this.#variableIds.set(variable, (id = this.#variableIds.size));
    return `v${id}`;
  }

  /** `const c = this.m`, `const { m } = this`, `const self = this`. */
  #findAliasedPath(variable: Variable): Path | undefined {
    const value = this.getConstantValue(variable);
    if (value) {
      const inner = unwrap(value);
      if (inner.type === "ThisExpression" || inner.type === "MemberExpression" || inner.type === "Identifier") return this.getPath(inner);
      return undefined;
    }
    const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
    const declarator = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator) : undefined;
    if (declarator?.id.type !== "ObjectPattern" || !declarator.init || !isNeverReassigned(variable)) return undefined;
    const property = declarator.id.properties.find((item) => item.type === "Property" && item.value === (definition?.name as unknown));
    const source = this.getPath(declarator.init);
    if (property?.type !== "Property" || !source || source.properties.length >= 4) return undefined;
    const name = getKeyName(property.key, property.computed);
    return name === undefined ? undefined : { key: `${source.key}.${name}`, root: source.root, properties: [...source.properties, name] };
  }

  getConstantValue(variable: Variable): Node | undefined {
    const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
    if (definition?.type !== "Variable") return undefined;
    const declarator = definition.node as TSESTree.VariableDeclarator;
    if (declarator.id.type !== "Identifier" || !declarator.init) return undefined;
    return isNeverReassigned(variable) ? declarator.init : undefined;
  }

  getCallee(call: TSESTree.CallExpression | TSESTree.NewExpression): FunctionInfo | undefined {
    if (call.type === "NewExpression") return undefined;
    return this.getFunctionValue(call.callee);
  }

  getFunctionValue(expression: Node): FunctionInfo | undefined {
    const node = unwrap(expression);
    if (isFunction(node)) return this.#byNode.get(node);
    if (node.type === "Identifier") return this.#getFunctionOfVariable(this.getVariable(node));
    const method = node.type === "MemberExpression" ? this.#getMethod(node) : undefined;
    if (method) return method;
    // load.call(this) runs load
    if (node.type === "MemberExpression" && /^(?:call|apply)$/.test(getPropertyName(node) ?? "")) return this.getFunctionValue(node.object);
    // fn.bind(this)
    if (node.type === "CallExpression" && node.callee.type === "MemberExpression" && getPropertyName(node.callee) === "bind") {
      return this.getFunctionValue(node.callee.object);
    }
    return undefined;
  }

  #getFunctionOfVariable(variable: Variable | undefined): FunctionInfo | undefined {
    const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined;
    if (!variable || !definition) return undefined;
    if (definition.type === "FunctionName") return this.#byNode.get(definition.node as Node);
    const value = this.getConstantValue(variable);
    if (!value) return undefined;
    const inner = unwrap(value);
    if (isFunction(inner)) return this.#byNode.get(inner);
    // const load = useCallback(async () => {}, []), debounce(fn), memoize(fn): whatever wraps it, calling it runs it.
    const wrapped = inner.type === "CallExpression" ? inner.arguments[0] : undefined;
    return wrapped && isFunction(wrapped) && inner.type === "CallExpression" && /^(?:use[A-Z]\w*|wrap\w*|bind\w*)$/.test(getCalleeText(inner)) ? this.#byNode.get(wrapped) : undefined;
  }

  /** The places that hold the only instance of a class of this file: private data = new Model(), const pool = new Pool() */
  #findOnlyInstances(): ReadonlyMap<string, Owner> {
    const found = new Map<Owner, Node[]>();
    for (const node of this.nodes.get("NewExpression") ?? []) {
      const callee = unwrap((node as TSESTree.NewExpression).callee);
      const path = callee.type === "Identifier" && this.getVariable(callee)?.defs[0]?.type === "ClassName" ? this.getPath(callee) : undefined;
      const owner = path?.root.kind === "class" && path.properties.length === 0 ? path.root.owner : undefined;
      if (!owner) continue;
      const list = found.get(owner);
      if (list) list.push(node);
      else found.set(owner, [node]);
    }
    const places = new Map<string, Owner>();
    for (const [owner, [made, ...others]] of found) {
      const key = made && others.length === 0 ? this.#getKeyOfPlace(made) : undefined;
      if (key !== undefined) places.set(key, owner);
    }
    return places;
  }

  /** The key of the field or constant that a value is put into, and nothing else. */
  #getKeyOfPlace(value: Node): string | undefined {
    const { node, parent } = getUsage(value);
    if (parent?.type === "VariableDeclarator") {
      const variable = parent.init === node ? this.getVariable(parent.id) : undefined;
      return variable && isNeverReassigned(variable) ? this.getPath(parent.id)?.key : undefined;
    }
    if (parent?.type === "AssignmentExpression" && parent.right === node) {
      const path = this.getPath(parent.left);
      return path && path.root.kind !== "variable" && path.properties.length === 1 && this.assignments.get(path.key)?.length === 1 ? path.key : undefined;
    }
    if (parent?.type !== "PropertyDefinition" || parent.value !== node) return undefined;
    const owner = this.#owners.get(parent.parent.parent);
    const name = getKeyName(parent.key, parent.computed);
    const key = owner && name !== undefined ? `${parent.static ? "class" : "this"}${owner.id}.${name}` : undefined;
    return key !== undefined && !this.assignments.has(key) ? key : undefined;
  }

  #getMethod(node: TSESTree.MemberExpression): FunctionInfo | undefined {
    const name = getPropertyName(node);
    if (name === undefined) return undefined;
    const object = this.getPath(node.object);
    const instanceOf = object && object.properties.length < 2 ? this.#getOnlyInstances().get(object.key) : undefined;
    if (instanceOf) return instanceOf.methods.get(name);
    if (!object || object.properties.length > 0) return undefined;
    const member = this.#findNamespaceMember(unwrap(node.object), name);
    if (member) return this.#getFunctionOfVariable(member);
    if (object.root.kind === "this") return object.root.owner.methods.get(name);
    if (object.root.kind === "class") return object.root.owner.statics.get(name);
    if (object.root.kind !== "variable") return undefined;
    const value = this.getConstantValue(object.root.variable);
    return value?.type === "ObjectExpression" ? this.#owners.get(value)?.methods.get(name) : undefined;
  }
}

/** Whether a function stands around a place. What has the very range of the function is not in it, but it in that: `() => {}` as a statement. */
function isAround(node: FunctionNode, start: number, end: number): boolean {
  return node.range[0] <= start && node.range[1] >= end && (node.range[0] !== start || node.range[1] !== end);
}

function indexUsesOfNames(variables: readonly Variable[]): ReadonlyMap<Node, Variable> {
  const uses = new Map<Node, Variable>();
  for (const variable of variables) {
    for (const identifier of variable.identifiers) uses.set(identifier as Node, variable);
    for (const reference of variable.references) uses.set(reference.identifier as Node, variable);
  }
  return uses;
}

/** `load` of `const load = useCallback(async () => {}, [])` */
export function getNameOfWrapped(node: FunctionNode): string | undefined {
  const call = node.parent as Node | undefined;
  const declarator = call?.type === "CallExpression" ? getUsage(call).parent : undefined;
  return declarator?.type === "VariableDeclarator" && declarator.id.type === "Identifier" ? declarator.id.name : undefined;
}

function getCalleeText(call: TSESTree.CallExpression): string {
  const callee = unwrap(call.callee);
  if (callee.type === "Identifier") return callee.name;
  return callee.type === "MemberExpression" ? (getPropertyName(callee) ?? "") : "";
}

const neverReassigned = new WeakMap<Variable, boolean>();

export function isNeverReassigned(variable: Variable): boolean {
  let known = neverReassigned.get(variable);
  if (known === undefined) neverReassigned.set(variable, (known = variable.references.every((reference) => !reference.isWrite() || reference.init === true)));
  return known;
}

/** `f` of `a = b = f`. */
function getAssigned(value: Node): Node {
  const node = unwrap(value);
  return node.type === "AssignmentExpression" ? getAssigned(node.right) : node;
}

/** `X` of `var X = function () {}`, and of `var X = module.exports = function () {}`. */
function findConstructorName(node: FunctionNode): TSESTree.Identifier | undefined {
  if (node.type !== "FunctionExpression") return undefined;
  let { parent } = getUsage(node);
  while (parent?.type === "AssignmentExpression") ({ parent } = getUsage(parent));
  const id = parent?.type === "VariableDeclarator" ? parent.id : undefined;
  return id?.type === "Identifier" && /^[A-Z]/.test(id.name) ? id : undefined;
}

function isFieldValue(node: FunctionNode): boolean {
  return (node.parent as Node | undefined)?.type === "PropertyDefinition";
}

/** `X` of `X.prototype = { ... }`. */
function findPrototypeAssignment(object: TSESTree.ObjectExpression): Node | undefined {
  const parent = object.parent;
  if (parent.type !== "AssignmentExpression" || parent.left.type !== "MemberExpression") return undefined;
  return getPropertyName(parent.left) === "prototype" ? parent.left.object : undefined;
}

function getObjectName(object: TSESTree.ObjectExpression): string | undefined {
  const parent = object.parent;
  return parent.type === "VariableDeclarator" && parent.id.type === "Identifier" ? parent.id.name : undefined;
}

function getFunctionName(node: FunctionNode): string | undefined {
  if (node.type !== "ArrowFunctionExpression" && node.id) return node.id.name;
  const { node: outer, parent } = getUsage(node);
  switch (parent?.type) {
    case "MethodDefinition":
    case "PropertyDefinition":
    case "Property":
      return parent.value === outer ? getKeyName(parent.key, parent.computed) : undefined;
    case "VariableDeclarator":
      return parent.id.type === "Identifier" ? parent.id.name : undefined;
    case "AssignmentExpression":
      if (parent.left.type === "MemberExpression") return getPropertyName(parent.left);
      return parent.left.type === "Identifier" ? parent.left.name : undefined;
    default:
      return undefined;
  }
}

function describeAnonymous(node: FunctionNode): string {
  const parent = node.parent as Node | undefined;
  if (parent?.type === "CallExpression" && parent.callee !== node) {
    const name = getCalleeText(parent);
    if (name) return `the callback of ${name}`;
  }
  return "the callback";
}

/** A use of a function's name that is not a call, a declaration or a type. */
function isMention(node: Node): boolean {
  let child = node;
  let parent = node.parent;
  while (parent && unwrap(parent) !== parent) {
    child = parent;
    parent = parent.parent;
  }
  switch (parent?.type) {
    case "CallExpression":
      return parent.callee !== child;
    case "MemberExpression":
      return parent.object === child && parent.parent.type === "CallExpression" && getPropertyName(parent) === "bind";
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ClassDeclaration":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "VariableDeclarator":
    case "TSTypeQuery":
    case "TSTypeReference":
      return "init" in parent && parent.init === child;
    case "AssignmentExpression":
      return parent.right === child;
    case "Property":
      return parent.value === child;
    default:
      return parent !== undefined;
  }
}

export type { ClassNode };

/** Builds the names of a file in one walk. */
export function createFileModel(sourceCode: SourceCode): FileModel {
  return new Model(sourceCode);
}
