import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { fetchRow, type Profile } from "./database.js";

const profiles = new Map<string, Promise<Profile>>();

async function load(id: string): Promise<Profile> {
  const row = await fetchRow("profiles", id);
  return { id, name: row.name };
}

export function getProfile(id: string): Promise<Profile> {
  let profile = profiles.get(id);
  if (profile === undefined) {
    profile = load(id);
    profiles.set(id, profile);
  }
  return profile;
}
`;

const correct = incorrect.replace(
  `    profiles.set(id, profile);
`,
  `    profiles.set(id, profile);
    profile.catch(() => {
      if (profiles.get(id) === profile) profiles.delete(id);
    });
`,
);

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
      const fetchRow = io("fetchRow", (_table: string, id: string) => ({ name: id, request: ++requests }), { rejects: true });
      const { getProfile } = load<Module>({ "./database.js": { fetchRow } });
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
