import { testFixes, testNoFix } from "../../fixes/cases.js";

const header = `interface Config { name: string }
declare function fetchConfig(tenant: string): Promise<Config>;
const configs = new Map<string, Config>();

`;

const file = { rule: "no-duplicate-load", header };

testFixes("no-duplicate-load: --fix loads once", file, [
  {
    name: "a cache in front of a function",
    before: `export async function getConfig(tenant: string): Promise<Config> {
  const cached = configs.get(tenant);
  if (cached !== undefined) return cached;
  const config = await fetchConfig(tenant);
  configs.set(tenant, config);
  return config;
}
`,
    after: `export async function getConfig(tenant: string): Promise<Config> {
  return configs.getOrInsertAsync(tenant, () => fetchConfig(tenant));
}
`,
  },
  {
    name: "an alias of a field",
    before: `export class Configs {
  readonly #byTenant = new Map<string, Config>();
  async get(tenant: string) {
    if (!this.#byTenant.has(tenant)) {
      const config = { ...(await fetchConfig(tenant)), name: tenant };
      this.#byTenant.set(tenant, config);
    }
    return this.#byTenant.get(tenant)!;
  }
}
export const direct = configs;
`,
    after: `export class Configs {
  readonly #byTenant = new SafeMap<string, Config>();
  async get(tenant: string) {
    return this.#byTenant.getOrInsertAsync(tenant, async () => {
      const config = { ...(await fetchConfig(tenant)), name: tenant };
      return config;
    });
  }
}
export const direct = configs;
`,
  },
]);

testFixes("no-duplicate-load: --fix queues what it cannot load once", file, [
  {
    name: "a promise that is stored",
    before: `const promises = new Map<string, Promise<Config>>();
export async function open(id: string): Promise<Config> {
  if (!promises.has(id)) {
    await fetchConfig("all");
    const promise = fetchConfig(id).catch((error) => {
      promises.delete(id);
      throw error;
    });
    promises.set(id, promise);
  }
  return promises.get(id)!;
}
`,
    after: `const promises = new SafeMap<string, Promise<Config>>();
export async function open(id: string): Promise<Config> {
  return promises.runExclusive([id], async () => {
    if (!promises.has(id)) {
      await fetchConfig("all");
      const promise = fetchConfig(id).catch((error) => {
        promises.delete(id);
        throw error;
      });
      promises.set(id, promise);
    }
    return promises.get(id)!;
  });
}
`,
  },
]);

testNoFix("no-duplicate-load: no fix", file, [
  {
    name: "for a value that can be undefined",
    before: `const maybe = new Map<string, Config | undefined>();
export async function get(tenant: string) {
  const cached = maybe.get(tenant);
  if (cached !== undefined) return cached;
  const config = await fetchConfig(tenant);
  maybe.set(tenant, config);
  return config;
}
export const all = () => maybe;
`,
  },
  {
    name: "for an entry that can be too old",
    before: `const entries = new Map<string, { at: number; config: Config }>();
export async function get(tenant: string) {
  const cached = entries.get(tenant);
  if (cached && cached.at > Date.now() - 1000) return cached.config;
  const config = await fetchConfig(tenant);
  entries.set(tenant, { at: Date.now(), config });
  return config;
}
export const all = () => entries;
`,
  },
  {
    name: "for a load that returns early",
    before: `export async function get(tenant: string) {
  const cached = configs.get(tenant);
  if (cached) return cached;
  const config = await fetchConfig(tenant);
  if (!config.name) return undefined;
  configs.set(tenant, config);
  return config;
}
export const all = () => configs;
`,
  },
]);
