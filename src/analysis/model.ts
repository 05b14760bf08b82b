import type { TSESTree } from "@typescript-eslint/types";
import type { SourceCode } from "eslint";
import { type ClassNode, type FunctionNode, type Node, type Variable, getKeyName, getPropertyName, getThisFunction, isClass, isFunction, unwrap } from "./ast.js";

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

const TYPE_KEYS = new Set(["typeAnnotation", "typeArguments", "typeParameters", "returnType", "implements", "superTypeArguments"]);
const TYPE_NODES = new Set(["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "TSEnumDeclaration", "TSDeclareFunction"]);

const GLOBAL_OBJECTS = new Set(["globalThis", "global", "window", "self"]);

class Model implements FileModel {
  readonly functions: FunctionInfo[] = [];
  readonly owners: Owner[] = [];
  readonly nodes = new Map<string, Node[]>();
  readonly assignments = new Map<string, TSESTree.AssignmentExpression[]>();
  readonly #byNode = new Map<Node, FunctionInfo>();
  readonly #owners = new Map<Node, Owner>();
  readonly #variables = new Map<Node, Variable>();
  readonly #variableIds = new Map<Variable, number>();
  readonly #enclosing = new Map<Node, FunctionInfo | undefined>();
  readonly #paths = new Map<Node, Path | undefined>();

  constructor(readonly sourceCode: SourceCode) {
    this.#indexVariables();
    this.#walk();
    this.#indexAssignments();
    this.#indexUses();
  }

  #indexVariables(): void {
    for (const scope of this.sourceCode.scopeManager?.scopes ?? []) {
      for (const variable of scope.variables) {
        for (const identifier of variable.identifiers) this.#variables.set(identifier as Node, variable);
        for (const reference of variable.references) this.#variables.set(reference.identifier as Node, variable);
      }
    }
  }

  #walk(): void {
    const stack: Node[] = [this.sourceCode.ast as unknown as Node];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (COLLECTED.has(node.type)) {
        const list = this.nodes.get(node.type);
        if (list) list.push(node);
        else this.nodes.set(node.type, [node]);
      }
      if (isClass(node)) this.#addOwner(node, node.id?.name ?? "the class", node.id ?? undefined);
      if (isFunction(node)) this.#addFunction(node);
      this.#pushChildren(node, stack);
    }
  }

  /** Types hold no code: they are left out, which halves the walk of a TypeScript file. */
  #pushChildren(node: Node, stack: Node[]): void {
    const keys = this.sourceCode.visitorKeys[node.type];
    if (!keys || TYPE_NODES.has(node.type)) return;
    const record = node as unknown as Record<string, Node | (Node | null)[] | null | undefined>;
    for (let index = keys.length - 1; index >= 0; index--) {
      const key = keys[index]!;
      if (TYPE_KEYS.has(key)) continue;
      const child = record[key];
      if (!child) continue;
      if (!Array.isArray(child)) stack.push(child);
      else for (let item = child.length - 1; item >= 0; item--) if (child[item]) stack.push(child[item]!);
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
    return this.#variables.get(identifier);
  }

  #addFunction(node: FunctionNode): void {
    const { owner, isStatic } = this.#findOwnerOfFunction(node) ?? { owner: undefined, isStatic: false };
    const name = getFunctionName(node);
    const info: FunctionInfo = {
      id: this.functions.length,
      node,
      name: name ?? describeAnonymous(node),
      parent: this.getEnclosing(node),
      owner: owner ?? (node.type === "ArrowFunctionExpression" && isFieldValue(node) ? this.getOwner(node)?.owner : undefined),
      isStatic,
      calls: [],
      mentions: [],
    };
    this.functions.push(info);
    this.#byNode.set(node, info);
    const methodOwner = info.owner;
    if (methodOwner && name && methodOwner.node !== node) {
      const table = isStatic ? methodOwner.statics : methodOwner.methods;
      if (!table.has(name)) table.set(name, info);
    }
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
    return undefined;
  }

  #findConstructorOwner(constructor: Node): { owner: Owner; isStatic: boolean } | undefined {
    const definition = this.getVariable(constructor)?.defs[0]?.node as Node | undefined;
    if (definition?.type !== "FunctionDeclaration" || !definition.id) return undefined;
    return { owner: this.#addOwner(definition, definition.id.name, definition.id), isStatic: false };
  }

  #indexAssignments(): void {
    for (const node of this.nodes.get("AssignmentExpression") ?? []) {
      const assignment = node as TSESTree.AssignmentExpression;
      const path = this.getPath(assignment.left);
      if (!path) continue;
      const list = this.assignments.get(path.key);
      if (list) list.push(assignment);
      else this.assignments.set(path.key, [assignment]);
    }
  }

  #indexUses(): void {
    const names = new Set(this.functions.map((info) => info.name));
    for (const node of this.nodes.get("CallExpression") ?? []) {
      const callee = unwrap((node as TSESTree.CallExpression).callee);
      // f.call(this) is looked at for f
      if (callee.type === "MemberExpression" && !names.has(getPropertyName(callee) ?? "") && !/^(?:call|apply)$/.test(getPropertyName(callee) ?? "")) continue;
      this.getCallee(node as TSESTree.CallExpression)?.calls.push(node as TSESTree.CallExpression);
    }
    for (const node of this.nodes.get("Identifier") ?? []) {
      const variable = this.getVariable(node);
      const info = variable && names.has(variable.name) ? this.#getFunctionOfVariable(variable) : undefined;
      if (info && isMention(node)) info.mentions.push(node);
    }
    for (const node of this.nodes.get("MemberExpression") ?? []) {
      if (!names.has(getPropertyName(node as TSESTree.MemberExpression) ?? "")) continue;
      const info = this.#getMethod(node as TSESTree.MemberExpression);
      if (info && isMention(node)) info.mentions.push(node);
    }
  }

  getFunction(node: Node | undefined): FunctionInfo | undefined {
    return node && this.#byNode.get(node);
  }

  getEnclosing(node: Node): FunctionInfo | undefined {
    const visited: Node[] = [];
    let found: FunctionInfo | undefined;
    for (let at = node.parent; at; at = at.parent) {
      if (this.#enclosing.has(at)) {
        found = this.#enclosing.get(at);
        break;
      }
      if (isFunction(at)) {
        found = this.#byNode.get(at);
        break;
      }
      visited.push(at);
    }
    for (const at of visited) this.#enclosing.set(at, found);
    return found;
  }

  getVariable(identifier: Node): Variable | undefined {
    return identifier.type === "Identifier" ? this.#variables.get(identifier) : undefined;
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
    const key = `${object.key}.${name}`;
    return { key: key === "module.exports" ? "exports" : key, root: object.root, properties: [...object.properties, name] };
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

  #getMethod(node: TSESTree.MemberExpression): FunctionInfo | undefined {
    const name = getPropertyName(node);
    if (name === undefined) return undefined;
    const object = this.getPath(node.object);
    if (!object || object.properties.length > 0) return undefined;
    if (object.root.kind === "this") return object.root.owner.methods.get(name);
    if (object.root.kind === "class") return object.root.owner.statics.get(name);
    if (object.root.kind !== "variable") return undefined;
    const value = this.getConstantValue(object.root.variable);
    return value?.type === "ObjectExpression" ? this.#owners.get(value)?.methods.get(name) : undefined;
  }
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
  const parent = node.parent as Node | undefined;
  switch (parent?.type) {
    case "MethodDefinition":
    case "PropertyDefinition":
    case "Property":
      return parent.value === node ? getKeyName(parent.key, parent.computed) : undefined;
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
