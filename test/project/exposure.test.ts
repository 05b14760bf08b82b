import { describe, expect, it } from "vitest";
import { findExposures } from "../../src/project/exposure.js";
import { getFunction, open } from "./fixture.js";

/** How others reach `load`: `export load`, `member load of Store Base`. */
function expose(text: string): string[] {
  const { file } = open({ "a.ts": text });
  return findExposures(getFunction(file, "load"), file.model).map((exposure) => (exposure.kind === "unknown" ? "unknown" : exposure.kind === "export" ? `export ${exposure.name}` : `member ${exposure.name} of ${exposure.owners.join(" ")}`));
}

describe("other files reach a function", () => {
  it.each<[string, string, string[]]>([
    ["by an export", "export async function load() {}", ["export load"]],
    ["by an export of a constant", "export const load = async () => {};", ["export load"]],
    ["by a list, under another name", "async function load() {}\nexport { load as open };", ["export open"]],
    ["by the default export", "export default async function load() {}", ["export default"]],
    ["by module.exports", "async function load() {}\nmodule.exports = { load };", ["export load"]],
    ["by exports", "exports.load = async function load() {};", ["export load"]],
    ["as a method", "export class Store { async load() {} }", ["member load of Store"]],
    ["as a method of what is filled or extended", "class Store extends Base implements Loader { async load() {} }", ["member load of Store Loader Base"]],
    ["as a method that is private by agreement", "class Store { async _load() {}\n load = async () => this._load(); }", ["member load of Store"]],
    ["as a property of what is returned", "function createStore(): Store { return { async load() {} }; }", ["member load of Store createStore"]],
    ["as a property that it is put in", "function useStore() { async function load() {}\n return { load }; }", ["member load of useStore"]],
    ["as a property of a constant", "export const store = { load: async () => {} };", ["member load of store"]],
  ])("%s", (_how, text, exposures) => {
    expect(expose(text)).toEqual(exposures);
  });

  it.each([
    ["a function of the module", "async function load() {}\nload();"],
    ["a private method", "export class Store { async #run() {}\n private async load() {} }"],
    ["a function in a function", "export function f() { async function load() {} load(); }"],
  ])("not: %s", (_what, text) => {
    expect(expose(text)).toEqual([]);
  });

  it.each([
    ["a getter", "class Store { get load() { return 1; } }"],
    ["what is returned as it is", "function f() { return async function load() {}; }"],
    ["a list of functions", "async function load() {}\nexport const all = [load];"],
  ])("in a way that is unknown: %s", (_what, text) => {
    expect(expose(text)).toContain("unknown");
  });
});
