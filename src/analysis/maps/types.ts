import type { SourceCode } from "eslint";
import type { Node } from "../code/ast.js";
import { orNothing } from "../guard.js";
import type { MapKind } from "./inventory.js";

/** A value that counts as false, as it is written. */
export type Falsy = "0" | '""' | "false" | "null" | "NaN";

/** What the checker knows of the values of a map. */
export interface ValueType {
  /** As the compiler prints it. */
  readonly text: string;
  /** Which falsy values it allows, `undefined` aside. */
  readonly falsy: readonly Falsy[];
  readonly canBeUndefined: boolean;
  /** Where they are maps themselves. */
  readonly mapKind: MapKind | undefined;
}

/** A type that is a map. */
export interface TypedMap {
  readonly kind: MapKind;
  /** Printed; `undefined` where nothing is known of it. */
  readonly key: string | undefined;
  /** `undefined` for a set, and where it is `any`. */
  readonly value: ValueType | undefined;
}

/** The types of a file, where its parser was given a program. It is asked for single nodes, since each answer can cost a part of the check. */
export interface Types {
  /** What an expression is: a map, surely something else, or `undefined` if the checker cannot tell. */
  find(expression: Node): TypedMap | "other" | undefined;
}

// The parts of the compiler that are used here, by shape: they are the same in TypeScript 5 and 6, and nothing is imported.

interface CompilerSymbol {
  readonly name: string;
  readonly declarations?: readonly { getSourceFile(): unknown }[];
}

interface CompilerType {
  readonly symbol?: CompilerSymbol;
  /** `Map<K, V>` of `Map<string, number>`. */
  readonly target?: CompilerType;
  /** The parts of a union or an intersection. */
  readonly types?: readonly CompilerType[];
  /** Of a literal. */
  readonly value?: unknown;
  isUnion(): boolean;
  isIntersection(): boolean;
  isLiteral(): boolean;
  getBaseTypes(): readonly CompilerType[] | undefined;
  getProperties(): readonly CompilerSymbol[];
  getStringIndexType(): CompilerType | undefined;
}

interface Checker {
  getTypeArguments(type: CompilerType): readonly CompilerType[];
  getNonNullableType(type: CompilerType): CompilerType;
  getApparentType(type: CompilerType): CompilerType;
  typeToString(type: CompilerType): string;
}

interface Program {
  getTypeChecker(): Checker;
  isSourceFileDefaultLibrary(file: unknown): boolean;
}

interface Services {
  readonly program?: Program | null;
  getTypeAtLocation?(node: Node): CompilerType;
}

const NATIVE: Readonly<Record<string, MapKind>> = { Map: "Map", ReadonlyMap: "Map", Set: "Set", ReadonlySet: "Set", WeakMap: "WeakMap", WeakSet: "WeakSet" };
const WRAPPERS: Readonly<Record<string, MapKind>> = { SafeMap: "safe", BoundedMap: "safe", LRUCache: "cache", QuickLRU: "cache", TTLCache: "cache" };

const FALSY_TYPES: Readonly<Record<string, Falsy>> = { number: "0", bigint: "0", string: '""', false: "false", null: "null" };

// No class is derived more often than this from a map.
const MAX_BASES = 5;

/**
 * The types of a file.
 * @param names more classes that behave like a map.
 * @returns `undefined` where the parser was given no program.
 */
export function createTypes(sourceCode: SourceCode, names: readonly string[]): Types | undefined {
  const services = sourceCode.parserServices as Services | undefined;
  const program = services?.program;
  const getTypeAtLocation = services?.getTypeAtLocation?.bind(services);
  if (!program || !getTypeAtLocation) return undefined;
  return new TypeReader(program, getTypeAtLocation, names);
}

class TypeReader implements Types {
  constructor(
    private readonly program: Program,
    private readonly getTypeAtLocation: (node: Node) => CompilerType,
    private readonly names: readonly string[],
  ) {}

  find(expression: Node): TypedMap | "other" | undefined {
    return orNothing(() => this.#read(this.getTypeAtLocation(expression)));
  }

  #read(declared: CompilerType): TypedMap | "other" | undefined {
    const checker = this.program.getTypeChecker();
    if (isOpen(checker.typeToString(declared))) return undefined;
    const type = checker.getApparentType(checker.getNonNullableType(declared));
    // A map or something else: neither.
    if (type.isUnion() || type.isIntersection()) return undefined;
    return this.#readClass(type, checker, MAX_BASES) ?? this.#readDictionary(type, checker) ?? "other";
  }

  #readClass(type: CompilerType, checker: Checker, depth: number): TypedMap | undefined {
    const kind = this.#getKind(type.symbol);
    if (kind) {
      const [first, second] = type.target ? checker.getTypeArguments(type) : [];
      const isSet = kind === "Set" || kind === "WeakSet";
      return { kind, key: first && printKnown(first, checker), value: isSet || !second ? undefined : this.#readValue(second, checker) };
    }
    if (depth === 0) return undefined;
    for (const base of (type.target ?? type).getBaseTypes() ?? []) {
      const found = this.#readClass(base, checker, depth - 1);
      if (found) return found;
    }
    return undefined;
  }

  /** By name: of the language's own library for its classes, of any for ours. */
  #getKind(symbol: CompilerSymbol | undefined): MapKind | undefined {
    if (!symbol) return undefined;
    if (Object.hasOwn(NATIVE, symbol.name)) return this.#isOfLanguage(symbol) ? NATIVE[symbol.name] : undefined;
    if (Object.hasOwn(WRAPPERS, symbol.name)) return WRAPPERS[symbol.name];
    return this.names.includes(symbol.name) ? "Map" : undefined;
  }

  #isOfLanguage(symbol: CompilerSymbol): boolean {
    return (symbol.declarations ?? []).some((declaration) => this.program.isSourceFileDefaultLibrary(declaration.getSourceFile()));
  }

  /** { [id: string]: T } with nothing beside it */
  #readDictionary(type: CompilerType, checker: Checker): TypedMap | undefined {
    const value = type.getStringIndexType();
    if (!value || type.getProperties().length > 0) return undefined;
    return { kind: "dictionary", key: "string", value: this.#readValue(value, checker) };
  }

  #readValue(type: CompilerType, checker: Checker): ValueType | undefined {
    const text = printKnown(type, checker);
    if (text === undefined) return undefined;
    const parts = getParts(type).map((part) => (part.isLiteral() ? part : checker.typeToString(part)));
    return {
      text,
      falsy: [...new Set(parts.flatMap((part) => getFalsy(part) ?? []))],
      canBeUndefined: parts.includes("undefined") || parts.includes("void"),
      mapKind: this.#getKind(checker.getNonNullableType(type).symbol),
    };
  }
}

function isOpen(text: string): boolean {
  return text === "any" || text === "unknown" || text === "never";
}

function printKnown(type: CompilerType, checker: Checker): string | undefined {
  const text = checker.typeToString(type);
  return isOpen(text) ? undefined : text;
}

/** The members of a union, and those of a branded type: `string & { readonly brand: "id" }`. */
function getParts(type: CompilerType): readonly CompilerType[] {
  return type.types && (type.isUnion() || type.isIntersection()) ? type.types.flatMap(getParts) : [type];
}

/** Of a literal its value counts, so that an enum's 0 is found; of all else its name. */
function getFalsy(part: CompilerType | string): Falsy | undefined {
  if (typeof part === "string") return Object.hasOwn(FALSY_TYPES, part) ? FALSY_TYPES[part] : undefined;
  return part.value === 0 ? "0" : part.value === "" ? '""' : undefined;
}
