import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { fetchConfig, type Config } from "./api.js";

const configs = new Map<string, Config>();

export async function getConfig(tenant: string): Promise<Config> {
  const cached = configs.get(tenant);
  if (cached !== undefined) return cached;
  const config = await fetchConfig(tenant);
  configs.set(tenant, config);
  return config;
}
`;

const correct = `import { fetchConfig, type Config } from "./api.js";
import { SafeMap } from "mapguard";

const configs = new SafeMap<string, Config>();

export async function getConfig(tenant: string): Promise<Config> {
  return configs.getOrInsertAsync(tenant, () => fetchConfig(tenant));
}
`;

interface Module {
  getConfig(tenant: string): Promise<object>;
}

export const evidence: Evidence = {
  rule: "no-duplicate-load",
  title: "Three callers load the same configuration more than once",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      let loads = 0;
      const fetchConfig = io("fetchConfig", (tenant: string) => ({ tenant, load: ++loads }));
      const { getConfig } = load<Module>({ "./api.js": { fetchConfig } });
      for (const name of ["A", "B", "C"]) spawn(`${name}: getConfig()`, () => getConfig("acme"));
      return () => assert.equal(loads, 1, `one configuration was loaded ${loads} times`);
    },
};
