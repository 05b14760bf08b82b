import type { TSESTree } from "@typescript-eslint/types";
import { type Node, getCalleeName, getKeyName, getPropertyName, isEmptyMap, unwrap } from "../code/ast.js";
import { once } from "../guard.js";
import { type FileModel, type FunctionInfo, isNeverReassigned, type Owner, type Path } from "../code/model.js";
import type { Variable } from "../code/ast.js";
import type { MapTypes } from "../settings.js";
import type { TypedMap, Types, ValueType } from "./types.js";
import { canHaveUsedMaps, findUsedMaps, hasUsedMapText, isLookedUp } from "./used-maps.js";

/** `slot` is one value that works like a map of one key: a busy flag or a cached promise in a field. It is never reported by itself. */
export type MapKind = "Map" | "Set" | "WeakMap" | "WeakSet" | "cache" | "safe" | "dictionary" | "slot";

/** `outside`: a part of an object that was handed in or looked up, and that nobody here has made. */
export type MapHome = "module" | "global" | "static" | "field" | "local" | "parameter" | "outside";

/** A map of this file: one declaration, one place. */
export interface MapEntity {
  readonly id: number;
  /** The key of its path. */
  readonly key: string;
  /** As the source calls it: `this.sessions`. */
  readonly name: string;
  readonly kind: MapKind;
  readonly home: MapHome;
  readonly path: Path;
  /** The variable, field or assignment that declares it. */
  readonly declaration: Node;
  /** `new Map<K, V>()` and the like; empty for a parameter. */
  readonly initializers: readonly Node[];
  /** `Map<K, V>`, where it is written. */
  readonly annotation: Node | undefined;
  readonly keyType: Node | undefined;
  readonly valueType: Node | undefined;
  readonly owner: Owner | undefined;
  readonly variable: Variable | undefined;
  /** For a map that is an entry of another map. */
  readonly parent: MapEntity | undefined;
}

export interface Inventory {
  readonly maps: readonly MapEntity[];
  /** The map that an expression evaluates to, through aliases. */
  resolve(expression: Node): MapEntity | undefined;
  /** What a variable holds, but for empty maps that it is given where there was none: `m.get(k)` of `let e = m.get(k); if (!e) e = new Map()`. */
  getSource(variable: Variable): Node | undefined;
  /** The expression that a function hands out, wherever it returns. */
  getReturned(info: FunctionInfo): Node | undefined;
  /** The slot that an expression names: a field or an outer `let` that is assigned in functions. */
  resolveSlot(expression: Node): MapEntity | undefined;
  /** What the checker knows of a map's values, where there is one. */
  getValueType(map: MapEntity): ValueType | undefined;
  /** Whether only its type, or what is done with it, tells that it is a map. */
  isKnownByType(map: MapEntity): boolean;
}

interface Shape {
  readonly kind: MapKind;
  readonly keyType: Node | undefined;
  readonly valueType: Node | undefined;
  readonly annotation: Node | undefined;
}

const NATIVE: Readonly<Record<string, MapKind>> = {
  Map: "Map",
  ReadonlyMap: "Map",
  Set: "Set",
  ReadonlySet: "Set",
  WeakMap: "WeakMap",
  WeakSet: "WeakSet",
  SvelteMap: "Map",
  SvelteSet: "Set",
  ObservableMap: "Map",
  ObservableSet: "Set",
  SafeMap: "safe",
  BoundedMap: "safe",
  LRUCache: "cache",
  LRU: "cache",
  QuickLRU: "cache",
  TTLCache: "cache",
};

/** The classes that are maps by their name. */
export const MAP_NAMES: readonly string[] = Object.keys(NATIVE);

/** What holds a value in a property. */
const REFERENCES: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null) as Record<string, string>, { useRef: "current", createRef: "current", ref: "value", shallowRef: "value", signal: "value" });

/** What gives the value back, watched. */
const OBSERVED = /^(?:reactive|shallowReactive|markRaw|observable|proxy)$/;

const MAP_TEXT = /\b(?:Map|Set|WeakMap|WeakSet|SafeMap|BoundedMap|LRUCache|LRU|QuickLRU|TTLCache|Record)\b|Object\.create\(\s*null|\[\s*\w+\s*:\s*(?:string|number|symbol|[A-Z]\w*)\s*\]|=\s*\{\s*\}/;

/** Whether a file can hold a map at all. A text search, so that most files cost nothing more. */
export function hasMapText(text: string, types: MapTypes): boolean {
  return MAP_TEXT.test(text) || hasUsedMapText(text) || types.names.some((name) => text.includes(name));
}

/** Maps of maps of maps. */
const MAX_NESTING = 5;

const MAP_METHOD = /^(?:get|set|has|delete|add|clear)$/;
const MAP_CALL_TEXT = /\.(?:get|set|has|delete|add|clear)\(/;

/** The same for a file with types, where a map may be declared elsewhere. */
export function hasMapCallText(text: string): boolean {
  return MAP_CALL_TEXT.test(text);
}

/** Finds the maps of a file by initializer, annotation, JSDoc, assignment and alias; and by type, where there are types. */
export function createInventory(model: FileModel, types: MapTypes, checked?: Types): Inventory {
  return new InventoryBuilder(model, types, checked);
}

class InventoryBuilder implements Inventory {
  readonly maps: MapEntity[] = [];
  readonly #byKey = new Map<string, MapEntity>();
  /** The last names of their paths, of `cache` in `this.#caches.cache`. */
  readonly #names = new Set<string>();
  /** Where they are no last names of expressions: N.cache of a namespace N. */
  readonly #hasNamespaces: boolean;
  readonly #slots = new Map<string, MapEntity | undefined>();
  readonly #resolved = new Map<Node, MapEntity | undefined>();
  readonly #subclasses = new Map<string, MapKind>();
  /** Places that somewhere are written as `place[expression] = value` or `delete place[expression]`. */
  readonly #getComputedPlaces = once(() => this.#findComputedWrites());
  readonly #valueTypes = new Map<MapEntity, ValueType | undefined>();
  readonly #byType = new Set<MapEntity>();
  readonly #returned = new Map<FunctionInfo, Node | undefined>();
  /** What the functions return, by function. */
  readonly #getReturns = once(() => {
    const returns = new Map<Node, (Node | undefined)[]>();
    for (const node of this.model.nodes.get("ReturnStatement") ?? []) {
      const info = this.model.getEnclosing(node);
      const value = (node as TSESTree.ReturnStatement).argument ?? undefined;
      const list = info && returns.get(info.node);
      if (list) list.push(value);
      else if (info) returns.set(info.node, [value]);
    }
    return returns;
  });
  readonly #getGetterNames = once(() => new Set(this.model.functions.flatMap((info) => {
    const definition = info.node.parent as Node | undefined;
    return definition?.type === "MethodDefinition" && definition.kind === "get" ? [info.name] : [];
  })));
  readonly #owners: ReadonlyMap<Node, Owner>;
  readonly #hasTypeComments: boolean;
  /** Last names of what can be a slot: all that is assigned under such a name, taken together, looks like one. */
  readonly #getSlotNames = once(() => {
    const byName = new Map<string, TSESTree.AssignmentExpression[]>();
    for (const node of this.model.nodes.get("AssignmentExpression") ?? []) {
      const assignment = node as TSESTree.AssignmentExpression;
      const name = getTargetName(assignment.left);
      const list = name === undefined ? undefined : byName.get(name);
      if (list) list.push(assignment);
      else if (name !== undefined) byName.set(name, [assignment]);
    }
    return new Set([...byName].flatMap(([name, assignments]) => (isFlagOrPromise(assignments) ? [name] : [])));
  });

  constructor(
    private readonly model: FileModel,
    private readonly types: MapTypes,
    private readonly checked: Types | undefined,
  ) {
    this.#owners = new Map(model.owners.map((owner) => [owner.node, owner]));
    this.#hasTypeComments = model.sourceCode.text.includes("@type");
    this.#hasNamespaces = /\b(?:namespace|module)\s/.test(model.sourceCode.text);
    this.#findSubclasses();
    this.#addFields();
    this.#addVariables();
    this.#addAssignments();
    this.#addObjectProperties();
    this.#addReferences();
    if (checked) this.#addChecked(checked);
    this.#addUsed();
  }

  /** class Registry extends Map {} */
  #findSubclasses(): void {
    for (const owner of this.model.owners) {
      const superClass = "superClass" in owner.node ? owner.node.superClass : null;
      const kind = superClass?.type === "Identifier" ? this.#getKindOfName(superClass.name) : undefined;
      if (kind) this.#subclasses.set(owner.name, kind);
    }
  }

  #getKindOfName(name: string): MapKind | undefined {
    if (Object.hasOwn(NATIVE, name)) return NATIVE[name];
    return this.#subclasses.get(name) ?? (this.types.names.includes(name) ? "Map" : undefined);
  }

  /** import { Map } from "immutable": the language's name for something else. */
  #isForeign(name: Node): boolean {
    if (name.type !== "Identifier" || !Object.hasOwn(NATIVE, name.name) || !isNative(NATIVE[name.name]!)) return false;
    const definition = this.model.getVariable(name)?.defs[0];
    return definition?.type === "ImportBinding" && !/mapguard|core-js/.test((definition.parent as TSESTree.ImportDeclaration).source.value);
  }

  #findComputedWrites(): { readonly keys: ReadonlySet<string>; readonly receivers: readonly Node[] } {
    const keys = new Set<string>();
    const receivers: Node[] = [];
    const add = (target: Node): void => {
      const member = unwrap(target);
      if (member.type !== "MemberExpression" || !member.computed || member.property.type === "Literal") return;
      const path = this.model.getPath(member.object);
      if (!path) return;
      keys.add(path.key);
      receivers.push(member.object);
    };
    for (const node of this.model.nodes.get("AssignmentExpression") ?? []) add((node as TSESTree.AssignmentExpression).left);
    for (const node of this.model.nodes.get("UpdateExpression") ?? []) add((node as TSESTree.UpdateExpression).argument);
    for (const node of this.model.nodes.get("UnaryExpression") ?? []) {
      if ((node as TSESTree.UnaryExpression).operator === "delete") add((node as TSESTree.UnaryExpression).argument);
    }
    return { keys, receivers };
  }

  #addFields(): void {
    for (const node of this.model.nodes.get("PropertyDefinition") ?? []) {
      const field = node as TSESTree.PropertyDefinition;
      const name = getKeyName(field.key, field.computed) ?? (field.computed && field.key.type === "Identifier" ? `[${field.key.name}]` : undefined);
      const owner = this.#owners.get(field.parent.parent);
      if (name === undefined || !owner) continue;
      const root = field.static ? ({ kind: "class", owner } as const) : ({ kind: "this", owner } as const);
      const path: Path = { key: `${field.static ? "class" : "this"}${owner.id}.${name}`, root, properties: [name] };
      this.#declare(() => path, field, field.value ?? undefined, this.#getAnnotation(field), field.static ? "static" : "field");
    }
    for (const node of this.model.nodes.get("TSParameterProperty") ?? []) {
      const property = node as TSESTree.TSParameterProperty;
      const parameter = property.parameter.type === "AssignmentPattern" ? property.parameter.left : property.parameter;
      const owner = this.#owners.get(node.parent!.parent!.parent!.parent!);
      if (parameter.type !== "Identifier" || !owner) continue;
      const path: Path = { key: `this${owner.id}.${parameter.name}`, root: { kind: "this", owner }, properties: [parameter.name] };
      this.#declare(() => path, node, undefined, parameter.typeAnnotation?.typeAnnotation, "parameter");
    }
  }

  #addVariables(): void {
    for (const variable of this.model.variables) this.#addVariable(variable);
  }

  #addVariable(variable: Variable): void {
    const definition = variable.defs[0];
    if (!definition || variable.defs.length > 1) return;
    const identifier = definition.name as TSESTree.Identifier;
    if (definition.type === "Parameter") {
      const shape = this.#getShapeOfType(identifier.typeAnnotation?.typeAnnotation);
      if (shape) this.#add(this.model.getPath(identifier), identifier, [], shape, "parameter", variable);
      // { cache = new Map() } = {}
      else if (identifier.parent.type === "AssignmentPattern") this.#declare(() => this.model.getPath(identifier), identifier, identifier.parent.right, undefined, "parameter", variable);
      return;
    }
    if (definition.type !== "Variable") return;
    const declarator = definition.node as TSESTree.VariableDeclarator;
    if (declarator.id.type !== "Identifier") return;
    // Most variables hold something else: const n = 1, const f = () => {}, const [a] = b
    if (!this.#hasTypeComments && !declarator.id.typeAnnotation && !(declarator.init && canMakeMap(declarator.init))) return;
    const isModule = isOfModule(variable);
    // An alias of another place declares nothing.
    const getPath = (): Path | undefined => {
      const path = this.model.getPath(identifier);
      return path?.root.kind === "variable" && path.properties.length === 0 ? path : undefined;
    };
    this.#declare(getPath, declarator, declarator.init ?? undefined, this.#getAnnotation(declarator), isModule ? "module" : "local", variable);
  }

  /** this.m = new Map() in a constructor or method; cache = new Map() for a `let`; exports.cache = new Map() */
  #addAssignments(): void {
    for (const node of this.model.nodes.get("AssignmentExpression") ?? []) {
      const assignment = node as TSESTree.AssignmentExpression;
      if ((assignment.operator !== "=" && assignment.operator !== "??=" && assignment.operator !== "||=") || !canMakeMap(assignment.right)) continue;
      const getPath = (): Path | undefined => this.model.getPath(assignment.left);
      const shape = this.#getShapeOfValue(assignment.right, getPath);
      const path = shape && getPath();
      if (!path) continue;
      const existing = this.#byKey.get(path.key);
      if (existing) (existing.initializers as Node[]).push(unwrap(assignment.right));
      else this.#add(path, assignment, [unwrap(assignment.right)], shape, assignment.operator !== "=" && isLookedUp(path) ? "outside" : getHomeOfPath(path), path.root.kind === "variable" ? path.root.variable : undefined);
    }
  }

  /** Maps that only the checker knows: this.ctx.sessions.get(id), and d[k] = v of a dictionary. Each place is asked for until it is known. */
  #addChecked(checked: Types): void {
    const others = new Set<string>();
    const add = (receiver: Node, isDictionary: boolean): void => {
      const path = this.model.getPath(receiver);
      if (!path || !canBeDeclaredElsewhere(path) || others.has(path.key) || this.resolve(receiver)) return;
      const found = checked.find(unwrap(receiver));
      if (found === undefined) return;
      if (found === "other" || (found.kind === "dictionary") !== isDictionary) others.add(path.key);
      else this.#addTyped(path, receiver, found);
    };
    for (const node of this.model.nodes.get("CallExpression") ?? []) {
      const callee = unwrap((node as TSESTree.CallExpression).callee);
      if (callee.type === "MemberExpression" && MAP_METHOD.test(getPropertyName(callee) ?? "")) add(callee.object, false);
    }
    for (const receiver of this.#getComputedPlaces().receivers) add(receiver, true);
  }

  #addTyped(path: Path, receiver: Node, { kind, value }: TypedMap): void {
    const home = this.#isParameterProperty(path) ? "parameter" : getHomeOfPath(path);
    const variable = path.root.kind === "variable" ? path.root.variable : undefined;
    const entity = this.#add(path, receiver, [], { kind, keyType: undefined, valueType: undefined, annotation: undefined }, home, variable);
    if (entity) {
      this.#byType.add(entity);
      this.#valueTypes.set(entity, value);
    }
    // What did not resolve before may now.
    this.#resolved.clear();
  }

  /** const cache = useRef(new Map()), where cache.current is the map; const users = ref(new Map()), where users.value is. */
  #addReferences(): void {
    for (const node of this.model.nodes.get("VariableDeclarator") ?? []) {
      const { id, init } = node as TSESTree.VariableDeclarator;
      const call = init ? unwrap(init) : undefined;
      const property = call?.type === "CallExpression" ? REFERENCES[getCalleeName(call) ?? ""] : undefined;
      const value = call?.type === "CallExpression" ? call.arguments[0] : undefined;
      if (property === undefined || !value || id.type !== "Identifier") continue;
      const object = this.model.getPath(id);
      const shape = this.#getShapeOfValue(value, () => undefined);
      if (!object || !shape) continue;
      const path: Path = { key: `${object.key}.${property}`, root: object.root, properties: [...object.properties, property] };
      this.#add(path, node, [unwrap(value)], shape, property === "current" ? "outside" : getHomeOfPath(path), path.root.kind === "variable" ? path.root.variable : undefined);
    }
  }

  /** ctx.pending[id] = load(id), this.cache.stashes.set(path, p): maps that are known by what is done with them. */
  #addUsed(): void {
    if (!canHaveUsedMaps(this.model.sourceCode)) return;
    for (const { path, receiver, kind, home } of findUsedMaps(this.model, ({ key }) => this.#byKey.has(key))) {
      const entity = this.#add(path, receiver, [], { kind, keyType: undefined, valueType: undefined, annotation: undefined }, home, path.root.kind === "variable" ? path.root.variable : undefined);
      if (entity) this.#byType.add(entity);
    }
    this.#resolved.clear();
  }

  /** constructor(private readonly sessions: Sessions) */
  #isParameterProperty({ root, properties }: Path): boolean {
    if (root.kind !== "this" || properties.length !== 1) return false;
    return (this.model.nodes.get("TSParameterProperty") ?? []).some((node) => {
      const { parameter } = node as TSESTree.TSParameterProperty;
      const name = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
      return name.type === "Identifier" && name.name === properties[0] && node.parent?.parent?.parent?.parent === root.owner.node;
    });
  }

  isKnownByType(map: MapEntity): boolean {
    return this.#byType.has(map);
  }

  getValueType(map: MapEntity): ValueType | undefined {
    if (!this.checked || map.parent || map.kind === "slot") return undefined;
    if (!this.#valueTypes.has(map)) {
      const found = this.checked.find(getDeclaredName(map.declaration));
      this.#valueTypes.set(map, found === "other" ? undefined : found?.value);
    }
    return this.#valueTypes.get(map);
  }

  /** const state = { sessions: new Map() } */
  #addObjectProperties(): void {
    for (const node of this.model.nodes.get("Property") ?? []) {
      const property = node as TSESTree.Property;
      if (property.parent.type !== "ObjectExpression" || !canMakeMap(property.value)) continue;
      const shape = this.#getShapeOfValue(property.value, () => undefined);
      if (!shape) continue;
      const name = getKeyName(property.key, property.computed);
      const object = this.#getPathOfObject(property.parent);
      if (name === undefined || !object) continue;
      const path: Path = { key: `${object.key}.${name}`, root: object.root, properties: [...object.properties, name] };
      if (!this.#byKey.has(path.key)) {
        this.#add(path, property, [unwrap(property.value)], shape, getHomeOfPath(path), path.root.kind === "variable" ? path.root.variable : undefined);
      }
    }
  }

  #getPathOfObject(object: Node): Path | undefined {
    let node = object;
    while (node.parent && unwrap(node.parent) !== node.parent) node = node.parent;
    const parent = node.parent;
    if (parent?.type === "VariableDeclarator") return parent.id.type === "Identifier" ? this.model.getPath(parent.id) : undefined;
    if (parent?.type === "AssignmentExpression" && parent.right === node) return this.model.getPath(parent.left);
    if (parent?.type === "PropertyDefinition" && parent.value === node) {
      const owner = this.#owners.get(parent.parent.parent);
      const name = getKeyName(parent.key, parent.computed);
      if (!owner || name === undefined) return undefined;
      const root = parent.static ? ({ kind: "class", owner } as const) : ({ kind: "this", owner } as const);
      return { key: `${parent.static ? "class" : "this"}${owner.id}.${name}`, root, properties: [name] };
    }
    return undefined;
  }

  #getAnnotation(node: TSESTree.PropertyDefinition | TSESTree.VariableDeclarator): Node | undefined {
    if (node.type === "PropertyDefinition") return node.typeAnnotation?.typeAnnotation;
    return node.id.type === "Identifier" ? node.id.typeAnnotation?.typeAnnotation : undefined;
  }

  /** Most declarations are of something else: the path is looked up for the others only. */
  #declare(getPath: () => Path | undefined, declaration: Node, value: Node | undefined, annotation: Node | undefined, home: MapHome, variable?: Variable): void {
    const fromValue = value && this.#getShapeOfValue(value, getPath);
    const fromType = this.#getShapeOfType(annotation) ?? this.#getShapeOfComment(declaration);
    if (!fromValue && !fromType) return;
    // An annotation tells the types; the initializer tells what it really is.
    const shape: Shape = {
      kind: fromValue?.kind ?? fromType!.kind,
      keyType: fromType?.keyType ?? fromValue?.keyType,
      valueType: fromType?.valueType ?? fromValue?.valueType,
      annotation: fromType?.annotation,
    };
    this.#add(getPath(), declaration, fromValue ? [unwrap(value!)] : [], shape, home, variable);
  }

  #add(path: Path | undefined, declaration: Node, initializers: Node[], shape: Shape, home: MapHome, variable: Variable | undefined, parent?: MapEntity): MapEntity | undefined {
    if (!path) return undefined;
    const existing = this.#byKey.get(path.key);
    if (existing) return existing;
    // import { Map } from "immutable"; m: Map<K, V>
    if (initializers.length === 0 && !parent && isNative(shape.kind) && this.checked?.find(getDeclaredName(declaration)) === "other") return undefined;
    const entity: MapEntity = {
      id: this.maps.length,
      key: path.key,
      name: describePath(path),
      kind: shape.kind,
      home,
      path,
      declaration,
      initializers,
      annotation: shape.annotation,
      keyType: shape.keyType,
      valueType: shape.valueType,
      owner: path.root.kind === "this" || path.root.kind === "class" ? path.root.owner : undefined,
      variable,
      parent,
    };
    this.maps.push(entity);
    this.#byKey.set(path.key, entity);
    this.#names.add(getNameOfPath(path));
    return entity;
  }

  #getShapeOfValue(value: Node, getPath: () => Path | undefined): Shape | undefined {
    const node = unwrap(value);
    if (node.type === "NewExpression") {
      const name = node.callee.type === "Identifier" ? node.callee.name : node.callee.type === "MemberExpression" ? getPropertyName(node.callee) : undefined;
      const kind = name === undefined || this.#isForeign(node.callee) ? undefined : this.#getKindOfName(name);
      return kind && this.#createShape(kind, node.typeArguments?.params ?? [], undefined);
    }
    if (node.type === "LogicalExpression") return this.#getShapeOfValue(node.right, getPath) ?? this.#getShapeOfValue(node.left, getPath);
    const asserted = value.type === "TSAsExpression" || value.type === "TSSatisfiesExpression" ? this.#getShapeOfType(value.typeAnnotation) : undefined;
    if (node.type === "ObjectExpression" && node.properties.length === 0 && (asserted || this.#getComputedPlaces().keys.has(getPath()?.key ?? ""))) {
      return { kind: "dictionary", keyType: asserted?.keyType, valueType: asserted?.valueType, annotation: undefined };
    }
    // reactive(new Map())
    if (node.type === "CallExpression" && node.arguments[0] && OBSERVED.test(getCalleeName(node) ?? "")) return this.#getShapeOfValue(node.arguments[0], getPath);
    if (isObjectCreateNull(node)) return { kind: "dictionary", keyType: undefined, valueType: undefined, annotation: undefined };
    return undefined;
  }

  #createShape(kind: MapKind, types: readonly Node[], annotation: Node | undefined): Shape {
    const isSet = kind === "Set" || kind === "WeakSet";
    return { kind, keyType: types[0], valueType: isSet ? undefined : types[1], annotation };
  }

  #getShapeOfType(type: Node | undefined): Shape | undefined {
    if (!type) return undefined;
    if (type.type === "TSUnionType") {
      const others = type.types.filter((item) => item.type !== "TSUndefinedKeyword" && item.type !== "TSNullKeyword");
      return others.length === 1 ? this.#getShapeOfType(others[0]) : undefined;
    }
    if (type.type === "TSTypeOperator" && type.operator === "readonly") return this.#getShapeOfType(type.typeAnnotation);
    if (type.type === "TSTypeLiteral") {
      const [member] = type.members;
      if (type.members.length !== 1 || member?.type !== "TSIndexSignature") return undefined;
      const parameter = member.parameters[0];
      const keyType = parameter?.type === "Identifier" ? parameter.typeAnnotation?.typeAnnotation : undefined;
      return { kind: "dictionary", keyType, valueType: member.typeAnnotation?.typeAnnotation, annotation: type };
    }
    if (type.type === "TSMappedType") {
      return { kind: "dictionary", keyType: type.constraint, valueType: type.typeAnnotation ?? undefined, annotation: type };
    }
    if (type.type !== "TSTypeReference") return undefined;
    const name = type.typeName.type === "Identifier" ? type.typeName.name : undefined;
    const params = type.typeArguments?.params ?? [];
    if (name === "Readonly" || name === "Partial" || name === "Required") return this.#getShapeOfType(params[0]);
    if (name === "Record" && params.length === 2) return { kind: "dictionary", keyType: params[0], valueType: params[1], annotation: type };
    const kind = name === undefined || this.#isForeign(type.typeName) ? undefined : this.#getKindOfName(name);
    return kind && this.#createShape(kind, params, type);
  }

  /** A JSDoc type before a declaration: Map<string, Conn> */
  #getShapeOfComment(declaration: Node): Shape | undefined {
    if (!this.#hasTypeComments) return undefined;
    const target = declaration.type === "VariableDeclarator" ? declaration.parent : declaration;
    const comments = this.model.sourceCode.getCommentsBefore(target as never);
    const text = comments.at(-1)?.value;
    const match = text === undefined ? undefined : /@type\s*\{\s*!?(\w+)\s*(?:\.?<|\})/.exec(text);
    const kind = match?.[1] === "Record" || match?.[1] === "Object" ? undefined : match?.[1] && this.#getKindOfName(match[1]);
    return kind ? { kind, keyType: undefined, valueType: undefined, annotation: undefined } : undefined;
  }

  resolve(expression: Node): MapEntity | undefined {
    const node = unwrap(expression);
    if (node.type === "MemberExpression" && !this.#canBeMap(node)) return undefined;
    if (this.#resolved.has(node)) return this.#resolved.get(node);
    this.#resolved.set(node, undefined);
    const entity = this.#find(node);
    this.#resolved.set(node, entity);
    return entity;
  }

  /** By its name: a.b.c is neither a map, nor a getter that hands one out. */
  #canBeMap(member: TSESTree.MemberExpression): boolean {
    if (this.#hasNamespaces || member.computed) return true;
    const name = getPropertyName(member);
    return name === undefined || this.#names.has(name) || this.#getGetterNames().has(name);
  }

  #find(node: Node): MapEntity | undefined {
    const path = node.type === "Identifier" || node.type === "MemberExpression" ? this.model.getPath(node) : undefined;
    const own = path && this.#byKey.get(path.key);
    if (node.type !== "Identifier") return own ?? this.#findMapOfGetter(path) ?? this.#findEntryMap(node);
    // An entry of a map of maps: const room = rooms.get(id); let room = rooms.get(id); if (!room) room = new Map()
    if (own && own.home !== "local") return own;
    const variable = this.model.getVariable(node);
    const value = variable && this.getSource(variable);
    return (value && this.#findEntryMap(value)) ?? own;
  }

  /** get cache() { return this.#caches.main; } */
  #findMapOfGetter(path: Path | undefined): MapEntity | undefined {
    if (path?.root.kind !== "this" || path.properties.length !== 1) return undefined;
    const getter = path.root.owner.methods.get(path.properties[0]!);
    const definition = getter?.node.parent as Node | undefined;
    const returned = getter && definition?.type === "MethodDefinition" && definition.kind === "get" ? this.getReturned(getter) : undefined;
    const map = returned && this.resolve(returned);
    return map && !map.parent && map.home !== "local" && map.home !== "parameter" ? map : undefined;
  }

  getSource(variable: Variable): Node | undefined {
    const constant = this.model.getConstantValue(variable);
    if (constant) return constant;
    const definition = variable.defs.length === 1 ? variable.defs[0] : undefined;
    if (definition?.type !== "Variable" || isNeverReassigned(variable)) return undefined;
    let source: Node | undefined;
    for (const reference of variable.references) {
      if (!reference.isWrite()) continue;
      const value = reference.writeExpr as Node | null | undefined;
      if (!value || (reference.identifier as Node).parent?.type === "ForOfStatement") return undefined;
      if (isEmptyMap(value)) continue;
      if (source) return undefined;
      source = value;
    }
    return source;
  }

  getReturned(info: FunctionInfo): Node | undefined {
    if (!this.#returned.has(info)) {
      this.#returned.set(info, undefined);
      this.#returned.set(info, this.#findReturned(info));
    }
    return this.#returned.get(info);
  }

  #findReturned({ node }: FunctionInfo): Node | undefined {
    if (node.async || node.generator) return undefined;
    if (node.body.type !== "BlockStatement") return node.body;
    const returned = this.#getReturns().get(node) ?? [];
    const [first] = returned;
    if (!first || returned.length > 3) return undefined;
    return returned.every((value) => value !== undefined && (value === first || this.#isSameReturned(value, first))) ? first : undefined;
  }

  #isSameReturned(value: Node, first: Node): boolean {
    const map = this.resolve(value);
    return map !== undefined && map === this.resolve(first);
  }

  #findEntryMap(value: Node): MapEntity | undefined {
    let node = unwrap(value);
    if (node.type === "LogicalExpression") node = unwrap(node.left);
    if (node.type === "CallExpression" && this.model.getCallee(node)) return this.#findReturnedMap(node);
    let outer: MapEntity | undefined;
    if (node.type === "CallExpression" && node.callee.type === "MemberExpression" && getPropertyName(node.callee) === "get") {
      outer = this.resolve(node.callee.object);
    } else if (node.type === "MemberExpression" && node.computed) {
      outer = this.resolve(node.object);
      if (outer?.kind !== "dictionary") return undefined;
    }
    if (!outer || outer.path.properties.length > MAX_NESTING) return undefined;
    const shape = this.#getShapeOfType(outer.valueType) ?? this.#getShapeOfStored(outer) ?? this.#getShapeOfChecked(outer);
    if (!shape) return undefined;
    const path: Path = { key: `${outer.key}[]`, root: outer.path.root, properties: [...outer.path.properties, "[]"] };
    return this.#add(path, outer.declaration, [], { ...shape, annotation: undefined }, outer.home, undefined, outer);
  }

  /** const cache = this.getCache(folder), where getCache hands out this.caches.get(folder) or this.cache */
  #findReturnedMap(call: TSESTree.CallExpression): MapEntity | undefined {
    const info = this.model.getCallee(call);
    const returned = info && this.getReturned(info);
    const map = returned && this.resolve(returned);
    return map && map.home !== "local" && map.home !== "parameter" ? map : undefined;
  }

  /** m.set(k, new Set()) */
  #getShapeOfStored(outer: MapEntity): Shape | undefined {
    for (const node of this.model.nodes.get("CallExpression") ?? []) {
      const call = node as TSESTree.CallExpression;
      const value = call.arguments[1];
      if (!value || call.callee.type !== "MemberExpression" || getCalleeName(call) !== "set") continue;
      if (this.resolve(call.callee.object) !== outer) continue;
      const variable = this.model.getVariable(unwrap(value));
      const values = variable ? variable.references.flatMap((reference) => (reference.writeExpr as Node | null | undefined) ?? []) : [value];
      for (const made of values) {
        const shape = unwrap(made).type === "NewExpression" ? this.#getShapeOfValue(made, () => undefined) : undefined;
        if (shape) return shape;
      }
    }
    return undefined;
  }

  #getShapeOfChecked(outer: MapEntity): Shape | undefined {
    const kind = this.getValueType(outer)?.mapKind;
    return kind && { kind, keyType: undefined, valueType: undefined, annotation: undefined };
  }

  resolveSlot(expression: Node): MapEntity | undefined {
    const node = unwrap(expression);
    if (node.type !== "Identifier" && node.type !== "MemberExpression") return undefined;
    const name = node.type === "Identifier" ? node.name : getPropertyName(node);
    if (name === undefined || !this.#getSlotNames().has(name)) return undefined;
    const path = this.model.getPath(node);
    // const old = this.count: a copy, not the slot.
    if (!path || (node.type === "Identifier" && path.properties.length > 0)) return undefined;
    if (this.#slots.has(path.key)) return this.#slots.get(path.key);
    const slot = this.#createSlot(path);
    this.#slots.set(path.key, slot);
    return slot;
  }

  #createSlot(path: Path): MapEntity | undefined {
    if (this.#byKey.has(path.key) || path.properties.length > 2) return undefined;
    if (path.properties.length === 0 && path.root.kind !== "variable") return undefined;
    // e.n of a local object is a field of an entry, or private.
    if (path.root.kind === "variable" && path.properties.length > 0 && getHomeOfPath(path) !== "module") return undefined;
    const assignments = this.model.assignments.get(path.key) ?? [];
    if (!assignments.some((assignment) => isOutsideConstructor(this.model, assignment))) return undefined;
    if (!isFlagOrPromise(assignments)) return undefined;
    const variable = path.root.kind === "variable" ? path.root.variable : undefined;
    // A local that only its own function assigns is no slot.
    const declaration = variable?.defs[0]?.name as Node | undefined;
    const home = declaration && this.model.getEnclosing(declaration);
    if (variable && path.properties.length === 0 && assignments.every((assignment) => this.model.getEnclosing(assignment) === home)) return undefined;
    return {
      id: -1 - this.#slots.size,
      key: path.key,
      name: describePath(path),
      kind: "slot",
      home: getHomeOfPath(path),
      path,
      declaration: assignments[0]!,
      initializers: [],
      annotation: undefined,
      keyType: undefined,
      valueType: undefined,
      owner: path.root.kind === "this" || path.root.kind === "class" ? path.root.owner : undefined,
      variable,
      parent: undefined,
    };
  }
}

/** By its kind alone: new X(), a || b, {}, f() */
function canMakeMap(value: Node): boolean {
  const node = unwrap(value);
  switch (node.type) {
    case "NewExpression":
    case "LogicalExpression":
    case "CallExpression":
      return true;
    case "ObjectExpression":
      return node.properties.length === 0;
    default:
      return false;
  }
}

function isNative(kind: MapKind): boolean {
  return kind === "Map" || kind === "Set" || kind === "WeakMap" || kind === "WeakSet";
}

/** A variable by itself, or a property of what outlives the call. Of a local or a parameter, as in `session.tabs.add(tab)`, it may be a part of another map's entry. */
function canBeDeclaredElsewhere(path: Path): boolean {
  if (path.properties.length === 0) return path.root.kind === "variable";
  const home = getHomeOfPath(path);
  return home !== "local" && home !== "parameter";
}

/** The node that has the type of what is declared. */
function getDeclaredName(declaration: Node): Node {
  switch (declaration.type) {
    case "PropertyDefinition":
    case "Property":
      return declaration.key;
    case "VariableDeclarator":
      return declaration.id;
    case "AssignmentExpression":
      return declaration.left;
    case "TSParameterProperty":
      return declaration.parameter;
    default:
      return declaration;
  }
}

/** `cache` of `this.#caches.cache`, and of the variable `cache`. */
function getNameOfPath({ root, properties }: Path): string {
  return properties.at(-1) ?? (root.kind === "variable" ? root.variable.name : root.kind === "global" ? "" : root.owner.name);
}

function getTargetName(target: Node): string | undefined {
  const node = unwrap(target);
  if (node.type === "Identifier") return node.name;
  return node.type === "MemberExpression" ? getPropertyName(node) : undefined;
}

/** this.busy = true, this.pending = load(), this.chain ??= ..: a value that can keep others out. */
function isFlagOrPromise(assignments: readonly TSESTree.AssignmentExpression[]): boolean {
  const isFlag = assignments.some(({ right }) => right.type === "Literal" && right.value === true);
  const isMade = assignments.some(({ right, operator }) => operator === "??=" || operator === "||=" || unwrap(right).type === "CallExpression" || (unwrap(right).type === "NewExpression" && getCalleeName(unwrap(right) as TSESTree.NewExpression) === "Promise") || unwrap(right).type === "Identifier");
  const isEmptied = assignments.some(({ right }) => (right.type === "Literal" && !right.value) || (right.type === "Identifier" && right.name === "undefined"));
  const isChained = assignments.some(({ right }) => unwrap(right).type === "CallExpression" && /^(?:then|catch|finally)$/.test(getCalleeName(unwrap(right) as TSESTree.CallExpression) ?? ""));
  return isFlag || isChained || (isMade && isEmptied);
}

function isOutsideConstructor(model: FileModel, node: Node): boolean {
  const info = model.getEnclosing(node);
  return info !== undefined && info.name !== "constructor";
}

function isObjectCreateNull(node: Node): boolean {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return false;
  const [argument] = node.arguments;
  return (
    node.callee.object.type === "Identifier" &&
    node.callee.object.name === "Object" &&
    getPropertyName(node.callee) === "create" &&
    argument?.type === "Literal" &&
    argument.value === null
  );
}

/** At the top level, which in a CommonJS file is a function scope, or in a namespace. */
export function isOfModule({ scope }: Variable): boolean {
  return scope.type === "module" || scope.type === "global" || String(scope.type) === "tsModule" || scope.block.type === "Program";
}

function getHomeOfPath(path: Path): MapHome {
  switch (path.root.kind) {
    case "this":
      return "field";
    case "class":
      return "static";
    case "global":
      return "global";
    case "variable": {
      const { variable } = path.root;
      if (variable.defs[0]?.type === "Parameter") return "parameter";
      return isOfModule(variable) ? "module" : "local";
    }
  }
}

/** A path as the source would write it. */
export function describePath(path: Path): string {
  const root =
    path.root.kind === "this" ? "this" : path.root.kind === "class" ? path.root.owner.name : path.root.kind === "variable" ? path.root.variable.name : "globalThis";
  return path.properties.reduce((text, name) => (name.startsWith("[") ? `${text}${name === "[]" ? ".get(…)" : name}` : `${text}.${name}`), root);
}
