import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import type { ESLint, Rule } from "eslint";

import type { Environment, ExitCode } from "./run.js";
import { loadPlugin } from "./scan/plugin.js";
import type { Colors } from "./terminal.js";
import { createColors, hasColors } from "./terminal.js";
import { UsageError } from "./usage-error.js";

const PREFIX = /^(?:eslint-plugin-)?mapguard\//u;

/** How many letters differ between two names, moved ones counted twice (Levenshtein). */
function getDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) current.push(Math.min(current[column]! + 1, previous[column + 1]! + 1, previous[column]! + (letter === other ? 0 : 1)));
    previous = current;
  }
  return previous[b.length]!;
}

/** The rule that was probably meant: one that holds the given word, or is a few letters off. */
function findSimilar(name: string, rules: readonly string[]): string | undefined {
  const [closest] = rules.map((rule) => ({ rule, distance: getDistance(name, rule) })).sort((a, b) => a.distance - b.distance);
  if (closest && closest.distance <= Math.max(2, name.length / 3)) return closest.rule;
  return rules.find((rule) => name.length > 3 && rule.includes(name));
}

function findPage(name: string): string | undefined {
  const root = path.dirname(createRequire(import.meta.url).resolve("eslint-plugin-mapguard/package.json"));
  const file = path.join(root, "docs", "rules", `${name}.md`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** A picture, which may be a link. */
const PICTURE = /\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)|!\[[^\]]*\]\([^)]*\)/gu;

/** A page for the terminal: headings and code stand out; comments, pictures and link targets within the page are gone. */
export function renderPage(markdown: string, { bold, faint, good }: Pick<Colors, "bold" | "faint" | "good">): string {
  let isCode = false;
  const lines = markdown
    .replaceAll(/<!--[\s\S]*?-->\n?/gu, "")
    .replaceAll(PICTURE, "")
    .split("\n")
    .flatMap((line) => {
      if (line.startsWith("```")) {
        isCode = !isCode;
        return [];
      }
      if (isCode) return [`    ${line}`.trimEnd()];
      const heading = /^#+ (?<title>.*)$/u.exec(line)?.groups?.["title"];
      if (heading !== undefined) return [bold(heading.replaceAll("`", ""))];
      return [line.replaceAll(/\[(?<text>[^\]]+)\]\((?<target>[^)]+)\)/gu, (_, text: string, target: string) => (/^https?:/u.test(target) ? `${text} ${faint(`(${target})`)}` : text)).replaceAll(/`([^`]+)`/gu, (_, code: string) => good(code))];
    });
  return lines.join("\n").replaceAll(/\n{3,}/gu, "\n\n").trim(); // prettier-ignore
}

function describeRule(name: string, plugin: ESLint.Plugin): string {
  const docs = (plugin.rules?.[name] as Rule.RuleModule).meta?.docs;
  return [`# mapguard/${name}`, "", docs?.description ?? "", ...(docs?.url ? ["", docs.url] : [])].join("\n");
}

/** `mapguard explain RULE`: prints the rule's page. The name may carry the plugin's prefix. */
export async function runExplain(given: string, { env, stdout, pluginUrl }: Environment): Promise<ExitCode> {
  const plugin = await loadPlugin(pluginUrl);
  const rules = Object.keys(plugin.rules ?? {});
  const name = given.replace(PREFIX, "");
  if (!rules.includes(name)) {
    const similar = findSimilar(name, rules);
    throw new UsageError(`no rule is called ${given}${similar === undefined ? "" : ` (did you mean ${similar}?)`}`);
  }
  stdout.write(`${renderPage(findPage(name) ?? describeRule(name, plugin), createColors(hasColors(stdout, env)))}\n`);
  return 0;
}
