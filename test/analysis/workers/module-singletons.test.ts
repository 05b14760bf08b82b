import { expect, it } from "vitest";
import { findSingletonMaps } from "../../../src/analysis/workers/module-singletons.js";
import { isUnclear, type ModuleMap, readModule } from "../../../src/analysis/workers/module-text.js";

const find = (text: string): ModuleMap[] => findSingletonMaps(text, readModule(text).functions);
/** As `name: writers | readers`, with `filled` where that is so. */
const describeAll = (text: string): string[] => find(text).map(({ name, writers, readers, isFilled }) => `${name}: ${[...writers].sort().join()} | ${[...readers].sort().join()}${isFilled ? " filled" : ""}`);

const BODY = ` {
  private readonly items = new Map<string, number>();

  add(k: string): void {
    this.items.set(k, 1);
  }

  get(k: string) { return this.items.get(k); }
}
`;
const STORE = `class Store${BODY}`;

it.each([
  [`${STORE}export const store = new Store();`, ["store.items: store.add | store.get"]],
  [`export ${STORE}const store = new Store();\nexport { store };`, ["store.items: store.add | store.get"]],
  [`${STORE}const store = new Store();\nexport { store as shared };`, ["store.items: shared.add | shared.get"]],
  [`${STORE}const store: Store = new Store({ size: 1 });\nexport default store;`, ["store.items: default.add | default.get"]],
  [`${STORE}export default new Store();`, ["Store.items: default.add | default.get"]],
  [`${STORE}module.exports = new Store();`, ["Store.items: add,default.add | default.get,get"]],
  [`${STORE}const store = new Store();\nmodule.exports = store;`, ["store.items: add,default.add | default.get,get"]],
  [`${STORE}const store = new Store();\nmodule.exports = { store };`, ["store.items: store.add | store.get"]],
  [`class Store extends Base${BODY}export const store = new Store();`, ["store.items: store.add | store.get"]],
  [`${STORE}export const store = new Store();\nexport function put(k) {\n  store.add(k);\n}\n`, ["store.items: put,store.add | store.get"]],
  [`${STORE.replaceAll("items", "#items").replace("private ", "")}export const store = new Store();`, ["store.#items: store.add | store.get"]],
])("finds the map of an instance that a module exports: %s", (text, expected) => {
  expect(describeAll(text)).toEqual(expected);
});

it("finds a map that the constructor makes, accessors, arrow functions and what they call", () => {
  const text = `export class Registry {
  constructor() {
    this.byName = new Map();
  }
  register = (item) => {
    this.#put(item);
  };
  #put(item) {
    this.byName.set(item.name, item);
  }
  get size() {
    return this.byName.size;
  }
  *all() {
    yield* [...this.byName];
  }
  reset() {
    other.byName.clear();
  }
}
export const registry = new Registry();
`;
  expect(describeAll(text)).toEqual(["registry.byName: registry.#put,registry.register | registry.all,registry.size"]);
});

it.each([
  ["export const store = {\n  items: new Map(),\n  add(k) {\n    this.items.set(k, 1);\n  },\n  get: (k) => store.items.get(k),\n};\n", ["store.items: store.add | store.get"]],
  ["module.exports = {\n  seen: new Set(),\n  add(k) {\n    this.seen.add(k);\n  },\n};\n", ["exports.seen: add,default.add | "]],
])("finds the map of an object: %s", (text, expected) => {
  expect(describeAll(text)).toEqual(expected);
});

it.each([
  ["the constructor", STORE.replace("\n  add(", "\n  constructor() {\n    this.add('a');\n  }\n\n  add(")],
  ["a field's value", STORE.replace("\n  add(", "\n  first = this.add('a');\n\n  add(")],
])("knows that the map has entries from the start, by %s", (_name, store) => {
  expect(describeAll(`${store}export const store = new Store();`)).toEqual([expect.stringMatching(/ filled$/)]);
});

it.each([
  ["a class that is not instantiated", `export ${STORE}`],
  ["an instance that is not exported", `${STORE}const store = new Store();`],
  ["an instance in a function", `${STORE}export function make() {\n  const store = new Store();\n  return store;\n}\n`],
  ["a class of elsewhere", `import { Store } from "./store.js";\nexport const store = new Store();`],
  ["an instance that the module hands on", `${STORE}export const store = new Store();\nregister(store);\n`],
  ["a field that the module reaches into", `${STORE}export const store = new Store();\nexport const peek = () => store.items.get("a");\n`],
  ["a map that a method gives out", `${STORE.replace("return this.items.get(k)", "return this.items")}export const store = new Store();`],
  ["a map that is handed on", `${STORE.replace("this.items.set(k, 1)", "fill(this.items)")}export const store = new Store();`],
  ["a map that is made anew", `${STORE.replace("this.items.set(k, 1)", "this.items = new Map()")}export const store = new Store();`],
  ["a map with entries", `${STORE.replace("<string, number>()", "([['a', 1]])")}export const store = new Store();`],
  ["a static field", `${STORE.replace("private readonly", "static")}export const store = new Store();`],
])("finds nothing in %s", (_name, text) => {
  expect(find(text)).toEqual([]);
});

it("is unclear about an object that is handed on, or used other than by its methods", () => {
  const [store] = find(`${STORE}export const store = new Store();`);
  expect([["*"], ["store", "store.*"], ["store.items"], ["store.inherited"], ["store", "store.add"], ["other.*"]].map((names) => isUnclear(store!, new Set(names)))).toEqual([true, true, true, true, false, false]);
  const [whole] = find(`${STORE}module.exports = new Store();`);
  expect([["items"], ["add.*"], ["add"], ["default.items"], ["default", "default.add"]].map((names) => isUnclear(whole!, new Set(names)))).toEqual([true, true, false, true, false]);
});
