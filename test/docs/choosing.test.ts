import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BoundedMap } from "../../src/runtime/bounded-map.js";
import { MirroredMap } from "../../src/runtime/mirrored-map.js";
import { RefCountedMap } from "../../src/runtime/ref-counted-map.js";
import { SafeMap } from "../../src/runtime/index.js";
import { SharedMap } from "../../src/runtime/shared/index.js";

const page = readFileSync(new URL("../../docs/guide/choosing.md", import.meta.url), "utf8");
const picture = readFileSync(new URL("../../docs/guide/choosing.svg", import.meta.url), "utf8");

const classes = { BoundedMap, Map, MirroredMap, RefCountedMap, SafeMap, SharedMap, WeakMap };
const methods = new Set(Object.values(classes).flatMap((each) => Object.getOwnPropertyNames(each.prototype)));

const codeSpans = [...page.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

describe("the guide to choosing a map", () => {
  it("names classes that exist", () => {
    const names = codeSpans.flatMap((code) => code.match(/\b(?:[A-Z]\w*)?Map\b/g) ?? []);
    expect([...new Set(names)].sort()).toEqual(Object.keys(classes).sort());
  });

  it("names methods that exist", () => {
    const called = codeSpans.flatMap((code) => [...code.matchAll(/(?<!\.)\b(getOrInsert\w*|update\w*|runExclusive|delete\w+|forEachAsync|snapshot|lock|stats|handle)\b/g)].map(([, name]) => name!));
    expect(called.length).toBeGreaterThan(10);
    expect(called.filter((name) => !methods.has(name))).toEqual([]);
  });

  it.each(Object.keys(classes))("leads to %s in the picture, too", (name) => {
    expect(picture).toContain(name);
  });
});
