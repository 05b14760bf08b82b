import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getKeyName, getPropertyName, getUsage, unwrap } from "../code/ast.js";
import type { FileModel } from "../code/model.js";
import { getRunningFunction } from "../code/order.js";
import { findCarried, getImportSource, getMadeBy } from "./posts.js";

/** A typed array or `DataView` over memory that other threads reach too. */
export interface SharedView {
  /** The key of its path. */
  readonly key: string;
  /** As the source calls it: `counters`. */
  readonly name: string;
  /** `Int32Array`, `DataView`, or `undefined` where the file does not say. */
  readonly type: string | undefined;
  /** Where the memory leaves this file's hands, in the text; none if it came from elsewhere. */
  readonly escapes: readonly Node[];
}

/** `Atomics.store(view, index, value)` */
export interface AtomicCall {
  readonly node: TSESTree.CallExpression;
  readonly operation: string;
  readonly view: SharedView;
  readonly index: Node;
  readonly value: Node | undefined;
}

const INTEGER = /^(?:Big)?(?:Int|Uint)(?:8|16|32|64)Array$/;
const TYPED_ARRAY = /^(?:(?:Big)?(?:Int|Uint)(?:8|16|32|64)|Uint8Clamped|Float(?:16|32|64))Array$/;
const VIEW = new RegExp(`${TYPED_ARRAY.source}|^DataView$`);
const FIELD_METHOD = /^(get|set)((?:Big)?(?:Int|Uint)(?:8|16|32|64)|Float(?:16|32|64))$/;
const SHARED_NAME = /[sS]hared|(?:^|[^A-Za-z])sab(?:$|[^a-z])|Sab(?:$|[^a-z])|SAB/;

/** Whether `Atomics` works on it. */
export function isIntegerView(view: SharedView): boolean {
  return view.type !== undefined && INTEGER.test(view.type);
}

export function isBigIntView(view: SharedView): boolean {
  return view.type?.startsWith("Big") === true;
}

/** The operation of `Atomics.add(..)`, or `undefined`. */
export function getAtomicOperation(node: Node): string | undefined {
  if (node.type !== "CallExpression") return undefined;
  const callee = unwrap(node.callee);
  return callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "Atomics" ? getPropertyName(callee) : undefined;
}

/** `view.getInt32(offset)` or `view.setInt32(offset, value)` of a `DataView`. */
export interface FieldCall {
  readonly node: TSESTree.CallExpression;
  readonly operation: "get" | "set";
  readonly view: SharedView;
  readonly index: Node;
  readonly value: Node | undefined;
}

/** The views of a file, by the places that hold them. */
export type SharedViews = ViewFinder;

/** The views of a file over memory that threads share. */
export function createSharedViews(model: FileModel): SharedViews {
  return new ViewFinder(model);
}

/** The places of the file that mean a variable or a member path, by its key. */
function getUses(model: FileModel): ReadonlyMap<string, readonly Node[]> {
  const uses = new Map<string, Node[]>();
  for (const node of ["Identifier", "MemberExpression"].flatMap((type) => model.nodes.get(type) ?? [])) {
    const isPropertyName = node.type === "Identifier" && node.parent?.type === "MemberExpression" && node.parent.property === node && !node.parent.computed;
    const key = isPropertyName ? undefined : model.getPath(node)?.key;
    if (key === undefined) continue;
    const list = uses.get(key);
    if (list) list.push(node);
    else uses.set(key, [node]);
  }
  return uses;
}

class ViewFinder {
  readonly atomics: readonly AtomicCall[];
  readonly #views = new Map<string, SharedView | undefined>();
  readonly #atomicKeys = new Set<string>();
  #posted: ReadonlyMap<string, TSESTree.NewExpression> | undefined;
  readonly #uses: ReadonlyMap<string, readonly Node[]>;

  constructor(private readonly model: FileModel) {
    this.#uses = getUses(model);
    const calls = ((model.nodes.get("CallExpression") ?? []) as TSESTree.CallExpression[]).filter((call) => getAtomicOperation(call) !== undefined);
    for (const call of calls) {
      const key = call.arguments[0] && model.getPath(call.arguments[0])?.key;
      // Atomics.wait alone is how to sleep.
      if (key !== undefined && !/^wait/.test(getAtomicOperation(call)!)) this.#atomicKeys.add(key);
    }
    this.atomics = calls.flatMap((node): AtomicCall[] => {
      const [target, index, value] = node.arguments;
      const view = target && this.get(target);
      return view && index ? [{ node, operation: getAtomicOperation(node)!, view, index, value }] : [];
    });
  }

  /** The view that an expression evaluates to, if other threads can reach its memory. */
  get(expression: Node): SharedView | undefined {
    const path = this.model.getPath(expression);
    if (!path) return undefined;
    if (this.#views.has(path.key)) return this.#views.get(path.key);
    this.#views.set(path.key, undefined);
    const view = this.#create(unwrap(expression), path.key);
    this.#views.set(path.key, view);
    return view;
  }

  #create(node: Node, key: string): SharedView | undefined {
    const name = this.model.sourceCode.getText(node as never);
    const made = getMadeBy(node, this.model);
    if (made?.type === "NewExpression") return this.#createFromConstruction(made, key, name);
    const posted = this.#getPosted(node);
    if (posted && !isShared(posted)) return { key, name, type: (posted.callee as TSESTree.Identifier).name, escapes: [] };
    const annotation = this.#getAnnotation(node) ?? this.#getAssignedAnnotation(key);
    const type = annotation && getTypeName(annotation);
    const isView = type !== undefined && VIEW.test(type);
    const isAnnotated = isView && this.model.sourceCode.getText(annotation as never).includes("SharedArrayBuffer");
    if (!isAnnotated && !this.#atomicKeys.has(key)) return undefined;
    return { key, name, type: isView ? type : undefined, escapes: [] };
  }

  #createFromConstruction(made: TSESTree.NewExpression, key: string, name: string): SharedView | undefined {
    const type = made.callee.type === "Identifier" ? made.callee.name : "";
    const [argument] = made.arguments;
    if (!VIEW.test(type) || !argument || argument.type === "SpreadElement") return undefined;
    const buffer = unwrap(argument);
    const source = getMadeBy(buffer, this.model);
    if (source && isShared(source)) {
      // Memory that never leaves the file is nobody else's.
      const keys = [key, buffer === source ? undefined : this.model.getPath(buffer)?.key];
      const escapes = keys.flatMap((item) => (item === undefined ? [] : this.#getEscapes(item)));
      return escapes.length > 0 ? { key, name, type, escapes } : undefined;
    }
    const isReceived = buffer.type === "Identifier" || buffer.type === "MemberExpression";
    if (!isReceived || source?.type === "NewExpression") return undefined;
    const posted = this.#getPosted(buffer);
    return (posted && isShared(posted)) || this.#atomicKeys.has(key) || this.#isSharedName(buffer) ? { key, name, type, escapes: [] } : undefined;
  }

  #isSharedName(buffer: Node): boolean {
    const annotation = this.#getAnnotation(buffer);
    if (annotation) return getTypeName(annotation) === "SharedArrayBuffer";
    return SHARED_NAME.test(this.model.sourceCode.getText(buffer as never));
  }

  /** What this file puts under this name into `workerData`, when it starts itself: shared memory, or a view over it. */
  #getPosted(node: Node): TSESTree.NewExpression | undefined {
    const path = this.model.getPath(node);
    if (path?.root.kind !== "variable" || !/^(?:node:)?worker_threads$/.test(getImportSource(path.root.variable) ?? "")) return undefined;
    // threads.workerData.counts
    const [first, second, ...deeper] = path.root.variable.name === "workerData" ? ["workerData", ...path.properties] : path.properties;
    if (first !== "workerData" || deeper.length > 0) return undefined;
    this.#posted ??= new Map(findCarried(this.model).flatMap(({ post, leaf }) => {
      const made = post.kind === "start" ? getMadeBy(leaf, this.model) : undefined;
      return made?.type === "NewExpression" && isOverShared(made, this.model) ? [[getNameInMessage(leaf, post.payload), made] as const] : [];
    }));
    return this.#posted.get(second ?? "");
  }

  /** this.view = view, of a parameter with a type */
  #getAssignedAnnotation(key: string): Node | undefined {
    return (this.model.assignments.get(key) ?? []).map(({ right }) => this.#getAnnotation(unwrap(right))).find((type) => type !== undefined);
  }

  /** The type that a variable, parameter or field is declared with. */
  #getAnnotation(node: Node): Node | undefined {
    const variable = this.model.getVariable(node);
    const identifier = variable?.identifiers[0] as TSESTree.Identifier | undefined;
    if (identifier) return identifier.typeAnnotation?.typeAnnotation;
    const key = this.model.getPath(node)?.key ?? "";
    for (const item of this.model.nodes.get("PropertyDefinition") ?? []) {
      const field = item as TSESTree.PropertyDefinition;
      if (field.typeAnnotation && node.type === "MemberExpression" && this.#isField(field, key)) return field.typeAnnotation.typeAnnotation;
    }
    for (const item of this.model.nodes.get("TSParameterProperty") ?? []) {
      // constructor(private readonly view: Int32Array<SharedArrayBuffer>)
      const { parameter, parent } = item as TSESTree.TSParameterProperty;
      const owner = this.model.owners.find((candidate) => candidate.node === parent.parent?.parent?.parent);
      if (owner && parameter.type === "Identifier" && parameter.typeAnnotation && key === `this${owner.id}.${parameter.name}`) return parameter.typeAnnotation.typeAnnotation;
    }
    return undefined;
  }

  #isField(field: TSESTree.PropertyDefinition, key: string): boolean {
    const owner = this.model.owners.find((candidate) => candidate.node === field.parent.parent);
    const name = field.key.type === "PrivateIdentifier" ? `#${field.key.name}` : field.key.type === "Identifier" ? field.key.name : "";
    return owner !== undefined && key === `${field.static ? "class" : "this"}${owner.id}.${name}`;
  }

  /** The uses of a place through which its memory gets out: a message, an argument, a return, an export. */
  #getEscapes(key: string): Node[] {
    return (this.#uses.get(key) ?? []).filter((use) => this.#isEscape(use));
  }

  #isEscape(use: Node): boolean {
    const { node, parent } = getUsage(use);
    switch (parent?.type) {
      case "VariableDeclarator":
        return parent.id === node && parent.parent.parent.type === "ExportNamedDeclaration";
      case "AssignmentExpression":
        return parent.right === node && this.model.getPath(parent.left) === undefined;
      case "MemberExpression":
        if (parent.object !== node) return false;
        return !parent.computed && getPropertyName(parent) === "buffer" && this.#isEscape(parent);
      case "NewExpression":
        return !(parent.callee.type === "Identifier" && VIEW.test(parent.callee.name));
      case "CallExpression":
        return parent.callee !== node && getAtomicOperation(parent) === undefined;
      case "ReturnStatement":
      case "Property":
      case "ArrayExpression":
      case "ExportSpecifier":
      case "ExportDefaultDeclaration":
      case "ArrowFunctionExpression":
      case "YieldExpression":
        return !(parent.type === "Property" && parent.parent.type === "ObjectPattern") && !(parent.type === "ArrowFunctionExpression" && parent.body !== node);
      default:
        return false;
    }
  }

  /** Whether nobody else can have the memory yet when a node runs. */
  isBeforeEscape(view: SharedView, node: Node): boolean {
    if (view.escapes.length === 0) return false;
    const here = getRunningFunction(node, this.model);
    const escapes = view.escapes.filter((escape) => getRunningFunction(escape, this.model) === here);
    return escapes.length > 0 && escapes.every((escape) => escape.range[0] > node.range[1]);
  }

  /** What reads or writes a field of a shared `DataView`. */
  getFieldCall(node: Node): FieldCall | undefined {
    if (node.type !== "CallExpression") return undefined;
    const callee = unwrap(node.callee);
    const operation = callee.type === "MemberExpression" ? FIELD_METHOD.exec(getPropertyName(callee) ?? "")?.[1] : undefined;
    const view = operation === undefined ? undefined : this.get((callee as TSESTree.MemberExpression).object);
    const [index, value] = node.arguments;
    return view?.type === "DataView" && index ? { node, operation: operation as "get" | "set", view, index, value } : undefined;
  }

  /** Plain `view[index]` of shared views. */
  getPlainAccesses(): readonly { readonly node: TSESTree.MemberExpression; readonly view: SharedView; readonly index: Node }[] {
    return (this.model.nodes.get("MemberExpression") ?? []).flatMap((item) => {
      const node = item as TSESTree.MemberExpression;
      const view = node.computed ? this.get(node.object) : undefined;
      return view ? [{ node, view, index: node.property }] : [];
    });
  }
}

/** new SharedArrayBuffer(..), new WebAssembly.Memory({ shared: true }).buffer is not looked at. */
function isShared(source: Node): boolean {
  return source.type === "NewExpression" && source.callee.type === "Identifier" && source.callee.name === "SharedArrayBuffer";
}

/** new SharedArrayBuffer(4), new Int32Array(new SharedArrayBuffer(4)) */
function isOverShared(made: TSESTree.NewExpression, model: FileModel): boolean {
  if (isShared(made)) return true;
  const [buffer] = made.arguments;
  const source = made.callee.type === "Identifier" && TYPED_ARRAY.test(made.callee.name) && buffer ? getMadeBy(buffer, model) : undefined;
  return source !== undefined && isShared(source);
}

/** `counts` in `{ counts: view }`; nothing if the value is the whole message. */
function getNameInMessage(leaf: Node, payload: Node): string {
  const { node, parent } = getUsage(leaf);
  return node !== unwrap(payload) && parent?.type === "Property" ? (getKeyName(parent.key, parent.computed) ?? "") : "";
}

function getTypeName(type: Node): string | undefined {
  return type.type === "TSTypeReference" && type.typeName.type === "Identifier" ? type.typeName.name : undefined;
}

