import { type ModuleMap, READS, type TopFunction, WRITES, closeOverCalls, findAliases, stripComments } from "./module-text.js";

// Maps in fields of the one instance that a module exports: `export const store = new Store()`, `export default { items: new Map(), .. }`.

/** An object at the top level of a module that others import. */
interface Singleton {
  /** Its name in the module; none for `export default new Store()`. */
  readonly local: string | undefined;
  /** As messages call it. */
  readonly shown: string;
  /** How its importers name it; `""` if its members are what the module exports. */
  readonly prefixes: readonly string[];
  readonly members: readonly Member[];
  /** The text of the module around it. */
  readonly rest: string;
}

/** A method, an accessor or a field, by its text. */
interface Member {
  readonly name: string;
  readonly text: string;
}

const INSTANCE = /^(export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*new\s+(\w+)\b|^(export\s+default|module\.exports\s*=)\s+new\s+(\w+)\b/gm;
const OBJECT = /^(export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*\{[^\S\n]*$|^(export\s+default|module\.exports\s*=)\s+\{[^\S\n]*$/gm;
const MODIFIERS = String.raw`(?:(?:private|protected|public|readonly|override|async|get|set)\s+|\*\s*)*`;
const MEMBER_NAME = new RegExp(String.raw`^\s*${MODIFIERS}(#?[\w$]+)`);
const MAP_FIELD = new RegExp(String.raw`^\s*${MODIFIERS}(#?[\w$]+)[!?]?\s*(?::[^=\n]+)?=\s*new\s+(?:Map|Set|SafeMap)\b(?:<[^\n(]*>)?(?:\(\s*\))?;?\s*$`);
const MAP_PROPERTY = /^\s*([\w$]+):\s*new\s+(?:Map|Set|SafeMap)\b(?:<[^\n(]*>)?(?:\(\s*\))?,?\s*$/;
const MAP_IN_CONSTRUCTOR = /\bthis\.(#?[\w$]+)\s*=\s*new\s+(?:Map|Set|SafeMap)\b(?:<[^\n(]*>)?\(\s*\)/g;

/** The maps in fields of the objects that a module makes and exports, as far as its text tells all that is done to them. */
export function findSingletonMaps(source: string, functions: readonly TopFunction[]): ModuleMap[] {
  if (!/\bnew\s+(?:Map|Set|SafeMap)\b/.test(source)) return [];
  const text = stripComments(source);
  return [...findInstances(text), ...findObjects(text)].flatMap((singleton) => (isKnown(singleton) ? findFields(singleton.members).flatMap((field) => createMap(field, singleton, functions) ?? []) : []));
}

function findInstances(text: string): Singleton[] {
  return [...text.matchAll(INSTANCE)].flatMap((match): Singleton[] => {
    const className = match[3] ?? match[5]!;
    const header = new RegExp(String.raw`^(?:export\s+(?:default\s+)?)?(?:abstract\s+)?class\s+${className}\b[^{\n]*\{[^\S\n]*$`, "m").exec(text);
    const prefixes = findPrefixes(match[2], match[1] !== undefined, match[4], text);
    return header && prefixes.length > 0 ? [{ local: match[2], shown: match[2] ?? className, prefixes, members: readMembers(text, header.index), rest: text }] : [];
  });
}

function findObjects(text: string): Singleton[] {
  return [...text.matchAll(OBJECT)].flatMap((match): Singleton[] => {
    const local = match[2];
    const prefixes = findPrefixes(local, match[1] !== undefined, match[3], text);
    // store.items within the object is this.items
    const own = (member: Member): Member => (local ? { name: member.name, text: member.text.replace(new RegExp(String.raw`(?<![.\w$])${local}\.`, "g"), "this.") } : member);
    return prefixes.length > 0 ? [{ local, shown: local ?? "exports", prefixes, members: readMembers(text, match.index).map(own), rest: text.slice(0, match.index) + text.slice(findEnd(text, match.index)) }] : [];
  });
}

function findPrefixes(local: string | undefined, isExported: boolean, whole: string | undefined, text: string): string[] {
  if (whole !== undefined) return whole.startsWith("export") ? ["default"] : ["", "default"];
  const isListed = new RegExp(String.raw`\bexport\s*\{[^}]*(?<![\w$])${local}(?:\s*[,}])|\bmodule\.exports\s*=\s*\{[^}]*\b${local}\b|\bexports\.${local}\s*=`).test(text);
  return [
    ...(isExported || isListed ? [local!] : []),
    ...[...findAliases(text)].flatMap(([exported, name]) => (name === local ? [exported] : [])),
    ...(new RegExp(String.raw`^export\s+default\s+${local}\s*;?\s*$`, "m").test(text) ? ["default"] : []),
    ...(new RegExp(String.raw`^module\.exports\s*=\s*${local}\s*;?\s*$`, "m").test(text) ? ["", "default"] : []),
  ];
}

/** The members of a class or object that starts here, from the indentation of the first to the brace in the first column. */
function readMembers(text: string, start: number): Member[] {
  const from = text.indexOf("\n", start) + 1;
  const lines = text.slice(from, findEnd(text, start)).split("\n");
  const indent = /^\s*/.exec(lines.find((line) => line.trim() !== "") ?? "")![0];
  const members: { name: string; text: string }[] = [];
  for (const line of lines) {
    const isStart = line.startsWith(indent) && /^[\w$#*@[]/.test(line.slice(indent.length));
    if (isStart) members.push({ name: MEMBER_NAME.exec(line)?.[1] ?? "", text: line });
    else if (members.length > 0) members.at(-1)!.text += `\n${line}`;
  }
  return members;
}

/** Where a class or object ends: at the next brace in the first column. */
function findEnd(text: string, start: number): number {
  const end = text.indexOf("\n}", start);
  return end < 0 ? text.length : end;
}

/** Whether the module itself does nothing with the object but call its methods. */
function isKnown({ local, members, rest: around }: Singleton): boolean {
  if (local === undefined) return true;
  const names = new Set(members.map(({ name }) => name));
  const rest = around.replace(new RegExp(String.raw`^(?:export\s+)?(?:const|let|var)\s+${local}\b|^export\s+default\s+${local}\b|^module\.exports\s*=\s*${local}\b|\bexport\s*\{[^}]*\}|\bmodule\.exports\s*=\s*\{[\w\s,:$]*\}|\bexports\.\w+\s*=\s*${local}\b`, "gm"), "");
  return [...rest.matchAll(new RegExp(String.raw`(?<![.\w$])${local}(?![\w$])(?:\.(\w+)(\s*\()?)?`, "g"))].every(([, member, call]) => member !== undefined && call !== undefined && names.has(member));
}

function findFields(members: readonly Member[]): string[] {
  const declared = members.flatMap(({ text }) => MAP_FIELD.exec(text)?.[1] ?? MAP_PROPERTY.exec(text)?.[1] ?? []);
  const made = members.filter(({ name }) => name === "constructor").flatMap(({ text }) => [...text.matchAll(MAP_IN_CONSTRUCTOR)].map((match) => match[1]!));
  return [...new Set([...declared, ...made])];
}

function createMap(field: string, { local, shown, prefixes, members }: Singleton, functions: readonly TopFunction[]): ModuleMap | undefined {
  const place = String.raw`\bthis\.${field.replaceAll("$", "\\$")}(?![\w$])`;
  const writes = new RegExp(String.raw`${place}\.(?:${WRITES})\(`);
  const reads = new RegExp(String.raw`${place}\.(?:${READS})\b|(?:\bof\s+|\.\.\.)${place}(?!\s*[.[])`);
  const made = new RegExp(String.raw`${place}\s*=\s*new\s`);
  const others = members.map(({ name, text }) => text.replace(new RegExp(writes, "g"), "").replace(new RegExp(reads, "g"), "").replace(name === "constructor" ? made : /(?!)/, ""));
  // Handed on, assigned anew: more may happen to it than the names tell.
  if (others.some((text) => new RegExp(place).test(text))) return undefined;
  const writing = closeOverMembers(members, writes);
  const reading = closeOverMembers(members, reads);
  const isFilled = members.some(({ name, text }) => writing.has(name) && (name === "constructor" || name === "" || isValue(text)));
  return {
    name: `${shown}.${field}`,
    isExported: false,
    writers: nameUses(writing, prefixes, local, functions),
    readers: nameUses(reading, prefixes, local, functions),
    isFilled,
    members: { prefixes, names: new Set(members.flatMap(({ name }) => (name === field ? [] : [name]))) },
  };
}

/** A field or property that is not a function. */
function isValue(text: string): boolean {
  const [head = ""] = text.split("\n");
  return /^[^(]*(?:=|:)(?!=|>)/.test(head.replace(/<[^(]*>/, "")) && !/=>|\bfunction\b/.test(head);
}

function closeOverMembers(members: readonly Member[], test: RegExp): ReadonlySet<string> {
  const found = new Set(members.filter(({ text }) => test.test(text)).map(({ name }) => name));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { name, text } of members) {
      if ([...text.matchAll(/\bthis\.(#?[\w$]+)/g)].some(([, other]) => other !== name && found.has(other!))) found.add(name);
    }
  }
  return found;
}

/** `store.add` for each importer's name of the object, and the functions of the module that call it. */
function nameUses(methods: ReadonlySet<string>, prefixes: readonly string[], local: string | undefined, functions: readonly TopFunction[]): Set<string> {
  const direct = [...methods].flatMap((method) => prefixes.map((prefix) => (prefix === "" ? method : `${prefix}.${method}`)));
  const call = local === undefined || methods.size === 0 ? undefined : new RegExp(String.raw`(?<![.\w$])${local}\.(?:${[...methods].map((name) => name.replaceAll("$", "\\$")).join("|")})\b`);
  return new Set([...direct, ...(call ? closeOverCalls(functions, ({ body }) => call.test(body)) : [])]);
}
