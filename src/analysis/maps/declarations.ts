import type { TSESTree } from "@typescript-eslint/types";
import type { Scope, SourceCode } from "eslint";
import { type Node, type Variable, getKeyName, getLastName, getUsage, isEmptyMap, isFunction, unwrap } from "../code/ast.js";
import { once } from "../guard.js";
import { isOfModule, MAP_NAMES } from "./inventory.js";
import type { MapTypes } from "../settings.js";
import { getTiming } from "../code/suspension.js";

/**
 * Which maps a file declares, told from the places where its text names one and from the scopes, without a walk.
 * Yes may be wrong; no is not.
 */
export interface Declarations {
  /** Whether there can be a map in the inventory. */
  readonly hasMaps: boolean;
  /** Whether one can outlive a call, or is captured by a function that does not run in place. */
  readonly hasLastingMaps: boolean;
}

const ALL: Declarations = { hasMaps: true, hasLastingMaps: true };

/** `Map`, `Object.create(null)`; `{}`; `[key: string]` and `[K in Kind]`. */
const SITES = new RegExp(`\\b(?:${MAP_NAMES.join("|")}|Record|Object(?=\\s*\\.\\s*create\\s*\\(\\s*null))\\b|\\{(?=\\s*(?:\\}|\\/[/*]))|\\[(?=\\s*[\\w$]+\\s*(?::|in\\b))`, "g");

/** What the places do not tell: a class that is a map, a JSDoc type. */
const ELSEWHERE = new RegExp(`\\bextends\\s+(?:${MAP_NAMES.join("|")})\\b|@type\\s*\\{`);

/** `delete d[k]`, `++d[k]`, `(d[k] as T) = v`, and the end of `d[k] = v` or `d[k]++`. */
const COMPUTED_WRITE = /(?<![.\w])delete[\s(]|(?:\+\+|--)\s*(?:\(|[\w.$#]+[!?.]*\[)|[\])]!?\s*(?:(?:[-+/%^]|\*\*?|&&?|\|\|?|\?\?|<<|>>>?)?=(?![=>])|\+\+|--)/g;

/** Finds out what a file declares. Where the settings name further classes, any file that they occur in may declare one. */
export function findDeclarations(sourceCode: SourceCode, types: MapTypes): Declarations {
  const { text } = sourceCode;
  if (types.names.some((name) => text.includes(name)) || ELSEWHERE.test(text)) return ALL;
  const finder = new DeclarationFinder(sourceCode);
  for (const { 0: word, index } of text.matchAll(SITES)) {
    if (canDeclare(text, index, word)) finder.lookAt(index, word);
    if (finder.hasLastingMaps) break;
  }
  return finder;
}

class DeclarationFinder implements Declarations {
  hasMaps = false;
  hasLastingMaps = false;
  /** Without a place that is written under a key, an empty object is no dictionary. */
  readonly #getWritten = once(() => findWrittenNames(this.sourceCode));

  constructor(private readonly sourceCode: SourceCode) {}

  lookAt(start: number, word: string): void {
    if (word === "{" && this.#getWritten()?.size === 0) return;
    const node = this.#findInnermost(start, start + word.length);
    switch (node.type) {
      case "Identifier":
        // What is in a string or a comment is in a longer node.
        return node.name === word ? this.#lookAtName(node) : undefined;
      case "ObjectExpression":
        return node.properties.length === 0 && this.#canBeWritten(node) ? this.#lookAtValue(node) : undefined;
      case "TSIndexSignature":
        return node.parent.type === "TSTypeLiteral" && node.parent.members.length === 1 ? this.#lookAtType(node.parent) : undefined;
      case "TSMappedType":
        return this.#lookAtType(node);
      default:
        return undefined;
    }
  }

  #lookAtName(name: TSESTree.Identifier): void {
    const { parent } = name;
    if (parent.type === "TSTypeReference") return this.#lookAtType(parent);
    // new Map(), new lru.LRUCache(), Object.create(null)
    const callee = parent.type === "MemberExpression" && (parent.property === name || name.name === "Object") ? parent : name;
    const made = callee.parent;
    const isMade = made?.type === "NewExpression" || (made?.type === "CallExpression" && name.name === "Object");
    if (isMade && made.callee === callee) this.#lookAtValue(made);
  }

  /** const m = new Map(), this.m ??= new Map(), const state = { m: new Map() }, (m = new Map()) => ..: what the value is given to. */
  #lookAtValue(made: Node): void {
    const { holder, value } = getHolder(made);
    if (holder?.type !== "Property") return this.#addHolder(holder);
    if (holder.value === value && holder.parent.type === "ObjectExpression") this.#addHolder(getHolder(holder.parent).holder);
  }

  /** {} of `cache = {}`, where something is written as `this.cache[k] = v` */
  #canBeWritten(made: Node): boolean {
    const { holder } = getHolder(made);
    const name = holder && getNameOfHolder(holder)?.replace("#", "");
    return name === undefined || (this.#getWritten()?.has(name) ?? true);
  }

  #addHolder(holder: Node | undefined): void {
    switch (holder?.type) {
      case "VariableDeclarator":
        return holder.id.type === "Identifier" ? this.#addVariable(holder, holder.id) : undefined;
      case "AssignmentExpression":
      case "PropertyDefinition":
        return this.#addLasting();
      case "AssignmentPattern":
        return this.#addParameter(holder.left);
      default:
        return undefined;
    }
  }

  /** m: Map<K, V> | undefined, m: Readonly<Record<K, V>>, {} as Record<K, V> */
  #lookAtType(type: Node): void {
    const { parent } = type;
    switch (parent?.type) {
      case "TSUnionType":
      case "TSTypeOperator":
        return this.#lookAtType(parent);
      case "TSTypeParameterInstantiation":
        return isTransparent(parent.parent) ? this.#lookAtType(parent.parent) : undefined;
      case "TSAsExpression":
      case "TSSatisfiesExpression":
        return isEmptyMap(parent.expression) ? this.#lookAtValue(parent) : undefined;
      case "TSTypeAnnotation":
        return this.#addAnnotated(parent.parent);
      default:
        return undefined;
    }
  }

  #addAnnotated(declared: Node): void {
    if (declared.type === "PropertyDefinition") return this.#addLasting();
    if (declared.type !== "Identifier") return;
    if (declared.parent.type === "VariableDeclarator") this.#addVariable(declared.parent, declared);
    else this.#addParameter(declared);
  }

  #addLasting(): void {
    this.hasMaps = true;
    this.hasLastingMaps = true;
  }

  #addVariable(declaration: Node, name: Node): void {
    this.hasMaps = true;
    const variable = this.sourceCode.scopeManager?.getDeclaredVariables(declaration as never).find(({ identifiers }) => identifiers.includes(name as never));
    this.hasLastingMaps ||= !variable || isOfModule(variable) || isCaptured(variable);
  }

  /** A parameter of a function, not of a type. A part of a variable's pattern is no map. */
  #addParameter(name: Node): void {
    let owner = name.parent;
    while (owner && !isFunction(owner) && owner.type !== "VariableDeclarator" && (!owner.type.startsWith("TS") || owner.type === "TSParameterProperty")) owner = owner.parent;
    if (isFunction(owner)) this.#addVariable(owner, name);
  }

  #findInnermost(start: number, end: number): Node {
    let node = this.sourceCode.ast as unknown as Node;
    for (let child = this.#findChildAround(node, start, end); child; child = this.#findChildAround(node, start, end)) node = child;
    return node;
  }

  #findChildAround(node: Node, start: number, end: number): Node | undefined {
    for (const key of this.sourceCode.visitorKeys[node.type] ?? []) {
      const child = (node as unknown as Record<string, unknown>)[key];
      if (Array.isArray(child)) {
        for (const item of child as (Node | null)[]) if (item && isAround(item, start, end)) return item;
      } else if (child && isAround(child as Node, start, end)) return child as Node;
    }
    return undefined;
  }
}

/** By what stands before it: the first look, which leaves few places for the second. Words are told by their last letter. */
function canDeclare(text: string, index: number, word: string): boolean {
  let end = index;
  while (end > 0 && /\s/.test(text[end - 1]!)) end--;
  const before = text[end - 1] ?? "";
  switch (word) {
    case "Object":
      return true;
    case "{":
      // Not the body of a function or statement: () => {}, catch {}
      return !/[)\w]/.test(before) && !(before === ">" && text[end - 2] === "=");
    case "[":
      // { [key: string]: T }, { readonly [K in Kind]: T }
      return /[{y/]/.test(before);
    default:
      // new Map, new lru.LRUCache; m: Map, | Map, (Map, readonly Map; as Map, satisfies Map; Readonly<Map, Partial<Map, Required<Map
      return before === "<" ? /[yld]/.test(text[end - 2]!) : /[w.:|(ys/]/.test(before);
  }
}

/** What a value is given to, past `as` and `||`. */
function getHolder(made: Node): { readonly holder: Node | undefined; readonly value: Node } {
  let value = made;
  let holder = made.parent;
  while (holder && (unwrap(holder) !== holder || holder.type === "LogicalExpression")) {
    value = holder;
    holder = holder.parent;
  }
  return { holder, value };
}

/** Readonly<T> and the like are what T is. */
function isTransparent(type: Node | undefined): type is TSESTree.TSTypeReference {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" && /^(?:Readonly|Partial|Required)$/.test(type.typeName.name);
}

function isAround({ range }: Node, start: number, end: number): boolean {
  return range[0] <= start && range[1] >= end;
}

/** Whether another function than its own uses a variable, other than in place: `xs.forEach((x) => seen.add(x))`. */
function isCaptured({ scope, references }: Variable): boolean {
  const own = scope.variableScope;
  const isElsewhere = (from: Scope.Scope): boolean => from !== own && !(isRunInPlace(from.block as Node) && from.upper !== null && !isElsewhere(from.upper.variableScope));
  return references.some(({ from }) => isElsewhere(from.variableScope));
}

/** A callback that has run when its call returns. */
function isRunInPlace(node: Node): boolean {
  if (!isFunction(node)) return false;
  const { node: callback, parent } = getUsage(node);
  if (parent?.type === "NewExpression") return parent.callee !== callback && getTiming(parent) === "now";
  return parent?.type === "CallExpression" && unwrap(parent.callee) !== node && !node.async && getTiming(parent) === "now";
}

function getNameOfHolder(holder: Node): string | undefined {
  switch (holder.type) {
    case "VariableDeclarator":
      return getLastName(holder.id);
    case "AssignmentExpression":
    case "AssignmentPattern":
      return getLastName(holder.left);
    case "Property":
    case "PropertyDefinition":
      return getKeyName(holder.key, holder.computed);
    default:
      return undefined;
  }
}

/** The last names of the places that a file writes under a key: `cache` of `this.cache[k] = v`; `undefined` if one of them cannot be told. */
function findWrittenNames({ text, scopeManager }: SourceCode): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { 0: write, index } of text.matchAll(COMPUTED_WRITE)) {
    const name = write.startsWith("]") ? findReceiverName(text, index) : write.startsWith("delete") ? DELETED.exec(text.slice(index, index + 200))?.[1] : undefined;
    if (name === undefined) return undefined;
    if (name !== "") names.add(name);
  }
  // const c = this.cache; c[k] = v: what is added on the way is looked at too.
  for (const name of names) {
    for (const { set } of scopeManager?.scopes ?? []) {
      const declarator = set.get(name)?.defs[0]?.node as Node | undefined;
      if (declarator?.type !== "VariableDeclarator" || !declarator.init) continue;
      // const { cache: c } = this
      if (declarator.id.type !== "Identifier") return undefined;
      const source = getLastName(declarator.init);
      if (source !== undefined) names.add(source.replace("#", ""));
    }
  }
  return names;
}

/** `delete this.cache[k];`, `delete cache.name;` */
const DELETED = /^delete\s+[\w$#.!?]*?([\w$]+)[!?]*(?:\?\.)?(?:\[[^[\]]*\])?(?=\s*(?:[;,)}\n]|$))/;

/** `cache` of `this.cache[key]`, from the closing bracket on; nothing for `const [a, b]`, `string[]` and `place["name"]`; `undefined` if it cannot be told. */
function findReceiverName(text: string, end: number): string | undefined {
  let depth = 0;
  for (let start = end - 1; start > 0; start--) {
    const character = text[start]!;
    if (/["'`]/.test(character)) return /\[\s*(?:"[^"]*"|'[^']*')\s*$/.test(text.slice(Math.max(0, end - 200), end)) ? "" : undefined;
    if (character === "]") depth++;
    if (character !== "[" || depth-- > 0) continue;
    const before = text.slice(Math.max(0, start - 100), start);
    if (start === end - 1 || !/[\w$)\]!.]$/.test(before) || /^\s*\d+\s*$/.test(text.slice(start + 1, end))) return "";
    return /([\w$]+)!?(?:\?\.)?$/.exec(before)?.[1];
  }
  return undefined;
}
