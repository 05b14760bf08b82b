/** Map types that the code cannot tell by itself. */
export interface MapTypes {
  /** Class names that behave like a `Map`. */
  readonly names: readonly string[];
}

/** A lock API of the user's own. */
export interface LockApi {
  /** A name of a function or method: `withTenantLock`. */
  readonly name: string;
  readonly kind: "exclusive" | "acquire" | "release";
}

/** `settings.mapguard`, checked. */
export interface Settings {
  readonly fix: "off" | "suggest" | "auto";
  readonly processes: "one" | "many";
  readonly mapTypes: MapTypes;
  readonly locks: readonly LockApi[];
  /** Whether a report may be dropped because of what other files of the project show. */
  readonly scope: "project" | "file";
  /** What is wrong with the settings, in words; the plugin reports it once. */
  readonly problems: readonly string[];
}

const KEYS = ["fix", "processes", "mapTypes", "locks", "scope"];

const known = new WeakMap<object, Settings>();

/** Reads `settings.mapguard`. Never throws: what it cannot use is named in `problems`. All files of a config share one object of settings. */
export function readSettings(settings: unknown): Settings {
  if (!isRecord(settings)) return checkSettings(settings);
  let read = known.get(settings);
  if (!read) known.set(settings, (read = checkSettings(settings)));
  return read;
}

function checkSettings(settings: unknown): Settings {
  const problems: string[] = [];
  const raw = isRecord(settings) ? settings["mapguard"] : undefined;
  if (raw !== undefined && !isRecord(raw)) problems.push("settings.mapguard must be an object");
  const given = isRecord(raw) ? raw : {};
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key)) problems.push(`settings.mapguard has no option "${key}"; it has ${KEYS.join(", ")}`);
  }
  return {
    fix: readChoice(given, "fix", ["off", "suggest", "auto"], "suggest", problems),
    processes: readChoice(given, "processes", ["one", "many"], "one", problems),
    mapTypes: { names: readNames(given, problems) },
    locks: readLocks(given, problems),
    scope: readChoice(given, "scope", ["project", "file"], "project", problems),
    problems,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readChoice<T extends string>(given: Record<string, unknown>, key: string, choices: readonly T[], fallback: T, problems: string[]): T {
  const value = given[key];
  if (value === undefined) return fallback;
  const choice = choices.find((item) => item === value);
  if (choice === undefined) problems.push(`settings.mapguard.${key} must be one of ${choices.map((item) => `"${item}"`).join(", ")}, not ${JSON.stringify(value)}`);
  return choice ?? fallback;
}

function readNames(given: Record<string, unknown>, problems: string[]): string[] {
  const value = given["mapTypes"];
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  problems.push("settings.mapguard.mapTypes must be a list of class names");
  return [];
}

function readLocks(given: Record<string, unknown>, problems: string[]): LockApi[] {
  const value = given["locks"];
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    problems.push("settings.mapguard.locks must be a list");
    return [];
  }
  return value.flatMap((item: unknown): LockApi[] => {
    if (typeof item === "string") return [{ name: item, kind: "exclusive" }];
    if (isRecord(item) && typeof item["name"] === "string") {
      return [{ name: item["name"], kind: readChoice(item, "kind", ["exclusive", "acquire", "release"], "exclusive", problems) }];
    }
    problems.push(`settings.mapguard.locks: ${JSON.stringify(item)} is neither a name nor { name, kind }`);
    return [];
  });
}
