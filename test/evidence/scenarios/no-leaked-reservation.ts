import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { fetchProfile, type Profile } from "./api.js";

const profiles = new Map<string, Promise<Profile>>();

export function getProfile(id: string): Promise<Profile> {
  let profile = profiles.get(id);
  if (profile === undefined) {
    profile = fetchProfile(id);
    profiles.set(id, profile);
  }
  return profile;
}
`;

const correct = `import { fetchProfile, type Profile } from "./api.js";

const profiles = new Map<string, Promise<Profile>>();

export function getProfile(id: string): Promise<Profile> {
  let profile = profiles.get(id);
  if (profile === undefined) {
    profile = fetchProfile(id).catch((error) => {
      profiles.delete(id);
      throw error;
    });
    profiles.set(id, profile);
  }
  return profile;
}
`;

interface Module {
  getProfile(id: string): Promise<object>;
}

export const evidence: Evidence = {
  rule: "no-leaked-reservation",
  title: "One failed request, and the profile fails for ever",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      let requests = 0;
      const fetchProfile = io("fetchProfile", (id: string) => ({ id, request: ++requests }), { rejects: true });
      const { getProfile } = load<Module>({ "./api.js": { fetchProfile } });
      const visit = async (): Promise<void> => {
        const failed = await getProfile("u1").then(
          () => false,
          () => true,
        );
        if (!failed) return;
        const before = requests;
        await getProfile("u1").catch(() => undefined);
        assert.notEqual(requests, before, "after a failure nobody asks again");
      };
      spawn("A: getProfile()", visit);
    },
};
