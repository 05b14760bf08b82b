/** A map at the top level of a module, or in a field of an object there, and which of the module's exports touch it. */
export interface ModuleMap {
  readonly name: string;
  readonly isExported: boolean;
  /** Exported functions that write it, also through others. */
  readonly writers: ReadonlySet<string>;
  readonly readers: ReadonlySet<string>;
  /** Whether it has entries as soon as the module is loaded, or is written where no function of the top level stands: in a class. */
  readonly isFilled: boolean;
  /** For a map in a field: how the object is called by those who import it, and its methods and accessors. */
  readonly members?: { readonly prefixes: readonly string[]; readonly names: ReadonlySet<string> };
}

export interface ImportBinding {
  /** `*` for a namespace. */
  readonly imported: string;
  readonly local: string;
}

/** A relative import, static or dynamic, or a re-export. */
export interface ModuleImport {
  readonly specifier: string;
  readonly bindings: readonly ImportBinding[];
  /** `export { a } from "./b.js"`: used by whoever uses `a` of this module. */
  readonly isReexport: boolean;
  /** Where a dynamic import stands; a function that nobody uses loads nothing. */
  readonly at?: number;
}

/** What the text of a module tells. */
export interface ModuleFacts {
  readonly imports: readonly ModuleImport[];
  readonly maps: readonly ModuleMap[];
  readonly functions: readonly TopFunction[];
  /** The text without imports, exports and the functions of the top level. */
  readonly outside: string;
  /** Exported names that differ from the local ones. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A function at the top level of a module. */
export interface TopFunction {
  readonly name: string;
  readonly start: number;
  readonly body: string;
}

export const WRITES = "set|add|delete|clear";
export const READS = "get|has|size|keys|values|entries|forEach";
const WRITE_METHOD = new RegExp(`^(?:${WRITES})$`);
const READ_METHOD = new RegExp(`^(?:${READS})$`);

/** Reads a module, which is not parsed: it is mostly not the file at hand, and there may be many of them. */
export function readModule(source: string): ModuleFacts {
  const loaded: ModuleImport[] = [];
  const text = takeOutDynamicImports(stripComments(source), loaded);
  const functions = findTopFunctions(text);
  const outside = blankOut(text, functions).replace(IMPORT, "").replace(EXPORT_LIST, "");
  return { imports: [...findImports(text), ...loaded], maps: findMaps(text, outside, functions), functions, outside, aliases: findAliases(text) };
}

export function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");
}

function blankOut(text: string, functions: readonly TopFunction[]): string {
  let rest = "";
  let at = 0;
  for (const { start, body } of functions) {
    rest += text.slice(at, Math.max(at, start));
    at = Math.max(at, start + body.length);
  }
  return rest + text.slice(at);
}

// ---- imports

const IMPORT = /\b(import|export)\s+(?!type\b)([\w*\s{},$]*?)\s*from\s*["'](\.[^"']+)["']|\bimport\s*["'](\.[^"']+)["']|\b(?:const|let|var)\s+([\w{}\s,:$]+?)\s*=\s*require\(\s*["'](\.[^"']+)["']\s*\)|\brequire\(\s*["'](\.[^"']+)["']\s*\)/g;
const EXPORT_LIST = /\bexport\s*\{[^}]*\}|\bmodule\.exports\s*=\s*\{[\w\s,:$]*\}|\bexports\.\w+\s*=\s*\w+\s*;?$/gm;

function findImports(text: string): ModuleImport[] {
  return [...text.matchAll(IMPORT)].map((match): ModuleImport => {
    const specifier = match[3] ?? match[4] ?? match[6] ?? match[7] ?? "";
    return { specifier, bindings: readBindings(match[2] ?? match[5] ?? "", match[5] !== undefined), isReexport: match[1] === "export" };
  });
}

/** `const { a } = await import("./a.js")`, `const a = await import("./a.js")`, `import("./a.js").then(({ a }) => ..)`, `import("./a.js")`; not `import("./a.js").A`, a type */
const DYNAMIC_IMPORT = /(?:\b(?:const|let|var)\s+(\{[^}=]*\}|[\w$]+)\s*=\s*)?(?:\bawait\s+)?(?<!\btypeof\s+)\bimport\(\s*["'](\.[^"']+)["']\s*\)(?!\s*\.(?!then|catch|finally))(?:\s*\.then\(\s*(?:async\s*)?\(?\s*(\{[^}=]*\}|[\w$]+)\s*\)?\s*=>)?/g;

/** Blanks dynamic imports: the names that they declare are no use of what is imported. */
function takeOutDynamicImports(text: string, found: ModuleImport[]): string {
  return text.replace(DYNAMIC_IMPORT, (match: string, declared: string | undefined, specifier: string, parameter: string | undefined, at: number) => {
    const clause = parameter ?? (/\bawait\s/.test(match) ? declared : undefined);
    const isStatement = declared === undefined && /(?:^|[;{}\n])\s*$/.test(text.slice(Math.max(0, at - 80), at)) && /^\s*(?:;|\n|$)/.test(text.slice(at + match.length));
    const bindings = clause !== undefined ? readBindings(clause, true) : isStatement ? [] : [UNKNOWN_USE];
    found.push({ specifier, bindings, isReexport: false, at });
    return match.replace(/[^\n]/g, " ");
  });
}

/** A module of which anything may be used: `Promise.all([import("./a.js"), ..])` */
const UNKNOWN_USE: ImportBinding = { imported: "*", local: "" };

/** `{ a, type B, c as d }`, `* as ns`, `base`, `base, { a }`; of CommonJS `{ a: b }` and `whole` */
function readBindings(clause: string, isCommonJs: boolean): ImportBinding[] {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1];
  const named = (braces ?? "").split(",").map((item) => item.trim()).filter((item) => item !== "" && !item.startsWith("type ")).map((item): ImportBinding => {
    const [imported, local] = item.split(/\s+as\s+|\s*:\s*/);
    return { imported: imported!, local: local ?? imported! };
  });
  const [first] = clause.replace(/\{[^}]*\}/, "").split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (first === undefined) return named;
  const namespace = /^\*(?:\s*as\s+([\w$]+))?$/.exec(first);
  const whole: ImportBinding = namespace ? { imported: "*", local: namespace[1] ?? "" } : { imported: isCommonJs ? "*" : "default", local: first };
  return [whole, ...named];
}

/** `export { a as b }`, by b */
export function findAliases(text: string): Map<string, string> {
  const lists = [...text.matchAll(/\bexport\s*\{([^}]*)\}(?!\s*from)|\bmodule\.exports\s*=\s*\{([\w\s,:$]*)\}/g)];
  const items = lists.flatMap((match) => (match[1] !== undefined ? match[1].split(",").map((item) => item.trim().split(/\s+as\s+/)) : match[2]!.split(",").map((item) => item.trim().split(/\s*:\s*/).reverse())));
  return new Map(items.flatMap(([local, exported]) => (local && exported && local !== exported ? [[exported, local]] : [])));
}

// ---- functions and maps

const MAP_DECLARATION = /^(export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*new\s+(?:Map|Set|SafeMap)\b(?:<[^\n(]*>)?(?:\((\s*\))?)?/gm;
const FUNCTION_START = /^(export\s+(?:default\s+)?)?(?:async\s+)?function\s*\*?\s*(\w+)|^(export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*(?:async\s*)?(?:\([^\n]*|\w+\s*=>|function\b)/gm;

/** Top-level functions, from their first column to the brace in the first column. */
function findTopFunctions(text: string): TopFunction[] {
  return [...text.matchAll(FUNCTION_START)].map((match) => {
    const line = text.indexOf("\n", match.index);
    const first = text.slice(match.index, line < 0 ? undefined : line);
    const isOneLine = /[};]\s*$/.test(first) && !/\{\s*$/.test(first);
    const end = isOneLine ? match.index + first.length : text.indexOf("\n}", match.index);
    return { name: (match[2] ?? match[4])!, start: match.index, body: text.slice(match.index, end < 0 ? undefined : end) };
  });
}

function findMaps(text: string, outside: string, functions: readonly TopFunction[]): ModuleMap[] {
  const aliases = [...findAliases(text)];
  const named = (names: Set<string>): Set<string> => new Set([...names, ...aliases.flatMap(([exported, local]) => (names.has(local) ? [exported] : []))]);
  return [...text.matchAll(MAP_DECLARATION)].map((match): ModuleMap => {
    const name = match[2]!;
    const writes = new RegExp(`(?<![.\\w$])${name}\\.(?:${WRITES})\\(`);
    const reads = new RegExp(`(?<![.\\w$])${name}\\.(?:${READS})\\b|(?:of|\\.\\.\\.)\\s*${name}\\b`);
    return {
      name,
      isExported: isExported(name, match[1] !== undefined, text),
      writers: named(closeOverCalls(functions, (item) => writes.test(item.body))),
      readers: named(closeOverCalls(functions, (item) => reads.test(item.body))),
      isFilled: match[3] === undefined && match[0].endsWith("(") ? true : writes.test(outside),
    };
  });
}

function isExported(name: string, isDeclaredSo: boolean, text: string): boolean {
  return isDeclaredSo || new RegExp(`\\bexport\\s*\\{[^}]*\\b${name}\\b[^}]*\\}(?!\\s*from)|\\bmodule\\.exports\\s*=\\s*\\{[^}]*\\b${name}\\b|\\bexports\\.${name}\\s*=`).test(text);
}

export function closeOverCalls(functions: readonly TopFunction[], test: (item: TopFunction) => boolean): Set<string> {
  const found = new Set(functions.filter(test).map(({ name }) => name));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { name, body } of functions) {
      if ([...found].some((other) => other !== name && new RegExp(`(?<![.\\w$])${other}\\(`).test(body))) found.add(name);
    }
  }
  return found;
}

// ---- what is used of a module, and what it then uses

const WORD = /(?<![\w$])(?<!(?<!\.)\.)[A-Za-z_$][\w$]*/g;
const getWords = (text: string): Set<string> => new Set(text.match(WORD));

/**
 * What a module uses of what it imports, if these of its own exports are used.
 * @param used exported names; `*` for all
 * @returns by import: `name`, `name.method` of what is called on it, `name.*` where it is handed on, `*` for a namespace that is
 */
export function getUses(facts: ModuleFacts, used: ReadonlySet<string>): ReadonlyMap<ModuleImport, ReadonlySet<string>> {
  const reached = getReachedFunctions(facts, used);
  const active = [facts.outside, ...[...reached].map(({ body }) => body)].join("\n");
  const words = getWords(active);
  const isLoaded = ({ at }: ModuleImport): boolean => at === undefined || facts.functions.every((item) => reached.has(item) || at < item.start || at > item.start + item.body.length);
  return new Map(facts.imports.filter(isLoaded).map((item) => [item, new Set(item.bindings.flatMap((binding) => (item.isReexport ? passOn(binding, used) : binding === UNKNOWN_USE ? ["*"] : words.has(binding.local) ? readMembers(binding, active) : [])))]));
}

/** The functions that the top level or a used export leads to. */
function getReachedFunctions({ functions, outside, aliases }: ModuleFacts, used: ReadonlySet<string>): ReadonlySet<TopFunction> {
  if (used.has("*") || used.has("default")) return new Set(functions);
  const names = new Set([...getWords(outside), ...[...used].map((name) => aliases.get(name) ?? name)]);
  const reached = new Set<TopFunction>();
  for (let size = -1; size !== reached.size; ) {
    size = reached.size;
    for (const item of functions) {
      if (reached.has(item) || !names.has(item.name)) continue;
      reached.add(item);
      for (const word of getWords(item.body)) names.add(word);
    }
  }
  return reached;
}

function passOn({ imported, local }: ImportBinding, used: ReadonlySet<string>): string[] {
  if (imported === "*") return local === "" ? [...used].filter((name) => name !== "default") : used.has(local) || used.has("*") ? ["*"] : [];
  const members = [...used].filter((name) => name.startsWith(`${local}.`)).map((name) => imported + name.slice(local.length));
  return used.has("*") ? [imported, `${imported}.*`] : used.has(local) ? [imported, ...members] : [];
}

function readMembers({ imported, local }: ImportBinding, text: string): string[] {
  const mention = new RegExp(`(\\bof\\s+|\\.\\.\\.)?(?<![\\w$])(?<!(?<!\\.)\\.)${local.replaceAll("$", "\\$")}(?![\\w$])(?:\\s*\\??\\.\\s*(\\w+)(?:\\s*\\??\\.\\s*(\\w+)|(\\s*\\())?|(\\s*\\())?`, "g");
  return [...text.matchAll(mention)].flatMap((match): string[] => {
    const [, iterated, member, inner, memberCall, call] = match;
    if (imported !== "*") return [imported, ...(iterated ? [`${imported}.values`] : member !== undefined ? [`${imported}.${member}`] : call !== undefined ? [] : [`${imported}.*`])];
    if (member === undefined) return ["*"];
    return [member, ...(inner !== undefined ? [`${member}.${inner}`] : memberCall !== undefined ? [] : [`${member}.*`])];
  });
}

/** The name by which a module's map is written by whoever uses these names, or `undefined`. */
export function findWriter(map: ModuleMap, used: ReadonlySet<string>): string | undefined {
  return findUse(map, map.writers, WRITE_METHOD, used);
}

export function findReader(map: ModuleMap, used: ReadonlySet<string>): string | undefined {
  return findUse(map, map.readers, READ_METHOD, used);
}

function findUse({ name, isExported: isOut }: ModuleMap, functions: ReadonlySet<string>, method: RegExp, used: ReadonlySet<string>): string | undefined {
  return [...used].find((item) => functions.has(item) || (isOut && item.startsWith(`${name}.`) && method.test(item.slice(name.length + 1))));
}

/** Whether more may be done to a map than the names tell. */
export function isUnclear({ name, members }: ModuleMap, used: ReadonlySet<string>): boolean {
  if (used.has("*")) return true;
  return members ? members.prefixes.some((prefix) => [...used].some((item) => isUnknownMember(item, prefix, members.names))) : used.has(`${name}.*`);
}

/** `store.*`, `store.items`, `store.inherited`: what is done to an object other than by a method of its own. */
function isUnknownMember(used: string, prefix: string, names: ReadonlySet<string>): boolean {
  if (prefix === "") return used !== "default" && !used.startsWith("default.") && !names.has(used);
  return used.startsWith(`${prefix}.`) && !names.has(used.slice(prefix.length + 1));
}
