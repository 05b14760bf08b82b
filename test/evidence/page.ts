import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Evidence } from "./evidence.js";

const folder = fileURLToPath(new URL("../../docs/rules/", import.meta.url));

export const getPageFile = (rule: string): string => `${folder}${rule}.md`;
export const getPictureFile = (rule: string): string => `${folder}img/${rule}.svg`;

/** A rule's page; undefined if there is none. */
export function readPage(rule: string): string | undefined {
  const file = getPageFile(rule);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Puts `code` in the place of the first block below a heading. */
function replaceFirstBlock(page: string, heading: string, code: string): string {
  const start = page.indexOf(`\n## ${heading}\n`);
  const block = /```ts\n.*?```\n/s.exec(page.slice(start));
  if (start < 0 || !block) throw new Error(`no block below "## ${heading}"`);
  const at = start + block.index;
  return `${page.slice(0, at)}\`\`\`ts\n${code}\`\`\`\n${page.slice(at + block[0].length)}`;
}

/** Puts the picture below the first incorrect example, unless the page shows it elsewhere. */
function showPicture(page: string, { rule, title }: Evidence): string {
  const picture = `[![${title}](img/${rule}.svg)](../guide/proving.md)`;
  const shown = /\[!\[[^\]]*\]\(img\/[^)]*\)\]\([^)]*\)/.exec(page);
  if (shown) return page.replace(shown[0], () => picture);
  const block = page.indexOf("```ts\n", page.indexOf("\n## Incorrect\n"));
  const end = page.indexOf("```\n", block + 1) + "```\n".length;
  return `${page.slice(0, end)}\n${picture}\n${page.slice(end)}`;
}

/** The page as it must be: its first examples are those of the evidence, and it shows how the incorrect one fails. */
export function withEvidence(page: string, evidence: Evidence): string {
  const withExamples = replaceFirstBlock(replaceFirstBlock(page, "Incorrect", evidence.incorrect), "Correct", evidence.correct);
  return showPicture(withExamples, evidence);
}
