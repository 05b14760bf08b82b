import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import rules from "../../rules/index.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const listPages = (folder: string): string[] => readdirSync(join(root, folder)).filter((name) => name.endsWith(".md")).map((name) => join(folder, name));
const pages = ["README.md", "src/runtime/README.md", ...listPages("docs/guide"), ...listPages("docs/rules")];
const repository = "https://github.com/mapguard/mapguard/blob/main/";

/** A page's text without code, in which brackets are no links. */
function readProse(page: string): string {
  return readFileSync(join(root, page), "utf8").replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, " "));
}

/** What a heading is called in a link, as GitHub does it. */
function getAnchors(page: string): Set<string> {
  const text = readFileSync(join(root, page), "utf8").replace(/^```.*?^```$/gms, "");
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
  return new Set(headings.map((heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-")));
}

interface Link {
  /** The file, from the repository's root. */
  readonly file: string;
  readonly anchor: string | undefined;
}

/** The links of a page that stay within the repository, also those written as addresses. */
function getLinks(page: string): Link[] {
  return [...readProse(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
    const isOwn = target!.startsWith(repository);
    if (/^[a-z]+:/.test(target!) && !isOwn) return [];
    const [path, anchor] = (isOwn ? target!.slice(repository.length) : target!).split("#") as [string, string | undefined];
    const file = path === "" ? page : relative(root, resolve(root, isOwn ? "" : dirname(page), path));
    return [{ file, anchor }];
  });
}

function isBroken({ file, anchor }: Link): boolean {
  if (!existsSync(join(root, file))) return true;
  return anchor !== undefined && file.endsWith(".md") && !getAnchors(file).has(anchor);
}

/** The pages that a reader comes to by links. */
function findReachable(start: string): Set<string> {
  const reached = new Set([start]);
  for (const page of reached) {
    if (!page.endsWith(".md") || !existsSync(join(root, page))) continue;
    for (const { file } of getLinks(page)) reached.add(file);
  }
  return reached;
}

describe("the links of the pages", () => {
  it.each(pages)("%s leads to places that exist", (page) => {
    expect(getLinks(page).filter(isBroken)).toEqual([]);
  });

  it("lead from the README to every page", () => {
    const reached = findReachable("README.md");
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  it("lead from a rule's messages to its page", () => {
    const addresses = Object.values(rules).map((rule) => rule.meta?.docs?.url?.replace(repository, "") ?? "");
    expect(addresses.filter((page) => !pages.includes(page))).toEqual([]);
  });

  it("lead from each rule's page on to another rule, and to how to prove one's own code", () => {
    const rulePages = listPages("docs/rules");
    const leadsTo = (page: string, isWanted: (file: string) => boolean): boolean => getLinks(page).some(({ file }) => file !== page && isWanted(file));
    expect(rulePages.filter((page) => !leadsTo(page, (file) => rulePages.includes(file)))).toEqual([]);
    expect(rulePages.filter((page) => !leadsTo(page, (file) => file === "docs/guide/proving.md"))).toEqual([]);
  });
});
